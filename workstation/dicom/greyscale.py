"""The greyscale pipeline as the header declares it. PS3.3 C.7.6.3, C.11.1, C.11.2, C.11.6."""

from __future__ import annotations

import numpy as np
from pydicom.multival import MultiValue

from workstation.dicom.values import Tags
from workstation.domain.film import GreyscalePipeline, LookupTable, VoiFunction, Window

_MAX_ENTRIES = 1 << 16
_MOST_SIGNED = 32767  # of 16 bits


def read_pipeline(
    tags: Tags, photometric: str, bits_stored: int, signed: bool, *, shift: int = 0, big_endian: bool = False
) -> GreyscalePipeline:
    """Read everything between stored and presentation values.

    Args:
        photometric, bits_stored, signed: of the array as it is in memory (colour is grey by now).
        shift: bits the reader dropped from the samples; slope and padding are adjusted.
        big_endian: byte order of LUT Data stored as words.
    """
    slope = tags.number("RescaleSlope")
    if slope == 0:
        tags.blame("RescaleSlope")
    modality_luts = (
        [] if shift else _luts(tags, "ModalityLUTSequence", _MOST_SIGNED if signed else None, big_endian)
    )
    slope, intercept = (slope or 1.0) * (1 << shift), tags.number("RescaleIntercept") or 0.0
    # The output of a Modality LUT is unsigned by definition (C.11.2.1.1).
    last_positive = None if modality_luts else _last_positive(signed, bits_stored, slope, intercept)
    return GreyscalePipeline(
        photometric=photometric,
        bits_stored=bits_stored,
        signed=signed,
        slope=slope,
        intercept=intercept,
        modality_lut=modality_luts[0] if modality_luts else None,
        windows=_windows(tags),
        voi_luts=tuple(_luts(tags, "VOILUTSequence", last_positive, big_endian)),
        voi_function=_function(tags),
        padding=_padding(tags, signed, bits_stored, shift),
        presentation_lut_shape=tags.text("PresentationLUTShape").upper(),
    )


def _windows(tags: Tags) -> tuple[Window, ...]:
    """Pairs of Window Center and Width; a value too many is dropped, an unusable pair is left out."""
    # In their places: a center belongs to the width and the words beside it, whatever stands before them.
    centers, widths = tags.placed_numbers("WindowCenter"), tags.placed_numbers("WindowWidth")
    words = tags.texts("WindowCenterWidthExplanation")
    if len(centers) != len(widths):
        tags.blame("WindowWidth")
    pairs = list(zip(centers, widths, strict=False))
    if any(width is not None and width <= 0 for _, width in pairs):
        tags.blame("WindowWidth")
    return tuple(
        Window(center, width, words[i] if i < len(words) else "")
        for i, (center, width) in enumerate(pairs)
        if center is not None and width is not None and width > 0
    )


def _function(tags: Tags) -> VoiFunction:
    word = tags.text("VOILUTFunction").upper()
    if not word:
        return VoiFunction.LINEAR
    try:
        return VoiFunction(word)
    except ValueError:
        tags.blame("VOILUTFunction")
        return VoiFunction.LINEAR


def _padding(tags: Tags, signed: bool, bits_stored: int, shift: int) -> tuple[int, int] | None:
    """Pixel Padding Value and Range Limit, C.7.5.1.1.2, as an inclusive range of stored values.

    What the pixels cannot hold is no padding of theirs: such ends are drawn in, a range wholly outside is left out.
    """
    value = tags.integer("PixelPaddingValue")
    if value is None:
        return None
    limit = tags.integer("PixelPaddingRangeLimit")
    ends = [
        _sign(v, _MOST_SIGNED if signed else None) >> shift
        for v in (value, value if limit is None else limit)
    ]
    lowest = -(1 << (bits_stored - 1)) if signed else 0
    low, high = max(min(ends), lowest), min(max(ends), lowest + (1 << bits_stored) - 1)
    if (low, high) != (min(ends), max(ends)):
        tags.blame("PixelPaddingValue")
    return (low, high) if low <= high else None


def _last_positive(signed: bool, bits_stored: int, slope: float, intercept: float) -> int | None:
    """As for `_sign`, of what a VOI LUT maps: rescale may make unsigned pixels negative, too.

    Implicit VR does not tell the sign of such a value. A table that would begin above all values of the film begins
    below zero.
    """
    if signed:
        return _MOST_SIGNED
    ends = (intercept, ((1 << bits_stored) - 1) * slope + intercept)
    return max(_MOST_SIGNED, int(max(ends))) if min(ends) < 0 else None


def _sign(value: int, last_positive: int | None) -> int:
    """Some writers store a negative value under the unsigned VR: 65535 among signed pixels is -1.

    Args:
        last_positive: what lies above it is negative; None: nothing is.
    """
    return value - 65536 if last_positive is not None and value > last_positive else value


def _luts(tags: Tags, keyword: str, last_positive: int | None, big_endian: bool) -> list[LookupTable]:
    """Items of a Modality or VOI LUT Sequence; unusable ones are left out and remembered."""
    tables: list[LookupTable] = []
    for item in tags.items(keyword):
        table = _table(item, last_positive, big_endian)
        if table is None:
            tags.blame(keyword)
        else:
            tables.append(table)
    return tables


def _table(item: Tags, last_positive: int | None, big_endian: bool) -> LookupTable | None:
    """LUT Descriptor (0028,3002): number of entries (0 means 65536), first value mapped, bits per entry."""
    descriptor = [int(v) for v in item.numbers("LUTDescriptor")]
    data = item.raw("LUTData")
    if len(descriptor) != 3 or data is None:
        return None
    count, first, bits = descriptor
    if not -(1 << 15) <= first < 1 << 16:  # neither SS nor US: nothing can write it again
        return None
    count = count % _MAX_ENTRIES or _MAX_ENTRIES
    if isinstance(data, (bytes, bytearray)):
        raw = bytes(data)[: len(data) // 2 * 2]
        if big_endian:
            raw = np.frombuffer(raw, ">u2").astype("<u2").tobytes()
        if bits <= 8 and count <= len(raw) < 2 * count:  # two 8-bit entries a word
            entries = np.frombuffer(raw, np.uint8)
        else:
            entries = np.frombuffer(raw, "<u2")
    elif isinstance(data, (list, tuple, MultiValue)):
        entries = np.asarray([int(v) & 0xFFFF for v in data], np.uint16)
    else:
        return None
    entries = entries[:count]
    if len(entries) < count:
        return None
    needed = int(entries.max()).bit_length()
    bits = max(bits if 1 <= bits <= 16 else 16, needed, 1)
    return LookupTable(
        _sign(first, last_positive), bits, tuple(entries.tolist()), item.text("LUTExplanation")
    )
