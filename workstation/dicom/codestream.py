"""What a compressed frame says of itself, read from its first bytes without decoding it.

Compared with the header before a decoder allocates anything: a frame of 100 bytes may declare 60000 x 60000.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # SOF0..15 and JPEG-LS SOF55
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_SOC_SIZ = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_MOST_BOXES = 100  # before the codestream; a frame of empty boxes must not keep the reader busy


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Size of a codestream: pixels, samples a pixel, bits a sample."""

    rows: int
    columns: int
    samples: int
    precision: int


def jpeg_size(frame: bytes) -> FrameSize | None:
    """Size of a JPEG (ISO/IEC 10918-1) or JPEG-LS (ISO/IEC 14495-1) codestream; None without a frame header."""
    for marker, at in _segments(frame):
        if marker in _START_OF_FRAME:
            if at + 10 > len(frame):
                return None
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, at + 4)
            return FrameSize(rows, columns, samples, precision)
    return None


def jpeg_tells_colours(frame: bytes) -> bool:
    """True where a JPEG codestream itself says how its colours are stored: by a JFIF or an Adobe segment."""
    told = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
    return any(m in told and frame.startswith(told[m], at + 4) for m, at in _segments(frame))


def _segments(frame: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment of a JPEG codestream, up to the first scan."""
    if frame[:2] != b"\xff\xd8":
        return
    at = 2
    while at + 4 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF or marker in _STANDALONE:  # fill byte, or a marker without a segment
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (0xDA, 0xD9):  # scan or end
            return
        yield marker, at
        at += 2 + struct.unpack_from(">H", frame, at + 2)[0]


def jpeg2000_codestream(frame: bytes) -> bytes:
    """The bare JPEG 2000 or HTJ2K codestream of a frame, the only part that a decoder may see.

    A frame is a codestream (PS3.5 A.4.4); some writers leave the JP2 file format around it (ISO/IEC 15444-1 Annex I).
    Its first Contiguous Codestream box is taken, as decoders do.

    Returns:
        ``b""`` where the frame is neither, or its boxes do not fit into it.
    """
    if frame.startswith(_SOC_SIZ):
        return frame
    if not frame.startswith(_JP2_SIGNATURE):
        return b""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 16 > len(frame):
            break
        length, kind, long_length = struct.unpack_from(">I4sQ", frame, at)
        header = 16 if length == 1 else 8
        end = {0: len(frame), 1: at + long_length}.get(length, at + length)
        if not at + header <= end <= len(frame):
            break
        if kind == b"jp2c":
            inside = frame[at + header : end]
            return inside if inside.startswith(_SOC_SIZ) else b""
        at = end
    return b""


def jpeg2000_size(codestream: bytes) -> FrameSize | None:
    """Size of a bare JPEG 2000 or HTJ2K codestream (ISO/IEC 15444-1 A.5.1, SIZ); None where it does not begin one."""
    if not codestream.startswith(_SOC_SIZ) or len(codestream) < 43:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", codestream, 8)
    samples = struct.unpack_from(">H", codestream, 40)[0]
    precision = (codestream[42] & 0x7F) + 1
    return FrameSize(bottom - top, right - left, samples, precision)


def is_complete(frame: bytes) -> bool:
    """True where a JPEG or JPEG 2000 codestream has its end marker, which neither can hold inside coded data."""
    return frame.rfind(b"\xff\xd9") > 0
