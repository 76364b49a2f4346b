"""Figures of the recipe: nothing is told where there is nothing to tell it by, and the manifest gets whole figures."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training environment only")
pytest.importorskip("torch", reason="training environment only")

from models_onnx.training import evaluate_shipped, kept, learnt, manifest_file, metrics
from models_onnx.training.sources import FilmRecord

P = np.array([0.9, 0.6, 0.4, 0.1])
FOUR = ["a", "b", "c", "d"]


def test_a_class_that_is_missing_has_no_figure() -> None:
    whole = evaluate_shipped.binary([0, 0, 0, 0], P, FOUR, 0.5)
    assert (whole["sensitivity"], whole["specificity"], whole["auc"]) == (None, 0.5, None)
    cut = evaluate_shipped.binary([1, 1, 1, 1], P, FOUR, 0.5, 0.3)
    assert (cut["sensitivity"], cut["specificity"]) == (0.5, None)
    assert cut["sensitivity_with_unsure"] == 0.75
    assert evaluate_shipped.binary([1, 1, 1, 1], P, FOUR, 0.95)["precision"] is None
    json.dumps([whole, cut], allow_nan=False)


def test_an_interval_of_few_patients_is_not_told() -> None:
    truth = np.array([0, 1, 0, 1] * 3)
    score = np.arange(12.0)

    def auc(i: np.ndarray) -> float:
        return metrics.auc(truth[i], score[i])

    assert np.isnan(metrics.by_patient(["one CT"] * 12, auc, 50)).all()
    assert np.isnan(metrics.by_patient([str(n % 4) for n in range(12)], auc, 50)).all()
    low, high = metrics.by_patient([str(n % 6) for n in range(12)], auc, 200)
    assert low < high
    found = evaluate_shipped.binary(truth.tolist(), score / 12, ["one CT"] * 12, 0.5)
    assert found["auc_ci"] == [None, None]


def test_weights_may_leave_a_class_without_films() -> None:
    assert np.isnan(metrics.weighted_auc([1, 1], [0.1, 0.2], [1, 1]))
    assert np.isnan(metrics.weighted_auc([0, 1], [0.1, 0.2], [1, 0]))
    assert metrics.weighted_auc([0, 1], [0.1, 0.2], [1, 2]) == 1.0


def cascade(folder: Path) -> Path:
    stages = [{"name": n, "provenance": {}} for n in ("crop_frontal", "crop_lateral", "rotation_lateral")]
    kept.write_json(folder / "manifest.json", {"stages": stages})
    return folder


def test_figures_go_into_the_manifest_or_nothing_does(tmp_path: Path) -> None:
    whole = {"films": 4, "positive": 1, "sensitivity": 0.9, "specificity": 0.8}
    found: dict[str, Any] = {
        "crop_frontal": {evaluate_shipped.NATURAL: whole},
        "crop_lateral": {evaluate_shipped.REAL: {**whole, "specificity": None}},
    }
    folder = cascade(tmp_path)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(SystemExit, match=r"crop_lateral.*no specificity to be told"):
        evaluate_shipped.tell(folder, found)
    assert (folder / "manifest.json").read_bytes() == before
    found["crop_lateral"][evaluate_shipped.REAL] = whole
    evaluate_shipped.tell(folder, found)
    stages = json.loads((folder / "manifest.json").read_text())["stages"]
    assert [s["provenance"].get("performance", {}).get("specificity") for s in stages] == [0.8, 0.8, None]


def test_two_steps_that_change_the_manifest_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    kept.write_json(path, {"models": {}})
    within = threading.Event()

    def field() -> None:
        within.wait(10)
        with manifest_file.changed(path) as content:
            content["models"]["field"] = 1

    other = threading.Thread(target=field)
    other.start()
    with manifest_file.changed(path) as content:
        within.set()
        other.join(0.2)  # time to read what is about to change, were it let to
        content["models"]["rotation"] = 1
    other.join(10)
    assert json.loads(path.read_text()) == {"models": {"rotation": 1, "field": 1}}


def lateral(name: str, fold: int, licence: str) -> FilmRecord:
    return FilmRecord(f"{name}.jpg", "lateral", "lateral", name, "train", licence, extra={"fold": str(fold)})


def test_what_was_learnt_adds_up_over_the_steps() -> None:
    frontal = FilmRecord("a.png", "nih", "frontal", "p", "train", "free")
    simulated = FilmRecord("b.png", "render", "lateral", "ct-rider", "train", "free")
    first = learnt.learnt(1, [frontal], [simulated], left_out=["jsrt", "lidc0001"])
    assert (first["sources"], first["cts"], first["real_films"]) == (["nih"], ["rider"], {})
    reals = [lateral("x", 0, "CC BY-NC-SA"), lateral("y", 2, "unstated")]
    last = learnt.learnt(1, [frontal], [], reals, ["lidc0001"], before=first)
    assert (last["cts"], last["real_folds"], last["left_out"]) == (["rider"], [0, 2], ["lidc0001"])
    again = learnt.learnt(1, [frontal], [], reals[:1], before=last)
    assert learnt.briefly(again)["real_films"] == {"CC BY-NC-SA": 1, "unstated": 1}
    assert "2 real laterals" in learnt.real_films(again["real_films"])
    assert "1 of them under CC BY-NC-SA" in learnt.licence(again["real_films"])
    assert learnt.real_films({}) == ""
