"""Train the field network: `python -m models_onnx.training.collimation train --data ../shared/data --work DIR
--render DIR`. Resumable (`loop`): DIR/field_1.pt, DIR/field_2.pt, DIR/field.pt.

Every eighth real film was collimated when it was made, and nobody has written down where. A first network, which takes
all of them for exposed to their borders, finds those fields all the same; the second one learns with them and finds
more of them, the third one learns with those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from models_onnx.training import augment, cache, kept
from models_onnx.training.learnt import learnt
from models_onnx.training.loop import Training
from models_onnx.training.sources import Box
from models_onnx.training.train_lungs import to_input
from workstation.inference.collimation import SMALLEST, field_of

from . import films
from .blades import U8, Blades, Rng, a_field, collimated, exposed, inside, some_blades
from .network import COARSE, COUNT, FILM, FieldNet, Told

BATCH = 32
BEFORE = (500, 1400)  # steps of the networks that only find the fields of the films learnt from
BEFORE_SURE = 0.4  # less sure than the program asks: they were told that such bands were exposed
RENDER_SHARE = 0.3
WITH_BLADES = 0.6


class Sample(NamedTuple):
    """Film (1, FILM, FILM); columns and rows exposed (COUNT,); pixels exposed (1, COARSE, COARSE)."""

    film: Tensor
    columns: Tensor
    rows: Tensor
    pixels: Tensor


def common(a: Box, b: Box) -> Box:
    """What lies within both."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def turned(field: Box, quarters: int, mirror: bool) -> Box:
    """`field` after `quarters` counter-clockwise quarter turns of the film, then a flip left-right."""
    left, top, right, bottom = field
    for _ in range(quarters % 4):
        left, top, right, bottom = top, 1 - right, bottom, 1 - left
    return (1 - right, top, 1 - left, bottom) if mirror else (left, top, right, bottom)


def sample(film: U8, known: Box, rng: Rng) -> Sample:
    """One film, perhaps behind blades, processed as consoles do, in any turn, and what of it was exposed."""
    image = np.asarray(film, np.float32)
    before = rng.random() < 0.5  # blades in front of the detector, or a shutter laid over the processed film
    if before:
        image = augment.film_look(image, None, rng, 0.8)
    field, pixels = known, _rectangle(known)
    if rng.random() < WITH_BLADES:
        blades = some_blades(rng, common(known, a_field(rng)))
        left, top, right, bottom = blades.field
        if min(right - left, bottom - top) > SMALLEST:
            image = collimated(image, blades, rng)
            field = blades.field
            pixels = np.minimum(pixels, _pixels(blades))
    image = augment.film_look(image, None, rng, 0.4 if before else 0.9)
    if rng.random() < 0.08:
        image = 255 - image
    quarters, mirror = int(rng.integers(4)), bool(rng.random() < 0.5)
    image, pixels = np.rot90(image, quarters), np.rot90(pixels, quarters)
    if mirror:
        image, pixels = image[:, ::-1], pixels[:, ::-1]
    columns, rows = exposed(turned(field, quarters, mirror), COUNT)
    small = cv2.resize(np.ascontiguousarray(image), (FILM, FILM), interpolation=cv2.INTER_AREA)
    return Sample(
        torch.from_numpy(to_input(small))[None],
        torch.from_numpy(columns),
        torch.from_numpy(rows),
        torch.from_numpy(np.ascontiguousarray(pixels))[None],
    )


def _pixels(blades: Blades) -> np.ndarray:
    return np.clip(inside((COARSE, COARSE), blades) + 0.5, 0, 1).astype(np.float32)


def _rectangle(field: Box) -> np.ndarray:
    columns, rows = exposed(field, COARSE)
    return np.asarray(rows[:, None] * columns[None], np.float32)


