"""A magnifying glass over the film."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from workstation.domain.field import CollimatedField
from workstation.imaging.lut import DisplayLut
from workstation.imaging.pyramid import Pyramid
from workstation.ui.theme import DARK
from workstation.ui.viewer.film_layer import FilmLayer
from workstation.ui.viewer.shutter import paint_shutter
from workstation.ui.viewer.viewport import MAX_SCALE, Viewport

RADIUS = 130.0
"""Logical pixels."""
FACTOR = 2.5


class Lens:
    """Shows what lies under the pointer `FACTOR` times larger, at least at 1:1, windowed as the film is."""

    def __init__(self) -> None:
        self.shown = False
        self.at: QPointF | None = None
        self._layer = FilmLayer()

    def set_pyramid(self, pyramid: Pyramid | None) -> None:
        """Another film, or none."""
        self._layer.set_pyramid(pyramid)

    def paint(
        self,
        painter: QPainter,
        viewport: Viewport,
        lut: DisplayLut,
        ratio: float,
        shutter: CollimatedField | None = None,
    ) -> None:
        """Draw the glass about the pointer; nothing where it is off the film's canvas.

        What the film has blacked out about `shutter` is black in the glass, too.
        """
        if not self.shown or self.at is None:
            return
        inner = self.within(viewport, self.at * ratio, RADIUS * ratio)
        circle = QPainterPath()
        circle.addEllipse(self.at, RADIUS, RADIUS)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(circle)
        painter.fillPath(circle, QColor(DARK.surround))
        painter.translate(self.at - QPointF(RADIUS, RADIUS))
        painter.save()
        painter.scale(1.0 / ratio, 1.0 / ratio)
        self._layer.paint(painter, inner, lut, draft=False)
        painter.restore()
        if shutter is not None:
            paint_shutter(painter, shutter, inner, ratio, DARK)
        painter.restore()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 5.0))
        painter.drawEllipse(self.at, RADIUS, RADIUS)
        painter.setPen(QPen(QColor(DARK.accent), 2.0))
        painter.drawEllipse(self.at, RADIUS, RADIUS)
        painter.restore()

    @staticmethod
    def within(viewport: Viewport, at: QPointF, radius: float) -> Viewport:
        """The film within the glass, device pixels: the point under its middle stays in its middle."""
        scale = min(MAX_SCALE, max(1.0, viewport.scale * FACTOR))
        factor = scale / viewport.scale
        return replace(
            viewport,
            width=2 * radius,
            height=2 * radius,
            scale=scale,
            left=radius - (at.x() - viewport.left) * factor,
            top=radius - (at.y() - viewport.top) * factor,
        )
