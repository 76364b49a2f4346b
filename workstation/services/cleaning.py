"""Local copies go once their time is over: of films that the archive answers for, and of rejected ones."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from workstation.persistence import audit, cleaning, derived
from workstation.persistence.cleaning import Removable
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso
from workstation.services.clock import Clock
from workstation.services.data_folder import thumbnail_path
from workstation.settings.model import Settings

_AT_ONCE = 50

_log = logging.getLogger(__name__)


class _Find(Protocol):
    """A function of `persistence.cleaning`."""

    def __call__(
        self, connection: sqlite3.Connection, before: datetime, most: int, after: Removable | None
    ) -> list[Removable]: ...


class Cleaning:
    """Removes films with what was made from them. What the database says of them stays: statistics count on."""

    def __init__(self, database: Database, settings: Callable[[], Settings], clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    def clean(self, stopping: threading.Event) -> int:
        """Remove local copies whose retention is over, and what was made from them.

        One that the disk does not let go of is logged and tried again the next time.

        Returns:
            Of how many films.

        Raises:
            StorageFailed: the database refused.
        """
        settings, now = self._settings(), self._clock()
        removed = 0
        # Whoever is no longer asked never answers, and would keep a note's film for good.
        asked = [peer.name for peer in settings.destinations if peer.wants_commitment]
        finds: tuple[tuple[int, _Find], ...] = (
            (settings.keep_committed_days, cleaning.committed),
            (settings.keep_rejected_days, partial(cleaning.rejected, asked=asked)),
        )
        for days, find in finds:
            if days > 0:
                removed += self._clean(find, now - timedelta(days=days), now, stopping)
        return removed

    def _clean(self, find: _Find, before: datetime, now: datetime, stopping: threading.Event) -> int:
        removed = 0
        last: Removable | None = None
        while not stopping.is_set():
            with self._database.snapshot() as connection:
                found = find(connection, before, _AT_ONCE, last)
            if not found:
                break
            for film in found:
                try:
                    removed += self._remove(film, find, before, now)
                except OSError as exc:
                    # Its path may name the patient.
                    _log.error("exposure %d cannot be cleaned up: %s", film.exposure_id, type(exc).__name__)
            last = found[-1]
        return removed

    def _remove(self, film: Removable, find: _Find, before: datetime, now: datetime) -> bool:
        root = self._database.root
        # Nobody takes a decision back while its film goes.
        with self._database.transaction() as connection:
            just_before = replace(film, exposure_id=film.exposure_id - 1)
            if find(connection, before, 1, just_before) != [film]:  # decided anew since it was found
                return False
            made = [*derived.paths(connection, film.exposure_id), film.stored_path]
            # The picture in the list shows the patient as the film does.
            files = [thumbnail_path(root, film.stored_path), *(root / name for name in made)]
            # Files first: killed in between, the next run finds them gone and goes on.
            for file in files:
                file.unlink(missing_ok=True)
            if (root / film.stored_path).exists():  # received again just now: the next round takes it
                return False
            cleaning.cleaned(connection, film.exposure_id, now)
            derived.cleaned(connection, film.exposure_id)
            audit.append(connection, iso(now), "", "cleaned", film.exposure_id)
        return True
