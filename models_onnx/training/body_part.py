"""The body-part branch of the gates: `python -m models_onnx.training.body_part features|try|fit|graft ...`.

A second, frozen look at the film: MobileNetV2 as ImageNet left it, cut off after `LAST`, its maps pooled at several
depths to means and deviations. Two things are read off them: a small network fitted on chests against everything else
(`body_sets`), and how far the film lies from anything that a chest has ever looked like (Mahalanobis distance in the
principal components of chests, and what lies outside of them). The early gates are not touched: `graft` adds the branch
to an exported gates.onnx, whose other outputs stay bit for bit what they were.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_onnx.training import body_sets, export, metrics, onnx_file, sources, trials
from models_onnx.training.backbones import GreyInput, MobileNetV2, fetch_weights, load_imagenet
from workstation.imaging.preprocess import Preprocessing

F32 = npt.NDArray[np.float32]
TAPS = (3, 6, 10, 13, 16)
"""Layers of MobileNetV2 that are read: 24, 32, 64, 96, 160 channels at strides 4, 8, 16, 16, 32."""
COMPONENTS = 96
HIDDEN = 64
MOST = 12.0
"""Standard deviations beyond which the head sees no more."""


class Looks(nn.Module):
    """Film (N, 1, 224, 224) in 0..1 -> means and deviations of the maps at `TAPS` (N, 752)."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = GreyInput()
        self.layers = MobileNetV2().features[: TAPS[-1] + 1]
        self.requires_grad_(False)

    def forward(self, film: Tensor) -> Tensor:
        x = self.grey(film)
        found = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in TAPS:
                mean = x.mean((2, 3))
                spread = ((x - mean[:, :, None, None]) ** 2).mean((2, 3))
                found += [mean, torch.sqrt(spread + 1e-4)]
        return torch.cat(found, 1)


def looks(work: Path) -> Looks:
    """`Looks` with ImageNet's weights."""
    whole = load_imagenet(MobileNetV2(), fetch_weights(work))
    made = Looks()
    made.layers.load_state_dict(whole.features[: TAPS[-1] + 1].state_dict())
    return made.eval().to(memory_format=torch.channels_last)


OWN = 2 * (24 + 32 + 64 + 96 + 160)
WIDTH = OWN + 1280
"""Features: 752 of the frozen look, then the 1,280 that the gates' own heads read."""


class Branch(nn.Module):
    """Pooled features (N, WIDTH) -> logit of "not a chest" (N, 1).

    ``weight`` x softplus(log distance - ``edge``) is added to what the head says: it counts from the edge of what
    chests look like, and only ever against a chest.
    """

    centre: Tensor
    scale: Tensor
    axes: Tensor
    spread: Tensor
    far: Tensor

    def __init__(self, components: int = COMPONENTS) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(WIDTH))
        self.register_buffer("scale", torch.ones(WIDTH))
        self.register_buffer("axes", torch.zeros(WIDTH, components))
        self.register_buffer("spread", torch.ones(components))
        # Mean of the squared rest outside the components, of chests; edge and weight of the distance.
        self.register_buffer("far", torch.tensor([1.0, 0.0, 0.0]))
        self.head = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(WIDTH, HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, 1)
        )

    def distance(self, pooled: Tensor) -> Tensor:
        """Log of the mean squared distance, 0 for a mean chest; (N, 1)."""
        z = (pooled - self.centre) / self.scale
        along = z @ self.axes
        inside = (along**2 / self.spread).mean(1, keepdim=True)
        rest = ((z**2).sum(1, keepdim=True) - (along**2).sum(1, keepdim=True)) / self.far[0]
        return torch.log(0.5 * inside + 0.5 * torch.clamp(rest, min=1e-6) + 1e-6)

    def forward(self, pooled: Tensor) -> Tensor:
        told: Tensor = self.head(((pooled - self.centre) / self.scale).clamp(-MOST, MOST))
        return told + self.far[2] * F.softplus(4 * (self.distance(pooled) - self.far[1])) / 4

    @torch.no_grad()
    def settle(self, chests: Tensor) -> None:
        """Centre, scale and principal components of the chests' features (N, WIDTH)."""
        self.centre.copy_(chests.mean(0))
        self.scale.copy_(chests.std(0) + 1e-3)
        z = (chests - self.centre) / self.scale
        values, vectors = torch.linalg.eigh(z.T @ z / len(z))
        count = self.axes.shape[1]
        self.axes.copy_(vectors.flip(1)[:, :count])
        self.spread.copy_(values.flip(0)[:count])
        self.far[0] = values.flip(0)[count:].sum()


