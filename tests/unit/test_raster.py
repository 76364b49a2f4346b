"""PNG, JPEG and TIFF films."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from workstation.domain.errors import UnreadableFilm
from workstation.domain.film import NoticeCode
from workstation.imaging import raster
from workstation.imaging.lut import presentation_image

GREY8 = np.tile(np.arange(64, dtype=np.uint8) * 4, (32, 1))
GREY16 = GREY8.astype(np.uint16) * 257
RGB = np.dstack([GREY8, GREY8 // 2, GREY8 // 4])


def png(array: Any) -> bytes:
    return bytes(imagecodecs.png_encode(array))


def jpeg(array: Any) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(array, level=98))


def tiff(array: Any, **options: Any) -> bytes:
    return bytes(imagecodecs.tiff_encode(array, **options))


def code_of(data: bytes) -> str:
    with pytest.raises(UnreadableFilm) as caught:
        raster.read(data, "film.png")
    assert "film.png" in caught.value.message
    assert caught.value.remedy
    return caught.value.code


def patched_tag(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF with the SHORT or LONG value of one tag replaced."""
    at = struct.unpack_from("<L", data, 4)[0]
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        found, kind, count = struct.unpack_from("<HHL", data, entry)
        if found == tag:
            letter = "H" if kind == 3 else "L"
            field = struct.pack(f"<{letter}", value).ljust(4, b"\0")
            return data[:entry] + struct.pack("<HHL", found, kind, count) + field + data[entry + 12 :]
    raise AssertionError(f"no tag {tag}")


@pytest.mark.parametrize("grey", [GREY8, GREY16], ids=["8 bit", "16 bit"])
@pytest.mark.parametrize("encode", [png, tiff], ids=["png", "tiff"])
def test_grey_comes_back_exactly(encode: Any, grey: Any) -> None:
    header, pixels = raster.read(encode(grey))
    assert pixels.dtype == grey.dtype
    assert np.array_equal(pixels, grey)
    assert (header.rows, header.columns) == grey.shape
    assert header.greyscale.bits_stored == 8 * grey.dtype.itemsize
    assert [n.code for n in header.notices] == [NoticeCode.NOT_DICOM]
    assert header.sop_instance_uid == ""


def test_jpeg_is_near_and_said_to_be_lossy() -> None:
    header, pixels = raster.read(jpeg(GREY8))
    assert np.abs(pixels.astype(int) - GREY8).max() <= 6
    assert NoticeCode.LOSSY in [n.code for n in header.notices]


@pytest.mark.parametrize("compression", ["none", "deflate", "lzw"])
@pytest.mark.parametrize("grey", [GREY8, GREY16], ids=["8 bit", "16 bit"])
def test_white_is_zero_is_inverted_exactly_once(grey: Any, compression: str) -> None:
    options = {} if compression == "none" else {"compression": compression}
    black_zero = raster.read(tiff(grey, photometric="minisblack", **options))
    white_zero = raster.read(tiff(grey, photometric="miniswhite", **options))
    assert np.array_equal(white_zero[1], grey)
    assert white_zero[0].greyscale.inverted
    shown, upside = (presentation_image(h.greyscale, p) for h, p in (black_zero, white_zero))
    assert np.array_equal(upside, 255 - shown)


@pytest.mark.parametrize("encode", [png, tiff, jpeg], ids=["png", "tiff", "jpeg"])
def test_colour_becomes_grey_and_is_said(encode: Any) -> None:
    header, pixels = raster.read(encode(RGB))
    expected = RGB @ np.array([0.299, 0.587, 0.114])
    assert np.abs(pixels - expected).max() <= 6
    assert NoticeCode.COLOUR in [n.code for n in header.notices]


def test_grey_saved_as_colour_is_exact_and_no_colour() -> None:
    header, pixels = raster.read(png(np.dstack([GREY16] * 3)))
    assert np.array_equal(pixels, GREY16)
    assert NoticeCode.COLOUR not in [n.code for n in header.notices]


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_dropped(channels: int) -> None:
    alpha = np.full_like(GREY8, 3)
    _, pixels = raster.read(png(np.dstack([*[GREY8] * (channels - 1), alpha])))
    assert np.array_equal(pixels, GREY8)


