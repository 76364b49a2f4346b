"""Which local copies may go. Every function works in the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workstation.persistence.timestamps import iso, to_us

_TO_BE_MADE = "d.object_path IS NULL AND d.problem = ''"


@dataclass(frozen=True, slots=True)
class Removable:
    """A film whose local copy may go; `stored_path` is relative to the data folder."""

    exposure_id: int
    stored_path: str
    received_us: int


def committed(
    connection: sqlite3.Connection, before: datetime, most: int, after: Removable | None = None
) -> list[Removable]:
    """Films that every destination committed to before that time, in the order they came, those behind `after`.

    Not those that something is still to be made from, and not those that share a SOP Instance UID: whichever of
    them the peer kept, it commits to the UID.
    """
    # What was committed by then was received by then: the index skips the films of the retention.
    rows = connection.execute(
        "SELECT e.id, e.stored_path, e.received_us FROM exposure e INDEXED BY exposure_kept"
        " WHERE e.state = 'committed' AND e.cleaned_at = '' AND e.received_us < ?"
        " AND (e.received_us, e.id) > (?, ?)"
        f" AND NOT EXISTS (SELECT 1 FROM derived d WHERE d.exposure_id = e.id AND {_TO_BE_MADE})"
        " AND NOT EXISTS (SELECT 1 FROM exposure x WHERE x.sop_instance_uid = e.sop_instance_uid"
        " AND x.sop_instance_uid <> '' AND x.id <> e.id)"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.exposure_id = e.id AND o.state <> 'cancelled'"
        " AND (o.committed_at = '' OR julianday(o.committed_at) >= julianday(?)))"
        " ORDER BY e.received_us, e.id LIMIT ?",
        (to_us(before), *_place(after), iso(before), most),
    )
    return [Removable(*row) for row in rows]


def rejected(
    connection: sqlite3.Connection,
    before: datetime,
    most: int,
    after: Removable | None = None,
    *,
    asked: Sequence[str],
) -> list[Removable]:
    """Films rejected before that time, in the order they came, those behind `after`.

    Not those whose note is still to be made, to be sent, or one of the destinations `asked` for commitment is asked
    about: it is made from the film. Nor those that were cleaned up before and came again since that time: somebody sent
    them to take the decision back.
    """
    rows = connection.execute(
        "SELECT e.id, e.stored_path, e.received_us FROM exposure e INDEXED BY exposure_kept"
        " JOIN decision d ON d.exposure_id = e.id AND d.undone_at IS NULL AND d.decided_us < ?"
        " WHERE e.state = 'rejected' AND e.cleaned_at = '' AND e.received_us < ?"
        " AND (e.received_us, e.id) > (?, ?)"
        f" AND NOT EXISTS (SELECT 1 FROM derived d WHERE d.exposure_id = e.id AND {_TO_BE_MADE})"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.exposure_id = e.id"
        " AND (o.state NOT IN ('sent', 'cancelled') OR (o.commit_next_us IS NOT NULL"
        " AND o.destination IN (SELECT value FROM json_each(?)))))"
        " AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.exposure_id = e.id AND a.action = 'restored'"
        " AND julianday(a.at) >= julianday(?))"
        " ORDER BY e.received_us, e.id LIMIT ?",
        (to_us(before), to_us(before), *_place(after), json.dumps([*asked]), iso(before), most),
    )
    return [Removable(*row) for row in rows]


def cleaned(connection: sqlite3.Connection, exposure_id: int, at: datetime) -> None:
    """The local copy is gone."""
    connection.execute("UPDATE exposure SET cleaned_at = ? WHERE id = ?", (iso(at), exposure_id))


def _place(after: Removable | None) -> tuple[int, int]:
    return (-1, -1) if after is None else (after.received_us, after.exposure_id)
