"""Blades in the viewer: bars stand at them, thin lines mark them, what lies outside can be blacked out."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.support.films import cut
from tests.support.shown import colour_map, share_along, stage
from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.findings import State
from workstation.domain.turn import Turn
from workstation.ui.theme import DARK
from workstation.ui.viewer.edges import field_rect
from workstation.ui.viewer.lens import RADIUS, Lens


@pytest.mark.parametrize("edge", list(Edge))
@pytest.mark.parametrize("turn", [Turn(), Turn(1), Turn(3, True)])
def test_behind_blades_the_bar_is_at_the_blade(qtbot: QtBot, edge: Edge, turn: Turn) -> None:
    field = CollimatedField(0.2, 0.1, 0.85, 0.7)
    view = stage(qtbot, cut(edge).found_within(field))
    view.set_turn(turn)
    found = colour_map(view, DARK.warn)
    for border in Edge:
        assert share_along(view, found, border) < 0.1
        share = share_along(view, found, border, field)
        assert 0.5 < share < 0.9 if border is turn.edge(edge) else share < 0.1


@pytest.mark.parametrize("state", list(State))
def test_blades_are_drawn_whatever_is_said_of_the_lungs(qtbot: QtBot, state: State) -> None:
    plain, field = cut(state=state), CollimatedField(0.2, 0.0, 1.0, 1.0)
    found = (stage(qtbot, v).canvas.grab().toImage() for v in (plain, plain.found_within(field)))
    images = [i.convertToFormat(QImage.Format.Format_Grayscale8) for i in found]
    without, blades = (
        np.frombuffer(i.constBits(), np.uint8).reshape(i.height(), i.bytesPerLine()).astype(int)
        for i in images
    )
    changed = np.nonzero(np.abs(blades - without) > 40)[1]
    view = stage(qtbot, plain)
    assert view.canvas.viewport is not None
    at = field_rect(view.canvas.viewport, 1.0, field).left()
    assert len(changed) > 300
    assert np.abs(changed - at).max() <= 3


@pytest.mark.parametrize("turn", [Turn(), Turn(1)])
def test_what_lies_outside_the_field_can_be_blacked_out(qtbot: QtBot, turn: Turn) -> None:
    field = CollimatedField(0.2, 0.1, 0.85, 0.7)
    view = stage(qtbot, cut(state=State.PASS))
    assert not view.actions_.shutter.isEnabled()
    view.set_verdict(cut(state=State.PASS).found_within(field))
    view.set_turn(turn)
    view.actions_.overlays.setChecked(False)
    before = view.canvas.grab().toImage()
    view.actions_.shutter.trigger()
    after = view.canvas.grab().toImage()
    assert view.canvas.viewport is not None
    shown, film_ = field_rect(view.canvas.viewport, 1.0, field), view.canvas.viewport.rect
    surround = QColor(DARK.surround).rgb()
    assert {after.pixel(round(x), round(film_[1]) + 4) for x in (film_[0] + 4, film_[2] - 5)} == {surround}
    inside = shown.adjusted(2, 2, -2, -2).toRect()
    assert after.copy(inside) == before.copy(inside)
    view.actions_.shutter.trigger()
    assert view.canvas.grab().toImage() == before


def test_what_was_blacked_out_on_one_film_is_seen_of_the_next(qtbot: QtBot) -> None:
    """Blades that are found amid the lung: its rest was black, and looked cut off by them."""
    view = stage(qtbot, cut(state=State.PASS).found_within(CollimatedField(0.2, 0.1, 0.85, 0.7)))
    view.actions_.shutter.trigger()
    film = view.film
    view.set_film(film)
    view.set_verdict(cut(state=State.PASS).found_within(CollimatedField(0.0, 0.0, 1.0, 0.6)))
    assert view.actions_.shutter.isEnabled()
    assert not view.actions_.shutter.isChecked()
    view.actions_.overlays.setChecked(False)
    shown = view.canvas.grab().toImage()
    view.actions_.shutter.trigger()
    assert view.canvas.grab().toImage() != shown


@pytest.mark.parametrize("turn", [Turn(), Turn(1, True)])
def test_what_is_blacked_out_is_black_in_the_glass_too(qtbot: QtBot, turn: Turn) -> None:
    field = CollimatedField(0.3, 0.0, 1.0, 1.0)
    view = stage(qtbot, cut(state=State.PASS).found_within(field))
    view.set_turn(turn)
    view.actions_.overlays.setChecked(False)
    view.actions_.magnifier.trigger()
    viewport = view.canvas.viewport
    assert viewport is not None
    beside, within = ((0.3 + way) * viewport.film_width for way in (-0.05, 0.05))
    blade, middle = 0.3 * viewport.film_width, viewport.film_height / 2
    QTest.mouseMove(view.canvas, QPointF(*viewport.to_canvas(blade, middle)).toPoint())
    glass = Lens.within(viewport, QPointF(*viewport.to_canvas(blade, middle)), RADIUS)

    def seen() -> dict[float, set[int]]:
        """Greys in the glass about points of the film."""
        image = view.canvas.grab().toImage()
        corner = QPointF(*viewport.to_canvas(blade, middle)) - QPointF(RADIUS, RADIUS)
        places = {x: (QPointF(*glass.to_canvas(x, middle)) + corner).toPoint() for x in (beside, within)}
        steps = [QPoint(dx, dy) for dx in range(-9, 10, 3) for dy in range(-9, 10, 3)]
        return {x: {image.pixelColor(p + step).lightness() for step in steps} for x, p in places.items()}

    plain = seen()
    view.actions_.shutter.trigger()
    shut = seen()
    assert len(plain[beside]) > 1, "the glass shows the film beyond the blade"
    assert shut == {beside: {QColor(DARK.surround).lightness()}, within: plain[within]}
