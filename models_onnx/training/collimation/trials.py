"""Films behind blades whose field and lungs are known: what the field network is judged on.

Everything follows from the film's name. What is cut and what is whole differ in nothing but the lung.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models_onnx.training import cache, trials, windows
from models_onnx.training.sources import Box, FilmRecord, share
from workstation.inference.collimation import LEAST

from .blades import SMALLEST, U8, WHOLE, Blades, Rng, collimated, some_blades

WITH_BLADE = 0.75  # of the sides that no lung asks for


@dataclass(frozen=True)
class Bladed:
    """One film.

    Attributes:
        image: (H, W) uint8, as the console shows it.
        blades: what hides a part of it; None where nothing does.
        field: what was exposed.
        cut: 1 where lung lies outside the field, 0 where none does.
        edges: the same for left, right, top, bottom.
    """

    image: U8
    blades: Blades | None
    field: Box
    cut: float
    edges: trials.Edges
    record: FilmRecord


def bladed(records: Sequence[FilmRecord], each: int) -> Iterator[Bladed]:
    """`each` fields of every film with a lung mask, about half of them through the lung, behind random blades."""
    for record in records:
        if not record.mask:
            continue
        film, mask = cache.film_and_mask(record)
        if mask is None or not mask.any():
            continue
        for number in range(each):
            rng = _seeded(record, number)
            field = _field(mask, rng)
            edges = trials.answer(mask, field)
            if not any(np.isnan(edges)) and _large(field):
                yield _behind(film, field, edges, record, rng)


def bladed_laterals(records: Sequence[FilmRecord], each: int = 12) -> Iterator[Bladed]:
    """The windows by which real laterals are judged, behind blades instead of cut out."""
    for record in records:
        film = cache.read_grey(record.file)
        for number, (area, edges, _) in enumerate(trials.lateral_areas(record, each)):
            left, top, right, bottom = (
                v if abs(v - w) >= LEAST else w for v, w in zip(area, WHOLE, strict=True)
            )
            field = (left, top, right, bottom)
            if _large(field):
                yield _behind(film, field, edges, record, _seeded(record, number))


def _seeded(record: FilmRecord, number: int) -> Rng:
    return np.random.default_rng([share(record.key), share(record.key + "blades"), number])


def _large(field: Box) -> bool:
    return min(field[2] - field[0], field[3] - field[1]) >= SMALLEST


def _behind(film: U8, field: Box, edges: trials.Edges, record: FilmRecord, rng: Rng) -> Bladed:
    blades = some_blades(rng, field) if field != WHOLE else None
    image = film if blades is None else collimated(film, blades, rng).astype(np.uint8)
    return Bladed(image, blades, field, float(any(e == 1 for e in edges)), edges, record)


def _field(mask: U8, rng: Rng) -> Box:
    """A window with a blade at every side that cuts the lung, and at most of the others."""
    wanted = np.clip(windows.choose(mask, rng, 0.5), 0, 1)
    blade = (rng.random(4) < WITH_BLADE) | (np.array(trials.answer(mask, tuple(wanted)))[[0, 2, 1, 3]] == 1)
    whole = np.array(WHOLE)
    thin = np.abs(wanted - whole) < LEAST
    field = np.where(blade & ~thin, wanted, whole)
    return float(field[0]), float(field[1]), float(field[2]), float(field[3])
