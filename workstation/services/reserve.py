"""Room on the disk that is kept for decisions."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

RESERVE_BYTES = 200_000_000
"""Kept free for the database, its journal and the log: with less, a decision could no longer be stored."""


def leaves_reserve(root: Path) -> bool:
    """Whether the disk has room beside `RESERVE_BYTES`; one that does not say is asked by writing alone."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(root).free >= RESERVE_BYTES
    return True
