"""The loop that every training shares: it learns, and a run cut off goes on as if it had not been."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training environment only: torch is not part of the program")

from models_onnx.training.loop import Training, weights_digest  # noqa: E402

STEPS = 40


def training(folder: Path, **recipe: object) -> Training:
    torch.manual_seed(3)
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    parts = [(list(network[0].parameters()), 0.5), (list(network[2].parameters()), 2.0)]
    return Training(
        network, parts, 0.05, STEPS, folder / "run.pt", warm=5, more={"without": ["limbs"]}, recipe=recipe
    )


def loss_of(run: Training) -> torch.Tensor:
    rng = np.random.default_rng(run.step)
    x = torch.from_numpy(rng.normal(size=(16, 4)).astype(np.float32))
    return ((run.network(x)[:, 0] - x[:, 0] + 2 * x[:, 1]) ** 2).mean()


def go(run: Training, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        loss = loss_of(run)
        run.learn(loss, {"loss": loss.item()})
        found.append(loss.item())
    return found


def test_it_learns_and_ends_with_its_schedule(tmp_path: Path) -> None:
    run = training(tmp_path)
    losses = go(run, STEPS)
    assert np.mean(losses[-5:]) < 0.2 * np.mean(losses[:5])
    assert not run.going()
    assert [g["lr"] for g in run.optimiser.param_groups] == pytest.approx(
        [0.05 * 0.5 * 0.02, 0.05 * 2 * 0.02], rel=0.2
    )


def test_a_run_cut_off_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, first = training(tmp_path / "whole"), training(tmp_path / "cut")
    expected = go(whole, 20)
    got = go(first, 12)
    first.save()
    go(first, 3)  # lost
    second = training(tmp_path / "cut")
    assert second.step == 12
    got += go(second, 8)
    assert got == pytest.approx(expected)
    for a, b in zip(whole.ema.model.parameters(), second.ema.model.parameters(), strict=True):
        assert torch.allclose(a, b)
    assert torch.load(tmp_path / "cut" / "run.pt", weights_only=False)["without"] == ["limbs"]


def test_a_checkpoint_of_another_recipe_is_refused_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = training(tmp_path, films="abc", lr=0.05)
    go(first, 2)
    first.save()
    assert training(tmp_path, films="abc", lr=0.05).step == 2
    with pytest.raises(
        SystemExit, match=r"run\.pt was made otherwise \(films: abc, asked for def\)\. Remove"
    ):
        training(tmp_path, films="def", lr=0.05)
    assert capsys.readouterr().out == ""
    # One of before recipes were kept goes on.
    state = torch.load(tmp_path / "run.pt", weights_only=False)
    del state["recipe"]
    torch.save(state, tmp_path / "run.pt")
    assert training(tmp_path, films="def", lr=0.05).step == 2
    assert "run.pt: of before recipes" in capsys.readouterr().out


def test_weights_are_told_from_others() -> None:
    torch.manual_seed(1)
    one, two = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    assert weights_digest(one.state_dict()) == weights_digest(one.state_dict())
    assert weights_digest(one.state_dict()) != weights_digest(two.state_dict())


def test_the_log_has_means_since_its_last_line(tmp_path: Path) -> None:
    run = training(tmp_path)
    losses = go(run, 4)
    run.tell(16, auc=0.98765)
    more = go(run, 2)
    run.tell(16)
    one, two = (json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines())
    assert (one["step"], one["auc"], two["step"]) == (4, 0.9877, 6)
    assert one["loss"] == pytest.approx(np.mean(losses), abs=1e-4)
    assert two["loss"] == pytest.approx(np.mean(more), abs=1e-4)


def test_time_ends_a_run_too(tmp_path: Path) -> None:
    run = training(tmp_path)
    assert run.going()
    assert not run.going(minutes=0)
