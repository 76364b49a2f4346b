"""Composition root: builds everything once and passes it down. No globals."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from workstation import assets
from workstation.domain.errors import KnownError, SettingsInvalid, StorageFailed
from workstation.domain.predictive import Published
from workstation.mistakes import log_mistake
from workstation.services.advice import Adviser, typical_doses
from workstation.services.analysis import AnalysisService
from workstation.services.data_folder import DataFolder, open_data_folder
from workstation.services.node import Node
from workstation.services.operators import OperatorService
from workstation.services.performance import published
from workstation.services.program_log import log_file
from workstation.services.reading import read_film
from workstation.services.reasons import load_reasons, preselect, site_reasons
from workstation.services.statistics_service import StatisticsService
from workstation.settings import file
from workstation.settings.model import Settings
from workstation.ui import single_instance, words
from workstation.ui.console import Console
from workstation.ui.fingers import Fingers
from workstation.ui.garbage import GarbageCollector
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Outcome, Pool, ThreadPool
from workstation.ui.main_window import MainWindow
from workstation.ui.opening import opening_screen
from workstation.ui.parts import Analyser, Parts, Workers
from workstation.ui.process import hooks, keep_notes_of_qt, leave, stop_signals
from workstation.ui.roster import Problem
from workstation.ui.session import Session
from workstation.ui.settings_store import SettingsStore
from workstation.ui.theme import palette

_log = logging.getLogger(__name__)

_STARTING_S = 10.0
"""How long a program that holds the data folder may take until it can be spoken to."""
_SERVICE_S = 1.0
"""How long one that never will be is looked at."""
_AGAIN_MS = 30_000
"""Until what the disk or the database kept from starting is tried again."""
_DRAWN_MS = 50
"""Within which a display has shown a small window."""


class _Bell(QObject):
    """Carries news from other threads into the window's."""

    rung = Signal()
    film = Signal(object)
    not_made = Signal(object)
    mistake = Signal(str)


