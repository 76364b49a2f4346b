"""Reject note and quality report: made from a film, written, read back, and read by DCMTK's dsrdump."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from tests.dicom.test_shutter import CIRCLE, POLYGON, RECTANGLE
from tests.support.dicom_maker import film_dataset, make_film
from workstation.dicom.evidence import read_evidence
from workstation.dicom.kos import REJECTED_FOR_QUALITY, rejection_note
from workstation.dicom.presentation_state import presentation_state, turned_state
from workstation.dicom.quality_report import quality_report
from workstation.dicom.secondary_capture import secondary_capture
from workstation.domain.decision import Choice, CodedConcept, Decision, RejectReason
from workstation.domain.edges import Edge
from workstation.domain.errors import UnreadableFilm
from workstation.domain.field import CollimatedField
from workstation.domain.film import GreyscalePipeline, Window
from workstation.domain.findings import (
    CropFinding,
    ProjectionFinding,
    RotationFinding,
    Source,
    State,
    Verdict,
)
from workstation.domain.projection import Projection
from workstation.domain.turn import Turn
from workstation.services.reading import read_film

DEVICE = generate_uid(entropy_srcs=["a console"])
REASON = RejectReason(
    "crop",
    CodedConcept("111209", "DCM", "Positioning"),
    (("en", "Lung field cut off"),),
    CodedConcept("CROP", "99CXRWS", "Lung field cut off"),
)
DECISION = Decision(Choice.RETAKE, "Иванова А.", "2026-11-23T10:00:00+03:00", "crop", "левый синус срезан")

SHOWN = GreyscalePipeline(bits_stored=12, windows=(Window(2048, 4096),))
# CID 7036 (RadLex).
DIAGNOSTIC, LIMITED = codes.RADLEX.DiagnosticQuality.value, codes.RADLEX.LimitedQuality.value


def _film(**tags: object) -> Dataset:
    data = film_dataset(SpecificCharacterSet="ISO_IR 144", patient_name="Иванов^Иван", **tags)
    return _through_file(data)


def _through_file(data: Dataset) -> Dataset:
    from io import BytesIO

    stream = BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return read_evidence(stream.getvalue())


def _written(document: Dataset, folder: Path) -> tuple[Dataset, str]:
    path = folder / "document.dcm"
    document.save_as(path, enforce_file_format=True)
    dump = ""
    if shutil.which("dsrdump"):
        done = subprocess.run(
            ["dsrdump", "+Pl", "+Pc", str(path)], capture_output=True, check=True, timeout=60
        )
        dump = done.stdout.decode("utf-8")
        assert b"E:" not in done.stderr
    return pydicom.dcmread(path), dump


def test_the_reject_note_names_film_reason_person_and_note(tmp_path: Path) -> None:
    film = _film()
    read, dump = _written(rejection_note([film], DECISION, REASON, device_uid=DEVICE), tmp_path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.59"
    assert read.StudyInstanceUID == film.StudyInstanceUID
    assert str(read.PatientName) == "Иванов^Иван"
    title = read.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113001", "DCM")
    modifiers = [i for i in read.ContentSequence if i.RelationshipType == "HAS CONCEPT MOD"]
    assert [m.ConceptCodeSequence[0].CodeValue for m in modifiers] == ["111209", "CROP"]
    assert {m.ConceptNameCodeSequence[0].CodeValue for m in modifiers} == {"113011"}
    referenced = (
        read.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    )
    assert [r.ReferencedSOPInstanceUID for r in referenced] == [film.SOPInstanceUID]
    if dump:
        assert "левый синус срезан" in dump
        assert "Иванова А." in dump
        assert '(111209,DCM,"Positioning")' in dump


def test_the_same_decision_makes_the_same_note_and_another_makes_another() -> None:
    film = _film()
    first = rejection_note([film], DECISION, REASON, device_uid=DEVICE)
    again = rejection_note([film], DECISION, REASON, device_uid=DEVICE)
    later = Decision(Choice.RETAKE, "Иванова А.", "2026-11-23T10:05:00+03:00", "crop")
    other = rejection_note([film], later, REASON, device_uid=DEVICE)
    assert first.SOPInstanceUID == again.SOPInstanceUID
    assert first.SOPInstanceUID != other.SOPInstanceUID


def test_a_wrong_worklist_entry_has_its_own_title_and_no_reason(tmp_path: Path) -> None:
    title = CodedConcept("113038", "DCM", "Incorrect Modality Worklist Entry")
    note = rejection_note([_film()], DECISION, None, title=title, device_uid=DEVICE)
    read, _ = _written(note, tmp_path)
    assert read.ConceptNameCodeSequence[0].CodeValue == "113038"
    assert not [i for i in read.ContentSequence if i.RelationshipType == "HAS CONCEPT MOD"]


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(ValueError, match="one study"):
        rejection_note([_film(), _film()], DECISION, REASON, device_uid=DEVICE)
    with pytest.raises(ValueError, match="one study"):
        rejection_note([], DECISION, REASON, device_uid=DEVICE)
    with pytest.raises(ValueError, match="coded reason"):
        rejection_note([_film()], DECISION, None, title=REJECTED_FOR_QUALITY, device_uid=DEVICE)


def test_a_film_without_uids_cannot_be_evidence() -> None:
    with pytest.raises(ValueError, match="SeriesInstanceUID"):
        _film(SeriesInstanceUID=None)


@pytest.mark.parametrize("data", [b"", b"no film" * 100, b"\x89PNG\r\n\x1a\n" + bytes(500)])
def test_what_is_not_dicom_cannot_be_evidence(data: bytes) -> None:
    with pytest.raises(UnreadableFilm):
        read_evidence(data)


def _numbers(item: Dataset) -> list[Dataset]:
    inside = [n for i in item.get("ContentSequence", []) for n in _numbers(i)]
    return inside + ([item] if item.get("ValueType") == "NUM" else [])


def _groups(read: Dataset) -> dict[str, Dataset]:
    """Measurement groups of a report by their tracking identifier."""
    measured = next(i for i in read.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "126010")
    return {group.ContentSequence[0].TextValue: group for group in measured.ContentSequence}


def _said(group: Dataset, name: str) -> list[str]:
    return [
        i.ConceptCodeSequence[0].CodeValue
        for i in group.ContentSequence
        if i.ValueType == "CODE" and i.ConceptNameCodeSequence[0].CodeValue == name
    ]


def _verdict() -> Verdict:
    return Verdict(
        ProjectionFinding(Projection.LATERAL, State.PASS, 0.99),
        (
            CropFinding(
                State.WARN, 0.93, 0.71, 0.4, (Edge.BOTTOM, Edge.LEFT), {Edge.BOTTOM: 0.91, Edge.LEFT: 0.6}
            ),
            RotationFinding(State.NOT_ASSESSED, reason="the model failed"),
        ),
        "cxr-cascade@1.2.3",
    )


def test_the_quality_report_holds_each_criterion_its_score_edges_and_the_cascade(tmp_path: Path) -> None:
    film = _film(PatientOrientation=None)
    report = quality_report(film, _verdict(), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
    read, dump = _written(report, tmp_path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert read.CompletionFlag == "COMPLETE"
    assert read.VerificationFlag == "UNVERIFIED"
    groups = _groups(read)
    assert set(groups) == {"projection", "crop", "rotation"}

    def numbers(group: Dataset) -> dict[str, float]:
        return {
            i.ConceptNameCodeSequence[0].CodeValue: float(i.MeasuredValueSequence[0].NumericValue)
            for i in group.ContentSequence
            if i.ValueType == "NUM"
        }

    assert numbers(groups["crop"]) == {"SCORE": 0.93, "THRESHOLD": 0.71}
    assert _said(groups["crop"], "EDGE") == ["BOTTOM", "LEFT"]
    assert _said(groups["rotation"], "STATE") == ["NOTASSESSED"]
    assert numbers(groups["rotation"]) == {}
    if dump:
        assert "1.2.3" in dump
        assert "cxr-cascade" in dump


@pytest.mark.parametrize(
    ("state", "quality"),
    [
        (State.PASS, [DIAGNOSTIC]),
        (State.WARN, [LIMITED]),
        (State.UNSURE, []),
        (State.NOT_ASSESSED, []),
    ],
)
def test_the_report_names_the_quality_only_where_the_cascade_is_sure_of_it(
    tmp_path: Path, state: State, quality: list[str]
) -> None:
    verdict = replace(_verdict(), findings=(CropFinding(state, None, 0.7),))
    report = quality_report(_film(), verdict, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
    read, _ = _written(report, tmp_path)
    assert [code for group in _groups(read).values() for code in _said(group, "IMAGEQUALITY")] == quality


@pytest.mark.parametrize("probability", [0.3, None])
def test_a_projection_that_a_person_named_is_not_the_algorithm_s_word(
    tmp_path: Path, probability: float | None
) -> None:
    named = ProjectionFinding(Projection.LATERAL, State.PASS, probability, Source.USER)
    report = quality_report(
        _film(), replace(_verdict(), projection=named), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    groups = _groups(_written(report, tmp_path)[0])

    def algorithms(item: Dataset) -> list[str]:
        names = [(i, i.ConceptNameCodeSequence[0].CodeValue) for i in item.get("ContentSequence", [])]
        return [i.TextValue for i, name in names if name == "111001"]

    projection = groups["projection"]
    assert algorithms(projection) == []
    assert _said(projection, "NAMEDBY") == ["121006"], "(121006, DCM, Person)"
    # The model's probability, where there is one, keeps its author.
    scores = [i for i in projection.ContentSequence if i.ValueType == "NUM"]
    assert [algorithms(score) for score in scores] == ([] if probability is None else [["cxr-cascade"]])
    assert algorithms(groups["crop"]) == ["cxr-cascade"]
    assert _said(groups["crop"], "NAMEDBY") == []


def test_what_was_measured_of_a_rotation_is_told_in_numbers_and_drawn(tmp_path: Path) -> None:
    film = _film()
    ribs = (((1.2, 0.25), (0.5, 0.75)), ((0.5, 0.25), (0.25, 0.75)))
    turned = RotationFinding(State.WARN, 0.8, 0.6, 0.4, 14.2, rib_separation_pct=11.6, rib_contours=ribs)
    verdict = replace(_verdict(), findings=(turned,))
    report = quality_report(film, verdict, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
    read, _ = _written(report, tmp_path)
    numbers = {
        i.ConceptNameCodeSequence[0].CodeValue: (
            float(i.MeasuredValueSequence[0].NumericValue),
            i.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue,
        )
        for i in _numbers(read)
    }
    assert numbers["ROTANGLE"] == (14.2, "deg")
    assert numbers["RIBSEP"] == (11.6, "%")

    for state, drawn in ((State.WARN, 2), (State.UNSURE, 2), (State.PASS, 0)):
        shown = replace(verdict, findings=(replace(turned, state=state),))
        made = presentation_state(
            film, SHOWN, shown, ["x"], made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
        )
        lines = made.GraphicAnnotationSequence[0].get("GraphicObjectSequence", [])
        assert len(lines) == drawn
    made = presentation_state(
        film, SHOWN, verdict, ["x"], made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    outer, inner = (
        np.reshape(g.GraphicData, (-1, 2)) for g in made.GraphicAnnotationSequence[0].GraphicObjectSequence
    )
    rows, columns = film.Rows, film.Columns
    assert outer[0].tolist() == pytest.approx([columns, 0.25 * rows]), "clipped to the film"
    assert inner[1].tolist() == pytest.approx([0.25 * columns, 0.75 * rows])


def test_the_annotated_film_refers_to_its_source_and_says_that_text_is_burnt_in(tmp_path: Path) -> None:
    film = _film()
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[10:20, 30:50] = (250, 180, 50)
    capture = secondary_capture(
        film, picture, made_at="2026-11-23T10:00:00+03:00", derivation="cxr-cascade@1"
    )
    path = tmp_path / "capture.dcm"
    capture.save_as(path, enforce_file_format=True)
    read = pydicom.dcmread(path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert read.StudyInstanceUID == film.StudyInstanceUID
    assert read.BurnedInAnnotation == "YES"
    assert read.SourceImageSequence[0].ReferencedSOPInstanceUID == film.SOPInstanceUID
    assert "cxr-cascade@1" in read.DerivationDescription
    shown = read_film(path)
    assert shown.pixels.shape == (60, 80)
    assert shown.pixels[15, 40] > shown.pixels[40, 10]
    with pytest.raises(ValueError, match="8-bit"):
        secondary_capture(film, picture.astype(np.uint16), made_at="2026-11-23T10:00:00", derivation="")


def test_the_presentation_state_draws_outline_edges_and_words_on_its_film(tmp_path: Path) -> None:
    film = _film()
    outline = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),)
    verdict = Verdict(
        ProjectionFinding(Projection.FRONTAL, State.PASS, 0.01),
        (CropFinding(State.WARN, 0.9, 0.7, edges=(Edge.BOTTOM,), lung_outline=outline),),
        "cxr-cascade@1",
    )
    words = ["Левый рёберно-диафрагмальный синус срезан.", "Move the detector down."]
    state = presentation_state(
        film, SHOWN, verdict, words, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    path = tmp_path / "state.dcm"
    state.save_as(path, enforce_file_format=True)
    read = pydicom.dcmread(path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.1"
    referenced = read.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert referenced.ReferencedSOPInstanceUID == film.SOPInstanceUID
    annotation = read.GraphicAnnotationSequence[0]
    assert [t.UnformattedTextValue for t in annotation.TextObjectSequence] == words
    triangle, edge = (np.reshape(g.GraphicData, (-1, 2)) for g in annotation.GraphicObjectSequence)
    # C.10.5: PIXEL units run from the outer corner of the first pixel, 0 0, to that of the last, Columns Rows.
    rows, columns = film.Rows, film.Columns
    assert triangle.tolist() == [[0, 0], [columns, 0], [columns, rows], [0, 0]]
    assert edge.tolist() == [[0, rows], [columns, rows]]


def test_the_presentation_state_draws_cut_edges_at_the_blades() -> None:
    film = _film()
    crop = CropFinding(State.WARN, 0.9, 0.7, edges=(Edge.BOTTOM, Edge.RIGHT))
    verdict = Verdict(ProjectionFinding(Projection.FRONTAL, State.PASS, 0.01), (crop,), "cxr-cascade@1")
    verdict = verdict.found_within(CollimatedField(0.25, 0.0, 1.0, 0.5))
    state = presentation_state(
        film, SHOWN, verdict, [], made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    drawn = state.GraphicAnnotationSequence[0].GraphicObjectSequence
    bottom, right = (np.reshape(g.GraphicData, (-1, 2)).tolist() for g in drawn)
    rows, columns = film.Rows, film.Columns
    assert bottom == [[columns / 4, rows / 2], [columns, rows / 2]]
    assert right == [[columns, 0], [columns, rows / 2]]


@pytest.mark.parametrize(("photometric", "shape"), [("MONOCHROME1", "INVERSE"), ("MONOCHROME2", "IDENTITY")])
def test_presentation_states_keep_black_and_white_as_the_film_has_them(
    tmp_path: Path, photometric: str, shape: str
) -> None:
    source = tmp_path / "film.dcm"
    ramp = np.linspace(0, 4095, 48 * 64).reshape(48, 64).astype(np.uint16)
    make_film(source, ramp, photometric=photometric, windows=[(2048, 4096)])
    film, shown = read_evidence(source), replace(SHOWN, photometric=photometric)
    at = "2026-11-23T10:00:00+03:00"
    states = (
        turned_state(film, shown, Turn(0, False), made_at=at, device_uid=DEVICE),
        presentation_state(
            film, shown, replace(_verdict(), findings=()), ["."], made_at=at, device_uid=DEVICE
        ),
    )
    for state in states:
        assert state.PresentationLUTShape == shape
    if not shutil.which("dcmp2pgm"):
        return
    plain = _rendered(source, tmp_path, None)
    assert (plain[0, 0] > plain[-1, -1]) == (photometric == "MONOCHROME1")
    for state in states:
        state.save_as(tmp_path / "state.dcm", enforce_file_format=True)
        shown = _rendered(source, tmp_path, tmp_path / "state.dcm")
        # The words in the corner are drawn by the viewer: the last rows hold none.
        assert np.abs(shown[-8:].astype(int) - plain[-8:].astype(int)).max() <= 1


def _rendered(film: Path, folder: Path, state: Path | None) -> np.ndarray:
    """What DCMTK's viewer shows of a film, by a presentation state or without."""
    picture = folder / "shown.pgm"
    options = ["-p", str(state)] if state is not None else []
    subprocess.run(["dcmp2pgm", *options, str(film), str(picture)], check=True, timeout=60)
    return np.asarray(Image.open(picture))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turn_goes_along_as_a_presentation_state_that_viewers_can_follow(
    tmp_path: Path, quarters: int, mirrored: bool
) -> None:
    film = _film()
    pixels = np.arange(int(film.Rows) * int(film.Columns)).reshape(int(film.Rows), int(film.Columns))
    made = turned_state(
        film, SHOWN, Turn(quarters, mirrored), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    made.save_as(tmp_path / "turn.dcm", enforce_file_format=True)
    read = pydicom.dcmread(tmp_path / "turn.dcm")
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.1"
    assert (read.ImageRotation, read.ImageHorizontalFlip) == (90 * quarters, "Y" if mirrored else "N")
    assert read.StudyInstanceUID == film.StudyInstanceUID
    referenced = read.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert referenced.ReferencedSOPInstanceUID == film.SOPInstanceUID
    # C.10.4: the corners are stored pixels, named as they come to lie after turn and flip.
    turned = np.rot90(pixels, -quarters)
    turned = turned[:, ::-1] if mirrored else turned
    area = read.DisplayedAreaSelectionSequence[0]
    left, top = area.DisplayedAreaTopLeftHandCorner
    right, bottom = area.DisplayedAreaBottomRightHandCorner
    assert pixels[top - 1, left - 1] == turned[0, 0]
    assert pixels[bottom - 1, right - 1] == turned[-1, -1]
    again = turned_state(
        film, SHOWN, Turn(quarters, mirrored), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    assert again.SOPInstanceUID == made.SOPInstanceUID


SHUTTERS = {
    "RECTANGULAR": RECTANGLE,
    "CIRCULAR": CIRCLE,
    "POLYGONAL": POLYGON,
    "all": {**RECTANGLE, **CIRCLE, **POLYGON, "ShutterShape": ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]},
}


@pytest.mark.parametrize("shutter", SHUTTERS)
@pytest.mark.parametrize("turn", [Turn(0, False), Turn(1, True)])
def test_a_presentation_state_keeps_the_film_s_shutter_closed(
    tmp_path: Path, shutter: str, turn: Turn
) -> None:
    source = tmp_path / "film.dcm"
    make_film(source, windows=[(2048, 4096)], ShutterPresentationValue=0xFFFF, **SHUTTERS[shutter])
    film = read_evidence(source)
    at = "2026-11-23T10:00:00+03:00"
    states = (
        turned_state(film, SHOWN, turn, made_at=at, device_uid=DEVICE),
        presentation_state(film, SHOWN, _verdict(), ["."], made_at=at, device_uid=DEVICE),
    )
    for state in states:
        state.save_as(tmp_path / "state.dcm", enforce_file_format=True)
        # Of stored pixels in a turned state, too: the Spatial Transformation comes after the shutter (PS3.4 N.2).
        written = {
            keyword: pydicom.dcmread(tmp_path / "state.dcm").get(keyword) for keyword in SHUTTERS[shutter]
        }
        assert written == SHUTTERS[shutter]
        assert state.ShutterPresentationValue == 0, "black, as this console shows it"
        if shutil.which("dcmp2pgm"):
            options = ["-p", str(tmp_path / "state.dcm"), "+S", str(tmp_path / "understood.dcm")]
            subprocess.run(
                ["dcmp2pgm", *options, str(source), str(tmp_path / "shown.pgm")], check=True, timeout=60
            )
            understood = pydicom.dcmread(tmp_path / "understood.dcm")
            assert {keyword: understood.get(keyword) for keyword in SHUTTERS[shutter]} == SHUTTERS[shutter]


def test_a_shutter_that_cannot_be_used_is_in_no_state() -> None:
    for slip in (
        {"ShutterShape": "RECTANGULAR"},
        {**RECTANGLE, "ShutterRightVerticalEdge": 12},
        {"ShutterShape": "BITMAP"},
        {**CIRCLE, "RadiusOfCircularShutter": 4000},
    ):
        made = turned_state(
            _film(**slip), SHOWN, Turn(1), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
        )
        assert not [
            e for e in made if e.keyword.startswith(("Shutter", "CenterOf", "RadiusOf", "VerticesOf"))
        ]
