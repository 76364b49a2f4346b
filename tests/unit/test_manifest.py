"""Every way a cascade folder can be wrong is refused with the place named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny_cascade import edit_manifest, linear_model, make_tiny_cascade, replace_model
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import Kind
from workstation.domain.projection import Projection
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.runner import CascadeRunner, load_sessions

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def load(folder: Path) -> manifest.Manifest:
    return manifest.load(folder, Preprocessing.from_steps)


def start(folder: Path) -> None:
    description = load(folder)
    CascadeRunner(description, load_sessions(description, (providers.CPU,), 1)).warm_up()


def refusal(folder: Path) -> CascadeUnavailable:
    with pytest.raises(CascadeUnavailable) as caught:
        start(folder)
    assert caught.value.remedy
    return caught.value


def test_a_good_manifest_is_read_whole(folder: Path) -> None:
    description = load(folder)
    assert description.label == "tiny@1"
    assert [s.plan.kind for s in description.stages][:4] == [
        Kind.BODY_PART,
        Kind.POLARITY,
        Kind.ORIENTATION,
        Kind.PROJECTION,
    ]
    assert description.stages[-1].plan.condition.projection is Projection.LATERAL
    assert description.models["gates"].input.shape == (1, 1, 32, 32)


def _stage(index: int, **values: Any) -> Change:
    return lambda m: m["stages"][index].update(values)


def _model(**values: Any) -> Change:
    return lambda m: m["models"]["gates"].update(values)


def _input(**values: Any) -> Change:
    return lambda m: m["models"]["gates"]["input"].update(values)


BAD: dict[str, tuple[Change, str]] = {
    "schema": (lambda m: m.update(schema=2), "schema 2"),
    "unknown top key": (lambda m: m.update(modles={}), "modles"),
    "missing name": (lambda m: m.pop("name"), "name"),
    "name of a wrong type": (lambda m: m.update(name=3), "name"),
    "no stages": (lambda m: m.update(stages=[]), "stages"),
    "stages no list": (lambda m: m.update(stages={}), "stages"),
    "stage no object": (lambda m: m["stages"].append(7), "stages[7]"),
    "unknown kind": (_stage(0, kind="beauty"), "stages[body_part].kind"),
    "unknown model": (_stage(0, model="gate"), "gate"),
    "unknown output": (_stage(0, reads={"score": "x"}), "reads.score"),
    "unknown role": (_stage(0, reads={"score": "body_part_logit", "edges": "x"}), "edges"),
    "misspelt stage key": (_stage(0, treshold=1), "treshold"),
    "no thresholds": (lambda m: m["stages"][0].pop("thresholds"), "thresholds"),
    "thresholds crossed": (_stage(0, thresholds={"warn": 0.2, "unsure_from": 0.4}), "unsure_from"),
    "threshold over 1": (_stage(0, thresholds={"warn": 1.2, "unsure_from": 0.4}), "thresholds"),
    "threshold beyond every float": (_stage(0, thresholds={"warn": 10**400, "unsure_from": 0}), "warn"),
    "threshold a text": (_stage(0, thresholds={"warn": "0.2", "unsure_from": 0.4}), "warn"),
    "threshold true": (_stage(0, thresholds={"warn": True, "unsure_from": 0.4}), "warn"),
    "activation": (_stage(0, activation="relu"), "activation"),
    "softmax on one score": (_stage(0, activation="softmax"), "softmax"),
    "temperature zero": (_stage(0, calibration={"method": "temperature", "temperature": 0}), "temperature"),
    "temperature of probabilities": (
        _stage(0, activation="none", calibration={"method": "temperature", "temperature": 2}),
        "logits",
    ),
    "isotonic falls": (_stage(0, calibration={"method": "isotonic", "x": [0, 1], "y": [1, 0]}), "y"),
    "isotonic uneven": (_stage(0, calibration={"method": "isotonic", "x": [0, 1], "y": [1]}), "values"),
    "condition on a gate": (_stage(0, when={"projection": "frontal"}), "when"),
    "condition unknown": (_stage(4, when={"body_part": "chest"}), "projection"),
    "condition with more": (_stage(4, when={"projection": "frontal", "age": 3}), "age"),
    "two crops for one film": (_stage(5, when={"projection": "frontal"}), "crop_frontal"),
    "a crop for every film beside another": (_stage(5, when={}), "crop_lateral"),
    "two stages of one name": (_stage(0, name="polarity"), "twice"),
    "classes without upright": (_stage(2, classes=[{"rotate_deg": d} for d in (90, 180)]), "upright"),
    "class at 45 degrees": (_stage(2, classes=[{"rotate_deg": d} for d in (0, 45)]), "rotate_deg"),
    "fewer classes than logits": (_stage(2, classes=[{"rotate_deg": d} for d in (0, 90)]), "2 value"),
    "edges of a wrong size": (_stage(4, reads={"score": "crop_logit", "edges": "crop_logit"}), "edges"),
    "ribs of a wrong shape": (
        _stage(6, reads={"score": "rotation_logit", "ribs": "edge_logits"}),
        "(1, 2, points, 2)",
    ),
    "certainty of a wrong shape": (
        _stage(6, reads={"score": "rotation_logit", "ribs": "ribs", "certainty": "edge_logits"}),
        "(1, 2, 2)",
    ),
    "certainty without ribs": (
        _stage(6, reads={"score": "rotation_logit", "certainty": "certainty"}),
        "reads.certainty",
    ),
    "a separation of several numbers": (
        _stage(6, reads={"score": "rotation_logit", "separation": "edge_logits"}),
        "1 value",
    ),
    "mask of a wrong shape": (_stage(4, reads={"score": "crop_logit", "mask": "edge_logits"}), "mask"),
    "path outside": (_model(file="../gates.onnx"), "file"),
    "absolute path": (_model(file="/etc/gates.onnx"), "file"),
    "path with a drive": (_model(file="C:gates.onnx"), "file"),
    "hash too short": (_model(sha256="abc"), "sha256"),
    "unknown step": (_model(preprocessing=[{"step": "sharpen"}]), "sharpen"),
    "unknown step parameter": (
        _model(preprocessing=[{"step": "squeeze", "height": 32, "width": 32, "by": 1}]),
        "squeeze",
    ),
    "step parameter a text": (
        _model(preprocessing=[{"step": "squeeze", "height": "a", "width": 32}]),
        "prep",
    ),
    "preprocessing ends elsewhere": (
        _model(preprocessing=[{"step": "squeeze", "height": 16, "width": 32}]),
        "preprocessing",
    ),
    "layout": (_input(layout="HWC"), "layout"),
    "dtype": (_input(dtype="float16"), "dtype"),
    "channels": (_input(channels=2), "preprocessing"),
    "huge input": (_input(height=10**9), "height"),
    "input name": (_input(name="image"), "image"),
    "output shape": (
        lambda m: m["models"]["gates"]["outputs"]["orientation_logits"].update(shape=[1, 8]),
        "orientation",
    ),
    "output missing in the file": (
        lambda m: m["models"]["gates"]["outputs"].update(more={"shape": [1, 1]}),
        "more",
    ),
    "a model nobody reads": (lambda m: m["models"].update(spare=m["models"]["gates"]), "spare"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_manifest_is_refused_by_name(folder: Path, case: str) -> None:
    change, place = BAD[case]
    edit_manifest(folder, change)
    error = refusal(folder)
    assert place in error.message
    assert str(folder) in error.message


def test_missing_folder_manifest_and_model_are_told_apart(folder: Path, tmp_path: Path) -> None:
    assert "no cascade folder" in refusal(tmp_path / "nowhere").message
    (tmp_path / "empty").mkdir()
    assert "no manifest.json" in refusal(tmp_path / "empty").message
    (folder / "frontal.onnx").unlink()
    error = refusal(folder)
    assert error.code == "cascade_missing"
    assert "frontal.onnx" in error.message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"schema": 1,\n "name": }', "line 2"),
        ("", "line 1"),
        ("[]", "an object"),
        ('{"schema": 1, "schema": 1}', "twice"),
        ('{"schema": NaN}', "NaN"),
        ("[" * 100_000, "manifest.json"),
    ],
)
def test_broken_json_is_refused_with_its_line(folder: Path, text: str, place: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    error = refusal(folder)
    assert error.code == "manifest_invalid"
    assert place in error.message


def test_binary_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00\x81")
    assert refusal(folder).code == "manifest_invalid"


def test_changed_model_file_is_refused(folder: Path) -> None:
    path = folder / "lateral.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    error = refusal(folder)
    assert error.code == "model_changed"
    assert "lateral" in error.message


def test_file_that_is_no_onnx_is_refused(folder: Path) -> None:
    replace_model(folder, "lateral", b"this is no network")
    error = refusal(folder)
    assert error.code == "model_broken"
    assert "lateral.onnx" in error.message


def test_network_without_the_named_outputs_is_refused(folder: Path) -> None:
    network = linear_model({"other": (np.zeros((1024, 1), np.float32), [0.0])})
    replace_model(folder, "gates", network)
    error = refusal(folder)
    assert error.code == "model_mismatch"
    assert "no output body_part_logit" in error.message


def test_names_and_keys_come_back_in_the_message_not_the_whole_value(folder: Path) -> None:
    edit_manifest(folder, lambda m: m.update(summary=["x" * 5000]))
    assert len(refusal(folder).message) < 500


def test_byte_order_mark_is_tolerated(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(json.loads(path.read_text())).encode())
    assert load(folder).label == "tiny@1"
