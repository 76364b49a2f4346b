"""What every derived object shares: the source film's header, who observed it, stable UIDs, equipment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import highdicom as hd
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.sr.codedict import codes
from pydicom.uid import UID, generate_uid
from pydicom.valuerep import PersonName

from workstation import __version__
from workstation.dicom import identity, shutter
from workstation.dicom.pixels import read_layout
from workstation.dicom.reader import open_film
from workstation.dicom.values import Tags

MANUFACTURER = "CXR Workstation"
MODEL_NAME = "cxr-workstation"
# Coding Scheme Designator of private codes; PS3.16 section 8.2 reserves the "99" prefix for them.
LOCAL_SCHEME = "99CXRWS"

UTF_8 = "ISO_IR 192"

_NAMES = ("PatientName", "ReferringPhysicianName")
_TEXTS = ("PatientID", "AccessionNumber", "StudyID")
_DATES = ("PatientBirthDate", "StudyDate")
# Enumerated Values of Patient's Sex (0010,0040), PS3.3 C.7.1.1.
_SEXES = ("M", "F", "O")
# highdicom would copy these as they are; presentation states write what is shown, see `greyscale_writing`.
_LEFT_OUT = (
    "NumberOfFrames",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "VOILUTSequence",
)
_MOST_OF_A_NAME = 63  # with its caret, PS3.5 6.2
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?", re.ASCII)
_UIDS = {
    "SOPClassUID": "MediaStorageSOPClassUID",
    "SOPInstanceUID": "MediaStorageSOPInstanceUID",
    "SeriesInstanceUID": "",
    "StudyInstanceUID": "",
}
"""What refers to a film, and where in the file meta the reader looks as well."""
# Classes of one frame that highdicom knows; it asks more of multi-frame ones than films have, and nothing at all of
# private ones.
_SINGLE_FRAME = (
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.7",
)
_STAND_IN = _SINGLE_FRAME[-1]


def read_evidence(source: Path | bytes) -> Dataset:
    """The header of a stored DICOM film, without its pixels, fit to be evidence of a derived object.

    What the reader tolerates is mended here as the reader understands it, else left empty (type 2, PS3.5 7.4.3) or
    out: whatever is shown can be built upon, and nothing in it is invented.

    Args:
        source: path or content of a DICOM file with SOP, series and study UIDs; preamble and file meta may be missing.

    Returns:
        The header in UTF-8: values that can be written, the identity, how the pixels lie and the Display Shutter
        where it is one that can be used; nothing of the greyscale. Its SOPClassUID is one that highdicom knows;
        `stamp` puts the film's own into the finished object.

    Raises:
        UnreadableFilm: not a DICOM file, it cannot be read, or it is no image.
        ValueError: a UID is missing, so nothing can refer to the film.
    """
    parsed, name = open_film(source)
    tags, meta = Tags(parsed.dataset), Tags(parsed.meta)
    layout = read_layout(tags, name)
    known = _identity(tags) | {
        "Rows": layout.rows,
        "Columns": layout.columns,
        "SamplesPerPixel": 1 if layout.photometric.startswith("MONOCHROME") else 3,  # of a palette, too
        "PhotometricInterpretation": layout.photometric,
        "PatientOrientation": list(identity.orientation(tags) or ()) or None,
        "Modality": "OT",  # highdicom asks whether it is one of images
        **shutter.attributes(tags, layout.rows, layout.columns),
    }
    uids = {keyword: tags.text(keyword) or meta.text(other) for keyword, other in _UIDS.items()}
    for keyword, uid in uids.items():
        if not uid:
            raise ValueError(f"the film has no {keyword}: nothing can refer to it")
    header = parsed.dataset
    _drop_unusable(header)
    # Derived objects speak UTF-8 whatever the film's character set: a note may be Russian where the film is Latin-1.
    header.decode()
    header.SpecificCharacterSet = UTF_8
    for keyword in (*known, *uids, *_LEFT_OUT, *shutter.KEYWORDS):
        header.pop(keyword, None)  # a value set over another keeps its VR, which may be a foreign one
    for keyword, value in (known | uids).items():
        setattr(header, keyword, value)
    header.file_meta = FileMetaDataset()
    header.file_meta.MediaStorageSOPClassUID = UID(uids["SOPClassUID"])
    if uids["SOPClassUID"] not in _SINGLE_FRAME:
        header.SOPClassUID = _STAND_IN
    return header


def _identity(tags: Tags) -> dict[str, str | None]:
    """Type 2 attributes of the Patient and General Study modules, None where the film has no usable value."""
    known: dict[str, str | None] = {}
    for keyword in _NAMES:
        first = next(iter(tags.values(keyword)), None)
        name = str(first).partition("\\")[0].strip(" \0") if isinstance(first, str | PersonName) else ""
        # highdicom doubts a name of one component; `stamp` takes the caret away again.
        known[keyword] = (name if "^" in name else f"{name}^") if name else None
    for keyword in _TEXTS:
        known[keyword] = "\\".join(tags.texts(keyword)) or tags.text(keyword) or None
    for keyword in _DATES:
        known[keyword] = identity.iso_day(tags.text(keyword)).replace("-", "") or None
    known["StudyTime"] = _time(tags.text("StudyTime"))
    sex = tags.text("PatientSex").upper()
    known["PatientSex"] = sex if sex in _SEXES else None
    return known


def _time(value: str) -> str | None:
    """A TM value (PS3.5 6.2), old form with colons included; None where it is none."""
    digits = value.replace(":", "")
    return digits if _TIME.fullmatch(digits) else None


def _drop_unusable(dataset: Dataset) -> None:
    """Take out private elements, those of a foreign VR, and those that pydicom cannot read and write again."""
    for tag in list(dataset.keys()):
        try:
            if dataset[tag].VR in dictionary_VR(tag):
                stream = DicomBytesIO()
                stream.is_little_endian, stream.is_implicit_VR = True, False
                write_data_element(stream, dataset[tag], UTF_8)
                continue
        except Exception:  # pydicom raises many kinds for values that are not what their VR says
            pass
        del dataset[tag]


def stable_uid(*parts: str) -> str:
    """A UID that is the same for the same parts, so that a repeated try after a crash makes no second object."""
    return str(generate_uid(entropy_srcs=list(parts)))


def person_observer(author: str) -> hd.sr.ObserverContext:
    """Person observer context, TID 1003. `author` is a name as signed in; one word gets the caret PN asks for."""
    # A backslash (DOMAIN\user) would make two names of it, other delimiters groups and parts: PS3.5 6.2, 6.2.1.
    words = "".join(c if c.isprintable() and c not in "\\=" else " " for c in author).split()
    parts = " ".join(words).split("^", 4)
    name = "^".join(part.replace("^", " ").strip() for part in parts)[:_MOST_OF_A_NAME]
    name = name if name.strip("^ ") else "Unknown"
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=name if "^" in name else f"{name}^"
        ),
    )


def device_observer(device_uid: str) -> hd.sr.ObserverContext:
    """Device observer context, TID 1004. `device_uid` names this installation."""
    return hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=device_uid, name=MODEL_NAME, manufacturer_name=MANUFACTURER, model_name=MODEL_NAME
        ),
    )


def stamp(document: Dataset, films: Sequence[Dataset], when: str, description: str) -> None:
    """Finish a derived object: dates (from an ISO 8601 `when`), description, software, what its films are called.

    Args:
        document: made by highdicom.
        films: what it refers to, by `read_evidence`.
        when: ISO 8601 date-time.
        description: Series Description.
    """
    classes = {film.SOPInstanceUID: film.file_meta.MediaStorageSOPClassUID for film in films}

    def name_class(item: Dataset, element: DataElement) -> None:
        if element.keyword == "ReferencedSOPClassUID":
            element.value = classes.get(item.get("ReferencedSOPInstanceUID"), element.value)

    document.walk(name_class)
    for keyword in _NAMES:
        name = str(document.get(keyword) or "")
        if name and name.find("^") == len(name) - 1:
            setattr(document, keyword, name.removesuffix("^"))
    moment = datetime.fromisoformat(when)
    date, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    document.SpecificCharacterSet = UTF_8
    document.ContentDate, document.ContentTime = date, time
    document.SeriesDate, document.SeriesTime = date, time
    document.SeriesDescription = description
    document.ManufacturerModelName = MODEL_NAME
    document.SoftwareVersions = __version__
    if moment.utcoffset() is not None:
        document.TimezoneOffsetFromUTC = moment.strftime("%z")[:5]


def same_study(films: Iterable[Dataset]) -> str:
    """The one Study Instance UID of `films`.

    Raises:
        ValueError: no film, or films of several studies.
    """
    studies = {str(film.StudyInstanceUID) for film in films}
    if len(studies) != 1:
        raise ValueError("a key object selection refers to the films of one study")
    return studies.pop()
