"""What by-eye grades of real laterals are worth: a second, blind reading of the same films beside the first.

`second_reading.csv` holds the distance of the two posterior rib contours (per cent of lung depth), read by a developer,
no radiographer, from enlarged crops of the posterior half of each film, shuffled and without names, no network's
reading at hand. Where the first reader was sure (medium or high confidence), both rank the films alike; where not, they
contradict each other in a third of the films, and no network can agree with both.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_onnx.training import metrics

from .data import SURE, Real

FILE = Path(__file__).with_name("second_reading.csv")
APART_PCT = 3.0  # readings further apart are of different contours: a rib is about as thick
TURNED_PCT = 4.5  # from here on a separation is grade 1 (README of the radiographs)


def second_reading(path: Path = FILE) -> dict[str, float]:
    """Separation in per cent of lung depth, by film."""
    with path.open(newline="", encoding="utf-8") as handle:
        return {row["file"]: float(row["separation_pct"]) for row in csv.DictReader(handle)}


def sure(reals: list[Real]) -> NDArray[np.bool_]:
    """Films whose grade was given with medium or high confidence."""
    return np.array([r.weight >= SURE for r in reals])


def agreed(reals: list[Real], second: dict[str, float]) -> list[Real]:
    """The films worth learning from: both readings of the separation lie within `APART_PCT`, and their mean is taken.

    A film that nobody read a second time stays as it is; one whose readings contradict each other is left out: which
    contours were meant is not known, and a network that is told so learns them by heart.
    """
    out = []
    for film in reals:
        again = second.get(film.file)
        if again is None:
            out.append(film)
        elif abs(film.separation_pct - again) <= APART_PCT:  # not of an unread film: NaN
            mean = (film.separation_pct + again) / 2
            out.append(replace(film, separation_pct=mean, weight=max(film.weight, SURE)))
    return out


def agreement(reals: list[Real], second: dict[str, float]) -> dict[str, Any]:
    """How the second reading orders and calls the films that the first one graded; what a network can hope for."""
    both = [r for r in reals if r.file in second]
    if not both:
        return {"n": 0}
    turned = np.array([r.grade >= 1 for r in both])
    apart = np.array([second[r.file] for r in both])
    is_sure = sure(both)

    def told(mine: NDArray[np.bool_]) -> dict[str, Any]:
        same = (apart[mine] >= TURNED_PCT) == turned[mine]
        return {
            "n": int(mine.sum()),
            "same_call": int(same.sum()),
            "auc_1_vs_0": round(metrics.auc(turned[mine], apart[mine]), 3),
        }

    return {"all": told(np.ones(len(both), bool)), "sure": told(is_sure), "unsure": told(~is_sure)}
