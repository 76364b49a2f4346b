"""What a person sees after a step that failed: nothing old passes for new, and a click still chooses a film."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from tests.support.scripted import ScriptedAnalyser, by_header, crop, frontal
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable, StorageFailed
from workstation.domain.exposure import is_decided
from workstation.domain.findings import State, Verdict
from workstation.domain.operator import Role
from workstation.domain.projection import Projection
from workstation.services.film import Film
from workstation.settings.model import Settings
from workstation.ui import film_store
from workstation.ui.roster import Problem

UNAVAILABLE = CascadeUnavailable("cascade_missing", "The cascade is not there.", "Reinstall the program.")
FAILED = {"en": "The repeated analysis failed", "ru": "Повторный анализ не удался"}


class Breaking:
    """A script that fails on a projection that a person names, while `error` is set."""

    def __init__(self) -> None:
        self.error: Exception | None = RuntimeError("an odd film")

    def __call__(self, film: Film, projection: Projection | None) -> Verdict:
        if projection is not None and self.error is not None:
            raise self.error
        return by_header(film, projection)


def shown(program: Program) -> str:
    cards = program.window.view.panel.cards
    return " | ".join(w.text() for w in cards.findChildren(QLabel) if w.isVisibleTo(cards))


def name(desk: Desk, program: Program, projection: Projection | None) -> None:
    card = program.window.view.panel.cards.projection_card
    assert card is not None
    card.overridden.emit(projection)
    desk.settled(program)


def test_the_list_does_not_call_in_order_what_could_not_be_assessed_again(desk: Desk) -> None:
    script = Breaking()
    program = desk.open(analyser=ScriptedAnalyser(script))
    film = desk.arrive(program, view_position="")
    model = program.window.view.worklist.model

    def row() -> tuple[State | None, str]:
        return model.finding(model.exposure(model.row_of(film.id)))

    assert row() == (State.PASS, "In order")
    name(desk, program, Projection.LATERAL)
    assert row()[0] is State.NOT_ASSESSED
    script.error = None
    name(desk, program, Projection.LATERAL)
    assert row() == (State.PASS, "In order")


def test_a_film_decided_before_its_verdict_is_assessed_when_it_is_taken_back_after_a_restart(
    desk: Desk,
) -> None:
    program = desk.open(analyser=ScriptedAnalyser(unavailable=UNAVAILABLE))
    film = desk.arrive(program)
    program.window.view.panel.send()
    desk.settled(program)
    desk.close(program)
    program = desk.open(analyser=ScriptedAnalyser())
    program.console.select(film.id)
    program.console.undo(film.id)
    desk.settled(program)
    taken_back = program.console.get(film.id)
    assert taken_back is not None
    assert taken_back.verdict is not None


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_named_projection_that_could_not_be_assessed_is_said_beside_the_old_verdict(
    desk: Desk, language: str
) -> None:
    script = Breaking()
    program = desk.open(
        Settings(language=language, operator="Ivanova", undo_seconds=600.0), analyser=ScriptedAnalyser(script)
    )
    desk.arrive(program)
    desk.settled(program)
    before = shown(program)
    name(desk, program, Projection.LATERAL)
    after = shown(program)
    assert FAILED[language] in after
    assert "99" in after, "the verdict that there is stays"
    name(desk, program, Projection.LATERAL)
    assert shown(program).count(FAILED[language]) == 1
    script.error = None
    name(desk, program, Projection.FRONTAL)
    assert FAILED[language] not in shown(program)
    name(desk, program, None)
    assert shown(program) == before


def test_a_cascade_that_is_gone_meanwhile_is_named(desk: Desk) -> None:
    script = Breaking()
    script.error = UNAVAILABLE
    program = desk.open(analyser=ScriptedAnalyser(script))
    desk.arrive(program)
    desk.settled(program)
    name(desk, program, Projection.LATERAL)
    assert FAILED["en"] in shown(program)
    assert UNAVAILABLE.message in shown(program)
    assert UNAVAILABLE.remedy in shown(program)


def test_a_film_whose_second_look_failed_does_not_leave_by_itself(desk: Desk) -> None:
    program = desk.open(
        Settings(language="en", operator="Ivanova", undo_seconds=600.0, auto_send_seconds=3),
        analyser=ScriptedAnalyser(Breaking()),
    )
    film = desk.arrive(program)
    desk.settled(program)
    strip = program.window.view.panel.strip.text
    assert "leaves in 3 s" in strip.full_text()
    program.console.override_projection(film.id, Projection.LATERAL)
    desk.settled(program)
    assert "Not decided yet" in strip.full_text()


def test_a_warning_that_the_disk_refused_stands_and_is_recorded_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict before it, without a warning, is all that the database knows; it must not come back."""
    verdicts = iter((frontal(crop(State.PASS)), frontal(crop(State.WARN, Edge.BOTTOM))))
    program = desk.open(analyser=ScriptedAnalyser(lambda _film, _projection: next(verdicts)))
    film = desk.arrive(program)
    console, disposition = program.console, program.node.disposition
    problems: list[Problem] = []
    console.problem.connect(problems.append)

    def told() -> tuple[State, State]:
        """What the window and what the database says of the film."""
        here, stored = console.get(film.id), console.parts.worklist.get(film.id)
        assert here is not None
        assert here.verdict is not None
        assert stored.verdict is not None
        return here.verdict.state, stored.verdict.state

    with monkeypatch.context() as full:
        refused = Mock(side_effect=StorageFailed("disk_full", "The disk is full.", "Free some space."))
        full.setattr(disposition, "record_verdict", refused)
        console.apply_settings(cascade=True)
        for _ in range(2):
            console.refresh()
        assert told() == (State.WARN, State.PASS)
        assert [getattr(problem.error, "code", "") for problem in problems] == ["disk_full"]
    console.refresh()
    assert told() == (State.WARN, State.WARN)
    assert len(console.parts.worklist.verdicts(film.id)) == 2


