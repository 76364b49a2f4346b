"""Reject note and quality report: made from a film, written, read back, and read by DCMTK's dsrdump."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from tests.dicom.evidence_films import DEVICE, SHOWN, evidence_film, example_verdict
from workstation.dicom.evidence import read_evidence
from workstation.dicom.kos import REJECTED_FOR_QUALITY, rejection_note
from workstation.dicom.presentation_state import presentation_state
from workstation.dicom.quality_report import quality_report
from workstation.dicom.secondary_capture import secondary_capture
from workstation.domain.decision import Choice, CodedConcept, Decision, RejectReason
from workstation.domain.errors import UnreadableFilm
from workstation.domain.findings import (
    CropFinding,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    Source,
    State,
)
from workstation.domain.projection import Projection
from workstation.services.reading import read_film

REASON = RejectReason(
    "crop",
    CodedConcept("111209", "DCM", "Positioning"),
    (("en", "Lung field cut off"),),
    CodedConcept("CROP", "99CXRWS", "Lung field cut off"),
)
DECISION = Decision(Choice.RETAKE, "Иванова А.", "2026-11-23T10:00:00+03:00", "crop", "левый синус срезан")

# CID 7036 (RadLex).
DIAGNOSTIC, LIMITED = codes.RADLEX.DiagnosticQuality.value, codes.RADLEX.LimitedQuality.value


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
    film = evidence_film()
    read, dump = _written(rejection_note([film], DECISION, REASON, device_uid=DEVICE), tmp_path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.59"
    assert read.StudyInstanceUID == film.StudyInstanceUID
    assert str(read.PatientName) == "Иванов^Иван"
    title = read.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113001", "DCM")
    modifiers = [i for i in read.ContentSequence if i.RelationshipType == "HAS CONCEPT MOD"]
    assert [m.ConceptCodeSequence[0].CodeValue for m in modifiers] == ["111209", "CROP"]
    assert {m.ConceptNameCodeSequence[0].CodeValue for m in modifiers} == {"113011"}
    assert [i.RelationshipType for i in read.ContentSequence[:2]] == ["HAS CONCEPT MOD"] * 2, (
        "TID 2010: first"
    )
    referenced = (
        read.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    )
    assert [r.ReferencedSOPInstanceUID for r in referenced] == [film.SOPInstanceUID]
    if dump:
        assert "левый синус срезан" in dump
        assert "Иванова А." in dump
        assert '(111209,DCM,"Positioning")' in dump


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Иванова А.", "Иванова А.^"),
        ("HOSPITAL\\ivanova", "HOSPITAL ivanova^"),
        ("a=b", "a b^"),
        ("Ivanova\nAnna", "Ivanova Anna^"),
        ("Ivanova^Anna", "Ivanova^Anna"),
        ("a^b^c^d^e^f", "a^b^c^d^e f"),
        ("A" * 64, "A" * 63 + "^"),
        ("^", "Unknown^"),
    ],
)
def test_whoever_signs_in_by_whatever_name_is_one_person_in_the_note(
    tmp_path: Path, author: str, name: str
) -> None:
    note = rejection_note([evidence_film()], replace(DECISION, author=author), REASON, device_uid=DEVICE)
    read, _ = _written(note, tmp_path)
    (observer,) = [i for i in read.ContentSequence if i.ValueType == "PNAME"]
    assert observer.PersonName == name


def test_the_same_decision_makes_the_same_note_and_another_makes_another() -> None:
    film = evidence_film()
    first = rejection_note([film], DECISION, REASON, device_uid=DEVICE)
    again = rejection_note([film], DECISION, REASON, device_uid=DEVICE)
    later = Decision(Choice.RETAKE, "Иванова А.", "2026-11-23T10:05:00+03:00", "crop")
    other = rejection_note([film], later, REASON, device_uid=DEVICE)
    assert first.SOPInstanceUID == again.SOPInstanceUID
    assert first.SOPInstanceUID != other.SOPInstanceUID


def test_a_wrong_worklist_entry_has_its_own_title_and_no_reason(tmp_path: Path) -> None:
    title = CodedConcept("113038", "DCM", "Incorrect Modality Worklist Entry")
    note = rejection_note([evidence_film()], DECISION, None, title=title, device_uid=DEVICE)
    read, _ = _written(note, tmp_path)
    assert read.ConceptNameCodeSequence[0].CodeValue == "113038"
    assert not [i for i in read.ContentSequence if i.RelationshipType == "HAS CONCEPT MOD"]


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(ValueError, match="one study"):
        rejection_note([evidence_film(), evidence_film()], DECISION, REASON, device_uid=DEVICE)
    with pytest.raises(ValueError, match="one study"):
        rejection_note([], DECISION, REASON, device_uid=DEVICE)
    with pytest.raises(ValueError, match="coded reason"):
        rejection_note([evidence_film()], DECISION, None, title=REJECTED_FOR_QUALITY, device_uid=DEVICE)


def test_a_film_without_uids_cannot_be_evidence() -> None:
    with pytest.raises(ValueError, match="SeriesInstanceUID"):
        evidence_film(SeriesInstanceUID=None)


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


def test_the_quality_report_holds_each_criterion_its_score_edges_and_the_cascade(tmp_path: Path) -> None:
    film = evidence_film(PatientOrientation=None)
    report = quality_report(film, example_verdict(), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
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
    verdict = replace(example_verdict(), findings=(CropFinding(state, None, 0.7),))
    report = quality_report(evidence_film(), verdict, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
    read, _ = _written(report, tmp_path)
    assert [code for group in _groups(read).values() for code in _said(group, "IMAGEQUALITY")] == quality


@pytest.mark.parametrize(("probability", "told"), [(0.03, 0.03), (0.000001, 0.0001)])
def test_the_report_says_what_a_probability_is_of_and_never_that_it_is_certain(
    tmp_path: Path, probability: float, told: float
) -> None:
    frontal = ProjectionFinding(Projection.FRONTAL, State.PASS, probability)
    verdict = replace(
        example_verdict(), projection=frontal, findings=(CropFinding(State.WARN, 1 - probability, 0.7),)
    )
    report = quality_report(evidence_film(), verdict, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
    groups = _groups(_written(report, tmp_path)[0])
    projection, crop = (
        next(i for i in groups[name].ContentSequence if i.ValueType == "NUM")
        for name in ("projection", "crop")
    )
    meaning = projection.ConceptNameCodeSequence[0].CodeMeaning
    assert meaning == "Calibrated probability of a lateral film"
    assert float(projection.MeasuredValueSequence[0].NumericValue) == told
    assert float(crop.MeasuredValueSequence[0].NumericValue) == pytest.approx(1 - told)


def test_gates_are_reported_and_a_film_that_is_no_chest_has_no_quality(tmp_path: Path) -> None:
    verdict = replace(
        example_verdict(),
        findings=(CropFinding(State.NOT_ASSESSED, reason="not a chest film"),),
        body_part=GateFinding(Kind.BODY_PART, State.WARN, 0.97, 0.7),
        polarity=GateFinding(Kind.POLARITY, State.NOT_ASSESSED),
        orientation=OrientationFinding(State.UNSURE, 90, False, 0.5, 0.8),
    )
    report = quality_report(evidence_film(), verdict, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE)
    groups = _groups(_written(report, tmp_path)[0])
    states = {key: _said(groups[key], "STATE") for key in ("body_part", "polarity", "orientation")}
    assert states == {"body_part": ["WARN"], "polarity": ["NOTASSESSED"], "orientation": ["UNSURE"]}
    assert not [code for group in groups.values() for code in _said(group, "IMAGEQUALITY")]


@pytest.mark.parametrize("probability", [0.3, None])
def test_a_projection_that_a_person_named_is_not_the_algorithm_s_word(
    tmp_path: Path, probability: float | None
) -> None:
    named = ProjectionFinding(Projection.LATERAL, State.PASS, probability, Source.USER)
    report = quality_report(
        evidence_film(),
        replace(example_verdict(), projection=named),
        made_at="2026-11-23T10:00:00+03:00",
        device_uid=DEVICE,
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
    film = evidence_film()
    ribs = (((1.2, 0.25), (0.5, 0.75)), ((0.5, 0.25), (0.25, 0.75)))
    turned = RotationFinding(State.WARN, 0.8, 0.6, 0.4, 14.2, rib_separation_pct=11.6, rib_contours=ribs)
    verdict = replace(example_verdict(), findings=(turned,))
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
    film = evidence_film()
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
