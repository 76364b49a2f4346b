"""Calibration, thresholds, export to ONNX and the rotation stage's manifest entry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models_onnx.training import metrics, onnx_file

from .data import SIZE, STEPS
from .model import RotationNet, ShippedRotation

Float1 = NDArray[np.float64]
OUTPUTS = {
    "rotation_logit": ([1, 1], "logit: turned more than 10 degrees from the true lateral"),
    "angle_deg": ([1, 1], "size of the turn in degrees, 0 and up; no direction"),
}
SPECIFICITY = 0.95
GRADE_CENTRE = {0: 2.0, 1: 6.0, 2: 13.0}  # degrees, see train.GRADE_RANGE


@dataclass(frozen=True)
class Held:
    """Predictions on films whose patient the network never saw: simulated (truth in degrees) and real (grades)."""

    sim_logit: Float1
    sim_angle: Float1
    sim_yaw: Float1
    real_logit: Float1
    real_angle: Float1
    real_grade: NDArray[np.int64]
    real_weight: Float1


def calibration(held: Held, real_mass: float = 0.5) -> dict[str, Any]:
    """Temperature and bias of the logit on held-out films; real grades 0 and 2 carry ``real_mass`` of the weight.

    Grade 2 (ribs parted by more than a tenth of the lung's depth) stands for "over 10 degrees"; grade 1 lies between
    and is left out.
    """
    truth = (held.sim_yaw > 10).astype(float)
    weight = np.where(truth > 0, 0.5 / truth.sum(), 0.5 / (1 - truth).sum()) * (1 - real_mass)
    sure = held.real_grade != 1
    real_truth = (held.real_grade[sure] == 2).astype(float)
    real_weight = held.real_weight[sure] / held.real_weight[sure].sum() * real_mass
    total = np.concatenate([weight, real_weight])
    temperature, bias = metrics.fit_temperature(
        np.concatenate([truth, real_truth]),
        np.concatenate([held.sim_logit, held.real_logit[sure]]),
        total * len(total) / total.sum(),
    )
    return {"method": "temperature", "temperature": round(temperature, 4), "bias": round(bias, 4)}


def probability(logit: Float1, how: dict[str, Any]) -> Float1:
    """Calibrated probability."""
    return np.asarray(metrics.sigmoid((logit + how["bias"]) / how["temperature"]))


def thresholds(held: Held, how: dict[str, Any]) -> dict[str, float]:
    """``warn`` keeps 95 % of held-out films under 10 degrees and of real grade-0 films quiet; ``unsure_from`` 85 %."""
    out = {}
    for name, specificity in (("warn", SPECIFICITY), ("unsure_from", 0.85)):
        limits = [
            metrics.threshold_at_specificity(
                np.asarray(held.sim_yaw > 10), probability(held.sim_logit, how), specificity
            ),
            metrics.threshold_at_specificity(
                np.asarray(held.real_grade > 0), probability(held.real_logit, how), specificity
            ),
        ]
        out[name] = round(float(min(0.99, max(limits))), 4)
    return out


def corrected(angle: Float1, correction: tuple[float, float]) -> Float1:
    """Angles after the linear correction that the ONNX graph applies; never below zero."""
    return np.asarray(np.maximum(0.0, angle * correction[0] + correction[1]))


def angle_correction(held: Held) -> tuple[float, float]:
    """(scale, offset) of the angle that errs least on patients the network never saw.

    On unknown patients the network's floor lies near 8 to 10 degrees instead of zero, on left-out CTs as on real
    films; two numbers stretch the scale back. Error = mean absolute error on left-out CTs plus half of that against
    the middle of each real film's grade, weighted by its confidence.
    """
    centre = np.array([GRADE_CENTRE[int(g)] for g in held.real_grade])

    def error(correction: tuple[float, float]) -> float:
        simulated = float(np.abs(corrected(held.sim_angle, correction) - held.sim_yaw).mean())
        real = np.abs(corrected(held.real_angle, correction) - centre)
        return simulated + 0.5 * float(np.average(real, weights=held.real_weight))

    grid = [(round(1 + 0.1 * i, 2), round(-0.5 * j, 2)) for i in range(13) for j in range(41)]
    return min(grid, key=error)


def export(
    networks: list[RotationNet], path: Path, films: NDArray[np.float32], correction: tuple[float, float]
) -> float:
    """Write the ONNX file and return the largest difference from PyTorch (fp32) on ``films`` (N, 1, SIZE, SIZE)."""
    model = ShippedRotation(networks, *correction).eval().to(memory_format=torch.contiguous_format)
    onnx_file.write(model, torch.rand(1, 1, SIZE, SIZE), path, OUTPUTS)
    return onnx_file.largest_difference(model, path, list(OUTPUTS), films)


def entry(
    path: Path, how: dict[str, Any], limits: dict[str, float], figures: dict[str, Any], seed: int
) -> dict[str, Any]:
    """``models.rotation_lateral`` and the stage, as the manifest wants them."""
    model = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "input": {
            "name": "film",
            "layout": "NCHW",
            "channels": 1,
            "height": SIZE,
            "width": SIZE,
            "dtype": "float32",
        },
        "preprocessing": [dict(step) for step in STEPS],
        "outputs": {name: {"shape": shape, "meaning": meaning} for name, (shape, meaning) in OUTPUTS.items()},
        "provenance": {
            "recipe": "python -m models_onnx.training.rotation all",
            "data": [
                "laterals rendered from CTs LIDC-IDRI-0001, CPTAC-LSCC C3N-00247 (CC BY 3.0)",
                "laterals rendered from CTs Lung-PET-CT-Dx A0001, A0002 (CC BY 4.0)",
                "ImageNet weights of MobileNetV2 (torchvision mobilenet_v2-b0353104)",
            ],
            "seed": seed,
            "licence": "Apache-2.0 for the weights trained here",
        },
    }
    stage = {
        "name": "rotation_lateral",
        "kind": "rotation",
        "model": "rotation_lateral",
        "reads": {"score": "rotation_logit", "angle": "angle_deg"},
        "activation": "sigmoid",
        "calibration": how,
        "thresholds": limits,
        "when": {"projection": "lateral"},
        "limits": [
            "learnt from films rendered from four adult CTs; real films were graded by one non-expert",
            "gives the size of the turn, not its direction",
            "not for children, not for lateral decubitus or seated bedside films",
        ],
        "provenance": {"metrics": figures, "command": "python -m models_onnx.training.rotation evaluate"},
    }
    return {"model": model, "stage": stage}


def write_json(path: Path, value: Any) -> None:
    """JSON with a final newline."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
