"""Films that lie askew on their picture: what the wedges of one grey beside their slanting borders enclose, upright.

On a scanner a film lies askew; a console that blackens what lies behind the blades does so along the blades' slant.
Lung that is cut off there is cut off, but ends at no border that the networks know.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from workstation.domain.edges import Edge
from workstation.domain.field import AskewFilm, CollimatedField
from workstation.inference.collimation import LEAST, cut_out, frame_of

Image = npt.NDArray[np.uint8]

LEAST_DEG, MOST_DEG = 0.4, 12.0
"""A smaller slant is none that matters; a larger one no accident."""
AGREE_DEG = 0.8
"""By which the slants of a film's sides may differ."""
ONE_GREY = 8
"""Grey values of 255 by which a wedge may differ from its corner: what JPEG does to it."""
_SIDES = (Edge.LEFT, Edge.TOP, Edge.RIGHT, Edge.BOTTOM)
_LONG_SIDE = 640  # pixels, at the least, of the copy that is looked at
_DEEPEST, _WIDEST = 0.3, 0.008  # of the picture: how far in a wedge may reach, and must where it is widest
_LONG = 0.3  # of a side: how much of it a wedge must take
_ON_LINE = 2.0  # pixels of the copy
_MOST = 0.8  # of a wedge's lines end on its slant


def laid_bare(image: Image) -> tuple[Image, tuple[CollimatedField | AskewFilm, ...]]:
    """A film as the networks look at it, without thin frames and set straight; and what enclosed it, outermost first.

    Args:
        image: (H, W) presentation image.
    """
    around: list[CollimatedField | AskewFilm] = []
    frame = frame_of(image)
    if not frame.whole:
        image = cut_out(image, frame)
        around.append(frame)
    slants = slants_of(image)
    if any(slants):
        image, film = straightened(image, slants)
        around.append(film)
    return image, tuple(around)


@dataclass(frozen=True, slots=True)
class Slant:
    """The film's border at one side of a picture.

    Attributes:
        at: pixels of the copy between that side's middle and the border.
        degrees: by which the border is turned clockwise.
    """

    at: float
    degrees: float


def slants_of(image: Image) -> tuple[Slant | None, ...]:
    """Of the left, top, right and bottom side of a picture; None where there is no wedge, nothing but None where what
    there is does not agree: two sides at least must have one, of the same slant.

    Args:
        image: (H, W) presentation image without a frame.
    """
    none = (None,) * 4
    small = _copy(image)[0]
    if min(small.shape) < 64:
        return none
    found = tuple(_slant(np.rot90(small, turns)) for turns in range(4))
    degrees = [slant.degrees for slant in found if slant is not None]
    if len(degrees) < 2 or np.ptp(degrees) > AGREE_DEG or abs(np.mean(degrees)) > MOST_DEG:
        return none
    return found


def straightened(image: Image, slants: tuple[Slant | None, ...]) -> tuple[Image, AskewFilm]:
    """The film between its slanting borders, turned back, and where it lies on the picture.

    Args:
        image: (H, W) presentation image.
        slants: as `slants_of` found them there; of one side at least.
    """
    height, width = image.shape
    small, step = _copy(image)
    high, wide = small.shape
    tilt = float(np.mean([slant.degrees for slant in slants if slant is not None]))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    left, top, right, bottom = (0.0 if slant is None else slant.at for slant in slants)
    middles = np.array(
        [[left, high / 2], [wide / 2, top], [wide - right, high / 2], [wide / 2, high - bottom]]
    )
    placed = step * middles @ turn[:, :2].T + turn[:, 2]
    # A pixel of the copy further in: on the border greys of both its sides mix.
    x0, x1 = math.ceil(placed[0, 0]) + step, math.floor(placed[2, 0]) - step
    y0, y1 = math.ceil(placed[1, 1]) + step, math.floor(placed[3, 1]) - step
    turn[:, 2] -= (x0, y0)
    film = cv2.warpAffine(image, turn, (x1 - x0, y1 - y0), borderMode=cv2.BORDER_REPLICATE)
    back = cv2.invertAffineTransform(turn)
    corners = np.array([[0, 0], [x1 - x0, 0], [0, y1 - y0], [x1 - x0, y1 - y0]]) @ back[:, :2].T + back[:, 2]
    corners /= (width, height)
    (a, b), (c, d), (e, f), _ = corners.tolist()
    # From the corner next to it on, a band lies along a side: where it is more than a frame, behind a blade.
    bands = (*corners.min(axis=0), *(1 - corners.max(axis=0)))
    blades = tuple(edge for edge, band in zip(_SIDES, bands, strict=True) if band >= LEAST)
    return np.asarray(film, np.uint8), AskewFilm((a, b), (c, d), (e, f), blades)


def _copy(image: Image) -> tuple[Image, int]:
    step = max(1, max(image.shape) // _LONG_SIDE)
    return image[::step, ::step], step


def _slant(image: Image) -> Slant | None:
    """Of the left border of a picture."""
    for grey, turned in ((image[1, 1], False), (image[-2, 1], True)):
        band = image[:, : int(_DEEPEST * image.shape[1])].astype(np.int16)
        film = np.abs(band - np.int16(grey)) > ONE_GREY
        begins = np.where(film.any(axis=1), film.argmax(axis=1), band.shape[1]).astype(np.float64)
        line = _line(begins[::-1] if turned else begins, image.shape[1])
        if line is not None:
            return replace(line, degrees=-line.degrees) if turned else line
    return None


def _line(begins: npt.NDArray[np.float64], width: int) -> Slant | None:
    """Of pixels at which the film begins, row by row, where it begins ever nearer to the picture's left border."""
    count = len(begins)
    on_film = np.flatnonzero(begins < int(_DEEPEST * width))
    if not on_film.size or begins[on_film[0]] < _WIDEST * width:
        return None
    first = int(on_film[0])
    # To the film's corner: from there its next side leads away.
    last = first + int(np.argmin(begins[first:])) + 1
    if last - first < _LONG * count:
        return None
    y, x = np.arange(first, last), begins[first:last]
    near = np.ones(len(x), bool)
    for _ in range(3):
        slope, foot = np.polyfit(y[near], x[near], 1)
        off = np.abs(slope * y + foot - x)
        near = off <= max(_ON_LINE, float(np.percentile(off, 80)))
    degrees = math.degrees(math.atan(-slope))
    if degrees < LEAST_DEG or (off <= _ON_LINE).mean() < _MOST:
        return None
    return Slant(max(0.0, float(slope * count / 2 + foot)), degrees)
