"""Render the demo study: one simulated patient, frontal and lateral films, good and faulty, as DICOM DX.

``python -m models_onnx.training.demo --ct lidc0001.npz --out resources/demo`` (needs scipy, pydicom, imagecodecs).
Everything in the headers is made up and says so; the anatomy is CT LIDC-IDRI-0001 (CC BY 3.0).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation, JPEG2000Lossless, generate_uid

from .render import anatomy as anatomies
from .render import draw, film, scene, warp
from .render.physics import Exposure
from .render.projector import Geometry, Projection, project

SOURCE = "LIDC-IDRI-0001"
LONG_SIDE = 1600
BITS = 12


@dataclass(frozen=True)
class Shot:
    """One film of the study. ``margins``: left, right, top, bottom, in fractions of the lungs' box (negative cuts)."""

    name: str
    view: str
    yaw_deg: float
    margins: tuple[float, float, float, float]
    photometric: str
    time: str
    deviation: float
    says: str
    roll_deg: float = 0.0
    anterior: str = "left"


SHOTS = (
    Shot(
        name="01_frontal_good",
        view="frontal_pa",
        yaw_deg=0.0,
        margins=(0.13, 0.13, 0.13, 0.12),
        photometric="MONOCHROME2",
        time="091204",
        deviation=0.3,
        says="whole lungs, straight",
    ),
    Shot(
        name="02_frontal_cut_bottom",
        view="frontal_pa",
        yaw_deg=1.5,
        margins=(0.12, 0.10, 0.14, -0.30),
        photometric="MONOCHROME1",
        time="091431",
        deviation=-0.6,
        says="lung bases and costophrenic angles cut off at the bottom",
    ),
    Shot(
        name="03_frontal_cut_side",
        view="frontal_pa",
        yaw_deg=-1.0,
        margins=(0.30, -0.07, 0.12, 0.12),
        photometric="MONOCHROME2",
        time="091652",
        deviation=0.9,
        says="the patient's left lung cut off at the side",
        roll_deg=1.5,
    ),
    Shot(
        name="04_lateral_good",
        view="lateral_left",
        yaw_deg=0.0,
        margins=(0.28, 0.24, 0.12, 0.10),
        photometric="MONOCHROME2",
        time="092015",
        deviation=0.1,
        says="true lateral, whole lungs",
    ),
    Shot(
        name="05_lateral_rotated",
        view="lateral_left",
        yaw_deg=17.0,
        margins=(0.26, 0.22, 0.11, 0.12),
        photometric="MONOCHROME1",
        time="092233",
        deviation=-1.1,
        says="turned 17 degrees, left side forward",
    ),
    Shot(
        name="06_lateral_cut_posterior",
        view="lateral_left",
        yaw_deg=1.0,
        margins=(0.45, -0.08, 0.14, 0.10),
        photometric="MONOCHROME2",
        time="092410",
        deviation=1.6,
        says="posterior recess cut off",
    ),
)