def test_a_click_chooses_a_film_after_one_that_could_not_be_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    film = desk.arrive(program)
    desk.settled(program)
    program.window.view.panel.send()
    desk.settled(program)
    full = StorageFailed("disk_full", "The disk is full.", "Make room.")
    monkeypatch.setattr(program.console.parts.intake, "take", Mock(side_effect=full))
    program.console.open_paths([desk.film()])
    desk.settled(program)
    assert program.console.stage is None
    worklist = program.window.view.worklist
    assert not worklist.view.selectionModel().hasSelection()
    row = worklist.view.visualRect(worklist.model.index(0))
    desk.qtbot.mouseClick(worklist.view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    assert worklist.view.selectionModel().hasSelection()


def test_a_sign_out_that_the_audit_lacks_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = desk.open()
    service = program.console.parts.operators
    service.add("Boris", Role.ADMIN, "1234", "test")
    program.settings.replace(replace(program.settings(), sign_in="pick"))
    desk.settled(program)
    program.session.sign_in("Boris")
    desk.settled(program)
    assert program.session.name == "Boris"

    def full(*_: object) -> None:
        raise StorageFailed("disk_full", "The disk is full.", "Free some space, then try again.")

    monkeypatch.setattr(service, "sign_out", full)
    program.session.lock()
    desk.settled(program)
    assert program.session.locked, "signed out all the same"
    (told,) = program.window.view.problems.texts()
    assert "disk is full" in told


def test_a_mistake_that_costs_a_remark_or_a_picture_is_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(*_: object) -> None:
        raise ZeroDivisionError

    program = desk.open()
    monkeypatch.setattr(program.console.companions, "_find", mistaken)
    monkeypatch.setattr(film_store, "thumbnail", mistaken)
    film = program.console.parts.intake.take(desk.film())
    program.console.refresh()
    desk.settled(program)
    program.console.store.thumbnail(film)
    program.console.select(film.id)
    desk.settled(program)
    assert f"the companions of exposure {film.id} were not found" in caplog.text
    assert f"exposure {film.id} has no small picture" in caplog.text
    program.console.decide(film.id, Choice.SEND)
    desk.settled(program)
    now = program.console.get(film.id)
    assert now is not None
    assert is_decided(now.state), "neither costs more"
