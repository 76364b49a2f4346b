"""Settings take effect at once where they are meant to, and change nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QSplashScreen

from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation import app
from workstation.app import Program
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Source, State
from workstation.domain.projection import Projection
from workstation.services.data_folder import open_data_folder
from workstation.services.folder_watcher import FolderWatcher
from workstation.settings import file
from workstation.settings.model import Settings

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def change(desk: Desk, program: Program, **changes: object) -> None:
    program.settings.replace(replace(program.settings(), **changes))  # type: ignore[arg-type]
    desk.settled(program)


def larger(desk: Desk, program: Program) -> None:
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)


def cards(program: Program) -> str:
    return " | ".join(w.text() for w in program.window.view.panel.cards.findChildren(QLabel))


def projection(program: Program, film: Exposure) -> tuple[Projection, Source]:
    now = program.console.get(film.id)
    assert now is not None
    assert now.verdict is not None
    return now.verdict.projection.label, now.verdict.projection.source


# ---- doses ----


def test_a_changed_typical_dose_is_said_at_once(desk: Desk) -> None:
    verdict = frontal(crop(State.WARN, Edge.BOTTOM))
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    film = desk.arrive(program)
    desk.settled(program)
    assert "0.02 mSv" in cards(program)
    change(desk, program, typical_dose_frontal_msv=0.05)
    assert "0.05 mSv" in cards(program)
    advice = program.console.parts.adviser.for_verdict(verdict, film.header, "en")
    assert "0.05 mSv" in advice.dose_text, "and so on the exported picture"


# ---- language of this run ----


def test_the_language_of_a_run_is_not_written(desk: Desk) -> None:
    program = desk.open(SETTINGS, language="ru")
    assert program.window.view.worklist.view.accessibleName() == "Снимки за сегодня"
    larger(desk, program)
    assert program.window.view.worklist.view.accessibleName() == "Снимки за сегодня"
    (written,) = (desk.root / "data").rglob("settings.toml")
    assert file.load(written).language == Settings().language


def test_a_language_chosen_in_the_settings_ends_that_of_the_run(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, language="system"), language="ru")
    change(desk, program, language="en")
    assert program.window.view.worklist.view.accessibleName() == "Films of today"


def test_the_command_line_leaves_the_settings_alone_and_the_program_is_seen_to_open(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Made(Exception):
        pass

    def program(_folder: object, settings: Settings, *_rest: object, language: str | None = None) -> None:
        assert (settings.language, language) == (Settings().language, "ru")
        assert opening(), "a database of years is opened: nobody shall press the icon again"
        raise Made

    def opening() -> bool:
        return any(isinstance(w, QSplashScreen) and w.isVisible() for w in qapp.topLevelWidgets())

    monkeypatch.setattr(app, "Program", program)
    with pytest.raises(Made):
        app._run_in(open_data_folder(tmp_path), qapp, [], demo=False, language="ru")
    assert not opening(), "an error is not covered"


# ---- watched folders ----


def test_only_other_folders_make_the_watch_begin_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[list[Path]] = []
    begin = FolderWatcher.__init__

    def begun(self: FolderWatcher, folders: object, *rest: object, **more: object) -> None:
        watched.append(list(folders))  # type: ignore[call-overload]
        begin(self, watched[-1], *rest, **more)  # type: ignore[arg-type]

    program = desk.open(replace(SETTINGS, watch_folders=(str(desk.root / "a"),)))
    monkeypatch.setattr(FolderWatcher, "__init__", begun)
    larger(desk, program)
    change(desk, program, intra_op_threads=2)
    assert watched == [], "what was offered would be forgotten, and offered again"
    change(desk, program, watch_folders=(str(desk.root / "b"),))
    assert watched == [[desk.root / "b"]]


def test_a_watched_folder_of_nobodys_home_keeps_no_window_shut(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, watch_folders=("~nobody-of-that-name/a",)))
    desk.qtbot.waitUntil(lambda: bool(program.console.unreachable_folders))
    change(desk, program, watch_folders=("~nobody-of-that-name/b", str(desk.root)))
    named = Path("~nobody-of-that-name/b")
    desk.qtbot.waitUntil(lambda: program.console.unreachable_folders == (named,))


# ---- a person's projection ----


def test_another_cascade_keeps_the_projection_a_person_set(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film, other = desk.arrive(program), desk.arrive(program)
    desk.settled(program)
    program.console.override_projection(film.id, Projection.LATERAL)
    change(desk, program, intra_op_threads=2)
    assert projection(program, film) == (Projection.LATERAL, Source.USER)
    assert projection(program, other) == (Projection.FRONTAL, Source.MODEL)


def test_another_cascade_keeps_a_projection_that_was_not_yet_run(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    held = HeldPool()
    program.workers.analysis._pool = held
    program.console.override_projection(film.id, Projection.LATERAL)
    program.settings.replace(replace(SETTINGS, intra_op_threads=2))
    held.drain(0)
    desk.settled(program)
    assert projection(program, film) == (Projection.LATERAL, Source.USER)


def test_a_projection_given_back_to_the_model_stays_there(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    program.console.override_projection(film.id, Projection.LATERAL)
    program.console.override_projection(film.id, None)
    change(desk, program, intra_op_threads=2)
    assert projection(program, film) == (Projection.FRONTAL, Source.MODEL)


# ---- what is being typed ----


def note(program: Program, key: Qt.Key, desk: Desk) -> QLineEdit:
    desk.qtbot.keyClick(program.window, key)
    panel = program.window.view.panel
    assert panel.prompting
    return panel.retake.note if key is Qt.Key.Key_F8 else panel.keep.note


def test_a_note_being_typed_outlives_larger_type(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    typed = note(program, Qt.Key.Key_F6, desk)
    typed.setFocus()
    desk.qtbot.keyClicks(typed, "typed with care")
    larger(desk, program)
    panel = program.window.view.panel
    assert panel.prompting
    assert panel.keep.note is not typed, "the window was built anew"
    assert panel.keep.note.text() == "typed with care"
    assert program.window.focusWidget() is panel.keep.note
    desk.qtbot.keyClick(panel.keep.note, Qt.Key.Key_Return)
    desk.settled(program)
    (film,) = program.console.exposures
    assert film.decision is not None
    assert film.decision.note == "typed with care"


def test_a_reason_chosen_outlives_another_language(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    note(program, Qt.Key.Key_F8, desk).setText("moved")
    chosen = program.console.parts.reasons[3].key
    program.window.view.panel.retake.choices.choose(chosen)
    change(desk, program, language="ru")
    panel = program.window.view.panel
    assert panel.pages.currentWidget() is panel.retake
    assert (panel.retake.choices.chosen, panel.retake.note.text()) == (chosen, "moved")
    assert program.window.focusWidget() is panel.retake.choices


def test_a_ready_made_note_follows_the_language(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    note(program, Qt.Key.Key_F6, desk)
    program.window.view.panel.keep.choices.setCurrentRow(2)
    change(desk, program, language="ru")
    keep = program.window.view.panel.keep
    assert keep.note.text() == keep.choices.chosen
    assert keep.choices.currentRow() == 2
