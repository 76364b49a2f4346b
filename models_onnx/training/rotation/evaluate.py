"""Figures of the rotation model on left-out CTs and on real laterals graded by eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models_onnx.training import metrics

from .data import SURE, Byte2, Real, network_input
from .model import SEPARATION_UNIT, ShippedRotation

Float1 = NDArray[np.float64]


@dataclass(frozen=True)
class Read:
    """What the networks say of some films: logit of over 10 degrees, angle (degrees), separation (% of lung depth), and
    the logit of "the outer contour is the far side's"."""

    logit: Float1
    angle: Float1
    separation: Float1
    side: Float1

    def score(self, blend: float) -> Float1:
        """The blended score of `ShippedRotation`."""
        return np.asarray(self.logit + blend * (self.separation - SEPARATION_UNIT) / 4.0)

    def part(self, mine: NDArray[np.bool_] | NDArray[np.int64]) -> Read:
        """Some of the films."""
        return Read(*(getattr(self, f.name)[mine] for f in fields(self)))


@torch.no_grad()
def predict(network: ShippedRotation, films: Sequence[Byte2]) -> Read:
    """Outputs before blending and correction; films are squeezed presentation images."""
    out = []
    for start in range(0, len(films), 16):
        x = torch.from_numpy(np.stack([network_input(f) for f in films[start : start + 16]])[:, None])
        with torch.autocast("cpu", torch.bfloat16):
            out.append(torch.cat([v.float() for v in network.raw(x)[:4]], dim=1).numpy())
    table = np.concatenate(out).astype(np.float64)
    return Read(*table.T)


def rank_correlation(a: Float1, b: Float1) -> float | None:
    """Spearman's, three digits; None where one of them says the same of every film."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return round(float(spearmanr(a, b).statistic), 3)


def simulated_figures(
    score: Float1,
    angle: Float1,
    yaw: Float1,
    anatomies: Sequence[str] | None = None,
    cts: Sequence[str] | None = None,
) -> dict[str, object]:
    """AUC of over 10 against under 5 degrees, MAE, bias and rank correlation of |yaw|; intervals by anatomy (of one
    patient), or, where `cts` are given, by CT and anatomy: CTs are the patients."""
    clear = np.nonzero((yaw > 10) | (yaw < 5))[0]
    out: dict[str, object] = {
        "n": len(yaw),
        "auc_10_vs_5": round(metrics.auc(yaw[clear] > 10, score[clear]), 4),
        "auc_10": round(metrics.auc(yaw > 10, score), 4),
        "mae_deg": round(float(np.abs(angle - yaw).mean()), 3),
        "bias_deg": round(float((angle - yaw).mean()), 3),
        "bias_straight_deg": round(float((angle - yaw)[yaw < 5].mean()), 3),
        "spearman": rank_correlation(angle, yaw),
    }
    if anatomies is not None:
        every = np.arange(len(yaw))

        def interval(
            mine: NDArray[np.intp], figure: Callable[[NDArray[np.intp]], float]
        ) -> list[float | None]:
            parts = [anatomies[i] for i in mine]
            found = (
                metrics.by_patient(parts, lambda i: figure(mine[i]), rounds=500)
                if cts is None
                else metrics.by_patient_and_part(
                    [cts[i] for i in mine], parts, lambda i: figure(mine[i]), rounds=500
                )
            )
            return [metrics.told(v) for v in found]

        out["auc_10_vs_5_ci"] = interval(clear, lambda i: metrics.auc(yaw[i] > 10, score[i]))
        out["mae_ci"] = interval(every, lambda i: float(np.abs(angle - yaw)[i].mean()))
    return out


def real_figures(score: Float1, read: Read, films: list[Real]) -> dict[str, object]:
    """AUCs of grade >= 1 and 2 against 0, plain, weighted by confidence and of the films graded with at least medium
    confidence ("sure"); rank correlation with ribs by eye."""
    grade = np.array([f.grade for f in films])
    weight = np.array([f.weight for f in films])
    by_eye = np.array([f.separation_pct for f in films])
    two, known, is_sure = grade != 1, ~np.isnan(by_eye), weight >= SURE
    patients = [f.patient for f in films]
    out: dict[str, object] = {"n": len(films), "n_sure": int(is_sure.sum())}
    every = {"score": score, "angle": read.angle, "separation": read.separation}
    for name, value in every.items():
        out[name] = {
            "auc_1_vs_0": round(metrics.auc(grade >= 1, value), 3),
            "auc_1_vs_0_weighted": round(metrics.weighted_auc(grade >= 1, value, weight), 3),
            "auc_1_vs_0_sure": round(metrics.auc(grade[is_sure] >= 1, value[is_sure]), 3),
            "auc_2_vs_0": round(metrics.auc(grade[two] == 2, value[two]), 3),
            "auc_2_vs_rest": round(metrics.auc(grade == 2, value), 3),
            "ci_1_vs_0": [
                metrics.told(end)
                for end in metrics.by_patient(
                    patients, lambda i, v=value: metrics.auc(grade[i] >= 1, v[i]), rounds=500
                )
            ],
            "rank_with_separation_by_eye": rank_correlation(value[known], by_eye[known]),
        }
    out["mean_by_grade"] = {
        str(g): [round(float(v[grade == g].mean()), 2) for v in every.values()] for g in (0, 1, 2)
    }
    return out
