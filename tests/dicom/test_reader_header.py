"""What the header says, and how odd values are taken."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.support.dicom_maker import NATIVE, chest_pixels, film_bytes, film_dataset, lut_item
from tests.support.odd_headers import odd_film
from workstation.dicom import reader
from workstation.dicom.evidence import read_evidence
from workstation.domain.film import FilmHeader, SpacingKind, VoiFunction, Window
from workstation.imaging.lut import display_lut


def header_of(**options: Any) -> FilmHeader:
    return reader.read(film_bytes(**options), "film.dcm")[0]


def saved(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def repaired(header: FilmHeader) -> str:
    return " ".join(n.detail for n in header.notices)


def test_identity() -> None:
    header = header_of(
        patient_name="Doe^Jane^Q^Dr",
        patient_id="X1",
        patient_birth_date="19601231",
        patient_sex="F",
        AccessionNumber="A7",
        OperatorsName="Ivanova^A",
        BurnedInAnnotation="NO",
        sop_instance_uid="1.2.3.4",
    )
    assert (header.patient.name, header.patient.patient_id) == ("Doe, Jane Q", "X1")
    assert (header.patient.birth_date, header.patient.sex) == ("1960-12-31", "F")
    assert (header.accession_number, header.operator, header.station) == ("A7", "Ivanova, A", "ROOM2")
    assert header.burned_in_annotation == "NO"
    assert (header.sop_instance_uid, header.modality, header.body_part) == ("1.2.3.4", "DX", "CHEST")


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 144", "Иванов^Пётр^Ильич"),
        ("ISO_IR 192", "Иванов^Пётр^Ильич"),
        ("ISO 2022 IR 144", "Иванов^Пётр^Ильич"),
        (["", "ISO 2022 IR 144"], "Иванов^Пётр^Ильич"),
    ],
)
def test_cyrillic_names(character_set: Any, name: str) -> None:
    header = header_of(patient_name="x", SpecificCharacterSet=character_set, PatientName=name)
    assert header.patient.name == "Иванов, Пётр Ильич"
    assert header.notices == ()


def test_ideographic_name_where_no_other_is_filled() -> None:
    header = header_of(SpecificCharacterSet="ISO_IR 192", PatientName="=山田^太郎=やまだ^たろう")
    assert header.patient.name == "山田, 太郎"


def test_unknown_character_set_does_not_hide_the_film() -> None:
    ds = film_dataset(patient_name="Plain^Name")
    ds.SpecificCharacterSet = "ISO_IR 144"
    data = saved(ds).replace(b"ISO_IR 144", b"ISO_IR 999")
    assert reader.read(data)[0].patient.name == "Plain, Name"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("ISO_IR_192", "utf-8"),
        ("ISO-IR-192", "utf-8"),
        ("UNICODE   ", "utf-8"),
        ("ISO IR 144", "iso8859-5"),
        ("ISO-IR 144", "iso8859-5"),
    ],
)
def test_names_are_read_under_a_misspelt_character_set(written: str, encoding: str) -> None:
    name = "Иванов^Пётр"
    ds = film_dataset(patient_name="X" * len(name.encode(encoding)), SpecificCharacterSet="ISO_IR 999")
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "L", str(ds.PatientName)
    ds.ProcedureCodeSequence = Sequence([code])
    data = saved(ds).replace(b"ISO_IR 999", written.encode())
    data = data.replace(b"X" * len(name.encode(encoding)), name.encode(encoding))
    assert reader.read(data)[0].patient.name == "Иванов, Пётр"
    evidence = read_evidence(data)
    assert str(evidence.PatientName) == name
    assert evidence.ProcedureCodeSequence[0].CodeMeaning == name


@pytest.mark.parametrize("written", [None, "ISO_IR 6"])
@pytest.mark.parametrize("syntax", NATIVE[:3], ids=lambda s: s.name.replace(" ", "-"))
def test_names_in_utf_8_are_read_under_no_character_set(written: str | None, syntax: uid.UID) -> None:
    name = "Иванов^Пётр"
    whole = film_bytes(patient_name=name, SpecificCharacterSet="ISO_IR 192", transfer_syntax=syntax)
    tag = b"\x00\x08\x00\x05" if syntax == uid.ExplicitVRBigEndian else b"\x08\x00\x05\x00"
    start = whole.index(tag, 300)
    end = whole.index(b"ISO_IR 192") + 10
    put = whole[start:end].replace(b"ISO_IR 192", b"ISO_IR 6  ") if written else b""
    whole = whole[:start] + put + whole[end:]
    assert reader.read(whole)[0].patient.name == "Иванов, Пётр"


def test_an_unknown_character_set_is_no_claim_of_utf_8() -> None:
    ds = film_dataset(patient_name="M-ller^Jan", SpecificCharacterSet="ISO_IR 999")
    data = saved(ds).replace(b"M-ller", "Müller".encode("latin-1"))
    assert reader.read(data)[0].patient.name == "Müller, Jan"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"AcquisitionDateTime": "20260102030405.123+0300"}, "2026-01-02T03:04:05"),
        ({"AcquisitionDateTime": "202601020304"}, "2026-01-02T03:04:00"),
        ({}, "2026-03-01T10:15:30"),
        ({"AcquisitionDate": None, "ContentDate": "20260304", "ContentTime": "0910"}, "2026-03-04T09:10:00"),
        ({"AcquisitionDate": None, "AcquisitionTime": None}, "2026-03-01T10:15:30"),
        ({"AcquisitionTime": None}, "2026-03-01T00:00:00"),
        ({"AcquisitionDate": None, "StudyDate": None}, ""),
    ],
)
def test_acquisition_time(tags: dict[str, Any], expected: str) -> None:
    assert header_of(**tags).acquired_at == expected


def test_view() -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "399067008", "SCT", "lateral"
    header = header_of(
        view_position="LL",
        ViewCodeSequence=Sequence([code]),
        PatientOrientation=["A", "F"],
        ImageLaterality="U",
    )
    assert (header.view_position, header.view_code) == ("LL", "399067008")
    assert (header.patient_orientation, header.image_laterality) == (("A", "F"), "U")


@pytest.mark.parametrize("odd", [["L"], ["X", "Y"], ["L", "F", "P"]])
def test_odd_orientation_is_no_orientation(odd: list[str]) -> None:
    header = header_of(PatientOrientation=odd)
    assert header.patient_orientation is None
    assert "PatientOrientation" in repaired(header)


@pytest.mark.parametrize(
    ("tags", "spacing", "kind"),
    [
        ({"ImagerPixelSpacing": [0.14, 0.15]}, (0.14, 0.15), SpacingKind.IMAGER),
        ({"PixelSpacing": [0.2, 0.2]}, (0.2, 0.2), SpacingKind.IMAGER),
        ({"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), SpacingKind.IMAGER),
        ({"PixelSpacing": [0.1, 0.1], "ImagerPixelSpacing": [0.2, 0.2]}, (0.1, 0.1), SpacingKind.CALIBRATED),
        (
            {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"},
            (0.1, 0.1),
            SpacingKind.CALIBRATED,
        ),
        ({}, None, SpacingKind.NONE),
        ({"PixelSpacing": [0, 0]}, None, SpacingKind.NONE),
        ({"PixelSpacing": [0.2]}, None, SpacingKind.NONE),
    ],
)
def test_spacing(tags: dict[str, Any], spacing: tuple[float, float] | None, kind: SpacingKind) -> None:
    header = header_of(**tags)
    assert (header.spacing_mm, header.spacing_kind) == (spacing, kind)


@pytest.mark.parametrize(
    ("tags", "aspect"),
    [
        ({"PixelAspectRatio": ["2", "1"]}, 2.0),
        ({"PixelAspectRatio": ["100", "150"]}, 2 / 3),
        ({"PixelAspectRatio": ["2", "1"], "PixelSpacing": ["0.1", "0.1"]}, 1.0),
        ({"PixelAspectRatio": ["0", "1"]}, 1.0),
        ({"PixelAspectRatio": ["2"]}, 1.0),
        ({"ImagerPixelSpacing": ["0.2", "0.1"]}, 2.0),
        ({}, 1.0),
    ],
)
def test_the_shape_of_a_pixel(tags: dict[str, Any], aspect: float) -> None:
    header = header_of(sop_class="SC", **tags)
    assert header.pixel_aspect == pytest.approx(aspect)
    sloppy = tags.get("PixelAspectRatio") in (["0", "1"], ["2"])
    assert ("PixelAspectRatio" in repaired(header)) == sloppy


def test_exposure() -> None:
    header = header_of(
        ExposureIndex="250.5",
        TargetExposureIndex="300",
        DeviationIndex="-0.8",
        ImageAndFluoroscopyAreaDoseProduct="1.2",
        KVP="125",
        ExposureInuAs="1600",
        Exposure="2",
    )
    data = header.exposure
    assert (data.exposure_index, data.target_exposure_index, data.deviation_index) == (250.5, 300, -0.8)
    assert (data.dose_area_product, data.kvp, data.mas) == (1.2, 125, 1.6)


def test_mas_from_current_and_time() -> None:
    assert header_of(XRayTubeCurrent=320, ExposureTime=5).exposure.mas == 1.6
    assert header_of(Exposure=3).exposure.mas == 3
    assert header_of(KVP=0).exposure.kvp is None


class TestGreyscale:
    def test_windows_with_explanations(self) -> None:
        pipeline = header_of(windows=[(2000, 4000, "NORMAL"), (1500, 800, "LUNG")]).greyscale
        assert pipeline.windows == (Window(2000, 4000, "NORMAL"), Window(1500, 800, "LUNG"))

    @pytest.mark.parametrize("function", list(VoiFunction))
    def test_function(self, function: VoiFunction) -> None:
        assert header_of(windows=[(1, 2)], voi_function=function.value).greyscale.voi_function is function

    def test_unknown_function_is_linear(self) -> None:
        header = header_of(windows=[(1, 2)], voi_function="CUBIC")
        assert header.greyscale.voi_function is VoiFunction.LINEAR
        assert "VOILUTFunction" in repaired(header)

    @pytest.mark.parametrize("width", [0, -4])
    def test_unusable_window_is_left_out(self, width: int) -> None:
        header = header_of(windows=[(100, width), (2000, 4000)])
        assert header.greyscale.windows == (Window(2000, 4000),)
        assert "WindowWidth" in repaired(header)

    def test_window_that_is_no_number(self) -> None:
        ds = film_dataset(windows=[(123456, 4000)])
        header, _ = reader.read(saved(ds).replace(b"123456", b"12x4.6"))
        assert header.greyscale.windows == ()
        assert "WindowCenter" in repaired(header)

    @pytest.mark.parametrize(
        ("centers", "widths"),
        [(b"\\2048", b"400\\4096"), (b"x\\2048", b"400\\4096"), (b"700\\2048", b"\\4096 ")],
    )
    def test_a_center_keeps_its_own_width_and_words(self, centers: bytes, widths: bytes) -> None:
        odd = {
            "WindowCenter": centers,
            "WindowWidth": widths,
            "WindowCenterWidthExplanation": b"BONE\\LUNG ",
        }
        header = reader.read(odd_film(odd))[0]
        assert header.greyscale.windows == (Window(2048, 4096, "LUNG"),)
        assert "Window" in repaired(header)

    def test_rescale(self) -> None:
        pipeline = header_of(rescale=(0.5, -1024)).greyscale
        assert (pipeline.slope, pipeline.intercept) == (0.5, -1024)

    def test_slope_of_zero_would_erase_the_film(self) -> None:
        header = header_of(rescale=(0, 5))
        assert header.greyscale.slope == 1
        assert "RescaleSlope" in repaired(header)

    @pytest.mark.parametrize("syntax", NATIVE, ids=lambda s: s.name.replace(" ", "-"))
    @pytest.mark.parametrize("signed", [False, True])
    def test_luts_and_padding_in_every_byte_order(self, syntax: uid.UID, signed: bool) -> None:
        first = -2048 if signed else 0
        entries = np.arange(4096)[::-1]
        item = lut_item(first, entries.tolist(), 12, "FALLING")
        if syntax == uid.ExplicitVRBigEndian:
            item.LUTData = entries.astype(">u2").tobytes()
        header = header_of(
            signed=signed, voi_lut=[item], padding=first, padding_limit=first + 3, transfer_syntax=syntax
        )
        pipeline = header.greyscale
        assert header.notices == ()
        assert pipeline.padding == (first, first + 3)
        (lut,) = pipeline.voi_luts
        assert (lut.first, lut.bits, len(lut.values), lut.explanation) == (first, 12, 4096, "FALLING")
        assert lut.values[:2] == (4095, 4094)

    @pytest.mark.parametrize("syntax", NATIVE, ids=lambda s: s.name.replace(" ", "-"))
    @pytest.mark.parametrize(
        ("rescale", "bits", "first"),
        [((1, -1024), 12, -1024), ((1, -1024), 16, 40000), ((1, 0), 16, 40000), ((0.5, -3000), 12, -3100)],
    )
    def test_a_voi_lut_begins_below_zero_where_rescale_makes_negative_values(
        self, syntax: uid.UID, rescale: tuple[float, float], bits: int, first: int
    ) -> None:
        item = lut_item(first, list(range(4096)), 12)
        if syntax == uid.ExplicitVRBigEndian:
            item.LUTData = np.arange(4096).astype(">u2").tobytes()
        header = header_of(bits_stored=bits, rescale=rescale, voi_lut=[item], transfer_syntax=syntax)
        assert header.greyscale.voi_luts[0].first == first

    def test_modality_lut_replaces_rescale(self) -> None:
        header = header_of(modality_lut=lut_item(0, list(range(4095, -1, -1)), 12), rescale=(3, 7))
        assert header.greyscale.modality_lut is not None
        falling = display_lut(header.greyscale).table
        assert falling[0] > falling[4095]

    def test_lut_of_65536_entries_is_written_as_zero(self) -> None:
        lut = header_of(voi_lut=[lut_item(0, list(range(65536)), 16)]).greyscale.voi_luts[0]
        assert len(lut.values) == 65536

    def test_8_bit_entries_packed_in_words(self) -> None:
        item = lut_item(0, [0], 8)
        item.LUTDescriptor = [256, 0, 8]
        item.LUTData = bytes(range(256))
        assert header_of(bits_stored=8, voi_lut=[item]).greyscale.voi_luts[0].values == tuple(range(256))

    def test_lut_shorter_than_it_says_is_left_out(self) -> None:
        item = lut_item(0, list(range(100)), 12)
        item.LUTDescriptor = [200, 0, 12]
        header = header_of(voi_lut=[item])
        assert header.greyscale.voi_luts == ()
        assert "VOILUTSequence" in repaired(header)

    def test_8_bit_entries_of_a_word_each(self) -> None:
        (lut,) = header_of(bits_stored=8, voi_lut=[lut_item(0, list(range(256)), 8)]).greyscale.voi_luts
        assert (lut.bits, lut.values) == (8, tuple(range(256)))

    @pytest.mark.parametrize(
        ("ends", "found"), [((5000, 6000), None), ((4000, 6000), (4000, 4095)), ((4000, 4095), (4000, 4095))]
    )
    def test_padding_that_the_pixels_cannot_hold_is_none_of_theirs(
        self, ends: tuple[int, int], found: tuple[int, int] | None
    ) -> None:
        header = header_of(padding=ends[0], padding_limit=ends[1])
        assert header.greyscale.padding == found
        assert ("PixelPaddingValue" in repaired(header)) == (ends != found)

    def test_a_lut_whose_entries_need_more_bits_than_it_says_does_not_drown_the_film(self) -> None:
        (lut,) = header_of(voi_lut=[lut_item(0, list(range(4096)), 8)]).greyscale.voi_luts
        assert (lut.bits, lut.values[-1]) == (12, 4095)

    def test_behind_a_modality_lut_values_are_unsigned(self) -> None:
        options = {"modality_lut": lut_item(-2048, list(range(4096)), 16), "signed": True}
        (lut,) = header_of(voi_lut=[lut_item(40000, [0, 1], 16)], **options).greyscale.voi_luts
        assert lut.first == 40000

    def test_bits_dropped_from_a_deep_film_are_dropped_from_what_goes_by_its_values(self) -> None:
        pixels = chest_pixels(bits=16).astype(np.uint32) << 8
        options = {"bits_allocated": 32, "bits_stored": 24, "padding": 0x1200, "rescale": (0.5, 3)}
        pipeline = header_of(pixels=pixels, **options).greyscale
        assert (pipeline.slope, pipeline.intercept, pipeline.padding) == (128, 3, (0x12, 0x12))
        table = lut_item(0, list(range(4096)), 12)
        assert header_of(pixels=pixels, **options, modality_lut=table).greyscale.modality_lut is None

    def test_padding_of_a_signed_film_under_the_unsigned_vr(self) -> None:
        ds = film_dataset(signed=True)
        ds.add_new("PixelPaddingValue", "US", 65535 - 2047)
        assert reader.read(saved(ds))[0].greyscale.padding == (-2048, -2048)


class TestOddTags:
    def test_padded_with_nulls_and_spaces(self) -> None:
        header = header_of(ViewPosition="PA\0", StationName=" ROOM 2  ", BodyPartExamined="chest")
        assert (header.view_position, header.station, header.body_part) == ("PA", "ROOM 2", "CHEST")

    def test_missing_photometric_interpretation_is_said(self) -> None:
        header = header_of(PhotometricInterpretation=None)
        assert header.greyscale.photometric == "MONOCHROME2"
        assert "PhotometricInterpretation" in repaired(header)

    def test_decimal_comma(self) -> None:
        ds = film_dataset(KVP="125.5")
        assert reader.read(saved(ds).replace(b"125.5", b"125,5"))[0].exposure.kvp == 125.5

    def test_almost_everything_missing(self) -> None:
        ds = Dataset()
        ds.file_meta = film_dataset().file_meta
        pixels = chest_pixels()
        ds.SOPClassUID, ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPClassUID, "1.2"
        ds.Rows, ds.Columns = pixels.shape
        ds.PixelData = pixels.tobytes()
        ds["PixelData"].VR = "OW"
        header, read = reader.read(saved(ds))
        assert np.array_equal(read, pixels)
        assert header.patient.name == ""

    def test_notices_never_quote_values(self) -> None:
        header = header_of(
            patient_name="SECRET^NAME", PatientOrientation=["SECRET", "F"], ViewPosition="SECRET"
        )
        assert "SECRET" not in repaired(header)
