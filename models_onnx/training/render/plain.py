"""Plain laterals of a CT as it is, by a second renderer that shares nothing with the first: ``python -m
models_onnx.training.render plain --ct DIR [--ct DIR] --out SET``.

Nothing is learnt from them, and no number is chosen on them. They tell how much a network has learnt of the first
renderer and of its warped anatomies rather than of chests: one energy, no scatter, no noise of quanta, no warp, no
lean; the table is taken away and nothing else mended; three displays that the training does not know. Only the zero of
the turn, which is a property of the chest, is the first renderer's (`anatomy.prepare`). Cut-offs cannot be judged by
them: the volume's ends, which are the films', cut the lungs of most.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from models_onnx.training import kept

from . import anatomy as anatomies
from .index import INDEX, lines

LOG = logging.getLogger(__name__)
Float2 = NDArray[np.float32]
Byte2 = NDArray[np.uint8]
COLUMNS = ("file", "ct", "projection", "view", "yaw_deg")
VIEWS = {"lateral_left": 0, "lateral_right": 180}
"""Turn of the body (degrees) that brings each view's beam onto the x axis, detector at the far side."""
YAWS = range(-24, 25, 3)
WATER_PER_MM = 0.02  # attenuation at about 60 keV
SOURCE_MM, AXIS_TO_DETECTOR_MM = 1800.0, 200.0
LONG_SIDE = 640
BODY_FROM_HU = -900.0
SEEN_FROM = 0.2  # a column whose rays are all weakened by less shows air alone


class Plain(NamedTuple):
    """A film: name, pixels (H, W), and its row of the index."""

    name: str
    pixels: Byte2
    row: dict[str, object]


def turned(volume: Float2, turn_deg: float, about: tuple[float, float], side: int) -> Float2:
    """Every slice turned about `about` (column, row), which comes to the middle of a square of `side`."""
    turn = cv2.getRotationMatrix2D(about, turn_deg, 1.0)
    turn[:, 2] += (side - 1) / 2 - np.array(about)
    return np.stack([cv2.warpAffine(plane, turn, (side, side), flags=cv2.INTER_LINEAR) for plane in volume])


def magnifications(volume: Float2, spacing_mm: float) -> dict[int, float]:
    """How much each plane x of ``volume`` (z, y, x) that is not empty is magnified; the array's middle is the axis."""
    width = volume.shape[2]
    return {
        int(x): SOURCE_MM / (SOURCE_MM - AXIS_TO_DETECTOR_MM + (x - (width - 1) / 2) * spacing_mm)
        for x in np.nonzero(volume.any(axis=(0, 1)))[0]
    }


def shadow(volume: Float2, scales: Mapping[int, float], spacing_mm: float) -> Float2:
    """Integrals (times mm) of ``volume`` (z, y, x) along x, each plane magnified by its scale: row is z, column is y,
    pixels of ``spacing_mm`` at the detector, the volume's middle in the middle."""
    depth, height, _ = volume.shape
    # No higher than what every plane fills, so that the volume's ends leave no stairs.
    rows, columns = int(depth * min(scales.values())), int(height * 1.3)
    total = np.zeros((rows, columns), np.float32)
    for x, scale in scales.items():
        # Middle of the first pixel to middle of the first pixel.
        start = [(n - 1) / 2 - scale * (m - 1) / 2 for n, m in ((columns, height), (rows, depth))]
        place = np.array([[scale, 0, start[0]], [0, scale, start[1]]])
        total += cv2.warpAffine(volume[:, :, x], place, (columns, rows), flags=cv2.INTER_LINEAR)
    return total * np.float32(spacing_mm)


def displays(path: Float2, rng: np.random.Generator) -> list[Byte2]:
    """Attenuation along each ray as three films: linear, locally equalised, and steep, sharpened and noisy."""
    low, high = np.percentile(path[path > SEEN_FROM / 4], [1, 99.5])
    linear = (path - low) / (high - low)
    local = cv2.createCLAHE(2.0, (8, 8)).apply(np.rint(255 * np.clip(path / high, 0, 1)).astype(np.uint8))
    steep = 1 / (1 + np.exp(-5 * (np.clip(linear, 0, 1.3) - 0.55)))
    steep = steep + 0.8 * (steep - cv2.GaussianBlur(steep, (0, 0), 6)) + rng.normal(0, 0.02, path.shape)
    return [np.rint(255 * np.clip(v, 0, 1)).astype(np.uint8) for v in (linear, local / 255, steep)]


def films_of(ct: Path) -> Iterator[Plain]:
    """All films of a CT (.npz); see `films`. Needs scipy."""
    from . import segment

    hu, spacing = anatomies.load_ct(ct)
    alone = np.where(segment.body_mask(hu, spacing), hu, anatomies.AIR_HU).astype(np.float32)
    zero = anatomies.prepare(hu, spacing, ct.stem)[1].angle_deg
    yield from films(ct.stem, alone, spacing, zero, np.random.default_rng(int(kept.digest(ct), 16)))


def films(
    ct: str, hu: NDArray[np.float32], spacing_mm: float, zero_deg: float, rng: np.random.Generator
) -> Iterator[Plain]:
    """Every view, turn and display of a trunk in air: ``hu`` (z, y, x), that ``zero_deg`` turns to its true lateral."""
    tissue = (WATER_PER_MM * (1 + hu / 1000)).clip(0).astype(np.float32)
    rows, columns = np.nonzero((hu > BODY_FROM_HU).any(axis=0))
    middle = (float(columns.mean()), float(rows.mean()))
    side = 2 * int(np.hypot(np.ptp(rows), np.ptp(columns)) / 2 + 5)
    for view, about in VIEWS.items():
        for yaw in YAWS:
            trunk = turned(tissue, zero_deg + about + yaw, middle, side)
            path = shadow(trunk, magnifications(trunk, spacing_mm), spacing_mm)
            seen = np.nonzero(path.max(axis=0) > SEEN_FROM)[0]
            path = path[:, max(0, seen[0] - 5) : seen[-1] + 6]
            scale = LONG_SIDE / max(path.shape)
            path = np.asarray(cv2.resize(path, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
            projection = f"{ct}_{view}_{yaw:+03d}"
            for number, film in enumerate(displays(path, rng)):
                name = f"{projection}_{number}"
                row = (f"films/{name}.png", ct, projection, view, yaw)
                yield Plain(name, film, dict(zip(COLUMNS, row, strict=True)))


def render_set(cts: Sequence[Path], out: Path) -> int:
    """All films of `cts` into `out` (``films/``, ``index.csv``); returns their number."""
    (out / "films").mkdir(parents=True, exist_ok=True)
    rows = []
    for ct in cts:
        for film in films_of(ct):
            cv2.imwrite(str(out / "films" / f"{film.name}.png"), film.pixels)
            rows.append(film.row)
        LOG.info("%s: %d films", ct.stem, len(rows))
    text = lines(COLUMNS, rows, head=True)
    kept.written(out / INDEX, lambda handle: handle.write(text.encode()))
    return len(rows)
