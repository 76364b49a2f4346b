"""CTs of other parts, out of the packages that `pictures` unpacked: read, freed from the table, on one grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models_onnx.training.render import anatomy as anatomies

VOXEL_MM = 2.0
VOLUMES = ("abdomen", "chest", "head")
F32 = npt.NDArray[np.float32]


def nifti(path: Path) -> tuple[F32, float]:
    """Volume (x, y, z) in Hounsfield units and its voxel size (mm, isotropic) of a NIfTI file."""
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path), sitk.sitkFloat32)
    return sitk.GetArrayFromImage(image).transpose(2, 1, 0), float(image.GetSpacing()[0])


def without_table(hu: F32) -> F32:
    """`hu` with everything but the largest body set to air. Needs scipy."""
    from scipy import ndimage

    solid = ndimage.binary_opening(hu > -350, iterations=2)
    labels, count = ndimage.label(solid)
    if count == 0:
        return hu
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    body = ndimage.binary_dilation(labels == int(sizes.argmax()), iterations=2)
    body = np.stack([ndimage.binary_fill_holes(plane) for plane in body])
    return np.where(body, hu, np.float32(anatomies.AIR_HU)).astype(np.float32)


def resampled(hu: F32, spacing: tuple[float, float, float], to: float = VOXEL_MM) -> F32:
    """(z, y, x) with `spacing` mm to voxels of `to` mm."""
    from scipy import ndimage

    return np.asarray(ndimage.zoom(hu, [s / to for s in spacing], order=1), np.float32)


def volumes(work: Path) -> dict[str, F32]:
    """``abdomen``, ``chest`` and ``head`` (z head to foot, y front to back, x) in `VOXEL_MM`, those that are there."""
    root = work / "packages" / "open"
    found: dict[str, F32] = {}
    for name, end in (("abdomen", "example_ct.nii.gz"), ("chest", "aorta_report/example_ct.nii.gz")):
        path = next(iter(sorted(root.glob(f"totalsegmentator/*/tests/reference_files/{end}"))), None)
        if path is not None:
            values, mm = nifti(path)
            hu = values.transpose(2, 1, 0)[::-1]
            # The abdomen is stored back to front.
            found[name] = without_table(resampled(hu[:, ::-1] if name == "abdomen" else hu, (mm, mm, mm)))
    project_file = next(iter(sorted(root.glob("invesalius-examples/**/Cranium.inv3"))), None)
    if project_file is not None:
        import tarfile

        with tarfile.open(project_file) as archive:
            member = next(m for m in archive.getmembers() if m.name.endswith("matrix.dat"))
            handle = archive.extractfile(member)
            assert handle is not None
            head = np.frombuffer(handle.read(), "<i2").reshape(108, 256, 256)[::-1, ::-1].astype(np.float32)
        found["head"] = without_table(resampled(head, (1.5, 0.957, 0.957)))
    return found
