"""Sending by itself: any hand on a film leaves it to the person, for good."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.auto_send import SETTINGS, of, rebuilt, seconds, stays, strip
from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.domain.edges import Edge
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure, ExposureState
from workstation.domain.findings import State, Verdict
from workstation.domain.projection import Projection
from workstation.services.film import Film
from workstation.ui.roster import Problem


def test_any_key_leaves_the_film_to_the_person(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    assert "Not decided yet" in strip(program)
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).decision is None
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    decision = of(program, film).decision
    assert decision is not None
    assert decision.author == "Ivanova"


@pytest.mark.parametrize("prompt", [Qt.Key.Key_F8, Qt.Key.Key_F6])
def test_a_film_whose_reasons_or_notes_were_opened_before_the_verdict_came_is_left_to_the_person(
    desk: Desk, prompt: Qt.Key
) -> None:
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(SETTINGS, make_pool=lambda: next(pools))
    analysis.hold()
    film = desk.arrive(program)
    desk.qtbot.keyClick(program.window, prompt)
    assert program.window.view.panel.prompting
    assert of(program, film).verdict is None
    analysis.release()
    desk.settled(program)
    assert of(program, film).verdict is not None
    assert "leaves in" not in strip(program)
    stays(desk, program, film)
    desk.qtbot.keyClick(QApplication.focusWidget() or program.window, Qt.Key.Key_Escape)
    stays(desk, program, film)


@pytest.mark.parametrize("hand", ["key", "mouse"])
def test_a_film_that_a_person_had_in_hand_before_the_verdict_came_is_left_to_the_person(
    desk: Desk, hand: str
) -> None:
    """It would leave turned as nobody meant it, or amid a drag."""
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(replace(SETTINGS, send_turned=True), make_pool=lambda: next(pools))
    analysis.hold()
    film = desk.arrive(program)
    if hand == "key":
        desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    else:
        canvas = program.window.view.stage.film.canvas
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    analysis.release()
    assert of(program, film).verdict is not None
    assert "leaves in" not in strip(program)
    rebuilt(desk, program)
    stays(desk, program, film)
    desk.close(program)
    program = desk.open(SETTINGS)
    stays(desk, program, film)


def test_a_film_turned_while_it_was_being_stored_is_left_to_the_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    take = program.node.intake.take

    def with_a_hand_on_it(path: Path) -> Exposure:
        assert program.console.previewing
        desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        return take(path)

    with monkeypatch.context() as patched:
        patched.setattr(program.node.intake, "take", with_a_hand_on_it)
        film = desk.arrive(program)
    assert "leaves in" not in strip(program)
    stays(desk, program, film)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.arrive(program)
    assert "leaves in 3 s" in strip(program), "the hand was on the film before"


def test_a_film_whose_projection_a_person_names_is_left_to_the_person(desk: Desk) -> None:
    def script(_film: Film, named: Projection | None) -> Verdict:
        return frontal(crop(State.WARN if named is None else State.PASS, Edge.LEFT))

    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(script))
    film = desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F2)
    desk.qtbot.keyClick(QApplication.focusWidget() or program.window, Qt.Key.Key_Return)
    desk.settled(program)
    verdict = of(program, film).verdict
    assert verdict is not None
    assert verdict.state is State.PASS
    stays(desk, program, film)


def test_the_hand_that_decides_one_film_is_not_on_the_next(desk: Desk) -> None:
    verdicts = iter((frontal(crop(State.WARN, Edge.LEFT)), frontal(crop(State.PASS))))
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: next(verdicts)))
    desk.arrive(program)
    desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    assert "leaves in 3 s" in strip(program)


def test_behind_an_open_menu_no_film_leaves(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    menu = program.window.view.menus.film
    menu.popup(QPoint(10, 10))
    film = desk.arrive(program)
    stays(desk, program, film)
    menu.close()
    seconds(program, 3)
    desk.settled(program)
    assert of(program, film).state is ExposureState.ACCEPTED


def test_a_film_that_a_person_takes_back_is_left_to_the_person(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    seconds(program, 3)
    desk.settled(program)
    assert of(program, film).state is ExposureState.ACCEPTED
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


def test_a_stopped_countdown_stays_stopped_when_the_window_is_built_anew(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    rebuilt(desk, program)
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


@pytest.mark.parametrize("how", ["countdown stopped", "taken back"])
def test_a_film_left_to_the_person_is_left_to_the_person_after_a_restart(desk: Desk, how: str) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    if how == "taken back":
        seconds(program, 3)
        desk.settled(program)
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    else:
        desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    desk.settled(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


def test_a_film_in_hand_before_its_verdict_is_left_to_the_person_after_a_restart(desk: Desk) -> None:
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(SETTINGS, make_pool=lambda: next(pools))
    analysis.hold()
    film = desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    analysis._waiting.clear()  # the program ends before it comes
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


def test_that_a_film_is_left_to_the_person_is_written_once_the_disk_has_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(SETTINGS)
    with monkeypatch.context() as patched:

        def full(_exposure_id: int) -> Exposure:
            raise StorageFailed("disk_full", "The disk is full.", "Free some space.")

        patched.setattr(program.node.disposition, "leave_to_person", full)
        program.console.open_paths([desk.film()])
        desk.settled(program)
    (film,) = program.console.exposures
    assert not film.left_to_person
    program.console.refresh()
    desk.settled(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    stays(desk, program, film)


def test_a_disk_that_refuses_is_said_and_the_film_stays_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)

    def full(_exposure_id: int) -> Exposure:
        raise StorageFailed("disk_full", "The disk is full.", "Free some space.")

    monkeypatch.setattr(program.node.disposition, "leave_to_person", full)
    problems: list[Problem] = []
    program.console.problem.connect(problems.append)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    desk.settled(program)
    assert [getattr(problem.error, "code", "") for problem in problems] == ["disk_full"]
    stays(desk, program, film)
