"""The durable outbox. Every function works in the caller's transaction."""

from __future__ import annotations

import functools
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workstation.domain.delivery import COMPANIONS, Delivery, DeliveryError, DeliveryKind, DeliveryState
from workstation.persistence.serialise import dumps, loads
from workstation.persistence.timestamps import iso, iso_of_us, to_us

_log = logging.getLogger(__name__)

# A next attempt further away than any backoff means that the clock was set back: such a row is due.
_CLOCK_WENT_BACK = timedelta(hours=1)

_COMPANION = "({})".format(", ".join(f"'{kind.value}'" for kind in sorted(COMPANIONS)))
KNOWN_KINDS = "({})".format(", ".join(f"'{kind.value}'" for kind in DeliveryKind))
"""For SQL: a neighbouring version of the program may have queued others, which it takes up itself."""

# Where the film itself is not for this destination (set after it was queued), its companions wait for nothing.
_READY = f"""destination = ? AND state = 'waiting' AND kind IN {KNOWN_KINDS} AND NOT (kind IN {_COMPANION} AND EXISTS (
    SELECT 1 FROM outbox film WHERE film.exposure_id = outbox.exposure_id AND film.kind = 'film'
    AND film.destination = outbox.destination AND film.state <> 'sent'))"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row taken for sending.

    Attributes:
        object_path: relative to the data folder.
        has_twin: another film under the same SOP Instance UID has left, or may have; whereto is not asked, for a
            destination may have had another name.
        of_twin: it may be taken as said of another film under the SOP Instance UID that it names: a reject note where
            there is such a film here, what goes along with a film where that one has left, or may have.
        content_sha256: of a film as it was received (`Exposure.content_sha256`); ``""`` of what was made here.
    """

    delivery: Delivery
    object_path: str
    has_twin: bool = False
    of_twin: bool = False
    content_sha256: str = ""


def _deliveries(rows: Iterable[sqlite3.Row]) -> Iterator[Delivery]:
    for row in rows:
        try:
            yield _delivery(row)
        except ValueError as exc:
            _leave_out(row["id"], str(exc))


@functools.cache  # once a run: lists are read after every change
def _leave_out(delivery_id: int, why: str) -> None:
    _log.error("delivery %d is left out, this version cannot read it: %s", delivery_id, why)


def _delivery(row: sqlite3.Row) -> Delivery:
    state = DeliveryState(row["state"])
    return Delivery(
        id=row["id"],
        exposure_id=row["exposure_id"],
        destination=row["destination"],
        state=state,
        kind=DeliveryKind(row["kind"]),
        attempts=row["attempts"],
        next_try_at=iso_of_us(row["next_try_us"]) if state is DeliveryState.WAITING else "",
        last_error=None if row["last_error"] is None else loads(DeliveryError, row["last_error"]),
        sent_at=row["sent_at"],
        committed_at=row["committed_at"],
        in_doubt=bool(row["in_doubt"]),
    )


