"""A black border around the collimated field, on the screen alone: white ones dazzle in a dim room."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPainter, QPainterPath

from workstation.domain.field import CollimatedField
from workstation.ui.theme import Palette
from workstation.ui.viewer.edges import field_rect, film_rect
from workstation.ui.viewer.viewport import Viewport


def paint_shutter(
    painter: QPainter, field: CollimatedField, viewport: Viewport, ratio: float, colours: Palette
) -> None:
    """Cover what of the film lies outside `field` with the colour around the film; `painter` is in logical pixels."""
    if field.whole:
        return
    border = QPainterPath()
    border.addRect(film_rect(viewport, ratio))
    border.addRect(field_rect(viewport, ratio, field))  # a hole: paths fill odd-even
    painter.fillPath(border, QColor(colours.surround))
