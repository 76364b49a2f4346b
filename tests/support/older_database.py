"""A database as an earlier version of the program left it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from workstation.persistence import migrations
from workstation.persistence.database import APPLICATION_ID


def turn_back(path: Path, version: tuple[int, int]) -> None:
    """Put a closed database back to `version`, with those of its rows that were known then."""
    old = path.with_name("old.sqlite3")
    steps = {number: step for number, step in migrations._STEPS.items() if number <= version}
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        migrations.migrate(connection, path.parent / "none", steps)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("ATTACH ? AS now", (str(path),))
        tables = connection.execute(
            "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        triggers = connection.execute(
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for (table,) in tables:
            columns = ",".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM now.{table}")
        for _, statement in triggers:
            connection.execute(statement)
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    old.rename(path)
