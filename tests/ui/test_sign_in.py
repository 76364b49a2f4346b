"""Signing in at the window by keyboard, the lock, what a role may do, and whose name stands under a decision."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel

from tests.support.audit_log import verified
from tests.support.layout import faults
from tests.support.window import Desk
from workstation.app import Program
from workstation.cli import main
from workstation.domain.exposure import Exposure
from workstation.domain.operator import Operator, Right, Role, SignIn
from workstation.settings.file import load, load_usable
from workstation.settings.model import Settings
from workstation.ui import session
from workstation.ui.connections.window import ConnectionsWindow
from workstation.ui.operators_window import OperatorsWindow
from workstation.ui.sign_in import SignInView
from workstation.ui.statistics.window import StatisticsWindow

PIN = Settings(language="en", undo_seconds=600.0, sign_in="pin")


def staffed(desk: Desk, settings: Settings = PIN) -> Program:
    program = desk.open(replace(settings, sign_in="none"))
    service = program.console.parts.operators
    service.add("Anna", Role.ADMIN, "4711", "test")
    service.add("Boris", Role.RADIOGRAPHER, "1234", "test")
    program.settings.replace(settings)
    desk.settled(program)
    return program


def view(program: Program) -> SignInView:
    return program.window.locking.view


def enter(desk: Desk, program: Program, name: str, pin: str) -> None:
    names = view(program).names
    names.setFocus()
    row = next(r for r in range(names.count()) if names.item(r).text() == name)
    while names.currentRow() != row:
        step = Qt.Key.Key_Down if names.currentRow() < row else Qt.Key.Key_Up
        desk.qtbot.keyClick(names, step)
    for digit in pin:
        desk.qtbot.keyClick(program.window.focusWidget(), digit)
    desk.qtbot.keyClick(program.window.focusWidget(), Qt.Key.Key_Return)
    desk.settled(program)


def decided(program: Program, film: Exposure) -> str:
    found = program.console.get(film.id)
    assert found is not None
    return found.decision.author if found.decision is not None else ""


def test_films_are_hidden_from_the_first_moment_on(desk: Desk) -> None:
    desk.close(staffed(desk))
    program = desk.open(PIN, start=False)
    program.window.show()  # nothing is read yet
    assert view(program).isVisible()
    assert not program.window.view.body.isVisible()


def test_films_are_hidden_until_somebody_signs_in_and_decisions_bear_the_name(desk: Desk) -> None:
    program = staffed(desk)
    assert view(program).isVisible()
    assert not program.window.view.body.isVisible()
    film = desk.arrive(program)
    desk.settled(program)
    shown = [w.text() for w in program.window.findChildren(QLabel) if w.isVisible()]
    assert not any("Phantom" in text for text in shown)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    assert decided(program, film) == "", "keys rest while it is locked"
    enter(desk, program, "Boris", "0000")
    assert "wrong" in view(program).message.text()
    enter(desk, program, "Boris", "1234")
    assert program.window.view.body.isVisible()
    assert not view(program).isVisible()
    assert "Boris" in program.window.view.top.place.full_text()
    desk.qtbot.waitUntil(program.window.view.panel.isVisible)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    assert decided(program, film) == "Boris"
    assert verified(program.node.database).intact


def test_locking_keeps_the_film_and_the_next_person_signs_for_it(desk: Desk) -> None:
    program = staffed(desk)
    enter(desk, program, "Boris", "1234")
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.waitUntil(program.window.view.panel.isVisible)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)
    assert view(program).isVisible()
    enter(desk, program, "Anna", "4711")
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    program.window.view.panel.send()
    desk.settled(program)
    assert decided(program, film) == "Anna"


def test_idle_locks_and_closes_what_shows_patients(desk: Desk) -> None:
    program = staffed(desk, replace(PIN, lock_minutes=5))
    enter(desk, program, "Anna", "4711")
    program.window.open_statistics()
    desk.settled(program)
    assert program.session._idle.isActive()
    assert program.session._idle.interval() == 300_000
    program.session._idle.timeout.emit()
    desk.settled(program)
    assert view(program).isVisible()
    assert not [w for w in program.window.findChildren(StatisticsWindow) if w.isVisible()]


def test_a_locked_console_takes_nothing_that_is_dropped_on_it(desk: Desk) -> None:
    program = staffed(desk)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(desk.film()))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(400, 300), copy, data, left, none)
    entering.ignore()
    program.window.dragEnterEvent(entering)
    program.window.dropEvent(QDropEvent(QPointF(400, 300), copy, data, left, none))
    desk.settled(program)
    assert not entering.isAccepted()
    assert not program.console.exposures
    enter(desk, program, "Boris", "1234")
    program.window.dropEvent(QDropEvent(QPointF(400, 300), copy, data, left, none))
    desk.settled(program)
    assert len(program.console.exposures) == 1


@pytest.mark.parametrize("slept", [4, 6])
def test_after_a_sleep_nothing_is_decided_in_the_name_of_whoever_was_here_before(
    desk: Desk, slept: int
) -> None:
    """The timer stands still meanwhile: in the morning the console was as it had been left in the evening."""
    program = staffed(desk, replace(PIN, lock_minutes=5))
    enter(desk, program, "Anna", "4711")
    film = desk.arrive(program)
    desk.settled(program)
    worklist = program.node.worklist
    worklist._clock = lambda: datetime.now().astimezone() + timedelta(minutes=slept)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    assert decided(program, film) == ("Anna" if slept < 5 else "")
    assert view(program).isVisible() == (slept > 5)


def test_keys_that_are_shortcuts_keep_the_console_open(desk: Desk) -> None:
    program = staffed(desk, replace(PIN, lock_minutes=5))
    enter(desk, program, "Anna", "4711")
    program.session._idle.stop()
    key = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(program.window, key)
    assert program.session._idle.isActive()


def test_a_menu_left_open_goes_with_the_lock(desk: Desk) -> None:
    program = staffed(desk)
    enter(desk, program, "Boris", "1234")
    desk.arrive(program)
    desk.settled(program)
    desk.qtbot.waitUntil(program.window.view.panel.isVisible)
    menu = program.window.view.menus.file
    menu.popup(program.window.mapToGlobal(program.window.rect().center()))
    desk.qtbot.waitUntil(menu.isVisible)
    program.session.lock("idle")
    desk.settled(program)
    assert not menu.isVisible(), "it would open and export films"
    assert view(program).isVisible()


def test_roles_decide_what_is_open(desk: Desk) -> None:
    program = staffed(desk)
    named = program.window.view.menus.actions_by_name
    enter(desk, program, "Boris", "1234")
    assert not any(named[name].isEnabled() for name in ("settings", "statistics", "operators"))
    assert "role" in named["settings"].toolTip()
    program.window.open_settings()
    program.window.open_operators()
    assert not program.window.findChildren(OperatorsWindow)
    program.window.lock()
    desk.settled(program)
    enter(desk, program, "Anna", "4711")
    assert all(named[name].isEnabled() for name in ("settings", "statistics", "operators"))


def test_what_a_role_may_not_do_says_so_instead_of_doing_nothing(desk: Desk) -> None:
    program = staffed(desk)
    window = program.window
    for name, pin, may in (("Boris", "1234", False), ("Anna", "4711", True)):
        enter(desk, program, name, pin)
        window.open_connections()
        (page,) = window.findChildren(ConnectionsWindow)
        leading = (
            window.view.menus.actions_by_name["setup"],
            window.view.stage.empty.watch,
            page.edit,
        )
        assert [control.isEnabled() for control in leading] == [may] * 3
        assert [bool(control.toolTip()) for control in leading[1:]] == [not may] * 2
        assert window.view.menus.file.toolTipsVisible(), "else nobody reads why an entry is grey"
        window.lock()
        desk.qtbot.waitUntil(lambda: not window.findChildren(ConnectionsWindow))


def test_the_admin_manages_operators(desk: Desk) -> None:
    program = staffed(desk)
    enter(desk, program, "Anna", "4711")
    program.window.open_operators()
    (window,) = program.window.findChildren(OperatorsWindow)
    desk.settled(program)
    assert set(window.rows) == {"Anna", "Boris"}
    window.name.setText("Vera")
    window.pin.setText("22")
    window.add.click()
    desk.settled(program)
    assert "4 to 12 digits" in window.message.text()
    window.pin.setText("2222")
    window.add.click()
    desk.qtbot.waitUntil(lambda: "Vera" in window.rows)
    window.rows["Anna"][2].click()
    desk.qtbot.waitUntil(lambda: "Nobody would be left" in window.message.text())
    desk.qtbot.waitUntil(lambda: window.rows["Anna"][2].isChecked())
    window.rows["Boris"][2].click()
    desk.qtbot.waitUntil(lambda: [o.name for o in program.session.choices] == ["Anna", "Vera"])
    window.close()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("scale", [100, 125, 150, 200])
def test_no_hint_of_the_operators_fields_is_cut_off(desk: Desk, language: str, scale: int) -> None:
    program = staffed(desk, replace(PIN, language=language, text_scale=scale, sign_in="none"))
    program.console.parts.operators.add("Vera Konstantinopolskaya", Role.LEAD, "", "test")  # no PIN yet
    program.window.open_operators()
    (window,) = program.window.findChildren(OperatorsWindow)
    desk.qtbot.waitUntil(lambda: len(window.rows) == 3)
    desk.qtbot.wait(50)
    assert faults(window, language) == []
    assert window.width() <= 1366
    window.close()


def test_picking_a_name_is_one_click(desk: Desk) -> None:
    program = staffed(desk, replace(PIN, sign_in="pick"))
    assert view(program).isVisible()
    assert not view(program).pad.isVisible()
    enter(desk, program, "Boris", "")
    assert program.window.view.body.isVisible()


@pytest.mark.parametrize("how", ["pick", "pin"])
def test_without_operators_nobody_is_locked_out(desk: Desk, how: str) -> None:
    program = desk.open(replace(PIN, sign_in=how))
    desk.settled(program)
    assert program.window.view.body.isVisible()
    assert program.window.view.menus.actions_by_name["operators"].isEnabled()


def test_the_systems_user_signs_in_by_himself(desk: Desk) -> None:
    program = desk.open(replace(PIN, sign_in="os_user"))
    desk.settled(program)
    assert program.window.view.body.isVisible()
    assert program.session.name
    settings = program.window.view.menus.actions_by_name["settings"]
    assert settings.isEnabled(), "nobody could make an admin otherwise"
    program.console.parts.operators.add("Anna", Role.ADMIN, "", "test")
    program.session.follow()
    desk.qtbot.waitUntil(lambda: not settings.isEnabled())


def unreadable(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operators cannot be read from now on."""

    def fail() -> list[Operator]:
        raise OSError("the disk does not answer")

    monkeypatch.setattr(program.console.parts.operators, "all", fail)


