"""What the reader takes, everything else takes too: objects made from films with odd headers."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset

from tests.support.console import START, WARNED
from tests.support.dicom_maker import film_bytes, lut_item
from tests.support.odd_headers import odd_film, odd_pixel_modules, odd_values
from workstation.assets import resources_dir
from workstation.dicom import reader
from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import DeliveryKind
from workstation.domain.errors import UnreadableFilm
from workstation.domain.exposure import Exposure, ExposureState
from workstation.domain.turn import Turn
from workstation.imaging.lut import presentation_image
from workstation.services.derived_objects import DerivedObjects, Source
from workstation.services.reading import read_film
from workstation.services.reasons import load_reasons
from workstation.settings.model import Settings

KINDS = tuple(kind for kind in DeliveryKind if kind is not DeliveryKind.FILM)
STATES = (DeliveryKind.PRESENTATION_STATE, DeliveryKind.TURN)
MAKER = DerivedObjects(resources_dir(), Settings, load_reasons(resources_dir()))
GSPS, COLOUR = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"


def made(data: bytes) -> dict[DeliveryKind, Dataset]:
    """All that can be made from a film, written and read again.

    Raises:
        UnreadableFilm: the reader does not take it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.dcm"
        path.write_bytes(data)
        at = START.isoformat()
        decision = Decision(Choice.RETAKE, "Иванова А.", at, "cut_off", "note", Turn(1, True))
        exposure = Exposure(
            1, read_film(path).header, path.name, str(path), at, ExposureState.REJECTED, decision=decision
        )
        documents = {kind: MAKER.make(kind, Source(exposure, (WARNED, at), "2.25.1")) for kind in KINDS}
    found = {}
    for kind, document in documents.items():
        stream = BytesIO()
        document.save_as(stream, enforce_file_format=True)
        found[kind] = pydicom.dcmread(BytesIO(stream.getvalue()))
    return found


def references(document: Dataset) -> set[tuple[str, str]]:
    """SOP class and instance of all that a document refers to."""
    return {
        (str(item.ReferencedSOPClassUID), str(item.ReferencedSOPInstanceUID))
        for element in document.iterall()
        if element.VR == "SQ"
        for item in element.value
        if "ReferencedSOPInstanceUID" in item
    }


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"PatientBirthDate": b"00000000"}, {"PatientBirthDate": ""}),
        ({"PatientBirthDate": b"1970"}, {"PatientBirthDate": ""}),
        ({"PatientBirthDate": b"1970.01.02"}, {"PatientBirthDate": "19700102"}),
        ({"PatientBirthDate": b"19700102\\19710102"}, {"PatientBirthDate": "19700102"}),
        ({"StudyDate": b"2026"}, {"StudyDate": ""}),
        ({"StudyDate": b"\xff" * 8}, {"StudyDate": ""}),
        ({"StudyTime": b"10:15:30"}, {"StudyTime": "101530"}),
        ({"StudyTime": b"morning "}, {"StudyTime": ""}),
        ({"PatientSex": b"W "}, {"PatientSex": ""}),
        ({"PatientSex": b"f "}, {"PatientSex": "F"}),
        ({"PatientSex": ("US", b"\3\0")}, {"PatientSex": ""}),
        ({"PatientName": b"Ivanov"}, {"PatientName": "Ivanov"}),
        ({"PatientName": b"A^B\\C^D "}, {"PatientName": "A^B"}),
        ({"PatientName": b"A^B=C^D=E^F=G "}, {"PatientName": "A^B=C^D=E^F=G"}),
        ({"ReferringPhysicianName": b"A^B\\C^D "}, {"ReferringPhysicianName": "A^B"}),
        ({"PatientID": b"12\\34 "}, {"PatientID": ["12", "34"]}),
        ({"AccessionNumber": b"A" * 40}, {"AccessionNumber": "A" * 40}),
        ({"StudyInstanceUID": b"1.2.03.004"}, {"StudyInstanceUID": "1.2.03.004"}),
        ({"StudyInstanceUID": b"1.2.3\\1.2.4"}, {"StudyInstanceUID": "1.2.3"}),
    ],
)
def test_identity_is_kept_where_it_can_be_read_and_left_empty_where_not(
    values: Mapping[str, bytes], kept: Mapping[str, Any]
) -> None:
    for kind, document in made(odd_film(values)).items():
        for keyword, value in kept.items():
            found = document.get(keyword)
            empty = found is None or found == ""
            assert (empty and not value) or found == value or str(found) == value, (kind, keyword)


