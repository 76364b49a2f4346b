"""One connection page at a time; made when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workstation.settings.model import Settings
from workstation.ui.connections.window import ConnectionsWindow
from workstation.ui.console import Console
from workstation.ui.locking import allow
from workstation.ui.look import Look


class ConnectionsOpener:
    """Holds the page while it is open.

    Args:
        edit: opens the settings on a page.
        kept: queues the films that were accepted while no destination was in force (True), or leaves them here.
        may_edit: whether whoever is signed in may open the settings.
    """

    def __init__(
        self, edit: Callable[[str], None], kept: Callable[[bool], None], may_edit: Callable[[], bool]
    ) -> None:
        self._edit = edit
        self._kept = kept
        self._may_edit = may_edit
        self._window: ConnectionsWindow | None = None

    def open(self, parent: QWidget, console: Console, settings: Settings) -> None:
        """Show the page, or bring the open one forward."""
        if self._window is not None:
            self._window.raise_()
            self._window.activateWindow()
            return
        window = ConnectionsWindow(console, settings, Look.of(settings.theme, settings.text_scale), parent)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.settings_wanted.connect(self._edit)
        allow(window.edit, self._may_edit())  # a lock closes the page: it is one person's
        window.kept_chosen.connect(self._kept)
        window.destroyed.connect(self._closed)
        self._window = window
        window.show()

    @property
    def window(self) -> ConnectionsWindow | None:
        """The one that is open."""
        return self._window

    def renew(self, parent: QWidget, console: Console, settings: Settings) -> None:
        """Peers, language or theme changed: an open page is built anew."""
        if self._window is not None:
            old, self._window = self._window, None
            old.destroyed.disconnect(self._closed)
            old.close()
            self.open(parent, console, settings)

    def _closed(self) -> None:
        self._window = None
