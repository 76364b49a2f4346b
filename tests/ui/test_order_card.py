"""The modality worklist in the window: who does not fit is said before anything else, and never holds a film back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QFrame, QLabel

from tests.support.auto_send import seconds
from tests.support.pools import HeldPool, ImmediatePool
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.film import PatientIdentity
from workstation.domain.findings import State
from workstation.domain.order import Order, check_order
from workstation.domain.projection import Projection
from workstation.persistence import audit
from workstation.services.orders import OrderService
from workstation.settings.model import Settings
from workstation.settings.network import WorklistPeer
from workstation.ui.retake_prompt import InPlace
from workstation.ui.viewer.overlays import Overlays
from workstation.ui.worklist_view import FilmDelegate

ORDER = Order(PatientIdentity("Phantom", "PHANTOM-1", "1970-01-01"), "A1", "", "DX", "Chest PA")
OTHER = Order(PatientIdentity("Petrova, Anna", "P2", "1980-02-02"), "A1", "", "DX", "Chest PA")
SETTINGS = Settings(
    language="en",
    operator="Ivanova",
    undo_seconds=600.0,
    worklist=WorklistPeer(enabled=True, host="127.0.0.1", port=1),
)


def open_with(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    *orders: Order,
    settings: Settings = SETTINGS,
    language: str = "en",
) -> Program:
    monkeypatch.setattr(OrderService, "orders", lambda _self: orders)
    monkeypatch.setattr(OrderService, "start", lambda _self: None)
    monkeypatch.setattr(OrderService, "check", _check_any_day)
    return desk.open(replace(settings, language=language))


def _check_any_day(service: OrderService, header: object, projection: object) -> object:
    return check_order(header, service.orders(), projection)  # type: ignore[arg-type]


def said(program: Program) -> str:
    return " | ".join(w.text() for w in program.window.view.panel.cards.findChildren(QLabel))


def test_the_wrong_patient_is_red_comes_first_and_preselects_its_reason(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = open_with(desk, monkeypatch, OTHER)
    film = desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    cards = [f for f in program.window.view.panel.cards.findChildren(QFrame) if f.property("card")]
    assert cards[0].objectName() == "order"
    assert cards[0].property("state") == "danger"
    assert "Wrong patient?" in said(program)
    lines = [w.text() for w in program.window.view.panel.cards.findChildren(QLabel)]
    assert "Name on the film: Test, Phantom\nin the order: Petrova, Anna" in lines, "what is to be compared"
    program.window.view.panel.toggle_retake()
    assert program.window.view.panel.retake.choices.chosen == "wrong_worklist_entry"
    program.window.view.panel.close_prompt()
    program.console.decide(film.id, Choice.SEND)  # it warns; the person decides
    desk.settled(program)
    with program.node.database.snapshot() as connection:
        decision = next(r for r in audit.rows(connection, film.id) if r.action == "decision")
    assert decision.detail["order"] == "wrong_patient"


@pytest.mark.parametrize(
    ("order", "leaves"),
    [
        (ORDER, True),
        (OTHER, False),
        (replace(ORDER, description="Chest lateral"), False),
        (replace(ORDER, accession_number="B2"), False),
        (replace(OTHER, accession_number="B2"), False),
    ],
    ids=["fits", "wrong patient", "wrong projection", "another number", "no order"],
)
def test_only_a_film_that_fits_its_order_leaves_by_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, order: Order, leaves: bool
) -> None:
    monkeypatch.setattr(OrderService, "awaited", lambda _self, _header: False)
    program = open_with(desk, monkeypatch, order, settings=replace(SETTINGS, auto_send_seconds=3))
    film = desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    seconds(program, 5)
    desk.settled(program)
    stored = program.console.parts.worklist.get(film.id)
    assert (stored.decision is not None) == leaves


def test_a_film_that_fits_shows_its_order_in_a_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = open_with(desk, monkeypatch, ORDER)
    desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    lines = [w.text() for w in program.window.view.panel.cards.findChildren(QLabel)]
    assert "Order: Chest PA" in lines
    assert not any(line.startswith("·") for line in lines), "one quiet line is written like another"
    assert not program.window.view.panel.cards.findChildren(QFrame, "order")


def test_without_orders_nothing_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = open_with(desk, monkeypatch)
    desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    assert "rder" not in said(program)


def test_a_film_of_another_day_is_not_said_to_lack_an_order_of_today_s(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compared with the orders of its own day."""
    monkeypatch.setattr(OrderService, "start", lambda _self: None)
    program = desk.open(SETTINGS)
    orders, now = program.node.orders, datetime.now().astimezone()
    monkeypatch.setattr(orders, "_find", lambda *_: (replace(OTHER, accession_number="A2"),))
    orders.ask()
    desk.arrive(program, AcquisitionDate=f"{now:%Y%m%d}")
    desk.settled(program)
    monkeypatch.setattr(orders, "_clock", lambda: now + timedelta(days=1))
    program.console.refresh()
    desk.settled(program)
    assert "No order for this film" in said(program)
    assert "today" not in said(program)


