"""Scores to probabilities, and where to warn: what every stage of the manifest is fitted with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models_onnx.training import metrics

Group = tuple[np.ndarray, np.ndarray]
"""Truth (0 or 1) and score of some films."""


def fit(groups: Sequence[Group], weights: Sequence[float] = ()) -> dict[str, Any]:
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
    groups: Sequence[Group], warn_at: float, unsure_at: float, floor: float = 0.0
) -> dict[str, float]:
    """`warn` at the lowest threshold where every group's specificity reaches `warn_at`, `unsure_from` alike.

    groups: (truth, calibrated probability). `floor`: `warn` is never below it.
    """
    warn, unsure = (
        max(metrics.threshold_at_specificity(t, p, least) for t, p in groups)
        for least in (warn_at, unsure_at)
    )
    # A gate that is surer than this of its pass has nothing to be unsure about.
    warn, unsure = min(max(floor, warn), 0.99), max(unsure, floor / 2)
    return {"warn": metrics.written(warn), "unsure_from": metrics.written(min(unsure, warn))}


EDGE_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_AS_GOOD = 0.005  # of the worth: a hundred films or so choose, none of them is to decide


def edge_threshold(groups: Sequence[Group], weights: Sequence[float] = ()) -> float:
    """From what probability on an edge is named: where most films have exactly their cut edges named, a missed edge
    counting against it once more (who is not told of it cuts it again). Of thresholds that are as good as the best one
    the lowest, for the same reason. The worst edge is always named.

    groups: (truth, calibrated probability), both (films, 4) of cut films whose edges are all known; of given weight.
    Without any film 0.5.
    """
    if not any(len(truth) for truth, _ in groups):
        return 0.5
    shares = [w if len(t) else 0.0 for w, (t, _) in zip(weights or [1.0] * len(groups), groups, strict=True)]

    def worth(threshold: float) -> float:
        found = []
        for truth, p in groups:
            if not len(truth):
                found.append(0.0)
                continue
            named = p >= threshold
            named[np.arange(len(p)), p.argmax(1)] = True
            exact = (named == (truth == 1)).all(1)
            missed = ((truth == 1) & ~named).any(1)
            found.append(float(exact.mean() - missed.mean()))
        return float(np.average(found, weights=shares))

    worths = {threshold: worth(threshold) for threshold in EDGE_THRESHOLDS}
    best = max(worths.values())
    return next(threshold for threshold, found in worths.items() if found >= best - _AS_GOOD)


def validated(groups: Mapping[str, Group], chosen: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Figures of each named group of validation films (truth, calibrated probability), for the manifest."""
    found = {}
    for name, (truth, p) in groups.items():
        warned, doubted = p >= chosen["warn"], (p >= chosen["unsure_from"]) & (p < chosen["warn"])
        found[name] = {
            "films": len(p),
            "with": int(truth.sum()),
            "auc": round(metrics.auc(truth, p), 4),
            "sensitivity": round(float(warned[truth == 1].mean()), 4),
            "specificity": round(float(1 - warned[truth == 0].mean()), 4),
            "unsure": round(float(doubted.mean()), 4),
            "ece": round(metrics.ece(truth, p), 4),
        }
    return found
