"""Which sent objects wait for their peer's commitment. Every function works in the caller's transaction.

In the outbox `commit_next_us` is when a row is to be asked about next, NULL where nothing is (any more) asked.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from workstation.domain.delivery import DeliveryError, DeliveryKind
from workstation.domain.film import NoticeCode
from workstation.persistence.outbox import KNOWN_KINDS
from workstation.persistence.serialise import dumps
from workstation.persistence.timestamps import iso, to_us

_CLASSES = {
    DeliveryKind.REJECT_NOTE: "1.2.840.10008.5.1.4.1.1.88.59",
    DeliveryKind.REPORT: "1.2.840.10008.5.1.4.1.1.88.33",
    DeliveryKind.SECONDARY_CAPTURE: "1.2.840.10008.5.1.4.1.1.7",
}
_PRESENTATION_STATES = (DeliveryKind.PRESENTATION_STATE, DeliveryKind.TURN)
_GRAYSCALE_STATE, _COLOR_STATE = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"

# Nobody waits longer for an answer: such a row is due, for the clock was set back.
_CLOCK_WENT_BACK = timedelta(hours=12)

_COLUMNS = "o.id, o.exposure_id, o.kind, o.object_path, o.commit_tries, o.commit_resends, e.sop_instance_uid, e.header"
_TABLES = "outbox o JOIN exposure e ON e.id = o.exposure_id"
_MISSING = "EXISTS (SELECT 1 FROM commit_request m WHERE m.delivery_id = o.id AND m.missing)"
# As the index outbox_given_up has it.
_GIVEN_UP = "state = 'sent' AND committed_at = '' AND last_error IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Uncommitted:
    """A sent row: its object's UIDs, how often the peer was asked about it, how often it was sent again for that.

    Attributes:
        missing: the peer has said since the row was sent that it lacks the object.
        asked_before: this request was made before the peer said so: that it says it again means nothing more.
    """

    delivery_id: int
    exposure_id: int
    sop_class_uid: str
    sop_instance_uid: str
    tries: int
    resends: int
    missing: bool = False
    asked_before: bool = False


def begin(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> None:
    """Have the peer asked about a row that was just sent."""
    connection.execute("UPDATE outbox SET commit_next_us = ? WHERE id = ?", (to_us(at), delivery_id))


def due(connection: sqlite3.Connection, destination: str, now: datetime, most: int) -> list[Uncommitted]:
    """Rows of `destination` to ask about now, oldest first, at most `most`."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM {_TABLES}"
        " WHERE o.destination = ? AND (o.commit_next_us <= ? OR o.commit_next_us > ?)"
        f" AND o.state = 'sent' AND o.kind IN {KNOWN_KINDS} ORDER BY o.id LIMIT ?",
        (destination, to_us(now), to_us(now + _CLOCK_WENT_BACK), most),
    )
    return [_uncommitted(row) for row in rows]


def next_us(connection: sqlite3.Connection, destinations: Sequence[str]) -> int | None:
    """When the next row of these destinations is to be asked about (us since 1970 UTC); None where none is."""
    marks = ",".join("?" * len(destinations))
    (first,) = connection.execute(
        f"SELECT MIN(commit_next_us) FROM outbox WHERE destination IN ({marks})"
        f" AND commit_next_us IS NOT NULL AND state = 'sent' AND kind IN {KNOWN_KINDS}",
        destinations,
    ).fetchone()
    return None if first is None else int(first)


def asking(connection: sqlite3.Connection, delivery_id: int, transaction_uid: str, again: datetime) -> None:
    """The peer is about to be asked; without an answer it is asked once more at `again`."""
    connection.execute(
        "UPDATE outbox SET commit_transaction = ?, commit_next_us = ?, commit_tries = commit_tries + 1 WHERE id = ?",
        (transaction_uid, to_us(again), delivery_id),
    )


def postpone(connection: sqlite3.Connection, transaction_uid: str, again: datetime) -> None:
    """Nothing came of a request: ask once more at `again`."""
    connection.execute(
        "UPDATE outbox SET commit_next_us = ? WHERE commit_transaction = ? AND commit_next_us IS NOT NULL",
        (to_us(again), transaction_uid),
    )


def never_arrived(connection: sqlite3.Connection, transaction_uid: str) -> None:
    """The peer does not know of this request: no answer to it will come."""
    connection.execute("DELETE FROM commit_request WHERE transaction_uid = ?", (transaction_uid,))


def ask_again(connection: sqlite3.Connection, at: datetime) -> None:
    """Ask about everything that waits for an answer once more, no later than `at`.

    Where the peer has answered that it does not have the object yet, no answer is waited for.
    """
    connection.execute(
        "UPDATE outbox SET commit_next_us = MIN(commit_next_us, ?) WHERE commit_next_us IS NOT NULL"
        " AND 0 IS NOT (SELECT MAX(NOT missing) FROM commit_request WHERE delivery_id = outbox.id)",
        (to_us(at),),
    )


