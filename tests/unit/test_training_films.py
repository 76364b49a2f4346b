"""Who may be trained on, and the windows with known answers: one patient, one side; cuts where the lung is."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from models_onnx.training import patients, sources, trials, windows
from models_onnx.training.sources import FilmRecord

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_films = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the films are not in this checkout's neighbourhood"
)


def slab(height: int, width: int, left: float, right: float, top: float, bottom: float) -> np.ndarray:
    """Lung (0/255) between these fractions of a film of any proportions."""
    mask = np.zeros((height, width), np.uint8)
    mask[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = 255
    return mask


@pytest.mark.parametrize(("height", "width"), [(512, 378), (378, 512), (400, 400)])
def test_windows_are_cut_alike_whatever_the_films_proportions(height: int, width: int) -> None:
    mask = slab(height, width, 0.25, 0.75, 0.25, 0.75)
    depths = np.array(
        [
            trials.depths(mask, windows.choose(mask, np.random.default_rng(number), 0.5))
            for number in range(400)
        ]
    )
    deep = np.where(depths > windows.CUT_DEPTH, depths, np.nan)
    median = np.nanmedian(deep, axis=0)
    assert median.max() < 2 * median.min()  # no side is cut much deeper than another
    cut = (depths > windows.CUT_DEPTH).mean(0)
    assert cut.min() > 0.05
    assert cut.max() < 0.3


@pytest.mark.parametrize(("height", "width"), [(512, 378), (378, 512)])
def test_lung_at_the_right_border_of_a_film_of_any_proportions_may_go_on(height: int, width: int) -> None:
    assert windows.open_sides(slab(height, width, 0.3, 1.0, 0.3, 0.7)).tolist() == [False, True, False, False]
    assert windows.open_sides(slab(height, width, 0.3, 0.7, 0.3, 1.0)).tolist() == [False, False, False, True]


def test_lung_that_ends_just_inside_the_window_is_whole_at_every_side_alike() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 5:15] = 255
    assert trials.depths(mask, (0.25, 0.25, 0.75, 0.75)) == pytest.approx((0, 0, 0, 0))
    assert trials.depths(mask, (0.3, 0.3, 0.7, 0.7)) == pytest.approx((0.125,) * 4)


def row(film: str, original: str, patient: str = "") -> dict[str, str]:
    return {"file": f"frontal/{film}.jpg", "original": original, "patient": patient}


def test_films_of_one_patient_are_known_though_the_table_does_not_say_so() -> None:
    rows = [
        row("ieee_0001", "a.png", "ieee-7"),
        row("ieee_0002", "a.png"),  # the same original, nobody's
        row("ieee_0370", "panel-a.png"),
        row("ieee_0372", "panel-d.png"),
        row("kermany_0001", "person124_bacteria_590.jpeg"),
        row("kermany_0002", "person124_virus_247.jpeg"),
        row("kermany_0003", "IM-0001-0001.jpeg"),
        row("nih_0001", "00001280_004.png"),
        row("nih_0002", "00001280_005.png"),
    ]
    found = patients.keys(rows)
    for same in ((0, 1), (2, 3), (4, 5), (7, 8)):
        assert len({found[i] for i in same}) == 1
    assert len(set(found)) == 5
    assert patients.of_lateral({"patient": "ieee8023:7"}) == "ieee-7"


def film(patient: str, split: str, view: str = "frontal") -> FilmRecord:
    return FilmRecord("", "ieee", view, patient, split, "")


def test_the_test_keeps_its_patients_and_no_patient_learnt_from_judges_or_calibrates() -> None:
    sides = {
        ("a", "val"): "test",
        ("a", "test"): "test",
        ("b", "val"): "test",
        ("c", "test"): sources.LEFT_OUT,
        ("d", "val"): "val",
        ("e", "val"): sources.LEFT_OUT,
        ("f", "train"): "train",
    }
    laterals = [
        film(p, s, "lateral") for p, s in (("b", "test"), ("c", "train"), ("e", "train"), ("f", "train"))
    ]
    found = sources.one_side_each([film(patient, split) for patient, split in sides], laterals)
    assert [r.split for r in found] == list(sides.values())


def sides(records: Iterable[FilmRecord]) -> set[str]:
    return {record.split for record in records} - {sources.LEFT_OUT}


@needs_films
def test_what_the_tables_and_the_files_say_of_patients_holds() -> None:
    """Facts other than the keys that the split is made of: originals, numbers in names, the laterals' patients."""
    frontal = sources.read_frontal(SHARED)
    with (SHARED / "radiographs" / "frontal.csv").open(newline="", encoding="utf-8") as handle:
        rows = {Path(r["file"]).name: r for r in csv.DictReader(handle)}
    facts: dict[str, list[FilmRecord]] = defaultdict(list)
    for record in frontal:
        told = rows[Path(record.file).name]
        facts[f"{record.source} original {told['original']}"].append(record)
        if record.source == "nih":
            facts[f"nih {told['original'][:8]}"].append(record)
        if record.source == "ieee" and told["patient"]:
            facts[f"ieee {told['patient'].split('-')[1]}"].append(record)
        person = re.match(r"person\d+", told["original"])
        if record.source == "kermany" and person:
            facts[f"kermany {person.group()}"].append(record)
    for record in sources.read_lateral(SHARED):
        if record.patient.startswith("ieee-"):
            facts[f"ieee {record.patient.split('-')[1]}"].append(record)
    torn = {fact: sides(of) for fact, of in facts.items() if len(sides(of)) > 1}
    assert not torn
    assert sum(len(of) > 1 for of in facts.values()) > 50  # the facts do tie films together


@needs_films
def test_non_commercial_films_are_never_trained_on_but_for_the_laterals_named() -> None:
    for record in sources.read_frontal(SHARED):
        if record.split == "train":
            assert "NC" not in record.licence
            assert record.source in {"nih", "jsrt", "kermany"}
    for record in sources.read_lateral(SHARED):
        assert record.split == ("train" if int(record.extra["fold"]) in sources.LEARNT_FOLDS else "test")