def trabecular(bone: NDArray[np.float32], pixel_mm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Bone path with a fine random mesh the CT is too coarse to carry: +-3 % at about 0.8 to 2 mm."""
    noise = rng.standard_normal(bone.shape).astype(np.float32)
    band = cv2.GaussianBlur(noise, (0, 0), 0.5 / pixel_mm) - cv2.GaussianBlur(noise, (0, 0), 1.3 / pixel_mm)
    return np.asarray(bone * np.clip(1 + 0.03 * band / max(float(band.std()), 1e-6), 0.8, 1.2), np.float32)


def projection_of(scn: scene.Scene, shot: Shot, rng: np.random.Generator) -> Projection:
    """Fine projection of one shot: 1.8 m, upright bucky, arms raised on laterals."""
    lateral = shot.view.startswith("lateral")
    half = scn.half_width_mm if lateral else scn.half_depth_mm
    geometry = Geometry(
        view=shot.view,
        yaw_deg=shot.yaw_deg,
        tilt_deg=0.0,
        sid_mm=1800.0,
        axis_to_detector_mm=half + 55.0,
        ray_z_mm=10.0,
        anterior=shot.anterior,
        pixel_mm=0.3,
        canvas_px=1900,
    )
    made = project(scn.volume, scn.spacing_mm, scn.z_centre, geometry, merge=1, fine=True)
    soft, bone = np.maximum(made.soft, 0), trabecular(np.maximum(made.bone, 0), geometry.pixel_mm, rng)
    if lateral:
        for side in (-1.0, 1.0):
            x, top = side * 0.7 * scn.half_width_mm, -scn.lung_half_mm
            draw.add_arm(
                soft, bone, (x, -10.0, top + 5), (0.7 * x, -90.0 - 12 * side, top - 280.0), geometry, 34.0
            )
    return replace(made, soft=soft, bone=bone)


def look_of(shot: Shot) -> film.Look:
    """A plain modern DR look."""
    lateral = shot.view.startswith("lateral")
    return film.Look(
        exposure=Exposure(kvp=130 if lateral else 110, photons=6e6, scatter=0.22, scatter_mm=50, blur_px=0.7),
        curve="dr",
        flatten=0.42 if lateral else 0.38,
        flatten_mm=45.0,
        sharpen=1.6,
        sharpen_mm=2.6,
        low=0.6 if lateral else 1.0,
        high=97.5 if lateral else 99.0,
        gamma=1.0 if lateral else 0.9,
    )


def render(scn: scene.Scene, shot: Shot, seed: int) -> tuple[NDArray[np.uint16], float, film.Film]:
    """Stored values as presented (bones bright, 12 bit), detector pixel (mm) and the film with its truth."""
    rng = np.random.default_rng(seed)
    projection = projection_of(scn, shot, rng)
    look = look_of(shot)
    framing = film.Framing(margins=shot.margins, roll_deg=shot.roll_deg, long_side=LONG_SIDE)
    made, unit = film.expose_unit(projection, framing, look, rng)
    values = np.rint(unit * (2**BITS - 1)).astype(np.uint16)
    letter = np.zeros(values.shape, np.uint8)
    rows, cols = values.shape
    at = (
        (round(0.90 * cols), round(0.07 * rows))
        if not shot.view.startswith("lateral")
        else (round(0.05 * cols), round(0.08 * rows))
    )
    cv2.putText(letter, "L", at, cv2.FONT_HERSHEY_DUPLEX, 2.2, 255, 6, cv2.LINE_AA)
    return np.maximum(values, letter.astype(np.uint16) * 15), made.pixel_mm, made


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def dicom(values: NDArray[np.uint16], shot: Shot, pixel_mm: float, number: int, path: Path) -> FileDataset:
    """The film as Digital X-Ray Image Storage - For Presentation, JPEG 2000 lossless. Dose in dGy cm2."""
    lateral = shot.view.startswith("lateral")
    uid = lambda *parts: generate_uid(entropy_srcs=["cxr-workstation demo", SOURCE, *map(str, parts)])  # noqa: E731
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid("instance", shot.name)
    meta.TransferSyntaxUID = JPEG2000Lossless
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20261102"
    ds.StudyTime = "091000"
    ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = shot.time
    ds.AccessionNumber = "DEMO-A1"
    ds.Modality, ds.PresentationIntentType = "DX", "FOR PRESENTATION"
    ds.Manufacturer = "CXR Workstation demo renderer"
    ds.ManufacturerModelName = "Simulated radiograph"
    ds.InstitutionName, ds.StationName = "Demo hospital (simulated)", "DEMO-ROOM-1"
    ds.OperatorsName = "DEMO^OPERATOR"
    ds.StudyDescription, ds.StudyID = "Chest PA and lateral (simulated)", "DEMO1"
    ds.SeriesDescription = "Chest lateral" if lateral else "Chest PA"
    ds.PatientName, ds.PatientID = "DEMO^SIMULATED", "DEMO-0001"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "19600101", "O", "066Y"
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = f"Rendered from public CT {SOURCE}; all headers are made up"
    ds.ImageComments = f"Simulated from CT {SOURCE}, not a patient exposure"
    ds.DerivationDescription = f"Rendered from CT {SOURCE} (CC BY 3.0): {shot.says}"
    ds.StudyInstanceUID = uid("study")
    ds.SeriesInstanceUID = uid("series", "lateral" if lateral else "frontal")
    ds.SeriesNumber, ds.InstanceNumber = 2 if lateral else 1, number
    ds.BodyPartExamined = "CHEST"
    ds.AnatomicRegionSequence = _code("43799004", "SCT", "Chest")
    ds.ViewPosition = "LL" if lateral else "PA"
    ds.ViewCodeSequence = (
        _code("399173006", "SCT", "left lateral")
        if lateral
        else _code("272479007", "SCT", "postero-anterior")
    )
    ds.ImageLaterality = "U"
    ds.PatientOrientation = [("P" if shot.anterior == "left" else "A") if lateral else "L", "F"]
    ds.KVP = 125 if lateral else 110
    ds.ExposureTime, ds.XRayTubeCurrent = (18, 320) if lateral else (6, 320)
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = 1800.0, 1500.0
    ds.ImagerPixelSpacing = [round(pixel_mm, 4)] * 2
    target = 300.0
    ds.ExposureIndex = round(target * 10 ** (shot.deviation / 10), 1)
    ds.TargetExposureIndex, ds.DeviationIndex = target, shot.deviation
    ds.ImageAndFluoroscopyAreaDoseProduct = round((3.1 if lateral else 0.9) * 10 ** (shot.deviation / 10), 3)
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.QualityControlImage = "NO"
    ds.DetectorType, ds.FieldOfViewShape, ds.Grid = "DIRECT", "RECTANGLE", "FOCUSED"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, shot.photometric
    ds.Rows, ds.Columns = values.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, BITS, BITS - 1, 0
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = (
        "LOG",
        -1 if shot.photometric == "MONOCHROME1" else 1,
    )
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.PresentationLUTShape = "INVERSE" if shot.photometric == "MONOCHROME1" else "IDENTITY"
    ds.WindowCenter, ds.WindowWidth = 2 ** (BITS - 1), 2**BITS
    ds.WindowCenterWidthExplanation = "NORMAL"
    stored = (2**BITS - 1 - values).astype(np.uint16) if shot.photometric == "MONOCHROME1" else values
    frame = imagecodecs.jpeg2k_encode(stored, level=0, reversible=True, bitspersample=BITS, codecformat="j2k")
    ds.PixelData = encapsulate([bytes(frame)])
    ds["PixelData"].VR = "OB"
    return ds


README = f"""# Demo study

Six films of one *simulated* patient, rendered by `python -m models_onnx.training.demo` from the thorax CT
{SOURCE} of the LIDC-IDRI collection (The Cancer Imaging Archive, https://doi.org/10.7937/K9/TCIA.2015.LO9QL9SX,
licence CC BY 3.0, https://creativecommons.org/licenses/by/3.0/). The CT was cleaned of its table and contrast medium,
completed beyond the scanned range, stretched a little to an upright breath, and projected; nothing here is a patient
exposure and every header value is made up. The demo films are under the same licence, CC BY 3.0.

| file | what it shows |
|---|---|
"""


def main() -> None:
    """Render all shots into a folder, with a README that names the source."""
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.demo", description=__doc__)
    parser.add_argument("--ct", type=Path, required=True, help="lidc0001.npz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--png", type=Path, help="also write 8-bit previews here")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    base, _ = anatomies.prepare(*anatomies.load_ct(args.ct), args.ct.stem)
    build = warp.Build(height=1.1, breath=0.12, lung_density=0.95, bone_density=1.3)
    scn = scene.scene(warp.warp(base, build, 1.25, np.random.default_rng(args.seed)))
    args.out.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, shot in enumerate(SHOTS, start=1):
        values, pixel_mm, made = render(scn, shot, args.seed + number)
        path = args.out / f"{shot.name}.dcm"
        dicom(values, shot, pixel_mm, number, path).save_as(path, enforce_file_format=True)
        if args.png:
            args.png.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(args.png / f"{shot.name}.png"), (values >> (BITS - 8)).astype(np.uint8))
        lost = ", ".join(f"{e} {100 * v:.1f} %" for e, v in made.beyond.items() if v > 0) or "none"
        lines.append(
            f"| `{path.name}` | {shot.says}; lung area beyond the film: {lost}; {shot.photometric} |"
        )
        print(path.name, values.shape, f"{path.stat().st_size / 1e6:.2f} MB", lost, flush=True)
    (args.out / "README.md").write_text(README + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
