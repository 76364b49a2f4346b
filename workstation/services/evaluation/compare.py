"""Two cascades on the same films: paired differences, second minus first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workstation.domain.findings import Kind, Verdict
from workstation.domain.statistics import Z95
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.geometry import (
    EDGE_MEASURES,
    edge_hits,
    has_signs,
    is_clear_turn,
    suggested_turn,
)
from workstation.services.evaluation.judging import ECE_BINS
from workstation.services.evaluation.metrics import Interval, RocCurve
from workstation.services.evaluation.resampling import ROUNDS, bootstrap, with_width
from workstation.services.evaluation.scoring import ScoredFilm, Scores
from workstation.services.evaluation.stages import STAGES, Stage, StageData, collect


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both cascades on the same films; edges: each on those of them that it rightly calls cut.

    Attributes:
        difference: second - first with its 95 % interval; without one for the ECE, where every draw of patients gave
            the same, and where a class that the figure needs is one patient's.
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
        curves: ROC curves of both on these films.
    """

    stage: Stage
    films: int
    positives: int
    differences: tuple[Difference, ...]
    only_first_right: int
    only_second_right: int
    mcnemar_p: float
    curves: tuple[RocCurve, RocCurve]


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


Indices = npt.NDArray[np.intp]
Measure = Callable[[StageData, Indices], float]

CLEAR_AUC = "AUC, over 10 against under 5 degrees"
ANGLE_MAE = "angle MAE, degrees"
RIGHT_TURN = "right turn"
LOWER_IS_BETTER = frozenset({"log loss", "Brier", "ECE", ANGLE_MAE})


def _confusion(data: StageData, i: Indices) -> m.Confusion:
    return m.confusion(data.truth[i], data.called[i].astype(np.float64), 0.5, data.weight[i])


MEASURES: dict[str, Measure] = {
    "AUC": lambda d, i: m.auc(d.truth[i], d.score[i], d.weight[i]),
    "recall": lambda d, i: _confusion(d, i).recall,
    "specificity": lambda d, i: _confusion(d, i).specificity,
    "precision": lambda d, i: _confusion(d, i).precision,
    "F1": lambda d, i: _confusion(d, i).f1,
    "log loss": lambda d, i: m.log_loss(d.truth[i], d.score[i], d.weight[i]),
    "Brier": lambda d, i: m.brier(d.truth[i], d.score[i], d.weight[i]),
}


def _of_both_classes(data: StageData) -> dict[str, StageData]:
    """Figures that need films with and without the defect, and the films that they are of."""
    made = dict.fromkeys(("AUC", "precision", "F1"), data)
    if CLEAR_AUC in _measures(data):
        made[CLEAR_AUC] = data.subset([int(i) for i in np.nonzero(is_clear_turn(data))[0]])
    return made


def _one_patient(data: StageData) -> bool:
    """All films with the defect, or all without it, are one patient's: what another would change, no draw can tell."""
    who = np.array(data.patients, dtype=object)
    return any(len(set(who[data.truth == value])) == 1 for value in (0, 1))


def _film_by_film(data: StageData) -> dict[str, m.F64]:
    """Figures that are means over films: (n,) values, nan where a film has none."""
    if data.stage.kind is Kind.CROP:
        return {EDGE_MEASURES[key]: hits for key, hits in edge_hits(data).items()}
    if data.stage.kind is Kind.ORIENTATION:
        turns = [(s.film.orientation, suggested_turn(v.orientation)) for s, v in _verdicts(data)]
        return {RIGHT_TURN: np.array([true == named for true, named in turns], np.float64)}
    return {}


def _measures(data: StageData) -> dict[str, Measure]:
    if data.stage.kind is not Kind.ROTATION or not (clear := is_clear_turn(data)).any():
        return MEASURES
    return MEASURES | {CLEAR_AUC: lambda d, i: MEASURES["AUC"](d, i[clear[i]])}


def _means(first: StageData, second: StageData) -> dict[str, tuple[m.F64, m.F64]]:
    """`_film_by_film` of both, where at least one has a figure; errors of angles only of films that both measured."""
    theirs = _film_by_film(second)
    pairs = {name: (one, theirs[name]) for name, one in _film_by_film(first).items()}
    if first.stage.kind is Kind.ROTATION:
        pairs[ANGLE_MAE] = _angle_errors(first, second)
    return {name: pair for name, pair in pairs.items() if any(np.isfinite(values).any() for values in pair)}


def _mean(values: m.F64) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _verdicts(data: StageData) -> Iterator[tuple[ScoredFilm, Verdict]]:
    return zip(data.scored, data.verdicts(), strict=True)


def _angles(data: StageData) -> tuple[m.F64, m.F64]:
    """(n,) true and measured angles in degrees, nan where there is none."""
    true = [scored.film.rotation_deg for scored in data.scored]
    found = [v.rotation.angle_deg if v.rotation is not None else None for v in data.verdicts()]
    return np.array(true, np.float64), np.array(found, np.float64)


def _angle_errors(first: StageData, second: StageData) -> tuple[m.F64, m.F64]:
    """(n,) sizes of both cascades' errors on the films that both measured, nan elsewhere.

    Signs count only where the labels and both cascades give them.
    """
    true, one = _angles(first)
    _, other = _angles(second)
    known = np.isfinite(true) & np.isfinite(one) & np.isfinite(other)
    true, one, other = (np.where(known, degrees, math.nan) for degrees in (true, one, other))
    if not all(map(has_signs, (true, one, other))):
        true, one, other = np.abs(true), np.abs(one), np.abs(other)
    return np.abs(one - true), np.abs(other - true)


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

    measures, means = _measures(first), _means(first, second)

    def figures(i: Indices) -> dict[str, float]:
        made = {name: measure(second, i) - measure(first, i) for name, measure in measures.items()}
        return made | {name: _mean(other[i]) - _mean(one[i]) for name, (one, other) in means.items()}

    everything = np.arange(first.truth.size)
    gaps = {name: with_width(gap) for name, gap in bootstrap(first.patients, figures, rounds).items()}
    for name, part in _of_both_classes(first).items():
        if _one_patient(part):
            gaps[name] = Interval(gaps[name].value, method="none, a class of one patient")
    rows = [
        Difference(name, measure(first, everything), measure(second, everything), gaps[name])
        for name, measure in measures.items()
    ]
    rows += [Difference(name, _mean(one), _mean(other), gaps[name]) for name, (one, other) in means.items()]
    if first.independent and (exact := _delong_difference(first, second)) is not None:
        rows[0] = exact
    rows.insert(len(MEASURES), _ece_difference(first, second))
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
        (
            m.roc(first.truth, first.score, first.weight),
            m.roc(second.truth, second.score, second.weight),
        ),
    )


def compare(first: Scores, second: Scores, rounds: int = ROUNDS) -> list[StageComparison]:
    """Every stage that both cascades scored on at least one labelled film."""
    made = []
    for stage in STAGES:
        pair = paired(collect(stage, first.films), collect(stage, second.films))
        if pair[0].scored:
            made.append(compare_stage(*pair, rounds))
    return made
