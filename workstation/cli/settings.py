"""`cxr-workstation settings`: what can be set, what is set, and a site's profile out and in."""

from __future__ import annotations

import argparse
from pathlib import Path

from workstation.cli.streams import say
from workstation.domain.errors import StorageFailed
from workstation.services.data_folder import settings_path, settings_to_read
from workstation.services.resource_files import LANGUAGES
from workstation.services.settings_check import what_will_not_work
from workstation.settings.file import load, save, unknown_keys
from workstation.settings.profile import differences, export_profile, import_profile
from workstation.settings.reference import template

DONE, MISUSE, UNKNOWN_KEYS = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `settings`."""
    parser.add_argument(
        "action",
        choices=("describe", "check", "export", "import"),
        help="describe: all settings with defaults and ranges; check: the file as it is; export, import: a profile",
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="the profile, with export and import; with check the file to look at in place of the data folder's",
    )
    parser.add_argument(
        "--language", choices=LANGUAGES, default=LANGUAGES[0], help="of describe (default: en)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="with import: say what would change, change nothing"
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="take the settings of this data folder")
    parser.epilog = (
        "A profile leaves out what is one machine's own: room, person, folders, AE titles of this console, certificate "
        "files. A running window takes imported settings up at its next start. Exit code: 0 done, 2 check found keys "
        "that are not known (misspelt?), 1 misuse or a value that cannot be used, named with its line or key."
    )


def run(arguments: argparse.Namespace) -> int:
    """Describe, check, export or import; see the epilog for the exit code.

    Raises:
        SettingsInvalid: a file holds what cannot be used.
        StorageFailed: a file cannot be read or written; the folder of --data-dir is not there.
    """
    if arguments.action == "describe":
        print(template(arguments.language), end="")
        return DONE
    if arguments.action == "check":
        return _check(arguments)
    # An import may come before the first start, which makes the folder.
    path = (settings_path if arguments.action == "import" else settings_to_read)(arguments.data_dir)
    settings = load(path)
    if arguments.file is None:
        say("name the profile's file")
        return MISUSE
    if arguments.action == "export":
        export_profile(arguments.file, settings)
        print(f"{arguments.file} written")
        return DONE
    wanted = import_profile(arguments.file, settings)
    changes = list(differences(settings, wanted))
    for key, before, after in changes:
        print(f"{key}: {before!r} -> {after!r}")
    if not changes:
        print("the profile changes nothing")
    if not arguments.dry_run:
        save(path, wanted)
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    named = arguments.file is not None
    if named and not arguments.file.is_file():
        raise StorageFailed("no_file", f"There is no file {arguments.file}.", "Name the file to look at.")
    path = arguments.file if named else settings_to_read(arguments.data_dir)
    settings = load(path)
    unknown = unknown_keys(path)
    for key in unknown:
        say(f"{path}: {key} is not known; it is ignored")
    useless = list(what_will_not_work(settings, profile=named))
    for words in useless:
        say(f"{path}: {words}")
    if not path.exists():
        print(f"{path} is not there: every setting has its default")
    elif useless:
        print(f"{path}: {len(useless)} value(s) that cannot be used")
    else:
        print(f"{path}: in order" if not unknown else f"{path}: {len(unknown)} unknown key(s)")
    return MISUSE if useless else UNKNOWN_KEYS if unknown else DONE
