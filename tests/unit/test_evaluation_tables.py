"""`evaluate`'s tables for statistics programs: films.csv, stages.csv, comparison.csv, and what the console shows."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade, tiny_image
from tests.unit.labelled_films import crop_films, graded, run, stage_of, table, write_films
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.cells import count
from workstation.services.evaluation.tables import write_json


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def two_edges(left: float, top: float) -> np.ndarray:
    """A frontal film with lung beyond two edges, each as sure as sigmoid(20 x - 10)."""
    clean = tiny_image().astype(float)
    made = clean.copy()
    for edge, strength in (("left", left), ("top", top)):
        made += strength * (tiny_image(cut=(edge,)).astype(float) - clean)
    return np.rint(made).astype(np.uint8)


def test_films_csv_has_what_is_needed_to_make_every_figure_anew(tmp_path: Path, cascade: Path) -> None:
    rows: list[dict[str, object]] = [
        {"projection": "frontal", "crop": 1, "crop_edges": "left", "orientation": 0, "weight": 2.5},
        {"projection": "frontal", "crop": 0, "orientation": "90"},
        {"projection": "lateral", "rotation_deg": 12},
    ]
    images = [two_edges(0.9, 0.2), tiny_image(head="left"), tiny_image(lateral=1.0, rotation=0.5)]
    labels = write_films(tmp_path / "films", rows, images)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    cut, turned, lateral = table(out / "films.csv")
    assert (cut["weight"], turned["weight"]) == ("2.5", "1.0")
    assert float(cut["edge_left_score"]) == pytest.approx(1 / (1 + np.exp(-8)), abs=1e-3)
    assert float(cut["edge_top_score"]) == pytest.approx(1 / (1 + np.exp(6)), abs=1e-3)
    # Told of the named edge alone, in fractions of the film.
    assert float(cut["beyond_left"]) == pytest.approx(0.045, abs=1e-3)
    assert cut["beyond_top"] == ""
    # The truth of a stage is 0 or 1 in every table; the turn itself stands in columns of its own.
    assert (cut["orientation_true"], turned["orientation_true"], lateral["orientation_true"]) == (
        "0",
        "1",
        "",
    )
    assert (cut["turn_true"], turned["turn_true"], lateral["turn_true"]) == ("0", "90", "")
    assert (cut["turn_suggested"], turned["turn_suggested"]) == ("0", "90")
    assert (lateral["rotation_lateral_true"], lateral["rotation_deg_true"]) == ("1", "12.0")


def test_an_unsure_turn_is_no_suggestion_in_the_table_as_in_the_report(tmp_path: Path, cascade: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for stage in data["stages"]:
            if stage["kind"] == "orientation":
                stage["thresholds"] = {"warn": 1.0, "unsure_from": 0.4}

    edit_manifest(cascade, change)
    image = tiny_image(head="left")
    image[image == 255] = 120  # less sure of the head than a white bar is
    labels = write_films(tmp_path / "films", [{"orientation": "90"}], [image])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    (row,) = table(out / "films.csv")
    assert (row["orientation_state"], row["turn_true"], row["turn_suggested"]) == ("unsure", "90", "0")
    (turn,) = stage_of(out, "orientation")["turns"]["table"]
    assert (turn["true"], turn["suggested"]) == ("90", "0")


def test_stages_csv_has_edges_angles_and_turns(tmp_path: Path, cascade: Path) -> None:
    rows: list[dict[str, object]] = [
        {"projection": "frontal", "crop": 1, "crop_edges": edges, "orientation": 0}
        for edges in ("left", "left;top", "bottom", "left")
    ]
    # Named: left; left; left; left and top (the first is the surer).
    images = [two_edges(0.9, 0), two_edges(0.9, 0), two_edges(0.9, 0), two_edges(0.9, 0.8)]
    rows.append({"projection": "frontal", "crop": 0, "orientation": 90})
    images.append(tiny_image())
    for degrees in (3, 18):
        rows.append({"projection": "lateral", "rotation_deg": degrees})
        images.append(tiny_image(lateral=1.0, rotation=(degrees + 2) / 30))
    labels = write_films(tmp_path / "films", rows, images)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    stages = out / "stages.csv"
    (crop,) = table(stages, stage="crop_frontal", threshold_by="shipped", films_of="all")
    assert crop["edges_films"] == "4"
    shares = {name: float(crop[f"edges_{name}_right"]) for name in ("worst", "one", "each", "all")}
    # Wrong of 16: the top of the second, left and bottom of the third, the top of the fourth.
    assert shares == {"worst": 0.75, "one": 0.75, "each": 0.75, "all": 0.25}
    assert float(crop["edges_all_right_low"]) < 0.25 < float(crop["edges_all_right_high"])
    assert crop["edge_left_films"] == "3"
    assert float(crop["edge_top_auc"]) == pytest.approx(m.auc([0, 1, 0, 0, 0], [0, 0, 0, 0.8, 0]))
    (rotation,) = table(stages, stage="rotation_lateral", threshold_by="shipped", films_of="all")
    assert float(rotation["angle_mae"]) == pytest.approx(2, abs=0.1)
    assert float(rotation["angle_bias"]) == pytest.approx(2, abs=0.1)
    assert (rotation["over_10"], rotation["under_5"], rotation["auc_10_vs_5"]) == ("1", "1", "1.0")
    (turns,) = table(stages, stage="orientation", threshold_by="shipped")
    assert (turns["turns_films"], turns["turns_right"]) == ("5", "0.8")
    (youden,) = table(stages, stage="crop_frontal", threshold_by="Youden", films_of="all")
    assert youden["edges_films"] == ""


def blind_to_edges(folder: Path) -> Path:
    """A cascade that warns of every frontal, and names every edge of it."""

    def change(data: dict[str, Any]) -> None:
        data["name"] = "eager"
        for stage in data["stages"]:
            if stage["kind"] == "crop":
                stage["thresholds"] = {"warn": 0.0, "unsure_from": 0.0, "edge": 0.0}

    edit_manifest(make_tiny_cascade(folder), change)
    return folder


def test_a_cascade_against_itself_differs_by_nothing(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=20, cut=20)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", cascade, "--out", out) == 0
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    (crop,) = [found for found in data["comparison"] if found["stage"] == "crop_frontal"]
    for row in crop["differences"]:
        assert row["difference"]["value"] == 0
    assert crop["mcnemar_p"] == 1


def test_two_cascades_are_compared_on_the_same_films(tmp_path: Path, cascade: Path) -> None:
    blind = make_tiny_cascade(tmp_path / "blind")

    def change(data: dict[str, Any]) -> None:
        data["name"] = "blind"
        for stage in data["stages"]:
            if stage["kind"] == "crop":
                stage["thresholds"] = {"warn": 0.999, "unsure_from": 0.998}
                # Nearly flat scores in the same order: the AUC stays, the log loss does not.
                stage["calibration"] = {"method": "temperature", "temperature": 50.0}

    edit_manifest(blind, change)
    labels, truth, strength = crop_films(tmp_path / "films", whole=25, cut=25)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", blind, "--out", out) == 0
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    (crop,) = [found for found in data["comparison"] if found["stage"] == "crop_frontal"]
    rows = {row["figure"]: row for row in crop["differences"]}
    assert rows["AUC"]["difference"]["value"] == pytest.approx(0)
    assert rows["recall"]["second"] == 0
    assert rows["recall"]["difference"]["high"] < 0
    assert rows["log loss"]["difference"]["low"] > 0
    # Of the ECE both figures and what chance gives each, no interval: none by bootstrap would be sound.
    ece = rows["ECE"]
    assert ece["second"] - ece["first"] == pytest.approx(ece["difference"]["value"])
    assert (ece["difference"]["low"], ece["difference"]["high"]) == (None, None)
    assert ece["second"] > ece["second_by_chance"]["high"], "scores near one half were never calibrated"
    assert ece["first_by_chance"]["high"] != ece["second_by_chance"]["high"]
    called = 20 * np.rint(strength * 255) / 255 - 10 >= np.log(0.6 / 0.4)
    assert crop["only_first_right"] == int((called & (truth == 1)).sum())
    assert crop["only_second_right"] == int((called & (truth == 0)).sum())
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Side by side" in page
    recall = rows["recall"]["difference"]
    assert (
        f"<small>{recall['low']:+.3f} to {recall['high']:+.3f}</small>" in page
    )  # a dash would look like a minus


def test_details_say_whose_they_are_and_every_stage_of_either_cascade_has_some(
    tmp_path: Path, cascade: Path
) -> None:
    lacking = make_tiny_cascade(tmp_path / "lacking")

    def change(data: dict[str, Any]) -> None:
        data["name"] = "lacking"
        data["stages"] = [stage for stage in data["stages"] if stage["name"] != "crop_frontal"]
        del data["models"]["frontal"]

    edit_manifest(lacking, change)
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    out = tmp_path / "out"
    assert run(labels, "--cascade", lacking, "--compare", cascade, "--out", out) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    sections = dict(re.findall(r'<section id="(\w+)"><h2>(.+?)</h2>', page))
    whose = {key: re.sub("<.+?>", "", title) for key, title in sections.items()}
    assert whose == {
        "projection": "Projection lacking@1",
        "crop_frontal": "Cut-off lung, frontal tiny@1",
    }
    # No link leads nowhere, or from one cascade's figures to the other's.
    assert re.findall(r'href="#(\w+)"', page) == ["projection", "crop_frontal"]


def test_a_comparison_has_a_table_of_its_own_and_a_short_one_on_the_console(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, truth, strength = crop_films(tmp_path / "films", whole=20, cut=20)
    out = tmp_path / "out"
    eager = blind_to_edges(tmp_path / "eager")
    assert run(labels, "--cascade", cascade, "--compare", eager, "--out", out) == 0
    rows = {row["figure"]: row for row in table(out / "comparison.csv", stage="crop_frontal")}
    assert {row["first_cascade"] for row in rows.values()} == {"tiny@1"}
    assert {row["second_cascade"] for row in rows.values()} == {"eager@1"}
    called = 20 * np.rint(strength * 255) / 255 - 10 >= np.log(0.6 / 0.4)
    precision = rows["precision"]
    assert float(precision["first"]) == pytest.approx(truth[called].mean())
    assert float(precision["second"]) == 0.5
    assert float(precision["difference"]) == pytest.approx(0.5 - truth[called].mean())
    assert float(precision["difference_low"]) <= float(precision["difference"])
    exact = rows["exactly these edges"]
    assert (float(exact["first"]), float(exact["second"]), float(exact["difference"])) == (1, 0, -1)
    # The same in every draw: how sure that is, draws cannot tell.
    assert (exact["difference_low"], exact["method"]) == ("", "none, all draws are alike")
    assert float(rows["each edge right"]["second"]) == 0.25
    assert rows["precision"]["method"] == "bootstrap by patient"
    assert float(rows["ECE"]["second_by_chance_high"]) > 0
    assert int(rows["recall"]["only_second_right"]) == int((~called & (truth == 1)).sum())
    # The report's own record says the same.
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    (crop,) = [found for found in data["comparison"] if found["stage"] == "crop_frontal"]
    assert [row["figure"] for row in crop["differences"]] == list(rows)
    said = re.sub(r" +", " ", capsys.readouterr().out)
    assert "eager@1 minus tiny@1" in said
    assert f"precision {truth[called].mean():.3f} 0.500 {0.5 - truth[called].mean():+.3f} (" in said
    assert "exactly these edges 1.000 0.000 -1.000\n" in said
    assert " -0.000" not in said


def test_two_cascades_are_compared_by_angles_turns_and_clear_turns(tmp_path: Path, cascade: Path) -> None:
    # Pairs of films with scores too near each other to be told apart by the one that is blurred.
    rows: list[dict[str, object]] = [
        {"projection": "lateral", "rotation_deg": degrees, "orientation": 0} for degrees in (2, 4, 7, 12, 20)
    ]
    images = [tiny_image(lateral=1.0, rotation=v) for v in (0.1, 0.2, 0.9, 0.5, 0.7)]
    labels = write_films(tmp_path / "films", rows, images)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", cascade, "--out", out) == 0
    rotation = {row["figure"]: row for row in table(out / "comparison.csv", stage="rotation_lateral")}
    clear = rotation["AUC, over 10 against under 5 degrees"]
    assert (float(clear["first"]), float(clear["second"]), float(clear["difference"])) == (1, 1, 0)
    wanted = np.mean(np.abs(np.array([3, 6, 27, 15, 21]) - np.array([2, 4, 7, 12, 20])))
    assert float(rotation["angle MAE, degrees"]["first"]) == pytest.approx(wanted, abs=0.1)
    (turn,) = table(out / "comparison.csv", stage="orientation", figure="right turn")
    assert float(turn["second"]) == 1


def test_nothing_of_an_earlier_report_stays_in_the_folder(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=6, cut=6)
    rows: list[dict[str, object]] = [{"projection": "frontal"}, {"projection": "lateral"}]
    others = write_films(tmp_path / "others", rows, [graded(), graded(lateral=1.0)])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", cascade, "--out", out) == 0
    assert (out / "second-crop_frontal-roc.svg").is_file()
    (out / "second-opinion.txt").write_text("mine", encoding="utf-8")
    assert run(others, "--cascade", cascade, "--out", out) == 0
    left = {path.name for path in out.iterdir()}
    assert left == {
        "report.html",
        "report.json",
        "stages.csv",
        "films.csv",
        "projection-roc.svg",
        "projection-reliability.svg",
        "projection-scores.svg",
        "second-opinion.txt",
    }


def test_files_of_a_folder_that_holds_no_report_are_left_alone(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    out = tmp_path / "out"
    out.mkdir()
    (out / "second-crop_lateral-roc.svg").write_text("mine", encoding="utf-8")
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    assert (out / "second-crop_lateral-roc.svg").read_text(encoding="utf-8") == "mine"


def test_weighted_counts_say_that_they_are(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=6, cut=6)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    plain = (out / "report.html").read_text(encoding="utf-8")
    assert "sums of weights" not in plain
    assert stage_of(out, "crop_frontal")["weighted"] is False
    lines = labels.read_text(encoding="utf-8").splitlines()
    labels.write_text(
        "\n".join([lines[0] + ",weight", *(f"{line},2" for line in lines[1:])]), encoding="utf-8"
    )
    capsys.readouterr()
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "At the shipped threshold, sums of weights" in page
    assert "AUC by DeLong (weights left out)" in page
    assert "Films have weights" in capsys.readouterr().err
    assert stage_of(out, "crop_frontal")["weighted"] is True
    (row,) = table(out / "stages.csv", stage="crop_frontal", threshold_by="shipped", films_of="all")
    assert (row["weighted"], row["films"]) == ("1", "12")
    assert float(row["tp"]) + float(row["fn"]) == 12


def test_what_cannot_be_written_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_json(tmp_path / "folder", {"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_full_disk_leaves_no_report_that_is_cut_off(
    tmp_path: Path, cascade: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    out = tmp_path / "out"
    write = Path.write_text

    def full(self: Path, data: str, *words: Any, **named: Any) -> int:
        if out not in self.parents:
            return write(self, data, *words, **named)
        write(self, data[:100], *words, **named)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    assert run(labels, "--cascade", cascade, "--out", out) == 1
    assert "No space left" in capsys.readouterr().err
    assert not list(out.iterdir())


def test_worst_films_are_captioned_in_the_letters_of_their_names(tmp_path: Path, cascade: Path) -> None:
    pictures = []
    for name in ("снимок.png", "??????.png"):
        labels = write_films(tmp_path / "films", [{"projection": "frontal", "crop": 1}], [graded()])
        (tmp_path / "films" / "000.png").rename(tmp_path / "films" / name)
        labels.write_text(labels.read_text(encoding="utf-8").replace("000.png", name), encoding="utf-8")
        assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
        pictures.append((tmp_path / "out" / "crop_frontal-worst.png").read_bytes())
    assert pictures[0] != pictures[1]


def test_counts_by_small_weights_do_not_round_to_nothing() -> None:
    assert [count(value) for value in (0.0, 12.0, 0.004, 0.1534, 12.5, 1234.56)] == [
        "0",
        "12",
        "0.004",
        "0.153",
        "12.5",
        "1234.6",
    ]
