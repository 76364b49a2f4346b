"""Every way to be unreadable has its code, names the file and says what to do."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import uid
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.support.dicom_maker import (
    LOSSLESS,
    chest_pixels,
    encode_frame,
    film_bytes,
    film_dataset,
    make_film,
)
from workstation.dicom import codecs, parsing, reader
from workstation.domain.errors import UnreadableFilm
from workstation.domain.unreadable import UnreadableCode, unreadable
from workstation.services.reading import read_film, read_film_bytes

NAME = "film.dcm"


def refused(call: Callable[[], Any]) -> UnreadableFilm:
    with pytest.raises(UnreadableFilm) as caught:
        call()
    error = caught.value
    assert NAME in error.message
    assert str(Path.cwd()) not in error.message
    assert error.remedy.endswith(".")
    assert "Phantom" not in str(error)
    assert UnreadableCode(error.code)
    return error


def code_of(data: bytes) -> str:
    error = refused(lambda: reader.read(data, NAME))
    again = refused(lambda: read_film_bytes(data, NAME))
    assert again.code == error.code
    return error.code


def saved(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


class TestFiles:
    def test_missing(self, tmp_path: Path) -> None:
        assert refused(lambda: read_film(tmp_path / NAME)).code == "not_found"

    def test_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x")
        assert refused(lambda: read_film(tmp_path / "file" / NAME)).code == "not_found"

    def test_folder(self, tmp_path: Path) -> None:
        (tmp_path / NAME).mkdir()
        assert refused(lambda: read_film(tmp_path / NAME)).code == "is_directory"

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this platform")
    def test_named_pipe_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / NAME)
        assert refused(lambda: read_film(tmp_path / NAME)).code == "is_directory"

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / NAME).write_bytes(b"")
        assert refused(lambda: read_film(tmp_path / NAME)).code == "empty_file"
        assert code_of(b"") == "empty_file"

    def test_no_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = make_film(tmp_path / NAME)

        def deny(_self: Path) -> bytes:
            raise PermissionError(13, "denied")

        # chmod does not stop root, as which these tests may run.
        monkeypatch.setattr(Path, "read_bytes", deny)
        assert refused(lambda: read_film(path)).code == "permission_denied"

    def test_failing_share(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = make_film(tmp_path / NAME)

        def fail(_self: Path) -> bytes:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(Path, "read_bytes", fail)
        error = refused(lambda: read_film(path))
        assert error.code == "read_failed"
        assert "EIO" in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is a text\n" * 50,
        bytes(5000),
        b"%PDF-1.4" + bytes(500),
        b"\x08",
        b"PK\x03\x04" + bytes(300),
    ],
    ids=["text", "zeros", "pdf", "one byte", "zip"],
)
def test_not_an_image(data: bytes) -> None:
    assert code_of(data) == "not_an_image"


def test_extension_does_not_matter(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.png")
    assert np.array_equal(read_film(path).pixels, chest_pixels())


class TestNoRadiograph:
    @pytest.mark.parametrize(
        "sop_class",
        [
            "1.2.840.10008.5.1.4.1.1.2",  # CT
            "1.2.840.10008.5.1.4.1.1.4",  # MR
            "1.2.840.10008.5.1.4.1.1.1.2",  # mammogram
            "1.2.840.10008.5.1.4.1.1.88.59",  # key object selection
            "1.2.840.10008.5.1.4.1.1.104.1",  # encapsulated PDF
            "1.2.840.10008.5.1.4.1.1.88.11",  # report
            "1.2.840.10008.1.3.10",  # DICOMDIR
        ],
    )
    def test_other_classes_with_or_without_pixels(self, sop_class: str) -> None:
        assert code_of(film_bytes(sop_class=sop_class)) == "not_a_radiograph"
        bare = film_dataset(sop_class=sop_class)
        for keyword in ("PixelData", "Rows", "Columns"):
            delattr(bare, keyword)
        assert code_of(saved(bare)) == "not_a_radiograph"

    @pytest.mark.parametrize("modality", ["CT", "MR", "US", "MG", "SR"])
    def test_captures_of_other_modalities(self, modality: str) -> None:
        assert code_of(film_bytes(sop_class="SC", Modality=modality)) == "not_a_radiograph"

    def test_header_alone_refuses_too(self) -> None:
        data = film_bytes(sop_class="1.2.840.10008.5.1.4.1.1.2")
        assert refused(lambda: reader.read_header(data, NAME)).code == "not_a_radiograph"


class TestPixels:
    def test_none(self) -> None:
        ds = film_dataset()
        del ds.PixelData
        assert code_of(saved(ds)) == "no_pixels"

    def test_empty_element(self) -> None:
        assert code_of(film_bytes(PixelData=b"")) == "no_pixels"

    @pytest.mark.parametrize("tags", [{"Rows": 0}, {"Columns": 0}, {"Rows": None}])
    def test_no_size(self, tags: dict[str, Any]) -> None:
        assert code_of(film_bytes(**tags)) == "no_pixels"

    @pytest.mark.parametrize("cut", [1, 2, 1000, 15000])
    def test_cut_off(self, cut: int) -> None:
        assert code_of(film_bytes()[:-cut]) == "truncated"

    def test_cut_off_in_the_header(self) -> None:
        data = film_bytes()
        for words in (b"Phantom Works", b"ROOM2", b"MONOCHROME2"):
            at = data.index(words) + 3
            assert code_of(data[:at]) == "truncated"
            assert code_of(data[: at + 20]) in ("truncated", "no_pixels")

    @pytest.mark.parametrize(
        "syntax", [*LOSSLESS, uid.JPEGExtended12Bit], ids=lambda s: s.name.replace(" ", "-")
    )
    def test_compressed_and_cut_off(self, syntax: uid.UID) -> None:
        data = film_bytes(transfer_syntax=syntax)
        assert code_of(data[: int(len(data) * 0.8)]) == "truncated"

    def test_deflated_and_cut_off(self) -> None:
        data = film_bytes(transfer_syntax=uid.DeflatedExplicitVRLittleEndian)
        assert code_of(data[:-500]) == "truncated"

    @pytest.mark.parametrize("tags", [{"Rows": 97}, {"Rows": 95}, {"Columns": 81}, {"BitsAllocated": 32}])
    def test_size_and_data_disagree(self, tags: dict[str, Any]) -> None:
        assert code_of(film_bytes(**tags)) == "inconsistent"

    @pytest.mark.parametrize("syntax", LOSSLESS[1:], ids=lambda s: s.name.replace(" ", "-"))
    @pytest.mark.parametrize("tags", [{"Rows": 40}, {"Columns": 79}, {"BitsAllocated": 8}])
    def test_header_and_codestream_disagree(self, syntax: uid.UID, tags: dict[str, Any]) -> None:
        assert code_of(film_bytes(transfer_syntax=syntax, **tags)) == "inconsistent"

    @pytest.mark.parametrize("tags", [{"Rows": 40}, {"BitsAllocated": 8}])
    def test_header_and_rle_disagree(self, tags: dict[str, Any]) -> None:
        data = film_bytes(transfer_syntax=uid.RLELossless, **tags)
        assert code_of(data) in ("inconsistent", "damaged")

    @pytest.mark.parametrize("tags", [{"BitsAllocated": 12}, {"BitsAllocated": 64}, {"SamplesPerPixel": 4}])
    def test_unknown_layouts(self, tags: dict[str, Any]) -> None:
        assert code_of(film_bytes(**tags)) == "unsupported"

    def test_unknown_transfer_syntax(self) -> None:
        ds = film_dataset(transfer_syntax=uid.JPEGLSLossless)
        data = saved(ds).replace(b"1.2.840.10008.1.2.4.80", b"1.2.840.10008.1.2.4.99")
        assert code_of(data) == "unsupported"

    def test_float_pixels(self) -> None:
        ds = film_dataset()
        del ds.PixelData
        ds.FloatPixelData = np.zeros(chest_pixels().shape, "<f4").tobytes()
        assert code_of(saved(ds)) == "unsupported"

    def test_garbage_for_a_codestream(self) -> None:
        data = film_bytes(transfer_syntax=uid.JPEG2000Lossless)
        at = data.index(b"\xff\x4f\xff\x51")
        assert code_of(data[:at] + b"\x55" * 60 + data[at + 60 :]) == "damaged"

    @pytest.mark.parametrize("syntax", [uid.HTJ2KLossless, uid.JPEGLSLossless])
    def test_damaged_inside_is_no_film_with_a_hole(self, syntax: uid.UID) -> None:
        # OpenJPH by way of imagecodecs 2026.3.6 fills the hole with whatever lies in memory.
        data = film_bytes(transfer_syntax=syntax)
        middle = (data.index(b"\xe0\x7f\x10\x00") + len(data)) // 2
        assert code_of(data[:middle] + b"\xff\x90" * 200 + data[middle + 400 :]) == "damaged"

    def test_broken_palette(self) -> None:
        index = chest_pixels(bits=8)
        assert (
            code_of(film_bytes(index, sop_class="SC", bits_stored=8, photometric="PALETTE COLOR"))
            == "damaged"
        )


def jp2(pixels: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="jp2", reversible=True))


def _with_frame(pixels: np.ndarray, frame: bytes) -> Dataset:
    """A JPEG 2000 film whose header fits `pixels` and whose one frame is `frame`."""
    ds = film_dataset(pixels, transfer_syntax=uid.JPEG2000Lossless, bits_stored=16)
    ds.PixelData = encapsulate([frame])
    return ds


def test_a_codestream_inside_a_jp2_file_is_read_all_the_same() -> None:
    # PS3.5 A.4.4 forbids the file format around the codestream, and some writers leave it in.
    pixels = chest_pixels(48, 64, 16)
    whole = jp2(pixels)
    at = whole.index(b"jp2c") - 4
    to_the_end = whole[:at] + b"\0\0\0\0" + whole[at + 4 :]
    long_box = whole[:at] + struct.pack(">I4sQ", 1, b"jp2c", len(whole) - at + 8) + whole[at + 8 :]
    for frame in (whole, to_the_end, long_box):
        assert np.array_equal(reader.read(saved(_with_frame(pixels, frame)), NAME)[1], pixels)


class TestBombs:
    def test_over_200_megapixels_is_refused_before_its_pixels_are_looked_at(self) -> None:
        assert code_of(film_bytes(Rows=60000, Columns=60000)) == "too_large"
        jpeg = film_bytes(transfer_syntax=uid.JPEG2000Lossless, Rows=60000, Columns=60000)
        assert code_of(jpeg) == "too_large"

    @pytest.mark.parametrize(
        ("syntax", "marker", "offset", "size"),
        [
            (uid.JPEGLosslessSV1, b"\xff\xc3", 5, struct.pack(">HH", 65000, 65000)),
            (uid.JPEGLSLossless, b"\xff\xf7", 5, struct.pack(">HH", 65000, 65000)),
            (uid.JPEG2000Lossless, b"\xff\x4f\xff\x51", 8, struct.pack(">LL", 65000, 65000)),
            (uid.HTJ2KLossless, b"\xff\x4f\xff\x51", 8, struct.pack(">LL", 65000, 65000)),
        ],
    )
    def test_small_header_huge_codestream(
        self, syntax: uid.UID, marker: bytes, offset: int, size: bytes
    ) -> None:
        data = film_bytes(transfer_syntax=syntax)
        at = data.index(marker, data.index(b"\xe0\x7f\x10\x00")) + offset
        assert code_of(data[:at] + size + data[at + len(size) :]) == "inconsistent"

    def test_jpeg_in_scans_without_end(self) -> None:
        pixels = chest_pixels(bits=8)
        stream = BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", progressive=True)
        whole = stream.getvalue()
        frame = whole[:-2] + 100 * whole[whole.rindex(b"\xff\xda") : -2] + whole[-2:]
        film = film_dataset(pixels, transfer_syntax=uid.JPEGBaseline8Bit, bits=8)
        film.PixelData = encapsulate([frame])
        assert code_of(saved(film)) == "unsupported"

    @pytest.mark.parametrize("where", ["in a box", "bare, after other bytes"])
    def test_a_small_codestream_ahead_of_the_huge_one_does_not_vouch_for_it(
        self, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        asked: list[bytes] = []
        monkeypatch.setattr(codecs, "decode", lambda frame, *_: asked.append(frame) or np.zeros((48, 64)))
        small = encode_frame(np.zeros((48, 64), np.uint16), uid.JPEG2000Lossless, 16)
        huge = jp2(np.zeros((2000, 2000), np.uint16))
        at = huge.index(b"jp2c") - 4
        box = struct.pack(">I4s16x", 24 + 80, b"uuid") + small[:80]
        frame = huge[:at] + box + huge[at:] if where == "in a box" else b"\0\0\0\0" + small[:80] + huge
        with_frame = saved(_with_frame(np.zeros((48, 64), np.uint16), frame))
        assert code_of(with_frame) == ("inconsistent" if where == "in a box" else "damaged")
        assert asked == []

    @pytest.mark.parametrize("length", [2, 7, 1 << 31])
    def test_boxes_with_impossible_lengths_hold_no_image(self, length: int) -> None:
        pixels = np.zeros((48, 64), np.uint16)
        whole = jp2(pixels)
        at = whole.index(b"jp2c") - 4
        frame = whole[:at] + struct.pack(">I4s", length, b"free") + whole[at:]
        assert code_of(saved(_with_frame(pixels, frame))) == "damaged"

    def test_deflated_dataset_that_never_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parsing, "_MAX_INFLATED", 20 << 20)  # the true limit would take seconds
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        body = block * 30
        start = film_bytes(transfer_syntax=uid.DeflatedExplicitVRLittleEndian)
        meta_end = 132 + 12 + struct.unpack_from("<L", start, 140)[0]
        assert code_of(start[:meta_end] + body) == "too_large"

    def test_deeply_nested_sequences(self) -> None:
        item = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
        data = film_bytes()
        at = data.index(b"\x08\x00\x60\x00CS")
        assert code_of(data[:at] + item * 5000 + data[at:]) in ("damaged", "no_pixels")

    def test_a_header_of_elements_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parsing, "_MOST_READS", 10_000, raising=False)
        item = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
        start, end = b"\x08\x00\x40\x11" + b"\xff" * 4, struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
        self._refuse(b"\x08\x00\x41\x11\x00\x00\x00\x00" * 20_000)
        self._refuse(start + item * 20_000 + end)

    def test_character_sets_without_end(self) -> None:
        names = b"a\\" * 100_000
        self._refuse(b"\x08\x00\x05\x00" + struct.pack("<L", len(names)) + names)

    def _refuse(self, elements: bytes) -> None:
        """A film in implicit VR that begins with `elements` is refused by its header alone."""
        film = film_bytes(syntax=uid.ImplicitVRLittleEndian)
        at = film.index(b"\x08\x00\x16\x00")  # SOP Class UID
        error = refused(lambda: reader.read_header(film[:at] + elements + film[at:], NAME))
        assert error.code == UnreadableCode.DAMAGED

    @pytest.mark.parametrize("keyword", ["WindowCenter", "VOILUTSequence"])
    def test_values_without_end_are_left_out(self, keyword: str) -> None:
        tag = tag_for_keyword(keyword)
        assert tag is not None
        one = struct.pack("<HHL", 0xFFFE, 0xE000, 0) if keyword.endswith("Sequence") else b"1\\"
        value = one * (5_000_000 // len(one))
        film = film_bytes(syntax=uid.ImplicitVRLittleEndian, WindowCenter=None, WindowWidth=None)
        at = film.index(b"\xe0\x7f\x10\x00")  # Pixel Data
        element = struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value
        tracemalloc.start()
        header = reader.read_header(film[:at] + element + film[at:], NAME)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert any(keyword in notice.detail for notice in header.notices)
        assert most < 10 * len(value)


def test_every_code_has_its_words() -> None:
    for code in UnreadableCode:
        error = unreadable(code, NAME, "detail")
        assert error.code == code.value
        assert NAME in error.message
        assert "detail" in error.message
        assert error.remedy


@pytest.mark.parametrize(("rows", "columns"), [(3, 5), (3, 4), (4, 5)])
def test_pixels_that_share_their_colour_in_pairs_may_be_of_an_odd_number(rows: int, columns: int) -> None:
    luma = np.arange(1, rows * columns + 1, dtype=np.uint8)
    pairs = np.full(((luma.size + 1) // 2, 4), 128, np.uint8)  # Y1 Y2 Cb Cr, PS3.3 C.7.6.3.1.2
    for index, value in enumerate(luma):
        pairs[index // 2, index % 2] = value

    def film(content: bytes) -> bytes:
        ds = film_dataset(
            np.zeros((rows, columns, 3), np.uint8), sop_class="SC", photometric="YBR_FULL_422", bits_stored=8
        )
        ds.PixelData = content
        return saved(ds)

    assert reader.read(film(pairs.tobytes()))[1].tolist() == luma.reshape(rows, columns).tolist()
    assert code_of(film(pairs.tobytes()[:-2])) == "inconsistent"


def test_bytes_swapped_in_words_are_cut_where_the_last_word_is() -> None:
    ds = film_dataset(chest_pixels(5, 7, bits=8), bits_stored=8, transfer_syntax=uid.ExplicitVRBigEndian)
    content = ds.PixelData
    ds["PixelData"].VR = "OW"
    ds.PixelData = b"".join(content[at : at + 2][::-1] for at in range(0, len(content), 2))
    whole = saved(ds)
    assert reader.read(whole)[1].tolist() == chest_pixels(5, 7, bits=8).tolist()
    assert code_of(whole[:-1]) == "truncated"
