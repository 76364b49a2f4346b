"""Objects to be made from decisions. Every function works in the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from workstation.domain.delivery import DeliveryKind
from workstation.domain.derived import NotMade
from workstation.persistence.outbox import KNOWN_KINDS
from workstation.persistence.timestamps import iso, to_us


@dataclass(frozen=True, slots=True)
class Plan:
    """One object to be made, not before `due_us` (microseconds since 1970 UTC); `tries` failed in passing so far."""

    exposure_id: int
    kind: DeliveryKind
    due_us: int
    tries: int = 0


def plan(connection: sqlite3.Connection, exposure_id: int, kind: DeliveryKind, due: datetime) -> None:
    """Have an object made for an exposure once `due`; planning it twice changes nothing."""
    connection.execute(
        "INSERT INTO derived (exposure_id, kind, due_us) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (exposure_id, kind.value, to_us(due)),
    )


def next_plan(connection: sqlite3.Connection) -> Plan | None:
    """The plan that is due first, or None."""
    row = connection.execute(
        "SELECT exposure_id, kind, due_us, tries FROM derived WHERE object_path IS NULL AND problem = ''"
        f" AND kind IN {KNOWN_KINDS}"
        " ORDER BY due_us LIMIT 1"
    ).fetchone()
    return None if row is None else Plan(row[0], DeliveryKind(row[1]), row[2], row[3])


def postpone(connection: sqlite3.Connection, plan: Plan, until: datetime) -> None:
    """The film could not be read just now: try again at `until`."""
    connection.execute(
        "UPDATE derived SET due_us = ?, tries = tries + 1"
        " WHERE exposure_id = ? AND kind = ? AND due_us = ? AND object_path IS NULL",
        (to_us(until), plan.exposure_id, plan.kind.value, plan.due_us),
    )


def mark_made(connection: sqlite3.Connection, made: Plan, object_path: str, size: int, at: datetime) -> bool:
    """The object lies at `object_path` (relative to the data folder) and has `size` bytes.

    False where the plan was taken back.
    """
    cursor = connection.execute(
        "UPDATE derived SET object_path = ?, size = ?, made_at = ?"
        " WHERE exposure_id = ? AND kind = ? AND due_us = ? AND object_path IS NULL",
        (object_path, size, iso(at), made.exposure_id, made.kind.value, made.due_us),
    )
    return cursor.rowcount == 1


def mark_needless(connection: sqlite3.Connection, plan: Plan, why: str) -> None:
    """There is nothing to make the object from, and nobody misses it; `why` is one word, without identifiers."""
    _give_up(connection, plan, why, "")


def mark_impossible(connection: sqlite3.Connection, plan: Plan, problem: str, at: datetime) -> NotMade | None:
    """The object was wanted and cannot be made; `problem` is one word, without identifiers.

    Returns:
        What is lost; None where the plan was taken back meanwhile.
    """
    lost = NotMade(plan.exposure_id, plan.kind, problem, iso(at))
    return lost if _give_up(connection, plan, problem, lost.at) else None


def not_made(connection: sqlite3.Connection, since: date) -> list[NotMade]:
    """Objects given up on the local date `since` or later, oldest first; those of undone decisions are forgotten."""
    query = (
        "SELECT exposure_id, kind, problem, made_at FROM derived"
        f" WHERE problem <> '' AND substr(made_at, 1, 10) >= ? AND kind IN {KNOWN_KINDS}"
        " ORDER BY made_at, exposure_id"
    )
    return [
        NotMade(row["exposure_id"], DeliveryKind(row["kind"]), row["problem"], row["made_at"])
        for row in connection.execute(query, (since.isoformat(),))
    ]


def _give_up(connection: sqlite3.Connection, plan: Plan, problem: str, at: str) -> bool:
    cursor = connection.execute(
        "UPDATE derived SET problem = ?, made_at = ? WHERE exposure_id = ? AND kind = ? AND due_us = ?",
        (problem, at, plan.exposure_id, plan.kind.value, plan.due_us),
    )
    return cursor.rowcount == 1


def remove(connection: sqlite3.Connection, exposure_id: int) -> list[str]:
    """Drop what was planned and made for an undone decision; returns the paths of what was made."""
    made = paths(connection, exposure_id)
    connection.execute("DELETE FROM derived WHERE exposure_id = ?", (exposure_id,))
    return made


def paths(connection: sqlite3.Connection, exposure_id: int) -> list[str]:
    """Where what was made from a film lies, relative to the data folder."""
    query = "SELECT object_path FROM derived WHERE exposure_id = ? AND object_path IS NOT NULL"
    return [row["object_path"] for row in connection.execute(query, (exposure_id,))]


def cleaned(connection: sqlite3.Connection, exposure_id: int) -> None:
    """The files made from a film are gone; that they were made is kept, so that none is made again."""
    connection.execute(
        "UPDATE derived SET size = 0 WHERE exposure_id = ? AND object_path IS NOT NULL", (exposure_id,)
    )


def measure(connection: sqlite3.Connection, size_of: Callable[[str], int]) -> None:
    """Note the sizes that an earlier version did not; `size_of` gives the bytes of a path in the data folder."""
    query = "SELECT object_path FROM derived WHERE object_path IS NOT NULL AND size IS NULL"
    sizes = [(size_of(row["object_path"]), row["object_path"]) for row in connection.execute(query)]
    connection.executemany("UPDATE derived SET size = ? WHERE object_path = ?", sizes)
