"""Films of one patient or study, found by index also among hundreds of thousands."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from workstation.domain.exposure import Exposure
from workstation.persistence import exposures
from workstation.persistence.migrations import migration

_PATIENT = "json_extract(header, '$.patient.patient_id')"
MOST = 200
"""Films looked at; a patient with more has them read newest first."""


@migration(1, 3)
def _by_patient(connection: sqlite3.Connection) -> None:
    connection.execute(f"CREATE INDEX exposure_patient ON exposure({_PATIENT}) WHERE {_PATIENT} <> ''")


def related(connection: sqlite3.Connection, root: Path, film: Exposure) -> list[Exposure]:
    """Films with the Patient ID or the Study Instance UID of `film`, itself included, newest first."""
    return exposures.select(
        connection,
        root,
        f"""WHERE e.id IN (
            SELECT id FROM exposure WHERE {_PATIENT} = ? AND {_PATIENT} <> ''
            UNION SELECT id FROM exposure WHERE study_instance_uid = ? AND study_instance_uid <> '')
            ORDER BY e.id DESC LIMIT {MOST}""",
        (film.header.patient.patient_id, film.header.study_instance_uid),
    )
