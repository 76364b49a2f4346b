"""Edges of the film in the patient's terms, PS3.3 C.7.6.1.1.1 (Patient Orientation)."""

from __future__ import annotations

from enum import StrEnum

from workstation.domain.edges import Edge, Lines
from workstation.domain.projection import Projection


class PatientSide(StrEnum):
    """Direction in the patient towards which an edge of the film lies."""

    PATIENT_LEFT = "patient_left"
    PATIENT_RIGHT = "patient_right"
    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    HEAD = "head"
    FOOT = "foot"


_LETTER = {
    "L": PatientSide.PATIENT_LEFT,
    "R": PatientSide.PATIENT_RIGHT,
    "A": PatientSide.ANTERIOR,
    "P": PatientSide.POSTERIOR,
    "H": PatientSide.HEAD,
    "F": PatientSide.FOOT,
}
_OPPOSITE = {
    PatientSide.PATIENT_LEFT: PatientSide.PATIENT_RIGHT,
    PatientSide.PATIENT_RIGHT: PatientSide.PATIENT_LEFT,
    PatientSide.ANTERIOR: PatientSide.POSTERIOR,
    PatientSide.POSTERIOR: PatientSide.ANTERIOR,
    PatientSide.HEAD: PatientSide.FOOT,
    PatientSide.FOOT: PatientSide.HEAD,
}


def patient_side(
    edge: Edge, projection: Projection, patient_orientation: tuple[str, str] | None
) -> PatientSide | None:
    """Which side of the patient lies at `edge`.

    Args:
        edge: edge of the stored image.
        projection: what the film shows.
        patient_orientation: Patient Orientation (0020,0020): where the end of a row and of a column points.

    Returns:
        By the header where it speaks. Without a header: a frontal film is taken as hung (patient's right at
        the image's left, head up); on a lateral only top and bottom are known, left and right give None.
    """
    if patient_orientation is not None:
        row, column = (d[:1].upper() for d in patient_orientation)
        end = _LETTER.get(row if edge in (Edge.LEFT, Edge.RIGHT) else column)
        if end is not None:
            return end if edge in (Edge.RIGHT, Edge.BOTTOM) else _OPPOSITE[end]
    if edge is Edge.TOP:
        return PatientSide.HEAD
    if edge is Edge.BOTTOM:
        return PatientSide.FOOT
    if projection is Projection.FRONTAL:
        return PatientSide.PATIENT_RIGHT if edge is Edge.LEFT else PatientSide.PATIENT_LEFT
    return None


_AT_BORDER = 0.02  # fraction of the field's side within which an outline touches the border


def parts_at_edge(
    edge: Edge, outline: Lines, projection: Projection, patient_orientation: tuple[str, str] | None
) -> frozenset[PatientSide]:
    """In which halves of the chest the lung outline touches `edge`.

    The halves are told apart at the middle of the whole outline: left and right of it at the upper and lower
    edge, above and below it at the lateral ones.

    Args:
        edge: edge of the collimated field.
        outline: polygons of the lung field, (x, y) in fractions of its width and height.
        projection, patient_orientation: as for `patient_side`.

    Returns:
        Sides of the patient; empty where the outline does not touch the edge or the sides are not known.
    """
    points = [point for polygon in outline for point in polygon]
    across = 1 if edge in (Edge.TOP, Edge.BOTTOM) else 0  # the coordinate that runs towards the edge
    border = 1.0 if edge in (Edge.BOTTOM, Edge.RIGHT) else 0.0
    touching = [point for point in points if abs(point[across] - border) <= _AT_BORDER]
    if not touching:
        return frozenset()
    along = [point[1 - across] for point in points]
    middle = (min(along) + max(along)) / 2
    first, second = (Edge.LEFT, Edge.RIGHT) if across == 1 else (Edge.TOP, Edge.BOTTOM)
    halves = {first if point[1 - across] < middle else second for point in touching}
    sides = {patient_side(half, projection, patient_orientation) for half in halves}
    return frozenset(side for side in sides if side is not None)
