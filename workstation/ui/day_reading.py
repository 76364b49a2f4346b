"""The day's films and the destinations' states, read anew beside the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from workstation.domain.delivery import DestinationStatus
from workstation.domain.derived import NotMade
from workstation.domain.exposure import Exposure, is_decided
from workstation.services.reception import ListenerStatus
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.parts import Parts

_MOMENT_MS = 100


@dataclass(frozen=True, slots=True)
class DayState:
    """What was read; `past` are films of the list that another day brought, `lost` what could not be made."""

    films: list[Exposure]
    past: list[int]
    statuses: list[DestinationStatus]
    listener: ListenerStatus | None
    lost: list[NotMade]


class DayReader(QObject):
    """Reads when it is asked to.

    Args:
        known: the films of the list; called by the worker.
        told: gets what was read, and whether it was the first reading: with older films that wait for a decision, too.
    """

    def __init__(
        self,
        parts: Parts,
        jobs: Jobs,
        known: Callable[[], Sequence[Exposure]],
        told: Callable[[Outcome[DayState], bool], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts = parts
        self._jobs = jobs
        self._known = known
        self._told = told
        self._timer = QTimer(self, singleShot=True, interval=_MOMENT_MS)
        self._timer.timeout.connect(self.now)
        self._reading = 0
        self._outdated = False  # something changed since the reading under way began
        self._owed = False  # the first reading failed: what it alone reads is owed

    def soon(self) -> None:
        """One reading for all that changes within a moment, one at a time, however fast films leave."""
        if self._reading:
            self._outdated = True
        elif not self._timer.isActive():
            self._timer.start()

    def now(self, *, first: bool = False) -> None:
        """Read at once; `first`: older films that wait for a decision, too."""
        first, self._owed = first or self._owed, False

        def done(outcome: Outcome[DayState]) -> None:
            self._reading -= 1
            self._outdated |= asked and outcome.error is not None
            if self._outdated and not self._reading:
                self._outdated = False
                self.soon()
            self._owed |= first and outcome.value is None
            self._told(outcome, first)

        asked = self._timer.isActive()
        self._timer.stop()  # what it was started for is read now, or it is asked for again
        self._reading += 1
        self._jobs.run_task(lambda: self._read(first), done)

    def stop(self) -> None:
        """Read no more by itself."""
        self._timer.stop()

    def _read(self, first: bool) -> DayState:
        worklist = self._parts.worklist
        films = {e.id: e for e in worklist.today()}
        if first:
            films |= {e.id: e for e in worklist.undecided()}
        known = self._known()
        past = [e for e in known if e.id not in films]
        # What waits for a decision changes by what is done here alone, and by a film that comes under its UID; of
        # months there may be thousands.
        shared = {e.header.sop_instance_uid for e in (*known, *films.values()) if e.shares_uid}
        for film in past:
            if is_decided(film.state) or (not film.shares_uid and film.header.sop_instance_uid in shared):
                films[film.id] = worklist.get(film.id)
        lost = worklist.not_made() if first else []
        statuses, listener = self._parts.delivery.statuses(), self._parts.listening.status()
        return DayState(list(films.values()), [e.id for e in past], statuses, listener, lost)
