"""Which files of the watched folders were taken already. Paths are stored as hashes: they can hold names."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path


def path_key(path: Path) -> str:
    """One-way name of an absolute path."""
    return hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogatepass")).hexdigest()


def add(
    connection: sqlite3.Connection, path: Path, size: int, mtime_ns: int, at: str, exposure_id: int | None
) -> None:
    """Remember a file as seen; `exposure_id` None for one that is no film."""
    connection.execute(
        "INSERT INTO seen_file (path_sha256, size, mtime_ns, seen_at, exposure_id) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (path_key(path), size, mtime_ns, at, exposure_id),
    )


def contains(connection: sqlite3.Connection, path: Path, size: int, mtime_ns: int) -> bool:
    """True where this very file (path, size and time) was seen."""
    query = "SELECT 1 FROM seen_file WHERE path_sha256 = ? AND size = ? AND mtime_ns = ?"
    return connection.execute(query, (path_key(path), size, mtime_ns)).fetchone() is not None
