"""The test films at hand as a folder for `cxr-workstation evaluate`: the trials of `models_onnx.training.trials` and
the graded laterals, as PNG with a labels.csv.

    python -m models_onnx.training.adapters.trial_films --data ../shared/data [--renders DIR] --out FOLDER
    cxr-workstation evaluate FOLDER/labels.csv [--compare CASCADE]

Films of the ieee collection's test half, windows of the others' test share, real laterals, and simulated laterals of
the CTs that validation used (not trained on, but seen). Of the real laterals, the shipped lung and rotation networks
have learnt from folds 0-2, and those chose thresholds; folds 3-4 are test. The column `dataset` tells them apart.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models_onnx.training import trials
from models_onnx.training.paper import windows as paper_windows
from models_onnx.training.sources import EDGES, LEARNT_FOLDS, read_lateral, read_renders
from workstation.services.evaluation.labels import COLUMNS

Film = tuple[np.ndarray, dict[str, Any]]
GROUPS = ("natural", "frontal-windows", "laterals", "lateral-windows", "simulated", "gates", "others")


def _row(trial: trials.Trial, dataset: str, projection: str) -> dict[str, Any]:
    edges = [side for side, value in zip(EDGES, trial.edges, strict=True) if value == 1]
    cut = {0.0: 0, 1.0: 1}.get(-1.0 if trial.cut is None else trial.cut, "")
    return {
        "patient": trial.patient,
        "dataset": dataset,
        "projection": projection,
        "crop": cut,
        # An edge too close to call leaves it open which edges cut.
        "crop_edges": ";".join(edges) if cut == 1 and not np.isnan(trial.edges).any() else "",
        "body_part": "chest",
        "polarity": "normal",
        "orientation": "0",
    }


def _gate_row(trial: trials.Trial) -> dict[str, Any]:
    turn, mirrored = trials.ORIENTATIONS[int(trial.labels["turn"])]
    return {
        "patient": trial.patient,
        "dataset": f"gates {trial.source}",
        "projection": "lateral" if trial.labels["lateral"] else "frontal",
        "body_part": "chest",
        "polarity": "inverted" if trial.labels["inverted"] else "normal",
        "orientation": f"{90 * turn}{'+m' if mirrored else ''}",
    }


def _laterals(data: Path) -> Iterator[Film]:
    for record in read_lateral(data):
        image, row = paper_windows.natural(record)
        learnt = int(record.extra["fold"]) in LEARNT_FOLDS
        dataset = "laterals, folds 0-2 (learnt from)" if learnt else "laterals, folds 3-4 (test)"
        yield (
            image,
            {**row, "dataset": dataset, "body_part": "chest", "polarity": "normal", "orientation": "0"},
        )


def _simulated(renders: Path, number: int) -> Iterator[Film]:
    rng = np.random.default_rng(5)
    depths = paper_windows.cut_depths(renders)
    drawn = [r for r in read_renders(renders) if r.split == "val" and r.view == "lateral"]
    for record in drawn[:: max(1, len(drawn) // number)]:
        made = paper_windows.simulated(record, rng, depths)
        if made is not None:
            image, row = made
            # All of them: judging, unlike training, has a use for turns that are neither small nor large.
            degrees = round(abs(float(record.extra["yaw_deg"])), 2)
            more = {"rotation_deg": degrees, "body_part": "chest", "orientation": "0"}
            yield image, {**row, **more, "dataset": "simulated (validation CT)"}


def _natural(data: Path, whole: int) -> Iterator[Film]:
    every = list(trials.natural(data, "test"))
    # By the name's hash, so that fewer are a fair part of all.
    clean = sorted(
        (t for t in every if t.cut == 0), key=lambda t: hashlib.sha256(Path(t.file).name.encode()).digest()
    )
    for trial in [t for t in every if t.cut != 0] + clean[:whole]:
        yield trial.image, _row(trial, "ieee", "frontal")


def films(
    data: Path, renders: Path | None, groups: tuple[str, ...], most: int, whole: int = 100_000
) -> Iterator[Film]:
    """Images and label rows of the chosen groups.

    Args:
        most: films of each group that is made by rule.
        whole: uncut films of the natural group.
    """
    if "natural" in groups:
        yield from _natural(data, whole)
    if "frontal-windows" in groups:
        for trial in itertools.islice(trials.frontal_windows(data, "test", 1), most):
            yield trial.image, _row(trial, f"{trial.source} windows", "frontal")
    if "laterals" in groups:
        yield from _laterals(data)
    if "lateral-windows" in groups:
        for number, trial in enumerate(trials.lateral_windows(data)):
            if (
                number % max(1, round(144 / most)) == 0
                and trial.labels["fold"] not in trials.VALIDATION_FOLDS
            ):
                yield trial.image, _row(trial, "lateral windows", "lateral")
    if "simulated" in groups and renders is not None:
        yield from _simulated(renders, most)
    if "gates" in groups:
        every = list(trials.gate_trials(data, "test"))
        chosen = np.random.default_rng(3).permutation(len(every))[: 2 * most]
        for place in sorted(chosen):
            yield every[place].image, _gate_row(every[place])
    if "others" in groups:
        for trial in itertools.chain(trials.drawn_trials(most, 77001), trials.dicom_trials(data)):
            chest = "chest" if trial.labels["chest"] else "other"
            yield trial.image, {"patient": trial.patient, "dataset": trial.group, "body_part": chest}


def main(argv: list[str] | None = None) -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.adapters.trial_films")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--renders", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--groups", default=",".join(GROUPS), help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--most", type=int, default=120, help="films of a group that is made by rule")
    parser.add_argument("--whole", type=int, default=100_000, help="uncut films of the natural group")
    args = parser.parse_args(argv)
    (args.out / "films").mkdir(parents=True, exist_ok=True)
    with (args.out / "labels.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        chosen = films(args.data, args.renders, tuple(args.groups.split(",")), args.most, args.whole)
        for index, (image, row) in enumerate(chosen):
            name = f"films/{index:05d}.png"
            if not cv2.imwrite(str(args.out / name), image):
                raise OSError(f"cannot write {args.out / name}")
            writer.writerow({"file": name, **row})
    print(args.out / "labels.csv")


if __name__ == "__main__":
    main()
