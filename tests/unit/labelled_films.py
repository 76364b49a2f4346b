"""Films for the tiny cascade with known labels and graded scores, written as PNG with their labels file."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.support.tiny_cascade import tiny_image
from workstation.cli import evaluate


def graded(cut: float = 0.0, edge: str = "left", lateral: float = 0.0, rotation: float = 0.0) -> np.ndarray:
    """An image on which the crop score is sigmoid(20 cut - 10)."""
    clean = tiny_image(lateral=lateral, rotation=rotation).astype(float)
    full = tiny_image(lateral=lateral, rotation=rotation, cut=(edge,)).astype(float)
    return np.rint(clean + cut * (full - clean)).astype(np.uint8)


def write_films(folder: Path, rows: Sequence[dict[str, object]], images: Sequence[np.ndarray]) -> Path:
    """Write images as 000.png ... and labels.csv; returns the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        assert cv2.imwrite(str(folder / f"{index:03d}.png"), image)
    columns = ["file", *dict.fromkeys(key for row in rows for key in row)]
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        for index, row in enumerate(rows):
            writer.writerow({"file": f"{index:03d}.png", **row})
    return folder / "labels.csv"


def crop_films(folder: Path, whole: int, cut: int, seed: int = 1) -> tuple[Path, np.ndarray, np.ndarray]:
    """Frontal films, whole ones first; returns labels file, truth and strength of the cut (0..1)."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1], [whole, cut])
    strength = np.where(truth == 1, rng.uniform(0.4, 0.9, truth.size), rng.uniform(0.05, 0.55, truth.size))
    rows: list[dict[str, object]] = [
        {
            "patient": f"p{i}",
            "projection": "frontal",
            "crop": int(t),
            "crop_edges": "left" if t else "",
            "dataset": "ab"[i % 2],
        }
        for i, t in enumerate(truth)
    ]
    return write_films(folder, rows, [graded(float(v)) for v in strength]), truth, strength


def run(*words: str | Path) -> int:
    """Exit code of `cxr-workstation evaluate WORDS`, intervals by few draws."""
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args([*map(str, words), "--rounds", "40"]))


def table(path: Path, **where: str) -> list[dict[str, str]]:
    """Rows of a CSV that `evaluate` wrote, those whose cells are as in `where`."""
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def stage_of(out: Path, key: str) -> dict[str, Any]:
    """A stage of the first cascade in the report of folder `out`."""
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = next(s for s in data["cascades"][0]["stages"] if s["stage"] == key)
    return found
