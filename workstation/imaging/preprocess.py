"""Preprocessing by name: the one implementation that training and the runtime share.

A manifest lists steps such as ``{"step": "squeeze", "height": 224, "width": 224}``.
`Preprocessing.from_steps` checks names and parameters once; `tensor` turns a presentation image (uint8,
H x W, bones white) into a network's input: grey steps keep a 2-D array, then it is brought to the network's
layout and number of channels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Step = Callable[[Array], Array]
MOST_SIDE = 4096
"""Of an input, pixels."""
_MOST_TILES = 64


def _whole(name: str, value: Any, most: int) -> int:
    """`value` from 1 to `most`: OpenCV ends the whole process at 0 tiles, and no memory holds what is too large."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= most:
        raise ValueError(f"{name} must be a whole number from 1 to {most}, not {value!r:.40}")
    return int(value)


def _finite(name: str, value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return float(value)
    raise ValueError(f"{name} must be a finite number, not {value!r:.40}")


def squeeze(height: int, width: int) -> Step:
    """Resize to `height` x `width` whatever the aspect: by area when it shrinks, bilinearly when it grows.

    A film of more than four times that size is halved first, which is many times faster and changes values by a few of
    255 at most (by one in films of 3000 pixels).

    Raises:
        ValueError: a side is not a whole number from 1 to `MOST_SIDE`.
    """
    height, width = _whole("height", height, MOST_SIDE), _whole("width", width, MOST_SIDE)

    def run(image: Array) -> Array:
        while image.shape[0] >= 4 * height and image.shape[1] >= 4 * width:
            image = _halved(image)
        shrinks = image.shape[0] >= height and image.shape[1] >= width
        return np.asarray(
            cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        )

    return run


def _halved(image: Array) -> Array:
    """Means of 2 x 2 pixels; an odd last row or column is left out."""
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    even = image[: 2 * rows, : 2 * columns]
    return np.asarray(cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA))


def letterbox(height: int, width: int, border: float = 0.0) -> Step:
    """Resize keeping the aspect and pad evenly with `border`.

    Raises:
        ValueError: a side is not a whole number from 1 to `MOST_SIDE`, or `border` is not finite.
    """
    height, width = _whole("height", height, MOST_SIDE), _whole("width", width, MOST_SIDE)
    border = _finite("border", border)

    def run(image: Array) -> Array:
        scale = min(height / image.shape[0], width / image.shape[1])
        inner = (max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale)))
        small = squeeze(*inner)(image)
        top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
        canvas = np.full((height, width), border, small.dtype)
        canvas[top : top + inner[0], left : left + inner[1]] = small
        return canvas

    return run


def equalize_histogram() -> Step:
    """Global histogram equalisation of an 8-bit image (the paper's)."""

    def run(image: Array) -> Array:
        return np.asarray(cv2.equalizeHist(_as_8bit(image)))

    return run


def clahe(clip: float = 2.0, tiles: int = 8) -> Step:
    """Contrast-limited adaptive histogram equalisation of an 8-bit image.

    Raises:
        ValueError: `clip` is not above 0, or `tiles` (a side) is not a whole number from 1 to 64.
    """
    clip, tiles = _finite("clip", clip), _whole("tiles", tiles, _MOST_TILES)
    if clip <= 0:
        raise ValueError(f"clip must be above 0, not {clip!r}")

    def run(image: Array) -> Array:
        return np.asarray(cv2.createCLAHE(clip, (tiles, tiles)).apply(_as_8bit(image)))

    return run


def percentile_stretch(low: float = 0.5, high: float = 99.5) -> Step:
    """Stretch the `low`..`high` percentiles to 0..255 (float32, clipped); a flat image becomes all zeros.

    Raises:
        ValueError: not 0 <= low < high <= 100.
    """
    low, high = _finite("low", low), _finite("high", high)
    if not 0.0 <= low < high <= 100.0:
        raise ValueError(f"percentiles need 0 <= low < high <= 100, got {low:g} and {high:g}")

    def run(image: Array) -> Array:
        a, b = np.percentile(image, (low, high))
        if b - a < 1e-6:
            return np.zeros(image.shape, np.float32)
        stretched = np.clip((image.astype(np.float32) - a) * (255.0 / (b - a)), 0.0, 255.0)
        return np.asarray(stretched, np.float32)

    return run


