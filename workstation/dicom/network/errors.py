"""What can go wrong with a peer, in plain words. PS3.7 Annex C, PS3.4 B.2.3, PS3.8 section 9.3.4."""

from __future__ import annotations

import errno
import socket
import ssl

from workstation.domain.errors import DeliveryFailed


class PeerFailed(DeliveryFailed):
    """A peer did not do what it was asked.

    Attributes:
        passing: trying again later may help; otherwise a person has to do something.
        peer_wide: the peer failed as a whole (other films would fare no better), not this film.
        in_doubt: the transfer had begun and no answer came: the peer may have the film.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str,
        *,
        passing: bool,
        peer_wide: bool = False,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(code, message, remedy)
        self.passing = passing
        self.peer_wide = peer_wide
        self.in_doubt = in_doubt


class Interrupted(Exception):
    """The program stopped the exchange itself (it is closing). `in_doubt` as in PeerFailed."""

    def __init__(self, in_doubt: bool = False) -> None:
        super().__init__("interrupted")
        self.in_doubt = in_doubt


def connection_failed(exc: OSError, host: str, port: int) -> PeerFailed:
    """No TCP connection came about."""
    code, message, remedy = (
        "no_connection",
        f"No connection to {host} port {port}: {exc.strerror or exc}.",
        "Check the network and the address.",
    )
    if isinstance(exc, socket.gaierror):
        code, message, remedy = (
            "unknown_host",
            f"The host name {host} is not known.",
            "Check the spelling, or enter the IP address.",
        )
    elif isinstance(exc, ssl.SSLError):
        code, message, remedy = _tls_failed(exc, host)
    elif exc.errno == errno.ECONNREFUSED or isinstance(exc, ConnectionRefusedError):
        code, message, remedy = (
            "refused",
            f"{host} refuses connections on port {port}.",
            "Check the port, and whether the peer's DICOM service is running.",
        )
    elif exc.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN):
        code, message, remedy = (
            "no_route",
            f"There is no route to {host}.",
            "Check the network cable and the address.",
        )
    elif isinstance(exc, TimeoutError) or exc.errno == errno.ETIMEDOUT:
        code, message, remedy = (
            "no_answer",
            f"{host} does not answer on port {port}.",
            "Check the address, whether the peer is switched on, and the firewall.",
        )
    return PeerFailed(code, message, remedy, passing=True, peer_wide=True)


# X509_verify_cert of OpenSSL: expired, not yet valid; wrong host name, wrong IP address.
_NOT_VALID_NOW = (9, 10)
_OTHER_HOST = (62, 64)
# What OpenSSL says of an answer that is no TLS, or of none at all.
_NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNEXPECTED_EOF",
    "RECORD_LAYER",
    "PACKET_LENGTH",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
)


def _tls_failed(exc: ssl.SSLError, host: str) -> tuple[str, str, str]:
    reason = exc.reason or ""
    if isinstance(exc, ssl.SSLCertVerificationError):
        why = exc.verify_message
        if exc.verify_code in _NOT_VALID_NOW:
            return (
                "tls_expired",
                f"The certificate of {host} is not valid now: {why}.",
                "Check the clock of this computer; otherwise the peer's certificate has to be renewed.",
            )
        if exc.verify_code in _OTHER_HOST:
            return (
                "tls_name",
                f"The certificate of {host} is made out to another host: {why}.",
                "Enter the host name that stands in the certificate, or set it as tls_host.",
            )
        return (
            "tls_untrusted",
            f"The certificate of {host} is not trusted: {why}.",
            "Check the file of trusted authorities; it must hold the one that signed the peer's certificate.",
        )
    if "ALERT" in reason:
        return (
            "tls_refused",
            f"{host} refuses this console's certificate or protocol ({reason}).",
            "Ask the peer's administrator to trust the authority that signed our certificate.",
        )
    if isinstance(exc, ssl.SSLEOFError) or any(word in reason for word in _NO_TLS):
        return no_tls(host)
    return (
        "tls",
        f"{host} and this console do not agree on TLS: {reason or exc}.",
        "Check the certificates and whether the peer expects TLS on this port.",
    )


def no_tls(host: str) -> tuple[str, str, str]:
    """Code, message and remedy: connected, but the answer was no TLS."""
    return (
        "tls_absent",
        f"{host} does not speak TLS on this port.",
        "Check the port, or switch TLS off for this peer.",
    )


def handshake_silent(host: str) -> PeerFailed:
    """The peer took the connection and then said nothing, or closed it, amid the TLS handshake."""
    code, message, remedy = no_tls(host)
    return PeerFailed(code, message, remedy, passing=True, peer_wide=True)


def no_certificate_name(name: str) -> PeerFailed:
    """The name that the peer's certificate should bear can be none."""
    return PeerFailed(
        "tls_name",
        f"No certificate can be made out to {name!r}: it is no host name.",
        "Enter the host name that stands in the certificate, or set it as tls_host.",
        passing=True,
        peer_wide=True,
    )


