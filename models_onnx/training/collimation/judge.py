"""How well the collimated field is found, and what it does for the lung cut-offs: `python -m
models_onnx.training.collimation judge --data ../shared/data [--cascade DIR] [--split val|test] [--render DIR]`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import cache, metrics, sources
from models_onnx.training.shipped import Shipped, calibrated
from models_onnx.training.sources import Box, FilmRecord
from workstation.domain.field import CollimatedField
from workstation.inference.collimation import cut_out

from . import films
from .blades import LOOKS, U8, WHOLE
from .trials import Bladed, bladed, bladed_laterals

NEAR = 0.02  # of the side: a border that is found within this is found


def found(shipped: Shipped, image: U8) -> Box:
    """The field that the cascade sees."""
    field = shipped.field(image)
    return field.left, field.top, field.right, field.bottom


def borders(true: Sequence[Box], seen: Sequence[Box]) -> dict[str, Any]:
    """Errors of the four borders: of those with a blade, and of those without."""
    wanted, told, whole = np.array(true), np.array(seen), np.array(WHOLE)
    with_blade = wanted != whole
    claimed = told != whole
    both = with_blade & claimed
    # Positive: the field is seen too large, a strip of blade is left in it.
    outward = (wanted - told) * np.array([1, 1, -1, -1])
    error = outward[both]
    return {
        "films": len(wanted),
        "blades": int(with_blade.sum()),
        "found": round(float(claimed[with_blade].mean()), 4) if with_blade.any() else None,
        "found_within_2_percent": round(float((np.abs(outward[with_blade]) < NEAR).mean()), 4)
        if with_blade.any()
        else None,
        "error_median": round(float(np.median(np.abs(error))), 4) if len(error) else None,
        "error_95": round(float(np.quantile(np.abs(error), 0.95)), 4) if len(error) else None,
        "bias_outward": round(float(error.mean()), 4) if len(error) else None,
        "false_blades_per_side": round(float(claimed[~with_blade].mean()), 5)
        if (~with_blade).any()
        else None,
        "films_with_false_blade": round(float((claimed & ~with_blade).any(axis=1).mean()), 4),
    }


def cut_offs(shipped: Shipped, view: str, trials: Sequence[Bladed], seen: Sequence[Box]) -> dict[str, Any]:
    """Lung cut-offs of films behind blades, judged on the whole film, within the field found, within the true one."""
    stage = shipped.stage(f"crop_{view}")
    truth = np.array([t.cut for t in trials])
    out: dict[str, Any] = {"films": len(truth), "cut": int(truth.sum())}
    ways = {
        "whole film": [WHOLE] * len(trials),
        "field found": seen,
        "true field": [t.field for t in trials],
    }
    for name, fields in ways.items():
        p = np.array(
            [
                _cut(shipped, stage, cut_out(t.image, CollimatedField(*f)))
                for t, f in zip(trials, fields, strict=True)
            ]
        )
        called = p >= stage["thresholds"]["warn"]
        out[name] = {
            "auc": round(metrics.auc(truth, p), 4),
            "sensitivity": round(float(called[truth == 1].mean()), 4),
            "specificity": round(float((~called[truth == 0]).mean()), 4),
            "ece": round(metrics.ece(truth, p), 4),
        }
    return out


def _cut(shipped: Shipped, stage: dict[str, Any], image: U8) -> float:
    raw = shipped.raw(stage["model"], image)[stage["reads"]["score"]].reshape(-1)[0]
    return float(calibrated(raw, stage["calibration"]))


def natural(shipped: Shipped, records: Iterable[FilmRecord]) -> dict[str, list[list[Any]]]:
    """Films as they came on which a blade is seen, by data set: file and field."""
    claimed: dict[str, list[list[Any]]] = {}
    for record in records:
        mine = claimed.setdefault(record.source, [])
        field = found(shipped, cache.read_grey(record.file))
        if field != WHOLE:
            mine.append([Path(record.file).name, *(round(v, 3) for v in field)])
    return claimed


def _figures(shipped: Shipped, view: str, trials: Sequence[Bladed]) -> dict[str, Any]:
    seen = [found(shipped, t.image) for t in trials]
    by_look: dict[str, Any] = {}
    for look in LOOKS:
        mine = [n for n, t in enumerate(trials) if t.blades is not None and t.blades.look == look]
        if mine:
            by_look[look] = borders([trials[n].field for n in mine], [seen[n] for n in mine])
    return {
        "borders": borders([t.field for t in trials], seen),
        "by_look": by_look,
        "cut_offs": cut_offs(shipped, view, trials, seen),
    }


def judge(cascade: Path, data: Path, split: str, render: Path | None) -> dict[str, Any]:
    """Figures of the field network of `cascade` on films that it has not learnt from."""
    shipped = Shipped(cascade)
    out: dict[str, Any] = {}
    groups = {"NIH, JSRT, Kermany": ("nih", "jsrt", "kermany"), "ieee (never learnt from)": ("ieee",)}
    for name, chosen in groups.items():
        records = [r for r in sources.read_frontal(data) if r.split == split and r.source in chosen]
        out[name] = _figures(shipped, "frontal", list(bladed(records, 2)))
    laterals = [r for r in sources.read_lateral(data) if r.split == ("test" if split == "test" else "train")]
    out["real laterals"] = _figures(shipped, "lateral", list(bladed_laterals(laterals)))
    simulated = films.renders(render, split)[::5] if render else []
    if simulated:
        seen = [found(shipped, cache.read_grey(r.file)) for r in simulated]
        out["simulated films, their own bands"] = borders([films.field_of(r) for r in simulated], seen)
    every = [r for r in sources.read_frontal(data) if r.split == split]
    out["films as they came, blades seen"] = natural(shipped, [*every, *laterals])
    return out
