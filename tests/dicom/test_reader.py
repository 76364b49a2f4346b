"""Pixels of every transfer syntax, and what is tolerated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.dicom.evidence_films import with_overlay
from tests.support.dicom_maker import (
    CR,
    DX_PROCESSING,
    LOSSLESS,
    LOSSY,
    NATIVE,
    chest_pixels,
    film_bytes,
    film_dataset,
    make_film,
)
from workstation.dicom import codecs, reader
from workstation.domain.film import FilmHeader, NoticeCode
from workstation.imaging.lut import presentation_image
from workstation.services.reading import read_film

# Error a lossy syntax may make on the phantom, as a share of the full range.
TOLERANCE = {
    uid.JPEGBaseline8Bit: 0.05,
    uid.JPEGExtended12Bit: 0.01,
    uid.JPEGLSNearLossless: 0.001,
    uid.JPEG2000: 0.01,
    uid.HTJ2K: 0.05,
}


def name_of(syntax: uid.UID) -> str:
    return syntax.name.replace(" ", "-")


def codes(header: FilmHeader) -> list[NoticeCode]:
    return [notice.code for notice in header.notices]


def details(header: FilmHeader) -> str:
    return " | ".join(f"{notice.code} {notice.detail}" for notice in header.notices)


class TestTransferSyntaxes:
    @pytest.mark.parametrize(
        ("bits", "signed"), [(8, False), (10, False), (12, True), (15, False), (16, False)]
    )
    @pytest.mark.parametrize("syntax", [*NATIVE, *LOSSLESS], ids=name_of)
    def test_lossless_ones_give_the_stored_values_back(
        self, syntax: uid.UID, bits: int, signed: bool
    ) -> None:
        pixels = chest_pixels(bits=bits)
        if signed:
            pixels = pixels.astype(np.int16) - np.int16(1 << (bits - 1))
        header, read = reader.read(
            film_bytes(pixels, bits_stored=bits, signed=signed, transfer_syntax=syntax)
        )
        assert np.array_equal(read, pixels)
        assert read.dtype == pixels.dtype
        assert header.transfer_syntax == syntax
        assert (header.greyscale.bits_stored, header.greyscale.signed) == (bits, signed)
        assert header.notices == ()

    @pytest.mark.parametrize("syntax", LOSSY, ids=name_of)
    def test_lossy_ones_come_near_and_are_said(self, syntax: uid.UID) -> None:
        bits = 8 if syntax == uid.JPEGBaseline8Bit else 12
        pixels = chest_pixels(bits=bits)
        header, read = reader.read(film_bytes(pixels, bits_stored=bits, transfer_syntax=syntax))
        assert read.dtype == pixels.dtype
        assert np.abs(read.astype(int) - pixels).max() <= TOLERANCE[syntax] * (1 << bits)
        assert codes(header) == [NoticeCode.LOSSY]

    @pytest.mark.parametrize("syntax", LOSSLESS, ids=name_of)
    def test_odd_sizes(self, syntax: uid.UID) -> None:
        pixels = chest_pixels(33, 17, 12)
        assert np.array_equal(reader.read(film_bytes(pixels, transfer_syntax=syntax))[1], pixels)

    @pytest.mark.parametrize(
        "syntax", [*NATIVE, uid.RLELossless, uid.JPEGLSLossless, uid.HTJ2KLossless], ids=name_of
    )
    def test_colour_captures_become_grey(self, syntax: uid.UID) -> None:
        grey = chest_pixels(bits=8)
        rgb = np.dstack([grey, grey // 2, grey // 4])
        header, read = reader.read(
            film_bytes(rgb, sop_class="SC", bits_stored=8, photometric="RGB", transfer_syntax=syntax)
        )
        assert np.abs(read - rgb @ np.array([0.299, 0.587, 0.114])).max() <= 1
        assert NoticeCode.COLOUR in codes(header)
        assert header.greyscale.photometric == "MONOCHROME2"

    def test_colour_jpeg(self) -> None:
        grey = chest_pixels(bits=8)
        rgb = np.dstack([grey, grey // 2, grey // 4])
        options = {"sop_class": "SC", "bits_stored": 8, "transfer_syntax": uid.JPEGBaseline8Bit}
        header, read = reader.read(film_bytes(rgb, photometric="YBR_FULL_422", **options))
        assert np.abs(read - rgb @ np.array([0.299, 0.587, 0.114])).mean() < 3
        assert codes(header) == [NoticeCode.COLOUR, NoticeCode.LOSSY]

    @pytest.mark.parametrize(
        "left_over",
        [{"windows": [(2048, 4096)]}, {"rescale": (1, -1024), "windows": [(0, 100)]}, {"padding": 0}],
    )
    @pytest.mark.parametrize("photometric", ["RGB", "PALETTE COLOR"])
    def test_what_is_left_over_of_a_grey_film_does_not_hide_a_capture_in_colour(
        self, photometric: str, left_over: dict[str, Any]
    ) -> None:
        grey = chest_pixels(bits=8)
        options: dict[str, Any] = {"sop_class": "SC", "bits_stored": 8, "photometric": photometric}
        for colour in ("Red", "Green", "Blue") if photometric != "RGB" else ():
            options[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
            options[f"{colour}PaletteColorLookupTableData"] = (np.arange(256) * 257).astype("<u2").tobytes()
        pixels = np.dstack([grey] * 3) if photometric == "RGB" else grey
        shown = [
            presentation_image(header.greyscale, read)
            for header, read in (
                reader.read(film_bytes(pixels, **options, **more)) for more in ({}, left_over)
            )
        ]
        assert np.array_equal(*shown)

    @pytest.mark.parametrize("syntax", [*codecs.JPEG_2000, *codecs.HTJ2K], ids=name_of)
    def test_ybr_that_a_wavelet_codec_did_not_make_stays_ybr(self, syntax: uid.UID) -> None:
        grey = chest_pixels(bits=8)
        rgb = np.dstack([grey, grey // 2, grey // 4])
        ybr = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
        data = film_bytes(ybr, sop_class="SC", bits_stored=8, photometric="YBR_FULL", transfer_syntax=syntax)
        _, read = reader.read(data)
        assert np.abs(read - rgb @ np.array([0.299, 0.587, 0.114])).max() < 8
        sent = pydicom.dcmread(BytesIO(data)).pixel_array
        assert np.abs(sent.astype(int) - rgb).max() < 12

    def test_a_jpeg_that_does_not_tell_its_colours_has_those_of_the_header(self) -> None:
        grey = chest_pixels(bits=8)
        rgb = np.dstack([grey] * 3)
        frame = bytes(imagecodecs.jpeg8_encode(rgb, level=98, colorspace="RGB", outcolorspace="RGB"))
        adobe = frame.index(b"\xff\xee")
        bare = bytearray(frame[:adobe] + frame[adobe + 2 + int.from_bytes(frame[adobe + 2 : adobe + 4]) :])
        size, scan = bare.index(b"\xff\xc0"), bare.index(b"\xff\xda")
        for n in range(3):  # components called 1, 2, 3 instead of R, G, B
            bare[size + 10 + 3 * n] = bare[scan + 5 + 2 * n] = n + 1
        options = {"sop_class": "SC", "bits_stored": 8, "transfer_syntax": uid.JPEGBaseline8Bit}
        for stream in (frame, bytes(bare)):
            ds = film_dataset(rgb, photometric="RGB", **options)
            ds.PixelData = encapsulate([stream])
            buffer = BytesIO()
            ds.save_as(buffer, enforce_file_format=True)
            _, read = reader.read(buffer.getvalue())
            assert np.abs(read.astype(int) - grey).max() <= 5
            sent = pydicom.dcmread(BytesIO(buffer.getvalue())).pixel_array  # as decompressed for a peer
            assert np.abs(sent.astype(int) - rgb).max() <= 5

    @pytest.mark.parametrize("syntax", codecs.ENCAPSULATED, ids=name_of)
    def test_pydicom_has_our_decoder_too(self, syntax: uid.UID) -> None:
        bits = 8 if syntax == uid.JPEGBaseline8Bit else 12
        data = film_bytes(bits_stored=bits, transfer_syntax=syntax)
        decoder = codecs.get_decoder(syntax)
        array, _ = decoder.as_array(pydicom.dcmread(BytesIO(data)), index=0, decoding_plugin=codecs.PLUGIN)
        assert np.array_equal(array, reader.read(data)[1])


class TestPixelsThatLie:
    def test_values_above_bits_stored_are_kept_and_said(self) -> None:
        pixels = chest_pixels(bits=14)
        header, read = reader.read(film_bytes(pixels, bits_stored=12))
        assert np.array_equal(read, pixels)
        assert header.greyscale.bits_stored == 14
        assert "BitsStored" in details(header)

    def test_overlay_in_the_unused_bits_is_masked(self) -> None:
        pixels = chest_pixels(bits=12)
        drawn = pixels | (np.arange(pixels.size).reshape(pixels.shape) % 2 << 15).astype(np.uint16)
        ds = film_dataset(drawn, bits_stored=12)
        ds.add_new(0x60000102, "US", 15)
        ds.add_new(0x60000100, "US", 16)
        header, read = reader.read(saved(ds))
        assert np.array_equal(read, pixels)
        assert header.greyscale.bits_stored == 12

    def test_signed_values_without_carried_sign(self) -> None:
        pixels = chest_pixels(bits=12).astype(np.int16) - np.int16(2048)
        pattern = (pixels & 0x0FFF).astype(np.int16)
        assert np.array_equal(reader.read(film_bytes(pattern, bits_stored=12, signed=True))[1], pixels)

    def test_values_in_the_high_bits(self) -> None:
        pixels = chest_pixels(bits=12)
        header, read = reader.read(film_bytes(pixels << 4, bits_stored=12, HighBit=15))
        assert np.array_equal(read, pixels)
        assert "HighBit" in details(header)

    def test_high_bit_that_is_only_a_slip(self) -> None:
        pixels = chest_pixels(bits=12)
        assert np.array_equal(reader.read(film_bytes(pixels, bits_stored=12, HighBit=15))[1], pixels)

    @pytest.mark.parametrize("stored", [0, 17, 40])
    def test_impossible_bits_stored(self, stored: int) -> None:
        pixels = chest_pixels(bits=12)
        header, read = reader.read(film_bytes(pixels, BitsStored=stored))
        assert np.array_equal(read, pixels)
        assert "BitsStored" in details(header)

    @pytest.mark.parametrize("bits", [16, 20])
    def test_32_bits_allocated_are_narrowed(self, bits: int) -> None:
        pixels = chest_pixels(bits=16).astype(np.uint32) << (bits - 16)
        header, read = reader.read(film_bytes(pixels, bits_stored=bits, rescale=(1.0, 0.0)))
        assert read.dtype == np.uint16
        restored = read * header.greyscale.slope
        assert np.abs(restored - pixels).max() < 1 << (bits - 16)

    @pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.RLELossless])
    def test_32_bits_keep_their_sign(self, syntax: uid.UID) -> None:
        pixels = chest_pixels(bits=12).astype(np.int32) - 2048
        _, read = reader.read(film_bytes(pixels, bits_stored=32, signed=True, transfer_syntax=syntax))
        assert np.array_equal(read, pixels)

    def test_j2k_without_the_headers_sign(self) -> None:
        pixels = chest_pixels(bits=12).astype(np.int16) - np.int16(2048)
        pattern = (pixels & 0x0FFF).astype(np.uint16)
        ds = film_dataset(pattern, bits_stored=12, transfer_syntax=uid.JPEG2000Lossless)
        ds.PixelRepresentation = 1
        assert np.array_equal(reader.read(saved(ds))[1], pixels)


def saved(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


class TestTolerance:
    def test_multi_frame_shows_the_first(self) -> None:
        header, pixels = reader.read(film_bytes(frames=3))
        assert np.array_equal(pixels, chest_pixels())
        assert NoticeCode.MULTI_FRAME in codes(header)

    @pytest.mark.parametrize("marked", [True, False])
    def test_an_overlay_plane_that_is_not_shown_is_told(self, marked: bool) -> None:
        header, pixels = reader.read(saved(with_overlay(film_dataset(), 0x6002, marked=marked)))
        assert (NoticeCode.OVERLAY in codes(header)) == marked, "an empty plane has nothing to tell of"
        assert np.array_equal(pixels, chest_pixels())

    def test_an_overlay_within_the_pixels_is_told(self) -> None:
        ds = film_dataset()
        for element, value in ((0x0010, 96), (0x0011, 80), (0x0100, 16), (0x0102, 15)):
            ds.add_new((0x6000, element), "US", value)
        assert NoticeCode.OVERLAY in codes(reader.read(saved(ds))[0])

    def test_multi_frame_compressed(self) -> None:
        header, pixels = reader.read(film_bytes(frames=2, transfer_syntax=uid.JPEGLSLossless))
        assert np.array_equal(pixels, chest_pixels())
        assert NoticeCode.MULTI_FRAME in codes(header)

    def test_more_frames_than_declared(self) -> None:
        header, pixels = reader.read(film_bytes(frames=2, NumberOfFrames=None))
        assert np.array_equal(pixels, chest_pixels())
        assert NoticeCode.MULTI_FRAME in codes(header)

    def test_for_processing(self) -> None:
        assert NoticeCode.FOR_PROCESSING in codes(reader.read(film_bytes(sop_class=DX_PROCESSING))[0])
        header = reader.read(film_bytes(PresentationIntentType="FOR PROCESSING"))[0]
        assert NoticeCode.FOR_PROCESSING in codes(header)

    @pytest.mark.parametrize("syntax", NATIVE[:3], ids=name_of)
    def test_without_preamble_and_file_meta(self, syntax: uid.UID) -> None:
        whole = film_bytes(transfer_syntax=syntax)
        meta_length = pydicom.dcmread(BytesIO(whole)).file_meta.FileMetaInformationGroupLength
        header, pixels = reader.read(whole[132 + 12 + meta_length :])
        assert np.array_equal(pixels, chest_pixels())
        assert header.transfer_syntax == syntax
        assert "no preamble" in details(header)

    def test_without_preamble_but_with_file_meta(self) -> None:
        header, pixels = reader.read(film_bytes(transfer_syntax=uid.JPEGLSLossless)[128 + 4 :])
        assert np.array_equal(pixels, chest_pixels())
        assert header.transfer_syntax == uid.JPEGLSLossless

    def test_palette(self) -> None:
        index = (chest_pixels(bits=8) // 64).astype(np.uint8)
        ds = film_dataset(index, sop_class="SC", bits_stored=8, photometric="PALETTE COLOR")
        for colour in ("Red", "Green", "Blue"):
            setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 16])
            entries = np.array([0, 20000, 40000, 65535], "<u2").tobytes()
            setattr(ds, f"{colour}PaletteColorLookupTableData", entries)
        header, pixels = reader.read(saved(ds))
        assert np.array_equal(pixels, np.array([0, 20000, 40000, 65535], np.uint16)[index])
        assert NoticeCode.COLOUR in codes(header)

    @pytest.mark.parametrize("planar", [0, 1])
    def test_native_ybr_takes_the_luma(self, planar: int) -> None:
        luma = chest_pixels(bits=8)
        ybr = np.dstack([luma, np.full_like(luma, 90), np.full_like(luma, 200)])
        ds = film_dataset(ybr, sop_class="SC", bits_stored=8, photometric="YBR_FULL")
        if planar:
            ds.PlanarConfiguration = 1
            ds.PixelData = np.moveaxis(ybr, -1, 0).tobytes()
        assert np.array_equal(reader.read(saved(ds))[1], luma)

    def test_polarity_that_contradicts_itself_is_said_and_not_applied(self) -> None:
        plain, pixels = reader.read(film_bytes(photometric="MONOCHROME2"))
        odd, _ = reader.read(film_bytes(photometric="MONOCHROME2", PresentationLUTShape="INVERSE"))
        assert NoticeCode.POLARITY_DISAGREES in codes(odd)
        assert np.array_equal(
            presentation_image(odd.greyscale, pixels), presentation_image(plain.greyscale, pixels)
        )

    def test_inverse_restates_monochrome1(self) -> None:
        pixels = (4095 - chest_pixels()).astype(np.uint16)
        plain, _ = reader.read(film_bytes(pixels, photometric="MONOCHROME1"))
        stated, _ = reader.read(film_bytes(pixels, photometric="MONOCHROME1", PresentationLUTShape="INVERSE"))
        assert codes(stated) == []
        bones = presentation_image(stated.greyscale, pixels)
        assert np.array_equal(bones, presentation_image(plain.greyscale, pixels))
        assert bones[48, 40] > 200 > 60 > bones[48, 1]

    @pytest.mark.parametrize("extra", [1, 2, 40])
    def test_few_bytes_after_the_pixels(self, extra: int) -> None:
        ds = film_dataset()
        ds.PixelData += bytes(extra + extra % 2)
        assert np.array_equal(reader.read(saved(ds))[1], chest_pixels())


@pytest.mark.parametrize("sop_class", ["CR", "DX", "SC", CR, DX_PROCESSING])
def test_radiograph_classes_are_read_from_a_path(sop_class: str, tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.dcm", sop_class=sop_class)
    header, pixels = reader.read(path)
    assert np.array_equal(pixels, chest_pixels())
    assert reader.read_header(path).sop_instance_uid == header.sop_instance_uid


def test_header_alone_needs_no_good_pixels() -> None:
    data = film_bytes(transfer_syntax=uid.JPEG2000Lossless)
    header = reader.read_header(data[: len(data) - 500])
    assert (header.rows, header.columns) == chest_pixels().shape


@pytest.mark.parametrize("modality", ["", "CR", "DX", "OT", "RF", "RG"])
def test_captures_of_films_are_radiographs(modality: str) -> None:
    assert reader.read(film_bytes(sop_class="SC", Modality=modality))[0].modality == modality


def test_films_read_at_once_on_several_threads_do_not_disturb_each_other() -> None:
    films = [film_bytes(transfer_syntax=s) for s in (*NATIVE, *LOSSLESS)] * 4
    with ThreadPoolExecutor(4) as pool:
        for _, pixels in pool.map(reader.read, films):
            assert np.array_equal(pixels, chest_pixels())


def test_odd_number_of_bytes_before_the_pixels() -> None:
    data = film_bytes(StationName="ROOM2X")
    odd = data.replace(b"SH\x06\x00ROOM2X", b"SH\x05\x00ROOM2")
    assert len(odd) == len(data) - 1
    pixels = reader.read(odd)[1]
    assert np.array_equal(pixels, chest_pixels())
    assert pixels.flags.aligned


def test_the_first_bytes_choose_the_reader_not_the_name(tmp_path: Path) -> None:
    dicom = bytearray(film_bytes())
    dicom[:4] = b"II*\0"  # a file that is both, PS3.10 7.1: DICOM wins
    (tmp_path / "a.tif").write_bytes(dicom)
    assert read_film(tmp_path / "a.tif").header.modality == "DX"
    (tmp_path / "b.dcm").write_bytes(bytes(imagecodecs.png_encode(chest_pixels())))
    film = read_film(tmp_path / "b.dcm")
    assert codes(film.header) == [NoticeCode.NOT_DICOM]
    assert np.array_equal(film.pixels, chest_pixels())