def enqueue(
    connection: sqlite3.Connection,
    exposure_id: int,
    destination: str,
    queued: datetime,
    not_before: datetime,
    kind: DeliveryKind = DeliveryKind.FILM,
    object_path: str | None = None,
) -> int:
    """Queue one object for one destination; the database refuses the same one twice. Returns the row's id.

    A companion of a film that was taken off the queue meanwhile lies beside it, cancelled.
    """
    cursor = connection.execute(
        "INSERT INTO outbox (exposure_id, kind, destination, object_path, state, next_try_us, queued_at)"
        f" SELECT ?1, ?2, ?3, ?4, CASE WHEN ?2 IN {_COMPANION} AND EXISTS (SELECT 1 FROM outbox"
        " WHERE exposure_id = ?1 AND destination = ?3 AND kind = 'film' AND state = 'cancelled')"
        " THEN 'cancelled' ELSE 'waiting' END, ?5, ?6",
        (exposure_id, kind.value, destination, object_path, to_us(not_before), iso(queued)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def of_exposures(connection: sqlite3.Connection, exposure_ids: Sequence[int]) -> dict[int, list[Delivery]]:
    """Deliveries by exposure, in the order they were queued; those that this version cannot read are left out."""
    found: dict[int, list[Delivery]] = {}
    for start in range(0, len(exposure_ids), 500):
        chunk = exposure_ids[start : start + 500]
        marks = ",".join("?" * len(chunk))
        query = f"SELECT * FROM outbox WHERE exposure_id IN ({marks}) ORDER BY id"
        for delivery in _deliveries(connection.execute(query, chunk)):
            found.setdefault(delivery.exposure_id, []).append(delivery)
    return found


def get(connection: sqlite3.Connection, delivery_id: int) -> Delivery:
    """One row. Raises LookupError where there is none that this version can read."""
    for delivery in _deliveries(connection.execute("SELECT * FROM outbox WHERE id = ?", (delivery_id,))):
        return delivery
    raise LookupError(f"no delivery {delivery_id}")


def open_deliveries(connection: sqlite3.Connection) -> list[Delivery]:
    """Waiting, sending and failed rows of all destinations, oldest first."""
    # Left to itself SQLite reads all rows that were ever sent, for they lie in the order asked for.
    query = "SELECT * FROM outbox INDEXED BY outbox_open WHERE state <> 'sent' AND state <> 'cancelled' ORDER BY id"
    return list(_deliveries(connection.execute(query)))


def claim(connection: sqlite3.Connection, destination: str, now: datetime) -> Claim | None:
    """Take the oldest due row of `destination` for sending, or None where nothing is due.

    What goes along with a film follows it: it is due once its film is sent there.
    """
    row = connection.execute(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ("
        f" SELECT id FROM outbox WHERE {_READY}"
        " AND (next_try_us <= ? OR next_try_us > ?) ORDER BY id LIMIT 1) RETURNING *",
        (destination, to_us(now), to_us(now + _CLOCK_WENT_BACK)),
    ).fetchone()
    if row is None:
        return None
    path, digest = row["object_path"], ""
    if path is None:
        query = "SELECT stored_path, content_sha256 FROM exposure WHERE id = ?"
        path, digest = connection.execute(query, (row["exposure_id"],)).fetchone()
    twins = _has_twin(connection, row["id"]), _is_of_twin(connection, row["id"])
    return Claim(_delivery(row), path, *twins, digest)


def _has_twin(connection: sqlite3.Connection, delivery_id: int) -> bool:
    query = """
        SELECT 1 FROM outbox o JOIN exposure e ON e.id = o.exposure_id
        JOIN exposure x ON x.sop_instance_uid = e.sop_instance_uid AND x.id <> e.id
        JOIN outbox t ON t.exposure_id = x.id AND t.kind = 'film'
        WHERE o.id = ? AND o.kind = 'film' AND x.sop_instance_uid <> '' AND (t.state = 'sent' OR t.in_doubt)"""
    return connection.execute(query, (delivery_id,)).fetchone() is not None


def _is_of_twin(connection: sqlite3.Connection, delivery_id: int) -> bool:
    query = f"""
        SELECT 1 FROM outbox o JOIN exposure e ON e.id = o.exposure_id
        JOIN exposure x ON x.sop_instance_uid = e.sop_instance_uid AND x.id <> e.id
        WHERE o.id = ? AND x.sop_instance_uid <> '' AND (o.kind = 'kos' OR (o.kind IN {_COMPANION} AND EXISTS (
            SELECT 1 FROM outbox t WHERE t.exposure_id = x.id AND t.kind = 'film'
            AND (t.state = 'sent' OR t.in_doubt))))"""
    return connection.execute(query, (delivery_id,)).fetchone() is not None


def next_due_us(connection: sqlite3.Connection, destination: str) -> int | None:
    """When the next row of `destination` is due, microseconds since 1970 UTC; None where none can be."""
    (due,) = connection.execute(
        f"SELECT MIN(next_try_us) FROM outbox WHERE {_READY}", (destination,)
    ).fetchone()
    return None if due is None else int(due)


def mark_sent(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> None:
    """The peer confirmed with success."""
    _update(
        connection,
        delivery_id,
        (DeliveryState.SENDING,),
        "state = 'sent', sent_at = ?, last_error = NULL, in_doubt = 0",
        (iso(at),),
    )


def mark_retry(
    connection: sqlite3.Connection,
    delivery_id: int,
    error: DeliveryError | None,
    next_try: datetime,
    in_doubt: bool,
) -> None:
    """The attempt failed for a passing reason (or was broken off: `error` None): wait until `next_try`."""
    _update(
        connection,
        delivery_id,
        (DeliveryState.SENDING,),
        "state = 'waiting', last_error = COALESCE(?, last_error), next_try_us = ?,"
        " in_doubt = MAX(in_doubt, ?)",
        (None if error is None else dumps(error), to_us(next_try), int(in_doubt)),
    )


def mark_failed(connection: sqlite3.Connection, delivery_id: int, error: DeliveryError) -> None:
    """The attempt failed for good: stays visible until a person retries or cancels."""
    _update(
        connection,
        delivery_id,
        (DeliveryState.SENDING,),
        "state = 'failed', last_error = ?",
        (dumps(error),),
    )


def cancel(connection: sqlite3.Connection, delivery_id: int) -> bool:
    """Take a waiting or failed row off the queue, with a film what goes along with it.

    False where it is under way, sent or cancelled already.
    """
    states = (DeliveryState.WAITING, DeliveryState.FAILED)
    done = _try_update(connection, delivery_id, states, "state = 'cancelled'", ())
    if done:
        _companions(connection, delivery_id, states, "state = 'cancelled'", ())
    return done


def reopen(connection: sqlite3.Connection, delivery_id: int, at: datetime) -> bool:
    """Make a waiting, failed or cancelled row due at `at`; with a cancelled film what goes along with it.

    False where it is under way or sent, or goes along with a film that is off the queue.
    """
    row = get(connection, delivery_id)
    if row.state is DeliveryState.CANCELLED:
        if row.kind in COMPANIONS and _film_is_off(connection, row):
            return False
        cancelled = (DeliveryState.CANCELLED,)
        _companions(connection, delivery_id, cancelled, "state = 'waiting', next_try_us = ?", (to_us(at),))
    states = (DeliveryState.WAITING, DeliveryState.FAILED, DeliveryState.CANCELLED)
    return _try_update(connection, delivery_id, states, "state = 'waiting', next_try_us = ?", (to_us(at),))


def usable_again(connection: sqlite3.Connection, exposure_id: int, at: datetime) -> None:
    """The film's copy was lost or damaged and is whole again: what was given up for that is due at `at`."""
    for delivery in of_exposures(connection, [exposure_id]).get(exposure_id, []):
        error = delivery.last_error
        if delivery.state is DeliveryState.FAILED and error is not None and error.code == "film_unusable":
            reopen(connection, delivery.id, at)


def _film_is_off(connection: sqlite3.Connection, companion: Delivery) -> bool:
    query = "SELECT 1 FROM outbox WHERE exposure_id = ? AND destination = ? AND kind = 'film' AND state = 'cancelled'"
    return connection.execute(query, (companion.exposure_id, companion.destination)).fetchone() is not None


def move(
    connection: sqlite3.Connection,
    delivery_id: int,
    destination: str,
    at: datetime,
    along: Iterable[DeliveryKind] = COMPANIONS,
) -> bool:
    """Give a waiting, failed or cancelled row to another destination, due at `at`, with a film what goes `along`.

    What does not is taken off the queue. False where the row is under way or sent, or where `destination` has one for
    the same object already.
    """
    row = get(connection, delivery_id)
    states = [DeliveryState.WAITING, DeliveryState.FAILED, DeliveryState.CANCELLED]
    assignments = "destination = ?, state = 'waiting', next_try_us = ?, last_error = NULL"
    try:
        done = _try_update(connection, delivery_id, states, assignments, (destination, to_us(at)))
    except sqlite3.IntegrityError:
        return False
    if done and row.kind is DeliveryKind.FILM and row.destination != destination:
        if row.state is not DeliveryState.CANCELLED:
            states.remove(DeliveryState.CANCELLED)  # taken off alone
        of = f"exposure_id = ? AND destination = ? AND state IN {_words(states)} AND kind IN"
        place = (row.exposure_id, row.destination)
        connection.execute(
            f"UPDATE OR IGNORE outbox SET {assignments} WHERE {of} {_words(along)}",
            (destination, to_us(at), *place),
        )
        connection.execute(f"UPDATE outbox SET state = 'cancelled' WHERE {of} {_COMPANION}", place)
    return done


def rename(connection: sqlite3.Connection, before: str, after: str) -> int:
    """A destination got another name: its open rows follow, and those it is still to commit to.

    Other sent ones keep the name they went by.
    """
    return connection.execute(
        "UPDATE OR IGNORE outbox SET destination = ? WHERE destination = ?"
        " AND (state IN ('waiting', 'failed') OR (state = 'sent' AND commit_next_us IS NOT NULL))",
        (after, before),
    ).rowcount


def recover(connection: sqlite3.Connection, at: datetime) -> int:
    """Rows left `sending` by a process that died go back to waiting, in doubt; returns how many."""
    return connection.execute(
        "UPDATE outbox INDEXED BY outbox_open SET state = 'waiting', in_doubt = 1, next_try_us = ?"
        " WHERE state <> 'sent' AND state = 'sending'",  # word for word as in the index
        (to_us(at),),
    ).rowcount


def remove(connection: sqlite3.Connection, exposure_id: int) -> list[Delivery]:
    """Delete the rows of an undone decision; returns what was removed (the audit keeps it)."""
    removed = of_exposures(connection, [exposure_id]).get(exposure_id, [])
    connection.execute("DELETE FROM outbox WHERE exposure_id = ?", (exposure_id,))
    return removed


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one destination; `sent` since the moment asked for."""

    waiting: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0


def tallies(connection: sqlite3.Connection, sent_since: str) -> dict[str, Tally]:
    """Counts by destination; `sent_since` is a local ISO date: films confirmed on or after it are counted."""
    counts: dict[str, dict[str, int]] = {}
    for query, values in (
        (
            "SELECT destination, state, COUNT(*) FROM outbox WHERE state <> 'sent' GROUP BY destination, state",
            (),
        ),
        (
            "SELECT destination, state, COUNT(*) FROM outbox WHERE state = 'sent' AND sent_at >= ?"
            " AND kind = 'film' GROUP BY destination",
            (sent_since,),
        ),
    ):
        for destination, state, count in connection.execute(query, values):
            counts.setdefault(destination, {})[state] = count
    return {
        name: Tally(*(found.get(state, 0) for state in ("waiting", "sending", "sent", "failed")))
        for name, found in counts.items()
    }


def _update(
    connection: sqlite3.Connection,
    delivery_id: int,
    expected: Iterable[DeliveryState],
    assignments: str,
    values: tuple[Any, ...],
) -> None:
    if not _try_update(connection, delivery_id, expected, assignments, values):
        raise RuntimeError(f"delivery {delivery_id} is not {'/'.join(expected)}")


def _companions(
    connection: sqlite3.Connection,
    film_id: int,
    expected: Iterable[DeliveryState],
    assignments: str,
    values: tuple[Any, ...],
) -> None:
    """Change what goes along with a film to the same destination; nothing where the row is none of a film."""
    connection.execute(
        f"UPDATE outbox SET {assignments} WHERE kind IN {_COMPANION} AND state IN {_words(expected)}"
        " AND (exposure_id, destination) ="
        " (SELECT exposure_id, destination FROM outbox WHERE id = ? AND kind = 'film')",
        (*values, film_id),
    )


def _try_update(
    connection: sqlite3.Connection,
    delivery_id: int,
    expected: Iterable[DeliveryState],
    assignments: str,
    values: tuple[Any, ...],
) -> bool:
    cursor = connection.execute(
        f"UPDATE outbox SET {assignments} WHERE id = ? AND state IN {_words(expected)}",
        (*values, delivery_id),
    )
    return cursor.rowcount == 1


def _words(words: Iterable[DeliveryState | DeliveryKind]) -> str:
    return "({})".format(", ".join(f"'{word.value}'" for word in words))
