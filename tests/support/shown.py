"""A film view on the stage, and what of it is seen in which colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from tests.support.films import film, noise
from workstation.domain.edges import Edge
from workstation.domain.field import WHOLE_FILM, CollimatedField
from workstation.domain.findings import Verdict
from workstation.ui.viewer.edges import field_rect
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.prepared import prepare


def stage(
    qtbot: QtBot, verdict: Verdict | None, width: int = 900, height: int = 700, language: str = "en"
) -> FilmView:
    view = FilmView(language)
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    view.set_film(prepare(film(noise(600, 600, top=40), patient_orientation=None)))
    view.set_verdict(verdict)
    return view


def colour_map(view: FilmView, colour: str) -> npt.NDArray[np.bool_]:
    """Where the canvas shows `colour`, a little antialiasing allowed."""
    image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    rgb = rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)
    want = QColor(colour)
    return np.abs(rgb - [want.red(), want.green(), want.blue()]).max(axis=2) <= 12


def share_along(
    view: FilmView, found: npt.NDArray[np.bool_], edge: Edge, field: CollimatedField = WHOLE_FILM
) -> float:
    """Share of the border's length, as shown, at which the colour is seen within 9 pixels of it."""
    viewport = view.canvas.viewport
    assert viewport is not None
    shown = field_rect(viewport, 1.0, field)
    x0, y0, x1, y1 = (round(v) for v in (shown.left(), shown.top(), shown.right(), shown.bottom()))
    height, width = found.shape
    xs, ys = slice(max(0, x0), min(width, x1)), slice(max(0, y0), min(height, y1))
    strips = {
        Edge.LEFT: found[ys, max(0, x0 - 9) : x0 + 9].any(axis=1),
        Edge.RIGHT: found[ys, x1 - 9 : x1 + 9].any(axis=1),
        Edge.TOP: found[max(0, y0 - 9) : y0 + 9, xs].any(axis=0),
        Edge.BOTTOM: found[y1 - 9 : y1 + 9, xs].any(axis=0),
    }
    strip = strips[edge]
    return float(strip.mean()) if strip.size else 0.0
