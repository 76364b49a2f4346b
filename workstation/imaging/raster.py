"""Reads PNG, JPEG and TIFF films: bytes in, header and stored values out.

Rasters say little of themselves, so three rules are fixed here:

- Colour becomes grey by Rec. 601 luma, an alpha channel is dropped.
- A TIFF with PhotometricInterpretation 0 (WhiteIsZero, TIFF 6.0 section 4) is MONOCHROME1: the values stay as they
  are stored and `imaging.lut` inverts them, once. Its own decoders sometimes invert and sometimes do not, which is
  why `imagecodecs.tiff_decode` is used: it never does.
- No turn or flip of EXIF or TIFF Orientation is applied. It tells how a camera was held, not how a patient stood;
  edges named by the cascade are edges of the image as stored.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt

from workstation.domain.film import FilmHeader, GreyscalePipeline, Notice, NoticeCode
from workstation.domain.unreadable import (
    MAX_JPEG_SCANS,
    MAX_MEGAPIXELS,
    START_OF_SCAN,
    UnreadableCode,
    unreadable,
)

Array = npt.NDArray[Any]

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_TIFF_TYPES = {1: "B", 3: "H", 4: "L"}  # BYTE, SHORT, LONG
_WHITE_IS_ZERO, _PALETTE, _CMYK = 0, 3, 5
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is known before decoding.

    Attributes:
        white_is_zero, palette: photometric interpretation of a TIFF (0, 3).
        odd: what about it is not read, ``""`` for nothing.
        pages: of a TIFF, frames of an animated PNG.
        bits: a sample, as the file packs them.
        turned: an orientation other than upright is asked for.
        complete: the file has its end marker (libjpeg fills a missing rest with grey and says nothing).
    """

    kind: str
    rows: int
    columns: int
    white_is_zero: bool = False
    palette: tuple[int, ...] = ()
    pages: int = 1
    bits: int = 0
    turned: bool = False
    complete: bool = True
    odd: str = ""


def looks_like_raster(head: bytes) -> bool:
    """True where the first bytes are those of PNG, JPEG or TIFF."""
    return head.startswith((_PNG, _JPEG)) or head[:4] in _TIFF


def read(data: bytes, name: str = "") -> tuple[FilmHeader, Array]:
    """Read one raster film; of several pages or animation frames the first.

    Args:
        data: the whole file.
        name: how messages call it.

    Returns:
        Header with notice NOT_DICOM, and (rows, columns) uint8 or uint16 stored values.

    Raises:
        UnreadableFilm: `not_an_image`, `no_pixels`, `too_large`, `unsupported`, `truncated`, `damaged`.
    """
    outline = _outline(data, name)
    if outline.rows <= 0 or outline.columns <= 0:
        raise unreadable(UnreadableCode.NO_PIXELS, name, f"{outline.rows} rows, {outline.columns} columns")
    if outline.rows * outline.columns > MAX_MEGAPIXELS * 1_000_000:
        raise unreadable(UnreadableCode.TOO_LARGE, name, f"{outline.rows} x {outline.columns}")
    if not outline.complete:
        raise unreadable(UnreadableCode.TRUNCATED, name, f"{outline.kind} without an end")
    if outline.odd:
        raise unreadable(UnreadableCode.UNSUPPORTED, name, outline.odd)
    try:
        decoded = _decode(data, outline)
    except Exception as error:  # codecs have no common base class
        raise unreadable(UnreadableCode.DAMAGED, name, outline.kind) from error
    if decoded.shape[:2] != (outline.rows, outline.columns):
        raise unreadable(UnreadableCode.INCONSISTENT, name, outline.kind)
    if decoded.dtype not in (np.uint8, np.uint16, np.bool_):
        raise unreadable(UnreadableCode.UNSUPPORTED, name, f"{outline.kind} of {decoded.dtype}")
    grey, coloured = _to_grey(decoded, outline)
    return _header(grey, outline, coloured), grey


def _header(grey: Array, outline: _Outline, coloured: bool) -> FilmHeader:
    notices = [Notice(NoticeCode.NOT_DICOM, outline.kind)]
    if coloured:
        notices.append(Notice(NoticeCode.COLOUR))
    if outline.kind == "JPEG":
        notices.append(Notice(NoticeCode.LOSSY))
    if outline.pages > 1:
        notices.append(Notice(NoticeCode.MULTI_FRAME, f"first of {outline.pages} pages shown"))
    if outline.turned:
        notices.append(Notice(NoticeCode.TAG_REPAIRED, "Orientation not applied"))
    pipeline = GreyscalePipeline(
        photometric="MONOCHROME1" if outline.white_is_zero else "MONOCHROME2",
        bits_stored=8 * grey.dtype.itemsize,
    )
    rows, columns = grey.shape
    return FilmHeader(rows=rows, columns=columns, greyscale=pipeline, notices=tuple(notices))


def _outline(data: bytes, name: str) -> _Outline:
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(_JPEG):
            return _jpeg(data)
        if data[:4] in _TIFF:
            return _tiff(data, _TIFF[data[:4]])
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise unreadable(UnreadableCode.TRUNCATED, name) from error
    raise unreadable(UnreadableCode.NOT_AN_IMAGE, name)


