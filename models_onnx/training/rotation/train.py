"""Training of one fold: finder, then reader, on films rendered from all CTs but some; seeded and resumable."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from models_onnx.training import kept

from .data import Real, Simulated, View, augmented, digest
from .model import (
    DEPTH_PCT,
    FROZEN_LAYERS,
    MIDDLE,
    ROWS,
    SEPARATION_UNIT,
    WARN_DEG,
    LungFinder,
    RibReader,
    Told,
    contours,
    sureness,
)

LOG = logging.getLogger(__name__)
FINDER, READER = "finder.pt", "reader_{}.pt"  # checkpoints; the reader's by cycle, from 1


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of one run.

    The reader learns in cycles of `steps`, one for each of `rates` (the highest of a cycle); the last one also learns
    the reading of the contours (`reading_loss`, its weight is `reading`), which by then stand about where they should.
    """

    finder_steps: int = 180
    steps: int = 420
    batch: int = 24
    finder_rate: float = 1.5e-3
    rates: tuple[float, ...] = (1e-3, 7e-4, 7e-4)
    reading: float = 2.0
    weight_decay: float = 0.03
    strength: float = 0.9
    seed: int = 1


LAST = READER.format(len(Recipe().rates))


def soft_target(yaw: Tensor) -> Tensor:
    """P(over 10 degrees) blurred by 1 degree: yaw zero itself is known to about that."""
    return torch.sigmoid((yaw - WARN_DEG) / 1.0)


def lung_loss(found: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy and half of Dice of the finder's mask, (N, 1, MASK, MASK)."""
    p = torch.sigmoid(found)
    dice = 1 - (2 * (p * target).sum((1, 2, 3)) + 1) / ((p + target).sum((1, 2, 3)) + 1)
    return F.binary_cross_entropy_with_logits(found, target) + 0.5 * dice.mean()


def reader_loss(out: Told, yaw: Tensor, signed: Tensor, columns: Tensor) -> Tensor:
    """Question, angle, separation, side and contours; about 0.1..0.7 each, contours times 0.15.

    ``yaw`` degrees without sign, ``signed`` % of lung depth as in `data.Simulated`, ``columns`` (N, 2, ROWS) as in
    `data.View`. Sides count less the closer the contours lie: where they meet there is nothing to tell.
    """
    logit, angle, separation, maps, side = out
    apart = signed.abs()
    told = torch.clamp(apart / 5.0, max=1.0)
    far = (signed > 0).float()
    sides = (told * F.binary_cross_entropy_with_logits(side[:, 0], far, reduction="none")).mean()
    question = F.binary_cross_entropy_with_logits(logit[:, 0], soft_target(yaw))
    measure = F.smooth_l1_loss(angle[:, 0] / WARN_DEG, yaw / WARN_DEG, beta=0.2)
    ribs = F.smooth_l1_loss(separation[:, 0] / SEPARATION_UNIT, apart / SEPARATION_UNIT, beta=0.2)
    known = ~torch.isnan(columns)
    centre = (torch.arange(ROWS) + 0.5) / ROWS
    target = torch.exp(-0.5 * ((centre - torch.nan_to_num(columns)[..., None]) * ROWS / 1.0) ** 2)
    target = target / target.sum(dim=3, keepdim=True).clamp(min=1e-6)
    lines = -(target * maps.float().log_softmax(dim=3)).sum(dim=3)[known].mean()
    return question + measure + ribs + sides + 0.15 * lines


def reading_loss(maps: Tensor, columns: Tensor) -> Tensor:
    """How far the contours read off the maps, and their distance as it is shown, lie from the true ones.

    In units of `SEPARATION_UNIT`; ``columns`` as for `reader_loss`. What the maps' cross-entropy leaves open is where
    the mean of a wide map lies: without this the distance of ribs that lie together was read 2 % of the depth too wide.
    """
    unit = DEPTH_PCT / SEPARATION_UNIT
    known, true = ~torch.isnan(columns), torch.nan_to_num(columns)
    found = contours(maps)
    place = F.smooth_l1_loss(unit * found, unit * true, beta=0.2, reduction="none")[known].mean()
    both = known.all(dim=1)[:, MIDDLE]
    share = sureness(maps) * both

    def apart(where: Tensor) -> Tensor:
        distance = (where[:, 0] - where[:, 1]).abs()[:, MIDDLE]
        return (share * distance).sum(dim=1) / share.sum(dim=1).clamp(min=1e-6)

    off = F.smooth_l1_loss(unit * apart(found), unit * apart(true), beta=0.2, reduction="none")
    enough = (both.float().mean(dim=1) > 0.25).float()
    return place + (enough * off).sum() / enough.sum().clamp(min=1)


def groups_of(films: list[Simulated], left_out: Collection[str]) -> list[NDArray[np.int64]]:
    """Films by CT and side of 10 degrees, without the CTs `left_out`: every group is drawn equally often."""
    ct = np.array([f.ct for f in films])
    turned = np.array([abs(f.yaw_deg) > WARN_DEG for f in films])
    kept = [c for c in sorted(set(ct)) if c not in left_out]
    groups = [np.nonzero((ct == c) & (turned == t))[0] for c in kept for t in (False, True)]
    return [g for g in groups if len(g)]


def descend(optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter], loss: Tensor) -> None:
    """One step down the gradient of `loss`, clipped."""
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 5.0)
    optimiser.step()


