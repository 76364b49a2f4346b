"""Films whose collimated field is known, for the field network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models_onnx.training import cache, kept, sources
from models_onnx.training.sources import Box, FilmRecord
from models_onnx.training.train_lungs import WEIGHTS

from .blades import U8, WHOLE


def frontals(data: Path, split: str) -> list[FilmRecord]:
    """Real frontal films that may be learnt from (NIH, JSRT, Kermany); ieee is not among them."""
    return [r for r in sources.read_frontal(data) if r.source in WEIGHTS and r.split == split]


def renders(folder: Path, split: str) -> list[FilmRecord]:
    """Simulated films, uncropped, with the field that the simulation knows."""
    return [replace(r, field_box=WHOLE, mask=None) for r in sources.read_renders(folder) if r.split == split]


def field_of(record: FilmRecord) -> Box:
    """The field that is known of a film; the whole film where nothing is."""
    if "field" not in record.extra:
        return WHOLE
    left, top, right, bottom = (float(v) for v in record.extra["field"].split())
    return left, top, right, bottom


def held(
    records: Sequence[FilmRecord], work: Path, name: str, seen: Mapping[str, Box] | None = None
) -> tuple[U8, list[Box]]:
    """Films (N, 384, 384), kept in `work`/cache, and their fields: known, or `seen` by an earlier network (by key)."""
    films, _ = cache.build(records, work / "cache", f"field_{name}")
    return films, [(seen or {}).get(r.key, field_of(r)) for r in records]


def write_seen(path: Path, seen: Mapping[str, Box], recipe: kept.Recipe) -> None:
    """Keep what `held` takes as `seen`, and what the network that saw them was made of."""
    kept.write_json(path, {"recipe": dict(recipe), "fields": dict(seen)})


def seen_by(path: Path) -> kept.Recipe | None:
    """The recipe that `write_seen` kept, None in a file of before it was."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return found["recipe"] if "fields" in found else None


def read_seen(path: Path) -> dict[str, Box]:
    """What `write_seen` kept."""
    found = json.loads(path.read_text(encoding="utf-8"))
    found = found.get("fields", found)
    return {key: (box[0], box[1], box[2], box[3]) for key, box in found.items()}


def chances(records: Sequence[FilmRecord]) -> np.ndarray:
    """How often each film is drawn."""
    weight = np.array([WEIGHTS[r.source] for r in records])
    return np.asarray(weight / weight.sum())
