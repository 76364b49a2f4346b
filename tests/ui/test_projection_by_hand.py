"""The projection is named by hand before the decision; afterwards the statistics stay what they were."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.support.scripted import ScriptedAnalyser, by_header, crop, lateral, rotation
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable, KnownError
from workstation.domain.findings import State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, Opinion
from workstation.services.film import Film
from workstation.ui.jobs import ThreadPool

WARNED = lateral(crop(State.WARN, Edge.BOTTOM), rotation(State.PASS, 2.0))


def choices(program: Program) -> list[QPushButton]:
    """The buttons that are offered now."""
    card = program.window.view.panel.cards.projection_card
    assert card is not None
    return [made for made in card.findChildren(QPushButton) if made.isVisible() and made.text()]


def test_what_the_cascade_said_of_a_decided_film_stands(desk: Desk) -> None:
    analyser = ScriptedAnalyser(lambda film, chosen: WARNED if chosen is None else by_header(film, chosen))
    program = desk.open(analyser=analyser)
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)
    desk.settled(program)
    program.console.override_projection(film.id, Projection.FRONTAL)
    desk.settled(program)
    cells = program.console.parts.statistics.summary(FilmFilter()).cells
    assert [(c.opinion, c.projection, c.choice) for c in cells] == [
        (Opinion.WARNED, Projection.LATERAL, Choice.SEND)
    ]


def test_the_choice_is_offered_until_the_decision_and_again_after_an_undo(desk: Desk) -> None:
    program = desk.open()
    film = desk.arrive(program)
    desk.settled(program)
    QTest.keyClick(program.window, Qt.Key.Key_F2)
    assert choices(program)
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    assert not choices(program)
    QTest.keyClick(program.window, Qt.Key.Key_F2)
    assert not choices(program)
    program.console.undo(film.id)
    desk.settled(program)
    QTest.keyClick(program.window, Qt.Key.Key_F2)
    assert choices(program)


def focus_on_film(program: Program) -> bool:
    return program.window.view.stage.film.canvas.hasFocus()


def press(desk: Desk, program: Program, *keys: Qt.Key) -> None:
    for key in keys:
        desk.qtbot.keyClick(program.window.focusWidget(), key)
    desk.settled(program)


def test_a_choice_by_keys_gives_the_keys_back_to_the_film(desk: Desk) -> None:
    program = desk.open(make_pool=lambda: ThreadPool(1))
    film = desk.arrive(program)
    desk.settled(program)
    assert focus_on_film(program)
    press(desk, program, Qt.Key.Key_F2)
    lateral_button = choices(program)[1]
    lateral_button.setFocus()
    press(desk, program, Qt.Key.Key_Return)
    made = program.console.get(film.id)
    assert made is not None
    assert made.verdict is not None
    assert made.verdict.projection.label is Projection.LATERAL
    desk.qtbot.waitUntil(lambda: focus_on_film(program))


def test_escape_puts_the_choices_away(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    desk.settled(program)
    press(desk, program, Qt.Key.Key_F2)
    assert choices(program)
    press(desk, program, Qt.Key.Key_Escape)
    assert not choices(program)


def test_reasons_that_are_open_give_way_to_the_choice(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    desk.settled(program)
    press(desk, program, Qt.Key.Key_F8, Qt.Key.Key_F2)
    assert not program.window.view.panel.prompting
    assert any(choice.hasFocus() for choice in choices(program)), "the keys are where the eye is"


def test_a_choice_that_fails_at_once_does_not_pull_the_button_from_under_the_finger(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    gone = ScriptedAnalyser()
    gone.unavailable = CascadeUnavailable("cascade_missing", "The cascade lacks a file.", "Restore it.")
    program = desk.open(analyser=gone)
    desk.settled(program)
    program.window.toggle_projection()
    chosen = choices(program)[1]
    still_there: list[bool] = []
    # Heard after the window has answered; a button deleted meanwhile tells nobody any more.
    chosen.clicked.connect(lambda: still_there.append(shiboken6.isValid(chosen)))
    QTest.mouseClick(chosen, Qt.MouseButton.LeftButton)
    assert still_there == [True]


def failing(_film: Film, projection: Projection | None) -> Verdict:
    if projection is None:
        raise KnownError("model_failed", "The model failed on this film.", "Look at it yourself.")
    return by_header(_film, projection)


def test_a_film_that_failed_can_be_analysed_in_a_projection_named_by_hand(desk: Desk) -> None:
    program = desk.open(analyser=ScriptedAnalyser(failing))
    film = desk.arrive(program)
    desk.settled(program)
    press(desk, program, Qt.Key.Key_F2)
    choices(program)[1].click()
    desk.settled(program)
    made = program.console.get(film.id)
    assert made is not None
    assert made.verdict is not None
    assert made.verdict.projection.label is Projection.LATERAL


def test_without_analysis_no_choice_is_offered_that_would_change_nothing(desk: Desk) -> None:
    gone = ScriptedAnalyser()
    gone.unavailable = CascadeUnavailable("cascade_missing", "The cascade lacks a file.", "Restore it.")
    program = desk.open(analyser=gone)
    desk.arrive(program)
    desk.settled(program)
    desk.qtbot.waitUntil(lambda: program.window.view.panel.cards.projection_card is not None)
    press(desk, program, Qt.Key.Key_F2)
    assert not choices(program)
