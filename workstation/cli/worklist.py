"""`cxr-workstation worklist`: today's orders, as the worklist of the settings tells them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

from workstation.cli.streams import say
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.worklist_scu import Query, find_orders
from workstation.domain.errors import SettingsInvalid
from workstation.services.clock import local_now
from workstation.services.data_folder import settings_to_read
from workstation.services.orders import peer_of_worklist
from workstation.settings.file import load

ANSWERED, FAILED = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `worklist`."""
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="default: today")
    parser.add_argument(
        "--format",
        choices=("text", "jsonl"),
        default="text",
        help="jsonl: one JSON object an order (default: text)",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="take the settings of this data folder")
    parser.epilog = (
        "The output names patients. Exit code: 0 answered, 2 no answer (stderr says why), 1 misuse."
    )


def run(arguments: argparse.Namespace) -> int:
    """Query; see the epilog for the exit code.

    Raises:
        SettingsInvalid: no worklist is set, or the settings are broken.
    """
    peer = load(settings_to_read(arguments.data_dir)).worklist
    if not peer.host:
        raise SettingsInvalid("no_worklist", "No worklist is set.", "Set worklist.host in the settings.")
    query = Query(arguments.day or local_now().date(), peer.modalities, peer.station_ae)
    try:
        orders = find_orders(peer_of_worklist(peer), query)
    except PeerFailed as error:
        say(f"{error.message}\n{error.remedy}")
        return FAILED
    if not orders:
        say(f"no orders on {query.day}")
    for order in orders:
        if arguments.format == "jsonl":
            print(json.dumps(asdict(order), ensure_ascii=False), flush=True)
        else:
            who = f"{order.patient.name} ({order.patient.patient_id})"
            cells = (order.scheduled_at[11:16], order.accession_number, who, order.description)
            print("\t".join(map(_printable, cells)), flush=True)
    return ANSWERED


def _printable(text: str) -> str:
    """One cell of one line: what a foreign system sends would else break it, or drive the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no day: write year-month-day, for today {local_now().date().isoformat()}"
        ) from None
