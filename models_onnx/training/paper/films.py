"""Films and labels of the paper's four questions, and its augmentation.

Labels are rows of the evaluation's labels file (see `workstation.services.evaluation.labels`) with one more
column, `split`: train, val or test. Where it is blank, the patient's key decides, or the file's name where there is
none (`sources.share`: 84 / 8 / 8 %).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.sources import share
from workstation.domain.errors import KnownError
from workstation.domain.projection import Projection
from workstation.services.evaluation.labels import LabelledFilm, read_labels

U8 = npt.NDArray[np.uint8]
AUGMENTATION = 1  # raised whenever `augmented` makes other pictures: maps of before are then not taken


@dataclass(frozen=True)
class Task:
    """One of the four models. `label`: 1.0, 0.0, or None where the film is not one of its own."""

    name: str
    kind: str
    branch: str | None
    meaning: str
    label: Callable[[LabelledFilm], float | None]


def _projection(film: LabelledFilm) -> float | None:
    return None if film.projection is Projection.UNKNOWN else float(film.projection is Projection.LATERAL)


def _in(branch: Projection, value: bool | None, film: LabelledFilm) -> float | None:
    return float(value) if film.projection is branch and value is not None else None


TASKS = (
    Task("projection", "projection", None, "logit: lateral", _projection),
    Task(
        "crop_frontal", "crop", "frontal", "logit: lung field cut off", lambda f: _in(Projection.FRONTAL, f.cut, f)
    ),
    Task("crop_lateral", "crop", "lateral", "logit: lung field cut off", lambda f: _in(Projection.LATERAL, f.cut, f)),
    Task(
        "rotation_lateral", "rotation", "lateral", "logit: chest rotated",
        lambda f: _in(Projection.LATERAL, f.rotated, f),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One labelled film and its part: train, val or test."""

    film: LabelledFilm
    split: str


def read_samples(labels: Path) -> list[Sample]:
    """Films of a labels file with their parts. Raises `LabelsInvalid`, or ValueError for an unknown part."""
    read = read_labels(labels, carry=["split"])
    made = []
    for film, more in zip(read.films, read.carried, strict=True):
        part = more["split"].lower()
        if part not in ("", "train", "val", "test"):
            raise ValueError(f"{labels}: {film.name}: split is {part!r}, it may be train, val, test or blank")
        if not part:
            # Without a patient by the file's name: by its line, another order would move films from train to test.
            number = share(film.patient if film.has_key else film.name)
            part = "train" if number < 84 else "val" if number < 92 else "test"
        made.append(Sample(film, part))
    return made


def read_image(path: Path) -> U8:
    """The film as the program's own networks see it (uint8, bones white), whatever its format.

    Raises:
        KnownError: it cannot be read, or a package that reads it is missing.
    """
    try:
        from workstation.imaging.lut import analysis_image
        from workstation.services.reading import read_film
    except ModuleNotFoundError as missing:
        raise KnownError(
            "package_missing",
            f"Films are read by the program's own code, and that needs the package {missing.name}.",
            f"Install it: pip install {missing.name} -c installer/constraints.txt.",
        ) from missing
    film = read_film(path)
    return np.asarray(analysis_image(film.header.greyscale, film.pixels), np.uint8)


def augmented(image: U8, variant: int, key: str, crops: bool) -> U8:
    """Variant 0 is the film itself; others are the paper's augmentation, the same for the same key and variant.

    Vertical flip (every second time), a turn of up to 3 degrees, brightness by up to 20 %, and, where `crops`, up
    to 8 % off every side. Films that carry a crop label are not cropped: it would change the label.
    """
    if variant == 0:
        return image
    seed = int(hashlib.sha256(f"{key}|{variant}".encode()).hexdigest()[:12], 16)
    rng = np.random.default_rng(seed)
    if crops:
        h, w = image.shape
        left, right = (rng.uniform(0, 0.08, 2) * w).astype(int)
        top, bottom = (rng.uniform(0, 0.08, 2) * h).astype(int)
        image = image[top : h - bottom, left : w - right]
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[::-1])
    h, w = image.shape
    turn = float(rng.choice([-1, 1]) * rng.uniform(1, 3))
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), turn, 1.0)
    turned = cv2.warpAffine(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    bright = np.clip(np.asarray(turned, np.float32) * rng.uniform(0.8, 1.2), 0, 255)
    return np.asarray(np.rint(bright), np.uint8)
