"""Objects that follow from a decision: reject note, report of the verdict, annotated film, presentation states.

They are made once the time for undo is over: first the file, durably, then its row and its outbox rows in one
transaction. A program killed between the two makes the same object again: its UIDs depend on film and decision alone.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import PurePosixPath

from pydicom.dataset import Dataset

from workstation.domain.delivery import Backoff, DeliveryKind
from workstation.domain.derived import NotMade
from workstation.domain.errors import StorageFailed, UnreadableFilm
from workstation.domain.turn import UNTURNED
from workstation.domain.unreadable import PASSING, UnreadableCode
from workstation.persistence import audit, derived, exposures, node_tables, outbox
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso, to_us
from workstation.services.background import LONGEST_NAP, BackgroundThread
from workstation.services.clock import Clock, local_now
from workstation.services.derived_objects import DerivedObjects, NothingToMake, Source
from workstation.services.durable_file import write_durably
from workstation.services.reserve import leaves_reserve
from workstation.settings.model import Settings
from workstation.settings.network import Destination, SetAside

STOP_SECONDS = 10.0
"""How long `DerivedService.stop` waits for the object under way; unfinished, it is made after the next start."""
_STORAGE_NAP = 2.0  # seconds between tries while the disk refuses
_BACKOFF = Backoff(first=30.0, longest=3600.0)
MOST_TRIES = 30
"""Tries to read a film that cannot be read just now, a good day in all; then the object is given up, and said so."""

_log = logging.getLogger(__name__)


class DerivedService:
    """Makes what is due, in a thread of its own. One such service per data folder (`DataFolder.lock`)."""

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Settings],
        objects: DerivedObjects,
        clock: Clock = local_now,
        on_queued: Callable[[], None] | None = None,
        on_not_made: Callable[[NotMade], None] | None = None,
        backoff: Backoff = _BACKOFF,
    ) -> None:
        """`objects` makes them; `on_queued` wakes the delivery (`DeliveryService.wake`).

        `on_not_made` is told, from this service's thread, of each object that was wanted and cannot be made.
        """
        self._database = database
        self._settings = settings
        self._objects = objects
        self._clock = clock
        self._on_queued = on_queued or (lambda: None)
        self._on_not_made = on_not_made or (lambda _: None)
        self._backoff = backoff
        self._thread = BackgroundThread("derived objects", "the maker of derived objects", self._step)

    def start(self) -> None:
        """Begin; what fell due while the program was off is made first."""
        self._thread.start()

    def stop(self) -> None:
        """Returns once the object under way, if any, is made, or after ten seconds."""
        self._thread.stop(STOP_SECONDS)

    def wake(self) -> None:
        """Something was decided: look now. Cheap, thread-safe."""
        self._thread.wake()

    def make_due(self) -> float | None:
        """Make all that is due now; returns the seconds until the next, None where nothing is planned.

        Raises:
            StorageFailed: the disk or the database refused; nothing half-made counts.
        """
        while not self._thread.stopping.is_set():
            now = self._clock()
            with self._database.snapshot() as connection:
                plan = derived.next_plan(connection)
            if plan is None:
                return None
            wait = (plan.due_us - to_us(now)) / 1e6
            if 0 < wait <= 2 * self._backoff.longest:  # longer: the clock was set back
                return wait
            self._make(plan, now)
        return None

    def _step(self) -> float:
        try:
            nap = self.make_due()
        except StorageFailed as exc:
            _log.error("derived objects wait: %s", exc.code)
            nap = _STORAGE_NAP
        return LONGEST_NAP if nap is None else min(max(nap, 0.01), LONGEST_NAP)

    def _make(self, plan: derived.Plan, now: datetime) -> None:
        try:
            self._leave_reserve(plan.kind)
            document = self._document(plan)
            content = _as_file(document)
        except StorageFailed:
            raise
        except Exception as exc:
            if _may_pass(exc) and plan.tries < MOST_TRIES:
                self._postpone(plan, exc, now)
            else:
                self._give_up(plan, exc, now)
            return
        relative = PurePosixPath("derived", f"{now:%Y/%m/%d}", f"{document.SOPInstanceUID}.dcm")
        target = self._database.root / relative
        write_durably(target, content)
        with self._database.transaction() as connection:
            made = derived.mark_made(connection, plan, str(relative), len(content), now)
            queued = self._queue(connection, plan, str(relative), now) if made else []
            if made:
                exposures.refresh_state(connection, plan.exposure_id)
                audit.append(
                    connection, iso(now), "", "derived", plan.exposure_id, kind=plan.kind.value, queued=queued
                )
        if not made:  # undone meanwhile
            with contextlib.suppress(OSError):
                target.unlink()
        elif queued:
            self._on_queued()

    def _leave_reserve(self, kind: DeliveryKind) -> None:
        """An annotated film is as large as a film; it waits, and holds up no note."""
        if kind is DeliveryKind.SECONDARY_CAPTURE and not leaves_reserve(self._database.root):
            raise OSError(errno.ENOSPC, "what is left of the disk is kept for decisions")

    def _document(self, plan: derived.Plan) -> Dataset:
        with self._database.snapshot() as connection:
            exposure = exposures.get(connection, self._database.root, plan.exposure_id)
            device = node_tables.installation_uid(connection)
            latest = exposures.latest_verdict(connection, plan.exposure_id)
        return self._objects.make(plan.kind, Source(exposure, latest, device))

    def _queue(
        self, connection: sqlite3.Connection, plan: derived.Plan, path: str, now: datetime
    ) -> list[int]:
        return [
            outbox.enqueue(connection, plan.exposure_id, destination.name, now, now, plan.kind, path)
            for destination in all_destinations(self._settings())
            if wants(destination, plan.kind)
        ]

    def _postpone(self, plan: derived.Plan, exc: Exception, now: datetime) -> None:
        wait = timedelta(seconds=self._backoff.delay(plan.tries + 1, 0.5))
        _log.warning(
            "exposure %d: %s waits, try %d (%s)", plan.exposure_id, plan.kind, plan.tries + 1, _word(exc)
        )
        with self._database.transaction() as connection:
            derived.postpone(connection, plan, now + wait)

    def _give_up(self, plan: derived.Plan, exc: Exception, now: datetime) -> None:
        needless = isinstance(exc, NothingToMake)
        known = needless or isinstance(exc, ValueError | OSError | MemoryError | UnreadableFilm)
        word = exc.args[0] if needless else _word(exc)
        (_log.warning if known else _log.error)(
            "exposure %d: no %s can be made (%s)", plan.exposure_id, plan.kind, word
        )
        lost = None
        with self._database.transaction() as connection:
            if needless:
                derived.mark_needless(connection, plan, word)
            else:
                lost = derived.mark_impossible(connection, plan, word, now)
            audit.append(
                connection,
                iso(now),
                "",
                "derived_failed",
                plan.exposure_id,
                kind=plan.kind.value,
                problem=word,
            )
        if lost is not None:
            self._on_not_made(lost)


def _may_pass(exc: Exception) -> bool:
    """Whether the same try may succeed later; a film that is not there does not come back by itself."""
    if isinstance(exc, UnreadableFilm):
        return exc.code in PASSING - {UnreadableCode.NOT_FOUND}
    return isinstance(exc, OSError | MemoryError) and not isinstance(exc, FileNotFoundError)


def _word(exc: Exception) -> str:
    # The message may quote the film.
    return exc.code if isinstance(exc, UnreadableFilm) else type(exc).__name__


def all_destinations(settings: Settings) -> tuple[Destination | SetAside, ...]:
    """Those in force, and those whose settings hold a mistake: what goes to these waits until it is mended."""
    return *settings.destinations, *settings.set_aside


def is_wanted(settings: Settings, kind: DeliveryKind) -> bool:
    """Whether some destination is set to receive objects of `kind`: else nobody misses one."""
    return any(wants(destination, kind) for destination in all_destinations(settings))


def wants(destination: Destination | SetAside, kind: DeliveryKind) -> bool:
    """Whether `destination` is set to receive objects of `kind`."""
    return {
        DeliveryKind.FILM: True,
        DeliveryKind.REJECT_NOTE: destination.wants_reject_notes,
        DeliveryKind.REPORT: destination.wants_reports,
        DeliveryKind.SECONDARY_CAPTURE: destination.wants_annotated,
        DeliveryKind.PRESENTATION_STATE: destination.wants_presentation_states,
        DeliveryKind.TURN: True,  # a person chose it
    }[kind]


def plan_for_film(
    connection: sqlite3.Connection, exposure_id: int, settings: Settings, due: datetime
) -> None:
    """Plan what goes along with a film that is sent: what a destination wants, and its turn."""
    for kind in (DeliveryKind.REPORT, DeliveryKind.SECONDARY_CAPTURE, DeliveryKind.PRESENTATION_STATE):
        if is_wanted(settings, kind):
            derived.plan(connection, exposure_id, kind, due)
    if all_destinations(settings) and exposures.turn_of(connection, exposure_id) != UNTURNED:
        derived.plan(connection, exposure_id, DeliveryKind.TURN, due)


def _as_file(document: Dataset) -> bytes:
    stream = BytesIO()
    document.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
