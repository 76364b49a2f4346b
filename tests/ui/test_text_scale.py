"""Larger type: up to twice as large, everything needed for a decision stays in sight on a small screen."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QLabel, QWidget

from tests.support.layout import faults
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.delivery import DestinationState, DestinationStatus
from workstation.domain.edges import Edge
from workstation.domain.errors import DeliveryFailed
from workstation.domain.findings import State
from workstation.services.orders import OrderService, WorklistStatus
from workstation.settings.model import Settings
from workstation.ui.look import ElidedLabel

WARNED = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.WARN, Edge.BOTTOM)))


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint(0, 0)), widget.size())


def cut_off(label: QLabel) -> bool:
    """One line of text that is wider than its label, or lines that need more height than there is."""
    if not label.text() or isinstance(label, ElidedLabel) or not label.isVisible():
        return False
    room = label.contentsRect()
    flags = Qt.TextFlag.TextWordWrap if label.wordWrap() else Qt.TextFlag.TextSingleLine
    needed = label.fontMetrics().boundingRect(QRect(0, 0, room.width(), 4000), int(flags), label.text())
    return needed.width() > room.width() + 2 or needed.height() > room.height() + 2


def rebuilt(desk: Desk, program: Program) -> None:
    """Let the window that was replaced go, as the event loop does."""
    desk.settled(program)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    desk.qtbot.waitUntil(program.window.view.body.isVisible)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("scale", [100, 125, 150, 175, 200])
def test_nothing_is_cut_off_on_a_small_screen(desk: Desk, language: str, scale: int) -> None:
    settings = Settings(language=language, operator="Иванова", room="2", text_scale=scale)
    program = desk.open(settings, analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    window = program.window
    desk.qtbot.wait(50)
    assert (window.width(), window.height()) == (1366, 768), "it must not push the window open"
    panel = window.view.panel
    for button in (panel.send_button, panel.keep_button, panel.retake_button):
        assert window.rect().contains(place(button, window))
        assert button.visibleRegion().boundingRect() == button.rect()
    assert window.view.stage.film.canvas.width() >= 300
    cut = [w.text() for w in window.findChildren(QLabel) if cut_off(w)]
    assert cut == []


def test_the_check_finds_what_is_cut(desk: Desk) -> None:
    program = desk.open(Settings(language="en"))
    label = QLabel("A long text in a small place", program.window)
    label.resize(40, 20)
    label.show()
    assert cut_off(label)


def test_keys_make_it_larger_and_smaller_within_bounds(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="Ivanova"))
    film = desk.arrive(program)
    for _ in range(6):
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
        rebuilt(desk, program)
    assert program.settings().text_scale == 200
    assert program.console.stage is not None
    assert program.console.stage.id == film.id, "the film stays on the stage"
    assert program.window.view.stage.film.film is not None
    for _ in range(6):
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
        rebuilt(desk, program)
    assert program.settings().text_scale == 100


def test_a_long_warning_takes_no_more_of_the_top_line_than_its_words(desk: Desk) -> None:
    settings = Settings(language="ru", room="Кабинет 2", operator="Иванова", text_scale=200)
    program = desk.open(settings)
    top = program.window.view.top
    top.pacs.say("PACS не отвечает с 10:41, ждут 2 снимка", "", "danger", "нет связи с PACS")
    top._arrange()
    parts = (top.place, top.analysis, top.pacs, top.disclaimer)
    gaps = [b.geometry().left() - a.geometry().right() for a, b in itertools.pairwise(parts)]
    assert max(gaps) <= 20, "no empty stretch beside a name that is shortened"
    assert top.pacs.text.text() == "нет связи с PACS"
    menus = top._menus
    assert [menus.actionGeometry(a).height() > 0 for a in menus.actions()] == [True] * 4
    assert menus.actionGeometry(menus.actions()[-1]).right() <= menus.width(), "no menu folds away"


@pytest.mark.parametrize(("language", "said"), [("en", "worklist down"), ("ru", "список: нет связи")])
def test_a_worklist_that_does_not_answer_is_a_fault_in_few_words_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    refused = DeliveryFailed("refused", "It refuses connections.", "Check the port.")
    failed = WorklistStatus(enabled=True, error=refused)
    monkeypatch.setattr(OrderService, "status", property(lambda _self: failed))
    program = desk.open(Settings(language=language, room="2", operator="Иванова", text_scale=200))
    top = program.window.view.top
    top.worklist.shorten()
    assert top.worklist.text.text() == said
    assert top.worklist.text.property("tone") == "warn"


@pytest.mark.parametrize(("scale", "as_large"), [(100, True), (200, False)])
def test_the_worst_finding_is_as_large_as_the_projection_where_there_is_room(
    desk: Desk, scale: int, as_large: bool
) -> None:
    program = desk.open(Settings(language="en", text_scale=scale), analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    sizes = {w.text(): w.property("type") for w in program.window.view.panel.cards.findChildren(QLabel)}
    assert sizes["Frontal"] == "verdict"
    assert (sizes["Lung cut off"] == "verdict") is as_large


def test_the_type_on_the_film_grows_as_far_as_the_film_is_wide(desk: Desk) -> None:
    program = desk.open(Settings(language="en", text_scale=200))
    desk.arrive(program)
    desk.settled(program)
    canvas = program.window.view.stage.film.canvas
    narrow = canvas._overlays.type_scale
    assert 1.0 < narrow < 2.0
    program.window.resize(1920, 1080)
    desk.qtbot.waitUntil(lambda: canvas.width() > 900)
    assert canvas._overlays.type_scale == 2.0


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_destination_that_is_down_is_named_and_hides_neither_room_nor_operator(
    desk: Desk, language: str
) -> None:
    program = desk.open(Settings(language=language, room="Кабинет 2", operator="Иванова"))
    well = DestinationStatus("PACS", DestinationState.IDLE, sent=3)
    lost = DestinationStatus("Archive", DestinationState.UNREACHABLE, 2, down_since="2026-11-29T10:41:00")
    top = program.window.view.top
    for statuses, named in (([well, lost], "Archive"), ([lost, replace(lost, name="Third")], "2")):
        program.console.statuses = statuses
        for width in (1024, 1366, 1920):
            program.window.resize(width, 700)
            top.refresh()
            said = top.pacs.text.text()
            assert named in said
            assert "PACS" not in said
            assert top.place.text() == top.place.full_text(), width
    program.console.statuses = [well]
    top.refresh()
    assert "PACS" in top.pacs.accessibleName()


@pytest.mark.parametrize("scale", [100, 125, 150, 175, 200])
def test_the_smallest_window_holds_the_three_actions(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, scale: int
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(1366, 768))
    program = desk.open(Settings(language="ru", operator="Иванова", room="2"), analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    window = program.window
    window.resize(640, 480)
    window.scale_type(scale - 100)
    desk.settled(program)
    desk.qtbot.wait(50)
    panel = window.view.panel
    for button in (panel.send_button, panel.keep_button, panel.retake_button):
        assert window.rect().contains(place(button, window))
        assert button.visibleRegion().boundingRect() == button.rect()


@pytest.mark.parametrize(("screen", "scale"), [((1080, 1920), 100), ((1080, 1920), 200), ((720, 1280), 100)])
def test_on_an_upright_screen_the_window_still_holds_the_three_actions_and_the_film(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, screen: tuple[int, int], scale: int
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(1920, 1080))
    settings = Settings(language="ru", operator="Иванова", room="2", text_scale=scale)
    program = desk.open(settings, analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    window = program.window
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(*screen))
    window.windowHandle().screenChanged.emit(window.screen())  # pushed over to the other screen
    window.resize(*screen)
    desk.qtbot.wait(50)
    assert window.width() == screen[0]
    panel = window.view.panel
    for button in (panel.send_button, panel.keep_button, panel.retake_button):
        assert window.rect().contains(place(button, window))
        assert button.visibleRegion().boundingRect() == button.rect()
    assert window.view.stage.film.canvas.width() >= 275
    assert window.view.worklist.isVisible() == (screen[0] == 1080)
    assert [
        fault for fault in faults(window.view.worklist, "ru") if "ждут" in fault or "Сегодня" in fault
    ] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_reason_is_cut_where_the_list_scrolls(desk: Desk, language: str) -> None:
    program = desk.open(Settings(language=language, operator="Иванова", text_scale=200), analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    program.window.view.panel.toggle_retake()
    desk.qtbot.wait(50)
    choices = program.window.view.panel.retake.choices
    assert choices.verticalScrollBar().isVisible()
    flags, metrics = int(Qt.TextFlag.TextWordWrap), choices.fontMetrics()
    for row in range(choices.count()):
        text, room = choices.item(row).text(), choices.visualItemRect(choices.item(row))
        words = metrics.boundingRect(QRect(0, 0, choices.viewport().width() - 10, 1000), flags, text)
        assert words.height() <= room.height(), text
