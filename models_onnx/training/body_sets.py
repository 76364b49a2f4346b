"""What the body-part branch learns from and is judged with: chests in every guise, and everything else by kind.

Every set is a list of (film as the network sees it, kind), made anew from seeds; nothing here reads the real test
pictures (hip, limb, dog): those are `trials.dicom_trials`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training import augment, cache, negatives, pictures, sources, trials, windows
from models_onnx.training.elsewhere import exposures_of
from models_onnx.training.train_gates import chest
from models_onnx.training.train_lungs import WEIGHTS, to_input
from models_onnx.training.trials import turned
from models_onnx.training.windows import FILM

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator
Sample = tuple[F32, str]

ELSEWHERE = ("limb", "pelvis", "skull", "slice", "trunk", "axis", "animal")
DRAWN = {maker.__name__: maker for maker, _ in negatives.DRAWN}
"""Kinds that are drawn: limb, hand, belly, skull, chart."""
FAMILIES = {
    "photographs": ("stamps", "wallpapers", "scikit-image"),
    "skulls": ("drawn skull", "ct skull"),
    "limbs": ("drawn limb", "drawn hand", "ct limb"),
    "pelvis and abdomen": ("drawn belly", "ct pelvis"),
    "shoulders, necks, bellies of chest films and CTs": ("piece", "ct trunk"),
    "CT slices": ("ct slice", "ct axis"),
    "animals": ("ct animal", "cat"),
    "blank, noise, charts": ("drawn chart", "flat"),
    "ultrasound": ("ultrasound",),
    "torn chests": ("torn",),
}
"""Kinds that belong together: left out together."""
SHARES = {
    "drawn limb": 6, "drawn hand": 4, "drawn belly": 5, "drawn skull": 4, "drawn chart": 6, "flat": 3,
    "ct limb": 6, "ct pelvis": 11, "ct skull": 6, "ct slice": 6, "ct trunk": 6, "ct axis": 3, "ct animal": 5,
    "stamps": 10, "wallpapers": 6, "scikit-image": 3, "piece": 5, "torn": 2, "cat": 3, "ultrasound": 2,
}  # fmt: skip
"""How much of each kind is learnt from (relative)."""


LEAST_LUNG = 0.1
"""A window with less lung than this (share of its area) is asked of nobody."""


def half(mask: U8, rng: Rng) -> tuple[float, float, float, float]:
    """A window that loses 25 to 60 % of the lungs' extent at one side, sometimes two, but keeps a good deal of lung."""
    cols, rows = np.nonzero(mask.any(0))[0] / mask.shape[1], np.nonzero(mask.any(1))[0] / mask.shape[0]
    box = [float(cols[0]), float(rows[0]), float(cols[-1]), float(rows[-1])]
    left, top, right, bottom = windows.choose(mask, rng, 0.0)
    area = [left, top, right, bottom]
    sides = rng.choice(4, 1 if rng.random() < 0.75 else 2, replace=False)
    for side in sides:
        depth = rng.uniform(0.25, 0.6) * (1.0 if len(sides) == 1 else 0.7)
        size = box[2] - box[0] if side % 2 == 0 else box[3] - box[1]
        area[side] = box[side] + depth * size * (1 if side < 2 else -1)
    if area[2] - area[0] < 0.15 or area[3] - area[1] < 0.15:
        return left, top, right, bottom
    return area[0], area[1], area[2], area[3]


def looked(image: U8, rng: Rng, strength: float = 0.7) -> F32:
    """What happens to any picture on its way: size, processing, polarity, turn; then the network's own stretch."""
    small = cv2.resize(image, (FILM, FILM), interpolation=cv2.INTER_AREA).astype(np.float32)
    if rng.random() < strength:
        small = augment.film_look(small, None, rng, 0.7)
    if rng.random() < 0.4:
        small = 255 - small
    return to_input(turned(small, int(rng.integers(4)), rng.random() < 0.5))


