"""Train the lung network: `python -m models_onnx.training.train_lungs --data ../shared/data --work DIR`.

Resumable (`loop`): DIR/NAME.pt.
Judged on natural cut-offs of films from elsewhere (ieee, validation half), never on the films it learns from.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from models_onnx.training import augment, cache, kept, metrics, real_laterals, sources, trials, windows
from models_onnx.training.backbones import fetch_weights, load_imagenet
from models_onnx.training.learnt import learnt
from models_onnx.training.loop import Training, use_threads, weights_digest
from models_onnx.training.lungs import EdgeReader, LungField
from models_onnx.training.real_laterals import RealLaterals
from workstation.imaging import preprocess

STRETCH = preprocess.percentile_stretch(0.5, 99.5)
SQUEEZE = preprocess.squeeze(windows.FILM, windows.FILM)
WEIGHTS = {"nih": 1.0, "jsrt": 2.0, "kermany": 1.3, "render": 1.0}


def to_input(image: np.ndarray) -> np.ndarray:
    """The manifest's preprocessing after squeezing: stretch, scale; (224, 224) -> float32 0..1."""
    return STRETCH(image).astype(np.float32) / np.float32(255.0)


class Stream(IterableDataset):  # type: ignore[type-arg]
    """Endless windows: image, target, weight, cut, projection (0 frontal, 1 lateral), sample weight."""

    def __init__(
        self,
        work: Path,
        data: Path,
        render: Path | None,
        seed: int,
        lateral_share: float,
        real: RealLaterals | None = None,
        real_share: float = 0.0,
        left_out: Collection[str] = (),
    ) -> None:
        self.frontal = [
            r for r in sources.read_frontal(data) if r.mask and r.split == "train" and r.source in WEIGHTS
        ]
        renders = sources.read_renders(render) if render else []
        self.lateral = [r for r in renders if r.view == "lateral" and r.mask and r.split == "train"]
        if render and not self.lateral:
            raise SystemExit(f"{render} holds no laterals to learn from: no CT of it is one of the training")
        self.arrays = [cache.build(self.frontal, work / "cache", "seg_frontal")]
        if self.lateral:
            self.arrays.append(cache.build(self.lateral, work / "cache", "seg_lateral"))
        self.chance = np.array([WEIGHTS[r.source] * (r.source not in left_out) for r in self.frontal])
        self.chance /= self.chance.sum()
        kept = [r.patient.removeprefix("ct-") not in left_out for r in self.lateral]
        self.lateral_indices = np.nonzero(kept)[0]
        self.seed, self.lateral_share = seed, lateral_share if self.lateral else 0.0
        self.real, self.real_share = real, real_share if real is not None and len(real.films) else 0.0

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        while True:
            lateral = rng.random() < self.lateral_share
            if lateral and self.real is not None and rng.random() < self.real_share:
                films, masks = self.real.films, self.real.masks
                index = int(rng.integers(len(films)))
            else:
                films, masks = self.arrays[int(lateral)]
                index = int(
                    rng.choice(self.lateral_indices) if lateral else rng.choice(len(films), p=self.chance)
                )
            if not masks[index].any():
                continue
            yield sample(np.asarray(films[index]), np.asarray(masks[index]), lateral, rng)


def sample(film: np.ndarray, mask: np.ndarray, lateral: bool, rng: np.random.Generator) -> tuple[Tensor, ...]:
    """One augmented window as tensors."""
    area = windows.choose(mask, rng) if rng.random() < 0.85 else (0.0, 0.0, 1.0, 1.0)
    turn = float(rng.normal(0, 0.04)) if rng.random() < 0.5 else 0.0
    cut = windows.take(film, mask, area, turn, rng)
    if rng.random() < 0.5:
        cut = windows.mirror(cut)
    image = augment.film_look(cut.image, cut.lung, rng)
    return (
        torch.from_numpy(to_input(image))[None],
        torch.from_numpy(cut.target)[None],
        torch.from_numpy(cut.weight)[None],
        torch.from_numpy(cut.cut.copy()),
        torch.tensor(float(lateral)),
    )


def border_emphasis() -> Tensor:
    """Weights (1, 1, 64, 64): cells near an edge, inside or outside, count more."""
    grid = torch.arange(windows.GRID)
    distance = torch.minimum(grid, windows.GRID - 1 - grid)
    near = (distance < windows.MARGIN + 4).float()
    both = torch.maximum(near[:, None], near[None, :])
    return (1.0 + 1.0 * both)[None, None]


