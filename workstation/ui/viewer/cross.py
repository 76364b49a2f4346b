"""A cross moved by keys: it stands for the pointer where measuring is done without a mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen

from workstation.ui.theme import DARK

STEP, FINE = 12.0, 1.0
_ARROWS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}
_SIZE = 12.0


class Cross:
    """Where the keys point, in logical pixels of the canvas; None until an arrow key is pressed."""

    def __init__(self) -> None:
        self.at: QPointF | None = None

    def move(self, event: QKeyEvent, area: QRectF) -> bool:
        """Follow an arrow key (with Shift: pixel by pixel) within `area`; False for any other key."""
        way = _ARROWS.get(Qt.Key(event.key()))
        if way is None:
            return False
        if self.at is None:
            self.at = area.center()
            return True
        step = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        moved = self.at + way * step
        self.at = QPointF(
            min(max(moved.x(), area.left()), area.right()), min(max(moved.y(), area.top()), area.bottom())
        )
        return True

    def paint(self, painter: QPainter) -> None:
        """Draw it; nothing where no key was pressed yet."""
        if self.at is None:
            return
        for colour, width in (("#000000", 4.0), (DARK.accent, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(self.at - QPointF(_SIZE, 0), self.at + QPointF(_SIZE, 0))
            painter.drawLine(self.at - QPointF(0, _SIZE), self.at + QPointF(0, _SIZE))