def flat(rng: Rng) -> U8:
    """Detector frames without a patient: even, uneven, collimated, with dead lines and noise of any grain."""
    size = negatives.SIZE
    image = np.full((size, size), rng.uniform(20, 235), np.float32)
    image += augment.smooth_field((size, size), int(rng.integers(1, 4)), rng) * float(rng.uniform(0, 60))
    if rng.random() < 0.5:
        x, y = sorted(rng.uniform(0, size, 2)), sorted(rng.uniform(0, size, 2))
        field = np.zeros((size, size), np.float32)
        field[int(y[0]) : int(y[1]) + 2, int(x[0]) : int(x[1]) + 2] = 1
        field = cv2.GaussianBlur(field, (0, 0), float(rng.uniform(0.5, 8)))
        image = image * field + float(rng.uniform(0, 255)) * (1 - field)
    grain = rng.normal(0, 1, (size, size)).astype(np.float32)
    sigma = float(rng.choice([0.01, 0.5, 1, 3]))
    grain = cv2.GaussianBlur(grain, (0, 0), sigma)
    image += grain / max(float(grain.std()), 1e-4) * float(rng.uniform(0, 40))
    for _ in range(int(rng.integers(0, 4))):
        at = int(rng.integers(size))
        if rng.random() < 0.5:
            image[:, at : at + 2] = rng.uniform(0, 255)
        else:
            image[at : at + 2] = rng.uniform(0, 255)
    return np.clip(image, 0, 255).astype(np.uint8)


def window_of(picture: U8, rng: Rng, least: float = 0.4) -> U8:
    """A random piece of any picture, its shape too."""
    h, w = picture.shape
    height, width = rng.uniform(least, 1.0, 2)
    y, x = rng.uniform(0, 1 - height), rng.uniform(0, 1 - width)
    return np.ascontiguousarray(
        picture[int(y * h) : int((y + height) * h) + 1, int(x * w) : int((x + width) * w) + 1]
    )


def medical_files(work: Path) -> list[Path]:
    """The files that `medical` reads."""
    root = work / "packages" / "open" / "deid-data"
    return [p for p in sorted(root.rglob("*.dcm")) if p.parent.name in ("animals", "ultrasounds")]


def medical(work: Path) -> dict[str, list[U8]]:
    """``cat`` (its chest film) and ``ultrasound`` frames of deid-data, those that can be decoded."""
    import pydicom

    found: dict[str, list[U8]] = {"cat": [], "ultrasound": []}
    for path in medical_files(work):
        kind = "cat" if path.parent.name == "animals" else "ultrasound"
        values = np.asarray(pydicom.dcmread(path).pixel_array, np.float32)
        frames = values[::10] if values.ndim == 4 else values[None]
        for frame in frames:
            grey = frame.mean(-1) if frame.ndim == 3 else frame
            low, high = np.percentile(grey, (0.1, 99.9))
            unit = np.clip((grey - low) / max(float(high - low), 1e-6), 0, 1)
            image = (unit * 255).astype(np.uint8)
            found[kind].append(
                np.asarray(cv2.resize(image, (640, 640), interpolation=cv2.INTER_AREA), np.uint8)
            )
    return found


def _half(films: Path, odd: bool) -> npt.NDArray[np.intp]:
    """Indices of every other exposure of `films`: what is not learnt from calibrates or tests, exposure by exposure,
    since films of one exposure look alike."""
    _, number = np.unique(np.load(exposures_of(films)), return_inverse=True)
    return np.nonzero(number % 2 == odd)[0]


def group_of(source: str) -> str:
    """The kind of the pictures in a package that is learnt from."""
    stamps = ("tuxpaint-stamps-default", "openclipart-png")
    return "stamps" if source in stamps else source if source == "scikit-image" else "wallpapers"


