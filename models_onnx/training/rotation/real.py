"""The last steps on real laterals: finder and reader learn how real films look, half of every batch still simulated.

Real films have no angle and no drawn contours. What is known of them by eye is the lung (`real_laterals`: a mask that
spans the annotator's box) and how far the two posterior rib contours lie apart; so the finder learns the mask, and the
reader's contour maps, its separation and, weakly, its logit learn the separation; which side is the far one, nobody
knows there. Folds 0-2 (by patient) may be learnt from, 3-4 never; each of 0-2 is left out once, so that calibration
sees films that the network judging them never saw.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models_onnx.training import kept
from models_onnx.training.sources import LEARNT_FOLDS

from .data import Real, Simulated, View, augmented
from .model import (
    FROZEN_LAYERS,
    MASK,
    SEPARATION_UNIT,
    LungFinder,
    RibReader,
    Told,
    map_separation,
)
from .train import Descent, groups_of, lung_loss, reader_loss, reading_loss

LOG = logging.getLogger(__name__)
TRAIN_FOLDS = LEARNT_FOLDS
# Of a straight film whose separation could not be read.
_STRAIGHT_PCT = 3.0
# Separation (per cent of lung depth) that stands for even odds of "over 10 degrees", and how fast the odds change.
_EVEN_PCT, _SLOPE_PCT = 8.0, 2.0


@dataclass(frozen=True)
class Adaption:
    """Hyperparameters of these steps."""

    finder_steps: int = 60
    steps: int = 240
    batch: int = 24
    real: int = 12  # films of the reader's batch that are real
    rate: float = 3e-4
    reading: float = 2.0
    weight_decay: float = 0.03
    strength: float = 0.9
    seed: int = 1


def as_films(reals: list[Real], masks: NDArray[np.uint8], backs: list[int]) -> list[Simulated]:
    """The real films in the shape that `augmented` takes; their contours and angle are unknown.

    masks: (N, h, w) uint8, 0 or 255, in the order of `reals`; backs: +1 where the back is on the right.
    """
    unknown = np.array([[np.nan, 0.0], [np.nan, 1.0]])
    out = []
    for real, mask, back in zip(reals, masks, backs, strict=True):
        small = np.asarray(cv2.resize(mask, (MASK, MASK), interpolation=cv2.INTER_AREA), np.uint8)
        apart = _STRAIGHT_PCT if np.isnan(real.separation_pct) else real.separation_pct
        out.append(
            Simulated(
                real.pixels, small, float("nan"), apart, (unknown, unknown), back, "real", real.file, "a"
            )
        )
    return out


def separation_loss(out: Told, apart: Tensor, weight: Tensor) -> Tensor:
    """How far maps, separation and logit are from the separation seen by eye; `weight` is the grade's confidence."""
    logit, _, separation, maps, _ = out
    wanted = apart / SEPARATION_UNIT

    def off(found: Tensor) -> Tensor:
        loss = F.smooth_l1_loss(found[:, 0] / SEPARATION_UNIT, wanted, beta=0.2, reduction="none")
        return (weight * loss).mean()

    odds = torch.sigmoid((apart - _EVEN_PCT) / _SLOPE_PCT)
    question = F.binary_cross_entropy_with_logits(logit[:, 0], odds, reduction="none")
    return 2.0 * off(map_separation(maps)) + off(separation) + 0.5 * (weight * question).mean()


class _Cosine(Descent):
    """A descent whose rate falls along half a cosine."""

    def __init__(self, network: nn.Module, recipe: Adaption, steps: int) -> None:
        super().__init__(network, recipe.rate, recipe.weight_decay, 0.97)
        self._rate, self._steps = recipe.rate, steps

    def step(self, number: int, loss: Tensor) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate * 0.5 * (1 + np.cos(np.pi * number / self._steps))
        super().step(number, loss)


