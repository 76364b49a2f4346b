"""Every other window under a finger: what scrolls scrolls and acts on nothing, what is tapped is done."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QListWidget,
    QMenu,
    QScrollArea,
    QScroller,
    QSpinBox,
    QTextBrowser,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.support.fingers import Hand, full, rest, scroll, tap
from tests.support.statistics_window import listed
from tests.support.window import Desk
from workstation.domain.operator import Role
from workstation.settings.model import Settings
from workstation.ui.fingers import Fingers
from workstation.ui.look import Dialog
from workstation.ui.statistics.window import StatisticsWindow


def scrolled_in(window: QWidget) -> list[QAbstractScrollArea]:
    """Everything in a window that has more than it shows, each scrolled by a finger; nothing of it is acted on."""
    found = []
    for area in window.findChildren(QAbstractScrollArea):
        bar = area.verticalScrollBar()
        if not area.isVisible() or bar.maximum() < 20 or area.viewport().height() < 60:
            continue
        pressed: list[QAbstractButton] = []
        for button in area.findChildren(QAbstractButton):
            button.pressed.connect(lambda button=button, pressed=pressed: pressed.append(button))
        rows = area.selectionModel().selectedIndexes() if isinstance(area, QAbstractItemView) else []
        for x in (0.15, 0.5, 0.85):
            bar.setValue(0)
            place = QPoint(round(x * area.viewport().width()), area.viewport().height() - 20)
            moved = scroll(area, place, by=min(150, area.viewport().height() - 30))
            assert moved > 0 or _inner(area, place), (type(area).__name__, area.objectName(), x)
            QScroller.scroller(area.viewport()).stop()
        assert pressed == []
        if isinstance(area, QAbstractItemView):
            assert area.selectionModel().selectedIndexes() == rows
        found.append(area)
    return found


def _inner(area: QAbstractScrollArea, place: QPoint) -> bool:
    """Whether a list within the area lies there, which scrolls in its stead."""
    above = area.viewport().childAt(place)
    while above is not None and above is not area:
        if isinstance(above, QAbstractScrollArea) and above.verticalScrollBar().maximum() > 0:
            return True
        above = above.parentWidget()
    return False


@pytest.mark.parametrize("name", ["open_settings", "show_guide", "show_keys"])
def test_the_other_windows_scroll_under_a_finger(desk: Desk, name: str) -> None:
    program = full(desk, 3)
    getattr(program.window, name)()
    desk.settled(program)
    QTest.qWait(60)
    window = next(w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not program.window)
    window.resize(window.width(), 470)
    window.activateWindow()
    QTest.qWait(60)
    before = window.findChildren(QComboBox)
    chosen = [box.currentIndex() for box in before]
    assert scrolled_in(window), name
    assert [box.currentIndex() for box in before] == chosen
    window.close()


def test_the_statistics_scroll_under_a_finger_and_their_bars_are_tapped(
    qtbot: QtBot, window: StatisticsWindow
) -> None:
    Fingers(window)
    window.resize(1000, 560)
    qtbot.wait(50)
    column = max(window.findChildren(QScrollArea), key=lambda area: area.verticalScrollBar().maximum())
    bar, chart = column.verticalScrollBar(), window.pareto
    inner = next(a for a in window.findChildren(QScrollArea) if a.isAncestorOf(chart) and a is not column)
    column.ensureWidgetVisible(inner)
    at, before = chart.position_of(0), bar.value()

    def push(way: int) -> None:
        Hand(chart.viewport()).down(at).move(at + QPoint(0, way)).up()
        qtbot.wait(50)
        for area in (inner, column):
            QScroller.scroller(area.viewport()).stop()

    push(-60)
    assert inner.verticalScrollBar().value() > 0
    assert bar.value() == before
    inner.verticalScrollBar().setValue(0)
    push(60)
    assert bar.value() < before, "what is around it, where its own list is at its end"
    assert listed(window) == [], "and the bar under the finger is not chosen"
    column.ensureWidgetVisible(inner)
    tap(chart.viewport(), chart.position_of(0))
    assert len(listed(window)) > 10
    table = window.film_list.table
    column.ensureWidgetVisible(table)
    opened: list[int] = []
    window.film_list.film_chosen.connect(opened.append)
    assert scroll(table, QPoint(60, table.viewport().height() - 20), by=80) > 0
    assert not table.selectionModel().hasSelection()
    rest(table, qtbot)
    row = QPoint(60, 40)
    tap(table.viewport(), row)
    assert table.selectionModel().hasSelection()
    assert opened == []
    tap(table.viewport(), row)
    assert len(opened) == 1, "a double tap opens the film, as a double click"


def test_links_and_chapters_of_the_guide_are_tapped(desk: Desk) -> None:
    program = full(desk, 2)
    program.window.show_guide()
    QTest.qWait(60)
    guide = next(w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not program.window)
    chapters, text = guide.findChild(QListWidget, "guideChapters"), guide.findChild(QTextBrowser)
    assert chapters is not None
    assert text is not None
    at = text.verticalScrollBar().value()
    tap(chapters.viewport(), chapters.visualItemRect(chapters.item(5)).center())
    QTest.qWait(30)
    assert text.verticalScrollBar().value() != at
    view, shown = text.viewport(), text.toHtml()
    text.verticalScrollBar().setValue(0)
    link = next(
        place
        for place in (QPoint(x, y) for y in range(0, view.height(), 4) for x in range(0, view.width(), 8))
        if text.anchorAt(place)
    )
    tap(view, link)
    QTest.qWait(30)
    assert text.toHtml() != shown
    guide.close()


def test_a_menu_of_a_button_opens_and_is_chosen_from_by_finger(desk: Desk) -> None:
    program = full(desk, 2)
    film = program.window.view.stage.film
    button = film.toolbar.findChild(QToolButton, "film-measure")
    assert button is not None

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            tap(menu, menu.actionGeometry(film.actions_.angle).center())
            menu.close()

    QTimer.singleShot(200, choose)
    tap(button)
    desk.qtbot.waitUntil(film.actions_.angle.isChecked)


def test_a_finger_held_on_an_arrow_of_a_number_opens_the_menu_and_changes_nothing(desk: Desk) -> None:
    """That menu runs until it is closed."""
    program = full(desk, 2)
    area = QScrollArea(program.window)
    area.resize(300, 200)
    number = QSpinBox()
    number.setValue(5)
    area.setWidget(number)
    number.resize(200, 40)
    area.show()
    hand = Hand(number).down(QPoint(number.width() - 8, 10))
    lifted: list[bool] = []

    def lift() -> None:
        menu = QApplication.activePopupWidget()
        if menu is None:
            return
        watch.stop()
        hand.up()
        lifted.append(menu.isVisible())
        menu.close()

    watch = QTimer(area, interval=100)
    watch.timeout.connect(lift)
    watch.start()
    desk.qtbot.waitUntil(lambda: bool(lifted), timeout=3000)
    QTest.qWait(20)
    assert lifted == [True]
    assert number.value() == 5


def follows(menu: QWidget) -> None:
    """The mouse events that Windows makes out of the touch before: Qt hands them to the menu that is open."""
    at, there, left = QPointF(-50, -50), QPointF(menu.pos()) - QPointF(50, 50), Qt.MouseButton.LeftButton
    by, none = Qt.MouseEventSource.MouseEventSynthesizedBySystem, Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        QApplication.sendEvent(menu.windowHandle(), QMouseEvent(kind, at, at, there, left, left, none, by))


@pytest.mark.parametrize("held", [False, True])
def test_a_menu_stays_open_when_windows_sends_its_own_after_the_touch(desk: Desk, held: bool) -> None:
    program = full(desk, 2)
    panel, toolbar = program.window.view.panel, program.window.view.stage.film.toolbar
    button = toolbar.findChild(QToolButton, "film-measure")
    fingers, application = program._owner.findChild(Fingers), QApplication.instance()
    assert button is not None
    assert fingers is not None
    assert isinstance(application, QApplication)
    panel.toggle_keep()
    application.focusWindowChanged.disconnect(
        fingers._watch
    )  # only without a screen has a popup the keyboard
    stays: list[bool] = []

    def look() -> None:
        menu = QApplication.activePopupWidget()
        if menu is not None:
            hand.up() if held else None
            follows(menu)
            stays.append(QApplication.activePopupWidget() is menu)
            menu.close()

    watch = QTimer(program.window, interval=100)
    watch.timeout.connect(look)
    watch.start()
    target = panel.keep.note if held else button
    hand = Hand(target).down(target.rect().center())
    if not held:
        hand.up()
    desk.qtbot.waitUntil(lambda: bool(stays), timeout=3000)
    watch.stop()
    assert stays == [True]


def test_the_list_of_a_box_opens_scrolls_and_chooses_by_finger(desk: Desk) -> None:
    program = full(desk, 2)
    dialog = Dialog(program.window.size() / 2, program.window)
    box = QComboBox(dialog)
    box.addItems([f"Person {number}" for number in range(60)])
    box.setMaxVisibleItems(8)
    dialog.show()
    dialog.activateWindow()
    desk.qtbot.waitUntil(dialog.isActiveWindow)
    fingers = program._owner.findChild(Fingers)
    assert fingers is not None
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.focusWindowChanged.disconnect(
        fingers._watch
    )  # only without a screen has a popup the keyboard
    tap(box)
    popup = QApplication.activePopupWidget()
    assert popup is not None
    view = box.view()
    QTest.qWait(QApplication.doubleClickInterval() + 50)
    assert scroll(view, by=100) > 0
    assert popup.isVisible(), "scrolling chooses nothing"
    assert box.currentIndex() == 0
    rest(view, desk.qtbot)
    row = view.indexAt(QPoint(30, 60)).row()
    tap(view.viewport(), QPoint(30, 60))
    assert box.currentIndex() == row
    assert not popup.isVisible()
    dialog.close()


def test_names_are_tapped_to_sign_in_and_the_list_of_names_scrolls(desk: Desk) -> None:
    settings = Settings(language="en", undo_seconds=600.0, sign_in="pick")
    program = desk.open(settings)
    for number in range(30):
        program.console.parts.operators.add(f"Person {number:02}", Role.RADIOGRAPHER, "", "test")
    program.session.follow()
    desk.settled(program)
    names = program.window.locking.view.names
    assert names.isVisible()
    QTest.qWait(50)
    assert scroll(names) > 0
    assert program.session.locked, "scrolling signs nobody in"
    rest(names, desk.qtbot)
    item = names.itemAt(QPoint(60, 100))
    tap(names.viewport(), QPoint(60, 100))
    desk.settled(program)
    assert program.session.name == item.text()
