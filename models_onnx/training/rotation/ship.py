"""Calibration, thresholds, export to ONNX and the rotation stage's manifest entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models_onnx.training import free_cts, learnt, manifest_file, metrics, onnx_file

from .data import STEPS
from .evaluate import Read
from .model import MIDDLE, SIZE, ShippedRotation

Float1 = NDArray[np.float64]
OUTPUTS = {
    "rotation_logit": ([1, 1], "logit: turned more than 10 degrees from the true lateral"),
    "angle_deg": ([1, 1], "size of the turn in degrees, 0 and up; no direction"),
    "angle_sd_deg": (
        [1, 1],
        "standard deviation of that angle, as found on left-out CTs; the same for all films",
    ),
    "rib_separation_pct": ([1, 1], "distance of the two posterior rib contours, % of lung depth"),
    "rib_contours": (
        [1, 2, MIDDLE.stop - MIDDLE.start, 2],
        "outer and inner posterior rib contour, points (x, y) in fractions of the film",
    ),
    "rib_certainty": (
        [1, 2, MIDDLE.stop - MIDDLE.start],
        "certainty of each of these points, 0..1; below 0.5 ribs are hidden or the looks contradict each other",
    ),
}
SPECIFICITY = 0.95
BLENDS = (0.0, 1.0, 2.0, 4.0, 8.0)
Correction = tuple[float, float, float]


@dataclass(frozen=True)
class Held:
    """Predictions on films whose patient the networks never saw: simulated (truth in degrees) and real (grades)."""

    sim: Read
    sim_yaw: Float1
    real: Read
    real_grade: NDArray[np.int64]
    real_weight: Float1


def choose_blend(held: Held) -> float:
    """Share of the rib separation in the score: the best sum of AUC on left-out CTs (over 10 against under 5)
    and, half as much, on graded films (grade 1 or 2 against 0, weighted by confidence).

    Raises:
        ValueError: films of one kind are missing."""
    clear = (held.sim_yaw > 10) | (held.sim_yaw < 5)

    def gain(blend: float) -> float:
        simulated = metrics.auc(held.sim_yaw[clear] > 10, held.sim.score(blend)[clear])
        graded = held.real_grade >= 1
        return simulated + 0.5 * metrics.weighted_auc(graded, held.real.score(blend), held.real_weight)

    gains = {blend: gain(blend) for blend in BLENDS}
    if not np.isfinite(list(gains.values())).all():
        raise ValueError(
            "no blend can be chosen: films of one kind are missing (turned, straight; simulated, graded)"
        )
    return max(gains, key=lambda blend: gains[blend])


def calibration(held: Held, blend: float, real_mass: float = 0.1) -> dict[str, Any]:
    """Temperature and bias of the score on held-out films; real grades 0 and 2 (a handful) carry ``real_mass`` of the
    weight.

    Grade 2 (ribs parted by more than a tenth of the lung's depth) stands for "over 10 degrees"; grade 1 lies between
    and is left out.
    """
    truth = (held.sim_yaw > 10).astype(float)
    weight = np.full(len(truth), (1 - real_mass) / len(truth))
    sure = held.real_grade != 1
    real_truth = (held.real_grade[sure] == 2).astype(float)
    real_weight = held.real_weight[sure] / held.real_weight[sure].sum() * real_mass
    total = np.concatenate([weight, real_weight])
    temperature, bias = metrics.fit_temperature(
        np.concatenate([truth, real_truth]),
        np.concatenate([held.sim.score(blend), held.real.score(blend)[sure]]),
        total * len(total) / total.sum(),
    )
    return {"method": "temperature", "temperature": round(temperature, 4), "bias": round(bias, 4)}


def probability(score: Float1, how: dict[str, Any]) -> Float1:
    """Calibrated probability."""
    return np.asarray(metrics.sigmoid((score + how["bias"]) / how["temperature"]))


def thresholds(held: Held, blend: float, how: dict[str, Any]) -> dict[str, float]:
    """``warn`` keeps 95 % of held-out films under 10 degrees and of real grade-0 films quiet; ``unsure_from`` 85 %."""
    out = {}
    for name, specificity in (("warn", SPECIFICITY), ("unsure_from", 0.85)):
        limits = [
            metrics.threshold_at_specificity(
                held.sim_yaw > 10, probability(held.sim.score(blend), how), specificity
            ),
            metrics.threshold_at_specificity(
                held.real_grade > 0, probability(held.real.score(blend), how), specificity
            ),
        ]
        out[name] = metrics.written(min(0.99, max(limits)))
    return out


def _measures(read: Read) -> Float1:
    return np.stack([read.angle, read.separation, np.ones(len(read.angle))], axis=1)


def corrected(read: Read, correction: Correction) -> Float1:
    """Angles as the ONNX graph gives them: a straight line through angle and separation; never below zero."""
    return np.asarray(np.maximum(0.0, _measures(read) @ np.array(correction)))


def angle_correction(read: Read, yaw: Float1) -> Correction:
    """(angle, separation, offset) with the least squared error on patients the networks never saw."""
    a, b, c = (float(round(v, 4)) for v in np.linalg.lstsq(_measures(read), yaw, rcond=None)[0])
    return a, b, c


def export(
    network: ShippedRotation,
    path: Path,
    films: NDArray[np.float32],
    blend: float,
    correction: Correction,
    spread: float,
) -> float:
    """Write the ONNX file and return the largest difference from PyTorch (fp32) on ``films`` (N, 1, SIZE, SIZE)."""
    model = (
        ShippedRotation(network.finder, list(network.readers), blend, correction, spread)
        .eval()
        .to(memory_format=torch.contiguous_format)
    )
    onnx_file.write(model, torch.rand(1, 1, SIZE, SIZE), path, OUTPUTS)
    return onnx_file.largest_difference(model, path, list(OUTPUTS), films)


def sources(cts: Iterable[str], real_films: Mapping[str, str]) -> list[str]:
    """What the networks learnt from, with licences; `cts` are the names of the rendered CTs, `real_films` (licence by
    name) the real ones of the last steps."""
    return [
        *free_cts.told(cts),
        *([f"{learnt.real_films(real_films)}, in the last steps"] if real_films else []),
        "ImageNet weights of MobileNetV2 (torchvision mobilenet_v2-b0353104)",
    ]


def entry(
    path: Path,
    how: dict[str, Any],
    limits: dict[str, float],
    figures: dict[str, Any],
    seeds: Sequence[int],
    cts: Iterable[str],
    real_films: Mapping[str, str],
) -> dict[str, Any]:
    """``models.rotation_lateral`` and the stage, as the manifest wants them; the last three as the weights say it."""
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
            "recipe": "python -m models_onnx.training.rotation all"
            + (" --real-laterals FILE" if real_films else ""),
            "data": sources(cts, real_films),
            "seeds": list(seeds),
            "licence": learnt.licence(real_films),
        },
    }
    stage = {
        "name": "rotation_lateral",
        "kind": "rotation",
        "model": "rotation_lateral",
        "reads": {
            "score": "rotation_logit",
            "angle": "angle_deg",
            "angle_sd": "angle_sd_deg",
            "separation": "rib_separation_pct",
            "ribs": "rib_contours",
            "certainty": "rib_certainty",
        },
        "activation": "sigmoid",
        "calibration": how,
        "thresholds": limits,
        "when": {"projection": "lateral"},
        "limits": [
            "learnt from films rendered from adult CTs"
            + (f" and {len(real_films)} real ones" if real_films else "")
            + "; real films were graded by one non-expert",
            "gives the size of the turn, not its direction",
            "not for children, not for lateral decubitus or seated bedside films",
        ],
        "provenance": {
            "metrics": figures,
            "command": "python -m models_onnx.training.rotation evaluate",
            # What the program's statistics go by.
            "performance": {
                "films": figures["pooled"]["n"],
                "sensitivity": figures["pooled"]["sensitivity_over_10"],
                "specificity": figures["pooled"]["specificity_under_10"],
                "of": "simulated films, each CT by the networks that left it out",
            },
        },
    }
    return {"model": model, "stage": stage}


def put(entries: dict[str, Any], manifest: Path) -> None:
    """Replace the rotation model and stage in ``manifest``, where there is one; everything else stays as it is."""
    if not manifest.exists():
        return
    with manifest_file.changed(manifest) as whole:
        whole["models"]["rotation_lateral"] = entries["model"]
        others = [s for s in whole["stages"] if s["name"] != "rotation_lateral"]
        whole["stages"] = [*others, entries["stage"]]
