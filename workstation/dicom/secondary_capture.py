"""The annotated film as a Secondary Capture of the same study. PS3.3 A.8.1, C.8.6, C.7.6.1.1 (General Image)."""

from __future__ import annotations

from typing import Any

import highdicom as hd
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import JPEGLSLossless

from workstation.dicom.evidence import MANUFACTURER, stable_uid, stamp

SERIES_NUMBER = 9903


def secondary_capture(
    film: Dataset, picture: npt.NDArray[np.uint8], *, made_at: str, derivation: str
) -> hd.sc.SCImage:
    """Wrap an annotated picture.

    Args:
        film: header of the source by `evidence.read_evidence`.
        picture: (rows, columns, 3) RGB or (rows, columns) grey, uint8.
        made_at: ISO 8601 date-time.
        derivation: Derivation Description (0008,2111): what was done, by which cascade; no identifiers.

    Returns:
        The image, JPEG-LS lossless, BurnedInAnnotation YES, with a reference to its source. Its UIDs depend on the
        film and `made_at` alone.

    Raises:
        ValueError: the picture is neither grey nor RGB of 8 bits.
    """
    colour = picture.ndim == 3
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or (colour and picture.shape[2] != 3):
        raise ValueError(f"an 8-bit grey or RGB picture is needed, not {picture.dtype} {picture.shape}")
    uid = str(film.SOPInstanceUID)
    capture = hd.sc.SCImage.from_ref_dataset(
        ref_dataset=film,
        pixel_array=picture,
        photometric_interpretation="RGB" if colour else "MONOCHROME2",
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        series_instance_uid=stable_uid("sc-series", uid, made_at),
        series_number=SERIES_NUMBER,
        sop_instance_uid=stable_uid("sc", uid, made_at),
        instance_number=1,
        manufacturer=MANUFACTURER,
        # highdicom insists on one of its own list; the film's is set below.
        patient_orientation=("L", "F"),
        transfer_syntax_uid=JPEGLSLossless,
    )
    # The issuer of the Patient ID and the study's description too, as beside the film's own.
    capture.copy_patient_and_study_information(film)
    capture.PatientOrientation = film.PatientOrientation  # type 2C: empty where unknown
    if "Laterality" not in capture:
        capture.Laterality = None  # type 2C: empty where unknown
    capture.BurnedInAnnotation = "YES"
    capture.ImageType = ["DERIVED", "SECONDARY"]
    capture.DerivationDescription = derivation[:1024]
    capture.SourceImageSequence = [_source(film)]
    stamp(capture, [film], made_at, "Annotated film")
    return capture


def _source(film: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = film.SOPClassUID
    item.ReferencedSOPInstanceUID = film.SOPInstanceUID
    purpose: Any = codes.DCM.SourceImageForImageProcessingOperation
    item.PurposeOfReferenceCodeSequence = [hd.sr.CodedConcept.from_code(purpose)]
    return item
