"""What the screen shows is what imaging.lut says: polarity, windows, turns, at 1:1 and at fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.films import cut, film, noise
from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.film import GreyscalePipeline, LookupTable, VoiFunction, Window
from workstation.domain.turn import Turn
from workstation.imaging.lut import VoiChoice, VoiKind, display_lut, render_8bit
from workstation.imaging.pyramid import Region
from workstation.services.film import Film
from workstation.ui.viewer.film_layer import FilmLayer
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.prepared import prepare, thumbnail
from workstation.ui.viewer.viewport import Viewport


def shown(view: FilmView) -> npt.NDArray[np.uint8]:
    """The canvas as grey pixels; with the overlays off without the words that say so."""
    if not view.canvas.overlays_shown:
        view.canvas.set_overlay_state(None)
    image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def stage(qtbot: QtBot, what: Film, *, overlays: bool = False) -> FilmView:
    view = FilmView()
    qtbot.addWidget(view)
    view.resize(700, 640)
    view.show()
    view.set_film(prepare(what))
    view.actions_.overlays.setChecked(overlays)
    return view


def on_film(view: FilmView, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    viewport = view.canvas.viewport
    assert viewport is not None
    x0, y0, x1, y1 = (round(v) for v in viewport.rect)
    return picture[max(0, y0) : y1, max(0, x0) : x1]


PIPELINES = {
    "plain": GreyscalePipeline(bits_stored=12, windows=(Window(2000, 3000),)),
    "monochrome1": GreyscalePipeline("MONOCHROME1", bits_stored=12, windows=(Window(2000, 3000),)),
    "monochrome1 restated": GreyscalePipeline(
        "MONOCHROME1", bits_stored=12, windows=(Window(1500, 900),), presentation_lut_shape="INVERSE"
    ),
    "sigmoid": GreyscalePipeline(
        bits_stored=12, windows=(Window(2000, 900),), voi_function=VoiFunction.SIGMOID
    ),
    "voi lut": GreyscalePipeline(
        bits_stored=12, voi_luts=(LookupTable(0, 8, tuple(min(255, int(i**0.66)) for i in range(4096))),)
    ),
    "padding": GreyscalePipeline(bits_stored=12, padding=(0, 200)),
}


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("invert", [False, True])
def test_one_to_one_is_exact(qtbot: QtBot, name: str, invert: bool) -> None:
    pixels = noise(400, 500)
    view = stage(qtbot, film(pixels, greyscale=PIPELINES[name]))
    view.set_inverted(invert)
    view.actions_.one_to_one.trigger()
    assert view.voi is not None
    expected = render_8bit(pixels, display_lut(PIPELINES[name], view.voi, invert))
    assert np.array_equal(on_film(view, shown(view)), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_other_pixel_types_are_exact_too(qtbot: QtBot, dtype: type) -> None:
    signed = dtype is np.int16
    pixels = (noise(300, 300, top=200).astype(np.int32) - (100 if signed else 0)).astype(dtype)
    pipeline = GreyscalePipeline(
        bits_stored=16 if signed else 8, signed=signed, windows=(Window(20 if signed else 100, 150),)
    )
    view = stage(qtbot, film(pixels, greyscale=pipeline))
    view.actions_.one_to_one.trigger()
    assert np.array_equal(on_film(view, shown(view)), render_8bit(pixels, display_lut(pipeline)))


@pytest.mark.parametrize("turn", [Turn(q, m) for q in range(4) for m in (False, True)])
def test_a_turned_film_is_exact_at_one_to_one(qtbot: QtBot, turn: Turn) -> None:
    pixels = noise(300, 420)
    view = stage(qtbot, film(pixels))
    view.set_turn(turn)
    view.actions_.one_to_one.trigger()
    grey = render_8bit(pixels, display_lut(view.film.film.header.greyscale))  # type: ignore[union-attr]
    expected = np.rot90(grey, -turn.quarters)
    assert np.array_equal(on_film(view, shown(view)), expected[:, ::-1] if turn.mirrored else expected)


def test_fit_is_the_area_mean_seen_through_the_lut(qtbot: QtBot) -> None:
    pixels = noise(1600, 1600)
    view = stage(qtbot, film(pixels))
    viewport = view.canvas.viewport
    assert viewport is not None
    assert view.canvas.fitted
    prepared = prepare(film(pixels))
    patch = prepared.pyramid.patch(Region(0, 0, 1600, 1600), viewport.scale, viewport.scale)
    expected = render_8bit(patch.values, prepared.lut)
    seen = on_film(view, shown(view))
    assert np.array_equal(seen[: len(expected), : expected.shape[1]], expected)


def test_a_line_pattern_of_one_in_six_survives_fit_on_screen(qtbot: QtBot) -> None:
    pixels = np.zeros((3000, 3000), np.uint16)
    pixels[::6] = 4095
    view = stage(qtbot, film(pixels))
    seen = on_film(view, shown(view)).astype(float)[8:-8, 8:-8]
    bands = seen[: len(seen) // 12 * 12].reshape(-1, 12, seen.shape[1]).mean(axis=(1, 2))
    assert abs(seen.mean() - 255 / 6) < 3
    assert bands.min() > 255 / 6 * 0.6


def test_the_surround_is_black(qtbot: QtBot) -> None:
    view = stage(qtbot, film(np.full((900, 300), 4095, np.uint16)))
    picture = shown(view)
    assert picture[:, :40].max() == 0
    assert picture[:20].max() == 0
    assert on_film(view, picture)[2:-2, 2:-2].min() >= 254


def test_wheel_zooms_at_the_cursor(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(1500, 1500)))
    at = QPointF(430.0, 260.0)
    before = view.canvas.viewport
    assert before is not None
    wheel = QWheelEvent(
        at,
        view.canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    with qtbot.waitSignal(view.canvas.view_changed):
        QApplication.sendEvent(view.canvas, wheel)
    after = view.canvas.viewport
    assert after is not None
    assert after.scale > before.scale * 1.5
    assert after.to_film(430, 260) == pytest.approx(before.to_film(430, 260), abs=1e-6)


def drag(view: FilmView, button: Qt.MouseButton, dx: int, dy: int) -> None:
    start = QPoint(300, 300)
    QTest.mousePress(view.canvas, button, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(view.canvas, start + QPoint(dx // 2, dy // 2))
    QTest.mouseMove(view.canvas, start + QPoint(dx, dy))
    QTest.mouseRelease(view.canvas, button, Qt.KeyboardModifier.NoModifier, start + QPoint(dx, dy))


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_dragging_up_brightens_and_right_widens(qtbot: QtBot, photometric: str) -> None:
    pipeline = GreyscalePipeline(photometric, bits_stored=12, windows=(Window(2048, 2000),))
    view = stage(qtbot, film(noise(600, 600), greyscale=pipeline))
    dim = on_film(view, shown(view)).mean()
    drag(view, Qt.MouseButton.LeftButton, 0, -120)
    assert on_film(view, shown(view)).mean() > dim + 10
    assert view.voi is not None
    assert view.voi.kind is VoiKind.CUSTOM
    width = view.voi.width
    drag(view, Qt.MouseButton.LeftButton, 120, 0)
    assert view.voi.width > width * 1.3
    view.actions_.reset.trigger()
    assert view.voi.kind is VoiKind.WINDOW
    assert on_film(view, shown(view)).mean() == pytest.approx(dim)


def test_a_film_scaled_to_fractions_can_be_windowed(qtbot: QtBot) -> None:
    pipeline = GreyscalePipeline(bits_stored=12, slope=1 / 4096, windows=(Window(0.5, 0.8),))
    view = stage(qtbot, film(noise(300, 300), greyscale=pipeline))
    drag(view, Qt.MouseButton.LeftButton, 60, -30)
    assert view.voi is not None
    assert 0.8 < view.voi.width < 1.2


def test_right_drag_pans_and_left_drag_pans_in_pan_mode(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(900, 900)))
    voi = view.voi
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
        view.actions_.window_level.setChecked(False)
        before = view.canvas.viewport
        drag(view, button, 40, 24)
        after = view.canvas.viewport
        assert before is not None
        assert after is not None
        assert (after.left - before.left, after.top - before.top) == pytest.approx((40, 24))
    assert view.voi is voi


def test_space_drag_pans(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(900, 900)))
    before, voi = view.canvas.viewport, view.voi
    QTest.keyPress(view.canvas, Qt.Key.Key_Space)
    drag(view, Qt.MouseButton.LeftButton, 40, 24)
    QTest.keyRelease(view.canvas, Qt.Key.Key_Space)
    after = view.canvas.viewport
    assert before is not None
    assert after is not None
    assert after.left == before.left + 40
    drag(view, Qt.MouseButton.LeftButton, 40, 24)
    assert view.voi is not voi


def test_double_click_fits_and_resizing_keeps_the_fit(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(900, 900)))
    view.canvas.zoom(4.0)
    assert not view.canvas.fitted
    QTest.mouseDClick(
        view.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(200, 200)
    )
    assert view.canvas.fitted
    view.resize(500, 460)
    viewport = view.canvas.viewport
    assert viewport is not None
    assert viewport.scale == pytest.approx(viewport.fit_scale)


def test_fit_again_shows_the_collimated_field_and_once_more_the_film(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(900, 900)))
    view.set_verdict(cut(Edge.BOTTOM).found_within(CollimatedField(0.2, 0.2, 0.7, 0.7)))
    whole = view.canvas.viewport
    view.actions_.fit.trigger()
    close = view.canvas.viewport
    assert whole is not None
    assert close is not None
    assert close.scale == pytest.approx(whole.scale * 2, rel=0.01)
    view.actions_.fit.trigger()
    assert view.canvas.viewport == whole
    view.set_verdict(cut(Edge.BOTTOM))
    view.actions_.fit.trigger()
    assert view.canvas.viewport == whole


def test_arrow_keys_pan_and_letters_act(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(900, 900)), overlays=True)
    view.activateWindow()
    view.canvas.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    before = view.canvas.viewport
    QTest.keyClick(view.canvas, Qt.Key.Key_Left)
    after = view.canvas.viewport
    assert before is not None
    assert after is not None
    assert after.left > before.left
    QTest.keyClick(view.canvas, Qt.Key.Key_F)
    assert view.canvas.fitted
    QTest.keyClick(view.canvas, Qt.Key.Key_I)
    assert view.inverted
    QTest.keyClick(view.canvas, Qt.Key.Key_O)
    assert not view.canvas.overlays_shown
    QTest.keyClick(view.canvas, Qt.Key.Key_1)
    assert view.canvas.viewport is not None
    assert view.canvas.viewport.scale == 1.0
    QTest.keyClick(view.canvas, Qt.Key.Key_R)
    assert not view.inverted
    assert view.canvas.fitted


def test_a_view_in_motion_is_drawn_exactly_once_it_stands_still(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(2000, 2000)))
    view.canvas.zoom(1.3, QPointF(300, 300))
    moving = shown(view)
    qtbot.wait(200)
    still = shown(view)
    assert not np.array_equal(moving, still)
    # Area means of noise scatter less than bilinear samples.
    assert on_film(view, still).std() < on_film(view, moving).std()


def test_the_menu_of_windows_offers_the_files_and_automatic_ones(qtbot: QtBot) -> None:
    pipeline = GreyscalePipeline(
        bits_stored=12, windows=(Window(2048, 4096, "NORMAL"), Window(900, 700, "BONE"))
    )
    view = FilmView()
    qtbot.addWidget(view)
    view.set_film(prepare(film(noise(300, 300), greyscale=pipeline)))
    assert view.film is not None
    kinds = [(c.kind, c.explanation) for c in view.film.choices]
    assert kinds[:2] == [(VoiKind.WINDOW, "NORMAL"), (VoiKind.WINDOW, "BONE")]
    assert {k for k, _ in kinds[2:]} == {VoiKind.AUTO_MIN_MAX, VoiKind.AUTO_PERCENTILE}
    entries = [a for a in view.toolbar.menu.actions() if not a.isSeparator()]
    assert [a.isChecked() for a in entries] == [True, False, False, False]
    entries[1].trigger()
    assert view.voi is not None
    assert view.voi.explanation == "BONE"
    view.set_voi(VoiChoice.custom(1, 50))
    assert not any(a.isChecked() for a in entries)


def test_a_film_first_shown_without_extremes_stands_among_the_choices(qtbot: QtBot) -> None:
    """A marker far beyond the values of a film without a window: V goes on from what is shown."""
    pixels = np.random.default_rng(4).normal(1000, 200, (2400, 2000)).clip(1, 4095).astype(np.uint16)
    pixels[:300, :300] = 65535
    view = stage(qtbot, film(pixels, greyscale=GreyscalePipeline(bits_stored=16)))
    assert view.voi is not None
    assert view.voi.kind is VoiKind.AUTO_PERCENTILE
    entries = [a for a in view.toolbar.menu.actions() if not a.isSeparator()]
    assert [a.isChecked() for a in entries] == [False, True]
    first = view.voi
    view.next_window()
    view.next_window()
    assert view.voi == first


def test_a_new_film_starts_afresh(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(300, 400)))
    view.set_inverted(True)
    view.set_turn(Turn(1))
    view.canvas.zoom(3.0)
    view.set_film(prepare(film(noise(500, 300, seed=2))))
    assert not view.inverted
    assert view.turn == Turn()
    assert view.canvas.fitted
    assert not view.actions_.invert.isChecked()


def test_the_empty_stage_is_black_with_its_message_and_takes_no_harm(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(300, 300)))
    view.set_film(None)
    assert shown(view).max() == 0
    view.set_message("No film yet", "Expose one.")
    assert shown(view).max() > 150
    view.canvas.zoom(2.0)
    view.canvas.pan(5, 5)
    view.actions_.reset.trigger()
    view.set_voi(VoiChoice.custom(1, 2))
    assert not view.actions_.fit.isEnabled()


def test_the_thumbnail_shows_the_film_as_first_shown() -> None:
    made = thumbnail(prepare(film(noise(2000, 1000))), 96)
    assert made.shape == (96, 48)
    assert made.dtype == np.uint8


def test_two_hundred_films_leave_no_widget_or_action_behind(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(300, 300)), overlays=True)
    prepared = [prepare(film(noise(200, 300, seed=i))) for i in range(2)]

    def children() -> int:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return len(view.findChildren(object))

    view.set_film(prepared[0])
    QApplication.processEvents()
    before, widgets = children(), len(QApplication.allWidgets())
    for i in range(200):
        view.set_film(prepared[i % 2])
    QApplication.processEvents()
    assert children() == before
    assert len(QApplication.allWidgets()) == widgets


_SCALED = """
import numpy as np
from PySide6.QtWidgets import QApplication
from tests.support.films import film, noise
from tests.ui.test_viewer_film import on_film, shown
from workstation.imaging.lut import display_lut, render_8bit
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.prepared import prepare

