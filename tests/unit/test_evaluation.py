"""`evaluate` from the labels file to the report, on tiny networks whose scores are known."""

from __future__ import annotations

import argparse
import csv
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade, tiny_image
from tests.unit.labelled_films import crop_films, graded, run, write_films
from workstation.cli import evaluate
from workstation.domain.statistics import wilson_interval
from workstation.inference import site_calibration
from workstation.services.evaluation import metrics as m


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def stage_of(out: Path, key: str, cascade: int = 0) -> dict[str, Any]:
    def refuse(word: str) -> float:
        raise AssertionError(f"{word} in JSON")

    data = json.loads((out / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)
    stages = data["cascades"][cascade]["stages"]
    found: dict[str, Any] = next(stage for stage in stages if stage["stage"] == key)
    return found


class _Balanced(HTMLParser):
    """Refuses an end tag that closes nothing, and anything loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name in ("src", "href"):
            assert (values.get(name) or "#").startswith(("data:", "#"))
        self.images += tag == "img"
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_figures_are_those_of_the_scores(tmp_path: Path, cascade: Path) -> None:
    labels, truth, strength = crop_films(tmp_path / "films", whole=30, cut=20)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    crop = stage_of(out, "crop_frontal")
    assert (crop["films"], crop["positives"], crop["patients"]) == (50, 20, 50)
    levels = np.rint(strength * 255)  # as the PNG holds them
    assert crop["auc"]["value"] == pytest.approx(m.auc(truth, levels), abs=1e-6)
    assert crop["auc"]["method"] == "DeLong"
    logits = 20 * levels / 255 - 10
    called = logits >= np.log(0.6 / 0.4)
    assert crop["shipped"]["confusion"]["tp"] == int((called & (truth == 1)).sum())
    assert crop["shipped"]["confusion"]["fp"] == int((called & (truth == 0)).sum())
    score = 1 / (1 + np.exp(-logits))
    assert crop["log_loss"]["value"] == pytest.approx(m.log_loss(truth, score), rel=1e-3)
    assert crop["unsure"]["value"] == pytest.approx(((score >= 0.4) & (score < 0.6)).mean())
    assert crop["edges"]["worst_right"]["value"] == 1.0
    assert crop["edges"]["films_rightly_called"] == crop["shipped"]["confusion"]["tp"]
    assert [row["dataset"] for row in crop["sources"]] == ["a", "b"]
    assert crop["prevalence"] == pytest.approx(0.4)


def test_report_is_one_file_with_pictures_and_csv_beside_it(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=12, cut=12)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    text = (out / "report.html").read_text(encoding="utf-8")
    page = _Balanced()
    page.feed(text)
    assert page.open == []
    assert page.images == 1
    assert text.count("<svg") >= 3
    words = re.sub(r'src="data:[^"]*"', "", text)
    assert re.search(r"\bnan\b", words, re.IGNORECASE) is None
    sheet = cv2.imread(str(out / "crop_frontal-worst.png"))
    assert sheet is not None
    assert sheet.shape[0] > 200
    for kind in ("roc", "reliability", "scores"):
        drawn = ElementTree.parse(out / f"crop_frontal-{kind}.svg").getroot()
        assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    with (out / "films.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 24
    assert {row["crop_frontal_true"] for row in rows} == {"0", "1"}
    assert "patient" not in rows[0]
    with (out / "stages.csv").open(newline="", encoding="utf-8") as handle:
        assert {row["threshold_by"] for row in csv.DictReader(handle)} == {"shipped", "Youden"}


def test_later_stages_are_scored_on_all_films_and_by_the_papers_rule(tmp_path: Path, cascade: Path) -> None:
    # Two films labelled frontal look lateral to the cascade.
    rows: list[dict[str, object]] = []
    images = []
    for i in range(12):
        cut = i % 2
        rows.append({"patient": str(i), "projection": "frontal", "crop": cut})
        images.append(graded(0.9 * cut, lateral=1.0 if i < 2 else 0.0))
    labels = write_films(tmp_path / "films", rows, images)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    crop = stage_of(out, "crop_frontal")
    assert crop["films"] == 12
    assert crop["projection_right_only"]["films"] == 10
    assert stage_of(out, "projection")["shipped"]["confusion"] == {"tp": 0, "fp": 2, "fn": 0, "tn": 10}


def test_ece_stands_beside_what_chance_gives_and_has_no_interval(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=30, cut=20)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", cascade, "--out", out) == 0
    crop = stage_of(out, "crop_frontal")
    ece, chance = crop["ece"], crop["ece_by_chance"]
    assert (ece["low"], ece["high"]) == (None, None)
    assert 0 < chance["low"] < chance["value"] < chance["high"] < 1
    with (out / "stages.csv").open(newline="", encoding="utf-8") as handle:
        row = next(row for row in csv.DictReader(handle) if row["stage"] == "crop_frontal")
    assert float(row["ece"]) == pytest.approx(ece["value"])
    assert float(row["ece_by_chance_high"]) == pytest.approx(chance["high"])
    assert "ece_low" not in row
    # The same on the page and in the terminal, with a word of what it means.
    spread = f"{chance['low']:.3f} – {chance['high']:.3f}"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"<td>{ece['value']:.3f}<small>by chance</small><small>{spread}</small></td>" in page
    told = "more" if ece["value"] > chance["high"] else "no more"
    assert f"ECE {ece['value']:.3f}, {told} than chance gives" in page
    assert f"{ece['value']:.3f} ({spread.replace(' – ', '-')})" in capsys.readouterr().out


def test_misuse_gives_one_and_a_remedy(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    assert run(tmp_path / "none.csv", "--cascade", cascade) == 1
    assert run(labels, "--cascade", tmp_path / "nowhere") == 1
    assert run(labels, "--cascade", cascade, "--prevalence", "crop=0.1") == 1
    assert "crop_frontal" in capsys.readouterr().err
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "taken") == 1
    assert "--out" in capsys.readouterr().err


def test_gates_and_turns_are_judged(tmp_path: Path, cascade: Path) -> None:
    heads = {"top": "0", "left": "90", "bottom": "180", "right": "270"}
    rows: list[dict[str, object]] = []
    images = []
    for head, turn in heads.items():
        rows.append({"orientation": turn, "polarity": "normal", "body_part": "chest"})
        images.append(tiny_image(head=head))
    rows.append({"polarity": "inverted", "body_part": "chest"})
    images.append(tiny_image(inverted=True))
    rows.append({"body_part": "other"})
    blank = tiny_image(blank=True)
    blank[0, 0] = 255  # a flat raster has no grey scale
    images.append(blank)
    labels = write_films(tmp_path / "films", rows, images)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    assert stage_of(out, "body_part")["shipped"]["confusion"] == {"tp": 1, "fp": 0, "fn": 0, "tn": 5}
    assert stage_of(out, "polarity")["shipped"]["confusion"] == {"tp": 1, "fp": 0, "fn": 0, "tn": 4}
    turned = stage_of(out, "orientation")
    assert turned["turns"]["right"]["value"] == 1.0
    assert {(row["true"], row["suggested"]) for row in turned["turns"]["table"]} == {
        (t, t) for t in heads.values()
    }
    # Four films cannot show an AUC of 1 exactly: the interval has a width.
    assert turned["auc"]["method"] == "Newcombe"
    assert turned["auc"]["low"] < 0.9


def test_angles_are_measured_in_degrees_by_band(tmp_path: Path, cascade: Path) -> None:
    # The tiny cascade reads 30 degrees times the block's brightness; labels say 2 degrees less.
    values = [0.2, 0.4, 0.6, 0.8]
    rows: list[dict[str, object]] = [
        {"projection": "lateral", "rotated": int(v > 0.5), "rotation_deg": 30 * v - 2} for v in values
    ]
    labels = write_films(tmp_path / "films", rows, [tiny_image(lateral=1.0, rotation=v) for v in values])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    angle = stage_of(out, "rotation_lateral")["angle"]
    assert angle["mae"] == pytest.approx(2, abs=0.1)
    assert angle["bias"] == pytest.approx(2, abs=0.1)
    assert angle["rank_correlation"] == pytest.approx(1)
    # True angles: 4, 10, 16 and 22 degrees.
    assert [(band["low"], band["films"]) for band in angle["bands"]] == [(0, 1), (10, 1), (15, 2)]
    assert (out / "rotation_lateral-angle.svg").is_file()


def test_degrees_alone_are_enough_for_the_rotation_and_tell_clear_turns_apart(
    tmp_path: Path, cascade: Path
) -> None:
    # Scores rise with the turn, but for one film of 3 degrees that looks like 24 and one of 7 that looks like 27.
    turns = [(2, 0.1), (3, 0.8), (4, 0.2), (7, 0.9), (9, 0.3), (12, 0.6), (-20, 0.7), (25, 0.85)]
    rows: list[dict[str, object]] = [{"projection": "lateral", "rotation_deg": deg} for deg, _ in turns]
    labels = write_films(
        tmp_path / "films", rows, [tiny_image(lateral=1.0, rotation=seen) for _, seen in turns]
    )
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    rotation = stage_of(out, "rotation_lateral")
    assert (rotation["films"], rotation["positives"]) == (8, 3)
    assert rotation["angle"]["films"] == 8
    clear = rotation["auc_10_vs_5"]
    assert (clear["over_10"], clear["under_5"]) == (3, 3)
    # Of nine pairs, the film of 3 degrees is above two of the three turned ones.
    assert clear["value"] == pytest.approx(7 / 9)
    assert clear["low"] < clear["value"] < clear["high"]
    said = f"Over 10 against under 5 degrees (3 against 3 films, those between left out): AUC {clear['value']:.3f}"
    assert said in _words(out)


def _site(cascade: Path, **about: str) -> None:
    made = {
        "schema": 1,
        "cascade": "tiny@1",
        "about": about,
        "stages": {"crop_frontal": {"thresholds": {"warn": 0.9, "unsure_from": 0.5}}},
    }
    (cascade / site_calibration.FILE).write_text(json.dumps(made), encoding="utf-8")


def _words(out: Path) -> str:
    text = re.sub(r'src="data:[^"]*"', "", (out / "report.html").read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_the_sites_thresholds_are_called_the_sites(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=12, cut=12)
    _site(cascade, labels="other.csv")
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    said = _words(out)
    # The projection keeps its shipped thresholds, the cut-offs have the site's.
    assert "At the site's own thresholds for Cut-off lung, frontal, elsewhere at the shipped ones" in said
    assert "site's own 0.900" in said
    assert "the site's own were chosen by `calibrate`" in said
    assert "flatter. Judge them on other films" not in said
    assert stage_of(out, "crop_frontal")["thresholds_by"] == "site"
    assert stage_of(out, "projection")["thresholds_by"] == "shipped"
    assert "site's own thresholds" in capsys.readouterr().out
    assert run(labels, "--cascade", cascade, "--out", out, "--as-shipped") == 0
    assert "site's own" not in _words(out)


def test_films_that_set_the_thresholds_are_warned_of(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=12, cut=12)
    out = tmp_path / "out"
    digest = hashlib.sha256(labels.read_bytes()).hexdigest()
    for about, words in (
        ({"labels": "moved.csv", "labels_sha256": digest}, "set with this very labels file (moved.csv)"),
        ({"labels": labels.name}, "a labels file of the same name (labels.csv)"),
    ):
        _site(cascade, **about)
        assert run(labels, "--cascade", cascade, "--out", out) == 0
        assert words in _words(out)
        assert words in capsys.readouterr().err


def test_unsure_films_are_counted_apart_and_explained(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The tiny cascade warns from 0.6 and is unsure from 0.4: of four cut films one warns, two are unsure, one passes.
    strengths = [0.1, 0.2, 0.5, 0.1, 0.9, 0.49, 0.5, 0.2]
    rows: list[dict[str, object]] = [
        {"patient": f"p{i}", "projection": "frontal", "crop": int(i >= 4)} for i in range(len(strengths))
    ]
    labels = write_films(tmp_path / "films", rows, [graded(v) for v in strengths])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    crop = stage_of(out, "crop_frontal")
    assert crop["shipped"]["recall"]["value"] == 0.25
    assert (crop["unsure_with"], crop["unsure_without"]) == (2, 1)
    assert crop["warned_or_unsure"]["recall"]["value"] == 0.75
    assert crop["warned_or_unsure"]["specificity"]["value"] == 0.75
    said = _words(out)
    assert "labelled called cut off not called of these unsure cut off 1 3 2 whole 0 4 1" in said
    assert "“warned or unsure” counts it as called" in said
    printed = capsys.readouterr().out
    assert "0.250   0.750" in printed
    assert "projection: laterals" in printed
    with (out / "stages.csv").open(newline="", encoding="utf-8") as handle:
        (row,) = [
            r
            for r in csv.DictReader(handle)
            if (r["stage"], r["threshold_by"], r["films_of"]) == ("crop_frontal", "shipped", "all")
        ]
    assert (row["unsure_with"], row["recall_warned_or_unsure"]) == ("2.0", "0.75")


def test_a_perfect_score_on_any_number_of_films_has_an_interval(tmp_path: Path, cascade: Path) -> None:
    # 24 trapezoids of a 24th each do not sum to one exactly.
    strengths = [*np.linspace(0.1, 0.3, 24), *np.linspace(0.7, 0.9, 12)]
    rows: list[dict[str, object]] = [
        {"patient": f"p{i % 30}", "projection": "frontal", "crop": int(i >= 24)} for i in range(36)
    ]
    labels = write_films(tmp_path / "films", rows, [graded(float(v)) for v in strengths])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    area = stage_of(out, "crop_frontal")["auc"]
    assert (area["value"], area["high"], area["method"]) == (1.0, 1.0, "Newcombe")
    assert area["low"] < 0.9
    # Every draw of the bootstrap is as perfect: 1.000 (1.000 - 1.000) would read as certainty.
    f1 = stage_of(out, "crop_frontal")["shipped"]["f1"]
    assert (f1["value"], f1["low"], f1["high"]) == (1.0, None, None)


def test_one_class_alone_has_no_auc_and_no_row_of_dashes(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=5, cut=0)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    said = _words(out)
    assert "by bootstrap of patients" not in said
    assert "– (– – –)" not in said


def test_what_a_stage_is_not_meant_for_stands_beside_its_figures(tmp_path: Path, cascade: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for stage in data["stages"]:
            if stage["name"] == "orientation":
                stage["limits"] = ["a film mirrored & upright is not reported"]

    edit_manifest(cascade, change)
    labels = write_films(tmp_path / "films", [{"orientation": "0+m"}] * 3, [graded()] * 3)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    assert "Limit: a film mirrored & upright is not reported." in _words(out)


def test_nothing_of_a_wide_table_is_lost_on_paper(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    # A box that scrolls on the screen is cut off where it is printed.
    assert ".scroll{overflow-x:auto}" in page
    assert ".scroll{overflow:visible}" in page.partition("@media print{")[2]


def test_no_false_alarm_on_a_few_films_does_not_read_as_always_right(tmp_path: Path, cascade: Path) -> None:
    rows: list[dict[str, object]] = [
        {"patient": f"p{i}", "projection": "frontal", "crop": int(i >= 30)} for i in range(40)
    ]
    images = [graded(0.9 if i >= 30 else 0.1) for i in range(40)]
    out = tmp_path / "out"
    assert run(write_films(tmp_path / "films", rows, images), "--cascade", cascade, "--out", out) == 0
    point = stage_of(out, "crop_frontal")["shipped"]
    recall, specificity = point["recall"]["low"], point["specificity"]["low"]
    least = 0.05 * recall / (0.05 * recall + 0.95 * (1 - specificity))
    assert point["expected_ppv"]["0.05"] == 1
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"<td>100.0 %<small>{100 * least:.1f} – 100.0 %</small></td>" in page


@pytest.mark.parametrize(("whole", "cut"), [(5, 0), (0, 5)])
def test_one_class_alone_has_no_youden_threshold_and_no_figures_at_it(
    tmp_path: Path, cascade: Path, whole: int, cut: int
) -> None:
    # All films at a threshold that is not known would count as not called: recall 0, or specificity 1.
    labels, *_ = crop_films(tmp_path / "films", whole=whole, cut=cut)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    assert stage_of(out, "crop_frontal")["youden"] is None
    assert "Youden" not in (out / "stages.csv").read_text(encoding="utf-8")
    assert _words(out).count("Youden") == 1  # in how to read a report


def test_the_report_lies_beside_the_labels_where_no_folder_is_named(
    tmp_path: Path, cascade: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert run(labels, "--cascade", cascade) == 0
    assert (tmp_path / "films" / "labels-evaluation" / "report.html").is_file()
    assert not any(elsewhere.iterdir())


def test_too_few_rounds_name_the_number_that_is_taken(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    assert evaluate.run(parser.parse_args([str(labels), "--cascade", str(cascade), "--rounds", "19"])) == 1
    assert "Give 20 or more" in capsys.readouterr().err


def test_several_films_of_a_patient_widen_the_interval(tmp_path: Path, cascade: Path) -> None:
    labels, truth, _ = crop_films(tmp_path / "films", whole=20, cut=20)
    text = labels.read_text(encoding="utf-8").splitlines()
    clustered = [text[0]] + [line.replace(f",p{i},", f",q{i % 20 // 5},") for i, line in enumerate(text[1:])]
    labels.write_text("\n".join(clustered), encoding="utf-8")
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    crop = stage_of(out, "crop_frontal")
    assert crop["patients"] == 4
    assert crop["auc"]["method"] == "bootstrap by patient"
    assert truth.size == crop["films"]
    # All of four patients: shares, too, are known no better than four patients let them.
    for share in (crop["shipped"]["specificity"], crop["shipped"]["accuracy"], crop["edges"]["worst_right"]):
        assert share["method"] == "Wilson, by patient"
    edge, left = crop["edges"]["worst_right"], crop["edges"]["auc"]["left"]
    assert (edge["value"], edge["low"]) == (1.0, pytest.approx(wilson_interval(4, 4)[0], abs=0.02))
    assert left["low"] == pytest.approx(m.newcombe_auc(left["value"], 4, 4).low)
    assert "Franco et al. 2019" in _words(out)
    # Twenty films of a class, but of four patients.
    assert "Fewer than ten patients of a class: Projection, Cut-off lung, frontal." in _words(out)
    assert "of so few DeLong's method and a bootstrap make them too narrow still" in _words(out)
