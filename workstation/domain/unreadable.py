"""Why a file cannot be shown as a radiograph: stable codes, their meaning, what to do. One table for all readers.

The codes are part of the command line's contract and never change meaning.
"""

from __future__ import annotations

from enum import StrEnum

from workstation.domain.errors import UnreadableFilm

MAX_MEGAPIXELS = 200
"""Larger images are refused before anything is decoded."""
START_OF_SCAN = b"\xff\xda"
"""Of a JPEG (ISO/IEC 10918-1 B.2.3); its coded data cannot hold it."""
MAX_JPEG_SCANS = 64
"""Ten are usual. A scan of thirty bytes goes over the whole image: a small file could keep a decoder busy for hours."""


class UnreadableCode(StrEnum):
    """Codes of `UnreadableFilm`."""

    NOT_FOUND = "not_found"
    """The path does not exist (any more)."""
    PERMISSION_DENIED = "permission_denied"
    """The operating system does not let us read it."""
    IS_DIRECTORY = "is_directory"
    """A folder, or another thing that is no regular file, where one film is wanted."""
    READ_FAILED = "read_failed"
    """The disk or the network share failed while reading."""
    EMPTY_FILE = "empty_file"
    """No bytes in it."""
    NOT_AN_IMAGE = "not_an_image"
    """Neither DICOM nor PNG, JPEG or TIFF."""
    NOT_A_RADIOGRAPH = "not_a_radiograph"
    """DICOM, but of another kind: CT, MR, mammogram, report, key object, document, DICOMDIR."""
    NO_PIXELS = "no_pixels"
    """A radiograph's header without an image, or with a size of zero."""
    TRUNCATED = "truncated"
    """Fewer bytes than the header declares."""
    TOO_LARGE = "too_large"
    """Over 200 megapixels, or a file that unpacks to more than an image of that size can need."""
    INCONSISTENT = "inconsistent"
    """Header and image data contradict each other (rows, columns, samples, bits)."""
    UNSUPPORTED = "unsupported"
    """A valid encoding this program does not read: an unknown transfer syntax, floating point pixels."""
    DAMAGED = "damaged"
    """Header or compressed image cannot be decoded."""


PASSING = frozenset({UnreadableCode.NOT_FOUND, UnreadableCode.PERMISSION_DENIED, UnreadableCode.READ_FAILED})
"""Reasons that may pass by themselves: such a file is tried again and not remembered as seen."""


_SAY: dict[UnreadableCode, tuple[str, str]] = {
    UnreadableCode.NOT_FOUND: ("{name} does not exist.", "Check the path, or whether the file was moved."),
    UnreadableCode.PERMISSION_DENIED: (
        "{name} may not be read by this user.",
        "Ask for read permission on the file and its folder.",
    ),
    UnreadableCode.IS_DIRECTORY: (
        "{name} is not a regular file.",
        "Name a file, or open the folder as a whole.",
    ),
    UnreadableCode.READ_FAILED: (
        "{name} could not be read from its disk or share.",
        "Check the drive or the network connection and open it again.",
    ),
    UnreadableCode.EMPTY_FILE: ("{name} is empty.", "Send or export the film again."),
    UnreadableCode.NOT_AN_IMAGE: (
        "{name} is neither DICOM nor a PNG, JPEG or TIFF image.",
        "Choose a radiograph in one of these formats.",
    ),
    UnreadableCode.NOT_A_RADIOGRAPH: (
        "{name} is not a projection radiograph.",
        "Choose a CR, DX or secondary capture image.",
    ),
    UnreadableCode.NO_PIXELS: ("{name} holds no image.", "Send or export the film again from the modality."),
    UnreadableCode.TRUNCATED: (
        "{name} is cut off.",
        "Copy or send the film again; the transfer stopped early.",
    ),
    UnreadableCode.TOO_LARGE: (
        "{name} is larger than " + str(MAX_MEGAPIXELS) + " megapixels.",
        "Export the film at the detector's own resolution.",
    ),
    UnreadableCode.INCONSISTENT: (
        "{name} contradicts itself: header and image data disagree.",
        "Send or export the film again from the modality.",
    ),
    UnreadableCode.UNSUPPORTED: (
        "{name} uses an encoding this program does not read.",
        "Export the film uncompressed (Explicit VR Little Endian).",
    ),
    UnreadableCode.DAMAGED: ("{name} is damaged and cannot be decoded.", "Copy or send the film again."),
}


def unreadable(code: UnreadableCode, name: str, detail: str = "", remedy: str = "") -> UnreadableFilm:
    """Make the error for a file.

    Args:
        code: what is wrong.
        name: the file's name without its folders; ``""`` for data that came without a file.
        detail: technical words after the sentence, free of patient identifiers, e.g. ``"3000 x 10"``.
        remedy: replaces the table's remedy.
    """
    sentence, usual = _SAY[code]
    message = sentence.format(name=name or "This film")
    if detail:
        message = f"{message.removesuffix('.')} ({detail})."
    return UnreadableFilm(str(code), message, remedy or usual)
