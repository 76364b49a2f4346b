"""A film from a file, whatever its format: the first bytes decide, never the extension."""

from __future__ import annotations

from pathlib import Path

from workstation.dicom import reader
from workstation.domain.film import FilmHeader
from workstation.domain.unreadable import UnreadableCode, unreadable
from workstation.imaging import raster
from workstation.services.film import Film


def read_film(path: Path) -> Film:
    """Read a DICOM, PNG, JPEG or TIFF film; the file is read once.

    Raises:
        UnreadableFilm: everything that is wrong with the file; see `workstation.domain.unreadable` for the codes.
    """
    return read_film_bytes(reader.read_bytes(path), path.name)


def read_film_bytes(data: bytes, name: str = "") -> Film:
    """Read a film that is already in memory.

    Args:
        data: the bytes of the file; the film's pixels may share them.
        name: how messages call it.

    Raises:
        UnreadableFilm: see `read_film`.
    """
    if not data:
        raise unreadable(UnreadableCode.EMPTY_FILE, name)
    # DICOM first: its preamble may be that of a TIFF (PS3.10 7.1, dual-personality files).
    if reader.looks_like_dicom(data[:132]):
        return Film(*reader.read(data, name))
    if raster.looks_like_raster(data[:16]):
        return Film(*raster.read(data, name))
    raise unreadable(UnreadableCode.NOT_AN_IMAGE, name)


def read_header(data: bytes, name: str = "") -> FilmHeader:
    """The header alone of a film in memory; the pixels of a DICOM file are not decoded.

    Raises:
        UnreadableFilm: see `read_film`.
    """
    if not data:
        raise unreadable(UnreadableCode.EMPTY_FILE, name)
    if reader.looks_like_dicom(data[:132]):
        return reader.read_header(data, name)
    if raster.looks_like_raster(data[:16]):
        return raster.read(data, name)[0]
    raise unreadable(UnreadableCode.NOT_AN_IMAGE, name)
