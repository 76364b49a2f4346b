"""Fingers on a touch screen: the way of a real touch, from the window system's queue through the whole program."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QInputDevice, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QScroller, QWidget
from pytestqt.qtbot import QtBot

from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.exposure import ExposureState
from workstation.settings.model import Settings

At = QPoint | tuple[float, float]


def screen() -> QPointingDevice:
    """The touch screen of this process; there is one."""
    for device in QInputDevice.devices():
        if isinstance(device, QPointingDevice) and device.type() is QInputDevice.DeviceType.TouchScreen:
            return device
    return QTest.createTouchDevice()


def _point(at: At) -> QPoint:
    return at if isinstance(at, QPoint) else QPoint(round(at[0]), round(at[1]))


class Hand:
    """Its fingers are numbered from 0; places are logical pixels of `widget`."""

    def __init__(self, widget: QWidget, device: QPointingDevice | None = None) -> None:
        self._widget = widget
        self._device = device or screen()
        self._at: dict[int, QPoint] = {}

    def _say(self, changed: dict[int, str]) -> None:
        sequence = QTest.touchEvent(self._widget.window(), self._device, False)
        for finger, at in self._at.items():
            here = self._widget.mapTo(self._widget.window(), at)
            # Not "stationary": Qt's test puts such a finger in the corner.
            getattr(sequence, changed.get(finger, "move"))(finger, here, self._widget.window())
        sequence.commit()

    def down(self, *places: At) -> Hand:
        """Further fingers come down together."""
        first = len(self._at)
        new = {first + number: _point(at) for number, at in enumerate(places)}
        self._at |= new
        self._say(dict.fromkeys(new, "press"))
        return self

    def move(self, *places: At, steps: int = 8) -> Hand:
        """The fingers go to `places`, one for each, in `steps`."""
        before = dict(self._at)
        for step in range(1, steps + 1):
            for finger, to in enumerate(map(_point, places)):
                self._at[finger] = before[finger] + (to - before[finger]) * step / steps
            self._say(dict.fromkeys(range(len(places)), "move"))
            QTest.qWait(8)
        return self

    def up(self, fingers: Iterable[int] | None = None) -> Hand:
        """They are lifted, all or some."""
        lifted = list(self._at) if fingers is None else list(fingers)
        self._say(dict.fromkeys(lifted, "release"))
        for finger in lifted:
            del self._at[finger]
        QTest.qWait(5)
        return self


def tap(widget: QWidget, at: At | None = None) -> None:
    """One finger down and up, and what it does."""
    Hand(widget).down(at or widget.rect().center()).up()


def scroll(area: QAbstractScrollArea, at: QPoint | None = None, by: int = 150) -> int:
    """A finger pushes the contents up; how far they went, the movement after it included."""
    bar, view = area.verticalScrollBar(), area.viewport()
    before, start = bar.value(), at or view.rect().center()
    Hand(view).down(start).move(start - QPoint(0, by), steps=12).up()
    QTest.qWait(120)
    return bar.value() - before


def rest(area: QAbstractScrollArea, qtbot: QtBot) -> None:
    """Wait until the movement after a push is over."""
    scroller = QScroller.scroller(area.viewport())
    qtbot.waitUntil(lambda: scroller.state() is QScroller.State.Inactive)


def full(desk: Desk, films: int = 14) -> Program:
    """A program with so many films, everything in its place."""
    program = desk.open(Settings(language="en", operator="Ivanova", undo_seconds=600.0))
    for _ in range(films):
        desk.arrive(program)
    desk.settled(program)
    QTest.qWait(50)
    return program


def decided(program: Program) -> list[ExposureState]:
    """What has become of the films that are decided."""
    return [e.state for e in program.console.exposures if e.state is not ExposureState.ANALYSED]
