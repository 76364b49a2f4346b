"""The outbox at work: one worker thread and one FIFO per destination."""

from __future__ import annotations

from collections.abc import Callable

from workstation.domain.delivery import Delivery, DestinationStatus
from workstation.persistence.database import Database
from workstation.services.clock import Clock, local_now
from workstation.services.data_folder import DataFolder
from workstation.settings.model import Destination, Settings


class DeliveryService:
    """Sends what was decided, in the background; a dead PACS costs nothing but time."""

    def __init__(
        self,
        folder: DataFolder,
        database: Database,
        settings: Callable[[], Settings],
        on_change: Callable[[], None] | None = None,
        clock: Clock = local_now,
    ) -> None:
        """`on_change` is called from worker threads whenever a delivery or a destination changed."""
        raise NotImplementedError

    def start(self) -> None:
        """Take up what the last run left and start the workers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop within two seconds, even amid a dead connection; what was under way goes back to waiting."""
        raise NotImplementedError

    def wake(self) -> None:
        """Something was queued: look now. Cheap, thread-safe."""
        raise NotImplementedError

    def apply_settings(self) -> None:
        """The destinations in the settings changed: stop and start workers to match."""
        raise NotImplementedError

    def statuses(self) -> list[DestinationStatus]:
        """One entry per destination; a single `not_configured` entry where there is none."""
        raise NotImplementedError

    def deliveries(self) -> list[Delivery]:
        """The open deliveries (waiting, sending, failed) of all destinations, oldest first."""
        raise NotImplementedError

    def enqueue_waiting(self) -> int:
        """Queue decided films that had no destination when they were decided; returns how many."""
        raise NotImplementedError

    def cancel(self, delivery_id: int, author: str) -> None:
        """Take a waiting or failed delivery off the queue. Raises IllegalTransition once it is sending or sent."""
        raise NotImplementedError

    def retry_now(self, delivery_id: int, author: str) -> None:
        """Try a waiting, failed or cancelled delivery at once."""
        raise NotImplementedError

    def test(self, destination: Destination) -> float:
        """C-ECHO, for the connection page: round trip in ms. Raises DeliveryFailed in plain words."""
        raise NotImplementedError
