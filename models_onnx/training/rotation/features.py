"""The frozen half of the network, computed once: features of augmented and of whole films, on disk, resumable."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from .data import Real, Simulated, augmented, network_input
from .model import RotationNet

LOG = logging.getLogger(__name__)
Half4 = NDArray[np.float16]
CHUNK = 240


@dataclass(frozen=True)
class Bank:
    """Features (N, 64, 14, 14) float16 and for each the number of its film."""

    features: Half4
    film: NDArray[np.int64]


@torch.no_grad()
def _stem(network: RotationNet, inputs: list[NDArray[np.float32]]) -> Half4:
    out = []
    for start in range(0, len(inputs), 24):
        x = torch.from_numpy(np.stack(inputs[start : start + 24])[:, None]).to(
            memory_format=torch.channels_last
        )
        with torch.autocast("cpu", torch.bfloat16):
            out.append(network.stem(x).float().numpy().astype(np.float16))
    return np.concatenate(out)


def _chunks(
    films: list[Simulated] | list[Real], copies: int, seed: int
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    jobs = [(copy, i) for copy in range(copies) for i in range(len(films))]
    order = np.random.default_rng(seed).permutation(len(jobs))
    for n, start in enumerate(range(0, len(jobs), CHUNK)):
        yield n, [jobs[int(j)] for j in order[start : start + CHUNK]]


def bank(
    films: list[Simulated] | list[Real],
    copies: int,
    folder: Path,
    weights: Path,
    seed: int = 1,
    strength: float = 1.0,
    part: tuple[int, int] = (0, 1),
) -> None:
    """Write features of ``copies`` random views of every film (0 copies: the whole film and its mirror image).

    Every view has its own seed, so that interrupted or parallel runs (``part`` = (which, of how many)) agree.
    """
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    network = RotationNet(weights).to(memory_format=torch.channels_last).eval()
    started = time.monotonic()
    for n, jobs in _chunks(films, max(copies, 1), seed):
        target = folder / f"{n:04d}.npz"
        if n % part[1] != part[0] or target.exists():
            continue
        if copies:
            inputs = [
                augmented(films[i].pixels, np.random.default_rng((seed, c, i)), strength) for c, i in jobs
            ]
            index = [i for _, i in jobs]
        else:
            whole = [network_input(films[i].pixels) for _, i in jobs]
            inputs = [view for w in whole for view in (w, np.ascontiguousarray(w[:, ::-1]))]
            index = [i for _, i in jobs for _ in range(2)]
        features = _stem(network, inputs)
        partial = target.with_suffix(".part.npz")
        np.savez(partial, features=features, film=np.array(index))
        partial.rename(target)
        LOG.info("%s %d: %.0f s", folder.name, n, time.monotonic() - started)


def load_bank(folder: Path) -> Bank:
    """All chunks written so far."""
    files = [f for f in sorted(folder.glob("*.npz")) if ".part" not in f.name]
    if not files:
        raise FileNotFoundError(f"no features in {folder}; run the features step first")
    loaded = [np.load(f) for f in files]
    return Bank(np.concatenate([d["features"] for d in loaded]), np.concatenate([d["film"] for d in loaded]))
