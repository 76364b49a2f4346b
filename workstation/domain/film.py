"""What a film's header says, free of pydicom and numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_SANE_MM = (0.01, 2.0)  # of a pixel
_SQUARE_ENOUGH = 0.002

VIEW_WORDS = frozenset({"PA", "AP", "LL", "RL", "RLD", "LLD", "RLO", "LLO"})
"""View Position (0018,5101) in the words of PS3.3 C.8.1.1 and C.8.11.5. Another value may be anything, a name too:
nothing that is to point to nobody repeats it."""
BODY_PART_WORDS = frozenset(
    {"CHEST", "THORAX", "RIB", "SPINE", "TSPINE", "ABDOMEN", "SHOULDER", "CLAVICLE", "STERNUM"}
)
"""Body Part Examined (0018,0015) in the words of PS3.16 Annex L that a chest film may have; as `VIEW_WORDS`."""


class VoiFunction(StrEnum):
    """VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """One Window Center/Width pair (0028,1050/1051), in modality units, and its explanation."""

    center: float
    width: float
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A Modality LUT or VOI LUT item, PS3.3 C.11.1.1 / C.11.2.1.1.

    Attributes:
        first: first stored (Modality LUT) or modality value (VOI LUT) mapped; lower ones map to entry 0.
        bits: bits per entry of the output (8..16).
        values: output entries, unsigned.
        explanation: LUT Explanation (0028,3003).
    """

    first: int
    bits: int
    values: tuple[int, ...]
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class GreyscalePipeline:
    """Everything that turns stored values into presentation values, PS3.3 C.7.6.3, C.11.1, C.11.2, C.11.6.

    The order is fixed: padding -> modality LUT or rescale -> one VOI choice -> polarity, inverted once at the
    end where `inverted` is true.

    Attributes:
        photometric: PhotometricInterpretation (0028,0004), e.g. ``MONOCHROME1``.
        bits_stored: BitsStored (0028,0101), 1..16.
        signed: PixelRepresentation (0028,0103) is 1.
        slope, intercept: Rescale Slope/Intercept (0028,1053/1052); 1 and 0 where absent.
        modality_lut: Modality LUT item; replaces rescale where present.
        windows: Window Center/Width pairs, in file order.
        voi_luts: VOI LUT Sequence items, in file order.
        voi_function: VOI LUT Function for the windows.
        padding: (low, high) inclusive range of Pixel Padding Value in stored values, or None.
        presentation_lut_shape: Presentation LUT Shape (2050,0020), ``""`` where absent. It restates the
            photometric interpretation (INVERSE belongs to MONOCHROME1); it is never a second inversion.
    """

    photometric: str = "MONOCHROME2"
    bits_stored: int = 8
    signed: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: LookupTable | None = None
    windows: tuple[Window, ...] = ()
    voi_luts: tuple[LookupTable, ...] = ()
    voi_function: VoiFunction = VoiFunction.LINEAR
    padding: tuple[int, int] | None = None
    presentation_lut_shape: str = ""

    @property
    def inverted(self) -> bool:
        """True where the lowest value is to be shown white (MONOCHROME1)."""
        return self.photometric == "MONOCHROME1"

    @property
    def high_is_dark(self) -> bool:
        """True where the highest stored value is shown darkest: MONOCHROME1, or a rescale that falls; not both."""
        return self.inverted != (self.modality_lut is None and self.slope < 0)

    @property
    def polarity_disagrees(self) -> bool:
        """True where Presentation LUT Shape contradicts the photometric interpretation (shown and logged)."""
        shape = self.presentation_lut_shape
        return (shape == "INVERSE" and not self.inverted) or (shape == "IDENTITY" and self.inverted)


class NoticeCode(StrEnum):
    """Things about a file that are tolerated and said."""

    POLARITY_DISAGREES = "polarity_disagrees"
    FOR_PROCESSING = "for_processing"
    MULTI_FRAME = "multi_frame"
    TAG_REPAIRED = "tag_repaired"
    LOSSY = "lossy"
    COLOUR = "colour"
    OVERLAY = "overlay"
    NOT_DICOM = "not_dicom"
    UID_CONFLICT = "uid_conflict"


@dataclass(frozen=True, slots=True)
class Notice:
    """One tolerated oddity of a file; `detail` is English, technical and free of identifiers."""

    code: NoticeCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Who is on the film. Never written to logs.

    Attributes:
        name: as people read it, ``Family, Given Middle``.
        birth_date: YYYY-MM-DD, or ``""``.
    """

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True, slots=True)
class ExposureData:
    """Exposure figures of the header.

    Attributes:
        exposure_index, target_exposure_index, deviation_index: (0018,1411..1413), IEC 62494-1.
        dose_area_product: Image and Fluoroscopy Area Dose Product (0018,115E) in dGy*cm2.
        kvp: (0018,0060) in kV.
        mas: tube current-time product in mAs.
    """

    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    dose_area_product: float | None = None
    kvp: float | None = None
    mas: float | None = None


class SpacingKind(StrEnum):
    """Where the pixel spacing comes from: only calibrated spacing measures the patient."""

    IMAGER = "imager"
    CALIBRATED = "calibrated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """One radiograph's header, as far as the program needs it.

    Attributes:
        sop_instance_uid: ``""`` for rasters.
        rows, columns: of the pixel array.
        spacing_mm: (row, column) spacing in mm or None.
        imager_spacing_mm: that at the detector, beside a calibrated `spacing_mm`; None where that is not told apart.
        aspect_ratio: Pixel Aspect Ratio (0028,0034), height and width of a pixel, without unit, or None.
        patient_orientation: Patient Orientation (0020,0020): where rows and columns point, e.g. ("L", "F").
        acquired_at: ISO 8601 local date-time or ``""``.
        transfer_syntax: UID or ``""``.
    """

    rows: int
    columns: int
    greyscale: GreyscalePipeline = field(default_factory=GreyscalePipeline)
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    series_instance_uid: str = ""
    study_instance_uid: str = ""
    accession_number: str = ""
    modality: str = ""
    patient: PatientIdentity = field(default_factory=PatientIdentity)
    view_position: str = ""
    view_code: str = ""
    patient_orientation: tuple[str, str] | None = None
    image_laterality: str = ""
    body_part: str = ""
    acquired_at: str = ""
    station: str = ""
    operator: str = ""
    spacing_mm: tuple[float, float] | None = None
    spacing_kind: SpacingKind = SpacingKind.NONE
    imager_spacing_mm: tuple[float, float] | None = None
    aspect_ratio: tuple[int, int] | None = None
    exposure: ExposureData = field(default_factory=ExposureData)
    transfer_syntax: str = ""
    burned_in_annotation: str = ""
    notices: tuple[Notice, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def usable_spacing(self) -> tuple[float, float] | None:
        """(row, column) spacing in mm; None where it is unknown or absurd (a slip of the header)."""
        spacing = self.spacing_mm
        if spacing is None or self.spacing_kind is SpacingKind.NONE:
            return None
        return spacing if all(_SANE_MM[0] <= value <= _SANE_MM[1] for value in spacing) else None

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel in widths of one; 1 where they are square or nothing tells."""
        sides = self.usable_spacing or self.aspect_ratio
        ratio = sides[0] / sides[1] if sides is not None else 1.0
        return 1.0 if abs(ratio - 1.0) < _SQUARE_ENOUGH else ratio
