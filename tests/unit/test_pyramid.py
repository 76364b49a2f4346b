"""The pyramid loses no line, keeps the mean and gives whole pixels back untouched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.films import noise
from workstation.imaging.pyramid import Region, build


def test_every_level_is_half_of_the_one_before_and_keeps_the_mean() -> None:
    film = noise(2001, 3000)
    pyramid = build(film)
    sizes = [level.shape for level in pyramid.levels]
    assert sizes == [(2001, 3000), (1001, 1500), (501, 750)]
    for level in pyramid.levels:
        assert level.dtype == np.uint16
        assert abs(float(level.mean()) - float(film.mean())) < 1.0


@pytest.mark.parametrize("height", [980, 720, 500, 333])
def test_a_line_pattern_of_one_in_six_does_not_vanish_at_fit(height: int) -> None:
    film = np.zeros((3000, 600), np.uint16)
    film[::6] = 4095
    scale = height / 3000
    patch = build(film).patch(Region(0, 0, 600, 3000), scale, scale)
    inner = patch.values[4:-4]
    # The area mean of one bright line in six, everywhere: nearest neighbour leaves bands of pure black.
    assert abs(float(inner.mean()) - 4095 / 6) < 15
    bands = inner[: len(inner) // 12 * 12].reshape(-1, 12, inner.shape[1]).mean(axis=(1, 2))
    assert bands.min() > 4095 / 6 * 0.6


def test_at_one_to_one_the_pixels_come_back_as_they_are() -> None:
    film = noise(1200, 1100)
    patch = build(film).patch(Region(100.0, 50.0, 500.0, 350.0), 1.0, 1.0)
    assert np.array_equal(patch.values, film[50:350, 100:500])
    assert patch.region == Region(100, 50, 500, 350)


def test_signed_values_stay_signed() -> None:
    film = np.full((1200, 1200), -700, np.int16)
    patch = build(film).patch(Region(0, 0, 1200, 1200), 0.3, 0.3)
    assert patch.values.dtype == np.int16
    assert np.all(patch.values == -700)


@given(
    x=st.floats(-50, 1400),
    y=st.floats(-50, 1100),
    width=st.floats(1, 1500),
    height=st.floats(1, 1500),
    scale=st.floats(0.05, 4.0),
    draft=st.booleans(),
)
def test_a_patch_covers_what_was_asked_for(
    x: float, y: float, width: float, height: float, scale: float, draft: bool
) -> None:
    pyramid = _PYRAMID
    region = Region(x, y, min(x + width, x + 400 / scale), min(y + height, y + 400 / scale))
    if region.x1 <= 0 or region.y1 <= 0 or x >= 1300 or y >= 1033:
        with pytest.raises(ValueError, match="outside"):
            pyramid.patch(region, scale, scale)
        return
    patch = pyramid.patch(region, scale, scale, draft=draft)
    covered = patch.region
    assert covered.x0 <= max(0, region.x0) + 1e-6
    assert covered.x1 >= min(1300, region.x1) - 1e-6
    assert covered.y0 <= max(0, region.y0) + 1e-6
    assert covered.y1 >= min(1033, region.y1) - 1e-6
    assert patch.values.shape[1] == max(1, round((covered.x1 - covered.x0) * scale))
    assert patch.values.flags.c_contiguous


_PYRAMID = build(noise(1033, 1300))


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 5), np.uint16), np.zeros((5, 5, 3), np.uint8), np.zeros((5, 5), np.float64)]
)
def test_what_is_no_film_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="2-D"):
        build(bad)


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.uint8])
@pytest.mark.parametrize("scale", [0.04, 0.11, 0.3, 0.5, 0.77, 1.0, 2.3])
@pytest.mark.parametrize("draft", [False, True])
def test_padding_is_not_mixed_into_the_film(kind: type, scale: float, draft: bool) -> None:
    padding = 255 if kind is np.uint8 else 4095
    film = np.full((1801, 1503), padding, kind)
    film[301:1500, 301:1200] = 70
    patch = build(film, (padding, padding)).patch(Region(0, 0, 1503, 1801), scale, scale, draft=draft)
    assert patch.values.dtype == kind
    assert set(np.unique(patch.values).tolist()) == {70, padding}
    part = (patch.values == 70).mean()
    assert abs(part - 1199 * 899 / film.size) < 0.02


def test_padding_below_the_film_leaves_no_dark_rim_and_the_film_keeps_its_mean() -> None:
    film = noise(1500, 1200, top=3000) + np.uint16(500)
    film[:, :333] = 0
    pyramid = build(film, (0, 0))
    patch = pyramid.patch(Region(0, 0, 1200, 1500), 0.25, 0.25)
    shown = patch.values[patch.values > 0]
    assert shown.min() >= 500
    assert abs(float(shown.mean()) - float(film[:, 333:].mean())) < 15


def test_a_film_that_is_all_padding_or_has_none_of_it_is_as_before() -> None:
    film = noise(1100, 1300)
    assert all(
        np.array_equal(one, other)
        for one, other in zip(build(film).levels, build(film, (70_000, 70_001)).levels, strict=True)
    )
    assert np.all(build(np.full((1100, 1100), 7, np.uint16), (7, 7)).levels[-1] == 7)
