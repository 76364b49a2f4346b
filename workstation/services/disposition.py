"""What a person decided, stored durably before anything else happens."""

from __future__ import annotations

from collections.abc import Callable

from workstation.domain.decision import Choice, Decision
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Verdict
from workstation.persistence.database import Database
from workstation.services.clock import Clock, local_now
from workstation.settings.model import Settings


class DispositionService:
    """Verdicts, decisions and their undo. Thread-safe; each call is one durable transaction (about a millisecond)."""

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Settings],
        clock: Clock = local_now,
        on_queued: Callable[[], None] | None = None,
    ) -> None:
        """`settings` gives the settings in force; `on_queued` wakes the delivery (`DeliveryService.wake`)."""
        raise NotImplementedError

    def record_verdict(self, exposure_id: int, verdict: Verdict) -> Exposure:
        """Store a verdict beside the earlier ones; the latest counts."""
        raise NotImplementedError

    def choose(
        self, exposure_id: int, choice: Choice, author: str, reason: str = "", note: str = ""
    ) -> Exposure:
        """`decide` with the time taken from the service's clock. A note may be empty: keeping costs one key."""
        raise NotImplementedError

    def decide(self, exposure_id: int, decision: Decision) -> Exposure:
        """Store the decision, its outbox rows and its audit line in one transaction.

        Raises:
            IllegalTransition: already decided (undo first).
            StorageFailed: the disk or the database refused; nothing is decided then.
        """
        raise NotImplementedError

    def undo(self, exposure_id: int, author: str) -> Exposure:
        """Take the decision back, and its outbox rows with it; the audit keeps both.

        Raises:
            IllegalTransition: nothing decided, or the film has left (`Exposure.can_undo` is False).
        """
        raise NotImplementedError
