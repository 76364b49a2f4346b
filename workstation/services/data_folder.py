"""Where everything lives on disk, and the guard against two programs in one data folder.

<data>/workstation.sqlite3      exposures, verdicts, decisions, audit, outbox
<data>/films/YYYY/MM/DD/*.dcm   the durable copies, as received
<data>/thumbnails/*.png         small pictures for the list; they go with their film
<data>/derived/                 what was made from films: notes, reports, graphics, pictures
<data>/backups/                 databases before a migration, and damaged ones that were set aside
<data>/logs/                    the program's log
<data>/QtProject.conf           which folders the file dialogs were in, as Qt notes it
<data>/settings.toml            with --data-dir; else in the platform's configuration folder
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

from workstation.domain.errors import StorageFailed

APP_NAME = "cxr-workstation"
SERVICE = "receive"
"""Who holds a data folder where that is the command without a window; written behind its number."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Absolute paths of one data folder. Made by `open_data_folder`."""

    root: Path
    settings_file: Path

    @property
    def database(self) -> Path:
        return self.root / "workstation.sqlite3"

    @property
    def films(self) -> Path:
        return self.root / "films"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @contextlib.contextmanager
    def lock(self, holder: str = "") -> Iterator[None]:
        """Hold the folder while the program works in it; released by the system when the process dies.

        `holder`: `SERVICE`, or ``""`` for a window, which takes the films of a second start.

        Raises:
            StorageFailed: code ``"in_use"``: another program holds it, ``"in_use_by_service"``: one without a window;
                ``"data_folder"``: it cannot be held.
        """
        path = self.root / "lock"
        try:
            handle = path.open("a+b", buffering=0)
        except OSError as exc:
            raise _refused(self.root, exc) from exc
        with handle:
            try:
                held = _try_lock(handle)
            except OSError as exc:  # a share without locks
                raise _refused(self.root, exc) from exc
            if not held:
                raise _in_use(self.root, handle)
            with contextlib.suppress(
                OSError
            ):  # a full disk: the number is for people, the lock is held without it
                handle.seek(0)
                handle.truncate()
                handle.write(f"{os.getpid()} {holder}".strip().encode("ascii"))
            yield


def thumbnail_path(root: Path, stored_path: str) -> Path:
    """Where the small picture of the film at `stored_path` lies in the data folder `root`.

    Named by the film's content as the film is: another database, begun or put back, gives its number to another film.
    """
    return root / "thumbnails" / f"{Path(stored_path).stem}.png"


def numbered_thumbnails(root: Path) -> list[Path]:
    """Small pictures that an earlier version named by the numbers of their films."""
    return [file for file in (root / "thumbnails").glob("*.png") if file.stem.isdigit()]


def settings_path(data_dir: Path | None = None) -> Path:
    """Where the settings of a data folder are; makes nothing. `data_dir` as for `open_data_folder`.

    Raises:
        StorageFailed: the system knows no home folder that it could lie in.
    """
    with _in_a_home(data_dir):
        if data_dir is None:
            return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "settings.toml"
        return data_dir.expanduser().absolute() / "settings.toml"


def settings_to_read(data_dir: Path | None) -> Path:
    """As `settings_path`, for a command that makes no data folder: a mistyped one would mean all defaults.

    Raises:
        StorageFailed: `data_dir` is given and is not there, or as for `settings_path`.
    """
    path = settings_path(data_dir)
    if data_dir is not None and not is_there(data_dir):
        raise StorageFailed(
            "no_folder", f"There is no folder {path.parent}.", "Name the right folder with --data-dir."
        )
    return path


def is_there(data_dir: Path) -> bool:
    """Whether there is such a folder.

    Raises:
        StorageFailed: it lies where this user may not look, or as for `settings_path`.
    """
    folder = settings_path(data_dir).parent
    try:
        return folder.is_dir()
    except OSError as exc:
        raise _refused(folder, exc) from exc


def open_data_folder(data_dir: Path | None = None) -> DataFolder:
    """Make (where needed) and check the data folder.

    Args:
        data_dir: value of ``--data-dir``; None for the platform's user folders.

    Raises:
        StorageFailed: it cannot be made or written.
    """
    with _in_a_home(data_dir):
        if data_dir is None:
            root = Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
        else:
            root = data_dir.expanduser().absolute()
    folder = DataFolder(root, settings_path(data_dir))
    try:
        # Films and the database name patients: nobody else on the machine may look.
        for path in (root, folder.films, folder.backups, folder.logs):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _close_to_others(path, folder)
    except OSError as exc:
        raise _refused(root, exc) from exc
    if not os.access(root, os.W_OK | os.X_OK):
        raise _refused(root, PermissionError("not writable"))
    return folder


@contextlib.contextmanager
def _in_a_home(data_dir: Path | None) -> Iterator[None]:
    """A service without HOME whose user has no entry in the system, or `~name` of somebody unknown."""
    try:
        yield
    except RuntimeError as exc:
        whose = "this user" if data_dir is None else data_dir.parts[0]
        raise StorageFailed(
            "data_folder",
            f"The system knows no home folder of {whose}.",
            "Set HOME, or name the whole path of a folder with --data-dir.",
        ) from exc


def _close_to_others(path: Path, folder: DataFolder) -> None:
    """A folder that was there before: restored from a copy, or made by a person. One that is not ours is let alone."""
    ours = path != folder.root or folder.database.exists()
    if sys.platform != "win32" and ours:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077 and not mode & stat.S_ISVTX:
            with contextlib.suppress(OSError):  # another's folder, or a share without modes
                path.chmod(0o700)


def _in_use(root: Path, lock: IO[bytes]) -> StorageFailed:
    lock.seek(0)
    number, _, holder = lock.read(40).decode("ascii", errors="replace").partition(" ")
    if holder != SERVICE:
        return StorageFailed(
            "in_use",
            f"Another CXR Workstation works in {root}.",
            "Close it first, or choose another folder with --data-dir.",
        )
    return StorageFailed(
        "in_use_by_service",
        f"`cxr-workstation receive` (process {number}) works in {root}, without a window.",
        "Stop that service first, or choose another folder with --data-dir.",
    )


def _refused(root: Path, exc: OSError) -> StorageFailed:
    return StorageFailed(
        "data_folder",
        f"The data folder {root} cannot be used: {exc.strerror or exc}.",
        "Make it writable, or choose another folder with --data-dir.",
    )


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        handle.seek(1 << 20)  # a byte far behind the pid, which stays readable
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
