"""Real films of the NEMA WG04 set and others: pixels, polarity, header. Skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workstation.dicom import reader
from workstation.domain.film import NoticeCode
from workstation.imaging.lut import default_voi, presentation_image
from workstation.services.reading import read_film

FILMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "dicom"
RADIOGRAPHS = FILMS.parent / "radiographs" / "frontal"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not FILMS.is_dir(), reason="no real films at ../shared/data/dicom"),
]


def film(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Stored values and presentation image."""
    header, pixels = reader.read(FILMS / name)
    return pixels, presentation_image(header.greyscale, pixels)


def mean_at(image: np.ndarray, top: float, left: float, size: float = 0.03) -> float:
    """Mean grey of a square at (top, left) given in fractions of the image."""
    rows, columns = image.shape
    y, x = int(top * rows), int(left * columns)
    return float(image[y : y + int(size * rows), x : x + int(size * columns)].mean())


def test_j2k_is_identical_to_the_uncompressed_original() -> None:
    plain, packed = film("RG1_UNCR.dcm")[0], film("RG1_J2KR.dcm")[0]
    assert plain.shape == (1955, 1841)
    assert np.array_equal(plain, packed)


def test_near_lossless_is_near() -> None:
    plain, packed = film("RG1_UNCR.dcm")[0], film("RG1_JLSN.dcm")[0]
    assert np.abs(plain.astype(int) - packed).max() <= 4


def test_three_lossless_packings_of_one_film_agree() -> None:
    rle, jpeg, jls = (film(f"RG2_{kind}.dcm")[0] for kind in ("RLE", "JPLL", "JLSL"))
    assert np.array_equal(rle, jpeg)
    assert np.array_equal(rle, jls)


def test_lossy_jpeg_of_10_bits_is_near() -> None:
    original, packed = film("RG2_RLE.dcm")[0].astype(int), film("RG2_JPLY.dcm")[0].astype(int)
    assert np.abs(original - packed).mean() < 8


@pytest.mark.parametrize("name", ["RG1_UNCR.dcm", "RG1_J2KR.dcm", "RG1_JLSN.dcm"])
def test_monochrome1_chest_shows_bones_white(name: str) -> None:
    _, shown = film(name)
    mediastinum, lung = mean_at(shown, 0.55, 0.47), mean_at(shown, 0.42, 0.64)
    assert mediastinum > lung + 40
    assert mean_at(shown, 0.028, 0.87, 0.02) < 70  # air above the shoulder


@pytest.mark.parametrize("name", ["RG3_UNCI.dcm", "RG3_JPLL.dcm", "RG3_J2KI.dcm"])
def test_monochrome1_leg_shows_bones_white(name: str) -> None:
    _, shown = film(name)
    shaft, air = mean_at(shown, 0.3, 0.49, 0.02), mean_at(shown, 0.5, 0.29, 0.02)
    assert shaft > 120
    assert air < 60


def test_monochrome2_hip_is_not_inverted() -> None:
    _, shown = film("RG2_RLE.dcm")
    assert mean_at(shown, 0.8, 0.2) < 20  # air between the legs
    assert mean_at(shown, 0.5, 0.5) > 80  # femoral head


def test_monochrome1_with_inverse_shape_is_inverted_once() -> None:
    header, pixels = reader.read(FILMS / "highdicom_dx_image.dcm")
    shown = presentation_image(header.greyscale, pixels)
    assert header.greyscale.presentation_lut_shape == "INVERSE"
    assert NoticeCode.POLARITY_DISAGREES not in [n.code for n in header.notices]
    assert mean_at(shown, 0.02, 0.5, 0.04) < 40  # air above the dog
    assert mean_at(shown, 0.25, 0.7, 0.05) > 90  # spine


def test_film_without_a_window_spans_its_values() -> None:
    header, pixels = reader.read(FILMS / "nih_cr_pa.dcm")
    choice, notice = default_voi(header.greyscale, pixels)
    assert choice.kind == "auto_min_max"
    assert notice is None
    shown = presentation_image(header.greyscale, pixels)
    assert mean_at(shown, 0.5, 0.5) > mean_at(shown, 0.45, 0.3) + 40


def test_headers() -> None:
    header = reader.read_header(FILMS / "RG1_UNCR.dcm")
    assert (header.modality, header.view_position, header.acquired_at) == ("CR", "PA", "1995-09-26T12:51:30")
    assert header.greyscale.bits_stored == 15
    assert reader.read_header(FILMS / "RG2_RLE.dcm").spacing_mm == (0.2, 0.2)


@pytest.mark.parametrize("path", sorted(FILMS.glob("*.dcm")), ids=lambda p: p.stem)
def test_header_alone_says_what_the_whole_film_says(path: Path) -> None:
    alone, whole = reader.read_header(path), reader.read(path)[0]
    assert alone.greyscale == whole.greyscale
    assert alone.patient == whole.patient
    assert alone.sop_instance_uid == whole.sop_instance_uid != ""


@pytest.mark.skipif(not RADIOGRAPHS.is_dir(), reason="no radiographs at ../shared/data/radiographs")
def test_jpeg_films_are_read_as_they_are() -> None:
    for path in sorted(RADIOGRAPHS.iterdir())[::40]:
        read = read_film(path)
        shown = presentation_image(read.header.greyscale, read.pixels)
        assert read.pixels.dtype == np.uint8
        assert NoticeCode.NOT_DICOM in [n.code for n in read.header.notices]
        # The default VOI is a rising line: nothing is inverted.
        assert shown.flat[read.pixels.argmin()] == 0
        assert shown.flat[read.pixels.argmax()] == 255
