"""The Display Shutter, PS3.3 C.7.6.11: what a modality wants hidden, mostly the blades of its collimator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from workstation.dicom.values import Tags
from workstation.domain.film import GreyscalePipeline

Mask = npt.NDArray[np.bool_]

_MOST_HIDDEN = 0.95
"""A shutter that leaves less than a twentieth of the film is a slip of the header."""
_MOST_VERTICES = 4096
_MOST = 2**31 - 1


KEYWORDS = (
    "ShutterShape",
    "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge",
    "ShutterUpperHorizontalEdge",
    "ShutterLowerHorizontalEdge",
    "CenterOfCircularShutter",
    "RadiusOfCircularShutter",
    "VerticesOfThePolygonalShutter",
    "ShutterPresentationValue",
    "ShutterPresentationColorCIELabValue",
)
"""Attributes of the Display Shutter module."""
_OF_SEVERAL = ("CenterOfCircularShutter", "VerticesOfThePolygonalShutter")
_OF_SHAPE = {"RECTANGULAR": KEYWORDS[1:5], "CIRCULAR": KEYWORDS[5:7], "POLYGONAL": KEYWORDS[7:8]}


def hidden(tags: Tags, rows: int, columns: int) -> Mask | None:
    """Pixels that a shutter hides, (rows, columns); None where there is none, or one that cannot be used.

    With several shapes, what any of them hides is hidden.
    """
    found = _seen(tags, rows, columns)
    return None if found is None or found[1].all() else ~found[1]


def attributes(tags: Tags, rows: int, columns: int) -> dict[str, Any]:
    """The shutter that `hidden` goes by, in the attributes of its module; empty where it gives None."""
    found = _seen(tags, rows, columns)
    if found is None or found[1].all():
        return {}
    made: dict[str, Any] = {"ShutterShape": list(found[0])}
    for keyword in (k for shape in found[0] for k in _OF_SHAPE[shape]):
        values = [round(value) for value in _numbers(tags, keyword)]
        made[keyword] = values if keyword in _OF_SEVERAL else values[0]
    return made


def _seen(tags: Tags, rows: int, columns: int) -> tuple[tuple[str, ...], Mask] | None:
    """Shapes that can be used and what all of them show; None where no shutter is, or one that is a slip."""
    # Each shape once, C.7.6.11: its attributes have room for one.
    shapes = dict.fromkeys(shape.upper() for shape in tags.texts("ShutterShape"))
    if not shapes:
        return None
    shown = np.ones((rows, columns), np.bool_)
    used = []
    for shape in shapes:
        part = {"RECTANGULAR": _rectangle, "CIRCULAR": _circle, "POLYGONAL": _polygon}.get(shape)
        seen = part(tags, rows, columns) if part is not None else None
        if seen is None:
            tags.blame("ShutterShape")
        else:
            shown &= seen
            used.append(shape)
    if used and shown.mean() < 1 - _MOST_HIDDEN:
        tags.blame("ShutterShape")
        return None
    return (tuple(used), shown) if used else None


def applied(
    pixels: npt.NDArray[Any], pipeline: GreyscalePipeline, covered: Mask
) -> tuple[npt.NDArray[Any], GreyscalePipeline]:
    """The film with what is `covered` black, whatever the window: as padding, by a value that the film does not use.

    A film that uses every value it can store gets its darkest one there instead.
    """
    out = pixels.copy()
    if pipeline.padding is not None:
        out[covered] = pipeline.padding[0]
        return out, pipeline
    film = pixels[~covered]
    used = int(film.min()), int(film.max())
    # The dark end first: it is black even to whom padding says nothing.
    ends = _storable(pipeline)[:: -1 if pipeline.high_is_dark else 1]
    unused = next((value for value in ends if value not in used), None)
    if unused is None:
        out[covered] = ends[0]
        return out, pipeline
    out[covered] = unused
    return out, replace(pipeline, padding=(unused, unused))


def _storable(pipeline: GreyscalePipeline) -> tuple[int, int]:
    if pipeline.signed:
        half = 1 << (pipeline.bits_stored - 1)
        return -half, half - 1
    return 0, (1 << pipeline.bits_stored) - 1


def _rectangle(tags: Tags, rows: int, columns: int) -> Mask | None:
    ends = [_numbers(tags, keyword)[:1] for keyword in _OF_SHAPE["RECTANGULAR"]]
    if not all(ends):
        return None
    left, right, upper, lower = (end[0] for end in ends)
    if left > right or upper > lower:
        return None
    row, column = _counted(rows), _counted(columns)
    across, down = (column >= left) & (column <= right), (row >= upper) & (row <= lower)
    return np.asarray(down[:, None] & across[None], np.bool_)


def _circle(tags: Tags, rows: int, columns: int) -> Mask | None:
    centre, radius = (_numbers(tags, keyword) for keyword in _OF_SHAPE["CIRCULAR"])
    if len(centre) != 2 or not radius or radius[0] <= 0:
        return None
    row, column = _counted(rows) - centre[0], _counted(columns) - centre[1]
    # How far the circle reaches to both sides in each row: a square of every pixel would take ten times the film.
    left = radius[0] ** 2 - row**2
    reach = np.where(left < 0, -1.0, np.sqrt(np.maximum(left, 0)))
    return np.asarray(np.abs(column)[None] <= reach[:, None], np.bool_)


def _polygon(tags: Tags, rows: int, columns: int) -> Mask | None:
    values = _numbers(tags, "VerticesOfThePolygonalShutter")
    if len(values) < 6 or len(values) % 2 or len(values) > 2 * _MOST_VERTICES:
        return None
    points = np.clip(np.reshape(values, (-1, 2))[:, ::-1] - 1, -32768, 32767).round().astype(np.int32)
    drawn = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(drawn, [points], 1)
    return drawn.astype(np.bool_)


def _numbers(tags: Tags, keyword: str) -> list[float]:
    """Values within what an IS can hold (PS3.5 6.2): what lies beyond that lies beyond any film."""
    return [max(-_MOST, min(_MOST, value)) for value in tags.numbers(keyword)]


def _counted(count: int) -> npt.NDArray[np.int64]:
    """Places along a side: the standard counts from 1."""
    return np.arange(1, count + 1)
