"""Storage commitment with an archive of our own in place of the network: what is believed, what is cleaned up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.support.archiving import COMMITTING_PACS, Archiving
from tests.support.audit_log import verified
from tests.support.console import PACS, WARNED, eventually
from tests.support.dicom_maker import make_film
from tests.support.older_database import turn_back
from workstation.dicom.network.commitment import PASSING, CommitmentReport
from workstation.dicom.network.errors import PeerFailed
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.domain.exposure import Exposure, ExposureState, IllegalTransition
from workstation.domain.turn import Turn
from workstation.persistence import audit
from workstation.services.commitment import MOST_RESENDS
from workstation.settings.network import Destination


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Archiving]:
    desk = Archiving(tmp_path / "data")
    yield desk
    desk.console.close()


def test_two_films_under_one_uid_are_never_cleaned_up(desk: Archiving, tmp_path: Path) -> None:
    """The archive commits the UID, and can hold only one of the two under it."""
    first = make_film(tmp_path / "a.dcm", np.full((16, 16), 1, np.uint16))
    other = pydicom.dcmread(first)
    other.PixelData = np.full((16, 16), 2, np.uint16).tobytes()
    other.save_as(tmp_path / "b.dcm")
    films = [desk.console.intake.take(tmp_path / name) for name in ("a.dcm", "b.dcm")]
    assert films[1].conflicts_with == films[0].id
    plain = desk.console.film()
    desk.send(*films, plain)
    desk.later(seconds=3)
    assert all(desk.state(film) is ExposureState.COMMITTED for film in films), "both rows are answered"
    assert len(desk.archive.asked) == 1
    desk.console.clock.forward(400 * 86400)
    assert desk.service.clean() == 1
    assert not Path(plain.stored_path).exists()
    assert all(Path(film.stored_path).exists() for film in films)


def test_an_archive_that_never_answers_is_told(desk: Archiving) -> None:
    """It takes every request and reports nothing: the copies stay here, and somebody should know."""
    desk.archive.prompt = False

    def told() -> tuple[int, str]:
        (status,) = desk.console.delivery.statuses()
        return status.unconfirmed, status.unconfirmed_since

    first = desk.sent()
    desk.later(hours=20)
    assert told() == (0, ""), "it may take its time"
    desk.sent()
    desk.later(hours=10)
    (delivery,) = desk.console.get(first).deliveries
    assert told() == (2, delivery.sent_at), "the second with the first, which is a day old"
    desk.to(PACS)
    assert told() == (0, ""), "nobody asks any more"
    desk.to(COMMITTING_PACS)
    for request in desk.archive.asked:
        desk.service.report(request.answer())
    assert told() == (0, "")


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "in colour"])
@pytest.mark.parametrize("choice", [Choice.SEND, Choice.RETAKE])
def test_every_object_is_asked_about_by_the_class_it_was_sent_as(
    desk: Archiving, tmp_path: Path, colour: bool, choice: Choice
) -> None:
    """An archive that holds the UID under another class answers "class / instance conflict", PS3.4 J.3.2."""
    desk.to(
        replace(
            COMMITTING_PACS,
            wants_reports=True,
            wants_annotated=True,
            wants_presentation_states=True,
            wants_reject_notes=True,
        )
    )
    source = make_film(
        tmp_path / "film.dcm",
        np.zeros((16, 16, 3) if colour else (16, 16), np.uint8),
        bits_stored=8,
        photometric="RGB" if colour else "MONOCHROME2",
        sop_class="SC",
    )
    film = desk.console.intake.take(source)
    desk.console.disposition.record_verdict(film.id, WARNED)
    if choice is Choice.SEND:
        desk.console.disposition.choose(film.id, choice, "A", turn=Turn(1))
    else:
        desk.console.disposition.choose(film.id, choice, "A", "motion")
    desk.console.derived.make_due()
    desk.console.delivery.start()
    eventually(lambda: all(d.state is DeliveryState.SENT for d in desk.console.get(film).deliveries))
    desk.later(seconds=3)
    sent = [pydicom.dcmread(BytesIO(content)) for _, content in desk.console.post.sent]
    asked = [reference for request in desk.archive.asked for reference in request.references]
    assert {(r.sop_class_uid, r.sop_instance_uid) for r in asked} == {
        (str(ds.SOPClassUID), str(ds.SOPInstanceUID)) for ds in sent
    }
    assert len(sent) == (5 if choice is Choice.SEND else 1)


class TestLateAnswers:
    @pytest.fixture
    def film(self, desk: Archiving) -> Exposure:
        desk.archive.prompt = False
        return desk.sent()

    def test_an_archive_that_looks_at_night_is_heard(self, desk: Archiving, film: Exposure) -> None:
        for _ in range(9 * 4):
            desk.later(minutes=15)
            for request in list(desk.archive.asked):
                if desk.console.clock() - request.at >= timedelta(hours=8):
                    desk.service.report(request.answer())
        assert desk.state(film) is ExposureState.COMMITTED
        assert desk.later(days=1) is None

    def test_the_first_answer_counts_after_a_restart_too(self, desk: Archiving, film: Exposure) -> None:
        desk.later(seconds=3)
        desk.console.reopen()
        desk.service = desk.asking()
        desk.later(hours=1)
        assert len(desk.archive.asked) == 2
        desk.service.report(desk.archive.asked[0].answer())
        assert desk.state(film) is ExposureState.COMMITTED
        desk.service.report(desk.archive.asked[1].answer())
        with desk.console.database.snapshot() as connection:
            actions = [row.action for row in audit.rows(connection, film.id)]
        assert actions.count("committed") == 1

    def test_what_was_said_before_the_film_was_sent_again_counts_no_more(
        self, desk: Archiving, film: Exposure
    ) -> None:
        desk.later(seconds=3)
        desk.later(hours=1)
        first, second = desk.archive.asked
        desk.service.report(second.answer(missing=True))
        desk.later(hours=1)
        third = desk.archive.asked[-1]
        desk.service.report(third.answer(missing=True))
        eventually(lambda: len(desk.console.post.sent) == 2 and desk.state(film) is ExposureState.SENT)
        desk.service.report(third.answer(missing=True))
        desk.service.report(first.answer())
        assert desk.state(film) is ExposureState.SENT
        assert len(desk.console.post.sent) == 2

    def test_requests_that_never_arrived_push_out_none_that_did(
        self, desk: Archiving, film: Exposure
    ) -> None:
        desk.later(seconds=3)
        (arrived,) = desk.archive.asked
        desk.archive.error = PeerFailed("refused", "No.", "Wait.", passing=True, peer_wide=True)
        desk.later(hours=1)
        for _ in range(100):
            desk.later(minutes=2)
        assert desk.count("SELECT COUNT(*) FROM commit_request") == 1
        desk.service.report(arrived.answer())
        assert desk.state(film) is ExposureState.COMMITTED

    def test_what_is_remembered_of_a_silent_archive_has_an_end(self, desk: Archiving, film: Exposure) -> None:
        for _ in range(60):
            desk.later(hours=7)
        assert len(desk.archive.asked) == 60
        assert desk.count("SELECT COUNT(*) FROM commit_request") == 30
        desk.service.report(desk.archive.asked[-30].answer())
        assert desk.state(film) is ExposureState.COMMITTED
        assert desk.count("SELECT COUNT(*) FROM commit_request") == 0


class TestAnArchiveThatDoesNotHaveTheFilm:
    """It says "no such object instance": because it is slow, or because it has lost the film."""

    @pytest.fixture
    def film(self, desk: Archiving) -> Exposure:
        desk.archive.prompt = False
        return desk.sent()

    def missed(self, desk: Archiving) -> None:
        """The next request, answered so at once."""
        asked = len(desk.archive.asked)
        while len(desk.archive.asked) == asked:
            desk.later(minutes=1)
        desk.service.report(desk.archive.asked[-1].answer(missing=True))

    def resent(self, desk: Archiving, film: Exposure, times: int) -> None:
        eventually(
            lambda: len(desk.console.post.sent) == times + 1 and desk.state(film) is ExposureState.SENT
        )

    def given_up(self, desk: Archiving, film: Exposure) -> None:
        for resends in range(MOST_RESENDS + 1):
            self.missed(desk)
            self.missed(desk)
            if resends < MOST_RESENDS:
                self.resent(desk, film, resends + 1)

    def test_a_slow_one_is_asked_again_before_anything_is_sent_again(
        self, desk: Archiving, film: Exposure
    ) -> None:
        self.missed(desk)
        assert desk.state(film) is ExposureState.SENT
        assert desk.later(minutes=2) is not None
        assert len(desk.archive.asked) == 1
        desk.archive.prompt = True
        desk.later(minutes=10)
        assert desk.state(film) is ExposureState.COMMITTED
        assert len(desk.console.post.sent) == 1

    @pytest.mark.parametrize("reason", sorted(PASSING))
    def test_one_that_cannot_just_now_is_asked_again_and_never_given_up(
        self, desk: Archiving, film: Exposure, reason: int
    ) -> None:
        uid = film.header.sop_instance_uid
        for asked in range(1, 8):
            while len(desk.archive.asked) < asked:
                desk.later(minutes=10)
            transaction = desk.archive.asked[-1].transaction
            desk.service.report(CommitmentReport(transaction, (), ((uid, reason),)))
            assert desk.console.delivery.deliveries() == [], "those given up are listed"
        desk.archive.prompt = True
        desk.later(hours=7)
        assert desk.state(film) is ExposureState.COMMITTED
        assert len(desk.console.post.sent) == 1

    def test_one_that_takes_an_hour_for_its_index_is_waited_for(
        self, desk: Archiving, film: Exposure
    ) -> None:
        began, answered = desk.console.clock(), 0
        while desk.state(film) is not ExposureState.COMMITTED:
            desk.later(minutes=1)
            early = desk.console.clock() - began < timedelta(hours=1)
            for request in desk.archive.asked[answered:]:
                desk.service.report(request.answer(missing=early))
            answered = len(desk.archive.asked)
            eventually(lambda: desk.state(film) is not ExposureState.QUEUED)
        assert desk.console.clock() - began < timedelta(hours=4)
        assert len(desk.console.post.sent) == 3

    def test_a_restart_does_not_hurry_it(self, desk: Archiving, film: Exposure) -> None:
        self.missed(desk)
        asked = len(desk.archive.asked)
        desk.service.start()
        desk.service.stop()
        desk.service = desk.asking()
        desk.later(minutes=1)
        assert len(desk.archive.asked) == asked
        desk.later(minutes=10)
        assert len(desk.archive.asked) == asked + 1
        desk.service.start()
        eventually(lambda: len(desk.archive.asked) == asked + 2)
        desk.service.stop()
        assert desk.state(film) is ExposureState.SENT

    def test_the_same_answer_twice_counts_once(self, desk: Archiving, film: Exposure) -> None:
        desk.later(seconds=3)
        desk.later(minutes=11)
        first, second = desk.archive.asked
        for request in (first, first, second):
            desk.service.report(request.answer(missing=True))
        assert desk.state(film) is ExposureState.SENT
        desk.service.report(second.answer())
        assert desk.state(film) is ExposureState.COMMITTED, "but a better one is believed"

    def test_a_film_sent_again_for_it_has_left(self, desk: Archiving, film: Exposure) -> None:
        desk.console.delivery.stop()
        self.missed(desk)
        self.missed(desk)
        assert desk.state(film) is ExposureState.QUEUED
        assert not desk.console.get(film).can_undo, "the archive confirmed it once"
        with pytest.raises(IllegalTransition):
            desk.console.disposition.undo(film.id, "A")

    def test_it_is_sent_again_a_few_times_over_hours_then_given_up(
        self, desk: Archiving, film: Exposure
    ) -> None:
        began = desk.console.clock()
        self.given_up(desk, film)
        assert desk.console.clock() - began > timedelta(hours=6)
        error = desk.console.get(film).deliveries[0].last_error
        assert error is not None
        assert error.code == "commitment_refused"
        assert len(desk.console.post.sent) == MOST_RESENDS + 1

    def test_a_person_has_it_asked_again(self, desk: Archiving, film: Exposure) -> None:
        self.given_up(desk, film)
        assert desk.later(days=1) is None
        (listed,) = desk.console.delivery.deliveries()
        assert (listed.exposure_id, listed.state) == (film.id, DeliveryState.SENT)
        desk.archive.prompt = True
        desk.console.delivery.retry_now(listed.id, "A")
        desk.later(seconds=1)
        assert desk.state(film) is ExposureState.COMMITTED
        assert desk.console.delivery.deliveries() == []
        with pytest.raises(IllegalTransition):
            desk.console.delivery.retry_now(listed.id, "A")

    def test_a_person_takes_it_off_the_list(self, desk: Archiving, film: Exposure) -> None:
        self.given_up(desk, film)
        (listed,) = desk.console.delivery.deliveries()
        desk.console.delivery.cancel(listed.id, "A")
        assert desk.console.delivery.deliveries() == []
        assert desk.state(film) is ExposureState.SENT

    def test_after_a_week_it_is_listed_no_more(self, desk: Archiving, film: Exposure) -> None:
        self.given_up(desk, film)
        desk.console.clock.forward(8 * 86400)
        assert desk.console.delivery.deliveries() == []


def test_one_that_knows_no_commitment_is_not_asked_every_minute(desk: Archiving) -> None:
    desk.archive.error = PeerFailed("no_context", "No.", "Ask.", passing=False)
    film = desk.sent()
    for _ in range(144):
        desk.later(minutes=10)
    assert 3 < len(desk.archive.asked) < 12
    desk.archive.error = None
    desk.later(hours=7)
    assert desk.state(film) is ExposureState.COMMITTED


def test_a_renamed_archive_is_asked_about_what_it_was_sent(desk: Archiving) -> None:
    film = desk.sent()
    before = desk.console.settings.destinations
    desk.to(replace(COMMITTING_PACS, name="Archive"))
    desk.console.delivery.apply_settings(before)
    desk.later(seconds=3)
    assert desk.state(film) is ExposureState.COMMITTED


def test_a_clock_that_is_set_back_holds_up_no_request(desk: Archiving) -> None:
    film = desk.sent()
    desk.later(days=-365)
    assert desk.state(film) is ExposureState.COMMITTED


def test_a_request_that_an_earlier_version_made_is_still_answered(tmp_path: Path) -> None:
    """A database of version 1.6, as that version left it amid a request."""
    desk = Archiving(tmp_path / "data")
    desk.archive.prompt = False
    film = desk.sent()
    desk.later(seconds=3)
    desk.console.close()
    turn_back(desk.console.database.path, (1, 6))
    desk.console.open()
    desk.service = desk.asking()
    assert list((tmp_path / "data" / "backups").glob("workstation-1.6-*"))
    desk.service.report(desk.archive.asked[0].answer())
    assert desk.state(film) is ExposureState.COMMITTED
    assert verified(desk.console.database).intact
    desk.console.close()


def test_an_undone_decision_takes_its_requests_along(desk: Archiving) -> None:
    desk.archive.prompt = False
    film = desk.sent()
    desk.later(seconds=3)
    with desk.console.database.transaction() as connection:
        connection.execute("DELETE FROM outbox WHERE exposure_id = ?", (film.id,))
    assert desk.count("SELECT COUNT(*) FROM commit_request") == 0


@pytest.mark.parametrize("now", [(), (replace(COMMITTING_PACS, name="New"),)], ids=["none", "another"])
def test_nobody_is_woken_for_a_destination_that_is_gone(
    desk: Archiving, now: tuple[Destination, ...]
) -> None:
    desk.sent()
    desk.to(*now)
    assert desk.later(hours=1) is None
    assert desk.archive.asked == []
    desk.to(COMMITTING_PACS, *now)
    desk.later(seconds=1)
    assert len(desk.archive.asked) == 1
