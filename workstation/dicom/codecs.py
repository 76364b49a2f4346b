"""Decoders of compressed frames: imagecodecs, which does not hold the GIL while it decodes.

`decode` is what the reader calls. `decode_frame` offers the same to pydicom as a decoding plugin, so that
everything else in the program that asks pydicom for pixels (key objects, secondary captures) gets it too.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import config, uid
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder

Array = npt.NDArray[Any]

PLUGIN = "imagecodecs"

JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
JPEG_LOSSLESS = (uid.JPEGLossless, uid.JPEGLosslessSV1)
JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
JPEG_2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
HTJ2K = (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
ENCAPSULATED = (uid.RLELossless, *JPEG, *JPEG_LOSSLESS, *JPEG_LS, *JPEG_2000, *HTJ2K)
ALWAYS_LOSSY = (*JPEG, uid.JPEGLSNearLossless)
MAYBE_LOSSY = (uid.JPEG2000, uid.HTJ2K)

# pydicom asks a plugin module for this name.
DECODER_DEPENDENCIES = dict.fromkeys(ENCAPSULATED, ("imagecodecs",))

_JPEG_2000_THREADS = 2


def is_available(syntax: str) -> bool:
    """True for every transfer syntax of `ENCAPSULATED` (asked by pydicom)."""
    return syntax in ENCAPSULATED


def decode(frame: bytes, syntax: str, rows: int, columns: int, samples: int, bytes_per_sample: int) -> Array:
    """Decode one frame.

    Args:
        frame: the codestream of one frame, fragments joined.
        syntax: transfer syntax UID, one of `ENCAPSULATED`.
        rows, columns, samples, bytes_per_sample: as the header declares; RLE has no header of its own.

    Returns:
        (rows, columns) or (rows, columns, samples) integers as the codestream holds them; colour comes as
        RGB, except from RLE and JPEG-LS, which do not convert.

    Raises:
        Exception: whatever the codec raises; codecs have no common base class.
    """
    if syntax == uid.RLELossless:
        return _decode_rle(frame, rows, columns, samples, bytes_per_sample)
    if syntax in JPEG:
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


def decode_frame(frame: bytes, runner: DecodeRunner) -> bytes:
    """pydicom's decoding plugin: one frame as bytes, colour by pixel."""
    array = decode(
        frame,
        runner.transfer_syntax,
        runner.rows,
        runner.columns,
        runner.samples_per_pixel,
        runner.bits_allocated // 8,
    )
    runner.set_option("bits_allocated", array.dtype.itemsize * 8)
    if runner.samples_per_pixel > 1:
        runner.set_option("planar_configuration", 0)
        if runner.transfer_syntax in (*JPEG, *JPEG_2000, *HTJ2K):
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
