"""`cxr-workstation queue` and `audit`: what waits to be sent, and whether the record of decisions is whole."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

from workstation.cli.peers import unknown_destination
from workstation.cli.streams import say
from workstation.domain.delivery import Delivery, DeliveryError, DeliveryState
from workstation.domain.derived import NotMade
from workstation.domain.errors import DeliveryFailed, StorageFailed
from workstation.domain.exposure import IllegalTransition
from workstation.persistence import audit
from workstation.persistence.database import Database, set_aside
from workstation.services.clock import local_now
from workstation.services.data_folder import is_there, open_data_folder, settings_path
from workstation.services.delivery import DeliveryService
from workstation.services.derived import is_wanted
from workstation.services.system_user import system_user
from workstation.services.worklist import Worklist
from workstation.settings.file import load
from workstation.settings.model import Settings

DONE, SOME_FAILED = 0, 2
_NOT_MADE_FOR = timedelta(days=7)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `queue`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "retry", "cancel", "move"),
        default="list",
        help="(default: list)",
    )
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="deliveries to retry, cancel or move, as listed; with move the destination's name comes last",
    )
    parser.add_argument(
        "--format", choices=("text", "jsonl"), default="text", help="of the list (default: text)"
    )
    add_folder(parser)
    parser.epilog = (
        "Works beside a running window or service, which takes a retried delivery up within half a minute. The list "
        "ends with what could not be made in the last week (reject notes, reports and the like; no ID), and with films "
        "that were accepted while no destination was in force (File, Send films not sent yet). What is sent stands "
        "there for a week where its peer refused the safekeeping: retry asks the peer again. Exit code: 0 done, 2 some "
        "could not be retried, cancelled or moved (sent, under way, no such destination), 1 misuse or no data folder."
    )


def run(arguments: argparse.Namespace) -> int:
    """List, retry or cancel; see the epilog for the exit code.

    Raises:
        StorageFailed: there is no data folder, its database cannot be read, or no deliveries are named.
    """
    with open_database(arguments.data_dir) as database:
        settings = load(settings_path(arguments.data_dir))
        service = DeliveryService(database, lambda: settings)
        if arguments.action == "list":
            waiting, kept = list(service.deliveries()), service.never_queued()
            if not waiting and not kept:
                say("nothing waits to be sent")
            for delivery in waiting:
                print(json.dumps(_record(delivery)) if arguments.format == "jsonl" else _line(delivery))
            for lost in Worklist(database).not_made(local_now() - _NOT_MADE_FOR):
                if is_wanted(settings, lost.kind):
                    print(json.dumps(_lost_record(lost)) if arguments.format == "jsonl" else _lost_line(lost))
            for exposure_id in kept:
                print(
                    json.dumps(_kept_record(exposure_id))
                    if arguments.format == "jsonl"
                    else _kept_line(exposure_id)
                )
            return DONE
        if not arguments.ids:
            raise StorageFailed(
                "no_ids", "It is not said which deliveries.", "Name their numbers, as `queue` lists them."
            )
        names = list(arguments.ids)
        act: Callable[[int, str], object] = service.retry_now
        if arguments.action == "cancel":
            act = service.cancel
        elif arguments.action == "move":
            act = partial(_moved, service, settings, names.pop())
        failed = False
        for number in _numbers(names):
            try:
                act(number, system_user())
            except DeliveryFailed as error:
                say(f"{number}: {error}")
                failed = True
            except (IllegalTransition, LookupError) as error:
                say(f"{number}: {error.args[0]}")
                failed = True
        return SOME_FAILED if failed else DONE


def _moved(service: DeliveryService, settings: Settings, destination: str, number: int, author: str) -> None:
    mistaken = destination in {aside.name for aside in settings.set_aside}
    if settings.destination(destination) is None and not mistaken:
        # The service would speak of one that was removed, whose films wait.
        told = unknown_destination(settings, destination)
        raise DeliveryFailed("unknown_destination", told, "Name one that is set.")
    service.move(number, destination, author)


def _numbers(names: list[str]) -> list[int]:
    if not names or not all(name.isdecimal() for name in names):
        raise StorageFailed(
            "no_ids",
            "It is not said which deliveries.",
            "Name their numbers, as `queue` lists them; with move the destination after them.",
        )
    return [int(name) for name in names]


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `audit`."""
    parser.add_argument("action", choices=("verify",), help="recompute the chain of hashes over all rows")
    add_folder(parser)
    parser.epilog = (
        "Databases that were damaged and set aside are named: their rows are not in this record. "
        "Exit code: 0 the audit is whole, 2 rows were changed, removed or put in, 1 no data folder, or the database is "
        "damaged."
    )


def audit_command(arguments: argparse.Namespace) -> int:
    """Verify the audit; see the epilog for the exit code.

    Raises:
        StorageFailed: there is no data folder, or its database cannot be read.
    """
    with open_database(arguments.data_dir) as database, database.long_read() as connection:
        report = audit.verify(connection)
        lost = set_aside(database.path, open_data_folder(arguments.data_dir).backups)
    for problem in report.problems:
        print(problem)
    print(f"{report.rows} rows, " + ("intact" if report.intact else f"{len(report.problems)} problem(s)"))
    for file in lost:
        say(f"not in this record: {file}, a database that was damaged and set aside")
    return DONE if report.intact else SOME_FAILED


def add_folder(parser: argparse.ArgumentParser) -> None:
    """The option that names the data folder."""
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the data folder (default: the user's)")


@contextlib.contextmanager
def open_database(data_dir: Path | None) -> Iterator[Database]:
    """The database as it is: these commands make, move and migrate none, and need no lock (SQLite orders the writers).

    Raises:
        StorageFailed: there is none, it is damaged, or a program of this version has not been started in it yet.
    """
    folder = open_data_folder(data_dir) if data_dir is None or is_there(data_dir) else None
    if folder is None or not folder.database.exists():
        raise StorageFailed(
            "no_database",
            "There is no database of this program.",
            "Name the right folder with --data-dir, or start the program once.",
        )
    database = Database.beside(folder.database)
    try:
        yield database
    finally:
        database.close()


def _record(delivery: Delivery) -> dict[str, object]:
    return asdict(delivery)


def _lost_record(lost: NotMade) -> dict[str, object]:
    """The same fields as of a delivery, so that whoever reads the lines needs one table."""
    error = lost.error()
    told = DeliveryError(error.code, error.message, error.remedy)
    row = Delivery(0, lost.exposure_id, "", DeliveryState.FAILED, lost.kind, last_error=told)
    return _record(row) | {"id": None, "state": "not_made"}


def _kept_record(exposure_id: int) -> dict[str, object]:
    row = Delivery(0, exposure_id, "", DeliveryState.WAITING)
    return _record(row) | {"id": None, "state": "never_queued"}


def _kept_line(exposure_id: int) -> str:
    told = "accepted while no destination was in force; a person sends it from the window"
    return f"{'-':>6}  film {exposure_id}  {told}"


def _lost_line(lost: NotMade) -> str:
    return f"{'-':>6}  {lost.kind.value}  film {lost.exposure_id}  not made  {lost.error()}"


def _line(delivery: Delivery) -> str:
    words = [
        f"{delivery.id:>6}  {delivery.destination}  {delivery.kind.value}  film {delivery.exposure_id}",
        f"{delivery.state.value}, {delivery.attempts} attempt(s)",
    ]
    if delivery.next_try_at:
        words.append(f"not before {delivery.next_try_at}")
    if delivery.last_error is not None:
        words.append(delivery.last_error.message)
    return "  ".join(words)
