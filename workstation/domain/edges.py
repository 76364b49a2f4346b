"""Edges of a film, and lines drawn on it."""

from __future__ import annotations

from enum import StrEnum


class Edge(StrEnum):
    """An edge of the film as seen on the stored image (not the patient's side)."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


Lines = tuple[tuple[tuple[float, float], ...], ...]
"""Polygons or open lines, points (x, y) in fractions of the film's width and height."""
