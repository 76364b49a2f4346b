"""`cxr-workstation operators`: who may sign in; the way back in for whoever has the data folder."""

from __future__ import annotations

import argparse
import getpass
import sys

from workstation.cli.queue import add_folder, open_database
from workstation.cli.streams import say
from workstation.domain.operator import OperatorRefused, Role
from workstation.services.operators import OperatorService

DONE, REFUSED = 0, 2
_NEEDS_NAME = ("add", "role", "set-pin", "disable", "enable")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `operators`."""
    parser.add_argument(
        "action", nargs="?", choices=("list", *_NEEDS_NAME), default="list", help="(default: list)"
    )
    parser.add_argument("name", nargs="?", default="", help="of the operator")
    parser.add_argument("--role", choices=[role.value for role in Role], help="with add and role")
    parser.add_argument(
        "--no-pin", action="store_true", help="with add: set no PIN (sites where a name is picked)"
    )
    add_folder(parser)
    parser.epilog = (
        "A PIN is asked for, or read from standard input where that is no terminal; it is never an argument, which "
        "others could see. Works beside a running window. Exit code: 0 done, 2 refused, 1 misuse or no data folder."
    )


def run(arguments: argparse.Namespace) -> int:
    """List or change; see the epilog for the exit code.

    Raises:
        StorageFailed: there is no data folder, or its database cannot be read.
    """
    with open_database(arguments.data_dir) as database:
        service = OperatorService(database)
        if arguments.action == "list":
            for operator in service.all():
                words = [operator.name, operator.role.value, "PIN" if operator.has_pin else "no PIN"]
                print("  ".join([*words, *(["disabled"] if operator.disabled else [])]))
            return DONE
        try:
            _change(service, arguments, f"{getpass.getuser()} (command line)")
        except OperatorRefused as error:
            say(str(error))
            return REFUSED
    return DONE


def _change(service: OperatorService, arguments: argparse.Namespace, author: str) -> None:
    name, action = arguments.name, arguments.action
    if not name:
        raise OperatorRefused("operator_name", "It is not said who.", "Give the operator's name.")
    if action == "add":
        role = Role(arguments.role or Role.RADIOGRAPHER)
        service.add(name, role, "" if arguments.no_pin else _pin(), author)
    elif action == "set-pin":
        service.set_pin(name, _pin(), author)
    elif action == "role":
        if arguments.role is None:
            raise OperatorRefused("operator_name", "It is not said which role.", "Give --role.")
        service.change(name, author, role=Role(arguments.role))
    else:
        service.change(name, author, disabled=action == "disable")


def _pin() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("PIN: ")
    return sys.stdin.readline().strip()
