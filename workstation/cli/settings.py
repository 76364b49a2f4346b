"""`cxr-workstation settings`: what can be set, what is set, and a site's profile out and in."""

from __future__ import annotations

import argparse
from pathlib import Path

from workstation.cli.streams import say
from workstation.domain.errors import StorageFailed
from workstation.services.data_folder import settings_path
from workstation.settings.file import load, save, unknown_keys
from workstation.settings.profile import differences, export_profile, import_profile
from workstation.settings.reference import template

DONE, UNKNOWN_KEYS = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `settings`."""
    parser.add_argument(
        "action",
        choices=("describe", "check", "export", "import"),
        help="describe: all settings with defaults and ranges; check: the file as it is; export, import: a profile",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="the profile, with export and import"
    )
    parser.add_argument("--language", choices=("en", "ru"), default="en", help="of describe (default: en)")
    parser.add_argument(
        "--dry-run", action="store_true", help="with import: say what would change, change nothing"
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="take the settings of this data folder")
    parser.epilog = (
        "A profile leaves out what is one machine's own: room, folders, AE titles of this console, certificate files. "
        "A running window takes imported settings up at its next start. Exit code: 0 done, 2 check found keys that are "
        "not known (misspelt?), 1 misuse or a value that cannot be used, named with its line."
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
    path = settings_path(arguments.data_dir)
    # An import may come before the first start, which makes the folder.
    if arguments.data_dir is not None and not path.parent.is_dir() and arguments.action != "import":
        raise StorageFailed(
            "no_folder", f"There is no folder {path.parent}.", "Name the right folder with --data-dir."
        )
    settings = load(path)
    if arguments.action == "check":
        unknown = unknown_keys(path)
        for key in unknown:
            say(f"{path}: {key} is not known; it is ignored")
        if not path.exists():
            print(f"{path} is not there: every setting has its default")
        else:
            print(f"{path}: in order" if not unknown else f"{path}: {len(unknown)} unknown key(s)")
        return UNKNOWN_KEYS if unknown else DONE
    if arguments.file is None:
        say("name the profile's file")
        return 1
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
