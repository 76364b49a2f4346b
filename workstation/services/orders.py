"""Today's orders of the modality worklist, kept fresh in the background; a dead worklist changes nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import Interrupted, PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.worklist_scu import Query, find_orders
from workstation.domain.delivery import DeliveryError
from workstation.domain.film import FilmHeader
from workstation.domain.order import Fit, Order, OrderCheck, check_order
from workstation.domain.projection import Projection
from workstation.services.background import BackgroundThread
from workstation.services.certificates import tls_files
from workstation.services.clock import Clock, local_now
from workstation.settings.model import Settings
from workstation.settings.network import WorklistPeer

STOP_SECONDS = 5.0
"""How long `OrderService.stop` waits for the thread: a name server that does not answer heeds no interrupt."""

_DAYS = 7
"""Orders of so many days are kept for films that wait for a decision over midnight."""

Find = Callable[[Peer, Query, Interrupt], tuple[Order, ...]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorklistStatus:
    """State of the worklist for the window.

    Attributes:
        enabled: as the settings say.
        asked_at: of the last answer, None before the first.
        orders: how many are known for today.
        error: of the latest query where it failed.
    """

    enabled: bool
    asked_at: datetime | None = None
    orders: int = 0
    error: DeliveryError | None = None


class OrderService:
    """Asks every few minutes while the settings say so. Thread-safe.

    Args:
        on_change: called from the service's thread when orders or status changed; must not raise.
        find: asks the peer; tests bring their own.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        clock: Clock = local_now,
        on_change: Callable[[], None] | None = None,
        find: Find = find_orders,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_change = on_change or (lambda: None)
        self._find = find
        self._guard = threading.Lock()
        self._orders: dict[date, tuple[Order, ...]] = {}
        self._asked_at: datetime | None = None
        self._error: DeliveryError | None = None
        self._interrupt = Interrupt()
        self._thread = BackgroundThread("worklist", "the worklist", self._step, after_mistake=self._nap)

    def start(self) -> None:
        """Begin to ask."""
        self._interrupt = Interrupt()
        self._thread.start()

    def stop(self) -> None:
        """Break off what is under way; returns when the thread has ended, or after five seconds."""
        self._thread.ask_to_stop()
        self._interrupt.set()
        self._thread.stop(STOP_SECONDS)

    def refresh(self) -> None:
        """Ask now (settings changed, or a person wants it). Returns at once."""
        self._thread.wake()

    def ask(self) -> None:
        """One query, in the caller's thread; the outcome is in `status`. A disabled worklist is forgotten."""
        peer = self._settings().worklist
        if not peer.enabled or not peer.host:
            with self._guard:
                self._orders, self._asked_at, self._error = {}, None, None
            return
        now = self._clock()
        query = Query(now.date(), peer.modalities, peer.station_ae)
        try:
            found = self._find(peer_of_worklist(peer), query, self._interrupt)
        except Interrupted:
            return
        except PeerFailed as error:
            # What is known of today still serves.
            with self._guard:
                self._error = DeliveryError(error.code, error.message, error.remedy)
            _log.warning("worklist: %s", error.code)
        else:
            with self._guard:
                told = {**self._orders, query.day: found}
                self._orders = dict(list(told.items())[-_DAYS:])
                self._asked_at, self._error = now, None
        self._on_change()

    def test(self, peer: WorklistPeer) -> float:
        """C-ECHO to a worklist as it may be set; returns the round trip in milliseconds.

        Raises:
            PeerFailed: in plain words what is wrong.
        """
        return echo(peer_of_worklist(peer))

    @property
    def status(self) -> WorklistStatus:
        orders = self.orders()
        with self._guard:
            return WorklistStatus(self._is_set(), self._asked_at, len(orders), self._error)

    def awaited(self, header: FilmHeader) -> bool:
        """True while the worklist is set up and could still say that a film is the wrong patient's.

        It has neither told today's orders yet nor failed; or the film is of a day whose orders it never told.
        """
        today = self._clock().date()
        day = _day_of(header, today)
        with self._guard:
            told = day in self._orders or (day == today and self._error is not None)
        return self._is_set() and not told

    def orders(self) -> tuple[Order, ...]:
        """Today's orders as last heard."""
        with self._guard:
            return self._orders.get(self._clock().date(), ())

    def check(self, header: FilmHeader, projection: Projection = Projection.UNKNOWN) -> OrderCheck:
        """Compare a film with the orders of its day; of another day than today's they may not be known any more."""
        day = _day_of(header, self._clock().date())
        with self._guard:
            orders = self._orders.get(day) if day is not None else None
        if orders == ():  # told: there are none, which is not the same as an unreachable worklist
            return OrderCheck(Fit.NO_ORDER)
        return check_order(header, orders or (), projection)

    def _is_set(self) -> bool:
        peer = self._settings().worklist
        return peer.enabled and bool(peer.host)

    def _step(self) -> float:
        self.ask()
        return self._nap()

    def _nap(self) -> float:
        return 60.0 * self._settings().worklist.refresh_minutes


def peer_of_worklist(of: WorklistPeer) -> Peer:
    """The network's view of the worklist in the settings."""
    return Peer(of.host, of.port, of.called_ae, of.calling_ae, tls_files(of) if of.tls else None, of.tls_host)


def _day_of(header: FilmHeader, today: date) -> date | None:
    """When a film was taken, today where it does not say; None for what is no date."""
    if not header.acquired_at:
        return today
    try:
        return date.fromisoformat(header.acquired_at[:10])
    except ValueError:
        return None
