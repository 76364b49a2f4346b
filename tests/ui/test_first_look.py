"""Two presses decide one film: the next one is not sent before anybody could see it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.support.pools import HeldPool
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.exposure import Exposure, is_decided
from workstation.ui import decision_panel


def three_films(desk: Desk, monkeypatch: pytest.MonkeyPatch, look_ms: int) -> tuple[Program, list[Exposure]]:
    """Three films that wait, the oldest on the stage by choice."""
    program = desk.open()
    films = [desk.arrive(program) for _ in range(3)]
    for film in (films[1], films[0]):
        program.console.select(film.id)
    monkeypatch.setattr(decision_panel, "first_look_ms", lambda: look_ms)
    return program, films


def decided(program: Program) -> int:
    return sum(is_decided(film.state) for film in program.console.exposures)


def second_of_a_double_click(button: QWidget) -> None:
    at = QPointF(button.rect().center())
    for kind, held in (
        (QEvent.Type.MouseButtonDblClick, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(
            kind,
            at,
            QPointF(button.mapToGlobal(at)),
            Qt.MouseButton.LeftButton,
            held,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(button, event)


def test_a_double_click_on_send_sends_one_film(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program, films = three_films(desk, monkeypatch, look_ms=0)
    send = program.window.view.panel.send_button
    QTest.mouseClick(send, Qt.MouseButton.LeftButton)
    second_of_a_double_click(send)
    assert decided(program) == 1
    assert program.console.stage is not None
    assert program.console.stage.id == films[1].id


def test_f5_twice_sends_one_film_and_says_why_not_two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program, films = three_films(desk, monkeypatch, look_ms=300)
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert decided(program) == 1
    strip = program.window.view.panel.strip
    assert "new film" in strip.text.full_text()
    desk.qtbot.waitUntil(lambda: "new film" not in strip.text.full_text())
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert decided(program) == 2
    assert program.console.stage is not None
    assert program.console.stage.id == films[2].id


@pytest.mark.parametrize("key", [Qt.Key.Key_F6, Qt.Key.Key_F8])
def test_no_prompt_opens_for_a_film_that_has_only_just_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, key: Qt.Key
) -> None:
    program, _ = three_films(desk, monkeypatch, look_ms=60_000)
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    QTest.keyClick(program.window, key)
    assert not program.window.view.panel.prompting


def test_a_film_that_the_person_chose_can_be_decided_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, films = three_films(desk, monkeypatch, look_ms=60_000)
    program.console.select(films[2].id)
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert decided(program) == 1


def test_a_film_that_takes_the_free_stage_is_looked_at_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    monkeypatch.setattr(decision_panel, "first_look_ms", lambda: 60_000)
    desk.arrive(program)
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert decided(program) == 0


def test_a_film_opened_by_hand_that_comes_late_is_looked_at_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is slow to read; the press was meant for the film that stood there until then."""
    intake = HeldPool()
    pools = iter((intake, *(HeldPool() for _ in range(5))))
    program = desk.open(make_pool=lambda: next(pools))
    seen = desk.arrive(program)
    monkeypatch.setattr(decision_panel, "first_look_ms", lambda: 60_000)
    intake.hold()
    program.console.open_paths([desk.film()], by_hand=True)
    assert program.console.stage is not None
    assert program.console.stage.id == seen.id
    intake.release()
    assert program.console.stage.id != seen.id
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert decided(program) == 0


@pytest.mark.parametrize("key", [Qt.Key.Key_F5, Qt.Key.Key_F6, Qt.Key.Key_F8])
def test_what_follows_undo_at_once_is_not_done_to_the_film_in_between(desk: Desk, key: Qt.Key) -> None:
    """The film that is taken back takes the stage once the disk has answered; until then another stands there."""
    decisions = HeldPool()
    pools = iter((*(HeldPool() for _ in range(3)), decisions, HeldPool(), HeldPool()))
    program = desk.open(make_pool=lambda: next(pools))
    films = [desk.arrive(program) for _ in range(2)]
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert program.console.stage is not None
    assert program.console.stage.id == films[1].id
    decisions.hold()
    QTest.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(program.window, key)
    assert not program.window.view.panel.prompting
    assert "once it is shown" in program.window.view.panel.strip.detail.full_text()
    decisions.release()
    assert decided(program) == 0
    assert "once it is shown" not in program.window.view.panel.strip.detail.full_text()
    assert program.console.stage.id == films[0].id
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    assert [film.id for film in program.console.exposures if is_decided(film.state)] == [films[0].id]


def test_a_film_chosen_while_another_is_being_taken_back_keeps_the_stage(desk: Desk) -> None:
    decisions = HeldPool()
    pools = iter((*(HeldPool() for _ in range(3)), decisions, HeldPool(), HeldPool()))
    program = desk.open(make_pool=lambda: next(pools))
    films = [desk.arrive(program) for _ in range(3)]
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    decisions.hold()
    QTest.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.console.select(films[2].id)
    decisions.release()
    assert decided(program) == 0
    assert program.console.stage is not None
    assert program.console.stage.id == films[2].id


def test_the_pause_covers_a_double_click(qapp: QApplication) -> None:
    assert decision_panel.first_look_ms() >= max(500, qapp.doubleClickInterval())