def association_rejected(source: int, diagnostic: int, called_ae: str, calling_ae: str) -> PeerFailed:
    """A-ASSOCIATE-RJ with its source and reason, PS3.8 table 9-21."""
    code, message, remedy = (
        "rejected",
        "The peer rejected the association.",
        "Ask the peer's administrator; its log says why.",
    )
    if (source, diagnostic) == (1, 7):
        code, message, remedy = (
            "called_ae",
            f"The peer does not answer to the AE title {called_ae}.",
            "Check the called AE title of the destination.",
        )
    elif (source, diagnostic) == (1, 3):
        code, message, remedy = (
            "calling_ae",
            f"The peer does not know this console's AE title {calling_ae}.",
            "Ask the peer's administrator to add it, or correct the calling AE title.",
        )
    elif source == 3:
        code, message, remedy = (
            "peer_busy",
            "The peer is busy and takes no association now.",
            "Nothing to do: the film is sent as soon as the peer has room.",
        )
    return PeerFailed(code, message, remedy, passing=True, peer_wide=True)


def no_association(host: str, port: int) -> PeerFailed:
    """Connected, but no DICOM answer: silence, an abort, or another kind of server."""
    return PeerFailed(
        "not_dicom",
        f"{host} port {port} accepts connections but does not answer in DICOM.",
        "Check the port: another service may be listening there, or the peer expects TLS.",
        passing=True,
        peer_wide=True,
    )


def cut_off(host: str) -> PeerFailed:
    """The association was taken and broken off before anything was asked of the peer."""
    return PeerFailed(
        "rejected",
        f"{host} took the association and broke it off at once.",
        "Ask the peer's administrator; its log says why.",
        passing=True,
        peer_wide=True,
    )


def no_room_in_pdus(host: str, length: int | None) -> PeerFailed:
    """The association was taken with a maximum length of PDUs (PS3.8 annex D.1) into which no data fit."""
    told = "no maximum length of PDUs" if length is None else f"PDUs of {length} byte(s) at most"
    return PeerFailed(
        "rejected",
        f"{host} took the association with {told}: nothing can be sent in them.",
        "Ask the peer's administrator to set its maximum PDU length, 16384 say, or 0 for any.",
        passing=True,
        peer_wide=True,
    )


def broken_off() -> PeerFailed:
    """The connection was lost, or no response came, after the transfer had begun."""
    return PeerFailed(
        "broken_off",
        "The connection broke off while the film was being sent.",
        "Nothing to do: the film is sent again.",
        passing=True,
        in_doubt=True,
    )


def no_common_context(sop_class: str) -> PeerFailed:
    """The peer takes this kind of object in none of the encodings offered."""
    return PeerFailed(
        "no_context",
        f"The peer does not accept this kind of object ({sop_class}) in any encoding offered.",
        "Ask the peer's administrator to allow it, then retry.",
        passing=False,
    )


def store_refused(status: int) -> PeerFailed:
    """A failure status of C-STORE, PS3.4 table B.2-1 and PS3.7 Annex C."""
    word = f"0x{status:04X}"
    if status & 0xFF00 == 0xA700:
        return PeerFailed(
            "out_of_resources",
            f"The peer is out of resources ({word}), mostly disk space.",
            "Tell the peer's administrator if it lasts; the film is sent again.",
            passing=True,
            peer_wide=True,
        )
    if status == 0x0110:
        return PeerFailed(
            "processing_failure",
            f"The peer failed while storing the film ({word}).",
            "Nothing to do: the film is sent again.",
            passing=True,
        )
    if status == 0x0124:
        return PeerFailed(
            "not_authorised",
            f"The peer does not let this console store ({word}).",
            "Ask the peer's administrator to allow it, then retry.",
            passing=False,
        )
    if status == 0x0111:
        return PeerFailed(
            "duplicate",
            f"The peer says that it has a film with this UID already ({word}).",
            "Check the film at the PACS; cancel the delivery if it is there.",
            passing=False,
        )
    reasons = {0xA900: "it does not match its SOP class", 0xC000: "it cannot understand it"}
    family = status & (0xF000 if status >= 0xC000 else 0xFF00)
    why = reasons.get(family, "for a reason of its own")
    return PeerFailed(
        "film_refused",
        f"The peer refuses this film: {why} ({word}).",
        "Ask the peer's administrator with that number; retry once it is corrected.",
        passing=False,
    )


def film_unusable(reason: str) -> PeerFailed:
    """The stored copy cannot be sent: gone, damaged, or not to be re-encoded."""
    return PeerFailed(
        "film_unusable",
        f"The file cannot be sent: {reason}.",
        "Send the film from the modality again.",
        passing=False,
    )


def film_not_ready(reason: str) -> PeerFailed:
    """This computer failed while it read or re-encoded the stored copy: the film itself may be sound."""
    return PeerFailed(
        "film_not_ready",
        f"The film cannot be made ready for sending now: {reason}.",
        "Check the disks and the memory of this computer; a film in the queue is tried again.",
        passing=True,
    )


OUR_OWN = frozenset({"film_unusable", "film_not_ready"})
"""Codes of what fails on this side: they say nothing of the peer."""
