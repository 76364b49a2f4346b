"""The judge of plain films: each CT by the run that left it out, numbers from the other CTs' warped films."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training environment only: torch is not part of the program")
pytest.importorskip("scipy", reason="training environment only")
pytest.importorskip("sklearn", reason="training environment only")

from models_onnx.training.render.index import INDEX, lines
from models_onnx.training.render.plain import COLUMNS
from models_onnx.training.rotation import plain, ship
from models_onnx.training.rotation.evaluate import Read

CTS = ("a", "b", "c", "d")


def reading(yaw: np.ndarray, noise: float = 0.0) -> Read:
    """What networks would say that are right but for `noise` (degrees)."""
    said = np.abs(yaw) + noise * np.random.default_rng(3).normal(size=len(yaw))
    return Read(said - 10, said, 0.8 * said, np.zeros(len(yaw)))


@pytest.fixture
def plain_set(tmp_path: Path) -> Path:
    """Four CTs at seven turns; a film's grey value is its turn."""
    (tmp_path / "films").mkdir()
    rows = []
    for ct in CTS:
        for yaw in (-18, -12, -3, 0, 3, 12, 18):
            file = f"films/{ct}_{yaw:+03d}.png"
            cv2.imwrite(str(tmp_path / file), np.full((40, 30), 100 + yaw, np.uint8))
            rows.append(dict(zip(COLUMNS, (file, ct, f"{ct}_{yaw}", "lateral_left", yaw), strict=True)))
    (tmp_path / INDEX).write_text(lines(COLUMNS, rows, head=True))
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[float]]]:
    """Networks are made up: who was asked for what. Their training's films are too."""
    calls: list[tuple[str, list[float]]] = []

    def predict(network: str, films: list[np.ndarray]) -> Read:
        yaw = np.array([float(film.mean()) - 100 for film in films])
        calls.append((network, yaw.tolist()))
        return reading(yaw, 0.5)

    yaw = np.tile(np.linspace(0, 24, 40), len(CTS))
    held = ship.Held(
        reading(yaw, 2.0), yaw, reading(np.array([0.0, 1, 2, 14, 16])), np.array([0, 0, 0, 2, 2]), np.ones(5)
    )
    order = [type("Film", (), {"ct": ct})() for ct in CTS for _ in range(40)]
    monkeypatch.setattr(plain.data, "simulated", lambda _sets: order)
    monkeypatch.setattr(plain.data, "real", lambda _folder: [])
    monkeypatch.setattr(plain.crossval, "held", lambda *_: (held, order))
    monkeypatch.setattr(plain.crossval, "without_test_folds", lambda h, _: h)
    monkeypatch.setattr(plain.crossval, "surely_graded", lambda h, _: h)
    monkeypatch.setattr(plain.crossval, "network", lambda _work, name, _which: name)
    monkeypatch.setattr(plain.evaluate, "predict", predict)
    return calls


def test_every_ct_by_the_run_that_left_it_out(
    plain_set: Path, asked: list[tuple[str, list[float]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "told.json"
    given = ["--plain", plain_set, "--sets", "s", "--radiographs", "r", "--work", "w", "--out", out]
    monkeypatch.setattr(sys, "argv", ["plain", *map(str, given)])
    plain.main()
    told = json.loads(out.read_text())
    assert [name for name, _ in asked] == list(CTS)  # four CTs are left out one at a time
    assert all(yaw == [-18, -12, -3, 0, 3, 12, 18] for _, yaw in asked)
    assert list(told) == [*CTS, "pooled"]
    assert told["pooled"]["n"] == 28
    assert told["pooled"]["auc_10_vs_5"] == 1.0
    assert told["pooled"]["mae_deg"] < 1.5
    assert told["pooled"]["specificity_under_5"] == 1.0


def test_a_set_without_laterals_is_refused(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(lines(COLUMNS, [], head=True))
    with pytest.raises(ValueError, match="no laterals"):
        plain.laterals(tmp_path)
