"""The patient's own true lateral: the turn about the long axis at which the rib cage mirrors itself best."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bool3 = NDArray[np.bool_]


def rib_cage(hu: NDArray[np.int16], lungs: Bool3, spacing_mm: float) -> NDArray[np.float32]:
    """Bones within 20 mm of the lungs (ribs, sternum, spine; scapulae and arms mostly not), smoothed, 0..1."""
    r = max(1, round(20.0 / spacing_mm))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    near = np.stack([cv2.dilate(p.astype(np.uint8), kernel) > 0 for p in lungs])
    bone = np.clip((hu.astype(np.float32) - 150) / 300, 0, 1) * near
    return np.asarray(
        ndimage.gaussian_filter(bone, (4.0 / spacing_mm, 3.0 / spacing_mm, 3.0 / spacing_mm)), np.float32
    )


def mirror_score(slabs: NDArray[np.float32], angle_deg: float, max_shift: int) -> tuple[float, float]:
    """Correlation of slabs (n, y, x), turned by ``angle_deg``, with their left-right mirror; best common axis.

    Returns (score, axis offset from the array's centre in voxels).
    """
    _, height, width = slabs.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle_deg, 1.0)
    total = np.zeros(width, np.float64)
    norm = 0.0
    for slab in slabs:
        turned = cv2.warpAffine(slab, turn, (width, height), flags=cv2.INTER_LINEAR)
        spectrum = np.fft.rfft(turned.astype(np.float64), n=2 * width, axis=1)
        # sum_x f(x) f(c - x) for every c: the autoconvolution along x, summed over rows.
        total_c = np.fft.irfft((spectrum**2).sum(axis=0), n=2 * width)
        centre = width - 1
        total = total if total.size == 2 * max_shift + 1 else np.zeros(2 * max_shift + 1)
        total += total_c[centre - max_shift : centre + max_shift + 1]
        norm += float((turned.astype(np.float64) ** 2).sum())
    best = int(total.argmax())
    return float(total[best] / max(norm, 1e-9)), (best - max_shift) / 2.0


def true_lateral(
    features: NDArray[np.float32], spacing_mm: float, slab_mm: float = 15.0, span_deg: float = 12.0
) -> tuple[float, float, list[float]]:
    """Turn (degrees, OpenCV's sense: counter-clockwise as seen with y down) that makes ``features`` most symmetric.

    Returns (angle, midline offset in mm from the array centre after the turn, angles of upper/middle/lower third).
    The spread of the thirds is an honest measure of how well "zero" is defined (two to three degrees).
    """
    n = max(1, round(slab_mm / spacing_mm))
    usable = features[: features.shape[0] // n * n]
    slabs = usable.reshape(-1, n, *features.shape[1:]).mean(axis=1)
    slabs = slabs[[float(s.sum()) > 1.0 for s in slabs]]
    shift = round(60.0 / spacing_mm)

    def search(part: NDArray[np.float32]) -> tuple[float, float]:
        angles = np.arange(-span_deg, span_deg + 0.1, 1.0)
        scores = [mirror_score(part, float(a), shift)[0] for a in angles]
        coarse = float(angles[int(np.argmax(scores))])
        fine = np.arange(coarse - 1.0, coarse + 1.01, 0.25)
        results = [mirror_score(part, float(a), shift) for a in fine]
        i = int(np.argmax([r[0] for r in results]))
        return float(fine[i]), results[i][1] * spacing_mm

    angle, offset = search(slabs)
    thirds = [search(part)[0] for part in np.array_split(slabs, 3) if len(part)]
    return angle, offset, thirds
