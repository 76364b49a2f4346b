"""Squeezing a film for a network: by area, whatever its size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.imaging.preprocess import Preprocessing, squeeze


def picture(rows: int, columns: int, seed: int) -> np.ndarray:
    """A film-like picture: smooth shades with grain."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (12, 10)).astype(np.uint8)
    smooth = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 8, (rows, columns)), 0, 255).astype(np.uint8)


@given(rows=st.integers(8, 160), columns=st.integers(8, 160), seed=st.integers(0, 9))
@settings(max_examples=40)
def test_halving_first_changes_next_to_nothing(rows: int, columns: int, seed: int) -> None:
    film = picture(8 * rows, 8 * columns, seed)
    direct = cv2.resize(film, (56, 48), interpolation=cv2.INTER_AREA).astype(int)
    squeezed = squeeze(48, 56)(film).astype(int)
    assert squeezed.shape == (48, 56)
    if rows >= 6 and columns >= 7:
        assert np.abs(squeezed - direct).max() <= 5
        assert np.abs(squeezed - direct).mean() < 1


@pytest.mark.parametrize("size", [(191, 900), (224, 224), (100, 60)])
def test_what_is_not_four_times_as_large_is_squeezed_in_one_go(size: tuple[int, int]) -> None:
    film = picture(*size, 1)
    shrinks = size[0] >= 48 and size[1] >= 56
    flags = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    expected = cv2.resize(film, (56, 48), interpolation=flags)
    if size == (224, 224):
        assert np.abs(squeeze(48, 56)(film).astype(int) - expected).max() <= 2
    else:
        assert np.array_equal(squeeze(48, 56)(film), expected)


def test_an_odd_row_of_a_real_size_is_not_missed() -> None:
    film = picture(3001, 2541, 2)
    direct = cv2.resize(film, (224, 224), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(squeeze(224, 224)(film).astype(int) - direct).mean() < 0.5


@pytest.mark.parametrize(
    "step",
    [
        {"step": "clahe", "tiles": 0},
        {"step": "clahe", "tiles": -1},
        {"step": "clahe", "tiles": 65},
        {"step": "clahe", "tiles": 8.0},
        {"step": "clahe", "tiles": True},
        {"step": "clahe", "clip": 0},
        {"step": "clahe", "clip": float("nan")},
        {"step": "squeeze", "height": 0, "width": 8},
        {"step": "squeeze", "height": 8, "width": -8},
        {"step": "squeeze", "height": 8, "width": 4097},
        {"step": "squeeze", "height": "8", "width": 8},
        {"step": "letterbox", "height": 8, "width": 8.5},
        {"step": "letterbox", "height": 8, "width": 8, "border": float("inf")},
        {"step": "percentile_stretch", "low": 60, "high": 40},
        {"step": "percentile_stretch", "low": -1},
        {"step": "percentile_stretch", "high": 100.5},
        {"step": "scale", "factor": 10**400},
        {"step": "scale", "offset": None},
    ],
    ids=str,
)
def test_a_parameter_out_of_its_range_is_refused_before_opencv_sees_it(step: dict[str, object]) -> None:
    """OpenCV ends the process (SIGFPE) at zero tiles: no manifest may get that far."""
    with pytest.raises(ValueError, match=str(step["step"])):
        Preprocessing.from_steps([step], "NCHW", 1, 8, 8)


def test_the_limits_themselves_are_allowed() -> None:
    steps = [
        {"step": "percentile_stretch", "low": 0, "high": 100},
        {"step": "clahe", "tiles": 64, "clip": 0.1},
        {"step": "squeeze", "height": 1, "width": 4096},
    ]
    made = Preprocessing.from_steps(steps, "NCHW", 1, 1, 4096)
    assert made.tensor(picture(128, 128, 1)).shape == (1, 1, 1, 4096)


def run(image: np.ndarray, layout: str = "NHWC", channels: int = 1, **step: object) -> np.ndarray:
    """What a network of one step is given of `image`, without the batch."""
    height, width = image.shape
    return Preprocessing.from_steps([step], layout, channels, height, width).tensor(image)[0]


RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_a_letterboxed_film_lies_whole_and_unstretched_in_the_middle() -> None:
    step = [{"step": "letterbox", "height": 32, "width": 32, "border": 7}]
    for size, rows, columns in (
        ((64, 32), slice(0, 32), slice(8, 24)),
        ((20, 80), slice(12, 20), slice(0, 32)),
    ):
        made = Preprocessing.from_steps(step, "NHWC", 1, 32, 32).tensor(np.full(size, 200, np.uint8))[
            0, ..., 0
        ]
        wanted = np.full((32, 32), 7.0)
        wanted[rows, columns] = 200.0
        assert np.array_equal(made, wanted)


def test_steps_of_the_greys_by_hand() -> None:
    grey = RAMP.astype(np.float64)
    assert run(RAMP, step="scale")[..., 0] == pytest.approx(grey / 255)
    assert run(RAMP, step="scale", factor=2.0, offset=-3.0)[..., 0] == pytest.approx(grey * 2 - 3)
    assert run(RAMP, step="resnet_v2")[..., 0] == pytest.approx(grey / 127.5 - 1, abs=1e-5)
    assert run(RAMP, step="standardise")[..., 0] == pytest.approx((grey - grey.mean()) / grey.std(), abs=1e-5)
    low, high = np.percentile(grey, (10, 90))
    stretched = run(RAMP, step="percentile_stretch", low=10, high=90)[..., 0]
    assert stretched == pytest.approx(np.clip((grey - low) / (high - low) * 255, 0, 255), abs=1e-3)
    assert not run(np.full((4, 4), 90, np.uint8), step="percentile_stretch").any()
    assert np.isfinite(run(np.full((4, 4), 90, np.uint8), step="standardise")).all()


def test_equalised_greys_keep_their_order_and_fill_the_range() -> None:
    dark = RAMP // 4
    made = run(dark, step="equalize_histogram")[..., 0]
    assert (made.min(), made.max()) == (0, 255)
    assert (np.diff(made.ravel()[np.argsort(dark.ravel(), kind="stable")]) >= 0).all()


def test_vgg_takes_blue_green_red_less_their_means() -> None:
    made = run(RAMP, channels=3, step="vgg_caffe")
    for channel, mean in enumerate((103.939, 116.779, 123.68)):
        assert made[..., channel] == pytest.approx(RAMP - mean, abs=1e-4)


def test_layouts_hold_the_same_greys_and_never_turn_the_film() -> None:
    film = np.arange(12, dtype=np.uint8).reshape(3, 4)
    last, first = (run(film, layout, 3, step="scale", factor=1.0) for layout in ("NHWC", "NCHW"))
    assert (last.shape, first.shape) == ((3, 4, 3), (3, 3, 4))
    for channel in range(3):
        assert np.array_equal(last[..., channel], film)
        assert np.array_equal(first[channel], film)
