"""A shipped rotation stage on rendered films: figures are those of the file and the manifest, by CT and pooled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training environment only")

import onnxruntime

from models_onnx.training import real_laterals
from models_onnx.training.rotation import data, judge

MODELS = Path(__file__).resolve().parents[2] / "models_onnx"


class Stage:
    """Says of every film what `told` makes of its turn, which is written into its first pixel."""

    def __init__(self, warn: float) -> None:
        self._warn = warn

    def stage(self, name: str) -> dict[str, Any]:
        assert name == "rotation_lateral"
        return {
            "model": "reader",
            "reads": {"score": "z", "angle": "deg", "separation": "pct"},
            "calibration": {"method": "temperature", "temperature": 1.0, "bias": 0.0},
            "thresholds": {"warn": self._warn},
        }

    def seen(self, model: str, image: np.ndarray) -> dict[str, np.ndarray]:
        assert model == "reader"
        turn = float(image[0, 0])
        values = {"z": turn - 10, "deg": turn + 2, "pct": turn}
        return {name: np.array([[value]]) for name, value in values.items()}


def film(ct: str, number: int, turn: int, look: str) -> data.Simulated:
    nothing = np.zeros((2, 2))
    pixels = np.full((4, 4), turn, np.uint8)
    return data.Simulated(
        pixels, pixels, -float(turn), 1.0 + turn, (nothing, nothing), 1, ct, f"{ct} {number}", look
    )


def test_one_look_of_each_projection_is_judged_by_ct_and_pooled() -> None:
    films = [film(ct, n, t, look) for ct in "ab" for n, t in enumerate((0, 3, 8, 12, 20)) for look in "ab"]
    found = judge.figures(Stage(warn=0.5), films)  # type: ignore[arg-type]
    assert set(found) == {"a", "b", "pooled"}
    assert (found["a"]["n"], found["pooled"]["n"]) == (5, 10)
    for part in found.values():
        assert part["auc_10_vs_5"] == part["separation_alone_auc_10_vs_5"] == 1.0
        assert (part["mae_deg"], part["separation_mae_pct"]) == (2.0, 1.0)
        assert (part["sensitivity_over_10"], part["specificity_under_10"]) == (1.0, 1.0)


def test_warnings_are_those_of_the_manifest() -> None:
    films = [film("a", n, t, "a") for n, t in enumerate((0, 3, 8, 12, 20))]
    strict = judge.figures(Stage(warn=0.999), films)["a"]  # type: ignore[arg-type]
    assert (strict["sensitivity_over_10"], strict["specificity_under_5"]) == (0.5, 1.0)
    eager = judge.figures(Stage(warn=0.05), films)["a"]  # type: ignore[arg-type]
    assert (eager["sensitivity_over_10"], eager["specificity_under_10"]) == (1.0, pytest.approx(0.667))


def test_the_shipped_lung_network_draws_what_its_file_says() -> None:
    teacher = real_laterals.shipped_as_teacher(MODELS)
    pair = np.random.default_rng(1).random((2, 1, 224, 224), np.float32)
    session = onnxruntime.InferenceSession(MODELS / "lungs.onnx")
    found = teacher(pair)
    assert found.shape == (2, 112, 112)
    for one, image in zip(found, pair, strict=True):
        wanted = session.run(["lung_mask_logits"], {"film": image[None]})[0]
        assert np.allclose(one, wanted[0, 0], atol=1e-5)
    assert real_laterals.teacher_masks(
        lambda _: np.full((2, 8, 8), 3.0, np.float32), np.zeros((1, 384, 384), np.uint8)
    ).all()
