"""Films for the rotation model: rendered laterals with turn, rib contours and lungs; real laterals graded by eye."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models_onnx.training import augment, kept
from models_onnx.training.render import index
from models_onnx.training.sources import share
from workstation.imaging.preprocess import Preprocessing

from .model import CROP, MARGIN_X, MARGIN_Y, MASK, ROWS, SIZE, TAIL

CONFIDENCE = {"low": 0.4, "medium": 0.7, "high": 1.0}  # weights of by-eye grades
SURE = CONFIDENCE["medium"]  # grades of less weight are near coin flips: `readings`
LUNG_FROM = 3  # mask PNGs hold the lung path in mm

Byte2 = NDArray[np.uint8]
Float1 = NDArray[np.float64]
Box = tuple[float, float, float, float]

STEPS: tuple[dict[str, object], ...] = (
    {"step": "squeeze", "height": SIZE, "width": SIZE},
    {"step": "equalize_histogram"},
    {"step": "scale", "factor": 1 / 255},
)
PREPROCESSING = Preprocessing.from_steps(list(STEPS), "NCHW", 1, SIZE, SIZE)


@dataclass(frozen=True)
class Simulated:
    """A rendered lateral, squeezed to SIZE x SIZE.

    Attributes:
        pixels, lung: (SIZE, SIZE) film and (MASK, MASK) lung share 0..255.
        yaw_deg: signed turn. separation_pct: how far the posterior ribs of the side away from the detector lie behind
            those of the near side, % of lung depth; signed.
        contours: posterior rib contours of the right and the left side, (n, 2) fractions of the film (x, y).
        back: side of the film that shows the back: +1 right, -1 left.
        ct: the CT it came from. anatomy: which warp of it. look: first or second film of its projection ("a", "b").
    """

    pixels: Byte2
    lung: Byte2
    yaw_deg: float
    separation_pct: float
    contours: tuple[Float1, Float1]
    back: int
    ct: str
    anatomy: str
    look: str


@dataclass(frozen=True)
class Real:
    """A real lateral, squeezed; grade 0..2 by eye, weight of the grade, patient, rib separation read by eye (% of lung
    depth, NaN where unread), side that shows the back (+1 right, -1 left), the patient's fold 0..4, the film's
    licence."""

    file: str
    pixels: Byte2
    grade: int
    weight: float
    patient: str
    separation_pct: float
    back: int = 1
    fold: int = 0
    licence: str = "unstated"


@dataclass(frozen=True)
class View:
    """One augmented look at a film: the close view with its targets, and the whole film for the finder.

    Attributes:
        close: (CROP, CROP) 0..1. columns: (2, ROWS) outer and inner contour in fractions of it, NaN where unknown.
        whole: (SIZE, SIZE) 0..1. lung: (MASK, MASK) 0..1.
    """

    close: NDArray[np.float32]
    columns: NDArray[np.float32]
    whole: NDArray[np.float32]
    lung: NDArray[np.float32]


def _read(path: Path) -> Byte2:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise FileNotFoundError(path)
    return np.asarray(image, np.uint8)


def squeezed(image: Byte2, side: int) -> Byte2:
    """A film as the networks see it, (side, side), whatever its shape."""
    shrinks = min(image.shape) > side
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (side, side), interpolation=kind), np.uint8)


def _points(text: str) -> Float1:
    return np.array([[float(v) for v in p.split(":")] for p in text.split(";")], np.float64)


def simulated(folders: list[Path], limit: int | None = None) -> list[Simulated]:
    """All laterals of rendered sets (``index.csv``) that still show lung.

    Raises:
        FileNotFoundError: there is no such set. ValueError: it holds no lateral.
    """
    out = []
    for folder in folders:
        rows = [r for r in index.rows(folder) if r["view"].startswith("lateral")]
        if not rows:
            raise ValueError(f"{folder} holds no laterals")
        for row in rows[:limit]:
            lung = (_read(folder / row["mask"]) > LUNG_FROM).astype(np.uint8) * 255
            small = np.asarray(cv2.resize(lung, (MASK, MASK), interpolation=cv2.INTER_AREA), np.uint8)
            if small.mean() < 5:
                continue
            out.append(
                Simulated(
                    squeezed(_read(folder / row["file"]), SIZE),
                    small,
                    float(row["yaw_deg"]),
                    # The index says left minus right.
                    float(row["rib_separation_pct"]) * (-1 if row["view"] == "lateral_left" else 1),
                    (_points(row["ribs_right"]), _points(row["ribs_left"])),
                    1 if row["anterior_side"] == "left" else -1,
                    row["ct"],
                    row["anatomy"],
                    Path(row["file"]).stem[-1],
                )
            )
    return out


def digest(films: Iterable[Simulated]) -> str:
    """What tells these films from others."""
    told = [
        [
            f.ct,
            f.anatomy,
            f.look,
            f.yaw_deg,
            f.separation_pct,
            zlib.crc32(np.ascontiguousarray(f.pixels).tobytes()),
        ]
        for f in films
    ]
    return kept.digest(told)


def real(radiographs: Path) -> list[Real]:
    """The graded laterals of ``lateral.csv``."""
    out = []
    with (radiographs / "lateral.csv").open(newline="") as handle:
        for row in csv.DictReader(handle):
            if row["rotation_grade"] == "":
                continue
            depth = (float(row["lung_right"]) - float(row["lung_left"])) / 100
            read = row["rib_separation_pct"]
            out.append(
                Real(
                    row["file"],
                    squeezed(_read(radiographs / "lateral" / row["file"]), SIZE),
                    int(row["rotation_grade"]),
                    CONFIDENCE.get(row["rotation_confidence"], 0.4),
                    row["patient"],
                    float(read) / depth if read else float("nan"),
                    1 if row["anterior_side"] == "left" else -1,
                    share(row["patient"]) % 5,
                    row["licence"] or "unstated",
                )
            )
    return out


def network_input(image: Byte2) -> NDArray[np.float32]:
    """A whole film as the runtime feeds it: (SIZE, SIZE) float32 0..1."""
    return PREPROCESSING.tensor(image)[0, 0]


def lung_box(lung: Byte2) -> Box:
    """As `model.box_of`, of one exact mask: left, top, right, bottom in fractions."""
    out = []
    for axis in (0, 1):
        marginal = lung.astype(np.float64).sum(axis=axis) + 1e-9
        reach = np.concatenate([[0.0], np.cumsum(marginal / marginal.sum())])
        out.append(np.interp([TAIL, 1 - TAIL], reach, np.linspace(0, 1, len(reach))))
    return float(out[0][0]), float(out[1][0]), float(out[0][1]), float(out[1][1])


def _texture(image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Fine random structure where CTs of 1.5 mm have none: vessels, skin folds, clothes, grain of many sizes."""
    noise = np.zeros_like(image)
    for cells in (12, 25, 50, 100):
        if rng.random() < 0.6:
            noise += augment.smooth_field((image.shape[0], image.shape[1]), cells, rng) * float(
                rng.uniform(0, 9) * (12 / cells) ** 0.3
            )
    return np.clip(image + noise, 0, 255).astype(np.float32)


