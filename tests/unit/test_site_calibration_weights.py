"""A site's thresholds belong to the weights they were measured on, not to a name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import onnx
import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade
from tests.unit.labelled_films import crop_films
from tests.unit.test_calibrating import run
from workstation.domain.errors import CascadeUnavailable
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, site_calibration


@pytest.fixture
def calibrated(tmp_path: Path) -> Path:
    folder = make_tiny_cascade(tmp_path / "cascade")
    labels, *_ = crop_films(tmp_path / "films", whole=70, cut=40)
    assert run(labels, "--cascade", folder) == 0
    return folder


def retrained(folder: Path, model: str) -> None:
    """Other bytes that say the same, under the same name and version."""

    def change(data: dict[str, Any]) -> None:
        path = folder / data["models"][model]["file"]
        network = onnx.load(path)
        network.doc_string += "made again"
        onnx.save(network, path)
        data["models"][model]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    edit_manifest(folder, change)


def stages(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())["stages"]
    return found


def test_the_file_names_the_weights_of_every_stage(calibrated: Path) -> None:
    written = json.loads((calibrated / site_calibration.FILE).read_text(encoding="utf-8"))["stages"]
    models = json.loads((calibrated / "manifest.json").read_text())["models"]
    model_of = {s["name"]: s["model"] for s in stages(calibrated)}
    assert written
    for name, entry in written.items():
        assert entry["model_sha256"] == models[model_of[name]]["sha256"]
    assert manifest.load(calibrated, Preprocessing.from_steps).label == "tiny@1+site"


def test_other_weights_under_the_same_name_refuse_the_file(calibrated: Path) -> None:
    model = next(s["model"] for s in stages(calibrated) if s["name"] == "crop_frontal")
    other = next(s["model"] for s in stages(calibrated) if s["model"] != model)
    retrained(calibrated, other)
    assert manifest.load(calibrated, Preprocessing.from_steps).label == "tiny@1+site"
    retrained(calibrated, model)
    with pytest.raises(CascadeUnavailable, match="was made for other weights") as caught:
        manifest.load(calibrated, Preprocessing.from_steps)
    assert caught.value.code == "site_calibration_stale"
    assert "calibrate" in caught.value.remedy


def test_a_file_of_before_names_no_weights_and_is_taken(calibrated: Path) -> None:
    path = calibrated / site_calibration.FILE
    data = json.loads(path.read_text(encoding="utf-8"))
    for entry in data["stages"].values():
        del entry["model_sha256"]
    path.write_text(json.dumps(data), encoding="utf-8")
    retrained(calibrated, next(s["model"] for s in stages(calibrated) if s["name"] == "crop_frontal"))
    assert manifest.load(calibrated, Preprocessing.from_steps).label == "tiny@1+site"


def test_the_manifest_may_write_its_hashes_in_capitals(tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for model in data["models"].values():
            model["sha256"] = model["sha256"].upper()

    folder = make_tiny_cascade(tmp_path / "cascade")
    edit_manifest(folder, change)
    labels, *_ = crop_films(tmp_path / "films", whole=70, cut=40)
    assert run(labels, "--cascade", folder) == 0
    assert manifest.load(folder, Preprocessing.from_steps).label == "tiny@1+site"
