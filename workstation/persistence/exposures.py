"""Exposures, verdicts and decisions in the database. Every function works in the caller's transaction."""

from __future__ import annotations

import dataclasses
import functools
import logging
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import Delivery
from workstation.domain.exposure import Exposure, ExposureState, after_deliveries
from workstation.domain.film import FilmHeader
from workstation.domain.findings import Verdict
from workstation.domain.projection import projection_of_view
from workstation.domain.turn import UNTURNED, Turn
from workstation.persistence import outbox
from workstation.persistence.migrations import migration
from workstation.persistence.serialise import dumps, loads
from workstation.persistence.timestamps import iso, parse, to_us

_log = logging.getLogger(__name__)

_SELECT = """
SELECT e.*, v.body AS verdict_body,
       d.choice, d.author, d.decided_at, d.reason, d.note, d.quarters, d.mirrored,
       EXISTS (SELECT 1 FROM exposure x WHERE x.sop_instance_uid = e.sop_instance_uid
               AND x.sop_instance_uid <> '' AND x.id <> e.id) AS shares_uid
FROM exposure e
LEFT JOIN verdict v ON v.id = (SELECT MAX(id) FROM verdict WHERE exposure_id = e.id)
LEFT JOIN decision d ON d.exposure_id = e.id AND d.undone_at IS NULL
"""


_read_once = functools.lru_cache(maxsize=2048)(loads)
"""`loads` that builds equal texts once: a refresh reads the whole day, and all but a few films are as they were."""


