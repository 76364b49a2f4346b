"""De-identified copies of films: PS3.15 Annex E, Basic Application Level Confidentiality Profile.

A copy is built anew from what this program understands of a film: pixels, greyscale, geometry, view, exposure. No
attribute is copied as it stands, so that no free text, private tag, overlay, compressed-stream comment or unused bit
can carry a name; everything Annex E lists is absent, empty or replaced by construction.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from workstation import __version__
from workstation.dicom.evidence import MANUFACTURER
from workstation.dicom.greyscale_writing import decimal, write_modality, write_voi
from workstation.domain.errors import KnownError
from workstation.domain.film import (
    BODY_PART_WORDS,
    VIEW_WORDS,
    FilmHeader,
    GreyscalePipeline,
    NoticeCode,
    SpacingKind,
)
from workstation.domain.projection import snomed_ct_view

_CR = "1.2.840.10008.5.1.4.1.1.1"
_DX = "1.2.840.10008.5.1.4.1.1.1.1"
_DX_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
_SC = "1.2.840.10008.5.1.4.1.1.7"
_MODALITY = {_CR: "CR", _DX: "DX", _DX_FOR_PROCESSING: "DX"}

# Words that a copy may repeat. A value outside them may be anything, a name too, and is left out.
# CID 4010 as far as it concerns the chest, SNOMED CT, with the meanings of PS3.16.
_VIEW_CODES = {
    "272479007": "postero-anterior",
    "399348003": "antero-posterior",
    "399033003": "frontal",
    "399067008": "lateral",
    "399198007": "right lateral",
    "399173006": "left lateral",
}
_CHEST = ("816094009", "SCT", "Chest")  # CID 4009

# PS3.16 CID 7050.
_BASIC_PROFILE = ("113100", "DCM", "Basic Application Confidentiality Profile")
_CLEAN_PIXELS = ("113101", "DCM", "Clean Pixel Data Option")


@dataclass(frozen=True, slots=True)
class Region:
    """Part of a film to be blanked, in fractions 0..1 of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"a region lies within 0..1 and has an area, not {self}")


CORNERS = (
    Region(0, 0, 0.3, 0.1),
    Region(0.7, 0, 1, 0.1),
    Region(0, 0.9, 0.3, 1),
    Region(0.7, 0.9, 1, 1),
)
"""Where printed and digitised films bear their text."""


