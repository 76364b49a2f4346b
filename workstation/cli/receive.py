"""`cxr-workstation receive`: a console without its window, as a service: films come in, decided films leave."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workstation.assets import resources_dir
from workstation.cli.streams import say
from workstation.cli.values import setting_value
from workstation.domain.decision import RejectReason
from workstation.domain.delivery import DestinationState, gone
from workstation.domain.errors import KnownError, SettingsInvalid
from workstation.services.clock import local_now
from workstation.services.data_folder import SERVICE, open_data_folder
from workstation.services.node import Node
from workstation.services.program_log import log_file, logging_to
from workstation.services.reasons import load_reasons, site_reasons
from workstation.settings.file import load
from workstation.settings.model import Settings
from workstation.settings.network import Listener

STOPPED = 0
_HOUR_S = 3600.0
_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `receive`."""
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where films, decisions and settings are kept"
    )
    parser.add_argument(
        "--port",
        type=setting_value(Listener, "port", "TCP port"),
        metavar="N",
        help="TCP port (default: as the settings say)",
    )
    parser.add_argument(
        "--ae-title",
        type=setting_value(Listener, "ae_title", "AE title"),
        metavar="AE",
        help="called AE title (default: as the settings say)",
    )
    parser.add_argument(
        "--address",
        type=setting_value(Listener, "address", "address"),
        metavar="IP",
        help="local address (default: as the settings say)",
    )
    parser.epilog = (
        "Listens whether or not the settings enable the listener, and sends what waits in the queue. The data folder "
        "is held: the window opens in it only after this command has ended. SIGTERM or SIGINT end it in order; what "
        "was not yet answered with success is sent again by its modality. The log goes to stderr and to the data "
        "folder's logs/; it holds no patient identifiers. Exit code: 0 stopped by a signal, 1 misuse, the data "
        "folder is in use or the port cannot be opened."
    )


def run(arguments: argparse.Namespace) -> int:
    """Listen until a signal comes; see the epilog for the exit code.

    Raises:
        StorageFailed: the data folder is in use or cannot be written.
        SettingsInvalid: the settings are broken.
        ListenerFailed: the port cannot be opened.
    """
    folder = open_data_folder(arguments.data_dir)
    settings = _settings(load(folder.settings_file), arguments)
    reasons = load_reasons(resources_dir())
    with (
        folder.lock(SERVICE),
        log_file(folder.logs),
        logging_to(logging.StreamHandler(sys.stderr)),
        _stop_signals() as stop,
        Node(folder, lambda: settings, _with_own(reasons, folder.settings_file.parent)) as node,
    ):
        if node.database.moved_aside is not None:
            _log.error("the database was damaged and set aside as %s", node.database.moved_aside.name)
        node.start()
        for peer in node.delivery.statuses():
            if peer.state is DestinationState.REMOVED:
                _log.warning(
                    "%d object(s) wait in the queue: %s", peer.waiting + peer.failed, gone(peer.name).message
                )
        status = node.listening.status()
        if status is None or not status.listening:
            raise _failure(node)
        say(f"receiving as {status.ae_title} on port {status.port}")
        _wait(stop, node)
        _log.info("stopping")
    say("stopped")
    return STOPPED


def _wait(stop: threading.Event, node: Node) -> None:
    """Until `stop`; a service runs for months, and a certificate may begin to end meanwhile."""
    day = local_now().date()
    while not stop.wait(_HOUR_S):
        if local_now().date() != day:
            day = local_now().date()
            node.log_certificates()


def _with_own(reasons: tuple[RejectReason, ...], folder: Path) -> tuple[RejectReason, ...]:
    """With the site's reasons; a mistake in them is logged and stops no film: the shipped ones serve meanwhile."""
    try:
        return site_reasons(reasons, folder)
    except SettingsInvalid as error:
        _log.error("%s The shipped reasons serve meanwhile.", error)
        return reasons


def _settings(settings: Settings, arguments: argparse.Namespace) -> Settings:
    given = {
        "port": arguments.port,
        "ae_title": arguments.ae_title,
        "address": arguments.address,
    }
    listener: Listener = replace(
        settings.listener, enabled=True, **{k: v for k, v in given.items() if v is not None}
    )
    return replace(settings, listener=listener)


def _failure(node: Node) -> KnownError:
    status = node.listening.status()
    assert status is not None
    assert status.failure is not None
    return status.failure


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: stop.set()) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
