"""The projection is named by hand before the decision; afterwards the statistics stay what they were."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.support.scripted import ScriptedAnalyser, by_header, crop, lateral, rotation
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.findings import State
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, Opinion

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
