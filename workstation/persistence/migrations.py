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
from workstation.mistakes import log_mistake

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


def refuse_older(connection: sqlite3.Connection, registry: Registry = _STEPS) -> None:
    """Raise StorageFailed for a database that has yet to be migrated."""
    found, known = version_of(connection), max(registry)
    if found < known:
        raise StorageFailed(
            "database_older",
            f"The database has version {found[0]}.{found[1]}, this program works with {known[0]}.{known[1]}.",
            "Start the program once: it brings the database up to date.",
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
        log_mistake(_log, exc, "migration from %d.%d failed, rolled back", *found)
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


@migration(1, 1)
def _statistics(connection: sqlite3.Connection) -> None:
    """One narrow row per film for the statistics, kept by triggers: it commits with what it counts."""
    study = """CASE NEW.study_instance_uid WHEN '' THEN NEW.id ELSE
        (SELECT MIN(id) FROM exposure WHERE study_instance_uid = NEW.study_instance_uid) END"""
    # Of the latest verdict; where that does not tell the projection, of the header.
    projection = """CASE {0}.projection WHEN 'unknown' THEN
        (SELECT projection FROM exposure WHERE id = {0}.exposure_id) ELSE {0}.projection END"""
    opinion = """CASE WHEN {0}.retake_suggested THEN 'warned' WHEN {0}.state IN ('warn', 'unsure') THEN 'unsure'
        WHEN {0}.state = 'pass' THEN 'passed' ELSE 'none' END"""
    wait = """MAX(0, ({0}.decided_us - (SELECT received_us FROM exposure WHERE id = {0}.exposure_id)) / 1000000)"""
    decided = f"""UPDATE film_fact SET choice = {{0}}.choice, reason = {{0}}.reason, operator = {{0}}.author,
        room = {{0}}.room, wait_s = {wait} WHERE exposure_id = {{0}}.exposure_id"""
    judged = f"""UPDATE film_fact SET projection = {projection}, opinion = {opinion}
        WHERE exposure_id = {{0}}.exposure_id"""
    for statement in (
        "CREATE INDEX exposure_study ON exposure(study_instance_uid)",
        # study: the first exposure of the same study. day: local day of arrival. choice '': not decided.
        """CREATE TABLE film_fact (
            exposure_id INTEGER PRIMARY KEY,
            day TEXT NOT NULL,
            study INTEGER NOT NULL,
            projection TEXT NOT NULL,
            opinion TEXT NOT NULL DEFAULT 'none',
            choice TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            operator TEXT NOT NULL DEFAULT '',
            room TEXT NOT NULL DEFAULT '',
            wait_s INTEGER
        ) STRICT""",
        f"""CREATE TRIGGER film_fact_received AFTER INSERT ON exposure BEGIN
            INSERT INTO film_fact (exposure_id, day, study, projection)
            VALUES (NEW.id, substr(NEW.received_at, 1, 10), {study}, NEW.projection); END""",
        """CREATE TRIGGER film_fact_removed AFTER DELETE ON exposure BEGIN
            DELETE FROM film_fact WHERE exposure_id = OLD.id; END""",
        f"CREATE TRIGGER film_fact_judged AFTER INSERT ON verdict BEGIN {judged.format('NEW')}; END",
        f"""CREATE TRIGGER film_fact_decided AFTER INSERT ON decision WHEN NEW.undone_at IS NULL
            BEGIN {decided.format("NEW")}; END""",
        """CREATE TRIGGER film_fact_undone AFTER UPDATE OF undone_at ON decision
            WHEN OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL BEGIN
            UPDATE film_fact SET choice = '', reason = '', operator = '', room = '', wait_s = NULL
            WHERE exposure_id = NEW.exposure_id; END""",
        # What there is already.
        """INSERT INTO film_fact (exposure_id, day, study, projection)
            SELECT id, substr(received_at, 1, 10), CASE study_instance_uid WHEN '' THEN id
                ELSE MIN(id) OVER (PARTITION BY study_instance_uid) END, projection FROM exposure""",
        f"""UPDATE film_fact SET projection = {projection.format("v")}, opinion = {opinion.format("v")}
            FROM verdict v WHERE v.exposure_id = film_fact.exposure_id
            AND v.id = (SELECT MAX(id) FROM verdict WHERE exposure_id = v.exposure_id)""",
        f"""UPDATE film_fact SET choice = d.choice, reason = d.reason, operator = d.author, room = d.room,
            wait_s = {wait.format("d")}
            FROM decision d WHERE d.exposure_id = film_fact.exposure_id AND d.undone_at IS NULL""",
        # Each covers one query of persistence/statistics.py.
        "CREATE INDEX film_fact_day ON film_fact(day, choice)",
        "CREATE INDEX film_fact_group ON film_fact(projection, operator, room, choice, reason, opinion, day)",
        "CREATE INDEX film_fact_wait ON film_fact(wait_s, day, choice, projection, operator, room)"
        " WHERE wait_s IS NOT NULL",
        "CREATE INDEX film_fact_study ON film_fact(study, projection, choice, day, operator, room)",
        "CREATE INDEX film_fact_operator ON film_fact(operator) WHERE choice <> ''",
        "CREATE INDEX film_fact_room ON film_fact(room) WHERE choice <> ''",
    ):
        connection.execute(statement)


@migration(1, 6)
def _wait_from_the_exposure(connection: sqlite3.Connection) -> None:
    """The time to a decision counts from the exposure, not from the film's arrival.

    The header's clock is the modality's: where it lies after the arrival or over ten minutes before it (a wrong clock,
    a film sent again later, a header that knows only when the study began), the arrival counts, as before.
    """
    arrival = "strftime('%s', substr(e.received_at, 1, 19))"
    exposed = "strftime('%s', substr(json_extract(e.header, '$.acquired_at'), 1, 19))"
    waited = f"""(SELECT MAX(0, ({{0}}.decided_us - e.received_us) / 1000000)
        + CASE WHEN {arrival} - {exposed} BETWEEN 0 AND 600 THEN {arrival} - {exposed} ELSE 0 END
        FROM exposure e WHERE e.id = {{0}}.exposure_id)"""
    for statement in (
        "DROP TRIGGER film_fact_decided",
        f"""CREATE TRIGGER film_fact_decided AFTER INSERT ON decision WHEN NEW.undone_at IS NULL
            BEGIN UPDATE film_fact SET choice = NEW.choice, reason = NEW.reason, operator = NEW.author,
                room = NEW.room, wait_s = {waited.format("NEW")} WHERE exposure_id = NEW.exposure_id; END""",
        f"""UPDATE film_fact SET wait_s = {waited.format("d")}
            FROM decision d WHERE d.exposure_id = film_fact.exposure_id AND d.undone_at IS NULL""",
    ):
        connection.execute(statement)
