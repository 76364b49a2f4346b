"""Stored values to presentation values: the one polarity rule and the one VOI rule of the program. PS3.3 C.11.

The pipeline is folded into one table of 65,536 greys that any stored 16-bit pattern can index, so that window and
level drags only remake the table:

1. Modality LUT (C.11.1.1) or Rescale Slope and Intercept (C.11.1.1.2).
2. One VOI choice: a VOI LUT (C.11.2.1.1) or a window (C.11.2.1.2, C.11.2.1.3).
3. Polarity, once, at the very end: MONOCHROME1 or the viewer's own invert flag turn white to black; both together
   turn nothing. Presentation LUT Shape (C.11.6) restates MONOCHROME1 and is never applied.
4. Pixel Padding (C.7.5.1.1.2) is black whatever the polarity: it is the surround, not the film.

Presentation values run from 0 (black) to 255 (white); by default bones are white.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from workstation.domain.film import GreyscalePipeline, LookupTable, Notice, NoticeCode, VoiFunction, Window

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

WHITE = 255
_PATTERNS = 1 << 16
# Percentiles are taken from about this many pixels: plenty for a window, and 2 ms instead of 200.
_SAMPLE = 250_000
# Shares of a film from which on its own window shows too little of it: bone and belly are white on good films, too,
# and air and blades black.
_DROWNED_WHITE, _DROWNED_BLACK = 0.25, 0.75
_SOME_CONTRAST = 20  # grey values of 255 between its 5th and 95th percentile, once stretched
# Between the 0.5th and 99.5th percentile, from which on the networks see what there is: of 75 chests left with 32, 16
# and 8 greys 2 are doubted, 10 refused and 49 refused as no chests; with 64 none is.
_ENOUGH_GREYS = 64
_FEWEST_VALUES = 16  # of a film, without what lies far beyond them


class VoiKind(StrEnum):
    """Where a VOI transformation comes from."""

    WINDOW = "window"
    VOI_LUT = "voi_lut"
    CUSTOM = "custom"
    AUTO_MIN_MAX = "auto_min_max"
    AUTO_PERCENTILE = "auto_percentile"


@dataclass(frozen=True, slots=True)
class VoiChoice:
    """One VOI transformation, complete in itself except for the file's VOI LUTs, which it names by index.

    Attributes:
        kind: where it comes from.
        index: of the file's window or VOI LUT; 0 for the others.
        center, width: in modality units; unused for VOI_LUT.
        function: how a window is applied.
        explanation: the file's own words for it, e.g. ``"BONE"``.
    """

    kind: VoiKind
    index: int = 0
    center: float = 0.0
    width: float = 0.0
    function: VoiFunction = VoiFunction.LINEAR
    explanation: str = ""

    @classmethod
    def custom(cls, center: float, width: float, function: VoiFunction = VoiFunction.LINEAR) -> VoiChoice:
        """A window set by hand; LINEAR windows are kept at least 1 wide, others above zero."""
        least = 1.0 if function is VoiFunction.LINEAR else 1e-6
        return cls(VoiKind.CUSTOM, 0, center, max(width, least), function)

    @classmethod
    def between(cls, kind: VoiKind, low: float, high: float) -> VoiChoice:
        """A straight line from `low` (black) to `high` (white), modality units; equal limits show a flat black."""
        return cls(kind, 0, (low + high) / 2, max(high - low, 1e-6), VoiFunction.LINEAR_EXACT)


@dataclass(frozen=True, slots=True, eq=False)
class DisplayLut:
    """The whole pipeline as a table.

    Attributes:
        table: (65536,) uint8 presentation values, indexed by the stored value's 16-bit pattern; negative stored
            values follow after 32767 (two's complement).
        voi: the choice it was made with.
        inverted: white and black were exchanged (MONOCHROME1 or the viewer's flag, not both).
    """

    table: npt.NDArray[np.uint8]
    voi: VoiChoice
    inverted: bool


def voi_choices(pipeline: GreyscalePipeline) -> tuple[VoiChoice, ...]:
    """Everything the file offers, windows first, in file order; absurd windows (see `default_voi`) left out."""
    windows = tuple(_of_window(pipeline, i) for i, w in enumerate(pipeline.windows) if _usable(w))
    luts = tuple(
        VoiChoice(VoiKind.VOI_LUT, i, explanation=lut.explanation) for i, lut in enumerate(pipeline.voi_luts)
    )
    return windows + luts


def _of_window(pipeline: GreyscalePipeline, index: int) -> VoiChoice:
    window = pipeline.windows[index]
    return VoiChoice(
        VoiKind.WINDOW, index, window.center, window.width, pipeline.voi_function, window.explanation
    )


def _usable(window: Window) -> bool:
    # C.11.2.1.2.1 wants a LINEAR width of 1 or more; films scaled to 0..1 by Rescale have narrower ones and are
    # shown by the exact formula (see `_window`).
    return bool(np.isfinite(window.center) and np.isfinite(window.width) and window.width > 0)


def auto_voi(pipeline: GreyscalePipeline, pixels: Array, kind: VoiKind = VoiKind.AUTO_MIN_MAX) -> VoiChoice:
    """A window made from the film itself, padding left out.

    Args:
        pixels: (rows, columns) stored values.
        kind: AUTO_MIN_MAX spans all values; AUTO_PERCENTILE the 0.5th to the 99.5th percentile of those that lie
            not far beyond the others (see `_own_range`).
    """
    if kind is VoiKind.AUTO_PERCENTILE:
        stored = _own_range(_without_padding(_sampled(pixels), pipeline.padding))
    else:
        stored = stored_range(pipeline, pixels)
    return VoiChoice.between(kind, *_modality_range(pipeline, *stored))


def default_voi(pipeline: GreyscalePipeline, pixels: Array) -> tuple[VoiChoice, Notice | None]:
    """How a film is first shown: the file's first window, else its first VOI LUT, else min to max; or without
    extremes, where a spot, marker, text or border far beyond the film's values would leave a few greys of it.

    A window is passed over, with a notice, where its width is not positive or it touches no value of the film.

    Args:
        pixels: (rows, columns) stored values.

    Returns:
        The choice, and what was wrong with the file's own, if anything.
    """
    notice: Notice | None = None
    if pipeline.windows:
        low, high = _modality_range(pipeline, *stored_range(pipeline, pixels))
        for index, window in enumerate(pipeline.windows):
            if _usable(window) and (
                window.center - window.width / 2 <= high and window.center + window.width / 2 >= low
            ):
                return _of_window(pipeline, index), notice
            notice = Notice(NoticeCode.TAG_REPAIRED, "WindowCenter, WindowWidth outside the film's values")
    if pipeline.voi_luts:
        return VoiChoice(VoiKind.VOI_LUT, 0, explanation=pipeline.voi_luts[0].explanation), notice
    whole = auto_voi(pipeline, pixels)
    if not _faded(pipeline, pixels, display_lut(pipeline, whole)):
        return whole, notice
    own = auto_voi(pipeline, pixels, VoiKind.AUTO_PERCENTILE)
    return (
        own if _has_contrast(render_8bit(_sampled(pixels), display_lut(pipeline, own))) else whole
    ), notice


def as_window(pipeline: GreyscalePipeline, voi: VoiChoice) -> VoiChoice:
    """The window from which a drag starts: itself, or the input range of a VOI LUT as a CUSTOM window."""
    if voi.kind is not VoiKind.VOI_LUT:
        return VoiChoice.custom(voi.center, voi.width, voi.function)
    lut = pipeline.voi_luts[voi.index]
    return VoiChoice.custom(lut.first + len(lut.values) / 2, float(len(lut.values)))


def display_lut(
    pipeline: GreyscalePipeline, voi: VoiChoice | None = None, invert: bool = False
) -> DisplayLut:
    """Fold the pipeline into a table.

    Args:
        pipeline: of the film.
        voi: what `default_voi`, `voi_choices`, `auto_voi` or `VoiChoice.custom` gave. None takes the file's first
            usable choice, else the full range of Bits Stored; it knows nothing of the pixels, so that
            `default_voi` is the better start.
        invert: the viewer's own flag, on top of MONOCHROME1.

    Raises:
        IndexError: `voi` names a window or VOI LUT the file does not have.
    """
    if voi is None:
        offered = voi_choices(pipeline)
        voi = offered[0] if offered else _full_range(pipeline)
    stored = _stored_values(pipeline.signed)
    grey = _voi(pipeline, voi, modality_values(pipeline, stored))
    table = np.floor(grey * WHITE + 0.5).astype(np.uint8)
    inverted = pipeline.inverted != invert
    if inverted:
        table = WHITE - table
    if pipeline.padding is not None:
        low, high = pipeline.padding
        table[(stored >= low) & (stored <= high)] = 0
    if pipeline.signed:
        table = np.roll(table, _PATTERNS // 2)
    table.flags.writeable = False
    return DisplayLut(table, voi, inverted)


def render_8bit(pixels: Array, lut: DisplayLut) -> npt.NDArray[np.uint8]:
    """Look every pixel up.

    Args:
        pixels: (rows, columns) uint8, uint16 or int16 stored values.

    Returns:
        (rows, columns) uint8 presentation values, a new array.

    Raises:
        TypeError: another dtype.
    """
    if pixels.dtype == np.uint8:
        return np.asarray(cv2.LUT(pixels, lut.table[:256]), np.uint8)
    if pixels.dtype == np.int16:
        pixels = pixels.view(np.uint16)
    elif pixels.dtype != np.uint16:
        raise TypeError(f"cannot look up {pixels.dtype} pixels")
    return np.asarray(cv2.LUT(pixels, lut.table), np.uint8)


def presentation_image(pipeline: GreyscalePipeline, pixels: Array) -> npt.NDArray[np.uint8]:
    """The film as first shown: default VOI, bones white, uint8 (rows, columns)."""
    return render_8bit(pixels, display_lut(pipeline, default_voi(pipeline, pixels)[0]))


def analysis_image(pipeline: GreyscalePipeline, pixels: Array) -> npt.NDArray[np.uint8]:
    """The film as the cascade sees it: as first shown, unless its own window drowns it or leaves too few greys of it.

    Where that leaves a quarter of the film plain white, or three quarters black, or nearly all of it within a quarter
    of the grey values (a window far too wide; where the file has none, a spot, marker, text or border far beyond the
    film's values), the window spans the film's own values instead (`auto_voi`, AUTO_PERCENTILE), if that shows more:
    what is drowned or faded cannot be judged.
    """
    lut = display_lut(pipeline, default_voi(pipeline, pixels)[0])
    shown = render_8bit(pixels, lut)
    faded = _faded(pipeline, pixels, lut)
    if not (faded or _drowned(shown)):
        return shown
    stretched = render_8bit(
        pixels, display_lut(pipeline, auto_voi(pipeline, pixels, VoiKind.AUTO_PERCENTILE))
    )
    return stretched if _has_contrast(stretched) and (faded or not _drowned(stretched)) else shown


def _has_contrast(image: npt.NDArray[np.uint8]) -> bool:
    """A film without an exposure has none: it stays what it is, one grey, whatever the window."""
    low, high = np.percentile(_sampled(image), (5, 95))
    return bool(high - low >= _SOME_CONTRAST)


def _drowned(image: npt.NDArray[np.uint8]) -> bool:
    sample = _sampled(image)
    white, black = (sample == WHITE).mean(), (sample == 0).mean()
    return bool(white >= _DROWNED_WHITE or black >= _DROWNED_BLACK)


def _faded(pipeline: GreyscalePipeline, pixels: Array, lut: DisplayLut) -> bool:
    low, high = _own_range(_without_padding(_sampled(pixels), pipeline.padding))
    return abs(int(lut.table[high % _PATTERNS]) - int(lut.table[low % _PATTERNS])) < _ENOUGH_GREYS


def _own_range(values: Array) -> tuple[int, int]:
    """0.5th and 99.5th percentile of a film's own values.

    Burnt-in text, a marker or a border that no header declares may take far more of the film than that, and lie far
    beyond its values: most often it is the highest or the lowest of all, with softened edges. So what lies farther
    outside the middle nine tenths than these are wide does not count, if a film is left: a drawing has few values.
    """
    lowest = int(values.min())
    counts = np.bincount(values.ravel().astype(np.int64) - lowest)
    between = counts.copy()
    between[[0, -1]] = 0
    low, high = _reached(between if 4 * between.sum() >= counts.sum() else counts, 0.05, 0.95)
    near = counts.copy()
    near[: max(2 * low - high, 0)] = 0
    near[2 * high - low + 1 :] = 0
    low, high = _reached(near if np.count_nonzero(near) >= _FEWEST_VALUES else counts, 0.005, 0.995)
    return lowest + low, lowest + high


def _reached(counts: npt.NDArray[np.int64], *shares: float) -> list[int]:
    """From which places on a histogram holds these shares of itself."""
    reached = np.cumsum(counts)
    return [int(np.searchsorted(reached, share * reached[-1])) for share in shares]


def _sampled(image: Array) -> Array:
    """About `_SAMPLE` of its pixels, evenly."""
    step = max(1, int(np.sqrt(image.size / _SAMPLE)))
    return image[::step, ::step]


def modality_values(pipeline: GreyscalePipeline, stored: npt.NDArray[np.int64]) -> Floats:
    """Stored values to modality units, C.11.1: the Modality LUT where there is one, else slope and intercept."""
    if pipeline.modality_lut is not None:
        return _look_up(pipeline.modality_lut, stored.astype(np.float64))
    return stored.astype(np.float64) * pipeline.slope + pipeline.intercept


def stored_range(pipeline: GreyscalePipeline, pixels: Array) -> tuple[int, int]:
    """Lowest and highest stored value outside the padding; (0, 0) where everything is padding."""
    low, high = int(pixels.min()), int(pixels.max())
    if pipeline.padding is None or pipeline.padding[1] < low or pipeline.padding[0] > high:
        return low, high
    film = (pixels < pipeline.padding[0]) | (pixels > pipeline.padding[1])
    if not film.any():
        return 0, 0
    low_high = cv2.minMaxLoc(pixels, film.view(np.uint8))
    return int(low_high[0]), int(low_high[1])


def _without_padding(pixels: Array, padding: tuple[int, int] | None) -> Array:
    if padding is None:
        return pixels
    film = pixels[(pixels < padding[0]) | (pixels > padding[1])]
    return film if film.size else np.zeros(1, pixels.dtype)


def _modality_range(pipeline: GreyscalePipeline, low: int, high: int) -> tuple[float, float]:
    ends = np.array([low, high]) if pipeline.modality_lut is None else np.arange(low, high + 1)
    values = modality_values(pipeline, ends)
    return float(values.min()), float(values.max())


def _full_range(pipeline: GreyscalePipeline) -> VoiChoice:
    top = 1 << min(pipeline.bits_stored, 16)
    low = -(top >> 1) if pipeline.signed else 0
    return VoiChoice.between(VoiKind.AUTO_MIN_MAX, *_modality_range(pipeline, low, low + top - 1))


def _stored_values(signed: bool) -> npt.NDArray[np.int64]:
    return np.arange(_PATTERNS, dtype=np.int64) - (_PATTERNS // 2 if signed else 0)


def _look_up(lut: LookupTable, values: Floats) -> Floats:
    """C.11.1.1, C.11.2.1.1: values outside the table take its first or last entry."""
    entries = np.asarray(lut.values, np.float64)
    index = np.clip(np.rint(values) - lut.first, 0, len(entries) - 1).astype(np.intp)
    return np.asarray(entries[index])


def _voi(pipeline: GreyscalePipeline, voi: VoiChoice, values: Floats) -> Floats:
    """Modality values to greys 0..1."""
    if voi.kind is VoiKind.VOI_LUT:
        lut = pipeline.voi_luts[voi.index]
        return np.clip(_look_up(lut, values) / ((1 << lut.bits) - 1), 0.0, 1.0)
    return _window(voi.function, voi.center, voi.width, values)


def _window(function: VoiFunction, center: float, width: float, values: Floats) -> Floats:
    """The three window functions, scaled to 0..1.

    LINEAR is C.11.2.1.2.1, SIGMOID C.11.2.1.3.1, LINEAR_EXACT C.11.2.1.3.2. A LINEAR width below 1, which the
    standard forbids, is taken by the exact formula.
    """
    # Of absurd rescales: what is too far from the centre for a float64 is white or black.
    with np.errstate(over="ignore"):
        if function is VoiFunction.SIGMOID:
            # exp(700) is the largest power of e that a float64 holds with room to spare.
            return np.asarray(1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -700.0, 700.0))))
        if function is VoiFunction.LINEAR and width >= 1:
            if width == 1:
                return (values > center - 0.5).astype(np.float64)
            return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0.0, 1.0)
        return np.clip((values - center) / width + 0.5, 0.0, 1.0)
