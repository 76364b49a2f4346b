"""The lung network's two stages can be renewed by themselves; every other entry of the manifest stays."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training environment only")

from models_onnx.training import crop_stage
from models_onnx.training.trials import Trial

NAN = float("nan")


def row(view: str, cut: float, logit: float) -> crop_stage.Row:
    edges = (cut, 0.0, 0.0, NAN)
    trial = Trial(np.zeros((1, 1), np.uint8), "windows", f"patient {logit}", "made up", cut, edges, {}, "")
    values = {f"{view}_any_logit": [logit], f"{view}_edges_logits": [logit, -3.0, -3.0, 0.0]}
    return trial, {name: np.array(value) for name, value in values.items()}


def rows(view: str, shift: float) -> list[crop_stage.Row]:
    """60 films, half of them cut, whose logits overlap and lie `shift` too high."""
    rng = np.random.default_rng(4)
    return [
        row(view, cut, float(rng.normal(4 * cut - 2, 1.5)) + shift) for cut in (0.0, 1.0) for _ in range(30)
    ]


def test_a_score_that_lies_too_low_is_raised() -> None:
    made = {s: crop_stage.crop_stage("lateral", {"real": rows("lateral", s)}, 0.95) for s in (-3.0, 0.0)}
    assert made[-3.0]["calibration"]["bias"] == pytest.approx(made[0.0]["calibration"]["bias"] + 3, abs=0.1)
    assert made[-3.0]["thresholds"]["warn"] == pytest.approx(made[0.0]["thresholds"]["warn"], abs=0.02)
    assert made[0.0]["reads"]["score"] == "lateral_any_logit"
    told = made[0.0]["provenance"]["validation"]["real"]
    assert told["films"] == 60
    assert told["specificity"] >= 0.95


def test_only_the_lung_network_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(_shipped: Any, _model: str, found: Any) -> list[crop_stage.Row]:
        asked.append(found)
        return rows("frontal" if found in ("natural", "frontal") else "lateral", 0.0)

    monkeypatch.setattr(crop_stage, "run", run)
    monkeypatch.setattr(crop_stage, "Shipped", lambda *_: None)
    monkeypatch.setattr(
        crop_stage.trials, "natural", lambda _data, split: "natural" if split == "val" else ""
    )
    monkeypatch.setattr(crop_stage.trials, "frontal_windows", lambda *_: "frontal")
    monkeypatch.setattr(crop_stage.trials, "render_windows", lambda _folder, split: f"simulated {split}")
    monkeypatch.setattr(crop_stage.sources, "learnt_cts", lambda _: ["rider"])
    monkeypatch.setattr(crop_stage, "rows_out_of_fold", lambda _: rows("lateral", 1.0))
    (tmp_path / "lungs.onnx").write_bytes(b"new")
    (tmp_path / "export.json").write_text(json.dumps({"lungs": {"steps": 500}}))
    stages = [
        {"name": name, "old": True}
        for name in ("body_part", "crop_frontal", "crop_lateral", "rotation_lateral")
    ]
    before = {"version": "1", "models": {"gates": {"old": True}, "lungs": {"old": True}}, "stages": stages}
    (tmp_path / "manifest.json").write_text(json.dumps(before))

    crop_stage.renew(tmp_path, tmp_path, tmp_path, tmp_path / "oof.json")

    after = json.loads((tmp_path / "manifest.json").read_text())
    assert asked == ["natural", "frontal", "simulated val"]
    assert after["models"]["gates"] == {"old": True}
    assert after["models"]["lungs"]["provenance"]["training"] == {"steps": 500}
    assert any("RIDER" in line for line in after["models"]["lungs"]["provenance"]["data"])
    assert "non-commercial" in after["models"]["lungs"]["provenance"]["licence"]
    assert [s["name"] for s in after["stages"]] == [s["name"] for s in stages]
    assert [s["name"] for s in after["stages"] if s.get("old")] == ["body_part", "rotation_lateral"]


def test_laterals_that_were_learnt_from_do_not_calibrate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever command asks: the shipped cascade's own entry says what it has learnt from."""
    asked: list[bool] = []

    def laterals(_shipped: Any, _data: Path, validation: bool) -> list[crop_stage.Row]:
        asked.append(validation)
        return rows("lateral", 0.0)

    monkeypatch.setattr(crop_stage, "lateral_rows", laterals)
    monkeypatch.setattr(crop_stage, "rows_out_of_fold", lambda _: rows("lateral", 0.0))
    monkeypatch.setattr(crop_stage, "run", lambda _shipped, _model, view: rows(view, 0.0))
    for name, view in (("natural", "frontal"), ("frontal_windows", "frontal"), ("render_windows", "lateral")):
        monkeypatch.setattr(crop_stage.trials, name, lambda *_, view=view: view)
    shipped = SimpleNamespace(
        manifest={"models": {"lungs": {"provenance": {"data": [crop_stage.REAL_DATA]}}}}
    )
    with pytest.raises(SystemExit, match="--out-of-fold"):
        crop_stage.stages(shipped, tmp_path, tmp_path, None)  # type: ignore[arg-type]
    assert asked == []
    crop_stage.stages(shipped, tmp_path, tmp_path, tmp_path / "oof.json")  # type: ignore[arg-type]
    assert asked == []
    shipped.manifest["models"]["lungs"]["provenance"]["data"] = ["simulated films"]
    crop_stage.stages(shipped, tmp_path, tmp_path, None)  # type: ignore[arg-type]
    assert asked == [True]


def test_the_shipped_cascade_says_that_it_has_learnt_from_real_laterals() -> None:
    manifest = json.loads(
        (Path(crop_stage.__file__).parents[1] / "manifest.json").read_text(encoding="utf-8")
    )
    assert crop_stage.REAL_DATA in manifest["models"]["lungs"]["provenance"]["data"]
