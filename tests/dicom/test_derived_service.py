"""Reject notes and reports: made when the time for undo is over, sent where they are wanted, gone with an undo."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pydicom
import pytest
from pydicom import uid

from tests.support.console import CLEAN, PACS, START, WARNED, Console, eventually
from tests.support.dicom_maker import film_bytes
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryKind, DeliveryState
from workstation.domain.exposure import Exposure, ExposureState, IllegalTransition
from workstation.domain.turn import Turn
from workstation.domain.unreadable import UnreadableCode, unreadable
from workstation.persistence import audit, derived
from workstation.services import derived_objects
from workstation.services.derived_objects import DerivedObjects, Source
from workstation.services.reserve import RESERVE_BYTES

KOS = "1.2.840.10008.5.1.4.1.1.88.59"
SR = "1.2.840.10008.5.1.4.1.1.88.33"
SC = "1.2.840.10008.5.1.4.1.1.7"
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    made = Console(tmp_path / "data")
    wants = replace(PACS, wants_reject_notes=True, wants_reports=True)
    made.settings = replace(made.settings, destinations=(wants, replace(PACS, name="Mini", called_ae="MINI")))
    yield made
    made.close()


def files(console: Console) -> list[Path]:
    return [p for p in (console.root / "derived").rglob("*") if p.is_file()]


def reject(console: Console, reason: str = "cut_off") -> Exposure:
    return console.disposition.choose(console.film().id, Choice.RETAKE, "Ivanova", reason, "left sinus")


def test_a_reject_note_is_made_after_the_time_for_undo_and_sent_where_it_is_wanted(console: Console) -> None:
    film = reject(console)
    assert console.derived.make_due() == pytest.approx(10)
    assert files(console) == []
    console.clock.forward(10)
    assert console.derived.make_due() is None
    (delivery,) = console.get(film).deliveries
    assert (delivery.destination, delivery.kind) == ("PACS", DeliveryKind.REJECT_NOTE)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.SENT)
    ((called, content),) = console.post.sent
    assert called == "PACS"
    note = pydicom.dcmread(BytesIO(content))
    assert note.SOPClassUID == KOS
    assert note.StudyInstanceUID == film.header.study_instance_uid
    (path,) = files(console)
    assert path.read_bytes() == content
    assert console.get(film).state is ExposureState.REJECTED
    with pytest.raises(IllegalTransition, match="left"):
        console.disposition.undo(film.id, "Ivanova")
    with console.database.snapshot() as connection:
        assert [r.action for r in audit.rows(connection, film.id)][-2:] == ["derived", "sent"]


def test_nothing_goes_along_with_the_second_of_two_films_under_one_identity(console: Console) -> None:
    """An archive keeps the first: it would be shown turned, or with the findings of the second."""
    wants = replace(PACS, wants_reports=True, wants_presentation_states=True)
    console.settings = replace(console.settings, destinations=(wants,))
    first, second = (console.film(sop_instance_uid="1.2.3") for _ in range(2))
    console.delivery.start()
    for film, turn in ((first, Turn(1)), (second, Turn(3))):
        console.disposition.record_verdict(film.id, WARNED)
        console.disposition.choose(film.id, Choice.SEND, "Ivanova", turn=turn)
        console.clock.forward(10)
        console.derived.make_due()
        console.delivery.wake()
        eventually(lambda film=film: not open_kinds(console, film))
    states = [{d.kind: d.state for d in console.get(film).deliveries} for film in (first, second)]
    assert set(states[0].values()) == {DeliveryState.SENT}
    assert states[1].pop(DeliveryKind.FILM) is DeliveryState.SENT, "whichever the archive keeps"
    assert states[1] == dict.fromkeys(states[0].keys() - {DeliveryKind.FILM}, DeliveryState.FAILED)


def open_kinds(console: Console, film: Exposure) -> list[DeliveryKind]:
    over = (DeliveryState.SENT, DeliveryState.FAILED)
    return [delivery.kind for delivery in console.get(film).deliveries if delivery.state not in over]


@pytest.mark.parametrize("made", [False, True], ids=["not made yet", "made and waiting"])
def test_no_note_leaves_of_a_film_whose_identity_another_one_here_has(console: Console, made: bool) -> None:
    """The archive has the other one, and would hide it."""
    rejected = console.film(sop_instance_uid="1.2.3")
    console.disposition.choose(rejected.id, Choice.RETAKE, "Ivanova", "motion")
    console.clock.forward(10)
    if made:
        console.derived.make_due()
    good = console.film(sop_instance_uid="1.2.3")
    console.disposition.choose(good.id, Choice.SEND, "Ivanova")
    console.clock.forward(10)
    console.derived.make_due()
    console.delivery.start()
    eventually(lambda: console.get(good).state is ExposureState.SENT)
    eventually(lambda: console.get(rejected).deliveries[0].state is DeliveryState.FAILED)
    (note,) = console.get(rejected).deliveries
    assert note.last_error is not None
    assert note.last_error.code == "names_another"
    assert KOS not in {pydicom.dcmread(BytesIO(content)).SOPClassUID for _, content in console.post.sent}
    assert any(status.failed for status in console.delivery.statuses()), "somebody is told"
    console.delivery.cancel(note.id, "Ivanova")
    assert console.get(rejected).state is ExposureState.REJECTED


def test_a_clock_that_is_set_back_holds_up_no_note(console: Console) -> None:
    reject(console)
    console.clock.forward(-365 * 86400)
    assert console.derived.make_due() is None
    assert len(files(console)) == 1


def test_where_no_destination_wants_it_the_note_is_kept_as_a_file(console: Console) -> None:
    console.settings = replace(console.settings, destinations=())
    film = reject(console)
    console.clock.forward(10)
    console.derived.make_due()
    assert console.get(film).deliveries == ()
    (path,) = files(console)
    assert pydicom.dcmread(path).SOPClassUID == KOS
    with console.database.snapshot() as connection:
        (kept,) = connection.execute("SELECT object_path FROM derived WHERE exposure_id = ?", (film.id,))
    assert console.root / kept["object_path"] == path


@pytest.mark.parametrize("made", [False, True], ids=["planned", "made and waiting"])
def test_undo_before_it_left_leaves_no_trace_but_the_audit(console: Console, made: bool) -> None:
    film = reject(console)
    if made:
        console.clock.forward(10)
        console.derived.make_due()
    undone = console.disposition.undo(film.id, "Ivanova")
    assert undone.deliveries == ()
    console.clock.forward(100)
    assert console.derived.make_due() is None
    assert files(console) == []
    again = console.disposition.choose(film.id, Choice.RETAKE, "Ivanova", "motion")
    console.clock.forward(10)
    console.derived.make_due()
    assert len(files(console)) == 1
    assert len(console.get(again).deliveries) == 1


def test_undo_while_it_is_being_made_leaves_none(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    film = reject(console)
    console.clock.forward(10)
    real = DerivedObjects.make

    def make(objects: DerivedObjects, kind: DeliveryKind, source: Source) -> pydicom.Dataset:
        document = real(objects, kind, source)
        console.disposition.undo(film.id, "Ivanova")  # in just this moment
        return document

    monkeypatch.setattr(DerivedObjects, "make", make)
    assert console.derived.make_due() is None
    assert files(console) == []
    assert console.get(film).deliveries == ()
    assert console.get(film).state is ExposureState.RECEIVED


def test_killed_between_file_and_row_the_same_object_is_made_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = reject(console)
    console.clock.forward(10)

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(derived, "mark_made", killed)
        with pytest.raises(KeyboardInterrupt):
            console.derived.make_due()
    (before,) = files(console)
    console.reopen()
    console.derived.make_due()
    assert files(console) == [before]
    assert len(console.get(film).deliveries) == 1


def test_a_report_goes_along_with_the_film_where_it_is_wanted(console: Console) -> None:
    film = console.film()
    console.disposition.record_verdict(film.id, WARNED)
    console.disposition.choose(film.id, Choice.SEND, "Ivanova")
    console.clock.forward(10)
    console.derived.start()
    console.delivery.start()
    eventually(lambda: len(console.post.sent) == 3)
    sent = sorted(
        (called, str(pydicom.dcmread(BytesIO(c)).SOPClassUID) == SR) for called, c in console.post.sent
    )
    assert sent == [("MINI", False), ("PACS", False), ("PACS", True)]
    eventually(lambda: console.get(film).state is ExposureState.SENT)
    assert {s.name: s.sent for s in console.delivery.statuses()} == {"PACS": 1, "Mini": 1}


def test_the_annotated_film_and_its_presentation_state_follow_the_film_where_they_are_wanted(
    console: Console,
) -> None:
    wants = replace(PACS, wants_annotated=True, wants_presentation_states=True)
    console.settings = replace(
        console.settings,
        language="ru",
        destinations=(wants, replace(PACS, name="Mini", called_ae="MINI")),
    )
    film = console.film()
    console.disposition.record_verdict(film.id, WARNED)
    console.disposition.choose(film.id, Choice.KEEP_WITH_NOTE, "Ivanova")
    console.clock.forward(10)
    console.derived.make_due()
    console.delivery.start()
    eventually(lambda: len(console.post.sent) == 4)
    objects = [(called, pydicom.dcmread(BytesIO(content))) for called, content in console.post.sent]
    assert [str(o.SOPClassUID) in (SC, GSPS) for called, o in objects if called == "MINI"] == [False]
    at_pacs = [o for called, o in objects if called == "PACS"]
    # The film went first: nothing that is made from it may hold it back.
    assert str(at_pacs[0].SOPClassUID) not in (SC, GSPS)
    sent = {str(o.SOPClassUID): o for o in at_pacs[1:]}
    source = film.header.sop_instance_uid
    assert sent[SC].SourceImageSequence[0].ReferencedSOPInstanceUID == source
    assert sent[SC].StudyInstanceUID == film.header.study_instance_uid
    assert sent[SC].pixel_array.ndim == 3
    referenced = sent[GSPS].ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert referenced.ReferencedSOPInstanceUID == source
    words = [t.UnformattedTextValue for t in sent[GSPS].GraphicAnnotationSequence[0].TextObjectSequence]
    assert any("кра" in word.lower() for word in words)  # in the site's language: the edge is named


def test_a_film_that_cannot_be_drawn_is_sent_all_the_same(console: Console) -> None:
    console.settings = replace(console.settings, destinations=(replace(PACS, wants_annotated=True),))
    cut = console.root / "cut.dcm"
    cut.write_bytes(film_bytes()[:-300])  # as it came: its header reads
    film = console.intake.take(cut)
    console.disposition.record_verdict(film.id, WARNED)
    console.disposition.choose(film.id, Choice.SEND, "Ivanova")
    console.clock.forward(10)
    assert console.derived.make_due() is None
    console.delivery.start()
    eventually(lambda: len(console.post.sent) == 1)
    with console.database.snapshot() as connection:
        assert [r for r in audit.rows(connection, film.id) if r.action == "derived_failed"]


def test_annotated_films_leave_room_for_decisions_and_hold_up_no_note(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants = replace(PACS, wants_annotated=True, wants_reject_notes=True)
    console.settings = replace(console.settings, destinations=(wants,))
    film = console.film()
    console.disposition.record_verdict(film.id, WARNED)
    console.disposition.choose(film.id, Choice.SEND, "Ivanova")
    rejected = reject(console)
    console.clock.forward(10)
    with monkeypatch.context() as patch:
        left = SimpleNamespace(free=RESERVE_BYTES - 1)
        patch.setattr(shutil, "disk_usage", lambda _: left)
        assert console.derived.make_due() == 30
        assert [d.kind for d in console.get(film).deliveries] == [DeliveryKind.FILM]
        assert len(console.get(rejected).deliveries) == 1
    console.clock.forward(30)
    assert console.derived.make_due() is None
    assert DeliveryKind.SECONDARY_CAPTURE in {d.kind for d in console.get(film).deliveries}


def test_the_report_is_of_the_verdict_that_counts(console: Console) -> None:
    film = console.film()
    for verdict in (WARNED, CLEAN):  # a lateral, then a person set it right
        console.disposition.record_verdict(film.id, verdict)
    console.disposition.choose(film.id, Choice.SEND, "A")
    console.clock.forward(10)
    console.derived.make_due()
    (path,) = files(console)
    report = pydicom.dcmread(path)
    assert report.SOPClassUID == SR
    assert "'FRONTAL'" in str(report)
    assert "'LATERAL'" not in str(report)


def test_without_a_verdict_there_is_no_report_and_the_film_goes_all_the_same(console: Console) -> None:
    film = console.disposition.choose(console.film().id, Choice.SEND, "Ivanova")
    console.clock.forward(10)
    assert console.derived.make_due() is None
    assert files(console) == []
    assert {d.kind for d in console.get(film).deliveries} == {DeliveryKind.FILM}
    assert console.worklist.not_made() == [], "there was nothing to make it from: no failure"


def test_a_film_that_cannot_be_referred_to_gets_no_note_and_holds_up_none(console: Console) -> None:
    bad = console.film(SeriesInstanceUID="")
    console.disposition.choose(bad.id, Choice.RETAKE, "Ivanova", "motion")
    good = reject(console)
    console.clock.forward(10)
    assert console.derived.make_due() is None
    assert console.get(bad).deliveries == ()
    assert len(console.get(good).deliveries) == 1
    with console.database.snapshot() as connection:
        assert audit.rows(connection, bad.id)[-1].action == "derived_failed"
    (lost,) = console.worklist.not_made()
    assert (lost.exposure_id, lost.kind, lost.problem) == (bad.id, DeliveryKind.REJECT_NOTE, "ValueError")
    assert console.lost == [lost], "and whoever listens is told at once"
    console.clock.forward(86_400)
    assert console.worklist.not_made() == []
    assert console.worklist.not_made(START) == [lost]


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian])
def test_a_film_without_preamble_and_file_meta_gets_its_objects_too(
    console: Console, syntax: uid.UID
) -> None:
    whole = film_bytes(transfer_syntax=syntax, patient_name="Иванов^Иван", SpecificCharacterSet="ISO_IR 144")
    bare = console.root / "bare.dcm"
    bare.write_bytes(whole[144 + int.from_bytes(whole[140:144], "little") :])
    film = console.intake.take(bare)
    console.disposition.choose(film.id, Choice.RETAKE, "Ivanova", "motion")
    console.clock.forward(10)
    console.derived.make_due()
    (path,) = files(console)
    note = pydicom.dcmread(path)
    assert note.SOPClassUID == KOS
    assert note.StudyInstanceUID == film.header.study_instance_uid
    assert str(note.PatientName) == "Иванов^Иван"


def test_a_turn_that_a_person_chose_follows_the_film_to_every_destination(console: Console) -> None:
    film = console.disposition.choose(console.film().id, Choice.SEND, "Ivanova", turn=Turn(3))
    console.clock.forward(10)
    assert console.derived.make_due() is None
    kinds = {(d.destination, d.kind) for d in console.get(film).deliveries}
    wanted = {(name, kind) for name in ("PACS", "Mini") for kind in (DeliveryKind.FILM, DeliveryKind.TURN)}
    assert kinds == wanted
    (path,) = files(console)
    assert pydicom.dcmread(path).ImageRotation == 270
    with console.database.snapshot() as connection:
        (row,) = [r for r in audit.rows(connection) if r.action == "decision"]
    assert row.detail["turned_deg"] == 270


def test_undo_takes_the_turn_back_with_the_decision(console: Console) -> None:
    film = console.disposition.choose(console.film().id, Choice.SEND, "Ivanova", turn=Turn(1))
    console.disposition.undo(film.id, "Ivanova")
    console.disposition.choose(film.id, Choice.SEND, "Ivanova")
    console.clock.forward(10)
    console.derived.make_due()
    assert {d.kind for d in console.get(film).deliveries} == {DeliveryKind.FILM}


class TestAFilmThatCannotBeReadJustNow:
    """A share that is away for a moment, a full memory: the note is made once the film can be read again."""

    @pytest.fixture
    def film(self, console: Console) -> Exposure:
        film = reject(console)
        console.clock.forward(10)
        return film

    @pytest.mark.parametrize(
        "trouble",
        [
            OSError(errno.EIO, "Input/output error"),
            MemoryError(),
            unreadable(UnreadableCode.READ_FAILED, "a.dcm"),
            unreadable(UnreadableCode.PERMISSION_DENIED, "a.dcm"),
        ],
        ids=["disk", "memory", "share", "permission"],
    )
    def test_its_note_is_made_later(
        self, console: Console, film: Exposure, monkeypatch: pytest.MonkeyPatch, trouble: Exception
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(derived_objects, "read_evidence", Mock(side_effect=trouble))
            waits = []
            for _ in range(3):
                waits.append(console.derived.make_due())
                console.clock.forward(waits[-1] or 0)
        assert waits == [30, 60, 120]
        assert console.get(film).can_undo
        assert console.lost == []
        assert console.derived.make_due() is None
        (delivery,) = console.get(film).deliveries
        assert delivery.kind is DeliveryKind.REJECT_NOTE

    def test_it_holds_up_no_other(
        self, console: Console, film: Exposure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = reject(console)
        console.clock.forward(10)
        real = derived_objects.read_evidence

        def read(path: Path) -> pydicom.Dataset:
            if str(path) == film.stored_path:
                raise unreadable(UnreadableCode.READ_FAILED, path.name)
            return real(path)

        monkeypatch.setattr(derived_objects, "read_evidence", read)
        console.derived.make_due()
        assert len(console.get(other).deliveries) == 1

    def test_after_a_day_it_is_given_up_and_said(
        self, console: Console, film: Exposure, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began = console.clock()
        trouble = unreadable(UnreadableCode.PERMISSION_DENIED, "a.dcm")
        monkeypatch.setattr(derived_objects, "read_evidence", Mock(side_effect=trouble))
        while (wait := console.derived.make_due()) is not None:
            console.clock.forward(wait)
            console.reopen()
        assert console.clock() - began > timedelta(hours=23)
        (lost,) = console.lost
        assert (lost.exposure_id, lost.problem) == (film.id, "permission_denied")

    def test_a_film_that_is_gone_is_told_at_once(self, console: Console, film: Exposure) -> None:
        Path(film.stored_path).unlink()
        assert console.derived.make_due() is None
        assert [lost.problem for lost in console.lost] == ["not_found"]
