"""Films are sent; here they become committed: the PACS answers for them."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from workstation.dicom.network import commitment as network
from workstation.dicom.network.commitment import CommitmentReport, OnReport, Reference
from workstation.dicom.network.errors import Interrupted, PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.domain.delivery import DeliveryError
from workstation.domain.errors import StorageFailed
from workstation.persistence import audit, commitment, exposures
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso, to_us
from workstation.services.background import LONGEST_NAP, BackgroundThread
from workstation.services.cleaning import Cleaning
from workstation.services.clock import Clock, local_now
from workstation.services.delivery_worker import peer_of
from workstation.settings.model import Settings
from workstation.settings.network import Destination

MOST_AT_ONCE = 100
MOST_RESENDS = 3
_CLEAN_EVERY = timedelta(hours=1)
STOP_SECONDS = 5.0
"""How long `CommitmentService.stop` waits for the thread: a name server that does not answer heeds no interrupt."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """When to ask again.

    Attributes:
        unreachable: after a request that did not get through.
        first: without a report to the first request; doubled with each further one up to `longest`.
    """

    unreachable: timedelta = timedelta(seconds=60)
    first: timedelta = timedelta(minutes=5)
    longest: timedelta = timedelta(hours=6)

    def wait(self, tries: int) -> timedelta:
        """Time for a report to request number `tries` + 1."""
        return min(self.longest, self.first * float(2 ** min(tries, 16)))


class Requester(Protocol):
    """`dicom.network.commitment.request`."""

    def __call__(
        self,
        peer: Peer,
        transaction_uid: str,
        references: list[Reference],
        on_report: OnReport,
        interrupt: Interrupt,
    ) -> None: ...


class CommitmentService:
    """Asks the destinations that offer storage commitment, hears their reports, cleans up. One thread for all.

    An archive may take its time: the answer to any request counts, however often it was asked again meanwhile. One
    that does not have an object is asked once more, later each time, before the object is sent again.
    """

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Settings],
        clock: Clock = local_now,
        on_change: Callable[[], None] | None = None,
        on_queued: Callable[[], None] | None = None,
        request: Requester = network.request,
        pace: Pace = Pace(),
    ) -> None:
        """`on_change` is called from other threads; `on_queued` wakes the delivery."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._on_change = on_change or (lambda: None)
        self._on_queued = on_queued or (lambda: None)
        self._request = request
        self._pace = pace
        self._interrupt = Interrupt()
        self._thread = BackgroundThread("storage commitment", "commitment", self._step)
        self._cleaning = Cleaning(database, settings, clock)
        self._cleaned_at: datetime | None = None

    def start(self) -> None:
        """Begin in the background; what was asked before and not answered is asked again.

        Raises:
            StorageFailed: the database refused.
        """
        with self._database.transaction() as connection:
            # The report may have come while nobody listened.
            commitment.ask_again(connection, self._clock())
        self._interrupt = Interrupt()
        self._thread.start()

    def stop(self) -> None:
        """Break off what is under way, within five seconds; it is asked again after the next start."""
        self._thread.ask_to_stop()
        self._interrupt.set()
        self._thread.stop(STOP_SECONDS)

    def wake(self) -> None:
        """Something was sent. Cheap, thread-safe."""
        self._thread.wake()

    def report(self, report: CommitmentReport) -> None:
        """Write down what a peer says; a transaction that is not (or no longer) ours changes nothing.

        Raises:
            StorageFailed: it could not be written; the peer should tell again.
        """
        now = self._clock()
        if not report.transaction_uid:
            return
        with self._database.transaction() as connection:
            waiting = commitment.of_transaction(connection, report.transaction_uid)
            touched = set()
            for uid in report.committed:
                for row in waiting.get(uid, ()):
                    commitment.committed(connection, row.delivery_id, now)
                    self._audit(connection, now, "committed", row)
                    touched.add(row.exposure_id)
            for uid, reason in report.failed:
                for row in waiting.get(uid, ()):
                    self._failed(connection, now, row, reason)
                    touched.add(row.exposure_id)
            for exposure_id in touched:
                exposures.refresh_state(connection, exposure_id)
        _log.info("commitment: %d taken over, %d not", len(report.committed), len(report.failed))
        self._on_change()
        if report.failed:
            self._on_queued()

    def step(self) -> float | None:
        """Ask about all that is due; returns the seconds until more is, None where nothing waits.

        Raises:
            StorageFailed: the database refused.
        """
        now = self._clock()
        wanted = [d for d in self._settings().destinations if d.wants_commitment]
        for destination in wanted:
            while not self._thread.stopping.is_set() and self._ask(destination):
                pass
        with self._database.snapshot() as connection:
            following = commitment.next_us(connection, [destination.name for destination in wanted])
        return None if following is None else max(0.2, (following - to_us(now)) / 1e6)

    def clean(self) -> int:
        """Remove local copies whose retention is over, see `Cleaning.clean`; returns of how many films."""
        return self._cleaning.clean(self._thread.stopping)

    def _step(self) -> float:
        try:
            nap = self.step()
            now = self._clock()
            if self._cleaned_at is None or not timedelta(0) <= now - self._cleaned_at < _CLEAN_EVERY:
                self._cleaned_at = now
                self.clean()
        except (StorageFailed, OSError) as exc:
            _log.error("commitment waits: %s", type(exc).__name__)
            nap = None
        return LONGEST_NAP if nap is None else min(nap, LONGEST_NAP)

    def _ask(self, destination: Destination) -> bool:
        """One request; False where nothing (more) is due or the peer failed."""
        now = self._clock()
        transaction = f"2.25.{uuid.uuid4().int}"
        with self._database.snapshot() as connection:
            rows = commitment.due(connection, destination.name, now, MOST_AT_ONCE)
        if not rows:
            return False
        with self._database.transaction() as connection:
            for row in rows:
                # Before the request: its report may be faster than our next transaction.
                commitment.asking(connection, row.delivery_id, transaction, now + self._pace.wait(row.tries))
        references = [Reference(row.sop_class_uid, row.sop_instance_uid) for row in rows]
        try:
            self._request(peer_of(destination), transaction, references, self.report, self._interrupt)
        except Interrupted:
            self._postpone(transaction, timedelta(0))
            return False
        except PeerFailed as exc:
            _log.warning("commitment of %d objects: %s", len(rows), exc.code)
            # One that will not is not asked every minute: the time for a report goes by first.
            wait = self._pace.unreachable if exc.passing else None
            self._postpone(transaction, wait, arrived=exc.in_doubt)
            return False
        return len(rows) == MOST_AT_ONCE

    def _postpone(self, transaction: str, wait: timedelta | None, *, arrived: bool = True) -> None:
        """Ask again after `wait`; None for the time that is set already."""
        with self._database.transaction() as connection:
            if wait is not None:
                commitment.postpone(connection, transaction, self._clock() + wait)
            if not arrived:
                commitment.never_arrived(connection, transaction)

    def _failed(
        self, connection: sqlite3.Connection, now: datetime, row: commitment.Uncommitted, reason: int
    ) -> None:
        if reason == network.NO_SUCH_OBJECT and row.asked_before:
            return
        if reason == network.NO_SUCH_OBJECT and not row.missing:
            # Many archives confirm a film before it is in their index: sent again, it would be no sooner there.
            commitment.look_again(connection, row.delivery_id, now + self._pace.wait(row.tries))
            _log.info("commitment: delivery %d is not there yet", row.delivery_id)
        elif reason == network.NO_SUCH_OBJECT and row.resends < MOST_RESENDS:
            commitment.send_again(connection, row.delivery_id, now)
            self._audit(connection, now, "commitment_lost", row, reason=reason)
        elif reason not in network.PASSING:
            commitment.give_up(
                connection,
                row.delivery_id,
                DeliveryError(
                    "commitment_refused",
                    f"The peer does not take over the safekeeping (0x{reason:04X}).",
                    "Ask the peer's administrator, then retry; the film stays on this console.",
                ),
            )
            self._audit(connection, now, "commitment_refused", row, reason=reason)

    def _audit(
        self,
        connection: sqlite3.Connection,
        now: datetime,
        action: str,
        row: commitment.Uncommitted,
        **detail: object,
    ) -> None:
        audit.append(connection, iso(now), "", action, row.exposure_id, delivery=row.delivery_id, **detail)