def _stack(values: list[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(values))


def adapt(
    finder: LungFinder,
    reader: RibReader,
    films: list[Simulated],
    reals: list[Simulated],
    weights: list[float],
    recipe: Adaption,
    left_out: Collection[str] = (),
) -> None:
    """Train both networks on; they are changed in place and end in eval mode.

    Args:
        reals: real films that may be learnt from (`as_films`), with the confidence of their grades in `weights`.
        left_out: CTs that neither of them has seen.
    """
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    groups = groups_of(films, left_out)
    turned = [[i for i, f in enumerate(reals) if (f.separation_pct >= 4.5) == side] for side in (False, True)]
    turned = [side for side in turned if side]
    started = time.monotonic()

    def drawn(rng: np.random.Generator, simulated: int, real: int) -> tuple[list[Simulated], list[int]]:
        ones = [films[int(rng.choice(groups[int(rng.integers(len(groups)))]))] for _ in range(simulated)]
        return ones, [int(rng.choice(turned[int(rng.integers(len(turned)))])) for _ in range(real)]

    def seen(rng: np.random.Generator, chosen: list[Simulated]) -> list[View]:
        return [augmented(film, rng, recipe.strength) for film in chosen]

    finder.train()
    for layer in finder.layers[:FROZEN_LAYERS]:
        layer.requires_grad_(False)
    descent = _Cosine(finder, recipe, recipe.finder_steps)
    for step in range(recipe.finder_steps):
        for layer in finder.layers[:FROZEN_LAYERS]:
            layer.eval()
        rng = np.random.default_rng((recipe.seed, 5, step))
        ones, others = drawn(rng, 8, 8)
        views = seen(rng, ones + [reals[i] for i in others])
        x = _stack([v.whole for v in views])[:, None].to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            found = finder(x)
        descent.step(step, lung_loss(found.float(), _stack([v.lung for v in views])[:, None]))
    descent.finished()

    reader.train()
    descent = _Cosine(reader, recipe, recipe.steps)
    for step in range(recipe.steps):
        rng = np.random.default_rng((recipe.seed, 6, step))
        ones, others = drawn(rng, recipe.batch - recipe.real, recipe.real)
        views = seen(rng, ones + [reals[i] for i in others])
        x = _stack([v.close for v in views])[:, None].to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            out = reader(x)
        n = len(ones)
        yaw = torch.tensor([abs(f.yaw_deg) for f in ones], dtype=torch.float32)
        apart = torch.tensor([f.separation_pct for f in ones], dtype=torch.float32)
        columns = _stack([v.columns for v in views[:n]])
        loss = reader_loss(Told(*(v[:n] for v in out)), yaw, apart, columns)
        loss = loss + recipe.reading * reading_loss(out.maps[:n], columns)
        by_eye = torch.tensor([reals[i].separation_pct for i in others], dtype=torch.float32)
        weight = torch.tensor([weights[i] for i in others], dtype=torch.float32)
        loss = loss + separation_loss(Told(*(v[n:] for v in out)), by_eye, weight)
        descent.step(step, loss)
    descent.finished()
    LOG.info("adapted to %d real films in %.0f s", len(reals), time.monotonic() - started)


def save(finder: LungFinder, reader: RibReader, path: Path, notes: Mapping[str, Any]) -> None:
    """Both networks in one file, with ``recipe`` and ``learnt`` (as `notes` reads them)."""
    state = {"finder": finder.state_dict(), "reader": reader.state_dict(), **notes}
    kept.written(path, lambda handle: torch.save(state, handle))


def notes(path: Path) -> dict[str, Any]:
    """What `save` kept beside the networks; empty in a file of before."""
    state = torch.load(path, weights_only=False)
    return {key: state[key] for key in ("recipe", "learnt") if key in state}


def load(path: Path) -> tuple[LungFinder, RibReader]:
    """What `save` wrote, in eval mode."""
    state = torch.load(path, weights_only=False)
    finder, reader = LungFinder(), RibReader()
    finder.load_state_dict(state["finder"])
    reader.load_state_dict(state["reader"])
    for network in (finder, reader):
        network.to(memory_format=torch.channels_last).eval()
    return finder, reader