class Program:
    """Everything of one running program, in one data folder whose lock the caller holds.

    Args:
        settings: as loaded.
        problem: to be shown once the window is there (settings that could not be read).
        make_pool: how the window's work is run; tests may run it at once.
        make_analyser: of the cascade the settings name.
        language: of this run's window; None for the settings'.

    Raises:
        StorageFailed: the database cannot be opened.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: Settings,
        problem: KnownError | None = None,
        make_pool: Callable[[], Pool] = lambda: ThreadPool(1),
        make_analyser: Callable[[Settings], Analyser] | None = None,
        language: str | None = None,
    ) -> None:
        self._closed = False
        self.hangs = False
        keep_notes_of_qt(folder.root)
        self._owner = QObject()
        self._translations = Translations(language)
        Fingers(self._owner)
        self._garbage = GarbageCollector(self._owner)
        self._bell = _Bell(self._owner)
        self.workers = Workers(self._owner, make_pool)
        # Among the decisions: the one queue that is finished before the program ends.
        self.settings = SettingsStore(folder.settings_file, settings, self.workers.decisions, self._owner)
        resources = assets.resources_dir()
        self._problems: list[KnownError] = [problem] if problem is not None else []
        reasons = load_reasons(resources)
        try:
            reasons = site_reasons(reasons, folder.settings_file.parent)
        except SettingsInvalid as error:
            self._problems.append(error)  # said on the window; the shipped reasons serve meanwhile
        self.node = Node(
            folder,
            self.settings,
            reasons,
            on_film=self._bell.film.emit,
            on_change=self._bell.rung.emit,
            on_not_made=self._bell.not_made.emit,
        )
        make = make_analyser or load_cascade
        parts = Parts(
            read_film=read_film,
            intake=self.node.intake,
            make_analyser=lambda: make(self.settings()),
            disposition=self.node.disposition,
            worklist=self.node.worklist,
            statistics=StatisticsService(self.node.database, self._performance),
            delivery=self.node.delivery,
            listening=self.node.listening,
            orders=self.node.orders,
            operators=OperatorService(self.node.database),
            adviser=Adviser(resources, lambda: typical_doses(self.settings())),
            reasons=reasons,
            preselect=lambda verdict: preselect(verdict, reasons),
            data_root=folder.root,
            demo=resources / "demo",
        )
        self.console = Console(parts, self.workers, self.settings, self._owner)
        self._again = QTimer(self._owner, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self._take_up)
        self._kept_by = ""
        # A console runs for months: a certificate may begin to end meanwhile.
        self.console.new_day.connect(self._look_at_certificates)
        self._bell.rung.connect(self.console.delivery_changed)
        self._bell.film.connect(self.console.received)
        self._bell.not_made.connect(self.console.tell_not_made)
        self.settings.changed.connect(self._settings_changed)
        self.session = Session(
            self.console, parts.operators, self.settings, self._owner, guessed=problem is not None
        )
        self.window = MainWindow(self.console, self.settings, self._translations, self.session)
        self._bell.mistake.connect(self.window.show_mistake)
        self.server = single_instance.InstanceServer(folder.root, self._owner)
        self.server.handed_over.connect(self._handed_over)
        if self.node.database.moved_aside is not None:
            self._problems.append(
                StorageFailed(
                    "moved_aside",
                    f"The database was damaged and set aside as {self.node.database.moved_aside.name}.",
                    "A fresh one was begun; keep the old one for the support desk.",
                )
            )

    def _performance(self) -> Published:
        return published(assets.cascade_dir(self.settings().cascade_dir))

    def start(self, paths: Sequence[Path] = (), *, demo: bool = False, setup: bool = False) -> None:
        """Show the window, take up what the last run left, then take `paths` in; `setup` opens the set-up."""
        self._garbage.start()
        self.window.show()
        for problem in self._problems:
            self.console.problem.emit(Problem("", problem))
        self.server.listen()
        self._take_up()
        self.session.follow()
        self.console.start()
        self._take(paths, demo)
        if setup:
            self.window.open_setup()

    def close(self) -> None:
        """End in order: what was decided is stored, what is under way goes back to waiting.

        `hangs` is true afterwards where a worker could not be waited for.
        """
        if self._closed:
            return
        self._closed = True
        self._again.stop()
        self.server.close()
        self.session.stop()
        self.console.stop()
        self.hangs = not self.workers.close()
        self.node.close()
        self._garbage.stop()

    def dispose(self) -> None:
        """Close, and let go of window and workers (tests: nothing of it may stay)."""
        self.close()
        self._translations.drop()
        self.window.deleteLater()
        self._owner.deleteLater()

    def tell_mistake(self, text: str) -> None:
        """Show a caught bug; from any thread."""
        self._bell.mistake.emit(text)

    def _begin(self) -> list[KnownError]:
        self.node.start()
        return self.node.warnings()

    def _take_up(self) -> None:
        self.workers.background.run_task(self._begin, self._taken_up)

    def _taken_up(self, outcome: Outcome[list[KnownError]]) -> None:
        error = outcome.error
        if error is not None:  # it may pass, and nothing is sent or received until then
            self._again.start()
            kept_by = error.code if isinstance(error, KnownError) else type(error).__name__
            if kept_by == self._kept_by:  # told once, not with every try
                return
            self._kept_by = kept_by
            if not isinstance(error, KnownError):
                log_mistake(_log, error, "the start broke off")
        self._begun(outcome)

    def _begun(self, outcome: Outcome[list[KnownError]]) -> None:
        for problem in [outcome.error] if outcome.error is not None else outcome.get():
            self.console.problem.emit(Problem("", problem))

    def _look_at_certificates(self) -> None:
        self.workers.background.run_task(self.node.certificate_warnings, self._begun)

    def _settings_changed(self, before: Settings, after: Settings) -> None:
        """Services and console follow; before the window does, which shows them."""
        if before.listener != after.listener:
            # Ending open associations takes its time.
            self.workers.background.run_task(self._follow, self._begun)
        elif before.destinations != after.destinations:
            # Archives that are asked for storage commitment may report, whatever its lists say.
            self.workers.background.run_task(self._listen, self._begun)
        if before.worklist != after.worklist:
            self.node.orders.refresh()
        if (before.destinations, before.set_aside) != (after.destinations, after.set_aside):
            # Stopping a worker amid a dead connection may take two seconds.
            self.workers.background.run_task(
                lambda: self.node.delivery.apply_settings(before.destinations), self._redirected
            )
        engine = ("cascade_dir", "execution_providers", "intra_op_threads")
        self.console.apply_settings(cascade=any(getattr(before, k) != getattr(after, k) for k in engine))
        if (before.sign_in, before.lock_minutes) != (after.sign_in, after.lock_minutes):
            self.session.follow()

    def _redirected(self, outcome: Outcome[None]) -> None:
        if outcome.error is not None:
            self.console.problem.emit(Problem("", outcome.error))
        self.console.refresh()

    def _follow(self) -> list[KnownError]:
        self.node.listening.apply_settings()
        return self.node.certificate_warnings()

    def _listen(self) -> list[KnownError]:
        self.node.listening.apply_settings()
        return []

    def _take(self, paths: Sequence[Path], demo: bool) -> None:
        if demo:
            self.console.open_demo()
        self.console.open_paths(list(paths))

    def _handed_over(self, paths: list[Path], demo: bool) -> None:
        self._take(paths, demo)
        if self.window.isMinimized():
            self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()


def load_cascade(settings: Settings) -> Analyser:
    """The cascade that the settings name, else the one shipped."""
    folder = assets.cascade_dir(settings.cascade_dir)
    return AnalysisService(folder, settings.execution_providers, settings.intra_op_threads)


def run(
    paths: Sequence[Path], data_dir: Path | None = None, demo: bool = False, language: str | None = None
) -> int:
    """Open the window.

    Args:
        paths: films and folders to take in.
        data_dir: value of ``--data-dir``; None for the platform's user folders.
        demo: take the demo study in.
        language: of this run; None for the settings'.

    Returns:
        Exit code: 0 after a normal end or a hand-over to the program that already runs, 1 when it cannot start.
    """
    if _without_display():
        print("There is no display to open a window on. Start it in a session with one.", file=sys.stderr)
        return 1
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("CXR Workstation")
    application.setDesktopFileName("cxr-workstation")
    application.setStyle("Fusion")
    application.setWindowIcon(QIcon(str(assets.resources_dir() / "icons" / "app.svg")))
    application.setQuitOnLastWindowClosed(False)
    try:
        folder = open_data_folder(data_dir)
        with contextlib.ExitStack() as stack:
            if not _held(folder, stack, lambda: single_instance.hand_over(folder.root, paths, demo=demo)):
                return 0
            code, hangs = _run_in(folder, application, paths, demo, language)
        if hangs:
            leave(code)
        return code
    except StorageFailed as error:
        print(f"{error.message} {error.remedy}", file=sys.stderr)
        _show_refusal(error, language)
        return 1


def _held(folder: DataFolder, stack: contextlib.ExitStack, hand_over: Callable[[], bool]) -> bool:
    """Hold the folder until `stack` closes; False where the program that holds it has taken the films.

    Of two that are started at once (two films, opened together) the first holds it before it can be spoken to.

    Raises:
        StorageFailed: it is held, by whom does not take films; or it cannot be held.
    """
    begun = time.monotonic()
    while not hand_over():
        try:
            stack.enter_context(folder.lock())
            return True
        except StorageFailed as error:
            # A service never takes films; its name may be left of one that a window follows this moment.
            patience = {"in_use": _STARTING_S, "in_use_by_service": _SERVICE_S}.get(error.code, 0.0)
            if time.monotonic() >= begun + patience:
                raise
        time.sleep(0.2)
    return False


def _show_refusal(error: KnownError, language: str | None) -> None:
    """Say on the screen why the program does not start: whoever began it by an icon has no terminal."""
    if QApplication.platformName() in ("offscreen", "minimal"):
        return  # nobody would ever close it
    translations = Translations(language)
    translations.use("system")  # the settings are perhaps what cannot be read
    box = QMessageBox(QMessageBox.Icon.Critical, QApplication.applicationName(), words.error(error)[0])
    box.setInformativeText("\n\n".join(dict.fromkeys([words.error(error)[1], error.message])))
    box.exec()
    translations.drop()


def _without_display() -> bool:
    """Qt would abort the process."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform == "linux" and QApplication.instance() is None and not any(map(os.environ.get, named))


