"""Projection of a chest film, and what DICOM headers say of it."""

from __future__ import annotations

from enum import StrEnum


class Projection(StrEnum):
    """The two branches of the cascade; UNKNOWN where neither the model nor a person has said."""

    FRONTAL = "frontal"
    LATERAL = "lateral"
    UNKNOWN = "unknown"


# View Position (0018,5101), PS3.3 C.8.7.1.1.1 and C.8.11.7; View Code Sequence, CID 4010.
_FRONTAL_VIEW_POSITIONS = frozenset({"PA", "AP", "PA_ERECT", "AP_ERECT", "AP_SUPINE"})
_LATERAL_VIEW_POSITIONS = frozenset(
    {"LL", "RL", "LLD", "RLD", "LAT", "LATERAL", "LEFT LATERAL", "RIGHT LATERAL"}
)
_FRONTAL_VIEW_CODES = frozenset({"272479007", "399348003", "R-10214", "R-10206"})
_LATERAL_VIEW_CODES = frozenset({"399067008", "399173006", "399198007", "R-10228", "R-10232", "R-10236"})


def projection_of_view(view_position: str | None, view_code: str | None = None) -> Projection:
    """Return the projection the header declares.

    Args:
        view_position: value of View Position (0018,5101), e.g. ``"PA"`` or ``"LL"``.
        view_code: code value of the first item of View Code Sequence (0054,0220), SNOMED CT or SRT.

    Returns:
        UNKNOWN where the header is silent or uses another word; never a guess.
    """
    if view_code:
        if view_code in _FRONTAL_VIEW_CODES:
            return Projection.FRONTAL
        if view_code in _LATERAL_VIEW_CODES:
            return Projection.LATERAL
    word = (view_position or "").strip().upper()
    if word in _FRONTAL_VIEW_POSITIONS:
        return Projection.FRONTAL
    if word in _LATERAL_VIEW_POSITIONS:
        return Projection.LATERAL
    return Projection.UNKNOWN