@dataclass(frozen=True)
class Rows:
    """Pooled features with what they are of."""

    pooled: F32
    kinds: npt.NDArray[np.str_]
    patients: npt.NDArray[np.str_]

    def of(self, kinds: Iterable[str]) -> npt.NDArray[np.bool_]:
        return np.isin(self.kinds, list(kinds))


def save(rows: Rows, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, pooled=rows.pooled, kinds=rows.kinds, patients=rows.patients)


def load(path: Path) -> Rows:
    with np.load(path) as data:
        return Rows(data["pooled"], data["kinds"], data["patients"])


def shared_input(graph: onnx.GraphProto) -> str:
    """Name of the 1,280 features in the graph of gates.onnx: what the polarity head reads."""
    return str(next(n.input[0] for n in graph.node if "polarity_logit" in n.output))


def shared_features(gates: Path) -> ort.InferenceSession:
    """A session of gates.onnx that gives its features instead of its answers."""
    model = onnx.load(gates)
    name = shared_input(model.graph)
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 1280]))
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def session_of(network: Looks, path: Path) -> ort.InferenceSession:
    """`network` in ONNX Runtime, which is several times faster on a CPU, at `path`."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = network.to(memory_format=torch.contiguous_format)
        onnx_file.write(plain, torch.zeros(1, 1, 224, 224), path, ["pooled"])
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def pool(
    own: ort.InferenceSession, gates: ort.InferenceSession, films: Iterable[tuple[F32, str, str]]
) -> Rows:
    """Features of (film 224 x 224 in 0..1, kind, patient)."""
    pooled, kinds, patients = [], [], []
    for film, kind, patient in films:
        x = {"film": film[None, None]}
        pooled.append(np.concatenate([own.run(None, x)[0][0], gates.run(None, x)[0][0]]))
        kinds.append(kind)
        patients.append(patient)
    return Rows(np.stack(pooled), np.array(kinds), np.array(patients))


STEPS = Preprocessing.from_steps(export.STEPS, "NCHW", 1, 224, 224)


def seen(found: Iterable[trials.Trial]) -> Iterable[tuple[F32, str, str]]:
    """Trials as the program's own preprocessing shows them to the network."""
    for trial in found:
        turn, inverted = trial.labels.get("turn", 0), trial.labels.get("inverted", 0)
        group = trial.source if trial.group == "gates" else trial.group
        if trial.group == "gates" and trial.labels.get("lateral") and group == "render":
            group = "render lateral"
        kind = group + (" turned" if turn else " inverted" if inverted else "")
        yield np.asarray(STEPS.tensor(trial.image), np.float32)[0, 0], kind, trial.patient


def validation_chests(data: Path, render: Path) -> Iterable[trials.Trial]:
    """Validation films as they come, turned and inverted; with half of the lungs cut away; with opaque lungs."""
    yield from trials.gate_trials(data, "val", render)
    frontal = [r for r in sources.read_frontal(data) if r.split == "val"]
    simulated = [r for r in sources.read_renders(render) if r.split == "val"][::8]
    yield from body_sets.cut_chests(frontal + simulated, 2)


