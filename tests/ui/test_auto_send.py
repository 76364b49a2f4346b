"""Sending by itself: only films with nothing to object to, and only where seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.auto_send import SETTINGS, countdown, of, rebuilt, seconds, stays, strip
from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk
from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.exposure import ExposureState
from workstation.domain.findings import GateFinding, Kind, State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter
from workstation.services.film import Film
from workstation.settings.model import Settings


def test_a_good_film_leaves_after_the_countdown_and_nobody_is_said_to_have_decided(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    assert "leaves in 3 s" in strip(program)
    seconds(program, 1)
    assert "leaves in 2 s" in strip(program)
    seconds(program, 2)
    desk.settled(program)
    decision = of(program, film).decision
    assert decision is not None
    assert (decision.choice, decision.author) == (Choice.SEND, AUTOMATIC)
    found = program.console.parts.statistics.summary(FilmFilter())
    assert found.against.judged.decided == 0, "no agreement of a person with the program"


@pytest.mark.parametrize(
    "verdict",
    [
        frontal(crop(State.WARN, Edge.BOTTOM)),
        frontal(crop(State.UNSURE, Edge.RIGHT)),
        frontal(crop(State.NOT_ASSESSED)),
        lateral(crop(State.PASS), rotation(State.UNSURE, 8.0)),
        lateral(crop(State.NOT_ASSESSED), rotation(State.PASS, 2.0)),
        replace(frontal(crop(State.PASS)), findings=()),
        replace(frontal(crop(State.PASS)), polarity=GateFinding(Kind.POLARITY, State.NOT_ASSESSED)),
    ],
    ids=[
        "warned",
        "unsure",
        "not assessed",
        "rotation unsure",
        "partly assessed",
        "nothing assessed",
        "polarity not assessed",
    ],
)
def test_a_film_with_anything_to_look_at_waits(desk: Desk, verdict: Verdict) -> None:
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    film = desk.arrive(program)
    desk.settled(program)
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).decision is None


@pytest.mark.parametrize(
    "header",
    [
        {"view_position": "LL"},
        {"PresentationLUTShape": "INVERSE"},
        {"PresentationIntentType": "FOR PROCESSING"},
    ],
    ids=["header names the other projection", "polarity contradicts itself", "raw image"],
)
def test_a_film_whose_header_is_to_be_checked_waits(desk: Desk, header: dict[str, object]) -> None:
    analyser = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.PASS)))
    program = desk.open(SETTINGS, analyser=analyser)
    film = desk.arrive(program, **header)
    desk.settled(program)
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).decision is None


def test_a_film_whose_pixels_cannot_be_shown_any_more_waits(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    Path(film.stored_path).unlink()
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    stays(desk, program, film)


def test_a_film_that_is_assessed_again_waits_and_so_it_does_where_that_fails(desk: Desk) -> None:
    """What is known of it is the word of another cascade."""
    verdicts = [frontal(crop(State.PASS))]

    def once(_film: Film, _projection: Projection | None) -> Verdict:
        if not verdicts:
            raise CascadeUnavailable("model_failed", "The model failed.", "Report this.")
        return verdicts.pop()

    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(SETTINGS, make_pool=lambda: next(pools), analyser=ScriptedAnalyser(once))
    film = desk.arrive(program)
    assert "leaves in 3 s" in strip(program)
    analysis.hold()
    program.settings.replace(replace(SETTINGS, intra_op_threads=2))
    seconds(program, 5)
    assert of(program, film).state is ExposureState.ANALYSED
    analysis.release()
    desk.settled(program)
    assert film.id in program.console.verdicts.errors
    stays(desk, program, film)


def test_a_window_that_is_not_in_front_does_not_count(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    seconds(program, 2)
    with monkeypatch.context() as behind:
        behind.setattr(countdown(program), "_seen", lambda: False)
        seconds(program, 20)
        desk.settled(program)
        assert of(program, film).decision is None
    assert "leaves in 3 s" in strip(program), "whoever comes back has the whole time"


def test_off_by_default(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, auto_send_seconds=Settings().auto_send_seconds))
    desk.arrive(program)
    desk.settled(program)
    assert "leaves" not in strip(program)


def test_a_film_that_another_cascade_judged_is_judged_anew_after_a_restart(desk: Desk) -> None:
    """An update, or the site's own calibration: the film must not leave by thresholds that are in force no more."""
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    other = ScriptedAnalyser(
        lambda _film, _named: replace(frontal(crop(State.WARN, Edge.BOTTOM)), cascade="scripted@1+site")
    )
    other.cascade_name = "scripted@1+site"
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    analysis.hold()
    program = desk.open(SETTINGS, analyser=other, make_pool=lambda: next(pools))
    assert program.console.analysis.loading
    assert "Not decided yet" in strip(program)
    seconds(program, 5)
    assert of(program, film).decision is None
    analysis.release()
    desk.settled(program)
    verdict = of(program, film).verdict
    assert verdict is not None
    assert (verdict.cascade, verdict.state) == ("scripted@1+site", State.WARN)
    stays(desk, program, film)
    assert len(other.asked) == 1
    desk.close(program)
    program = desk.open(SETTINGS, analyser=other)
    desk.settled(program)
    assert len(other.asked) == 1, "judged by this cascade already"


def test_a_countdown_that_nobody_stopped_begins_anew_after_a_restart(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert "leaves in 3 s" in strip(program)


def test_a_countdown_that_goes_on_in_a_window_built_anew_is_seen(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    rebuilt(desk, program)
    assert "leaves in 3 s" in strip(program)
