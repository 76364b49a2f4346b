"""While reasons or notes are open, number keys, Enter and Esc are theirs, whatever a hand did in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from tests.support.window import Desk
from tests.ui.test_sign_in import enter, staffed
from workstation.app import Program
from workstation.domain.decision import Decision
from workstation.domain.exposure import Exposure

Key = Qt.Key


def press(desk: Desk, program: Program, *keys: Qt.Key) -> None:
    """Press keys where the focus is."""
    for key in keys:
        desk.qtbot.keyClick(program.window.focusWidget(), key)
    desk.settled(program)


def decision(program: Program, film: Exposure) -> Decision | None:
    return program.console.parts.worklist.get(film.id).decision


def film_of(program: Program) -> QWidget:
    return program.window.view.stage.film.canvas


def list_of(program: Program) -> QWidget:
    return program.window.view.worklist.view.viewport()


@pytest.mark.parametrize("other", [film_of, list_of])
def test_a_look_at_the_film_leaves_the_keys_with_the_reasons(
    desk: Desk, other: Callable[[Program], QWidget]
) -> None:
    program = desk.open()
    film = desk.arrive(program)
    press(desk, program, Key.Key_F8)
    QTest.mouseClick(other(program), Qt.MouseButton.LeftButton)
    press(desk, program, Key.Key_3, Key.Key_Return)
    made = decision(program, film)
    assert made is not None
    assert made.reason == program.console.parts.reasons[2].key
    QTest.mouseClick(film_of(program), Qt.MouseButton.LeftButton)
    assert film_of(program).hasFocus(), "with nothing open, the film takes its keys again"


@pytest.mark.parametrize(
    ("on", "key", "retaken"),
    [
        ("back", Key.Key_Return, False),
        ("back", Key.Key_Escape, False),
        ("confirm", Key.Key_Return, True),
        ("confirm", Key.Key_Escape, False),
    ],
)
def test_enter_and_esc_act_on_the_buttons_of_the_prompt_too(
    desk: Desk, on: str, key: Qt.Key, retaken: bool
) -> None:
    program = desk.open()
    film = desk.arrive(program)
    press(desk, program, Key.Key_F8, Key.Key_3)
    prompt = program.window.view.panel.retake
    button: QPushButton = getattr(prompt, on)
    for _ in range(4):
        if not button.hasFocus():
            press(desk, program, Key.Key_Tab)
    assert button.hasFocus()
    press(desk, program, key)
    assert not program.window.view.panel.prompting
    assert (decision(program, film) is not None) == retaken


def test_whoever_unlocks_goes_on_where_the_keys_were(desk: Desk) -> None:
    program = staffed(desk)
    enter(desk, program, "Boris", "1234")
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.waitUntil(program.window.view.panel.isVisible)
    press(desk, program, Key.Key_F8)
    program.session.lock("idle")
    desk.settled(program)
    enter(desk, program, "Boris", "1234")
    assert program.window.view.panel.prompting
    press(desk, program, Key.Key_3, Key.Key_Return)
    made = decision(program, film)
    assert made is not None
    assert made.reason == program.console.parts.reasons[2].key
