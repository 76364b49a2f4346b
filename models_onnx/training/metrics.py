"""Figures of a binary score, small and reusable: AUC with a bootstrap by patient, ECE, thresholds by
specificity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from workstation.services.evaluation.metrics import ece

__all__ = [
    "auc",
    "by_patient",
    "by_patient_and_part",
    "ece",
    "fit_temperature",
    "sigmoid",
    "threshold_at_specificity",
    "told",
    "weighted_auc",
    "written",
]
FEWEST = 5  # units (patients, CTs) that an interval is drawn from
F64 = npt.NDArray[np.float64]


def auc(truth: npt.ArrayLike, score: npt.ArrayLike) -> float:
    """Area under the ROC curve; nan when one class is missing."""
    y = np.asarray(truth)
    return float(roc_auc_score(y, np.asarray(score))) if 0 < y.sum() < y.size else float("nan")


def weighted_auc(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike) -> float:
    """AUC with a weight for every film; nan when one class is missing, or weighs nothing."""
    y, w = np.asarray(truth).astype(bool), np.asarray(weight, float)
    if not (w[y].sum() > 0 and w[~y].sum() > 0):
        return float("nan")
    return float(roc_auc_score(y, np.asarray(score), sample_weight=w))


def told(value: float, digits: int = 4) -> float | None:
    """Rounded, as a table has it; None for nan, which JSON does not know."""
    return round(float(value), digits) if np.isfinite(value) else None


def by_patient(
    patients: Sequence[str],
    figure: Callable[[npt.NDArray[np.intp]], float],
    rounds: int = 1000,
    seed: int = 1,
) -> tuple[float, float]:
    """95 % interval of `figure(indices)` when patients (not films) are drawn with replacement; nan of fewer than
    `FEWEST`: what they would do to another draw, they do not tell."""
    members = _members(patients)
    rng = np.random.default_rng(seed)

    def drawn() -> npt.NDArray[np.intp]:
        return np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])

    return _interval(len(members), drawn, figure, rounds)


def by_patient_and_part(
    patients: Sequence[str],
    parts: Sequence[str],
    figure: Callable[[npt.NDArray[np.intp]], float],
    rounds: int = 1000,
    seed: int = 1,
) -> tuple[float, float]:
    """As `by_patient`, where a patient's films come in `parts` (anatomies warped from one CT): patients are drawn, and
    of each one drawn its parts. Parts alone would tell how sure the figure is of these patients, not of others."""
    of_patient = _members(patients)
    names = np.asarray(parts)
    members = [[mine[one] for one in _members(names[mine])] for mine in of_patient]
    rng = np.random.default_rng(seed)

    def drawn() -> npt.NDArray[np.intp]:
        chosen = [members[i] for i in rng.integers(0, len(members), len(members))]
        return np.concatenate([one[k] for one in chosen for k in rng.integers(0, len(one), len(one))])

    return _interval(len(members), drawn, figure, rounds)


def _members(names: Sequence[str] | npt.NDArray[np.str_]) -> list[npt.NDArray[np.intp]]:
    found, inverse = np.unique(np.asarray(names), return_inverse=True)
    return [np.nonzero(inverse == i)[0] for i in range(found.size)]


def _interval(
    units: int,
    drawn: Callable[[], npt.NDArray[np.intp]],
    figure: Callable[[npt.NDArray[np.intp]], float],
    rounds: int,
) -> tuple[float, float]:
    values = [figure(drawn()) for _ in range(rounds)] if units >= FEWEST else []
    values = [value for value in values if np.isfinite(value)]
    if not values:
        return float("nan"), float("nan")
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def threshold_at_specificity(truth: npt.ArrayLike, score: npt.ArrayLike, specificity: float = 0.95) -> float:
    """Lowest threshold at which at least `specificity` of the films without the defect stay below it."""
    negative = np.sort(np.asarray(score, float)[np.asarray(truth) == 0])
    if negative.size == 0:
        raise ValueError("no film without the defect")
    needed = int(np.ceil(specificity * negative.size))
    return float(np.nextafter(negative[needed - 1], np.inf))


def written(threshold: float) -> float:
    """Four digits, rounded up: a threshold that is rounded down calls the film it was set to spare."""
    return float(np.ceil(threshold * 1e4) / 1e4)


def fit_temperature(
    truth: npt.ArrayLike, logit: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """(temperature, bias) of sigmoid((logit + bias) / temperature) by maximum likelihood (Platt, 1999).

    Platt's smoothed targets keep it finite when the classes separate.
    """
    from scipy.optimize import minimize

    y, z = np.asarray(truth, float), np.asarray(logit, float)
    w = np.ones_like(z) if weight is None else np.asarray(weight, float)
    positives, negatives = float((y * w).sum()), float(((1 - y) * w).sum())
    target = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(x: F64) -> float:
        s = (z + x[1]) * np.exp(-x[0])
        return float((w * (np.logaddexp(0, s) - target * s)).sum() / w.sum())

    best = minimize(
        loss, np.zeros(2), method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-5, "fatol": 1e-9}
    )
    return float(np.exp(best.x[0])), float(best.x[1])


def sigmoid(x: npt.ArrayLike) -> F64:
    return 1.0 / (1.0 + np.exp(-np.clip(np.asarray(x, float), -60, 60)))
