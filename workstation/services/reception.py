"""Films from the network: the listener's objects into the intake, and the standard's answers back."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workstation.dicom.network.commitment import OnReport
from workstation.dicom.network.server import AssociationRefused
from workstation.dicom.network.store_scp import ListenerConfig, ReceivedObject, StoreScp, StoreStatus
from workstation.domain.errors import KnownError, StorageFailed, UnreadableFilm
from workstation.domain.exposure import Exposure, is_decided
from workstation.mistakes import log_mistake
from workstation.services.clock import Clock, local_now
from workstation.services.data_folder import DataFolder
from workstation.services.intake import IntakeService
from workstation.services.reserve import RESERVE_BYTES

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListenerStatus:
    """One line of the status bar.

    Attributes:
        listening: True while the port is open.
        port, ae_title: where and as whom.
        received: films taken since the start; the same film sent twice counts once.
        refused: objects answered with a failure since the start.
        last_problem: what was refused last and why, without identifiers; None where there was nothing.
        last_problem_at: when that was.
        failure: why the port is not open though it should be, else None.
    """

    listening: bool
    port: int
    ae_title: str
    received: int = 0
    refused: int = 0
    last_problem: KnownError | None = None
    last_problem_at: datetime | None = None
    failure: KnownError | None = None


class ReceptionService:
    """Owns the listener. `on_film` and `on_change` are called from association threads."""

    def __init__(
        self,
        folder: DataFolder,
        intake: IntakeService,
        config: ListenerConfig,
        on_film: Callable[[Exposure], None] | None = None,
        on_change: Callable[[], None] | None = None,
        on_report: OnReport | None = None,
        quota_bytes: int = 0,
        clock: Clock = local_now,
    ) -> None:
        """`quota_bytes`: films kept here take at most this much; 0 for what the disk holds.

        `on_film` is told of a film that comes again, too, where it is decided.
        """
        self._folder = folder
        self._intake = intake
        self._on_film = on_film or (lambda _: None)
        self._on_change = on_change or (lambda: None)
        self._scp = StoreScp(config, self._store, self._refused_association, on_report)
        self._config = config
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._quota_bytes = quota_bytes
        self._clock = clock
        self._last_problem: tuple[KnownError, datetime] | None = None

    def start(self) -> None:
        """Listen.

        Raises:
            ListenerFailed: port taken, address unknown, bad allow list.
        """
        self._scp.start()
        log.info("listening as %s on port %d", self._config.ae_title, self._scp.port)
        self._on_change()

    def stop(self) -> None:
        """Stop listening; what was not answered with success will be sent again."""
        self._scp.stop()
        self._on_change()

    def status(self) -> ListenerStatus:
        """Safe from any thread."""
        port = self._scp.port
        with self._lock:
            problem, at = self._last_problem or (None, None)
            return ListenerStatus(
                bool(port),
                port or self._config.port,
                self._config.ae_title,
                self._counts["received"],
                self._counts["refused"],
                problem,
                at,
            )

    def _store(self, received: ReceivedObject) -> StoreStatus:
        try:
            no_room = self._no_room_for(len(received.content))
            if no_room is not None:
                return self._refuse(StoreStatus.OUT_OF_RESOURCES, no_room)
            # The name the modality would give could hold the patient's: the UID serves.
            exposure = self._intake.take_bytes(received.content, f"{received.sop_instance_uid}.dcm")
        except UnreadableFilm as error:
            return self._refuse(StoreStatus.CANNOT_UNDERSTAND, error)
        except StorageFailed as error:
            return self._refuse(StoreStatus.OUT_OF_RESOURCES, error)
        except OSError as error:  # a disk that does not even say what lies on it; not this film's fault
            return self._refuse(StoreStatus.OUT_OF_RESOURCES, _disk_failed(error))
        except Exception as error:
            log_mistake(log, error, "a received object could not be kept")
            passing = isinstance(error, MemoryError)
            status = StoreStatus.OUT_OF_RESOURCES if passing else StoreStatus.CANNOT_UNDERSTAND
            return self._refuse(status, _internal(error))
        if exposure.header.sop_instance_uid != received.sop_instance_uid:
            # Kept all the same: losing a film is worse than a peer that mislabels its requests.
            log.warning("exposure %d: the C-STORE request named another instance than the film", exposure.id)
        with self._lock:
            new = exposure.id not in self._seen
            self._seen.add(exposure.id)
            self._counts["received"] += new
        if new or is_decided(exposure.state):  # days after its decision it may have left the list
            self._on_film(exposure)
        if new:
            self._on_change()
        return StoreStatus.SUCCESS

    def _no_room_for(self, size: int) -> StorageFailed | None:
        if shutil.disk_usage(self._folder.root).free < RESERVE_BYTES + size:
            return StorageFailed(
                "disk_full",
                "The disk is full: no film can be received.",
                "Free some space on the disk of the data folder; the modality sends the film again.",
            )
        if self._quota_bytes and self._intake.stored_bytes() + size > self._quota_bytes:
            return StorageFailed(
                "over_quota",
                "The films on this console fill the space set for them: no film can be received"
                f" ({self._intake.rejected_bytes() / 1e9:.1f} of {self._quota_bytes / 1e9:.1f} GB are rejected films).",
                "Send the waiting films and wait for storage commitment, set how long rejected films stay, or allow "
                "more space in Settings.",
            )
        return None

    def _refuse(self, status: StoreStatus, why: KnownError) -> StoreStatus:
        # The code alone: what a reader says of a film may quote it.
        log.error("a received object was refused: %s", why.code)
        with self._lock:
            self._counts["refused"] += 1
            self._last_problem = why, self._clock()
        self._on_change()
        return status

    def _refused_association(self, why: AssociationRefused) -> None:
        with self._lock:
            self._last_problem = why, self._clock()
        self._on_change()


def _disk_failed(error: OSError) -> StorageFailed:
    return StorageFailed(
        "film_not_stored",
        f"The film could not be stored: {error.strerror or type(error).__name__}.",
        "Check the disk of the data folder; the modality sends the film again.",
    )


def _internal(error: Exception) -> KnownError:
    return KnownError(
        "internal",
        f"Something went wrong inside the program ({type(error).__name__}).",
        "Report this; see the log.",
    )
