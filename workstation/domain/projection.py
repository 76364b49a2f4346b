"""Projection of a chest film, and what DICOM headers say of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Projection(StrEnum):
    """The two branches of the cascade; UNKNOWN where neither the model nor a person has said."""

    FRONTAL = "frontal"
    LATERAL = "lateral"
    UNKNOWN = "unknown"


# View Position (0018,5101), PS3.3 C.8.7.1.1.1 and C.8.11.7; View Code Sequence, CID 4010.
_AP_VIEW_POSITIONS = frozenset({"AP", "AP_ERECT", "AP_SUPINE"})
_FRONTAL_VIEW_POSITIONS = _AP_VIEW_POSITIONS | {"PA", "PA_ERECT"}
_LATERAL_VIEW_POSITIONS = frozenset(
    {"LL", "RL", "LLD", "RLD", "LAT", "LATERAL", "LEFT LATERAL", "RIGHT LATERAL"}
)
_AP_VIEW_CODES = frozenset({"399348003"})
_FRONTAL_VIEW_CODES = _AP_VIEW_CODES | {"272479007", "399033003"}
_LATERAL_VIEW_CODES = frozenset({"399067008", "399173006", "399198007", "399352003"})
_SNOMED_CT_OF_SRT: Mapping[str, str] = MappingProxyType(
    {
        "R-10214": "272479007",
        "R-40888": "272479007",
        "R-10206": "399348003",
        "R-10202": "399033003",
        "R-102CD": "399067008",
        "R-10236": "399173006",
        "R-10232": "399198007",
        "R-10228": "399352003",
    }
)


def snomed_ct_view(view_code: str) -> str:
    """A code of View Code Sequence in SNOMED CT: older films have it in SRT; any other code as it is."""
    return _SNOMED_CT_OF_SRT.get(view_code, view_code)


def projection_of_view(view_position: str | None, view_code: str | None = None) -> Projection:
    """Return the projection the header declares.

    Args:
        view_position: value of View Position (0018,5101), e.g. ``"PA"`` or ``"LL"``.
        view_code: code value of the first item of View Code Sequence (0054,0220), SNOMED CT or SRT.

    Returns:
        UNKNOWN where the header is silent or uses another word; never a guess.
    """
    code = snomed_ct_view(view_code or "")
    if code in _FRONTAL_VIEW_CODES:
        return Projection.FRONTAL
    if code in _LATERAL_VIEW_CODES:
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
    return snomed_ct_view(view_code) in _AP_VIEW_CODES or view_position.strip().upper() in _AP_VIEW_POSITIONS
