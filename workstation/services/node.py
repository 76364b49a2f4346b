"""A console's services, put together once: what the window and the service without one have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Self

from workstation.assets import resources_dir
from workstation.domain.decision import RejectReason
from workstation.domain.derived import NotMade
from workstation.domain.errors import KnownError, StorageFailed
from workstation.domain.exposure import Exposure
from workstation.persistence.database import Database
from workstation.services.certificates import certificate_warnings
from workstation.services.clock import local_now
from workstation.services.commitment import CommitmentService, Pace
from workstation.services.data_folder import DataFolder
from workstation.services.delivery import DeliveryService
from workstation.services.derived import DerivedService
from workstation.services.derived_objects import DerivedObjects
from workstation.services.disposition import DispositionService
from workstation.services.intake import IntakeService
from workstation.services.listening import ListeningService
from workstation.services.orders import OrderService
from workstation.services.worklist import Worklist
from workstation.settings.model import Settings

_log = logging.getLogger(__name__)


class Node:
    """Services of one data folder, whose lock the caller holds.

    Args:
        settings: gives the settings in force.
        reasons: of a retake, by `load_reasons`.
        on_film: told of each film that came by network or was found in the folder, from another thread.
        on_change: told of each change of queue or listener, from another thread.
        pace: of the requests for storage commitment.
        on_not_made: told of each object that was to follow a decision and cannot be made, from another thread.

    Raises:
        StorageFailed: the database cannot be opened.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: Callable[[], Settings],
        reasons: tuple[RejectReason, ...],
        on_film: Callable[[Exposure], None] | None = None,
        on_change: Callable[[], None] | None = None,
        pace: Pace = Pace(),  # noqa: B008 - immutable
        on_not_made: Callable[[NotMade], None] | None = None,
    ) -> None:
        self.folder = folder
        self._adopted = 0
        self._on_film = on_film or (lambda _: None)
        self._settings = settings
        self.database = Database.open(folder.database, folder.backups)
        self.intake = IntakeService(folder, self.database)
        self.worklist = Worklist(self.database)
        tell = on_change or (lambda: None)

        def delivered() -> None:
            self.commitment.wake()
            tell()

        self.delivery = DeliveryService(self.database, settings, delivered)
        self.commitment = CommitmentService(
            self.database, settings, on_change=tell, on_queued=self.delivery.wake, pace=pace
        )
        self.derived = DerivedService(
            self.database,
            settings,
            DerivedObjects(resources_dir(), settings, reasons),
            on_queued=self.delivery.wake,
            on_not_made=on_not_made,
        )
        self.orders = OrderService(settings, on_change=tell)
        self.disposition = DispositionService(
            self.database, settings, on_queued=self._wake, check_order=self.orders.check
        )
        self.listening = ListeningService(
            folder, self.intake, settings, on_film, on_change, self.commitment.report
        )
        self._to_start: list[Callable[[], object]] = [
            self._tidy,
            self.delivery.start,
            self.derived.start,
            self.commitment.start,
            self.listening.apply_settings,
            self.orders.start,
            self._adopt_strays,
        ]

    def start(self) -> None:
        """Take up what the last run left, send what is due, listen. Call off the window's thread.

        Raises:
            StorageFailed: the database refused; called again, it goes on where it was kept from.
        """
        while self._to_start:
            self._to_start[0]()
            del self._to_start[0]
        self.log_certificates()

    def _tidy(self) -> None:
        try:
            self.intake.tidy()
        except OSError as error:  # what a killed process left costs room, and no more: films come and go
            _log.error("the data folder is tidied at the next start: %s", type(error).__name__)

    def _adopt_strays(self) -> None:
        """Last, for it may read films: nothing else waits for it."""
        try:
            adopted = self.intake.adopt_strays()
        except (StorageFailed, OSError) as error:
            word = error.code if isinstance(error, StorageFailed) else type(error).__name__
            _log.error("films without a row are looked for at the next start: %s", word)
            return
        for exposure in adopted:
            _log.warning("exposure %d was found in the data folder without a row", exposure.id)
            self._on_film(exposure)
        self._adopted = len(adopted)

    def warnings(self) -> list[KnownError]:
        """What a person has to know of the start: films that lay here unrecorded, and `certificate_warnings`."""
        return [*([_found(self._adopted)] if self._adopted else []), *self.certificate_warnings()]

    def certificate_warnings(self) -> list[KnownError]:
        """Certificates of ours that end soon or cannot be used."""
        return certificate_warnings(self._settings(), local_now())

    def log_certificates(self) -> None:
        """Write `certificate_warnings` into the log."""
        for warning in self.certificate_warnings():
            _log.warning("%s", warning.message)

    def stop(self) -> None:
        """End in order: no more films come in, what is under way goes back to waiting."""
        self.listening.stop()
        self.orders.stop()
        self.commitment.stop()
        self.derived.stop()
        self.delivery.stop()

    def _wake(self) -> None:
        self.derived.wake()
        self.delivery.wake()

    def close(self) -> None:
        """`stop`, and let go of the database."""
        self.stop()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _found(films: int) -> KnownError:
    return KnownError(
        "films_found",
        f"{films} film(s) lay in the data folder without a record of them, and wait for a decision.",
        "Where an older copy of the database was put back, they may have been sent or rejected already: look at each.",
    )
