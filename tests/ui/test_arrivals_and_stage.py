"""An arriving film never takes the stage from one that waits for a decision, and never undoes what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tests.support.pools import HeldPool, ImmediatePool
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure, ExposureState, is_decided
from workstation.domain.projection import Projection
from workstation.services.disposition import DispositionService
from workstation.services.intake import IntakeService
from workstation.ui.jobs import Pool, ThreadPool


def opened(desk: Desk, intake: Pool) -> Program:
    """A program whose first queue, the one that takes films in, is ours."""
    pools = iter((intake, *(ImmediatePool() for _ in range(5))))
    return desk.open(make_pool=lambda: next(pools))


def while_the_window_is_busy(program: Program, intake: ThreadPool, films: list[Path]) -> None:
    """Read and store the films before the window hears of any of them."""
    program.console._found(films)
    assert intake.drain(10_000)


def test_films_that_came_while_the_window_was_busy_wait_their_turn(desk: Desk) -> None:
    intake = ThreadPool(1)
    program = opened(desk, intake)
    while_the_window_is_busy(program, intake, [desk.film() for _ in range(3)])
    stages: list[int | None] = []
    console = program.console
    console.stage_changed.connect(lambda: stages.append(console.stage.id if console.stage else None))
    desk.settled(program)
    first = min(e.id for e in console.exposures)
    assert stages == [None, first]  # its first pixels, then the stored film
    assert len(console.exposures) == 3


def test_a_film_chosen_while_another_was_read_keeps_the_stage(desk: Desk) -> None:
    intake = ThreadPool(1)
    program = opened(desk, intake)
    console, panel = program.console, program.window.view.panel
    decided = desk.arrive(program)
    panel.send()
    undecided = desk.arrive(program)
    console.select(decided.id)
    while_the_window_is_busy(program, intake, [desk.film()])
    console.select(undecided.id)
    shown: list[object] = []
    console.film_shown.connect(shown.append)
    desk.settled(program)
    assert len(console.exposures) == 3
    assert console.stage is not None
    assert console.stage.id == undecided.id
    assert not shown


def test_a_click_after_opening_by_hand_keeps_the_stage(desk: Desk) -> None:
    intake = HeldPool()
    program = opened(desk, intake)
    console = program.console
    chosen = desk.arrive(program)
    # The person clicks between the first pixels of the opened film and its storing.
    once = Qt.ConnectionType.SingleShotConnection
    console.film_shown.connect(lambda: console.select(chosen.id), once)
    console.open_paths([desk.film()], by_hand=True)
    assert len(console.exposures) == 2
    assert console.stage is not None
    assert console.stage.id == chosen.id
    assert console.shows(chosen.id)


def test_a_film_opened_by_hand_takes_the_stage(desk: Desk) -> None:
    program = opened(desk, HeldPool())
    before = desk.arrive(program)
    program.console.open_paths([desk.film()], by_hand=True)
    assert program.console.stage is not None
    assert program.console.stage.id != before.id


def test_what_was_decided_while_the_file_waited_stays_decided(desk: Desk) -> None:
    """A film of the network is in the database, and so in the list, long before its file is read here."""
    intake = HeldPool()
    program = opened(desk, intake)
    console = program.console
    intake.hold()
    received = console.parts.intake.take_bytes(desk.film().read_bytes(), "")
    console.received(received)
    console.refresh()
    console.select(received.id)
    console.decide(received.id, Choice.SEND)
    states = [state_of(program, received.id)]
    console.updated.connect(lambda films: states.extend(film.state for film in films))
    intake.release()
    assert is_decided(states[0])
    assert all(is_decided(state) for state in states)
    assert console.parts.worklist.get(received.id).verdict is not None  # judged all the same


def test_a_known_file_does_not_take_its_decision_back(desk: Desk) -> None:
    intake = ThreadPool(1)
    program = opened(desk, intake)
    console = program.console
    file = desk.film()
    console.open_paths([file])
    desk.settled(program)
    stage = console.stage
    assert stage is not None
    while_the_window_is_busy(program, intake, [file])  # its row was read anew, still undecided
    console.decide(stage.id, Choice.SEND)
    states = [state_of(program, stage.id)]
    console.updated.connect(lambda films: states.extend(film.state for film in films))
    desk.settled(program)
    assert all(is_decided(state) for state in states)


def test_a_film_of_the_network_that_cannot_be_drawn_is_in_the_list_whatever_the_day_by_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came before midnight, or before the computer slept: what is read of today's films tells of it no more."""
    program = desk.open()
    console = program.console
    received = console.parts.intake.take_bytes(desk.film().read_bytes()[:-300], "")
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    monkeypatch.setattr(console.parts.worklist, "_clock", lambda: tomorrow)
    console.received(received)
    console.refresh()
    desk.settled(program)
    assert [film.id for film in console.exposures] == [received.id]
    console.select(received.id)
    desk.settled(program)
    assert console.can_decide(console.exposures[0])


