"""The list of keys."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel

from tests.support.window import Desk
from workstation.ui.keys_dialog import KeysDialog


def test_a_group_stands_apart_from_the_one_above(desk: Desk) -> None:
    program = desk.open()
    program.window.show_keys()
    dialog = program.window.findChild(KeysDialog)
    assert dialog is not None
    desk.qtbot.waitUntil(dialog.isVisible)
    lines = {w.text(): w.geometry() for w in dialog.findChildren(QLabel) if w.text()}
    within = lines["Keep with note and send"].top() - lines["Send"].bottom()
    between = lines["View"].top() - lines["Older film"].bottom()
    assert between >= 2 * within
    dialog.close()


def test_no_key_of_the_menus_is_left_out(desk: Desk) -> None:
    program = desk.open()
    program.window.show_keys()
    dialog = program.window.findChild(KeysDialog)
    assert dialog is not None
    listed = {key for w in dialog.findChildren(QLabel) for key in w.text().split("   ")}
    for action in program.window.view.menus.actions_by_name.values():
        for key in action.shortcuts():
            assert key.toString(QKeySequence.SequenceFormat.NativeText) in listed, action.text()
    dialog.close()
