"""Drawn pictures without anatomy."""

from __future__ import annotations

import cv2
import numpy as np

from models_onnx.training.augment import markers, smooth_field
from models_onnx.training.drawn_film import SIZE, U8, Rng, collimate


def chart(rng: Rng) -> U8:
    """Blank frames, noise, step wedges, bars, line pairs, rings, pages of text: uint8 (SIZE, SIZE)."""
    pick = int(rng.integers(0, 8))
    yy, xx = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    flat = np.full((SIZE, SIZE), float(rng.uniform(0, 255)), np.float32)
    if pick == 0:  # blank, perhaps uneven
        out = (
            flat
            + smooth_field((SIZE, SIZE), 2, rng) * rng.uniform(0, 30)
            + rng.normal(0, rng.uniform(0, 4), flat.shape)
        )
    elif pick == 1:  # noise, white or coloured
        out = cv2.GaussianBlur(
            rng.normal(0, 1, flat.shape).astype(np.float32), (0, 0), float(rng.choice([0.1, 0.6, 2, 8, 25]))
        )
        out = 128 + out / max(float(out.std()), 1e-4) * rng.uniform(10, 60)
    elif pick == 2:  # wedge
        steps = int(rng.integers(4, 24))
        out = np.floor((xx if rng.random() < 0.5 else yy) / SIZE * steps) / steps * 255
    elif pick == 3:  # bars or checkers
        period = rng.uniform(4, 60)
        out = 127 + 127 * np.sign(
            np.sin(xx * 2 * np.pi / period) * (np.sin(yy * 2 * np.pi / period) if rng.random() < 0.5 else 1)
        )
    elif pick == 4:  # rings
        out = 127 + 127 * np.sin(np.hypot(xx - SIZE / 2, yy - SIZE / 2) / rng.uniform(2, 30))
    elif pick == 5:  # page
        page = np.full((SIZE, SIZE), 255, np.uint8)
        for row in range(12, SIZE, int(rng.integers(9, 26))):
            text = "".join(rng.choice(list("abcdefghij klmnop qrstuv wxyz 0123456789"), 60))
            cv2.putText(
                page,
                text,
                (int(rng.integers(-20, 20)), row),
                0,
                float(rng.uniform(0.25, 0.7)),
                0,
                1,
                cv2.LINE_AA,
            )
        out = page.astype(np.float32)
    elif pick == 6:  # phantom: discs and squares on a plate
        out = flat * 0.5
        for _ in range(int(rng.integers(3, 30))):
            at = rng.integers(0, SIZE, 2)
            cv2.circle(
                out,
                (int(at[0]), int(at[1])),
                int(rng.integers(3, 50)),
                float(rng.uniform(0, 255)),
                int(rng.choice([-1, 2])),
            )
    else:  # smooth clouds
        out = 128 + smooth_field((SIZE, SIZE), int(rng.integers(2, 12)), rng) * 120
    out = np.clip(out, 0, 255).astype(np.float32)
    return collimate(np.clip(markers(out, rng) if rng.random() < 0.4 else out, 0, 255).astype(np.uint8), rng)
