"""`cxr-workstation export PATH... --out DIR`: de-identified copies of films, as DICOM, as annotated PNG, or both."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from workstation.assets import resources_dir
from workstation.cli.cascade import add_cascade_arguments, open_cascade
from workstation.cli.streams import Progress, say
from workstation.dicom.deidentify import CORNERS, Region
from workstation.domain.errors import CascadeUnavailable, KnownError, StorageFailed
from workstation.domain.turn import UNTURNED
from workstation.services.advice import Adviser
from workstation.services.analysis import AnalysisService
from workstation.services.checking import failed_on_film, list_films
from workstation.services.deidentified import DeidentifiedExport
from workstation.services.export import annotated_png
from workstation.services.reading import read_film
from workstation.services.resource_files import LANGUAGES

ALL_WRITTEN, SOME_FAILED = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `export`."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a film, or a folder that is walked")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the copies")
    parser.add_argument(
        "--format",
        choices=("dicom", "png", "both"),
        default="dicom",
        help="png: the picture with the cascade's findings drawn in (default: dicom)",
    )
    parser.add_argument(
        "--blank",
        type=_region,
        action="append",
        default=[],
        metavar="L,T,R,B",
        help="paint this part of every copy black, in %% of width and height from the upper left",
    )
    parser.add_argument(
        "--blank-corners", action="store_true", help="paint the four corners black, where films bear text"
    )
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="language of PNG files")
    add_cascade_arguments(parser)
    parser.epilog = (
        "Copies get new UIDs and running numbers as names; films of one patient or study stay together within one "
        "run, and cannot be traced back. Films that say that text is burnt into their pixels are refused unless "
        "parts are blanked. Exit code: 0 all written, 2 some failed, 1 misuse or nothing could start."
    )


def run(arguments: argparse.Namespace) -> int:
    """Export; see the epilog for the exit code.

    Raises:
        CascadeUnavailable: PNG files were asked for, and there is no cascade.
        StorageFailed: the folder cannot be written.
    """
    blank = [*arguments.blank, *(CORNERS if arguments.blank_corners else ())]
    analysis = open_cascade(arguments) if arguments.format != "dicom" else None
    export = DeidentifiedExport(arguments.out, blank)
    listing = list_films(arguments.paths)
    failed = bool(listing.problems)
    for record in listing.problems:
        error = record["error"]
        assert isinstance(error, dict)
        say(f"{record['file']}: {error['message']} {error['remedy']}")
    with Progress(len(listing.films)) as progress:
        for path in listing.films:
            try:
                for made in _export(Path(path), export, analysis, arguments, blank):
                    progress.clear()
                    print(made, flush=True)
            except (StorageFailed, CascadeUnavailable):
                raise
            except Exception as error:  # ours to mend, but the other films are still to be written
                progress.clear()
                say(f"{path}: {error if isinstance(error, KnownError) else failed_on_film(error)}")
                failed = True
            progress.step()
    return SOME_FAILED if failed else ALL_WRITTEN


def _export(
    path: Path,
    export: DeidentifiedExport,
    analysis: AnalysisService | None,
    arguments: argparse.Namespace,
    blank: Sequence[Region],
) -> Iterator[Path]:
    copy = export.add(path) if arguments.format != "png" else None
    if copy is not None:
        yield copy
    if analysis is not None:
        film = read_film(path)
        verdict = analysis.analyse(film)
        advice = Adviser(resources_dir()).for_verdict(verdict, film.header, arguments.language, UNTURNED)
        picture = annotated_png(film, verdict, advice, arguments.language, blank=blank)
        # Beside its DICOM copy, under the same number.
        yield export.write(picture, ".png", number_of=copy)


def _region(text: str) -> Region:
    try:
        left, top, right, bottom = (float(part) / 100 for part in text.split(","))
        return Region(left, top, right, bottom)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no part of a film: give left,top,right,bottom in per cent, e.g. 0,0,30,10"
        ) from None
