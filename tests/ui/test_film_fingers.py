"""Fingers on the film, through the whole window: pinch, move, tap, draw; two never measure nor change the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.fingers import Hand, tap
from tests.support.window import Desk
from workstation.domain.decision import Choice
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.viewport import Viewport


@pytest.fixture
def film(desk: Desk) -> FilmView:
    program = desk.open()
    desk.arrive(program)
    desk.settled(program)
    return program.window.view.stage.film


def lies(film: FilmView) -> Viewport:
    viewport = film.canvas.viewport
    assert viewport is not None
    return viewport


def middle(film: FilmView) -> QPoint:
    return film.canvas.rect().center()


def zoomed(film: FilmView) -> Viewport:
    film.canvas.zoom(3.0, QPointF(middle(film)))
    return lies(film)


def test_two_fingers_zoom_about_the_point_between_them(film: FilmView) -> None:
    centre, window = middle(film) + QPoint(60, -40), film.voi
    before = lies(film)
    on_film = before.to_film(centre.x(), centre.y())
    apart, wide = QPoint(40, 30), QPoint(120, 90)
    Hand(film.canvas).down(centre - apart, centre + apart).move(centre - wide, centre + wide).up()
    after = lies(film)
    assert after.scale == pytest.approx(3 * before.scale, rel=0.35), "the first millimetres only wake it"
    assert after.scale > 1.8 * before.scale
    assert after.to_canvas(*on_film) == pytest.approx(centre.toTuple(), abs=2.0)
    assert film.voi == window
    Hand(film.canvas).down(centre - wide, centre + wide).move(centre - apart, centre + apart).up()
    assert lies(film).scale < 0.6 * after.scale


def test_two_fingers_move_the_film_as_they_go(film: FilmView) -> None:
    before, start = zoomed(film), middle(film)
    left, right = start - QPoint(80, 0), start + QPoint(80, 0)
    Hand(film.canvas).down(left, right).move(left + QPoint(100, 60), right + QPoint(100, 60), steps=20).up()
    after = lies(film)
    assert after.scale == pytest.approx(before.scale)
    assert after.left - before.left == pytest.approx(100, abs=16)
    assert after.top - before.top == pytest.approx(60, abs=12)


@pytest.mark.parametrize("tool", ["", "ruler", "angle", "region"])
@pytest.mark.parametrize("first", [0, 30])
def test_two_fingers_never_draw_nor_change_the_window(film: FilmView, tool: str, first: int) -> None:
    """Also where the second one comes down when the first has begun to draw or to change the window."""
    window, start = film.voi, middle(film)
    if tool:
        film.actions_.by_name()[tool].trigger()
    hand = Hand(film.canvas).down(start)
    if first:
        hand.move(start + QPoint(first, first))
        assert film.voi != window or film.measures.all, "it had begun"
    hand.down(start + QPoint(120, 0))
    hand.move(start - QPoint(100, 80), start + QPoint(220, 90))
    hand.up([1])
    hand.move(start - QPoint(10, 10)).up()
    assert film.voi == window
    assert film.measures.all == ()
    assert lies(film).scale > lies(film).fit_scale


def test_a_handle_that_was_about_to_be_moved_goes_back(film: FilmView) -> None:
    film.actions_.ruler.trigger()
    start = middle(film)
    Hand(film.canvas).down(start).move(start + QPoint(120, 0)).up()
    (drawn,) = film.measures.all
    hand = Hand(film.canvas).down(start + QPoint(120, 0)).move(start + QPoint(150, 60))
    assert film.measures.all != (drawn,)
    hand.down(start).up()
    assert film.measures.all == (drawn,)


def test_one_finger_moves_what_is_zoomed_and_leaves_the_window_alone(film: FilmView) -> None:
    before, start, window = zoomed(film), middle(film), film.voi
    Hand(film.canvas).down(start).move(start + QPoint(90, -50), steps=20).up()
    after = lies(film)
    assert after.scale == before.scale
    assert after.left - before.left == pytest.approx(90, abs=20)
    assert after.top - before.top == pytest.approx(-50, abs=14)
    assert film.voi == window


def test_on_the_whole_film_one_finger_does_what_the_left_button_does(film: FilmView) -> None:
    before, start, window = lies(film), middle(film), film.voi
    Hand(film.canvas).down(start).move(start + QPoint(90, 0)).up()
    assert lies(film) == before
    assert film.voi is not None
    assert window is not None
    assert film.voi.width > window.width
    film.actions_.window_level.trigger()
    chosen = film.voi
    Hand(film.canvas).down(start).move(start + QPoint(90, 0)).up()
    assert film.voi == chosen
    assert lies(film).left > before.left


def test_a_tap_changes_nothing_and_two_show_the_whole_film(film: FilmView) -> None:
    before, window = zoomed(film), film.voi
    tap(film.canvas, middle(film))
    assert lies(film) == before
    tap(film.canvas, middle(film) + QPoint(6, 4))
    assert lies(film).scale == before.fit_scale
    assert film.voi == window
    QTest.qWait(QApplication.doubleClickInterval() + 50)
    zoomed(film)
    tap(film.canvas, middle(film))
    tap(film.canvas, middle(film) + QPoint(150, 0))
    assert lies(film).scale > before.fit_scale, "two taps at two places are none"


def test_a_finger_draws_as_the_mouse_does(film: FilmView) -> None:
    film.actions_.ruler.trigger()
    start, end, window = middle(film) - QPoint(80, 0), middle(film) + QPoint(70, 30), film.voi
    Hand(film.canvas).down(start).move(end).up()
    (drawn,) = film.measures.all
    for point, where in zip(drawn.points, (start, end), strict=True):
        assert lies(film).to_canvas(*point) == pytest.approx(where.toTuple(), abs=1.5), (
            "from where it came down"
        )
    film.remove_measure()
    tap(film.canvas, start)
    tap(film.canvas, end)
    (tapped,) = film.measures.all
    for point, other in zip(tapped.points, drawn.points, strict=True):
        assert point == pytest.approx(other, abs=2)
    zoomed(film)
    Hand(film.canvas).down(middle(film) + QPoint(0, 120)).move(middle(film) + QPoint(120, 190)).up()
    assert len(film.measures.all) == 2, "on a zoomed film, too"
    assert film.voi == window


def test_the_glass_follows_the_finger_and_stays_where_it_is_lifted(film: FilmView) -> None:
    film.actions_.magnifier.trigger()
    there = middle(film) + QPoint(40, 40)
    Hand(film.canvas).down(middle(film)).move(there).up()
    assert film.canvas._lens.at == QPointF(there)


def test_a_hand_on_the_film_does_nothing(film: FilmView) -> None:
    before, window, at = lies(film), film.voi, middle(film)
    places = (at, at + QPoint(60, 0), at + QPoint(20, 70))
    Hand(film.canvas).down(*places).move(*(place + QPoint(0, 80) for place in places)).up()
    assert lies(film) == before
    assert film.voi == window


def test_a_film_that_comes_up_under_the_finger_is_not_drawn_on(desk: Desk) -> None:
    program = desk.open()
    first = desk.arrive(program)
    second = desk.arrive(program)
    desk.settled(program)
    film = program.window.view.stage.film
    film.actions_.ruler.trigger()
    program.console.select(first.id)
    desk.settled(program)
    hand = Hand(film.canvas).down(middle(film))
    program.console.decide(first.id, Choice.SEND)
    program.console.select(second.id)
    desk.settled(program)
    hand.move(middle(film) + QPoint(80, 0)).up()
    assert film.measures.all == ()


def test_what_windows_sends_after_a_touch_is_not_done_twice(film: FilmView) -> None:
    """Windows makes mouse events out of every touch, whether the program took it or not."""
    film.actions_.ruler.trigger()
    at, by = QPointF(middle(film)), Qt.MouseEventSource.MouseEventSynthesizedBySystem
    tap(film.canvas, middle(film))
    left = Qt.MouseButton.LeftButton
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
        at += QPointF(30, 0)
        where = film.canvas.mapToGlobal(at)
        event = QMouseEvent(kind, at, at, where, left, left, Qt.KeyboardModifier.NoModifier, by)
        QApplication.sendEvent(film.canvas, event)
    assert len(film.measures.all) == 1
    assert len(set(film.measures.all[0].points)) == 1, "the second point is not set yet"


def test_the_film_beside_leads_under_two_fingers(desk: Desk) -> None:
    program = desk.open()
    first = desk.arrive(program, patient_id="P-1")
    program.console.decide(first.id, Choice.SEND)
    program.console.select(desk.arrive(program, patient_id="P-1").id)
    view = program.window.view
    desk.qtbot.waitUntil(view.stage.film.actions_.compare.isEnabled)
    view.stage.film.actions_.compare.trigger()
    desk.settled(program)
    view.panel.toggle_retake()  # the film does not take the keys now
    pane = view.stage.compare.canvas
    before = lies(view.stage.film).scale
    at = pane.rect().center()
    Hand(pane).down(at - QPoint(30, 0), at + QPoint(30, 0)).move(
        at - QPoint(100, 0), at + QPoint(100, 0)
    ).up()
    assert lies(view.stage.film).scale > 1.5 * before
