"""What a perfect measurement of turn or ribs could rank at best, on made-up projections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training environment only")

from models_onnx.training.rotation import limits


def magnified(count: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ribs that lie 0.8 % a degree apart, and 3 % more or less for the far side's magnification."""
    signed = np.random.default_rng(1).uniform(-25, 25, count)
    return np.abs(signed), np.abs(0.8 * signed + 3.0), np.array(["a"] * count)


def test_the_turn_alone_ranks_grades_badly_and_the_separation_the_turn_not_perfectly() -> None:
    found = limits.figures(*magnified())
    mixed = found["turn_plus_share_of_separation"]
    assert 0.6 < mixed["0.0"]["grade_1_or_2"] < 0.85
    assert mixed["0.0"]["over_10_vs_under_5"] == 1.0
    assert 0.9 < found["separation_over_10_vs_under_5"]["a"] < 0.995
    assert mixed["2.0"]["grade_1_or_2"] > 0.95
    assert mixed["2.0"]["over_10_vs_under_5"] > 0.99


def test_without_magnification_both_questions_are_one() -> None:
    turn, _, ct = magnified()
    found = limits.figures(turn, 0.8 * turn, ct)
    assert found["turn_plus_share_of_separation"]["0.0"] == {"grade_1_or_2": 1.0, "over_10_vs_under_5": 1.0}


def test_only_first_looks_of_laterals_are_read(tmp_path: Path) -> None:
    rows = [
        "f/x_00a.png,lateral_left,ct,-12.0,9.5",
        "f/x_00b.png,lateral_left,ct,-12.0,9.5",
        "f/x_01a.png,frontal_pa,ct,3,",
    ]
    (tmp_path / "index.csv").write_text("file,view,ct,yaw_deg,rib_separation_pct\n" + "\n".join(rows) + "\n")
    turn, apart, ct = limits.read([tmp_path])
    assert (turn.tolist(), apart.tolist(), ct.tolist()) == ([12.0], [9.5], ["ct"])
    (tmp_path / "index.csv").write_text("file,view,ct,yaw_deg,rib_separation_pct\n")
    with pytest.raises(ValueError, match="no laterals"):
        limits.read([tmp_path])