def state_of(program: Program, exposure_id: int) -> ExposureState:
    known = program.console.get(exposure_id)
    assert known is not None
    return known.state


def test_a_mistake_of_ours_is_not_tried_again_with_every_look_into_the_folder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    again: list[Path] = []
    monkeypatch.setattr(program.console._folders, "offer_again", again.append)
    passing = (StorageFailed("disk_full", "The disk is full.", "Free some space."), MemoryError())
    errors = iter((ValueError("ours"), *passing))

    def refuses(_self: object, _path: Path) -> None:
        raise next(errors)

    monkeypatch.setattr(IntakeService, "take", refuses)
    films = [desk.film() for _ in range(3)]
    for film in films:
        program.console.open_paths([film])
        desk.settled(program)
    assert again == films[1:], "a full disk and too little memory may pass"


class StepByStep:
    """A pool that runs one job when it is told to: a `workstation.ui.jobs.Pool`."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self._waiting.append(work)

    def step(self) -> None:
        self._waiting.pop(0)()

    def drain(self, timeout_ms: int) -> bool:
        del timeout_ms
        return True


def test_a_fresh_film_does_not_wait_behind_a_folder_of_many(desk: Desk) -> None:
    intake = StepByStep()
    program = opened(desk, intake)
    console = program.console
    console.open_paths([desk.film() for _ in range(20)])
    fresh = program.node.intake.take(desk.film())
    console.received(fresh)
    assert console.arriving == 21
    intake.step()  # of the folder, it was under way
    intake.step()
    assert console.store.get(fresh.id) is not None
    assert console.arriving == 19
    for _ in range(19):
        intake.step()
    assert console.arriving == 0
    assert len(console.exposures) == 21


def test_what_a_watched_share_brings_after_a_weekend_holds_up_neither_network_nor_person(desk: Desk) -> None:
    intake = StepByStep()
    program = opened(desk, intake)
    console = program.console
    watched, of_folder = [desk.film() for _ in range(20)], [desk.film() for _ in range(3)]
    told: list[None] = []
    console.intake_changed.connect(lambda: told.append(None))
    console.open_paths(of_folder)
    told.clear()
    console._found(watched)
    assert len(told) == 1, "the list is counted once, not for each of them"
    fresh, wanted = program.node.intake.take(desk.film()), desk.film()
    console.received(fresh)
    console.open_paths([wanted], by_hand=True)
    assert console.arriving == 25
    intake.step()  # of the folder, it was under way
    intake.step()
    assert console.store.get(fresh.id) is not None
    intake.step()
    assert console.stage is not None
    assert console.stage.source_name == wanted.name
    for _ in range(20):
        intake.step()
    taken = [e.source_name for e in sorted(console.exposures, key=lambda e: e.id)]
    assert taken[3:] == [film.name for film in watched], "in their order, before the rest of the folder"
    for _ in range(2):
        intake.step()
    assert console.arriving == 0
    assert len(console.exposures) == 25
    by_hand = {wanted.name, *(film.name for film in of_folder)}
    assert {e.source_name for e in console.exposures if console.is_left_to_person(e)} == by_hand


def test_a_film_opened_by_hand_does_not_wait_behind_a_folder_of_many(desk: Desk) -> None:
    intake = StepByStep()
    program = opened(desk, intake)
    console = program.console
    wanted = desk.film()
    console.open_paths([desk.film() for _ in range(20)])
    console.open_paths([wanted], by_hand=True)
    intake.step()
    intake.step()
    assert console.stage is not None
    assert console.stage.source_name == wanted.name
    for _ in range(19):
        intake.step()
    assert len(console.exposures) == 21


def test_a_decision_that_fails_after_the_film_left_the_stage_names_its_film(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Exposure:
        raise StorageFailed("disk_full", "The disk is full.", "Make room on it.")

    decisions = HeldPool()
    pools = iter((*(ImmediatePool() for _ in range(3)), decisions, *(ImmediatePool() for _ in range(2))))
    program = desk.open(make_pool=lambda: next(pools))
    console, view = program.console, program.window.view
    film, other = desk.arrive(program, patient_name="Left^The"), desk.arrive(program, patient_name="Next^The")
    monkeypatch.setattr(DispositionService, "choose", refuse)
    decisions.hold()
    view.panel.send()
    console.select(other.id)
    decisions.release()
    desk.settled(program)
    assert not view.panel.strip.failure.text(), "nothing failed of the film that is seen"
    assert any("Left" in text and "disk is full" in text for text in view.problems.texts())
    console.select(film.id)
    assert console.can_decide(film)


def test_a_film_whose_file_the_next_one_replaces_amid_the_reading_is_shown_as_it_is_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A modality may give all its films the same name."""
    program = opened(desk, ImmediatePool())
    before, after = desk.film(view_position="PA"), desk.film(view_position="LL")
    take = program.node.intake.take

    def replaced_before(path: Path) -> Exposure:
        if after.exists():
            after.replace(before)
        return take(path)

    monkeypatch.setattr(program.node.intake, "take", replaced_before)
    program.console._found([before])
    desk.settled(program)
    (film,) = program.console.exposures
    shown = program.window.view.stage.film.film
    assert shown is not None
    assert shown.film.header.sop_instance_uid == film.header.sop_instance_uid
    assert film.verdict is not None
    assert film.verdict.projection.label is Projection.LATERAL


