"""The outbox at work: one worker thread and one FIFO per destination."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from workstation.dicom.network import store_scu
from workstation.dicom.network.echo import echo
from workstation.domain.delivery import (
    COMPANIONS,
    Backoff,
    Delivery,
    DeliveryError,
    DeliveryState,
    DestinationStatus,
    gone,
    set_aside,
)
from workstation.domain.errors import DeliveryFailed
from workstation.domain.exposure import IllegalTransition
from workstation.mistakes import log_mistake
from workstation.persistence import audit, commitment, exposures, outbox
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso
from workstation.services.clock import Clock, local_now
from workstation.services.delivery_worker import DeliveryWorker, Sender, peer_of
from workstation.services.derived import wants
from workstation.services.disposition import enqueue_film
from workstation.services.standing import standing
from workstation.settings.model import Settings
from workstation.settings.network import Destination

STOP_SECONDS = 2.0
_GIVEN_UP_FOR = timedelta(days=7)

_log = logging.getLogger(__name__)


class DeliveryService:
    """Sends what was decided, in the background; a dead PACS costs nothing but time.

    One such service per data folder (`DataFolder.lock`): at start it takes up what a killed one left.
    """

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Settings],
        on_change: Callable[[], None] | None = None,
        *,
        clock: Clock = local_now,
        send: Sender = store_scu.store,
        backoff: Backoff = Backoff(),  # noqa: B008 - immutable
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`on_change` is called from worker threads whenever a delivery or a destination changed."""
        self._database = database
        self._settings = settings
        self._on_change = on_change or (lambda: None)
        self._clock = clock
        self._send = send
        self._backoff = backoff
        self._chance = chance
        self._guard = threading.Lock()
        self._workers: dict[str, DeliveryWorker] = {}
        self._running = False

    def start(self) -> None:
        """Take up what the last run left and start the workers.

        Raises:
            StorageFailed: the database refused.
        """
        with self._database.transaction() as connection:
            recovered = outbox.recover(connection, self._clock())
        if recovered:
            _log.warning(
                "%d deliveries were under way when the program ended; they are sent again", recovered
            )
        with self._guard:
            self._running = True
        self.apply_settings()

    def stop(self) -> None:
        """Stop within two seconds, even amid a dead connection; what was under way goes back to waiting."""
        with self._guard:
            self._running = False
            workers, self._workers = list(self._workers.values()), {}
        _stop(workers)

    def wake(self) -> None:
        """Something was queued: look now. Cheap, thread-safe."""
        with self._guard:
            workers = list(self._workers.values())
        for worker in workers:
            worker.wake()
        if self._settings().set_aside:  # no worker of theirs tells that more films wait
            self._notify()

    def apply_settings(self, before: Sequence[Destination] = ()) -> None:
        """The destinations in the settings changed: stop and start workers to match.

        `before`: as they were; what waits for one that got another name alone goes on under that name.

        Raises:
            StorageFailed: the database refused to rename the queue of a destination; the workers are started all the
                same.
        """
        wanted = {destination.name: destination for destination in self._settings().destinations}
        with self._guard:
            if not self._running:
                return
            ended = [w for n, w in self._workers.items() if wanted.get(n) != w.destination]
            for worker in ended:
                del self._workers[worker.destination.name]
        # Outside the lock: a worker that ends may call back.
        _stop(ended)
        try:
            self._follow_names(before)
        finally:
            self._employ(wanted)

    def _employ(self, wanted: Mapping[str, Destination]) -> None:
        with self._guard:
            if not self._running:  # stopped meanwhile
                return
            for name, destination in wanted.items():
                if name not in self._workers:
                    self._workers[name] = self._worker(destination)
                    self._workers[name].start()
        self._notify()

    def statuses(self) -> list[DestinationStatus]:
        """How every destination stands; see `standing`."""
        with self._guard:
            workers = dict(self._workers)
        conditions = {name: worker.condition() for name, worker in workers.items()}
        with self._database.snapshot() as connection:
            return standing(connection, self._settings(), conditions, self._clock())

    def deliveries(self) -> list[Delivery]:
        """The open deliveries (waiting, sending, failed) of all destinations, oldest first.

        Those of the last week whose safekeeping the peer refused for good are among them, as sent.
        """
        since = self._clock().date() - _GIVEN_UP_FOR
        with self._database.snapshot() as connection:
            found = outbox.open_deliveries(connection)
            found += [outbox.get(connection, number) for number in commitment.given_up(connection, since)]
        # Whatever went wrong before: it goes nowhere now.
        known = [replace(d, last_error=self._unusable(d.destination) or d.last_error) for d in found]
        return sorted(known, key=lambda delivery: delivery.id)

    def never_queued(self) -> list[int]:
        """Films that were accepted while no destination was in force, oldest decision first."""
        with self._database.snapshot() as connection:
            return exposures.undelivered(connection)

    def enqueue_waiting(self, author: str = "") -> int:
        """Queue decided films that had no destination when they were decided; returns how many.

        Never called by the service itself: a person who sets the first destination is asked whether the films
        of the past go there too.
        """
        settings, now = self._settings(), self._clock()
        if not settings.destinations:
            return 0
        with self._database.transaction() as connection:
            films = exposures.undelivered(connection)
            for exposure_id in films:
                queued = enqueue_film(connection, exposure_id, settings, now)
                exposures.refresh_state(connection, exposure_id)
                audit.append(connection, iso(now), author, "queued", exposure_id, queued=queued)
        self.wake()
        self._notify()
        return len(films)

    def leave_unsent(self, author: str = "") -> int:
        """A person wants the films of `never_queued` to stay here: they count as taken off the queue.

        Each can still be sent by `retry_now`. Returns how many.
        """
        settings, now = self._settings(), self._clock()
        if not settings.destinations:
            return 0
        with self._database.transaction() as connection:
            films = exposures.undelivered(connection)
            for exposure_id in films:
                left = [
                    outbox.enqueue(connection, exposure_id, peer.name, now, now)
                    for peer in settings.destinations
                ]
                for delivery_id in left:
                    outbox.cancel(connection, delivery_id)
                exposures.refresh_state(connection, exposure_id)
                audit.append(connection, iso(now), author, "left_unsent", exposure_id, cancelled=left)
        self._notify()
        return len(films)

    def _follow_names(self, before: Sequence[Destination]) -> None:
        after = self._settings().destinations
        kept = {peer.name for peer in after} & {peer.name for peer in before}
        fresh = [peer for peer in after if peer.name not in kept]
        for old in before:
            renamed = [peer for peer in fresh if replace(peer, name=old.name) == old]
            if old.name in kept or len(renamed) != 1:
                continue
            with self._database.transaction() as connection:
                moved = outbox.rename(connection, old.name, renamed[0].name)
                if moved:
                    audit.append(
                        connection,
                        iso(self._clock()),
                        "",
                        "destination_renamed",
                        before=old.name,
                        after=renamed[0].name,
                        moved=moved,
                    )

    def move(self, delivery_id: int, destination: str, author: str) -> None:
        """Give a waiting, failed or cancelled delivery to another destination, with a film what goes along with it.

        Raises:
            DeliveryFailed: no such destination in the settings, or none that can be used as it stands there.
            IllegalTransition: it is under way or sent, or goes there already.
            LookupError: no such delivery.
        """
        self._must_be_known(destination)
        now, peer = self._clock(), self._settings().destination(destination)
        along = [kind for kind in COMPANIONS if peer is not None and wants(peer, kind)]
        with self._database.transaction() as connection:
            delivery = outbox.get(connection, delivery_id)
            if not outbox.move(connection, delivery_id, destination, now, along):
                raise IllegalTransition(
                    f"a delivery that is {delivery.state} cannot be moved, nor one that goes to {destination} already"
                )
            exposures.refresh_state(connection, delivery.exposure_id)
            audit.append(
                connection,
                iso(now),
                author,
                "delivery_moved",
                delivery.exposure_id,
                delivery=delivery_id,
                before=delivery.destination,
                destination=destination,
            )
        self.wake()
        self._notify()

    def _must_be_known(self, destination: str) -> None:
        error = self._unusable(destination)
        if error is not None:
            raise DeliveryFailed(error.code, error.message, error.remedy)

    def _unusable(self, destination: str) -> DeliveryError | None:
        """Why nothing can go to `destination`, None where it is in force."""
        settings = self._settings()
        if settings.destination(destination) is not None:
            return None
        mistaken = destination in {aside.name for aside in settings.set_aside}
        return set_aside(destination) if mistaken else gone(destination)

    def cancel(self, delivery_id: int, author: str) -> None:
        """Take a waiting or failed delivery off the queue, with a film what goes along with it there.

        What went off with its film already is left as it is: a person may choose both. One that is sent and listed
        because its safekeeping was refused is listed no more.

        Raises:
            IllegalTransition: it is under way, sent, or a film or note that is cancelled already.
            LookupError: no such delivery.
        """
        self._act(delivery_id, author, "cancelled")

    def retry_now(self, delivery_id: int, author: str) -> None:
        """Try a waiting, failed or cancelled delivery at once; with a cancelled film what goes along with it.

        Where it is sent and the peer refused the safekeeping for good, the peer is asked again.

        Raises:
            DeliveryFailed: its destination is no longer in the settings, or cannot be used as it stands there.
            IllegalTransition: it is under way or sent, or goes along with a film that is off the queue.
            LookupError: no such delivery.
        """
        delivery = self._act(delivery_id, author, "retried")
        with self._guard:
            worker = self._workers.get(delivery.destination)
        if worker is not None:
            worker.hurry()

    def test(self, destination: Destination) -> float:
        """C-ECHO, for the connection page: association and echo in ms. Raises DeliveryFailed in plain words."""
        return echo(peer_of(destination))

    def _act(self, delivery_id: int, author: str, action: str) -> Delivery:
        now = self._clock()
        with self._database.transaction() as connection:
            delivery = outbox.get(connection, delivery_id)
            if action == "cancelled" and _is_off(delivery):
                return delivery
            if action == "retried":
                self._must_be_known(delivery.destination)
            if action == "cancelled":
                done = outbox.cancel(connection, delivery_id) or commitment.dismiss(connection, delivery_id)
            else:
                done = outbox.reopen(connection, delivery_id, now) or commitment.reopen(
                    connection, delivery_id, now
                )
            if not done:
                raise IllegalTransition(f"a delivery that is {delivery.state} cannot be {action}")
            exposures.refresh_state(connection, delivery.exposure_id)
            audit.append(
                connection,
                iso(now),
                author,
                f"delivery_{action}",
                delivery.exposure_id,
                delivery=delivery_id,
                destination=delivery.destination,
            )
        self._notify()
        return delivery

    def _notify(self) -> None:
        """A listener that fails is its own misfortune: films go on."""
        try:
            self._on_change()
        except Exception as exc:
            log_mistake(_log, exc, "a listener to the delivery failed")

    def _worker(self, destination: Destination) -> DeliveryWorker:
        return DeliveryWorker(
            destination,
            self._database,
            self._send,
            self._clock,
            self._backoff,
            self._chance,
            self._notify,
        )


def _is_off(delivery: Delivery) -> bool:
    return delivery.kind in COMPANIONS and delivery.state is DeliveryState.CANCELLED


def _stop(workers: Iterable[DeliveryWorker]) -> None:
    workers = list(workers)
    for worker in workers:
        worker.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    for worker in workers:
        if not worker.join(max(0.0, deadline - time.monotonic())):
            # Only a name server that does not answer can hold it; the film waits in the outbox.
            _log.warning("a delivery worker did not stop in time")
