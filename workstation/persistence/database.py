"""The local SQLite database: one guarded connection, durable commits, errors in plain words."""

from __future__ import annotations

from pathlib import Path


class Database:
    """Opened by `Database.open(path, backups)`; closed by `close()`."""

    moved_aside: Path | None
    """Where a damaged database was put at open (a fresh one was begun), else None: tell the user."""

    @classmethod
    def open(cls, path: Path, backups: Path) -> Database:
        """Open, check and migrate. Raises StorageFailed (newer than the program, locked, full, not ours)."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
