"""A model that hangs costs verdicts: it is said, films are sent as always, and the program ends."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.support.scripted import ScriptedAnalyser
from tests.support.window import Desk
from workstation.domain.errors import CascadeUnavailable, KnownError
from workstation.domain.exposure import is_decided
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.services.film import Film
from workstation.ui import analysis_queue
from workstation.ui.jobs import Jobs, ThreadPool


class Hanging(ScriptedAnalyser):
    """Hangs on the first `films` it is asked about, until `released`."""

    def __init__(self, films: int) -> None:
        super().__init__()
        self.films = films
        self.released = threading.Event()

    def analyse(self, film: Film, projection: Projection | None = None) -> Verdict:
        if len(self.asked) < self.films:
            self.asked.append((film.header.sop_instance_uid, projection))
            self.released.wait(30)
        return super().analyse(film, projection)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr(analysis_queue, "PATIENCE_MS", 300)
    made = Hanging(1)
    yield made
    made.released.set()


def test_a_film_that_the_model_hangs_on_fails_and_the_next_one_is_judged(
    desk: Desk, hanging: Hanging
) -> None:
    program = desk.open(make_pool=lambda: ThreadPool(1), analyser=hanging)
    film = desk.arrive(program)
    desk.qtbot.waitUntil(lambda: film.id in program.console.verdicts.errors)
    error = program.console.verdicts.errors[film.id]
    assert isinstance(error, KnownError)
    assert error.code == "analysis_too_long"
    QTest.keyClick(program.window, Qt.Key.Key_F5)
    other = desk.arrive(program)
    desk.settled(program)
    known = program.console.get(film.id)
    assert known is not None
    assert is_decided(known.state)
    judged = program.console.get(other.id)
    assert judged is not None
    assert judged.verdict is not None
    hanging.released.set()
    desk.settled(program)
    late = program.console.get(film.id)
    assert late is not None
    assert late.verdict is None, "what comes after all is not told any more"


def test_a_cascade_that_hangs_again_is_given_up_until_it_is_loaded_anew(desk: Desk, hanging: Hanging) -> None:
    hanging.films = 2
    program = desk.open(make_pool=lambda: ThreadPool(1), analyser=hanging)
    films = [desk.arrive(program) for _ in range(3)]
    console = program.console
    desk.qtbot.waitUntil(lambda: all(film.id in console.verdicts.errors for film in films))
    assert isinstance(console.analysis.unavailable, CascadeUnavailable)
    assert len(hanging.asked) == 2
    console.apply_settings(cascade=True)
    desk.qtbot.waitUntil(lambda: all(film.verdict is not None for film in console.exposures))
    hanging.released.set()


def test_loading_that_hangs_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis_queue, "LOADING_PATIENCE_MS", 200)
    released = threading.Event()

    class Slow(ScriptedAnalyser):
        def warm_up(self) -> bool:
            return released.wait(30)

    program = desk.open(make_pool=lambda: ThreadPool(1), analyser=Slow())
    film = desk.arrive(program)
    desk.qtbot.waitUntil(lambda: film.id in program.console.verdicts.errors)
    assert isinstance(program.console.analysis.unavailable, CascadeUnavailable)
    released.set()


def hung(jobs: Jobs, told: list[str]) -> threading.Event:
    """Work that has begun and goes on until the event is set."""
    gate, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        gate.wait(30)

    jobs.run_task(work, lambda _outcome: told.append("late"))
    assert begun.wait(30)
    return gate


def test_abandoned_work_is_waited_for_and_never_told(qtbot: QtBot, leaves_nothing: None) -> None:
    del leaves_nothing
    told: list[str] = []
    jobs = Jobs(ThreadPool(1), None, lambda: ThreadPool(1))
    gate = hung(jobs, told)
    jobs.abandon()
    assert not jobs.busy
    assert not jobs.close(200), "it still hangs"
    gate.set()
    qtbot.waitUntil(lambda: jobs.close(10))
    assert told == []


def test_a_thread_whose_work_ends_long_after_it_was_given_up_ends_too(leaves_nothing: None) -> None:
    del leaves_nothing
    jobs = Jobs(ThreadPool(1), None, lambda: ThreadPool(1))
    gate = hung(jobs, [])
    jobs.abandon()
    assert not jobs.close(0)
    gate.set()  # `leaves_nothing` tells of a thread that is still there


def test_work_that_ends_after_its_owner_is_gone_raises_nothing(leaves_nothing: None) -> None:
    del leaves_nothing
    pool, gate = ThreadPool(1), threading.Event()
    jobs = Jobs(pool)
    caught: list[threading.ExceptHookArgs] = []
    before, threading.excepthook = threading.excepthook, caught.append
    try:
        jobs.run_task(lambda: gate.wait(30), lambda _outcome: None)
        shiboken6.delete(jobs)
        gate.set()
        assert pool.drain(5_000)
    finally:
        threading.excepthook = before
    assert caught == []


def test_a_pool_goes_on_after_it_was_drained(leaves_nothing: None) -> None:
    del leaves_nothing
    pool, ran = ThreadPool(2), []
    for turn in range(3):
        for _ in range(5):
            pool.submit(lambda turn=turn: ran.append(turn))  # type: ignore[misc]
        assert pool.drain(5_000)
    assert sorted(ran) == [0] * 5 + [1] * 5 + [2] * 5


def test_the_program_ends_though_its_model_hangs(tmp_path: Path) -> None:
    script = tmp_path / "hang.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            from pathlib import Path
            from PySide6.QtCore import QTimer
            from PySide6.QtWidgets import QApplication
            from tests.support.dicom_maker import chest_pixels, make_film
            from tests.support.scripted import ScriptedAnalyser
            from workstation import app
            from workstation.services.data_folder import DataFolder
            from workstation.ui import parts

            class Hang(ScriptedAnalyser):
                def analyse(self, film, projection=None):
                    print("asked", flush=True)
                    time.sleep(600)

            root = Path(sys.argv[1])
            parts._END_MS = 500
            app.load_cascade = lambda settings: Hang()
            application = QApplication([])
            QTimer.singleShot(3000, lambda: [w.close() for w in application.topLevelWidgets() if w.isVisible()])
            sys.exit(app.run([make_film(root / "film.dcm", chest_pixels())], root / "data"))
            """
        )
    )
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env={
            "PYTHONPATH": ".",
            "QT_QPA_PLATFORM": "offscreen",
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "asked" in done.stdout
    assert done.returncode == 0, done.stderr
    # The lock was given back: the next start need not wait.
    assert "a mistake" not in done.stderr
