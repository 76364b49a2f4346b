"""The command line: `cxr-workstation COMMAND ...`, or the window where no command is named.

Exit codes of every command: 0 all done, 2 some of it failed (files, a peer, a check), 1 misuse or nothing could start,
130 interrupted, 141 whoever read its output has gone.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from workstation import __version__
from workstation.cli.streams import prepare_logging, prepare_streams, say
from workstation.domain.errors import KnownError
from workstation.services.resource_files import LANGUAGES

PROGRAM = "cxr-workstation"
MISUSE = 1
INTERRUPTED = 130
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
READER_GONE = 141  # as the shell reports a process that SIGPIPE ended

# (paths, data folder or None, demo study?, language or None) -> exit code; brought by __main__, so that the
# command line knows no Qt.
OpenWindow = Callable[[Sequence[Path], Path | None, bool, str | None], int]


@dataclass(frozen=True, slots=True)
class Command:
    """One command; its module is imported only when it is asked for.

    Attributes:
        help: one line for the list of commands.
        module: module with the two functions below.
        arguments: name of `(argparse.ArgumentParser) -> None`.
        run: name of `(argparse.Namespace) -> int`, the exit code.
    """

    help: str
    module: str
    arguments: str = "add_arguments"
    run: str = "run"


_PEERS = "workstation.cli.peers"
_QUEUE = "workstation.cli.queue"
COMMANDS: dict[str, Command] = {
    "check": Command("say what the cascade finds on films", "workstation.cli.check"),
    "models": Command("list the cascade: stages, thresholds, hashes, provenance", "workstation.cli.models"),
    "receive": Command(
        "take films from modalities and send the queue, without a window", "workstation.cli.receive"
    ),
    "echo": Command("ask whether a peer answers in DICOM", _PEERS, "add_echo_arguments", "echo_command"),
    "send": Command("send DICOM files to a peer, at once", _PEERS, "add_send_arguments", "send_command"),
    "worklist": Command("list today's orders of the modality worklist", "workstation.cli.worklist"),
    "queue": Command("list what waits to be sent; retry, cancel or move it", _QUEUE),
    "audit": Command("verify the record of decisions", _QUEUE, "add_audit_arguments", "audit_command"),
    "settings": Command(
        "describe and check the settings; take a site's profile out and in", "workstation.cli.settings"
    ),
    "operators": Command(
        "list, add, disable operators; set their PINs and roles", "workstation.cli.operators"
    ),
    "export": Command("write copies of films that point to nobody, DICOM or PNG", "workstation.cli.export"),
    "evaluate": Command("measure a cascade on labelled films", "workstation.cli.evaluate"),
    "calibrate": Command("measure a site's own thresholds on labelled films", "workstation.cli.calibrate"),
}


class Parser(argparse.ArgumentParser):
    """argparse with exit code 1 for misuse: 2 means that some of it failed."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        say(f"{self.prog}: {message}")
        raise SystemExit(MISUSE)


def main(argv: Sequence[str] | None, open_window: OpenWindow) -> int:
    """Run one command, or open the window.

    Args:
        argv: arguments without the program's name; None takes those of the process.
        open_window: opens the window on some films and returns its exit code.

    Returns:
        The exit code; no exception but SystemExit (from --help, --version and misuse) comes out.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    prepare_streams()
    try:
        if arguments and arguments[0] in COMMANDS:
            code = _run_command(arguments[0], arguments[1:])
        else:
            code = _run_window(arguments, open_window)
        if sys.stdout is not None:  # none where the program has no console
            sys.stdout.flush()
        return code
    except KnownError as error:
        say(f"{PROGRAM}: {error.message}\n{error.remedy}")
        return MISUSE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()  # the reader (head, less) has gone
        return READER_GONE
    except PermissionError as error:
        say(f"{PROGRAM}: {error.filename}: {error.strerror}.")
        return MISUSE
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise  # not from printing, whose file has no name here
        _let_go_of_stdout()
        say(f"{PROGRAM}: what was to be printed could not be written: {error.strerror}.")
        return MISUSE


def _let_go_of_stdout() -> None:
    """Keep the interpreter from flushing, at exit, into what cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run_command(name: str, arguments: Sequence[str]) -> int:
    command = COMMANDS[name]
    module = importlib.import_module(command.module)
    parser = Parser(prog=f"{PROGRAM} {name}", description=f"{command.help[0].upper()}{command.help[1:]}.")
    getattr(module, command.arguments)(parser)
    parser.add_argument("--verbose", action="store_true", help="show the program's log on stderr")
    parsed = parser.parse_args(arguments)
    prepare_logging(parsed.verbose)
    return int(getattr(module, command.run)(parsed))


def _run_window(arguments: Sequence[str], open_window: OpenWindow) -> int:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {command.help}" for name, command in COMMANDS.items())
    parser = Parser(
        prog=PROGRAM,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Quality control of chest radiographs at the console. Without a command the window opens.",
        epilog=f"commands ({PROGRAM} COMMAND --help tells more):\n{listed}",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="films or folders to open")
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where films, decisions and settings are kept"
    )
    parser.add_argument("--demo", action="store_true", help="take the demo study in")
    parser.add_argument("--language", choices=LANGUAGES, help="language of this run (default: the settings')")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parsed = parser.parse_args(arguments)
    for path in parsed.paths[:1]:
        word = str(path)
        if word in COMMANDS and not path.exists():
            parser.error(f"options come after the command: {PROGRAM} {word} ...")
        if word.isalpha() and not path.exists():
            parser.error(f"{word!r} is neither a command ({', '.join(COMMANDS)}) nor a file")
    return open_window(parsed.paths, parsed.data_dir, parsed.demo, parsed.language)
