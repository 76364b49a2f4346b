"""Decision, undo and the worklist on a real data folder."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.audit_log import history, verified
from tests.support.console import CLEAN, PACS, START, WARNED, Console
from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import DeliveryState
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import ExposureState, IllegalTransition, NotSent
from workstation.persistence import statistics
from workstation.services.disposition import DispositionService

RETAKE = Decision(Choice.RETAKE, "Petrov", "2026-11-23T10:00:05+03:00", "positioning", "note")


class TestDisposition:
    def test_a_verdict_then_a_decision(self, console: Console) -> None:
        film = console.film()
        analysed = console.disposition.record_verdict(film.id, WARNED)
        assert (analysed.state, analysed.verdict) == (ExposureState.ANALYSED, WARNED)
        decided = console.disposition.choose(film.id, Choice.SEND, "Ivanova")
        assert decided.state is ExposureState.QUEUED
        assert decided.decision == Decision(Choice.SEND, "Ivanova", "2026-11-23T10:00:00.000+03:00")
        (delivery,) = decided.deliveries
        assert (delivery.destination, delivery.state) == ("PACS", DeliveryState.WAITING)
        undo_is_over = START + timedelta(seconds=console.settings.undo_seconds)
        assert datetime.fromisoformat(delivery.next_try_at) == undo_is_over > START
        console.reopen()
        assert console.get(film) == decided

    def test_a_film_without_a_verdict_can_be_sent(self, console: Console) -> None:
        assert console.disposition.choose(console.film().id, Choice.SEND, "A").state is ExposureState.QUEUED

    def test_a_verdict_after_the_decision_is_kept(self, console: Console) -> None:
        film = console.film()
        console.disposition.decide(film.id, RETAKE)
        late = console.disposition.record_verdict(film.id, CLEAN)
        assert (late.state, late.verdict) == (ExposureState.REJECTED, CLEAN)

    def test_a_blank_behind_the_rooms_name_makes_no_other_room(self, console: Console) -> None:
        for room in ("Room 2", "Room 2 ", " Room 2"):
            console.settings = replace(console.settings, room=room)
            console.disposition.choose(console.film().id, Choice.SEND, "A")
        with console.database.snapshot() as connection:
            assert statistics.names(connection)[1] == ("Room 2",)

    def test_a_rejected_film_is_never_queued(self, console: Console) -> None:
        rejected = console.disposition.decide(console.film().id, RETAKE)
        assert (rejected.deliveries, rejected.not_sent_because) == ((), NotSent.REJECTED)
        assert console.delivery.enqueue_waiting() == 0

    def test_whoever_sends_is_woken_by_every_decision_on_a_film_that_can_be_sent(
        self, console: Console, tmp_path: Path
    ) -> None:
        woken: list[ExposureState] = []
        films = console.film(), console.film()
        service = DispositionService(
            console.database,
            lambda: console.settings,
            console.clock,
            lambda: woken.append(console.get(films[len(woken)]).state),
        )
        service.choose(films[0].id, Choice.SEND, "A")
        service.decide(films[1].id, RETAKE)  # its note is to be made
        # Not before it is written down: the sender would find nothing.
        assert woken == [ExposureState.QUEUED, ExposureState.REJECTED]
        cv2.imwrite(str(tmp_path / "a.png"), np.full((32, 32), 5, np.uint8))
        service.choose(console.intake.take(tmp_path / "a.png").id, Choice.SEND, "A")
        assert len(woken) == 2

    def test_every_destination_gets_its_own_delivery(self, console: Console) -> None:
        console.settings = replace(console.settings, destinations=(PACS, replace(PACS, name="Archive")))
        decided = console.disposition.choose(console.film().id, Choice.KEEP_WITH_NOTE, "A")
        assert [d.destination for d in decided.deliveries] == ["PACS", "Archive"]

    def test_without_a_destination_it_is_kept_until_one_is_set(self, console: Console) -> None:
        destinations, console.settings = (
            console.settings.destinations,
            replace(console.settings, destinations=()),
        )
        film = console.disposition.choose(console.film().id, Choice.SEND, "A")
        assert (film.state, film.not_sent_because) == (ExposureState.ACCEPTED, NotSent.NO_DESTINATION)
        (status,) = console.delivery.statuses()
        assert (status.name, status.state, status.waiting) == ("", "not_configured", 1)
        console.settings = replace(console.settings, destinations=destinations)
        kept, pacs = console.delivery.statuses()
        assert (kept.state, kept.waiting, pacs.name) == ("not_configured", 1, "PACS"), (
            "it never leaves by itself"
        )
        assert console.delivery.never_queued() == [film.id]
        assert console.delivery.enqueue_waiting("A") == 1
        assert console.delivery.enqueue_waiting("A") == 0
        assert console.get(film).state is ExposureState.QUEUED

    def test_a_raster_is_kept_and_says_why(self, console: Console, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "a.png"), np.full((32, 32), 5, np.uint8))
        film = console.intake.take(tmp_path / "a.png")
        kept = console.disposition.choose(film.id, Choice.SEND, "A")
        assert (kept.state, kept.not_sent_because) == (ExposureState.ACCEPTED, NotSent.NOT_DICOM)
        assert console.delivery.enqueue_waiting() == 0

    def test_a_rejected_raster_asks_for_no_note(self, console: Console, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "a.png"), np.full((8, 8), 7, np.uint8))
        film = console.intake.take(tmp_path / "a.png")
        console.disposition.choose(film.id, Choice.RETAKE, "A", "motion")
        console.clock.forward(3600)
        assert console.derived.make_due() is None
        assert console.get(film).deliveries == ()
        assert console.lost == [], "nothing refers to a picture, and nobody is told of a note that is missing"

    def test_undo_and_decide_again(self, console: Console) -> None:
        film = console.disposition.record_verdict(console.film().id, WARNED)
        console.disposition.choose(film.id, Choice.SEND, "A")
        assert console.disposition.undo(film.id, "B") == replace(film, left_to_person=True)
        with pytest.raises(IllegalTransition):
            console.disposition.undo(film.id, "B")
        again = console.disposition.decide(film.id, RETAKE)
        assert again.decision == RETAKE
        actions = [(row.action, row.author) for row in history(console.database, film.id)]
        assert actions == [
            ("received", ""),
            ("verdict", ""),
            ("decision", "A"),
            ("undo", "B"),
            ("decision", "Petrov"),
        ]
        assert verified(console.database).intact

    def test_a_second_decision_is_refused(self, console: Console) -> None:
        film = console.film()
        console.disposition.choose(film.id, Choice.SEND, "A")
        with pytest.raises(IllegalTransition):
            console.disposition.decide(film.id, RETAKE)
        assert len(console.get(film).deliveries) == 1

    def test_a_time_without_offset_is_refused(self, console: Console) -> None:
        film = console.film()
        with pytest.raises(ValueError, match="offset"):
            console.disposition.decide(film.id, replace(RETAKE, decided_at="2026-11-23T10:00:00"))
        assert console.get(film) == film

    def test_a_full_disk_decides_nothing(self, console: Console) -> None:
        film = console.film()
        with console.database.snapshot() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        console.database._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageFailed):
            console.disposition.decide(film.id, replace(RETAKE, note="x" * 100_000))
        console.database._connection.execute("PRAGMA max_page_count = 100000")
        assert console.get(film) == film
        assert [row.action for row in history(console.database, film.id)] == ["received"]


class TestWorklist:
    def test_today_begins_at_local_midnight_newest_first(self, console: Console) -> None:
        console.clock.now = START.replace(hour=23, minute=59) - timedelta(days=1)
        old = console.film()
        console.clock.now = START.replace(hour=0)
        first = console.film()
        console.clock.now = START
        second = console.film()
        assert console.worklist.today() == [second, first]
        assert console.worklist.today(START - timedelta(days=2)) == [second, first, old]
        assert console.worklist.undecided() == [second, first, old]
        console.disposition.decide(first.id, RETAKE)
        assert console.worklist.undecided() == [second, old]

    def test_nobody_is_nobody(self, console: Console) -> None:
        with pytest.raises(LookupError):
            console.worklist.get(17)

    def test_a_long_read_holds_up_no_decision(self, console: Console) -> None:
        film = console.film()
        with console.database.long_read() as connection:
            assert connection.execute("SELECT COUNT(*) FROM decision").fetchone()[0] == 0
            console.disposition.decide(film.id, RETAKE)  # on the same thread: it would wait for ever
            assert connection.execute("SELECT COUNT(*) FROM decision").fetchone()[0] == 0
            with pytest.raises(sqlite3.OperationalError):
                connection.execute("DELETE FROM decision")
        with console.database.snapshot() as connection:
            assert connection.execute("SELECT COUNT(*) FROM decision").fetchone()[0] == 1
