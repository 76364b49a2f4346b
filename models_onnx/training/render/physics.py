"""From path integrals to what a detector reads: spectrum, scatter, quantum noise, blur.

Mass attenuation coefficients (cm2/g): NIST XCOM tables for ICRU-44 soft tissue and cortical bone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Float2 = NDArray[np.float32]

# At 40, 50, 60, 80 and 100 keV.
SOFT = np.array([0.2688, 0.2264, 0.2048, 0.1823, 0.1693])
BONE = np.array([0.6655, 0.4242, 0.3148, 0.2229, 0.1855])
# Relative energy-weighted fluence of filtered tungsten beams, in round numbers: about 80, 110 and 130 kVp.
SPECTRA = {
    80: np.array([0.30, 0.40, 0.25, 0.05, 0.0]),
    110: np.array([0.14, 0.28, 0.30, 0.22, 0.06]),
    130: np.array([0.08, 0.20, 0.28, 0.28, 0.16]),
}


@dataclass(frozen=True)
class Exposure:
    """kVp (key of `SPECTRA`), photons a pixel in air, scatter at the middle of the field after the grid (fraction of
    primary), its spread and the detector's blur (standard deviations, mm and pixels)."""

    kvp: int = 110
    photons: float = 4e5
    scatter: float = 0.25
    scatter_mm: float = 45.0
    blur_px: float = 0.6


def attenuation_log(
    soft: Float2, bone: Float2, exposure: Exposure, pixel_mm: float, rng: np.random.Generator
) -> Float2:
    """-log of the detected signal (0 in air), (H, W); the "for processing" image with polarity bones high."""
    weights = SPECTRA[exposure.kvp] / SPECTRA[exposure.kvp].sum()
    primary = np.zeros(soft.shape, np.float32)
    for w, ms, mb in zip(weights, SOFT, BONE, strict=True):
        if w > 0:
            primary += np.float32(w) * np.exp(-np.float32(ms) * soft - np.float32(mb) * bone)
    small = cv2.resize(primary, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    # Scatter is made in tissue: air beside the patient neither makes nor needs much of it.
    made = np.where(small > 0.8, 0.02, small)
    spread = cv2.GaussianBlur(
        made, (0, 0), max(0.5, exposure.scatter_mm / pixel_mm / 8), borderType=cv2.BORDER_REFLECT
    )
    scatter = cv2.resize(spread, (soft.shape[1], soft.shape[0]), interpolation=cv2.INTER_CUBIC)
    signal = primary + np.float32(exposure.scatter) * np.clip(scatter, 0, None)
    noise = rng.standard_normal(signal.shape, dtype=np.float32)
    signal = signal + noise * np.sqrt(np.maximum(signal, 1e-7) / np.float32(exposure.photons))
    if exposure.blur_px > 0.2:
        signal = cv2.GaussianBlur(signal, (0, 0), exposure.blur_px)
    return -np.log(np.clip(signal, 2e-5, None)).astype(np.float32)
