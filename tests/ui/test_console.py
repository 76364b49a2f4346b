"""The console's rules where timing matters: analysis begun before storing, storing that fails, stale verdicts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.support import scripted
from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser
from tests.support.window import Desk
from workstation import app
from workstation.app import Program
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.domain.unreadable import PASSING, UnreadableCode, unreadable
from workstation.services.film import Film
from workstation.services.intake import IntakeService
from workstation.services.system_user import system_user
from workstation.settings.model import Settings
from workstation.ui.jobs import ThreadPool


def threads() -> ThreadPool:
    return ThreadPool(1)


def running(desk: Desk, qtbot: QtBot, analyser: ScriptedAnalyser) -> Program:
    """A program on real threads whose cascade is loaded."""
    program = desk.open(make_pool=threads, analyser=analyser)
    qtbot.waitUntil(lambda: not program.workers.busy)
    return program


def test_a_film_is_judged_once_though_it_is_judged_while_being_stored(desk: Desk, qtbot: QtBot) -> None:
    analyser = ScriptedAnalyser()
    program = running(desk, qtbot, analyser)
    film = desk.arrive(program)
    desk.settled(program)
    assert len(analyser.asked) == 1
    assert program.console.parts.worklist.get(film.id).verdict is not None


def test_the_verdict_may_come_before_the_film_is_stored(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, real = threading.Event(), IntakeService.take

    def script(film: Film, projection: Projection | None) -> Verdict:
        verdict = scripted.by_header(film, projection)
        judged.set()
        return verdict

    def slow(self: IntakeService, path: Path) -> Exposure:
        assert judged.wait(5), "the cascade waited for the disk"
        return real(self, path)

    monkeypatch.setattr(IntakeService, "take", slow)
    analyser = ScriptedAnalyser(script)
    program = running(desk, qtbot, analyser)
    film = desk.arrive(program)
    desk.settled(program)
    stored = program.console.parts.worklist.get(film.id)
    assert stored.verdict is not None
    assert len(analyser.asked) == 1


def test_a_film_that_cannot_be_stored_leaves_the_stage_and_is_named(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: IntakeService, _path: Path) -> Exposure:
        raise StorageFailed("disk_full", "The disk is full.", "Free some space, then try again.")

    program = running(desk, qtbot, ScriptedAnalyser())
    with monkeypatch.context() as patch:
        patch.setattr(IntakeService, "take", full)
        program.console.open_paths([desk.film()])
        desk.settled(program)
    assert program.console.stage is None
    assert program.window.view.stage.currentWidget() is program.window.view.stage.empty
    assert "Free some space" in program.window.view.problems.texts()[0]
    # The next film is none the worse for it.
    film = desk.arrive(program)
    desk.settled(program)
    assert program.console.parts.worklist.get(film.id).verdict is not None


@pytest.mark.parametrize(
    ("code", "times"),
    [(code, 2 if code in PASSING else 1) for code in UnreadableCode],
)
def test_a_film_of_a_watched_folder_is_tried_again_where_the_reason_passes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: UnreadableCode, times: int
) -> None:
    real, asked = app.read_film, []

    def fails_once(path: Path) -> Film:
        asked.append(path)
        if len(asked) == 1:
            raise unreadable(code, path.name)
        return real(path)

    monkeypatch.setattr(app, "read_film", fails_once)
    film = desk.film()
    program = desk.open(Settings(language="en", operator="Ivanova", watch_folders=(str(film.parent),)))
    folders = program.console._folders
    folders._timer.stop()
    for _ in range(6):
        folders._ask()
    assert len(asked) == times
    assert len(program.console.exposures) == times - 1
    assert len(program.window.view.problems.texts()) == 1


def test_mistakes_over_a_film_are_logged_without_what_they_quote(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = "Ivanova^Anna"

    def script(_film: Film, _projection: Projection | None) -> Verdict:
        raise ValueError(name)

    real, quotes = app.read_film, threading.Event()

    def read(path: Path) -> Film:
        if quotes.is_set():
            raise KeyError(name)
        return real(path)

    monkeypatch.setattr(app, "read_film", read)
    program = desk.open(analyser=ScriptedAnalyser(script))
    desk.arrive(program)
    quotes.set()
    program.console.open_paths([desk.film()])
    assert "analysis of exposure 1 failed" in caplog.text
    assert "a job failed" in caplog.text
    assert name not in caplog.text


def test_a_verdict_overtaken_by_an_override_is_not_shown(desk: Desk, qtbot: QtBot) -> None:
    gate, begun = threading.Event(), threading.Event()

    def script(film: Film, projection: Projection | None) -> Verdict:
        if projection is None:
            begun.set()
            gate.wait(5)
        return scripted.by_header(film, projection)

    program = running(desk, qtbot, ScriptedAnalyser(script))
    film = desk.arrive(program, view_position="PA")
    assert begun.wait(5)
    program.console.override_projection(film.id, Projection.LATERAL)
    gate.set()
    desk.settled(program)
    stored = program.console.parts.worklist.get(film.id)
    assert stored.verdict is not None
    assert stored.verdict.projection.label is Projection.LATERAL
    assert len(program.console.parts.worklist.verdicts(film.id)) == 1


def test_an_empty_folder_and_letters_beside_films_are_no_problem(desk: Desk) -> None:
    program = desk.open()
    desk.film()
    (desk.root / "incoming" / "letter.pdf").write_bytes(b"%PDF")
    (desk.root / "incoming" / ".hidden").write_bytes(b"x")
    (desk.root / "empty").mkdir()
    program.console.open_paths([desk.root / "empty", desk.root / "incoming"])
    assert len(program.console.exposures) == 1
    assert program.window.view.problems.texts() == []


def test_the_cascade_comes_late_and_films_are_judged_then(desk: Desk, qtbot: QtBot) -> None:
    gate = threading.Event()

    class Late(ScriptedAnalyser):
        def warm_up(self) -> bool:
            gate.wait(5)
            return True

    program = desk.open(make_pool=threads, analyser=Late())
    program.console.open_paths([desk.film(), desk.film()])
    qtbot.waitUntil(lambda: len(program.console.exposures) == 2, timeout=10_000)
    assert all(e.verdict is None for e in program.console.exposures)
    gate.set()
    desk.settled(program)
    assert all(e.verdict is not None for e in program.console.exposures)


def test_a_film_listed_before_it_is_taken_over_is_assessed_all_the_same(desk: Desk) -> None:
    """The listener stores a film in its own thread; a refresh may list it before the window is told."""
    program = desk.open()
    exposure = program.console.parts.intake.take(desk.film())
    program.console.refresh()
    desk.settled(program)
    assert [e.id for e in program.console.exposures] == [exposure.id], "listed, not yet told"
    program.console.received(exposure)
    desk.settled(program)

    def assessed() -> bool:
        film = program.console.get(exposure.id)
        return film is not None and film.verdict is not None

    desk.qtbot.waitUntil(assessed)


def test_films_that_leave_one_after_another_do_not_put_off_what_is_told_of_them(
    desk: Desk, qtbot: QtBot
) -> None:
    """After a failure of the archive hundreds leave; the list and the top line told nothing until the last had."""
    program = desk.open()
    desk.settled(program)
    leaving = QTimer(interval=10)
    leaving.timeout.connect(program.console.delivery_changed)
    leaving.start()
    with qtbot.waitSignals([program.console.statuses_changed] * 2, timeout=5000):
        pass
    leaving.stop()


def test_what_changes_while_all_is_read_anew_is_read_once_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(make_pool=HeldPool)
    desk.settled(program)
    console, pool = program.console, program.workers.decisions._pool
    assert isinstance(pool, HeldPool)
    read: list[None] = []
    today = console.parts.worklist.today
    monkeypatch.setattr(console.parts.worklist, "today", lambda: read.append(None) or today())
    pool.hold()
    console.refresh()
    for _ in range(20):
        console.delivery_changed.emit()
    desk.qtbot.wait(200)
    assert not read
    pool.release()
    desk.qtbot.waitUntil(lambda: len(read) == 2)
    desk.settled(program)
    desk.qtbot.wait(200)
    assert len(read) == 2, "one at a time"


def test_what_was_to_be_read_is_read_once_more_where_the_reading_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    desk.settled(program)
    console = program.console
    read: list[None] = []
    today = console.parts.worklist.today

    def first_fails() -> list[Exposure]:
        read.append(None)
        if len(read) == 1:
            raise StorageFailed("locked", "The database is locked.", "Try again.")
        return today()

    monkeypatch.setattr(console.parts.worklist, "today", first_fails)
    console.delivery_changed.emit()
    with desk.qtbot.waitSignal(console.statuses_changed, timeout=2000):
        console.refresh()
    assert len(read) == 2


@pytest.mark.parametrize(("written", "signs"), [("Ivanova ", "Ivanova"), ("  ", system_user())])
def test_blanks_around_the_operators_name_sign_nothing(desk: Desk, written: str, signs: str) -> None:
    """Written into the settings by hand; decisions of "Ivanova " would be counted as somebody else's."""
    program = desk.open(Settings(language="en", operator=written))
    assert program.console.author == signs
