"""The listener's sockets: how many are open, TLS handshakes, and reading within limits."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from pynetdicom.association import Association
from pynetdicom.transport import ThreadedAssociationServer

from workstation.domain.errors import KnownError

log = logging.getLogger(__name__)

_LONGEST_COMMAND = 65536
"""Bytes; a dozen short elements, some hundred bytes."""


class Limits:
    """What one connection may take; see `store_scp.ListenerConfig` for the meanings."""

    def __init__(self, max_pdu: int, max_object: int, idle_s: float, max_association_s: float) -> None:
        self.max_pdu = max_pdu
        self.max_object = max_object
        self.idle_s = idle_s
        self.max_association_s = max_association_s


class AssociationRefused(KnownError):
    """A peer was turned away before it could send: code ``"in_called_ae"``, ``"in_calling_ae"``, ``"in_host"``,
    ``"in_too_many"``, ``"in_tls"`` or ``"in_class"`` (it offered nothing that is taken); the message names its
    address."""


def plain_address(address: str) -> str:
    """An IP address as people write it: a listener on IPv6 and IPv4 at once gets IPv4 peers as ``::ffff:a.b.c.d``."""
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def too_many(host: str) -> AssociationRefused:
    """Why a peer is turned away while all places are taken."""
    return AssociationRefused(
        "in_too_many",
        f"{host} was refused: too many connections are open.",
        "It will try again; if this goes on, look for a device that opens connections without end.",
    )


def not_listed(host: str, calling: str) -> AssociationRefused:
    """Why a peer is turned away whose AE title may not send here."""
    return AssociationRefused(
        "in_calling_ae",
        f"{host} was refused: its AE title {calling!r} is not on the list of allowed titles.",
        "If it is a modality of yours, add its AE title in Settings.",
    )


def called_otherwise(host: str, called: str, own: str) -> AssociationRefused:
    """Why a peer is turned away that calls this console by another title."""
    return AssociationRefused(
        "in_called_ae",
        f"{host} was refused: it called {called!r}, this console is {own!r}.",
        "Set the AE title of this console at the modality.",
    )


class ListeningServer(ThreadedAssociationServer):
    """An association server in which a peer that dawdles over its TLS handshake holds up nobody.

    pynetdicom shakes hands in the thread that accepts; here each connection does it in its own, within `idle_s`, and
    no longer than the server is open.
    """

    def __init__(
        self,
        *args: Any,
        limits: Limits,
        most_connections: int,
        on_refused: Callable[[AssociationRefused], None],
        **options: Any,
    ) -> None:
        self._limits = limits
        self._most = most_connections
        self._on_refused = on_refused
        self._guard = threading.Lock()
        self._greeting: Counter[str] = Counter()
        self._shaking: set[ssl.SSLSocket] = set()
        self._closed = False
        self._tls: ssl.SSLContext | None = None
        super().__init__(*args, **options)
        # Kept from the base class, which would shake hands while it accepts.
        self._tls, self.ssl_context = self.ssl_context, None

    def verify_request(self, _: Any, client_address: Any) -> bool:
        """False (the connection is closed) where too many are open already, in all or from this host."""
        host = plain_address(client_address[0])
        of_hosts = Counter(plain_address(assoc.requestor.address) for assoc in self.active_associations)
        with self._guard:
            of_hosts.update(self._greeting)
            # One host may not take all places: the other modalities are still heard.
            if of_hosts.total() >= self._most or of_hosts[host] >= max(2, self._most // 2):
                self._on_refused(too_many(host))
                return False
            self._greeting[host] += 1
        return True

    def service_actions(self) -> None:
        """Nothing: the base class collects all garbage every half minute, here, which would halt the window and could
        destroy what is the window's (`ui.garbage`)."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the connection; where the system has none to give, the connection is counted no longer."""
        try:
            super().process_request(request, client_address)
        except Exception:
            self._greeted(plain_address(client_address[0]))
            raise

    def server_close(self) -> None:
        """Listen no longer; handshakes under way are ended, for the base class waits for them."""
        with self._guard:
            self._closed = True
            for connection in self._shaking:
                with contextlib.suppress(OSError):
                    # Of the socket beneath TLS: SSLSocket's own would pull the session from under its thread.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        with contextlib.suppress(RuntimeError):  # a thread that never began cannot be waited for
            super().server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands where TLS is wanted, then hand the connection to its association."""
        host = plain_address(client_address[0])
        try:
            ready = request if self._tls is None else self._shake_hands(self._tls, request, host)
            if ready is not None:
                super().finish_request(ready, client_address)
        finally:
            self._greeted(host)

    def _greeted(self, host: str) -> None:
        with self._guard:
            self._greeting[host] -= 1
            if not self._greeting[host]:
                del self._greeting[host]

    def _shake_hands(
        self, context: ssl.SSLContext, request: socket.socket, host: str
    ) -> ssl.SSLSocket | None:
        request.settimeout(self._limits.idle_s)
        wrapped = context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        try:
            with self._guard:
                self._shaking.add(wrapped)
                if self._closed:
                    raise OSError("the listener was closed")
            wrapped.do_handshake()
        except (OSError, ValueError) as exc:
            wrapped.close()
            if self._closed:
                return None
            self._on_refused(
                AssociationRefused(
                    "in_tls",
                    f"{host} was refused: {_why(exc)}.",
                    "Check the certificates and the TLS settings on both sides.",
                )
            )
            return None
        finally:
            with self._guard:
                self._shaking.discard(wrapped)
        return wrapped


def _why(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({exc.verify_message})"
    reason = getattr(exc, "reason", None) or ""
    if "NO_CERTIFICATE" in reason or "PEER_DID_NOT" in reason:
        return "it showed no certificate"
    if "ALERT" in reason:
        return f"it does not accept our certificate or protocol ({reason})"
    if isinstance(exc, TimeoutError):
        return "it did not finish the TLS handshake in time"
    return f"it does not speak TLS as we do ({reason or type(exc).__name__})"


def guard(association: Association, limits: Limits) -> None:
    """Bound what an association just opened may read, and let it end in order whatever it is sent."""
    provider: Any = association.dul
    connection = provider.socket
    if connection is not None and connection.socket is not None:
        raw = connection.socket
        connection.recv = GuardedReceive(raw, limits)

        def shut_down() -> None:
            # pynetdicom forgets to close where the peer was faster: its shutdown fails then.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(raw, socket.SHUT_RDWR)
            raw.close()

        connection._shutdown_socket = shut_down
    _bound_commands(association)
    survive(association)


def _bound_commands(association: Association) -> None:
    """Have a command set (PS3.7 6.3) beyond all measure end its association before pynetdicom takes it apart."""
    provider: Any = association.dimse
    receive = provider.receive_primitive
    held = 0

    def receive_bounded(primitive: Any) -> None:
        nonlocal held
        for _, fragment in primitive.presentation_data_value_list:
            if fragment[:1] and fragment[0] & 1:  # of a command, PS3.8 annex E.2
                held = held + len(fragment)
                if held > _LONGEST_COMMAND:
                    raise ValueError("a command without end")
                held = 0 if fragment[0] & 2 else held
        receive(primitive)

    provider.receive_primitive = receive_bounded


def survive(association: Association) -> None:
    """Have what a peer must not send in a state end its association, not the thread that serves it."""
    provider: Any = association.dul
    act = provider.state_machine.do_action

    def act_or_end(event: str) -> None:
        try:
            act(event)
        except Exception as exc:
            log.warning(
                "an association was ended: %s of its peer makes no sense now (%s)", event, type(exc).__name__
            )
            _end(association)

    provider.state_machine.do_action = act_or_end


def _end(association: Association) -> None:
    provider: Any = association.dul
    association.is_aborted = True
    association.is_established = False
    association._kill = True
    provider._kill_thread = True
    if provider.socket is not None:
        provider.socket.close()


class GuardedReceive:
    """Reads from one association's socket within the limits, in large pieces.

    pynetdicom reads a PDU of whatever length the peer claims, 4 KiB at a time and without a deadline. This stands
    in for its `AssociationSocket.recv`: the same contract (fewer bytes where the peer closed, OSError on failure).
    """

    def __init__(self, connection: Any, limits: Limits) -> None:
        self._connection = connection
        self._largest = limits.max_pdu + 6
        self._deadline = time.monotonic() + limits.max_association_s
        self._idle = limits.idle_s
        self._object_limit = limits.max_object
        self.object_bytes = 0

    def __call__(self, wanted: int) -> bytearray:
        if wanted > self._largest:
            raise OSError(f"a PDU of {wanted} bytes was announced, {self._largest} are allowed")
        # Bounded by the announced sizes: what was taken is subtracted from `object_bytes` when an object is complete.
        self.object_bytes += wanted
        if self.object_bytes > self._object_limit:
            raise OSError(f"an object of more than {self._object_limit} bytes was sent")
        # A PDU has to come whole within the idle time: a byte now and then is not progress.
        until = min(self._deadline, time.monotonic() + self._idle)
        buffer = bytearray(wanted)
        view = memoryview(buffer)
        have = 0
        while have < wanted:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the peer was silent or too slow")
            self._connection.settimeout(left)
            read = self._connection.recv_into(view[have:])
            if not read:
                view.release()
                return buffer[:have]
            have += read
        return buffer
