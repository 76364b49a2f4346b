"""The patient's other films in the window: the repeat is named, the dose summed, the film before shown beside."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from tests.support.scripted import ScriptedAnalyser, by_header
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.exposure import is_decided
from workstation.domain.projection import Projection
from workstation.settings.model import Settings

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def said(program: Program) -> str:
    panel = program.window.view.panel.cards
    return " | ".join(w.text() for w in panel.findChildren(QLabel))


def test_a_repeat_is_named_and_the_dose_of_both_films_summed(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    study = {
        "study_instance_uid": "1.2.840.99",
        "patient_id": "P-1",
        "ImageAndFluoroscopyAreaDoseProduct": 0.5,
    }
    first = desk.arrive(program, **study)
    program.console.decide(first.id, Choice.RETAKE, program.console.parts.reasons[0].key)
    desk.settled(program)
    again = desk.arrive(program, **study)
    program.console.select(again.id)
    desk.qtbot.waitUntil(lambda: "Retake of" in said(program))
    reason = program.console.parts.reasons[0].label("en")
    assert reason in said(program)
    assert "1.00 dGy·cm² (2\u00a0exposures, 1\u00a0rejected)" in said(program), "a number keeps to its word"
    program.console.select(first.id)
    desk.qtbot.waitUntil(lambda: "Retake of" not in said(program))


def test_the_dose_of_two_films_of_a_newborn_is_not_told_as_none(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    study = {"study_instance_uid": "1.2.840.98", "ImageAndFluoroscopyAreaDoseProduct": 0.0021}
    desk.arrive(program, **study)
    again = desk.arrive(program, **study)
    program.console.select(again.id)
    desk.qtbot.waitUntil(lambda: "of the study" in said(program))
    assert "0.0042 dGy·cm²" in said(program)


def test_a_projection_set_by_hand_changes_what_the_film_is_a_repeat_of_and_compared_with(desk: Desk) -> None:
    analyser = ScriptedAnalyser(lambda film, named: by_header(film, named or Projection.FRONTAL))
    program = desk.open(SETTINGS, analyser=analyser)
    study = {"study_instance_uid": "1.2.840.99", "patient_id": "P-1"}
    first = desk.arrive(program, **study)
    program.console.decide(first.id, Choice.RETAKE, program.console.parts.reasons[0].key)
    desk.settled(program)
    again = desk.arrive(program, **study)
    program.console.select(again.id)
    desk.qtbot.waitUntil(lambda: "Retake of" in said(program))
    stage = program.window.view.stage
    stage.film.actions_.compare.trigger()
    assert stage.compare.isVisible()
    program.console.override_projection(again.id, Projection.LATERAL)
    desk.settled(program)
    assert program.console.companions.of(again.id) == program.console.parts.worklist.companions(again.id)
    assert "Retake of" not in said(program), "a lateral repeats no frontal"
    assert not stage.compare.isVisible(), "a frontal is not left beside a lateral"
    assert not stage.film.actions_.compare.isEnabled(), "nothing of this projection to compare with"


def test_a_new_size_of_the_window_keeps_both_films_at_fit(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    first = desk.arrive(program, patient_id="P-1")
    program.console.decide(first.id, Choice.SEND)
    desk.settled(program)
    again = desk.arrive(program, patient_id="P-1")
    program.console.select(again.id)
    stage = program.window.view.stage
    desk.qtbot.waitUntil(stage.film.actions_.compare.isEnabled)
    stage.film.actions_.compare.trigger()
    desk.qtbot.waitUntil(lambda: stage.compare.film is not None)
    stage.compare.canvas.setFocus()  # as after a click on the film before
    for width, height in ((1100, 700), (1500, 900), (1366, 768)):
        program.window.resize(width, height)
        desk.qtbot.wait(30)
    for canvas in (stage.film.canvas, stage.compare.canvas):
        assert canvas.viewport is not None
        assert canvas.viewport.scale == pytest.approx(canvas.viewport.fit_scale, rel=0.02)


def test_the_film_before_stands_beside_it_and_zooms_with_it(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    first = desk.arrive(program, patient_id="P-1")
    stage = program.window.view.stage
    assert not stage.film.actions_.compare.isEnabled(), "nothing to compare with"
    program.console.decide(first.id, Choice.SEND)
    desk.settled(program)
    desk.arrive(program, patient_id="P-2")
    again = desk.arrive(program, patient_id="P-1")
    program.console.select(again.id)
    desk.qtbot.waitUntil(stage.film.actions_.compare.isEnabled)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_C)
    desk.qtbot.waitUntil(lambda: stage.compare.film is not None)
    assert stage.compare.isVisible()
    assert stage.compare.caption.text().startswith("Previous film\n")
    other = stage.compare.canvas
    stage.film.canvas.zoom(3.0)
    assert other.viewport is not None
    assert stage.film.canvas.viewport is not None
    ratio = other.viewport.scale / other.viewport.fit_scale
    assert abs(ratio - stage.film.canvas.viewport.scale / stage.film.canvas.viewport.fit_scale) < 1e-6
    stage.compare.link.setChecked(False)
    stage.film.canvas.zoom(0.5)
    assert other.viewport.scale / other.viewport.fit_scale == ratio, "each for itself"
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Escape)
    assert not stage.compare.isVisible()
    desk.qtbot.keyClick(program.window, Qt.Key.Key_C)
    assert stage.compare.isVisible()
    program.console.select(first.id)
    assert not stage.compare.isVisible(), "another film closes it"


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0.4, "Exposure as intended (DI +0.4)."),
        (3.0, "Exposure 200 % of the target (DI +3.0): no reason for a retake by itself"),
        (-2.0, "Exposure 63 % of the target (DI -2.0): no reason for a retake by itself"),
    ],
)
def test_the_deviation_index_is_told_in_words(desk: Desk, index: float, words: str) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program, DeviationIndex=index)
    program.console.select(film.id)
    assert words in said(program).replace("\u2212", "-")


def test_without_a_deviation_index_nothing_is_said_of_exposure(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    program.console.select(film.id)
    assert "Exposure " not in said(program)


@pytest.mark.parametrize("on_stage", [True, False], ids=["with the film on the stage", "without it"])
def test_films_that_change_in_one_go_cost_one_look_up_and_one_refresh(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, on_stage: bool
) -> None:
    program = desk.open(SETTINGS)
    console = program.console
    films = [desk.arrive(program) for _ in range(12)]
    for film in films[:10]:
        console.decide(film.id, Choice.SEND)
    desk.settled(program)
    console.select(films[0].id if on_stage else films[11].id)
    console.last_decided = None
    desk.settled(program)
    looked_up: list[int] = []
    find = console.companions._find
    monkeypatch.setattr(console.companions, "_find", lambda film: looked_up.append(film) or find(film))
    told: list[int] = []
    console.updated.connect(lambda changed: told.append(len(changed)))
    refreshed: list[int] = []
    refresh = program.window.view.panel.refresh
    monkeypatch.setattr(program.window.view.panel, "refresh", lambda: refreshed.append(1) or refresh())
    for film in films[:10]:
        console.parts.disposition.undo(film.id, "Ivanova")
    console.refresh()
    desk.settled(program)
    assert told == [10]
    assert len(looked_up) == 1
    assert len(refreshed) == on_stage
    model = program.window.view.worklist.model
    assert all(not is_decided(model.exposure(row).state) for row in range(model.rowCount()))