def segmentation_loss(logits: Tensor, target: Tensor, weight: Tensor, emphasis: Tensor) -> Tensor:
    w = weight * emphasis
    bce = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * w).sum() / w.sum()
    p = torch.sigmoid(logits)
    overlap = 2 * (p * target * weight).sum((1, 2, 3)) + 20
    dice = 1 - overlap / (((p + target) * weight).sum((1, 2, 3)) + 20)
    return bce + 0.5 * dice.mean()


def edge_loss(reader: EdgeReader, logits: Tensor, cut: Tensor) -> Tensor:
    """Binary cross-entropy of edges and of any edge, where known."""
    if len(logits) == 0:
        return logits.sum()
    edges, any_edge = reader(logits)
    known = ~torch.isnan(cut)
    loss = F.binary_cross_entropy_with_logits(edges[known], cut[known]) if known.any() else edges.sum() * 0
    any_cut = torch.nan_to_num(cut, nan=0.0).amax(1)
    sure = known.all(1) | (any_cut > 0.5)
    if sure.any():
        loss = loss + 0.5 * F.binary_cross_entropy_with_logits(any_edge[sure, 0], any_cut[sure])
    return loss


class Parts(nn.Module):
    """The trainable parts under one roof."""

    def __init__(self) -> None:
        super().__init__()
        self.field, self.frontal, self.lateral = LungField(), EdgeReader(), EdgeReader()


@torch.no_grad()
def judge(parts: Parts, data: Path, work: Path) -> dict[str, float]:
    """AUC on natural cut-offs (ieee, validation half) and real laterals: learned head, and plain mask
    evidence."""
    records = [
        r for r in sources.read_frontal(data) if r.source == "ieee" and r.natural_cut and r.split == "val"
    ]
    films, _ = cache.build(records, work / "cache", "ieee_val")
    truth = np.array([{"no": 0, "borderline": 1, "yes": 2}[r.natural_cut] for r in records])
    scores, plain = [], []
    for start in range(0, len(films), 32):
        batch = torch.from_numpy(np.stack([to_input(shrink(f)) for f in films[start : start + 32]]))[:, None]
        logits = parts.field(batch.to(memory_format=torch.channels_last)).float()
        scores.append(parts.frontal(logits)[1][:, 0].numpy())
        outside = torch.sigmoid(logits)[:, 0]
        m = windows.MARGIN
        rim = torch.stack(
            [
                outside[:, :, m - 1].mean(1),
                outside[:, :, -m].mean(1),
                outside[:, m - 1].mean(1),
                outside[:, -m].mean(1),
            ],
            1,
        )
        plain.append(rim.amax(1).numpy())
    s, p = np.concatenate(scores), np.concatenate(plain)
    sure = truth != 1
    return {
        "natural_auc": metrics.auc(truth[sure] == 2, s[sure]),
        "natural_auc_mask": metrics.auc(truth[sure] == 2, p[sure]),
        "borderline_auc": metrics.auc(truth[truth < 2] == 1, s[truth < 2]),
        "lateral_auc": judge_laterals(parts, data),
    }


@torch.no_grad()
def judge_laterals(parts: Parts, data: Path) -> float:
    """AUC on windows of the real laterals of the validation folds."""
    found = [t for t in trials.lateral_windows(data) if t.labels["fold"] in trials.VALIDATION_FOLDS]
    films = np.stack([to_input(SQUEEZE(t.image)) for t in found])[:, None]
    scores = []
    for start in range(0, len(films), 32):
        batch = torch.from_numpy(films[start : start + 32]).to(memory_format=torch.channels_last)
        scores.append(parts.lateral(parts.field(batch).float())[1][:, 0].numpy())
    return metrics.auc([t.cut for t in found], np.concatenate(scores))


