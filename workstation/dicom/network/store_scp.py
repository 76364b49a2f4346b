"""Storage SCP: films come in by network. PS3.4 Annex B (Storage), PS3.7 9.1.1 (C-STORE), PS3.8 (association).

The listener hands each object's bytes, as received, to a callback and answers what the callback says: success is
answered only after the callback has made the film durable. Limits guard the console against slow and hostile peers.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
    Verification,
)

from workstation.dicom.network.admission import Admission, ReportPeer
from workstation.dicom.network.commitment import PUSH_MODEL, OnReport, information, read_report
from workstation.dicom.network.server import (
    AssociationRefused,
    GuardedReceive,
    Limits,
    ListeningServer,
    guard,
    plain_address,
    too_many,
)
from workstation.domain.errors import KnownError

log = logging.getLogger(__name__)

STORAGE_CLASSES = (
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    ComputedRadiographyImageStorage,
    SecondaryCaptureImageStorage,
)

# What the reader decodes, in the order in which the listener prefers it: losslessly compressed on the way is smaller,
# but the modality's own syntax is kept, so the order matters only where it offers several in one context.
TRANSFER_SYNTAXES = (
    "1.2.840.10008.1.2.1",  # Explicit VR Little Endian
    "1.2.840.10008.1.2",  # Implicit VR Little Endian
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 Lossless
    "1.2.840.10008.1.2.4.80",  # JPEG-LS Lossless
    "1.2.840.10008.1.2.4.70",  # JPEG Lossless, first-order prediction
    "1.2.840.10008.1.2.4.57",  # JPEG Lossless
    "1.2.840.10008.1.2.5",  # RLE Lossless
    "1.2.840.10008.1.2.4.201",  # HTJ2K Lossless
    "1.2.840.10008.1.2.4.202",  # HTJ2K Lossless RPCL
    "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
    "1.2.840.10008.1.2.2",  # Explicit VR Big Endian
    "1.2.840.10008.1.2.4.50",  # JPEG Baseline
    "1.2.840.10008.1.2.4.51",  # JPEG Extended
    "1.2.840.10008.1.2.4.81",  # JPEG-LS Near-lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.4.203",  # HTJ2K
)


_NAMED = 5
"""Of the SOP classes that a refused peer offers."""


class StoreStatus(IntEnum):
    """C-STORE response statuses the listener gives, PS3.4 Table B.2-1."""

    SUCCESS = 0x0000
    OUT_OF_RESOURCES = 0xA700
    CANNOT_UNDERSTAND = 0xC000


@dataclass(frozen=True, slots=True)
class ReceivedObject:
    """One object as it came.

    Attributes:
        content: a whole DICOM file (preamble, file meta, data set as sent), not decoded.
        sop_class_uid, sop_instance_uid: of the C-STORE request.
        calling_ae, host: of the peer.
    """

    content: bytes
    sop_class_uid: str
    sop_instance_uid: str
    calling_ae: str
    host: str


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """Where and for whom the listener works.

    Attributes:
        ae_title: called AE title peers must use (1 to 16 characters).
        port: TCP port, 0 for any free one.
        address: local address to bind, ``""`` for all.
        allowed_ae_titles: calling AE titles let in; empty for all.
        allowed_hosts: IP addresses or networks (``10.0.0.0/8``) let in; empty for all.
        report_peers: let in whatever these lists say, for commitment reports alone.
        any_called_ae: accept whatever called AE title.
        max_associations: open at once.
        max_pdu: bytes of one PDU, announced and enforced.
        max_object: bytes of one object.
        idle_s: seconds a peer may stay silent.
        max_association_s: seconds one association may last in all.
        tls: context of a server, or None for plain TCP.
    """

    ae_title: str = "CXRWS"
    port: int = 11112
    address: str = ""
    allowed_ae_titles: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    report_peers: tuple[ReportPeer, ...] = ()
    any_called_ae: bool = False
    max_associations: int = 10
    max_pdu: int = 262_144
    max_object: int = 600_000_000
    idle_s: float = 30.0
    max_association_s: float = 1800.0
    tls: ssl.SSLContext | None = None


class ListenerFailed(KnownError):
    """The listener could not start: port taken, address unknown, bad allow list."""


@dataclass
class StoreScp:
    """A listening Storage and Verification SCP.

    Args:
        config: see `ListenerConfig`.
        store: called once per object in the association's own thread, several at once; returns the status to
            answer. It must have made the object durable before it returns SUCCESS. If it raises, the peer is
            answered "cannot understand" and will ask again.
        on_refused: told about peers that were turned away (no patient identifiers), in the listener's thread or an
            association's; must not raise.
        on_report: told what peers say about storage commitment on associations of their own, in their threads; None to
            take none. If it raises, the peer is answered a failure and will tell again.
    """

    config: ListenerConfig
    store: Callable[[ReceivedObject], StoreStatus]
    on_refused: Callable[[AssociationRefused], None] = field(default=lambda _: None)
    on_report: OnReport | None = None
    _server: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        config = self.config
        self._limits = Limits(config.max_pdu, config.max_object, config.idle_s, config.max_association_s)

    @property
    def port(self) -> int:
        """The port listened on; 0 while stopped."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    def start(self) -> None:
        """Bind and listen in the background.

        Raises:
            ListenerFailed: code ``"port_taken"``, ``"no_address"`` or ``"bad_allow_list"``.
        """
        config = self.config
        try:
            self._admission = Admission(
                config.ae_title,
                config.any_called_ae,
                config.allowed_ae_titles,
                config.allowed_hosts,
                config.report_peers,
            )
        except ValueError as error:
            raise ListenerFailed(
                "bad_allow_list", f"The host allow list is wrong: {error}.", "Give IP addresses or networks."
            ) from error
        entity = AE(ae_title=config.ae_title)
        for sop_class in STORAGE_CLASSES:
            entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))
        entity.add_supported_context(Verification)
        if self.on_report is not None:
            # The peer opens the association and is the provider, PS3.4 J.3.3: it proposes that role.
            entity.add_supported_context(PUSH_MODEL, scu_role=False, scp_role=True)
        entity.require_called_aet = not config.any_called_ae
        # `_on_requested` leaves the archives among them nothing but their reports.
        entity.require_calling_aet = self._admission.calling_titles()
        entity.maximum_associations = config.max_associations
        entity.maximum_pdu_size = config.max_pdu
        entity.acse_timeout = config.idle_s
        entity.dimse_timeout = config.idle_s
        entity.network_timeout = config.idle_s
        handlers: list[Any] = [
            (evt.EVT_CONN_OPEN, self._on_open),
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_REJECTED, self._on_rejected),
            (evt.EVT_ESTABLISHED, self._on_established),
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_C_ECHO, self._on_echo),
            (evt.EVT_N_EVENT_REPORT, self._on_event_report),
        ]
        try:
            self._server = entity.make_server(
                (config.address, config.port),
                evt_handlers=handlers,
                ssl_context=config.tls,
                server_class=ListeningServer,
                limits=self._limits,
                most_connections=2 * config.max_associations,
                on_refused=self._say_refused,
            )
        except (OSError, UnicodeError, OverflowError) as error:  # an address or a port that cannot be one
            taken = getattr(error, "errno", None) in (98, 48, 10048)
            why = getattr(error, "strerror", None) or error
            raise ListenerFailed(
                "port_taken" if taken else "no_address",
                f"The listener cannot use port {config.port}: {why}.",
                "Stop the program that uses it, or set another port."
                if taken
                else "Check the listener's address and the right to use this port (below 1024 needs root).",
            ) from error
        entity._servers.append(self._server)  # as AE.start_server does
        threading.Thread(target=self._server.serve_forever, name="listener", daemon=True).start()

    def stop(self) -> None:
        """Stop listening and end open associations; objects not answered with success will come again."""
        if self._server is None:
            return
        self._server.shutdown()
        for association in self._server.active_associations:
            association.abort()
        self._server = None

    def __enter__(self) -> StoreScp:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _on_open(self, event: evt.Event) -> None:
        guard(event.assoc, self._limits)

    def _on_requested(self, event: evt.Event) -> None:
        address = event.assoc.requestor.address
        called, calling = _titles_of(event.assoc)
        if self._admission.may_send(address, called, calling):
            return
        if self._admission.may_report(address, called, calling):
            taken = event.assoc.acceptor.supported_contexts
            event.assoc.acceptor.supported_contexts = [c for c in taken if c.abstract_syntax == PUSH_MODEL]
            if not self._admission.is_called_by(called):
                event.assoc.acceptor.ae_title = called  # else pynetdicom turns it away
        elif not self._admission.is_listed(address):
            # PS3.8 Table 9-21: rejected permanent, service user, calling AE title not recognised.
            event.assoc.acse.send_reject(0x01, 0x01, 0x03)
            event.assoc.kill()
            self._say_refused(
                AssociationRefused(
                    "in_host",
                    f"{plain_address(address)} was refused: it is not on the list of allowed hosts.",
                    "If it is a modality of yours, add it to the allowed hosts in Settings.",
                )
            )

    def _on_rejected(self, event: evt.Event) -> None:
        called, calling = _titles_of(event.assoc)
        host = plain_address(event.assoc.requestor.address)
        known = self._admission.knows(called, calling)
        self._say_refused(too_many(host) if known else self._admission.why_no_films(host, called, calling))

    def _on_established(self, event: evt.Event) -> None:
        host = plain_address(event.assoc.requestor.address)
        unknown = {
            _name_of(context.abstract_syntax)
            for context in event.assoc.rejected_contexts
            if context.abstract_syntax not in (None, PUSH_MODEL, *STORAGE_CLASSES)
        }
        taken = {context.abstract_syntax for context in event.assoc.accepted_contexts}
        if {context.abstract_syntax for context in event.assoc.acceptor.supported_contexts} == {PUSH_MODEL}:
            if any(context.abstract_syntax in STORAGE_CLASSES for context in event.assoc.rejected_contexts):
                self._say_refused(self._admission.why_no_films(host, *_titles_of(event.assoc)))
            return
        # A modality offers all that it could ever send: it is worth a word only where nothing of it is taken.
        if unknown and not taken & set(STORAGE_CLASSES):
            self._say_refused(
                AssociationRefused(
                    "in_class",
                    f"{host} offered what this console does not take: {_some(unknown)}.",
                    "Send chest radiographs here (CR, DX, secondary capture), the rest to the archive.",
                )
            )

    def _say_refused(self, why: AssociationRefused) -> None:
        log.warning("association refused: %s", why.message)
        self.on_refused(why)

    def _on_echo(self, _: evt.Event) -> int:
        return int(StoreStatus.SUCCESS)

    def _on_event_report(self, event: evt.Event) -> tuple[int, None]:
        if self.on_report is None:
            return 0x0112, None  # PS3.7 annex C: no such object instance
        try:
            self.on_report(read_report(information(event)))
        except Exception as error:
            log.error("a commitment report could not be kept: %s", type(error).__name__)
            return 0x0110, None  # processing failure: the peer will tell again
        return 0x0000, None

    def _on_store(self, event: evt.Event) -> int:
        request: Any = event.request
        content = event.encoded_dataset()
        receive = getattr(event.assoc.dul.socket, "recv", None)
        if isinstance(receive, GuardedReceive):
            # Of a peer that does not wait for our answers, what it sent meanwhile still counts.
            waits = event.assoc.dimse.msg_queue.qsize() > 0
            receive.object_bytes = max(0, receive.object_bytes - len(content)) if waits else 0
        received = ReceivedObject(
            content=content,
            sop_class_uid=str(request.AffectedSOPClassUID),
            sop_instance_uid=str(request.AffectedSOPInstanceUID),
            calling_ae=str(event.assoc.requestor.ae_title).strip(),
            host=plain_address(event.assoc.requestor.address),
        )
        try:
            return int(self.store(received))
        except Exception as error:
            # A mistake of ours must not cost the film: the peer keeps it and asks again. The message is left out of
            # the log: it may quote the object.
            log.error("a received object could not be kept: %s", type(error).__name__)
            return int(StoreStatus.CANNOT_UNDERSTAND)


def _titles_of(association: Any) -> tuple[str, str]:
    """Called and calling AE title of a request."""
    primitive = association.requestor.primitive
    called, calling = (getattr(primitive, f"{which}_ae_title", "") for which in ("called", "calling"))
    return str(called).strip(), str(calling).strip()


def _some(names: set[str]) -> str:
    """The first few by name: a device that offers all there is, every minute, would fill the log."""
    more = len(names) - _NAMED
    return ", ".join(sorted(names)[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _name_of(abstract_syntax: str) -> str:
    """What a peer calls by something that is no UID goes into the log as one quoted word."""
    known = UID(abstract_syntax)
    return known.name if known.is_valid else repr(str(known))
