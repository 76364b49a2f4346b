"""Geometry of the viewer: what is under the cursor stays there, turns come back, 1:1 is one to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.turn import Turn
from workstation.ui.viewer.film_layer import turned
from workstation.ui.viewer.viewport import Viewport

turns = st.builds(Turn, st.integers(0, 3), st.booleans())


@given(turns, st.floats(0, 300), st.floats(0, 200))
def test_a_turn_comes_back(turn: Turn, x: float, y: float) -> None:
    there = turn.point(x, y, 300, 200)
    assert turn.point_back(*there, 300, 200) == pytest.approx((x, y))


@pytest.mark.parametrize("turn", [Turn(q, m) for q in range(4) for m in (False, True)])
def test_points_edges_and_pixels_turn_alike(turn: Turn) -> None:
    image = np.zeros((20, 30), np.uint16)
    image[4, 7] = 1
    x, y = turn.point(7.5, 4.5, 30, 20)
    assert turned(image, turn)[int(y), int(x)] == 1
    middles = {Edge.LEFT: (0, 10), Edge.RIGHT: (30, 10), Edge.TOP: (15, 0), Edge.BOTTOM: (15, 20)}
    width, height = (20, 30) if turn.quarters % 2 else (30, 20)
    shown = {
        Edge.LEFT: (0, None),
        Edge.RIGHT: (width, None),
        Edge.TOP: (None, 0),
        Edge.BOTTOM: (None, height),
    }
    for edge, middle in middles.items():
        px, py = turn.point(*middle, 30, 20)
        want_x, want_y = shown[turn.edge(edge)]
        assert want_x is None or px == want_x
        assert want_y is None or py == want_y


@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_four_times_or_flipping_twice_changes_nothing(mirrored: bool) -> None:
    turn = Turn(1, mirrored)
    assert turn.turned(1).turned(1).turned(1).turned(1) == turn
    assert turn.flipped().flipped() == turn


@pytest.mark.parametrize("mirrored", [False, True])
def test_rotate_turns_what_is_seen_clockwise(mirrored: bool) -> None:
    image = np.arange(6, dtype=np.uint16).reshape(2, 3)
    turn = Turn(0, mirrored)
    assert np.array_equal(turned(image, turn.turned(1)), np.rot90(turned(image, turn), -1))


@given(
    turns,
    st.floats(0.2, 5),
    st.lists(st.tuples(st.floats(0.5, 2.0), st.floats(200, 700), st.floats(150, 500)), max_size=6),
)
def test_zoom_keeps_the_point_under_the_cursor(
    turn: Turn, scale: float, steps: list[tuple[float, float, float]]
) -> None:
    view = Viewport(3000, 2400, 900, 700, turn=turn, margin=20).fitted().zoomed(scale, 450, 350)
    for factor, x, y in steps:
        before = view.to_film(x, y)
        after_view = view.zoomed(factor, x, y)
        inside = 0 <= before[0] <= 3000 and 0 <= before[1] <= 2400
        if inside:
            assert after_view.to_film(x, y) == pytest.approx(before, abs=1e-6)
        view = after_view


def test_fit_shows_the_whole_film_and_leaves_the_margin() -> None:
    view = Viewport(3000, 2000, 900, 700, margin=30).fitted()
    x0, y0, x1, y1 = view.rect
    assert x0 >= 29
    assert y0 >= 29
    assert x1 <= 871
    assert y1 <= 671
    assert x1 - x0 == pytest.approx(840)
    region = view.visible()
    assert region is not None
    assert (region.x0, region.y0, region.x1, region.y1) == (0, 0, 3000, 2000)


@given(turns, st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.6, 1), st.floats(0.6, 1))
def test_fit_to_a_field_shows_all_of_it_as_large_as_can_be(
    turn: Turn, left: float, top: float, right: float, bottom: float
) -> None:
    view = Viewport(3000, 2400, 900, 700, turn=turn, margin=20).fitted_to(
        CollimatedField(left, top, right, bottom)
    )
    corners = [view.to_canvas(x * 3000, y * 2400) for x in (left, right) for y in (top, bottom)]
    xs, ys = zip(*corners, strict=True)
    assert min(xs) >= 19
    assert max(xs) <= 881
    assert min(ys) >= 19
    assert max(ys) <= 681
    assert max((max(xs) - min(xs)) / 860, (max(ys) - min(ys)) / 660) == pytest.approx(1.0, abs=1e-6)
    assert min(xs) + max(xs) == pytest.approx(900, abs=2)
    assert min(ys) + max(ys) == pytest.approx(700, abs=2)


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0.1, 20))
def test_the_film_cannot_be_lost(dx: float, dy: float, zoom: float) -> None:
    view = Viewport(3000, 2400, 900, 700).fitted().zoomed(zoom, 100, 100).panned(dx, dy)
    assert view.visible() is not None


@given(turn=turns, other=turns)
def test_a_film_beside_shows_the_same_part_as_seen_and_keeps_its_own_turn(turn: Turn, other: Turn) -> None:
    led = Viewport(400, 300, 500.0, 600.0, turn=turn).fitted().zoomed(3.0, 120.0, 340.0)
    beside = Viewport(800, 900, 500.0, 600.0, turn=other).fitted().like(led)
    assert beside.turn == other
    assert beside.scale / beside.fit_scale == pytest.approx(led.scale / led.fit_scale)
    (left, top, right, bottom), (x0, y0, x1, y1) = led.rect, beside.rect
    assert (250 - left) / (right - left) == pytest.approx((250 - x0) / (x1 - x0), abs=2e-3)
    assert (300 - top) / (bottom - top) == pytest.approx((300 - y0) / (y1 - y0), abs=2e-3)


@given(turn=turns, aspect=st.floats(0.3, 3.0), x=st.floats(0, 400), y=st.floats(0, 300))
def test_pixels_that_are_not_square_come_back_and_have_their_shape(
    turn: Turn, aspect: float, x: float, y: float
) -> None:
    view = Viewport(400, 300, 500.0, 600.0, turn=turn, aspect=aspect).fitted()
    assert view.to_film(*view.to_canvas(x, y)) == pytest.approx((x, y), abs=1e-6)
    left, top, right, bottom = view.rect
    shape = (right - left) / (bottom - top)
    assert (1 / shape if turn.quarters % 2 else shape) == pytest.approx(400 / (300 * aspect))
    assert right - left <= 500.001
    assert bottom - top <= 600.001