def test_operators_that_cannot_be_read_open_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = staffed(desk)
    unreadable(program, monkeypatch)
    program.session.follow()
    desk.settled(program)
    assert program.session.locked
    assert [o.name for o in program.session.choices] == ["Anna", "Boris"]
    assert not program.session.may(Right.SETTINGS)
    assert program.console.author == ""
    assert len(program.window.view.problems.texts()) == 1
    assert view(program).message.text(), "the problems are hidden while it is locked"
    enter(desk, program, "Boris", "1234")
    assert program.session.name == "Boris"
    program.session.follow()
    desk.settled(program)
    assert program.session.name == "Boris", "whoever is at work is not thrown out"
    assert not program.session.may(Right.SETTINGS)


def test_operators_that_could_not_be_read_at_the_start_are_read_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(PIN, start=False)
    program.console.parts.operators.add("Anna", Role.ADMIN, "4711", "test")
    with monkeypatch.context() as broken:
        unreadable(program, broken)
        program.start()
        program.window.showNormal()
        desk.settled(program)
        assert program.session.locked
        assert not program.session.may(Right.OPERATORS)
        assert program.console.author == ""
        program.session._again.timeout.emit()
        desk.settled(program)
        assert len(program.window.view.problems.texts()) == 1, "said once"
        assert view(program).message.text()
    assert program.session._again.isActive()
    program.session._again.timeout.emit()
    desk.settled(program)
    assert not program.session._again.isActive()
    enter(desk, program, "Anna", "4711")
    assert program.session.may(Right.OPERATORS)