def _png(data: bytes) -> _Outline:
    """IHDR is always first (PNG 11.2.2); acTL before the pixels makes it an animation."""
    columns, rows, bits = struct.unpack_from(">LLB", data, 16)
    animated = data.find(b"acTL", 33, max(33, data.find(b"IDAT")))
    pages = struct.unpack_from(">L", data, animated + 4)[0] if animated > 0 else 1
    return _Outline("PNG", rows, columns, pages=pages, bits=bits, complete=data.rfind(b"IEND") > 0)


def _jpeg(data: bytes) -> _Outline:
    at = 2
    turned = False
    while True:
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if data[at] != 0xFF:
            raise ValueError("no marker")
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            turned = _exif_turn(data[at + 10 : at + 2 + length])
        if marker in _START_OF_FRAME:
            bits, rows, columns, samples = struct.unpack_from(">BHHB", data, at + 4)
            complete = data.find(b"\xff\xd9", at) >= 0  # cannot occur inside a scan: 0xFF is stuffed there
            odd = "CMYK" if samples == 4 else ""  # inks, and nobody says which way round they are
            if data.count(START_OF_SCAN) > MAX_JPEG_SCANS:
                odd = "JPEG in too many scans"
            return _Outline("JPEG", rows, columns, bits=bits, turned=turned, complete=complete, odd=odd)
        at += 2 + length


def _exif_turn(block: bytes) -> bool:
    """True where an EXIF block asks for a turn; a broken block asks for none."""
    try:
        tags, _ = _directory(block, _TIFF[block[:4]], struct.unpack_from(_TIFF[block[:4]] + "L", block, 4)[0])
    except (struct.error, KeyError):
        return False
    return tags.get(274, (1,))[0] > 1


def _tiff(data: bytes, order: str) -> _Outline:
    """First image file directory (TIFF 6.0 section 2), and how many follow it."""
    tags, following = _directory(data, order, struct.unpack_from(f"{order}L", data, 4)[0])
    pages = 1
    while following and pages < 1000:
        _, following = _directory(data, order, following)
        pages += 1
    photometric = tags.get(262, (1,))[0]
    return _Outline(
        "TIFF",
        rows=tags[257][0],
        columns=tags[256][0],
        white_is_zero=photometric == _WHITE_IS_ZERO,
        palette=tags.get(320, ()) if photometric == _PALETTE else (),
        pages=pages,
        bits=tags.get(258, (1,))[0],
        turned=tags.get(274, (1,))[0] > 1,
        odd="CMYK" if photometric == _CMYK else _odd_tiff(tags),
    )


def _odd_tiff(tags: Mapping[int, tuple[int, ...]]) -> str:
    """Layouts that would make a decoder ask for far more memory than the image has pixels."""
    samples, tile = tags.get(277, (1,))[0], tags.get(322, (0,))[0] * tags.get(323, (0,))[0]
    if not 1 <= samples <= 4:
        return f"TIFF with {samples} samples a pixel"
    return "TIFF with enormous tiles" if tile > MAX_MEGAPIXELS * 1_000_000 else ""


def _directory(data: bytes, order: str, at: int) -> tuple[Mapping[int, tuple[int, ...]], int]:
    """Integer tags of the directory at `at`, and the offset of the next one (0: none)."""
    count = struct.unpack_from(f"{order}H", data, at)[0]
    tags: dict[int, tuple[int, ...]] = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(f"{order}HHL", data, entry)
        letter = _TIFF_TYPES.get(kind)
        if letter is None or not 0 < number <= 3 * 65536:
            continue
        size = struct.calcsize(f"{order}{letter}") * number
        where = entry + 8 if size <= 4 else struct.unpack_from(f"{order}L", data, entry + 8)[0]
        tags[tag] = struct.unpack_from(f"{order}{number}{letter}", data, where)
    following: int = struct.unpack_from(f"{order}L", data, at + 2 + 12 * count)[0]
    return tags, following


def _decode(data: bytes, outline: _Outline) -> Array:
    """(rows, columns) or (rows, columns, samples), colour as RGB."""
    if outline.kind == "PNG":
        return np.asarray(imagecodecs.png_decode(data))
    if outline.kind == "JPEG":
        return np.asarray(imagecodecs.jpeg8_decode(data))
    return np.asarray(imagecodecs.tiff_decode(data, 0))


def _to_grey(decoded: Array, outline: _Outline) -> tuple[Array, bool]:
    """One contiguous channel of uint8 or uint16, and whether there was colour to lose."""
    if decoded.dtype == np.bool_ or (outline.kind == "TIFF" and outline.bits == 1 and not outline.palette):
        return np.ascontiguousarray(decoded.reshape(decoded.shape[:2]) != 0).astype(np.uint8) * 255, False
    if outline.palette:
        colours = np.asarray(outline.palette, np.uint16).reshape(3, -1).T
        decoded = colours[np.minimum(decoded, len(colours) - 1)] >> 8
        decoded = decoded.astype(np.uint8)
    elif outline.kind == "TIFF" and outline.bits in (2, 4):
        decoded = decoded * np.uint8(255 // ((1 << outline.bits) - 1))
    if decoded.ndim == 2:
        return np.ascontiguousarray(decoded), False
    if decoded.shape[2] <= 2:  # grey, perhaps with alpha
        return np.ascontiguousarray(decoded[..., 0]), False
    colour = np.ascontiguousarray(decoded[..., :3])
    if np.array_equal(colour[..., 0], colour[..., 1]) and np.array_equal(colour[..., 0], colour[..., 2]):
        return np.ascontiguousarray(colour[..., 0]), False
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)), True
