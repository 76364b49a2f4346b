"""Rows that a neighbouring version of the program wrote: what this one does not know blinds and stops nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.console import PACS, START, WARNED, Console, eventually
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryKind
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure, ExposureState
from workstation.domain.film import FilmHeader, Notice, NoticeCode
from workstation.domain.findings import GateFinding, Kind, State, Verdict
from workstation.domain.operator import Role
from workstation.domain.statistics import FilmFilter
from workstation.persistence import commitment
from workstation.persistence.serialise import dumps, loads
from workstation.services.operators import OperatorService
from workstation.services.statistics_service import StatisticsService


def changed(console: Console, statement: str) -> None:
    with console.database.transaction() as connection:
        connection.execute(statement)


class TestSerialise:
    def test_a_notice_of_a_newer_version_is_left_out(self) -> None:
        header = FilmHeader(2, 3, notices=(Notice(NoticeCode.LOSSY, "10:1"), Notice(NoticeCode.UID_CONFLICT)))
        text = dumps(header).replace('"uid_conflict"', '"seen_on_mars"')
        assert loads(FilmHeader, text).notices == (Notice(NoticeCode.LOSSY, "10:1"),)

    def test_a_finding_of_a_newer_version_is_left_out(self) -> None:
        text = dumps(WARNED).replace('"kind":"rotation"', '"kind":"breathing"')
        read = loads(Verdict, text)
        assert read.findings == (WARNED.crop,)

    def test_an_edge_of_a_newer_version_is_left_out(self) -> None:
        text = (
            dumps(WARNED).replace('"bottom":0.9', '"middle":0.9').replace('["bottom"]', '["bottom","middle"]')
        )
        crop = loads(Verdict, text).crop
        assert crop is not None
        assert crop.edges == (Edge.BOTTOM,)
        assert crop.edge_scores == {Edge.TOP: 0.1}

    def test_an_unknown_state_never_passes(self) -> None:
        text = dumps(replace(WARNED, findings=WARNED.findings[:1])).replace(
            '"state":"warn"', '"state":"dire"'
        )
        assert loads(Verdict, text).state is State.UNSURE

    def test_a_field_takes_its_default(self) -> None:
        verdict = replace(WARNED, body_part=GateFinding(Kind.BODY_PART, State.PASS))
        assert loads(Verdict, dumps(verdict).replace('"body_part"', '"x"', 2)).body_part is None
        assert loads(Verdict, dumps(verdict).replace('"kind":"body_part"', '"kind":"x"')).body_part is None

    def test_what_is_no_object_is_refused(self) -> None:
        with pytest.raises(ValueError, match="FilmHeader"):
            loads(FilmHeader, '["rows", "columns"]')


class TestList:
    @pytest.fixture
    def films(self, console: Console) -> tuple[Exposure, Exposure]:
        return console.film(), console.film()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE exposure SET state = 'beamed_up' WHERE id = 1",
            "UPDATE exposure SET header = '{}' WHERE id = 1",
            "INSERT INTO decision (exposure_id, choice, author, decided_at, decided_us, reason, note, room)"
            " VALUES (1, 'postpone', 'A', '', 0, '', '', '')",
        ],
    )
    def test_a_film_that_cannot_be_read_hides_no_other(
        self, console: Console, films: tuple[Exposure, Exposure], statement: str
    ) -> None:
        changed(console, statement)
        assert [film.id for film in console.worklist.today()] == [films[1].id]
        with pytest.raises(LookupError):
            console.worklist.get(films[0].id)
        assert console.disposition.choose(films[1].id, Choice.SEND, "A").deliveries

    def test_a_verdict_that_cannot_be_read_counts_as_none(
        self, console: Console, films: tuple[Exposure, Exposure]
    ) -> None:
        console.disposition.record_verdict(films[0].id, WARNED)
        changed(console, "UPDATE verdict SET body = '{}'")
        assert console.get(films[0]).verdict is None
        assert len(console.worklist.today()) == 2

    def test_statistics_count_it_all_the_same(
        self, console: Console, films: tuple[Exposure, Exposure]
    ) -> None:
        console.disposition.choose(films[0].id, Choice.SEND, "A")
        changed(console, "UPDATE film_fact SET projection = 'oblique', opinion = 'torn', choice = 'postpone'")
        statistics = StatisticsService(console.database, clock=console.clock)
        assert sum(cell.count for cell in statistics.summary(FilmFilter()).cells) == 2
        assert statistics.films(FilmFilter()).total == 2

    def test_a_role_that_is_not_known_may_do_least(self, console: Console) -> None:
        service = OperatorService(console.database, console.clock)
        service.add("Anna", Role.ADMIN, "", "A")
        changed(console, "UPDATE operator SET role = 'owner'")
        (anna,) = service.all()
        assert anna.role is Role.RADIOGRAPHER


class TestQueue:
    @pytest.fixture
    def films(self, console: Console) -> tuple[Exposure, Exposure]:
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=(PACS,))
        made = console.film(), console.film()
        return made[0], console.disposition.choose(made[1].id, Choice.SEND, "A")

    @pytest.mark.parametrize(
        ("kind", "state"), [("video", "waiting"), ("film", "paused")], ids=["kind", "state"]
    )
    def test_an_object_that_is_not_known_stops_no_destination(
        self, console: Console, films: tuple[Exposure, Exposure], kind: str, state: str
    ) -> None:
        changed(
            console,
            "INSERT INTO outbox (id, exposure_id, kind, destination, state, next_try_us, queued_at)"
            f" VALUES (-1, {films[0].id}, '{kind}', 'PACS', '{state}', 0, '')",
        )
        changed(
            console, f"INSERT INTO derived (exposure_id, kind, due_us) VALUES ({films[0].id}, 'video', 0)"
        )
        assert [d.exposure_id for d in console.delivery.deliveries()] == [films[1].id]
        assert console.get(films[0]).deliveries == ()
        with pytest.raises(LookupError):
            console.delivery.cancel(-1, "A")
        console.delivery.start()
        eventually(lambda: console.get(films[1]).state is ExposureState.SENT)
        assert len(console.post.sent) == 1
        assert console.derived.make_due() is None

    def test_a_choice_that_is_not_known_keeps_its_film_going(
        self, console: Console, films: tuple[Exposure, Exposure]
    ) -> None:
        changed(console, "UPDATE decision SET choice = 'send_twice'")
        console.delivery.start()
        eventually(lambda: console.delivery.statuses()[0].sent == 1)
        assert console.post.sent == [("PACS", Path(films[1].stored_path).read_bytes())]

    def test_commitment_is_asked_of_what_is_known(
        self, console: Console, films: tuple[Exposure, Exposure]
    ) -> None:
        changed(
            console,
            "INSERT INTO outbox (exposure_id, kind, destination, object_path, state, next_try_us, queued_at,"
            f" commit_next_us) VALUES ({films[0].id}, 'video', 'PACS', 'x', 'sent', 0, '', 0)",
        )
        with console.database.snapshot() as connection:
            assert commitment.due(connection, "PACS", START, 10) == []
            assert commitment.next_us(connection, ["PACS"]) is None
        changed(
            console,
            "UPDATE outbox SET commit_next_us = NULL, sent_at = '2027', last_error = '{}' WHERE kind = 'video'",
        )
        assert [d.exposure_id for d in console.delivery.deliveries()] == [films[1].id]
        assert {d.kind for d in console.get(films[1]).deliveries} == {DeliveryKind.FILM}
