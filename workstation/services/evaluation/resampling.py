"""Bootstrap by patient: films of one patient are not independent, patients are drawn with replacement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from workstation.services.evaluation.metrics import F64, Interval

Figures = Callable[[npt.NDArray[np.intp]], Mapping[str, float]]

ROUNDS = 1000


def draws(patients: Sequence[str], rounds: int = ROUNDS, seed: int = 1) -> list[npt.NDArray[np.intp]]:
    """Indices of the films of each round; the same for the same patients, rounds and seed."""
    _, inverse = np.unique(np.asarray(patients, dtype=object).astype(str), return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    members = np.split(order, np.nonzero(np.diff(inverse[order]))[0] + 1) if order.size else []
    rng = np.random.default_rng(seed)
    return [
        np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        for _ in range(rounds)
    ]


def bootstrap(
    patients: Sequence[str], figures: Figures, rounds: int = ROUNDS, seed: int = 1
) -> dict[str, Interval]:
    """Percentile intervals of several figures at once.

    Args:
        patients: one key per film.
        figures: films' indices -> named figures; called once with all films in order, for the values.
        rounds: number of resamples; where a figure is nan (a class was not drawn) it is left out.

    Returns:
        One interval per figure, method ``bootstrap by patient``.
    """
    whole = figures(np.arange(len(patients)))
    rows = [figures(drawn) for drawn in draws(patients, rounds, seed)] if len(patients) else []
    made = {}
    for name, value in whole.items():
        column: F64 = np.array([row[name] for row in rows], np.float64)
        column = column[np.isfinite(column)]
        low, high = np.percentile(column, (2.5, 97.5)) if column.size else (np.nan, np.nan)
        made[name] = Interval(value, float(low), float(high), "bootstrap by patient")
    return made


def with_width(found: Interval) -> Interval:
    """Without the interval where every draw gave the same: an F1 of 0 or 1, or a difference of 0, on some films is no
    certainty."""
    return found if found.low < found.high else Interval(found.value, method="none, all draws are alike")
