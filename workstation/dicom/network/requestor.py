"""Associations that this console requests, made so that they can be broken off at any moment.

pynetdicom connects with a blocking call and reports no reason when that fails; the socket below connects in
small steps, keeps the reason, and can be shut down from another thread, which ends every wait in pynetdicom.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AddressInformation, AssociationSocket

from workstation.dicom.network.errors import (
    Interrupted,
    PeerFailed,
    association_rejected,
    connection_failed,
    cut_off,
    handshake_silent,
    no_association,
    no_certificate_name,
    no_common_context,
    no_room_in_pdus,
)
from workstation.dicom.network.server import survive
from workstation.dicom.network.tls import TlsFiles, TlsFilesInvalid, client_context

if TYPE_CHECKING:
    from pynetdicom.transport import T_CONNECT

_STEP_SECONDS = 0.05
_PDV_HEADER = 6
"""Bytes of a PDU that are no data, PS3.8 9.3.5.1."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Address and AE titles of a peer (PS3.8 section 9.3.2).

    Attributes:
        host: a name or an IPv4 or IPv6 address.
        tls: files for TLS; None for plain TCP.
        tls_host: name that the peer's certificate must bear; ``""`` for `host`.
    """

    host: str
    port: int
    called_ae: str
    calling_ae: str
    tls: TlsFiles | None = None
    tls_host: str = ""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: TCP connection, association answer, silence amid a transfer, response to a request.

    `response` is what the peer gets beyond the time of the transfer itself.
    """

    connect: float = 10.0
    associate: float = 15.0
    stall: float = 30.0
    response: float = 60.0


class Interrupt:
    """Breaks off an exchange from another thread. One use: once set it stays set."""

    def __init__(self) -> None:
        self._flag = threading.Event()
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None

    def set(self) -> None:
        """Stop whatever waits on the network under this interrupt, within about a tenth of a second."""
        with self._guard:
            self._flag.set()
            if self._socket is not None:
                _shut_down(self._socket)

    def is_set(self) -> bool:
        return self._flag.is_set()

    def attach(self, connection: socket.socket | None) -> None:
        """The connection to shut down, None to let go."""
        with self._guard:
            self._socket = connection
            if connection is not None and self._flag.is_set():
                _shut_down(connection)


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Of the socket beneath TLS: SSLSocket's own would pull the session from under the thread that reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _InterruptibleSocket(AssociationSocket):
    """Connects in steps and keeps the reason of a failure in `failure`."""

    interrupt: Interrupt
    timeouts: Timeouts
    failure: OSError | None = None
    shaking_hands = False
    """The failure, if any, came amid the TLS handshake."""
    raw: socket.socket | None = None
    """The socket itself: pynetdicom forgets it without closing after a rejection."""

    def connect(self, primitive: T_CONNECT) -> None:
        assert self.socket is not None
        self.raw = self.socket
        try:
            self.socket.setblocking(False)
            _connect_in_steps(
                self.socket,
                primitive.address_info.as_tuple,
                time.monotonic() + self.timeouts.connect,
                self.interrupt,
            )
            if self.tls_args is not None:
                self._shake_hands(*self.tls_args)
            # A peer that stops reading or writing for this long is dead; pynetdicom would wait for ever.
            self.socket.settimeout(self.timeouts.stall)
            self.interrupt.attach(self.socket)
            self.assoc.requestor.address_info = AddressInformation.from_tuple(self.socket.getsockname())
            self._is_connected = True
            survive(self.assoc)
            evt.trigger(self.assoc, evt.EVT_CONN_OPEN, {"address": primitive.address_info.as_tuple})
            primitive.result = "Evt2"
        except OSError as exc:
            self.failure = exc
            self.socket.close()
            self.socket = None
            primitive.result = "Evt17"
        finally:
            self.provider_queue.put(primitive)
            self._ready.set()

    def recv(self, nr_bytes: int) -> bytearray:
        try:
            return super().recv(nr_bytes)
        except ssl.SSLError as exc:
            # In TLS 1.3 a peer that does not like our certificate says so only now.
            self.failure = exc
            raise

    def _shake_hands(self, context: ssl.SSLContext, name: str) -> None:
        assert self.socket is not None
        self.shaking_hands = True
        wrapped = context.wrap_socket(self.socket, server_hostname=name, do_handshake_on_connect=False)
        self.socket = self.raw = wrapped
        self.interrupt.attach(wrapped)
        wrapped.settimeout(self.timeouts.connect)
        wrapped.do_handshake()
        self.shaking_hands = False


def _connect_in_steps(
    connection: socket.socket, address: tuple[Any, ...], deadline: float, interrupt: Interrupt
) -> None:
    """Raises OSError: refused, no route, timed out, interrupted."""
    with contextlib.suppress(BlockingIOError):
        connection.connect(address)
        return
    while True:
        if interrupt.is_set():
            raise InterruptedError("interrupted")
        # Windows reports a refused connection in the third set only.
        _, writable, broken = select.select([], [connection], [connection], _STEP_SECONDS)
        if writable or broken:
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            return
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")


