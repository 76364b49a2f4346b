"""Films and windows with known answers, to calibrate (split ``val``) and to judge (split ``test``) a cascade.

Everything follows from the file's name: a rerun makes the same windows. Windows are cut out of the film's
own pixels and
nothing else is done to them, so what is whole and what is cut differ in nothing but the lung.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models_onnx.training import negatives, sources, windows
from models_onnx.training.cache import film_and_mask, read_grey
from models_onnx.training.sources import EDGES, LEARNT_FOLDS, Box, FilmRecord, share

# Folds of the real laterals that choose and calibrate; the others are test.
VALIDATION_FOLDS = tuple(float(fold) for fold in LEARNT_FOLDS)

U8 = npt.NDArray[np.uint8]
Edges = tuple[float, float, float, float]
"""Answers for left, right, top, bottom: 1 cut, 0 whole, nan unknown."""


@dataclass(frozen=True)
class Trial:
    """One question with its answer.

    Attributes:
        image: presentation image (H, W) uint8.
        group: what kind of trial, e.g. ``natural``, ``frontal windows``.
        patient: bootstrap unit.
        source: data set.
        cut: 1 lung outside, 0 whole, 0.5 borderline by eye, None not asked.
        edges: answers for left, right, top, bottom; nan where unknown.
        labels: other answers (chest, inverted, turn, lateral; how far lung goes on beyond left, right, top, bottom).
    """

    image: U8
    group: str
    patient: str
    source: str
    cut: float | None = None
    edges: tuple[float, float, float, float] = (np.nan,) * 4
    labels: dict[str, float] = field(default_factory=dict)
    file: str = ""


def _seeded(record: FilmRecord, number: int) -> np.random.Generator:
    return np.random.default_rng([share(record.key), share(record.key + "x"), number])


def crop(image: U8, area: tuple[float, float, float, float]) -> U8:
    """`area` (left, top, right, bottom in fractions, clipped to the film) of `image`."""
    h, w = image.shape
    left, top, right, bottom = (min(1.0, max(0.0, v)) for v in area)
    return np.ascontiguousarray(image[round(top * h) : round(bottom * h), round(left * w) : round(right * w)])


def natural(data: Path, split: str) -> Iterator[Trial]:
    """ieee frontals as they come, cut through the lungs or not, by eye."""
    for record in sources.read_frontal(data):
        if record.source == "ieee" and record.natural_cut and record.split == split:
            cut = {"yes": 1.0, "no": 0.0, "borderline": 0.5}[record.natural_cut]
            edges = [1.0 if side in record.cut_sides else 0.0 for side in EDGES]
            if cut == 0.5:
                edges = [np.nan if e else 0.0 for e in edges]
            yield Trial(
                read_grey(record.file),
                "natural",
                record.patient,
                "ieee",
                cut,
                (edges[0], edges[1], edges[2], edges[3]),
                {},
                record.file,
            )


def answer(mask: U8, area: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Which edges of `area` cut the lung of `mask` (0/255, whole film); nan where too close to call or
    unknown."""
    left, top, right, bottom = (min(1.0, max(0.0, v)) for v in area)
    depth = depths(mask, area)
    if depth is None:
        return (np.nan,) * 4
    opened = windows.open_sides(mask)
    at_film = (left <= 0.005, right >= 0.995, top <= 0.005, bottom >= 0.995)
    out = [
        1.0 if d > windows.CUT_DEPTH else 0.0 if d <= 0 and not (opened[i] and at_film[i]) else np.nan
        for i, d in enumerate(depth)
    ]
    return out[0], out[1], out[2], out[3]


