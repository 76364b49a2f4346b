"""What tells whether two files hold the same film, whatever hop they came by."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

_HEAD = 144
"""Bytes of the preamble, its prefix and the length of the file meta group."""


def content_digest(data: bytes) -> str:
    """SHA-256 of what a film is: the data set of a DICOM file, all bytes of anything else.

    The preamble and the file meta group (PS3.10 section 7.1) are left out: they change with each hop.
    """
    return hashlib.sha256(memoryview(data)[_content_start(data[:_HEAD], len(data)) :]).hexdigest()


def file_digest(path: Path) -> str:
    """`content_digest` of a file, read piece by piece. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(_content_start(head, os.fstat(file.fileno()).st_size))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content_start(head: bytes, size: int) -> int:
    """Where the data set begins behind the file meta group; 0 of what is no DICOM file."""
    if head[128:132] == b"DICM" and head[132:140] == b"\x02\x00\x00\x00UL\x04\x00" and size > _HEAD:
        (length,) = struct.unpack_from("<L", head, 140)
        if _HEAD + length < size:
            return _HEAD + int(length)
    return 0