def shrink(film: np.ndarray) -> np.ndarray:
    """Cached film (384) to network size, as the runtime squeezes."""
    return cv2.resize(np.asarray(film), (windows.FILM, windows.FILM), interpolation=cv2.INTER_AREA)


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path)
    ap.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    ap.add_argument("--steps", type=int, default=3000, help="length of the cosine schedule")
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--lateral-share", type=float, default=0.4)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int)
    ap.add_argument("--frozen", type=int, default=4, help="backbone layers kept as they are")
    ap.add_argument("--name", default="lungs")
    ap.add_argument("--start-from", type=Path, help="weights to begin with (another run's checkpoint)")
    ap.add_argument(
        "--real-folds", type=int, nargs="*", default=[], help="real laterals to learn from as well"
    )
    ap.add_argument("--real-share", type=float, default=0.5, help="their share of the laterals")
    ap.add_argument(
        "--leave-out",
        nargs="*",
        default=[],
        help="data sets and CTs never seen (nih, jsrt, kermany, lidc0001 ...)",
    )
    args = ap.parse_args()
    use_threads(args.threads)
    torch.manual_seed(args.seed)
    parts = Parts()
    load_imagenet_into(parts.field, args.work)
    before, began = None, None
    if args.start_from:
        state = torch.load(args.start_from, weights_only=False)
        parts.load_state_dict(state["ema"])
        before, began = state.get("learnt"), weights_digest(state["ema"])
    parts.to(memory_format=torch.channels_last)
    decoder = [p for n, p in parts.field.named_parameters() if not n.startswith("backbone")]
    groups = [
        (list(parts.field.backbone.parameters()), 0.5),
        (decoder, 1.0),
        ([*parts.frontal.parameters(), *parts.lateral.parameters()], 2.0),
    ]
    checkpoint = args.work / f"{args.name}.pt"
    real = real_laterals.load(args.work).only(set(args.real_folds)) if args.real_folds else None
    stream = Stream(
        args.work,
        args.data,
        args.render,
        args.seed,
        args.lateral_share,
        real,
        args.real_share,
        args.leave_out,
    )
    recipe = {
        "steps": args.steps,
        "batch": args.batch,
        "lr": args.lr,
        "seed": args.seed,
        "frozen": args.frozen,
    }
    recipe |= {"lateral_share": args.lateral_share, "leave_out": sorted(args.leave_out)}
    recipe |= {"films": [cache.digest(stream.frontal), cache.digest(stream.lateral)], "start_from": began}
    if real is not None:
        told = kept.digest(real.films.tobytes() + real.masks.tobytes())
        recipe |= {"real_folds": sorted(args.real_folds), "real_share": args.real_share, "real": told}
    more = {"learnt": what_is_learnt(args, stream, before)}
    training = Training(parts, groups, args.lr, args.steps, checkpoint, warm=60, more=more, recipe=recipe)
    stream.seed = args.seed * 1000 + training.step
    loader = iter(DataLoader(stream, batch_size=args.batch, num_workers=1, prefetch_factor=4))
    emphasis = border_emphasis()
    parts.train()
    parts.field.backbone.freeze_stem(args.frozen)
    while training.going(args.minutes):
        film, target, weight, cut, lateral = next(loader)
        with torch.autocast("cpu", torch.bfloat16):
            logits = parts.field(film.to(memory_format=torch.channels_last))
        logits = logits.float()
        loss = segmentation_loss(logits, target, weight, emphasis)
        seen, side = logits.detach(), lateral > 0.5
        heads = edge_loss(parts.frontal, seen[~side], cut[~side]) + edge_loss(
            parts.lateral, seen[side], cut[side]
        )
        training.learn(loss + heads, {"loss": loss.item(), "heads": heads.item()})
        if training.step % 200 == 0:
            training.tell(args.batch, **judge(training.ema.model, args.data, args.work))
            training.save()
        elif training.step % 50 == 0:
            training.tell(args.batch)
    training.tell(args.batch, **judge(training.ema.model, args.data, args.work))
    training.save()


def what_is_learnt(
    args: argparse.Namespace, stream: Stream, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The checkpoint's ``learnt`` (see `learnt`)."""
    reals = [r for r in sources.read_lateral(args.data) if int(r.extra["fold"]) in args.real_folds]
    return learnt(
        args.seed,
        [r for r in stream.frontal if r.source not in args.leave_out],
        [stream.lateral[i] for i in stream.lateral_indices],
        reals,
        args.leave_out,
        before,
    )


def load_imagenet_into(field: LungField, work: Path) -> None:
    """ImageNet weights into the encoder (its last layer is dropped there)."""
    from models_onnx.training.backbones import MobileNetV2

    whole = load_imagenet(MobileNetV2(), fetch_weights(work))
    state = {k: v for k, v in whole.state_dict().items() if not k.startswith("features.18")}
    field.backbone.load_state_dict(state)


if __name__ == "__main__":
    main()
