"""What a gloved finger has to hit is large enough, or is hit from close by."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QPushButton,
    QToolButton,
)

from tests.support.fingers import decided, full, tap
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.domain.edges import Edge
from workstation.domain.exposure import ExposureState
from workstation.domain.findings import State
from workstation.domain.turn import UNTURNED
from workstation.settings.model import Settings
from workstation.ui.theme import Size

WARNED = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.WARN, Edge.BOTTOM)))


def test_a_finger_close_by_a_small_button_means_it(desk: Desk) -> None:
    program = full(desk, 2)
    panel = program.window.view.panel
    tap(panel.send_button)
    desk.settled(program)
    program.console.select(next(e.id for e in program.console.exposures if e.state is ExposureState.ACCEPTED))
    desk.settled(program)
    undo = panel.strip.undo
    assert undo.isVisible()
    assert undo.height() < Size.FINGER
    tap(undo, QPoint(undo.width() // 2, undo.height() + 30))
    desk.settled(program)
    assert decided(program) == [ExposureState.ACCEPTED], "not from afar"
    tap(undo, QPoint(undo.width() // 2, undo.height() + 5))
    desk.settled(program)
    assert decided(program) == []


def test_a_finger_at_the_edge_of_the_film_means_the_film(desk: Desk) -> None:
    program = full(desk, 2)
    film = program.window.view.stage.film
    film.actions_.invert.setShortcuts([])
    for x in range(0, film.canvas.width(), 40):
        tap(film.canvas, QPoint(x, film.canvas.height() - 2))
    assert not film.inverted
    assert film.turn == UNTURNED


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("size", "reason"), [((1366, 768), 29), ((1920, 1080), Size.FINGER)])
def test_what_a_radiographer_presses_is_as_large_as_a_gloved_finger(
    desk: Desk, language: str, size: tuple[int, int], reason: int
) -> None:
    program = desk.open(Settings(language=language, operator="Иванова", undo_seconds=600.0), analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    window, panel = program.window, program.window.view.panel
    window.resize(*size)
    QTest.qWait(50)
    assert (window.width(), window.height()) == size
    large = [panel.send_button, panel.keep_button, panel.retake_button]
    large += [b for b in window.view.stage.film.toolbar.findChildren(QToolButton) if b.isVisible()]
    for prompt, toggle in ((panel.retake, panel.toggle_retake), (panel.keep, panel.toggle_keep)):
        toggle()
        QTest.qWait(30)
        for button in (prompt.confirm, prompt.back, prompt.note):
            assert button.height() >= Size.FINGER, button
        rows = [prompt.choices.visualItemRect(prompt.choices.item(n)).height() for n in range(5)]
        assert min(rows) >= (reason if prompt is panel.retake else Size.FINGER)
        assert not prompt.choices.verticalScrollBar().isVisible(), "closer lines before they scroll"
    assert all(min(b.width(), b.height()) >= Size.FINGER for b in large)
    for act in (window.open_settings, window.open_connections, window.show_keys, window.open_setup):
        act()
        desk.settled(program)
        dialog = next(w for w in QApplication.topLevelWidgets() if w.isVisible() and isinstance(w, QDialog))
        buttons = [b for b in dialog.findChildren(QPushButton) if b.isVisible()]
        assert buttons
        assert all(b.height() >= Size.FINGER for b in buttons), act
        dialog.close()
