"""What every training here shares: rate, averaged weights, a checkpoint to go on from, a log."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models_onnx.training import kept

LAST_RATE = 0.02  # of the highest rate, at the end
CLIP = 2.0  # largest norm of the gradient


def use_threads(count: int | None) -> None:
    """PyTorch's threads; None leaves what OMP_NUM_THREADS or the number of cores says."""
    if count is not None:
        torch.set_num_threads(count)


def weights_digest(state: Mapping[str, Tensor]) -> str:
    """What tells these weights from others, as `kept.digest`."""
    told = hashlib.sha256()
    for name in sorted(state):
        told.update(name.encode() + state[name].detach().contiguous().cpu().numpy().tobytes())
    return told.hexdigest()[:16]


class Ema:
    """Moving average of the weights (Polyak); what is judged and shipped."""

    def __init__(self, model: nn.Module, decay: float = 0.995) -> None:
        self.model, self.decay = copy.deepcopy(model).eval(), decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


class Training:
    """AdamW with a warm-up and a cosine, averaged weights, and a checkpoint that a cut-off run goes on from.

    Args:
        parts: (parameters, factor of `rate`) of every group.
        steps: length of the schedule. warm: steps until the full rate.
        checkpoint: file (.pt): what is there is taken up at once; the log lies beside it (.log).
        more: kept in the checkpoint as it is.
        recipe: what the weights hang on: arguments, and what tells the films from others.

    Raises:
        SystemExit: the checkpoint was made by another recipe.
    """

    def __init__(
        self,
        network: nn.Module,
        parts: Sequence[tuple[Sequence[nn.Parameter], float]],
        rate: float,
        steps: int,
        checkpoint: Path,
        warm: int = 50,
        more: Mapping[str, Any] | None = None,
        recipe: kept.Recipe | None = None,
    ) -> None:
        self.network, self.rate, self.steps, self.warm = network, rate, steps, warm
        self.checkpoint, self.more, self.recipe = checkpoint, dict(more or {}), dict(recipe or {})
        groups = [{"params": list(p), "scale": scale} for p, scale in parts]
        self.optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=1e-2)
        self.ema, self.step, self._spent = Ema(network), 0, 0.0
        self._running: list[Mapping[str, float]] = []
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=False)
            kept.demand(state.get("recipe"), self.recipe, checkpoint)
            network.load_state_dict(state["network"])
            self.ema.model.load_state_dict(state["ema"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self._spent = state["step"], state["spent"]
        self._begin = self._told = time.monotonic()

    def going(self, minutes: float = float("inf")) -> bool:
        """Whether there are steps left, and time."""
        return self.step < self.steps and time.monotonic() - self._begin < 60 * minutes

    def learn(self, loss: Tensor, told: Mapping[str, float]) -> None:
        """One step down the gradient of `loss`; `told` are the figures of the log's next line (their means)."""
        cosine = 0.5 * (1 + np.cos(np.pi * self.step / self.steps))
        rate = self.rate * min(1.0, (self.step + 1) / self.warm) * (cosine * (1 - LAST_RATE) + LAST_RATE)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimiser.step()
        self.step += 1
        self.ema.update(self.network, self.step)
        self._running.append(told)

    def tell(self, batch: int, **more: float) -> None:
        """A line of the log: means since the last one, films a second, and `more`."""
        now = time.monotonic()
        names = sorted({k for r in self._running for k in r})
        line: dict[str, Any] = {
            "step": self.step,
            "films_s": round(len(self._running) * batch / max(1e-6, now - self._told), 1),
            **{k: round(float(np.mean([r[k] for r in self._running if k in r])), 4) for k in names},
            **{k: round(v, 4) if isinstance(v, float) else v for k, v in more.items()},
            "spent_s": round(self._spent + now - self._begin),
        }
        with self.checkpoint.with_suffix(".log").open("a", encoding="utf-8") as log:
            print(json.dumps(line), file=log)
        self._running, self._told = [], time.monotonic()

    def save(self) -> None:
        """Keep everything in the checkpoint; a run cut off while writing leaves the last one whole."""
        state = {
            "network": self.network.state_dict(),
            "ema": self.ema.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "spent": self._spent + time.monotonic() - self._begin,
            "recipe": self.recipe,
            **self.more,
        }
        kept.written(self.checkpoint, lambda handle: torch.save(state, handle))
