"""The rotation of the chest as a small thorax seen from above, and how far it is turned, the one way or the other."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from workstation.domain.findings import RotationFinding
from workstation.ui.theme import Palette

WIDTH = 92.0
HEIGHT = 72.0
_HALF_DEPTH = 23.0
_HALF_BREADTH = 29.0
_REACH = 34.0


def paint(painter: QPainter, place: QRectF, finding: RotationFinding, colour: str, colours: Palette) -> None:
    """Draw into `place`: dotted line = true lateral, solid lines = the chest, turned the one way or the other.

    The lines lie at the angle itself, so that 14 degrees look like 14 degrees; a pale fan is one standard deviation.
    The thorax stands straight: which side is turned forward is not known, and a tilted one would claim it.
    """
    angle = abs(finding.angle_deg or 0.0)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 16, 19, 150))
    painter.drawRoundedRect(place, 4, 4)
    painter.translate(place.center())
    reference = QPen(QColor(colours.quiet), 1.4)
    reference.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(reference)
    painter.drawLine(QPointF(-_REACH - 4, 0), QPointF(_REACH + 4, 0))
    if finding.angle_sd_deg:
        fan = QColor(colour)
        fan.setAlpha(70)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fan)
        box = QRectF(-_REACH, -_REACH, 2 * _REACH, 2 * _REACH)
        spread = round(finding.angle_sd_deg * 16)
        for way in (angle, -angle):
            for side in (0, 180):
                painter.drawPie(box, round((side - way) * 16) - spread, 2 * spread)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    chest = _chest()
    for pen in (QPen(QColor(0, 0, 0, 190), 4.0), QPen(QColor(colours.film_text), 1.6)):
        painter.setPen(pen)
        painter.drawPath(chest)
    painter.setPen(Qt.PenStyle.NoPen)
    lung = QColor(colours.film_text)
    lung.setAlpha(46)
    painter.setBrush(lung)
    for side in (-1, 1):
        painter.drawEllipse(QPointF(-1, side * _HALF_BREADTH * 0.5), _HALF_DEPTH * 0.66, _HALF_BREADTH * 0.34)
    painter.setPen(QPen(QColor(colour), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for way in (angle, -angle):
        along = QPointF(math.cos(math.radians(way)), math.sin(math.radians(way))) * _REACH
        painter.drawLine(-along, along)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.film_text))
    painter.drawEllipse(QPointF(_HALF_DEPTH - 6, 0), 3.2, 3.2)
    painter.restore()


def _chest() -> QPainterPath:
    """Axial outline: flat in front (left), a groove at the spine (right)."""
    d, b = _HALF_DEPTH, _HALF_BREADTH
    path = QPainterPath(QPointF(-d, 0))
    path.cubicTo(QPointF(-d, -b * 0.8), QPointF(-d * 0.45, -b), QPointF(0, -b))
    path.cubicTo(QPointF(d * 0.75, -b), QPointF(d * 1.2, -b * 0.45), QPointF(d * 0.92, 0))
    path.cubicTo(QPointF(d * 1.2, b * 0.45), QPointF(d * 0.75, b), QPointF(0, b))
    path.cubicTo(QPointF(-d * 0.45, b), QPointF(-d, b * 0.8), QPointF(-d, 0))
    return path
