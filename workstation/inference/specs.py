"""A checked cascade as plain data: models, stages, and what each reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workstation.domain.cascade import OrientationClass, StagePlan
from workstation.inference.calibration import Calibration


class Preprocess(Protocol):
    """Checked preprocessing: a presentation image (uint8, H x W, bones white) to a float32 batch of one."""

    def tensor(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]: ...


# (steps, layout, channels, height, width) -> Preprocess; raises ValueError naming the step that is wrong.
PreprocessFactory = Callable[[Sequence[Mapping[str, Any]], str, int, int, int], Preprocess]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A network's one input, float32: `layout` ``NCHW`` or ``NHWC``, 1 or 3 channels, sides in pixels."""

    name: str
    layout: str
    channels: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of a batch of one, in the order of `layout`."""
        if self.layout == "NCHW":
            return (1, self.channels, self.height, self.width)
        return (1, self.height, self.width, self.channels)


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One named output and its shape with a batch of one."""

    name: str
    shape: tuple[int, ...]
    meaning: str

    @property
    def size(self) -> int:
        """How many values it has."""
        return int(np.prod(self.shape))


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One ONNX file. Models with equal `preprocessing_key` share their input: it is made once a film."""

    name: str
    path: Path
    sha256: str
    input: InputSpec
    preprocess: Preprocess
    preprocessing_key: str
    outputs: Mapping[str, OutputSpec]
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage: which outputs of which model it reads, and how they become probabilities."""

    plan: StagePlan
    model: str
    reads: Mapping[str, str]
    activation: str
    calibration: Calibration
    edge_calibration: Calibration
    classes: tuple[OrientationClass, ...]
    limits: tuple[str, ...]
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CollimationSpec:
    """What finds the collimated field: `columns` and `rows` are outputs of `model`, logits of "exposed"."""

    model: str
    columns: str
    rows: str
    limits: tuple[str, ...]
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A checked cascade. The ONNX files themselves are checked when their sessions are made.

    Without `collimation` films are judged as if all of them were exposed.
    """

    folder: Path
    name: str
    version: str
    summary: str
    licence: str
    created: str
    models: Mapping[str, ModelSpec]
    stages: tuple[StageSpec, ...]
    collimation: CollimationSpec | None = None

    @property
    def label(self) -> str:
        """name@version, as stored with every verdict."""
        return f"{self.name}@{self.version}"
