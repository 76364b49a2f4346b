"""Films for the rotation model: rendered laterals with exact yaw, real laterals graded by eye."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models_onnx.training import augment
from workstation.imaging.preprocess import Preprocessing

SIZE = 224
CONFIDENCE = {"low": 0.4, "medium": 0.7, "high": 1.0}  # weights of by-eye grades
KEEP_SIDE = 400  # films are kept in memory at this long side

Byte2 = NDArray[np.uint8]

STEPS: tuple[dict[str, object], ...] = (
    {"step": "squeeze", "height": SIZE, "width": SIZE},
    {"step": "equalize_histogram"},
    {"step": "scale", "factor": 1 / 255},
)
PREPROCESSING = Preprocessing.from_steps(list(STEPS), "NCHW", 1, SIZE, SIZE)


@dataclass(frozen=True)
class Simulated:
    """A rendered lateral: pixels, signed yaw (degrees), CT it came from, whether an edge cuts the lungs."""

    pixels: Byte2
    yaw_deg: float
    ct: str
    cut: bool


@dataclass(frozen=True)
class Real:
    """A real lateral: pixels, grade 0..2 by eye, weight of the grade, patient."""

    file: str
    pixels: Byte2
    grade: int
    weight: float
    patient: str


def _small(image: Byte2) -> Byte2:
    scale = KEEP_SIDE / max(image.shape)
    if scale >= 1:
        return image
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def simulated(folders: list[Path], limit: int | None = None) -> list[Simulated]:
    """All laterals of rendered sets (``index.csv``)."""
    out = []
    for folder in folders:
        with (folder / "index.csv").open(newline="") as handle:
            rows = [r for r in csv.DictReader(handle) if r["view"].startswith("lateral")]
        for row in rows[:limit]:
            image = cv2.imread(str(folder / row["file"]), cv2.IMREAD_GRAYSCALE)
            if image is None:
                raise FileNotFoundError(folder / row["file"])
            pixels = _small(np.asarray(image, np.uint8))
            out.append(Simulated(pixels, float(row["yaw_deg"]), row["ct"], bool(row["cut_edges"])))
    return out


def real(radiographs: Path) -> list[Real]:
    """The graded laterals of ``lateral.csv``."""
    out = []
    with (radiographs / "lateral.csv").open(newline="") as handle:
        for row in csv.DictReader(handle):
            if row["rotation_grade"] == "":
                continue
            image = cv2.imread(str(radiographs / "lateral" / row["file"]), cv2.IMREAD_GRAYSCALE)
            if image is None:
                raise FileNotFoundError(row["file"])
            weight = CONFIDENCE.get(row["rotation_confidence"], 0.4)
            pixels = _small(np.asarray(image, np.uint8))
            out.append(Real(row["file"], pixels, int(row["rotation_grade"]), weight, row["patient"]))
    return out


def network_input(image: Byte2) -> NDArray[np.float32]:
    """A whole film as the runtime feeds it: (SIZE, SIZE) float32 0..1."""
    return PREPROCESSING.tensor(image)[0, 0]


def augmented(image: Byte2, rng: np.random.Generator, strength: float = 1.0) -> NDArray[np.float32]:
    """Random window, small turn, mirror, other look; then the shipped preprocessing. None of it changes |yaw|."""
    height, width = image.shape
    crop = rng.uniform(0, 0.2, 4) * (rng.random(4) < 0.6)
    x0, x1 = crop[0] * width, (1 - crop[1]) * width
    y0, y1 = crop[2] * height, (1 - crop[3]) * height
    grow = rng.uniform(0, 0.12, 4) * (rng.random(4) < 0.15)  # borders of someone else's scan
    x0, x1, y0, y1 = x0 - grow[0] * width, x1 + grow[1] * width, y0 - grow[2] * height, y1 + grow[3] * height
    turn = np.radians(rng.normal(0, 3.5))
    sx, sy = (x1 - x0) / SIZE, (y1 - y0) / SIZE
    if rng.random() < 0.5:
        x0, sx = x1, -sx
    c, s = np.cos(turn), np.sin(turn)
    m = (SIZE - 1) / 2
    # Output pixel -> turned about the middle -> film.
    matrix = np.array(
        [
            [sx * c, -sx * s, x0 + sx * (m - c * m + s * m)],
            [sy * s, sy * c, y0 + sy * (m - s * m - c * m)],
        ]
    )
    soft = image
    shrink = max(abs(sx), abs(sy))
    if shrink > 1.3:
        soft = cv2.GaussianBlur(image, (0, 0), 0.35 * shrink)
    border = int(rng.choice([0, 0, int(rng.integers(0, 256))]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    window = cv2.warpAffine(soft, matrix, (SIZE, SIZE), flags=flags, borderValue=border)
    looked = augment.film_look(window.astype(np.float32), None, rng, strength)
    return network_input(np.clip(np.rint(looked), 0, 255).astype(np.uint8))
