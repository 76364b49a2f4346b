"""Reads CR, DX and secondary capture radiographs: bytes in, header and stored values out.

Bad input ends in `UnreadableFilm` with a code of `workstation.domain.unreadable`, never in another exception.
Tolerated oddities become notices. No log line, message or notice quotes a header value that could name a patient.
"""

from __future__ import annotations

import errno
import stat
from dataclasses import replace
from pathlib import Path

from pydicom import uid
from pydicom.charset import default_encoding
from pydicom.dataset import Dataset

from workstation.dicom import character_sets, codecs, greyscale, identity, overlay_planes, shutter
from workstation.dicom.parsing import Parsed, looks_like_dicom, parse
from workstation.dicom.pixels import Array, Layout, normalise, read_layout, read_stored, to_grey
from workstation.dicom.values import Tags
from workstation.domain.film import FilmHeader, GreyscalePipeline, Notice, NoticeCode, SpacingKind
from workstation.domain.unreadable import UnreadableCode, unreadable

codecs.prepare_pydicom()

__all__ = ["looks_like_dicom", "open_film", "read", "read_bytes", "read_header"]

_MAX_FILE = 2 << 30
_PATIENT_NAME = 0x00100010
_CR = "1.2.840.10008.5.1.4.1.1.1"
_DX = "1.2.840.10008.5.1.4.1.1.1.1"
_DX_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
_SC = "1.2.840.10008.5.1.4.1.1.7"
_RADIOGRAPHS = frozenset({_CR, _DX, _DX_FOR_PROCESSING})
_CAPTURES = frozenset({_SC, f"{_SC}.2", f"{_SC}.3", f"{_SC}.4"})
# Modalities of a secondary capture (or of an object of an unknown class) that may be a radiograph: a scanned or
# converted film says OT, SC or nothing.
_MODALITIES = frozenset({"", "CR", "DX", "RG", "RF", "OT", "SC", "HC", "XR"})
_EXTRA = (
    "PatientPosition",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "PixelSpacingCalibrationType",
)


