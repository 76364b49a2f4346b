"""Fixtures of the window's tests: a program in a data folder of its own, and a guard against what it leaves."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.support.dicom_maker import chest_pixels, make_film
from tests.support.pools import ImmediatePool
from tests.support.scripted import ScriptedAnalyser
from workstation.app import Program
from workstation.domain.errors import KnownError
from workstation.domain.exposure import Exposure
from workstation.services.data_folder import open_data_folder
from workstation.settings.model import Settings
from workstation.ui import decision_panel
from workstation.ui.jobs import Pool
from workstation.ui.parts import Analyser


def words(widget: QWidget) -> str:
    """All words of the visible labels."""
    return " | ".join(w.text() for w in widget.findChildren(QLabel) if w.isVisibleTo(widget))


def drain() -> None:
    """Destroy now what is to be destroyed later: outside of an event loop Qt would never come to it."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()


@pytest.fixture
def leaves_nothing(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a thread, an active timer or a window behind."""
    del qapp
    threads = set(threading.enumerate())
    windows = set(map(id, QApplication.topLevelWidgets()))
    yield
    drain()
    end = time.monotonic() + 3
    # A dummy is Python's name for one of Qt's pool threads, kept for ever once it has run Python; not a leak.
    dummy = threading._DummyThread  # type: ignore[attr-defined]
    while (
        left := [
            t for t in threading.enumerate() if t not in threads and not isinstance(t, dummy) and t.is_alive()
        ]
    ) and (time.monotonic() < end):
        time.sleep(0.01)
    assert not left, f"threads left running: {[t.name for t in left]}"
    shown = [w for w in QApplication.topLevelWidgets() if id(w) not in windows and w.isVisible()]
    assert not shown, f"windows left open: {shown}"
    timers = [t for t in gc.get_objects() if type(t) is QTimer and shiboken6.isValid(t) and t.isActive()]
    assert not timers, f"timers left active, of {[type(t.parent()).__name__ for t in timers]}"


class Desk:
    """One program with its films, as a test drives it."""

    def __init__(self, root: Path, qtbot: QtBot) -> None:
        self.root = root
        self.qtbot = qtbot
        self.programs: list[Program] = []
        self.analyser: Analyser = ScriptedAnalyser()
        self._made = 0

    def open(
        self,
        settings: Settings | None = None,
        make_pool: Callable[[], Pool] = ImmediatePool,
        analyser: Analyser | None = None,
        *,
        start: bool = True,
        language: str | None = None,
        problem: KnownError | None = None,
    ) -> Program:
        """Start the program in the desk's data folder."""
        used = analyser or self.analyser
        program = Program(
            open_data_folder(self.root / "data"),
            settings or Settings(language="en", operator="Ivanova", undo_seconds=600.0),
            problem,
            make_pool=make_pool,
            make_analyser=lambda _settings: used,
            language=language,
        )
        self.programs.append(program)
        if start:
            program.start()
            program.window.showNormal()
            program.window.resize(1366, 768)
            program.window.activateWindow()
            self.qtbot.waitUntil(program.window.isActiveWindow)
        return program

    def film(self, **options: object) -> Path:
        """A new film on disk, taken today, unlike all before."""
        self._made += 1
        pixels = chest_pixels() + self._made
        folder = self.root / "incoming"
        folder.mkdir(exist_ok=True)
        taken = {"AcquisitionDate": f"{datetime.now():%Y%m%d}"}
        return make_film(folder / f"film-{self._made}.dcm", pixels, **{**taken, **options})

    def arrive(self, program: Program, **options: object) -> Exposure:
        """A new film comes in by itself (a watched folder, the network); returns its exposure."""
        before = {e.id for e in program.console.exposures}
        program.console._found([self.film(**options)])
        self.qtbot.waitUntil(lambda: len(program.console.exposures) > len(before))
        return next(e for e in program.console.exposures if e.id not in before)

    def settled(self, program: Program) -> None:
        """Wait until no work is under way."""
        self.qtbot.waitUntil(lambda: not program.workers.busy, timeout=10_000)

    def close(self, program: Program) -> None:
        if program in self.programs:
            self.programs.remove(program)
            program.window.close()
            program.dispose()
            drain()


@pytest.fixture
def desk(
    tmp_path: Path, qtbot: QtBot, leaves_nothing: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk whose programs are closed after the test; decisions need no pause (`test_first_look` has it)."""
    del leaves_nothing
    monkeypatch.setattr(decision_panel, "first_look_ms", lambda: 0)
    made = Desk(tmp_path, qtbot)
    yield made
    for program in list(made.programs):
        made.close(program)
    drain()
