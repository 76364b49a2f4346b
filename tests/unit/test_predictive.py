"""What a warning is worth at a site, by hand; and where the figures come from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from workstation.assets import models_dir
from workstation.domain.decision import Choice
from workstation.domain.findings import Kind
from workstation.domain.predictive import Performance, expected_ppv
from workstation.domain.projection import Projection
from workstation.domain.statistics import Cell, Opinion
from workstation.services.performance import published

FRONTAL, LATERAL = Projection.FRONTAL, Projection.LATERAL
KNOWN = {
    (FRONTAL, Kind.CROP): Performance(0.8, 0.9),
    (LATERAL, Kind.CROP): Performance(0.7, 0.95),
    (LATERAL, Kind.ROTATION): Performance(0.5, 0.8),
}


def cell(projection: Projection, choice: Choice | None, count: int, reason: str = "") -> Cell:
    return Cell(projection, "Ivanova", "2", choice, reason, Opinion.PASSED, count)


def test_by_hand() -> None:
    # 1000 frontals, 50 cut off: 40 found, 95 false alarms.
    cells = [cell(FRONTAL, Choice.SEND, 950), cell(FRONTAL, Choice.RETAKE, 50, "cut_off")]
    assert expected_ppv(cells, KNOWN) == pytest.approx(40 / 135)


def test_what_the_cascade_does_not_look_for_counts_as_clear_and_undecided_films_not_at_all() -> None:
    cells = [
        cell(FRONTAL, Choice.SEND, 900),
        cell(FRONTAL, Choice.RETAKE, 50, "motion"),
        cell(FRONTAL, Choice.RETAKE, 50, "cut_off"),
        cell(FRONTAL, None, 400),
        cell(Projection.UNKNOWN, Choice.SEND, 400),
    ]
    assert expected_ppv(cells, KNOWN) == pytest.approx(40 / 135)


def test_a_lateral_is_spared_only_by_both_criteria() -> None:
    cells = [
        cell(LATERAL, Choice.SEND, 100),
        cell(LATERAL, Choice.RETAKE, 10, "cut_off"),
        cell(LATERAL, Choice.RETAKE, 10, "rotation"),
    ]
    true, false = 10 * 0.7 + 10 * 0.5, 100 * (1 - 0.95 * 0.8)
    assert expected_ppv(cells, KNOWN) == pytest.approx(true / (true + false))


def test_nothing_is_expected_of_nothing() -> None:
    assert expected_ppv([], KNOWN) is None
    assert expected_ppv([cell(FRONTAL, Choice.SEND, 5)], {}) is None
    assert (
        expected_ppv([cell(FRONTAL, Choice.SEND, 5)], {(FRONTAL, Kind.CROP): Performance(0.0, 1.0)}) is None
    )


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    folder = tmp_path / "cascade"
    shutil.copytree(models_dir(), folder, ignore=shutil.ignore_patterns("training", "*.md", "*.py"))
    return folder


def change(folder: Path, stage: str, performance: object) -> None:
    path = folder / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    for found in data["stages"]:
        found["provenance"].pop("performance", None)
        if found["name"] == stage:
            found["provenance"]["performance"] = performance
    path.write_text(json.dumps(data), encoding="utf-8")


def test_the_manifest_tells_it(cascade: Path) -> None:
    change(cascade, "crop_frontal", {"sensitivity": 0.8, "specificity": 0.9, "films": 264})
    assert published(cascade) == {(FRONTAL, Kind.CROP): Performance(0.8, 0.9)}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"sensitivity": 0.8},
        {"sensitivity": 2, "specificity": 0.9},
        {"sensitivity": "x", "specificity": 1},
    ],
)
def test_a_manifest_that_does_not_tell_it_is_no_error(cascade: Path, wrong: object) -> None:
    change(cascade, "crop_frontal", wrong)
    assert published(cascade) == {}


def test_without_a_cascade_nothing_is_known(tmp_path: Path) -> None:
    assert published(tmp_path / "nowhere") == {}


def test_the_shipped_cascade_tells_of_every_criterion() -> None:
    assert set(published(models_dir())) == {
        (FRONTAL, Kind.CROP),
        (LATERAL, Kind.CROP),
        (LATERAL, Kind.ROTATION),
    }