@migration(1, 5)
def _turned(connection: sqlite3.Connection) -> None:
    # How the film is to be shown to whoever reads it: clockwise quarters, then mirrored left-right.
    for column in ("quarters", "mirrored"):
        connection.execute(f"ALTER TABLE decision ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


@migration(1, 9)
def _left_to_person(connection: sqlite3.Connection) -> None:
    # Whether a person's hand keeps the film from ever leaving by itself; a decision taken back says so too.
    for statement in (
        "ALTER TABLE exposure ADD COLUMN left_to_person INTEGER NOT NULL DEFAULT 0",
        """UPDATE exposure SET left_to_person = 1
            WHERE id IN (SELECT exposure_id FROM decision WHERE undone_at IS NOT NULL)""",
    ):
        connection.execute(statement)


def insert(
    connection: sqlite3.Connection,
    header: FilmHeader,
    *,
    content_sha256: str,
    size: int,
    source_name: str,
    stored_path: str,
    received: datetime,
    conflicts_with: int | None,
) -> int:
    """Add a received film and return its id; `stored_path` is relative to the data folder, in POSIX form."""
    cursor = connection.execute(
        "INSERT INTO exposure (sop_instance_uid, study_instance_uid, content_sha256, size, source_name,"
        " stored_path, received_at, received_us, header, projection, sendable, state, conflicts_with)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            header.sop_instance_uid,
            header.study_instance_uid,
            content_sha256,
            size,
            source_name,
            stored_path,
            iso(received),
            to_us(received),
            dumps(_without_tables(header)),
            projection_of_view(header.view_position, header.view_code).value,
            int(bool(header.sop_class_uid and header.sop_instance_uid)),
            ExposureState.RECEIVED.value,
            conflicts_with,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _without_tables(header: FilmHeader) -> FilmHeader:
    # A 16-bit table is half a megabyte of JSON; whoever shows the film reads it from the stored file.
    greyscale = dataclasses.replace(header.greyscale, modality_lut=None, voi_luts=())
    return dataclasses.replace(header, greyscale=greyscale)


def get(connection: sqlite3.Connection, root: Path, exposure_id: int) -> Exposure:
    """One exposure.

    Raises:
        LookupError: no such row.
    """
    found = select(connection, root, "WHERE e.id = ?", (exposure_id,))
    if not found:
        raise LookupError(f"no exposure {exposure_id}")
    return found[0]


def select(
    connection: sqlite3.Connection, root: Path, clauses: str, values: Sequence[Any] = ()
) -> list[Exposure]:
    """Exposures by SQL `clauses` over the alias ``e`` (constants of this program, never user input).

    One that this version cannot read is logged and left out: the others are still to be decided.
    """
    rows = connection.execute(_SELECT + clauses, values).fetchall()
    deliveries = outbox.of_exposures(connection, [row["id"] for row in rows])
    found = []
    for row in rows:
        try:
            found.append(_exposure(row, root, tuple(deliveries.get(row["id"], ()))))
        except ValueError:
            _unreadable(row["id"], "exposure")
    return found


def _exposure(row: sqlite3.Row, root: Path, deliveries: tuple[Delivery, ...]) -> Exposure:
    return Exposure(
        id=row["id"],
        header=_read_once(FilmHeader, row["header"]),
        source_name=row["source_name"],
        stored_path=str(root / row["stored_path"]),
        received_at=row["received_at"],
        state=ExposureState(row["state"]),
        verdict=_verdict(row),
        decision=None if row["choice"] is None else _decision(row),
        deliveries=deliveries,
        conflicts_with=row["conflicts_with"],
        content_sha256=row["content_sha256"],
        left_to_person=bool(row["left_to_person"]),
        cleaned=bool(row["cleaned_at"]),
        shares_uid=bool(row["shares_uid"]),
    )


def _verdict(row: sqlite3.Row) -> Verdict | None:
    """None for one that this version cannot read: the film counts as not analysed."""
    if row["verdict_body"] is None:
        return None
    try:
        verdict: Verdict = _read_once(Verdict, row["verdict_body"])
    except ValueError:
        _unreadable(row["id"], "verdict of exposure")
        return None
    return verdict


@functools.cache  # once a run: lists are read after every change
def _unreadable(exposure_id: int, what: str) -> None:
    # What is wrong with it may quote the film.
    _log.error("%s %d is left out: this version cannot read it", what, exposure_id)


def _decision(row: sqlite3.Row) -> Decision:
    turn = Turn(row["quarters"], bool(row["mirrored"]))
    return Decision(Choice(row["choice"]), row["author"], row["decided_at"], row["reason"], row["note"], turn)


def find_content(connection: sqlite3.Connection, content_sha256: str) -> int | None:
    """Id of the exposure with this content, or None."""
    row = connection.execute("SELECT id FROM exposure WHERE content_sha256 = ?", (content_sha256,)).fetchone()
    return None if row is None else int(row["id"])


def find_uid(connection: sqlite3.Connection, sop_instance_uid: str) -> int | None:
    """Id of the first exposure with this SOP Instance UID, or None; ``""`` is nobody's."""
    row = connection.execute(
        "SELECT MIN(id) AS id FROM exposure WHERE sop_instance_uid = ? AND sop_instance_uid <> ''",
        (sop_instance_uid,),
    ).fetchone()
    return None if row["id"] is None else int(row["id"])


def is_cleaned(connection: sqlite3.Connection, exposure_id: int) -> bool:
    """Whether the local copy was removed once its time was over (`services.cleaning`)."""
    row = connection.execute("SELECT cleaned_at FROM exposure WHERE id = ?", (exposure_id,)).fetchone()
    return bool(row["cleaned_at"])


def restored(connection: sqlite3.Connection, exposure_id: int, size: int) -> None:
    """The local copy is back, of `size` bytes: file meta may differ from one hop to the next."""
    connection.execute("UPDATE exposure SET cleaned_at = '', size = ? WHERE id = ?", (size, exposure_id))


def set_state(connection: sqlite3.Connection, exposure_id: int, state: ExposureState) -> None:
    connection.execute("UPDATE exposure SET state = ? WHERE id = ?", (state.value, exposure_id))


def leave_to_person(connection: sqlite3.Connection, exposure_id: int) -> None:
    """The film never leaves by itself any more."""
    connection.execute("UPDATE exposure SET left_to_person = 1 WHERE id = ?", (exposure_id,))


def refresh_state(connection: sqlite3.Connection, exposure_id: int) -> None:
    """Set the state of a decided exposure from its decision and its deliveries; others stay as they are.

    So does one that was decided by a choice that this version does not have.
    """
    row = connection.execute(
        "SELECT e.state, d.choice FROM exposure e"
        " LEFT JOIN decision d ON d.exposure_id = e.id AND d.undone_at IS NULL WHERE e.id = ?",
        (exposure_id,),
    ).fetchone()
    if row["choice"] not in list(Choice):
        return
    deliveries = outbox.of_exposures(connection, [exposure_id]).get(exposure_id, [])
    state = after_deliveries(Choice(row["choice"]), deliveries)
    if state.value != row["state"]:
        set_state(connection, exposure_id, state)


def add_verdict(connection: sqlite3.Connection, exposure_id: int, verdict: Verdict, at: datetime) -> int:
    """Add a verdict to the history of an exposure; returns its id."""
    cursor = connection.execute(
        "INSERT INTO verdict (exposure_id, at, cascade, projection, source, state, retake_suggested, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            exposure_id,
            iso(at),
            verdict.cascade,
            verdict.projection.label.value,
            verdict.projection.source.value,
            verdict.state.value,
            int(verdict.retake_suggested),
            dumps(verdict),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def latest_verdict(connection: sqlite3.Connection, exposure_id: int) -> tuple[Verdict, str] | None:
    """The verdict that counts and when it was given (ISO 8601), or None."""
    query = "SELECT body, at FROM verdict WHERE exposure_id = ? ORDER BY id DESC LIMIT 1"
    row = connection.execute(query, (exposure_id,)).fetchone()
    return None if row is None else (loads(Verdict, row["body"]), row["at"])


def verdicts(connection: sqlite3.Connection, exposure_id: int) -> list[Verdict]:
    """All verdicts of an exposure, oldest first."""
    query = "SELECT body FROM verdict WHERE exposure_id = ? ORDER BY id"
    return [loads(Verdict, row["body"]) for row in connection.execute(query, (exposure_id,))]


def add_decision(connection: sqlite3.Connection, exposure_id: int, decision: Decision, room: str) -> int:
    """Put a decision in force; the database refuses a second one. Returns its id."""
    cursor = connection.execute(
        "INSERT INTO decision (exposure_id, choice, author, decided_at, decided_us, reason, note, room,"
        " quarters, mirrored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            exposure_id,
            decision.choice.value,
            decision.author,
            decision.decided_at,
            to_us(parse(decision.decided_at)),
            decision.reason,
            decision.note,
            room,
            decision.turn.quarters,
            int(decision.turn.mirrored),
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def turn_of(connection: sqlite3.Connection, exposure_id: int) -> Turn:
    """How the decision in force wants the film shown; unturned where nothing is decided."""
    row = connection.execute(
        "SELECT quarters, mirrored FROM decision WHERE exposure_id = ? AND undone_at IS NULL", (exposure_id,)
    ).fetchone()
    return UNTURNED if row is None else Turn(row["quarters"], bool(row["mirrored"]))


def undo_decision(connection: sqlite3.Connection, exposure_id: int, at: datetime, author: str) -> int:
    """Take the decision in force back (the row stays); returns its id."""
    row = connection.execute(
        "UPDATE decision SET undone_at = ?, undone_by = ? WHERE exposure_id = ? AND undone_at IS NULL"
        " RETURNING id",
        (iso(at), author, exposure_id),
    ).fetchone()
    if row is None:
        raise LookupError(f"exposure {exposure_id} has no decision")
    return int(row["id"])


def undelivered(connection: sqlite3.Connection) -> list[int]:
    """Decided films that could be sent but were never queued, oldest decision first."""
    return [
        row["id"]
        for row in connection.execute(
            "SELECT e.id FROM exposure e JOIN decision d ON d.exposure_id = e.id AND d.undone_at IS NULL"
            " WHERE e.sendable AND e.state IN ('accepted', 'kept_with_note')"
            " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.exposure_id = e.id AND o.kind = 'film')"
            " ORDER BY d.decided_us, d.id"
        )
    ]
