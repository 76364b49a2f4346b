"""Lung probability map -> outline polygons for the overlay."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from workstation.domain.edges import Lines

_FINE = 256  # side to which a small map is enlarged, so that the outline is not a staircase
_SPECK = 0.004  # polygons below this part of the film's area are noise, not lung
_TOLERANCE = 0.004  # of the side: simplification of the polygons


def outline(probability: npt.NDArray[np.float64], level: float = 0.5) -> Lines:
    """Polygons around what is lung, largest first.

    Args:
        probability: (h, w), 0..1, squeezed over the whole film.
        level: what counts as lung.

    Returns:
        Points (x, y) in fractions of width and height; 0 and 1 lie on the film's border.
    """
    fine = cv2.resize(probability.astype(np.float32), (_FINE, _FINE), interpolation=cv2.INTER_LINEAR)
    lung = (fine >= level).astype(np.uint8)
    contours, _ = cv2.findContours(lung, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    polygons = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True):
        if cv2.contourArea(contour) < _SPECK * _FINE * _FINE:
            break
        simple = cv2.approxPolyDP(contour, _TOLERANCE * _FINE, True)[:, 0, :]
        polygons.append(tuple((float(x) / (_FINE - 1), float(y) / (_FINE - 1)) for x, y in simple))
    return tuple(polygons)


def certain_pieces(line: npt.NDArray[np.float64], certainty: npt.NDArray[np.float64]) -> Lines:
    """Parts of a line (n, 2) whose points are certain (`certainty` (n,) 0.5 or more), each of at least two points."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], certainty >= 0.5, [0]])))
    pieces = (line[first:last] for first, last in ends.reshape(-1, 2) if last - first >= 2)
    return tuple(tuple((float(x), float(y)) for x, y in piece) for piece in pieces)
