"""The paper's recipe on a site's own films: read as the program reads them, labels by the program's own reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("imagecodecs", reason="films are read with it")

from models_onnx.training.paper.films import read_image, read_samples
from tests.support.dicom_maker import make_film
from workstation.domain.errors import KnownError
from workstation.imaging.lut import analysis_image
from workstation.services.evaluation.labels import LabelsInvalid
from workstation.services.reading import read_film

ROOT = Path(__file__).resolve().parents[2]


def seen(path: Path) -> np.ndarray:
    film = read_film(path)
    return analysis_image(film.header.greyscale, film.pixels)


@pytest.fixture
def ramp() -> np.ndarray:
    """12 bits in 16: what 8 bits would make one grey of are 16."""
    rows, columns = np.mgrid[:120, :90]
    return (rows * 34 + columns).astype(np.uint16)


def test_twelve_bits_in_a_png_are_all_seen(tmp_path: Path, ramp: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / "film.png"), ramp)
    image = read_image(tmp_path / "film.png")
    np.testing.assert_array_equal(image, seen(tmp_path / "film.png"))
    # Read as 8 bits it would be nearly black.
    assert (int(image.min()), int(image.max())) == (0, 255)
    assert len(np.unique(image)) == 256


def test_a_photograph_s_turn_is_not_applied(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    exif = pillow.Exif()
    exif[0x0112] = 6  # turn by a quarter to show
    pillow.fromarray(np.tile(np.arange(0, 200, 2, dtype=np.uint8), (60, 1))).save(
        tmp_path / "film.jpg", exif=exif, quality=95
    )
    image = read_image(tmp_path / "film.jpg")
    assert image.shape == (60, 100)
    np.testing.assert_array_equal(image, seen(tmp_path / "film.jpg"))


def test_dicom_is_read_with_its_pixels_in_view(tmp_path: Path, ramp: np.ndarray) -> None:
    # A window that leaves most of the film white: the program looks at the film's own values then.
    path = make_film(tmp_path / "film.dcm", ramp, bits_stored=12, windows=[(200, 100)])
    image = read_image(path)
    np.testing.assert_array_equal(image, seen(path))
    assert (image == 255).mean() < 0.1


def test_what_is_no_film_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "film.png").write_bytes(b"nothing of the kind")
    with pytest.raises(KnownError) as caught:
        read_image(tmp_path / "film.png")
    assert "film.png" in caught.value.message


def test_a_missing_package_is_named_with_the_way_to_get_it() -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "sys.modules['imagecodecs'] = None\n"
        "from models_onnx.training.paper.films import read_image\n"
        "try: read_image(Path('film.png'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("KnownError Films are read by the program's own code")
    assert "pip install imagecodecs -c installer/constraints.txt" in done.stdout


def test_the_training_environment_has_the_versions_that_the_program_is_verified_with() -> None:
    constraints = (ROOT / "installer" / "constraints.txt").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].lower() for line in constraints.splitlines() if "==" in line}
    readme = (ROOT / "models_onnx" / "training" / "README.md").read_text(encoding="utf-8")
    (install,) = [line for line in readme.splitlines() if line.startswith("trainvenv/bin/pip install")]
    told = install.removeprefix("trainvenv/bin/pip install -c installer/constraints.txt ")
    packages, _, recipe = told.partition(" -r ")
    assert set(packages.split()) <= pinned
    assert "imagecodecs" in packages.split()
    # What the program does not have is pinned by the recipe itself.
    lines = (ROOT / recipe).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and line[0] != "#" and "==" not in line] == []


def test_another_order_moves_no_film_to_another_part(tmp_path: Path) -> None:
    names = [f"{number:03d}.png" for number in range(60)]
    path, parts = tmp_path / "labels.csv", []
    for order in (names, names[::-1]):
        path.write_text("\n".join(("file", *order)), encoding="utf-8")
        parts.append({sample.film.name: sample.split for sample in read_samples(path)})
    assert set(parts[0].values()) == {"train", "val", "test"}
    assert parts[0] == parts[1]


def test_labels_from_any_spreadsheet_carry_the_part(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "File;Projection;Crop;rotation_deg;Split\na.png;frontal;1,0;;train\nb.png;lateral;;-12,5;Val\nc.png;;;;\n",
        encoding="utf-8-sig",
    )
    first, second, third = read_samples(path)
    assert (first.split, second.split) == ("train", "val")
    assert third.split in ("train", "val", "test")
    assert (first.film.cut, second.film.rotated) == (True, True)


def test_an_unknown_part_and_an_absent_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("file,split\na.png,holdout\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.png: split is 'holdout'"):
        read_samples(path)
    with pytest.raises(LabelsInvalid, match="no labels file"):
        read_samples(tmp_path / "none.csv")
