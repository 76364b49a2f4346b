"""The line above the actions: whose film it speaks of and why it stays here can be read, at every size of type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt

from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.errors import DeliveryFailed
from workstation.domain.exposure import is_decided
from workstation.settings.model import Settings
from workstation.ui.decision_strip import DecisionStrip
from workstation.ui.jobs import ThreadPool

SIZES = [(language, scale) for language in ("en", "ru") for scale in (100, 130, 150, 200)]
NAME = "Aleksandrova^Valentina Petrovna"


def opened(desk: Desk, language: str, scale: int) -> Program:
    settings = Settings(language=language, operator="Иванова", text_scale=scale, undo_seconds=0.0)
    return desk.open(settings)


def shown(strip: DecisionStrip) -> dict[str, str]:
    lines = {"text": strip.text, "about": strip.about, "detail": strip.detail}
    assert all(line.text() == line.full_text() for line in lines.values()), "nothing is shortened"
    bottom = [line.geometry().bottom() for line in lines.values() if line.isVisible()]
    assert max(bottom) < strip.height(), "nothing is cut off below"
    return {name: line.text() for name, line in lines.items() if line.isVisible()}


@pytest.mark.parametrize(("language", "scale"), SIZES)
@pytest.mark.parametrize("choice", [Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.RETAKE])
def test_whose_film_and_what_became_of_it_are_whole(
    desk: Desk, language: str, scale: int, choice: Choice
) -> None:
    program = opened(desk, language, scale)
    first = desk.arrive(program, patient_name=NAME)
    desk.arrive(program)
    program.console.select(first.id)
    reason = program.console.parts.reasons[0].key if choice is Choice.RETAKE else ""
    program.console.decide(first.id, choice, reason, "fine" if choice is Choice.KEEP_WITH_NOTE else "")
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id != first.id
    strip = program.window.view.panel.strip
    desk.qtbot.waitUntil(strip.undo.isVisible)
    assert shown(strip)["about"] == "Aleksandrova, Valentina Petrovna"
    assert shown(strip)["detail"]
    program.console.select(first.id)
    said = shown(strip)
    assert "Aleksandrova" not in " ".join(said.values()), "the film on the stage needs no name"
    assert said.get("about", "") == ("«fine»" if choice is Choice.KEEP_WITH_NOTE else "")


@pytest.mark.parametrize(("language", "scale"), SIZES)
def test_what_went_wrong_is_whole_and_undo_stays(desk: Desk, language: str, scale: int) -> None:
    program = opened(desk, language, scale)
    first = desk.arrive(program)
    program.console.decide(first.id, Choice.SEND)
    desk.settled(program)
    strip = program.window.view.panel.strip
    height = strip.height()
    strip.fail(
        DeliveryFailed(
            "refused",
            "The film has left for the archive and cannot be called back.",
            "Ask there to have it marked as rejected.",
        )
    )
    desk.qtbot.wait(20)
    room, wrapped = strip.failure.contentsRect(), int(Qt.TextFlag.TextWordWrap)
    needed = strip.failure.fontMetrics().boundingRect(
        QRect(0, 0, room.width(), 4000), wrapped, strip.failure.text()
    )
    assert needed.height() <= room.height() + 2
    assert strip.height() == height
    assert strip.undo.isVisible()
    assert strip.can_undo


def test_undo_pressed_twice_takes_back_once_and_says_nothing(desk: Desk) -> None:
    program = desk.open(make_pool=lambda: ThreadPool(1))
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    for _ in range(2):
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.console.undo(film.id)  # nothing to take back any more
    desk.settled(program)
    known = program.console.get(film.id)
    assert known is not None
    assert not is_decided(known.state)
    assert program.window.view.panel.strip.failure.text() == ""
