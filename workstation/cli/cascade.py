"""Which cascade a command uses: `--cascade`, else the one of the settings, else the shipped one."""

from __future__ import annotations

import argparse
from pathlib import Path

from workstation.assets import cascade_dir
from workstation.cli.streams import say
from workstation.services.analysis import AnalysisService
from workstation.services.data_folder import settings_to_read
from workstation.settings.file import load


def add_cascade_arguments(parser: argparse.ArgumentParser) -> None:
    """`--cascade` and `--data-dir`."""
    parser.add_argument(
        "--cascade",
        type=Path,
        metavar="DIR",
        help="folder with manifest.json, run on the CPU (default: as the settings say, else the shipped one)",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="take the settings of this data folder")


def open_cascade(arguments: argparse.Namespace, threads: int = 0) -> AnalysisService:
    """The analysis service, loaded and warm; what could not be had as wanted is said on stderr.

    Args:
        arguments: with `cascade` and `data_dir`.
        threads: of a model; 0 as the settings say.

    Raises:
        CascadeUnavailable: the cascade is missing or wrong.
        SettingsInvalid: there are settings, but broken ones.
    """
    if arguments.cascade is not None:
        service = AnalysisService(arguments.cascade, threads=threads)
    else:
        settings = load(settings_to_read(arguments.data_dir))
        service = AnalysisService(
            cascade_dir(settings.cascade_dir),
            settings.execution_providers,
            threads or settings.intra_op_threads,
        )
    service.warm_up()
    if service.unavailable is not None:
        raise service.unavailable
    if service.notice:
        say(service.notice)
    return service
