"""`cxr-workstation check PATH...`: verdicts on films, for people (text) or for scripts (jsonl)."""

from __future__ import annotations

import argparse
import json

from workstation.assets import resources_dir
from workstation.cli.cascade import add_cascade_arguments, open_cascade
from workstation.cli.check_text import Speech, as_text
from workstation.cli.streams import Progress, say
from workstation.domain.projection import Projection
from workstation.services.advice import Adviser
from workstation.services.checking import CheckService, list_films
from workstation.services.file_errors import load_file_errors
from workstation.services.film_text import load_words
from workstation.services.limits import load_limits
from workstation.services.resource_files import LANGUAGES

ALL_READ, SOME_FAILED = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `check`."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a film, or a folder that is walked")
    parser.add_argument(
        "--format",
        choices=("text", "jsonl"),
        default="text",
        help="jsonl: one JSON object a file (default: text)",
    )
    parser.add_argument(
        "--projection",
        choices=("auto", Projection.FRONTAL.value, Projection.LATERAL.value),
        default="auto",
        help="run this branch whatever the models see (default: auto)",
    )
    add_cascade_arguments(parser)
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        default=LANGUAGES[0],
        help="language of the text; of advice and limits in jsonl, whose errors stay English beside their codes",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=0,
        metavar="N",
        help="threads of a model (default: as the settings say, else cores)",
    )
    parser.epilog = (
        "Exit code: 0 all files read, 2 some failed (they are reported, the others done), 1 misuse or no usable "
        "cascade, 130 interrupted. In folders, hidden files, DICOMDIR, texts and other files that are neither DICOM "
        "nor PNG, JPEG or TIFF are skipped."
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the films; see the epilog for the exit code.

    Raises:
        CascadeUnavailable: nothing can be checked without a cascade.
        SettingsInvalid: the settings or a text file of the program is broken.
    """
    analysis = open_cascade(arguments, max(0, arguments.threads))
    resources, language = resources_dir(), arguments.language
    service = CheckService(analysis, Adviser(resources), language, load_limits(resources))
    speech = Speech(load_words(resources, language), load_file_errors(resources, language))
    chosen = None if arguments.projection == "auto" else Projection(arguments.projection)
    listing = list_films(arguments.paths)
    failed = False
    with Progress(len(listing.films)) as progress:
        for record in listing.problems:
            _print(record, arguments.format, speech, progress)
            failed = True
        for path in listing.films:
            record = service.check(path, chosen)
            failed |= record["status"] != "ok"
            _print(record, arguments.format, speech, progress)
            progress.step()
    if listing.skipped:
        say(f"{listing.skipped} file(s) skipped: neither DICOM nor PNG, JPEG or TIFF")
    return SOME_FAILED if failed else ALL_READ


def _print(record: dict[str, object], how: str, speech: Speech, progress: Progress) -> None:
    progress.clear()
    if how == "jsonl":
        print(json.dumps(record, ensure_ascii=False, allow_nan=False), flush=True)
    else:
        print(as_text(record, speech), flush=True)
