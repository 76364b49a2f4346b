"""Specific Character Set (0008,0005), PS3.3 C.12.1.1.2: whether it says how texts are stored."""

from __future__ import annotations

from pydicom.charset import python_encoding

from workstation.dicom.values import Tags

_ASCII = ("", "ISO_IR 6")


def is_unusable(tags: Tags) -> bool:
    """True where it names something that is no character set; pydicom reads common misspellings all the same."""
    names = tags.texts("SpecificCharacterSet")
    return "SpecificCharacterSet" in tags.repaired or any(name not in python_encoding for name in names)


def is_ascii(tags: Tags) -> bool:
    """True where it is absent, empty, or names nothing but ASCII."""
    return all(name in _ASCII for name in tags.texts("SpecificCharacterSet"))
