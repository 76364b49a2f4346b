"""What the cascade measured, drawn thin on the film itself: the lung field, the posterior ribs of both sides."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from workstation.domain.edges import Lines
from workstation.domain.findings import State, Verdict
from workstation.ui.theme import Palette
from workstation.ui.viewer.viewport import Viewport

_SPEAKS = (State.WARN, State.UNSURE)


def on_canvas(lines: Lines, viewport: Viewport, ratio: float) -> list[QPolygonF]:
    """Lines in logical pixels of the canvas; `ratio` device pixels each."""
    width, height = float(viewport.film_width), float(viewport.film_height)
    return [
        QPolygonF([QPointF(*viewport.to_canvas(x * width, y * height)) / ratio for x, y in line])
        for line in lines
    ]


def paint_measured(
    painter: QPainter, verdict: Verdict, viewport: Viewport, ratio: float, colours: Palette
) -> None:
    """Draw the collimator's blades where they were found; the lung field as the cascade sees it where it has something
    to say about it, the posterior ribs of both sides where it has something to say about the rotation."""
    crop, rotation = verdict.crop, verdict.rotation
    paint_lines(painter, on_canvas(verdict.collimation.blade_lines(), viewport, ratio), colours.film_text)
    if crop is not None and crop.state in _SPEAKS:
        paint_lines(painter, on_canvas(crop.lung_outline, viewport, ratio), colours.accent, closed=True)
    if rotation is not None and rotation.state in _SPEAKS:
        paint_lines(painter, on_canvas(rotation.rib_contours, viewport, ratio), colours.accent)


def paint_lines(painter: QPainter, lines: list[QPolygonF], colour: str, *, closed: bool = False) -> None:
    """Thin lines on a dark rim: seen on bone and on air."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    draw = painter.drawPolygon if closed else painter.drawPolyline
    bright = QColor(colour)
    bright.setAlpha(150 if closed else 210)
    for line in lines:
        painter.setPen(QPen(QColor(0, 0, 0, 110), 2.4))
        draw(line)
        painter.setPen(QPen(bright, 1.1))
        draw(line)
    painter.restore()
