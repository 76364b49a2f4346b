"""A site's own thresholds: refused with too few films, right where there are enough, and used by the program."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade
from tests.unit.labelled_films import crop_films, graded, write_films
from workstation.cli import calibrate
from workstation.domain.cascade import Condition, StagePlan, Thresholds
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import Kind
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, site_calibration
from workstation.inference.calibration import (
    LEAST,
    Calibration,
    Identity,
    Isotonic,
    Temperature,
    probabilities,
)
from workstation.inference.specs import StageSpec
from workstation.services import calibrating
from workstation.services.analysis import AnalysisService
from workstation.services.data_folder import settings_path

OVERLAY = site_calibration.FILE


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    calibrate.add_arguments(parser)
    return calibrate.run(parser.parse_args([*map(str, words)]))


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    # Overconfident as shipped: the same logits divided by a temperature far too low.
    folder = make_tiny_cascade(tmp_path / "cascade")

    def change(data: dict[str, Any]) -> None:
        for stage in data["stages"]:
            if stage["name"] == "crop_frontal":
                stage["calibration"] = {"method": "temperature", "temperature": 0.3, "bias": 0.5}

    edit_manifest(folder, change)
    return folder


def test_too_few_films_are_refused_with_the_number_needed(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=58, cut=20)
    assert run(labels, "--cascade", cascade) == 1
    said = capsys.readouterr()
    assert "20 patients with the defect and 58 without; 20 and 59 are needed" in said.out
    assert "59 patients without" in said.err
    assert not (cascade / OVERLAY).exists()


def test_the_program_uses_what_was_measured(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {p.name: p.read_bytes() for p in cascade.iterdir()}
    labels, truth, strength = crop_films(tmp_path / "films", whole=90, cut=60)
    running = AnalysisService(cascade)
    assert running.warm_up()
    assert run(labels, "--cascade", cascade) == 0
    # A program that runs keeps what it has loaded, and that is said.
    assert running.cascade_name == "tiny@1"
    assert "from its next start" in capsys.readouterr().out
    after = {p.name: p.read_bytes() for p in cascade.iterdir()}
    assert {name: data for name, data in after.items() if name != OVERLAY} == before

    site = manifest.load(cascade, Preprocessing.from_steps)
    shipped = manifest.load(cascade, Preprocessing.from_steps, site=False)
    assert (site.label, shipped.label) == ("tiny@1+site", "tiny@1")
    stages = {s.plan.name: s for s in site.stages}
    fitted = stages["crop_frontal"]
    logits = 20 * np.rint(strength * 255) / 255 - 10
    score = probabilities(logits, "sigmoid", fitted.calibration)
    assert (score[truth == 0] < fitted.plan.thresholds.warn).mean() >= 0.95
    # Calibrated: the mean probability is the rate of the defect.
    assert score.mean() == pytest.approx(truth.mean(), abs=0.02)
    untouched = {s.plan.name: s for s in shipped.stages}
    assert stages["crop_lateral"].plan == untouched["crop_lateral"].plan
    assert fitted.plan.thresholds != untouched["crop_frontal"].plan.thresholds


def test_the_printed_specificity_counts_patients_with_several_films_for_what_they_are_worth(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # 59 + 20 patients with four films each that are all alike.
    labels, truth, strength = crop_films(tmp_path / "films", whole=59, cut=20)
    rows: list[dict[str, object]] = []
    images = []
    for i, (cut, strong) in enumerate(zip(truth, strength, strict=True)):
        rows += [{"patient": f"p{i}", "projection": "frontal", "crop": int(cut)}] * 4
        images += [graded(float(strong))] * 4
    many = write_films(tmp_path / "many", rows, images)
    said = []
    for path in (labels, many):
        assert run(path, "--cascade", cascade, "--out", tmp_path / "out.json") == 0
        said.append(capsys.readouterr().out)
        (about,) = [s["about"] for s in json.loads((tmp_path / "out.json").read_text())["stages"].values()]
        said.append(about["specificity"])
    # Four times the films, no more patients: the same interval.
    assert said[3] == pytest.approx(said[1], abs=0.002)
    assert "by patient" not in said[0]
    assert "which flatters; intervals by patient" in said[2]


def test_calibrating_again_starts_from_the_shipped_cascade(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=70, cut=40)
    assert run(labels, "--cascade", cascade) == 0
    first = json.loads((cascade / OVERLAY).read_text(encoding="utf-8"))
    assert run(labels, "--cascade", cascade) == 0
    again = json.loads((cascade / OVERLAY).read_text(encoding="utf-8"))
    assert first["stages"] == again["stages"]


def test_an_earlier_calibration_is_kept_and_what_it_alone_had_is_named(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=60, cut=20)
    earlier = json.dumps({"schema": 1, "cascade": "tiny@1", "stages": {"crop_frontal": {}, "polarity": {}}})
    (cascade / OVERLAY).write_text(earlier, encoding="utf-8")
    assert run(labels, "--cascade", cascade) == 0
    assert (cascade / f"{OVERLAY}.before").read_text(encoding="utf-8") == earlier
    said = capsys.readouterr().err
    assert f"kept as {OVERLAY}.before" in said
    assert "polarity: calibrated before, as shipped now" in said
    assert manifest.load(cascade, Preprocessing.from_steps).label == "tiny@1+site"


def test_another_cascade_refuses_the_file(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=70, cut=40)
    out = tmp_path / "mine.json"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    assert "once it lies in the cascade's folder" in capsys.readouterr().out
    assert not (cascade / OVERLAY).exists()
    (cascade / OVERLAY).write_bytes(out.read_bytes())
    edit_manifest(cascade, lambda data: data.update(version="2"))
    with pytest.raises(CascadeUnavailable, match="was made for tiny@1") as caught:
        manifest.load(cascade, Preprocessing.from_steps)
    assert caught.value.code == "site_calibration_stale"
    assert "calibrate" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "site_calibration_invalid"),
        ('{"schema": 2, "cascade": "tiny@1", "stages": {}}', "site_calibration_invalid"),
        ('{"schema": 1, "cascade": "tiny@1", "stages": {}, "extra": 1}', "site_calibration_invalid"),
        ('{"schema": 1, "cascade": "tiny@1", "stages": {"crop": {}}}', "site_calibration_stale"),
        (
            '{"schema": 1, "cascade": "tiny@1", "stages": {"polarity": {"treshold": {"warn": 0.9}}}}',
            "site_calibration_invalid",  # misspelt: not the threshold as shipped without a word
        ),
        (
            '{"schema": 1, "cascade": "tiny@1", "stages": {"polarity": {"thresholds": {"warn": 2}}}}',
            "site_calibration_invalid",
        ),
        ("[" * 100_000, "site_calibration_invalid"),
        ('{"schema": 1, "cascade": "tiny\\ud800", "stages": {}}', "site_calibration_invalid"),
    ],
)
def test_a_wrong_file_is_refused_not_half_used(cascade: Path, text: str, code: str) -> None:
    (cascade / OVERLAY).write_text(text, encoding="utf-8")
    with pytest.raises(CascadeUnavailable) as caught:
        manifest.load(cascade, Preprocessing.from_steps)
    assert caught.value.code == code


def test_a_value_of_the_sites_file_is_not_blamed_on_the_manifest(cascade: Path) -> None:
    values = {"calibration": {"method": "none"}, "thresholds": {"warn": 0.2, "unsure_from": 0.5}}
    site = {"schema": 1, "cascade": "tiny@1", "stages": {"polarity": values}}
    (cascade / OVERLAY).write_text(json.dumps(site), encoding="utf-8")
    with pytest.raises(CascadeUnavailable) as caught:
        manifest.load(cascade, Preprocessing.from_steps)
    assert caught.value.message.startswith(f"{cascade / OVERLAY}: stages[polarity].thresholds")
    assert "remove site_calibration.json" in caught.value.remedy
    # Where both are wrong, the manifest is to be mended first.
    edit_manifest(cascade, lambda data: data.update(stages=[*data["stages"], {"name": "x"}]))
    with pytest.raises(CascadeUnavailable) as caught:
        manifest.load(cascade, Preprocessing.from_steps)
    assert caught.value.code == "manifest_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"version": None},
        {"name": 3},
        {"stages": None},
        {"stages": 5},
        {"stages": [7]},
        {"stages": [{"name": ["x"]}]},
        {"name": "tiny\ud800"},
    ],
    ids=str,
)
def test_a_damaged_manifest_beside_a_sites_file_is_refused_as_such(
    cascade: Path, change: dict[str, object]
) -> None:
    (cascade / OVERLAY).write_text('{"schema": 1, "cascade": "tiny@1", "stages": {"crop": {}}}', "utf-8")
    edit_manifest(cascade, lambda data: data.update(change))
    with pytest.raises(CascadeUnavailable) as caught:
        manifest.load(cascade, Preprocessing.from_steps)
    assert caught.value.code == "manifest_invalid"
    assert AnalysisService(cascade).warm_up() is False


def test_labels_that_say_the_opposite_are_refused(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=70, cut=60)
    text = labels.read_text(encoding="utf-8")
    swapped = text.replace(",1,left", ",x,").replace(",0,", ",1,").replace(",x,", ",0,")
    labels.write_text(swapped, encoding="utf-8")
    assert run(labels, "--cascade", cascade) == 1
    assert "does not rise with the defect" in capsys.readouterr().out


def test_platt_finds_the_temperature_that_made_the_scores() -> None:
    rng = np.random.default_rng(5)
    z = rng.normal(0, 3, 20000)
    truth = (rng.random(z.size) < 1 / (1 + np.exp(-(z + 0.8) / 2))).astype(float)
    temperature, bias = calibrating.platt(truth, z, np.ones_like(z))
    assert temperature == pytest.approx(2, rel=0.05)
    assert bias == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("scale", [1e-3, 1 / 300, 1e4])
def test_the_scale_of_the_weights_is_no_matter(scale: float) -> None:
    rng = np.random.default_rng(6)
    z, weight = rng.normal(0, 3, 300), rng.uniform(0.5, 2, 300)
    truth = (rng.random(z.size) < 1 / (1 + np.exp(-z / 2))).astype(float)
    assert calibrating.platt(truth, z, scale * weight) == pytest.approx(calibrating.platt(truth, z, weight))


def test_platt_stays_finite_when_the_classes_separate() -> None:
    truth = np.repeat([0.0, 1.0], 30)
    temperature, bias = calibrating.platt(truth, np.repeat([-8.0, 8.0], 30), np.ones(60))
    assert np.isfinite([temperature, bias]).all()
    assert temperature > 0


def test_platt_refuses_swapped_labels_of_films_that_are_told_apart_surely() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        truth = np.repeat([0.0, 1.0], [120, 40])
        z = np.clip(rng.normal(np.where(truth == 1, -6, 6), 1.5), -13.8, 13.8)
        with pytest.raises(ValueError, match="does not rise"):
            calibrating.platt(truth, z, np.ones_like(z))


def _spec(activation: str, calibration: Calibration) -> StageSpec:
    plan = StagePlan("s", Kind.POLARITY, Thresholds(0.6, 0.4), Condition())
    return StageSpec(plan, "m", {"score": "o"}, activation, calibration, Identity(), (), (), {})


@pytest.mark.parametrize(
    ("activation", "calibration"),
    [
        ("sigmoid", Identity()),
        ("sigmoid", Temperature(1.7, -0.4)),
        ("sigmoid", Isotonic((0.0, 0.3, 0.8, 1.0), (0.01, 0.2, 0.7, 0.99))),
        ("sigmoid", Isotonic((0.0, 0.001, 0.4, 0.4, 1.0), (0.0001, 0.02, 0.3, 0.6, 0.99))),
        ("none", Identity()),
        ("none", Isotonic((0.0, 1.0), (0.1, 0.9))),
    ],
)
@pytest.mark.parametrize("fit", [(1.4, 0.3), (3.0, 7.0), (0.2, -2.0)])
def test_composed_calibration_is_one_after_the_other(
    activation: str, calibration: Calibration, fit: tuple[float, float]
) -> None:
    # Up to where no network is surer: a bold one has most of its films there.
    raw = np.linspace(-12, 12, 997)
    raw = 1 / (1 + np.exp(-raw)) if activation == "none" else raw
    entry = calibrating.composed(_spec(activation, calibration), fit)
    made: Calibration
    if entry["method"] == "temperature":
        made = Temperature(entry["temperature"], entry["bias"])
    else:
        made = Isotonic(tuple(entry["x"]), tuple(entry["y"]))
        assert (np.diff(entry["x"]) >= 0).all()
        assert (np.diff(entry["y"]) >= 0).all()
    once = probabilities(raw, activation, calibration)
    wanted = np.clip(1 / (1 + np.exp(-(calibrating.logit(once) + fit[1]) / fit[0])), LEAST, 1 - LEAST)
    got = probabilities(raw, activation, made)
    np.testing.assert_allclose(calibrating.logit(got), calibrating.logit(wanted), atol=0.01)


def test_scores_are_those_that_the_thresholds_were_chosen_on() -> None:
    # A network with its sigmoid inside, far too sure of whole films.
    rng = np.random.default_rng(1)
    truth = np.repeat([0.0, 1.0], [200, 60])
    z = np.where(truth == 1, rng.normal(-4, 3, 260), rng.normal(-9, 2, 260))
    spec = _spec("none", Identity())
    fit = calibrating.platt(truth, z, np.ones(260))
    score = 1 / (1 + np.exp(-(z + fit[1]) / fit[0]))
    chosen = calibrating.choose_thresholds(truth, score, np.ones(260), Thresholds(0.6, 0.4))
    entry = calibrating.composed(spec, fit)
    used = probabilities(1 / (1 + np.exp(-z)), "none", Isotonic(tuple(entry["x"]), tuple(entry["y"])))
    assert _point(truth, used, chosen.warn) == _point(truth, score, chosen.warn)


def _point(truth: np.ndarray, score: np.ndarray, threshold: float) -> tuple[float, float]:
    called = score >= threshold
    return float(called[truth == 1].mean()), float((~called[truth == 0]).mean())


def test_a_well_separated_stage_keeps_its_specificity() -> None:
    # Nothing is won by going down to the last false alarm that 95 % would permit.
    truth = np.repeat([0.0, 1.0], [200, 50])
    score = np.concatenate([np.linspace(0.0, 0.1, 200), np.linspace(0.9, 1.0, 50)])
    chosen = calibrating.choose_thresholds(truth, score, np.ones(250), Thresholds(0.7, 0.4))
    assert _point(truth, score, chosen.warn) == (1.0, 1.0)
    assert chosen.warn == pytest.approx(0.5)
    assert chosen.unsure_from == pytest.approx(1 / 3, abs=1e-5)  # half the odds of the warning


def test_the_unsure_band_stays_where_the_warning_falls_below_the_shipped_band() -> None:
    # Whole films score far below the shipped band, so the best warning does as well.
    truth = np.repeat([0.0, 1.0], [120, 50])
    score = np.concatenate([np.linspace(0.001, 0.12, 120), np.linspace(0.10, 0.99, 50)])
    chosen = calibrating.choose_thresholds(truth, score, np.ones(170), Thresholds(0.6, 0.13))
    assert chosen.warn < 0.13
    assert chosen.unsure_from < chosen.warn
    band = (score >= chosen.unsure_from) & (score < chosen.warn)
    assert 0 < band[truth == 0].mean() <= 0.101


def test_a_stage_left_without_an_unsure_state_says_so(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # All whole films score alike: none of them can be set apart as unsure.
    images = [graded(0.45)] * 60 + [graded(v) for v in np.linspace(0.6, 0.9, 25)]
    rows: list[dict[str, object]] = [
        {"patient": f"p{i}", "projection": "frontal", "crop": int(i >= 60)} for i in range(85)
    ]
    assert run(write_films(tmp_path / "films", rows, images), "--cascade", cascade) == 0
    assert "NO UNSURE STATE" in capsys.readouterr().out


def _site(cascade: Path) -> tuple[StageSpec, dict[str, Any]]:
    loaded = manifest.load(cascade, Preprocessing.from_steps)
    data = json.loads((cascade / OVERLAY).read_text(encoding="utf-8"))
    return next(s for s in loaded.stages if s.plan.name == "crop_frontal"), data["stages"]["crop_frontal"][
        "about"
    ]


@pytest.mark.parametrize("stated", ["0.1", "crop_frontal=0,1"])
def test_probabilities_hold_for_the_prevalence_that_is_stated(
    tmp_path: Path, cascade: Path, stated: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, truth, strength = crop_films(tmp_path / "films", whole=90, cut=60)
    logits = 20 * np.rint(strength * 255) / 255 - 10
    assert run(labels, "--cascade", cascade) == 0
    assert "hold where 40.0 % of films have the defect" in capsys.readouterr().out
    plain, about = _site(cascade)
    assert about["prevalence"] == about["share_in_labels"] == 0.4
    assert run(labels, "--cascade", cascade, "--prevalence", stated) == 0
    said = capsys.readouterr().out
    assert "as stated (in these labels 40.0 %)" in said
    shares = re.search(r"warnings (.+) % \((.+) % to (.+) %\) are right where 10.0 % of films have", said)
    assert shares is not None
    right, low, high = map(float, shares.groups())
    assert low < right < high
    spec, about = _site(cascade)
    assert (about["prevalence"], about["share_in_labels"]) == (0.1, 0.4)
    before = probabilities(logits, "sigmoid", plain.calibration)
    after = probabilities(logits, "sigmoid", spec.calibration)
    # Where one film in ten has the defect, the mean probability is one in ten.
    assert 0.1 * after[truth == 1].mean() + 0.9 * after[truth == 0].mean() == pytest.approx(0.1, abs=0.02)
    # Bayes: every film's odds move by the same factor, so the same films warn.
    moved = calibrating.logit(after) - calibrating.logit(before)
    np.testing.assert_allclose(moved, np.log(0.1 / 0.9) - np.log(0.4 / 0.6), atol=1e-6)
    assert ((before >= plain.plan.thresholds.warn) == (after >= spec.plan.thresholds.warn)).all()


def test_which_films_are_unsure_depends_on_no_prevalence(tmp_path: Path, cascade: Path) -> None:
    strength = np.concatenate([np.linspace(0.05, 0.47, 90), np.linspace(0.5, 0.9, 60)])
    rows: list[dict[str, object]] = [
        {"patient": f"p{i}", "projection": "frontal", "crop": int(i >= 90)} for i in range(150)
    ]
    labels = write_films(tmp_path / "films", rows, [graded(float(v)) for v in strength])

    def change(data: dict[str, Any]) -> None:
        for stage in data["stages"]:
            if stage["name"] == "crop_frontal":
                stage["thresholds"] |= {"warn": 0.9, "unsure_from": 0.1}

    edit_manifest(cascade, change)
    unsure = []
    for stated in ("0.02", "0.4", "0.9"):
        assert run(labels, "--cascade", cascade, "--prevalence", stated) == 0
        spec, _ = _site(cascade)
        score = probabilities(20 * np.rint(strength * 255) / 255 - 10, "sigmoid", spec.calibration)
        limits = spec.plan.thresholds
        unsure.append(np.nonzero((score >= limits.unsure_from) & (score < limits.warn))[0].tolist())
    assert unsure[0]
    assert unsure[0] == unsure[1] == unsure[2]


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        *((stated, "0.08 for 8 %") for stated in ("0", "1", "8", "much", "crop_frontal=", "polarity=8 %")),
        ("crop=0.1", "cannot be stated for 'crop'"),
        ("projection=0.1", "cannot be stated for 'projection'"),
    ],
)
def test_a_prevalence_that_cannot_be_is_refused(
    tmp_path: Path, cascade: Path, stated: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    assert run(labels, "--cascade", cascade, "--prevalence", stated) == 1
    said = capsys.readouterr().err
    assert why in said
    assert "crop_frontal" in said


def test_the_help_tells_how_many_films_and_which(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    said = " ".join(capsys.readouterr().out.split())
    assert "at least 59 patients without and 20 with the defect" in said
    assert "consecutive" in said


@pytest.mark.parametrize("seed", range(8))
def test_thresholds_hold_what_they_promise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = (rng.random(400) < 0.3).astype(float)
    score = 1 / (1 + np.exp(-rng.normal(2.5 * truth - 1.5, 1.5)))
    chosen = calibrating.choose_thresholds(truth, score, np.ones(400), Thresholds(0.7, 0.4))
    recall, specificity = _point(truth, score, chosen.warn)
    assert specificity >= 0.95
    better = [
        t
        for t in np.unique(score)
        if _point(truth, score, t)[1] >= 0.95 and sum(_point(truth, score, t)) > recall + specificity + 1e-9
    ]
    assert better == []
    band = (score >= chosen.unsure_from) & (score < chosen.warn)
    assert band[truth == 0].mean() <= 0.101


def test_the_program_itself_calibrates_the_cascade_of_its_settings(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=70, cut=40)
    data = tmp_path / "data"
    data.mkdir()
    settings_path(data).write_text(f'cascade_dir = "{cascade.as_posix()}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "workstation", "calibrate", str(labels), "--data-dir", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert (cascade / OVERLAY).is_file()
    assert "specificity" in done.stdout
