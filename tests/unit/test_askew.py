"""Films that lie askew: found by their wedges, set straight, and told of where they lie on the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.blades import askew
from workstation.domain.edges import Edge
from workstation.domain.field import WHOLE_FILM, AskewFilm, CollimatedField
from workstation.inference.askew import laid_bare, slants_of, straightened

NOISE = cv2.GaussianBlur(np.random.default_rng(3).normal(125, 400, (700, 500)), (0, 0), 6)
FILM = np.clip(NOISE, 30, 220).astype(np.uint8)


@pytest.mark.parametrize("degrees", [-11.0, -3.0, -0.7, 0.7, 1.0, 5.0])
@pytest.mark.parametrize(("grey", "band"), [(0, 0), (255, 0), (0, 60), (240, 25)])
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_film_laid_askew_is_set_straight(degrees: float, grey: int, band: int, scale: float) -> None:
    film = cv2.resize(FILM, None, fx=scale, fy=scale)
    picture, turn = askew(film, degrees, grey, band)
    found, (*frames, placed) = laid_bare(picture)
    assert isinstance(placed, AskewFilm)
    height, width = film.shape
    near = 0.01 * height
    assert found.shape == pytest.approx(film.shape, abs=2 * near)
    corners = (placed.upper_left, placed.upper_right, placed.lower_left)
    for frame in reversed(frames):  # thin what is left of the band at its narrowest
        (corners,) = frame.on_film((corners,))
    high, wide = picture.shape
    for corner, (x, y) in zip(((0, 0), (width, 0), (0, height)), corners, strict=True):
        assert np.hypot(*(turn @ (*corner, 1) - (x * wide, y * high))) < near
    y, x = (np.array(found.shape) - film.shape) // 2
    middle = found[height // 4 + y : -height // 4 + y, width // 4 + x : -width // 4 + x].astype(float)
    seen = cv2.matchTemplate(film.astype(np.float32), middle.astype(np.float32), cv2.TM_CCOEFF_NORMED)
    assert seen.max() > 0.97
    if band == 60:
        assert set(placed.blades) == set(Edge)


def test_corners_out_of_sight_do_not_matter() -> None:
    height, width = FILM.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -4.0, 1.0)
    found, (placed,) = laid_bare(cv2.warpAffine(FILM, turn, (width, height)))
    assert isinstance(placed, AskewFilm)
    assert found.shape == pytest.approx(FILM.shape, abs=8)
    assert placed.blades == ()


def oval(picture: np.ndarray) -> np.ndarray:
    """Nothing but an oval of `picture` on black."""
    height, width = picture.shape
    mask = np.zeros_like(picture)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
    return picture * mask


def one_wedge(picture: np.ndarray) -> np.ndarray:
    """One slanting blade at the left."""
    height = len(picture)
    return np.asarray(cv2.fillPoly(picture.copy(), [np.array([[0, 0], [60, 0], [0, height]], np.int32)], 0))


def contrary(picture: np.ndarray) -> np.ndarray:
    """Blades that slant to either side: no film lies so."""
    height, width = picture.shape
    right = np.array([[width, 0], [width - 60, 0], [width, height]], np.int32)
    return np.asarray(cv2.fillPoly(one_wedge(picture), [right], 0))


@pytest.mark.parametrize(
    "altered",
    [
        lambda picture: picture,
        lambda picture: np.pad(picture, 60),
        lambda picture: np.zeros_like(picture),
        lambda picture: picture[:40, :40],
        lambda picture: askew(picture, 0.2)[0],
        lambda picture: askew(picture, 20.0)[0],
        oval,
        one_wedge,
        contrary,
    ],
    ids=["a film", "bands", "nothing", "tiny", "hardly", "turned", "oval", "one blade", "contrary"],
)
def test_what_does_not_lie_askew_is_left(altered: object) -> None:
    picture = altered(FILM)  # type: ignore[operator]
    assert slants_of(picture) == (None,) * 4
    assert not any(isinstance(frame, AskewFilm) for frame in laid_bare(picture)[1])


@given(st.floats(-12, 12), st.integers(0, 80), st.integers(0, 2**32 - 1))
def test_whatever_is_found_lies_on_the_picture(degrees: float, band: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(40, 200, (90, 120), dtype=np.uint8)
    picture, _ = askew(cv2.resize(noise, (240, 180), interpolation=cv2.INTER_NEAREST), degrees, 0, band)
    slants = slants_of(picture)
    if any(slants):
        film, placed = straightened(picture, slants)
        assert min(film.shape) > 0
        ((corner,),) = placed.on_film((((1.0, 1.0),),))
        for x, y in (placed.upper_left, placed.upper_right, placed.lower_left, corner):
            assert -0.1 < x < 1.1
            assert -0.1 < y < 1.1


def test_the_field_around_a_film_askew_hides_nothing_of_it() -> None:
    thin = AskewFilm((0.05, 0.0), (1.0, 0.04), (0.0, 0.95))
    assert thin.around(WHOLE_FILM).whole  # ends with the picture: a wedge is no blade
    assert thin.extent(Edge.LEFT) == pytest.approx(0.95)
    assert thin.extent(Edge.TOP) == pytest.approx(0.95)
    bladed = AskewFilm((0.15, 0.1), (0.9, 0.14), (0.11, 0.9), (Edge.LEFT, Edge.TOP))
    assert bladed.around(WHOLE_FILM) == CollimatedField(0.11, 0.1, 1.0, 1.0)
    within = bladed.around(CollimatedField(0.0, 0.0, 1.0, 0.5))
    assert within.blades == (Edge.LEFT, Edge.TOP, Edge.BOTTOM)
    assert within.bottom == pytest.approx(0.14 + 0.5 * 0.8)
