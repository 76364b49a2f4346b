"""Files that are whole or not there, and survive a power cut once written."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workstation.domain.errors import StorageFailed

_RUN = uuid.uuid4().hex
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def write_durably(target: Path, data: bytes) -> None:
    """Temporary name, fsync, rename, fsync of the folder: after it returns the file survives a power cut.

    Raises:
        StorageFailed: the disk refused; nothing half-written stays.
    """
    with Staged(target.parent, data) as staged:
        staged.place(target)


@contextlib.contextmanager
def chosen_file(target: Path) -> Iterator[BinaryIO]:
    """To write a file where a person wants it: it bears its name once it is whole; one of that name stays till then.

    Raises:
        StorageFailed: the disk refused; nothing half-written stays.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as exc:
        raise StorageFailed(
            "file_not_written",
            f"{target.name} could not be written: {exc.strerror or exc}.",
            "Make room, choose another folder, or close the program that has the file open.",
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def write_chosen(target: Path, data: bytes) -> Path:
    """`chosen_file` for what is at hand as a whole; returns `target`."""
    with chosen_file(target) as stream:
        stream.write(data)
    return target


class Staged:
    """Content on its way to the disk in a thread, while its name is still being found out; a context manager.

    What was not placed when the block is left is removed.
    """

    def __init__(self, folder: Path, data: bytes) -> None:
        """`folder` is on the file system of the later target; it is made where missing."""
        self._data = data
        self._temporary = folder / f".{_RUN}-{uuid.uuid4().hex}.part"
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._write, name="film to disk", daemon=True)

    def __enter__(self) -> Staged:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        with contextlib.suppress(OSError):
            self._temporary.unlink()

    def place(self, target: Path) -> None:
        """Give it its name; once this returns the file survives a power cut.

        Raises:
            StorageFailed: the disk refused.
        """
        self._thread.join()
        try:
            if self._problem is not None:
                raise self._problem
            _make_folders(target.parent)
            self._temporary.replace(target)
            _sync_folder(target.parent)
        except OSError as exc:
            raise StorageFailed(
                "film_not_stored",
                f"The film could not be stored: {exc.strerror or exc}.",
                "Free some space on the disk of the data folder or make it writable, then open the film again.",
            ) from exc

    def _write(self) -> None:
        try:
            _make_folders(self._temporary.parent)
            with os.fdopen(os.open(self._temporary, _CREATE, 0o600), "wb") as file:
                file.write(self._data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException as exc:
            self._problem = exc  # told by `place`


def is_temporary(name: str) -> bool:
    """The name of a file that is written before it is placed."""
    return name.startswith(".") and name.endswith(".part")


def is_left_over(file: Path) -> bool:
    """A temporary file that another run of the program left, killed amid writing."""
    return is_temporary(file.name) and not file.name.startswith(f".{_RUN}-")


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
