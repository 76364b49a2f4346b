"""The first start: short, skippable, by keyboard, and only where nobody has chosen anything yet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel

from tests.support.ports import free_port
from tests.support.window import Desk
from workstation.app import Program
from workstation.settings.file import load
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.ui.setup import SetupDialog


def dialog(program: Program) -> SetupDialog:
    shown = [w for w in program.window.findChildren(SetupDialog) if w.isVisible()]
    assert len(shown) == 1
    return shown[0]


def first_start(desk: Desk) -> Program:
    program = desk.open(Settings(language="en"), start=False)
    program.start(setup=True)
    program.window.showNormal()
    desk.settled(program)
    return program


def test_four_steps_set_the_console_up_in_the_language_chosen(desk: Desk) -> None:
    program = first_start(desk)
    shown = dialog(program)
    shown.console.editors["language"].set("ru")
    shown.console.editors["room"].set("Кабинет 4")
    shown.next.click()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    shown = dialog(program)
    assert shown.step.text() == "Шаг 2 из 4", "goes on in the new language"
    shown.next.click()
    shown.destination.editors["host"].set("127.0.0.1")
    shown.destination.editors["port"].set(free_port())
    shown.next.click()
    assert shown.pages.currentIndex() == 2, "an AE title is missing"
    shown.destination.editors["called_ae"].set("PACS")
    shown.peer_test.ask.click()
    desk.qtbot.waitUntil(lambda: "не принимает" in shown.peer_test.answer.text())
    shown.next.click()
    desk.qtbot.waitUntil(lambda: "Работает. Прямая, " in shown.verdict.text(), timeout=20_000)
    shown.next.click()
    desk.settled(program)
    written = load(desk.root / "data" / "settings.toml")
    assert (written.language, written.room) == ("ru", "Кабинет 4")
    assert [d.called_ae for d in written.destinations] == ["PACS"]


def test_skipping_keeps_the_defaults_and_is_remembered(desk: Desk) -> None:
    program = first_start(desk)
    assert not (desk.root / "data" / "settings.toml").exists()
    desk.qtbot.keyClick(dialog(program).skip, Qt.Key.Key_Space)
    desk.settled(program)
    assert (desk.root / "data" / "settings.toml").exists(), "it does not come again"
    assert load(desk.root / "data" / "settings.toml") == Settings()
    film = desk.arrive(program)
    assert program.console.get(film.id) is not None


def test_films_go_on_arriving_meanwhile_and_it_opens_again_from_the_menu(desk: Desk) -> None:
    program = first_start(desk)
    desk.arrive(program)
    dialog(program).skip.click()
    desk.settled(program)
    program.window.view.menus.actions_by_name["setup"].trigger()
    assert dialog(program).step.text() == "Step 1 of 4"
    dialog(program).close()
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, SetupDialog) and w.isVisible()]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_its_buttons_stay_on_a_small_screen_under_the_largest_type(desk: Desk, language: str) -> None:
    program = desk.open(Settings(language=language, text_scale=200))
    program.window.open_setup()
    shown = dialog(program)
    for page in range(1, shown.pages.count()):
        shown._turn(1)
        desk.settled(program)
        assert shown.minimumSizeHint().height() <= 560, f"page {page} at 1366 x 768, 125 %"
    shown._turn(-1)
    host = shown.destination.editors["host"]
    host.set("127.0.0.1")
    shown.resize(shown.width(), 400)
    shown.next.click()
    desk.qtbot.waitUntil(lambda: not shown.destination.editors["called_ae"].focus.visibleRegion().isEmpty())


def test_a_destination_whose_host_was_forgotten_is_not_dropped_unsaid(desk: Desk) -> None:
    program = first_start(desk)
    shown = dialog(program)
    shown.next.click()
    shown.next.click()
    shown.destination.editors["called_ae"].set("PACS")
    shown.next.click()
    assert shown.pages.currentIndex() == 2
    assert [w.text() for w in shown.destination.findChildren(QLabel) if w.text().startswith("This must")]
    shown.destination.editors["called_ae"].set("")
    shown.next.click()
    assert shown.pages.currentIndex() == 3, "left as it was it is skipped"
    shown.next.click()
    desk.settled(program)


def test_a_destination_cannot_take_the_name_of_another(desk: Desk) -> None:
    two = tuple(Destination(name, "127.0.0.1", free_port(), name) for name in ("FIRST", "SECOND"))
    program = desk.open(Settings(language="en", destinations=two))
    program.window.open_setup()
    shown = dialog(program)
    shown._turn(2)
    shown.destination.editors["name"].set("SECOND")
    shown.next.click()
    assert shown.pages.currentIndex() == 2
    assert any(w.text() == "Another destination has this name." for w in shown.findChildren(QLabel))
    assert program.settings().destinations == two
    shown.destination.editors["name"].set("FIRST")
    shown.next.click()
    assert shown.pages.currentIndex() == 3
