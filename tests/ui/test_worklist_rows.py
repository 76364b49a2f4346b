"""The list of films: what is painted in a row is whole, at every size of type."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel

from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk, words
from workstation.domain.delivery import Delivery, DeliveryKind, DeliveryState
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.exposure import Exposure, ExposureState
from workstation.domain.findings import Kind, State
from workstation.settings.model import Settings
from workstation.ui.words import criterion, fate, fate_in_full
from workstation.ui.worklist_row import Line
from workstation.ui.worklist_view import FilmDelegate

WARNED = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.WARN, Edge.BOTTOM)))


def lines(desk: Desk, language: str, scale: int, state: ExposureState, width: int) -> tuple[Line, ...]:
    program = desk.open(Settings(language=language, operator="A", text_scale=scale), analyser=WARNED)
    film = desk.arrive(program, patient_name="DEMO^SIMULATED")
    desk.settled(program)
    delegate = program.window.view.worklist.view.itemDelegate()
    assert isinstance(delegate, FilmDelegate)
    exposure: Exposure = replace(program.console.get(film.id) or film, state=state)
    return delegate.arranger.row(QRect(0, 0, width, delegate.arranger.height), exposure).lines


@pytest.mark.parametrize(("language", "scale"), list(itertools.product(("en", "ru"), (100, 150, 200))))
@pytest.mark.parametrize(
    "state",
    [ExposureState.ANALYSED, ExposureState.REJECTED, ExposureState.QUEUED, ExposureState.KEPT_WITH_NOTE],
)
def test_nothing_in_a_row_is_cut_and_nothing_lies_over_another(
    desk: Desk, language: str, scale: int, state: ExposureState
) -> None:
    width = {100: 252, 150: 252, 200: 329}[scale]  # with a scroll bar, on a small screen
    made = lines(desk, language, scale, state, width)
    assert [line.text for line in made if line.shown != line.text] == []
    for one, other in itertools.combinations(made, 2):
        if one.rect.top() == other.rect.top():
            assert one.used + other.used < max(one.rect.width(), other.rect.width())


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("scale", [100, 130, 200])
def test_the_number_of_films_to_decide_is_never_cut_to_another_number(
    desk: Desk, language: str, scale: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(Settings(language=language, operator="A", text_scale=scale))
    film = desk.arrive(program)
    desk.settled(program)
    many = [replace(film, id=number) for number in range(2, 1992)]
    monkeypatch.setattr(type(program.console), "exposures", property(lambda _self: many))
    program.console.intake_changed.emit()
    desk.qtbot.wait(20)
    panel = program.window.view.worklist
    said = [w for w in panel.findChildren(QLabel) if "1990" in w.text() and w.isVisible()]
    assert len(said) == 2, "of the films, and of those to decide"
    for one in said:
        assert one.sizeHint().width() <= one.width()
        assert one.mapTo(panel, one.rect().topRight()).x() < panel.width()


def test_a_name_as_long_as_can_be_is_shortened_only_after_its_type(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="A", text_scale=200))
    film = desk.arrive(program, patient_name="Konstantinopolskaya^Aleksandra Vyacheslavovna")
    delegate = program.window.view.worklist.view.itemDelegate()
    assert isinstance(delegate, FilmDelegate)
    row = delegate.arranger.row(QRect(0, 0, 329, delegate.arranger.height), film)
    name, usual = row.lines[0], row.lines[1]
    assert name.shown.endswith("…")
    assert QFontMetrics(name.font).height() < QFontMetrics(usual.font).height()
    model = program.window.view.worklist.model
    assert "Konstantinopolskaya, Aleksandra Vyacheslavovna" in model.data(model.index(0), 3), "the tip has it"


def test_a_film_that_one_of_two_destinations_has_is_partly_sent(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="A"))
    film = desk.arrive(program)
    sent = Delivery(1, film.id, "PACS", DeliveryState.SENT, sent_at="2026-11-29T10:41:00")
    waits = Delivery(2, film.id, "Archive", DeliveryState.WAITING, attempts=3)
    queued = replace(film, state=ExposureState.QUEUED, deliveries=(sent, waits))
    assert fate(queued) == "partly sent"
    assert fate_in_full(queued) == "Sent to PACS; waits for Archive."
    assert fate(replace(queued, deliveries=(waits,))) == "in the queue"
    refused = Delivery(3, film.id, "PACS", DeliveryState.FAILED, DeliveryKind.REPORT)
    assert fate(replace(queued, deliveries=(sent, waits, refused))) == "partly sent", "its report is no film"
    assert (
        fate(replace(queued, deliveries=(sent, replace(waits, state=DeliveryState.FAILED))))
        == "sending failed"
    )


def test_two_films_under_one_identity_are_amber_in_the_list_and_first_in_the_panel(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="Ivanova", undo_seconds=600.0))
    first = desk.arrive(program)
    bystander = desk.arrive(program)
    other = desk.arrive(program, sop_instance_uid=first.header.sop_instance_uid)
    desk.settled(program)
    view = program.window.view
    assert view.worklist.model.finding(program.console.get(bystander.id) or bystander)[0] is State.PASS
    for film in (first, other):
        program.console.select(film.id)
        desk.settled(program)
        known = program.console.get(film.id) or film
        assert view.worklist.model.finding(known) == (State.WARN, "Same identity")
        said = words(view.panel.cards)
        assert said.index("same identity") < said.index("Frontal")
        assert said.count("same identity") == 1


def test_the_word_of_every_state_begins_alike(desk: Desk) -> None:
    """Films that nobody assesses stand beside those with a finding."""
    missing = CascadeUnavailable("cascade_missing", "The cascade is not there.", "Reinstall it.")
    program = desk.open(analyser=ScriptedAnalyser(unavailable=missing))
    film = desk.arrive(program)
    desk.settled(program)
    model = program.window.view.worklist.model
    assert model.finding(film)[1] == "Not assessed"
    model._console.analysis.is_pending = lambda _exposure_id: True  # type: ignore[method-assign]
    assert model.finding(film)[1] == "Analysing"


@pytest.mark.parametrize(("scale", "least"), [(100, 4), (200, 8)])
def test_the_number_of_films_stands_apart_from_its_heading(desk: Desk, scale: int, least: int) -> None:
    program = desk.open(Settings(language="ru", operator="A", text_scale=scale))
    desk.arrive(program)
    desk.settled(program)
    panel = program.window.view.worklist
    desk.qtbot.waitUntil(lambda: panel._count.x() > 0)
    assert panel._count.x() - panel._today.geometry().right() > least


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_finding_is_read_in_full_in_its_row(
    desk: Desk, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(Settings(language=language, operator="A"))
    film = desk.arrive(program)
    desk.settled(program)
    view = program.window.view.worklist
    delegate = view.view.itemDelegate()
    assert isinstance(delegate, FilmDelegate)
    rect = QRect(0, 0, 252, delegate.arranger.height)  # with a scroll bar, on a small screen
    for kind, state in itertools.product(Kind, (State.WARN, State.UNSURE)):
        told = (state, criterion(kind, state))
        monkeypatch.setattr(view.model, "finding", lambda _exposure, told=told: told)
        assert told[1] in [line.shown for line in delegate.arranger.row(rect, film).lines]
