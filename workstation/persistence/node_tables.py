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


def installation_uid(connection: sqlite3.Connection) -> str:
    """The UID of this installation."""
    return str(connection.execute("SELECT uid FROM installation").fetchone()["uid"])