def _run_in(
    folder: DataFolder, application: QApplication, paths: Sequence[Path], demo: bool, language: str | None
) -> tuple[int, bool]:
    """Exit code, and whether a worker hangs."""
    with log_file(folder.logs):
        # Nobody has chosen anything yet, and nobody is waiting for a film.
        first = not folder.settings_file.exists() and not demo and not paths
        # What can be used keeps the console working; the file stays as it is until it is mended or saved over.
        settings, problem = file.load_usable(folder.settings_file)
        with contextlib.ExitStack() as opening:
            opening.enter_context(_opening(settings))
            program = Program(folder, settings, problem, language=language)
            program.window.closed.connect(application.quit)
            with hooks(program.tell_mistake), stop_signals(application.quit):
                try:
                    program.start(paths, demo=demo, setup=first)
                    gc.freeze()  # what stays to the end need not be looked through with every collection
                    opening.close()
                    code = application.exec()
                finally:
                    program.close()
        if program.hangs:
            _log.error("a worker hangs; the program ends without it")
        return code, program.hangs


@contextlib.contextmanager
def _opening(settings: Settings) -> Iterator[None]:
    """Show that the program opens, which takes seconds where the database is large."""
    screen = opening_screen(palette(settings.theme))
    screen.show()
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, _DRAWN_MS)
    try:
        yield
    finally:
        screen.close()
