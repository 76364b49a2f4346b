"""The list "Today" lets go of what is past: decided, of another day, and nobody looks at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.scripted import ScriptedAnalyser
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.delivery import DestinationState, DestinationStatus
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure, ExposureState
from workstation.settings.model import Settings
from workstation.ui import i18n

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def arrive(desk: Desk, program: Program, *, decide: bool = True) -> Exposure:
    film = desk.arrive(program)
    desk.settled(program)
    if decide:
        program.console.decide(film.id, Choice.SEND)
        desk.settled(program)
    return film


def days_later(desk: Desk, program: Program, days: int = 3) -> None:
    worklist = program.node.worklist
    clock = worklist._clock
    worklist._clock = lambda: clock() + timedelta(days=days)
    refresh(desk, program)


def refresh(desk: Desk, program: Program) -> None:
    program.console.refresh()
    desk.settled(program)


def listed(program: Program) -> list[int]:
    model = program.window.view.worklist.model
    return [model.exposure(row).id for row in range(model.rowCount())]


def test_decided_films_of_another_day_leave_the_list_and_the_memory(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(SETTINGS)
    films = [arrive(desk, program) for _ in range(4)]
    console = program.console
    console.select(films[1].id)
    days_later(desk, program)
    # One is on the stage, the other can still be taken back.
    assert listed(program) == [films[3].id, films[1].id]
    assert program.window.view.worklist._count.text() == "2"
    assert console.store.get(films[2].id) is None
    assert set(console.store._thumbnails) == {films[3].id, films[1].id}
    read: list[int] = []
    get = program.node.worklist.get
    monkeypatch.setattr(program.node.worklist, "get", lambda which: read.append(which) or get(which))
    refresh(desk, program)
    assert sorted(read) == [films[1].id, films[3].id], "what left the list is not read again"


def test_midnight_itself_takes_yesterday_s_films_out(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    films = [arrive(desk, program) for _ in range(3)]
    assert len(listed(program)) == 3
    worklist = program.node.worklist
    clock = worklist._clock
    worklist._clock = lambda: clock() + timedelta(days=1)
    # Nothing comes in and nobody touches anything: the timer alone.
    program.console._day._timer.timeout.emit()
    desk.settled(program)
    assert listed(program) == [films[2].id], "the one on the stage"


def test_what_waits_for_a_decision_stays_whatever_its_day(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    first = arrive(desk, program, decide=False)
    second = arrive(desk, program, decide=False)
    days_later(desk, program)
    assert listed(program) == [second.id, first.id]


def test_what_waits_from_other_days_is_not_read_again_with_every_refresh(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of months there may be thousands, and every decision waits for the reading."""
    program = desk.open(SETTINGS)
    waiting = [arrive(desk, program, decide=False) for _ in range(4)]
    days_later(desk, program)
    read: list[int] = []
    get = program.node.worklist.get
    monkeypatch.setattr(program.node.worklist, "get", lambda which: read.append(which) or get(which))
    refresh(desk, program)
    assert read == []
    program.console.decide(waiting[0].id, Choice.SEND)
    desk.settled(program)
    refresh(desk, program)
    assert set(read) == {waiting[0].id}, "it was decided: how it gets on is read until it leaves the list"
    assert listed(program) == [film.id for film in reversed(waiting)]
    decided = program.console.get(waiting[0].id)
    assert decided is not None
    assert decided.state is ExposureState.ACCEPTED
    program.console.undo(waiting[0].id)
    desk.settled(program)
    read.clear()
    refresh(desk, program)
    taken_back = program.console.get(waiting[0].id)
    assert taken_back is not None
    assert taken_back.state is ExposureState.ANALYSED
    assert read == []


