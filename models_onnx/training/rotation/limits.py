"""What exact measuring would reach: how well a chest's true turn and the true distance of its posterior ribs rank films
by the turn, and by the grade that a reader gives for the ribs.

`python -m models_onnx.training.rotation.limits --sets SET [--sets SET]` reads the sets' index.csv alone.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_onnx.training import metrics
from models_onnx.training.render import index

GRADE_1_PCT, GRADE_2_PCT = 4.5, 10.5  # of the lung's depth: the data folder's grades
SPREAD_DEG = (
    4.0  # of a patient's turn at the bucky, standard deviation: about what the grades of real films look like
)
SHARES = (0.0, 1.0, 2.0)  # degrees that a per cent of separation counts for in turn + share x separation

Float1 = NDArray[np.float64]


def read(folders: list[Path]) -> tuple[Float1, Float1, NDArray[np.str_]]:
    """Size of the turn (degrees), of the separation (% of lung depth) and the CT of every lateral projection."""
    rows = []
    for folder in folders:
        # Both looks of a projection show the same turn: the first stands for it.
        rows += [
            r
            for r in index.rows(folder)
            if r["view"].startswith("lateral") and Path(r["file"]).stem.endswith("a")
        ]
    if not rows:
        raise ValueError("no laterals in these sets")
    turn = np.abs([float(r["yaw_deg"]) for r in rows])
    apart = np.abs([float(r["rib_separation_pct"]) for r in rows])
    return turn, apart, np.array([r["ct"] for r in rows])


def figures(
    turn: Float1, apart: Float1, ct: NDArray[np.str_], spread_deg: float = SPREAD_DEG
) -> dict[str, Any]:
    """AUCs and shares; films weigh as often as patients turned with `spread_deg` would show them."""
    clear = (turn > 10) | (turn < 5)
    weight = np.exp(-0.5 * (turn / spread_deg) ** 2)
    graded = apart >= GRADE_1_PCT

    def over_10(score: Float1, mine: NDArray[np.bool_]) -> float:
        return round(metrics.auc(turn[mine & clear] > 10, score[mine & clear]), 4)

    every = np.ones(len(turn), bool)
    return {
        "projections": len(turn),
        "separation_over_10_vs_under_5": {
            **{str(name): over_10(apart, ct == name) for name in sorted(set(ct.tolist()))},
            "pooled": over_10(apart, every),
        },
        "share_graded_1_or_2": round(float(weight[graded].sum() / weight.sum()), 3),
        "share_graded_2": round(float(weight[apart >= GRADE_2_PCT].sum() / weight.sum()), 3),
        "turn_plus_share_of_separation": {
            str(share): {
                "grade_1_or_2": round(metrics.weighted_auc(graded, turn + share * apart, weight), 3),
                "over_10_vs_under_5": over_10(turn + share * apart, every),
            }
            for share in SHARES
        },
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--sets", type=Path, action="append", required=True, help="rendered set (repeatable)")
    print(json.dumps(figures(*read(ap.parse_args().sets)), indent=1))


if __name__ == "__main__":
    main()
