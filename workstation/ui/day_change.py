"""Tells when the local date has become another: at midnight, after a sleep over it, when the clock was set."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from workstation.services.clock import Clock

# A timer stands still while the computer sleeps and knows nothing of a clock that is set: it never runs for longer.
_LONGEST_MS = 5 * 60 * 1000
# Qt's timers may be early by a twentieth; the last of them before midnight must not fire over and over.
_SHORTEST_MS = 1000


class DayChange(QObject):
    """One timer, armed anew each time for the next midnight.

    Signals:
        changed: the date is another than when it was last looked at; also an earlier one.

    Args:
        clock: gives the local time.
    """

    changed = Signal()

    def __init__(self, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._day: date | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._application_changed)

    def start(self) -> None:
        """Watch from now on; today is the day that is known."""
        self._day = self._clock().date()
        self._look()

    def stop(self) -> None:
        """Watch no longer."""
        self._day = None
        self._timer.stop()

    def _application_changed(self, state: Qt.ApplicationState) -> None:
        # Whoever comes back to a console that slept need not wait for the timer.
        if state is Qt.ApplicationState.ApplicationActive and self._day is not None:
            self._look()

    def _look(self) -> None:
        now = self._clock()
        self._timer.start(_until_midnight_ms(now))
        if now.date() != self._day:
            self._day = now.date()
            self.changed.emit()


def _until_midnight_ms(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    left = (midnight - now) / timedelta(milliseconds=1)
    return int(min(_LONGEST_MS, max(_SHORTEST_MS, left + 1)))
