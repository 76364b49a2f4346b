"""Training films of the paper's recipe from the films at hand: random windows of real frontals with known lungs,
natural cut-offs, and simulated laterals; one folder of PNG and its labels.csv.

The parts are those of `sources` (by patient, by CT): the stand-in learns from the same patients as the shipped
cascade and is tested on the same ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models_onnx.training.cache import film_and_mask, read_grey
from models_onnx.training.sources import EDGES, LEFT_OUT, FilmRecord, read_frontal, read_lateral, read_renders
from models_onnx.training.windows import CUT_DEPTH, U8, choose, take
from workstation.services.evaluation.labels import COLUMNS

LONG_SIDE = 512
ROTATED_FROM, STRAIGHT_TO = 10.0, 5.0  # degrees; between them a film carries no label


def _small(image: U8) -> U8:
    scale = LONG_SIDE / max(image.shape)
    if scale >= 1:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _row(record: FilmRecord, cut: bool | None, edges: list[str], **more: Any) -> dict[str, Any]:
    return {
        "patient": record.patient,
        "dataset": record.source,
        "projection": record.view,
        "crop": "" if cut is None else int(cut),
        "crop_edges": ";".join(edges),
        "split": record.split,
        **more,
    }


def window(record: FilmRecord, rng: np.random.Generator, **more: Any) -> tuple[U8, dict[str, Any]] | None:
    """A random window of a film with a lung mask; None where nobody knows whether it cuts the lung."""
    film, mask = film_and_mask(record)
    if mask is None or not mask.any():
        return None
    square = (384, 384)
    mask = np.where(cv2.resize(mask, square, interpolation=cv2.INTER_AREA) >= 128, 255, 0).astype(np.uint8)
    left, top, right, bottom = (min(max(v, 0.0), 1.0) for v in choose(mask, rng))
    if right - left < 0.3 or bottom - top < 0.3:
        return None
    squeezed = np.asarray(cv2.resize(film, square, interpolation=cv2.INTER_AREA), np.uint8)
    found = take(squeezed, mask, (left, top, right, bottom), 0.0, rng).cut
    if not (found == 1).any() and np.isnan(found).any():
        return None
    edges = [name for name, value in zip(EDGES, found, strict=True) if value == 1]
    h, w = film.shape
    part = film[round(top * h) : round(bottom * h), round(left * w) : round(right * w)]
    return _small(part), _row(record, bool(edges), edges, **more)


def cut_depths(renders: Path) -> dict[str, float]:
    """How deep each simulated film's deepest edge cuts, in parts of the lung's width or height, by file path."""
    with (renders / "index.csv").open(newline="", encoding="utf-8") as handle:
        return {
            str(renders / row["file"]): max(float(row[f"depth_{edge}"] or 0) for edge in EDGES)
            for row in csv.DictReader(handle)
            if row.get("seed")  # else a line still being written
        }


def simulated(
    record: FilmRecord, rng: np.random.Generator, depths: dict[str, float]
) -> tuple[U8, dict[str, Any]] | None:
    """A simulated film with exact labels: as cut by its field, or a random window of a whole one.

    A cut too shallow to be seen (as `windows.CUT_DEPTH` has it) carries no crop label.
    """
    more: dict[str, Any] = {}
    if record.view == "lateral":
        yaw = abs(float(record.extra["yaw_deg"]))
        rotated = 1 if yaw > ROTATED_FROM else 0 if yaw < STRAIGHT_TO else ""
        # Degrees alone would be taken for a label of their own (`evaluation.labels`).
        more = {"rotated": rotated, "rotation_deg": "" if rotated == "" else round(yaw, 2)}
    edges = [name for name in record.extra["cut_edges"].split(";") if name]
    if not edges:
        return window(record, rng, **more)
    film, _ = film_and_mask(record)
    deep = depths.get(record.file, 0.0) > CUT_DEPTH
    return _small(film), _row(record, True if deep else None, edges if deep else [], **more)


def natural(record: FilmRecord) -> tuple[U8, dict[str, Any]]:
    """A film as it comes, with what was seen by eye; borderline cuts carry no label, any visible rotation counts."""
    cut = {"yes": True, "no": False}.get(record.natural_cut)
    grade = record.extra.get("rotation_grade", "")
    more = {"rotated": {"0": 0, "1": 1, "2": 1}.get(grade, "")} if record.view == "lateral" else {}
    return _small(read_grey(record.file)), _row(record, cut, list(record.cut_sides) if cut else [], **more)


def _some(records: list[FilmRecord], number: int, rng: np.random.Generator) -> list[FilmRecord]:
    return [records[i] for i in rng.permutation(len(records))[:number]]


def films(
    data: Path, renders: Path | None, numbers: dict[str, int], seed: int
) -> Iterator[tuple[U8, dict[str, Any]]]:
    """Films and labels of all parts.

    Args:
        numbers: how many of each: frontal, frontal_val, simulated, simulated_val.
    """
    rng = np.random.default_rng(seed)
    frontal = [r for r in read_frontal(data) if r.split != LEFT_OUT]
    for part, number in (("train", numbers["frontal"]), ("val", numbers["frontal_val"])):
        known = [r for r in frontal if r.split == part and r.mask and r.source != "ieee"]
        for record in _some(known, number, rng):
            made = window(record, rng)
            if made is not None:
                yield made
    for record in frontal:
        if record.source == "ieee" and record.natural_cut in ("yes", "no"):
            yield natural(record)
        elif record.split == "test" and record.source != "ieee" and record.mask:
            made = window(record, rng)
            if made is not None:
                yield made
    for record in read_lateral(data):
        if (
            record.split == "test"
        ):  # the recipe learns from simulated laterals alone; those of folds 0-2 are ours
            yield natural(record)
    if renders is not None:
        drawn, depths = read_renders(renders), cut_depths(renders)
        for part, number in (("train", numbers["simulated"]), ("val", numbers["simulated_val"])):
            lateral = [r for r in drawn if r.split == part and r.view == "lateral"]
            front = [r for r in drawn if r.split == part and r.view == "frontal"]
            for record in _some(lateral, number, rng) + _some(front, number // 6, rng):
                made = simulated(record, rng, depths)
                if made is not None:
                    yield made


def write(data: Path, renders: Path | None, out: Path, numbers: dict[str, int], seed: int = 1) -> Path:
    """Write films/NNNNN.png and labels.csv below `out`; returns the latter."""
    (out / "films").mkdir(parents=True, exist_ok=True)
    rows = []
    for index, (image, row) in enumerate(films(data, renders, numbers, seed)):
        name = f"films/{index:05d}.png"
        if not cv2.imwrite(str(out / name), image):
            raise OSError(f"cannot write {out / name}")
        rows.append({"file": name, **row})
    path = out / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, [*COLUMNS, "split"], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
