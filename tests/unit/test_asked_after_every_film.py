"""What is asked after every film: right, and at hand however many films there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.archiving import COMMITTING_PACS, Archiving
from tests.support.console import CLEAN, PACS, START, WARNED, Console
from tests.support.many_films import Site, fill
from tests.support.older_database import turn_back
from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure
from workstation.persistence import at_hand, cleaning, exposures, patients


def summed(console: Console) -> int:
    with console.database.snapshot() as connection:
        films = connection.execute("SELECT total(size) FROM exposure WHERE cleaned_at = ''").fetchone()[0]
        return int(films + connection.execute("SELECT total(size) FROM derived").fetchone()[0])


def steps(console: Console, ask: Callable[[], object]) -> int:
    """Thousands of steps that SQLite takes for an answer."""
    taken = []
    console.database._connection.set_progress_handler(lambda: taken.append(1), 1000)
    try:
        ask()
    finally:
        console.database._connection.set_progress_handler(None, 0)
    return len(taken)


class TestBytes:
    def test_the_total_follows_every_change(self, tmp_path: Path) -> None:
        desk = Archiving(tmp_path / "data")
        console = desk.console
        desk.to(replace(COMMITTING_PACS, wants_reports=True, wants_reject_notes=True))
        console.derived.stop()
        films = [console.film() for _ in range(3)]
        for film in films:
            console.disposition.record_verdict(film.id, WARNED)
        assert console.intake.stored_bytes() == summed(console) > 0
        rejected = console.disposition.choose(films[2].id, Choice.RETAKE, "A", "motion")
        desk.send(*films[:2])
        console.derived.make_due()
        assert console.intake.stored_bytes() == summed(console)
        desk.later(seconds=3)
        console.clock.forward(31 * 86400)
        with console.database.transaction() as connection:
            cleaning.cleaned(connection, films[0].id, console.clock())
            exposures.restored(connection, films[1].id, 77)
            connection.execute("DELETE FROM derived WHERE exposure_id = ?", (rejected.id,))
        assert console.intake.stored_bytes() == summed(console)
        desk.console.close()

    def test_an_earlier_database_is_summed_once(self, console: Console) -> None:
        films = [console.film() for _ in range(3)]
        with console.database.transaction() as connection:
            cleaning.cleaned(connection, films[0].id, START)
            connection.execute(
                "INSERT INTO derived (exposure_id, kind, due_us, object_path, size) VALUES (1, 'sr', 0, 'x', 5)"
            )
        console.close()
        turn_back(console.database.path, (1, 9))
        console.open()
        assert console.intake.stored_bytes() == summed(console) > 5

    def test_the_rejected_are_told_apart(self, console: Console) -> None:
        kept, rejected = console.film(), console.film()
        console.disposition.choose(rejected.id, Choice.RETAKE, "A", "motion")
        with console.database.snapshot() as connection:
            size = Path(rejected.stored_path).stat().st_size
            assert at_hand.rejected_bytes(connection) == size
            assert at_hand.stored_bytes(connection) == size + Path(kept.stored_path).stat().st_size


def test_films_that_wait_for_a_destination_are_counted_as_they_are_listed(console: Console) -> None:
    console.settings = replace(console.settings, destinations=())
    films = [console.film() for _ in range(5)]
    for film in films[:3]:
        console.disposition.choose(film.id, Choice.SEND, "A")
    console.disposition.choose(films[3].id, Choice.RETAKE, "A", "motion")
    console.settings = replace(console.settings, destinations=(PACS,))
    queued = console.disposition.choose(films[4].id, Choice.KEEP_WITH_NOTE, "A")
    console.delivery.cancel(queued.deliveries[0].id, "A")
    with console.database.snapshot() as connection:
        assert at_hand.count_undelivered(connection) == len(exposures.undelivered(connection)) == 3
    console.settings = replace(console.settings, destinations=())
    assert console.delivery.statuses()[0].waiting == 3


class TestPrevious:
    """The film before it, of the same patient and projection."""

    def film(self, console: Console, verdict: object = CLEAN, **options: object) -> Exposure:
        made = console.film(**{"patient_id": "42", "StudyInstanceUID": f"1.2.{console._made}"} | options)
        return console.disposition.record_verdict(made.id, verdict)  # type: ignore[arg-type]

    def previous(self, console: Console, film: Exposure) -> int | None:
        judged = console.get(film)
        with console.database.snapshot() as connection:
            found = patients.previous(connection, console.root, judged)
        return None if found is None else found.id

    def test_it_is_the_latest_of_its_projection(self, console: Console) -> None:
        first, second = self.film(console), self.film(console)
        self.film(console, WARNED)  # a lateral
        third, later = self.film(console), self.film(console)
        assert self.previous(console, third) == second.id
        assert self.previous(console, later) == third.id
        assert self.previous(console, first) is None
        found = console.worklist.companions(third.id).previous
        assert found is not None
        assert found.id == second.id

    @pytest.mark.parametrize("other", [{"patient_id": "43"}, {"PatientBirthDate": "19700101"}])
    def test_another_patient_has_none(self, console: Console, other: dict[str, str]) -> None:
        self.film(console, **({"PatientBirthDate": "19500101"} | other))
        mine = self.film(console, PatientBirthDate="19500101")
        assert self.previous(console, mine) is None

    def test_a_repeat_is_written_down(self, console: Console) -> None:
        first, second = self.film(console), self.film(console)
        console.disposition.choose(first.id, Choice.RETAKE, "A", "motion")
        console.disposition.choose(second.id, Choice.SEND, "A")
        with console.database.snapshot() as connection:
            (detail,) = connection.execute(
                "SELECT detail FROM audit WHERE action = 'decision' AND exposure_id = ?", (second.id,)
            ).fetchone()
        assert f'"repeat_of":{first.id}' in detail


def test_many_films_make_no_answer_longer(console: Console) -> None:
    """All 6000 of one Patient ID: what grows with their number takes 100,000 steps and more."""
    fill(console.database, Site(date(2023, 1, 1), 6000, 1000))
    with console.database.transaction() as connection:
        connection.execute("UPDATE exposure SET state = 'committed' WHERE id % 2 AND state = 'sent'")
        connection.execute("UPDATE exposure SET state = 'accepted' WHERE state = 'sent'")
    film = console.film(patient_id="4711")
    console.disposition.record_verdict(film.id, CLEAN)

    def cleanable() -> None:
        with console.database.snapshot() as connection:
            cleaning.committed(connection, START - timedelta(days=4000), 50)

    console.settings = replace(console.settings, destinations=())
    assert steps(console, console.delivery.statuses) < 30
    assert steps(console, console.intake.stored_bytes) == 0
    assert steps(console, cleanable) == 0
    assert steps(console, lambda: console.worklist.companions(film.id)) < 3
    assert steps(console, lambda: console.disposition.choose(film.id, Choice.SEND, "A")) < 3
