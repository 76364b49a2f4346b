"""The rotation recipe on made-up films: augmentation keeps the question, training learns, ONNX equals PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training environment only: torch is not part of the program")
pytest.importorskip("scipy", reason="training environment only")
pytest.importorskip("sklearn", reason="training environment only")

import torch

from models_onnx.training.rotation import crossval, data, evaluate, features, ship
from models_onnx.training.rotation.model import RotationNet
from models_onnx.training.rotation.train import Recipe, soft_target, train


def film(yaw: float, seed: int) -> np.ndarray:
    """Two bright bars whose distance grows with yaw: a caricature of the posterior ribs."""
    rng = np.random.default_rng(seed)
    image = rng.normal(70, 10, (200, 160))
    gap = round(abs(yaw) * 2)
    image[30:170, 70:74] = 220
    image[30:170, 70 + gap : 74 + gap] = 220
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def films() -> list[data.Simulated]:
    yaws = [(-1) ** i * (1.0 + 1.5 * (i % 14)) for i in range(28)]
    return [data.Simulated(film(y, i), y, ("a", "b")[i % 2], False) for i, y in enumerate(yaws)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory):
    """Random weights in the published file's shape: the recipe must not need the network to be tested."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("w") / "weights.pth"
    torch.save(RotationNet().backbone.state_dict(), path)
    return path


def test_views_are_in_range_and_repeatable(films: list[data.Simulated]) -> None:
    one = data.augmented(films[0].pixels, np.random.default_rng(5))
    two = data.augmented(films[0].pixels, np.random.default_rng(5))
    assert one.shape == (data.SIZE, data.SIZE)
    assert one.min() >= 0
    assert one.max() <= 1
    assert np.array_equal(one, two)


def test_the_target_is_half_at_ten_degrees() -> None:
    got = soft_target(torch.tensor([0.0, 10.0, 20.0]))
    assert got.tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-3)


def test_real_films_of_one_patient_share_a_fold() -> None:
    blank = np.zeros((4, 4), np.uint8)
    reals = [data.Real(f"{i}.jpg", blank, i % 3, 0.4, f"p{i // 2}") for i in range(20)]
    fold = crossval.folds(reals)
    assert all(fold[2 * k] == fold[2 * k + 1] for k in range(10))
    assert len(set(fold.tolist())) == crossval.REAL_FOLDS


def test_the_recipe_runs_resumes_and_exports(films, weights, tmp_path) -> None:
    for part in (0, 1):  # two workers write one bank
        features.bank(films, 2, tmp_path / "sim", weights, part=(part, 2))
    features.bank(films, 0, tmp_path / "whole", weights)
    bank, whole = features.load_bank(tmp_path / "sim"), features.load_bank(tmp_path / "whole")
    assert bank.features.shape == (56, 64, 14, 14)
    assert len(whole.film) == 56

    recipe = Recipe(steps=4, batch=8)
    network = train(films, bank, recipe, weights, tmp_path / "run.pt", left_out="b")
    again = train(films, bank, recipe, weights, tmp_path / "run.pt", left_out="b")  # finished: only loads
    for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    logit, angle = evaluate.predict(network, whole, len(films))
    figures = evaluate.simulated_figures(logit, angle, films)
    assert 0 <= figures["auc_10_vs_5"] <= 1
    assert (angle >= 0).all()

    probe = np.stack([data.network_input(f.pixels) for f in films[:2]])[:, None]
    worst = ship.export([network], tmp_path / "rotation.onnx", probe, (1.0, -1.0))
    assert worst < 1e-4


def test_thresholds_keep_straight_films_quiet() -> None:
    rng = np.random.default_rng(0)
    yaw = rng.uniform(0, 25, 400)
    logit = (yaw - 10) / 2 + rng.normal(0, 1, 400)
    grade = np.array([0] * 15 + [1] * 9 + [2] * 3)
    held = ship.Held(logit, yaw, yaw, grade * 2.0 - 2.0, grade * 5.0 + 4.5, grade, np.full(27, 0.5))
    how = ship.calibration(held)
    limits = ship.thresholds(held, how)
    score = ship.probability(logit, how)
    assert (score[yaw <= 10] < limits["warn"]).mean() >= 0.95
    assert limits["unsure_from"] <= limits["warn"]


def test_the_correction_takes_a_floor_off_unknown_patients() -> None:
    yaw = np.linspace(0, 25, 100)
    grade = np.array([0, 1, 2])
    seen = np.array([2.0, 6.0, 13.0])
    held = ship.Held(yaw, 8 + yaw / 2, yaw, grade * 1.0, 8 + seen / 2, grade, np.ones(3))
    correction = ship.angle_correction(held)
    assert np.abs(ship.corrected(8 + yaw / 2, correction) - yaw).max() < 0.5
