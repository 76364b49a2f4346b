"""What is asked over and over reads no whole table: by the plans that SQLite makes, which do not depend on the data."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.console import START, Console
from workstation.domain.decision import Choice
from workstation.settings.model import Settings

# The newest row of the audit is found from its end; one row holds what is stored.
_WHOLE = re.compile(r"SCAN (?!audit$|stored$|sqlite_sequence$|CONSTANT ROW|\()\w+\b(?! USING)")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with closing(Console(tmp_path / "data")) as made:
        yield made


@contextmanager
def statements(console: Console) -> Iterator[dict[str, None]]:
    """Those asked meanwhile on the connection that decisions wait for."""
    asked: dict[str, None] = {}
    connection = console.database._connection
    connection.set_trace_callback(lambda statement: asked.setdefault(statement))
    yield asked
    connection.set_trace_callback(None)


def read_whole(console: Console, asked: dict[str, None]) -> list[str]:
    """The statements that read all of a table, with what they read."""
    found = []
    for statement in asked:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
            plan = console.database._connection.execute(f"EXPLAIN QUERY PLAN {statement}")
            found += [f"{row['detail']}: {statement}" for row in plan if _WHOLE.match(row["detail"])]
    return found


def test_what_is_asked_after_every_film_reads_no_whole_table(console: Console) -> None:
    with statements(console) as asked:
        film, other = console.film(), console.film(patient_id="P-2")
        console.worklist.today()
        console.worklist.undecided()
        console.worklist.companions(film.id)
        console.disposition.choose(film.id, Choice.SEND, "Ivanova")
        console.disposition.choose(other.id, Choice.RETAKE, "Ivanova", "cut_off")
        console.disposition.undo(other.id, "Ivanova")
        console.delivery.statuses()
        console.delivery.deliveries()
        console.delivery.never_queued()
        console.intake.stored_bytes()
    assert asked
    assert not read_whole(console, asked)


def test_the_queue_is_taken_up_without_reading_all_that_was_ever_sent(console: Console) -> None:
    console.settings = Settings()
    with statements(console) as asked:
        console.delivery.start()
    assert any("'sending'" in statement for statement in asked)
    assert not read_whole(console, asked)


def test_the_start_does_not_sort_the_names_of_all_objects_ever_made(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listener opens only after that."""
    asked: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    console.intake.tidy()
    (statement,) = [text for text in asked if "object_path" in text]
    plan = console.database._connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    assert not [row["detail"] for row in plan if "TEMP B-TREE" in row["detail"]]


def test_the_queue_lists_what_is_open_and_nothing_that_is_settled(console: Console) -> None:
    films = [console.film() for _ in range(5)]
    for film in films:
        console.disposition.choose(film.id, Choice.SEND, "Ivanova")
    with console.database.transaction() as connection:
        for number, state in enumerate(("sent", "cancelled", "failed", "sending"), start=1):
            connection.execute("UPDATE outbox SET state = ? WHERE id = ?", (state, number))
        connection.execute("UPDATE outbox SET sent_at = ? WHERE id = 1", (START.isoformat(),))
    assert [(d.id, d.state) for d in console.delivery.deliveries()] == [
        (3, "failed"),
        (4, "sending"),
        (5, "waiting"),
    ]
    console.reopen()
    console.settings = Settings()
    console.delivery.start()
    assert [(d.id, d.state, d.in_doubt) for d in console.delivery.deliveries()] == [
        (3, "failed", False),
        (4, "waiting", True),
        (5, "waiting", False),
    ]
