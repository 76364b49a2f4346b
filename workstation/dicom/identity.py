"""Who, what, when, how: the parts of a film's header that are not its pixels. PS3.3 C.7, C.8.1, C.8.11, 10.7."""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction
from typing import Any

from workstation.dicom.values import Tags
from workstation.domain.film import ExposureData, PatientIdentity, SpacingKind


def patient(tags: Tags) -> PatientIdentity:
    """Patient module, C.7.1.1."""
    return PatientIdentity(
        name=person_name(next(iter(tags.values("PatientName")), None)),
        patient_id=tags.text("PatientID"),
        birth_date=iso_day(tags.text("PatientBirthDate")),
        sex=tags.text("PatientSex").upper(),
    )


def person_name(value: Any) -> str:
    """A Person Name (PS3.5 6.2.1) for people to read: ``Family, Given Middle``.

    The alphabetic group is taken where it is filled, else the ideographic, else the phonetic one. Prefix and suffix
    are left out.
    """
    if value is None:
        return ""
    groups = [g.strip(" \0") for g in str(value).split("=")]
    chosen = next((g for g in groups if g.strip("^ ")), "")
    parts = [" ".join(p.split()) for p in chosen.split("^")]
    given = " ".join(p for p in parts[1:3] if p)
    return ", ".join(p for p in (parts[0], given) if p)


def acquired_at(tags: Tags) -> str:
    """When the film was exposed, ISO 8601 local time: the first of the usual tags that holds a valid time.

    Acquisition DateTime, Acquisition Date and Time, Content Date and Time, Study Date and Time; ``""`` where none.
    """
    whole = _moment(tags.text("AcquisitionDateTime"))
    if whole:
        return whole
    for prefix in ("Acquisition", "Content", "Study"):
        date, time = tags.text(f"{prefix}Date"), tags.text(f"{prefix}Time")
        moment = _moment(date.replace(".", "") + time.replace(":", ""))
        if moment:
            return moment
        if date:
            day = iso_day(date)
            if day:
                return f"{day}T00:00:00"
            tags.blame(f"{prefix}Date")
    return ""


def _moment(value: str) -> str:
    """A DT value (PS3.5 6.2) of at least minutes as ISO 8601 without fraction and offset: the wall clock counts."""
    match = re.match(r"(\d{12})(\d{2})?", value)
    if match is None:
        return ""
    try:
        return datetime.strptime(match[1] + (match[2] or "00"), "%Y%m%d%H%M%S").isoformat()
    except ValueError:
        return ""


def iso_day(value: str) -> str:
    """A DA value (PS3.5 6.2), old dotted form included, as YYYY-MM-DD; ``""`` where it is none."""
    match = re.match(r"(\d{4})(\.?)(\d{2})\2(\d{2})", value, re.ASCII)
    try:
        return datetime(int(match[1]), int(match[3]), int(match[4])).date().isoformat() if match else ""
    except ValueError:
        return ""


def orientation(tags: Tags) -> tuple[str, str] | None:
    """Patient Orientation (0020,0020), C.7.6.1.1.1: letters of different axes, the nearest first."""
    values = [v.upper() for v in tags.texts("PatientOrientation")]
    if len(values) != 2 or not all(map(_is_direction, values)):
        if values:
            tags.blame("PatientOrientation")
        return None
    return values[0], values[1]


def _is_direction(letters: str) -> bool:
    axes = [next((axis for axis in ("LR", "AP", "HF") if letter in axis), "") for letter in letters]
    return bool(axes) and all(axes) and len(set(axes)) == len(axes)


def view_code(tags: Tags) -> str:
    """Code Value of the first item of View Code Sequence (0054,0220), CID 4010."""
    items = tags.items("ViewCodeSequence")
    return items[0].text("CodeValue") if items else ""


def laterality(tags: Tags) -> str:
    """Image Laterality (0020,0062), else Laterality (0020,0060) of the series."""
    return (tags.text("ImageLaterality") or tags.text("Laterality")).upper()


def spacing(tags: Tags) -> tuple[tuple[float, float] | None, SpacingKind]:
    """(row, column) spacing in mm and where it was measured, PS3.3 10.7.1.

    Pixel Spacing is calibrated where it says how (Pixel Spacing Calibration Type) or where it differs from Imager
    Pixel Spacing; alone, or equal to it, it is the detector's.
    """
    imager = imager_spacing(tags)
    pixel = _pair(tags, "PixelSpacing")
    if pixel is None:
        return imager, SpacingKind.IMAGER if imager else SpacingKind.NONE
    differs = imager is not None and any(abs(a - b) > 1e-4 * b for a, b in zip(pixel, imager, strict=True))
    calibrated = differs or bool(tags.text("PixelSpacingCalibrationType"))
    return pixel, SpacingKind.CALIBRATED if calibrated else SpacingKind.IMAGER


def imager_spacing(tags: Tags) -> tuple[float, float] | None:
    """(row, column) spacing in mm at the detector or in the scanner, PS3.3 10.7.1."""
    return _pair(tags, "ImagerPixelSpacing") or _pair(tags, "NominalScannedPixelSpacing")


def aspect_ratio(tags: Tags) -> tuple[int, int] | None:
    """Pixel Aspect Ratio (0028,0034), C.7.6.3.1.7: vertical and horizontal size; means something without spacing."""
    if not tags.values("PixelAspectRatio"):
        return None
    sides = [int(number) for number in tags.numbers("PixelAspectRatio")]
    if len(sides) != 2 or not all(0 < side < 2**31 for side in sides) or not 0.1 <= sides[0] / sides[1] <= 10:
        tags.blame("PixelAspectRatio")
        return None
    # A ratio, not the figures: those could be anything.
    return Fraction(*sides).limit_denominator(1000).as_integer_ratio()


def _pair(tags: Tags, keyword: str) -> tuple[float, float] | None:
    if not tags.values(keyword):
        return None
    numbers = tags.numbers(keyword)
    if len(numbers) != 2 or not all(1e-3 <= n <= 10 for n in numbers):
        tags.blame(keyword)
        return None
    return numbers[0], numbers[1]


def exposure(tags: Tags) -> ExposureData:
    """Exposure figures, C.8.7.8 (X-Ray Acquisition Dose) and IEC 62494-1."""
    return ExposureData(
        exposure_index=_positive(tags, "ExposureIndex"),
        target_exposure_index=_positive(tags, "TargetExposureIndex"),
        deviation_index=tags.number("DeviationIndex"),
        dose_area_product=_positive(tags, "ImageAndFluoroscopyAreaDoseProduct"),
        kvp=_positive(tags, "KVP"),
        mas=_mas(tags),
    )


def _positive(tags: Tags, keyword: str) -> float | None:
    """A figure that means nothing at zero or below."""
    number = tags.number(keyword)
    return number if number is not None and number > 0 else None


def _mas(tags: Tags) -> float | None:
    """Tube current-time product in mAs, from the finest tag the modality filled."""
    micro = _positive(tags, "ExposureInuAs")
    if micro is not None:
        return micro / 1000
    milli = _positive(tags, "ExposureInmAs") or _positive(tags, "Exposure")
    if milli is not None:
        return milli
    current, time = _positive(tags, "XRayTubeCurrent"), _positive(tags, "ExposureTime")
    return current * time / 1000 if current is not None and time is not None else None