def test_what_is_made_of_a_film_belongs_to_its_patient_and_study_wherever_numbers_need_their_issuer() -> None:
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = "HIS"
    values: dict[str, Any] = {
        "IssuerOfPatientID": "CITY",
        "OtherPatientNames": "Petrova^Anna",
        "PatientAge": "056Y",
        "StudyDescription": "Грудь",
        "IssuerOfAccessionNumberSequence": [issuer],
        "AdmissionID": "A7",
    }
    for kind, document in made(film_bytes(SpecificCharacterSet="ISO_IR 144", **values)).items():
        for keyword, value in values.items():
            assert document.get(keyword) == value, (kind, keyword)


@pytest.mark.parametrize("orientation", [b"X\\Y ", b"LFL\\FRA ", b"L ", b"LR\\F"])
def test_an_orientation_that_is_none_is_left_out_of_the_picture(orientation: bytes) -> None:
    picture = made(odd_film({"PatientOrientation": orientation}))[DeliveryKind.SECONDARY_CAPTURE]
    assert not picture.PatientOrientation
    turned = made(odd_film({"PatientOrientation": b"l\\f "}))[DeliveryKind.SECONDARY_CAPTURE]
    assert list(turned.PatientOrientation) == ["L", "F"]


LUT = list(range(0, 8192, 2))
CURVE = [int(v) for v in np.linspace(0, 64, 4096) ** 2 * 4095 / 4096]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"windows": [(2000, 4000)], "voi_lut": [lut_item(0, LUT, 13)]}, ("2000", "4000", "LINEAR")),
        ({"windows": [(2000, 0)], "voi_lut": [lut_item(0, LUT, 13)]}, None),
        ({"windows": [(9000, 10), (1500, 2000, "BONE")]}, ("1500", "2000", "LINEAR")),
        ({"windows": [(2000, 4000)], "voi_function": "SIGMOID"}, ("2000", "4000", "SIGMOID")),
        ({"windows": [(2000, 4000)], "voi_function": "CUBIC"}, ("2000", "4000", "LINEAR")),
        ({"windows": [(0.5, 0.4)], "rescale": (1 / 4096, 0)}, ("0.5", "0.4", "LINEAR_EXACT")),
    ],
)
def test_presentation_states_hold_the_one_window_or_table_that_is_shown(
    options: Mapping[str, Any], shown: tuple[str, str, str] | None
) -> None:
    documents = made(film_bytes(**options))
    for kind in STATES:
        (item,) = documents[kind].SoftcopyVOILUTSequence  # C.11.8: one pair, or one table
        if shown is None:
            assert "WindowCenter" not in item
            (table,) = item.VOILUTSequence
            assert list(table.LUTDescriptor) == [4096, 0, 16]
            scaled = np.asarray(LUT) * 65535 / 8191
            assert np.abs(np.frombuffer(table.LUTData, "<u2") - scaled).max() <= 0.5
        else:
            assert "VOILUTSequence" not in item
            assert (str(item.WindowCenter), str(item.WindowWidth), item.VOILUTFunction) == shown


@pytest.mark.parametrize("width", [b"0 ", b"-5", b"", b"wide"])
def test_a_window_of_no_width_is_replaced_by_the_film_s_own_range(width: bytes) -> None:
    documents = made(odd_film({"WindowCenter": b"2000", "WindowWidth": width}))
    for kind in STATES:
        (item,) = documents[kind].SoftcopyVOILUTSequence
        assert item.WindowWidth > 1000


def test_presentation_states_map_stored_values_as_the_film_does() -> None:
    rescaled = made(film_bytes(rescale=(2, -1024)))
    half = made(odd_film({"RescaleSlope": b"2 "}))
    table = made(film_bytes(signed=True, modality_lut=lut_item(-2048, LUT, 13)))
    plain = made(film_bytes())
    for kind in STATES:
        assert (rescaled[kind].RescaleSlope, rescaled[kind].RescaleIntercept) == (2, -1024)
        assert (half[kind].RescaleSlope, half[kind].RescaleIntercept) == (2, 0)
        (item,) = table[kind].ModalityLUTSequence
        assert list(item.LUTDescriptor) == [4096, -2048, 16]
        assert "RescaleSlope" not in plain[kind]


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.7.3", "1.2.826.0.1.3680043.99999.1"])
def test_films_of_multi_frame_and_private_classes_are_referred_to_as_what_they_are(sop_class: str) -> None:
    data = film_bytes(sop_class=sop_class, frames=2, sop_instance_uid="1.2.3")
    for kind, document in made(data).items():
        assert references(document) == {(sop_class, "1.2.3")}, kind


