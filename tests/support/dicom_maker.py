"""Synthetic radiographs for tests: DICOM films of any transfer syntax, made in memory.

`make_film(path)` writes a small plausible PA chest; every keyword changes one thing. No real patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as DicomSequence

Array = npt.NDArray[Any]

CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
DX_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
_SOP_CLASSES = {"CR": CR, "DX": DX, "SC": SC}

NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
LOSSLESS = (
    uid.RLELossless,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
)
LOSSY = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless, uid.JPEG2000, uid.HTJ2K)


def chest_pixels(rows: int = 96, columns: int = 80, bits: int = 12, *, lateral: bool = False) -> Array:
    """A crude chest phantom, bones white: bright mediastinum and body, dark lungs, black air around.

    Returns:
        (rows, columns) uint8 where `bits` <= 8, else uint16; values 0 .. 2**bits - 1.
    """
    y, x = np.mgrid[0:rows, 0:columns]
    y, x = y / (rows - 1), x / (columns - 1)
    body = (np.abs(x - 0.5) < 0.45).astype(float) * 0.75
    lungs = (0.5,) if lateral else (0.29, 0.71)
    for centre in lungs:
        depth = np.clip(1.0 - ((x - centre) / 0.17) ** 2 - ((y - 0.48) / 0.36) ** 2, 0.0, 1.0)
        body -= 0.5 * np.sqrt(depth)
    ribs = 0.05 * (np.sin(y * 60.0) > 0.4) * (body > 0.2)
    grain = np.random.default_rng(7).normal(0.0, 0.01, body.shape)
    top = (1 << bits) - 1
    values = np.clip(np.rint((body + ribs + grain * (body > 0)) * top), 0, top)
    return values.astype(np.uint8 if bits <= 8 else np.uint16)


def lut_item(first: int, values: Sequence[int], bits: int = 16, explanation: str = "") -> Dataset:
    """One item of a Modality LUT or VOI LUT Sequence."""
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(values) % 65536, first, bits])
    if explanation:
        item.LUTExplanation = explanation
    item.add_new(0x00283006, "OW", np.asarray(values, "<u2").tobytes())
    return item


def film_dataset(
    pixels: Array | None = None,
    *,
    sop_class: str = "DX",
    photometric: str = "MONOCHROME2",
    bits_stored: int = 12,
    bits_allocated: int | None = None,
    signed: bool = False,
    transfer_syntax: str = uid.ExplicitVRLittleEndian,
    windows: Sequence[tuple[float, float] | tuple[float, float, str]] = (),
    voi_lut: Sequence[Dataset] = (),
    voi_function: str = "",
    rescale: tuple[float, float] | None = None,
    modality_lut: Dataset | None = None,
    padding: int | None = None,
    padding_limit: int | None = None,
    view_position: str = "PA",
    patient_name: str = "Test^Phantom",
    patient_id: str = "PHANTOM-1",
    patient_birth_date: str = "19700101",
    patient_sex: str = "O",
    sop_instance_uid: str = "",
    study_instance_uid: str = "",
    series_instance_uid: str = "",
    near: int = 2,
    frames: int = 1,
    **extra: Any,
) -> Dataset:
    """Build a film as a dataset with file meta; see `make_film`.

    Args:
        pixels: stored values, (rows, columns) or (rows, columns, 3); None makes `chest_pixels`.
        sop_class: ``CR``, ``DX``, ``SC`` or any SOP class UID.
        bits_allocated: None means that of the pixel array.
        windows: (center, width) or (center, width, explanation) each.
        voi_lut, modality_lut: items by `lut_item`.
        near: permitted error of JPEG-LS near-lossless.
        frames: the frame is repeated so many times.
        extra: any DICOM keyword, set last; None deletes it.
    """
    if pixels is None:
        pixels = chest_pixels(bits=bits_stored)
        if signed:
            pixels = (pixels.astype(np.int32) - (1 << (bits_stored - 1))).astype(
                np.int8 if bits_stored <= 8 else np.int16
            )
    ds = Dataset()
    ds.SOPClassUID = _SOP_CLASSES.get(sop_class, sop_class)
    ds.SOPInstanceUID = sop_instance_uid or uid.generate_uid()
    ds.StudyInstanceUID = study_instance_uid or uid.generate_uid()
    ds.SeriesInstanceUID = series_instance_uid or uid.generate_uid()
    ds.Modality = {CR: "CR", SC: "OT"}.get(str(ds.SOPClassUID), "DX")
    ds.PatientName, ds.PatientID = patient_name, patient_id
    ds.PatientBirthDate, ds.PatientSex = patient_birth_date, patient_sex
    ds.StudyDate = ds.AcquisitionDate = "20260301"
    ds.StudyTime = ds.AcquisitionTime = "101530"
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 1, 1
    ds.AccessionNumber, ds.ReferringPhysicianName = "ACC1", ""
    ds.Manufacturer, ds.StationName = "Phantom Works", "ROOM2"
    ds.BodyPartExamined, ds.ViewPosition = "CHEST", view_position
    if ds.SOPClassUID == DX:
        ds.PresentationIntentType = "FOR PRESENTATION"
    elif ds.SOPClassUID == SC:
        ds.ConversionType = "WSD"
    for keyword, value in (("PixelPaddingValue", padding), ("PixelPaddingRangeLimit", padding_limit)):
        if value is not None:
            ds.add_new(keyword, "SS" if signed else "US", value)
    if windows:
        ds.WindowCenter = [str(w[0]) for w in windows]
        ds.WindowWidth = [str(w[1]) for w in windows]
        if any(len(w) > 2 for w in windows):
            ds.WindowCenterWidthExplanation = [str(w[2]) if len(w) > 2 else "" for w in windows]
    if voi_function:
        ds.VOILUTFunction = voi_function
    if voi_lut:
        ds.VOILUTSequence = DicomSequence(voi_lut)
    if rescale is not None:
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = str(rescale[0]), str(rescale[1]), "US"
    if modality_lut is not None:
        modality_lut.ModalityLUTType = "US"
        ds.ModalityLUTSequence = DicomSequence([modality_lut])
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    if ds.SamplesPerPixel > 1:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated = bits_allocated or pixels.dtype.itemsize * 8
    ds.BitsStored = min(bits_stored, ds.BitsAllocated)
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(signed)
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = uid.UID(transfer_syntax)
    ds.file_meta.ImplementationClassUID = uid.PYDICOM_IMPLEMENTATION_UID
    _set_pixels(ds, pixels, near, frames)
    for keyword, value in extra.items():
        if value is None:
            if keyword in ds:
                delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def film_bytes(pixels: Array | None = None, **options: Any) -> bytes:
    """The film as the bytes of a DICOM file; options as for `make_film`."""
    buffer = BytesIO()
    film_dataset(pixels, **options).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def make_film(path: Path | str, pixels: Array | None = None, **options: Any) -> Path:
    """Write a synthetic film to `path` (parents are made); options as for `film_dataset`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(film_bytes(pixels, **options))
    return path


