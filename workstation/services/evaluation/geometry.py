"""Where and how much: edges named, degrees measured, turns suggested."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workstation.domain.edges import Edge
from workstation.domain.findings import Kind, OrientationFinding, State
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.areas import area
from workstation.services.evaluation.labels import ROTATED_OVER
from workstation.services.evaluation.metrics import F64, Interval
from workstation.services.evaluation.stages import Bool, StageData

ANGLE_BANDS = ((0.0, 5.0), (5.0, 10.0), (10.0, 15.0), (15.0, 25.0), (25.0, math.inf))
STRAIGHT_UNDER = 5.0  # degrees
_SIDES = frozenset({Edge.LEFT, Edge.RIGHT})
EDGE_MEASURES = {
    "worst_right": "first edge right",
    "one_right": "one edge right",
    "each_right": "each edge right",
    "all_right": "exactly these edges",
}
"""Ways to be right about the edges of a cut film, with their words."""


@dataclass(frozen=True, slots=True)
class EdgeReport:
    """Edges named on films with a known set of cutting edges.

    Attributes:
        films: films rightly called cut whose edges are known; the shares are of these.
        shares: per measure of `EDGE_MEASURES`: the edge named first is one of the cutting ones; at least one of the
            named is; of all edges of these films, rightly named or not named; the named are exactly the cutting ones.
        by_edge: per edge, films cut there and the AUC of its score over all films with known edges, cut or whole.
    """

    films: int
    shares: Mapping[str, Interval]
    by_edge: Mapping[Edge, tuple[int, Interval]]


@dataclass(frozen=True, slots=True)
class AngleBand:
    """Errors of films whose true angle (without sign) lies in low <= angle < high degrees."""

    low: float
    high: float
    films: int
    mae: float
    bias: float


@dataclass(frozen=True, slots=True)
class AngleReport:
    """Measured against true angle, degrees. Signs count only where both sides give them.

    Attributes:
        truth, measured: (n,).
        bias: mean of measured - true; sd: standard deviation of that.
        direction: share of films turned by 5 degrees or more whose direction is right; None without signs.
    """

    truth: F64
    measured: F64
    mae: float
    bias: float
    sd: float
    within_5: Interval
    correlation: float
    bands: tuple[AngleBand, ...]
    direction: Interval | None = None


@dataclass(frozen=True, slots=True)
class ClearTurns:
    """How well the stage's score tells films turned by over 10 degrees from those turned by under 5.

    What lies between is hard to tell for anybody, and left out. `over`, `under`: films.
    """

    over: int
    under: int
    auc: Interval


@dataclass(frozen=True, slots=True)
class TurnReport:
    """Suggested against true orientation: (clockwise degrees, mirrored)."""

    right: Interval
    table: Counter[tuple[tuple[int, bool], tuple[int, bool]]]


def edge_hits(data: StageData) -> dict[str, F64]:
    """Per measure of `EDGE_MEASURES` (n,) how right the named edges of a crop stage are, 0..1, film by film.

    ``each_right`` is the share of the four edges that are rightly named or rightly not named; the others are 0 or 1.
    nan where the film is not cut, is not called, or nobody knows its edges.
    """
    made = {name: np.full(len(data.scored), math.nan) for name in EDGE_MEASURES}
    for i, (scored, verdict, called) in enumerate(
        zip(data.scored, data.verdicts(), data.called, strict=True)
    ):
        true, crop = scored.film.edges, verdict.crop
        if not (true and called) or crop is None or not crop.edge_scores:
            continue
        named = set(crop.edges)
        made["worst_right"][i] = bool(crop.edges) and crop.edges[0] in true
        made["one_right"][i] = bool(true & named)
        made["each_right"][i] = 1 - len(true ^ named) / len(Edge)
        made["all_right"][i] = true == named
    return made


def edges(data: StageData) -> EdgeReport | None:
    """Edge accuracy of a crop stage; None where no film has known edges or the cascade names none."""
    if data.stage.kind is not Kind.CROP:
        return None
    known = [
        (scored.film, verdict.crop.edge_scores)
        for scored, verdict in zip(data.scored, data.verdicts(), strict=True)
        if scored.film.edges is not None and verdict.crop is not None and verdict.crop.edge_scores
    ]
    if not known:
        return None
    patients = np.array([film.patient for film, _ in known], dtype=object)
    by_edge = {}
    for edge in Edge:
        truth = np.array([edge in (film.edges or ()) for film, _ in known], np.float64)
        score = np.array([scores.get(edge, math.nan) for _, scores in known], np.float64)
        seen = np.isfinite(score)
        found = m.auc(truth[seen], score[seen])
        n = int(truth[seen].sum())
        if math.isfinite(found):
            # Films of one patient are no more news than one: count patients of each class.
            cut, whole = (len(set(patients[seen & (truth == value)])) for value in (1, 0))
            by_edge[edge] = (n, m.newcombe_auc(found, cut, whole))
        else:
            by_edge[edge] = (n, Interval(math.nan))
    everyone = np.array(data.patients, dtype=object)
    shares = {}
    for name, hits in edge_hits(data).items():
        rightly = np.isfinite(hits)
        # A film has four edges to be right about: as many trials, all of one patient.
        trials = len(Edge) if name == "each_right" else 1
        right = [k < round(hit * trials) for hit in hits[rightly] for k in range(trials)]
        shares[name] = m.proportion(right, None, np.repeat(everyone[rightly], trials))
    return EdgeReport(int(rightly.sum()), shares, by_edge)


def sides_named(data: StageData) -> tuple[int, int]:
    """Films rightly called cut at one of left and right, as labelled: where the cascade names that side alone, and
    where it names the other alone."""
    if data.stage.kind is not Kind.CROP:
        return 0, 0
    same = other = 0
    for scored, verdict, called in zip(data.scored, data.verdicts(), data.called, strict=True):
        true = _SIDES & (scored.film.edges or frozenset())
        named = _SIDES & frozenset(verdict.crop.edges if called and verdict.crop is not None else ())
        if len(true) == len(named) == 1:
            same += true == named
            other += true != named
    return same, other


def angles(data: StageData) -> AngleReport | None:
    """Angle error of a rotation stage; None where no film has both angles."""
    if data.stage.kind is not Kind.ROTATION:
        return None
    pairs = [
        (scored.film.rotation_deg, verdict.rotation.angle_deg, scored.film.patient)
        for scored, verdict in zip(data.scored, data.verdicts(), strict=True)
        if verdict.rotation is not None
    ]
    both = [(t, a, who) for t, a, who in pairs if t is not None and a is not None]
    if not both:
        return None
    return angle_report(
        np.array([t for t, _, _ in both]), np.array([a for _, a, _ in both]), [who for _, _, who in both]
    )


def has_signs(degrees: F64) -> bool:
    """Whether angles (nan: not known) tell the direction: at least one is negative."""
    return bool((degrees < 0).any())


def angle_report(truth: F64, measured: F64, patients: Sequence[str]) -> AngleReport:
    """Figures of (n,) true and measured angles in degrees, n >= 1, with one key of a patient a film."""
    who = np.asarray(patients, dtype=object)
    direction = None
    if has_signs(truth) and has_signs(measured):
        turned = np.abs(truth) >= 5
        direction = m.proportion(np.sign(truth[turned]) == np.sign(measured[turned]), None, who[turned])
    else:
        truth, measured = np.abs(truth), np.abs(measured)
    error = measured - truth
    size = np.abs(truth)
    bands = []
    for low, high in ANGLE_BANDS:
        inside = (size >= low) & (size < high)
        if inside.any():
            # Outwards is positive in a band: a signed bias would cancel between left and right.
            outward = np.abs(measured[inside]) - size[inside]
            mae = float(np.abs(error[inside]).mean())
            bands.append(AngleBand(low, high, int(inside.sum()), mae, float(outward.mean())))
    return AngleReport(
        truth,
        measured,
        float(np.abs(error).mean()),
        float(error.mean()),
        float(error.std(ddof=1)) if error.size > 1 else math.nan,
        m.proportion(np.abs(error) <= 5, None, who),
        m.spearman(truth, measured),
        tuple(bands),
        direction,
    )


def is_clear_turn(data: StageData) -> Bool:
    """(n,) films labelled with degrees that are over `ROTATED_OVER` or under `STRAIGHT_UNDER`."""
    degrees = np.array(
        [math.nan if s.film.rotation_deg is None else abs(s.film.rotation_deg) for s in data.scored],
        np.float64,
    )
    clear: Bool = (degrees > ROTATED_OVER) | (degrees < STRAIGHT_UNDER)
    return clear


def clear_turns(data: StageData, rounds: int) -> ClearTurns | None:
    """AUC over 10 against under 5 degrees of a rotation stage; None where no film is labelled with such degrees.

    Args:
        rounds: of the bootstrap by patient.
    """
    if data.stage.kind is not Kind.ROTATION or not (clear := is_clear_turn(data)).any():
        return None
    part = data.subset([int(i) for i in np.nonzero(clear)[0]])
    over = int(part.truth.sum())
    return ClearTurns(over, part.truth.size - over, area(part, rounds))


def suggested_turn(found: OrientationFinding | None) -> tuple[int, bool] | None:
    """The turn a film is given: (clockwise degrees, mirrored); None where the stage did not say.

    An unsure stage suggests nothing: the film stays as it is.
    """
    if found is None or found.state is State.NOT_ASSESSED:
        return None
    return (found.rotate_deg, found.mirrored) if found.state is State.WARN else (0, False)


def turns(data: StageData) -> TurnReport | None:
    """Which turn was suggested against which was needed; None for other stages."""
    if data.stage.kind is not Kind.ORIENTATION:
        return None
    pairs = [
        (scored.film.orientation, suggested_turn(verdict.orientation), scored.film.patient)
        for scored, verdict in zip(data.scored, data.verdicts(), strict=True)
    ]
    known = [(true, named, who) for true, named, who in pairs if true is not None and named is not None]
    if not known:
        return None
    table = Counter((true, named) for true, named, _ in known)
    right = m.proportion([t == n for t, n, _ in known], None, [who for _, _, who in known])
    return TurnReport(right, table)
