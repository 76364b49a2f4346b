"""F1: the guide at the chapter about what a person is at, in the window and in every dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from workstation import assets
from workstation.ui.guide_window import GuideWindow
from workstation.ui.look import Look

KEY = "F1"
_OF_SETTINGS = {
    "analysis": "models",
    "listener": "network",
    "worklist": "worklist",
    "sending": "network",
    "statistics": "statistics",
}


class GuideOpener:
    """Holds the guide while it is open.

    Args:
        language, look: of the window, asked for each time.
    """

    def __init__(self, language: Callable[[], str], look: Callable[[], Look]) -> None:
        self._language = language
        self._look = look
        self._window: GuideWindow | None = None

    def open(self, topic: str, beside: QWidget) -> None:
        """Show the guide at `topic`; it belongs to the window `beside`, so that no dialog bars it."""
        if self._window is not None and self._window.parentWidget() is not beside:
            self._window.close()
            self._window = None
        if self._window is None:
            folder = assets.resources_dir() / "guide"
            made = GuideWindow(folder, self._language(), self._look().colours, beside)
            made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            made.destroyed.connect(lambda: self._closed(made))
            made.show()
            self._window = made
        else:
            self._window.raise_()
            self._window.activateWindow()
        self._window.open_topic(topic)

    def give_key(self, dialog: QWidget | None, topic: str | Callable[[], str]) -> None:
        """Let F1 in `dialog` open the guide at `topic`; a dialog that has the key keeps it."""
        if dialog is None or dialog.findChild(QShortcut, KEY) is not None:
            return
        key = QShortcut(QKeySequence(KEY), dialog)
        key.setObjectName(KEY)
        key.activated.connect(lambda: self.open(topic() if callable(topic) else topic, dialog))

    def close(self) -> None:
        """Language or theme changed: the next F1 makes it anew."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _closed(self, window: GuideWindow) -> None:
        if self._window is window:
            self._window = None


def topic_of_settings(page: str) -> str:
    """What the guide says about a page of the settings dialog."""
    return _OF_SETTINGS.get(page, "settings")
