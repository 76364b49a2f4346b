"""What every drawn negative ends as: a small grey film, sometimes collimated."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.augment import smooth_field

SIZE = 288
U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator


def as_film(thickness: F32, rng: Rng) -> U8:
    """Attenuation (SIZE, SIZE; any units, 0 air) to a grey film; sometimes collimated to black or white."""
    light = 1 - np.exp(-thickness * rng.uniform(0.5, 1.3))
    light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), rng.uniform(0.5, 1.6))
    grey = light / max(float(light.max()), 1e-3) * 255
    grey = grey + rng.normal(0, rng.uniform(0, 5), grey.shape) + smooth_field((SIZE, SIZE), 10, rng) * 5
    return collimate(np.clip(grey, 0, 255).astype(np.uint8), rng)


def collimate(image: U8, rng: Rng) -> U8:
    """Black or white blinds at one to four sides of (SIZE, SIZE), one time in three."""
    if rng.random() > 0.35:
        return image
    out = image.copy()
    value = 255 if rng.random() < 0.4 else int(rng.integers(0, 30))
    for side in range(4):
        if rng.random() < 0.5:
            width = int(rng.uniform(0.02, 0.28) * SIZE)
            part = slice(0, width) if side % 2 else slice(SIZE - width, SIZE)
            if side < 2:
                out[part] = value
            else:
                out[:, part] = value
    return out
