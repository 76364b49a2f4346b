"""Half-size copies of a film, so that any part of it can be shown at any size without losing lines.

Nearest-neighbour sampling makes a line pattern of one in six vanish at fit. Here each level is the area mean of the
one below; a request is cropped first, then shrunk by area from the nearest larger level.

Padding is no part of the picture: a mean across its border would be a value that neither side has, shown as a bright
line where padding is a high value. A pixel that is mostly padding stays padding, any other is the mean of the film.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
# A level smaller than this on its long side is never worth having.
_SMALLEST = 512
# What cv2.resize shrinks by area.
_RESIZABLE = frozenset({"uint8", "uint16", "int16"})


@dataclass(frozen=True, slots=True)
class Region:
    """Part of a film in its own pixels: x0 <= x < x1, y0 <= y < y1 (fractions of a pixel allowed)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Patch:
    """Resampled part of a film.

    Attributes:
        values: stored values, 2-D, C-contiguous, dtype of the film.
        region: what it covers in film pixels, a little more than was asked for (whole pixels of a level).
    """

    values: Array
    region: Region


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The film (level 0) and its half-size copies.

    Attributes:
        padding: (low, high) inclusive range of stored values that are no part of the picture, or None.
    """

    levels: tuple[Array, ...]
    padding: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        return int(self.levels[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.levels[0].shape[0])

    def level_for(self, scale: float) -> int:
        """Smallest level that still has a pixel for each output pixel at `scale` (output pixels per film pixel)."""
        level = 0
        while level + 1 < len(self.levels) and scale * 2.0 ** (level + 1) <= 1.0 + 1e-9:
            level += 1
        return level

    def patch(self, region: Region, scale_x: float, scale_y: float, *, draft: bool = False) -> Patch:
        """Resample what covers `region` at `scale_x`, `scale_y` output pixels per film pixel.

        Args:
            region: is clipped to the film.
            draft: bilinear from the same level instead of area means: ten times faster, for frames in motion.

        Raises:
            ValueError: `region` does not touch the film.
        """
        x0, x1 = max(0.0, region.x0), min(float(self.width), region.x1)
        y0, y1 = max(0.0, region.y0), min(float(self.height), region.y1)
        if x1 <= x0 or y1 <= y0:
            raise ValueError("the region lies outside the film")
        image = self.levels[self.level_for(max(scale_x, scale_y))]
        per_x, per_y = image.shape[1] / self.width, image.shape[0] / self.height
        left, top = int(x0 * per_x + 1e-9), int(y0 * per_y + 1e-9)
        right = max(left + 1, min(image.shape[1], int(np.ceil(x1 * per_x - 1e-9))))
        bottom = max(top + 1, min(image.shape[0], int(np.ceil(y1 * per_y - 1e-9))))
        covered = Region(left / per_x, top / per_y, right / per_x, bottom / per_y)
        width = max(1, round((covered.x1 - covered.x0) * scale_x))
        height = max(1, round((covered.y1 - covered.y0) * scale_y))
        part = image[top:bottom, left:right]
        return Patch(_resized(part, width, height, draft, self.padding), covered)


def build(pixels: Array, padding: tuple[int, int] | None = None) -> Pyramid:
    """Pyramid of a film of stored values: (rows, columns) uint8, uint16 or int16.

    Args:
        padding: as in `Pyramid`.

    Raises:
        ValueError: another shape or type, or no pixels.
    """
    if pixels.ndim != 2 or pixels.size == 0 or pixels.dtype.name not in _RESIZABLE:
        raise ValueError(f"a film is 2-D uint8, uint16 or int16, not {pixels.shape} {pixels.dtype}")
    base = np.ascontiguousarray(pixels)
    if not base.dtype.isnative:
        base = base.astype(base.dtype.newbyteorder("="))
    levels = [base]
    while max(levels[-1].shape) >= 2 * _SMALLEST and min(levels[-1].shape) >= 2:
        levels.append(_halved(levels[-1], padding))
    return Pyramid(tuple(levels), padding)


def _halved(image: Array, padding: tuple[int, int] | None) -> Array:
    # Odd sizes lose nothing: the half is rounded up and cv2 weighs the areas.
    width, height = (image.shape[1] + 1) // 2, (image.shape[0] + 1) // 2
    return _without_padding(image, width, height, cv2.INTER_AREA, padding)


def _without_padding(
    image: Array, width: int, height: int, how: int, padding: tuple[int, int] | None
) -> Array:
    """Resize; what is padding has no part in the means."""
    size = (width, height)
    kinds = np.iinfo(image.dtype)
    hidden = None
    if padding is not None and padding[0] <= kinds.max and padding[1] >= kinds.min:
        hidden = cv2.inRange(image, max(padding[0], kinds.min), min(padding[1], kinds.max))
    if padding is None or hidden is None or cv2.countNonZero(hidden) in (0, image.size):
        return np.asarray(cv2.resize(image, size, interpolation=how))
    # Next to the film, as far as one mean reaches, padding takes the film's lowest value there.
    reach = 1 + max(1, -(-image.shape[1] // width), -(-image.shape[0] // height))
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    filled = image.copy()
    cv2.copyTo(np.full_like(image, kinds.max), hidden, filled)
    cv2.copyTo(cv2.erode(filled, around), hidden, filled)
    made = np.asarray(cv2.resize(filled, size, interpolation=how))
    made[cv2.resize(hidden, size, interpolation=how) > 127] = max(padding[0], kinds.min)
    return made


def _resized(image: Array, width: int, height: int, draft: bool, padding: tuple[int, int] | None) -> Array:
    if image.shape == (height, width):
        return np.ascontiguousarray(image)
    shrinks = width <= image.shape[1] and height <= image.shape[0]
    how = cv2.INTER_AREA if shrinks and not draft else cv2.INTER_LINEAR
    return _without_padding(image, width, height, how, padding)
