"""Films and verdicts made for the viewer's tests: known pixels, known findings."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from workstation.domain.edges import Edge
from workstation.domain.film import (
    ExposureData,
    FilmHeader,
    GreyscalePipeline,
    PatientIdentity,
    SpacingKind,
    Window,
)
from workstation.domain.findings import CropFinding, ProjectionFinding, RotationFinding, State, Verdict
from workstation.domain.projection import Projection
from workstation.services.film import Film

NAME, PATIENT_ID, STATION = "Doe Jane", "SECRET-4711", "ROOM-TWO"


def noise(rows: int, columns: int, seed: int = 1, top: int = 4096) -> npt.NDArray[np.uint16]:
    """Repeatable noise of 0..top-1."""
    return np.random.default_rng(seed).integers(0, top, (rows, columns), dtype=np.uint16)


def film(pixels: npt.NDArray[Any], **header: Any) -> Film:
    """A film with a full header; `header` replaces fields."""
    fields: dict[str, Any] = {
        "greyscale": GreyscalePipeline(bits_stored=12, windows=(Window(2048, 4096, "NORMAL"),)),
        "patient": PatientIdentity(NAME, PATIENT_ID, "19600102", "F"),
        "view_position": "PA",
        "patient_orientation": ("L", "F"),
        "acquired_at": "2026-11-23T10:42:11",
        "station": STATION,
        "accession_number": "ACC-99",
        "spacing_mm": (0.15, 0.15),
        "spacing_kind": SpacingKind.IMAGER,
        "exposure": ExposureData(412.0, 400.0, 0.13, 0.82, 125.0, 2.5),
    }
    return Film(FilmHeader(pixels.shape[0], pixels.shape[1], **(fields | header)), pixels)


def cut(*edges: Edge, state: State = State.WARN, projection: Projection = Projection.FRONTAL) -> Verdict:
    """A verdict whose only remark is the lung cut off at `edges`."""
    probability = 0.99 if projection is Projection.LATERAL else 0.01
    return Verdict(
        ProjectionFinding(projection, State.PASS, probability),
        (CropFinding(state, 0.9, 0.6, 0.4, edges),),
        "test@1",
    )


def rotated(angle: float, state: State = State.WARN) -> Verdict:
    """A verdict whose only remark is a rotation."""
    return Verdict(
        ProjectionFinding(Projection.LATERAL, State.PASS, 0.99),
        (RotationFinding(state, 0.86, 0.6, 0.4, angle, 4.0),),
        "test@1",
    )