def of_transaction(connection: sqlite3.Connection, transaction_uid: str) -> dict[str, list[Uncommitted]]:
    """Rows that wait for the answer to a request, be it the latest about them or not, by SOP Instance UID."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, r.missing AS asked_before, {_MISSING} AS missing"
        f" FROM {_TABLES} JOIN commit_request r ON r.delivery_id = o.id"
        " WHERE r.transaction_uid = ? AND o.commit_next_us IS NOT NULL AND o.state = 'sent'"
        f" AND o.kind IN {KNOWN_KINDS} ORDER BY o.id",
        (transaction_uid,),
    )
    found: dict[str, list[Uncommitted]] = {}
    for row in rows:
        plain = _uncommitted(row)
        told = replace(plain, missing=bool(row["missing"]), asked_before=bool(row["asked_before"]))
        found.setdefault(plain.sop_instance_uid, []).append(told)
    return found


def committed(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> None:
    """The peer took over the safekeeping."""
    connection.execute(
        "UPDATE outbox SET committed_at = ?, commit_next_us = NULL, last_error = NULL WHERE id = ?",
        (iso(at), delivery_id),
    )


def look_again(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> None:
    """The peer does not have the object yet: ask once more at `at`; answers to what was asked before do not count."""
    connection.execute("UPDATE commit_request SET missing = 1 WHERE delivery_id = ?", (delivery_id,))
    connection.execute("UPDATE outbox SET commit_next_us = ? WHERE id = ?", (to_us(at), delivery_id))


def send_again(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> None:
    """The peer does not have the object though it confirmed it: back into the queue.

    In doubt: it confirmed the object once, so that the decision cannot be taken back any more.
    """
    connection.execute(
        "UPDATE outbox SET state = 'waiting', in_doubt = 1, next_try_us = ?, sent_at = '', commit_next_us = NULL,"
        " commit_resends = commit_resends + 1 WHERE id = ?",
        (to_us(at), delivery_id),
    )


def unanswered(connection: sqlite3.Connection, destination: str) -> tuple[int, str]:
    """How many objects `destination` was asked about and has said nothing final of, and when (ISO 8601) the oldest of
    them was sent; ``""`` where there is none."""
    # Both out of the index outbox_uncommitted alone: of a peer that never answers they are without number.
    count, first = connection.execute(
        "SELECT COUNT(*), MIN(id) FROM outbox WHERE destination = ? AND commit_next_us IS NOT NULL",
        (destination,),
    ).fetchone()
    row = connection.execute("SELECT sent_at FROM outbox WHERE id = ?", (first,)).fetchone()
    return (0, "") if row is None else (count, row["sent_at"])


def give_up(connection: sqlite3.Connection, delivery_id: int, error: DeliveryError) -> None:
    """The peer will not commit: the object stays sent, its local copy stays, until a person has it asked again."""
    connection.execute(
        "UPDATE outbox SET commit_next_us = NULL, last_error = ? WHERE id = ?", (dumps(error), delivery_id)
    )


def given_up(connection: sqlite3.Connection, since: date) -> list[int]:
    """Rows sent on the local date `since` or later whose commitment was given up, oldest first."""
    query = (
        f"SELECT id FROM outbox INDEXED BY outbox_given_up WHERE {_GIVEN_UP} AND sent_at >= ?"
        f" AND kind IN {KNOWN_KINDS} ORDER BY id"
    )
    return [row["id"] for row in connection.execute(query, (since.isoformat(),))]


def reopen(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> bool:
    """Ask about a given-up row from `at` on as if it had just been sent; False where it is none."""
    return _of_given_up(
        connection, delivery_id, "commit_next_us = ?, commit_tries = 0, commit_resends = 0", (to_us(at),)
    )


def dismiss(connection: sqlite3.Connection, delivery_id: int) -> bool:
    """A person knows that a row was given up; False where it is none."""
    return _of_given_up(connection, delivery_id, "commit_next_us = NULL", ())


def _of_given_up(
    connection: sqlite3.Connection, delivery_id: int, assignments: str, values: tuple[int, ...]
) -> bool:
    query = f"UPDATE outbox SET {assignments}, last_error = NULL WHERE id = ? AND {_GIVEN_UP}"
    return connection.execute(query, (*values, delivery_id)).rowcount == 1


def _uncommitted(row: sqlite3.Row) -> Uncommitted:
    kind, header = DeliveryKind(row["kind"]), json.loads(row["header"])
    if row["object_path"] is None:
        sop_class, instance = str(header.get("sop_class_uid", "")), row["sop_instance_uid"]
    else:
        # Derived objects lie under their own UID.
        sop_class, instance = _derived_class(kind, header), PurePosixPath(row["object_path"]).stem
    return Uncommitted(
        row["id"], row["exposure_id"], sop_class, instance, row["commit_tries"], row["commit_resends"]
    )


def _derived_class(kind: DeliveryKind, film: dict[str, Any]) -> str:
    """By the class that its maker gave it: a film in colour has presentation states of a class of their own."""
    if kind not in _PRESENTATION_STATES:
        return _CLASSES.get(kind, "")
    colour = any(notice.get("code") == NoticeCode.COLOUR for notice in film.get("notices", ()))
    return _COLOR_STATE if colour else _GRAYSCALE_STATE