class Others:
    """Makers of what is no chest, by kind, for one split (train or val)."""

    def __init__(self, work: Path, data: Path, split: str) -> None:
        self.split = split
        self.films: dict[str, npt.NDArray[np.uint8]] = {}
        for kind in ELSEWHERE:
            path = work / "elsewhere" / f"{kind}_{'train' if split == 'train' else 'val'}.npy"
            if path.exists():
                films = np.load(path, mmap_mode="r")
                self.films[f"ct {kind}"] = films if split == "train" else films[_half(path, split == "test")]
        self.photos: dict[str, list[U8]] = {}
        for number, (image, source, test) in enumerate(pictures.read(work)):
            group = f"test: {source}" if test else group_of(source)
            held = number % 7 == 6
            if test == (split == "test") and (test or held == (split == "val")):
                self.photos.setdefault(group, []).append(image)
        # One cat and three ultrasound examinations: too few to hold any back.
        self.photos |= medical(work) if split == "train" else {}
        self.photos = {k: v for k, v in self.photos.items() if v}
        records = [
            r for r in sources.read_frontal(data) if r.mask and r.split == split and r.source in WEIGHTS
        ]
        self.chests, self.masks = cache.build(records, work / "cache", f"body_{split}")

    def kinds(self) -> list[str]:
        drawn = [f"drawn {name}" for name in DRAWN] + ["flat", "piece", "torn"]
        return [*drawn, *self.films, *self.photos]

    def missing(self, work: Path) -> list[str]:
        """Kinds that are to be learnt from (`SHARES`) and of which there is nothing."""
        meant = set(SHARES) - ({"ct skull"} if pictures.without_gpl(work) else set())
        return sorted(meant - set(self.kinds()))

    def one(self, kind: str, rng: Rng) -> U8 | None:
        """One picture of `kind`; None where this try gave none."""
        if kind in self.films:
            return np.asarray(self.films[kind][int(rng.integers(len(self.films[kind])))])
        if kind in self.photos:
            image = self.photos[kind][int(rng.integers(len(self.photos[kind])))]
            return window_of(image, rng, 0.75 if kind == "cat" else 0.4)
        if kind == "flat":
            return flat(rng)
        if kind in ("piece", "torn"):
            index = int(rng.integers(len(self.chests)))
            film, mask = np.asarray(self.chests[index]), np.asarray(self.masks[index])
            return negatives.piece(film, mask, rng) if kind == "piece" else negatives.torn(film, rng)
        return DRAWN[kind.removeprefix("drawn ")](rng)


def validation_chests(data: Path, render: Path) -> Iterator[trials.Trial]:
    """Validation films as they come, turned and inverted; with half of the lungs cut away."""
    yield from trials.gate_trials(data, "val", render)
    # Half of a simulated lateral may be a bare shoulder: only real films are cut further.
    yield from cut_chests([r for r in sources.read_frontal(data) if r.split == "val"], 2)


def shown(work: Path, data: Path, split: str, each: int) -> Iterator[Sample]:
    """`each` pictures of every kind of `split` that is no chest, with all that may happen to a picture on its way."""
    others = Others(work, data, split)
    for kind in others.kinds():
        for number in range(each):
            rng = np.random.default_rng([9001, sources.share(kind), number])
            image = others.one(kind, rng)
            if image is not None:
                yield looked(image, rng), kind


class Chests:
    """Makes windows of training films and simulated ones: any turn, polarity and look; a quarter with much cut away."""

    def __init__(self, work: Path, data: Path, render: Path) -> None:
        frontal = [
            r for r in sources.read_frontal(data) if r.mask and r.split == "train" and r.source in WEIGHTS
        ]
        renders = [r for r in sources.read_renders(render) if r.split == "train"]
        groups = {
            "nih": [r for r in frontal if r.source == "nih"],
            "jsrt": [r for r in frontal if r.source == "jsrt"],
            "kermany": [r for r in frontal if r.source == "kermany"],
            "simulated frontal": [r for r in renders if r.view == "frontal"],
            "simulated lateral": [r for r in renders if r.view == "lateral"],
        }
        self.arrays = {
            k: cache.build(v, work / "cache", f"body_{k.replace(' ', '_')}") for k, v in groups.items() if v
        }
        shares = {
            "nih": 0.42,
            "jsrt": 0.1,
            "kermany": 0.13,
            "simulated frontal": 0.1,
            "simulated lateral": 0.25,
        }
        self.names = list(self.arrays)
        weights = np.array([shares[k] for k in self.names])
        self.weights = weights / weights.sum()

    def one(self, rng: Rng) -> Sample | None:
        """One window; None where this try gave none."""
        kind = str(rng.choice(self.names, p=self.weights))
        films, masks = self.arrays[kind]
        index = int(rng.integers(len(films)))
        film, mask = np.asarray(films[index]), np.asarray(masks[index])
        if not mask.any():
            return None
        if rng.random() > 0.25:
            return chest(film, mask, kind == "simulated lateral", rng)[0][0].numpy(), kind
        cut = windows.take(film, mask, half(mask, rng), float(rng.normal(0, 0.07)), rng)
        if (cut.lung > 127).mean() < LEAST_LUNG:
            return None
        image = augment.film_look(cut.image, cut.lung, rng)
        image = 255 - image if rng.random() < 0.4 else image
        turn = int(rng.choice(4, p=[0.5, 0.12, 0.26, 0.12]))
        return to_input(turned(image, turn, rng.random() < 0.5)), kind


