"""Lengths, angles and regions against plain arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.domain.film import GreyscalePipeline, LookupTable
from workstation.imaging.measure import angle, ellipse_statistics, length

coordinate = st.floats(0, 4000, allow_nan=False)
point = st.tuples(coordinate, coordinate)
spacing = st.one_of(st.none(), st.tuples(st.floats(0.05, 0.5), st.floats(0.05, 0.5)))


def test_oblong_pixels_are_measured_in_both_directions() -> None:
    assert length((0, 0), (300, 0), (0.2, 0.1)) == pytest.approx(30)
    assert length((0, 0), (0, 300), (0.2, 0.1)) == pytest.approx(60)
    assert length((0, 0), (3, 4), None) == 5
    # 45 degrees in pixels are not 45 degrees on the detector.
    assert angle((100, 0), (0, 0), (100, 100), (0.2, 0.1)) == pytest.approx(math.degrees(math.atan2(20, 10)))


@given(point, point, spacing)
def test_length_is_the_same_both_ways(
    a: tuple[float, float], b: tuple[float, float], s: tuple[float, float] | None
) -> None:
    assert length(a, b, s) == pytest.approx(length(b, a, s))


@given(point, point, point, st.floats(0.05, 0.5))
def test_angles_of_a_triangle_make_180(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], mm: float
) -> None:
    doubled_area = abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
    if doubled_area < 1e-3:
        return
    s = (mm, mm)
    assert angle(b, a, c, s) + angle(a, b, c, s) + angle(a, c, b, s) == pytest.approx(180, abs=1e-6)


def test_a_leg_without_length_has_no_angle() -> None:
    assert angle((5, 5), (5, 5), (9, 9), None) == 0


@given(st.integers(0, 2**32 - 1), st.floats(-20, 80), st.floats(-20, 80), st.floats(0, 70), st.floats(0, 70))
def test_ellipse_agrees_with_every_pixel_looked_at(seed: int, x: float, y: float, w: float, h: float) -> None:
    stored = np.random.default_rng(seed).integers(-500, 4000, (60, 50), dtype=np.int16)
    pipeline = GreyscalePipeline(bits_stored=16, signed=True, slope=1.5, intercept=-7.0, padding=(0, 40))
    found = ellipse_statistics(stored, pipeline, (x + w, y), (x, y + h), (0.2, 0.1))
    inside = [
        1.5 * stored[r, c] - 7
        for r in range(60)
        for c in range(50)
        if min(w, h) >= 1e-3
        and ((c + 0.5 - x - w / 2) / (w / 2)) ** 2 + ((r + 0.5 - y - h / 2) / (h / 2)) ** 2 <= 1 - 1e-9
        and not 0 <= stored[r, c] <= 40
    ]
    assert abs(found.pixels - len(inside)) <= 4, "centres that lie on the line may fall either way"
    assert found.area == pytest.approx(math.pi / 4 * w * h * 0.02)
    if found.pixels == len(inside) and inside:
        assert found.mean == pytest.approx(np.mean(inside), abs=1e-6)
        assert found.deviation == pytest.approx(np.std(inside), abs=1e-6)


@pytest.mark.parametrize(("value", "counted"), [(-1, True), (0, False), (40, False), (41, True)])
def test_padding_is_left_out_up_to_its_ends(value: int, counted: bool) -> None:
    pipeline = GreyscalePipeline(bits_stored=12, signed=True, padding=(0, 40))
    found = ellipse_statistics(np.full((10, 10), value, np.int16), pipeline, (0, 0), (10, 10), None)
    assert (found.pixels > 0) == counted


def test_values_are_those_behind_the_modality_lut() -> None:
    stored = np.full((10, 10), 3, np.uint16)
    table = LookupTable(first=2, bits=16, values=(100, 700))
    found = ellipse_statistics(stored, GreyscalePipeline(modality_lut=table), (0, 0), (10, 10), None)
    assert (found.mean, found.deviation) == (700, 0)
