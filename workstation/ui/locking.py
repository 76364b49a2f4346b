"""Brings sign-in, lock and rights into the main window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from workstation.domain.operator import Right
from workstation.ui.look import Look
from workstation.ui.operators_window import OperatorsWindow
from workstation.ui.session import Session
from workstation.ui.sign_in import SignInView

if TYPE_CHECKING:
    from workstation.ui.main_window import MainWindow

_NEEDS = {
    "settings": Right.SETTINGS,
    "setup": Right.SETTINGS,
    "statistics": Right.STATISTICS,
    "operators": Right.OPERATORS,
}


class Locking(QObject):
    """Covers one build of the window while it is locked, and greys out what a role may not do."""

    def __init__(self, window: MainWindow, session: Session, look: Look) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._look = look
        self.view = SignInView(session, look, window)
        self.view.hide()
        session.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Follow the session."""
        locked = self._session.locked
        self._window.view.panel.belong_to(self._session.name)
        if locked:
            for other in QApplication.topLevelWidgets():
                # They show patients and settings too, or lead to them.
                if isinstance(other, QDialog | QMenu) and other.isVisible():
                    other.close()
            self.place()
            self.view.refresh()
        # Hidden, not just covered: its keys rest, and nothing of a patient can be seen.
        self._window.view.body.setVisible(not locked)
        self.view.setVisible(locked)
        if locked:
            self.view.raise_()
            self.view.take_focus()
        elif self._window.isVisible() and not self._window.view.panel.take_focus():
            self._window.view.stage.film.setFocus()
        self._rights()
        self._window.view.top.say_who(self._session.name)

    def place(self) -> None:
        """Cover the whole window."""
        self.view.setGeometry(self._window.rect())

    def manage(self) -> OperatorsWindow:
        """Open the list of operators."""
        console = self._window.console
        window = OperatorsWindow(
            console.parts.operators,
            console.workers.decisions,
            console.author,
            self._session.follow,
            self._look,
            self._window,
        )
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.open()
        return window

    def drop(self) -> None:
        """Before the window is built anew."""
        self._session.changed.disconnect(self.refresh)
        self.view.hide()
        self.view.deleteLater()
        self.deleteLater()

    def _rights(self) -> None:
        named = self._window.view.menus.actions_by_name
        for name, right in _NEEDS.items():
            allow(named[name], self._session.may(right))
        # It leads to the settings, too.
        allow(self._window.view.stage.empty.watch, self._session.may(Right.SETTINGS))
        named["lock"].setEnabled(bool(self._session.name))


def allow(control: QAction | QWidget, allowed: bool) -> None:
    """Enable what leads where not every role may go, or grey it out and say why."""
    control.setEnabled(allowed)
    reason = QCoreApplication.translate("Locking", "Your role does not allow this")
    control.setToolTip("" if allowed else reason)
