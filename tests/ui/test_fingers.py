"""Fingers on lists, buttons and fields, through the whole window: scrolling acts on nothing, a tap is one click."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QTouchEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
)

from tests.support.fingers import Hand, decided, full, rest, screen, scroll, tap
from tests.support.scripted import ScriptedAnalyser, crop, frontal
from tests.support.window import Desk
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.exposure import ExposureState
from workstation.domain.findings import State
from workstation.settings.model import Settings
from workstation.ui.decision_panel import first_look_ms
from workstation.ui.look import Dialog

WARNED = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.WARN, Edge.BOTTOM)))
LEFT = Qt.MouseButton.LeftButton
PLAIN = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


# ---- the worklist ----


def test_the_worklist_scrolls_under_a_finger_and_no_film_is_chosen(desk: Desk) -> None:
    program = full(desk)
    view, stage = program.window.view.worklist.view, program.console.stage
    chosen: list[int] = []
    program.window.view.worklist.chosen.connect(chosen.append)
    assert scroll(view) > 60
    assert scroll(view, by=-150) < -60
    assert chosen == []
    assert program.console.stage is stage


def test_a_quick_push_goes_on_moving_until_a_finger_stops_it_and_that_is_no_tap(desk: Desk) -> None:
    program = full(desk, 24)
    view, stage = program.window.view.worklist.view, program.console.stage
    bar, at = view.verticalScrollBar(), view.viewport().rect().center()
    Hand(view.viewport()).down(at).move(at - QPoint(0, 140), steps=4).up()
    lifted = bar.value()
    QTest.qWait(60)
    assert bar.value() > lifted, "it goes on"
    Hand(view.viewport()).down(at).up()
    stopped = bar.value()
    QTest.qWait(100)
    assert bar.value() == stopped
    assert bar.value() < bar.maximum()
    assert program.console.stage is stage


def test_a_tap_chooses_the_film_when_the_finger_is_lifted(desk: Desk) -> None:
    program = full(desk, 4)
    worklist, before = program.window.view.worklist, program.console.stage
    other = next(e for e in program.console.exposures if e is not before)
    at = worklist.view.visualRect(worklist.model.index(worklist.model.row_of(other.id))).center()
    hand = Hand(worklist.view.viewport()).down(at)
    assert program.console.stage is before, "not yet: it may be the begin of a swipe"
    hand.move(at + QPoint(6, 4)).up()
    assert program.console.stage is not None
    assert program.console.stage.id == other.id
    assert worklist.view.hasFocus(), "the arrow keys go on from there, as after a click"


def test_a_film_that_moves_up_under_the_finger_is_not_chosen_in_its_stead(desk: Desk) -> None:
    program = full(desk, 4)
    worklist = program.window.view.worklist
    stage = program.console.stage
    at = worklist.view.visualRect(worklist.model.index(1)).center()
    hand = Hand(worklist.view.viewport()).down(at)
    desk.arrive(program)
    desk.settled(program)
    QTest.qWait(20)
    hand.up()
    assert program.console.stage is not None
    assert stage is not None
    assert program.console.stage.id == stage.id


def test_fingers_on_a_touch_pad_are_not_on_the_screen(desk: Desk) -> None:
    program = full(desk, 3)
    pad = QTest.createTouchDevice(QInputDevice.DeviceType.TouchPad)
    panel, film = program.window.view.panel, program.window.view.stage.film
    for kind in (QEvent.Type.TouchBegin, QEvent.Type.TouchEnd):
        for receiver in (program.window.windowHandle(), film.canvas):
            QApplication.sendEvent(receiver, QTouchEvent(kind, pad))
            assert film.canvas._fingers._does == "nothing"
    assert not panel.send_button.isDown()


@pytest.mark.parametrize("way", [QPoint(120, 0), QPoint(60, -60)])
def test_a_swipe_over_a_list_that_has_nothing_to_scroll_is_no_tap(desk: Desk, way: QPoint) -> None:
    program = full(desk, 3)
    view, before = program.window.view.worklist.view, program.console.stage
    at = QPoint(60, 200)
    Hand(view.viewport()).down(at).move(at + way).up()
    assert program.console.stage is before


def test_the_mouse_chooses_on_the_press_as_before(desk: Desk) -> None:
    program = full(desk, 4)
    worklist, before = program.window.view.worklist, program.console.stage
    other = next(e for e in program.console.exposures if e is not before)
    at = worklist.view.visualRect(worklist.model.index(worklist.model.row_of(other.id))).center()
    QTest.mousePress(worklist.view.viewport(), LEFT, pos=at)
    assert program.console.stage is not None
    assert program.console.stage.id == other.id
    QTest.mouseRelease(worklist.view.viewport(), LEFT, pos=at)


def test_a_finger_keeps_a_film_from_leaving_by_itself(desk: Desk) -> None:
    settings = Settings(language="en", operator="Ivanova", undo_seconds=600.0, auto_send_seconds=30)
    program = desk.open(settings)
    desk.arrive(program)
    desk.settled(program)
    strip = program.window.view.panel.strip
    assert "leaves in" in strip.text.full_text()
    hand = Hand(program.window.view.worklist.view.viewport()).down(QPoint(50, 300))
    assert "leaves in" not in strip.text.full_text()
    hand.up()


# ---- the three actions ----


def test_a_tap_on_send_sends_once(desk: Desk) -> None:
    program = full(desk, 3)
    button = program.window.view.panel.send_button
    tap(button)
    desk.settled(program)
    assert decided(program) == [ExposureState.ACCEPTED]
    tap(button)  # the second of a double tap is meant for the film before
    desk.settled(program)
    assert decided(program) == [ExposureState.ACCEPTED]


def test_the_button_is_lit_while_the_finger_is_on_it(desk: Desk) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    hand = Hand(button).down(button.rect().center())
    assert button.isDown()
    hand.move(QPoint(button.width() // 2, -40))
    assert not button.isDown()
    hand.up()
    assert not button.isDown()
    assert decided(program) == []


@pytest.mark.parametrize("name", ["send_button", "retake_button"])
@pytest.mark.parametrize(
    ("way", "back"),
    [(QPoint(0, -120), False), (QPoint(0, -120), True), (QPoint(40, 0), False), (QPoint(-300, -20), False)],
)
def test_a_swipe_that_starts_on_an_action_does_nothing(
    desk: Desk, name: str, way: QPoint, back: bool
) -> None:
    """Off the button, back onto it, and along it."""
    program = full(desk, 2)
    button = getattr(program.window.view.panel, name)
    at = button.rect().center()
    hand = Hand(button).down(at).move(at + way)
    if back:
        hand.move(at)
    hand.up()
    desk.settled(program)
    assert decided(program) == []
    assert not program.window.view.panel.prompting


def test_a_finger_that_slips_off_the_edge_does_nothing(desk: Desk) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    Hand(button).down(QPoint(50, 4)).move(QPoint(50, -18)).up()
    desk.settled(program)
    assert decided(program) == []


def test_a_swipe_that_ends_on_send_does_nothing(desk: Desk) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    Hand(button).down(QPoint(button.width() // 2, -150)).move(button.rect().center()).up()
    desk.settled(program)
    assert decided(program) == []


@pytest.mark.parametrize("together", [True, False])
def test_a_palm_on_send_does_nothing(desk: Desk, together: bool) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    at = button.rect().center()
    hand = Hand(button)
    if together:
        hand.down(at, at + QPoint(25, 10))
    else:
        hand.down(at).down(at + QPoint(-40, -200))
    hand.up([1]) if not together else None
    hand.up()
    desk.settled(program)
    assert decided(program) == []
    QTest.qWait(QApplication.doubleClickInterval())
    tap(button)
    desk.settled(program)
    assert decided(program) == [ExposureState.ACCEPTED], "the next finger alone does"


def test_a_film_that_comes_up_while_the_screen_locks_is_not_sent(desk: Desk) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    hand = Hand(button).down(button.rect().center())
    program.window.view.body.hide()
    hand.up()
    desk.settled(program)
    assert decided(program) == []
    program.window.view.body.show()


def test_a_finger_that_stays_while_the_film_changes_does_not_send_the_next_one(desk: Desk) -> None:
    program = full(desk, 3)
    button, stage = program.window.view.panel.send_button, program.console.stage
    assert stage is not None
    hand = Hand(button).down(button.rect().center())
    program.console.decide(stage.id, Choice.SEND)
    desk.settled(program)
    assert button.isEnabled()
    QTest.qWait(first_look_ms() + 50)
    hand.up()
    desk.settled(program)
    assert decided(program) == [ExposureState.ACCEPTED]


def test_a_finger_on_an_action_that_rests_does_not_send_the_film_that_arrives(desk: Desk) -> None:
    program = desk.open(PLAIN)
    button = program.window.view.panel.send_button
    hand = Hand(button).down(button.rect().center())
    desk.arrive(program)
    desk.settled(program)
    QTest.qWait(first_look_ms() + 50)
    assert button.isEnabled()
    hand.up()
    desk.settled(program)
    assert decided(program) == []


def test_what_windows_sends_after_a_touch_presses_nothing(desk: Desk) -> None:
    """Windows makes mouse events out of every touch, whether the program took it or not."""
    program = full(desk, 3)
    button, window = program.window.view.panel.send_button, program.window
    Hand(button).down(button.rect().center()).move(QPoint(button.width() // 2, -60)).up()
    at = QPointF(button.mapTo(window, button.rect().center()))
    by, none = Qt.MouseEventSource.MouseEventSynthesizedBySystem, Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(kind, at, at, QPointF(window.mapToGlobal(at)), LEFT, LEFT, none, by)
        QApplication.sendEvent(window.windowHandle(), event)
    desk.settled(program)
    assert decided(program) == []
    QTest.mouseClick(button, LEFT)
    desk.settled(program)
    assert decided(program) == [ExposureState.ACCEPTED], "a real mouse does"


# ---- reasons, cards ----


def test_reasons_are_chosen_by_taps_and_a_double_one_confirms(desk: Desk) -> None:
    program = desk.open(PLAIN, analyser=WARNED)
    film = desk.arrive(program)
    desk.settled(program)
    panel = program.window.view.panel
    tap(panel.retake_button)
    choices = panel.retake.choices
    tap(choices.viewport(), choices.visualItemRect(choices.item(2)).center())
    assert choices.currentRow() == 2
    tap(choices.viewport(), choices.visualItemRect(choices.item(2)).center())
    desk.settled(program)
    now = program.console.get(film.id)
    assert now is not None
    assert now.state is ExposureState.REJECTED


def test_reasons_that_scroll_do_not_change_the_reason(desk: Desk) -> None:
    program = desk.open(Settings(language="ru", operator="Иванова", text_scale=200), analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    panel = program.window.view.panel
    panel.toggle_retake()
    QTest.qWait(50)
    choices, before = panel.retake.choices, panel.retake.choices.chosen
    assert scroll(choices, by=60) > 0, choices.verticalScrollBar().maximum()
    assert choices.chosen == before


def test_a_swipe_that_starts_on_a_card_scrolls_and_opens_nothing(desk: Desk) -> None:
    program = desk.open(PLAIN, analyser=WARNED)
    desk.arrive(program)
    desk.settled(program)
    program.window.setMinimumSize(0, 0)
    program.window.resize(1366, 520)
    QTest.qWait(50)
    cards = program.window.view.panel.cards
    assert cards.verticalScrollBar().maximum() > 0
    header = next(b for b in cards.findChildren(QPushButton) if b.isVisible() and b.property("kind") == "row")
    pressed: list[bool] = []
    header.clicked.connect(lambda: pressed.append(True))
    at = header.mapTo(cards.viewport(), header.rect().center())
    assert scroll(cards, at, by=70) > 0
    assert pressed == []
    assert not header.isDown()
    rest(cards, desk.qtbot)
    cards.verticalScrollBar().setValue(0)
    inside = next(w for w in header.findChildren(QLabel) if w.text())
    tap(inside)
    assert pressed == [True], "a tap on its words is one on the card"


# ---- held ----


def test_a_finger_held_on_a_text_field_opens_its_menu_and_lifting_it_chooses_nothing(desk: Desk) -> None:
    program = full(desk, 2)
    panel = program.window.view.panel
    panel.toggle_keep()
    note = panel.keep.note
    note.setText("words")
    hand = Hand(note).down(note.rect().center())
    desk.qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu), timeout=3000)
    hand.up()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.isVisible()
    assert note.text() == "words"
    menu.close()
    hand = Hand(note).down(note.rect().center()).move(note.rect().center() + QPoint(60, 0))
    QTest.qWait(QApplication.styleHints().mousePressAndHoldInterval() + 150)
    hand.up()
    assert QApplication.activePopupWidget() is None, "not after a swipe"


def test_a_slow_tap_is_one_where_nothing_opens(desk: Desk) -> None:
    program = full(desk, 4)
    view, before = program.window.view.worklist.view, program.console.stage
    rows = view.model().rowCount()
    at = next(
        r.center()
        for r in (view.visualRect(view.model().index(row, 0)) for row in range(rows))
        if view.indexAt(r.center()) != view.currentIndex()
    )
    hand = Hand(view.viewport()).down(at)
    QTest.qWait(QApplication.styleHints().mousePressAndHoldInterval() + 150)
    hand.up()
    assert program.console.stage is not before


def test_a_tap_into_a_field_gives_it_the_keys(desk: Desk) -> None:
    program = full(desk, 2)
    panel = program.window.view.panel
    panel.toggle_keep()
    assert not panel.keep.note.hasFocus()
    tap(panel.keep.note)
    assert panel.keep.note.hasFocus()


def test_a_touch_that_the_system_takes_away_does_nothing(desk: Desk) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    handle = program.window.windowHandle()
    Hand(button).down(button.rect().center())
    assert button.isDown()
    QApplication.sendEvent(handle, QTouchEvent(QEvent.Type.TouchCancel, screen()))
    assert not button.isDown()
    desk.settled(program)
    assert decided(program) == []
    again = Hand(button)
    again._at = {0: button.rect().center()}
    again.up()


def test_a_finger_drags_the_scroll_bar_itself(desk: Desk) -> None:
    program = full(desk)
    bar = program.window.view.worklist.view.verticalScrollBar()
    desk.qtbot.waitUntil(bar.isVisible)
    Hand(bar).down(QPoint(5, 20)).move(QPoint(5, 120)).up()
    assert bar.value() > 0


def test_a_dialog_that_opens_under_the_finger_keeps_what_is_below_it(desk: Desk) -> None:
    program = full(desk, 2)
    button = program.window.view.panel.send_button
    hand = Hand(button).down(button.rect().center())
    dialog = Dialog(program.window.size() / 3, program.window)
    QLineEdit(dialog)
    dialog.open()
    assert not button.isDown()
    hand.up()
    desk.settled(program)
    assert decided(program) == []
    dialog.close()


def test_what_is_tapped_away_under_the_finger_is_no_trouble(desk: Desk) -> None:
    program = full(desk, 3)
    area = QScrollArea(program.window)
    area.resize(200, 200)
    inner = QPushButton("gone", area)
    inner.resize(150, 50)
    area.show()
    hand = Hand(inner).down(inner.rect().center())
    area.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QTest.qWait(10)
    again = Hand(program.window)
    again._at = {0: QPoint(100, 100)}
    again.move(QPoint(110, 120)).up()
    del hand
    assert decided(program) == []
