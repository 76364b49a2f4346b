"""For screen readers and keyboards: everything that takes the focus says what it is, and Tab reaches it all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QScrollBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.operator import Role
from workstation.settings.model import Settings
from workstation.ui import style, theme
from workstation.ui.look import PanelButton

SETTINGS = Settings(language="en", operator="Ivanova")
VIEWS: dict[str, Callable[[Program], object]] = {
    "main": lambda program: program.window.activateWindow(),
    "retake": lambda program: program.window.view.panel.toggle_retake(),
    "keep": lambda program: program.window.view.panel.toggle_keep(),
    "settings": lambda program: program.window.open_settings(),
    "sending": lambda program: program.window.open_settings("sending"),
    "connections": lambda program: program.window.open_connections(),
    "statistics": lambda program: program.window.open_statistics(),
    "operators": lambda program: program.window.open_operators(),
    "setup": lambda program: program.window.open_setup(),
    "guide": lambda program: program.window.show_guide(),
    "keys": lambda program: program.window.show_keys(),
}


def takes_focus(widget: QWidget) -> bool:
    tab = bool(widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    inner = isinstance(widget, QScrollBar | QScrollArea) or widget.objectName().startswith("qt_")
    return tab and widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None and not inner


def name_of(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


@pytest.mark.parametrize("view", list(VIEWS))
def test_everything_that_takes_the_focus_has_a_name(desk: Desk, view: str) -> None:
    program = desk.open(SETTINGS)
    program.console.parts.operators.add("Anna", Role.ADMIN, "", "test")
    desk.arrive(program)
    desk.settled(program)
    VIEWS[view](program)
    desk.settled(program)
    found = [
        w for top in QApplication.topLevelWidgets() if top.isVisible() for w in top.findChildren(QWidget)
    ]
    focusable = [w for w in found if takes_focus(w)]
    assert focusable
    nameless = [
        f"{type(w).__name__} {w.objectName()!r} in {type(w.parent()).__name__}"
        for w in focusable
        if not name_of(w)
    ]
    for top in QApplication.topLevelWidgets():
        if top is not program.window and top.isVisible():
            top.close()
    assert nameless == []


def test_tab_goes_from_the_list_over_the_film_to_the_decision(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    program.window.view.worklist.view.setFocus()
    passed: list[QWidget] = []
    for _ in range(40):
        widget = QApplication.focusWidget()
        if widget is None or widget in passed:
            break
        passed.append(widget)
        desk.qtbot.keyClick(widget, Qt.Key.Key_Tab)
    panel, stage = program.window.view.panel, program.window.view.stage

    def first(owner: QWidget) -> int:
        return next(i for i, w in enumerate(passed) if w is owner or owner.isAncestorOf(w))

    assert first(program.window.view.worklist) < first(stage) < first(panel)
    for button in (panel.send_button, panel.keep_button, panel.retake_button):
        assert button in passed


def test_dismissed_problems_pass_the_keys_on_to_the_next_and_at_last_to_the_film(desk: Desk) -> None:
    """Not to the list, where an arrow key shows another film."""
    program = desk.open(SETTINGS)
    desk.arrive(program)
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (desk.root / name).write_bytes(b"%PDF")
        program.console.open_paths([desk.root / name])
        desk.settled(program)
    problems = program.window.view.problems
    crosses = [row.findChild(QToolButton) for row in problems._rows]
    assert [name_of(cross) for cross in crosses if cross] == [f"Dismiss: {name}.pdf" for name in "cba"]
    first, second, third = crosses
    assert first
    first.setFocus(Qt.FocusReason.TabFocusReason)
    for cross, then in ((first, second), (second, third), (third, program.window.view.stage.film.canvas)):
        desk.qtbot.keyClick(cross, Qt.Key.Key_Space)
        assert QApplication.focusWidget() is then
    assert not problems.isVisible()


@pytest.mark.parametrize("theme_name", ["dark", "light"])
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_the_focus_on_what_is_ticked_is_a_frame_not_a_colour_alone(
    qtbot: QtBot, kind: type[QAbstractButton], theme_name: str
) -> None:
    colours = theme.palette(theme_name)
    window = QWidget()
    qtbot.addWidget(window)
    window.setStyleSheet(style.stylesheet(colours, theme_name == "dark"))
    other, ticked = QPushButton("other", window), kind("ticked", window)
    ticked.setChecked(True)
    ticked.move(0, 60)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    looks = []
    for holder in (other, ticked):
        holder.setFocus(Qt.FocusReason.TabFocusReason)
        looks.append(ticked.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8))
    without, with_ = looks
    middle = ticked.width() // 2
    assert without.pixel(middle, 0) != with_.pixel(middle, 0)


def test_the_three_actions_are_buttons_and_criteria_are_spoken_without_gaps(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    panel = program.window.view.panel
    actions = (panel.send_button, panel.keep_button, panel.retake_button)
    headers = panel.cards.findChildren(PanelButton)
    assert headers
    assert [name_of(header) for header in headers if ". ." in name_of(header)] == []
    panel.send()
    desk.settled(program)
    program.console.select(film.id)
    desk.settled(program)
    assert [action.property("chosen") for action in actions] == [True, False, False]
    for action in actions:
        # A box to tick, "not checked", would not say that it acts at once.
        assert QAccessible.queryAccessibleInterface(action).role() is QAccessible.Role.Button
