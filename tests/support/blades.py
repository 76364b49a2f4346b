"""Films behind a collimator's blades, made from films without."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.uid import generate_uid

from workstation.domain.field import CollimatedField

COLLIMATED = CollimatedField(0.06, 0.05, 0.95, 0.62)
"""A field that cuts the lung bases of the demo study's good frontal film."""


def behind_blades(
    pixels: npt.NDArray[Any], field: CollimatedField, value: float, soft: float = 0.003
) -> npt.NDArray[Any]:
    """`pixels` with `value` outside `field`; the border is `soft` of the longer side wide."""
    rows, columns = pixels.shape
    inside = np.zeros(pixels.shape, np.float32)
    left, top, right, bottom = field.pixels(columns, rows)
    inside[top:bottom, left:right] = 1.0
    inside = cv2.GaussianBlur(
        inside, (0, 0), max(0.3, soft * max(rows, columns) / 2), borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(pixels * inside + value * (1 - inside), pixels.dtype)


def collimated_copy(film: Path, target: Path, field: CollimatedField, value: float = 0.0) -> Path:
    """A DICOM film of its own behind blades; `value` is a stored one."""
    dataset = dcmread(shutil.copy(film, target))
    dataset.decompress()
    made = behind_blades(dataset.pixel_array, field, value)
    dataset.PixelData = made.tobytes()
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.save_as(target)
    return target


def askew(film: np.ndarray, degrees: float, grey: int = 0, band: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """`film` turned clockwise, all of it in sight, `band` pixels of `grey` more at each side; and the affine map."""
    height, width = film.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    cos, sin = np.abs(turn[0, :2])
    wide, high = math.ceil(width * cos + height * sin), math.ceil(height * cos + width * sin)
    turn[:, 2] += (wide - width) / 2 + band, (high - height) / 2 + band
    size = (wide + 2 * band, high + 2 * band)
    return cv2.warpAffine(film, turn, size, borderValue=grey), turn
