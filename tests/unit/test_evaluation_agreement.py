"""`evaluate`: one figure is the same in every table, chart and file of a report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade, tiny_image
from tests.unit import test_calibrating
from tests.unit.labelled_films import crop_films, graded, run, stage_of, table, write_films
from workstation.domain.findings import ProjectionFinding, RotationFinding, State, Verdict
from workstation.domain.projection import Projection
from workstation.services.evaluation import contact_sheet
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.compare import ANGLE_MAE, compare_stage
from workstation.services.evaluation.geometry import angle_report
from workstation.services.evaluation.labels import LabelledFilm
from workstation.services.evaluation.scoring import ScoredFilm
from workstation.services.evaluation.stages import STAGES, StageData, collect


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def test_all_rows_of_a_column_hold_for_the_prevalence_in_its_head(tmp_path: Path, cascade: Path) -> None:
    # Four cut films look lateral to the cascade: among those whose projection is right the defect is rarer.
    rows: list[dict[str, object]] = []
    images = []
    for i in range(30):
        cut = i % 3 == 0
        rows.append({"projection": "frontal", "crop": int(cut)})
        images.append(graded(0.5 if i % 5 == 0 else 0.2 + 0.6 * cut, lateral=float(cut and i < 12)))
    out = tmp_path / "out"
    assert run(write_films(tmp_path / "films", rows, images), "--cascade", cascade, "--out", out) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="crop_frontal"') :]
    assert "<th>PPV at 33.3&nbsp;%</th>" in section
    (row,) = re.findall(
        r"<tr><td>films whose projection was right</td>[^/]*/td><td>warned or unsure.*?</tr>", section
    )
    ruled = stage_of(out, "crop_frontal")["projection_right_only"]
    assert ruled["prevalence"] == pytest.approx(6 / 26)
    point = ruled["warned_or_unsure"]
    right = m.expected_ppv(point["recall"]["value"], point["specificity"]["value"], 1 / 3)
    assert re.findall(r"<td>([\d.]+) %<small>", row)[-1] == f"{100 * right:.1f}"


def test_the_projections_threshold_is_the_one_that_its_figures_are_at(tmp_path: Path, cascade: Path) -> None:
    rows: list[dict[str, object]] = [{"projection": "lateral" if i % 2 else "frontal"} for i in range(40)]
    images = [tiny_image(lateral=0.47 + 0.02 * (i % 2) + (7 * i % 10) / 250) for i in range(40)]
    out = tmp_path / "out"
    assert run(write_films(tmp_path / "films", rows, images), "--cascade", cascade, "--out", out) == 0
    films = table(out / "films.csv")
    truth = np.array([float(row["projection_true"]) for row in films])
    score = np.array([float(row["projection_score"]) for row in films])
    shipped = stage_of(out, "projection")["shipped"]
    made = m.confusion(truth, score, shipped["threshold"])
    assert made.tp not in (0, 20)
    assert shipped["confusion"] == {"tp": made.tp, "fp": made.fp, "fn": made.fn, "tn": made.tn}


def test_curves_side_by_side_are_of_the_films_of_the_table_beside(tmp_path: Path, cascade: Path) -> None:
    # The first cascade takes black films for no chests; the second does not ask.
    unasked = make_tiny_cascade(tmp_path / "unasked")

    def change(data: dict[str, Any]) -> None:
        data["name"] = "unasked"
        data["stages"] = [stage for stage in data["stages"] if stage["kind"] != "body_part"]

    edit_manifest(unasked, change)
    black = tiny_image(blank=True)
    black[0, 0] = 255  # a flat raster has no grey scale
    rows: list[dict[str, object]] = []
    images = []
    for i in range(40):
        rows.append({"patient": i, "projection": "lateral" if i % 2 else "frontal"})
        lateral = 0.47 + 0.01 * (i % 2) + (7 * i % 10) / 200
        images.append(black if i % 4 == 0 else tiny_image(lateral=lateral))
    labels = write_films(tmp_path / "films", rows, images)
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", unasked, "--out", out) == 0
    auc = table(out / "comparison.csv", stage="projection", figure="AUC")[0]
    assert auc["films"] == "30"
    page = (out / "report.html").read_text(encoding="utf-8")
    section = page[page.index("Side by side") :].split("</section>")[0]
    shown = re.findall(r"(first|second): AUC ([\d.]+)<", section)
    assert shown == [(name, f"{float(auc[name]):.3f}") for name in ("first", "second")]


@pytest.mark.parametrize(
    ("second", "errors"),
    [
        ((-12.0, 14.0, -4.0), (2.0, 18.0)),  # two networks that tell the direction, one of them wrongly
        ((12.0, 14.0, 4.0), (2.0, 2.0)),  # one that does not
    ],
)
def test_a_wrong_direction_is_an_error_where_all_tell_directions(
    second: tuple[float, ...], errors: tuple[float, float]
) -> None:
    true, found = (10.0, -12.0, 2.0), ((12.0, -14.0, 4.0), second)
    stage = next(stage for stage in STAGES if stage.key == "rotation_lateral")
    labelled = [
        LabelledFilm(
            f"{i}", Path(f"{i}"), f"{i}", projection=Projection.LATERAL, rotated=i < 2, rotation_deg=deg
        )
        for i, deg in enumerate(true)
    ]

    def data(angles: tuple[float, ...]) -> StageData:
        films = []
        for film, angle in zip(labelled, angles, strict=True):
            turned = RotationFinding(State.PASS, 0.5, 0.7, 0.6, angle_deg=angle)
            lateral = ProjectionFinding(Projection.LATERAL, State.PASS, 0.9)
            verdict = Verdict(projection=lateral, findings=(turned,), cascade="c")
            films.append(ScoredFilm(film, verdict, verdict, 0.1))
        return collect(stage, films)

    compared = compare_stage(data(found[0]), data(found[1]), 20)
    (row,) = [d for d in compared.differences if d.figure == ANGLE_MAE]
    assert (row.first, row.second) == pytest.approx(errors)
    if min(second) < 0:
        # As each report has it.
        assert row.second == pytest.approx(angle_report(np.array(true), np.array(second), list("abc")).mae)


def test_one_film_makes_no_difference_sure(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = make_tiny_cascade(tmp_path / "strict")

    def change(data: dict[str, Any]) -> None:
        data["name"] = "strict"
        for stage in data["stages"]:
            if stage["kind"] == "crop":
                stage["thresholds"] = {"warn": 0.999, "unsure_from": 0.998}

    edit_manifest(strict, change)
    strength = [0.8, *np.linspace(0.1, 0.55, 12)]
    rows: list[dict[str, object]] = [
        {"patient": i, "projection": "frontal", "crop": int(i == 0)} for i in range(13)
    ]
    labels = write_films(tmp_path / "films", rows, [graded(float(v)) for v in strength])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--compare", strict, "--out", out) == 0
    found = {row["figure"]: row for row in table(out / "comparison.csv", stage="crop_frontal")}
    assert (found["recall"]["difference"], found["recall"]["difference_low"]) == ("-1.0", "")
    assert found["recall"]["method"] == "none, all draws are alike"
    assert found["F1"]["method"] == "none, a class of one patient"
    assert found["specificity"]["difference_high"] != ""
    assert " *\n" not in capsys.readouterr().out


def test_films_of_a_single_patient_have_figures_without_intervals(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strength = [0.3, 0.55, 0.4, 0.6, 0.8]
    rows: list[dict[str, object]] = [
        {"patient": "one", "projection": "frontal", "crop": int(i > 1)} for i in range(5)
    ]
    labels = write_films(tmp_path / "films", rows, [graded(v) for v in strength])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    crop = stage_of(out, "crop_frontal")
    for figure in ("auc", "log_loss", "brier"):
        assert crop[figure]["value"] is not None
        assert (crop[figure]["low"], crop[figure]["method"]) == (None, "none, all draws are alike")
    assert re.search(r"crop_frontal +5 +3 +0\.833 {2,}\d", capsys.readouterr().out)


def test_probabilities_for_another_share_of_defects_are_not_blamed_for_it(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=90, cut=60)
    words = "hold where 5.0 % of films have the defect, of these 40.0 % have it"

    def said(*options: str | Path) -> str:
        assert run(labels, "--cascade", cascade, "--out", tmp_path / "out", *options) == 0
        page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        noted = capsys.readouterr().err
        assert (words in noted) is (words in page)
        return noted

    assert test_calibrating.run(labels, "--cascade", cascade, "--prevalence", "crop_frontal=0.05") == 0
    capsys.readouterr()
    assert f"note: Cut-off lung, frontal: the site's probabilities {words}" in said()
    shipped = make_tiny_cascade(tmp_path / "shipped")
    assert f"note: tiny@1+site: Cut-off lung, frontal: the site's probabilities {words}" in said(
        "--compare", shipped
    )
    assert words not in said("--as-shipped")
    # Set for the share that these films have.
    assert test_calibrating.run(labels, "--cascade", cascade) == 0
    capsys.readouterr()
    assert "have the defect, of these" not in said()


@pytest.mark.parametrize(("unsure_from", "warn", "apart"), [(0.03, 0.05, True), (0.4, 0.8, False)])
def test_words_of_thresholds_close_to_each_other_stand_in_two_rows(
    tmp_path: Path, cascade: Path, unsure_from: float, warn: float, apart: bool
) -> None:
    def change(data: dict[str, Any]) -> None:
        for stage in data["stages"]:
            if stage["name"] == "crop_frontal":
                stage["thresholds"] = {"warn": warn, "unsure_from": unsure_from}

    edit_manifest(cascade, change)
    labels, *_ = crop_films(tmp_path / "films", whole=4, cut=4)
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
    chart = (tmp_path / "out" / "crop_frontal-scores.svg").read_text(encoding="utf-8")
    rows = [re.search(rf' y="([\d.]+)"[^>]*>{word}<', chart) for word in ("unsure", "warn")]
    heights = [float(found.group(1)) for found in rows if found is not None]
    assert len(heights) == 2
    assert (abs(heights[1] - heights[0]) >= 10) is apart


def test_no_true_projection_is_claimed_where_none_is_labelled(tmp_path: Path, cascade: Path) -> None:
    rows: list[dict[str, object]] = [{"patient": f"p{i}", "crop": i % 2} for i in range(6)]
    said = {}
    for labelled in (False, True):
        rows = [row | ({"projection": "frontal"} if labelled else {}) for row in rows]
        labels = write_films(tmp_path / "films", rows, [graded(0.9 * (i % 2)) for i in range(6)])
        assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
        page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        said[labelled] = page[page.index('id="crop_frontal"') :]
    for words in ("<td>all films, true projection given</td>", "<td>films whose projection was right</td>"):
        assert (words in said[False], words in said[True]) == (False, True)
    assert "<td>films that the cascade takes for frontals</td>" in said[False]


@pytest.mark.parametrize("degrees", [True, False])
def test_worst_films_say_which_degrees_were_measured(
    tmp_path: Path, cascade: Path, monkeypatch: pytest.MonkeyPatch, degrees: bool
) -> None:
    written: list[str] = []
    put = contact_sheet._words  # OpenCV draws it; read it on its way there

    def read(canvas: Any, text: str, *place: Any) -> None:
        written.append(text)
        put(canvas, text, *place)

    monkeypatch.setattr(contact_sheet, "_words", read)
    label: dict[str, object] = {"rotation_deg": 18} if degrees else {"rotated": 1}
    rows = [{"projection": "lateral", **label} for _ in range(2)]
    images = [tiny_image(lateral=1.0, rotation=rotation) for rotation in (0.3, 0.4)]
    labels = write_films(tmp_path / "films", rows, images)
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
    assert any(text.endswith(" / 18 deg") for text in written) is degrees
    assert ("degrees: measured / labelled" in written) is degrees


def test_a_wrong_call_is_among_the_worst_films_however_low_its_score(tmp_path: Path, cascade: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for stage in data["stages"]:
            if stage["name"] == "crop_frontal":
                stage["thresholds"] = {"warn": 0.05, "unsure_from": 0.05}

    # Whole films of scores 0.018, which passes, and 0.076, which warns.
    rows: list[dict[str, object]] = [{"projection": "frontal", "crop": 0} for _ in range(2)]
    labels = write_films(tmp_path / "films", rows, [graded(0.3), graded(0.375)])
    sheet = tmp_path / "out" / "crop_frontal-worst.png"
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
    assert not sheet.exists()
    edit_manifest(cascade, change)
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
    (warned,) = (
        row for row in table(tmp_path / "out" / "films.csv") if row["crop_frontal_state"] == "cut off"
    )
    assert 0.05 < float(warned["crop_frontal_score"]) < 0.1
    assert sheet.exists()


@pytest.mark.parametrize(("as_seen", "as_of_the_patient"), [(6, 0), (1, 6), (2, 6), (0, 4), (0, 5)])
def test_labels_of_the_patients_sides_are_remarked(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str], as_seen: int, as_of_the_patient: int
) -> None:
    other = {"left": "right", "right": "left", "top": "top"}
    shown = [["left", "right"][i % 2] for i in range(as_seen + as_of_the_patient)] + ["top"]
    rows: list[dict[str, object]] = [
        {
            "patient": f"p{i}",
            "projection": "frontal",
            "crop": 1,
            "crop_edges": edge if i < as_seen else other[edge],
        }
        for i, edge in enumerate(shown)
    ]
    labels = write_films(tmp_path / "films", rows, [graded(0.9, edge) for edge in shown])
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
    said = capsys.readouterr().err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    words = (
        f"of {as_seen + as_of_the_patient} films that are cut off at the left or the right edge the cascade"
    )
    exchanged = as_of_the_patient >= 5 and as_of_the_patient > 3 * as_seen
    assert (words in said) is exchanged
    assert ("exchange left and right" in page) is exchanged