@pytest.mark.parametrize("photometric", ["RGB", "PALETTE COLOR"])
def test_films_in_colour_get_a_color_presentation_state(photometric: str) -> None:
    grey = np.tile(np.arange(80, dtype=np.uint8), (96, 1))
    palette: dict[str, Any] = {
        f"{name}PaletteColorLookupTable{part}": value
        for name in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", np.arange(0, 65536, 256, "<u2").tobytes()))
    }
    options: dict[str, Any] = (
        {"pixels": np.dstack([grey] * 3)} if photometric == "RGB" else {"pixels": grey, **palette}
    )
    documents = made(film_bytes(sop_class="SC", bits_stored=8, photometric=photometric, **options))
    for kind in STATES:
        assert documents[kind].SOPClassUID == COLOUR
        assert documents[kind].ICCProfile[12:16] == b"scnr"
        assert "SoftcopyVOILUTSequence" not in documents[kind]
    assert made(film_bytes())[DeliveryKind.TURN].SOPClassUID == GSPS


def test_what_the_reader_supplies_is_supplied_here_too() -> None:
    bare = made(film_bytes(SamplesPerPixel=None, Modality=None, PhotometricInterpretation=None, StudyID=None))
    assert set(bare) == set(KINDS)


SHUT = {
    "ShutterShape": b"RECTANGULAR ",
    "ShutterLeftVerticalEdge": b"2 ",
    "ShutterRightVerticalEdge": b"8 ",
    "ShutterUpperHorizontalEdge": b"2 ",
    "ShutterLowerHorizontalEdge": b"8 ",
    "CenterOfCircularShutter": b"4\\4 ",
}
BIG = struct.pack("<d", 1e200)


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    values=odd_values(),
    module=odd_pixel_modules(),
    cut=st.integers(0, 3),
    colour=st.booleans(),
    signed=st.booleans(),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
@example({}, {"PhotometricInterpretation": b"YBR_FULL_422"}, 0, True, False, (3, 5))
@example({**SHUT, "PixelPaddingValue": ("SS", b"\x30\xf8")}, {}, 0, False, False, (9, 9))
@example(
    {**SHUT, "ShutterShape": b"CIRCULAR", "RadiusOfCircularShutter": ("FD", BIG)}, {}, 0, False, False, (9, 9)
)
def test_the_reader_raises_unreadable_film_and_nothing_else(
    values: dict[str, Any],
    module: dict[str, Any],
    cut: int,
    colour: bool,
    signed: bool,
    size: tuple[int, int],
) -> None:
    pixels = np.arange(size[0] * size[1] * 3, dtype=np.int16).reshape(*size, 3)
    pixels = pixels if colour else pixels[..., 0] - 20 * signed
    kind = np.uint8 if colour else np.int16 if signed else np.uint16
    photometric = "RGB" if colour else "MONOCHROME2"
    data = odd_film(values | module, pixels=pixels.astype(kind), photometric=photometric, signed=signed)
    data = data[: len(data) - cut]
    with contextlib.suppress(UnreadableFilm):
        reader.read_header(data)
    with contextlib.suppress(UnreadableFilm):
        header, read = reader.read(data)
        assert presentation_image(header.greyscale, read).shape == (header.rows, header.columns)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(values=odd_values())
def test_what_the_reader_takes_the_objects_are_made_for(values: dict[str, Any]) -> None:
    data = odd_film(
        values, sop_instance_uid="1.2.3.4", study_instance_uid="1.2.3.5", series_instance_uid="1.2.3.6"
    )
    try:
        documents = made(data)
    except UnreadableFilm:
        return
    except ValueError as error:
        if "nothing can refer to it" not in str(error):
            raise
        return
    studies = {str(document.StudyInstanceUID) for document in documents.values()}
    assert len(studies) == 1


@pytest.mark.skipif(shutil.which("dcmp2pgm") is None, reason="DCMTK is not installed (apt: dcmtk)")
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"windows": [(9000, 10), (1500, 2000)]},
        {"windows": [(2000, 0)], "voi_lut": [lut_item(0, CURVE, 12)]},
        {"rescale": (1, -1024), "voi_lut": [lut_item(-1024, CURVE, 12)]},
        {"signed": True, "rescale": (2, 0), "windows": [(500, 4000)]},
        {"modality_lut": lut_item(0, CURVE, 12), "windows": [(2000, 3000)]},
        {"signed": True, "modality_lut": lut_item(-2048, CURVE, 12), "windows": [(2000, 3000)]},
    ],
    ids=str,
)
def test_another_program_shows_the_film_by_its_state_as_this_one_does(
    tmp_path: Path, photometric: str, options: Mapping[str, Any]
) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(film_bytes(photometric=photometric, **options))
    made(path.read_bytes())[DeliveryKind.TURN].save_as(tmp_path / "state.dcm")
    picture = tmp_path / "shown.pgm"
    subprocess.run(
        ["dcmp2pgm", "-p", str(tmp_path / "state.dcm"), str(path), str(picture)], check=True, timeout=60
    )
    film = read_film(path)
    ours = np.rot90(presentation_image(film.header.greyscale, film.pixels), -1)[:, ::-1]
    theirs = np.asarray(Image.open(picture)).astype(int)
    assert np.abs(theirs - ours).max() <= 2
