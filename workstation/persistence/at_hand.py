"""Sums and counts that are asked for after every film: kept by triggers or short in an index, however many films."""

from __future__ import annotations

import sqlite3

from workstation.persistence.migrations import migration

_UNQUEUED = "IN ('accepted', 'kept_with_note')"  # word for word as in the index


@migration(1, 12)
def _at_hand(connection: sqlite3.Connection) -> None:
    """What is asked after every film, however many there are: kept by triggers, or short in an index."""
    held = "CASE {0}.cleaned_at WHEN '' THEN {0}.size ELSE 0 END"
    made = "COALESCE({0}.size, 0)"
    steps = []
    for table, columns, bytes_of in (("exposure", "size, cleaned_at", held), ("derived", "size", made)):
        old, new = bytes_of.format("OLD"), bytes_of.format("NEW")
        for event, change in (
            ("INSERT", new),
            (f"UPDATE OF {columns}", f"({new}) - ({old})"),
            ("DELETE", f"-({old})"),
        ):
            name = f"stored_{table}_{event.split()[0].lower()}"
            steps.append(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN"
                f" UPDATE stored SET bytes = bytes + {change}; END"
            )
    for statement in (
        "CREATE TABLE stored (bytes INTEGER NOT NULL) STRICT",
        """INSERT INTO stored (bytes) SELECT CAST((SELECT total(size) FROM exposure WHERE cleaned_at = '')
            + (SELECT total(size) FROM derived) AS INTEGER)""",
        *steps,
        """CREATE INDEX exposure_unqueued ON exposure(state, sendable)
            WHERE sendable AND state IN ('accepted', 'kept_with_note')""",
        "CREATE INDEX exposure_kept ON exposure(state, received_us, size) WHERE cleaned_at = ''",
    ):
        connection.execute(statement)


def stored_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of all films whose local copy was not cleaned away, and of what was made from them."""
    return int(connection.execute("SELECT bytes FROM stored").fetchone()["bytes"])


def rejected_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the rejected films among them."""
    query = (
        "SELECT total(size) AS bytes FROM exposure INDEXED BY exposure_kept"
        " WHERE state = 'rejected' AND cleaned_at = ''"
    )
    return int(connection.execute(query).fetchone()["bytes"])


def count_undelivered(connection: sqlite3.Connection) -> int:
    """How many `exposures.undelivered` there are, counted in the index."""
    # Of a film in one of these states every delivery was cancelled, or there was none.
    query = f"""
        SELECT (SELECT COUNT(*) FROM exposure INDEXED BY exposure_unqueued WHERE sendable AND state {_UNQUEUED})
            - (SELECT COUNT(DISTINCT o.exposure_id) FROM outbox o CROSS JOIN exposure e ON e.id = o.exposure_id
                WHERE o.state <> 'sent' AND o.state = 'cancelled' AND o.kind = 'film'
                AND e.sendable AND e.state {_UNQUEUED})"""
    (count,) = connection.execute(query).fetchone()
    return int(count)
