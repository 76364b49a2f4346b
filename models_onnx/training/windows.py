"""Random windows of films with known lungs: what a film would show if it had been exposed a little off.

Both classes are cut by the same procedure from the same films; the only difference is whether lung lies
outside. The
target reaches `MARGIN` cells beyond the window, so a network can be asked for the lung that the film does
*not* show.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

FILM = 224  # network input, pixels
PAD = 16  # pixels added around the input inside the network
CANVAS = FILM + 2 * PAD
CELL = 4
GRID = CANVAS // CELL  # 64: target cells along a side
MARGIN = PAD // CELL  # 4 of them outside the film

# Lung deeper than this beyond an edge (in fractions of the window) is a cut; none is whole; between: not
# scored.
CUT_DEPTH = 0.012
TOUCH = 0.012  # a mask nearer than this to its own film's border may go on beyond it

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True)
class Window:
    """One window.

    Attributes:
        image: (224, 224) float32 0..255.
        lung: (224, 224) uint8 0/255, lung as seen in the window.
        target: (64, 64) float32 0..1, lung in each cell, the outer 4 cells lie beyond the film.
        weight: (64, 64) float32, 0 where nobody knows.
        cut: (4,) float32 for left, right, top, bottom: 1 cut, 0 whole, nan unknown or too close to call.
    """

    image: F32
    lung: U8
    target: F32
    weight: F32
    cut: F32


def open_sides(mask: U8) -> npt.NDArray[np.bool_]:
    """Sides (left, right, top, bottom) where the mask comes so near its film's border that the lung may go
    on."""
    if not mask.any():
        return np.ones(4, bool)
    return np.asarray(_extent(mask)[0] < TOUCH)


def _extent(mask: U8) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Gaps between lung and the left, right, top and bottom border, and for each side how far lung reaches along it,
    in fractions of width or height."""
    cols, rows = np.nonzero(mask.any(0))[0], np.nonzero(mask.any(1))[0]
    height, width = mask.shape
    sides = np.array([width, width, height, height])
    gaps = np.array([cols[0], width - 1 - cols[-1], rows[0], height - 1 - rows[-1]]) / sides
    reach = np.array([cols[-1] - cols[0]] * 2 + [rows[-1] - rows[0]] * 2) / sides
    return gaps, reach


def choose(mask: U8, rng: Rng, cut_share: float = 0.55) -> tuple[float, float, float, float]:
    """A window (left, top, right, bottom) in fractions of the film; may reach a little beyond it.

    Cuts are mostly shallow (a tip, a strip), on one side, sometimes two or three.
    mask: (H, W), lung where it is not 0.
    """
    box, spread = _extent(mask)
    gap = np.minimum(np.maximum(box, 0), 0.6)
    inset = np.empty(4)
    cuts = np.zeros(4, bool)
    if rng.random() < cut_share:
        number = int(rng.choice([1, 1, 1, 1, 2, 2, 3]))
        cuts[rng.choice(4, number, replace=False, p=[0.25, 0.25, 0.18, 0.32])] = True
    for side in range(4):
        if cuts[side]:
            depth = rng.exponential(0.05) + 0.013 if rng.random() < 0.8 else rng.uniform(0.02, 0.3)
            inset[side] = gap[side] + min(depth, 0.35) * spread[side]
        elif rng.random() < 0.3:
            inset[side] = rng.uniform(-0.02, 0.02) * (gap[side] > TOUCH)
        else:  # near the lung or far from it, but outside
            inset[side] = gap[side] * rng.beta(1.6, 1.0) - 0.004
    left, right, top, bottom = inset
    return float(left), float(top), float(1 - right), float(1 - bottom)


def _matrix(window: tuple[float, float, float, float], turn: float, source: int, out: int, pad: float) -> F32:
    """Affine map from output pixels to source pixels; the window fills the output less `pad` on each side."""
    left, top, right, bottom = window
    cx, cy = (left + right) / 2, (top + bottom) / 2
    inner = out - 2 * pad
    sx, sy = (right - left) * source / inner, (bottom - top) * source / inner
    c, s = np.cos(turn), np.sin(turn)
    a = np.array([[c * sx, -s * sy], [s * sx, c * sy]])
    centre = np.array([cx, cy]) * source - 0.5
    shift = centre - a @ np.array([(out - 1) / 2, (out - 1) / 2])
    return np.hstack([a, shift[:, None]]).astype(np.float32)


