"""What a DICOM node needs in the database beyond films and their outbox: derived objects, commitment, its own UID."""

from __future__ import annotations

import sqlite3
import uuid

from workstation.persistence.migrations import migration


@migration(1, 2)
def _node(connection: sqlite3.Connection) -> None:
    for statement in (
        # Objects made from a decision once the time for undo is over. object_path NULL: not made yet.
        """CREATE TABLE derived (
            exposure_id INTEGER NOT NULL REFERENCES exposure(id),
            kind TEXT NOT NULL,
            due_us INTEGER NOT NULL,
            object_path TEXT,
            made_at TEXT NOT NULL DEFAULT '',
            problem TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (exposure_id, kind)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX derived_due ON derived(due_us) WHERE object_path IS NULL AND problem = ''",
        "CREATE TABLE installation (uid TEXT NOT NULL) STRICT",
        # Storage Commitment. commit_next_us NULL: the destination is not asked to take the object over.
        "ALTER TABLE outbox ADD COLUMN commit_next_us INTEGER",
        "ALTER TABLE outbox ADD COLUMN commit_transaction TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE outbox ADD COLUMN commit_tries INTEGER NOT NULL DEFAULT 0",
        """CREATE INDEX outbox_uncommitted ON outbox(destination, commit_next_us)
            WHERE commit_next_us IS NOT NULL""",
        # The local copy was removed after commitment and retention.
        "ALTER TABLE exposure ADD COLUMN cleaned_at TEXT NOT NULL DEFAULT ''",
    ):
        connection.execute(statement)
    # A UUID as UID, PS3.5 annex B.2: names this installation in the objects that it makes.
    connection.execute("INSERT INTO installation (uid) VALUES (?)", (f"2.25.{uuid.uuid4().int}",))


@migration(1, 7)
def _every_request(connection: sqlite3.Connection) -> None:
    """Each request for commitment is remembered until the row is settled: the answer to an early one may come late.

    Kept by triggers, so that an earlier program with this database goes on writing it.
    """
    for statement in (
        """CREATE TABLE commit_request (
            id INTEGER PRIMARY KEY,
            delivery_id INTEGER NOT NULL REFERENCES outbox(id) ON DELETE CASCADE,
            transaction_uid TEXT NOT NULL,
            UNIQUE (transaction_uid, delivery_id)
        ) STRICT""",
        "CREATE INDEX commit_request_delivery ON commit_request(delivery_id, id)",
        # A week of asking every six hours: an archive that never answers must not fill the disk.
        """CREATE TRIGGER commit_request_made AFTER UPDATE OF commit_transaction ON outbox
            WHEN NEW.commit_transaction <> '' BEGIN
            INSERT INTO commit_request (delivery_id, transaction_uid)
            VALUES (NEW.id, NEW.commit_transaction) ON CONFLICT DO NOTHING;
            DELETE FROM commit_request WHERE delivery_id = NEW.id AND id <= (SELECT id FROM commit_request
                WHERE delivery_id = NEW.id ORDER BY id DESC LIMIT 1 OFFSET 30); END""",
        # Committed, given up, or to be sent again: an answer to what was asked before says nothing any more.
        """CREATE TRIGGER commit_request_settled AFTER UPDATE OF commit_next_us ON outbox
            WHEN NEW.commit_next_us IS NULL BEGIN
            DELETE FROM commit_request WHERE delivery_id = NEW.id; END""",
        "ALTER TABLE outbox ADD COLUMN commit_resends INTEGER NOT NULL DEFAULT 0",
        # What is asked already.
        """INSERT INTO commit_request (delivery_id, transaction_uid) SELECT id, commit_transaction FROM outbox
            WHERE commit_transaction <> '' AND commit_next_us IS NOT NULL""",
    ):
        connection.execute(statement)


@migration(1, 8)
def _sizes(connection: sqlite3.Connection) -> None:
    # Bytes on disk. NULL: not measured yet, 0: gone (cleaned up with its film).
    connection.execute("ALTER TABLE derived ADD COLUMN size INTEGER")


@migration(1, 10)
def _tries(connection: sqlite3.Connection) -> None:
    # How often the film could not be read for a passing reason.
    connection.execute("ALTER TABLE derived ADD COLUMN tries INTEGER NOT NULL DEFAULT 0")


@migration(1, 11)
def _missing(connection: sqlite3.Connection) -> None:
    """Which requests the peer was asked before it said that it lacks the object; where commitment was given up."""
    for statement in (
        "ALTER TABLE commit_request ADD COLUMN missing INTEGER NOT NULL DEFAULT 0",
        # Few among the sent rows of years; the queue's list looks for them after every change.
        """CREATE INDEX outbox_given_up ON outbox(sent_at)
            WHERE state = 'sent' AND committed_at = '' AND last_error IS NOT NULL""",
    ):
        connection.execute(statement)


def installation_uid(connection: sqlite3.Connection) -> str:
    """The UID of this installation."""
    return str(connection.execute("SELECT uid FROM installation").fetchone()["uid"])
