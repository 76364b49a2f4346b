"""What the program is: version, cascade and places, for the support desk."""

from __future__ import annotations

import threading
from importlib import metadata

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from tests.support.scripted import ScriptedAnalyser
from tests.support.window import Desk, words
from workstation import __version__
from workstation.ui.about import AboutDialog
from workstation.ui.jobs import ThreadPool


def test_version_cascade_and_places_are_shown_and_copied(desk: Desk) -> None:
    program = desk.open()
    desk.settled(program)
    program.window.view.menus.actions_by_name["about"].trigger()
    dialog = program.window.findChild(AboutDialog)
    assert dialog is not None
    shown = words(dialog).replace("\u200b", "")
    settings = str(program.settings.file)
    for fact in (
        f"CXR Workstation {__version__}",
        program.console.analysis.cascade_name,
        str(program.console.parts.data_root),
        settings,
        "ONNX Runtime",
    ):
        assert fact
        assert fact in shown
    next(b for b in dialog.findChildren(QPushButton) if b.text() == "Copy").click()
    copied = QGuiApplication.clipboard().text()
    assert f"Settings: {settings}\n" in copied
    assert "\u200b" not in copied
    dialog.accept()


def test_without_a_cascade_it_says_so(desk: Desk) -> None:
    program = desk.open()
    dialog = AboutDialog("", False, program.console.parts.data_root, program.settings.file, program.window)
    dialog.show()
    assert "not assessed" in words(dialog)
    dialog.accept()


def test_a_cascade_that_is_being_loaded_is_not_told_as_none(desk: Desk) -> None:
    class Slow(ScriptedAnalyser):
        loaded = threading.Event()

        def warm_up(self) -> None:
            assert self.loaded.wait(30)

    slow = Slow()
    program = desk.open(make_pool=lambda: ThreadPool(1), analyser=slow)
    assert program.console.analysis.loading
    program.window.show_about()
    slow.loaded.set()
    dialog = program.window.findChild(AboutDialog)
    assert dialog is not None
    assert "Cascade: being loaded\n" in dialog.text()
    dialog.accept()
    desk.settled(program)


@pytest.mark.parametrize(("installed", "told"), [("onnxruntime-gpu", "1.99.0"), ("", "–")])
def test_it_opens_whatever_brings_onnx_runtime(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, installed: str, told: str
) -> None:
    """Other execution providers come in a package of another name; without any, films are shown and sent."""

    def version(name: str) -> str:
        if name != installed:
            raise metadata.PackageNotFoundError(name)
        return "1.99.0"

    program = desk.open()
    monkeypatch.setattr(metadata, "version", version)
    program.window.show_about()
    dialog = program.window.findChild(AboutDialog)
    assert dialog is not None
    assert f"ONNX Runtime {told}\n" in dialog.text()
    dialog.accept()