def average(kept: dict[str, Tensor], network: nn.Module, number: int, most: float) -> None:
    """Take the weights after step `number` into their moving average: averaged ones generalise better over looks."""
    decay = min(most, (1 + number) / (10 + number))
    for key, now in network.state_dict().items():
        if now.dtype.is_floating_point:
            kept[key].mul_(decay).add_(now.detach(), alpha=1 - decay)
        else:
            kept[key] = now.clone()


def _tensor(values: list[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(values))


class Descent:
    """AdamW on the parameters that learn, and the moving average of the weights, which is what is kept in the end."""

    def __init__(self, network: nn.Module, rate: float, weight_decay: float, most: float) -> None:
        self.network, self._most = network, most
        self.parameters = [p for p in network.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.parameters, rate, weight_decay=weight_decay)
        self.average = {k: v.detach().clone() for k, v in network.state_dict().items()}

    def step(self, number: int, loss: Tensor) -> None:
        """One step down the gradient of `loss`; `number` counts from 0."""
        descend(self.optimiser, self.parameters, loss)
        average(self.average, self.network, number, self._most)

    def finished(self) -> nn.Module:
        """The network with its averaged weights, in eval mode."""
        self.network.load_state_dict(self.average)
        return self.network.eval()


class _Stage(Descent):
    """One network's descent with its schedule and checkpoint."""

    def __init__(
        self,
        network: nn.Module,
        rate: float,
        steps: int,
        recipe: Recipe,
        checkpoint: Path,
        notes: Mapping[str, Any],
    ) -> None:
        super().__init__(network, rate, recipe.weight_decay, 0.98)
        self.checkpoint, self.recipe, self.steps, self.notes = checkpoint, recipe, steps, dict(notes)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, rate, total_steps=steps, pct_start=0.15
        )
        self.first, self.spent, self.running = 0, 0.0, float("nan")
        self.started = time.monotonic()
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=False)
            if "inputs" not in state:
                kept.agrees(None, {}, checkpoint)
            found = {"recipe": state["recipe"], "inputs": state.get("inputs", self.notes["inputs"])}
            kept.demand(found, {"recipe": asdict(recipe), "inputs": self.notes["inputs"]}, checkpoint)
            network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.schedule.load_state_dict(state["schedule"])
            self.average, self.first, self.spent = state["average"], state["step"], state["seconds"]

    def step(self, number: int, loss: Tensor) -> None:
        super().step(number, loss)
        self.schedule.step()
        value = float(loss.detach())
        self.running = value if self.running != self.running else 0.95 * self.running + 0.05 * value
        if (number + 1) % 60 == 0 or number + 1 == self.steps:
            self.save(number + 1)

    def save(self, done: int) -> None:
        seconds = time.monotonic() - self.started
        LOG.info(
            "%s step %d loss %.3f, %.1f films/s",
            self.checkpoint.stem,
            done,
            self.running,
            (done - self.first) * self.recipe.batch / seconds,
        )
        state = {
            "recipe": asdict(self.recipe),
            **self.notes,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": done,
            "seconds": self.spent + seconds,
        }
        kept.written(self.checkpoint, lambda handle: torch.save(state, handle))