def _warp(
    image: npt.NDArray[np.uint8], matrix: F32, out: int, flags: int, border: int, value: float = 0
) -> U8:
    return np.asarray(
        cv2.warpAffine(
            image,
            matrix,
            (out, out),
            flags=flags | cv2.WARP_INVERSE_MAP,
            borderMode=border,
            borderValue=value,
        ),
        np.uint8,
    )


def take(film: U8, mask: U8, window: tuple[float, float, float, float], turn: float, rng: Rng) -> Window:
    """Cut `window` (turned by `turn` radians) out of `film`; `mask` is its lung (0/255). Both square, of any size.

    Raises ValueError where one is not: films are squeezed before (`cache.build`).
    """
    if film.shape[0] != film.shape[1] or mask.shape[0] != mask.shape[1]:
        raise ValueError(f"film {film.shape} and mask {mask.shape} have to be square")
    ratio = max(window[2] - window[0], window[3] - window[1]) * film.shape[0] / FILM
    source = cv2.GaussianBlur(film, (0, 0), 0.45 * ratio) if ratio > 1.25 else film
    fill = int(rng.choice([0, 0, 0, int(np.median(film[0])), 128]))
    border = cv2.BORDER_REPLICATE if rng.random() < 0.4 else cv2.BORDER_CONSTANT
    image = _warp(source, _matrix(window, turn, film.shape[0], FILM, 0), FILM, cv2.INTER_LINEAR, border, fill)

    # Lung and knowledge on a canvas three windows wide, to see how far the lung goes on.
    wide = 3 * FILM // 2
    lung_wide = _warp(
        mask,
        _matrix(window, turn, mask.shape[0], wide, wide / 3),
        wide,
        cv2.INTER_LINEAR,
        cv2.BORDER_CONSTANT,
    )
    frame = np.pad(np.full(mask.shape, 255, np.uint8), mask.shape[0], constant_values=255)
    size = mask.shape[0]
    opened = open_sides(mask)
    if opened[0]:
        frame[:, :size] = 0
    if opened[1]:
        frame[:, 2 * size :] = 0
    if opened[2]:
        frame[:size] = 0
    if opened[3]:
        frame[2 * size :] = 0
    shifted = tuple((v + 1) / 3 for v in window)
    frame_window = (shifted[0], shifted[1], shifted[2], shifted[3])
    matrix = _matrix(window, turn, mask.shape[0], CANVAS, PAD)
    lung = _warp(mask, matrix, CANVAS, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
    known = _warp(
        frame,
        _matrix(frame_window, turn, 3 * size, CANVAS, PAD),
        CANVAS,
        cv2.INTER_NEAREST,
        cv2.BORDER_REPLICATE,
    )
    target = cv2.resize(lung, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    weight = cv2.resize(known, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return Window(
        image=image.astype(np.float32),
        lung=lung[PAD:-PAD, PAD:-PAD],
        target=target,
        weight=(weight > 0.99).astype(np.float32),
        cut=_cut(lung_wide > 127, wide // 3, opened, window),
    )


def _cut(
    lung: npt.NDArray[np.bool_],
    third: int,
    opened: npt.NDArray[np.bool_],
    window: tuple[float, float, float, float],
) -> F32:
    cut = np.full(4, np.nan, np.float32)
    inside = slice(third, 2 * third)
    # Depth beyond an edge counts only beside the window, over at least a few cells, so a stray pixel is no
    # lung.
    beyond = (
        lung[inside, :third][:, ::-1],
        lung[inside, 2 * third :],
        lung[:third, inside][::-1].T,
        lung[2 * third :, inside].T,
    )
    at_film = (window[0] <= 0.005, window[2] >= 0.995, window[1] <= 0.005, window[3] >= 0.995)
    for side, part in enumerate(beyond):
        reach = np.nonzero(part.sum(0) >= 2)[0]
        depth = (reach[-1] + 1) / third if reach.size else 0.0
        if depth > CUT_DEPTH:
            cut[side] = 1.0
        elif not (opened[side] and at_film[side]) and depth == 0.0:
            cut[side] = 0.0
    return cut


def mirror(window: Window) -> Window:
    """The same window seen in a mirror."""
    return Window(
        image=np.ascontiguousarray(window.image[:, ::-1]),
        lung=np.ascontiguousarray(window.lung[:, ::-1]),
        target=np.ascontiguousarray(window.target[:, ::-1]),
        weight=np.ascontiguousarray(window.weight[:, ::-1]),
        cut=window.cut[[1, 0, 2, 3]],
    )
