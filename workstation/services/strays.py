"""Files of the data folder that no row names: a process was killed between the two.

Those that are older than the database belong to one that was set aside before it, and are left to whoever rescues it.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from stat import S_ISREG

from workstation.persistence.database import Database
from workstation.services.durable_file import is_temporary

_log = logging.getLogger(__name__)


def stray_films(database: Database, folder: Path) -> list[Path]:
    """Files below the folder of films that are no exposure's copy; one being taken this moment may be among them.

    Raises:
        StorageFailed: the database refused.
    """
    return _strays(database, folder, "SELECT stored_path FROM exposure")


def stray_objects(database: Database) -> list[Path]:
    """Files below ``derived/`` that were never queued or noted as made. Raises StorageFailed as `stray_films`."""
    query = "SELECT object_path FROM derived UNION ALL SELECT object_path FROM outbox"
    return _strays(database, database.root / "derived", query)


def as_logged(name: str) -> str:
    """A file or folder as the log may call it: days and films bear digits; what a person named may name a patient."""
    return name if re.fullmatch(r"[0-9a-f]+(\.[a-z]+)?", name) else "(named by a person)"


def _strays(database: Database, folder: Path, query: str) -> list[Path]:
    with database.long_read() as connection:  # of its own: no decision waits for a list of all films
        named = {row[0] for row in connection.execute(query)}
        first = connection.execute("SELECT at FROM audit ORDER BY id LIMIT 1").fetchone()
    if first is None:
        return []
    began = datetime.fromisoformat(first["at"]).timestamp()
    return [
        database.root / name
        for name in _files(folder, folder.name)
        if name not in named and _written(database.root / name) >= began
    ]


def _files(folder: Path, prefix: str, depth: int = 3) -> Iterator[str]:
    """Files in the folders of days, named from the data folder on; by words, for there are hundreds of thousands.

    A folder that cannot be listed (another user's, a bad sector) is logged and left out.
    """
    try:
        with os.scandir(folder) as entries:
            listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except FileNotFoundError:
        return
    except OSError as exc:
        top, *days = prefix.split("/")
        told = "/".join([top, *map(as_logged, days)])
        _log.warning("%s cannot be listed: %s", told, exc.strerror or type(exc).__name__)
        return
    for name, is_folder in listed:
        if depth and is_folder:
            yield from _files(folder / name, f"{prefix}/{name}", depth - 1)
        elif not depth and not is_temporary(name):
            yield f"{prefix}/{name}"


def _written(file: Path) -> float:
    """When a regular file was; long ago where it is none, or gone just now."""
    try:
        status = file.stat()
    except OSError:
        return 0.0
    return status.st_mtime if S_ISREG(status.st_mode) else 0.0