def test_after_wrong_pins_the_seconds_to_wait_are_told_for_that_name_only(desk: Desk) -> None:
    program = staffed(desk)
    shown = view(program)
    assert shown.go.isEnabled()
    for _ in range(4):
        enter(desk, program, "Boris", "9999")
    assert re.search(r"Try again in \d+ s", shown.message.text())
    assert not shown.go.isEnabled()
    enter(desk, program, "Boris", "9999")
    assert re.search(r"Try again in \d+ s", shown.message.text())
    other = next(r for r in range(shown.names.count()) if shown.names.item(r).text() != "Boris")
    shown.names.setCurrentRow(other)
    assert shown.message.text() == ""
    assert shown.go.isEnabled()
    shown.names.setCurrentItem(shown.names.findItems("Boris", Qt.MatchFlag.MatchExactly)[0])
    assert not shown.go.isEnabled()
    shown._waits["Boris"] = 0.0
    desk.qtbot.waitUntil(shown.go.isEnabled)
    assert shown.message.text() == ""


def test_a_new_pin_ends_the_wait_at_the_locked_window(desk: Desk) -> None:
    """Else the way back in that is told there leads nowhere for up to a quarter of an hour."""
    program = staffed(desk)
    for _ in range(4):
        enter(desk, program, "Boris", "9999")
    assert not view(program).go.isEnabled()
    program.console.parts.operators.set_pin("Boris", "5678", "somebody (command line)")
    view(program).pin.setText("5678")
    assert view(program).go.isEnabled()
    desk.qtbot.mouseClick(view(program).go, Qt.MouseButton.LeftButton)
    desk.settled(program)
    assert program.session.name == "Boris"
    program.session.lock()
    desk.settled(program)
    view(program).names.setCurrentItem(view(program).names.findItems("Boris", Qt.MatchFlag.MatchExactly)[0])
    assert "Try again" not in view(program).message.text()


