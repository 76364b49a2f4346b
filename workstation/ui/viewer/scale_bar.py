"""A bar of a round length in millimetres, where the film's pixel spacing is known."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from workstation.domain.film import FilmHeader
from workstation.services.film_text import FilmWords, scale_text
from workstation.ui.viewer.text import TextPainter
from workstation.ui.viewer.viewport import Viewport

_LENGTHS_MM = (1, 2, 5, 10, 20, 50, 100, 200)
LONGEST = 160.0
_SHORTEST = 24.0


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A bar of `length` logical pixels that stands for `millimetres`."""

    length: float
    millimetres: int
    caption: str

    def paint(self, painter: QPainter, text: TextPainter, font: QFont, place: QRectF, colour: str) -> None:
        """Caption on top, bar at the lower right of `place`."""
        size = text.size(self.caption, font)
        text.draw(painter, QPointF(place.right() - size.width(), place.top()), self.caption, font, colour)
        y, right = place.bottom() - 6.0, place.right() - 1.0
        left = right - self.length
        lines = [
            QLineF(left, y, right, y),
            QLineF(left, y - 3, left, y + 3),
            QLineF(right, y - 3, right, y + 3),
        ]
        painter.save()
        painter.setPen(QPen(QColor(0, 0, 0, 190), 4.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
        painter.drawLines(lines)
        painter.setPen(QPen(QColor(colour), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(lines)
        painter.restore()


def scale_bar(
    header: FilmHeader, viewport: Viewport, ratio: float, words: FilmWords, longest: float = LONGEST
) -> ScaleBar | None:
    """The longest round bar that stays handy, or None where the spacing is unknown or absurd.

    Args:
        longest: logical pixels.
    """
    spacing = header.usable_spacing
    if spacing is None:
        return None
    # The scale is that of the columns, however the film is turned and however high its pixels are.
    per_mm = viewport.scale / ratio / spacing[1]
    fitting = [length for length in _LENGTHS_MM if _SHORTEST <= length * per_mm <= longest]
    if not fitting:
        return None
    best = fitting[-1]
    return ScaleBar(best * per_mm, best, scale_text(best, header.spacing_kind, words))
