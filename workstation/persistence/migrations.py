"""The database's schema, as a chain of migrations; a fresh database runs them all.

Version numbers live in ``PRAGMA user_version`` as major * 1000 + minor. A higher minor only adds what an
older program may ignore; a higher major is refused. Register a step with `@migration(major, minor)`; never
edit one that has shipped.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from workstation.domain.errors import StorageFailed

_log = logging.getLogger(__name__)

Step = Callable[[sqlite3.Connection], None]
Registry = dict[tuple[int, int], Step]

_STEPS: Registry = {}


def migration(major: int, minor: int, registry: Registry = _STEPS) -> Callable[[Step], Step]:
    """Register the step that brings a database to `major`.`minor`; it must not commit."""

    def register(step: Step) -> Step:
        if (major, minor) in registry:
            raise ValueError(f"two migrations to {major}.{minor}")
        registry[(major, minor)] = step
        return step

    return register


def version_of(connection: sqlite3.Connection) -> tuple[int, int]:
    """(major, minor) of the database; (0, 0) for an empty one."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return divmod(int(number), 1000)


def refuse_newer(connection: sqlite3.Connection, registry: Registry = _STEPS) -> None:
    """Raise StorageFailed for a database of a later major version than the program knows."""
    found, known = version_of(connection), max(registry)
    if found[0] > known[0]:
        raise StorageFailed(
            "database_newer",
            f"The database has version {found[0]}.{found[1]}, this program knows {known[0]}.{known[1]}.",
            "Install the newer program again, or choose another folder with --data-dir.",
        )


def migrate(connection: sqlite3.Connection, backups: Path, registry: Registry = _STEPS) -> None:
    """Bring the database to the newest version, all steps in one transaction.

    A database with content is copied to `backups` first.

    Raises:
        StorageFailed: newer than the program, or a step failed (everything rolled back, the backup is named).
    """
    refuse_newer(connection, registry)
    found = version_of(connection)
    pending = sorted(version for version in registry if version > found)
    if not pending:
        return
    backup = _back_up(connection, backups, found) if found > (0, 0) else None
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in pending:
            registry[version](connection)
            connection.execute(f"PRAGMA user_version = {version[0] * 1000 + version[1]}")
        connection.execute("COMMIT")
    except BaseException as exc:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        if backup is None or not isinstance(exc, Exception):
            raise
        _log.exception("migration from %d.%d failed, rolled back", *found)
        raise StorageFailed(
            "migration_failed",
            f"The database could not be brought to version {pending[-1][0]}.{pending[-1][1]} ({exc}).",
            f"It is unchanged, a copy is {backup}. Use the earlier program and report this.",
        ) from exc
    _log.info("database at version %d.%d", *pending[-1])


def _back_up(connection: sqlite3.Connection, backups: Path, found: tuple[int, int]) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = backups / f"workstation-{found[0]}.{found[1]}-{stamp}.sqlite3"
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)
    except (OSError, sqlite3.Error) as exc:
        raise StorageFailed(
            "backup_failed",
            f"No copy of the database could be made in {backups} ({exc}).",
            "Free some space or make the folder writable: without a copy it is not changed.",
        ) from exc
    return target


@migration(1, 0)
def _begin(connection: sqlite3.Connection) -> None:
    for statement in (
        # *_us: microseconds since 1970 UTC, for order and arithmetic; *_at: ISO 8601 with offset, for people.
        """CREATE TABLE exposure (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sop_instance_uid TEXT NOT NULL,
            study_instance_uid TEXT NOT NULL,
            content_sha256 TEXT NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            source_name TEXT NOT NULL,
            stored_path TEXT NOT NULL,
            received_at TEXT NOT NULL,
            received_us INTEGER NOT NULL,
            header TEXT NOT NULL,
            projection TEXT NOT NULL,
            sendable INTEGER NOT NULL,
            state TEXT NOT NULL,
            conflicts_with INTEGER REFERENCES exposure(id)
        ) STRICT""",
        "CREATE INDEX exposure_received ON exposure(received_us)",
        "CREATE INDEX exposure_uid ON exposure(sop_instance_uid) WHERE sop_instance_uid <> ''",
        "CREATE INDEX exposure_state ON exposure(state)",
        """CREATE TABLE verdict (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            exposure_id INTEGER NOT NULL REFERENCES exposure(id),
            at TEXT NOT NULL,
            cascade TEXT NOT NULL,
            projection TEXT NOT NULL,
            source TEXT NOT NULL,
            state TEXT NOT NULL,
            retake_suggested INTEGER NOT NULL,
            body TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX verdict_exposure ON verdict(exposure_id, id)",
        """CREATE TABLE decision (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            exposure_id INTEGER NOT NULL REFERENCES exposure(id),
            choice TEXT NOT NULL,
            author TEXT NOT NULL,
            decided_at TEXT NOT NULL,
            decided_us INTEGER NOT NULL,
            reason TEXT NOT NULL,
            note TEXT NOT NULL,
            room TEXT NOT NULL,
            undone_at TEXT,
            undone_by TEXT
        ) STRICT""",
        # At most one decision is in force; the undone ones stay as history.
        "CREATE UNIQUE INDEX decision_in_force ON decision(exposure_id) WHERE undone_at IS NULL",
        "CREATE INDEX decision_time ON decision(decided_us) WHERE undone_at IS NULL",
        # object_path: what is sent where it is not the film itself (reject note, report); in the data folder.
        """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            exposure_id INTEGER NOT NULL REFERENCES exposure(id),
            kind TEXT NOT NULL DEFAULT 'film',
            destination TEXT NOT NULL,
            object_path TEXT,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_us INTEGER NOT NULL,
            last_error TEXT,
            in_doubt INTEGER NOT NULL DEFAULT 0,
            queued_at TEXT NOT NULL,
            sent_at TEXT NOT NULL DEFAULT '',
            committed_at TEXT NOT NULL DEFAULT '',
            UNIQUE (exposure_id, destination, kind)
        ) STRICT""",
        "CREATE INDEX outbox_due ON outbox(destination, id) WHERE state = 'waiting'",
        # The status bar counts after every change: sent rows pile up for years and must not slow it.
        "CREATE INDEX outbox_open ON outbox(destination, state) WHERE state <> 'sent'",
        "CREATE INDEX outbox_sent ON outbox(sent_at, destination) WHERE state = 'sent'",
        # path_sha256, not the path: modalities put names of patients into file names.
        """CREATE TABLE seen_file (
            path_sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            seen_at TEXT NOT NULL,
            exposure_id INTEGER REFERENCES exposure(id),
            PRIMARY KEY (path_sha256, size, mtime_ns)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            author TEXT NOT NULL,
            action TEXT NOT NULL,
            exposure_id INTEGER,
            detail TEXT NOT NULL,
            prev_hash TEXT NOT NULL,
            hash TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX audit_exposure ON audit(exposure_id)",
        """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    ):
        connection.execute(statement)
