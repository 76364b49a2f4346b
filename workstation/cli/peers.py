"""`cxr-workstation echo` and `send`: one peer, at once, without the queue."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from workstation.cli.streams import Progress, say
from workstation.cli.values import setting_value
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer
from workstation.dicom.network.store_scu import store
from workstation.domain.errors import SettingsInvalid
from workstation.services.checking import list_films
from workstation.services.data_folder import settings_to_read
from workstation.services.delivery_worker import peer_of
from workstation.settings.file import load
from workstation.settings.model import Settings
from workstation.settings.network import Destination

ALL_DONE, SOME_FAILED = 0, 2
ANY_AE = "ANY-SCP"
_PORT = setting_value(Destination, "port", "TCP port")
_AE_TITLE = setting_value(Destination, "called_ae", "AE title")


def add_echo_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `echo`."""
    parser.add_argument(
        "host", metavar="HOST|DESTINATION", help="host, or the name of a destination in the settings"
    )
    parser.add_argument("port", nargs="?", type=_PORT, metavar="PORT", help="with HOST: its TCP port")
    _add_titles(parser)
    parser.epilog = "Exit code: 0 the peer answered, 2 it did not (stderr says why), 1 misuse."


def echo_command(arguments: argparse.Namespace) -> int:
    """C-ECHO; see the epilog for the exit code.

    Raises:
        SettingsInvalid: no such destination, or the settings are broken.
    """
    settings = load(settings_to_read(arguments.data_dir))
    if arguments.port is None:
        peer = _destination(settings, arguments.host, "Name one that is set, or give a host with its port.")
    else:
        peer = _given(settings, arguments, arguments.host, arguments.port)
    try:
        print(f"{peer.host} port {peer.port} ({peer.called_ae}) answered in {echo(peer):.0f} ms")
    except PeerFailed as error:
        say(f"{error.message}\n{error.remedy}")
        return SOME_FAILED
    return ALL_DONE


def add_send_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `send`."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a DICOM file, or a folder that is walked")
    parser.add_argument("--to", metavar="DESTINATION", help="name of a destination in the settings")
    parser.add_argument("--host", help="instead of --to: host name or address")
    parser.add_argument("--port", type=_PORT, default=104, help="with --host: TCP port (default: 104)")
    _add_titles(parser)
    parser.add_argument(
        "--format",
        choices=("text", "jsonl"),
        default="text",
        help="jsonl: one JSON object a file (default: text)",
    )
    parser.epilog = (
        "The files are sent now, straight from where they lie: nothing is taken into the data folder, queued, tried "
        "again or counted, so that scripts see at once what came of it. Exit code: 0 all sent, 2 some failed, 1 misuse."
    )


def send_command(arguments: argparse.Namespace) -> int:
    """C-STORE file by file; see the epilog for the exit code.

    Raises:
        SettingsInvalid: no such destination, or the settings are broken.
    """
    settings = load(settings_to_read(arguments.data_dir))
    if (arguments.to is None) == (arguments.host is None):
        raise SettingsInvalid("no_peer", "It is not said where to.", "Give either --to or --host.")
    if arguments.to is not None:
        peer = _destination(settings, arguments.to, "Name one that is set, or give --host instead.")
    else:
        peer = _given(settings, arguments, arguments.host, arguments.port)
    listing = list_films(arguments.paths)
    failed = bool(listing.problems)
    for record in listing.problems:
        error = record["error"]
        assert isinstance(error, dict)
        _tell(arguments, str(record["file"]), error["code"], f"{error['message']} {error['remedy']}")
    with Progress(len(listing.films)) as progress:
        for path in listing.films:
            progress.clear()
            failed |= not _send(arguments, peer, Path(path))
            progress.step()
    if listing.skipped:
        say(f"{listing.skipped} file(s) skipped: no films")
    return SOME_FAILED if failed else ALL_DONE


def _send(arguments: argparse.Namespace, peer: Peer, path: Path) -> bool:
    try:
        stored = store(peer, path)
    except PeerFailed as error:
        # Nothing was stored here, and perhaps it never was a film of a modality.
        unusable = error.code == "film_unusable"
        remedy = "Name a DICOM file that is whole." if unusable else error.remedy
        _tell(arguments, str(path), error.code, f"{error.message} {remedy}")
        return False
    words = "sent" + (", decompressed" if stored.transcoded else "")
    _tell(arguments, str(path), "", words + (f", warning 0x{stored.status:04X}" if stored.status else ""))
    return True


def _tell(arguments: argparse.Namespace, file: str, code: str, words: str) -> None:
    if arguments.format == "jsonl":
        record = {"file": file, "status": "failed" if code else "sent", "code": code, "message": words}
        print(json.dumps(record, ensure_ascii=False), flush=True)
    else:
        print(f"{file}: {words}", flush=True)


def _add_titles(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--called-ae",
        type=_AE_TITLE,
        default=ANY_AE,
        metavar="AE",
        help=f"title of the peer (default: {ANY_AE})",
    )
    parser.add_argument(
        "--calling-ae",
        type=_AE_TITLE,
        metavar="AE",
        help="our title (default: the listener's in the settings)",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="take the settings of this data folder")


def _destination(settings: Settings, name: str, remedy: str) -> Peer:
    found = settings.destination(name)
    if found is None:
        raise SettingsInvalid("unknown_destination", unknown_destination(settings, name), remedy)
    return peer_of(found)


def unknown_destination(settings: Settings, name: str) -> str:
    """What is told of a name that no destination in the settings bears."""
    names = ", ".join(d.name for d in settings.destinations) or "none is set"
    return f"There is no destination called {name!r} ({names})."


def _given(settings: Settings, arguments: argparse.Namespace, host: str, port: int) -> Peer:
    return Peer(host, port, arguments.called_ae, arguments.calling_ae or settings.listener.ae_title)
