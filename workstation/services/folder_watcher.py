"""Hot folders, local or on a share, polled: a share sends no change events."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

MAX_DEPTH = 4
"""Levels of folders below a watched folder that are looked into: YYYY/MM/DD and one more."""

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".lock", ".swp", "~")

_log = logging.getLogger(__name__)

Stamp = tuple[int, int]
"""Size in bytes and modification time in nanoseconds."""


class FolderWatcher:
    """Polls hot folders: call `poll()` every second or two from one thread (never the GUI's).

    Made by `IntakeService.watch`. It only reads; what was taken is remembered by the intake.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        was_seen: Callable[[Path, int, int], bool],
        exclude: Path | None = None,
    ) -> None:
        """`was_seen(path, size, mtime_ns)` asks the database; `exclude` is a folder never to look into."""
        self._folders = tuple(folders)
        self._was_seen = was_seen
        self._exclude = None if exclude is None else os.path.realpath(exclude)
        self._before: dict[str, Stamp] = {}
        self._done: dict[str, Stamp] = {}
        self._begun: set[Path] = set()
        self._mounted: set[Path] = set()
        self._there: dict[str, Stamp] = {}
        self.unreachable: tuple[Path, ...] = ()
        """Watched folders the last poll could not list."""
        self.lay_there: frozenset[Path] = frozenset()
        """Of the files that the last poll offered, those that lay there when it listed their folder first."""

    def poll(self) -> list[Path]:
        """Files whose size and time stood still since the poll before and that were never seen.

        Each is offered once. Oldest first, so that a series arrives in the order of exposure. Hidden, temporary,
        empty, locked and unreadable files wait; files that vanish are forgotten. Where `was_seen` fails, nothing counts
        as offered.
        """
        now: dict[str, Stamp] = {}
        unreachable: list[Path] = []
        for folder in self._folders:
            try:
                self._see_mounted(folder)
                listed = dict(self._files(folder, MAX_DEPTH))
                now.update(listed)
                # By what was listed, not by the time of a file: a share has a clock of its own.
                if folder not in self._begun:
                    self._begun.add(folder)
                    self._there.update(listed)
            except OSError as exc:
                unreachable.append(folder)
                if folder not in self.unreachable:
                    _log.warning("a watched folder cannot be listed: %s", exc.strerror)
        self.unreachable = tuple(unreachable)
        ready = []
        lay_there = []
        for name, stamp in now.items():
            if self._done.get(name) == stamp or self._before.get(name) != stamp:
                continue
            path = Path(name)
            if self._was_seen(path, *stamp):
                self._done[name] = stamp
                self._there.pop(name, None)
            elif _is_free(path):
                ready.append((stamp[1], name))
                if self._there.get(name) == stamp:
                    lay_there.append(path)
        # Not before: a look at the database that fails amid the round would cost the films found so far.
        self._done.update((name, now[name]) for _, name in ready)
        self._before = now
        if not unreachable:
            self._done = {name: stamp for name, stamp in self._done.items() if name in now}
        self.lay_there = frozenset(lay_there)
        return [Path(name) for _, name in sorted(ready)]

    def offer_again(self, path: Path) -> None:
        """Offer `path` once more at the next poll: taking it failed for a passing reason (disk full)."""
        self._done.pop(str(path), None)

    def _see_mounted(self, folder: Path) -> None:
        """A share that is gone leaves an empty folder in its place, which lists as one without films."""
        if os.path.ismount(os.path.realpath(folder)):
            self._mounted.add(folder)
        elif folder in self._mounted:
            raise OSError(errno.ENODEV, "the share is not mounted any more")

    def _files(self, folder: Path | str, depth: int) -> Iterator[tuple[str, Stamp]]:
        if self._exclude is not None and os.path.realpath(folder) == self._exclude:
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if depth > 0:
                            yield from self._files(entry.path, depth - 1)
                    elif entry.is_file():
                        stat = entry.stat()
                        if stat.st_size > 0:
                            yield entry.path, (stat.st_size, stat.st_mtime_ns)
                except OSError:
                    continue  # vanished or barred between the listing and the look


def _is_free(path: Path) -> bool:
    """False while the file may not be opened or its writer holds a lock on it."""
    try:
        with path.open("rb") as file:
            return _unlocked(file)
    except OSError:
        return False


if sys.platform == "win32":

    def _unlocked(file: IO[bytes]) -> bool:
        del file
        return True  # a file locked by its writer cannot even be opened there

else:
    import fcntl

    def _unlocked(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # the share knows no locks
        return True
