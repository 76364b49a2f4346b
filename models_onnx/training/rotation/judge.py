"""A cascade's rotation stage as it is shipped, on rendered laterals: `python -m models_onnx.training.rotation.judge
--cascade models_onnx --sets SET [--sets SET] [--ct NAME ...]`.

Scores, thresholds and angles are those of the ONNX file and the manifest. The figures say something about a stranger's
chest only for CTs that the cascade has not learnt from: its manifest names those it has.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import metrics
from models_onnx.training.shipped import Shipped, calibrated

from . import data, evaluate


def figures(shipped: Shipped, films: list[data.Simulated]) -> dict[str, Any]:
    """AUC, angle, ECE and what `warn` does on one look of each projection, by CT and pooled."""
    stage = shipped.stage("rotation_lateral")
    films = [f for f in films if f.look == "a"]
    read = [shipped.seen(stage["model"], f.pixels) for f in films]
    score = np.array([float(r[stage["reads"]["score"]].squeeze()) for r in read])
    angle = np.array([float(r[stage["reads"]["angle"]].squeeze()) for r in read])
    apart = np.array([float(r[stage["reads"]["separation"]].squeeze()) for r in read])
    p = calibrated(score, stage["calibration"])
    yaw = np.array([abs(f.yaw_deg) for f in films])
    exact = np.array([abs(f.separation_pct) for f in films])
    ct = np.array([f.ct for f in films])
    anatomies = np.array([f.anatomy for f in films])

    def of(mine: np.ndarray[Any, np.dtype[np.bool_]], pooled: bool = False) -> dict[str, Any]:
        truth, warned = yaw[mine] > 10, p[mine] >= stage["thresholds"]["warn"]
        return {
            **evaluate.simulated_figures(
                *(score[mine], angle[mine], yaw[mine], list(anatomies[mine])),
                list(ct[mine]) if pooled else None,
            ),
            "separation_alone_auc_10_vs_5": _apart(exact[mine], yaw[mine]),
            "separation_mae_pct": round(float(np.abs(apart - exact)[mine].mean()), 2),
            "ece": round(metrics.ece(truth, p[mine]), 4),
            "sensitivity_over_10": round(float(warned[truth].mean()), 3),
            "specificity_under_10": round(float((~warned[~truth]).mean()), 3),
            "specificity_under_5": round(float((~warned[yaw[mine] < 5]).mean()), 3),
        }

    return {name: of(ct == name) for name in sorted(set(ct))} | {"pooled": of(np.ones(len(ct), bool), True)}


def _apart(exact: np.ndarray[Any, np.dtype[np.float64]], yaw: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """What the exact distance of the contours, had it been read without error, would reach."""
    clear = (yaw > 10) | (yaw < 5)
    return round(metrics.auc(yaw[clear] > 10, exact[clear]), 4)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cascade", type=Path, default=Path("models_onnx"))
    ap.add_argument("--sets", type=Path, action="append", required=True, help="rendered set (repeatable)")
    ap.add_argument("--ct", nargs="+", help="only these CTs")
    ap.add_argument("--out", type=Path, help="JSON")
    args = ap.parse_args()
    films = [f for f in data.simulated(args.sets) if args.ct is None or f.ct in args.ct]
    found = figures(Shipped(args.cascade), films)
    text = json.dumps(found, indent=1)
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
