"""Two cascades on the same films: paired differences, second minus first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workstation.domain.findings import Kind
from workstation.domain.statistics import Z95
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.judging import ECE_BINS
from workstation.services.evaluation.metrics import Interval
from workstation.services.evaluation.resampling import ROUNDS, bootstrap
from workstation.services.evaluation.scoring import Scores
from workstation.services.evaluation.stages import STAGES, Stage, StageData, collect


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both cascades on the same films.

    Attributes:
        difference: second - first with its 95 % interval; without one for the ECE.
        by_chance: of the ECE, what each cascade would show on these films if it were calibrated perfectly.
    """

    figure: str
    first: float
    second: float
    difference: Interval
    p: float = math.nan
    by_chance: tuple[Interval, Interval] | None = None


@dataclass(frozen=True, slots=True)
class StageComparison:
    """One stage of two cascades, on the films that both scored.

    Attributes:
        only_first_right, only_second_right: films that one cascade alone calls rightly at its own threshold;
            `mcnemar_p` is the exact test on them.
    """

    stage: Stage
    films: int
    positives: int
    differences: tuple[Difference, ...]
    only_first_right: int
    only_second_right: int
    mcnemar_p: float


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided P value (McNemar, Psychometrika 12, 1947, binomial form)."""
    n, k = only_first + only_second, min(only_first, only_second)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, i) for i in range(k + 1))
    return min(1.0, float(2 * tail / (1 << n)))


def paired(first: StageData, second: StageData) -> tuple[StageData, StageData]:
    """The same stage of both cascades on the films that both scored, in the same order."""
    places = {scored.film: i for i, scored in enumerate(second.scored)}
    both = [(i, places[s.film]) for i, s in enumerate(first.scored) if s.film in places]
    return first.subset([i for i, _ in both]), second.subset([i for _, i in both])


Measure = Callable[[StageData, npt.NDArray[np.intp]], float]


def _recall(data: StageData, i: npt.NDArray[np.intp]) -> float:
    return m.confusion(data.truth[i], data.called[i].astype(np.float64), 0.5, data.weight[i]).recall


def _specificity(data: StageData, i: npt.NDArray[np.intp]) -> float:
    return m.confusion(data.truth[i], data.called[i].astype(np.float64), 0.5, data.weight[i]).specificity


def _f1(data: StageData, i: npt.NDArray[np.intp]) -> float:
    return m.confusion(data.truth[i], data.called[i].astype(np.float64), 0.5, data.weight[i]).f1


MEASURES: dict[str, Measure] = {
    "AUC": lambda d, i: m.auc(d.truth[i], d.score[i], d.weight[i]),
    "recall": _recall,
    "specificity": _specificity,
    "F1": _f1,
    "log loss": lambda d, i: m.log_loss(d.truth[i], d.score[i], d.weight[i]),
    "Brier": lambda d, i: m.brier(d.truth[i], d.score[i], d.weight[i]),
}


def _delong_difference(first: StageData, second: StageData) -> Difference | None:
    areas, covariance = m.delong_covariance(first.truth, first.score, second.score)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    gap, sd = float(areas[1] - areas[0]), math.sqrt(max(variance, 0.0))
    if not math.isfinite(sd) or sd == 0:
        return None
    made = Interval(gap, gap - Z95 * sd, gap + Z95 * sd, "DeLong, paired")
    return Difference("AUC", float(areas[0]), float(areas[1]), made, m.two_sided_p(gap, sd))


def _ece_difference(first: StageData, second: StageData) -> Difference:
    """Both ECEs, each with what chance gives, and no interval of their difference.

    Chance adds to both, but not equally: more to the score that hedges. The difference is off by as much, and 95 %
    intervals by bootstrap covered it in 11 to 100 % of simulated trials, as the scores happened to be. Whose
    probabilities are better is for log loss and Brier to say: means over films, to which the bootstrap does justice.
    """
    one, other = (m.ece(d.truth, d.score, d.weight, ECE_BINS) for d in (first, second))
    chance = [m.ece_by_chance(d.score, d.weight, ECE_BINS) for d in (first, second)]
    return Difference(
        "ECE",
        one,
        other,
        Interval(other - one, method="none, see by_chance"),
        by_chance=(chance[0], chance[1]),
    )


def compare_stage(first: StageData, second: StageData, rounds: int = ROUNDS) -> StageComparison:
    """Differences of one stage; `first` and `second` hold the same films in the same order (see `paired`)."""

    def figures(i: npt.NDArray[np.intp]) -> dict[str, float]:
        return {name: measure(second, i) - measure(first, i) for name, measure in MEASURES.items()}

    everything = np.arange(first.truth.size)
    gaps = bootstrap(first.patients, figures, rounds)
    rows = [
        Difference(name, measure(first, everything), measure(second, everything), gaps[name])
        for name, measure in MEASURES.items()
    ]
    if first.independent and (exact := _delong_difference(first, second)) is not None:
        rows[0] = exact
    rows.append(_ece_difference(first, second))
    rows += _angle_difference(first, second, rounds)
    right_first, right_second = first.called == (first.truth == 1), second.called == (second.truth == 1)
    one, other = int((right_first & ~right_second).sum()), int((right_second & ~right_first).sum())
    return StageComparison(
        first.stage,
        first.truth.size,
        int(first.truth.sum()),
        tuple(rows),
        one,
        other,
        mcnemar(one, other),
    )


def _angle_errors(data: StageData) -> m.F64:
    errors = []
    for scored, verdict in zip(data.scored, data.verdicts(), strict=True):
        true, found = scored.film.rotation_deg, verdict.rotation
        if true is None or found is None or found.angle_deg is None:
            errors.append(math.nan)
        else:
            errors.append(abs(abs(found.angle_deg) - abs(true)))
    return np.array(errors, np.float64)


def _angle_difference(first: StageData, second: StageData, rounds: int) -> list[Difference]:
    if first.stage.kind is not Kind.ROTATION:
        return []
    a, b = _angle_errors(first), _angle_errors(second)
    seen = np.nonzero(np.isfinite(a) & np.isfinite(b))[0]
    if seen.size == 0:
        return []
    a, b = a[seen], b[seen]
    patients = [first.patients[i] for i in seen]
    gap = bootstrap(patients, lambda i: {"mae": float(b[i].mean() - a[i].mean())}, rounds)["mae"]
    return [Difference("angle MAE, degrees", float(a.mean()), float(b.mean()), gap)]


def compare(first: Scores, second: Scores, rounds: int = ROUNDS) -> list[StageComparison]:
    """Every stage that both cascades scored on at least one labelled film."""
    made = []
    for stage in STAGES:
        pair = paired(collect(stage, first.films), collect(stage, second.films))
        if pair[0].scored:
            made.append(compare_stage(*pair, rounds))
    return made
