"""What `evaluate` and `calibrate` share: arguments, the cascade, the run over the films."""

from __future__ import annotations

import argparse
import errno
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from workstation import assets
from workstation.cli.streams import Progress, say
from workstation.domain.errors import CascadeUnavailable, KnownError
from workstation.inference.specs import Manifest
from workstation.services.analysis import AnalysisService
from workstation.services.data_folder import settings_to_read
from workstation.services.evaluation import labels as labels_module
from workstation.services.evaluation.labels import LABELS, Labels, LabelsInvalid, read_labels
from workstation.services.evaluation.scoring import Scores, score_films
from workstation.services.reading import read_film
from workstation.settings.file import load

ALL_SCORED, MISUSE, SOME_FAILED = 0, 1, 2
_EXIT = """\
exit code: 0 all films scored, 2 some could not be (they are listed, the others done),
1 nothing written (misuse, no usable cascade, too few labels), 130 interrupted.

"""


def exit_code(work: Callable[[], int], unwritten: str) -> int:
    """What `work` returns, or `MISUSE` after its error was said; `unwritten` tells what to do where a file cannot be
    written, with the system's reason in ``{0}``."""
    try:
        return work()
    except KnownError as error:
        say(f"{error.message} {error.remedy}")
    except BrokenPipeError:
        raise  # whoever read the printed lines has enough of them (head, less)
    except OSError as error:
        say(unwritten.format(error))
    return MISUSE


def check_folder(folder: Path) -> None:
    """Refuse a folder that nothing can be written into, before films are judged for minutes in vain.

    Args:
        folder: may be missing, to be made in the nearest one that is there.

    Raises:
        OSError: it is no folder, or may not be written to.
    """
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def _columns_help() -> str:
    table = labels_module.__doc__ or ""  # none under python -OO
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    lines = [
        f"  {name.strip('`'):<14}{values.replace('`', '')}\n{'':16}{meaning}"
        for name, values, meaning in rows
    ]
    return "columns of LABELS.csv (only `file` must be there; blank, nan and NA mean unknown):\n" + "\n".join(
        lines
    )


def add_common_arguments(parser: argparse.ArgumentParser, cascade_help: str, before: str = "") -> None:
    """The labels file, the cascade and the data folder; `before` stands above the columns in the help."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = before + _EXIT + _columns_help()
    parser.add_argument(
        "labels", type=Path, metavar="LABELS.csv", help="labelled films, paths relative to this file"
    )
    parser.add_argument("--cascade", type=Path, metavar="DIR", help=cascade_help)
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="take the settings of this data folder")


def cascade_in_use(args: argparse.Namespace) -> Path:
    """The folder that `--cascade` names, else that of the settings, else the shipped one."""
    if args.cascade is not None:
        return Path(args.cascade)
    return assets.cascade_dir(load(settings_to_read(args.data_dir)).cascade_dir)


def open_service(folder: Path, site: bool) -> tuple[AnalysisService, Manifest]:
    """A cascade ready to judge, with its site's own calibration where `site`.

    Raises:
        CascadeUnavailable: it is missing or wrong.
    """
    service = AnalysisService(folder, site=site)
    if not service.warm_up():
        raise service.unavailable or CascadeUnavailable(
            "cascade_missing", "There is no cascade.", "Check --cascade."
        )
    manifest = service.manifest
    assert manifest is not None
    return service, manifest


def read_prevalences(words: Sequence[str], known: Sequence[str]) -> dict[str, float]:
    """Values of `--prevalence`, 0..1, by stage; one without a stage counts for all in `known` that are not named.

    Raises:
        KnownError: no share above 0 and below 1, or a stage that is not known.
    """
    named: dict[str, float] = {}
    every: float | None = None
    for word in words:
        key, _, number = word.rpartition("=")
        try:
            share = float(number.strip().replace(",", "."))
        except ValueError:
            share = math.nan
        wrong = f"it cannot be stated for {key!r}" if key and key not in known else ""
        if not wrong and not 0 < share < 1:
            wrong = "a share above 0 and below 1 is wanted, 0.08 for 8 %"
        if wrong:
            raise KnownError("usage", f"--prevalence {word}: {wrong}.", f"Stages: {', '.join(known)}.")
        if key:
            named[key] = share
        else:
            every = share
    return {stage: every for stage in known if every is not None} | named


def read_labelled(path: Path) -> Labels:
    """The labels file, with at least one film labelled.

    Raises:
        LabelsInvalid: as `read_labels`, or nothing is labelled.
    """
    labels = read_labels(path)
    if not any(labels.filled[column] for column in LABELS):
        heard = "".join(f" ({remark})" for remark in labels.remarks())
        raise LabelsInvalid(
            "labels_nothing",
            f"{path} labels nothing: every film is blank in {', '.join(LABELS)}{heard}.",
            "Fill in at least one of these columns; `cxr-workstation evaluate --help` describes them.",
        )
    return labels


def score_labels(labels: Labels, services: dict[str, AnalysisService]) -> list[Scores]:
    """Every film judged by every cascade; on a terminal the count runs along on stderr."""
    for remark in labels.remarks():
        say(f"labels: {remark}")
    with Progress(len(labels.films)) as bar:
        return score_films(labels.films, read_film, dict(services), lambda _done: bar.step())
