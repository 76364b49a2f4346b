"""The Display Shutter: what a modality hides is black, for eyes and networks, and the file stays as it came."""

from __future__ import annotations

import struct
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.support.dicom_maker import chest_pixels, film_dataset
from tests.support.odd_headers import odd_film
from workstation.dicom import reader, shutter
from workstation.dicom.values import Tags
from workstation.domain.film import FilmHeader, NoticeCode
from workstation.imaging.lut import VoiChoice, display_lut, presentation_image, render_8bit

RECTANGLE = {
    "ShutterShape": "RECTANGULAR",
    "ShutterLeftVerticalEdge": 11,
    "ShutterRightVerticalEdge": 70,
    "ShutterUpperHorizontalEdge": 21,
    "ShutterLowerHorizontalEdge": 90,
}
CIRCLE = {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [48, 40], "RadiusOfCircularShutter": 30}
POLYGON = {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [10, 10, 10, 70, 90, 70, 90, 10]}


def read(hides: dict[str, Any], **options: Any) -> tuple[FilmHeader, np.ndarray]:
    """A film of 96 x 80, its pixels 100 and up, with a shutter in its header."""
    pixels = np.clip(chest_pixels(), 100, 4000)
    dataset = film_dataset(pixels, **options, **hides)
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return reader.read(stream.getvalue())


def test_what_lies_outside_is_black_and_what_lies_inside_is_as_it_was() -> None:
    window: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
    header, pixels = read(RECTANGLE, **window)
    plain_header, plain = read({}, **window)
    shown, before = (
        presentation_image(header.greyscale, pixels),
        presentation_image(plain_header.greyscale, plain),
    )
    inside = (slice(20, 90), slice(10, 70))  # edges count from 1 and belong to what is shown
    assert np.array_equal(pixels[inside], plain[inside])
    assert np.array_equal(shown[inside], before[inside])
    for outside in (shown[:20], shown[90:], shown[:, :10], shown[:, 70:]):
        assert outside.max() == 0
    assert before[:20].max() > 0


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_it_stays_black_whatever_the_window_and_the_polarity(photometric: str) -> None:
    header, pixels = read(RECTANGLE, photometric=photometric)
    for invert in (False, True):
        shown = render_8bit(pixels, display_lut(header.greyscale, VoiChoice.custom(-2000, 10), invert))
        assert shown[:20].max() == 0


@pytest.mark.parametrize(("photometric", "dark"), [("MONOCHROME1", 4095), ("MONOCHROME2", 0)])
def test_it_is_the_dark_end_where_that_is_free(photometric: str, dark: int) -> None:
    header, pixels = read(RECTANGLE, photometric=photometric)
    assert (pixels[:20] == dark).all()
    assert header.greyscale.padding == (dark, dark)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_film_with_padding_of_its_own_gets_that(photometric: str) -> None:
    header, pixels = read(RECTANGLE, photometric=photometric, padding=40, padding_limit=60)
    assert header.greyscale.padding == (40, 60)
    assert (pixels[:20] == 40).all()
    assert presentation_image(header.greyscale, pixels)[:20].max() == 0
    plain = read({}, photometric=photometric)[1]
    assert np.array_equal(pixels[20:90, 10:70], plain[20:90, 10:70])


def test_a_film_that_uses_every_value_gets_its_darkest() -> None:
    pixels = chest_pixels()
    pixels[50, 40], pixels[51, 40] = 0, 4095
    for photometric, darkest in (("MONOCHROME2", 0), ("MONOCHROME1", 4095)):
        dataset = film_dataset(pixels, photometric=photometric, **RECTANGLE)
        stream = BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
        header, found = reader.read(stream.getvalue())
        assert (found[:20] == darkest).all()
        assert header.greyscale.padding is None


def test_a_round_and_a_many_sided_shutter() -> None:
    shown = presentation_image(*_as_pair(read(CIRCLE)))
    rows, columns = np.mgrid[1:97, 1:81]
    outside = (rows - 48) ** 2 + (columns - 40) ** 2 > 31**2
    assert shown[outside].max() == 0
    assert shown[48 - 1, 40 - 1] > 0
    shown = presentation_image(*_as_pair(read(POLYGON)))
    assert shown[:8].max() == 0
    assert shown[48, 12:60].max() > 0
    assert shown[48, :8].max() == shown[48, 71:].max() == 0


def test_a_polygon_around_a_rectangle_is_that_rectangle() -> None:
    corners = [21, 11, 21, 70, 90, 70, 90, 11]  # row, column
    polygon = read({"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": corners})[1]
    assert np.array_equal(polygon, read(RECTANGLE)[1])


def test_of_several_shapes_each_hides_its_part() -> None:
    both = {**RECTANGLE, **CIRCLE, "ShutterShape": ["RECTANGULAR", "CIRCULAR"]}
    shown = presentation_image(*_as_pair(read(both)))
    assert shown[:20].max() == 0
    assert shown[85, 12] == 0


