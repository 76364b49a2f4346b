"""One destination's FIFO at work: claim the oldest due film, send it, record what came of it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from workstation.dicom.network.errors import OUR_OWN, Interrupted, PeerFailed, film_unusable
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.store_scu import Stored
from workstation.domain.delivery import Backoff, DeliveryError, DestinationState, names_another
from workstation.domain.errors import StorageFailed
from workstation.mistakes import log_mistake
from workstation.persistence import audit, commitment, exposures, outbox
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso
from workstation.services.background import LONGEST_NAP, BackgroundThread
from workstation.services.certificates import tls_files
from workstation.services.clock import Clock
from workstation.services.film_content import file_digest
from workstation.settings.network import Destination

Sender = Callable[[Peer, Path, Interrupt], Stored]
"""Sends one film; raises PeerFailed or Interrupted. `store_scu.store` in the program."""

_GATHER = timedelta(seconds=2)
_STORAGE_NAP = 2.0  # seconds between tries to write down a result while the disk refuses

_log = logging.getLogger(__name__)


def peer_of(destination: Destination) -> Peer:
    """The network's view of a destination of the settings."""
    return Peer(
        destination.host,
        destination.port,
        destination.called_ae,
        destination.calling_ae,
        tls_files(destination) if destination.tls else None,
        destination.tls_host,
    )


class Condition(NamedTuple):
    """How a worker sees its destination; times in ISO 8601 or ``""``."""

    state: DestinationState
    down_since: str = ""
    next_try_at: str = ""
    last_error: DeliveryError | None = None


STOPPED = Condition(DestinationState.STOPPED)
"""Of a destination that has no worker."""