def train(
    films: list[Simulated], recipe: Recipe, weights: Path, folder: Path, left_out: Collection[str] = ()
) -> tuple[LungFinder, RibReader]:
    """Train (or take up from ``folder``) and return the averaged finder and reader in eval mode.

    ``left_out`` names the CTs that neither of them sees.

    Raises:
        SystemExit: what lies in ``folder`` was made by another recipe, or of other films.
    """
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    groups = groups_of(films, left_out)
    notes = {
        "inputs": {"films": digest(films), "left_out": sorted(left_out)},
        "learnt": learnt(recipe.seed, films, left_out),
    }

    def batch(stage: int, step: int) -> tuple[list[Simulated], list[View]]:
        rng = np.random.default_rng((recipe.seed, stage, step))  # the same batches whether resumed or not
        chosen = [films[int(rng.choice(groups[int(rng.integers(len(groups)))]))] for _ in range(recipe.batch)]
        return chosen, [augmented(f, rng, recipe.strength) for f in chosen]

    finder = LungFinder(weights).to(memory_format=torch.channels_last).train()
    for layer in finder.layers[:FROZEN_LAYERS]:
        layer.requires_grad_(False)
    stage = _Stage(finder, recipe.finder_rate, recipe.finder_steps, recipe, folder / FINDER, notes)
    for step in range(stage.first, recipe.finder_steps):
        for layer in finder.layers[:FROZEN_LAYERS]:
            layer.eval()
        _, views = batch(0, step)
        x = _tensor([v.whole for v in views])[:, None].to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            found = finder(x)
        target = _tensor([v.lung for v in views])[:, None]
        found = found.float()
        stage.step(step, lung_loss(found, target))
    stage.finished()

    reader = RibReader(weights).to(memory_format=torch.channels_last).train()
    for cycle, rate in enumerate(recipe.rates, start=1):
        stage = _Stage(reader.train(), rate, recipe.steps, recipe, folder / READER.format(cycle), notes)
        for step in range(stage.first, recipe.steps):
            chosen, views = batch(cycle, step)
            x = _tensor([v.close for v in views])[:, None].to(memory_format=torch.channels_last)
            yaw = torch.tensor([abs(f.yaw_deg) for f in chosen], dtype=torch.float32)
            apart = torch.tensor([f.separation_pct for f in chosen], dtype=torch.float32)
            columns = _tensor([v.columns for v in views])
            with torch.autocast("cpu", torch.bfloat16):
                out = reader(x)
            loss = reader_loss(out, yaw, apart, columns)
            if cycle == len(recipe.rates):
                loss = loss + recipe.reading * reading_loss(out.maps, columns)
            stage.step(step, loss)
        stage.finished()
    return finder, reader


def learnt(
    seed: int,
    films: Iterable[Simulated],
    left_out: Collection[str],
    real_films: Mapping[str, Real] | None = None,
) -> dict[str, Any]:
    """What networks learn from, kept with them: as `models_onnx.training.learnt` has it."""
    reals = real_films or {}
    return {
        "seed": seed,
        "cts": sorted({f.ct for f in films} - set(left_out)),
        "left_out": sorted(left_out),
        "real_folds": sorted({r.fold for r in reals.values()}),
        "real_films": {name: r.licence for name, r in reals.items()},
    }


def load(weights: Path | None, folder: Path) -> tuple[LungFinder, RibReader]:
    """Averaged networks of a finished run."""
    finder, reader = LungFinder(weights), RibReader(weights)
    for network, name in ((finder, FINDER), (reader, LAST)):
        network.load_state_dict(torch.load(folder / name, weights_only=False)["average"])
        network.to(memory_format=torch.channels_last).eval()
    return finder, reader


def notes(folder: Path) -> dict[str, Any]:
    """``recipe`` and, where it was kept, ``learnt`` of a finished run."""
    state = torch.load(folder / LAST, weights_only=False)
    return {key: state[key] for key in ("recipe", "learnt") if key in state}


def finished(folder: Path) -> bool:
    """Whether a run in ``folder`` has gone through all its steps."""
    path = folder / LAST
    if not path.exists():
        return False
    state = torch.load(path, weights_only=False)
    return bool(state["step"] == state["recipe"]["steps"])
