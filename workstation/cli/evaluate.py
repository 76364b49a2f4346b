"""`cxr-workstation evaluate`: arguments in, a report and an exit code out.

Exit codes as of `check`: 0 all films scored, 2 some could not be (they are listed), 1 misuse or no usable cascade.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import cv2

from workstation import __version__
from workstation.cli.labelled import (
    ALL_SCORED,
    SOME_FAILED,
    add_common_arguments,
    cascade_in_use,
    check_folder,
    exit_code,
    open_service,
    read_labelled,
    read_prevalences,
    score_labels,
)
from workstation.cli.streams import say
from workstation.domain.errors import KnownError
from workstation.imaging.lut import presentation_image
from workstation.inference import site_calibration
from workstation.inference.site_calibration import Origin
from workstation.services import calibrating
from workstation.services.evaluation import remarks
from workstation.services.evaluation.compare import compare
from workstation.services.evaluation.console import comparison_lines, table_lines
from workstation.services.evaluation.contact_sheet import U8, contact_sheet
from workstation.services.evaluation.coverage import coverage
from workstation.services.evaluation.coverage import notes as coverage_notes
from workstation.services.evaluation.judging import StageReport, judge
from workstation.services.evaluation.labels import Labels
from workstation.services.evaluation.page import Judged, Page
from workstation.services.evaluation.resampling import ROUNDS
from workstation.services.evaluation.stages import STAGES
from workstation.services.evaluation.writing import PAGE, would_replace, write_report
from workstation.services.film import Film
from workstation.services.reading import read_film

FEWEST_ROUNDS = 20
_FILES = """\
in the report's folder: report.html to read; report.json, stages.csv, films.csv and, with
--compare, comparison.csv for other programs; the charts. What an earlier report left there is
replaced or removed.

"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `evaluate`."""
    add_common_arguments(
        parser, "cascade to judge (default: as the settings say, else the shipped one)", _FILES
    )
    parser.add_argument(
        "--compare", type=Path, metavar="DIR", help="second cascade, set side by side with the first"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the report (default: LABELS-evaluation, beside the labels file)",
    )
    parser.add_argument(
        "--prevalence",
        action="append",
        default=[],
        metavar="[STAGE=]SHARE",
        help="the defect's share at your site, for the expected PPV; repeat for several stages "
        "(default: its share in the labels file)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=ROUNDS,
        help=f"bootstrap resamples, {FEWEST_ROUNDS} or more (default: {ROUNDS})",
    )
    parser.add_argument("--as-shipped", action="store_true", help="ignore the site's own calibration")


def run(args: argparse.Namespace) -> int:
    """Run `evaluate`; see `add_arguments`. Prints the table, writes the report, returns the exit code."""
    return exit_code(
        lambda: _evaluate(args), "The report cannot be written: {0}. Choose another folder with --out."
    )


def _render(path: Path) -> U8:
    film: Film = read_film(path)
    return presentation_image(film.header.greyscale, film.pixels)


def _sheets(reports: Sequence[StageReport]) -> dict[str, bytes]:
    made = {}
    for report in reports:
        picture = contact_sheet(report.data, _render)
        if picture is not None:
            done, png = cv2.imencode(".png", picture)
            if done:
                made[report.stage.key] = png.tobytes()
    return made


def _evaluate(args: argparse.Namespace) -> int:
    if args.rounds < FEWEST_ROUNDS:
        raise KnownError(
            "usage",
            f"--rounds {args.rounds} is too few for an interval.",
            f"Give {FEWEST_ROUNDS} or more; from 200 on the intervals settle.",
        )
    prevalence = read_prevalences(args.prevalence, [stage.key for stage in STAGES])
    labels = read_labelled(args.labels)
    out = args.out if args.out is not None else args.labels.with_name(f"{args.labels.stem}-evaluation")
    check_folder(out)
    if would_replace(out, args.labels):
        raise KnownError(
            "usage",
            f"A report in {out} would be written over the labels file {args.labels.name}.",
            "Name another folder with --out.",
        )
    services, manifests, sites = {}, [], []
    for folder in [cascade_in_use(args)] + ([args.compare] if args.compare is not None else []):
        service, manifest = open_service(folder, site=not args.as_shipped)
        name = manifest.label if manifest.label not in services else f"{manifest.label} (second)"
        services[name] = service
        manifests.append(manifest)
        sites.append(None if args.as_shipped else site_calibration.origin(manifest.folder))
    scored = score_labels(labels, services)
    for failure in scored[0].failures:
        say(f"not scored: {failure.name}: {failure.message}")
    if not scored[0].films:
        say("No film could be scored, so no report was written. Check the paths in the labels file.")
        return SOME_FAILED
    judged, elsewhere = [], list[str]()
    for scores, manifest, site in zip(scored, manifests, sites, strict=True):
        own = calibrating.keys_of(manifest, site.stages) if site is not None else frozenset()
        reports = judge(scores, calibrating.thresholds_by_key(manifest), prevalence, args.rounds, own)
        seconds = [film.seconds for film in scores.films]
        median = statistics.median(seconds) if seconds else math.nan
        kept = coverage(labels, scores)
        limits = calibrating.limits_by_key(manifest)
        judged.append(Judged(scores.cascade, reports, _sheets(reports), median, kept, limits))
        if site is not None:
            shares = remarks.other_share(reports, calibrating.prevalences_by_key(manifest, site.prevalences))
            elsewhere += [f"{scores.cascade}: {words}" if len(scored) > 1 else words for words in shares]
    if not any(part.reports for part in judged):
        raise KnownError(
            "nothing_scored",
            f"No label could be scored, so no report was written: {' '.join(coverage_notes(judged[0].labels))}",
            "Check the column projection, or label what the cascade judges: `cxr-workstation models` lists its stages.",
        )
    pairs = compare(scored[0], scored[1], args.rounds) if len(scored) > 1 else []
    page = Page(
        labels=args.labels.name,
        made=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        program=f"cxr-workstation {__version__}",
        films=len(labels.films),
        cascades=judged,
        comparison=pairs,
        failures=scored[0].failures,
        ignored_columns=labels.ignored_columns,
        notes=[*_notes(args.labels, labels, judged, sites), *elsewhere],
    )
    write_report(out, page, scored)
    lines = [line for part in judged for line in table_lines(part)]
    lines += comparison_lines([part.cascade for part in judged], pairs)
    print("\n".join(lines))
    for note in page.notes:
        say(f"note: {note}")
    print(f"\nreport: {out / PAGE}")
    return SOME_FAILED if scored[0].failures else ALL_SCORED


def _notes(path: Path, labels: Labels, judged: Sequence[Judged], sites: Sequence[Origin | None]) -> list[str]:
    warned = [remarks.same_films(site, path) for site in sites if site is not None]
    made = dict.fromkeys(words for words in warned if words)
    made |= dict.fromkeys(coverage_notes(judged[0].labels))
    for other in judged[1:]:
        made |= dict.fromkeys(
            f"{other.cascade}: {note}" for note in coverage_notes(other.labels) if note not in made
        )
    return [*made, *remarks.notes(labels, [report for part in judged for report in part.reports])]
