"""What a settings file may hold by its form, and what will not work all the same. For whoever checks it beforehand."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

from workstation.assets import expanded
from workstation.dicom.network.tls import TlsFilesInvalid, client_context, server_context
from workstation.domain.errors import CascadeUnavailable
from workstation.inference.providers import CPU, choose
from workstation.services.certificates import tls_files
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener, WorklistPeer


def what_will_not_work(settings: Settings, *, profile: bool = False) -> Iterator[str]:
    """One line for each value that no part of the program could use, beginning with its key.

    `profile`: certificate files may be missing, since each machine has its own.
    """
    if settings.reject_target_percent > settings.reject_action_percent:
        yield "reject_target_percent lies above reject_action_percent"
    if settings.cascade_dir and not _yes((expanded(settings.cascade_dir) / "manifest.json").is_file):
        yield f"cascade_dir: there is no manifest.json in {settings.cascade_dir}"
    for folder in settings.watch_folders:
        if not _yes(expanded(folder).is_dir):
            yield f"watch_folders: {folder} is no folder that can be reached"
    yield from _of_providers([name for name in settings.execution_providers if name != CPU])
    yield from _of_listener(settings.listener)
    if settings.worklist.enabled and not settings.worklist.host:
        yield "worklist.host is empty though the worklist is enabled"
    peers: list[tuple[str, Listener | WorklistPeer | Destination]] = [
        ("listener", settings.listener),
        ("worklist", settings.worklist),
    ]
    peers += [(f"destinations[{number}]", peer) for number, peer in enumerate(settings.destinations)]
    for name, peer in peers:
        if peer.tls and not (profile and not peer.tls_certificate):
            yield from _of_tls(name, peer)


def _yes(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except OSError:  # where this user may not look
        return False


def _of_providers(wanted: list[str]) -> Iterator[str]:
    if wanted:  # ONNX Runtime is loaded for it
        try:
            notice = choose(wanted).notice
        except CascadeUnavailable as error:
            notice = str(error)
        if notice:
            yield f"execution_providers: {notice}"


def _of_listener(listener: Listener) -> Iterator[str]:
    for host in listener.allowed_hosts:
        try:
            ipaddress.ip_network(host, strict=False)
        except ValueError:
            yield f"listener.allowed_hosts: {host} is neither an IP address nor a network"
    if listener.address:
        try:
            ipaddress.ip_address(listener.address)
        except ValueError:
            yield f"listener.address: {listener.address} is no IP address"


def _of_tls(name: str, of: Listener | WorklistPeer | Destination) -> Iterator[str]:
    make = server_context if isinstance(of, Listener) else client_context
    try:
        make(tls_files(of))
    except TlsFilesInvalid as error:
        yield f"{name}.tls: {error}"
