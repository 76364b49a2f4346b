"""Which other films belong to the one on the stage; looked up beside the window, never in it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workstation.domain.errors import KnownError
from workstation.domain.study import Companions
from workstation.mistakes import log_mistake
from workstation.ui.jobs import Jobs, Outcome

_log = logging.getLogger(__name__)


class CompanionFinder(QObject):
    """Keeps the companions of the film on the stage.

    Signals:
        changed(): they were found, or are others now.
    """

    changed = Signal()

    def __init__(self, find: Callable[[int], Companions], jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._find = find
        self._jobs = jobs
        self._of: int | None = None
        self._found = Companions()
        self._asked: int | None = None

    def of(self, exposure_id: int | None) -> Companions:
        """What is known of a film's companions by now; empty for any film but the one followed."""
        return self._found if exposure_id is not None and exposure_id == self._of else Companions()

    def follow(self, exposure_id: int | None) -> None:
        """Look up the companions of the film that came to the stage, or again after a decision."""
        if exposure_id != self._of:
            self._of, self._found = exposure_id, Companions()
        if exposure_id is None or exposure_id == self._asked:
            return  # what is asked already and not yet looked up will be up to date
        self._asked = exposure_id

        def look_up() -> Companions:  # in the worker: what is asked from now on is asked anew
            self._asked = None
            return self._find(exposure_id)

        def done(outcome: Outcome[Companions]) -> None:
            # A failed look-up costs a remark, never the film.
            if outcome.error is not None and not isinstance(outcome.error, KnownError):
                log_mistake(_log, outcome.error, "the companions of exposure %d were not found", exposure_id)
            found = outcome.value or Companions()
            if exposure_id == self._of and found != self._found:
                self._found = found
                self.changed.emit()

        self._jobs.run_task(look_up, done)
