"""Films come in: a durable copy first, then the row, then the audit line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from workstation.domain.exposure import Exposure
from workstation.domain.film import FilmHeader
from workstation.persistence.database import Database
from workstation.services.clock import Clock, local_now
from workstation.services.data_folder import DataFolder


class IntakeService:
    """Takes films into the data folder. Thread-safe; call it from a job, never from the GUI thread."""

    def __init__(
        self,
        folder: DataFolder,
        database: Database,
        read_header: Callable[[Path], FilmHeader],
        clock: Clock = local_now,
    ) -> None:
        raise NotImplementedError

    def take(self, path: Path) -> Exposure:
        """Take one file in; the source is only read.

        Returns:
            The new exposure, or the existing one where the same content was taken before. A file with the SOP
            Instance UID of an earlier film but other content becomes an exposure of its own with
            `conflicts_with` set and a `uid_conflict` notice in its header.

        Raises:
            UnreadableFilm: no radiograph; nothing is kept.
            StorageFailed: disk full, read-only, source vanished or locked; nothing half-written stays.
        """
        raise NotImplementedError

    def watch(self, folders: Iterable[Path]) -> FolderWatcher:
        """A poller over `folders` that knows what was taken before."""
        raise NotImplementedError


class FolderWatcher:
    """Polls hot folders: call `poll()` every second or two from one thread (never the GUI's)."""

    def poll(self) -> list[Path]:
        """Files whose size and time stood still over two polls and that were never seen; each is offered once."""
        raise NotImplementedError

    def offer_again(self, path: Path) -> None:
        """Offer `path` once more at the next poll: taking it failed for a passing reason (disk full)."""
        raise NotImplementedError
