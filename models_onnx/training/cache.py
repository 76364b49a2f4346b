"""Films decoded once, squeezed to one size, kept in one array that training maps into memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training import kept
from models_onnx.training.sources import FilmRecord

FILM_SIZE = 384
MASK_SIZE = 256
RENDER_MM = 8
U8 = npt.NDArray[np.uint8]


def read_grey(path: str) -> U8:
    """The film as 8-bit grey (H, W). Raises ValueError when the file is no image."""
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"not an image: {path}")
    return np.asarray(image, dtype=np.uint8)


def film_and_mask(record: FilmRecord) -> tuple[U8, U8 | None]:
    """The film of `record`, cropped to its field, and its lung mask (0/255) of the film's proportions, if
    it has one.

    Simulated masks hold the path through lung in mm; what is thinner than `RENDER_MM` is not seen as lung.
    """
    film = _field(read_grey(record.file), record)
    if not record.mask:
        return film, None
    mask = _field(read_grey(record.mask), record)
    least = RENDER_MM if record.mask_made_by == "exact" else 128
    return film, np.where(mask >= least, 255, 0).astype(np.uint8)


def _field(image: U8, record: FilmRecord) -> U8:
    h, w = image.shape
    left, top, right, bottom = record.field_box
    return np.ascontiguousarray(image[round(top * h) : round(bottom * h), round(left * w) : round(right * w)])


def build(records: Sequence[FilmRecord], folder: Path, name: str) -> tuple[U8, U8]:
    """Films (N, 384, 384) and masks (N, 256, 256; 0 or 255; all 0 where there is none) of `records`,
    memory-mapped.

    Kept below `folder`; made anew when the list of files, one of the files, or the field taken out of it changes.
    """
    # A thread pool of OpenCV started here would hang the loader processes forked later.
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    films_path, masks_path, list_path = (
        folder / f"{name}{end}" for end in ("_films.npy", "_masks.npy", ".json")
    )
    wanted: list[list[Any]] = [
        [r.file, r.mask, list(r.field_box), *(kept.stamp(Path(f)) for f in (r.file, r.mask) if f)]
        for r in records
    ]
    if not _holds(list_path, wanted):
        # Without its list nobody takes the arrays for whole, should this be cut off.
        list_path.unlink(missing_ok=True)
        films = np.zeros((len(records), FILM_SIZE, FILM_SIZE), np.uint8)
        masks = np.zeros((len(records), MASK_SIZE, MASK_SIZE), np.uint8)
        for index, record in enumerate(records):
            film, mask = film_and_mask(record)
            films[index] = cv2.resize(film, (FILM_SIZE, FILM_SIZE), interpolation=cv2.INTER_AREA)
            if mask is not None:
                mask = np.asarray(
                    cv2.resize(mask, (MASK_SIZE, MASK_SIZE), interpolation=cv2.INTER_AREA), np.uint8
                )
                masks[index] = np.where(mask >= 128, 255, 0)
        kept.written(films_path, lambda handle: np.save(handle, films))
        kept.written(masks_path, lambda handle: np.save(handle, masks))
        kept.write_json(list_path, wanted)
    return np.load(films_path, mmap_mode="r"), np.load(masks_path, mmap_mode="r")


def _holds(list_path: Path, wanted: list[list[Any]]) -> bool:
    if not list_path.exists():
        return False
    found = json.loads(list_path.read_text(encoding="utf-8"))
    if found and found == [one[:2] for one in wanted]:
        # Before 0.11 files were told by their paths alone: at least none may be younger than the list.
        made = list_path.stat().st_mtime_ns
        if any(stamp[1] > made for one in wanted for stamp in one[3:] if isinstance(stamp, list)):
            return False
        return kept.agrees(None, {}, list_path)
    return bool(found == wanted)


def digest(records: Sequence[FilmRecord]) -> str:
    """What tells these films from others wherever they lie: names, sizes and fields, not times and folders."""
    told = [
        [r.key, list(r.field_box), *(Path(f).stat().st_size for f in (r.file, r.mask) if f)] for r in records
    ]
    return kept.digest(told)
