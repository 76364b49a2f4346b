"""Lengths, angles and regions on a film. Pure geometry and statistics, no Qt.

Points are (x, y) in film coordinates: pixel i covers i..i+1. Spacing is (row, column) in mm as in Pixel Spacing
(0028,0030); film pixels need not be square, so every length is taken after scaling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workstation.domain.film import GreyscalePipeline
from workstation.imaging.lut import modality_values

Point = tuple[float, float]
Spacing = tuple[float, float]
Array = npt.NDArray[Any]
# Pixels: a region thinner than this is a line.
_THINNEST = 1e-3


def length(start: Point, end: Point, spacing: Spacing | None) -> float:
    """Distance in mm, or in pixels where `spacing` is None."""
    dx, dy = _step(start, end, spacing)
    return math.hypot(dx, dy)


def angle(first: Point, vertex: Point, second: Point, spacing: Spacing | None) -> float:
    """Angle at `vertex` in degrees, 0..180; 0 where a leg has no length."""
    ax, ay = _step(vertex, first, spacing)
    bx, by = _step(vertex, second, spacing)
    return math.degrees(abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by)))


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """Of the pixels whose centres lie in a region.

    Attributes:
        pixels: how many; padding is left out.
        mean, deviation: of the modality values (after rescale or Modality LUT, before any window); the deviation is
            that of the population. NaN where there are no pixels.
        area: of the region, mm2, or square pixels without spacing.
    """

    pixels: int
    mean: float
    deviation: float
    area: float


def ellipse_statistics(
    stored: Array, pipeline: GreyscalePipeline, corner: Point, opposite: Point, spacing: Spacing | None
) -> RegionStatistics:
    """Statistics within the ellipse that fills the box of two corners.

    Args:
        stored: 2-D integer film, stored values.
    """
    x0, x1 = sorted((corner[0], opposite[0]))
    y0, y1 = sorted((corner[1], opposite[1]))
    width, height = _step((x0, y0), (x1, y1), spacing)
    area = math.pi / 4 * width * height
    left, right = (int(np.clip(v, 0, stored.shape[1])) for v in (math.floor(x0), math.ceil(x1)))
    top, bottom = (int(np.clip(v, 0, stored.shape[0])) for v in (math.floor(y0), math.ceil(y1)))
    nothing = RegionStatistics(0, math.nan, math.nan, area)
    if right <= left or bottom <= top or min(x1 - x0, y1 - y0) < _THINNEST:
        return nothing
    across = (np.arange(left, right) + 0.5 - (x0 + x1) / 2) / ((x1 - x0) / 2)
    down = (np.arange(top, bottom) + 0.5 - (y0 + y1) / 2) / ((y1 - y0) / 2)
    values = stored[top:bottom, left:right][down[:, None] ** 2 + across[None, :] ** 2 <= 1.0]
    if pipeline.padding is not None:
        low, high = pipeline.padding
        values = values[(values < low) | (values > high)]
    if values.size == 0:
        return nothing
    # A histogram of at most 65,536 values is quicker than rescaling millions of pixels, and exact.
    first = int(values.min())
    counts = np.bincount((values.astype(np.int64) - first).ravel())
    levels = modality_values(pipeline, np.arange(first, first + counts.size, dtype=np.int64)).astype(
        np.float64
    )
    mean = float(counts @ levels / values.size)
    variance = float(counts @ (levels - mean) ** 2 / values.size)
    return RegionStatistics(int(values.size), mean, math.sqrt(max(0.0, variance)), area)


def _step(start: Point, end: Point, spacing: Spacing | None) -> tuple[float, float]:
    row, column = spacing or (1.0, 1.0)
    return (end[0] - start[0]) * column, (end[1] - start[1]) * row
