"""Where and how much: edges named, degrees measured, turns suggested."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workstation.domain.edges import Edge
from workstation.domain.findings import Kind, State
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.areas import area
from workstation.services.evaluation.labels import ROTATED_OVER
from workstation.services.evaluation.metrics import F64, Interval
from workstation.services.evaluation.stages import Bool, StageData

ANGLE_BANDS = ((0.0, 5.0), (5.0, 10.0), (10.0, 15.0), (15.0, 25.0), (25.0, math.inf))
STRAIGHT_UNDER = 5.0  # degrees


@dataclass(frozen=True, slots=True)
class EdgeReport:
    """Edges named on films with a known set of cutting edges.

    Attributes:
        films: films rightly called cut whose edges are known; the three shares below are of these.
        worst_right: the edge named first is one of the cutting edges.
        one_right: at least one of the named edges is.
        all_right: the named edges are exactly the cutting ones.
        by_edge: per edge, AUC of its score over all films with known edges, cut or whole.
    """

    films: int
    worst_right: Interval
    one_right: Interval
    all_right: Interval
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
    table: Mapping[tuple[tuple[int, bool], tuple[int, bool]], int]


def edges(data: StageData) -> EdgeReport | None:
    """Edge accuracy of a crop stage; None where no film has known edges or the cascade names none."""
    if data.stage.kind is not Kind.CROP:
        return None
    known = [
        (scored, verdict.crop, called)
        for scored, verdict, called in zip(data.scored, data.verdicts(), data.called, strict=True)
        if scored.film.edges is not None and verdict.crop is not None and verdict.crop.edge_scores
    ]
    if not known:
        return None
    rightly = [(s.film, c.edges) for s, c, called in known if called and s.film.edges]
    hits = [(film.edges or frozenset(), named) for film, named in rightly]
    patients = [film.patient for film, _ in rightly]
    everyone = np.array([s.film.patient for s, _, _ in known], dtype=object)
    by_edge = {}
    for edge in Edge:
        truth = np.array([edge in (s.film.edges or ()) for s, _, _ in known], np.float64)
        score = np.array([c.edge_scores.get(edge, math.nan) for _, c, _ in known], np.float64)
        seen = np.isfinite(score)
        n = int(truth[seen].sum())
        area = m.auc(truth[seen], score[seen])
        if math.isfinite(area):
            # Films of one patient are no more news than one: count patients of each class.
            cut, whole = (len(set(everyone[seen & (truth == value)])) for value in (1, 0))
            by_edge[edge] = (n, m.newcombe_auc(area, cut, whole))
        else:
            by_edge[edge] = (n, Interval(math.nan))
    return EdgeReport(
        len(hits),
        m.proportion([bool(named) and named[0] in true for true, named in hits], None, patients),
        m.proportion([bool(true & set(named)) for true, named in hits], None, patients),
        m.proportion([true == set(named) for true, named in hits], None, patients),
        by_edge,
    )


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


def angle_report(truth: F64, measured: F64, patients: Sequence[str]) -> AngleReport:
    """Figures of (n,) true and measured angles in degrees, n >= 1, with one key of a patient a film."""
    who = np.asarray(patients, dtype=object)
    signed = bool((truth < 0).any() and (measured < 0).any())
    direction = None
    if signed:
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


def turns(data: StageData) -> TurnReport | None:
    """Which turn was suggested against which was needed; None for other stages."""
    if data.stage.kind is not Kind.ORIENTATION:
        return None
    table: dict[tuple[tuple[int, bool], tuple[int, bool]], int] = {}
    hits, patients = [], []
    for scored, verdict in zip(data.scored, data.verdicts(), strict=True):
        truth, found = scored.film.orientation, verdict.orientation
        if truth is None or found is None:
            continue
        # An unsure stage suggests nothing: the film stays as it is.
        named = (found.rotate_deg, found.mirrored) if found.state is State.WARN else (0, False)
        table[truth, named] = table.get((truth, named), 0) + 1
        hits.append(truth == named)
        patients.append(scored.film.patient)
    return TurnReport(m.proportion(hits, None, patients), table) if hits else None