def test_undo_means_the_film_that_was_looked_at_when_another_arrived(desk: Desk) -> None:
    """Chosen in the list to be taken back; the one decided last is in order."""
    program = desk.open()
    console, panel = program.console, program.window.view.panel
    wrong, right = desk.arrive(program), desk.arrive(program)
    for _ in (wrong, right):
        panel.send()
        desk.settled(program)
    console.select(wrong.id)
    desk.arrive(program)
    desk.settled(program)
    assert console.stage is not None
    assert console.stage.id not in (wrong.id, right.id)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)
    decided = [film.id for film in console.exposures if is_decided(film.state)]
    assert decided == [right.id]
    assert console.stage.id == wrong.id


@pytest.mark.parametrize("way", ["network", "folder", "hand"])
def test_a_film_whose_copy_was_damaged_is_seen_and_assessed_once_it_came_again(desk: Desk, way: str) -> None:
    """As the remedy asks: half of it lay on the disk after a power cut."""
    program = desk.open()
    desk.settled(program)
    film = desk.film()
    taken = program.console.parts.intake.take(film)
    desk.close(program)
    Path(taken.stored_path).write_bytes(film.read_bytes()[:-5000])
    program = desk.open()
    desk.settled(program)
    console = program.console
    assert console.stage is not None
    assert console.stage.id == taken.id
    assert console.why_unreadable is not None
    assert taken.id in console.verdicts.errors
    again = film.with_name("again.dcm")
    again.write_bytes(film.read_bytes())
    if way == "network":
        console.received(console.parts.intake.take(again))
    elif way == "folder":
        console._found([again])
    else:
        console.open_paths([again], by_hand=True)
    desk.settled(program)
    assert [e.id for e in console.exposures] == [taken.id]
    assert console.shows(taken.id)
    assert console.why_unreadable is None
    assert program.window.view.stage.film.film is not None
    assert console.verdicts.errors == {}
    assert console.stage.verdict is not None
