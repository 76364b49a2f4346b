"""From the pixel element to a 2-D array of stored values. PS3.5 section 8 and Annex A.4, PS3.3 C.7.6.3.

Everything declared is compared with what is there before memory is asked for.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_color_lut

from workstation.dicom import codecs
from workstation.dicom.parsing import Parsed, PixelElement
from workstation.dicom.values import Tags
from workstation.domain.film import Notice, NoticeCode
from workstation.domain.unreadable import MAX_MEGAPIXELS, UnreadableCode, unreadable

Array = npt.NDArray[Any]

_NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
_ITEM, _DELIMITER = 0xFFFEE000, 0xFFFEE0DD


@dataclass(frozen=True, slots=True)
class Layout:
    """Image Pixel module as declared, checked for plausibility (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    planar: bool
    frames: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame."""
        pixels = self.rows * self.columns
        # Two pixels share their colour (PS3.3 C.7.6.3.1.2): the last one has its pair, too.
        samples = (pixels + 1) // 2 * 4 if self.photometric == "YBR_FULL_422" else pixels * self.samples
        return samples * self.bits_allocated // 8


def read_layout(tags: Tags, name: str) -> Layout:
    """Read and check the Image Pixel module.

    Raises:
        UnreadableFilm: `no_pixels` (no or zero size), `too_large`, `unsupported`, `inconsistent`.
    """
    rows, columns = tags.integer("Rows") or 0, tags.integer("Columns") or 0
    if rows <= 0 or columns <= 0:
        raise unreadable(UnreadableCode.NO_PIXELS, name, f"{rows} rows, {columns} columns")
    if rows * columns > MAX_MEGAPIXELS * 1_000_000:
        raise unreadable(UnreadableCode.TOO_LARGE, name, f"{rows} x {columns}")
    samples = _or(tags.integer("SamplesPerPixel"), 1)
    allocated = _or(tags.integer("BitsAllocated"), 16)
    if samples not in (1, 3):
        raise unreadable(UnreadableCode.UNSUPPORTED, name, f"{samples} samples a pixel")
    if allocated not in (8, 16, 32) or (samples == 3 and allocated == 32):
        raise unreadable(UnreadableCode.UNSUPPORTED, name, f"{allocated} bits allocated")
    stored = _or(tags.integer("BitsStored"), allocated)
    if not 1 <= stored <= allocated:
        tags.blame("BitsStored")
        stored = allocated
    high = _or(tags.integer("HighBit"), stored - 1)
    if not stored - 1 <= high < allocated:
        tags.blame("HighBit")
        high = stored - 1
    photometric = tags.text("PhotometricInterpretation").upper()
    if samples == 1 and photometric not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"):
        tags.blame("PhotometricInterpretation")
        photometric = "MONOCHROME2"
    elif samples == 3 and not photometric.startswith(("RGB", "YBR")):
        tags.blame("PhotometricInterpretation")
        photometric = "RGB"
    return Layout(
        rows=rows,
        columns=columns,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=tags.integer("PixelRepresentation") == 1,
        photometric=photometric,
        planar=samples > 1 and tags.integer("PlanarConfiguration") == 1,
        frames=max(1, _or(tags.integer("NumberOfFrames"), 1)),
    )


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def read_stored(parsed: Parsed, layout: Layout, name: str) -> tuple[Array, list[Notice]]:
    """First frame as the codec or the file gives it.

    Returns:
        (rows, columns) or (rows, columns, 3) integers, perhaps a view of the file's bytes; and notices.

    Raises:
        UnreadableFilm: `no_pixels`, `unsupported`, `truncated`, `inconsistent`, `damaged`.
    """
    element = parsed.pixels
    if element is None and parsed.cut:
        raise unreadable(UnreadableCode.TRUNCATED, name, "header")
    if element is None or element.length == 0:
        raise unreadable(UnreadableCode.NO_PIXELS, name)
    if element.is_float:
        raise unreadable(UnreadableCode.UNSUPPORTED, name, "floating point pixels")
    syntax = parsed.transfer_syntax
    if element.length is None or syntax in codecs.ENCAPSULATED:
        if syntax not in codecs.ENCAPSULATED:
            what = "undefined length" if syntax in _NATIVE else f"transfer syntax {syntax.name}"
            raise unreadable(UnreadableCode.UNSUPPORTED, name, what)
        return _read_encapsulated(element, syntax, layout, name), []
    if syntax not in _NATIVE and not parsed.guessed:
        raise unreadable(UnreadableCode.UNSUPPORTED, name, f"transfer syntax {syntax.name}")
    return _read_native(element, syntax, layout, name)


def _read_native(element: PixelElement, syntax: str, layout: Layout, name: str) -> tuple[Array, list[Notice]]:
    assert element.length is not None
    there = min(element.length, len(element.buffer) - element.offset)
    width = layout.bits_allocated // 8
    big = syntax == uid.ExplicitVRBigEndian
    # 8-bit samples in 16-bit words, PS3.5 8.1.2: the bytes of each word are swapped, and the last word is whole.
    swapped = big and width == 1 and element.buffer[element.offset - 8 : element.offset - 6] == b"OW"
    if there < layout.frame_bytes + (layout.frame_bytes % 2 if swapped else 0):
        cut = there < element.length
        code = UnreadableCode.TRUNCATED if cut or there % 2 else UnreadableCode.INCONSISTENT
        raise unreadable(code, name, f"{there} of {layout.frame_bytes} bytes of pixels")
    notices: list[Notice] = []
    spare = there - layout.frame_bytes * layout.frames
    if spare > 1 and layout.frames == 1:
        frames, rest = divmod(there, layout.frame_bytes)
        if rest <= 1:
            notices.append(Notice(NoticeCode.MULTI_FRAME, f"first of {frames} frames shown"))
        elif spare >= layout.frame_bytes // layout.rows:
            # A whole row too many: a declared side is wrong and the image would come out sheared.
            raise unreadable(UnreadableCode.INCONSISTENT, name, f"{spare} bytes of pixels too many")
        else:
            notices.append(Notice(NoticeCode.TAG_REPAIRED, f"{spare} bytes after the pixels ignored"))
    count = layout.frame_bytes // width
    flat: Array
    if swapped:
        words = np.frombuffer(element.buffer, ">u2", (count + 1) // 2, element.offset)
        flat = words.astype("<u2").view(np.uint8)[:count]
    else:
        dtype = np.dtype(f"{'>' if big else '<'}{'i' if layout.signed else 'u'}{width}")
        flat = np.frombuffer(element.buffer, dtype, count, element.offset)
    if layout.photometric == "YBR_FULL_422":  # Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2): the greys are the first two
        luma = flat.reshape(-1, 4)[:, :2].reshape(-1)[: layout.rows * layout.columns]
        return luma.reshape(layout.rows, layout.columns), notices
    if layout.samples == 1:
        return flat.reshape(layout.rows, layout.columns), notices
    if layout.planar:
        return np.moveaxis(flat.reshape(layout.samples, layout.rows, layout.columns), 0, -1), notices
    return flat.reshape(layout.rows, layout.columns, layout.samples), notices


def _read_encapsulated(element: PixelElement, syntax: str, layout: Layout, name: str) -> Array:
    _check_fragments(element, name)
    try:
        stream = BytesIO(element.buffer)
        stream.seek(element.offset)
        frame = get_frame(stream, 0, number_of_frames=layout.frames)
    except Exception as error:  # pydicom raises several kinds for broken fragments
        raise unreadable(UnreadableCode.DAMAGED, name, "fragments") from error
    if not frame:
        raise unreadable(UnreadableCode.NO_PIXELS, name)
    declared = (layout.rows, layout.columns, layout.samples)
    frame = codecs.check_frame(frame, syntax, *declared, layout.bits_allocated, name)
    try:
        array = codecs.decode(frame, syntax, *declared, layout.bits_allocated // 8, layout.photometric)
    except Exception as error:  # codecs have no common base class
        raise unreadable(UnreadableCode.DAMAGED, name, "compressed image") from error
    shape = declared[:2] if layout.samples == 1 else declared
    if array.shape != shape:
        raise unreadable(UnreadableCode.INCONSISTENT, name, f"decoded to {array.shape}, declared {shape}")
    return array


def _check_fragments(element: PixelElement, name: str) -> None:
    """Refuse fragments that reach beyond the end of the file (PS3.5 A.4), before any decoder sees them."""
    at, end = element.offset, len(element.buffer)
    fragments = 0
    while at + 8 <= end:
        group, number, length = struct.unpack_from("<HHL", element.buffer, at)
        tag = group << 16 | number
        if tag == _DELIMITER:
            break
        if tag != _ITEM:
            raise unreadable(UnreadableCode.DAMAGED, name, "fragments")
        at += 8 + length
        fragments += 1
        if at > end:
            raise unreadable(UnreadableCode.TRUNCATED, name, "last fragment")
    if fragments < 2:  # the first item is the offset table
        code = UnreadableCode.NO_PIXELS if at + 8 <= end else UnreadableCode.TRUNCATED
        raise unreadable(code, name)


def to_grey(array: Array, layout: Layout, syntax: str, dataset: Dataset, name: str) -> Array:
    """One grey channel of a colour or palette image (Rec. 601 luma); mono arrays pass unchanged.

    Raises:
        UnreadableFilm: `damaged`: a palette that cannot be applied.
    """
    if layout.photometric == "PALETTE COLOR":
        try:
            array = apply_color_lut(np.ascontiguousarray(array), dataset)
        except Exception as error:  # a missing or broken palette
            raise unreadable(UnreadableCode.DAMAGED, name, "palette") from error
    elif array.ndim == 2:
        return array
    elif layout.photometric.startswith("YBR") and not codecs.gives_rgb(syntax, layout.photometric):
        return np.ascontiguousarray(array[..., 0])  # nothing converted these: the first channel is the luma
    array = np.ascontiguousarray(array)
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in (np.uint8, np.uint16):
        array = array.astype(np.uint16 if array.dtype.itemsize > 1 else np.uint8)
    if np.array_equal(array[..., 0], array[..., 1]) and np.array_equal(array[..., 0], array[..., 2]):
        return np.ascontiguousarray(array[..., 0])
    return np.asarray(cv2.cvtColor(array, cv2.COLOR_RGB2GRAY))


@dataclass(frozen=True, slots=True)
class Stored:
    """Stored values ready for the greyscale pipeline.

    Attributes:
        pixels: (rows, columns) uint8, uint16 or int16, C-contiguous.
        bits: bits that hold the values, 1..16.
        shift: bits dropped from 32-bit samples; the pipeline multiplies its slope by 2**shift.
        notices: what was not as declared.
    """

    pixels: Array
    bits: int
    shift: int = 0
    notices: tuple[Notice, ...] = ()


def normalise(array: Array, layout: Layout, has_overlay_bits: bool, lossy: bool = False) -> Stored:
    """Bring decoded samples to native uint8, uint16 or int16, whatever Bits Stored and High Bit claim.

    PS3.5 8.1.1 leaves the unused bits undefined. Where they hold an overlay they are masked; otherwise values
    above the declared bits mean that Bits Stored lies, and the values are kept. A lossy codec may overshoot a little;
    that is cut off.
    """
    notices: list[Notice] = []
    bits = layout.bits_stored
    if array.dtype.itemsize == 4:
        return _narrow(array, layout)
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    if layout.signed:
        array = array.astype(np.int16) if array.dtype.itemsize == 1 else array.view(np.int16)
    elif array.dtype.kind == "i":  # the codestream has a sign, the header none: the bit pattern counts
        array = array.view(array.dtype.str.replace("i", "u"))
        array = array & array.dtype.type((1 << bits) - 1)
    low, high = int(array.min()), int(array.max())
    top = (1 << bits) - 1
    if layout.high_bit != bits - 1:
        notices.append(Notice(NoticeCode.TAG_REPAIRED, "HighBit"))
        if high > top or low < 0:
            array = array >> (layout.high_bit - bits + 1)
            low, high = int(array.min()), int(array.max())
    if lossy:
        floor, ceiling = (-(top + 1) // 2, top // 2) if layout.signed else (0, top)
        margin = top // 8
        if (low < floor or high > ceiling) and floor - margin <= low and high <= ceiling + margin:
            array = np.clip(array, floor, ceiling)
            low, high = max(low, floor), min(high, ceiling)
    if layout.signed:
        half = 1 << (bits - 1)
        fits = -half <= low and high < half
        if not fits and (has_overlay_bits or (low >= 0 and high <= top)):
            # Two's complement within Bits Stored: the sign has to be carried up.
            up = 16 - bits
            array = (array << up) >> up
        elif not fits:
            notices.append(Notice(NoticeCode.TAG_REPAIRED, "BitsStored"))
            bits = max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0) + 1
    elif high > top:
        if has_overlay_bits:
            array = array & array.dtype.type(top)
        else:
            notices.append(Notice(NoticeCode.TAG_REPAIRED, "BitsStored"))
            bits = high.bit_length()
    # An odd number of bytes before the pixels leaves a view of the file unaligned.
    return Stored(np.require(array, requirements=("C", "A")), bits, 0, tuple(notices))


def _narrow(array: Array, layout: Layout) -> Stored:
    """32-bit samples to 16: exactly where the values fit, else without their lowest bits."""
    if layout.signed and array.dtype.kind == "u":  # RLE knows no sign: the bit pattern counts
        array = array.view(array.dtype.str.replace("u", "i"))
    values = array.astype(np.int64)
    low, high = int(values.min()), int(values.max())
    dtype: type[np.int16 | np.uint16] = np.int16 if layout.signed else np.uint16
    limits = np.iinfo(dtype)
    shift = 0
    while (high >> shift) > limits.max or (low >> shift) < limits.min:
        shift += 1
    notices = (Notice(NoticeCode.TAG_REPAIRED, f"BitsAllocated 32, lowest {shift} bits dropped"),)
    bits = 16 if shift else min(16, layout.bits_stored)
    return Stored((values >> shift).astype(dtype), bits, shift, notices)
