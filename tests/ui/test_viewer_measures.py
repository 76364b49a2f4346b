"""Ruler, angle, region and glass as a hand with a glove uses them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.support.films import film
from workstation.assets import resources_dir
from workstation.domain.film import GreyscalePipeline, SpacingKind
from workstation.domain.turn import Turn
from workstation.imaging.measure import ellipse_statistics
from workstation.services.film_text import load_words
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.lens import Lens
from workstation.ui.viewer.measures import Measure, Tool, describe
from workstation.ui.viewer.prepared import prepare

LEFT = Qt.MouseButton.LeftButton


def view_of(qtbot: QtBot, kind: SpacingKind = SpacingKind.IMAGER, language: str = "en") -> FilmView:
    pixels = np.tile(np.arange(400, dtype=np.uint16), (500, 1))
    spacing = None if kind is SpacingKind.NONE else (0.2, 0.1)
    shown = film(pixels, greyscale=GreyscalePipeline(bits_stored=12), spacing_mm=spacing, spacing_kind=kind)
    view = FilmView(language)
    qtbot.addWidget(view)
    view.resize(700, 640)
    view.show()
    view.set_film(prepare(shown))
    return view


def at(view: FilmView, x: float, y: float) -> QPoint:
    """Canvas position of a film point."""
    viewport = view.canvas.viewport
    assert viewport is not None
    return QPointF(*viewport.to_canvas(x, y)).toPoint()


def drag(view: FilmView, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view.canvas, LEFT, pos=start)
    QTest.mouseMove(view.canvas, (start + end) / 2)
    QTest.mouseMove(view.canvas, end)
    QTest.mouseRelease(view.canvas, LEFT, pos=end)


def number(text: str) -> float:
    return float(text.split()[0].rstrip("°"))


def test_a_ruler_says_mm_at_the_detector_and_leaves_the_window_alone(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    window = view.voi
    view.actions_.ruler.trigger()
    drag(view, at(view, 50, 100), at(view, 350, 100))
    (measure,) = view.measures.all
    (text,) = measure.text
    assert number(text) == pytest.approx(30, abs=0.3)
    assert text.endswith("mm at the detector")
    assert view.voi == window
    assert text in view.canvas.accessibleDescription()


@pytest.mark.parametrize(
    ("kind", "words"), [(SpacingKind.CALIBRATED, "мм, калибровано"), (SpacingKind.NONE, "пикс.")]
)
def test_two_clicks_do_as_well_and_the_kind_of_spacing_is_named(
    qtbot: QtBot, kind: SpacingKind, words: str
) -> None:
    view = view_of(qtbot, kind, "ru")
    view.actions_.ruler.trigger()
    for point in (at(view, 50, 100), at(view, 50, 400)):
        QTest.mouseMove(view.canvas, point)
        QTest.mouseClick(view.canvas, LEFT, pos=point)
    (measure,) = view.measures.all
    assert measure.text[0].endswith(words)
    expected = 60 if kind is SpacingKind.CALIBRATED else 300
    assert float(measure.text[0].split()[0].replace(",", ".")) == pytest.approx(expected, rel=0.01)


def test_an_angle_is_a_leg_and_a_click(qtbot: QtBot) -> None:
    view = view_of(qtbot, SpacingKind.NONE)
    view.actions_.angle.trigger()
    drag(view, at(view, 300, 200), at(view, 100, 200))
    QTest.mouseMove(view.canvas, at(view, 100, 400))
    QTest.mouseClick(view.canvas, LEFT, pos=at(view, 100, 400))
    (measure,) = view.measures.all
    assert number(measure.text[0]) == pytest.approx(90, abs=1)
    # The vertex is moved by its handle, the rest follows.
    drag(view, at(view, 100, 200), at(view, 200, 300))
    (measure,) = view.measures.all
    # Legs to (300, 200) and (100, 400) from (200, 300): a straight line.
    assert number(measure.text[0]) == pytest.approx(180, abs=2)


def test_an_angle_is_true_where_only_the_shape_of_pixels_is_known(qtbot: QtBot) -> None:
    view = FilmView("en")
    qtbot.addWidget(view)
    view.resize(700, 640)
    view.show()
    view.set_film(prepare(film(np.zeros((300, 400), np.uint16), spacing_mm=None, aspect_ratio=(2, 1))))
    view.actions_.angle.trigger()
    drag(view, at(view, 300, 200), at(view, 100, 200))
    QTest.mouseMove(view.canvas, at(view, 300, 100))
    QTest.mouseClick(view.canvas, LEFT, pos=at(view, 300, 100))
    (measure,) = view.measures.all
    assert number(measure.text[0]) == pytest.approx(45, abs=1)


def test_a_region_says_mean_deviation_and_area(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    view.actions_.region.trigger()
    drag(view, at(view, 100, 100), at(view, 300, 400))
    (measure,) = view.measures.all
    mean, area = measure.text
    words = mean.split()
    assert words[0] == "mean"
    assert float(words[1]) == pytest.approx(199.5, abs=2)
    assert float(words[3]) == pytest.approx(50, abs=1), "columns 100 to 300 under an ellipse: radius / 2"
    assert number(area) == pytest.approx(np.pi / 4 * 20 * 60 / 100, rel=0.02)


@pytest.mark.parametrize("slope", [1.0, 0.01, 1 / 4095])
@pytest.mark.parametrize("side", [4, 20, 300])
def test_a_region_is_told_in_figures_however_small_it_or_its_values_are(slope: float, side: int) -> None:
    noise = np.random.default_rng(3).normal(2000, 90, (320, 320)).astype(np.uint16)
    noise[200:] = 1997
    pipeline = GreyscalePipeline(bits_stored=12, slope=slope)
    shown = film(noise, greyscale=pipeline, spacing_mm=(0.1, 0.1), spacing_kind=SpacingKind.IMAGER)
    for top in (0, 200):
        corners = ((0.0, float(top)), (float(side), float(top + min(side, 100))))
        truth = ellipse_statistics(noise, pipeline, *corners, (0.1, 0.1))
        mean, area = describe(Measure(Tool.REGION, corners), shown, load_words(resources_dir(), "en"))
        _, told, _, deviation = mean.split()
        fineness = max(truth.deviation, slope / 10)
        assert float(told) == pytest.approx(truth.mean, abs=0.06 * fineness)
        assert float(deviation) == pytest.approx(truth.deviation, abs=0.06 * fineness)
        assert number(area) == pytest.approx(truth.area / 100, rel=0.06)


def test_measurements_stay_on_the_anatomy_when_the_film_is_turned_and_go_with_it(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    view.actions_.ruler.trigger()
    drag(view, at(view, 50, 100), at(view, 350, 100))
    before = view.measures.all
    view.set_turn(Turn(1))
    view.canvas.zoom(2.0)
    assert view.measures.all == before
    view.canvas.grab()
    view.set_film(view_of(qtbot).film)
    assert view.measures.all == ()
    assert not view.actions_.remove_measure.isEnabled()


def test_delete_and_escape_by_keyboard(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    with qtbot.waitActive(view):
        view.activateWindow()
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_L)
    assert view.actions_.ruler.isChecked()
    drag(view, at(view, 50, 100), at(view, 350, 100))
    drag(view, at(view, 50, 200), at(view, 350, 200))
    qtbot.keyClick(view.canvas, Qt.Key.Key_Delete)
    assert len(view.measures.all) == 1
    qtbot.keyClick(view.canvas, Qt.Key.Key_E)
    assert not view.actions_.ruler.isChecked(), "one tool at a time"
    qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert not view.actions_.region.isChecked()
    window = view.voi
    drag(view, at(view, 100, 100), at(view, 200, 300))
    assert view.voi != window, "the left button sets the window again"


def test_an_angle_half_drawn_is_dropped_with_its_tool(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    view.actions_.angle.trigger()
    drag(view, at(view, 300, 200), at(view, 100, 200))
    assert len(view.measures.all) == 1
    view.leave_tool()
    assert view.measures.all == ()


def test_the_glass_keeps_the_point_under_it_in_its_middle(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    viewport = view.canvas.viewport
    assert viewport is not None
    x, y = viewport.to_canvas(123.0, 321.0)
    inner = Lens.within(viewport, QPointF(x, y), 130.0)
    assert inner.to_film(130.0, 130.0) == pytest.approx((123.0, 321.0))
    assert inner.scale == pytest.approx(viewport.scale * 2.5)
    plain = view.canvas.grab().toImage()
    view.actions_.magnifier.trigger()
    QTest.mouseMove(view.canvas, at(view, 200, 250))
    assert view.canvas.grab().toImage() != plain
    view.leave_tool()
    assert view.canvas.grab().toImage() == plain


def press(view: FilmView, key: Qt.Key, times: int = 1, *, fine: bool = False) -> None:
    held = Qt.KeyboardModifier.ShiftModifier if fine else Qt.KeyboardModifier.NoModifier
    for _ in range(times):
        QTest.keyClick(view.canvas, key, held)


def test_a_ruler_is_laid_by_keys_alone(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    before = view.canvas.viewport
    view.canvas.setFocus()
    view.actions_.ruler.trigger()
    press(view, Qt.Key.Key_Left)  # the cross appears in the middle
    press(view, Qt.Key.Key_Return)
    press(view, Qt.Key.Key_Right, 8)
    press(view, Qt.Key.Key_Right, 5, fine=True)
    press(view, Qt.Key.Key_Return)
    assert view.canvas.viewport == before, "the film does not move meanwhile"
    assert before is not None
    (measure,) = view.measures.all
    assert measure.complete
    (x0, y0), (x1, y1) = measure.points
    assert y0 == pytest.approx(y1)
    assert (x1 - x0) * before.scale == pytest.approx(101, abs=1e-6)
    assert measure.text[0].endswith("mm at the detector")


def test_an_angle_takes_three_points_by_keys_and_escape_puts_the_tool_away(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    view.canvas.setFocus()
    view.actions_.angle.trigger()
    press(view, Qt.Key.Key_Up)
    press(view, Qt.Key.Key_Return)
    press(view, Qt.Key.Key_Right, 6)
    press(view, Qt.Key.Key_Return)
    press(view, Qt.Key.Key_Up, 6)
    press(view, Qt.Key.Key_Return)
    (measure,) = view.measures.all
    assert measure.complete
    view.leave_tool()
    before = view.canvas.viewport
    press(view, Qt.Key.Key_Up)
    assert view.canvas.viewport != before, "arrows move the film again"


def test_a_finger_takes_over_from_the_cross(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    view.canvas.setFocus()
    view.actions_.ruler.trigger()
    press(view, Qt.Key.Key_Up)
    drag(view, at(view, 50, 100), at(view, 350, 100))
    press(view, Qt.Key.Key_Return)
    assert len(view.measures.all) == 1


def test_the_tool_in_the_hand_is_shown_on_the_button_of_its_menu(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    button = view.toolbar.findChild(QToolButton, "film-measure")
    assert button is not None
    assert not button.isChecked()
    usual = button.icon().cacheKey()
    for name in ("ruler", "angle", "magnifier"):
        action = view.actions_.by_name()[name]
        action.trigger()
        assert button.isChecked()
        assert button.icon().cacheKey() == action.icon().cacheKey() != usual
        view.leave_tool()
        assert not button.isChecked()
        assert button.icon().cacheKey() == usual
