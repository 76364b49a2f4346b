"""What keeps a film from being sent unseen, and what "in order" means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.scripted import crop, frontal, lateral, rotation
from workstation.domain.film import FilmHeader, Notice, NoticeCode
from workstation.domain.findings import (
    NO_PROJECTION_STAGE,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    Source,
    State,
    Verdict,
)
from workstation.domain.objections import Objection, contradicted_view, objections
from workstation.domain.projection import Projection

HEADER = FilmHeader(rows=10, columns=10, view_position="PA")
FINE = frontal(crop(State.PASS))


def test_a_film_in_order_has_none() -> None:
    assert objections(FINE, HEADER) == ()


def test_a_film_without_a_verdict_is_not_in_order() -> None:
    assert objections(None, HEADER) == (Objection.FINDING,)


@pytest.mark.parametrize("state", [State.WARN, State.UNSURE, State.NOT_ASSESSED])
def test_every_gate_counts(state: State) -> None:
    for changed in (
        replace(FINE, body_part=GateFinding(Kind.BODY_PART, state)),
        replace(FINE, polarity=GateFinding(Kind.POLARITY, state)),
        replace(FINE, orientation=OrientationFinding(state)),
    ):
        assert objections(changed, HEADER) == (Objection.FINDING,)


def test_a_gate_that_the_cascade_does_not_offer_says_nothing() -> None:
    bare = replace(FINE, body_part=None, polarity=None, orientation=None)
    assert bare.state is State.PASS
    assert objections(bare, HEADER) == ()


def test_a_view_that_the_header_contradicts() -> None:
    assert objections(FINE, replace(HEADER, view_position="LL")) == (Objection.VIEW,)


def test_an_unsure_projection_contradicts_nothing_but_a_person_does() -> None:
    header = replace(HEADER, view_position="LL")
    unsure = ProjectionFinding(Projection.FRONTAL, State.UNSURE, 0.45)
    assert contradicted_view(unsure, header) is None
    named = ProjectionFinding(Projection.FRONTAL, State.PASS, None, Source.USER)
    assert contradicted_view(named, header) is Projection.LATERAL


@pytest.mark.parametrize("code", list(NoticeCode))
def test_loud_notices_of_the_file(code: NoticeCode) -> None:
    loud = code in (NoticeCode.POLARITY_DISAGREES, NoticeCode.FOR_PROCESSING, NoticeCode.MULTI_FRAME)
    found = objections(FINE, replace(HEADER, notices=(Notice(code),)))
    assert found == ((Objection.FILE,) if loud else ())


@pytest.mark.parametrize(
    "verdict",
    [
        lateral(crop(State.NOT_ASSESSED), rotation(State.PASS, 2.0)),
        replace(FINE, polarity=GateFinding(Kind.POLARITY, State.NOT_ASSESSED)),
        replace(FINE, orientation=OrientationFinding(State.NOT_ASSESSED)),
        replace(FINE, findings=()),
    ],
    ids=["lung fields", "polarity", "orientation", "no criterion"],
)
def test_what_was_not_assessed_is_not_in_order(verdict: Verdict) -> None:
    assert verdict.state is State.NOT_ASSESSED


def test_a_worse_state_is_told_before_what_was_not_assessed() -> None:
    assert lateral(crop(State.NOT_ASSESSED), rotation(State.WARN, 20.0)).state is State.WARN


def test_a_cascade_without_a_projection_stage_can_find_a_film_in_order_yet_not_send_it() -> None:
    unknown = ProjectionFinding(Projection.UNKNOWN, State.NOT_ASSESSED, reason=NO_PROJECTION_STAGE)
    verdict = replace(FINE, projection=unknown)
    assert verdict.state is State.PASS
    assert objections(verdict, HEADER) == (Objection.FINDING,)
