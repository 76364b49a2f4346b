"""Fields that a wheel meant for the page around them does not change."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


class _Wheel(QObject):
    """Keeps the wheel from a field; it goes on to the area that scrolls."""

    def __init__(self, field: QWidget, at_all: bool) -> None:
        super().__init__(field)
        self._field = field
        self._at_all = at_all

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel and (self._at_all or not self._field.hasFocus()):
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def keep_from_wheel(field: QWidget, *, at_all: bool = False) -> None:
    """Let the wheel change a combo box or number only while it has the focus, which the wheel does not give it.

    Args:
        at_all: never let the wheel change it, focus or not: a change acts at once.
    """
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_Wheel(field, at_all))
