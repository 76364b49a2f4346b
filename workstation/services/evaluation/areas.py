"""The AUC to quote: its value on some films, with the interval that suits them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.metrics import Interval
from workstation.services.evaluation.resampling import bootstrap
from workstation.services.evaluation.stages import StageData

_ALL_BUT = 1e-9  # an AUC this near to 0 or 1 is 0 or 1


def quoted_auc(data: StageData, resampled: Interval) -> Interval:
    """DeLong where films are independent, else the bootstrap; Newcombe where those would have no width."""
    positives = int(data.truth.sum())
    negatives = data.truth.size - positives
    if positives == 0 or negatives == 0:
        return Interval(math.nan)
    if min(positives, negatives) < 2 or min(resampled.value, 1 - resampled.value) < _ALL_BUT:
        # Films of one patient are no more news than one: count patients of each class.
        names = np.array(data.patients)
        return m.newcombe_auc(
            resampled.value,
            len(set(names[data.truth == 1])),
            len(set(names[data.truth == 0])),
        )
    return m.delong(data.truth, data.score) if data.independent else resampled


def area(data: StageData, rounds: int) -> Interval:
    """The AUC of all films of `data`; `rounds` of the bootstrap by patient."""

    def figures(i: npt.NDArray[np.intp]) -> dict[str, float]:
        return {"auc": m.auc(data.truth[i], data.score[i], data.weight[i])}

    return quoted_auc(data, bootstrap(data.patients, figures, rounds)["auc"])
