"""`cxr-workstation calibrate`: a site's own thresholds and calibration from its labelled films.

Exit codes: 0 written from all films, 2 written, but some could not be scored (they are listed), 1 misuse, no usable
cascade or too few films: nothing was written.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

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
from workstation.inference import site_calibration
from workstation.services import calibrating
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation import tables
from workstation.services.evaluation.coverage import coverage
from workstation.services.evaluation.coverage import notes as coverage_notes

NEEDED = (
    f"films of at least {calibrating.NEEDED_WITHOUT} patients without "
    f"and {calibrating.NEEDED_WITH} with the defect"
)
BEFORE = ".before"
"""Ending of an earlier calibration's copy."""
_HELP = f"""\
how many films: a stage is calibrated from {NEEDED}
(fewer without cannot show a specificity of 95 %); any other stage stays as shipped.
crop_frontal needs them among frontals, crop_lateral and rotation_lateral among laterals.

which films: consecutive ones of every day, or say with --prevalence how often the defect
is met. A probability holds for one prevalence only: films picked because they are cut off
would make every film look likelier to be cut off than it is. (The shipped cascade counts
films with and without the defect alike, as if half of them had it.)

one labels file for all stages: a stage that it does not calibrate is as shipped again, whatever
an earlier file said. That one is kept beside, as {site_calibration.FILE}{BEFORE}.

then: check what it is worth on other films (`cxr-workstation evaluate`); on these the
figures flatter. Remove {site_calibration.FILE} to go back to what was shipped.

"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `calibrate`."""
    add_common_arguments(
        parser, "cascade to calibrate (default: as the settings say, else the shipped one)", _HELP
    )
    parser.add_argument(
        "--prevalence",
        action="append",
        default=[],
        metavar="[STAGE=]SHARE",
        help="the defect's share among your films of every day, 0.08 for 8 %%, which the probabilities are to hold "
        "for; repeat for several stages (default: its share in the labels file, right for consecutive films only)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"where to write it (default: {site_calibration.FILE} beside the manifest, where the program finds it)",
    )


def run(args: argparse.Namespace) -> int:
    """Run `calibrate`; see `add_arguments`. Prints what was found, returns the exit code."""
    return exit_code(
        lambda: _calibrate(args), "The calibration cannot be written: {0}. Choose another place with --out."
    )


def _calibrate(args: argparse.Namespace) -> int:
    labels = read_labelled(args.labels)
    service, manifest = open_service(cascade_in_use(args), site=False)
    known = [spec.plan.name for spec in manifest.stages if calibrating.can_fit(spec)]
    prevalence = read_prevalences(args.prevalence, known)
    out = args.out if args.out is not None else manifest.folder / site_calibration.FILE
    if out.resolve() == args.labels.resolve():
        raise KnownError("usage", f"--out {out} is the labels file.", "Name another file.")
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(out))
    check_folder(out.parent)
    (scores,) = score_labels(labels, {manifest.label: service})
    fits = calibrating.fit_cascade(manifest, scores.films, prevalence)
    done = [fit for fit in fits if not fit.skipped]
    for fit in fits:
        _print_fit(fit)
    for failure in scores.failures:
        say(f"not scored: {failure.name}: {failure.message}")
    for note in coverage_notes(coverage(labels, scores)):
        say(f"note: {note}")
    if not done:
        raise KnownError(
            "too_few_films",
            "No stage has enough labelled films, nothing was written.",
            f"Label {NEEDED} for every stage to be calibrated.",
        )
    about = {
        "made": datetime.now().astimezone().isoformat(timespec="seconds"),
        "program": f"cxr-workstation {__version__}",
        "labels": args.labels.name,
        "labels_sha256": hashlib.sha256(args.labels.read_bytes()).hexdigest(),
        "films": len(scores.films),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    _keep_earlier(out, {fit.name for fit in done})
    tables.write_json(out, calibrating.overlay(manifest, fits, about))
    print(f"\nwritten: {out}")
    elsewhere = out.name != site_calibration.FILE or out.resolve().parent != manifest.folder.resolve()
    place = f" once it lies in the cascade's folder as {site_calibration.FILE}" if elsewhere else ""
    print(f"The program uses it from its next start{place}.")
    return SOME_FAILED if scores.failures else ALL_SCORED


def _keep_earlier(out: Path, fitted: Collection[str]) -> None:
    """Copy the file that stands at `out` beside it; say so, and which stages but the `fitted` it had thresholds for."""
    if not out.is_file():
        return
    earlier = site_calibration.origin(out.parent, out.name)
    kept = out.with_name(f"{out.name}{BEFORE}")
    shutil.copyfile(out, kept)
    say(f"note: what stood there is kept as {kept.name}.")
    if lost := sorted((earlier.stages if earlier is not None else frozenset()) - set(fitted)):
        say(
            f"note: {', '.join(lost)}: calibrated before, as shipped now. One labels file sets the thresholds of all "
            "stages: put its films into the same file to keep both."
        )


def _print_fit(fit: calibrating.StageFit) -> None:
    if fit.skipped or fit.thresholds is None:
        print(f"{fit.name}: as shipped; {fit.skipped}")
        return
    kept = "refitted" if fit.refitted else "kept as shipped, refitting does not help"
    specificity, recall, chosen = fit.specificity, fit.recall, fit.thresholds
    lines = [
        f"{fit.name}: {fit.films} films of {fit.patients_with} patients with and {fit.patients_without} without",
        f"  calibration {kept} (log loss {fit.log_loss_shipped:.3f} as shipped, "
        f"{fit.log_loss_left_out:.3f} on patients left out)",
    ]
    if fit.refitted:
        lines.append(
            f"  probabilities hold where {_percent(fit.prevalence)} of films have the defect: {_origin(fit)}"
        )
    lines += [
        f"  warn from {chosen.warn:.3f}: specificity {specificity.value:.3f} "
        f"({specificity.low:.3f}-{specificity.high:.3f}), recall {recall.value:.3f} "
        f"({recall.low:.3f}-{recall.high:.3f}) on these very films, which flatters"
        + ("; intervals by patient" if "by patient" in specificity.method + recall.method else ""),
        f"  unsure from {chosen.unsure_from:.3f}: {_percent(fit.unsure.value)} of these films"
        if fit.has_unsure
        else "  NO UNSURE STATE: films without the defect lie so close below the warning that none can be set apart; "
        "this stage will warn or pass, and never say that it is not sure",
    ]
    right = m.ppv_range(recall, specificity, fit.prevalence)
    lines.append(
        f"  of its warnings {_percent(right.value)} ({_percent(right.low)} to {_percent(right.high)}) are right "
        f"where {_percent(fit.prevalence)} of films have the defect"
    )
    print("\n".join(lines))


def _origin(fit: calibrating.StageFit) -> str:
    if fit.prevalence != fit.share:
        return f"as stated (in these labels {_percent(fit.share)})"
    return (
        "its share in these labels, right only if they are consecutive films; else state it with --prevalence"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
