"""Collimator blades drawn into films whose field is known: what the field network learns from and is judged on.

A blade leaves a straight, more or less soft border, parallel to the film's to within a few degrees. What lies behind
it depends on the console: blackened ("electronic shutter"), white as unexposed film is, or light and noisy with
radiation scattered under the blade, which fades away from the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.sources import Box
from workstation.inference.collimation import LEAST

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
LOOKS = ("black", "white", "grey", "scatter")
SMALLEST = 0.35  # of the side: a field is never smaller


@dataclass(frozen=True)
class Blades:
    """How one film is collimated.

    Attributes:
        field: left, top, right, bottom in fractions of the film, on the lines through the film's middle.
        look: one of `LOOKS`.
        turn_deg: of the field against the film.
        soft: width of the border (10 to 90 %), in fractions of the film's longer side.
        corner: share of the field's shorter side cut off its corners (an iris); 0 leaves them square.
    """

    field: Box
    look: str
    turn_deg: float = 0.0
    soft: float = 0.003
    corner: float = 0.0


def a_field(rng: Rng) -> Box:
    """A random field: each side with a blade or without, from a narrow band to almost half of the film."""
    inset = np.zeros(4)
    with_blade = rng.random(4) < rng.choice([0.25, 0.5, 0.9])
    for side in np.nonzero(with_blade)[0]:
        inset[side] = LEAST + min(float(rng.exponential(0.09)), 0.43)
    for a, b in ((0, 2), (1, 3)):
        room = 1 - SMALLEST
        if inset[a] + inset[b] > room:
            inset[[a, b]] *= room / (inset[a] + inset[b])
    inset[inset < LEAST] = 0.0
    return float(inset[0]), float(inset[1]), float(1 - inset[2]), float(1 - inset[3])


def some_blades(rng: Rng, field: Box | None = None) -> Blades:
    """Random blades, around `field` where it is given."""
    return Blades(
        field or a_field(rng),
        str(rng.choice(LOOKS, p=[0.42, 0.2, 0.1, 0.28])),
        float(rng.normal(0, 0.7) if rng.random() < 0.85 else rng.uniform(-5, 5)),
        float(np.exp(rng.uniform(np.log(0.0008), np.log(0.012)))),
        float(rng.uniform(0.05, 0.3)) if rng.random() < 0.08 else 0.0,
    )


def inside(shape: tuple[int, int], blades: Blades) -> F32:
    """How deep every pixel lies within the field (below 0: outside), pixels, (H, W). Sides at the film's border
    have no blade."""
    height, width = shape
    turn = np.deg2rad(blades.turn_deg)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    across, down = x - width / 2, y - height / 2
    u = across * np.cos(turn) + down * np.sin(turn) + width / 2
    v = -across * np.sin(turn) + down * np.cos(turn) + height / 2
    left, top, right, bottom = blades.field
    depths = []
    if left > 0:
        depths.append(u - left * width)
    if top > 0:
        depths.append(v - top * height)
    if right < 1:
        depths.append(right * width - u)
    if bottom < 1:
        depths.append(bottom * height - v)
    if not depths:
        return np.full(shape, 1e6, np.float32)
    if blades.corner and len(depths) == 4:
        cut = blades.corner * min((right - left) * width, (bottom - top) * height)
        depths += [(a + b - cut) / np.sqrt(2) for a in (depths[0], depths[2]) for b in (depths[1], depths[3])]
    return np.minimum.reduce(depths).astype(np.float32)


def behind(film: F32, depth: F32, look: str, rng: Rng) -> F32:
    """What is seen behind the blades, grey values (H, W)."""
    long_side = max(film.shape)
    if look == "black":
        return np.full_like(film, 0.0 if rng.random() < 0.7 else rng.uniform(0, 25))
    if look == "white":
        return np.full_like(film, 255.0 if rng.random() < 0.5 else rng.uniform(215, 255))
    if look == "grey":
        return np.full_like(film, rng.uniform(25, 215))
    light, fall = rng.uniform(130, 250), rng.uniform(0, 70)
    away = np.minimum(depth, 0.0) / (rng.uniform(0.02, 0.12) * long_side)
    shade = light - fall * np.exp(away)
    through = cv2.GaussianBlur(film, (0, 0), rng.uniform(1, 4)) - float(film.mean())
    noise = cv2.GaussianBlur(
        rng.normal(0, 1, film.shape).astype(np.float32), (0, 0), rng.uniform(0.3, 0.9)
    ) * rng.uniform(1, 14)
    return np.asarray(shade + rng.uniform(0, 0.12) * through + noise, np.float32)


def collimated(film: npt.NDArray[np.generic], blades: Blades, rng: Rng) -> F32:
    """`film` (H, W), 0..255, with `blades` in front of it."""
    grey = np.asarray(film, np.float32)
    if blades.field == WHOLE:
        return grey
    depth = inside((grey.shape[0], grey.shape[1]), blades)
    soft = max(blades.soft * max(grey.shape), 0.2) / 2.2
    share = 1 / (1 + np.exp(-np.clip(depth / soft * 2.2, -30, 30)))
    return np.clip(share * grey + (1 - share) * behind(grey, depth, blades.look, rng), 0, 255).astype(
        np.float32
    )


def exposed(field: Box, count: int) -> tuple[F32, F32]:
    """Share of each of `count` columns and rows that lies within `field`: the answers of the network."""
    left, top, right, bottom = field
    edges = np.arange(count + 1) / count

    def share(low: float, high: float) -> F32:
        covered = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
        return np.clip(covered * count, 0, 1).astype(np.float32)

    return share(left, right), share(top, bottom)