def test_what_waits_from_another_day_is_told_once_another_film_comes_under_its_identity(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    waiting = arrive(desk, program, decide=False)
    days_later(desk, program)
    other = desk.arrive(program, sop_instance_uid=waiting.header.sop_instance_uid)
    desk.settled(program)
    for film in (waiting, other):
        known = program.console.get(film.id)
        assert known is not None
        assert known.shares_uid


def test_a_film_recalled_from_another_day_goes_once_it_leaves_the_stage(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    past, last = arrive(desk, program), arrive(desk, program)
    days_later(desk, program)
    assert listed(program) == [last.id]
    program.console.recall(past.id)
    desk.settled(program)
    refresh(desk, program)
    assert listed(program) == [last.id, past.id]
    program.console.select(last.id)
    desk.qtbot.waitUntil(lambda: listed(program) == [last.id])


def test_a_film_stays_until_its_verdict_is_recorded(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = arrive(desk, program)
    arrive(desk, program)
    program.console.analysis._running = film.id
    days_later(desk, program)
    assert film.id in listed(program)
    program.console.analysis._running = None
    refresh(desk, program)
    assert film.id not in listed(program)


def test_a_film_that_leaves_the_list_puts_no_other_on_the_stage(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser())
    past, last = arrive(desk, program), arrive(desk, program)
    program.console.select(past.id)

    def full(_path: object) -> Exposure:
        raise StorageFailed("disk_full", "The disk is full.", "Free some space.")

    monkeypatch.setattr(program.node.intake, "take", full)
    program.console.open_paths([desk.film()], by_hand=True)
    desk.settled(program)
    assert program.console.stage is None
    days_later(desk, program)
    assert listed(program) == [last.id]
    assert program.console.stage is None


def test_what_is_of_another_day_is_said_with_its_day(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = arrive(desk, program, decide=False)
    top, model = program.window.view.top, program.window.view.worklist.model
    yesterday = (datetime.now().astimezone() - timedelta(days=1)).isoformat()
    today = f"{i18n.day(datetime.now().date(), year=False)} "
    said = []
    for when in (film.received_at, yesterday):
        program.console.statuses = [
            DestinationStatus("PACS", DestinationState.UNREACHABLE, 1, down_since=when)
        ]
        top.refresh()
        said.append((top.pacs.text.text(), model.spoken(replace(film, received_at=when))))
    day = f"{i18n.day(datetime.now().date() - timedelta(days=1), year=False)} "
    assert [day in text for text in said[0]] == [False, False]
    assert [day in text for text in said[1]] == [True, True]
    assert not any(today in text for texts in said for text in texts)


@pytest.mark.parametrize("how", ["network", "folder", "on the stage"])
@pytest.mark.parametrize("choice", [Choice.SEND, Choice.RETAKE])
def test_a_film_decided_on_another_day_that_comes_again_is_told_and_stays_in_the_list(
    desk: Desk, how: str, choice: Choice
) -> None:
    """It vanished unseen: whoever had sent it from the modality once more waited for it."""
    program = desk.open(SETTINGS)
    console = program.console
    file = desk.film()
    console._found([file])
    desk.settled(program)
    (old,) = console.exposures
    console.decide(old.id, choice, "other" if choice is Choice.RETAKE else "")
    desk.settled(program)
    arrive(desk, program)
    days_later(desk, program)
    assert old.id not in listed(program)
    waiting = arrive(desk, program, decide=False)  # of today: the stage is taken
    if how == "on the stage":
        console.recall(old.id)
        desk.settled(program)
    before = program.node.worklist.get(old.id)
    if how == "folder":
        console._found([file])
    else:
        console.received(program.node.intake.take_bytes(file.read_bytes(), "again.dcm"))
    desk.settled(program)
    console.select(waiting.id)
    refresh(desk, program)
    assert old.id in listed(program)
    assert console.get(old.id) == before == program.node.worklist.get(old.id)
    (said,) = program.window.view.problems.texts()
    assert "This film came again; it was decided before" in said
    console.select(old.id)
    desk.settled(program)
    assert program.window.view.panel.strip.can_undo == before.can_undo
    console.select(waiting.id)
    days_later(desk, program, 1)
    console._day._timer.timeout.emit()
    desk.settled(program)
    assert old.id not in listed(program), "that was yesterday"


def test_a_rejected_film_that_was_cleaned_up_and_is_sent_again_can_be_taken_back(desk: Desk) -> None:
    """As the window says there: "send the film from the modality again"."""
    program = desk.open(SETTINGS)
    console, node = program.console, program.node
    file = desk.film()
    console._found([file])
    desk.settled(program)
    (old,) = console.exposures
    console.decide(old.id, Choice.RETAKE, "other")
    desk.settled(program)
    arrive(desk, program)
    days_later(desk, program)
    waiting = arrive(desk, program, decide=False)
    with node.database.transaction() as connection:
        connection.execute("UPDATE exposure SET cleaned_at = '2026-01-01' WHERE id = ?", (old.id,))
    Path(old.stored_path).unlink()
    console.received(node.intake.take_bytes(file.read_bytes(), "again.dcm"))
    desk.settled(program)
    assert console.stage is not None
    assert console.stage.id == waiting.id
    desk.qtbot.wait(150)  # the refresh that the film asks for
    desk.settled(program)
    again = console.get(old.id)
    assert again is not None
    assert again.can_undo
    console.undo(old.id)
    desk.settled(program)
    assert console.stage is not None
    assert (console.stage.id, console.stage.state) == (old.id, ExposureState.ANALYSED)
