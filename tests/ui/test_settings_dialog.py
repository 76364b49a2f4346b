"""The settings dialog: fields, pages, search, destinations, profiles."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from tests.support.pools import ImmediatePool
from tests.support.window import Desk, words
from workstation.domain.errors import DeliveryFailed
from workstation.settings import file
from workstation.settings.model import Settings, describe
from workstation.settings.network import Destination, Listener, WorklistPeer
from workstation.ui.jobs import Jobs
from workstation.ui.settings.dialog import SettingsDialog


@pytest.fixture
def dialog(qtbot: QtBot) -> SettingsDialog:
    def refuse(peer: Destination | WorklistPeer) -> float:
        if peer.port == 104:
            return 12.0
        raise DeliveryFailed("refused", "It refuses connections.", "Check the port.")

    made = SettingsDialog(Settings(language="en"), "en", refuse, Jobs(ImmediatePool()))
    qtbot.addWidget(made)
    return made


def put(dialog: SettingsDialog, page: str, **values: object) -> None:
    for key, value in values.items():
        dialog.forms[page].editors[key].set(value)


def add(dialog: SettingsDialog, **values: object) -> None:
    dialog.destinations.add.click()
    for key, value in values.items():
        dialog.destinations.form.editors[key].set(value)


def test_settings_are_kept_and_in_force(desk: Desk) -> None:
    program = desk.open()
    program.window.open_settings()
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    put(dialog, "console", room="Room 7", theme="light")
    add(dialog, host="pacs.example", called_ae="PACS")
    dialog.save.click()
    assert "Room 7" in words(program.window.view.top)
    kept = file.load(desk.root / "data" / "settings.toml")
    assert (kept.room, kept.theme) == ("Room 7", "light")
    assert kept.destinations == (Destination("PACS", "pacs.example", 104, "PACS"),)


def test_the_way_to_watch_a_folder_leads_to_the_button_that_adds_one(desk: Desk) -> None:
    program = desk.open()
    program.window.view.stage.empty.watch.click()
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    assert dialog.page == "films"
    focus = dialog.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Add …"
    dialog.close()


def test_the_search_shows_what_it_found_and_says_when_there_is_nothing(
    dialog: SettingsDialog, qtbot: QtBot
) -> None:
    dialog.show()
    dialog.search.setText("tls")
    marked = [w for w in dialog.findChildren(QLabel) if w.property("tone") == "accent"]
    assert marked
    assert all("tls" in w.text().casefold() for w in marked)
    assert any(not w.visibleRegion().isEmpty() for w in marked), "it is in sight"
    dialog.search.setText("no such words")
    assert any(w.text() == "Nothing found" and w.isVisible() for w in dialog.findChildren(QLabel))
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert dialog.search.text() == ""
    assert not [w for w in dialog.findChildren(QLabel) if w.property("tone") == "accent"]
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_number_that_a_field_rounds_is_no_change_to_ask_about(qtbot: QtBot) -> None:
    settings = Settings(language="en", typical_dose_frontal_msv=0.0213)
    made = SettingsDialog(settings, "en", lambda _peer: 1.0, Jobs(ImmediatePool()))
    qtbot.addWidget(made)
    made.show()
    qtbot.keyClick(made, Qt.Key.Key_Escape)
    assert not made.isVisible()


def test_escape_does_not_throw_changes_away_unasked(dialog: SettingsDialog, qtbot: QtBot) -> None:
    dialog.show()
    put(dialog, "console", room="Room 7")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert "not saved" in dialog.problem.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.result_settings == Settings(language="en")


def test_every_setting_that_is_declared_has_a_field_a_name_and_a_page(dialog: SettingsDialog) -> None:
    shown = {key for form in dialog.forms.values() for key in form.editors}
    assert {"listener", "worklist"} <= set(dialog.forms)
    for kind in (Settings, Listener, WorklistPeer):
        assert set(describe(kind)) - {"listener", "worklist", "destinations"} <= shown
    assert set(describe(Destination)) == set(dialog.destinations.form.editors)
    assert all(label.text() for label in dialog.findChildren(QLabel) if label.buddy() is not None)


def test_what_is_entered_comes_out_as_it_was(dialog: SettingsDialog) -> None:
    dialog.save.click()
    assert dialog.result_settings == Settings(language="en")


def test_a_field_goes_back_to_its_default(dialog: SettingsDialog) -> None:
    put(dialog, "sending", undo_seconds=33.0)
    form = dialog.forms["sending"]
    reset = form._resets["undo_seconds"]
    assert reset.isVisibleTo(dialog.forms["sending"])
    reset.click()
    assert form.value().undo_seconds == Settings().undo_seconds
    assert not reset.isVisibleTo(dialog.forms["sending"])


def test_a_destination_needs_an_ae_title(dialog: SettingsDialog) -> None:
    add(dialog, host="pacs.example")
    dialog.save.click()
    assert dialog.pages.currentItem().text() == "Sending"
    assert "must be filled in" in words(dialog.destinations.form)
    assert dialog.result() != QDialog.DialogCode.Accepted


def test_several_destinations_are_added_copied_and_removed(dialog: SettingsDialog) -> None:
    add(dialog, name="PACS", host="pacs.example", called_ae="PACS", wants_annotated=True)
    dialog.destinations.copy.click()
    dialog.destinations.form.editors["name"].set("PACS")
    dialog.save.click()
    assert "Another destination has this name." in words(dialog.destinations.form)
    dialog.destinations.form.editors["name"].set("Archive")
    add(dialog, name="Third", host="third.example", called_ae="THIRD")
    dialog.destinations.list.setCurrentRow(0)
    dialog.destinations.remove.click()
    dialog.save.click()
    assert [d.name for d in dialog.result_settings.destinations] == ["Archive", "Third"]
    assert dialog.result_settings.destinations[0].wants_annotated


def test_the_listener_s_settings_are_checked_and_kept(dialog: SettingsDialog) -> None:
    put(dialog, "listener", enabled=True, port=104, allowed_hosts=("10.0.0.0/8", "the next room"))
    dialog.save.click()
    assert "the next room" in words(dialog.forms["listener"])
    put(dialog, "listener", allowed_hosts=("10.0.0.0/8", "192.0.2.7"))
    dialog.forms["listener"].editors["allowed_ae_titles"].focus.setText("CR1,, CR2 ,CR1")  # type: ignore[attr-defined]
    dialog.save.click()
    assert dialog.result_settings.listener == Listener(
        enabled=True, port=104, allowed_ae_titles=("CR1", "CR2"), allowed_hosts=("10.0.0.0/8", "192.0.2.7")
    )


def test_the_connection_can_be_tested(dialog: SettingsDialog) -> None:
    add(dialog, host="pacs.example", called_ae="PACS")
    tester = dialog.destinations.peer_test
    tester.ask.click()
    assert "12 ms" in tester.answer.text()
    dialog.destinations.form.editors["port"].set(11112)
    assert tester.answer.text() == ""
    tester.ask.click()
    assert "Check the port." in tester.answer.text()
    dialog.worklist_test.ask.click()
    assert "Give host" in dialog.worklist_test.answer.text()


def test_a_search_leaves_the_pages_that_speak_of_it(dialog: SettingsDialog) -> None:
    dialog.search.setText("reject rate")
    left = [
        dialog.pages.item(i).text()
        for i in range(dialog.pages.count())
        if not dialog.pages.item(i).isHidden()
    ]
    assert left == ["Statistics"]
    assert dialog.pages.currentItem().text() == "Statistics"


def test_a_profile_is_shown_in_the_fields_before_it_is_saved(dialog: SettingsDialog, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    archive = '[[destinations]]\nname = "Archive"\nhost = "a"\nport = 104\ncalled_ae = "A"\n'
    profile.write_text(f"undo_seconds = 44.0\n{archive}")
    dialog.profile.take_in(profile)
    assert "undo_seconds, destinations: Archive" in dialog.problem.text()
    assert dialog.result_settings.undo_seconds != 44.0, "nothing is in force yet"
    dialog.save.click()
    assert dialog.result_settings.undo_seconds == 44.0
    assert [d.name for d in dialog.result_settings.destinations] == ["Archive"]
    dialog.profile.write_out(tmp_path / "out.toml")
    assert "Saved" in dialog.problem.text()
    profile.write_text("undo_seconds = 'soon'\n")
    dialog.profile.take_in(profile)
    assert "line 1" in dialog.problem.text()


def test_a_profile_that_cannot_be_written_leaves_the_one_before(
    dialog: SettingsDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("# the site's\nundo_seconds = 44.0\n")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        dialog.profile.write_out(profile)
    assert "cannot be written" in dialog.problem.text()
    assert profile.read_text() == "# the site's\nundo_seconds = 44.0\n"
    dialog.profile.write_out(profile)
    assert "Saved" in dialog.problem.text()
    assert "44" not in profile.read_text(), "nothing of the old one is left in the new one"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_of_settings_ends_with_its_last_line(desk: Desk, language: str) -> None:
    """A scroll bar with nothing more to show made people look for settings that are not there."""
    program = desk.open(Settings(language=language, operator="Ivanova"))
    program.window.open_settings()
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    for number in range(dialog.pages.count()):
        dialog.pages.setCurrentRow(number)
        area = dialog.stack.currentWidget()
        assert isinstance(area, QScrollArea)
        desk.qtbot.waitUntil(area.isVisible)
        body, room = area.widget(), area.viewport().height()
        desk.qtbot.waitUntil(
            lambda body=body, room=room: body.height() == max(room, body.heightForWidth(body.width()))
        )
    dialog.close()


@pytest.mark.parametrize("opened", ["console", "sending"])
def test_a_field_that_is_to_be_corrected_is_in_sight(desk: Desk, opened: str) -> None:
    """Whichever page is open, and wherever it was scrolled to."""
    peer = Destination("PACS", "pacs.example", 104, "PACS")
    program = desk.open(Settings(language="en", operator="Ivanova", destinations=(peer,)))
    program.window.open_settings()
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    dialog.show_page(opened)
    area = dialog.stack.currentWidget()
    assert isinstance(area, QScrollArea)
    bar = area.verticalScrollBar()
    desk.qtbot.waitUntil(lambda: opened == "console" or bar.maximum() > 0)
    bar.setValue(bar.maximum())
    form = dialog.destinations.form
    form.editors["host"].set("")
    dialog.save.click()
    assert dialog.page == "sending"
    for part in (form.editors["host"].focus, form._errors["host"]):
        desk.qtbot.waitUntil(lambda part=part: part.visibleRegion().boundingRect() == part.rect())
    dialog.reject()
