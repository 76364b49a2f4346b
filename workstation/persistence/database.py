"""The local SQLite database: one guarded connection, durable commits, errors in plain words.

One connection behind a lock serves all threads: a durable commit takes a fraction of a millisecond, so a pool
would only add ways to go wrong. Paths in the database are relative to its folder, the data folder.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from workstation.domain.errors import StorageFailed
from workstation.persistence import (  # noqa: F401 - register migrations
    at_hand,
    migrations,
    node_tables,
    operators,
    patients,
)

APPLICATION_ID = 0x43585257  # "CXRW", at offset 68 of the file: tells our database from any other
BUSY_TIMEOUT_MS = 5000
_NOTHING_FREE = 1 << 20  # bytes

_log = logging.getLogger(__name__)

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REMEDIES = {
    sqlite3.SQLITE_FULL: ("disk_full", "The disk is full", "Free some space, then try again."),
    sqlite3.SQLITE_READONLY: ("read_only", "The database is read-only", "Make the data folder writable."),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot_open",
        "The database cannot be opened",
        "Make the data folder writable.",
    ),
    sqlite3.SQLITE_PERM: ("cannot_open", "The database cannot be opened", "Make the data folder writable."),
    sqlite3.SQLITE_BUSY: ("busy", "Another program holds the database", "Close it, then try again."),
    sqlite3.SQLITE_LOCKED: ("busy", "Another program holds the database", "Close it, then try again."),
    sqlite3.SQLITE_IOERR: (
        "disk_error",
        "The disk failed while writing",
        "Check the disk of the data folder.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "damaged",
        "The database is damaged",
        "Restart the program: it moves the damaged file aside and begins a fresh one.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "damaged",
        "The database is damaged",
        "Restart the program: it moves the damaged file aside and begins a fresh one.",
    ),
}


def _primary(exc: sqlite3.Error) -> int:
    code: int = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # the extended code carries the primary one in its low byte


@contextlib.contextmanager
def known_errors(folder: Path | None = None) -> Iterator[None]:
    """Turn what the disk did to SQLite into StorageFailed; mistakes of ours pass as they are.

    `folder`: of the database; a failure there while nothing is free is a full disk, which SQLite does not say of its
    log and shared memory.
    """
    try:
        yield
    except sqlite3.Error as exc:
        known = _REMEDIES.get(_primary(exc))
        if known is None:
            raise
        if _primary(exc) == sqlite3.SQLITE_IOERR and folder is not None and _is_full(folder):
            known = _REMEDIES[sqlite3.SQLITE_FULL]
        code, message, remedy = known
        raise StorageFailed(code, f"{message} ({exc}).", remedy) from exc


def _is_full(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < _NOTHING_FREE
    return False


class Database:
    """Opened by `Database.open(path, backups)`; closed by `close()`. Thread-safe."""

    moved_aside: Path | None
    """Where a damaged database was put at open (a fresh one was begun), else None: tell the user."""

    def __init__(self, path: Path, connection: sqlite3.Connection, moved_aside: Path | None) -> None:
        self.path = path
        self.moved_aside = moved_aside
        self._connection = connection
        self._guard = threading.RLock()

    @property
    def root(self) -> Path:
        """The data folder: relative paths in the database start here."""
        return self.path.parent

    @classmethod
    def open(cls, path: Path, backups: Path) -> Database:
        """Open, check and migrate; what is damaged is moved aside. For the holder of `DataFolder.lock` alone.

        Args:
            path: of the database file; made where absent.
            backups: folder for the copy made before a migration, and for a damaged database.

        Raises:
            StorageFailed: newer than the program, not ours, locked, full, read-only.
        """
        moved: Path | None = None
        with known_errors(path.parent):
            try:
                connection = _checked(path)
            except sqlite3.DatabaseError as exc:
                if _primary(exc) not in _DAMAGED:
                    raise
                moved = _move_aside(path, backups)
                _log.error("database damaged (%s); moved aside to %s", exc, moved.name)
                connection = _checked(path)
            try:
                migrations.migrate(connection, backups)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, moved)

    @classmethod
    def beside(cls, path: Path) -> Database:
        """Open the database as it is, beside whoever holds the data folder: nothing is made, moved or migrated.

        Raises:
            StorageFailed: as `open`; also damaged, or older than the program (``"database_older"``).
        """
        with known_errors():
            connection = _checked(path, make=False)
            try:
                migrations.refuse_older(connection)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, None)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable once the block is left; the write lock is taken at the start."""
        with self._begin("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads of one moment."""
        with self._begin("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def long_read(self) -> Iterator[sqlite3.Connection]:
        """One moment of the database on a connection of its own: a year's statistics hold up no decision."""
        with known_errors():
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
                connection.execute("BEGIN")
                yield connection

    @contextlib.contextmanager
    def _begin(self, statement: str) -> Iterator[sqlite3.Connection]:
        with self._guard, known_errors():
            if self._connection.in_transaction:
                raise RuntimeError("transactions do not nest")
            self._connection.execute(statement)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # On a full disk SQLite has rolled back by itself and has no transaction any more.
                with contextlib.suppress(sqlite3.OperationalError):
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close for good; safe to call twice."""
        with self._guard:
            self._connection.close()


def _checked(path: Path, *, make: bool = True) -> sqlite3.Connection:
    """A connection to a sound database of ours (or an empty file, which `make` makes)."""
    if make:
        _make(path)
        _read_through(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.row_factory = sqlite3.Row
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        if application_id != APPLICATION_ID and (application_id or tables):
            raise StorageFailed(
                "foreign_database",
                f"{path} is not a database of this program.",
                "Move that file away, or choose another folder with --data-dir.",
            )
        # Before anything is written: a newer database is left exactly as it is.
        migrations.refuse_newer(connection)
        if make:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                _log.warning("write-ahead log not available here, journal mode is %s", mode)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        problems = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        if problems != ["ok"]:
            damaged = sqlite3.DatabaseError("; ".join(problems))
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged
        if make and application_id != APPLICATION_ID:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as exc:
        raise StorageFailed(
            "cannot_open", f"{path} cannot be made: {exc.strerror}.", "Make the data folder writable."
        ) from exc


def _read_through(path: Path) -> None:
    """Have the system hold the file in memory: the check reads table by table, in leaps all over the disk.

    Only before this process has a connection to it: POSIX drops a process's locks of a file when it closes any handle
    to it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    buffer = bytearray(1 << 20)
    with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:  # the check says what is wrong
        while file.readinto(buffer):
            pass


def set_aside(path: Path, backups: Path) -> list[Path]:
    """Damaged databases that were moved aside from `path`, oldest first."""
    name = f"{path.name}.damaged-*Z"
    return sorted((*backups.glob(name), *path.parent.glob(name)), key=lambda found: found.name)


def _move_aside(path: Path, backups: Path) -> Path:
    """Rename a damaged database with its log; never deleted, somebody may still rescue rows from it."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    folder = backups
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        if backups.stat().st_dev != path.stat().st_dev:
            folder = path.parent  # a rename does not cross file systems, and a copy may not fit
    except OSError:
        folder = path.parent
    target = folder / f"{path.name}.damaged-{stamp}"
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.replace(target.with_name(target.name + suffix))
    return target
