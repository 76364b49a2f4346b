"""Who is judged by whom: CTs left out in turn, real films by patient; and the choice of what is shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models_onnx.training import metrics

from . import evaluate, ship
from .data import Real, Simulated
from .features import Bank
from .model import RotationNet
from .train import Recipe, train

REAL_FOLDS = 5
REAL_STEPS = 60
ALL = "none"  # no CT left out


def load(weights: Path, checkpoint: Path) -> RotationNet:
    """The averaged network of a run."""
    network = RotationNet(weights)
    network.load_state_dict(torch.load(checkpoint, weights_only=False)["average"])
    return network.to(memory_format=torch.channels_last).eval()


def folds(reals: list[Real]) -> NDArray[np.int64]:
    """Fold of each real film: patients dealt out grade by grade, so that every fold has all grades it can."""
    fold: dict[str, int] = {}
    for film in sorted(reals, key=lambda f: (-f.grade, f.patient)):
        fold.setdefault(film.patient, len(fold) % REAL_FOLDS)
    return np.array([fold[f.patient] for f in reals])


def _without(bank: Bank, keep: NDArray[np.bool_]) -> Bank:
    rows = keep[bank.film]
    return Bank(bank.features[rows], bank.film[rows])


def train_all(
    films: list[Simulated],
    bank: Bank,
    reals: list[Real],
    real_bank: Bank,
    recipe: Recipe,
    weights: Path,
    runs: Path,
    names: list[str],
) -> None:
    """Fine-tune the all-CT network with graded real films: once a fold without its patients, once with all.

    The left-out-CT networks are fine-tuned with all real films too: their CT is still unseen.
    """
    fold = folds(reals)
    everyone = np.ones(len(reals), bool)
    for k in range(REAL_FOLDS):
        kept = _without(real_bank, fold != k)
        train(films, bank, recipe, weights, runs / f"real_{k}.pt", None, reals, kept, runs / f"{ALL}.pt")
    kept = _without(real_bank, everyone)
    train(films, bank, recipe, weights, runs / "real_all.pt", None, reals, kept, runs / f"{ALL}.pt")
    for name in names:
        if name != ALL:
            train(
                films, bank, recipe, weights, runs / f"real_{name}.pt", name, reals, kept, runs / f"{name}.pt"
            )


def held(
    held_films: list[Simulated],
    reals: list[Real],
    whole: tuple[Bank, Bank],
    weights: Path,
    runs: Path,
    names: list[str],
    choice: str,
) -> ship.Held:
    """Out-of-fold predictions of the ``choice`` ("simulated" or "with_real") on all simulated and real films."""
    ct = np.array([f.ct for f in held_films])
    logit, angle = np.full(len(ct), np.nan), np.full(len(ct), np.nan)
    prefix = "" if choice == "simulated" else "real_"
    for name in names:
        path = runs / f"{prefix}{name}.pt"
        if name == ALL or not path.exists():
            continue
        mine = ct == name
        z, a = evaluate.predict(load(weights, path), _without(whole[0], mine), len(ct))
        logit[mine], angle[mine] = z[mine], a[mine]
    fold = folds(reals)
    if choice == "simulated":
        real_logit, real_angle = evaluate.predict(load(weights, runs / f"{ALL}.pt"), whole[1], len(reals))
    else:
        real_logit, real_angle = np.zeros(len(reals)), np.zeros(len(reals))
        for k in range(REAL_FOLDS):
            z, a = evaluate.predict(load(weights, runs / f"real_{k}.pt"), whole[1], len(reals))
            real_logit[fold == k], real_angle[fold == k] = z[fold == k], a[fold == k]
    seen = ~np.isnan(logit)
    return ship.Held(
        logit[seen],
        angle[seen],
        np.array([abs(f.yaw_deg) for f in held_films])[seen],
        real_logit,
        real_angle,
        np.array([f.grade for f in reals]),
        np.array([f.weight for f in reals]),
    )


def judge(
    held_films: list[Simulated],
    reals: list[Real],
    whole: tuple[Bank, Bank],
    weights: Path,
    runs: Path,
    names: list[str],
) -> dict[str, Any]:
    """Figures of both candidates and the choice between them by out-of-fold real AUC (grade >= 1 and 2 against 0)."""
    out: dict[str, Any] = {}
    scores = {}
    for choice in ("simulated", "with_real"):
        prefix = "" if choice == "simulated" else "real_"
        by_ct = {}
        for name in names:
            path = runs / f"{prefix}{name}.pt"
            if name == ALL or not path.exists():
                continue
            chosen = np.array([f.ct == name for f in held_films])
            z, a = evaluate.predict(load(weights, path), _without(whole[0], chosen), len(held_films))
            mine = [int(i) for i in np.nonzero(chosen)[0]]
            by_ct[name] = evaluate.simulated_figures(z[mine], a[mine], [held_films[i] for i in mine])
        if choice == "with_real" and not all((runs / f"real_{k}.pt").exists() for k in range(REAL_FOLDS)):
            continue
        h = held(held_films, reals, whole, weights, runs, names, choice)
        real = evaluate.real_figures(h.real_logit, h.real_angle, reals)
        out[choice] = {
            "left_out_ct": by_ct,
            "real": real,
            "real_angles": {
                r.file: [r.grade, round(float(a), 1)] for r, a in zip(reals, h.real_angle, strict=True)
            },
        }
        scores[choice] = float(real["auc_1_vs_0_angle"]) + float(real["auc_2_vs_0_angle"])  # type: ignore[arg-type]
    out["summary"] = {"choice": max(scores, key=lambda c: scores[c]), "scores": scores}
    return out


def shipped_figures(
    h: ship.Held, how: dict[str, Any], limits: dict[str, float], correction: tuple[float, float]
) -> dict[str, Any]:
    """What the card says of the shipped stage: everything out of fold, after calibration and correction."""
    p, q = ship.probability(h.sim_logit, how), ship.probability(h.real_logit, how)
    truth = h.sim_yaw > 10
    clear = truth | (h.sim_yaw < 5)
    angle, real_angle = ship.corrected(h.sim_angle, correction), ship.corrected(h.real_angle, correction)
    zero, two = h.real_grade == 0, h.real_grade == 2
    return {
        "simulated_left_out_ct": {
            "n": len(p),
            "auc_10_vs_5": round(metrics.auc(truth[clear], p[clear]), 4),
            "auc_10": round(metrics.auc(truth, p), 4),
            "ece": round(metrics.ece(truth, p), 4),
            "sensitivity_over_10": round(float((p[truth] >= limits["warn"]).mean()), 4),
            "specificity_under_10": round(float((p[~truth] < limits["warn"]).mean()), 4),
            "specificity_under_5": round(float((p[h.sim_yaw < 5] < limits["warn"]).mean()), 4),
            "mae_deg": round(float(np.abs(angle - h.sim_yaw).mean()), 3),
            "mae_deg_uncorrected": round(float(np.abs(h.sim_angle - h.sim_yaw).mean()), 3),
            "bias_deg": round(float((angle - h.sim_yaw).mean()), 3),
        },
        "real_by_patient": {
            "n": len(q),
            "auc_1_vs_0": round(evaluate.weighted_auc(h.real_grade >= 1, q, h.real_weight), 4),
            "auc_2_vs_0": round(
                evaluate.weighted_auc(two[zero | two], q[zero | two], h.real_weight[zero | two]), 4
            ),
            "grade_0_quiet": f"{int((q[zero] < limits['warn']).sum())} of {int(zero.sum())}",
            "grade_2_warned": f"{int((q[two] >= limits['warn']).sum())} of {int(two.sum())}",
            "mean_angle_by_grade": [
                round(
                    float(
                        np.average(real_angle[h.real_grade == g], weights=h.real_weight[h.real_grade == g])
                    ),
                    1,
                )
                for g in (0, 1, 2)
            ],
        },
        "angle_correction": list(correction),
    }
