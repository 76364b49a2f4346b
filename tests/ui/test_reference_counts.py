"""PySide6 6.12.0 drops a reference to None per call and aborts after some thousand: the pin must hold."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

_CALLS = 20_000


class _Sender(QObject):
    sent = Signal(int)


def test_calls_that_return_none_leave_its_references_alone(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for number in range(_CALLS):
        label.setText(str(number % 7))
    assert abs(sys.getrefcount(None) - before) < _CALLS // 10


@pytest.mark.usefixtures("qapp")
def test_emitting_leaves_the_references_of_true_alone() -> None:
    sender = _Sender()
    sender.sent.connect(lambda _number: None)
    before = sys.getrefcount(True)
    for number in range(_CALLS):
        sender.sent.emit(number)
    assert abs(sys.getrefcount(True) - before) < _CALLS // 10
