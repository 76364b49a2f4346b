"""The listener as the settings want it: started, moved to another port, stopped.

A failure is told, never fatal, and tried again: at boot the network or a program that goes may come just too late.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from workstation.dicom.network.admission import ReportPeer
from workstation.dicom.network.commitment import OnReport
from workstation.dicom.network.store_scp import ListenerConfig
from workstation.dicom.network.tls import server_context
from workstation.domain.errors import KnownError
from workstation.domain.exposure import Exposure
from workstation.services.certificates import tls_files
from workstation.services.data_folder import DataFolder
from workstation.services.intake import IntakeService
from workstation.services.reception import ListenerStatus, ReceptionService
from workstation.settings.model import Settings
from workstation.settings.network import Listener

RETRY_S = 30.0
"""Seconds until a listener that could not be opened is tried again."""

_log = logging.getLogger(__name__)


class ListeningService:
    """Keeps a `ReceptionService` in step with the settings. Thread-safe; calls may take as long as a stop does."""

    def __init__(
        self,
        folder: DataFolder,
        intake: IntakeService,
        settings: Callable[[], Settings],
        on_film: Callable[[Exposure], None] | None = None,
        on_change: Callable[[], None] | None = None,
        on_report: OnReport | None = None,
        retry_s: float = RETRY_S,
    ) -> None:
        """`on_film`, `on_change` and `on_report` (storage commitment) are called from other threads."""
        self._folder = folder
        self._intake = intake
        self._settings = settings
        self._on_film = on_film
        self._on_report = on_report
        self._on_change = on_change or (lambda: None)
        self._guard = threading.RLock()
        self._reception: ReceptionService | None = None
        self._following: Listener | None = None
        self._reporting: tuple[ReportPeer, ...] = ()
        self._failure: KnownError | None = None
        self._retry_s = retry_s
        self._retry: threading.Timer | None = None
        self._said = ""

    def apply_settings(self) -> None:
        """Start, restart or stop to match; also tries anew what failed before. Never raises KnownError."""
        with self._guard:
            changed = self._follow()
        if changed:
            self._on_change()

    def stop(self) -> None:
        """Stop listening; what was not answered with success will be sent again."""
        with self._guard:
            self._halt()

    def status(self) -> ListenerStatus | None:
        """As for the status bar; None while the settings want no listener."""
        with self._guard:
            if self._reception is not None:
                return self._reception.status()
            wanted, failure = self._following, self._failure
        if wanted is None or failure is None:
            return None
        return ListenerStatus(False, wanted.port, wanted.ae_title, last_problem=failure, failure=failure)

    def _follow(self) -> bool:
        settings = self._settings()
        wanted, reporting = settings.listener, report_peers(settings)
        if (wanted, reporting) == (self._following, self._reporting) and self._failure is None:
            return False
        self._halt()
        self._following, self._reporting = wanted, reporting
        if wanted.enabled:
            self._open(wanted, reporting)
        return True

    def _try_again(self) -> None:
        with self._guard:
            if self._failure is None:  # opened or stopped meanwhile
                return
            self._follow()
        self._on_change()

    def _open(self, wanted: Listener, reporting: tuple[ReportPeer, ...]) -> None:
        try:
            reception = ReceptionService(
                self._folder,
                self._intake,
                config_of(wanted, reporting),
                self._on_film,
                self._on_change,
                self._on_report,
                int(wanted.quota_gb * 1e9),
            )
            reception.start()
        except KnownError as error:
            if error.code != self._said:  # once, not with every try
                _log.error("the listener did not start: %s", error.code)
            self._failure, self._said = error, error.code
            self._retry = threading.Timer(self._retry_s, self._try_again)
            self._retry.daemon = True
            self._retry.start()
        else:
            self._reception, self._said = reception, ""

    def _halt(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        reception, self._reception, self._retry = self._reception, None, None
        self._following = self._failure = None
        self._reporting = ()
        if reception is not None:
            reception.stop()


def report_peers(settings: Settings) -> tuple[ReportPeer, ...]:
    """Archives whose commitment reports are taken whatever the lists and the listener's AE title say: those that one of
    these would shut out."""
    listener = settings.listener
    own, lists = listener.ae_title.strip(), bool(listener.allowed_ae_titles or listener.allowed_hosts)
    asked = [
        ReportPeer(
            destination.called_ae.strip(),
            destination.host,
            "" if destination.calling_ae.strip() == own else destination.calling_ae.strip(),
        )
        for destination in settings.destinations
        if destination.wants_commitment
    ]
    return tuple(peer for peer in asked if lists or peer.calls)


def config_of(listener: Listener, reporting: tuple[ReportPeer, ...] = ()) -> ListenerConfig:
    """The network's view of the listener in the settings; `reporting` by `report_peers`.

    Raises:
        TlsFilesInvalid: certificate, key or authorities cannot be used.
    """
    return ListenerConfig(
        ae_title=listener.ae_title.strip(),
        port=listener.port,
        address=listener.address,
        allowed_ae_titles=tuple(title.strip() for title in listener.allowed_ae_titles),
        allowed_hosts=listener.allowed_hosts,
        report_peers=reporting,
        max_associations=listener.most_connections,
        max_object=listener.largest_mb * 1_000_000,
        idle_s=listener.idle_seconds,
        tls=server_context(tls_files(listener)) if listener.tls else None,
    )