@pytest.mark.parametrize(
    "hides",
    [
        {**RECTANGLE, "ShutterLeftVerticalEdge": 75},
        {**RECTANGLE, "ShutterRightVerticalEdge": 12, "ShutterLowerHorizontalEdge": 22},
        {"ShutterShape": "RECTANGULAR"},
        {**CIRCLE, "RadiusOfCircularShutter": 0},
        {**POLYGON, "VerticesOfThePolygonalShutter": [1, 2, 3]},
        {**POLYGON, "VerticesOfThePolygonalShutter": [21, 11, 21, 70, 90, 70, 90]},
        {"ShutterShape": "STAR"},
    ],
)
def test_a_shutter_that_cannot_be_meant_hides_nothing_and_is_told(hides: dict[str, Any]) -> None:
    header, pixels = read(hides)
    assert np.array_equal(pixels, read({})[1])
    assert "ShutterShape" in [n.detail for n in header.notices if n.code is NoticeCode.TAG_REPAIRED]


def test_a_shutter_around_the_whole_film_is_none() -> None:
    whole = {
        **RECTANGLE,
        "ShutterLeftVerticalEdge": 1,
        "ShutterRightVerticalEdge": 80,
        "ShutterUpperHorizontalEdge": 1,
        "ShutterLowerHorizontalEdge": 96,
    }
    header, _ = read(whole)
    assert not any(n.code is NoticeCode.TAG_REPAIRED for n in header.notices)


def test_the_file_is_not_touched(tmp_path: Path) -> None:
    dataset = film_dataset(np.clip(chest_pixels(), 100, 4000), **RECTANGLE)
    path = tmp_path / "film.dcm"
    dataset.save_as(path, enforce_file_format=True)
    before = path.read_bytes()
    reader.read(path)
    assert path.read_bytes() == before
    assert dcmread(path).ShutterShape == "RECTANGULAR"


@settings(max_examples=60)
@given(
    shape=st.lists(st.sampled_from(["RECTANGULAR", "CIRCULAR", "POLYGONAL", "", "X"]), max_size=3),
    numbers=st.lists(st.integers(-(10**6), 10**6), min_size=14, max_size=14),
)
def test_any_figures_are_borne(shape: list[str], numbers: list[int]) -> None:
    dataset = film_dataset(chest_pixels())
    dataset.ShutterShape = shape
    for keyword, value in zip(list(RECTANGLE)[1:], numbers[:4], strict=True):
        setattr(dataset, keyword, value)
    dataset.CenterOfCircularShutter, dataset.RadiusOfCircularShutter = numbers[4:6], abs(numbers[6])
    dataset.VerticesOfThePolygonalShutter = numbers[6:]
    covered = shutter.hidden(Tags(dataset), 96, 80)
    assert covered is None or (covered.shape == (96, 80) and covered.any() and not covered.all())


def _as_pair(found: tuple[FilmHeader, np.ndarray]) -> tuple[Any, np.ndarray]:
    header, pixels = found
    return header.greyscale, pixels


@pytest.mark.parametrize("padding", [("SS", b"\x30\xf8"), ("US", b"\xff\xff")], ids=["-2000", "65535"])
@pytest.mark.parametrize("bits", [8, 12])
def test_padding_that_the_pixels_cannot_hold_does_not_hold_it_up(
    padding: tuple[str, bytes], bits: int
) -> None:
    plain = odd_film(
        {"PixelPaddingValue": padding}, pixels=chest_pixels(bits=bits), bits_stored=bits, **RECTANGLE
    )
    header, pixels = reader.read(plain)
    assert presentation_image(header.greyscale, pixels)[:20].max() == 0
    assert any(notice.detail == "PixelPaddingValue" for notice in header.notices)


def test_edges_beyond_all_bounds_are_those_of_the_film() -> None:
    far = {
        "CenterOfCircularShutter": ("FD", struct.pack("<2d", 48, 1e300)),
        "RadiusOfCircularShutter": b"9" * 12,
    }
    header, pixels = reader.read(odd_film({"ShutterShape": b"CIRCULAR", **far}))
    assert pixels.shape == (96, 80)
    assert header.rows == 96


def test_a_shape_named_many_times_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    rectangle = shutter._rectangle
    monkeypatch.setattr(shutter, "_rectangle", lambda *of: made.append(of) or rectangle(*of))
    many = {**RECTANGLE, "ShutterShape": ["RECTANGULAR"] * 500}
    once, often = (read(hides)[1] for hides in (RECTANGLE, many))
    assert np.array_equal(once, often)
    assert len(made) == 2


@pytest.mark.parametrize(("centre", "radius"), [((300, 200), 150), ((10, 590), 205), ((-40, 300), 200)])
def test_a_circle_holds_whose_centres_it_holds_and_takes_little_memory(
    centre: tuple[int, int], radius: int
) -> None:
    film = Dataset()
    film.ShutterShape, film.CenterOfCircularShutter = "CIRCULAR", list(centre)
    film.RadiusOfCircularShutter = radius
    tracemalloc.start()
    try:
        covered = shutter.hidden(Tags(film), 500, 600)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    row, column = np.mgrid[1:501, 1:601]
    assert covered is not None
    assert np.array_equal(covered, (row - centre[0]) ** 2 + (column - centre[1]) ** 2 > radius**2)
    assert peak < 5 * covered.size
