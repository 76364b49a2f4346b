"""Small rules of the domain: projections in headers, sides of the patient, decisions, verdict states."""

from __future__ import annotations

import pytest

from workstation.domain.anatomy import PatientSide, parts_at_edge, patient_side
from workstation.domain.decision import Choice, Decision
from workstation.domain.edges import Edge
from workstation.domain.findings import CropFinding, GateFinding, Kind, ProjectionFinding, State, Verdict
from workstation.domain.projection import Projection, projection_of_view

FRONTAL = ProjectionFinding(Projection.FRONTAL, State.PASS, 0.0)


@pytest.mark.parametrize(
    ("position", "code", "wanted"),
    [
        ("PA", "", Projection.FRONTAL),
        (" ap ", None, Projection.FRONTAL),
        ("LL", None, Projection.LATERAL),
        ("PA", "399173006", Projection.LATERAL),
        ("", "272479007", Projection.FRONTAL),
        ("", "399033003", Projection.FRONTAL),
        ("", "R-10214", Projection.FRONTAL),
        ("", "R-102CD", Projection.LATERAL),
        ("", "R-10236", Projection.LATERAL),
        ("LAO", None, Projection.UNKNOWN),
        (None, None, Projection.UNKNOWN),
        ("", "12345", Projection.UNKNOWN),
    ],
)
def test_projection_of_a_header(position: str | None, code: str | None, wanted: Projection) -> None:
    assert projection_of_view(position, code) is wanted


@pytest.mark.parametrize(
    ("edge", "projection", "orientation", "wanted"),
    [
        (Edge.LEFT, Projection.FRONTAL, None, PatientSide.PATIENT_RIGHT),
        (Edge.RIGHT, Projection.FRONTAL, ("L", "F"), PatientSide.PATIENT_LEFT),
        (Edge.RIGHT, Projection.FRONTAL, ("R", "F"), PatientSide.PATIENT_RIGHT),
        (Edge.TOP, Projection.FRONTAL, ("L", "H"), PatientSide.FOOT),
        (Edge.LEFT, Projection.LATERAL, ("A", "F"), PatientSide.POSTERIOR),
        (Edge.LEFT, Projection.LATERAL, None, None),
        (Edge.BOTTOM, Projection.LATERAL, None, PatientSide.FOOT),
        (Edge.LEFT, Projection.FRONTAL, ("", ""), PatientSide.PATIENT_RIGHT),
        (Edge.RIGHT, Projection.FRONTAL, ("LA", "FP"), PatientSide.PATIENT_LEFT),
    ],
)
def test_edges_in_the_patients_terms(
    edge: Edge, projection: Projection, orientation: tuple[str, str] | None, wanted: PatientSide | None
) -> None:
    assert patient_side(edge, projection, orientation) is wanted


RIGHT_LUNG = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.95), (0.1, 0.95))
LEFT_LUNG = ((0.6, 0.1), (0.9, 0.1), (0.9, 1.0), (0.6, 1.0))


def test_the_half_that_touches_the_border_is_told() -> None:
    outline = (RIGHT_LUNG, LEFT_LUNG)
    found = parts_at_edge(Edge.BOTTOM, outline, Projection.FRONTAL, None)
    assert found == {PatientSide.PATIENT_LEFT}
    assert parts_at_edge(Edge.TOP, outline, Projection.FRONTAL, None) == frozenset()
    both = (tuple((x, min(y * 1.1, 1.0)) for x, y in RIGHT_LUNG), LEFT_LUNG)
    assert len(parts_at_edge(Edge.BOTTOM, both, Projection.FRONTAL, None)) == 2
    assert parts_at_edge(Edge.BOTTOM, (), Projection.FRONTAL, None) == frozenset()


def test_a_lateral_without_orientation_tells_no_half() -> None:
    assert parts_at_edge(Edge.BOTTOM, (LEFT_LUNG,), Projection.LATERAL, None) == frozenset()


def test_a_retake_needs_a_reason_and_nothing_else_has_one() -> None:
    with pytest.raises(ValueError, match="reason"):
        Decision(Choice.RETAKE, "me", "2026-01-01T00:00:00+00:00")
    with pytest.raises(ValueError, match="reason"):
        Decision(Choice.SEND, "me", "2026-01-01T00:00:00+00:00", reason="motion")
    assert Decision(Choice.RETAKE, "me", "2026-01-01T00:00:00+00:00", reason="motion").reason == "motion"


@pytest.mark.parametrize(
    ("crop", "gate", "wanted"),
    [
        (State.PASS, State.PASS, State.PASS),
        (State.PASS, State.UNSURE, State.UNSURE),
        (State.UNSURE, State.WARN, State.WARN),
        (State.WARN, State.PASS, State.WARN),
        (State.NOT_ASSESSED, State.PASS, State.NOT_ASSESSED),
        (State.NOT_ASSESSED, State.UNSURE, State.UNSURE),
    ],
)
def test_a_film_is_as_bad_as_its_worst_criterion(crop: State, gate: State, wanted: State) -> None:
    verdict = Verdict(FRONTAL, (CropFinding(crop),), "c@1", polarity=GateFinding(Kind.POLARITY, gate))
    assert verdict.state is wanted
    assert verdict.retake_suggested is (crop is State.WARN)
