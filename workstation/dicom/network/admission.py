"""Whom the listener lets in, and for what: films and echoes, or reports on storage commitment alone."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from workstation.dicom.network.server import AssociationRefused, called_otherwise, not_listed, plain_address


@dataclass(frozen=True, slots=True)
class ReportPeer:
    """An archive that was asked for storage commitment: its report may come on an association of its own.

    Attributes:
        ae_title: under which it is called, and calls.
        host: host name or IP address at which it is called.
        calls: AE title under which this console asked, and is called back; ``""`` where that is the listener's own.
    """

    ae_title: str
    host: str
    calls: str = ""


class Admission:
    """The lists of one listener; arguments as the attributes of `store_scp.ListenerConfig`.

    Raises:
        ValueError: an allowed host is neither an IP address nor a network.
    """

    def __init__(
        self,
        ae_title: str,
        any_called_ae: bool,
        allowed_ae_titles: Sequence[str],
        allowed_hosts: Sequence[str],
        report_peers: Sequence[ReportPeer],
    ) -> None:
        self._ae_title = ae_title
        self._any_called_ae = any_called_ae
        self._titles = tuple(allowed_ae_titles)
        self._networks = [ipaddress.ip_network(host, strict=False) for host in allowed_hosts]
        self._report_peers = tuple(report_peers)

    def calling_titles(self) -> list[str]:
        """Calling AE titles that are let in at all; empty for all."""
        if not self._titles:
            return []
        return [*self._titles, *(peer.ae_title for peer in self._report_peers)]

    def may_send(self, address: str, called: str, calling: str) -> bool:
        """Whether a peer at the IP address `address` may send films: the lists name it, and it means this console."""
        return self.is_listed(address) and self._title_listed(calling) and self.is_called_by(called)

    def may_report(self, address: str, called: str, calling: str) -> bool:
        """Whether such a peer is an archive that may tell of storage commitment, whatever the lists say."""
        host = plain_address(address)
        host_listed, title_listed = self.is_listed(address), self._title_listed(calling)
        own = self.is_called_by(called)
        return any(
            (host_listed or host in _addresses(peer.host))
            and (title_listed or calling == peer.ae_title)
            and (own or (bool(called) and (called, calling) == (peer.calls, peer.ae_title)))
            for peer in self._report_peers
        )

    def is_listed(self, address: str) -> bool:
        """Whether the allowed hosts name this IP address; all are where there is no list."""
        if not self._networks:
            return True
        forms = {ipaddress.ip_address(address), ipaddress.ip_address(plain_address(address))}
        return any(form in network for form in forms for network in self._networks)

    def is_called_by(self, called: str) -> bool:
        """Whether the AE title that a peer calls is this console's."""
        return self._any_called_ae or called == self._ae_title

    def knows(self, called: str, calling: str) -> bool:
        """Whether both titles of a request are such as are let in at all."""
        return self.is_called_by(called) and (not self._titles or calling in self.calling_titles())

    def why_no_films(self, host: str, called: str, calling: str) -> AssociationRefused:
        """Why the titles of a request are not such as may send films; `host` as people write it."""
        if self.is_called_by(called):
            return not_listed(host, calling)
        return called_otherwise(host, called, self._ae_title)

    def _title_listed(self, calling: str) -> bool:
        return not self._titles or calling in self._titles


def _addresses(host: str) -> set[str]:
    """Where a host is now; asked anew each time, for names move. Nothing where no name server knows it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {plain_address(str(entry[4][0])) for entry in found}
