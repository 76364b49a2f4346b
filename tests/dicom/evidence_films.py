"""A film, a verdict on it and what the console shows of it, for what is derived from films."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.dicom.test_shutter import CIRCLE, POLYGON, RECTANGLE
from tests.support.dicom_maker import film_dataset
from workstation.dicom.evidence import read_evidence
from workstation.domain.edges import Edge
from workstation.domain.film import GreyscalePipeline, Window
from workstation.domain.findings import (
    CropFinding,
    ProjectionFinding,
    RotationFinding,
    State,
    Verdict,
)
from workstation.domain.projection import Projection

DEVICE = generate_uid(entropy_srcs=["a console"])


SHOWN = GreyscalePipeline(bits_stored=12, windows=(Window(2048, 4096),))


def evidence_film(**tags: object) -> Dataset:
    data = film_dataset(SpecificCharacterSet="ISO_IR 144", patient_name="Иванов^Иван", **tags)
    return through_file(data)


def through_file(data: Dataset) -> Dataset:
    from io import BytesIO

    stream = BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return read_evidence(stream.getvalue())


def example_verdict() -> Verdict:
    return Verdict(
        ProjectionFinding(Projection.LATERAL, State.PASS, 0.99),
        (
            CropFinding(
                State.WARN, 0.93, 0.71, 0.4, (Edge.BOTTOM, Edge.LEFT), {Edge.BOTTOM: 0.91, Edge.LEFT: 0.6}
            ),
            RotationFinding(State.NOT_ASSESSED, reason="the model failed"),
        ),
        "cxr-cascade@1.2.3",
    )


SHUTTERS = {
    "RECTANGULAR": RECTANGLE,
    "CIRCULAR": CIRCLE,
    "POLYGONAL": POLYGON,
    "all": {**RECTANGLE, **CIRCLE, **POLYGON, "ShutterShape": ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]},
}


def with_overlay(data: Dataset, group: int = 0x6000, *, marked: bool = True) -> Dataset:
    """A film with an overlay plane of its own size: a filled square, or nothing where not `marked`."""
    rows, columns = int(data.Rows), int(data.Columns)
    bits = np.zeros((rows, columns), np.uint8)
    bits[2:8, 3:9] = marked
    for element, vr, value in (
        (0x0010, "US", rows),
        (0x0011, "US", columns),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(bits, bitorder="little").tobytes()),
    ):
        data.add_new((group, element), vr, value)
    return data
