"""While reasons or notes are open, number keys, Enter and Esc are theirs, whatever a hand did in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from tests.support.window import Desk
from tests.ui.test_sign_in import enter, staffed
from workstation.app import Program
from workstation.domain.decision import Choice, Decision
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure
from workstation.services.disposition import DispositionService

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


# ---- what was typed ----


def write(program: Program, text: str) -> None:
    """Type own words into the prompt that is open."""
    page = program.window.view.panel.pages.currentWidget()
    note = page.findChild(QLineEdit)
    assert note is not None
    note.setFocus()
    note.insert(text)


def notes(program: Program) -> tuple[str, str]:
    panel = program.window.view.panel
    return panel.keep.note.text(), panel.retake.note.text()


def test_words_typed_on_the_reasons_begin_the_note_and_up_leads_back(desk: Desk) -> None:
    program = desk.open()
    film = desk.arrive(program)
    press(desk, program, Key.Key_F8, Key.Key_2)
    for letter in "Fell 3 r":  # on the film, F and R and 3 would do something else
        desk.qtbot.keyClicks(program.window.focusWidget(), letter)
    retake = program.window.view.panel.retake
    assert (retake.note.text(), retake.choices.chosen) == ("Fell 3 r", program.console.parts.reasons[1].key)
    press(desk, program, Key.Key_Up, Key.Key_3, Key.Key_Return)
    made = decision(program, film)
    assert made is not None
    assert (made.reason, made.note) == (program.console.parts.reasons[2].key, "Fell 3 r")


@pytest.mark.parametrize("own_words", [True, False])
def test_f5_sends_the_note_that_is_being_written(desk: Desk, own_words: bool) -> None:
    program = desk.open()
    film = desk.arrive(program)
    press(desk, program, Key.Key_F6)
    if own_words:
        write(program, "не может стоять")
    else:
        press(desk, program, Key.Key_2)
    written = notes(program)[0]
    press(desk, program, Key.Key_F5)
    made = decision(program, film)
    assert made is not None
    assert (made.choice, made.note) == (Choice.KEEP_WITH_NOTE, written)
    assert written


def test_f5_beside_an_empty_note_just_sends(desk: Desk) -> None:
    program = desk.open()
    film = desk.arrive(program)
    press(desk, program, Key.Key_F6, Key.Key_F5)
    made = decision(program, film)
    assert made is not None
    assert made.choice is Choice.SEND


@pytest.mark.parametrize("away", [Key.Key_Escape, Key.Key_F8, Key.Key_PageUp, Key.Key_Return])
def test_own_words_stand_there_again_after_a_way_round(desk: Desk, away: Qt.Key) -> None:
    program = desk.open()
    film, other = desk.arrive(program), desk.arrive(program)
    press(desk, program, Key.Key_F6)
    write(program, "typed with care")
    press(desk, program, away)
    if away is Key.Key_PageUp:
        assert program.console.stage == other
        press(desk, program, Key.Key_PageDown)
    elif away is Key.Key_Return:
        program.console.undo(film.id)
        desk.settled(program)
    press(desk, program, Key.Key_F6)
    assert program.window.view.panel.prompting, "it had been left"
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    assert notes(program) == ("typed with care", "")


def test_another_film_begins_with_an_empty_note(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    desk.arrive(program)
    press(desk, program, Key.Key_F6)
    write(program, "typed with care")
    press(desk, program, Key.Key_PageUp, Key.Key_F6)
    assert notes(program) == ("", "")


def test_a_decision_that_the_disk_refuses_costs_no_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Exposure:
        raise StorageFailed("disk_full", "The disk is full.", "Make room on it.")

    program = desk.open()
    desk.arrive(program)
    monkeypatch.setattr(DispositionService, "choose", refuse)
    press(desk, program, Key.Key_F8, Key.Key_3)
    write(program, "typed with care")
    press(desk, program, Key.Key_Return, Key.Key_F8)
    retake = program.window.view.panel.retake
    assert retake.note.text() == "typed with care"
    assert retake.choices.chosen == program.console.parts.reasons[2].key


def test_nobody_signs_for_the_words_of_whoever_was_there_before(desk: Desk) -> None:
    program = staffed(desk)
    enter(desk, program, "Boris", "1234")
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.waitUntil(program.window.view.panel.isVisible)
    press(desk, program, Key.Key_F8, Key.Key_3)
    write(program, "moved")
    program.session.lock()
    desk.settled(program)
    enter(desk, program, "Anna", "4711")
    assert not program.window.view.panel.prompting
    press(desk, program, Key.Key_F8)
    assert notes(program) == ("", "")
    assert decision(program, film) is None
