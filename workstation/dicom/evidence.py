"""What every derived object shares: the source film's header, who observed it, stable UIDs, equipment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import highdicom as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from workstation import __version__
from workstation.dicom.reader import open_film

MANUFACTURER = "CXR Workstation"
MODEL_NAME = "cxr-workstation"
# Coding Scheme Designator of private codes; PS3.16 section 8.2 reserves the "99" prefix for them.
LOCAL_SCHEME = "99CXRWS"

UTF_8 = "ISO_IR 192"

# Type 2 attributes of the Patient, General Study and SOP Common modules that derived objects copy; a console's film
# may lack them, and an empty value is what the standard asks for then (PS3.5 section 7.4.3).
_TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)
_NAMES = ("PatientName", "ReferringPhysicianName")


def read_evidence(source: Path | bytes) -> Dataset:
    """The header of a stored DICOM film, without its pixels, fit to be evidence of a derived object.

    Args:
        source: path or content of a DICOM file with SOP, series and study UIDs; preamble and file meta may be missing.

    Raises:
        UnreadableFilm: not a DICOM file, or it cannot be read.
        ValueError: a UID is missing, so nothing can refer to the film.
    """
    header = open_film(source)[0].dataset
    for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        if not header.get(keyword):
            raise ValueError(f"the film has no {keyword}: nothing can refer to it")
    for keyword in _TYPE_2:
        if keyword not in header:
            setattr(header, keyword, None)
    # Derived objects speak UTF-8 whatever the film's character set: a note may be Russian where the film is Latin-1.
    header.decode()
    header.SpecificCharacterSet = UTF_8
    for keyword in _NAMES:
        name = str(header.get(keyword) or "")
        if name and "^" not in name:
            # highdicom doubts a name of one component; `stamp` takes the caret away again.
            setattr(header, keyword, f"{name}^")
    return header


def stable_uid(*parts: str) -> str:
    """A UID that is the same for the same parts, so that a repeated try after a crash makes no second object."""
    return str(generate_uid(entropy_srcs=list(parts)))


def person_observer(author: str) -> hd.sr.ObserverContext:
    """Person observer context, TID 1003. `author` is a name as signed in; one word gets the caret PN asks for."""
    name = author.strip() or "Unknown"
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


def stamp(document: Dataset, when: str, description: str) -> None:
    """Set dates (from an ISO 8601 `when`), series description and software version of a derived object."""
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