class _Requestor(ApplicationEntity):
    """An AE whose associations use the socket above."""

    def __init__(self, ae_title: str, interrupt: Interrupt, timeouts: Timeouts) -> None:
        super().__init__(ae_title)
        self._interrupt = interrupt
        self._timeouts = timeouts
        self.opened: _InterruptibleSocket | None = None

    def _create_socket(
        self,
        assoc: Association,
        address: AddressInformation,
        tls_args: tuple[ssl.SSLContext, str] | None,
    ) -> AssociationSocket:
        opened = _InterruptibleSocket(assoc, address=address)
        opened.tls_args = tls_args
        opened.interrupt = self._interrupt
        opened.timeouts = self._timeouts
        self.opened = opened
        return opened


@contextlib.contextmanager
def association(
    peer: Peer,
    contexts: list[PresentationContext],
    interrupt: Interrupt,
    timeouts: Timeouts,
    response_seconds: float,
    handlers: list[evt.EventHandlerType] | None = None,
) -> Iterator[Association]:
    """An established association; released at the end, aborted after an exception.

    Raises:
        PeerFailed: none came about; says why.
        Interrupted: `interrupt` was set.
    """
    ae = _Requestor(peer.calling_ae, interrupt, timeouts)
    ae.connection_timeout = timeouts.connect
    ae.acse_timeout = timeouts.associate
    ae.dimse_timeout = response_seconds
    # It would break off where we are busy, decoding a film; a peer's silence has limits of its own.
    ae.network_timeout = None
    try:
        address = _resolve(peer)
        if interrupt.is_set():
            raise Interrupted
        tls = None if peer.tls is None else (_context(peer.tls), _certificate_name(peer))
        assoc = ae.associate(
            address,
            peer.port,
            contexts=contexts,
            ae_title=peer.called_ae,
            tls_args=tls,
            evt_handlers=handlers,
        )
        try:
            if not assoc.is_established:
                raise _why_not(ae, assoc, peer, contexts)
            longest = assoc.acceptor.maximum_length
            if longest is None or 0 < longest <= _PDV_HEADER:
                raise no_room_in_pdus(peer.host, longest)
            try:
                yield assoc
            except RuntimeError as exc:
                # pynetdicom's word where the peer broke it off before the first request.
                if assoc.is_established:
                    raise
                raise Interrupted if interrupt.is_set() else cut_off(peer.host) from exc
            if assoc.is_established:
                assoc.release()
        finally:
            interrupt.attach(None)
            _end(assoc, ae)
    finally:
        interrupt.attach(None)


def _resolve(peer: Peer) -> str | tuple[str, int, int]:
    try:
        found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        reason = exc if isinstance(exc, OSError) else socket.gaierror(socket.EAI_NONAME, str(exc))
        raise connection_failed(reason, peer.host, peer.port) from exc
    # IPv4 first: hospital devices listed by name often listen on it alone.
    address: tuple[Any, ...] = min(found, key=lambda entry: entry[0] != socket.AF_INET)[4]
    if len(address) == 4:
        return (str(address[0]), int(address[2]), int(address[3]))
    return str(address[0])


def _context(files: TlsFiles) -> ssl.SSLContext:
    try:
        return client_context(files)
    except TlsFilesInvalid as exc:
        raise PeerFailed(exc.code, exc.message, exc.remedy, passing=True, peer_wide=True) from exc


def _certificate_name(peer: Peer) -> str:
    name = peer.tls_host or peer.host
    try:
        name.encode("idna")  # as Python does amid the handshake, where nobody would hear of it
    except UnicodeError as exc:
        raise no_certificate_name(name) from exc
    return name


def _why_not(
    ae: _Requestor, assoc: Association, peer: Peer, contexts: list[PresentationContext]
) -> Exception:
    if ae._interrupt.is_set():
        return Interrupted()
    if ae.opened is not None and ae.opened.failure is not None:
        silent = isinstance(ae.opened.failure, TimeoutError | ConnectionError)
        if ae.opened.shaking_hands and silent:
            return handshake_silent(peer.host)
        return connection_failed(ae.opened.failure, peer.host, peer.port)
    answer = assoc.acceptor.primitive
    if answer is None:
        # A peer that refuses at once and closes overtakes the thread that asked: pynetdicom then takes the
        # connection for one that never came about and leaves the answer unread.
        unread: object = assoc.dul.peek_next_pdu()
        if not isinstance(unread, A_ASSOCIATE) or not unread.result:
            return no_association(peer.host, peer.port)
        answer = unread
    if assoc.accepted_contexts:
        return cut_off(peer.host)
    if answer.result == 0:
        return no_common_context(
            getattr(contexts[0].abstract_syntax, "name", str(contexts[0].abstract_syntax))
        )
    return association_rejected(
        int(answer.result_source or 0), int(answer.diagnostic or 0), peer.called_ae, peer.calling_ae
    )


def _end(assoc: Association, ae: _Requestor) -> None:
    """No thread and no socket of the association outlives it."""
    if assoc.is_established:
        assoc.abort()
    raw = None if ae.opened is None else ae.opened.raw
    if raw is not None:
        _shut_down(raw)  # ends every wait of the threads
    for thread in (assoc, assoc.dul):
        if thread.is_alive() and thread is not threading.current_thread():
            thread.join(timeout=1.0)
    if raw is not None:
        raw.close()