def test_while_there_is_a_wait_no_pin_is_looked_at(desk: Desk) -> None:
    program = staffed(desk)
    for pin in ("9999", "9999", "9999", "9999", "1234"):
        enter(desk, program, "Boris", pin)
    assert program.session.locked
    assert re.search(r"Try again in \d+ s", view(program).message.text())


def test_a_mistake_in_the_settings_opens_no_console_and_is_not_written_over(desk: Desk) -> None:
    program = staffed(desk)
    path = desk.root / "data" / "settings.toml"
    desk.close(program)
    text = 'sign_in = "pni"\nroom = "R1"\n'
    path.write_text(text, encoding="utf-8")
    settings, mistake = load_usable(path)
    program = desk.open(settings, problem=mistake)
    desk.settled(program)
    assert program.session.locked
    assert not program.session.may(Right.SETTINGS)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    program.window.scale_type(10)
    desk.settled(program)
    assert path.read_text(encoding="utf-8") == text
    assert any("Nothing was written" in text for text in program.window.view.problems.texts())
    enter(desk, program, "Anna", "4711")
    program.settings.mend(replace(program.settings(), sign_in="pin"))
    desk.settled(program)
    assert load(path).sign_in == "pin"


def test_names_without_pins_are_picked_while_the_settings_cannot_be_read(desk: Desk) -> None:
    program = desk.open(PIN)
    program.console.parts.operators.add("Boris", Role.RADIOGRAPHER, "", "test")
    desk.close(program)
    path = desk.root / "data" / "settings.toml"
    path.write_text("room = ", encoding="utf-8")
    settings, mistake = load_usable(path)
    program = desk.open(settings, problem=mistake)
    desk.settled(program)
    assert program.session.how is SignIn.PICK


