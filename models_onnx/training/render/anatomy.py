"""From a CT to an anatomy ready for rendering: cleaned, turned to its true lateral, walls and ends completed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

AIR_HU = -1000.0
FILL_HU = 10.0  # where the field of view cut the wall off: muscle with some fat

Float3 = NDArray[np.float32]


@dataclass(frozen=True)
class Anatomy:
    """A trunk on a regular grid, symmetric about x = centre of the array.

    Attributes:
        hu: (z, y, x) float32 Hounsfield units, -1000 outside the body.
        lung: (z, y, x) float32, 0..1 lung fraction.
        spacing_mm: isotropic voxel size.
        name: the CT it came from.
    """

    hu: Float3
    lung: Float3
    spacing_mm: float
    name: str

    def lung_extent(self) -> tuple[int, int]:
        """First and last slice with lung."""
        zs = np.nonzero(self.lung.max(axis=(1, 2)) > 0.5)[0]
        return int(zs[0]), int(zs[-1])


def load_ct(path: Path) -> tuple[NDArray[np.int16], float]:
    """Read ``hu`` (z, y, x) and ``spacing_mm`` from an .npz; raises KeyError where one is missing."""
    with np.load(path) as data:
        return data["hu"], float(data["spacing_mm"])


def _extend_walls(
    hu: Float3, body: NDArray[np.bool_], pad: int, spacing_mm: float
) -> tuple[Float3, NDArray[np.bool_]]:
    """Pad in x and round off the trunk where the field of view clipped it (half ellipses of soft tissue)."""
    depth, height, width = hu.shape
    out = np.full((depth, height, width + 2 * pad), AIR_HU, np.float32)
    out[:, :, pad:-pad] = hu
    filled = np.zeros(out.shape, bool)
    filled[:, :, pad:-pad] = body
    rows = np.arange(height, dtype=np.float32)[:, None]
    for side in (0, 1):
        edge = body[:, :, :3].any(axis=2) if side == 0 else body[:, :, -3:].any(axis=2)
        count = edge.sum(axis=1).astype(np.float32)
        centre = np.where(count > 0, (edge * np.arange(height)).sum(axis=1) / np.maximum(count, 1), np.nan)
        if not (count > 0).any():
            continue
        known = np.nonzero(count > 0)[0]
        centre = np.interp(np.arange(depth), known, centre[known]).astype(np.float32)
        smooth = max(1, round(9.0 / spacing_mm)) * 2 + 1
        count = cv2.blur(count[:, None], (1, smooth))[:, 0]
        for k in range(depth):
            if count[k] < 2:
                continue
            reach = min(0.28 * count[k], pad - 2.0)
            across = np.sqrt(np.clip(1 - ((rows - centre[k]) / (0.5 * count[k] + 1)) ** 2, 0, 1)) * reach
            cols = np.arange(pad, dtype=np.float32)[None, :]
            distance = pad - cols if side == 0 else cols + 1.0
            inside = distance <= across
            target = slice(0, pad) if side == 0 else slice(width + pad, None)
            out[k, :, target][inside] = FILL_HU
            filled[k, :, target] |= inside
    return out, filled


def _extend_ends(
    hu: Float3, lung: Float3, spacing_mm: float, top_mm: float, bottom_mm: float
) -> tuple[Float3, Float3]:
    """Add neck and abdomen beyond the scanned range: mirrored slices with their lungs filled, bones fading upwards.

    Lung that reaches the last slice tapers off instead of ending at a straight line.
    """
    n_top, n_bottom = round(top_mm / spacing_mm), round(bottom_mm / spacing_mm)
    depth = hu.shape[0]

    top, top_lung = [], []
    for k in range(n_top, 0, -1):
        source = hu[min(k, 9, depth - 1)]
        fade = min(1.0, k * spacing_mm / 40.0)
        soft = np.where(source > 100, 100 + (source - 100) * (1 - 0.6 * fade), source)
        soft = cv2.GaussianBlur(soft.astype(np.float32), (0, 0), 0.6 + 3.0 * fade / spacing_mm)
        top.append(soft)
        top_lung.append(np.zeros_like(soft))
    bottom, bottom_lung = [], []
    last = lung[-1].astype(np.float32)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    for k in range(1, n_bottom + 1):
        period = k % (2 * min(30, depth - 1))
        mirrored = depth - 1 - (period if period <= min(30, depth - 1) else 2 * min(30, depth - 1) - period)
        last = cv2.erode(last, kernel)
        plane = hu[mirrored].copy()
        was_lung = cv2.dilate((lung[mirrored] > 0.3).astype(np.uint8), kernel) > 0
        plane[was_lung & (plane < 0)] = 40.0
        plane[last > 0.5] = -750.0
        bottom.append(plane)
        bottom_lung.append(last.copy())
    parts = [np.stack(top)] if top else []
    lungs = [np.stack(top_lung)] if top else []
    parts.append(hu)
    lungs.append(lung)
    if bottom:
        parts.append(np.stack(bottom))
        lungs.append(np.stack(bottom_lung))
    return np.concatenate(parts).astype(np.float32), np.concatenate(lungs).astype(np.float32)


@dataclass(frozen=True)
class Zero:
    """The patient's own zero: the turn that lays the posterior ribs over each other, and the midline.

    ``angle_deg`` is the whole turn; ``symmetry_deg`` the turn to the best left-right symmetry (0.6 rib cage + 0.4
    lungs, see `symmetry`), from which `ribs.overlap_turn` then goes on to the overlap.
    """

    angle_deg: float
    offset_mm: float
    ribs_deg: float
    lungs_deg: float
    thirds_deg: tuple[float, ...]
    symmetry_deg: float


def prepare(
    hu_raw: NDArray[np.int16], spacing_mm: float, name: str, native_slice_mm: float = 2.5
) -> tuple[Anatomy, Zero]:
    """Clean a thorax CT and turn it to its true lateral. Needs scipy; about 8 s a volume.

    ``native_slice_mm`` smooths what thick native slices left of steps along z.

    The midline is found by symmetry, the zero then by the overlap of the posterior ribs (`ribs`): what makes a film a
    true lateral. The two differ by up to four degrees, thirds of one chest by as much: "true lateral" is defined to
    one or two degrees in a given patient, no better.
    """
    from . import ribs as posterior
    from . import segment, symmetry

    body = segment.body_mask(hu_raw, spacing_mm)
    clean = np.where(body, hu_raw, np.int16(AIR_HU)).astype(np.int16)
    lungs = segment.lung_mask(clean, body, spacing_mm)
    clean = segment.flatten_contrast(clean, lungs, spacing_mm)
    ribs, offset_ribs, thirds = symmetry.true_lateral(symmetry.rib_cage(clean, lungs, spacing_mm), spacing_mm)
    by_lung, _, _ = symmetry.true_lateral(lungs.astype(np.float32), spacing_mm)
    symmetric = 0.6 * ribs + 0.4 * by_lung

    pad = round(60.0 / spacing_mm)
    wide, _ = _extend_walls(clean.astype(np.float32), body, pad, spacing_mm)
    lung_wide = np.pad(lungs.astype(np.float32), ((0, 0), (0, 0), (pad, pad)))
    height, width = wide.shape[1:]
    grow_y = round(15.0 / spacing_mm)
    size = (width, height + 2 * grow_y)

    def placed(angle_deg: float) -> NDArray[np.float64]:
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
        turn[0, 2] -= offset_ribs / spacing_mm
        turn[1, 2] += grow_y
        return np.asarray(turn)

    level = placed(symmetric)
    lung = np.stack([cv2.warpAffine(p, level, size, flags=cv2.INTER_LINEAR) for p in lung_wide])
    more = posterior.overlap_turn(posterior.posterior_edges(lung, spacing_mm))
    zero = Zero(symmetric + more, offset_ribs, ribs, by_lung, tuple(thirds), symmetric)
    turn = placed(zero.angle_deg)
    hu = np.stack([cv2.warpAffine(p, turn, size, flags=cv2.INTER_LINEAR, borderValue=AIR_HU) for p in wide])
    lung = np.stack([cv2.warpAffine(p, turn, size, flags=cv2.INTER_LINEAR, borderValue=0) for p in lung_wide])
    if native_slice_mm > 4:
        sigma = 0.25 * native_slice_mm / spacing_mm
        flat = [v.reshape(len(v), -1) for v in (hu, lung)]
        hu, lung = (cv2.GaussianBlur(v, (1, 15), sigmaX=1, sigmaY=sigma).reshape(hu.shape) for v in flat)
    hu, lung = _extend_ends(hu, lung, spacing_mm, top_mm=90.0, bottom_mm=75.0)
    return Anatomy(hu, lung, spacing_mm, name), zero


def save(anatomy: Anatomy, path: Path | BinaryIO) -> None:
    """Write a prepared anatomy (int16 HU, uint8 lung fraction) as compressed .npz."""
    np.savez_compressed(
        path,
        hu=np.round(anatomy.hu).astype(np.int16),
        lung=np.round(anatomy.lung * 255).astype(np.uint8),
        spacing_mm=np.float32(anatomy.spacing_mm),
        name=np.array(anatomy.name),
    )


def load(path: Path) -> Anatomy:
    """Read what `save` wrote."""
    with np.load(path) as data:
        return Anatomy(
            data["hu"].astype(np.float32),
            data["lung"].astype(np.float32) / 255,
            float(data["spacing_mm"]),
            str(data["name"]),
        )