def read_bytes(path: Path) -> bytes:
    """The whole file, read once.

    Raises:
        UnreadableFilm: `not_found`, `permission_denied`, `is_directory`, `empty_file`, `too_large`, `read_failed`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise unreadable(UnreadableCode.IS_DIRECTORY, path.name)
        if status.st_size > _MAX_FILE:
            raise unreadable(UnreadableCode.TOO_LARGE, path.name, "file over 2 GiB")
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise unreadable(UnreadableCode.NOT_FOUND, path.name) from error
    except PermissionError as error:
        raise unreadable(UnreadableCode.PERMISSION_DENIED, path.name) from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        number = getattr(error, "errno", None)
        word = errno.errorcode.get(number, "") if number else ""
        raise unreadable(UnreadableCode.READ_FAILED, path.name, word) from error
    if not data:
        raise unreadable(UnreadableCode.EMPTY_FILE, path.name)
    return data


def read(source: Path | bytes, name: str = "") -> tuple[FilmHeader, Array]:
    """Read one radiograph; of a multi-frame object the first frame.

    Args:
        source: a path, or the bytes of a DICOM file (preamble and file meta may be missing).
        name: how messages call it; the path's own name where ``""``.

    Returns:
        Header, and (rows, columns) stored values: uint8, uint16 or int16, colour as grey. The array may be a
        read-only view of the file's bytes.

    Raises:
        UnreadableFilm: everything that is wrong with the file; see `workstation.domain.unreadable`.
    """
    parsed, name = open_film(source, name)
    tags = Tags(parsed.dataset)
    _check_kind(parsed, tags, name)
    layout = _layout(parsed, tags, name)
    stored, notices = read_stored(parsed, layout, name)
    grey = to_grey(stored, layout, parsed.transfer_syntax, parsed.dataset, name)
    if layout.photometric.startswith("MONOCHROME"):
        lossy = parsed.transfer_syntax in (*codecs.ALWAYS_LOSSY, *codecs.MAYBE_LOSSY)
        normal = normalise(grey, layout, overlay_planes.in_pixels(parsed.dataset), lossy)
        photometric, signed = layout.photometric, layout.signed
    else:
        bits = 8 * grey.dtype.itemsize
        as_grey = replace(layout, bits_stored=bits, high_bit=bits - 1, signed=False)
        normal = normalise(grey, as_grey, False)
        photometric, signed = "MONOCHROME2", False
    covered = shutter.hidden(tags, layout.rows, layout.columns)
    header = _header(parsed, tags, layout, photometric, normal.bits, signed, normal.shift)
    header = replace(header, notices=_once((*header.notices, *notices, *normal.notices)))
    if covered is None or covered.shape != normal.pixels.shape:
        return header, normal.pixels
    pixels, pipeline = shutter.applied(normal.pixels, header.greyscale, covered)
    return replace(header, greyscale=pipeline), pixels


def read_header(source: Path | bytes, name: str = "") -> FilmHeader:
    """Read the header alone; pixels may be missing, broken or of an unknown transfer syntax.

    The greyscale pipeline is as declared, not yet checked against the pixels.

    Raises:
        UnreadableFilm: no DICOM, no radiograph, no image size, or the file cannot be read.
    """
    parsed, name = open_film(source, name)
    tags = Tags(parsed.dataset)
    _check_kind(parsed, tags, name)
    layout = _layout(parsed, tags, name)
    mono = layout.photometric.startswith("MONOCHROME")
    photometric = layout.photometric if mono else "MONOCHROME2"
    return _header(parsed, tags, layout, photometric, min(layout.bits_stored, 16), layout.signed and mono, 0)


def open_film(source: Path | bytes, name: str = "") -> tuple[Parsed, str]:
    """Everything up to the pixels; preamble, file meta and transfer syntax may be missing.

    The one way into a film's file, so that whatever the reader shows can be built upon as well.

    Returns:
        What was parsed, and how messages call it.

    Raises:
        UnreadableFilm: no DICOM, damaged, or the file cannot be read.
    """
    if isinstance(source, Path):
        name = name or source.name
        source = read_bytes(source)
    if not source:
        raise unreadable(UnreadableCode.EMPTY_FILE, name)
    parsed = parse(source, name)
    if not parsed.has_preamble and "SOPClassUID" not in parsed.dataset and "Rows" not in parsed.dataset:
        raise unreadable(UnreadableCode.NOT_AN_IMAGE, name)
    _mend_character_set(parsed.dataset)
    return parsed, name


def _check_kind(parsed: Parsed, tags: Tags, name: str) -> None:
    """Refuse what is no projection radiograph, by SOP class, else by modality."""
    sop_class = uid.UID(tags.text("SOPClassUID") or _meta_text(parsed, "MediaStorageSOPClassUID"))
    modality = tags.text("Modality").upper()
    if sop_class in _RADIOGRAPHS:
        return
    known = sop_class.name if sop_class and sop_class.name != sop_class else ""
    if sop_class not in _CAPTURES and known:
        raise unreadable(UnreadableCode.NOT_A_RADIOGRAPH, name, known)
    if modality not in _MODALITIES:
        # A foreign value may be anything; only words of the standard's form are repeated.
        word = modality if modality.isalnum() and len(modality) <= 8 else "other"
        raise unreadable(UnreadableCode.NOT_A_RADIOGRAPH, name, f"modality {word}")
    if sop_class not in _CAPTURES and "Rows" not in tags and parsed.pixels is None:
        raise unreadable(UnreadableCode.NOT_A_RADIOGRAPH, name)


def _layout(parsed: Parsed, tags: Tags, name: str) -> Layout:
    if parsed.cut and "Rows" not in tags:
        raise unreadable(UnreadableCode.TRUNCATED, name, "header")
    return read_layout(tags, name)


def _meta_text(parsed: Parsed, keyword: str) -> str:
    return Tags(parsed.meta).text(keyword)


def _mend_character_set(dataset: Dataset) -> None:
    """Drop a Specific Character Set that names none (PS3.3 C.12.1.1.2), so that texts decode at all.

    Texts of such a film, and of one that names none but ASCII, are UTF-8 where the patient's name shows it.
    """
    tags = Tags(dataset)
    unusable = character_sets.is_unusable(tags)
    if not unusable and not character_sets.is_ascii(tags):
        return
    # pydicom knows common misspellings; what it does not know either, it has taken for Latin-1.
    taken = dataset.original_character_set
    if default_encoding in (taken, taken[0]) and _is_utf_8(dataset):
        implicit, little = dataset.original_encoding
        dataset.set_original_encoding(implicit, little, "utf_8")
    elif not unusable:
        return
    # A value set over another would keep its VR.
    dataset.pop("SpecificCharacterSet", None)
    dataset.SpecificCharacterSet = "ISO_IR 192"


def _is_utf_8(dataset: Dataset) -> bool:
    """True where the bytes of the patient's name are UTF-8 and not ASCII: those of no other character set are."""
    raw = dataset.get_item(_PATIENT_NAME).value if _PATIENT_NAME in dataset else b""
    if not isinstance(raw, bytes) or raw.isascii():
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _header(
    parsed: Parsed, tags: Tags, layout: Layout, photometric: str, bits: int, signed: bool, shift: int
) -> FilmHeader:
    spacing_mm, spacing_kind = identity.spacing(tags)
    syntax = parsed.transfer_syntax
    if layout.photometric.startswith("MONOCHROME"):
        pipeline = greyscale.read_pipeline(
            tags, photometric, bits, signed, shift=shift, big_endian=syntax == uid.ExplicitVRBigEndian
        )
    else:
        # Windows and rescale are for grey films (C.7.6.3.1.2): in a capture they are left over from what was captured.
        pipeline = GreyscalePipeline(photometric=photometric, bits_stored=bits)
    header = FilmHeader(
        rows=layout.rows,
        columns=layout.columns,
        greyscale=pipeline,
        sop_class_uid=tags.text("SOPClassUID") or _meta_text(parsed, "MediaStorageSOPClassUID"),
        sop_instance_uid=tags.text("SOPInstanceUID") or _meta_text(parsed, "MediaStorageSOPInstanceUID"),
        series_instance_uid=tags.text("SeriesInstanceUID"),
        study_instance_uid=tags.text("StudyInstanceUID"),
        accession_number=tags.text("AccessionNumber"),
        modality=tags.text("Modality").upper(),
        patient=identity.patient(tags),
        view_position=tags.text("ViewPosition").upper(),
        view_code=identity.view_code(tags),
        patient_orientation=identity.orientation(tags),
        image_laterality=identity.laterality(tags),
        body_part=tags.text("BodyPartExamined").upper(),
        acquired_at=identity.acquired_at(tags),
        station=tags.text("StationName"),
        operator=identity.person_name(next(iter(tags.values("OperatorsName")), None)),
        spacing_mm=spacing_mm,
        spacing_kind=spacing_kind,
        imager_spacing_mm=identity.imager_spacing(tags) if spacing_kind is SpacingKind.CALIBRATED else None,
        aspect_ratio=identity.aspect_ratio(tags),
        exposure=identity.exposure(tags),
        transfer_syntax=str(syntax),
        burned_in_annotation=tags.text("BurnedInAnnotation").upper(),
        extra={keyword: text for keyword in _EXTRA if (text := tags.text(keyword))},
    )
    return replace(header, notices=_notices(parsed, tags, layout, header))


