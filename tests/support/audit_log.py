"""The audit as tests look at it."""

from __future__ import annotations

from workstation.persistence import audit
from workstation.persistence.database import Database


def history(database: Database, exposure_id: int) -> list[audit.AuditRow]:
    """The audit lines of one exposure, oldest first."""
    with database.snapshot() as connection:
        return audit.rows(connection, exposure_id)


def verified(database: Database) -> audit.AuditReport:
    """The audit's chain of hashes, computed again."""
    with database.long_read() as connection:
        return audit.verify(connection)
