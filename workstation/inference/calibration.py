"""Raw outputs -> probabilities: activation and calibration, as the manifest names them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

ACTIVATIONS = ("sigmoid", "softmax", "none")


@dataclass(frozen=True, slots=True)
class Identity:
    """`{"method": "none"}`: the activation's result stands."""


@dataclass(frozen=True, slots=True)
class Temperature:
    """`{"method": "temperature"}`: sigmoid((logit + bias) / temperature); softmax(logits / temperature)."""

    temperature: float
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class Isotonic:
    """`{"method": "isotonic"}`: piecewise linear on the probability, x rising, y never falling, both 0..1."""

    x: tuple[float, ...]
    y: tuple[float, ...]


Calibration = Identity | Temperature | Isotonic

LEAST = 1e-6
"""No network is surer than this, whatever rounding or an isotonic step says."""


def sigmoid(logits: Vector) -> Vector:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits)), np.float64)


def softmax(logits: Vector) -> Vector:
    """exp(x) / sum exp(x) over the last axis, without overflow."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float64)


def probabilities(raw: Vector, activation: str, calibration: Calibration) -> Vector:
    """Calibrated probabilities, `LEAST`..1 - `LEAST`, of the shape of `raw`.

    Args:
        raw: outputs of a network, finite.
        activation: ``sigmoid``, ``softmax`` or ``none`` (the outputs are probabilities already).
        calibration: as checked by the manifest; a temperature never meets ``none``.
    """
    if isinstance(calibration, Temperature):
        raw = (raw + calibration.bias) / calibration.temperature
    if activation == "sigmoid":
        raw = sigmoid(raw)
    elif activation == "softmax":
        raw = softmax(raw)
    if isinstance(calibration, Isotonic):
        raw = np.asarray(np.interp(raw, calibration.x, calibration.y), np.float64)
    return np.asarray(np.clip(raw, LEAST, 1.0 - LEAST), np.float64)
