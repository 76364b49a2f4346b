"""A verdict as the plain record that `check --format jsonl` prints: the command line's contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workstation.domain.edges import Edge
from workstation.domain.findings import (
    CropFinding,
    Finding,
    GateFinding,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    State,
    Verdict,
)

Record = dict[str, Any]

_DIGITS = 4


def verdict_record(verdict: Verdict) -> Record:
    """Keys projection .. timing_ms of the contract; a gate the cascade does not offer has no key.

    Whatever was not assessed has ``state`` ``not_assessed``, a ``reason`` in English and no score.
    """
    record: Record = {"projection": _projection(verdict.projection)}
    if verdict.orientation is not None:
        record["orientation"] = _orientation(verdict.orientation)
    if verdict.body_part is not None:
        record["body_part"] = _gate(verdict.body_part)
    if verdict.polarity is not None:
        record["polarity"] = _gate(verdict.polarity)
    if not verdict.collimation.whole:
        found = verdict.collimation
        record["collimation"] = [_rounded(v) for v in (found.left, found.top, found.right, found.bottom)]
    record["findings"] = [_finding(finding) for finding in verdict.findings]
    record["retake_suggested"] = verdict.retake_suggested
    record["cascade"] = verdict.cascade
    record["timing_ms"] = {step: round(spent, 1) for step, spent in verdict.timing_ms.items()}
    return record


def _rounded(value: float) -> float:
    return round(value, _DIGITS)


def _probability(value: float) -> float:
    """Rounded, but never to a certainty that no model has: 0.99996 is not 1."""
    least = 10.0**-_DIGITS
    return min(1.0 - least, max(least, _rounded(value)))


def _state(state: State, score: float | None, reason: str) -> Record:
    record: Record = {"state": state.value}
    if score is not None:
        record["score"] = _probability(score)
    if state is State.NOT_ASSESSED and reason:
        record["reason"] = reason
    return record


def _projection(finding: ProjectionFinding) -> Record:
    record: Record = {"label": finding.label.value}
    if finding.probability_lateral is not None:
        record["probability_lateral"] = _probability(finding.probability_lateral)
    record["state"] = finding.state.value
    record["source"] = finding.source.value
    if finding.state is State.NOT_ASSESSED and finding.reason:
        record["reason"] = finding.reason
    return record


def _orientation(finding: OrientationFinding) -> Record:
    record: Record = {}
    if finding.state is not State.NOT_ASSESSED:
        record["rotate_deg"] = finding.rotate_deg
        if finding.mirrored:
            record["mirrored"] = True
    return {**record, **_state(finding.state, finding.score, finding.reason)}


def _gate(finding: GateFinding) -> Record:
    return _state(finding.state, finding.score, finding.reason)


def _finding(finding: Finding) -> Record:
    record: Record = {"kind": finding.kind.value, **_state(finding.state, finding.score, finding.reason)}
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
        record["angle_deg"] = round(finding.angle_deg, 1)
    if finding.angle_sd_deg is not None:
        record["angle_sd_deg"] = round(finding.angle_sd_deg, 1)
    if finding.rib_separation_pct is not None:
        record["rib_separation_pct"] = round(finding.rib_separation_pct, 1)
    if finding.rib_contours:
        record["rib_contours"] = _lines(finding.rib_contours)
    return record


def _lines(lines: Iterable[Iterable[tuple[float, float]]]) -> list[list[list[float]]]:
    return [[[_rounded(x), _rounded(y)] for x, y in line] for line in lines]
