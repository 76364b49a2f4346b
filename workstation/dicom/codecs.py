"""Decoders of compressed frames: imagecodecs, which does not hold the GIL while it decodes.

`check_frame` and `decode` are what the reader calls. `decode_frame` offers both to pydicom as a decoding plugin, so
that whoever asks pydicom for pixels (a film decompressed for a peer) gets them too.
"""

from __future__ import annotations

import logging
import struct
import warnings
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import config, uid
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder

from workstation.dicom.codestream import (
    is_complete,
    jpeg2000_codestream,
    jpeg2000_size,
    jpeg_size,
    jpeg_tells_colours,
)
from workstation.domain.errors import UnreadableFilm
from workstation.domain.unreadable import (
    MAX_JPEG_SCANS,
    MAX_MEGAPIXELS,
    START_OF_SCAN,
    UnreadableCode,
    unreadable,
)

Array = npt.NDArray[Any]

PLUGIN = "imagecodecs"
_SO_FAR = "cxr_pixels_so_far"

JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
JPEG_LOSSLESS = (uid.JPEGLossless, uid.JPEGLosslessSV1)
JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
JPEG_2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
HTJ2K = (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
ENCAPSULATED = (uid.RLELossless, *JPEG, *JPEG_LOSSLESS, *JPEG_LS, *JPEG_2000, *HTJ2K)
ALWAYS_LOSSY = (*JPEG, uid.JPEGLSNearLossless)
MAYBE_LOSSY = (uid.JPEG2000, uid.HTJ2K)

NOT_DECODED = f"its image is damaged, not as its header says, or larger than {MAX_MEGAPIXELS} megapixels"
"""In the text of the error where `decode_frame` refused a frame: pydicom keeps nothing else of a plugin's error."""

# pydicom asks a plugin module for this name.
DECODER_DEPENDENCIES = dict.fromkeys(ENCAPSULATED, ("imagecodecs",))

_WAVELET = (*JPEG_2000, *HTJ2K)
_JPEG_2000_THREADS = 2


def is_available(syntax: str) -> bool:
    """True for every transfer syntax of `ENCAPSULATED` (asked by pydicom)."""
    return syntax in ENCAPSULATED


def check_frame(
    frame: bytes, syntax: str, rows: int, columns: int, samples: int, bits_allocated: int, name: str
) -> bytes:
    """Compare the codestream's own size with the header's, and see that it has an end; decodes nothing.

    Args:
        frame: one frame, fragments joined.
        syntax: transfer syntax UID, one of `ENCAPSULATED`.
        rows, columns, samples, bits_allocated: as the header declares.
        name: how messages call the film.

    Returns:
        The part of the frame that a decoder may see.

    Raises:
        UnreadableFilm: `damaged`, `inconsistent`, `truncated`, `unsupported`.
    """
    if syntax == uid.RLELossless:
        segments = struct.unpack_from("<L", frame)[0] if len(frame) >= 64 else 0
        expected = samples * bits_allocated // 8
        if segments != expected:
            raise unreadable(
                UnreadableCode.INCONSISTENT, name, f"{segments} RLE segments, {expected} expected"
            )
        return frame
    if syntax in _WAVELET:
        frame = jpeg2000_codestream(frame)
    size = jpeg2000_size(frame) if syntax in _WAVELET else jpeg_size(frame)
    if size is None:
        raise unreadable(UnreadableCode.DAMAGED, name, "compressed image without a header")
    declared = (rows, columns, samples)
    found = (size.rows, size.columns, size.samples)
    if found != declared:
        raise unreadable(UnreadableCode.INCONSISTENT, name, f"compressed image {found}, header {declared}")
    if size.precision > min(bits_allocated, 16):
        detail = f"{size.precision} bits in {bits_allocated} allocated"
        raise unreadable(UnreadableCode.INCONSISTENT, name, detail)
    if syntax in (*JPEG, *JPEG_LOSSLESS) and frame.count(START_OF_SCAN) > MAX_JPEG_SCANS:
        raise unreadable(UnreadableCode.UNSUPPORTED, name, "JPEG in too many scans")
    # libjpeg and OpenJPH fill what is missing with grey and say nothing.
    if syntax in (*JPEG, *HTJ2K) and not is_complete(frame):
        raise unreadable(UnreadableCode.TRUNCATED, name, "compressed image without an end")
    return frame


def decode(
    frame: bytes,
    syntax: str,
    rows: int,
    columns: int,
    samples: int,
    bytes_per_sample: int,
    photometric: str = "",
) -> Array:
    """Decode one frame.

    Args:
        frame: the codestream of one frame, as `check_frame` returns it.
        syntax: transfer syntax UID, one of `ENCAPSULATED`.
        rows, columns, samples, bytes_per_sample: as the header declares; RLE has no header of its own.
        photometric: as the header declares; it counts for a JPEG that does not say itself how its colours are stored.

    Returns:
        (rows, columns) or (rows, columns, samples) integers as the codestream holds them; colour comes as
        RGB where `gives_rgb` says so.

    Raises:
        Exception: whatever the codec raises; codecs have no common base class.
    """
    if syntax == uid.RLELossless:
        return _decode_rle(frame, rows, columns, samples, bytes_per_sample)
    if syntax in JPEG:
        # libjpeg takes three samples for YCbCr where nothing tells.
        if photometric == "RGB" and not jpeg_tells_colours(frame):
            return np.asarray(imagecodecs.jpeg8_decode(frame, colorspace="RGB", outcolorspace="RGB"))
        return np.asarray(imagecodecs.jpeg8_decode(frame))
    if syntax in JPEG_LOSSLESS:
        try:
            return np.asarray(imagecodecs.jpeg8_decode(frame))
        except imagecodecs.Jpeg8Error:  # half as fast, but knows some oddities that libjpeg-turbo refuses
            return np.asarray(imagecodecs.jpegsof3_decode(frame))
    if syntax in JPEG_LS:
        return np.asarray(imagecodecs.jpegls_decode(frame))
    # HTJ2K too goes to OpenJPEG: imagecodecs' faster OpenJPH decoder (2026.3.6) swallows an error in the middle of a
    # damaged codestream, prints it, and returns the rest of the image as uninitialised memory.
    return np.asarray(imagecodecs.jpeg2k_decode(frame, numthreads=_JPEG_2000_THREADS))


def _decode_rle(frame: bytes, rows: int, columns: int, samples: int, bytes_per_sample: int) -> Array:
    """RLE Lossless, PS3.5 Annex G: the output size is fixed beforehand; a lying segment cannot grow."""
    dtype = np.dtype(f"<u{bytes_per_sample}")
    size = rows * columns * samples * bytes_per_sample
    out = imagecodecs.dicomrle_decode(frame, dtype, out=size)
    if len(out) != size:
        raise ValueError(f"RLE segments hold {len(out)} of {size} bytes")
    planes = np.frombuffer(out, dtype).reshape(samples, rows, columns)
    return planes[0] if samples == 1 else np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def gives_rgb(syntax: str, photometric: str) -> bool:
    """True where `decode` gives a colour film as RGB, else as the codestream holds it: RGB or YBR, as the header says.

    A wavelet codec turns back what it turned itself (YBR_ICT, YBR_RCT); what was YBR_FULL before stays so, PS3.5 8.2.4.
    """
    return syntax in JPEG or (syntax in _WAVELET and photometric != "YBR_FULL")


def decode_frame(frame: bytes, runner: DecodeRunner) -> bytes:
    """pydicom's decoding plugin: one frame as bytes, colour by pixel.

    Raises:
        ValueError: `NOT_DECODED`: the reader would refuse the frame, or all frames together are too large.
        Exception: as `decode`.
    """
    syntax, allocated = runner.transfer_syntax, runner.bits_allocated
    shape = (runner.rows, runner.columns, runner.samples_per_pixel)
    # pydicom holds all frames at once, and as many as the file's tables claim: a small file may name one a thousand
    # times.
    pixels = runner.get_option(_SO_FAR, 0) + runner.rows * runner.columns
    if pixels > MAX_MEGAPIXELS * 1_000_000:
        raise ValueError(NOT_DECODED)
    try:
        frame = check_frame(frame, syntax, *shape, allocated, "")
    except UnreadableFilm as error:
        raise ValueError(NOT_DECODED) from error
    array = decode(frame, syntax, *shape, allocated // 8, runner.photometric_interpretation)
    runner.set_option(_SO_FAR, pixels)
    runner.set_option("bits_allocated", array.dtype.itemsize * 8)
    if runner.samples_per_pixel > 1:
        runner.set_option("planar_configuration", 0)
        if gives_rgb(syntax, runner.photometric_interpretation):
            runner.set_option("photometric_interpretation", "RGB")
    return array.tobytes()


def prepare_pydicom() -> None:
    """Set pydicom up for foreign files: our decoders, no validation, no quoting of values. Idempotent.

    pydicom's warnings and log lines may quote header values, patient names among them; the reader says in
    notices what it repaired.
    """
    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=UserWarning, module="pydicom")
    for syntax in ENCAPSULATED:
        decoder = get_decoder(syntax)
        if PLUGIN not in decoder.available_plugins:
            decoder.add_plugin(PLUGIN, (__name__, "decode_frame"))
