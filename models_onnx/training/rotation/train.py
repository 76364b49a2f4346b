"""Training of one rotation network on banked features: seeded, resumable, a fold leaves one CT out."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .data import Real, Simulated
from .features import Bank
from .model import WARN_DEG, RotationNet

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of one run. ``real_share``: share of graded real films a batch (0: simulation only)."""

    steps: int = 400
    batch: int = 24
    rate: float = 8e-4
    weight_decay: float = 0.03
    noise: float = 0.1
    seed: int = 1
    real_share: float = 0.0


# What a grade by eye says about the angle (degrees): rib separation in per cent of lung depth, turned to degrees for
# ribs 80 mm off the midline and lungs 190 mm deep; wide, since the graders were unsure.
GRADE_RANGE = {0: (0.0, 5.0), 1: (3.0, 9.0), 2: (8.0, 25.0)}


def soft_target(yaw: Tensor) -> Tensor:
    """P(over 10 degrees) blurred by 1 degree: yaw zero itself is known to about that."""
    return torch.sigmoid((yaw - WARN_DEG) / 1.0)


def loss_simulated(logit: Tensor, angle: Tensor, yaw: Tensor) -> Tensor:
    """Cross-entropy of the question plus Huber loss of the angle (both about 0.1..0.7)."""
    question = nn.functional.binary_cross_entropy_with_logits(logit[:, 0], soft_target(yaw))
    measure = nn.functional.smooth_l1_loss(angle[:, 0] / WARN_DEG, yaw / WARN_DEG, beta=0.2)
    return question + measure


def loss_real(logit: Tensor, angle: Tensor, low: Tensor, high: Tensor, weight: Tensor) -> Tensor:
    """Hinge outside the grade's range of angles, and cross-entropy towards its middle; weighted by confidence."""
    outside = torch.relu(low - angle[:, 0]) + torch.relu(angle[:, 0] - high)
    target = torch.clamp(((low + high) / 2 - 2) / 10, 0.03, 0.97)
    question = nn.functional.binary_cross_entropy_with_logits(logit[:, 0], target, reduction="none")
    return ((outside / WARN_DEG + 0.5 * question) * weight).mean()


def _groups(
    films: list[Simulated], index: NDArray[np.int64], left_out: str | None
) -> list[NDArray[np.int64]]:
    """Bank rows by CT and side of 10 degrees: every group is drawn equally often."""
    ct = np.array([f.ct for f in films])[index]
    turned = np.array([abs(f.yaw_deg) > WARN_DEG for f in films])[index]
    kept = [c for c in sorted(set(ct)) if c != left_out]
    return [np.nonzero((ct == c) & (turned == t))[0] for c in kept for t in (False, True)]


def train(
    films: list[Simulated],
    bank: Bank,
    recipe: Recipe,
    weights: Path,
    checkpoint: Path,
    left_out: str | None = None,
    reals: list[Real] | None = None,
    real_bank: Bank | None = None,
    start_from: Path | None = None,
) -> RotationNet:
    """Train (or take up from ``checkpoint``) and return the averaged network in eval mode.

    ``left_out`` names the CT not trained on. ``reals`` with ``real_bank`` (rows of films not in ``reals`` must have
    been removed) join in by ``recipe.real_share``. ``start_from`` is another run's checkpoint.
    """
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    network = RotationNet(weights)
    if start_from is not None:
        network.load_state_dict(torch.load(start_from, weights_only=False)["average"])
    network = network.to(memory_format=torch.channels_last)
    network.train()
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, recipe.rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.steps, pct_start=0.15
    )
    average = {k: v.detach().clone() for k, v in network.state_dict().items()}
    first, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        if state["recipe"] == asdict(recipe):
            network.load_state_dict(state["network"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            average, first, spent = state["average"], state["step"], state["seconds"]
    groups = _groups(films, bank.film, left_out)
    yaw_of = np.array([abs(f.yaw_deg) for f in films], np.float32)
    n_real = round(recipe.real_share * recipe.batch) if reals and real_bank is not None else 0
    started = time.monotonic()
    running = 0.0
    for step in range(first, recipe.steps):
        rng = np.random.default_rng((recipe.seed, step))  # the same batches whether resumed or not
        chosen = [
            int(rng.choice(groups[int(rng.integers(len(groups)))])) for _ in range(recipe.batch - n_real)
        ]
        stems = [bank.features[chosen]]
        rows: NDArray[np.int64] = np.empty(0, np.int64)
        if n_real and real_bank is not None:
            rows = rng.integers(len(real_bank.film), size=n_real)
            stems.append(real_bank.features[rows])
        x = torch.from_numpy(np.concatenate(stems).astype(np.float32)).to(memory_format=torch.channels_last)
        x = x + recipe.noise * x.std() * torch.randn_like(x)
        yaw = torch.from_numpy(yaw_of[bank.film[chosen]])
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            logit, angle = network.rest(x)
        n = len(chosen)
        loss = loss_simulated(logit[:n].float(), angle[:n].float(), yaw)
        if n_real and reals and real_bank is not None:
            picked = [reals[int(i)] for i in real_bank.film[rows]]
            low, high = (torch.tensor([GRADE_RANGE[r.grade][k] for r in picked]) for k in (0, 1))
            weight = torch.tensor([r.weight for r in picked])
            loss = loss + loss_real(logit[n:].float(), angle[n:].float(), low, high, weight)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        schedule.step()
        running = 0.95 * running + 0.05 * float(loss.detach()) if step > first else float(loss.detach())
        # Averaged weights generalise better over looks than the last ones.
        decay = min(0.98, (1 + step) / (10 + step))
        for key, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                average[key].mul_(decay).add_(value.detach(), alpha=1 - decay)
            else:
                average[key] = value.clone()
        if (step + 1) % 100 == 0 or step + 1 == recipe.steps:
            seconds = time.monotonic() - started
            rate = (step + 1 - first) * recipe.batch / seconds
            LOG.info("%s step %d loss %.3f, %.1f films/s", checkpoint.stem, step + 1, running, rate)
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            state = {
                "recipe": asdict(recipe),
                "network": network.state_dict(),
                "average": average,
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "step": step + 1,
                "seconds": spent + seconds,
            }
            torch.save(state, checkpoint)
    network.load_state_dict(average)
    return network.eval()