def _notices(parsed: Parsed, tags: Tags, layout: Layout, header: FilmHeader) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    pipeline = header.greyscale
    if pipeline.polarity_disagrees and layout.photometric.startswith("MONOCHROME"):
        detail = f"{pipeline.photometric} with Presentation LUT Shape {pipeline.presentation_lut_shape}"
        notices.append(Notice(NoticeCode.POLARITY_DISAGREES, detail))
    intent = tags.text("PresentationIntentType").upper()
    if header.sop_class_uid == _DX_FOR_PROCESSING or intent == "FOR PROCESSING":
        notices.append(Notice(NoticeCode.FOR_PROCESSING))
    if layout.frames > 1:
        notices.append(Notice(NoticeCode.MULTI_FRAME, f"first of {layout.frames} frames shown"))
    if not layout.photometric.startswith("MONOCHROME"):
        notices.append(Notice(NoticeCode.COLOUR, layout.photometric))
    if overlay_planes.drawn(parsed.dataset):
        notices.append(Notice(NoticeCode.OVERLAY))
    lossy = tags.text("LossyImageCompression")
    syntax = parsed.transfer_syntax
    if lossy == "01" or syntax in codecs.ALWAYS_LOSSY or (syntax in codecs.MAYBE_LOSSY and lossy != "00"):
        ratio = tags.number("LossyImageCompressionRatio")
        notices.append(Notice(NoticeCode.LOSSY, f"{ratio:g} : 1" if ratio else ""))
    if not parsed.has_preamble:
        notices.append(Notice(NoticeCode.TAG_REPAIRED, "no preamble"))
    if parsed.guessed:
        notices.append(Notice(NoticeCode.TAG_REPAIRED, f"no transfer syntax, taken as {syntax.name}"))
    notices += [Notice(NoticeCode.TAG_REPAIRED, keyword) for keyword in tags.repaired]
    return tuple(notices)


def _once(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    return tuple(dict.fromkeys(notices))
