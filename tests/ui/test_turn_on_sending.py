"""A film turned on screen: for this screen alone, unless the person chose to send it so."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from tests.support.films import film, noise
from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure
from workstation.domain.field import CollimatedField
from workstation.domain.findings import OrientationFinding, State, Verdict
from workstation.domain.turn import UNTURNED, Turn
from workstation.settings.model import Settings
from workstation.ui.jobs import ThreadPool
from workstation.ui.retake_prompt import InPlace
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.overlays import how_changed
from workstation.ui.viewer.prepared import prepare

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def view_of(program: Program) -> FilmView:
    return program.window.view.stage.film


def get(program: Program, film_: Exposure) -> Exposure:
    found = program.console.get(film_.id)
    assert found is not None
    return found


def changed(program: Program) -> str:
    view = view_of(program)
    state = view.canvas.overlay_state
    assert state is not None
    return how_changed(state, view.turn)


def test_a_turn_stays_on_this_screen_unless_it_is_chosen(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    assert not view.actions_.send_turned.isEnabled()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert view.turn == Turn(1)
    assert changed(program) == "turned 90°, on screen only"
    view.set_inverted(True)
    assert changed(program) == "inverted · turned 90°, on screen only"
    view.set_inverted(False)
    program.console.decide(made.id, Choice.SEND)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == UNTURNED


def test_a_chosen_turn_is_stored_with_the_decision_and_shown_again(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    other = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    desk.qtbot.waitUntil(lambda: view.film is not None)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_T)
    assert view.sent_turn == Turn(1, True)
    assert changed(program) == "turned 90°, mirrored, turn goes along"
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == Turn(1, True)
    program.console.select(other.id)
    desk.qtbot.waitUntil(lambda: view.film is not None and view.turn == UNTURNED)
    assert not view.actions_.send_turned.isEnabled()
    program.console.select(made.id)
    desk.qtbot.waitUntil(lambda: view.turn == Turn(1, True))


def test_a_rejected_film_takes_no_turn_along(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    view.set_turn(Turn(2))
    assert view.sent_turn == Turn(2), "the site preselects it"
    program.console.decide(made.id, Choice.RETAKE, program.console.parts.reasons[0].key)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == UNTURNED


def test_of_a_decided_film_no_turn_is_said_to_go_along_that_does_not(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    made = desk.arrive(program)
    program.console.select(made.id)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    view = view_of(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_T)
    assert changed(program) == "turned 90°, on screen only"
    assert not view.actions_.send_turned.isEnabled()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_T)
    assert changed(program) == "turned 90°, turn goes along"


def test_a_turn_chosen_before_a_decision_is_chosen_when_that_is_taken_back(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    view.set_turn(Turn(1))
    view.actions_.send_turned.trigger()
    for choice, reason in ((Choice.RETAKE, program.console.parts.reasons[0].key), (Choice.SEND, "")):
        program.console.decide(made.id, choice, reason)
        desk.settled(program)
        goes = choice is Choice.SEND
        assert changed(program) == f"turned 90°, {'turn goes along' if goes else 'on screen only'}"
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        desk.settled(program)
        assert view.sent_turn == Turn(1)


def test_turning_back_takes_the_choice_back(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    view.set_turn(Turn(1))
    view.actions_.send_turned.trigger()
    assert view.sent_turn == Turn(1)
    view.set_turn(Turn(2))
    assert view.sent_turn == Turn(2), "chosen for the film, not for one angle"
    view.reset()
    assert view.sent_turn == UNTURNED
    assert not view.actions_.send_turned.isChecked()


def test_the_button_is_there_only_while_the_film_is_turned(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    program.window.resize(1920, 1080)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    buttons = [
        b for b in view.toolbar.findChildren(QToolButton) if b.defaultAction() is view.actions_.send_turned
    ]
    assert not buttons[0].isVisible()
    view.set_turn(Turn(1))
    assert buttons[0].isVisible()


@pytest.mark.parametrize(("quarters", "mirrored"), [(1, False), (2, True), (3, False)])
def test_the_suggested_turn_is_one_key(desk: Desk, quarters: int, mirrored: bool) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    program.console.select(made.id)
    view = view_of(program)
    verdict = get(program, made).verdict
    assert verdict is not None
    assert not view.actions_.upright.isEnabled()
    view.set_verdict(
        replace(verdict, orientation=OrientationFinding(State.WARN, 90 * quarters, mirrored, 0.9, 0.8))
    )
    desk.qtbot.keyClick(program.window, Qt.Key.Key_U)
    assert view.turn == Turn(quarters, mirrored)
    assert view.sent_turn == UNTURNED, "suggested on screen, never sent by itself"


def test_a_key_steps_through_the_windows(qtbot: QtBot) -> None:
    view = FilmView()
    qtbot.addWidget(view)
    view.set_film(prepare(film(noise(60, 50))))
    assert view.film is not None
    choices = view.film.choices
    assert len(choices) > 1
    seen = []
    for _ in choices:
        view.actions_.next_window.trigger()
        seen.append(view.voi)
    assert set(seen) == set(choices)
    assert view.voi == view.film.lut.voi


def not_upright(state: State, score: float) -> Verdict:
    return replace(frontal(crop(State.PASS)), orientation=OrientationFinding(state, 90, False, score, 0.8))


def said(program: Program, title: str) -> str:
    """All words of the card with this title."""
    card = next(c for c in program.window.view.panel.cards.cards if c.title == title)
    return " ".join(part.text() for part in card.findChildren(QLabel))


@pytest.mark.parametrize(
    ("preselected", "words"),
    [
        (False, "U shows it turned; T makes the turn go along when you send."),
        (True, "U shows it turned and the turn goes along when you send; T: on this screen only."),
    ],
)
def test_the_card_says_what_the_keys_do_here(desk: Desk, preselected: bool, words: str) -> None:
    verdict = not_upright(State.WARN, 0.95)
    analyser = ScriptedAnalyser(lambda _film, _projection: verdict)
    program = desk.open(replace(SETTINGS, send_turned=preselected), analyser=analyser)
    desk.arrive(program)
    desk.settled(program)
    assert words in said(program, "Film not upright")
    view = view_of(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_U)
    assert (view.sent_turn == Turn(1)) is preselected
    desk.qtbot.keyClick(program.window, Qt.Key.Key_T)
    assert (view.sent_turn == Turn(1)) is not preselected


@pytest.mark.parametrize(("score", "offered"), [(0.42, False), (0.7, True)])
def test_a_doubtful_orientation_is_no_fact(desk: Desk, score: float, offered: bool) -> None:
    verdict = not_upright(State.UNSURE, score)
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    desk.arrive(program)
    desk.settled(program)
    words = said(program, "Film upright?")
    assert "Not sure which way is up: look yourself." in words
    assert "would set it upright" not in words
    assert ("If not upright: U shows it turned 90° clockwise." in words) is offered
    assert view_of(program).actions_.upright.isEnabled() is offered


def test_edges_are_named_as_they_are_seen(desk: Desk) -> None:
    cut = replace(crop(State.WARN, Edge.BOTTOM), beyond={Edge.BOTTOM: 0.03})
    verdict = replace(
        frontal(cut),
        orientation=OrientationFinding(State.WARN, 180, False, 0.97, 0.8),
        collimation=CollimatedField(0.0, 0.0, 1.0, 0.85),
    )
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    desk.arrive(program)
    desk.settled(program)
    cards = program.window.view.panel.cards

    def words() -> str:
        return " ".join(part.text() for part in cards.findChildren(QLabel))

    assert "cut off at the lower edge" in words()
    assert "Open the collimation below" in words()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_U)
    assert view_of(program).turn.edge(Edge.BOTTOM) is Edge.TOP
    assert "cut off at the upper edge" in words()
    assert "Open the collimation above" in words()
    desk.arrive(program)
    program.console.select(program.console.exposures[0].id)
    desk.settled(program)
    assert "cut off at the lower edge" in words(), "the next film is shown as it is stored"


def test_edges_are_named_as_they_are_seen_while_the_film_is_assessed_again(desk: Desk) -> None:
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    verdict = frontal(crop(State.WARN, Edge.LEFT))
    analyser = ScriptedAnalyser(lambda _film, _projection: verdict)
    program = desk.open(SETTINGS, analyser=analyser, make_pool=lambda: next(pools))
    desk.arrive(program)
    analysis.hold()
    program.console.apply_settings(cascade=True)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    words = " ".join(part.text() for part in program.window.view.panel.cards.findChildren(QLabel))
    assert "cut off at the right edge" in words
    analysis.release()


@pytest.mark.parametrize("prompt", [Qt.Key.Key_F6, Qt.Key.Key_F8])
def test_edges_are_named_as_they_are_seen_above_open_reasons_and_notes(desk: Desk, prompt: Qt.Key) -> None:
    verdicts = iter((frontal(crop(State.WARN, Edge.LEFT)), frontal(crop(State.WARN, Edge.BOTTOM))))
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: next(verdicts)))
    desk.arrive(program)
    desk.qtbot.keyClick(program.window, prompt)
    page = program.window.view.panel.pages.currentWidget()
    assert isinstance(page, InPlace)
    assert "left edge" in page.found.text()
    view_of(program).set_turn(Turn(0, True))
    assert "right edge" in page.found.text()
    program.console.apply_settings(cascade=True)
    assert "lower edge" in page.found.text(), "the verdict that is in force now"


def test_a_turn_made_while_the_film_is_being_stored_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True), make_pool=lambda: ThreadPool(1))
    stored, take = threading.Event(), program.node.intake.take

    def slowly(path: Path) -> Exposure:
        stored.wait(10)
        return take(path)

    monkeypatch.setattr(program.node.intake, "take", slowly)
    program.console.open_paths([desk.film()])
    desk.qtbot.waitUntil(lambda: program.console.previewing)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert changed(program) == "turned 90°, turn goes along"
    stored.set()
    desk.settled(program)
    assert changed(program) == "turned 90°, turn goes along"
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    decision = program.console.exposures[0].decision
    assert decision is not None
    assert decision.turn == Turn(1)


def test_a_film_that_was_sent_turned_is_shown_so_when_its_file_is_opened_again(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    path = desk.film()
    program.console.open_paths([path], by_hand=True)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    program.console.open_paths([path], by_hand=True)
    desk.settled(program)
    assert changed(program) == "turned 90°, turn goes along"


def test_larger_type_keeps_what_was_done_with_the_film(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    made = desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_T)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    view = view_of(program)
    assert view.voi is not None
    assert view.film is not None
    view._start_drag()
    view._drag(30, 10)
    window = view.voi
    program.window.scale_type(25)
    desk.settled(program)
    after = view_of(program)
    assert after is not view
    assert (after.turn, after.sent_turn, after.inverted, after.voi) == (Turn(1), Turn(1), True, window)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    decision = get(program, made).decision
    assert decision is not None
    assert decision.turn == Turn(1)


def test_the_film_compared_with_keeps_its_own_turn(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    before = desk.arrive(program)
    program.console.select(before.id)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    now = desk.arrive(program)
    program.console.select(now.id)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    stage = program.window.view.stage
    stage.film.actions_.compare.setChecked(True)
    desk.settled(program)
    for canvas, turn, told in (
        (stage.film.canvas, Turn(0, True), "mirrored, turn goes along"),
        (stage.compare.canvas, Turn(1), "turned 90°, turn goes along"),
    ):
        assert canvas.viewport is not None
        assert canvas.viewport.turn == turn
        assert canvas.overlay_state is not None, "its sides are marked"
        assert how_changed(canvas.overlay_state, canvas.viewport.turn) == told
    stage.film.canvas.zoom(2.0)
    assert stage.compare.canvas.viewport is not None
    assert stage.compare.canvas.viewport.turn == Turn(1)