def test_the_top_bar_tells_how_the_worklist_stands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = open_with(desk, monkeypatch, ORDER)
    chip = program.window.view.top.worklist
    program.window.view.top.refresh()
    assert chip.text.text() == "worklist is asked"
    program.node.orders.ask()  # nobody listens on port 1
    program.window.view.top.refresh()
    assert chip.text.text() == "worklist not answering"
    assert "refuses connections" in chip.toolTip()


def row_of(program: Program) -> tuple[State | None, str, bool]:
    film = program.console.exposures[0]
    delegate = program.window.view.worklist.view.itemDelegate()
    assert isinstance(delegate, FilmDelegate)
    row = delegate.arranger.row(QRect(0, 0, 252, delegate.arranger.height), film)
    return row.state, program.window.view.worklist.model.finding(film)[1], row.danger


def test_the_list_says_what_the_panel_says_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = open_with(desk, monkeypatch, OTHER)
    desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    assert row_of(program) == (State.WARN, "Wrong patient?", True)


def test_another_order_is_amber_in_the_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = open_with(desk, monkeypatch, replace(ORDER, description="Chest lateral"))
    desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    assert row_of(program) == (State.WARN, "Other order", False)


def test_a_header_with_another_view_is_amber_in_the_list_and_on_the_film(desk: Desk) -> None:
    analyser = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.PASS)))
    program = desk.open(SETTINGS, analyser=analyser)
    desk.arrive(program, view_position="LL")
    desk.settled(program)
    assert row_of(program) == (State.WARN, "Check the view", False)
    canvas = program.window.view.stage.film.canvas
    assert canvas.overlay_state is not None
    assert canvas.viewport is not None
    chip = Overlays().layout(canvas.overlay_state, canvas.viewport, 1.0)[0].item
    assert chip.text.startswith("FRONTAL")
    assert chip.state is State.WARN


@pytest.mark.parametrize("again", [False, True], ids=["assessed first", "assessed again"])
def test_who_does_not_fit_is_said_while_the_film_is_assessed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """A film can be sent before its verdict, and models may take seconds to load, or hang."""
    held = HeldPool(held=not again)
    pools = iter((ImmediatePool(), ImmediatePool(), held, *(ImmediatePool() for _ in range(3))))
    monkeypatch.setattr(OrderService, "orders", lambda _self: ())
    monkeypatch.setattr(OrderService, "start", lambda _self: None)
    monkeypatch.setattr(OrderService, "check", _check_any_day)
    program = desk.open(SETTINGS, make_pool=lambda: next(pools))
    film = desk.arrive(program, AccessionNumber="A1", sop_instance_uid="1.2.3")
    if again:
        held.hold()
        program.console.override_projection(film.id, Projection.LATERAL)
    assert program.console.analysis.is_pending(film.id)
    assert "Wrong patient?" not in said(program)
    monkeypatch.setattr(OrderService, "orders", lambda _self: (OTHER,))
    program.console.refresh()
    assert "Wrong patient?" in said(program)
    desk.arrive(program, AccessionNumber="A1", sop_instance_uid="1.2.3")
    assert "same identity" in said(program)
    if not again:
        desk.qtbot.waitUntil(lambda: "You need not wait" in said(program))
    assert "Wrong patient?" in said(program)
    assert "same identity" in said(program)
    held.release()
    assert said(program).count("Wrong patient?") == 1


@pytest.mark.parametrize("key", [Qt.Key.Key_F6, Qt.Key.Key_F8])
def test_the_wrong_patient_is_said_above_open_reasons_and_notes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, key: Qt.Key
) -> None:
    """The worklist may answer while they cover the red card."""
    program = open_with(desk, monkeypatch)
    desk.arrive(program, AccessionNumber="A1")
    desk.settled(program)
    desk.qtbot.keyClick(program.window, key)
    panel = program.window.view.panel
    page = panel.pages.currentWidget()
    assert isinstance(page, InPlace)
    assert not page.alarm.isVisible()
    monkeypatch.setattr(OrderService, "orders", lambda _self: (OTHER,))
    program.console.refresh()
    desk.settled(program)
    assert panel.pages.currentWidget() is page
    assert page.alarm.isVisible()
    assert page.alarm.text() == "Wrong patient?"
    panel.close_prompt()
    desk.qtbot.keyClick(program.window, key)
    assert page.alarm.isVisible()
    program.console.decide(program.console.exposures[0].id, Choice.SEND)
    desk.arrive(program, AccessionNumber="A2")
    desk.settled(program)
    desk.qtbot.keyClick(program.window, key)
    assert not page.alarm.isVisible(), "of the film before"
