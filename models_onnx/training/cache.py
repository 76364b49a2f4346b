"""Films decoded once, squeezed to one size, kept in one array that training maps into memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.sources import FilmRecord

FILM_SIZE = 384
MASK_SIZE = 256
U8 = npt.NDArray[np.uint8]


def read_grey(path: str) -> U8:
    """The film as 8-bit grey (H, W). Raises ValueError when the file is no image."""
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"not an image: {path}")
    return np.asarray(image, dtype=np.uint8)


def build(records: Sequence[FilmRecord], folder: Path, name: str) -> tuple[U8, U8]:
    """Films (N, 384, 384) and masks (N, 256, 256; 0 or 255; all 0 where there is none) of `records`, memory-mapped.

    Kept below `folder`; made anew when the list of files changes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    films_path, masks_path, list_path = (folder / f"{name}{end}" for end in ("_films.npy", "_masks.npy", ".json"))
    wanted = [[record.file, record.mask] for record in records]
    if not (list_path.exists() and json.loads(list_path.read_text(encoding="utf-8")) == wanted):
        films = np.zeros((len(records), FILM_SIZE, FILM_SIZE), np.uint8)
        masks = np.zeros((len(records), MASK_SIZE, MASK_SIZE), np.uint8)
        for index, record in enumerate(records):
            films[index] = cv2.resize(read_grey(record.file), (FILM_SIZE, FILM_SIZE), interpolation=cv2.INTER_AREA)
            if record.mask:
                mask = cv2.resize(read_grey(record.mask), (MASK_SIZE, MASK_SIZE), interpolation=cv2.INTER_AREA)
                masks[index] = np.where(mask >= 128, 255, 0)
        np.save(films_path, films)
        np.save(masks_path, masks)
        list_path.write_text(json.dumps(wanted), encoding="utf-8")
    return np.load(films_path, mmap_mode="r"), np.load(masks_path, mmap_mode="r")