def standardise() -> Step:
    """Zero mean, unit variance per film (float32)."""

    def run(image: Array) -> Array:
        grey = image.astype(np.float32)
        return np.asarray((grey - grey.mean()) / max(float(grey.std()), 1e-3), np.float32)

    return run


def scale(factor: float = 1.0 / 255.0, offset: float = 0.0) -> Step:
    """x * factor + offset (float32).

    Raises:
        ValueError: `factor` or `offset` is not finite.
    """
    factor, offset = _finite("factor", factor), _finite("offset", offset)

    def run(image: Array) -> Array:
        return (image.astype(np.float32) * np.float32(factor) + np.float32(offset)).astype(np.float32)

    return run


def _as_8bit(image: Array) -> Array:
    return image if image.dtype == np.uint8 else np.clip(np.rint(image), 0, 255).astype(np.uint8)


def vgg_caffe() -> Step:
    """Three channels, BGR minus (103.939, 116.779, 123.68): Keras' VGG preprocessing. Gives H x W x 3."""

    def run(image: Array) -> Array:
        means = np.array([103.939, 116.779, 123.68], np.float32)
        return (image.astype(np.float32)[..., None] - means).astype(np.float32)

    return run


def resnet_v2() -> Step:
    """x / 127.5 - 1: Keras' ResNetV2 preprocessing of a 0..255 image."""
    return scale(1.0 / 127.5, -1.0)


STEPS: Mapping[str, Callable[..., Step]] = {
    "squeeze": squeeze,
    "letterbox": letterbox,
    "equalize_histogram": equalize_histogram,
    "clahe": clahe,
    "percentile_stretch": percentile_stretch,
    "standardise": standardise,
    "scale": scale,
    "vgg_caffe": vgg_caffe,
    "resnet_v2": resnet_v2,
}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """A checked list of steps and the layout of the network's input.

    Attributes:
        layout: ``NCHW`` or ``NHWC``.
        channels: 1 or 3; a grey image is repeated over three channels.
        height, width: of the network's input, pixels.
    """

    steps: tuple[Step, ...]
    layout: str
    channels: int
    height: int
    width: int

    @classmethod
    def from_steps(
        cls, steps: Sequence[Mapping[str, Any]], layout: str, channels: int, height: int, width: int
    ) -> Preprocessing:
        """Build from a manifest's list.

        Raises:
            ValueError: unknown step or layout, a parameter that is unknown, missing or out of its range; the message
                names it.
        """
        if layout not in ("NCHW", "NHWC"):
            raise ValueError(f"layout must be NCHW or NHWC, not {layout!r}")
        if channels not in (1, 3):
            raise ValueError(f"channels must be 1 or 3, not {channels!r}")
        made: list[Step] = []
        for entry in steps:
            parameters = {k: v for k, v in entry.items() if k != "step"}
            name = entry.get("step")
            if not isinstance(name, str) or name not in STEPS:
                raise ValueError(f"unknown preprocessing step {name!r}; known: {', '.join(STEPS)}")
            try:
                made.append(STEPS[name](**parameters))
            except (TypeError, ValueError) as error:
                raise ValueError(f"preprocessing step {name!r}: {error}") from error
        return cls(tuple(made), layout, channels, height, width)

    def tensor(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Turn a presentation image (uint8, H x W, bones white) into a float32 batch of one.

        Raises:
            ValueError: the steps do not end at the network's input size.
        """
        grey: Array = image
        for step in self.steps:
            grey = step(grey)
        if grey.shape[:2] != (self.height, self.width):
            raise ValueError(
                f"preprocessing gives {grey.shape[:2]}, the network needs {(self.height, self.width)}"
            )
        if grey.ndim == 2:
            grey = np.repeat(grey[..., None], self.channels, axis=2)
        if grey.shape[2] != self.channels:
            raise ValueError(
                f"preprocessing gives {grey.shape[2]} channels, the network needs {self.channels}"
            )
        if self.layout == "NCHW":
            grey = np.moveaxis(grey, 2, 0)
        return np.ascontiguousarray(grey[None], dtype=np.float32)