@pytest.mark.parametrize("scale", [100, 200])
def test_a_long_name_goes_on_in_a_second_line(desk: Desk, scale: int) -> None:
    program = staffed(desk, replace(PIN, language="ru", text_scale=scale))
    for initials in ("А. П.", "Г. С."):
        name = f"Константинопольская-Римская {initials}"
        program.console.parts.operators.add(name, Role.RADIOGRAPHER, "1234", "test")
    program.session.follow()
    desk.settled(program)
    names = view(program).names
    rects = {names.item(r).text(): names.visualItemRect(names.item(r)) for r in range(names.count())}
    long = [rect for text, rect in rects.items() if "Римская" in text]
    assert len(long) == 2
    assert all(rect.height() > rects["Boris"].height() for rect in long)
    assert not names.horizontalScrollBar().isVisible()


def test_names_that_are_just_too_long_are_whole(desk: Desk) -> None:
    program = staffed(desk, replace(PIN, language="ru"))
    for further in range(1, 20):  # two of them would look alike where the end is cut
        program.console.parts.operators.add("Ким Анна " + "и" * further, Role.RADIOGRAPHER, "1234", "test")
    program.session.follow()
    desk.settled(program)
    names = view(program).names
    room = names.viewport().width()
    rects = [names.visualItemRect(names.item(row)) for row in range(names.count())]
    assert max(rect.width() for rect in rects) <= room
    assert len({rect.height() for rect in rects}) == 2  # some go on below


def test_in_a_low_window_under_large_type_the_pad_is_whole(desk: Desk) -> None:
    program = staffed(desk, replace(PIN, language="ru", text_scale=200))
    program.window.resize(1366, 640)
    for _ in range(4):
        enter(desk, program, "Boris", "0000")
    desk.qtbot.waitUntil(lambda: bool(view(program).message.text()))
    desk.qtbot.waitUntil(lambda: faults(program.window, "ru") == [])


def test_asking_for_pins_before_anybody_has_one_locks_nobody_out(desk: Desk) -> None:
    program = desk.open(replace(PIN, sign_in="none"))
    service = program.console.parts.operators
    service.add("Anna", Role.ADMIN, "", "test")
    service.add("Boris", Role.RADIOGRAPHER, "", "test")
    program.settings.replace(PIN)
    desk.settled(program)
    assert not view(program).pad.isVisible()
    enter(desk, program, "Anna", "")
    assert program.window.view.body.isVisible()
    service.set_pin("Anna", "4711", "test")
    program.session.follow()
    desk.settled(program)
    assert program.window.view.body.isVisible(), "whoever sets the first PIN goes on working"
    program.session.lock()
    desk.settled(program)
    enter(desk, program, "Boris", "")
    assert not program.window.view.body.isVisible(), "from the first PIN on it takes one"
    service.change("Boris", "test", role=Role.ADMIN)
    service.change("Anna", "test", disabled=True)
    program.session.follow()
    desk.settled(program)
    enter(desk, program, "Boris", "")
    assert not program.window.view.body.isVisible(), "whoever leaves takes no lock off"


def test_who_is_let_in_by_the_command_line_is_offered_at_the_locked_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_AGAIN_MS", 20)
    program = staffed(desk)
    names, pin = view(program).names, view(program).pin
    pin.setText("12")
    desk.qtbot.wait(100)
    assert pin.text() == "12", "looking takes nothing away that is being entered"
    folder = ["--data-dir", str(program.console.parts.data_root)]
    monkeypatch.setattr("sys.stdin", io.StringIO("4712\n"))
    assert main(["operators", "add", "Clara", "--role", "admin", *folder], lambda *_: 1) == 0
    desk.qtbot.waitUntil(lambda: names.count() == 3)
    enter(desk, program, "Clara", "4712")
    assert program.session.may(Right.OPERATORS)
    assert not program.session._look.isActive(), "whoever works is not asked after"
    assert main(["operators", "disable", "Boris", *folder], lambda *_: 1) == 0
    program.session.lock()
    desk.qtbot.waitUntil(lambda: names.count() == 2)