def _window(box: Box, rng: np.random.Generator | None) -> Box:
    """The box with its margins. With ``rng``, as the finder errs: every side by about 3 % of the box, at times more."""
    left, top, right, bottom = box
    w, h = right - left, bottom - top
    d = np.zeros(4)
    if rng is not None:
        d = np.clip(rng.normal(0, 0.07 if rng.random() < 0.15 else 0.03, 4), -0.13, 0.18)
    return (
        left - (MARGIN_X + d[0]) * w,
        top - (MARGIN_Y + d[1]) * h,
        right + (MARGIN_X + d[2]) * w,
        bottom + (MARGIN_Y + d[3]) * h,
    )


def augmented(film: Simulated, rng: np.random.Generator, strength: float = 1.0) -> View:
    """Random window, small turn, mirror, other look; then the shipped preprocessing. None of it changes the turn.

    ``strength`` 0: the film as it is, in the window the exact mask gives.
    """
    plain = strength <= 0
    image = film.pixels.astype(np.float32)
    lung = film.lung
    turn = 0.0 if plain else float(rng.normal(0, 3.0))
    flip = not plain and rng.random() < 0.5
    stretch = (1.0, 1.0) if plain else tuple(np.exp(rng.normal(0, 0.12, 2)))
    move = (0.0, 0.0) if plain else tuple(rng.normal(0, 0.04, 2))
    # Film pixel -> turned, stretched, moved film: another tube angle, another cassette.
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    linear = np.array([[c * stretch[0], -s * stretch[0]], [s * stretch[1], c * stretch[1]]])
    if flip:
        linear[0] *= -1
    shift = np.array([0.5, 0.5]) + np.array(move) - linear @ np.array([0.5, 0.5])

    def warped(values: NDArray[np.float32], side: int, border: float) -> NDArray[np.float32]:
        # In pixels whose centres lie at (i + 0.5) / side.
        offset = shift * side + linear @ np.array([0.5, 0.5]) - 0.5
        matrix = np.hstack([linear, offset[:, None]])
        return np.asarray(
            cv2.warpAffine(values, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=border),
            np.float32,
        )

    if not plain:
        border = float(rng.choice([0.0, 0.0, 0.0, rng.uniform(0, 255)]))
        image, lung = warped(image, SIZE, border), warped(lung.astype(np.float32), MASK, 0.0).astype(np.uint8)
        if rng.random() < 0.5 * strength:
            image = _texture(image, rng)
        mask = cv2.resize(lung, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        image = augment.film_look(image, mask if rng.random() < 0.4 else None, rng, strength)
    whole = network_input(np.clip(np.rint(image), 0, 255).astype(np.uint8))
    if lung.mean() < 2:  # moved off the film: keep the film as it was rendered
        return augmented(film, rng, 0.0)
    box = lung_box(lung)
    window = _window(box, None if plain else rng)
    return View(
        _close(whole, window), _columns(film, linear, shift, flip, window), whole, lung / np.float32(255)
    )


def _close(whole: NDArray[np.float32], window: Box) -> NDArray[np.float32]:
    """As `model.crop`, of one film."""
    left, top, right, bottom = window
    sx, sy = (right - left) * SIZE / CROP, (bottom - top) * SIZE / CROP
    matrix = np.array([[sx, 0, left * SIZE - 0.5 + 0.5 * sx], [0, sy, top * SIZE - 0.5 + 0.5 * sy]])
    return np.asarray(
        cv2.warpAffine(
            whole, matrix, (CROP, CROP), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0.0
        ),
        np.float32,
    )


def _columns(film: Simulated, linear: Float1, shift: Float1, flip: bool, window: Box) -> NDArray[np.float32]:
    """Outer and inner contour (2, ROWS) in fractions of the window; NaN where either is unknown or outside."""
    left, top, right, bottom = window
    rows = top + (np.arange(ROWS) + 0.5) / ROWS * (bottom - top)
    lines = []
    for contour in film.contours:
        p = contour @ linear.T + shift
        lines.append(np.interp(rows, p[:, 1], p[:, 0], left=np.nan, right=np.nan))
    both = (np.stack(lines) - left) / (right - left)
    back = film.back * (-1 if flip else 1)
    outer, inner = (both.max(axis=0), both.min(axis=0)) if back > 0 else (both.min(axis=0), both.max(axis=0))
    out = np.stack([outer, inner])
    unknown = np.isnan(out).any(axis=0) | (out < 0).any(axis=0) | (out > 1).any(axis=0)
    out[:, unknown] = np.nan
    return np.asarray(out, np.float32)
