"""The line above the actions: whose film it speaks of and why it stays here can be read, at every size of type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication

from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.errors import DeliveryFailed
from workstation.domain.exposure import is_decided
from workstation.settings.model import Settings
from workstation.ui import decision_strip
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
    assert shown(strip)["about"].endswith("Aleksandrova, Valentina Petrovna")
    assert ":" in shown(strip)["text"], "the title says that it is another film"
    assert shown(strip)["detail"]
    program.console.select(first.id)
    said = shown(strip)
    assert "Aleksandrova" not in " ".join(said.values()), "the film on the stage needs no name"
    why = program.console.parts.reasons[0].label(language)
    assert said.get("about", "") == {Choice.KEEP_WITH_NOTE: "«fine»", Choice.RETAKE: why}.get(choice, "")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("choice", [Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.RETAKE])
def test_undo_of_another_films_decision_is_a_word_not_an_arrow_alone(
    desk: Desk, language: str, choice: Choice
) -> None:
    program = opened(desk, language, 100)
    first = desk.arrive(program, patient_name=NAME)
    desk.arrive(program)
    reason = program.console.parts.reasons[0].key if choice is Choice.RETAKE else ""
    program.console.decide(first.id, choice, reason, "fine" if choice is Choice.KEEP_WITH_NOTE else "")
    desk.settled(program)
    strip = program.window.view.panel.strip
    desk.qtbot.waitUntil(strip.undo.isVisible)
    assert strip.undo.text().startswith({"en": "Undo", "ru": "Отменить"}[language])
    assert strip.text.text() == strip.text.full_text()


def decided_and_repeated(desk: Desk, undo_seconds: float) -> Program:
    """A film was rejected, its repeat is on the stage."""
    program = desk.open(Settings(language="en", operator="Ivanova", undo_seconds=undo_seconds))
    first = desk.arrive(program, patient_name="Petrova^Anna")
    program.console.decide(first.id, Choice.RETAKE, program.console.parts.reasons[0].key)
    desk.settled(program)
    desk.arrive(program, patient_name="Petrova^Anna")
    desk.settled(program)
    return program


def test_the_repeat_is_not_taken_for_the_film_that_was_rejected(desk: Desk) -> None:
    program = decided_and_repeated(desk, 600.0)
    strip = program.window.view.panel.strip
    assert strip.text.full_text() == "Previous film: rejected"
    assert strip.text.property("tone") == "quiet"
    assert strip.about.full_text().endswith("Petrova, Anna")
    assert ":" in strip.about.full_text(), "the time tells two films of one patient apart"


def test_another_films_decision_is_told_for_the_time_of_undoing_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = decided_and_repeated(desk, 10.0)
    panel = program.window.view.panel
    assert panel.strip.can_undo
    monkeypatch.setattr(decision_strip, "_since", lambda _iso: 11.0)
    panel.strip.refresh()
    assert panel.strip.text.full_text() == "Not decided yet"
    panel.undo()
    desk.settled(program)
    rejected = program.console.exposures[-1]
    assert is_decided(rejected.state), "what is told nowhere is not taken back"
    program.console.select(rejected.id)
    assert panel.strip.can_undo, "on its own row it still can be"


def test_while_reasons_are_open_the_line_speaks_of_no_other_film(desk: Desk) -> None:
    program = decided_and_repeated(desk, 600.0)
    panel = program.window.view.panel
    panel.toggle_retake()
    assert panel.strip.text.full_text() == "Not decided yet"
    assert not panel.strip.can_undo
    panel.close_prompt()
    assert panel.strip.can_undo


def test_a_retake_of_a_film_without_a_finding_waits_for_its_reason_and_tells_it(desk: Desk) -> None:
    program = desk.open()
    film = desk.arrive(program)
    panel, key = program.window.view.panel, Qt.Key
    desk.qtbot.keyClick(program.window, key.Key_F8)
    choices = panel.retake.choices
    assert choices.chosen == ""
    assert not panel.retake.confirm.isEnabled()
    desk.qtbot.keyClick(choices, key.Key_Return)
    desk.qtbot.keyClicks(panel.retake.note, "breathed")
    desk.qtbot.keyClick(panel.retake.note, key.Key_Return)
    assert panel.prompting
    desk.qtbot.keyClick(choices, key.Key_Down)
    assert choices.chosen == program.console.parts.reasons[0].key
    desk.qtbot.keyClick(choices, key.Key_4)
    desk.qtbot.keyClick(choices, key.Key_Return)
    desk.settled(program)
    program.console.select(film.id)
    assert panel.strip.about.full_text() == "Motion blur, «breathed»"


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


def test_undo_by_its_icon_alone_is_large_enough_for_a_glove(desk: Desk) -> None:
    program = opened(desk, "ru", 200)
    first = desk.arrive(program, patient_name=NAME)
    desk.arrive(program)
    program.console.select(first.id)
    program.console.decide(first.id, Choice.RETAKE, program.console.parts.reasons[0].key, "")
    desk.settled(program)
    strip = program.window.view.panel.strip
    desk.qtbot.waitUntil(strip.undo.isVisible)
    assert not strip.undo.text(), "the title leaves no room for the word"
    desk.qtbot.waitUntil(lambda: strip.undo.width() >= 48)
    assert shown(strip)


@pytest.mark.parametrize("ends", ["pressed", "too late"])
def test_undo_leaves_the_keys_to_the_film_not_to_send(desk: Desk, ends: str) -> None:
    """A second press of Space, or one that comes just too late for undoing, decides nothing."""
    program = desk.open()
    film = desk.arrive(program)
    desk.arrive(program)
    program.console.select(film.id)
    program.window.view.panel.send()
    desk.settled(program)
    undo = program.window.view.panel.strip.undo
    undo.setFocus(Qt.FocusReason.TabFocusReason)
    if ends == "pressed":
        desk.qtbot.keyClick(undo, Qt.Key.Key_Space)
    else:
        program.console.last_decided = None
        program.window.view.panel.strip.refresh()
    desk.settled(program)
    assert not undo.isVisible()
    assert program.window.view.stage.film.canvas.hasFocus()
    before = [exposure.state for exposure in program.console.exposures]
    desk.qtbot.keyClick(QApplication.focusWidget() or program.window, Qt.Key.Key_Space)
    desk.settled(program)
    assert [exposure.state for exposure in program.console.exposures] == before
