"""Figures of a rotation network on left-out CTs and on real laterals graded by eye."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from .data import Real, Simulated
from .features import Bank
from .model import RotationNet

Float1 = NDArray[np.float64]


@torch.no_grad()
def predict(network: RotationNet, whole: Bank, films: int) -> tuple[Float1, Float1]:
    """Logits and angles (degrees) of films 0..films-1 from a bank of whole films, mean of each film and its mirror."""
    network.eval()
    logit, angle, count = (np.zeros(films) for _ in range(3))
    for start in range(0, len(whole.film), 48):
        x = torch.from_numpy(whole.features[start : start + 48].astype(np.float32))
        with torch.autocast("cpu", torch.bfloat16):
            out = network.rest(x.to(memory_format=torch.channels_last))
        index = whole.film[start : start + 48]
        np.add.at(logit, index, out[0].float().numpy()[:, 0])
        np.add.at(angle, index, out[1].float().numpy()[:, 0])
        np.add.at(count, index, 1)
    return logit / np.maximum(count, 1), angle / np.maximum(count, 1)


def simulated_figures(logit: Float1, angle: Float1, films: list[Simulated]) -> dict[str, float]:
    """AUC of over 10 against under 5 degrees, MAE, bias and rank correlation of |yaw|."""
    yaw = np.array([abs(f.yaw_deg) for f in films])
    clear = (yaw > 10) | (yaw < 5)
    return {
        "n": len(films),
        "auc_10_vs_5": float(roc_auc_score(yaw[clear] > 10, logit[clear])),
        "auc_10": float(roc_auc_score(yaw > 10, logit)),
        "mae_deg": float(np.abs(angle - yaw).mean()),
        "bias_deg": float((angle - yaw).mean()),
        "bias_straight_deg": float((angle - yaw)[yaw < 5].mean()),
        "spearman": float(spearmanr(angle, yaw).statistic),
    }


def weighted_auc(truth: NDArray[np.bool_], score: Float1, weight: Float1) -> float:
    """AUC with a weight for every film (its grade's confidence)."""
    return float(roc_auc_score(truth, score, sample_weight=weight))


def real_figures(logit: Float1, angle: Float1, films: list[Real]) -> dict[str, object]:
    """AUCs of grade >= 1 and 2 against 0 (weighted by confidence and plain) and mean angles a grade."""
    grade = np.array([f.grade for f in films])
    weight = np.array([f.weight for f in films])
    two = grade != 1
    return {
        "n": len(films),
        "auc_1_vs_0_logit": weighted_auc(grade >= 1, logit, weight),
        "auc_1_vs_0_angle": weighted_auc(grade >= 1, angle, weight),
        "auc_1_vs_0_plain": float(roc_auc_score(grade >= 1, angle)),
        "auc_2_vs_0_logit": weighted_auc(grade[two] == 2, logit[two], weight[two]),
        "auc_2_vs_0_angle": weighted_auc(grade[two] == 2, angle[two], weight[two]),
        "mean_angle_by_grade": [
            float(np.average(angle[grade == g], weights=weight[grade == g])) for g in (0, 1, 2)
        ],
        "spearman": float(spearmanr(angle, grade).statistic),
    }
