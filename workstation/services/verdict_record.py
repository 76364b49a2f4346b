"""A verdict as the plain record that `check --format jsonl` prints: the command line's contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workstation.domain.cascade import StagePlan
from workstation.domain.edges import Edge
from workstation.domain.findings import (
    CropFinding,
    Finding,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    State,
    Verdict,
)

Record = dict[str, Any]

PROBABILITY_OF = {
    Kind.BODY_PART: "not a chest",
    Kind.POLARITY: "inverted greyscale",
    Kind.ORIENTATION: "not upright",
    Kind.PROJECTION: "lateral",
    Kind.CROP: "lung field outside the film",
    Kind.ROTATION: "rotated more than 10 degrees",
}
"""What a stage's score is the probability of."""

_PLACE_DIGITS, _PROBABILITY_DIGITS, _DEGREE_DIGITS = 4, 6, 2


def verdict_record(verdict: Verdict, plans: Sequence[StagePlan] = ()) -> Record:
    """Keys projection .. timing_ms of the contract; a gate the cascade does not offer has no key.

    Whatever was not assessed has ``state`` ``not_assessed``, a ``reason`` in English and no score. A score says what it
    is the probability of.

    Args:
        plans: of the cascade that judged; what it decided by stands beside every score. None: no ``thresholds``.
    """
    judged = _Judged(verdict, plans)
    record: Record = {"projection": _projection(verdict.projection, judged)}
    if verdict.orientation is not None:
        record["orientation"] = _orientation(verdict.orientation, judged)
    if verdict.body_part is not None:
        record["body_part"] = _gate(verdict.body_part, judged)
    if verdict.polarity is not None:
        record["polarity"] = _gate(verdict.polarity, judged)
    if not verdict.collimation.whole:
        found = verdict.collimation
        record["collimation"] = [_rounded(v) for v in (found.left, found.top, found.right, found.bottom)]
    record["findings"] = [_finding(finding, judged) for finding in verdict.findings]
    record["retake_suggested"] = verdict.retake_suggested
    record["cascade"] = verdict.cascade
    record["timing_ms"] = {step: round(spent, 1) for step, spent in verdict.timing_ms.items()}
    return record


class _Judged:
    """What stands beside a score: its meaning and the thresholds of the stage that gave it."""

    def __init__(self, verdict: Verdict, plans: Sequence[StagePlan]) -> None:
        # At most one stage of a kind runs on a film.
        here = [plan for plan in plans if plan.condition.holds(verdict.projection.label)]
        self._plans = {plan.kind: plan for plan in here}

    def __call__(self, kind: Kind) -> Record:
        record: Record = {"probability_of": PROBABILITY_OF[kind]}
        if (plan := self._plans.get(kind)) is not None:
            chosen = plan.thresholds
            record["thresholds"] = {"warn": chosen.warn, "unsure_from": chosen.unsure_from}
            if kind is Kind.CROP:
                record["thresholds"]["edge"] = chosen.edge
        return record


def _rounded(value: float) -> float:
    return round(value, _PLACE_DIGITS)


def _probability(value: float) -> float:
    """Rounded, but never to a certainty that no model has: 0.9999999 is not 1."""
    least = 10.0**-_PROBABILITY_DIGITS
    return min(1.0 - least, max(least, round(value, _PROBABILITY_DIGITS)))


def _state(kind: Kind, state: State, score: float | None, reason: str, judged: _Judged) -> Record:
    record: Record = {"state": state.value}
    if score is not None:
        record |= {"score": _probability(score), **judged(kind)}
    if state is State.NOT_ASSESSED and reason:
        record["reason"] = reason
    return record


def _projection(finding: ProjectionFinding, judged: _Judged) -> Record:
    record: Record = {"label": finding.label.value}
    if finding.probability_lateral is not None:
        record |= {
            "probability_lateral": _probability(finding.probability_lateral),
            **judged(Kind.PROJECTION),
        }
    record["state"] = finding.state.value
    record["source"] = finding.source.value
    if finding.state is State.NOT_ASSESSED and finding.reason:
        record["reason"] = finding.reason
    return record


def _orientation(finding: OrientationFinding, judged: _Judged) -> Record:
    record: Record = {}
    if finding.state is not State.NOT_ASSESSED:
        record["rotate_deg"] = finding.rotate_deg
        if finding.mirrored:
            record["mirrored"] = True
    return {**record, **_state(Kind.ORIENTATION, finding.state, finding.score, finding.reason, judged)}


def _gate(finding: GateFinding, judged: _Judged) -> Record:
    return _state(finding.kind, finding.state, finding.score, finding.reason, judged)


def _finding(finding: Finding, judged: _Judged) -> Record:
    record: Record = {"kind": finding.kind.value}
    record |= _state(finding.kind, finding.state, finding.score, finding.reason, judged)
    if finding.state is State.NOT_ASSESSED:
        return record
    if finding.threshold is not None:
        record["threshold"] = finding.threshold
    if isinstance(finding, CropFinding):
        return {**record, **_crop(finding)}
    return {**record, **_rotation(finding)}


def _crop(finding: CropFinding) -> Record:
    record: Record = {}
    if finding.edge_scores:
        record["edges"] = [edge.value for edge in finding.edges]
        scores = finding.edge_scores
        record["edge_scores"] = {edge.value: _probability(scores[edge]) for edge in Edge if edge in scores}
    if finding.beyond:
        record["beyond"] = {edge.value: _rounded(far) for edge, far in finding.beyond.items()}
    if finding.lung_outline:
        record["lung_outline"] = _lines(finding.lung_outline)
    return record


def _rotation(finding: RotationFinding) -> Record:
    record: Record = {}
    if finding.angle_deg is not None:
        record["angle_deg"] = round(finding.angle_deg, _DEGREE_DIGITS)
    if finding.angle_sd_deg is not None:
        record["angle_sd_deg"] = round(finding.angle_sd_deg, _DEGREE_DIGITS)
    if finding.rib_separation_pct is not None:
        record["rib_separation_pct"] = round(finding.rib_separation_pct, 1)
    if finding.rib_contours:
        record["rib_contours"] = _lines(finding.rib_contours)
    return record


def _lines(lines: Iterable[Iterable[tuple[float, float]]]) -> list[list[list[float]]]:
    return [[[_rounded(x), _rounded(y)] for x, y in line] for line in lines]
