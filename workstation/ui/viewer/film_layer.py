"""Paints the film itself: crop, resample, look up, draw. Keeps what the next frame can use again.

A plain widget paints this rather than a graphics scene: the only moving thing is one image, and a frame costs the
resampling of what is in sight plus one drawImage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from workstation.domain.turn import Turn
from workstation.imaging.lut import DisplayLut, render_8bit
from workstation.imaging.pyramid import Pyramid, Region
from workstation.ui.viewer.viewport import Viewport

_ROTATION = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class _Drawn:
    viewport: Viewport
    draft: bool
    values: npt.NDArray[Any]
    region: Region


class FilmLayer:
    """The film's pixels on the canvas."""

    def __init__(self) -> None:
        self._pyramid: Pyramid | None = None
        self._drawn: _Drawn | None = None
        self._lut: DisplayLut | None = None
        # QImage does not own the bytes it shows: the array lives as long as the image.
        self._grey: npt.NDArray[np.uint8] | None = None
        self._image: QImage | None = None

    def set_pyramid(self, pyramid: Pyramid | None) -> None:
        """Show another film, or none."""
        self._pyramid = pyramid
        self._drawn = None
        self._image = None
        self._grey = None

    def paint(self, painter: QPainter, viewport: Viewport, lut: DisplayLut, *, draft: bool) -> None:
        """Draw what is in sight; `painter` is in device pixels. With `draft`, quickly rather than exactly."""
        drawn = self._resample(viewport, draft)
        if drawn is None:
            return
        if self._image is None or self._lut is not lut:
            self._grey = np.ascontiguousarray(render_8bit(drawn.values, lut))
            height, width = self._grey.shape
            self._image = QImage(self._grey.data, width, height, width, QImage.Format.Format_Grayscale8)
            self._lut = lut
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(_corner(viewport, drawn.region), self._image)

    def _resample(self, viewport: Viewport, draft: bool) -> _Drawn | None:
        drawn = self._drawn
        # An exact frame also serves a draft of the same view.
        if drawn is not None and drawn.viewport == viewport and (draft or not drawn.draft):
            return drawn
        visible = viewport.visible()
        if self._pyramid is None or visible is None:
            return None
        scale = viewport.scale
        patch = self._pyramid.patch(visible, scale, scale * viewport.aspect, draft=draft)
        self._drawn = _Drawn(viewport, draft, turned(patch.values, viewport.turn), patch.region)
        self._image = None
        return self._drawn


def turned(values: npt.NDArray[Any], turn: Turn) -> npt.NDArray[Any]:
    """Turn an array clockwise by quarters, then mirror it left-right."""
    if turn.quarters % 4:
        values = np.asarray(cv2.rotate(values, _ROTATION[turn.quarters % 4]))
    return np.asarray(cv2.flip(values, 1)) if turn.mirrored else values


def _corner(viewport: Viewport, region: Region) -> QPointF:
    ax, ay = viewport.to_canvas(region.x0, region.y0)
    bx, by = viewport.to_canvas(region.x1, region.y1)
    return QPointF(round(min(ax, bx)), round(min(ay, by)))
