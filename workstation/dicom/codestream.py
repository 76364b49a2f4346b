"""What a compressed frame says of itself, read from its first bytes without decoding it.

Compared with the header before a decoder allocates anything: a frame of 100 bytes may declare 60000 x 60000.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # SOF0..15 and JPEG-LS SOF55
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Size of a codestream: pixels, samples a pixel, bits a sample."""

    rows: int
    columns: int
    samples: int
    precision: int


def jpeg_size(frame: bytes) -> FrameSize | None:
    """Size of a JPEG (ISO/IEC 10918-1) or JPEG-LS (ISO/IEC 14495-1) codestream; None without a frame header."""
    if frame[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 4 <= len(frame):
        if frame[at] != 0xFF:
            return None
        marker = frame[at + 1]
        if marker == 0xFF or marker in _STANDALONE:  # fill byte, or a marker without a segment
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _START_OF_FRAME:
            if at + 10 > len(frame):
                return None
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, at + 4)
            return FrameSize(rows, columns, samples, precision)
        if marker in (0xDA, 0xD9):  # scan or end before any frame header
            return None
        at += 2 + struct.unpack_from(">H", frame, at + 2)[0]
    return None


def jpeg2000_size(frame: bytes) -> FrameSize | None:
    """Size of a JPEG 2000 or HTJ2K codestream (ISO/IEC 15444-1 A.5.1, SIZ), bare or inside a JP2 file."""
    at = frame.find(b"\xff\x4f\xff\x51", 0, 4096)
    if at < 0 or at + 43 > len(frame):
        return None
    right, bottom, left, top = struct.unpack_from(">4I", frame, at + 8)
    samples = struct.unpack_from(">H", frame, at + 40)[0]
    precision = (frame[at + 42] & 0x7F) + 1
    return FrameSize(bottom - top, right - left, samples, precision)


def is_complete(frame: bytes) -> bool:
    """True where a JPEG or JPEG 2000 codestream has its end marker, which neither can hold inside coded data."""
    return frame.rfind(b"\xff\xd9") > 0
