"""Sends a film with nothing to object to by itself after a countdown, where the site wants that. Off by default."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.objections import objections
from workstation.domain.order import Fit
from workstation.ui.console import Console

_HANDS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.ShortcutOverride,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.TouchBegin,
        QEvent.Type.Wheel,
    }
)


class AutoSend(QObject):
    """Counts down for the film on the stage; any key, click, touch or wheel leaves that film to the person, also one
    that came before its verdict.

    Signals:
        counting(int): seconds left; 0 where nothing is counted.

    Args:
        seconds: of the settings; 0 switches it off.
        seen: whether the window is in front, so that the film can be seen.
        in_hand: whether a person is about to decide the film: reasons or notes are open.
    """

    counting = Signal(int)

    def __init__(
        self,
        console: Console,
        seconds: int,
        seen: Callable[[], bool],
        in_hand: Callable[[], bool],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._console = console
        self._seconds = seconds
        self._seen = seen
        self._in_hand = in_hand
        self._left = 0
        self._of: int | None = None
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)

    def start(self) -> None:
        """Follow the console; not before `counting` is connected, or the film that is there now leaves unannounced."""
        if not self._seconds:
            return
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        console = self._console
        for signal in (
            console.stage_changed,
            console.updated,
            console.film_shown,
            console.undone,
            console.statuses_changed,
            console.analysis.changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Begin, go on or stop, after the film on the stage."""
        film = self._console.stage
        if film is None or not self._fit(film):
            self.stop()
        elif self._in_hand():
            self._leave(film.id)
        elif self._of != film.id:
            self._of, self._left = film.id, self._seconds
            self._tick.start()
            self.counting.emit(self._left)

    def stop(self) -> None:
        """Count no further."""
        if self._of is not None:
            self._of = None
            self._tick.stop()
            self.counting.emit(0)

    def _fit(self, film: Exposure) -> bool:
        return (
            not self._console.is_left_to_person(film)
            and not is_decided(film.state)
            and not self._console.is_deciding(film.id)
            and film.sendable
            and not film.shares_uid
            and film.taken_on == self._console.parts.worklist.now().date().isoformat()  # else an old one
            and not self._console.analysis.loading  # it may be another cascade than that of the verdict
            and not self._console.analysis.is_pending(film.id)
            and film.id not in self._console.verdicts.errors  # its verdict is an older one
            and not objections(film.verdict, film.header)
            and not self._console.parts.orders.awaited(film.header)  # perhaps the wrong patient's
            and self._console.order_check(film).fit in (Fit.UNKNOWN, Fit.FITS)
            and self._console.store.get(film.id) is not None
        )

    def _second(self) -> None:
        film = self._console.stage
        if film is None or film.id != self._of or not self._fit(film) or self._in_hand():
            self.refresh()
            return
        if not self._seen():
            self._left = self._seconds  # nobody can see the film: it waits
        else:
            self._left -= 1
        if self._left > 0:
            self.counting.emit(self._left)
            return
        self.stop()
        self._console.decide(film.id, Choice.SEND, author=AUTOMATIC)

    def _leave(self, film: int) -> None:
        self.stop()
        self._console.leave_to_person(film)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _HANDS:
            if self._of is not None:
                self._leave(self._of)
            else:  # perhaps before the verdict: there is no countdown yet to stop
                self._console.touch()
        return super().eventFilter(watched, event)
