"""Projection of a chest film, and what DICOM headers say of it."""

from __future__ import annotations

from enum import StrEnum


class Projection(StrEnum):
    """The two branches of the cascade; UNKNOWN where neither the model nor a person has said."""

    FRONTAL = "frontal"
    LATERAL = "lateral"
    UNKNOWN = "unknown"


# View Position (0018,5101), PS3.3 C.8.7.1.1.1 and C.8.11.7; View Code Sequence, CID 4010: SNOMED CT, and SRT of before.
_AP_VIEW_POSITIONS = frozenset({"AP", "AP_ERECT", "AP_SUPINE"})
_FRONTAL_VIEW_POSITIONS = _AP_VIEW_POSITIONS | {"PA", "PA_ERECT"}
_LATERAL_VIEW_POSITIONS = frozenset(
    {"LL", "RL", "LLD", "RLD", "LAT", "LATERAL", "LEFT LATERAL", "RIGHT LATERAL"}
)
_AP_VIEW_CODES = frozenset({"399348003", "R-10206"})
_FRONTAL_VIEW_CODES = _AP_VIEW_CODES | {"272479007", "R-10214", "R-40888", "399033003", "R-10202"}
_LATERAL_VIEW_CODES = frozenset(
    {"399067008", "R-102CD", "399173006", "R-10236", "399198007", "R-10232", "R-10228"}
)


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


def taken_ap(view_position: str, view_code: str = "") -> bool:
    """True where the header says that the beam came from the front; arguments as for `projection_of_view`.

    A DX film must have the code, and need not have the word.
    """
    return view_code in _AP_VIEW_CODES or view_position.strip().upper() in _AP_VIEW_POSITIONS
