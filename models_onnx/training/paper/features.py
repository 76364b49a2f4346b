"""Maps of the frozen backbone, computed once a film and kept on disk; a run that was cut off goes on."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models_onnx.training.paper.films import AUGMENTATION, Sample, augmented, read_image
from models_onnx.training.paper.networks import SIDE, Backbone
from workstation.domain.errors import KnownError
from workstation.imaging.preprocess import Preprocessing

F16 = npt.NDArray[np.float16]
BATCH = 8


def preprocessing(backbone: Backbone) -> Preprocessing:
    """The paper's preprocessing, by the very code that the runtime uses."""
    return Preprocessing.from_steps(backbone.steps, "NCHW", 3, SIDE, SIDE)


def tensor(backbone: Backbone, sample: Sample, variant: int) -> npt.NDArray[np.float32]:
    """Network input (1, 3, 244, 244) of one variant of one film."""
    image = augmented(read_image(sample.film.path), variant, sample.film.name, crops=sample.film.cut is None)
    return preprocessing(backbone).tensor(image)


def folder_of(work: Path, backbone: Backbone, weights: str, bf16: bool) -> Path:
    """Where the maps lie: what they hang on is in the name, but for the film and the variant (`key_of`)."""
    return work / f"maps-{backbone.name}-{weights[:12]}-{'bf16' if bf16 else 'fp32'}-a{AUGMENTATION}"


class FeatureStore:
    """Maps (channels, side, side) float16 in one file, their keys in another, in the same order."""

    def __init__(self, folder: Path, backbone: Backbone) -> None:
        self._shape = (backbone.channels, backbone.side, backbone.side)
        self._size = int(np.prod(self._shape)) * 2
        folder.mkdir(parents=True, exist_ok=True)
        self._maps, self._keys = folder / "maps.f16", folder / "keys.txt"
        self._places: dict[str, int] = {}
        if self._keys.is_file() and self._maps.is_file():
            whole = self._maps.stat().st_size // self._size
            names = self._keys.read_text(encoding="utf-8").split("\n")[:-1][:whole]
            self._places = {name: place for place, name in enumerate(names)}
        # What a cut-off run left half written goes.
        self._keys.write_text("".join(f"{name}\n" for name in self._places), encoding="utf-8")
        with self._maps.open("ab") as handle:
            handle.truncate(len(self._places) * self._size)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def add(self, key: str, value: F16) -> None:
        """Append one map; on disk when this returns."""
        with self._maps.open("ab") as handle:
            handle.write(np.ascontiguousarray(value, np.float16).tobytes())
        with self._keys.open("a", encoding="utf-8") as handle:
            handle.write(f"{key}\n")
        self._places[key] = len(self._places)

    def read(self, keys: Sequence[str]) -> F16:
        """Maps (n, channels, side, side) of `keys`, mapped into memory and copied."""
        every = np.memmap(self._maps, np.float16, "r", shape=(len(self._places), *self._shape))
        return np.asarray(every[[self._places[key] for key in keys]])


def key_of(sample: Sample, variant: int) -> str:
    """Name of a map: the film's bytes, the variant, and that it was read as the program reads it.

    Raises:
        KnownError: the film is not there.
    """
    try:
        digest = hashlib.sha256(sample.film.path.read_bytes()).hexdigest()[:20]
    except OSError as error:
        raise KnownError(
            "missing",
            f"{sample.film.name} cannot be read: {error.strerror or error}.",
            "Check the path in the labels file.",
        ) from error
    crops = "c" if sample.film.cut is None else ""
    return f"{digest}-{variant}{crops}-r2"


def _maps(network: nn.Module, films: npt.NDArray[np.float32], bf16: bool) -> F16:
    batch = torch.from_numpy(films)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        return network(batch).float().numpy().astype(np.float16)


def extract(
    backbone: Backbone,
    network: nn.Module,
    wanted: Sequence[tuple[Sample, int]],
    folder: Path,
    bf16: bool = False,
    minutes: float | None = None,
) -> tuple[FeatureStore, list[str]]:
    """Maps of every (film, variant), computed where they are not there yet.

    Args:
        bf16: compute in bfloat16, about three times as fast where the processor has it; maps move by about 0.4 %.
        minutes: stop after this time; what is missing then is missing from the store as well.

    Returns:
        The store and the keys of `wanted`, in order.
    """
    store = FeatureStore(folder, backbone)
    keys = [key_of(sample, variant) for sample, variant in wanted]
    places = {key: i for i, key in enumerate(keys) if key not in store}
    missing = list(places.items())
    # Any prefix of the work is a fair sample of it.
    order = np.random.default_rng(0).permutation(len(missing))
    start = time.monotonic()
    for first in range(0, len(missing), BATCH):
        spent = time.monotonic() - start
        if minutes is not None and spent > 60 * minutes:
            print(f"maps: stopped at {first} of {len(missing)} after {minutes:g} minutes", file=sys.stderr)
            break
        batch = [missing[i] for i in order[first : first + BATCH]]
        films = np.concatenate([tensor(backbone, *wanted[place]) for _, place in batch])
        for (key, _), value in zip(batch, _maps(network, films, bf16), strict=True):
            store.add(key, value)
        done = first + len(batch)
        if first // BATCH % 10 == 9 or done == len(missing):
            pace = 1000 * (time.monotonic() - start) / done
            print(f"maps: {done} of {len(missing)}, {pace:.0f} ms each", file=sys.stderr, flush=True)
    return store, keys
