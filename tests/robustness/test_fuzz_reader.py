"""Whatever bytes come: a film or `UnreadableFilm`, nothing else, in bounded time."""

from __future__ import annotations

import random
import time
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import uid

from tests.support.dicom_maker import LOSSLESS, LOSSY, NATIVE, chest_pixels, film_bytes, lut_item
from workstation.dicom import reader
from workstation.domain.errors import UnreadableFilm
from workstation.domain.unreadable import UnreadableCode
from workstation.imaging.lut import presentation_image, voi_choices
from workstation.services.reading import read_film_bytes

SMALL = chest_pixels(24, 20, 8)
SECONDS = 0.8


def seeds() -> dict[str, bytes]:
    """One small valid film of every format, with everything in its header that the reader looks at."""
    films: dict[str, bytes] = {}
    for syntax in (*NATIVE, *LOSSLESS, *LOSSY):
        films[syntax.name.replace(" ", "-")] = film_bytes(
            SMALL,
            bits_stored=8,
            transfer_syntax=syntax,
            windows=[(120, 200, "A"), (90, 50)],
            voi_lut=[lut_item(0, [0, 10, 255], 8)],
            rescale=(1, 0),
            padding=0,
            PixelSpacing=[0.1, 0.1],
            PatientOrientation=["L", "F"],
            SpecificCharacterSet="ISO_IR 192",
            PatientName="Иванов^Иван",
        )
    rgb = np.dstack([SMALL, SMALL // 2, SMALL // 3])
    films["colour"] = film_bytes(rgb, sop_class="SC", bits_stored=8, photometric="RGB", frames=2)
    films["png"] = bytes(imagecodecs.png_encode(SMALL))
    films["jpeg"] = bytes(imagecodecs.jpeg8_encode(rgb))
    films["tiff"] = bytes(imagecodecs.tiff_encode(SMALL, photometric="miniswhite", compression="lzw"))
    films["tiff-rgb"] = bytes(imagecodecs.tiff_encode(rgb, photometric="rgb"))
    return films


FILMS = seeds()


def well_said(error: UnreadableFilm) -> str:
    """The error's code, once it is known to be of the table and to name the file."""
    assert "fuzz.dcm" in error.message
    return UnreadableCode(error.code).value


def outcome(data: bytes) -> str:
    """Read, show, and name what happened; anything but a film or UnreadableFilm escapes and fails the test."""
    try:
        film = read_film_bytes(data, "fuzz.dcm")
    except UnreadableFilm as refused:
        return well_said(refused)
    header = film.header
    assert film.pixels.shape == (header.rows, header.columns)
    assert film.pixels.flags.c_contiguous
    shown = presentation_image(header.greyscale, film.pixels)
    assert shown.shape == film.pixels.shape
    assert shown.dtype == np.uint8
    voi_choices(header.greyscale)
    return "film"


def mutate(data: bytes, rng: random.Random) -> bytes:
    """A few random wounds: flipped, overwritten, inserted, deleted, repeated or cut-off bytes."""
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not body:
            break
        at = rng.randrange(len(body))
        # Headers are where parsers break: half of the wounds go into the first kilobyte after the preamble.
        if rng.random() < 0.5:
            at = min(len(body) - 1, 132 + int(rng.random() * 1500))
        kind = rng.randrange(7)
        if kind == 0:
            body[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            body[at] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
        elif kind == 2:
            body[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\x01\0\0\0")
            )
        elif kind == 3:
            body[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 4:
            del body[at : at + rng.randrange(1, 9)]
        elif kind == 5:
            body[at:at] = body[at : at + rng.randrange(1, 64)]
        else:
            del body[at:]
    return bytes(body)


@pytest.mark.parametrize("name", FILMS)
def test_seeds_are_films(name: str) -> None:
    assert outcome(FILMS[name]) == "film"


@pytest.mark.parametrize("name", FILMS)
def test_wounded_films(name: str) -> None:
    rng = random.Random(name)
    end = time.monotonic() + SECONDS
    outcomes: set[str] = set()
    for _ in range(2000):
        wounded = mutate(FILMS[name], rng)
        try:
            outcomes.add(outcome(wounded))
        except UnreadableFilm:
            raise
        except Exception as error:
            raise AssertionError(
                f"{type(error).__name__} on {len(wounded)} bytes: {wounded.hex()}"
            ) from error
        if time.monotonic() > end:
            break
    assert len(outcomes) > 1


@pytest.mark.parametrize("name", ["Explicit-VR-Little-Endian", "RLE-Lossless", "tiff", "png"])
def test_every_length_of_a_cut_off_file(name: str) -> None:
    data = FILMS[name]
    for length in range(0, len(data), max(1, len(data) // 150)):
        outcome(data[:length])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.binary(max_size=400),
    head=st.sampled_from([b"", bytes(128) + b"DICM", b"\x08\0\x05\0CS\x0a\0", b"II*\0"]),
)
def test_noise(data: bytes, head: bytes) -> None:
    outcome(head + data)


@settings(max_examples=150)
@given(
    tags=st.fixed_dictionaries(
        {},
        optional={
            "Rows": st.integers(0, 65535),
            "Columns": st.integers(0, 65535),
            "BitsAllocated": st.integers(0, 65535),
            "BitsStored": st.integers(0, 65535),
            "HighBit": st.integers(0, 65535),
            "PixelRepresentation": st.integers(0, 2),
            "SamplesPerPixel": st.integers(0, 5),
            "PlanarConfiguration": st.integers(0, 2),
            "NumberOfFrames": st.integers(-1, 2**31 - 1),
            "PhotometricInterpretation": st.sampled_from(
                ["MONOCHROME1", "RGB", "YBR_FULL_422", "YBR_RCT", "PALETTE COLOR", "HSV", "X"]
            ),
            "RescaleSlope": st.sampled_from(["0", "-1", "1e300", "1e-300", "nan"]),
            "RescaleIntercept": st.sampled_from(["-1e300", "5", "inf"]),
            "WindowCenter": st.sampled_from(["1e300", "-5", "0"]),
            "WindowWidth": st.sampled_from(["1e-300", "1e300", "0", "12"]),
            "PixelPaddingValue": st.integers(0, 32767),
        },
    ),
    syntax=st.sampled_from(
        [uid.ExplicitVRLittleEndian, uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless]
    ),
)
def test_headers_that_lie(tags: dict[str, Any], syntax: uid.UID) -> None:
    data = film_bytes(SMALL, bits_stored=8, transfer_syntax=syntax, **tags)
    outcome(data)
    try:
        reader.read_header(data, "fuzz.dcm")
    except UnreadableFilm as refused:
        well_said(refused)