class Stream(IterableDataset):  # type: ignore[type-arg]
    """Endless samples from real frontals and simulated films."""

    def __init__(self, data: Path, work: Path, render: Path, seed: int, seen: Mapping[str, Box]) -> None:
        real, simulated = films.frontals(data, "train"), films.renders(render, "train")
        self.real, self.chance = films.held(real, work, "frontal", seen), films.chances(real)
        self.simulated = films.held(simulated, work, "render") if simulated else None
        self.seed = seed

    def __iter__(self) -> Iterator[Sample]:
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        while True:
            if self.simulated is not None and rng.random() < RENDER_SHARE:
                pixels, fields = self.simulated
                index = int(rng.integers(len(pixels)))
            else:
                pixels, fields = self.real
                index = int(rng.choice(len(pixels), p=self.chance))
            yield sample(np.asarray(pixels[index]), fields[index], rng)


def loss_of(told: Told, columns: Tensor, rows: Tensor, pixels: Tensor) -> Tensor:
    """Cross-entropy of columns, rows and, half as much, of the coarse map."""
    return (
        F.binary_cross_entropy_with_logits(told.columns, columns)
        + F.binary_cross_entropy_with_logits(told.rows, rows)
        + 0.5 * F.binary_cross_entropy_with_logits(told.pixels, pixels)
    )


def train(data: Path, work: Path, render: Path, steps: int, seed: int, workers: int = 1) -> FieldNet:
    """Train the three networks, or take them up, and return the last one, which takes `steps`."""
    seen: dict[str, Box] = {}
    for number, count in enumerate(BEFORE, start=1):
        found = work / f"field_seen_{number}.json"
        recipe = _recipe(data, render, min(steps, count), seed, seen)
        if not (found.exists() and kept.agrees(films.seen_by(found), recipe, found)):
            name = f"field_{number}.pt"
            network = _one(data, work, render, min(steps, count), seed, workers, name, seen)
            films.write_seen(found, fields_seen(network, data, work), recipe)
        seen = films.read_seen(found)
    return _one(data, work, render, steps, seed, workers, "field.pt", seen)


def _recipe(data: Path, render: Path, steps: int, seed: int, seen: Mapping[str, Box]) -> dict[str, Any]:
    told = [
        cache.digest(records) for records in (films.frontals(data, "train"), films.renders(render, "train"))
    ]
    return {"steps": steps, "seed": seed, "batch": BATCH, "films": told, "seen": kept.digest(seen)}


def fields_seen(network: FieldNet, data: Path, work: Path) -> dict[str, Box]:
    """The fields that `network` sees on the real films it learns from, by the films' keys."""
    records = films.frontals(data, "train")
    pixels, _ = films.held(records, work, "frontal")
    seen: dict[str, Box] = {}
    for record, film in zip(records, pixels, strict=True):
        small = cv2.resize(np.asarray(film), (FILM, FILM), interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            told: Told = network(torch.from_numpy(to_input(small))[None, None])
        field = field_of(told.columns[0].double().numpy(), told.rows[0].double().numpy(), BEFORE_SURE)
        if not field.whole:
            seen[record.key] = (field.left, field.top, field.right, field.bottom)
    return seen


def _one(
    data: Path,
    work: Path,
    render: Path,
    steps: int,
    seed: int,
    workers: int,
    checkpoint: str,
    seen: Mapping[str, Box],
) -> FieldNet:
    torch.manual_seed(seed)
    network = FieldNet()
    training = Training(
        network,
        [(list(network.parameters()), 1.0)],
        3e-3,
        steps,
        work / checkpoint,
        more={"learnt": learnt(seed, films.frontals(data, "train"), films.renders(render, "train"))},
        recipe=_recipe(data, render, steps, seed, seen),
    )
    if training.going():
        stream = Stream(data, work, render, seed + training.step, seen)
        loader = DataLoader(stream, BATCH, num_workers=workers, prefetch_factor=4 if workers else None)
        network.train()
        for batch in loader:
            if not training.going():
                break
            told: Told = network(batch[0])
            loss = loss_of(told, *batch[1:])
            training.learn(loss, {"loss": float(loss.detach())})
            if training.step % 100 == 0 or training.step == steps:
                training.tell(BATCH)
                training.save()
    best = training.ema.model
    assert isinstance(best, FieldNet)
    return best.eval()