def encode_frame(pixels: Array, transfer_syntax: str, bits_stored: int, near: int = 2) -> bytes:
    """Encode one frame for an encapsulated transfer syntax.

    Raises:
        ValueError: a native or unknown transfer syntax.
    """
    pixels = np.ascontiguousarray(pixels)
    syntax = uid.UID(transfer_syntax)
    bits = max(bits_stored, 2)
    # JPEG and JPEG-LS know no sign: the two's complement pattern within Bits Stored is what is encoded.
    pattern = pixels
    if pixels.dtype.kind == "i":
        unsigned = np.uint8 if pixels.dtype.itemsize == 1 else np.uint16
        pattern = (pixels.astype(np.int32) & ((1 << bits_stored) - 1)).astype(unsigned)
    if syntax == uid.JPEGBaseline8Bit:
        return bytes(imagecodecs.jpeg8_encode(pattern, level=95))
    if syntax == uid.JPEGExtended12Bit:
        return bytes(imagecodecs.jpeg8_encode(pattern, level=100, bitspersample=12 if bits > 8 else 8))
    if syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1):
        predictor = 1 if syntax == uid.JPEGLosslessSV1 else 6
        return bytes(
            imagecodecs.jpeg8_encode(pattern, lossless=True, predictor=predictor, bitspersample=bits)
        )
    if syntax in (uid.JPEGLSLossless, uid.JPEGLSNearLossless):
        return bytes(
            imagecodecs.jpegls_encode(pattern, level=near if syntax == uid.JPEGLSNearLossless else 0)
        )
    if syntax in (uid.JPEG2000Lossless, uid.JPEG2000):
        options: dict[str, Any] = {"reversible": True} if syntax == uid.JPEG2000Lossless else {"level": 60}
        return bytes(
            imagecodecs.jpeg2k_encode(
                pixels, codecformat="j2k", bitspersample=bits_stored, mct=False, **options
            )
        )
    if syntax in (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL):
        return bytes(imagecodecs.htj2k_encode(pixels, reversible=True))
    if syntax == uid.HTJ2K:
        return bytes(imagecodecs.htj2k_encode(pixels, level=0.0005, reversible=False))
    raise ValueError(f"cannot encode {syntax.name}")


def _rle(pixels: Array) -> bytes:
    """RLE Lossless, PS3.5 Annex G: one PackBits segment per byte plane, high byte first."""
    planes = pixels.reshape(*pixels.shape[:2], -1)
    little = planes.astype(planes.dtype.newbyteorder("<")).view(np.uint8).reshape(*planes.shape, -1)
    segments: list[bytes] = []
    for sample in range(planes.shape[2]):
        for byte in reversed(range(planes.dtype.itemsize)):
            rows = np.ascontiguousarray(little[:, :, sample, byte])
            packed = b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in rows)
            segments.append(packed + b"\0" * (len(packed) % 2))
    offsets = [64]
    for segment in segments[:-1]:
        offsets.append(offsets[-1] + len(segment))
    header = [len(segments), *offsets] + [0] * (15 - len(offsets))
    return np.asarray(header, "<u4").tobytes() + b"".join(segments)


def _set_pixels(ds: Dataset, pixels: Array, near: int, frames: int) -> None:
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated:
        frame = (
            _rle(pixels) if syntax == uid.RLELossless else encode_frame(pixels, syntax, ds.BitsStored, near)
        )
        ds.PixelData = encapsulate([frame] * frames)
        ds["PixelData"].VR = "OB"
        return
    byte_order = ">" if syntax == uid.ExplicitVRBigEndian else "<"
    raw = pixels.astype(pixels.dtype.newbyteorder(byte_order)).tobytes() * frames
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 or syntax == uid.ImplicitVRLittleEndian else "OB"
