"""The window: places the parts, and rebuilds them when language or theme change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
)

from workstation.domain.delivery import DestinationState
from workstation.domain.operator import Right
from workstation.settings.model import Settings
from workstation.ui import style, theme
from workstation.ui.about import AboutDialog
from workstation.ui.auto_send import AutoSend
from workstation.ui.connections.opening import ConnectionsOpener
from workstation.ui.console import Console
from workstation.ui.error_dialog import ErrorDialog
from workstation.ui.exporting import Exporter
from workstation.ui.guide_opening import GuideOpener, topic_of_settings
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Outcome
from workstation.ui.keys_dialog import KeysDialog
from workstation.ui.locking import Locking
from workstation.ui.look import Look, grow, room_on_screen
from workstation.ui.roster import Problem
from workstation.ui.session import Session
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.settings_store import SettingsStore
from workstation.ui.setup import SetupDialog, SetupOpener
from workstation.ui.statistics.opening import StatisticsOpener, levels_of
from workstation.ui.view import View
from workstation.ui.window_menus import fill_menus

_LEAST = QSize(1024, 640)
_LEAST_LARGE = 1280  # width with larger type: narrower, Retake would be off the window


class MainWindow(QMainWindow):
    """The radiographer's window.

    Signals:
        closed: a person closed it; the owner ends the program.
    """

    closed = Signal()

    def __init__(
        self, console: Console, settings: SettingsStore, translations: Translations, session: Session
    ) -> None:
        super().__init__()
        self._session = session
        self._console = console
        self._settings = settings
        self._translations = translations
        self._errors: ErrorDialog | None = None
        self._statistics = StatisticsOpener()
        self._connections = ConnectionsOpener(
            self.open_settings, self._kept_chosen, lambda: session.may(Right.SETTINGS)
        )
        self._setup = SetupOpener(settings, settings.keep, self._make_setup)
        self._guide = GuideOpener(lambda: translations.language, self._look)
        self.exporter = Exporter(self, lambda: self.view.stage.film, console, translations, self._guide)
        self.setAcceptDrops(True)
        self.view = self._build()
        self.locking = Locking(self, session, self._look())
        self._guide.give_key(self.locking.view, "sign in")
        self._fit_screen()
        self.view.stage.film.setFocus()
        # Until the operators are read nobody is signed in: films are covered from the first moment.
        self.locking.refresh()
        self.exporter.saved.connect(self._saved)
        self._offer_kept()
        console.statuses_changed.connect(self._offer_kept)
        console.problem.connect(self._problem)
        settings.changed.connect(self._settings_changed)
        settings.failed.connect(self._settings_failed)

    # ---- building ----

    def rebuild(self) -> None:
        """Build all parts anew: language, theme or place changed. Films and decisions stay."""
        old, entered = self.view, self.view.panel.entered()
        self.locking.drop()
        self.view = self._build()
        old.body.deleteLater()
        self.locking = Locking(self, self._session, self._look())
        self._guide.give_key(self.locking.view, "sign in")
        self.locking.refresh()
        self._guide.close()
        self._statistics.restyle(self._settings(), self._translations.language)
        self._connections.renew(self, self._console, self._settings())
        self._offer_kept()
        self.view.stage.restore(old.stage.film)
        for problem in reversed(old.problems.problems()):
            self.view.problems.add(problem)
        self.view.stage.film.setFocus()
        if entered is not None:
            self.view.panel.go_on(entered)

    def _build(self) -> View:
        settings = self._settings()
        language = self._translations.use(settings.language)
        look = Look.of(settings.theme, settings.text_scale)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(theme.qt_palette(look.colours))
        application.setFont(theme.font(scale=look.scale))
        application.setStyleSheet(style.stylesheet(look.colours, look.dark, look.scale))
        self.setWindowTitle("CXR Workstation")
        self._fit_least()
        view = View.make(self._console, settings, look, language)
        stage, panel = view.stage, view.panel
        stage.film.actions_.compare.toggled.connect(self._fit_list)
        fill_menus(self, self._console, view, look)
        stage.empty.open_wanted.connect(self.open_files)
        stage.empty.demo_wanted.connect(self._console.open_demo)
        stage.empty.settings_wanted.connect(lambda: self.open_settings("films", "watch_folders"))
        view.top.connections_wanted.connect(self.open_connections)
        seconds = settings.auto_send_seconds
        countdown = AutoSend(self._console, seconds, self._is_seen, lambda: panel.prompting, view.body)
        countdown.counting.connect(panel.strip.set_countdown)
        countdown.start()
        self.setCentralWidget(view.body)
        return view

    def _fit_least(self) -> None:
        """A window that cannot be as small as its screen (an upright one, too) would hide buttons."""
        least = QSize(self._look().px(_LEAST.width(), _LEAST_LARGE), _LEAST.height())
        self.setMinimumSize(least.boundedTo(room_on_screen(self)))

    def _fit_list(self) -> None:
        self.view.fit_list(self.width(), self._look())

    @property
    def console(self) -> Console:
        """What the window shows."""
        return self._console

    def _look(self) -> Look:
        settings = self._settings()
        return Look.of(settings.theme, settings.text_scale)

    def _is_seen(self) -> bool:
        # A menu covers the film, and whoever opened it is about to do something.
        free = QApplication.activePopupWidget() is None
        return free and self.isActiveWindow() and not self._session.locked

    def _fit_screen(self) -> None:
        screen = QGuiApplication.primaryScreen()
        room = screen.availableSize()
        self.resize(QSize(1600, 960).boundedTo(room))
        if room.width() <= 1600:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    # ---- what a person does ----

    def open_files(self) -> None:
        """Ask for files and take them in."""
        names, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Open films"),
            "",
            self.tr("Films (*.dcm *.dicom *.ima *.png *.jpg *.jpeg *.tif *.tiff);;All files (*)"),
        )
        self._console.open_paths([Path(n) for n in names], by_hand=True)

    def scale_type(self, step: int) -> None:
        """Make the type larger or smaller by `step` per cent, 100 to 200."""
        settings = self._settings()
        wanted = min(200, max(100, settings.text_scale + step))
        if wanted != settings.text_scale:
            self._settings.replace(replace(settings, text_scale=wanted))

    def open_folder(self) -> None:
        """Ask for a folder and take all its films in."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Open a folder of films"))
        if name:
            self._console.open_paths([Path(name)], by_hand=True)

    def send_kept(self) -> None:
        """Queue films that were decided before a destination was set; while there is none, say so."""
        if self._settings().destinations:
            self._kept_chosen(True)
        else:
            self.open_connections()

    def _offer_kept(self) -> None:
        kept = any(s.waiting for s in self._console.statuses if s.state is DestinationState.NOT_CONFIGURED)
        self.view.menus.actions_by_name["send_kept"].setEnabled(kept)

    def _kept_chosen(self, send: bool) -> None:
        console = self._console
        delivery, author = console.parts.delivery, console.author
        act = delivery.enqueue_waiting if send else delivery.leave_unsent
        console.workers.decisions.run_task(lambda: act(author), self._queued)

    def _queued(self, outcome: Outcome[int]) -> None:
        if outcome.error is not None:
            self._problem(Problem("", outcome.error))
        self._console.refresh()

    def lock(self) -> None:
        """Sign out; the next person signs in."""
        self._session.lock()

    def open_operators(self) -> None:
        """Who may sign in."""
        if self._session.may(Right.OPERATORS):
            self._guide.give_key(self.locking.manage(), "operators")

    def open_setup(self) -> None:
        """The few things that a new console needs to know."""
        if self._session.may(Right.SETTINGS):
            self._setup.open()

    def _make_setup(self, page: int) -> SetupDialog:
        parts, jobs = self._console.parts, self._console.workers.background
        language = self._translations.language
        made = SetupDialog(self._settings(), language, parts, jobs, self._look(), page, self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._guide.give_key(made, "first start")
        return made

    def open_settings(self, page: str = "console", key: str = "") -> None:
        """Edit settings, beginning with a page or one setting on it; they take effect at once."""
        if not self._session.may(Right.SETTINGS):
            return
        console = self._console
        dialog = SettingsDialog(
            self._settings(),
            self._translations.language,
            console.parts.test,
            console.workers.background,
            self,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._settings.mend(dialog.result_settings))
        look = self._look()
        grow(dialog, look.px(900, 1280), look.px(640, 700))
        dialog.show_page(page, key)
        self._guide.give_key(dialog, lambda: topic_of_settings(dialog.page))
        dialog.open()

    def open_connections(self) -> None:
        """Every peer, how it stands, and what waits to be sent."""
        self._connections.open(self, self._console, self._settings())
        self._guide.give_key(self._connections.window, "connections")

    def open_statistics(self) -> None:
        """The lead radiographer's numbers; one window of them."""
        if not self._session.may(Right.STATISTICS):
            return
        self._statistics.open(self, self._console, self._settings(), self._translations.language)
        self._guide.give_key(self._statistics.window, "statistics")

    def show_guide(self) -> None:
        """The user guide in the window's language, at the chapter about what a person is at."""
        self._guide.open(self._topic(), self)

    def _topic(self) -> str:
        if self._session.locked:
            return "sign in"
        view = self.view
        if view.panel.prompting:
            return "decide"
        if view.stage.film.busy_with_tool:
            return "film"
        nothing = self._console.stage is None and not self._console.previewing
        return "open" if nothing or view.problems.holds_focus() else "a film comes"

    def show_keys(self) -> None:
        """The keys, on demand."""
        dialog = KeysDialog(self.view.menus.groups(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._guide.give_key(dialog, "film")
        dialog.show()

    def show_about(self) -> None:
        """Versions and places, for the support desk."""
        console = self._console
        analysis, data = console.analysis, console.parts.data_root
        dialog = AboutDialog(analysis.cascade_name, analysis.loading, data, self._settings.file, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._guide.give_key(dialog, "program wrong")
        dialog.show()

    def toggle_projection(self) -> None:
        """Offer the choice of projection, or put it away; reasons or notes that are open give way to it."""
        self.view.panel.close_prompt()
        card = self.view.panel.cards.projection_card
        if card is not None:
            card.toggle_choices()

    def toggle_full_screen(self) -> None:
        """The whole screen for the window, or back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # ---- what is said ----

    def show_mistake(self, text: str) -> None:
        """A bug was caught: one dialog that gathers all."""
        if self._errors is None:
            self._errors = ErrorDialog(text, self)
            self._errors.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._errors.destroyed.connect(self._forget_errors)
            self._errors.show()
        else:
            self._errors.add(text)

    def _forget_errors(self) -> None:
        self._errors = None

    def _problem(self, problem: Problem) -> None:
        self.view.problems.add(problem)

    def _saved(self, name: str) -> None:
        self.view.panel.strip.tell_saved(name)

    def _settings_failed(self, error: BaseException) -> None:
        self._problem(Problem(self.tr("Settings"), error))

    def _settings_changed(self, before: Settings, after: Settings) -> None:
        peers = ("destinations", "set_aside", "listener", "worklist")
        if any(getattr(before, key) != getattr(after, key) for key in peers):
            self._connections.renew(self, self._console, after)
        shown = (
            "language",
            "theme",
            "text_scale",
            "room",
            "operator",
            "undo_seconds",
            "auto_send_seconds",
            "send_turned",
            "watch_folders",
            "typical_dose_frontal_msv",
            "typical_dose_lateral_msv",
        )
        if any(getattr(before, key) != getattr(after, key) for key in shown):
            self.rebuild()
        elif levels_of(before) != levels_of(after):
            self._statistics.restyle(after, self._translations.language)

    # ---- Qt ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.windowHandle().screenChanged.connect(self._fit_least, Qt.ConnectionType.UniqueConnection)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.locking.place()
        self._fit_list()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Locked, it takes nothing by hand, whatever way: what is dropped would stand on the next person's stage.
        if not self._session.locked and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.view.stage.set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.view.stage.set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.view.stage.set_dropping(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths and not self._session.locked:
            event.acceptProposedAction()
            self._console.open_paths(paths, by_hand=True)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
