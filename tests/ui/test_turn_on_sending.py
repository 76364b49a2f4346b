"""A film turned on screen: for this screen alone, unless the person chose to send it so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.support.films import film, noise
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure
from workstation.domain.findings import OrientationFinding, State
from workstation.domain.turn import UNTURNED, Turn
from workstation.settings.model import Settings
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.overlays import how_changed
from workstation.ui.viewer.prepared import prepare

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def view_of(program: Program) -> FilmView:
    return program.window.view.stage.film


def get(program: Program, film_: Exposure) -> Exposure:
    found = program.console.get(film_.id)
    assert found is not None
    return found


def changed(program: Program) -> str:
    view = view_of(program)
    state = view.canvas.overlay_state
    assert state is not None
    return how_changed(state, view.turn)


def test_a_turn_stays_on_this_screen_unless_it_is_chosen(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    assert not view.actions_.send_turned.isEnabled()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert view.turn == Turn(1)
    assert changed(program) == "turned 90°, on screen only"
    view.set_inverted(True)
    assert changed(program) == "inverted · turned 90°, on screen only"
    view.set_inverted(False)
    program.console.decide(made.id, Choice.SEND)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == UNTURNED


def test_a_chosen_turn_is_stored_with_the_decision_and_shown_again(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    other = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    desk.qtbot.waitUntil(lambda: view.film is not None)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_T)
    assert view.sent_turn == Turn(1, True)
    assert changed(program) == "turned 90°, mirrored, sent so"
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == Turn(1, True)
    program.console.select(other.id)
    desk.qtbot.waitUntil(lambda: view.film is not None and view.turn == UNTURNED)
    assert not view.actions_.send_turned.isEnabled()
    program.console.select(made.id)
    desk.qtbot.waitUntil(lambda: view.turn == Turn(1, True))


def test_a_rejected_film_takes_no_turn_along(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    view.set_turn(Turn(2))
    assert view.sent_turn == Turn(2), "the site preselects it"
    program.console.decide(made.id, Choice.RETAKE, program.console.parts.reasons[0].key)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == UNTURNED


def test_turning_back_takes_the_choice_back(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    view.set_turn(Turn(1))
    view.actions_.send_turned.trigger()
    assert view.sent_turn == Turn(1)
    view.set_turn(Turn(2))
    assert view.sent_turn == Turn(2), "chosen for the film, not for one angle"
    view.reset()
    assert view.sent_turn == UNTURNED
    assert not view.actions_.send_turned.isChecked()


def test_the_button_is_there_only_while_the_film_is_turned(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    program.window.resize(1920, 1080)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    buttons = [
        b for b in view.toolbar.findChildren(QToolButton) if b.defaultAction() is view.actions_.send_turned
    ]
    assert not buttons[0].isVisible()
    view.set_turn(Turn(1))
    assert buttons[0].isVisible()


@pytest.mark.parametrize(("quarters", "mirrored"), [(1, False), (2, True), (3, False)])
def test_the_suggested_turn_is_one_key(desk: Desk, quarters: int, mirrored: bool) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    verdict = get(program, made).verdict
    assert verdict is not None
    assert not view.actions_.upright.isEnabled()
    view.set_verdict(
        replace(verdict, orientation=OrientationFinding(State.WARN, 90 * quarters, mirrored, 0.9, 0.8))
    )
    desk.qtbot.keyClick(program.window, Qt.Key.Key_U)
    assert view.turn == Turn(quarters, mirrored)
    assert view.sent_turn == UNTURNED, "suggested on screen, never sent by itself"


def test_a_key_steps_through_the_windows(qtbot: QtBot) -> None:
    view = FilmView()
    qtbot.addWidget(view)
    view.set_film(prepare(film(noise(60, 50))))
    assert view.film is not None
    choices = view.film.choices
    assert len(choices) > 1
    seen = []
    for _ in choices:
        view.actions_.next_window.trigger()
        seen.append(view.voi)
    assert set(seen) == set(choices)
    assert view.voi == view.film.lut.voi