class Pseudonyms:
    """Stand-ins for identifiers: the same for the same value and secret, and not to be traced back without it.

    Args:
        secret: at least 16 random bytes; one for all films that have to stay linkable.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("a secret of at least 16 bytes is needed")
        self._secret = secret

    def uid(self, original: str, kind: str) -> str:
        """A UID of the UUID-derived form (PS3.5 B.2). An empty `original` gets one of its own for each `kind`."""
        return f"2.25.{int.from_bytes(self._digest(kind, original)[:16], 'big')}"

    def patient(self, patient_id: str, name: str, birth_date: str, unique: str = "") -> str:
        """Patient ID of 21 characters. Who is unknown in every respect is told apart by `unique` alone."""
        known = (patient_id, name, birth_date)
        whole = "\x1f".join(known if any(known) else ("", "", "", unique))
        return f"ANON-{self._digest('patient', whole).hex()[:16].upper()}"

    def _digest(self, kind: str, value: str) -> bytes:
        return hmac.new(self._secret, f"{kind}\x1f{value}".encode(), hashlib.sha256).digest()


def refuse_burnt_in(header: FilmHeader, blank: Sequence[Region]) -> None:
    """Let no film that says that text is burnt into its pixels pass for one that points to nobody.

    Raises:
        KnownError: `burned_in_annotation`, unless regions are blanked.
    """
    if header.burned_in_annotation.strip().upper() == "YES" and not blank:
        raise KnownError(
            "burned_in_annotation",
            "The film's pixels carry burnt-in text, which may name the patient.",
            "Choose to blank the four corners (on the command line --blank-corners, or --blank for other parts).",
        )


def deidentified(
    header: FilmHeader,
    pixels: npt.NDArray[Any],
    pseudonyms: Pseudonyms,
    blank: Sequence[Region] = (),
    unique: str = "",
) -> Dataset:
    """A copy of a film that points to nobody, ready for `save_as`.

    Args:
        header: of the film.
        pixels: (rows, columns) stored values, uint8, uint16 or int16.
        pseudonyms: of this export.
        blank: regions painted black (Clean Pixel Data Option).
        unique: tells films without a SOP Instance UID (PNG, JPEG) apart, e.g. a hash of the content.

    Returns:
        Dataset with file meta: CR, DX or Secondary Capture as the source, uncompressed, MONOCHROME1 or 2.

    Raises:
        KnownError: `burned_in_annotation`: the film says that text is burnt into its pixels, and `blank` is empty.
    """
    refuse_burnt_in(header, blank)
    sop_class = UID(header.sop_class_uid if header.sop_class_uid in _MODALITY else _SC)
    made = Dataset()
    made.SOPClassUID = sop_class
    made.SOPInstanceUID = pseudonyms.uid(header.sop_instance_uid or unique, "instance")
    made.StudyInstanceUID = pseudonyms.uid(header.study_instance_uid or unique, "study")
    made.SeriesInstanceUID = pseudonyms.uid(header.series_instance_uid or unique, "series")
    _identity(made, header, pseudonyms, unique, clean=bool(blank))
    _view(made, header, sop_class)
    _exposure(made, header)
    _greyscale(made, header.greyscale, sop_class)
    if sop_class in (_DX, _DX_FOR_PROCESSING):
        _intensity(made, header, sop_class)
    _pixels(made, header, blanked(pixels, blank, header.greyscale.high_is_dark))
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def _identity(made: Dataset, header: FilmHeader, pseudonyms: Pseudonyms, unique: str, *, clean: bool) -> None:
    patient = header.patient
    # Two unknown people are one only where they lie in one study.
    apart = header.study_instance_uid or header.sop_instance_uid or unique
    number = pseudonyms.patient(patient.patient_id, patient.name, patient.birth_date, apart)
    made.PatientID = number
    made.PatientName = f"{number}^"
    # Type 2 everywhere: present and empty (PS3.5 7.4.3).
    for keyword in (
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "StudyID",
        "AccessionNumber",
        "ReferringPhysicianName",
        "Manufacturer",
        "SeriesNumber",
    ):
        setattr(made, keyword, None)
    made.InstanceNumber = "1"
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = f"{MANUFACTURER} {__version__}: rebuilt from known attributes"
    codes = [_BASIC_PROFILE, _CLEAN_PIXELS] if clean else [_BASIC_PROFILE]
    made.DeidentificationMethodCodeSequence = [_code(*code) for code in codes]
    made.LongitudinalTemporalInformationModified = "REMOVED"
    if clean or header.burned_in_annotation.strip().upper() == "NO":
        made.BurnedInAnnotation = "NO"


def _view(made: Dataset, header: FilmHeader, sop_class: str) -> None:
    is_dx = sop_class in (_DX, _DX_FOR_PROCESSING)
    made.Modality = _MODALITY.get(sop_class, "OT")
    made.BodyPartExamined = header.body_part if header.body_part in BODY_PART_WORDS else None
    made.ViewPosition = header.view_position if header.view_position in VIEW_WORDS else None
    made.PatientOrientation = list(header.patient_orientation) if header.patient_orientation else None
    if header.image_laterality in ("L", "R", "U", "B"):
        made.ImageLaterality = header.image_laterality
    elif is_dx:
        made.ImageLaterality = "U"  # type 1, PS3.3 C.8.11.2; a chest is unpaired
    elif not made.BodyPartExamined:
        made.Laterality = None  # type 2C of the series: it may be a paired part
    if sop_class == _SC:
        made.ConversionType = "WSD"
        return
    view = snomed_ct_view(header.view_code)
    if view in _VIEW_CODES:
        made.ViewCodeSequence = [_code(view, "SCT", _VIEW_CODES[view])]
    if is_dx:
        chest = header.body_part in ("CHEST", "THORAX")
        made.AnatomicRegionSequence = [_code(*_CHEST)] if chest else []
        made.AcquisitionContextSequence = []
        made.DetectorType = None
        made.PositionerType = None
        made.PresentationIntentType = "FOR PRESENTATION" if sop_class == _DX else "FOR PROCESSING"


def _exposure(made: Dataset, header: FilmHeader) -> None:
    given = header.exposure
    for keyword, value in (
        ("KVP", given.kvp),
        ("ImageAndFluoroscopyAreaDoseProduct", given.dose_area_product),
        ("ExposureIndex", given.exposure_index),
        ("TargetExposureIndex", given.target_exposure_index),
        ("DeviationIndex", given.deviation_index),
    ):
        if value is not None:
            setattr(made, keyword, decimal(value))
    if given.mas is not None and 1000 * given.mas < 2**31:  # what an IS holds, PS3.5 6.2
        made.ExposureInuAs = round(1000 * given.mas)
    at_detector = header.spacing_mm
    if header.spacing_mm is not None and header.spacing_kind is SpacingKind.CALIBRATED:
        # Calibrated is what differs from the detector's, or says how; both have to go along.
        made.PixelSpacing = [decimal(mm) for mm in header.spacing_mm]
        at_detector = header.imager_spacing_mm
        how = header.extra.get("PixelSpacingCalibrationType", "").upper()
        if how in ("GEOMETRY", "FIDUCIAL"):
            made.PixelSpacingCalibrationType = how
            # Type 1C beside it, PS3.3 10.7.1.2; the film's own is free text.
            made.PixelSpacingCalibrationDescription = "As on the original image"
    if at_detector is not None:
        keyword = "NominalScannedPixelSpacing" if made.SOPClassUID == _SC else "ImagerPixelSpacing"
        setattr(made, keyword, [decimal(mm) for mm in at_detector])
    elif header.spacing_mm is None and header.aspect_ratio is not None:
        made.PixelAspectRatio = list(header.aspect_ratio)


def _greyscale(made: Dataset, pipeline: GreyscalePipeline, sop_class: str) -> None:
    # The third value of DX's Image Type is required there and may be empty (PS3.3 C.8.11.3.1.1).
    is_dx = sop_class in (_DX, _DX_FOR_PROCESSING)
    made.ImageType = ["DERIVED", "PRIMARY", ""] if is_dx else ["DERIVED", "PRIMARY"]
    # Type 1 in DX, PS3.3 C.8.11.3, whatever it is made for.
    write_modality(made, pipeline, always=is_dx)
    write_voi(made, pipeline)
    if is_dx:
        made.PresentationLUTShape = "INVERSE" if pipeline.inverted else "IDENTITY"


def _intensity(made: Dataset, header: FilmHeader, sop_class: str) -> None:
    """Pixel Intensity Relationship and its Sign, both type 1 in DX, PS3.3 C.8.11.3.1.2.

    Where the film does not say: one made for eyes goes with the logarithm of the beam, as attenuation does. White bone
    is little beam: high values in MONOCHROME2 (sign -1), low ones in MONOCHROME1 (+1).
    """
    said = header.extra.get("PixelIntensityRelationship", "").upper()
    usual = "LOG" if sop_class == _DX else "LIN"
    made.PixelIntensityRelationship = said if said in ("LIN", "LOG") else usual
    sign = header.extra.get("PixelIntensityRelationshipSign", "")
    made.PixelIntensityRelationshipSign = (
        int(sign) if sign in ("1", "-1") else 1 if header.greyscale.high_is_dark else -1
    )


def _pixels(made: Dataset, header: FilmHeader, pixels: npt.NDArray[Any]) -> None:
    pipeline = header.greyscale
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME1" if pipeline.inverted else "MONOCHROME2"
    made.Rows, made.Columns = pixels.shape
    made.BitsAllocated = 8 * pixels.dtype.itemsize
    made.BitsStored = pipeline.bits_stored
    made.HighBit = pipeline.bits_stored - 1
    made.PixelRepresentation = int(pipeline.signed)
    if pipeline.padding is not None:
        low, high = pipeline.padding
        vr = "SS" if pipeline.signed else "US"
        made.add_new(0x00280120, vr, low)
        if high != low:
            made.add_new(0x00280121, vr, high)
    lossy = any(notice.code is NoticeCode.LOSSY for notice in header.notices)
    made.LossyImageCompression = "01" if lossy else "00"
    content = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)).tobytes()
    made.add_new(
        0x7FE00010, "OB" if pixels.dtype.itemsize == 1 else "OW", content + b"\0" * (len(content) % 2)
    )


def blanked(pixels: npt.NDArray[Any], regions: Sequence[Region], high_is_dark: bool) -> npt.NDArray[Any]:
    """Stored values with `regions` painted in the film's darkest one; the highest where `high_is_dark`."""
    if not regions:
        return pixels
    rows, columns = pixels.shape
    black = pixels.max() if high_is_dark else pixels.min()
    made = pixels.copy()
    for region in regions:
        top, bottom = int(region.top * rows), int(np.ceil(region.bottom * rows))
        left, right = int(region.left * columns), int(np.ceil(region.right * columns))
        made[top:bottom, left:right] = black
    return made


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
