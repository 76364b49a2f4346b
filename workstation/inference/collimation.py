"""The collimated field of a film, read off what a network says of its columns and rows."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from workstation.domain.field import CollimatedField

Vector = npt.NDArray[np.float64]

LEAST = 0.02
"""Share of the film's side below which a band is a mere frame: the network is not asked for it (see `frame_of`)."""
FRAMES = 3
"""Frames that are looked for, one within the other."""
ONE_GREY = 6
"""Grey values of 255 by which a frame may differ from itself: what JPEG does to it."""
SURE = 0.12
"""Nothing is cut away unless the network gives the band's columns or rows less than this mean P(exposed)."""
SMALLEST = 0.25
"""A field that is narrower than this share of the film is not believed."""


def field_of(columns: Vector, rows: Vector, sure: float = SURE) -> CollimatedField:
    """The field by the logits of "exposed" of a film's columns (left to right) and rows (top to bottom).

    A side whose band is thin or doubtful stays at the film's border; so does everything where the field would be
    too small to be one.
    """
    left, right = _span(columns, sure)
    top, bottom = _span(rows, sure)
    return CollimatedField(left, top, right, bottom)


def frame_of(image: npt.NDArray[np.uint8]) -> CollimatedField:
    """What thin frames of one grey enclose, one within the other: a scanner's or screenshot's, the clear rim of a
    film, a blade's narrow band, blackened by the console. Lung cut off by one is cut off, but ends at no border that
    the networks know.

    Args:
        image: (H, W) presentation image. Bands of `LEAST` of the side and more are left to the network.
    """
    height, width = image.shape
    left, top, right, bottom = 0, 0, width, height
    for _ in range(FRAMES):
        bands = _thin_bands(image[top:bottom, left:right])
        if not any(bands):
            break
        left, top, right, bottom = left + bands[0], top + bands[1], right - bands[2], bottom - bands[3]
    return CollimatedField(left / width, top / height, right / width, bottom / height)


def _thin_bands(image: npt.NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """How wide a band of one grey is, in pixels: left, top, right, bottom."""
    height, width = image.shape
    least = math.ceil(LEAST * height), math.ceil(LEAST * width)
    top, bottom = _of_one_grey(image[: least[0]], 1), _of_one_grey(image[-least[0] :][::-1], 1)
    within = image[top : height - bottom]
    left, right = _of_one_grey(within[:, : least[1]], 0), _of_one_grey(within[:, -least[1] :][:, ::-1], 0)
    return left, top, right, bottom


def _of_one_grey(band: npt.NDArray[np.uint8], along: int) -> int:
    """How many lines of a band, the film's border first, are of one grey, all of them of the same; 0 where all are."""
    same = np.maximum.accumulate(band.max(axis=along)).astype(np.int16)
    same -= np.minimum.accumulate(band.min(axis=along))
    return int(np.argmax(same > ONE_GREY))


def cut_out(image: npt.NDArray[np.uint8], part: CollimatedField) -> npt.NDArray[np.uint8]:
    """The pixels of a film (H, W) that lie within `part`, at least one."""
    left, top, right, bottom = part.pixels(image.shape[1], image.shape[0])
    return np.ascontiguousarray(image[top:bottom, left:right])


def _span(logits: Vector, sure: float) -> tuple[float, float]:
    """First and last exposed place in 0..1: the run of columns that is likeliest to be the exposed one."""
    count = len(logits)
    start, stop = _likeliest(np.clip(logits, -8.0, 8.0))
    exposed = 1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60)))
    # The column that the border runs through is exposed in part, and may fall on either side of it.
    low = (
        start
        - float(exposed[max(0, start - 2) : start].sum())
        + float((1 - exposed[start : start + 2]).sum())
    )
    high = stop + float(exposed[stop : stop + 2].sum()) - float((1 - exposed[max(0, stop - 2) : stop]).sum())
    if low < LEAST * count or exposed[: max(1, int(low))].mean() > sure:
        low = 0.0
    if high > (1 - LEAST) * count or exposed[min(count - 1, int(np.ceil(high))) :].mean() > sure:
        high = float(count)
    if high - low < SMALLEST * count:
        return 0.0, 1.0
    return low / count, high / count


def _likeliest(logits: Vector) -> tuple[int, int]:
    """The run (start, stop) with the largest sum of logits: the most likely one, were columns independent."""
    sums = np.concatenate([[0.0], np.cumsum(logits)])
    lowest = np.minimum.accumulate(sums)
    gains = sums - lowest
    stop = int(np.argmax(gains))
    if stop == 0:
        return 0, len(logits)
    return int(np.argmin(sums[: stop + 1])), stop
