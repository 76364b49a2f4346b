"""A day at the console, by keyboard: films arrive, are judged, sent, kept, taken again, undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.exposure import ExposureState
from workstation.domain.findings import Source, State
from workstation.domain.projection import Projection

Key = Qt.Key


def press(qtbot: QtBot, program: Program, *keys: Qt.Key, widget: QWidget | None = None) -> None:
    """Press keys where the focus is."""
    for key in keys:
        target = widget or program.window.focusWidget() or program.window
        qtbot.keyClick(target, key)


@pytest.fixture
def program(desk: Desk) -> Program:
    """A running program with a good cascade."""
    return desk.open()


def state_of(program: Program, exposure_id: int) -> ExposureState:
    """What the database says, not the window."""
    return program.console.parts.worklist.get(exposure_id).state


def test_an_arriving_film_enters_the_list_on_top_and_leaves_the_stage_alone(
    desk: Desk, program: Program
) -> None:
    first = desk.arrive(program)
    second = desk.arrive(program)
    model = program.window.view.worklist.model
    assert [model.exposure(row).id for row in range(model.rowCount())] == [second.id, first.id]
    assert program.console.stage is not None
    assert program.console.stage.id == first.id
    assert program.window.view.worklist.view.currentIndex().row() == 1


def test_a_film_takes_the_stage_when_the_one_before_is_decided(
    desk: Desk, program: Program, qtbot: QtBot
) -> None:
    first = desk.arrive(program)
    press(qtbot, program, Key.Key_F5)
    second = desk.arrive(program)
    assert program.console.stage is not None
    assert program.console.stage.id == second.id
    assert state_of(program, first.id) is ExposureState.ACCEPTED


def test_one_key_sends_and_the_film_that_waited_longest_follows(
    desk: Desk, program: Program, qtbot: QtBot
) -> None:
    films = [desk.arrive(program) for _ in range(3)]
    for film in films:
        assert program.console.stage is not None
        assert program.console.stage.id == film.id
        press(qtbot, program, Key.Key_F5)
    assert {state_of(program, film.id) for film in films} == {ExposureState.ACCEPTED}


def test_retake_by_two_keys_takes_the_reason_of_the_finding(desk: Desk, qtbot: QtBot) -> None:
    analyser = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.WARN, Edge.BOTTOM)))
    program = desk.open(analyser=analyser)
    film = desk.arrive(program)
    press(qtbot, program, Key.Key_F8, Key.Key_Return)
    stored = program.console.parts.worklist.get(film.id)
    assert stored.decision is not None
    assert (stored.decision.choice, stored.decision.reason) == (Choice.RETAKE, "cut_off")
    assert stored.decision.author == "Ivanova"


def test_retake_with_another_reason_and_a_note(desk: Desk, program: Program, qtbot: QtBot) -> None:
    film = desk.arrive(program)
    press(qtbot, program, Key.Key_F8)
    panel = program.window.view.panel
    assert panel.pages.currentWidget() is panel.retake
    press(qtbot, program, Key.Key_4)
    qtbot.keyClicks(program.window.focusWidget(), "breathed")
    press(qtbot, program, Key.Key_Return)
    stored = program.console.parts.worklist.get(film.id)
    assert stored.decision is not None
    assert (stored.decision.reason, stored.decision.note) == ("motion", "breathed")


def test_escape_leaves_the_film_undecided(desk: Desk, program: Program, qtbot: QtBot) -> None:
    film = desk.arrive(program)
    press(qtbot, program, Key.Key_F8, Key.Key_Escape)
    panel = program.window.view.panel
    assert panel.pages.currentWidget() is panel.cards
    press(qtbot, program, Key.Key_F6, Key.Key_Escape)
    assert panel.pages.currentWidget() is panel.cards
    assert state_of(program, film.id) is ExposureState.ANALYSED


@pytest.mark.parametrize(("keys", "note"), [((), ""), ((Key.Key_2,), "Patient cannot be positioned better")])
def test_keep_with_note_costs_no_more_than_retake(
    desk: Desk, program: Program, qtbot: QtBot, keys: tuple[Qt.Key, ...], note: str
) -> None:
    film = desk.arrive(program)
    press(qtbot, program, Key.Key_F6, *keys, Key.Key_Return)
    stored = program.console.parts.worklist.get(film.id)
    assert stored.decision is not None
    assert (stored.decision.choice, stored.decision.note) == (Choice.KEEP_WITH_NOTE, note)


def test_undo_brings_the_film_back_to_the_stage(desk: Desk, program: Program, qtbot: QtBot) -> None:
    first, second = desk.arrive(program), desk.arrive(program)
    press(qtbot, program, Key.Key_F5)
    assert program.console.stage is not None
    assert program.console.stage.id == second.id
    assert program.window.view.panel.strip.undo.isVisible()
    qtbot.keyClick(program.window, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert state_of(program, first.id) is ExposureState.ANALYSED
    assert program.console.stage.id == first.id
    assert program.window.view.panel.send_button.isEnabled()


@pytest.mark.parametrize(
    "error", [CascadeUnavailable("cascade_missing", "It is gone.", "Reinstall it."), RuntimeError("a bug")]
)
def test_a_failing_cascade_never_blocks_sending(desk: Desk, qtbot: QtBot, error: Exception) -> None:
    def fail(*_args: object) -> None:
        raise error

    program = desk.open(analyser=ScriptedAnalyser(fail))  # type: ignore[arg-type]
    film = desk.arrive(program)
    assert state_of(program, film.id) is ExposureState.RECEIVED
    press(qtbot, program, Key.Key_F5)
    assert state_of(program, film.id) is ExposureState.ACCEPTED


def test_a_cascade_that_cannot_load_says_why(desk: Desk) -> None:
    missing = CascadeUnavailable("cascade_missing", "It is gone.", "Reinstall it.")
    program = desk.open(analyser=ScriptedAnalyser(unavailable=missing))
    desk.arrive(program)
    assert program.window.view.top.analysis.text.text() == "analysis unavailable"
    words = " ".join(_words(program.window.view.panel.cards))
    assert "It is gone." in words
    assert "Sending works" in words


def test_unreadable_files_are_named_with_a_remedy_and_the_others_go_on(desk: Desk, program: Program) -> None:
    bad = desk.root / "letter.dcm"
    bad.write_bytes(b"no film at all")
    program.console.open_paths([bad, desk.film(), desk.root / "gone.dcm", desk.film()])
    desk.settled(program)
    assert len(program.console.exposures) == 2
    problems = program.window.view.problems
    assert problems.isVisible()
    assert len(problems.texts()) == 2
    assert any(text.startswith("letter.dcm") and "Choose a radiograph" in text for text in problems.texts())
    problems.clear()
    assert not problems.isVisible()


def test_override_runs_the_other_branch(desk: Desk, program: Program) -> None:
    film = desk.arrive(program, view_position="PA")
    card = program.window.view.panel.cards.projection_card
    assert card is not None
    card.overridden.emit(Projection.LATERAL)
    stored = program.console.parts.worklist.get(film.id)
    assert stored.verdict is not None
    assert stored.verdict.projection.label is Projection.LATERAL
    assert stored.verdict.projection.source is Source.USER
    assert stored.verdict.rotation is not None
    assert "Lateral" in _words(program.window.view.panel.cards)


def test_films_and_decisions_are_there_after_a_restart(desk: Desk, program: Program, qtbot: QtBot) -> None:
    first, second = desk.arrive(program), desk.arrive(program)
    press(qtbot, program, Key.Key_F5)
    desk.close(program)
    again = desk.open()
    assert {e.id for e in again.console.exposures} == {first.id, second.id}
    assert again.console.stage is not None
    assert again.console.stage.id == second.id
    assert state_of(again, first.id) is ExposureState.ACCEPTED


def test_the_same_file_twice_is_one_film(desk: Desk, program: Program) -> None:
    film = desk.film()
    program.console.open_paths([film])
    program.console.open_paths([film])
    desk.settled(program)
    assert len(program.console.exposures) == 1


def test_a_watched_folder_brings_films(desk: Desk, program: Program, tmp_path: Path) -> None:
    from dataclasses import replace

    folder = tmp_path / "incoming"
    folder.mkdir()
    program.settings.replace(replace(program.settings(), watch_folders=(str(folder),)))
    desk.film()
    desk.qtbot.waitUntil(lambda: len(program.console.exposures) == 1, timeout=10_000)


def _words(widget: QWidget) -> list[str]:
    from PySide6.QtWidgets import QLabel

    return [label.text() for label in widget.findChildren(QLabel)]
