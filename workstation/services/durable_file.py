"""Files that are whole or not there, and survive a power cut once written."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from workstation.domain.errors import StorageFailed

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def write_durably(target: Path, data: bytes) -> None:
    """Temporary name, fsync, rename, fsync of the folder: after it returns the file survives a power cut."""
    temporary = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        _make_folders(target.parent)
        try:
            with os.fdopen(os.open(temporary, _CREATE, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as exc:
        raise StorageFailed(
            "film_not_stored",
            f"The film could not be stored: {exc.strerror or exc}.",
            "Free some space on the disk of the data folder or make it writable, then open the film again.",
        ) from exc


def _make_folders(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable. Windows has no such call and journals the rename itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