app = QApplication([])
pixels = noise(400, 500)
view = FilmView()
view.resize(701, 643)
view.show()
view.set_film(prepare(film(pixels)))
view.actions_.overlays.setChecked(False)
app.processEvents()
view.actions_.one_to_one.trigger()
expected = render_8bit(pixels, display_lut(view.film.film.header.greyscale))
seen = on_film(view, shown(view))
assert view.canvas.devicePixelRatioF() == {ratio}, view.canvas.devicePixelRatioF()
assert seen.shape == expected.shape, seen.shape
assert np.array_equal(seen, expected)
"""


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0])
def test_one_to_one_is_exact_on_scaled_screens(ratio: float) -> None:
    environment = os.environ | {"QT_SCALE_FACTOR": str(ratio), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", _SCALED.replace("{ratio}", str(ratio))],
        env=environment,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@settings(max_examples=60)
@given(
    turn=st.builds(Turn, st.integers(0, 3), st.booleans()),
    aspect=st.sampled_from([0.5, 1.0, 1.5]),
    zoom=st.floats(0.6, 20),
    across=st.booleans(),
    share=st.floats(0.1, 0.9),
    sides=st.tuples(st.integers(40, 2200), st.integers(40, 2200)),
    draft=st.booleans(),
)
def test_a_border_on_the_film_is_drawn_where_its_coordinates_say(
    turn: Turn,
    aspect: float,
    zoom: float,
    across: bool,
    share: float,
    sides: tuple[int, int],
    draft: bool,
) -> None:
    """Rulers, blades and outlines are drawn by coordinates: the pixels under them have to lie there, too."""
    rows, columns = sides
    pixels = np.zeros((rows, columns), np.uint16)
    border = round(share * (columns if across else rows))
    pixels[(slice(None), slice(border, None)) if across else slice(border, None)] = 4095
    prepared = prepare(film(pixels, greyscale=GreyscalePipeline(bits_stored=12)))
    x, y = (border, rows / 2) if across else (columns / 2, border)
    fitted = Viewport(columns, rows, 500, 440, turn=turn, aspect=aspect).fitted()
    viewport = fitted.zoomed(zoom, *fitted.to_canvas(x, y))
    layer, image = FilmLayer(), QImage(500, 440, QImage.Format.Format_Grayscale8)
    layer.set_pyramid(prepared.pyramid)
    image.fill(0)
    painter = QPainter(image)
    layer.paint(painter, viewport, prepared.lut, draft=draft)
    painter.end()
    seen = np.frombuffer(image.constBits(), np.uint8).reshape(440, image.bytesPerLine())[:, :500]
    at_x, at_y = viewport.to_canvas(x, y)
    lies_across = across == (turn.quarters % 2 == 0)
    line = seen[int(at_y)] if lies_across else seen[:, int(at_x)]
    at = at_x if lies_across else at_y
    # The change from one side to the other, within two device pixels.
    near = line[max(0, int(at) - 2) : int(at) + 3]
    assert near.min() <= 127 <= near.max(), (viewport, at)


@pytest.mark.parametrize("turn", [Turn(), Turn(1), Turn(3, True)])
def test_a_film_whose_pixels_are_not_square_is_shown_in_its_shape(qtbot: QtBot, turn: Turn) -> None:
    square = np.zeros((300, 600), np.uint16)  # 300 rows of 0.4 mm, 600 columns of 0.2 mm
    square[100:200, 200:400] = 4095
    view = stage(qtbot, film(square, spacing_mm=(0.4, 0.2)))
    view.set_turn(turn)
    seen = on_film(view, shown(view))
    assert seen.shape[0] == pytest.approx(seen.shape[1], abs=1)
    rows, columns = np.nonzero(seen > 127)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=2)
    picture = thumbnail(prepare(film(square, spacing_mm=(0.4, 0.2))), 64)
    assert picture.shape == (64, 64)


def test_an_absurd_spacing_does_not_distort_the_film(qtbot: QtBot) -> None:
    view = stage(qtbot, film(noise(300, 300), spacing_mm=(0.0, 25.0)))
    seen = on_film(view, shown(view))
    assert seen.shape[0] == pytest.approx(seen.shape[1], abs=1)
