"""Opens the statistics window over a console, once, and keeps it in the window's language and theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workstation.domain.statistics import Levels
from workstation.settings.model import Settings
from workstation.ui.console import Console
from workstation.ui.look import Look
from workstation.ui.roster import Problem

if TYPE_CHECKING:
    from workstation.ui.statistics.window import StatisticsWindow


def levels_of(settings: Settings) -> Levels:
    """Levels from the settings; a target above the action level, or a low level above the target, gives way."""
    action = settings.reject_action_percent / 100
    target = min(settings.reject_target_percent / 100, action)
    return Levels(target, action, min(settings.reject_low_percent / 100, target))


class StatisticsOpener:
    """Holds the window while it is open."""

    def __init__(self) -> None:
        self._window: StatisticsWindow | None = None

    def open(self, parent: QWidget, console: Console, settings: Settings, language: str) -> None:
        """Show the window, or bring the open one forward with fresh numbers."""
        if self._window is not None:
            if self._window.levels != levels_of(settings):
                self.restyle(settings, language)
            self._window.reload()
            self._window.raise_()
            self._window.activateWindow()
            return
        # pyqtgraph takes a third of a second to load: the console starts without it.
        from workstation.ui.statistics.window import StatisticsWindow

        window = StatisticsWindow(
            console.parts.statistics,
            console.workers.background,
            console.parts.reasons,
            levels_of(settings),
            Look.of(settings.theme, settings.text_scale),
            language,
            parent,
        )
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.film_chosen.connect(console.recall)
        window.film_chosen.connect(lambda _id: parent.activateWindow())
        window.failed.connect(lambda error: console.problem.emit(Problem(window.windowTitle(), error)))
        window.destroyed.connect(self._closed)
        self._window = window
        window.resize(parent.size())
        window.show()

    @property
    def window(self) -> StatisticsWindow | None:
        """The one that is open."""
        return self._window

    def restyle(self, settings: Settings, language: str) -> None:
        """Language, theme or levels changed."""
        if self._window is not None:
            look = Look.of(settings.theme, settings.text_scale)
            self._window.restyle(look, language, levels_of(settings))

    def _closed(self) -> None:
        self._window = None