class DeliveryWorker:
    """One thread for one destination.

    Films that fail by themselves do not hold up those behind them; a peer that fails as a whole is left alone for
    the time of the backoff. `on_change` must not raise.
    """

    def __init__(
        self,
        destination: Destination,
        database: Database,
        send: Sender,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        self.destination = destination
        self._database = database
        self._send = send
        self._clock = clock
        self._backoff = backoff
        self._chance = chance
        self._on_change = on_change
        self._guard = threading.Lock()
        self._interrupt: Interrupt | None = None
        self._sending = False
        self._failures = 0
        self._rest_until: datetime | None = None
        self._down_since = ""
        self._last_error: DeliveryError | None = None
        self._thread = BackgroundThread(f"delivery to {destination.name}", "delivery", self._step)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something may be due."""
        self._thread.wake()

    def hurry(self) -> None:
        """Forget the backoff: a person asked for it now."""
        with self._guard:
            self._rest_until = None
        self._thread.wake()

    def ask_to_stop(self) -> None:
        """Returns at once; `join` waits."""
        self._thread.ask_to_stop()
        with self._guard:
            if self._interrupt is not None:
                self._interrupt.set()

    def join(self, seconds: float) -> bool:
        """True once the thread has ended."""
        return self._thread.join(seconds)

    def condition(self) -> Condition:
        """How the destination stands."""
        with self._guard:
            if not self._thread.alive:
                state = DestinationState.STOPPED
            elif self._sending:
                state = DestinationState.SENDING
            elif self._down_since:
                state = DestinationState.UNREACHABLE
            else:
                state = DestinationState.IDLE
            next_try = iso(self._rest_until) if self._rest_until is not None else ""
            return Condition(state, self._down_since, next_try, self._last_error)

    def _step(self) -> float:
        try:
            return min(self._send_next(), LONGEST_NAP)
        except StorageFailed as exc:
            _log.error("delivery waits: %s", exc.code)
            return _STORAGE_NAP

    def _send_next(self) -> float:
        """Send at most one film; returns the seconds until there may be more to do."""
        now = self._clock()
        with self._guard:
            rest = 0.0 if self._rest_until is None else (self._rest_until - now).total_seconds()
        if 0 < rest <= 2 * self._backoff.longest:  # longer: the clock was set back
            return rest
        with self._database.transaction() as connection:
            claim = outbox.claim(connection, self.destination.name, now)
            due = outbox.next_due_us(connection, self.destination.name) if claim is None else None
        if claim is None:
            return LONGEST_NAP if due is None else max(0.01, due / 1e6 - now.timestamp())
        if claim.of_twin:
            self._gave_up(claim, names_another())
            self._on_change()
        else:
            self._attempt(claim)
        return 0.0

    def _attempt(self, claim: outbox.Claim) -> None:
        interrupt = Interrupt()
        with self._guard:
            self._sending = True
            self._rest_until = None
            self._interrupt = interrupt
        if self._thread.stopping.is_set():
            interrupt.set()
        self._on_change()
        path = self._database.root / claim.object_path
        try:
            if claim.content_sha256 and _is_damaged(path, claim.content_sha256):
                raise film_unusable("its copy on this console is damaged")
            stored = self._send(peer_of(self.destination), path, interrupt)
        except Interrupted as exc:
            in_doubt = exc.in_doubt
            self._settle(claim, lambda c, now: outbox.mark_retry(c, claim.delivery.id, None, now, in_doubt))
        except PeerFailed as exc:
            if exc.code == "duplicate" and claim.delivery.in_doubt and not claim.has_twin:
                # The attempt that broke off had arrived after all; with a twin the peer may mean that one.
                self._sent(claim, Stored(0x0111, "", False))
            else:
                self._failed(claim, exc)
        except Exception as exc:
            log_mistake(_log, exc, "delivery %d failed by a mistake of the program", claim.delivery.id)
            self._gave_up(
                claim, DeliveryError("internal", f"{type(exc).__name__}.", "Report this; see the log.")
            )
        else:
            self._sent(claim, stored)
        finally:
            with self._guard:
                self._sending = False
                self._interrupt = None
            self._on_change()

    def _sent(self, claim: outbox.Claim, stored: Stored) -> None:
        with self._guard:
            self._failures = 0
            self._down_since = ""
            self._last_error = None

        def record(connection: sqlite3.Connection, now: datetime) -> None:
            outbox.mark_sent(connection, claim.delivery.id, now)
            if self.destination.wants_commitment:
                # A moment later: films that follow one another share a request.
                commitment.begin(connection, claim.delivery.id, now + _GATHER)
            self._audit(
                connection,
                now,
                "sent",
                claim,
                status=stored.status,
                transfer_syntax=stored.transfer_syntax,
                transcoded=stored.transcoded,
            )

        self._settle(claim, record)
        _log.info("delivery %d of exposure %d sent", claim.delivery.id, claim.delivery.exposure_id)

    def _failed(self, claim: outbox.Claim, failure: PeerFailed) -> None:
        error = DeliveryError(failure.code, failure.message, failure.remedy)
        _log.warning("delivery %d: %s", claim.delivery.id, failure.code)
        now = self._clock()
        with self._guard:
            self._last_error = error
            if failure.peer_wide:
                self._failures += 1
                self._down_since = self._down_since or iso(now)
            elif failure.code not in OUR_OWN:  # the peer answered: it is not down
                self._failures = 0
                self._down_since = ""
        if not failure.passing:
            self._gave_up(claim, error)
            return
        with self._guard:
            failures = self._failures if failure.peer_wide else claim.delivery.attempts
            next_try = now + timedelta(seconds=self._backoff.delay(max(1, failures), self._chance()))
            if failure.peer_wide:
                self._rest_until = next_try
        self._settle(
            claim,
            lambda c, _: outbox.mark_retry(c, claim.delivery.id, error, next_try, failure.in_doubt),
        )

    def _gave_up(self, claim: outbox.Claim, error: DeliveryError) -> None:
        def record(connection: sqlite3.Connection, now: datetime) -> None:
            outbox.mark_failed(connection, claim.delivery.id, error)
            self._audit(connection, now, "send_failed", claim, error=error.code)

        self._settle(claim, record)

    def _settle(self, claim: outbox.Claim, record: Callable[[sqlite3.Connection, datetime], None]) -> None:
        """Write the result down, however long the disk refuses; unwritten, the next start sends once more."""
        while True:
            now = self._clock()
            try:
                with self._database.transaction() as connection:
                    record(connection, now)
                    exposures.refresh_state(connection, claim.delivery.exposure_id)
                return
            except StorageFailed as exc:
                _log.error("the result of delivery %d cannot be stored yet: %s", claim.delivery.id, exc.code)
                if self._thread.stopping.wait(_STORAGE_NAP):
                    return

    def _audit(
        self,
        connection: sqlite3.Connection,
        now: datetime,
        action: str,
        claim: outbox.Claim,
        **detail: object,
    ) -> None:
        delivery = claim.delivery
        audit.append(
            connection,
            iso(now),
            "",
            action,
            delivery.exposure_id,
            delivery=delivery.id,
            destination=delivery.destination,
            kind=delivery.kind.value,
            attempts=delivery.attempts,
            **detail,
        )


def _is_damaged(path: Path, content_sha256: str) -> bool:
    """Whether another film, or half of it, lies there than was received: the archive would keep it for the film."""
    try:
        return file_digest(path) != content_sha256
    except OSError:
        return False  # gone, or not to be read now: whoever sends it says so
