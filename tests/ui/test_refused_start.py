"""A disk or database that refuses while the program starts keeps nothing from starting for good."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from dataclasses import replace
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.delivery import DestinationState
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure
from workstation.persistence import outbox
from workstation.services.worklist import Worklist
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener

DEAD = Destination("PACS", "127.0.0.1", free_port(), "PACS")
SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=0.0, destinations=(DEAD,))


def texts(program: Program) -> list[str]:
    return program.window.view.problems.texts()


def test_what_a_held_database_kept_from_starting_starts_by_itself(desk: Desk) -> None:
    listener = Listener(enabled=True, port=free_port(), address="127.0.0.1")
    program = desk.open(replace(SETTINGS, listener=listener), start=False)
    film = program.node.intake.take(desk.film())
    program.node.disposition.choose(film.id, Choice.SEND, "A")
    program.node.database._connection.execute("PRAGMA busy_timeout = 20")
    program._again.setInterval(20)
    path = program.node.database.path
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        program.start()
        desk.qtbot.waitUntil(lambda: any("holds the database" in text for text in texts(program)))
        program.window.view.problems.clear()
        desk.qtbot.wait(200)  # several tries
        assert texts(program) == []
        assert program.node.listening.status() is None
    top = program.window.view.top
    desk.qtbot.waitUntil(lambda: f"receiving on port {listener.port}" in top.listener.text.text())
    desk.qtbot.waitUntil(lambda: program.console.get(film.id).deliveries[0].attempts > 0)  # type: ignore[union-attr]
    assert not program._again.isActive()
    assert [s.state for s in program.node.delivery.statuses()] != [DestinationState.STOPPED]
    names = [thread.name for thread in threading.enumerate()]
    for once in ("derived objects", "storage commitment", "worklist"):
        assert names.count(once) == 1


def test_what_a_mistake_kept_from_starting_is_logged_and_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No thread to be had, say: nothing was sent or received until the next start, and no log told why."""
    program = desk.open(SETTINGS, start=False)
    film = program.node.intake.take(desk.film())
    program.node.disposition.choose(film.id, Choice.SEND, "A")
    program._again.setInterval(20)
    tries = iter((RuntimeError("can't start new thread"), RuntimeError("can't start new thread")))

    def recover(*given: Any) -> int:
        if (error := next(tries, None)) is not None:
            raise error
        return real(*given)

    real = outbox.recover
    monkeypatch.setattr(outbox, "recover", recover)
    top = program.window.view.top
    program.start()
    assert top.pacs.text.text() == "PACS: sent 0, queue 1"
    assert not top.pacs.quiet, "what waits is not on its way"
    desk.qtbot.waitUntil(lambda: program.console.get(film.id).deliveries[0].attempts > 0)  # type: ignore[union-attr]
    assert len(texts(program)) == 1, "told once"
    assert caplog.text.count("the start broke off") == 1


def test_what_has_started_is_not_started_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = desk.open(SETTINGS, start=False)
    commitment = program.node.commitment
    real, refused = commitment.start, [StorageFailed("disk_full", "The disk is full.", "Free some space.")]

    def start() -> None:
        if refused:
            raise refused.pop()
        real()

    started: list[str] = []
    recover = outbox.recover
    monkeypatch.setattr(outbox, "recover", lambda *given: started.append("delivery") or recover(*given))
    at = program.node._to_start.index(commitment.start)
    program.node._to_start[at] = start
    with pytest.raises(StorageFailed):
        program.node.start()
    program.node.start()
    # Twice would take the film that is being sent for one that a dead process had left.
    assert started == ["delivery"]


def test_a_list_that_could_not_be_read_is_read_whole_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.open(SETTINGS)
    film = desk.arrive(before)
    desk.settled(before)
    desk.close(before)
    real, refused = Worklist.undecided, [StorageFailed("disk_error", "The disk failed.", "Check it.")]

    def undecided(self: Worklist) -> list[Exposure]:
        if refused:
            raise refused.pop()
        return real(self)

    monkeypatch.setattr(Worklist, "undecided", undecided)
    monkeypatch.setattr(Worklist, "today", lambda *_: [])  # the film came days ago
    program = desk.open(SETTINGS)
    desk.qtbot.waitUntil(lambda: program.console.get(film.id) is not None)
    assert program.console.stage is not None


def test_films_that_an_older_copy_of_the_database_does_not_know_are_told(desk: Desk) -> None:
    """One of them was rejected: it comes back as a film to be decided like any other."""
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    database = program.node.database.path
    desk.close(program)
    copy = database.read_bytes()
    program = desk.open(SETTINGS)
    rejected = desk.arrive(program)
    program.console.decide(rejected.id, Choice.RETAKE, "motion")
    desk.settled(program)
    assert texts(program) == []
    desk.close(program)
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    database.write_bytes(copy)
    program = desk.open(SETTINGS)
    desk.settled(program)
    again = program.console.get(rejected.id)
    assert again is not None
    assert again.left_to_person
    assert again.decision is None
    (told,) = texts(program)
    assert "1 film(s) lay in the data folder without a record" in told
    assert "may have been sent or rejected already" in told
    desk.close(program)
    assert texts(desk.open(SETTINGS)) == [], "once"
