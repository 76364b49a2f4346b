"""What waits for what: nothing a person asks for waits for a share that hangs, and nothing chosen is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from tests.support.pools import HeldPool
from tests.support.window import Desk
from workstation.services.folder_watcher import FolderWatcher
from workstation.settings import file
from workstation.settings.model import Settings
from workstation.ui import incoming, parts
from workstation.ui.jobs import ThreadPool

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def test_a_watched_share_that_hangs_holds_up_no_file_opened_by_hand(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = threading.Event(), threading.Event()

    def hang(_watcher: FolderWatcher) -> list[Path]:
        asked.set()
        answers.wait()
        return []

    monkeypatch.setattr(FolderWatcher, "poll", hang)
    watching = replace(SETTINGS, watch_folders=(str(desk.root),))
    program = desk.open(watching, make_pool=lambda: ThreadPool(1))
    try:
        desk.qtbot.waitUntil(asked.is_set)
        program.console.open_paths([desk.film()], by_hand=True)
        desk.qtbot.waitUntil(lambda: program.console.stage is not None)
    finally:
        answers.set()
    desk.settled(program)


def test_a_watched_share_that_hangs_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def hang(_watcher: FolderWatcher) -> list[Path]:
        answers.wait()
        return []

    monkeypatch.setattr(FolderWatcher, "poll", hang)
    monkeypatch.setattr(incoming, "SILENT_S", 0.2)
    monkeypatch.setattr(incoming, "WATCH_MS", 50)
    folders = (str(desk.root), str(desk.root / "other"))
    program = desk.open(replace(SETTINGS, watch_folders=folders), make_pool=lambda: ThreadPool(1))
    said = program.window.view.top.folders
    try:
        desk.qtbot.waitUntil(lambda: program.console.unreachable_folders == tuple(map(Path, folders)))
        assert "not reachable" in said.text.text()
        # Chosen anew, they wait behind the one that hangs.
        program.settings.replace(replace(SETTINGS, watch_folders=folders[:1]))
        desk.qtbot.waitUntil(lambda: program.console.unreachable_folders == (desk.root,))
    finally:
        answers.set()
    desk.qtbot.waitUntil(lambda: program.console.unreachable_folders == ())
    assert "watched" in program.window.view.top.folders.text.text()
    desk.settled(program)


def test_at_the_end_the_log_says_which_worker_hangs(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(parts, "_END_MS", 50)
    owner = QObject(qapp)
    workers, begun, go_on = parts.Workers(owner), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        go_on.wait()

    try:
        workers.folders.run_task(hang, lambda _: None)
        assert begun.wait(5)
        assert not workers.close()
        assert [record.getMessage() for record in caplog.records] == ["a worker hangs: folders"]
    finally:
        go_on.set()
        assert workers.folders._pool.drain(5000)
        owner.deleteLater()


def test_settings_changed_just_before_the_end_are_written(desk: Desk) -> None:
    program = desk.open(SETTINGS, make_pool=lambda: HeldPool(held=True), start=False)
    program.settings.replace(replace(SETTINGS, room="Room 7"))
    program.close()
    (written,) = (desk.root / "data").rglob("settings.toml")
    assert file.load(written).room == "Room 7"
