"""The append-only audit: who did what to which exposure, when; rows chained by hashes.

No patient identifiers here: exposures are named by their id and the hash of their UID. The chain shows a row
that was changed, removed or put in later; it cannot show that somebody rewrote the whole chain (that takes a
copy kept elsewhere).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit. `detail` is JSON."""

    id: int
    at: str
    author: str
    action: str
    exposure_id: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Outcome of `verify`: number of rows looked at, and one sentence per row that does not hold."""

    rows: int
    problems: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.problems


def append(
    connection: sqlite3.Connection,
    at: str,
    author: str,
    action: str,
    exposure_id: int | None = None,
    **detail: Any,
) -> int:
    """Add a line within the caller's transaction; returns its id."""
    last = connection.execute("SELECT hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    prev = last["hash"] if last else GENESIS
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    number = (row["seq"] if row else 0) + 1
    body = json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    connection.execute(
        "INSERT INTO audit (id, at, author, action, exposure_id, detail, prev_hash, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            at,
            author,
            action,
            exposure_id,
            body,
            prev,
            _hash(prev, number, at, author, action, exposure_id, body),
        ),
    )
    return number


def rows(connection: sqlite3.Connection, exposure_id: int | None = None) -> list[AuditRow]:
    """The audit, oldest first; of one exposure where its id is given."""
    where, values = ("", ()) if exposure_id is None else (" WHERE exposure_id = ?", (exposure_id,))
    return [
        AuditRow(r["id"], r["at"], r["author"], r["action"], r["exposure_id"], json.loads(r["detail"]))
        for r in connection.execute(f"SELECT * FROM audit{where} ORDER BY id", values)
    ]


def verify(connection: sqlite3.Connection) -> AuditReport:
    """Recompute the whole chain."""
    problems: list[str] = []
    prev, expected, count = GENESIS, 1, 0
    for row in connection.execute("SELECT * FROM audit ORDER BY id"):
        count += 1
        number = row["id"]
        if number != expected:
            problems.append(f"rows {expected} to {number - 1} are missing")
        fields = (number, row["at"], row["author"], row["action"], row["exposure_id"], row["detail"])
        if row["prev_hash"] != prev:
            problems.append(f"row {number} does not follow the row before it")
        if row["hash"] != _hash(row["prev_hash"], *fields):
            problems.append(f"row {number} was changed")
        prev, expected = row["hash"], number + 1
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if last is not None and last["seq"] >= expected:
        problems.append(f"rows {expected} to {last['seq']} are missing at the end")
    return AuditReport(count, tuple(problems))


def uid_hash(uid: str) -> str:
    """Short one-way name of a UID for logs and audit lines; ``""`` stays ``""``."""
    return hashlib.sha256(uid.encode()).hexdigest()[:16] if uid else ""


def _hash(prev: str, *fields: Any) -> str:
    text = json.dumps([prev, *fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
