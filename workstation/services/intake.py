"""Films come in: a durable copy first, then the row and the audit line in one transaction."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from workstation.domain.errors import StorageFailed, UnreadableFilm
from workstation.domain.exposure import Exposure
from workstation.domain.film import FilmHeader, Notice, NoticeCode
from workstation.domain.unreadable import PASSING, UnreadableCode, unreadable
from workstation.persistence import at_hand, audit, derived, exposures, outbox, seen_files
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso
from workstation.services import reading
from workstation.services.clock import Clock, local_now
from workstation.services.data_folder import DataFolder, numbered_thumbnails
from workstation.services.durable_file import Staged, is_left_over
from workstation.services.file_name import readable_name
from workstation.services.film_content import content_digest, file_digest
from workstation.services.folder_watcher import FolderWatcher
from workstation.services.reserve import leaves_reserve
from workstation.services.strays import as_logged, stray_films, stray_objects

HeaderReader = Callable[[bytes, str], FilmHeader]
"""(content of a file, its name for messages) -> header; raises UnreadableFilm."""

MAX_BYTES = 1 << 30
"""Larger files are refused unread: twice the bytes of the largest film the program shows."""

_RASTER_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})

_log = logging.getLogger(__name__)


class IntakeService:
    """Takes films into the data folder. Thread-safe; call it from a job, never from the GUI thread."""

    def __init__(
        self,
        folder: DataFolder,
        database: Database,
        read_header: HeaderReader = reading.read_header,
        clock: Clock = local_now,
    ) -> None:
        self._folder = folder
        self._database = database
        self._read_header = read_header
        self._clock = clock
        self._storing = threading.Lock()

    def take(self, path: Path) -> Exposure:
        """Take one file in; the source is read once and never changed.

        Returns:
            The new exposure, or the existing one where the same content was taken before. A file with the SOP
            Instance UID of an earlier film but other content becomes an exposure of its own, with
            `conflicts_with` set and a `uid_conflict` notice in its header.

        Raises:
            UnreadableFilm: no radiograph, or it vanished or is locked; nothing is kept.
            StorageFailed: disk full or read-only, or the file is still being written; nothing half-written stays.
        """
        data, status = _read(path)
        name = readable_name(path.name)
        try:
            header = self._read_header(data, name)
        except UnreadableFilm as exc:
            if exc.code not in PASSING:
                self._remember(path, status, None)
            raise
        return self._store(data, header, name, (path, status))

    def take_bytes(self, data: bytes, name: str) -> Exposure:
        """Take a film that came without a file (the network listener). Durable once this returns.

        `name` is kept with the film; messages leave it out, since it may identify the film.

        Raises:
            UnreadableFilm, StorageFailed: as `take`.
        """
        return self._store(data, self._read_header(data, ""), name, None)

    def stored_bytes(self) -> int:
        """Bytes of the films kept here and of what was made from them; what was cleaned up is not counted."""
        with self._database.snapshot() as connection:
            return at_hand.stored_bytes(connection)

    def rejected_bytes(self) -> int:
        """Bytes of the rejected films among them: they leave only when their time is over."""
        with self._database.snapshot() as connection:
            return at_hand.rejected_bytes(connection)

    def watch(self, folders: Iterable[Path]) -> FolderWatcher:
        """A poller over `folders` that knows what was taken before; the data folder itself is left out."""
        return FolderWatcher(folders, self._was_seen, exclude=self._folder.root)

    def tidy(self) -> int:
        """Remove what a killed process left: half-written files, and objects that were never queued.

        Pictures that an earlier version numbered go as well; sizes that it did not note are measured. Call once at
        start, before derived objects are made (such an object is made again); films may be taken meanwhile. Returns how
        many files were removed.

        Raises:
            StorageFailed: the database refused.
        """
        removed = 0
        folders = (self._folder.films, self._database.root / "derived")
        half = [file for folder in folders for file in folder.glob("*/*/*/.*.part") if is_left_over(file)]
        for leftover in (*half, *stray_objects(self._database), *numbered_thumbnails(self._folder.root)):
            with contextlib.suppress(OSError):
                leftover.unlink()
                removed += 1
        with self._database.transaction() as connection:
            derived.measure(connection, self._size)
        return removed

    def adopt_strays(self) -> list[Exposure]:
        """Take in films that lie here without a row: a process was killed after it had written one.

        Nobody was told that they had arrived, and they may be the only copy. They are left to a person. What cannot be
        read stays where it is. Safe beside all else.

        Raises:
            StorageFailed: the database refused.
        """
        adopted = []
        for file in stray_films(self._database, self._folder.films):
            try:
                exposure = self._adopt(file)
            except (UnreadableFilm, StorageFailed, OSError) as exc:
                _log.warning(
                    "%s lies here without a row and is not taken in: %s",
                    as_logged(file.name),
                    type(exc).__name__,
                )
                continue
            if exposure is not None:
                adopted.append(exposure)
        return adopted

    def _adopt(self, file: Path) -> Exposure | None:
        """The new exposure; None where the film is one that is known."""
        data, _ = _read(file)
        header, digest = self._read_header(data, ""), content_digest(data)
        with self._storing:
            with self._database.snapshot() as connection:
                known = exposures.find_content(connection, digest)
                existing = None if known is None else exposures.get(connection, self._database.root, known)
            if existing is None:
                relative = PurePosixPath(file.relative_to(self._database.root).as_posix())
                return self._record(data, header, file.name, digest, relative, None, adopted=True)
            own = Path(existing.stored_path)
            if file == own or existing.cleaned:  # recorded this moment, or not wanted here any more
                return None
            if not own.exists():
                own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file.replace(own)
            elif content_digest(own.read_bytes()) == digest:
                file.unlink()
        return None

    def _store(
        self, data: bytes, header: FilmHeader, name: str, source: tuple[Path, os.stat_result] | None
    ) -> Exposure:
        now = self._clock()
        day = PurePosixPath("films", f"{now:%Y/%m/%d}")
        # Written while it is hashed: together they are most of the time that a film takes.
        with Staged(self._database.root / day, data) as staged:
            digest = content_digest(data)
            with self._storing:
                with self._database.snapshot() as connection:
                    known = exposures.find_content(connection, digest)
                    existing = (
                        None if known is None else exposures.get(connection, self._database.root, known)
                    )
                    cleaned = known is not None and exposures.is_cleaned(connection, known)
                if existing is not None:
                    own = Path(existing.stored_path)
                    lost = not _holds(own, digest)  # or damaged: what comes now may be the only whole one
                    if lost:
                        staged.place(own)
                    if lost or cleaned:
                        self._restored(existing.id, len(data))
                    if source is not None:
                        self._remember(*source, existing.id)
                    return existing
                suffix = ".dcm" if header.sop_class_uid else PurePosixPath(name).suffix.lower()
                if suffix not in _RASTER_SUFFIXES:
                    suffix = ".dcm"
                self._leave_reserve()
                relative = day / f"{digest[:32]}{suffix}"
                target = self._database.root / relative
                staged.place(target)
                try:
                    exposure = self._record(data, header, name, digest, relative, source)
                except BaseException:
                    # No row, no film: the sender will offer it again.
                    with contextlib.suppress(OSError):
                        target.unlink()
                    raise
        _log.info("exposure %d taken, uid %s", exposure.id, audit.uid_hash(header.sop_instance_uid))
        return exposure

    def _leave_reserve(self) -> None:
        """With the film written already."""
        if not leaves_reserve(self._database.root):
            raise StorageFailed(
                "film_not_stored",
                "The film could not be stored: what is left of the disk is kept for decisions.",
                "Free some space on the disk of the data folder, then open the film again.",
            )

    def _record(
        self,
        data: bytes,
        header: FilmHeader,
        name: str,
        digest: str,
        relative: PurePosixPath,
        source: tuple[Path, os.stat_result] | None,
        *,
        adopted: bool = False,
    ) -> Exposure:
        now = self._clock()
        with self._database.transaction() as connection:
            conflict = exposures.find_uid(connection, header.sop_instance_uid)
            if conflict is not None:
                notice = Notice(NoticeCode.UID_CONFLICT, f"same SOP Instance UID as exposure {conflict}")
                header = dataclasses.replace(header, notices=(*header.notices, notice))
            number = exposures.insert(
                connection,
                header,
                content_sha256=digest,
                size=len(data),
                source_name=name,
                stored_path=str(relative),
                received=now,
                conflicts_with=conflict,
            )
            if source is not None:
                path, status = source
                seen_files.add(connection, path, status.st_size, status.st_mtime_ns, iso(now), number)
            audit.append(
                connection,
                iso(now),
                "",
                "received",
                number,
                uid_hash=audit.uid_hash(header.sop_instance_uid),
                content_sha256=digest,
                size=len(data),
                conflicts_with=conflict,
                **({"adopted": True} if adopted else {}),
            )
            if adopted:
                exposures.leave_to_person(connection, number)
            return exposures.get(connection, self._database.root, number)

    def _restored(self, exposure_id: int, size: int) -> None:
        """Its file lies here again: the clean-up and the count of bytes are to see it, and it can be sent."""
        now = self._clock()
        with self._database.transaction() as connection:
            exposures.restored(connection, exposure_id, size)
            outbox.usable_again(connection, exposure_id, now)
            audit.append(connection, iso(now), "", "restored", exposure_id)

    def _size(self, path: str) -> int:
        with contextlib.suppress(OSError):
            return (self._database.root / path).stat().st_size
        return 0

    def _remember(self, path: Path, status: os.stat_result, exposure_id: int | None) -> None:
        at = iso(self._clock())
        with self._database.transaction() as connection:
            seen_files.add(connection, path, status.st_size, status.st_mtime_ns, at, exposure_id)

    def _was_seen(self, path: Path, size: int, mtime_ns: int) -> bool:
        with self._database.snapshot() as connection:
            return seen_files.contains(connection, path, size, mtime_ns)


def _holds(path: Path, content_sha256: str) -> bool:
    """Whether a film of that `content_digest` lies there, whole and to be read."""
    with contextlib.suppress(OSError):
        return file_digest(path) == content_sha256
    return False


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
            raise unreadable(UnreadableCode.IS_DIRECTORY, path.name)
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            if before.st_size > MAX_BYTES:
                raise unreadable(UnreadableCode.TOO_LARGE, path.name)
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError as exc:
        raise unreadable(UnreadableCode.NOT_FOUND, path.name) from exc
    except PermissionError as exc:
        raise unreadable(UnreadableCode.PERMISSION_DENIED, path.name) from exc
    except OSError as exc:
        raise unreadable(UnreadableCode.READ_FAILED, path.name, exc.strerror or "") from exc
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or len(data) != after.st_size:
        raise StorageFailed(
            "still_changing",
            f"{path.name} is still being written.",
            "Wait until it is complete and open it again.",
        )
    return data, after
