"""The date becomes another: told once, at midnight, after a sleep, and when the clock was set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.console import START, Clock
from workstation.ui.day_change import DayChange

MINUTE_MS = 60_000


@pytest.fixture
def clock() -> Clock:
    return Clock(START.replace(hour=23, minute=0))


@pytest.fixture
def day(clock: Clock, qapp: QApplication, leaves_nothing: None) -> Iterator[DayChange]:
    del qapp, leaves_nothing
    made = DayChange(clock)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def told(day: DayChange, clock: Clock) -> list[datetime]:
    times: list[datetime] = []
    day.changed.connect(lambda: times.append(clock.now))
    return times


def fire(day: DayChange) -> None:
    assert day._timer.isActive()
    day._timer.timeout.emit()


def test_it_comes_at_midnight_by_itself(qtbot: QtBot, leaves_nothing: None) -> None:
    del leaves_nothing
    begun, start = time.monotonic(), START.replace(hour=23, minute=59, second=59, microsecond=800_000)
    day = DayChange(lambda: start + timedelta(seconds=time.monotonic() - begun))
    with qtbot.waitSignal(day.changed, timeout=5000):
        day.start()
    assert day._timer.isActive()
    day.stop()


def test_the_timer_runs_to_midnight_and_never_long(day: DayChange, clock: Clock) -> None:
    assert day._timer.isSingleShot()
    assert day._timer.interval() == 5 * MINUTE_MS
    clock.forward(58 * 60)
    fire(day)
    assert day._timer.interval() == pytest.approx(2 * MINUTE_MS, abs=2)
    clock.forward(119.99)
    fire(day)
    assert day._timer.interval() == 1000


def test_a_timer_that_is_early_tells_nothing_and_is_armed_anew(
    day: DayChange, clock: Clock, told: list[datetime]
) -> None:
    clock.forward(59 * 60 + 59)
    fire(day)
    assert told == []
    clock.forward(1)
    fire(day)
    fire(day)
    assert told == [START.replace(hour=0) + timedelta(days=1)]
    assert day._timer.interval() == 5 * MINUTE_MS


@pytest.mark.parametrize("hours", [9, 9 + 7 * 24, -24], ids=["a night", "a week", "clock set back"])
def test_whatever_was_slept_or_set_it_is_told_once(
    day: DayChange, clock: Clock, told: list[datetime], hours: int
) -> None:
    clock.forward(hours * 3600)
    fire(day)
    fire(day)
    assert len(told) == 1


def test_whoever_comes_back_to_the_window_does_not_wait_for_the_timer(
    day: DayChange, clock: Clock, told: list[datetime], qapp: QApplication
) -> None:
    clock.forward(9 * 3600)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    assert told == []
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert len(told) == 1
    assert day._timer.isActive()


def test_stopped_it_tells_nothing(
    day: DayChange, clock: Clock, told: list[datetime], qapp: QApplication
) -> None:
    day.stop()
    clock.forward(9 * 3600)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert told == []
    assert not day._timer.isActive()
