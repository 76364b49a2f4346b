"""De-identified copies of films in a folder: new names, new UIDs, nothing of the patient."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from workstation.dicom.deidentify import CORNERS, Pseudonyms, Region, deidentified
from workstation.dicom.reader import read_bytes
from workstation.domain.errors import StorageFailed
from workstation.services.durable_file import write_durably
from workstation.services.film import Film
from workstation.services.reading import read_film_bytes

_STEM = "CXR"


def deidentified_file(film: Film, *, blank_corners: bool = False) -> bytes:
    """One film as a de-identified DICOM file, linkable to no other export.

    Raises:
        KnownError: `burned_in_annotation`, unless the corners are blanked.
    """
    unique = secrets.token_hex(16)
    return DeidentifiedExport(Path(), CORNERS if blank_corners else ()).content(film, unique)


class DeidentifiedExport:
    """One export: its films stay linkable among themselves (same patient, same study), and to nothing else.

    Args:
        folder: made where missing.
        blank: regions painted black on every film.
        secret: keys the stand-ins; a new random one if None, forgotten with this object.
    """

    def __init__(self, folder: Path, blank: Sequence[Region] = (), secret: bytes | None = None) -> None:
        self._folder = folder
        self._blank = tuple(blank)
        self._pseudonyms = Pseudonyms(secret or secrets.token_bytes(32))

    def content(self, film: Film, unique: str = "") -> bytes:
        """The DICOM file of one film, in memory.

        Raises:
            KnownError: `burned_in_annotation`.
        """
        made = deidentified(film.header, film.pixels, self._pseudonyms, self._blank, unique)
        stream = BytesIO()
        made.save_as(stream, enforce_file_format=True)
        return stream.getvalue()

    def add(self, source: Path) -> Path:
        """Read one file and write its copy; returns where.

        Raises:
            UnreadableFilm: the file is no film.
            KnownError: `burned_in_annotation`.
            StorageFailed: the disk refused; nothing half-written stays.
        """
        data = read_bytes(source)
        content = self.content(read_film_bytes(data, source.name), hashlib.sha256(data).hexdigest())
        return self.write(content, ".dcm")

    def write(self, content: bytes, suffix: str, number_of: Path | None = None) -> Path:
        """Write under the next free number, or under that of another file of this export.

        Raises:
            StorageFailed: the disk refused; nothing half-written stays.
        """
        target = (
            number_of.with_suffix(suffix)
            if number_of is not None
            else self._folder / f"{_STEM}_{self._next():04}{suffix}"
        )
        try:
            write_durably(target, content)
        except StorageFailed as error:
            # It speaks of the data folder, where films usually go; this one was chosen for the copies.
            reason = getattr(error.__cause__, "strerror", None) or error.message
            raise StorageFailed(
                "export_not_written",
                f"{target} could not be written: {reason}.",
                "Choose another folder for the copies, or make room there and let this user write.",
            ) from error
        return target

    def _next(self) -> int:
        if not self._folder.is_dir():
            return 1
        taken = (re.match(rf"{_STEM}_(\d+)\.", p.name) for p in self._folder.iterdir())
        return max((int(m[1]) for m in taken if m), default=0) + 1