def features(args: argparse.Namespace) -> None:
    """Make every set and pool its features, each once."""
    out = args.work / "body"
    network, gates = session_of(looks(args.work), out / "looks.onnx"), shared_features(args.gates)

    def once(name: str, films: Iterable[tuple[F32, str, str]]) -> None:
        if (out / f"{name}.npz").exists():
            return
        begin = time.time()
        rows = pool(network, gates, films)
        save(rows, out / f"{name}.npz")
        print(f"{name}: {len(rows.kinds)} in {time.time() - begin:.0f} s", flush=True)

    chests = body_sets.learnt_chests(args.work, args.data, args.render, args.chests, 11)
    once("chests_train", ((film, kind, "") for film, kind in chests))
    for split, count in (("train", args.others), ("val", args.others // 6)):
        others = body_sets.learnt_others(args.work, args.data, split, count, 21)
        once(f"others_{split}", ((film, kind, "") for film, kind in others))
    once("chests_val", seen(validation_chests(args.data, args.render)))


def fit_head(
    branch: Branch, chests: Tensor, others: Tensor, weight: Tensor, epochs: int = 30, seed: int = 3
) -> None:
    """Train the head; `weight` (len(others),) evens the kinds out. Chests and others count alike in sum."""
    torch.manual_seed(seed)
    x = torch.cat([chests, others])
    y = torch.cat([torch.zeros(len(chests)), torch.ones(len(others))])
    w = torch.cat([torch.full((len(chests),), len(others) / len(chests)), weight / weight.mean()])
    optimiser = torch.optim.AdamW(branch.head.parameters(), lr=1e-3, weight_decay=3e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    branch.head.train()
    z = ((x - branch.centre) / branch.scale).clamp(-MOST, MOST)
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(128):
            # Smoothed targets: nobody is endlessly sure.
            loss = F.binary_cross_entropy_with_logits(
                branch.head(z[chosen])[:, 0], y[chosen] * 0.98 + 0.01, w[chosen]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    branch.head.eval()


def kind_weights(kinds: Sequence[str]) -> Tensor:
    """Weight of each picture, such that a kind counts as the square root of how many there are."""
    names, inverse, count = np.unique(np.asarray(kinds), return_inverse=True, return_counts=True)
    del names
    return torch.from_numpy((1 / np.sqrt(count))[inverse].astype(np.float32))


def made_of(rows: Rows, components: int = COMPONENTS) -> Branch:
    """A branch that knows the chests of `rows` (centre, scale, components), its head untrained."""
    branch = Branch(components)
    branch.settle(torch.from_numpy(rows.pooled))
    return branch


@torch.no_grad()
def told(branch: Branch, pooled: F32) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(what the head says, log distance) of features (N, WIDTH)."""
    x = torch.from_numpy(pooled)
    z = ((x - branch.centre) / branch.scale).clamp(-MOST, MOST)
    return branch.head(z)[:, 0].double().numpy(), branch.distance(x)[:, 0].double().numpy()


def joined(
    head: npt.ArrayLike, distance: npt.ArrayLike, edge: float, weight: float
) -> npt.NDArray[np.float64]:
    """The branch's logit, as `Branch.forward`."""
    return np.asarray(head) + weight * np.logaddexp(0, 4 * (np.asarray(distance) - edge)) / 4


def edge_of(distance: npt.NDArray[np.float64]) -> float:
    """Where the distance begins to count: all but two in a hundred validation chests lie nearer."""
    return float(np.quantile(distance, 0.98))


def tried(args: argparse.Namespace) -> None:
    """Leave each family of other pictures out in turn: how many of it are refused by a branch that never saw its like?

    At the threshold that keeps 99.8 % of the validation chests.
    """
    chests, held = load(args.work / "body" / "chests_train.npz"), load(args.work / "body" / "chests_val.npz")
    others, fresh = load(args.work / "body" / "others_train.npz"), load(args.work / "body" / "others_val.npz")
    everything = Rows(
        np.concatenate([others.pooled, fresh.pooled]),
        np.concatenate([others.kinds, fresh.kinds]),
        others.patients,
    )
    weights = (0.0, 1.0, 2.0, 4.0, 8.0)
    found: dict[str, Any] = {}
    for family, kinds in {"none": (), **body_sets.FAMILIES}.items():
        branch = made_of(chests)
        learnt = ~others.of(kinds)
        fit_head(
            branch,
            torch.from_numpy(chests.pooled),
            torch.from_numpy(others.pooled[learnt]),
            kind_weights(others.kinds[learnt]),
            args.epochs,
        )
        head, far = told(branch, held.pooled)
        rows = fresh if family == "none" else everything
        asked = np.ones(len(rows.kinds), bool) if family == "none" else rows.of(kinds)
        if not asked.any():
            continue
        other_head, other_far = told(branch, rows.pooled[asked])
        edge = edge_of(far)
        truth = np.r_[np.zeros(len(head)), np.ones(len(other_head))]
        line: dict[str, Any] = {"pictures": int(asked.sum())}
        for name, chest_score, other_score in (
            *(
                (f"w{w:g}", joined(head, far, edge, w), joined(other_head, other_far, edge, w))
                for w in weights
            ),
            ("distance alone", far, other_far),
        ):
            at = float(np.quantile(chest_score, 0.998))
            line[name] = [
                round(float((other_score > at).mean()), 4),
                round(metrics.auc(truth, np.r_[chest_score, other_score]), 4),
            ]
        found[family] = line
        print(family, json.dumps(line), flush=True)
    (args.work / "body" / "left_out.json").write_text(json.dumps(found, indent=1), encoding="utf-8")


class Whole(nn.Module):
    """What is grafted: film (1, 1, 224, 224) and the gates' features (1, 1280) -> logit (1, 1)."""

    def __init__(self, own: Looks, branch: Branch) -> None:
        super().__init__()
        self.own, self.branch = own, branch

    def forward(self, film: Tensor, shared: Tensor) -> Tensor:
        out: Tensor = self.branch(torch.cat([self.own(film), shared], 1))
        return out


def fit(args: argparse.Namespace) -> None:
    """Fit the branch on everything and keep it (body/branch.pt)."""
    chests, held = load(args.work / "body" / "chests_train.npz"), load(args.work / "body" / "chests_val.npz")
    others = load(args.work / "body" / "others_train.npz")
    begin = time.time()
    branch = made_of(chests)
    fit_head(
        branch,
        torch.from_numpy(chests.pooled),
        torch.from_numpy(others.pooled),
        kind_weights(others.kinds),
        args.epochs,
    )
    head, far = told(branch, held.pooled)
    branch.far[1], branch.far[2] = edge_of(far), args.weight
    score = joined(head, far, float(branch.far[1]), args.weight)
    torch.save(
        {
            "branch": branch.state_dict(),
            "chests": len(chests.kinds),
            "others": len(others.kinds),
            "seconds": round(time.time() - begin),
        },
        args.work / "body" / "branch.pt",
    )
    at = float(np.quantile(score, 0.998))
    print(f"edge {float(branch.far[1]):.3f}; 99.8 % of validation chests below {at:.2f}")
    for kind in np.unique(held.kinds):
        chosen = held.of([kind])
        print(f"  {kind}: {chosen.sum()} films, {float((score[chosen] > at).mean()):.4f} above")


def grafted(gates: onnx.ModelProto, branch: onnx.ModelProto) -> onnx.ModelProto:
    """`gates` with `branch` (inputs ``film`` and ``shared``) in the place of its body-part head.

    Nothing else in the graph is touched. A branch grafted before is taken out first.
    """
    prefix = "body_part."
    out = onnx.ModelProto()
    out.CopyFrom(gates)
    graph = out.graph
    shared = shared_input(graph)
    kept = [
        n
        for n in graph.node
        if "body_part_logit" not in n.output and not any(o.startswith(prefix) for o in n.output)
    ]
    used = {name for n in kept for name in n.input}
    initial = [i for i in graph.initializer if i.name in used]
    infos = [v for v in graph.value_info if not v.name.startswith(prefix)]
    names = {"film": "film", "shared": shared, branch.graph.output[0].name: "body_part_logit"}

    def called(name: str) -> str:
        return names.get(name, prefix + name) if name else name

    added = []
    for node in branch.graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = prefix + node.name
        for field, values in (("input", node.input), ("output", node.output)):
            del getattr(copy, field)[:]
            getattr(copy, field).extend(called(v) for v in values)
        added.append(copy)
    more = []
    for tensor in branch.graph.initializer:
        copy = onnx.TensorProto()
        copy.CopyFrom(tensor)
        copy.name = called(tensor.name)
        more.append(copy)
    for field, values in (
        ("node", [*kept, *added]),
        ("initializer", [*initial, *more]),
        ("value_info", infos),
    ):
        del getattr(graph, field)[:]
        getattr(graph, field).extend(values)
    onnx.checker.check_model(out, full_check=True)
    return out


def graft(args: argparse.Namespace) -> None:
    """Put the branch into --gates (in place, or as --to); say how large it is and how far ONNX is from PyTorch."""
    kept = torch.load(args.work / "body" / "branch.pt", weights_only=False)
    branch = Branch()
    branch.load_state_dict(kept["branch"])
    whole = Whole(looks(args.work).to(memory_format=torch.contiguous_format), branch.eval()).eval()
    alone = args.work / "body" / "branch.onnx"
    torch.onnx.export(
        whole,
        (torch.zeros(1, 1, 224, 224), torch.zeros(1, 1280)),
        str(alone),
        input_names=["film", "shared"],
        output_names=["body_part_logit"],
        opset_version=18,
        dynamo=True,
        external_data=False,
        optimize=True,
        verbose=False,
    )
    onnx_file.strip(alone)
    before = onnx.load(args.gates)
    model = grafted(before, onnx.load(alone))
    to = args.to or args.gates
    features_of = shared_features(args.gates)
    old = ort.InferenceSession(before.SerializeToString(), providers=["CPUExecutionProvider"])
    onnx.save(model, to)
    new = ort.InferenceSession(str(to), providers=["CPUExecutionProvider"])
    names = [o.name for o in new.get_outputs()]
    assert names == [o.name for o in old.get_outputs()], names
    films = [trials.read_grey(r.file) for r in sources.read_lateral(args.data)[:6]]
    rng = np.random.default_rng(1)
    films += [np.asarray(rng.integers(0, 255, (224, 224)), np.uint8), body_sets.flat(rng)]
    worst = 0.0
    for film in films:
        x = {"film": STEPS.tensor(film)}
        told_new = dict(zip(names, new.run(names, x), strict=True))
        for name, value in zip(names, old.run(names, x), strict=True):
            if name != "body_part_logit" and not np.array_equal(value, told_new[name]):
                raise SystemExit(f"{name} has changed: the graft touches more than the body part")
        with torch.no_grad():
            expected = whole(torch.from_numpy(x["film"]), torch.from_numpy(features_of.run(None, x)[0]))
        worst = max(worst, float(np.abs(expected.numpy() - told_new["body_part_logit"]).max()))
    if worst >= 1e-4:
        raise SystemExit(f"ONNX differs from PyTorch by {worst}")
    report = {
        "onnx_minus_torch": worst,
        "bytes": to.stat().st_size,
        "chests": kept["chests"],
        "others": kept["others"],
        "train_seconds": kept["seconds"],
    }
    (to.parent / "body_part.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(json.dumps(report))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("action", choices=("features", "try", "fit", "graft"))
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path, required=True)
    ap.add_argument("--gates", type=Path, required=True, help="the exported gates.onnx")
    ap.add_argument("--to", type=Path, help="graft: write there instead of over --gates")
    ap.add_argument("--chests", type=int, default=7000)
    ap.add_argument("--others", type=int, default=7000)
    ap.add_argument("--epochs", type=int, default=30)
    ap.add_argument("--weight", type=float, default=2.0, help="of the distance beyond the edge of chests")
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    {"features": features, "try": tried, "fit": fit, "graft": graft}[args.action](args)


if __name__ == "__main__":
    main()
