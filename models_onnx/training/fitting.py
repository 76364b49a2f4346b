"""Scores to probabilities, and where to warn: what every stage of the manifest is fitted with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models_onnx.training import metrics


def fit(groups: list[tuple[np.ndarray, np.ndarray]], weights: Sequence[float] = ()) -> dict[str, Any]:
    """Temperature and bias on several (truth, logit) groups of given weight (equal where left out).

    Both classes of a group count alike.
    """
    truth = np.concatenate([t for t, _ in groups])
    logit = np.concatenate([z for _, z in groups])
    shares = weights or [1.0] * len(groups)
    weight = np.concatenate([balanced(t) * share for (t, _), share in zip(groups, shares, strict=True)])
    temperature, bias = metrics.fit_temperature(truth, logit, weight * len(truth) / weight.sum())
    return {"method": "temperature", "temperature": round(temperature, 4), "bias": round(bias, 4)}


def balanced(truth: np.ndarray) -> np.ndarray:
    """Weights with which both classes of a group count alike, as if half of the films had the defect."""
    weight = np.ones(len(truth))
    for value in (0, 1):
        chosen = truth == value
        if chosen.any():
            weight[chosen] = 0.5 / chosen.sum()
    return weight


def thresholds(
    groups: list[tuple[np.ndarray, np.ndarray]],
    warn_at: float,
    unsure_at: float,
    floor: float = 0.0,
    weights: Sequence[float] = (),
) -> dict[str, float]:
    """`warn` at the lowest threshold where the groups' mean specificity reaches `warn_at`, `unsure_from` alike.

    groups: (truth, calibrated probability), of given weight (equal where left out). `floor`: `warn` is never below it.
    """
    warn = max(floor, metrics.threshold_at_mean_specificity(groups, warn_at, weights))
    unsure = metrics.threshold_at_mean_specificity(groups, unsure_at, weights)
    # A gate that is surer than this of its pass has nothing to be unsure about.
    unsure = max(unsure, floor / 2)
    warn = min(warn, 0.99)
    return {"warn": metrics.written(warn), "unsure_from": metrics.written(min(unsure, warn))}