class Stream:
    """Endless samples, chests and others half and half, the others shared among the kinds as `SHARES` says.

    `without`: kinds left out, for the honest estimate of what a kind never seen costs.

    Raises:
        SystemExit: there are no pictures of a kind, and `allow_missing` is false.
    """

    def __init__(
        self,
        work: Path,
        data: Path,
        render: Path,
        split: str = "train",
        without: Sequence[str] = (),
        allow_missing: bool = False,
    ) -> None:
        self.others = Others(work, data, split)
        missing = self.others.missing(work)
        if missing and not allow_missing:
            raise SystemExit(
                f"no pictures of {', '.join(missing)}: run `pictures` and `elsewhere` again, or say --allow-missing"
            )
        self.chests = Chests(work, data, render)
        self.kinds = [k for k in self.others.kinds() if k not in without]
        weights = np.array([SHARES[k] for k in self.kinds], float)
        self.weights = weights / weights.sum()

    def other(self, rng: Rng) -> Sample | None:
        kind = str(rng.choice(self.kinds, p=self.weights))
        image = self.others.one(kind, rng)
        return None if image is None else (looked(image, rng), kind)

    def batch(self, rng: Rng, size: int) -> tuple[F32, F32]:
        """Films (size, 1, 224, 224) in 0..1 and labels (size,), 1 for what is no chest."""
        films, labels = [], []
        while len(films) < size:
            chest_wanted = len(films) % 2 == 0
            made = self.chests.one(rng) if chest_wanted else self.other(rng)
            if made is not None:
                films.append(made[0])
                labels.append(0.0 if chest_wanted else 1.0)
        return np.stack(films)[:, None], np.array(labels, np.float32)


def cut_chests(
    records: Sequence[sources.FilmRecord], each: int, least: float = 0.1
) -> Iterator[trials.Trial]:
    """Windows with a quarter to a half of the lungs cut away, and films with opaque lungs; pixels else untouched."""
    for record in records:
        film, mask = cache.film_and_mask(record)
        if mask is None or not mask.any():
            continue
        for number in range(each):
            rng = np.random.default_rng(
                [sources.share(record.key), sources.share(record.key + "half"), number]
            )
            area = half(mask, rng)
            part, lung = trials.crop(film, area), trials.crop(mask, area)
            if min(part.shape) > 40 and (lung > 127).mean() > least:
                yield trials.Trial(
                    part, "half of the lungs cut away", record.patient, record.source, labels={"chest": 1}
                )
        rng = np.random.default_rng([sources.share(record.key), 5])
        lungs = cv2.resize(mask, film.shape[::-1], interpolation=cv2.INTER_NEAREST)
        white = film.astype(np.float32)
        for _ in range(3):
            white = augment.opacities(white, lungs, rng)
        yield trials.Trial(
            np.clip(white, 0, 255).astype(np.uint8), "opaque lungs (drawn)", record.patient, record.source,
            labels={"chest": 1},
        )  # fmt: skip


def cut_laterals(record: sources.FilmRecord, each: int = 3) -> Iterator[trials.Trial]:
    """Windows of a real lateral with a quarter to a half of the lung box cut away."""
    if record.lung_box is None:
        return
    film = cache.read_grey(record.file)
    mask = np.zeros((256, 256), np.uint8)
    left, top, right, bottom = (int(v * 255) for v in record.lung_box)
    mask[top:bottom, left:right] = 255
    for number in range(each):
        rng = np.random.default_rng([sources.share(record.key), 9, number])
        part = trials.crop(film, half(mask, rng))
        if min(part.shape) > 40:
            yield trials.Trial(
                part, "half of a lateral lung cut away, real", record.patient, "lateral", labels={"chest": 1}
            )