def test_one_bit() -> None:
    bits = (GREY8 > 100).astype(np.uint8) * 255
    data = cv2.imencode(".png", bits, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes()
    assert np.array_equal(raster.read(data)[1], bits)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_one_bit_tiff_and_its_polarity(photometric: str) -> None:
    header, pixels = raster.read(tiff(GREY8 > 100, photometric=photometric))
    assert np.array_equal(pixels, (GREY8 > 100).astype(np.uint8) * 255)
    shown = presentation_image(header.greyscale, pixels)
    assert np.array_equal(shown, pixels if photometric == "minisblack" else 255 - pixels)


def test_first_page_with_a_notice() -> None:
    header, pixels = raster.read(tiff(np.stack([GREY8, GREY8 // 2])))
    assert np.array_equal(pixels, GREY8)
    assert NoticeCode.MULTI_FRAME in [n.code for n in header.notices]


def test_orientation_is_not_applied_but_said() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHLHH", 274, 3, 1, 6, 0) + b"\0\0\0\0"
    data = jpeg(GREY8)
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    header, pixels = raster.read(data)
    assert pixels.shape == GREY8.shape
    assert "Orientation" in " ".join(n.detail for n in header.notices)


class TestRefused:
    def test_neither_png_jpeg_nor_tiff(self) -> None:
        assert code_of(b"GIF89a" + bytes(100)) == "not_an_image"

    @pytest.mark.parametrize("encode", [png, jpeg, tiff], ids=["png", "jpeg", "tiff"])
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_cut_off(self, encode: Any, share: float) -> None:
        noisy = np.random.default_rng(1).integers(0, 255, (64, 64), dtype=np.uint8)
        data = encode(noisy)
        assert code_of(data[: int(len(data) * share)]) in ("truncated", "damaged")

    def test_huge_png_before_decoding(self) -> None:
        data = png(GREY8)
        assert code_of(data[:16] + struct.pack(">LL", 60000, 60000) + data[24:]) == "too_large"

    def test_huge_jpeg_before_decoding(self) -> None:
        data = jpeg(GREY8)
        at = data.index(b"\xff\xc0") + 5
        assert code_of(data[:at] + struct.pack(">HH", 60000, 60000) + data[at + 4 :]) == "too_large"

    def test_huge_tiff_before_decoding(self) -> None:
        assert code_of(patched_tag(patched_tag(tiff(GREY8), 256, 60000), 257, 60000)) == "too_large"

    def test_no_size(self) -> None:
        data = png(GREY8)
        assert code_of(data[:16] + struct.pack(">LL", 0, 10) + data[24:]) == "no_pixels"

    def test_float_tiff(self) -> None:
        assert code_of(tiff(GREY8.astype(np.float32))) == "unsupported"

    def test_cmyk_jpeg(self) -> None:
        inks = np.dstack([np.zeros((32, 64, 3), np.uint8), 255 - GREY8])
        stream = BytesIO()
        Image.fromarray(inks, "CMYK").save(stream, "JPEG")
        assert code_of(stream.getvalue()) == "unsupported"

    def test_progressive_jpeg_in_scans_without_end(self) -> None:
        stream = BytesIO()
        Image.fromarray(GREY8).save(stream, "JPEG", progressive=True)
        whole = stream.getvalue()
        last = whole[whole.rindex(b"\xff\xda") : -2]
        assert raster.read(whole)[1].shape == GREY8.shape
        assert code_of(whole[:-2] + 100 * last + whole[-2:]) == "unsupported"

    def test_cmyk_tiff(self) -> None:
        assert code_of(patched_tag(tiff(RGB, photometric="rgb"), 262, 5)) == "unsupported"

    def test_tiff_of_a_thousand_samples(self) -> None:
        assert code_of(patched_tag(tiff(GREY8), 277, 1000)) == "unsupported"

    def test_endless_chain_of_pages_is_left(self) -> None:
        data = tiff(GREY8)
        at = struct.unpack_from("<L", data, 4)[0]
        after = at + 2 + 12 * struct.unpack_from("<H", data, at)[0]
        looped = data[:after] + struct.pack("<L", at) + data[after + 4 :]
        header, pixels = raster.read(looped)
        assert np.array_equal(pixels, GREY8)
        assert NoticeCode.MULTI_FRAME in [n.code for n in header.notices]
