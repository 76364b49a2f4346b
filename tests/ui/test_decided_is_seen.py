"""What is decided is the film that is seen: decisions wait for its pixels, and a held key decides once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from tests.support.pools import HeldPool
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.exposure import is_decided

KEYS = {"send": Qt.Key.Key_F5, "keep": Qt.Key.Key_F6, "retake": Qt.Key.Key_F8}


@pytest.fixture
def films() -> HeldPool:
    """The queue that reads the film which takes the stage."""
    return HeldPool()


@pytest.fixture
def program(desk: Desk, films: HeldPool) -> Program:
    pools = iter((HeldPool(), films, HeldPool(), HeldPool(), HeldPool(), HeldPool()))
    return desk.open(make_pool=lambda: next(pools))


def waiting(program: Program) -> int:
    return sum(not is_decided(e.state) for e in program.console.exposures)


def unread_next(desk: Desk, program: Program, films: HeldPool) -> int:
    """Send the first of more films than are kept in memory; the next takes the stage, still unread."""
    for _ in range(6):
        desk.arrive(program)
    films.hold()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    stage = program.console.stage
    assert stage is not None
    assert waiting(program) == 5
    assert program.window.view.stage.film.film is None
    return stage.id


def press(program: Program, key: Qt.Key, *, again: bool) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", again, 1)
    QApplication.sendEvent(program.window.windowHandle(), event)
    QCoreApplication.processEvents()


def test_a_held_key_decides_one_film(desk: Desk, program: Program) -> None:
    for _ in range(4):
        desk.arrive(program)
    for repeated in (False, True, True, True):
        press(program, Qt.Key.Key_F5, again=repeated)
    assert waiting(program) == 3


def test_separate_presses_decide_film_after_film(desk: Desk, program: Program) -> None:
    for _ in range(3):
        desk.arrive(program)
    for _ in range(3):
        press(program, Qt.Key.Key_F5, again=False)
    assert waiting(program) == 0


def test_a_held_key_still_steps_through_the_list(desk: Desk, program: Program) -> None:
    for _ in range(3):
        desk.arrive(program)
    ids = [e.id for e in program.console.exposures]
    program.console.select(ids[0])
    for repeated in (False, True):
        press(program, Qt.Key.Key_PageDown, again=repeated)
    assert program.console.stage is not None
    assert program.console.stage.id == ids[2]


def test_only_stepping_repeats(program: Program) -> None:
    actions = program.window.view.menus.actions_by_name
    assert {name for name, action in actions.items() if action.autoRepeat()} == {"newer", "older"}


@pytest.mark.parametrize("name", KEYS)
def test_a_film_is_not_decided_before_its_pixels_are_shown(
    desk: Desk, program: Program, films: HeldPool, name: str
) -> None:
    stage = unread_next(desk, program, films)
    panel = program.window.view.panel
    for button in (panel.send_button, panel.keep_button, panel.retake_button):
        assert not button.isEnabled()
    assert panel.strip.text.full_text() == "Previous film: accepted"
    desk.qtbot.keyClick(program.window, KEYS[name])
    assert panel.strip.text.full_text() == "Reading the film …"
    assert panel.strip.detail.full_text() == "It can be decided once it is shown."
    assert panel.strip.can_undo
    assert waiting(program) == 5
    assert not panel.prompting

    films.release()
    assert program.window.view.stage.film.film is not None
    assert panel.send_button.isEnabled()
    assert panel.strip.text.full_text() == "Previous film: accepted"
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    known = program.console.get(stage)
    assert known is not None
    assert is_decided(known.state)


def test_a_film_that_cannot_be_read_any_more_can_be_decided(
    desk: Desk, program: Program, films: HeldPool
) -> None:
    stage = unread_next(desk, program, films)
    known = program.console.get(stage)
    assert known is not None
    Path(known.stored_path).unlink()
    films.release()
    assert program.window.view.panel.send_button.isEnabled()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F8)
    assert program.window.view.panel.prompting
