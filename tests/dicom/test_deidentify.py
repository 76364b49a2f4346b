"""De-identified copies: whatever a header holds of a patient, nothing of it is in the copy; the film is the same."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom import uid
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from tests.support.dicom_maker import (
    DX_PROCESSING,
    LOSSLESS,
    NATIVE,
    chest_pixels,
    film_bytes,
    film_dataset,
    lut_item,
)
from tests.support.odd_headers import odd_film, odd_values
from workstation.dicom.deidentify import CORNERS, Pseudonyms, Region, blanked, deidentified
from workstation.domain.errors import KnownError, UnreadableFilm
from workstation.imaging.lut import default_voi, display_lut, render_8bit
from workstation.services.film import Film
from workstation.services.reading import read_film_bytes

SECRET = b"a secret of sixteen bytes or more"
# Text attributes of each value representation that can bear a name, a number or a note about the patient.
TEXTS = (
    "PatientName", "PatientID", "OtherPatientNames", "PatientAddress", "PatientComments", "PatientMotherBirthName",
    "MilitaryRank", "Occupation", "InstitutionName", "InstitutionAddress", "ReferringPhysicianName", "StationName",
    "OperatorsName", "PerformingPhysicianName", "PhysiciansOfRecord", "AccessionNumber", "StudyID", "StudyDescription",
    "SeriesDescription", "ProtocolName", "RequestedProcedureDescription", "ImageComments", "DeviceSerialNumber",
    "AdmissionID", "AdditionalPatientHistory", "DerivationDescription", "ViewPosition", "BodyPartExamined",
    "Manufacturer", "ManufacturerModelName", "WindowCenterWidthExplanation", "ImageLaterality", "RescaleType",
    "PerformedProcedureStepDescription", "FrameComments", "EthnicGroup",
)  # fmt: skip
UIDS = (
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "IrradiationEventUID",
)
DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "PatientBirthDate")


def export(film: Film, **options: object) -> bytes:
    stream = BytesIO()
    deidentified(film.header, film.pixels, Pseudonyms(SECRET), **options).save_as(
        stream, enforce_file_format=True
    )  # type: ignore[arg-type]
    return stream.getvalue()


def shown(film: Film) -> np.ndarray:
    pipeline = film.header.greyscale
    return render_8bit(film.pixels, display_lut(pipeline, default_voi(pipeline, film.pixels)[0], False))


words = st.text("QWXZJKVY", min_size=6, max_size=12)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    planted=st.dictionaries(st.sampled_from(TEXTS), words, min_size=3),
    date=st.dates(),
    nested=words,
    private=words,
    overlay=words,
)
def test_nothing_that_was_planted_is_found_in_the_copy(
    planted: dict[str, str], date: object, nested: str, private: str, overlay: str
) -> None:
    data = film_dataset()
    for keyword, word in planted.items():
        setattr(data, keyword, word[:16])
    day = str(date).replace("-", "")
    for keyword in DATES:
        setattr(data, keyword, day)
    for index, keyword in enumerate(UIDS):
        setattr(data, keyword, f"1.2.826.77777.{index}")
    item = Dataset()
    item.RequestedProcedureDescription = nested
    data.RequestAttributesSequence = [item]
    view = Dataset()
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = "272479007", "SCT", nested
    data.ViewCodeSequence = [view]
    data.VOILUTSequence = [lut_item(0, range(4096), 12, nested)]
    data.private_block(0x0029, private, create=True).add_new(1, "LO", private)
    data.add_new(0x60000022, "LO", overlay)
    data.add_new(0x60003000, "OW", overlay.encode().ljust(960, b"\0"))
    data.file_meta.SourceApplicationEntityTitle = private
    stream = BytesIO()
    data.save_as(stream, enforce_file_format=True)
    stream.seek(0)
    source = b"\0" * 128 + stream.getvalue()[128:]
    made = export(read_film_bytes(private.encode().ljust(128, b"\0") + source[128:]))
    secrets = {*(w[:16] for w in planted.values()), nested, private, overlay, "1.2.826.77777"}
    assert [word for word in secrets if word.encode() in made] == []
    copy = pydicom.dcmread(BytesIO(made))
    assert not [e for e in copy.iterall() if e.tag.is_private]
    assert not [e for e in copy.iterall() if e.VR in ("DA", "DT", "TM") and e.value]


@pytest.mark.parametrize("syntax", [*NATIVE, *LOSSLESS])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_the_copy_shows_the_same_film(syntax: str, photometric: str) -> None:
    film = read_film_bytes(
        film_bytes(transfer_syntax=syntax, photometric=photometric, windows=[(2000, 3000)], rescale=(2, -50))
    )
    copy = read_film_bytes(export(film))
    assert np.array_equal(copy.pixels, film.pixels)
    assert np.array_equal(shown(copy), shown(film))
    assert copy.header.exposure == film.header.exposure
    assert copy.header.spacing_mm == film.header.spacing_mm
    assert copy.header.view_position == film.header.view_position


def test_the_copy_keeps_the_shape_of_pixels_that_are_not_square() -> None:
    film = read_film_bytes(film_bytes(sop_class="SC", PixelAspectRatio=["300", "200"]))
    copy = read_film_bytes(export(film))
    assert copy.header.pixel_aspect == film.header.pixel_aspect == 1.5


@pytest.mark.parametrize(
    ("value", "scheme", "written"),
    [
        ("399067008", "SCT", "399067008"),
        ("R-102CD", "SRT", "399067008"),
        ("R-10214", "SRT", "272479007"),
        ("272479007", "SCT", "272479007"),
        ("NAME", "99X", None),
    ],
)
def test_the_copy_codes_view_and_region_as_the_standard_does_now(
    value: str, scheme: str, written: str | None
) -> None:
    view = Dataset()
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = value, scheme, "any"
    film = read_film_bytes(film_bytes(sop_class="DX", view_position="", ViewCodeSequence=[view]))
    copy = pydicom.dcmread(BytesIO(export(film)))
    codes = [(item.CodeValue, item.CodingSchemeDesignator) for item in copy.get("ViewCodeSequence", [])]
    assert codes == ([(written, "SCT")] if written else [])
    (region,) = copy.AnatomicRegionSequence
    assert (region.CodeValue, region.CodeMeaning) == ("816094009", "Chest")


@pytest.mark.parametrize("sop_class", ["CR", "DX", "SC"])
@pytest.mark.parametrize(
    "tags",
    [
        {"PixelSpacing": ["0.14", "0.14"], "ImagerPixelSpacing": ["0.15", "0.15"]},
        {
            "PixelSpacing": ["0.14", "0.14"],
            "PixelSpacingCalibrationType": "FIDUCIAL",
            "PixelSpacingCalibrationDescription": "by Ivanova",
        },
        {"PixelSpacing": ["0.15", "0.15"], "ImagerPixelSpacing": ["0.15", "0.15"]},
        {"PixelSpacing": ["0.15", "0.15"]},
    ],
)
def test_lengths_on_the_copy_mean_what_they_mean_on_the_film(sop_class: str, tags: dict[str, Any]) -> None:
    film = read_film_bytes(film_bytes(sop_class=sop_class, **tags))
    content = export(film)
    copy = read_film_bytes(content)
    assert (copy.header.spacing_mm, copy.header.spacing_kind) == (
        film.header.spacing_mm, film.header.spacing_kind
    )  # fmt: skip
    written = pydicom.dcmread(BytesIO(content))
    calibration = "PixelSpacingCalibrationType" in written
    assert calibration == ("PixelSpacingCalibrationType" in tags)
    # Required beside it, PS3.3 10.7.1.2; the film's is free text and may name somebody.
    assert bool(written.get("PixelSpacingCalibrationDescription")) == calibration
    assert b"Ivanova" not in content


def test_signed_values_luts_and_padding_are_kept() -> None:
    table = [lut_item(-100, [min(4095, v) for v in range(0, 8000, 2)], 12, "named")]
    film = read_film_bytes(film_bytes(signed=True, voi_lut=table, padding=-2048))
    copy = read_film_bytes(export(film))
    assert np.array_equal(shown(copy), shown(film))
    assert copy.header.greyscale.padding == film.header.greyscale.padding


@pytest.mark.parametrize("sop_class", ["CR", "DX"])
@pytest.mark.parametrize("spacing", ["PixelSpacing", "ImagerPixelSpacing"])
@pytest.mark.parametrize("view", ["272479007", "399348003", "399198007", "399173006"])
def test_exposure_geometry_and_view_are_the_films(sop_class: str, spacing: str, view: str) -> None:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = view, "SCT", "whatever"
    source = film_dataset(
        sop_class=sop_class,
        KVP="125",
        ExposureInuAs="1640",
        ImageAndFluoroscopyAreaDoseProduct="1.25",
        ExposureIndex="300",
        TargetExposureIndex="250",
        DeviationIndex="0.8",
        PatientOrientation=["L", "F"],
        ViewCodeSequence=[item],
    )
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        setattr(source, keyword, [0.15, 0.14] if keyword == spacing else None)
    stream = BytesIO()
    source.save_as(stream, enforce_file_format=True)
    film = read_film_bytes(stream.getvalue(), "a.dcm")
    assert film.header.exposure.mas == 1.64
    copy = read_film_bytes(export(film), "b.dcm").header
    for name in (
        "exposure",
        "spacing_mm",
        "spacing_kind",
        "patient_orientation",
        "view_code",
        "view_position",
    ):
        assert getattr(copy, name) == getattr(film.header, name), name
    said = {
        "272479007": "postero-anterior",
        "399348003": "antero-posterior",
        "399198007": "right lateral",
        "399173006": "left lateral",
    }
    (code,) = pydicom.dcmread(BytesIO(export(film))).ViewCodeSequence
    assert (code.CodeValue, code.CodeMeaning) == (view, said[view])


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_calibrated_spacing_is_not_called_that_of_the_detector(calibrated: bool) -> None:
    tags = {"ImagerPixelSpacing": [0.2, 0.2]} | ({"PixelSpacing": [0.1, 0.1]} if calibrated else {})
    copy = pydicom.dcmread(BytesIO(export(read_film_bytes(film_bytes(**tags), "a.dcm"))))
    assert list(copy.ImagerPixelSpacing) == [0.2, 0.2]
    assert ("PixelSpacing" in copy) == calibrated
    if calibrated:
        assert list(copy.PixelSpacing) == [0.1, 0.1]


@pytest.mark.parametrize("lossy", ["00", "01"])
def test_what_was_lost_once_is_told(lossy: str) -> None:
    film = read_film_bytes(film_bytes(LossyImageCompression=lossy), "a.dcm")
    assert pydicom.dcmread(BytesIO(export(film))).LossyImageCompression == lossy


def test_films_of_a_patient_and_study_stay_together_and_apart_from_others() -> None:
    study = uid.generate_uid()
    one, two = (read_film_bytes(film_bytes(study_instance_uid=study)) for _ in range(2))
    other = read_film_bytes(film_bytes(patient_id="PHANTOM-2"))
    a, b, c = (pydicom.dcmread(BytesIO(export(f))) for f in (one, two, other))
    assert a.PatientID == b.PatientID != c.PatientID
    assert a.StudyInstanceUID == b.StudyInstanceUID != c.StudyInstanceUID
    assert a.SOPInstanceUID != b.SOPInstanceUID
    again = deidentified(one.header, one.pixels, Pseudonyms(b"another secret of many bytes"))
    assert again.PatientID != a.PatientID


def test_unknown_people_are_not_made_one() -> None:
    def number(film: Film, unique: str) -> str:
        made = deidentified(film.header, film.pixels, Pseudonyms(SECRET), unique=unique)
        assert made.PatientName == f"{made.PatientID}^"
        return str(made.PatientID)

    picture = BytesIO()
    Image.fromarray(chest_pixels(bits=8)).save(picture, "PNG")
    png = read_film_bytes(picture.getvalue())
    assert len({number(png, unique) for unique in ("first", "second", "third")}) == 3
    assert number(png, "first") == number(png, "first")
    nobody = {"patient_name": "", "patient_id": "", "patient_birth_date": ""}
    study = uid.generate_uid()
    one, two = (read_film_bytes(film_bytes(study_instance_uid=study, **nobody)) for _ in range(2))
    assert number(one, "first") == number(two, "second"), "one study is one patient"
    assert number(one, "") != number(read_film_bytes(film_bytes(**nobody)), "")


def test_a_stand_in_is_long_enough_for_every_patient_of_a_hospital() -> None:
    pseudonyms = Pseudonyms(SECRET)
    numbers = {pseudonyms.patient(str(n), "", "") for n in range(200_000)}
    assert len(numbers) == 200_000
    assert all(re.fullmatch("ANON-[0-9A-F]{16}", number) for number in list(numbers)[:100])


@pytest.mark.parametrize(
    ("options", "relationship", "sign"),
    [
        # PS3.3 C.8.11.3.1.2: +1 where lower values are less beam, and white bone is little beam.
        ({"photometric": "MONOCHROME2"}, "LOG", -1),
        ({"photometric": "MONOCHROME1"}, "LOG", 1),
        ({"photometric": "MONOCHROME2", "rescale": (-1, 4095)}, "LOG", 1),
        ({"PixelIntensityRelationship": "LIN", "PixelIntensityRelationshipSign": 1}, "LIN", 1),
        ({"PixelIntensityRelationship": "LOG", "PixelIntensityRelationshipSign": -1}, "LOG", -1),
        ({"PixelIntensityRelationship": "NAME", "PixelIntensityRelationshipSign": 7}, "LOG", -1),
        ({"sop_class": DX_PROCESSING}, "LIN", -1),
    ],
)
def test_a_dx_copy_tells_how_its_values_follow_the_beam(
    options: dict[str, object], relationship: str, sign: int
) -> None:
    copy = pydicom.dcmread(BytesIO(export(read_film_bytes(film_bytes(**options)))))  # type: ignore[arg-type]
    assert (copy.PixelIntensityRelationship, copy.PixelIntensityRelationshipSign) == (relationship, sign)


def test_a_dx_copy_has_a_laterality_of_its_image_and_none_of_its_series() -> None:
    for said, written in ((None, "U"), ("NAME", "U"), ("L", "L")):
        film = read_film_bytes(film_bytes(ImageLaterality=said, BodyPartExamined=None))
        copy = pydicom.pydicom.dcmread(BytesIO(export(film)))
        assert copy.ImageLaterality == written
        assert "Laterality" not in copy


@pytest.mark.parametrize(
    "options",
    [
        {"PixelPaddingValue": ("SS", struct.pack("<h", -2000))},
        {"PixelPaddingValue": ("US", struct.pack("<H", 60000))},
        {"PixelPaddingValue": ("SS", struct.pack("<h", -2000)), "PixelPaddingRangeLimit": ("SS", b"\x32\0")},
    ],
)
def test_padding_that_the_pixels_cannot_hold_is_left_out(options: dict[str, tuple[str, bytes]]) -> None:
    film = read_film_bytes(odd_film(options))
    copy = read_film_bytes(export(film))
    low, high = film.header.greyscale.padding or (0, 0)
    assert 0 <= low <= high <= 4095
    assert copy.header.greyscale.padding == film.header.greyscale.padding
    assert np.array_equal(shown(copy), shown(film))


@pytest.mark.parametrize(
    ("first", "entries", "options"),
    [
        (-1024, 4096, {"rescale": (1, -1024)}),
        (-32768, 40_000, {"signed": True, "bits_stored": 16}),
        (-32768, 65_536, {"signed": True, "bits_stored": 16}),
        (0, 40_000, {"bits_stored": 16}),
        (100, 40_000, {"signed": True, "bits_stored": 16}),
    ],
)
def test_a_table_begins_below_zero_or_above_and_is_kept(
    first: int, entries: int, options: dict[str, Any]
) -> None:
    table = lut_item(0, np.linspace(0, 65535, entries).astype(int).tolist(), 16)
    table.add_new(0x00283002, "SS" if first < 0 else "US", [entries % 65536, first, 16])
    film = read_film_bytes(film_bytes(voi_lut=[table], **options))
    copy = read_film_bytes(export(film))
    assert copy.header.greyscale.voi_luts == film.header.greyscale.voi_luts
    assert copy.header.greyscale.voi_luts[0].first == first
    assert np.array_equal(shown(copy), shown(film))


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(values=odd_values())
def test_a_copy_is_made_of_whatever_the_reader_takes(values: dict[str, Any]) -> None:
    try:
        film = read_film_bytes(odd_film(values))
    except UnreadableFilm:
        return
    speck = Region(0, 0, 1e-9, 1e-9)  # burnt-in text is refused without one
    copy = read_film_bytes(export(film, blank=[speck]))
    assert np.array_equal(copy.pixels[1:], film.pixels[1:])
    assert np.abs(shown(copy)[1:].astype(int) - shown(film)[1:]).max() <= 1


def test_the_copy_says_how_it_was_made() -> None:
    film = read_film_bytes(film_bytes())
    copy = pydicom.pydicom.dcmread(BytesIO(export(film)))
    assert copy.PatientIdentityRemoved == "YES"
    assert [i.CodeValue for i in copy.DeidentificationMethodCodeSequence] == ["113100"]
    clean = pydicom.dcmread(BytesIO(export(film, blank=CORNERS)))
    assert [i.CodeValue for i in clean.DeidentificationMethodCodeSequence] == ["113100", "113101"]
    assert clean.BurnedInAnnotation == "NO"


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("rescale", [(1, 0), (-1, 4095)])
def test_burnt_in_text_is_refused_until_its_place_is_blanked(
    photometric: str, rescale: tuple[float, float]
) -> None:
    film = read_film_bytes(film_bytes(BurnedInAnnotation="YES", photometric=photometric, rescale=rescale))
    with pytest.raises(KnownError) as caught:
        export(film)
    assert caught.value.code == "burned_in_annotation"
    region = Region(0.5, 0.25, 1, 0.5)
    copy = read_film_bytes(export(film, blank=[region]))
    rows, columns = film.pixels.shape
    part = np.s_[rows // 4 : rows // 2, columns // 2 :]
    assert np.unique(copy.pixels[part]).size == 1
    assert shown(copy)[part].max() <= shown(copy).min() + 1
    assert np.array_equal(copy.pixels[rows // 2 :], film.pixels[rows // 2 :])


def test_a_pixel_that_a_blanked_region_only_touches_is_blanked_too() -> None:
    pixels = np.arange(1, 97, dtype=np.uint16).reshape(12, 8)
    made = blanked(pixels, (Region(0.2, 0.3, 0.45, 0.6),), False)  # columns 1.6 to 3.6, rows 3.6 to 7.2
    wanted = pixels.copy()
    wanted[3:8, 1:4] = 1
    assert np.array_equal(made, wanted)
    assert pixels[3, 1] != 1, "the film itself stays as it is"


@pytest.mark.parametrize(("said", "blank", "told"), [("", (), ""), ("NO", (), "NO"), ("YES", CORNERS, "NO")])
def test_a_copy_is_said_to_be_free_of_text_only_where_it_is_known(
    said: str, blank: tuple[Region, ...], told: str
) -> None:
    film = read_film_bytes(film_bytes(**({"BurnedInAnnotation": said} if said else {})), "a.dcm")
    assert pydicom.dcmread(BytesIO(export(film, blank=blank))).get("BurnedInAnnotation", "") == told


@pytest.mark.parametrize("bad", [(-0.1, 0, 1, 1), (0, 0, 0, 1), (0, 0.5, 1, 0.4), (0, 0, 1, 1.1)])
def test_a_region_outside_the_film_is_refused(bad: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="region"):
        Region(*bad)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("sop_class", ["CR", "DX", DX_PROCESSING, "SC"])
def test_dciodvfy_finds_no_error_in_a_copy(sop_class: str, tmp_path: Path) -> None:
    view = Dataset()
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = "272479007", "SCT", "any"
    windows = [] if sop_class == DX_PROCESSING else [(2048, 4096)]  # these have none
    film = read_film_bytes(
        film_bytes(
            sop_class=sop_class, windows=windows, BodyPartExamined="CHEST",
            ViewCodeSequence=[view], PatientOrientation=["L", "F"], BurnedInAnnotation="NO",
            ImagerPixelSpacing=["0.15", "0.15"],
        )
    )  # fmt: skip
    path = tmp_path / "copy.dcm"
    path.write_bytes(export(film))
    done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if line.startswith("Error")] == []


def test_every_text_attribute_planted_is_one() -> None:
    assert {dictionary_VR(k) for k in TEXTS} <= {"PN", "LO", "SH", "ST", "LT", "UT", "CS"}
