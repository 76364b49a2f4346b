"""The demo study as shipped: readable, marked as simulated, small, both polarities, one study."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames

DEMO = Path(__file__).parents[2] / "resources" / "demo"
FILES = sorted(DEMO.glob("*.dcm"))


def pixels(ds: pydicom.Dataset) -> np.ndarray:
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    stored = imagecodecs.jpeg2k_decode(frame)
    return (2**ds.BitsStored - 1 - stored) if ds.PhotometricInterpretation == "MONOCHROME1" else stored


def test_the_study_is_small_and_whole() -> None:
    assert len(FILES) == 6
    assert sum(f.stat().st_size for f in FILES) < 8_000_000
    headers = [pydicom.dcmread(f, stop_before_pixels=True) for f in FILES]
    assert len({h.StudyInstanceUID for h in headers}) == 1
    assert len({h.SOPInstanceUID for h in headers}) == 6
    assert {h.PhotometricInterpretation for h in headers} == {"MONOCHROME1", "MONOCHROME2"}
    assert {h.ViewPosition for h in headers} == {"PA", "LL"}
    assert "LIDC-IDRI-0001" in (DEMO / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_film_says_it_is_simulated_and_shows_bones_white(path: Path) -> None:
    ds = pydicom.dcmread(path)
    assert ds.SOPClassUID == pydicom.uid.DigitalXRayImageStorageForPresentation
    assert str(ds.PatientName) == "DEMO^SIMULATED"
    assert "not a patient exposure" in ds.ImageComments
    assert ds.BurnedInAnnotation in ("YES", "NO")
    assert 0.1 < ds.ImageAndFluoroscopyAreaDoseProduct < 20
    shown = pixels(ds)
    assert shown.shape == (ds.Rows, ds.Columns)
    assert max(shown.shape) >= 1500
    assert shown.max() < 2**ds.BitsStored
    # The abdomen (bottom middle) is whiter than the lungs (the darkest part well inside the trunk).
    h, w = shown.shape
    middle = shown[int(0.3 * h) : int(0.6 * h), int(0.2 * w) : int(0.8 * w)]
    abdomen = shown[int(0.93 * h) :, int(0.4 * w) : int(0.6 * w)]
    assert float(abdomen.mean()) > float(np.percentile(middle, 20)) * 1.3
