"""Films of one patient or study, found by index also among hundreds of thousands."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from workstation.domain.exposure import Exposure
from workstation.domain.projection import Projection
from workstation.domain.study import projection_of
from workstation.persistence import exposures
from workstation.persistence.migrations import migration

_PATIENT = "json_extract(header, '$.patient.patient_id')"
MOST = 200
"""Films of a study looked at, newest first."""


@migration(1, 3)
def _by_patient(connection: sqlite3.Connection) -> None:
    connection.execute(f"CREATE INDEX exposure_patient ON exposure({_PATIENT}) WHERE {_PATIENT} <> ''")


def related(connection: sqlite3.Connection, root: Path, film: Exposure) -> list[Exposure]:
    """Films with the Study Instance UID of `film` and the `previous` one, newest first; itself may be included."""
    return exposures.select(
        connection,
        root,
        f"""WHERE e.id IN (
            SELECT id FROM (SELECT id FROM exposure WHERE study_instance_uid = ? AND study_instance_uid <> ''
                ORDER BY id DESC LIMIT {MOST})
            UNION SELECT ?)
            ORDER BY e.id DESC""",
        (film.header.study_instance_uid, _previous(connection, film)),
    )


def previous(connection: sqlite3.Connection, root: Path, film: Exposure) -> Exposure | None:
    """The latest earlier film of the same patient and projection, as `study.same_patient` has it; None without one."""
    number = _previous(connection, film)
    found = [] if number is None else exposures.select(connection, root, "WHERE e.id = ?", (number,))
    return found[0] if found else None


def _previous(connection: sqlite3.Connection, film: Exposure) -> int | None:
    patient, kind = film.header.patient, projection_of(film)
    if not patient.patient_id.strip() or kind is Projection.UNKNOWN:
        return None
    # One film is read, not all of a patient number that a whole ward may share ("EMERGENCY").
    row = connection.execute(
        f"""SELECT e.id FROM exposure e INDEXED BY exposure_patient
            CROSS JOIN film_fact f ON f.exposure_id = e.id AND f.projection = :kind
            WHERE {_PATIENT} = :patient AND {_PATIENT} <> '' AND e.id < :film
            AND (:born = '' OR COALESCE(json_extract(header, '$.patient.birth_date'), '') IN ('', :born))
            ORDER BY e.id DESC LIMIT 1""",
        {"kind": kind, "patient": patient.patient_id, "film": film.id, "born": patient.birth_date},
    ).fetchone()
    return None if row is None else int(row["id"])
