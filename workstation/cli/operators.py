"""`cxr-workstation operators`: who may sign in; the way back in for whoever has the data folder."""

from __future__ import annotations

import argparse
import getpass
import sys

from workstation.cli.queue import add_folder, open_database
from workstation.cli.streams import say
from workstation.domain.operator import OperatorRefused, Role
from workstation.services.operators import OperatorService
from workstation.services.system_user import system_user

DONE, MISUSE, REFUSED = 0, 1, 2
_CHANGES = ("add", "role", "set-pin", "disable", "enable")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `operators`."""
    parser.add_argument(
        "action", nargs="?", choices=("list", *_CHANGES), default="list", help="(default: list)"
    )
    parser.add_argument("name", nargs="?", default="", help="of the operator")
    parser.add_argument("--role", choices=[role.value for role in Role], help="with add and role")
    parser.add_argument(
        "--no-pin", action="store_true", help="with add: set no PIN (sites where a name is picked)"
    )
    add_folder(parser)
    parser.epilog = (
        "A PIN is asked for, or read from standard input where that is no terminal; it is never an argument, which "
        "others could see. Works beside a running window: locked, it takes a change up within seconds, else with the "
        "next lock or start. Exit code: 0 done, 2 refused, 1 misuse or no data folder."
    )


def run(arguments: argparse.Namespace) -> int:
    """List or change; see the epilog for the exit code.

    Raises:
        StorageFailed: there is no data folder, or its database cannot be read.
    """
    lacking = _lacking(arguments)
    if lacking:
        say(f"operators {arguments.action}: {lacking}")
        return MISUSE
    with open_database(arguments.data_dir) as database:
        service = OperatorService(database)
        if arguments.action == "list":
            known = service.all()
            if not known:
                say("no operators yet; `operators add NAME --role admin` makes the first")
            for operator in known:
                words = [operator.name, operator.role.value, "PIN" if operator.has_pin else "no PIN"]
                print("  ".join([*words, *(["disabled"] if operator.disabled else [])]))
            return DONE
        try:
            print(_change(service, arguments, f"{system_user()} (command line)"))
        except OperatorRefused as error:
            say(str(error))
            return REFUSED
    return DONE


def _lacking(arguments: argparse.Namespace) -> str:
    if arguments.action != "list" and not arguments.name.strip():
        return "it is not said who; give the operator's name"
    if arguments.action == "role" and arguments.role is None:
        return f"it is not said which role; give --role ({', '.join(role.value for role in Role)})"
    return ""


def _change(service: OperatorService, arguments: argparse.Namespace, author: str) -> str:
    """Do it; returns what was done."""
    name, action = arguments.name, arguments.action
    if action == "add":
        role = Role(arguments.role or Role.RADIOGRAPHER)
        pin = "" if arguments.no_pin else _pin()
        if not pin and not arguments.no_pin:
            raise OperatorRefused("operator_pin", "No PIN was given.", "Give 4 to 12 digits, or --no-pin.")
        made = service.add(name, role, pin, author)
        return f"{made.name}: added, {role.value}, {'no PIN' if arguments.no_pin else 'PIN set'}"
    if action == "set-pin":
        service.set_pin(name, _pin(), author)
        return f"{name}: PIN set"
    if action == "role":
        service.change(name, author, role=Role(arguments.role))
        return f"{name}: {arguments.role}"
    service.change(name, author, disabled=action == "disable")
    return f"{name}: {action}d"


def _pin() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("PIN: ")
    return sys.stdin.readline().strip()
