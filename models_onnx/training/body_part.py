"""The body-part branch of the gates: `python -m models_onnx.training.body_part train|settle ...`.

A second, smaller look at the film, for this one question: MobileNetV2 at half the area, cut off after its last layer of
160 channels, its maps pooled at several depths to means and deviations. Two things are read off them: a small network
trained on chests against everything else (`body_sets`), and how far the film lies from anything that a chest has ever
looked like (Mahalanobis distance in the principal components of chests, and what lies outside of them). The
other gates are not touched: the module `graft` puts the branch into an exported gates.onnx.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_onnx.training import (
    body_sets,
    body_stage,
    cache,
    export,
    kept,
    metrics,
    onnx_file,
    pictures,
    sources,
    trials,
)
from models_onnx.training.backbones import GreyInput, MobileNetV2, fetch_weights, load_imagenet
from models_onnx.training.loop import Training, use_threads
from workstation.imaging.preprocess import Preprocessing

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
TAPS = (3, 6, 10, 13, 16)
"""Layers of MobileNetV2 that are read: 24, 32, 64, 96, 160 channels at strides 4, 8, 16, 16, 32."""
WIDTH = 2 * (24 + 32 + 64 + 96 + 160)
SIDE = 160  # pixels: what a chest is needs no fine detail, and the grain of the renderer is better not seen
COMPONENTS = 64
HIDDEN = 64
FROZEN = 4


class Looks(nn.Module):
    """Film (N, 1, 224, 224) in 0..1 -> means and deviations of the maps at `TAPS` (N, WIDTH)."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = GreyInput()
        self.layers = MobileNetV2().features[: TAPS[-1] + 1]

    def forward(self, film: Tensor) -> Tensor:
        small = F.interpolate(film, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        x = self.grey(small)
        found = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in TAPS:
                y = x.float()
                mean = y.mean((2, 3))
                spread = ((y - mean[:, :, None, None]) ** 2).mean((2, 3))
                found += [mean, torch.sqrt(spread + 1e-4)]
        return torch.cat(found, 1)


class Branch(nn.Module):
    """Film (N, 1, 224, 224) in 0..1 -> logit of "not a chest" (N, 1).

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
        self.looks = Looks()
        self.head = nn.Sequential(
            nn.BatchNorm1d(WIDTH),
            nn.Dropout(0.2),
            nn.Linear(WIDTH, HIDDEN),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(HIDDEN, 1),
        )
        self.register_buffer("centre", torch.zeros(WIDTH))
        self.register_buffer("scale", torch.ones(WIDTH))
        self.register_buffer("axes", torch.zeros(WIDTH, components))
        self.register_buffer("spread", torch.ones(components))
        # What chests have outside the components on the whole; edge and weight of the distance.
        self.register_buffer("far", torch.tensor([1.0, 0.0, 0.0]))

    def distance(self, pooled: Tensor) -> Tensor:
        """Log of the mean squared distance of features (N, WIDTH), about 0 for a usual chest; (N, 1)."""
        z = (pooled - self.centre) / self.scale
        along = z @ self.axes
        inside = (along**2 / self.spread).mean(1, keepdim=True)
        rest = ((z**2).sum(1, keepdim=True) - (along**2).sum(1, keepdim=True)) / self.far[0]
        return torch.log(0.5 * inside + 0.5 * torch.clamp(rest, min=1e-6) + 1e-6)

    def told(self, pooled: Tensor) -> Tensor:
        """Logit (N, 1) from features (N, WIDTH)."""
        head: Tensor = self.head(pooled)
        return head + self.far[2] * F.softplus(4 * (self.distance(pooled) - self.far[1])) / 4

    def forward(self, film: Tensor) -> Tensor:
        return self.told(self.looks(film))

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


def fresh_branch(work: Path) -> Branch:
    """A branch with ImageNet's weights below, its head untrained."""
    whole = load_imagenet(MobileNetV2(), fetch_weights(work))
    made = Branch()
    made.looks.layers.load_state_dict(whole.features[: TAPS[-1] + 1].state_dict())
    return made.to(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Films:
    """Films as the network sees them, (N, 224, 224) uint8, and what they are of."""

    films: U8
    kinds: npt.NDArray[np.str_]

    def of(self, kinds: Iterable[str]) -> npt.NDArray[np.bool_]:
        return np.isin(self.kinds, list(kinds))


def held(path: Path, recipe: kept.Recipe, made: Callable[[], Iterable[tuple[F32, str]]]) -> Films:
    """The films of `made`, kept at `path` (.npz) as long as `recipe` stays the same."""
    if not (path.exists() and kept.agrees(kept.note(path), recipe, path)):
        films, kinds = [], []
        for film, kind in made():
            films.append(np.rint(film * 255).astype(np.uint8))
            kinds.append(kind)
        stacked, names = np.stack(films), np.array(kinds)
        kept.written(path, lambda handle: np.savez(handle, films=stacked, kinds=names))
        kept.write_note(path, recipe)
    with np.load(path) as data:
        return Films(data["films"], data["kinds"])


def inputs(args: argparse.Namespace) -> dict[str, Any]:
    """What tells the films and pictures that the branch is made of from others."""
    elsewhere = sorted((args.work / "elsewhere").glob("*.npy"))
    return {
        "frontals": cache.digest(sources.read_frontal(args.data)),
        "simulated": cache.digest(sources.read_renders(args.render)),
        "pictures": kept.digest(args.work / "pictures" / pictures.INDEX),
        "medical": [path.name for path in body_sets.medical_files(args.work)],
        "elsewhere": {path.stem: kept.digest(path) for path in elsewhere},
    }


@torch.no_grad()
def pooled_of(branch: Branch, films: U8) -> Tensor:
    """Features (N, WIDTH) of films (N, 224, 224)."""
    branch.eval()
    found = []
    for start in range(0, len(films), 32):
        x = torch.from_numpy(films[start : start + 32].astype(np.float32) / 255)[:, None]
        with torch.autocast("cpu", torch.bfloat16):
            found.append(branch.looks(x.to(memory_format=torch.channels_last)).float())
    return torch.cat(found)


STEPS = Preprocessing.from_steps(export.STEPS, "NCHW", 1, 224, 224)


def seen(found: Iterable[trials.Trial]) -> Iterable[tuple[F32, str]]:
    """Trials as the program's own preprocessing shows them to the network."""
    for trial in found:
        turn, inverted = trial.labels.get("turn", 0), trial.labels.get("inverted", 0)
        group = trial.source if trial.group == "gates" else trial.group
        if trial.group == "gates" and trial.labels.get("lateral") and group == "render":
            group = "render lateral"
        kind = group + (" turned" if turn else " inverted" if inverted else "")
        yield np.asarray(STEPS.tensor(trial.image), np.float32)[0, 0], kind


def validation(args: argparse.Namespace) -> tuple[Films, Films]:
    """(chests, others) that choose and calibrate; every kind of others, also where training leaves it out."""
    folder = args.work / "body"
    recipe = inputs(args)
    chests = held(
        folder / "chests_val.npz",
        recipe,
        lambda: seen(body_sets.validation_chests(args.data, args.render)),
    )
    return chests, held(
        folder / "others_val.npz",
        {**recipe, "each": 60},
        lambda: body_sets.shown(args.work, args.data, "val", 60),
    )


def threshold(score: npt.NDArray[np.float64], chests: Films) -> float:
    """What 99.8 % of the real validation chests stay below."""
    return float(np.quantile(score[~np.char.startswith(chests.kinds, "render")], 0.998))


def figures(branch: Branch, chests: Films, others: Films) -> dict[str, Any]:
    """AUC, and how many others are refused at the threshold that keeps 99.8 % of the validation chests, by kind."""
    with torch.no_grad():
        c, o = (branch.told(pooled_of(branch, f.films))[:, 0].double().numpy() for f in (chests, others))
    at = threshold(c, chests)
    truth = np.r_[np.zeros(len(c)), np.ones(len(o))]
    return {
        "auc": round(metrics.auc(truth, np.r_[c, o]), 5),
        "refused": round(float((o > at).mean()), 4),
        "at": round(at, 2),
        "kinds": {str(k): round(float((o[others.of([k])] > at).mean()), 3) for k in np.unique(others.kinds)},
        "chests_lost": {
            str(k): round(float((c[chests.of([k])] > at).mean()), 4)
            for k in np.unique(chests.kinds)
            if (c[chests.of([k])] > at).any()
        },
    }


def train(args: argparse.Namespace) -> None:
    """Train looks and head from ImageNet's weights; resumable (body/NAME.pt), log beside it."""
    torch.manual_seed(args.seed)
    branch = fresh_branch(args.work)
    without = [k for family in args.without for k in body_sets.FAMILIES[family]]
    stream = body_sets.Stream(args.work, args.data, args.render, "train", without, args.allow_missing)
    chests, others = validation(args)
    groups = [(list(branch.looks.parameters()), 0.5), (list(branch.head.parameters()), 2.0)]
    checkpoint = args.work / "body" / f"{args.name}.pt"
    recipe = {name: getattr(args, name) for name in ("steps", "batch", "lr", "seed", "without")}
    recipe |= {"kinds": stream.kinds, "inputs": inputs(args)}
    more = {"without": without, "learnt": body_stage.learnt(args.work, stream.kinds)}
    training = Training(branch, groups, args.lr, args.steps, checkpoint, more=more, recipe=recipe)
    branch.train()
    for layer in branch.looks.layers[:FROZEN]:  # general edges and blobs, and the dearest to train
        layer.eval()
        layer.requires_grad_(False)

    while training.going(args.minutes):
        films, labels = stream.batch(np.random.default_rng([args.seed, training.step]), args.batch)
        x = torch.from_numpy(films).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            pooled = branch.looks(x)
        # Smoothed targets: nobody is endlessly sure.
        loss = F.binary_cross_entropy_with_logits(
            branch.head(pooled.float())[:, 0], torch.from_numpy(labels) * 0.99 + 0.005
        )
        training.learn(loss, {"loss": loss.item()})
        if training.step % 200 == 0:
            training.tell(args.batch, **figures(training.ema.model, chests, others))
            training.save()
        elif training.step % 25 == 0:
            training.tell(args.batch)
    training.save()


def joined(
    head: npt.ArrayLike, distance: npt.ArrayLike, edge: float, weight: float
) -> npt.NDArray[np.float64]:
    """The branch's logit, as `Branch.told`."""
    return np.asarray(head) + weight * np.logaddexp(0, 4 * (np.asarray(distance) - edge)) / 4


def pooler(branch: Branch, path: Path) -> Callable[[U8], Tensor]:
    """Features of films by ONNX Runtime: exact (no bfloat16) and faster than PyTorch on one core."""
    onnx_file.write(
        branch.looks.to(memory_format=torch.contiguous_format), torch.zeros(1, 1, 224, 224), path, ["pooled"]
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def pooled(films: U8) -> Tensor:
        found = [session.run(None, {"film": (f / np.float32(255))[None, None]})[0] for f in films]
        return torch.from_numpy(np.concatenate(found))

    return pooled


def settle(args: argparse.Namespace) -> None:
    """Learn what chests look like (centre, components), set the edge on validation chests, keep body/NAME_settled.pt.

    Prints what several weights of the distance would do to validation pictures, by family.
    """
    state = torch.load(args.work / "body" / f"{args.name}.pt", weights_only=False)
    branch = Branch()
    branch.load_state_dict(state["ema"])
    branch.eval()
    rng = np.random.default_rng(5)

    def windows() -> Iterator[tuple[F32, str]]:
        chests_of = body_sets.Chests(args.work, args.data, args.render)
        while True:
            made = chests_of.one(rng)
            if made is not None:
                yield made

    recipe = {"inputs": inputs(args), "windows": 3000}
    learnt = held(args.work / "body" / "chests_settle.npz", recipe, lambda: islice(windows(), 3000))
    chests, others = validation(args)
    pooled = pooler(branch, args.work / "body" / "looks.onnx")
    branch.settle(pooled(learnt.films[: args.settle]))
    with torch.no_grad():
        parts = [
            (branch.head(x)[:, 0].double().numpy(), branch.distance(x)[:, 0].double().numpy())
            for x in (pooled(chests.films), pooled(others.films))
        ]
    (head, far), (other_head, other_far) = parts
    edge = float(np.quantile(far, 0.98))
    table: dict[str, Any] = {}
    for weight in (0.0, 1.0, 2.0, 4.0, 8.0):
        c, o = joined(head, far, edge, weight), joined(other_head, other_far, edge, weight)
        at = threshold(c, chests)
        truth = np.r_[np.zeros(len(c)), np.ones(len(o))]
        table[f"weight {weight:g}"] = {
            "at": round(at, 2),
            "auc": round(metrics.auc(truth, np.r_[c, o]), 5),
            "refused": round(float((o > at).mean()), 4),
            **{
                family: round(float((o[others.of(kinds)] > at).mean()), 3)
                for family, kinds in body_sets.FAMILIES.items()
                if others.of(kinds).any()
            },
        }
    truth = np.r_[np.zeros(len(far)), np.ones(len(other_far))]
    table["distance alone"] = {"auc": round(metrics.auc(truth, np.r_[far, other_far]), 4)}
    for name, line in table.items():
        print(name, json.dumps(line), flush=True)
    branch.far[1], branch.far[2] = edge, args.weight
    settled = {
        "branch": branch.state_dict(),
        **{k: state[k] for k in ("step", "spent", "without", "learnt") if k in state},
        "table": table,
    }
    kept.written(args.work / "body" / f"{args.name}_settled.pt", lambda handle: torch.save(settled, handle))
    # What was learnt, for the manifest: as the weights say it; nothing where they are of before.
    note = args.work / "body" / body_stage.LEARNT
    note.unlink(missing_ok=True)
    if "learnt" in state:
        kept.write_json(note, state["learnt"])


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("action", choices=("train", "settle"))
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path, required=True)
    ap.add_argument("--name", default="branch")
    ap.add_argument(
        "--without", nargs="*", default=[], choices=list(body_sets.FAMILIES), help="families left out"
    )
    ap.add_argument(
        "--allow-missing", action="store_true", help="learn without kinds of which nothing is there"
    )
    ap.add_argument("--steps", type=int, default=650)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--weight", type=float, default=2.0, help="of the distance beyond the edge of chests")
    ap.add_argument(
        "--settle", type=int, default=900, help="windows of chests that say what chests look like"
    )
    ap.add_argument("--threads", type=int)
    args = ap.parse_args()
    use_threads(args.threads)
    cv2.setNumThreads(1)
    {"train": train, "settle": settle}[args.action](args)


if __name__ == "__main__":
    main()