def depths(mask: U8, area: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
    """How far the lung of `mask` goes on beyond the left, right, top, bottom edge of `area`, in fractions of that side
    of it; below zero where it ends inside. None where there is no lung."""
    h, w = mask.shape
    left, top, right, bottom = (min(1.0, max(0.0, v)) for v in area)
    lung = mask > 127
    inside_rows, inside_cols = (
        slice(round(top * h), round(bottom * h)),
        slice(round(left * w), round(right * w)),
    )
    cols = np.nonzero(lung[inside_rows].sum(0) >= 2)[0] / w
    rows = np.nonzero(lung[:, inside_cols].sum(1) >= 2)[0] / h
    if not cols.size or not rows.size:
        return None
    return (
        float((left - cols[0]) / (right - left)),
        float((cols[-1] + 1 / w - right) / (right - left)),
        float((top - rows[0]) / (bottom - top)),
        float((rows[-1] + 1 / h - bottom) / (bottom - top)),
    )


def _any(edges: Sequence[float]) -> float | None:
    if any(e == 1 for e in edges):
        return 1.0
    return 0.0 if all(e == 0 for e in edges) else None


def mask_windows(records: Sequence[FilmRecord], each: int, group: str) -> Iterator[Trial]:
    """`each` windows of every film with a mask; about half of them cut."""
    for record in records:
        if not record.mask:
            continue
        film, mask = film_and_mask(record)
        if mask is None or not mask.any():
            continue
        for number in range(each):
            area = windows.choose(mask, _seeded(record, number), 0.5)
            edges = answer(mask, area)
            cut = _any(edges)
            image = crop(film, area)
            if cut is not None and min(image.shape) > 40:
                deep = dict(zip(EDGES, depths(mask, area) or (), strict=False))
                yield Trial(image, group, record.patient, record.source, cut, edges, deep, record.file)


def frontal_windows(
    data: Path, split: str, each: int = 2, found: Sequence[str] = ("nih", "jsrt", "kermany")
) -> Iterator[Trial]:
    """Windows of frontal films with masks."""
    records = [r for r in sources.read_frontal(data) if r.split == split and r.source in found]
    yield from mask_windows(records, each, "frontal windows")


def render_windows(
    render: Path, split: str, view: str = "lateral", each: int = 2, most: int = 120
) -> Iterator[Trial]:
    """Windows of simulated films of the given split (another CT than the training's)."""
    records = [r for r in sources.read_renders(render) if r.split == split and r.view == view]
    step = max(1, len(records) // most)
    yield from mask_windows(records[::step], each, f"simulated {view} windows")


def ct_windows(render: Path, ct: str, each: int = 2, most: int = 60) -> Iterator[Trial]:
    """Windows of the simulated laterals of one CT, whatever its split."""
    records = [r for r in sources.read_renders(render) if r.patient == f"ct-{ct}" and r.view == "lateral"]
    yield from mask_windows(records[:: max(1, len(records) // most)], each, f"simulated laterals of {ct}")


def lateral_areas(record: FilmRecord, each: int = 12) -> Iterator[tuple[Box, Edges, dict[str, float]]]:
    """Areas of a real lateral by its lung box, which is about +-2 % true, with wider margins at uncertain sides: the
    area, which of its edges cut the lung, and how far the box goes on beyond each."""
    if record.lung_box is not None:
        left, top, right, bottom = record.lung_box
        gap = {"left": left, "right": 1 - right, "top": top, "bottom": 1 - bottom}
        size = {"left": right - left, "right": right - left, "top": bottom - top, "bottom": bottom - top}
        tight = {s for s in EDGES if gap[s] < 0.02 and s not in record.cut_sides}
        for number in range(each):
            rng = _seeded(record, number)
            chosen: set[str] = set()
            if number % 2:
                chosen = set(rng.choice(EDGES, 1 if rng.random() < 0.8 else 2, replace=False))
            inset, answer = {}, {}
            for side in EDGES:
                doubt = 0.05 if side in record.uncertain_sides else 0.025
                if side in chosen:
                    inset[side] = gap[side] + (doubt + min(float(rng.exponential(0.05)), 0.25)) * size[side]
                    answer[side] = 1.0
                else:
                    room = gap[side] - doubt * 0.8
                    inset[side] = float(rng.beta(1.6, 1.0)) * room if room > 0 else 0.0
                    answer[side] = (
                        1.0 if side in record.cut_sides else np.nan if side in tight or room <= 0 else 0.0
                    )
            edges = (answer["left"], answer["right"], answer["top"], answer["bottom"])
            cut = _any(edges)
            if cut is not None:
                area = (inset["left"], inset["top"], 1 - inset["right"], 1 - inset["bottom"])
                yield (
                    area,
                    edges,
                    {
                        "left": (inset["left"] - gap["left"]) / (area[2] - area[0]),
                        "right": (inset["right"] - gap["right"]) / (area[2] - area[0]),
                        "top": (inset["top"] - gap["top"]) / (area[3] - area[1]),
                        "bottom": (inset["bottom"] - gap["bottom"]) / (area[3] - area[1]),
                    },
                )


def lateral_windows(data: Path, each: int = 12) -> Iterator[Trial]:
    """Windows of the real laterals; see `lateral_areas`."""
    for record in sources.read_lateral(data):
        film = read_grey(record.file)
        for area, edges, beyond in lateral_areas(record, each):
            labels = {"fold": float(record.extra["fold"]), **beyond}
            image = crop(film, area)
            yield Trial(
                image, "lateral windows", record.patient, "lateral", _any(edges), edges, labels, record.file
            )


def turned(image: U8, turn: int, mirror: bool) -> U8:
    """The film that `turn` quarter turns clockwise, then a flip if `mirror`, would set upright."""
    return np.ascontiguousarray(np.rot90(image[:, ::-1] if mirror else image, turn))


ORIENTATIONS = ((0, False), (1, False), (2, False), (3, False), (2, True))


def gate_trials(data: Path, split: str, render: Path | None = None) -> Iterator[Trial]:
    """Chests in five orientations and both polarities. Every film once as it is, once changed (which way:
    by its name)."""
    records = [r for r in sources.read_frontal(data) if r.split == split]
    if split == "test":
        records += sources.read_lateral(data)
    if render:
        records += [r for r in sources.read_renders(render) if r.split == split][::8]
    for record in records:
        film = read_grey(record.file)
        lateral = float(record.view == "lateral")
        plain = Trial(
            film,
            "gates",
            record.patient,
            record.source,
            labels={"chest": 1, "inverted": 0, "turn": 0, "lateral": lateral},
            file=record.file,
        )
        yield plain
        rng = _seeded(record, 99)
        which = int(rng.integers(1, 5))
        turn, mirror = ORIENTATIONS[which]
        yield replace(
            plain,
            image=turned(film, turn, mirror),
            labels={"chest": 1, "inverted": 0, "turn": which, "lateral": lateral},
        )
        yield replace(
            plain, image=255 - film, labels={"chest": 1, "inverted": 1, "turn": 0, "lateral": lateral}
        )


def drawn_trials(count: int, seed: int) -> Iterator[Trial]:
    """Drawn things that are no chest; other seeds than the training's, but the same draughtsman."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        image = negatives.drawn(rng)
        yield Trial(
            255 - image if rng.random() < 0.3 else image,
            "drawn",
            f"drawn-{number}",
            "drawn",
            labels={"chest": 0},
        )


def dicom_trials(data: Path) -> Iterator[Trial]:
    """Real DICOM files: one hip, one limb, one dog's thorax (no chests), one chest. Never trained on, nor
    calibrated with."""
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    for name, is_chest in (("RG2_RLE", 0), ("RG3_UNCI", 0), ("highdicom_dx_image", 0), ("RG1_UNCR", 1)):
        path = data / "dicom" / f"{name}.dcm"
        dataset = pydicom.dcmread(path)
        values = np.asarray(
            apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset), np.float64
        )
        unit = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
        if dataset.PhotometricInterpretation == "MONOCHROME1":
            unit = 1 - unit
        yield Trial(
            (unit * 255).astype(np.uint8), "dicom", name, "dicom", labels={"chest": is_chest}, file=str(path)
        )
