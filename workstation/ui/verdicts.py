"""Verdicts of the films of the list: asked for where they are due, in force at once, recorded when the database can."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workstation.domain.errors import KnownError, UnreadableFilm
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.findings import Source, Verdict
from workstation.domain.projection import Projection
from workstation.mistakes import log_mistake
from workstation.ui.analysis_queue import AnalysisQueue
from workstation.ui.jobs import Jobs, Outcome

if TYPE_CHECKING:
    from workstation.services.disposition import DispositionService

_log = logging.getLogger(__name__)


class Verdicts(QObject):
    """What the cascade says of each film, and what is to be asked of it.

    Args:
        analysis: the cascade's queue.
        disposition: records verdicts; called in `jobs`.
        find: a film of the list, None where it is there no more: nothing is recorded of such a film.

    Signals:
        came(int): this film has a verdict that the database does not have yet; see `in_force`.
        recorded(Exposure): the database has it.
        not_recorded(BaseException): the database would not; the verdict stays in force and is tried again.
        failed(int): this film could not be assessed; see `errors`.
    """

    came = Signal(int)
    recorded = Signal(object)
    not_recorded = Signal(object)
    failed = Signal(int)

    def __init__(
        self,
        analysis: AnalysisQueue,
        disposition: DispositionService,
        jobs: Jobs,
        find: Callable[[int], Exposure | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._analysis = analysis
        self._disposition = disposition
        self._jobs = jobs
        self._find = find
        self.errors: dict[int, BaseException] = {}
        """Why films could not be assessed, by exposure; until each is asked again."""
        self._unrecorded: dict[int, Verdict] = {}
        self._refused: set[int] = set()  # of these, the database would not record them
        self._named: dict[int, Projection | None] = {}
        analysis.verdict_ready.connect(self._ready)
        analysis.failed.connect(self._not_assessed)

    def in_force(self, exposure: Exposure) -> Exposure:
        """A film as it was read from the database, with the verdict that is not recorded yet."""
        verdict = self._unrecorded.get(exposure.id)
        return exposure if verdict is None else replace(exposure, verdict=verdict)

    def never_asked(self, exposure: Exposure) -> bool:
        """It was not assessed, is not being assessed, and was not tried in vain."""
        asked = self._analysis.is_pending(exposure.id) or exposure.id in self.errors
        return exposure.verdict is None and not asked

    def unread(self, exposure: Exposure) -> bool:
        """It was to be assessed, and its copy could not be read: it may come again, whole."""
        return isinstance(self.errors.get(exposure.id), UnreadableFilm | OSError)

    def busy(self, exposure_id: int) -> bool:
        """It is being assessed, or what was found is not recorded yet."""
        return self._analysis.is_pending(exposure_id) or exposure_id in self._unrecorded

    def ask_if_due(self, exposure: Exposure) -> None:
        """Assess a film that waits for a decision and was not assessed yet, or by the cascade of an earlier run."""
        if is_decided(exposure.state) or self._analysis.is_pending(exposure.id):
            return
        if exposure.id in self.errors:
            return
        if exposure.verdict is None:
            self._ask(exposure)
        elif exposure.verdict.cascade != (self._analysis.cascade_name or exposure.verdict.cascade):
            self.ask_anew(exposure)

    def ask_anew(self, exposure: Exposure) -> None:
        """Assess again, in the projection that a person set."""
        found = exposure.verdict.projection if exposure.verdict is not None else None
        set_before = found.label if found is not None and found.source is Source.USER else None
        self._ask(exposure, self._named.get(exposure.id, set_before))

    def ask_named(self, exposure: Exposure, projection: Projection | None) -> None:
        """Assess again in the projection that a person names; None: in the model's."""
        self._named[exposure.id] = projection
        self._ask(exposure, projection)

    def record_again(self) -> None:
        """Try once more what the database would not record."""
        for exposure_id in sorted(self._refused):
            self._record(exposure_id, self._unrecorded[exposure_id])

    def forget(self, exposure_id: int) -> None:
        """The film left the list."""
        self._named.pop(exposure_id, None)
        self.errors.pop(exposure_id, None)

    def _ask(self, exposure: Exposure, projection: Projection | None = None) -> None:
        self.errors.pop(exposure.id, None)
        self._analysis.ask(exposure, projection)

    def _ready(self, exposure_id: int, verdict: Verdict) -> None:
        if self._find(exposure_id) is None:
            return
        # Shown at once; what the database says before it is recorded does not take it away again.
        self._unrecorded[exposure_id] = verdict
        self.came.emit(exposure_id)
        self._record(exposure_id, verdict)

    def _record(self, exposure_id: int, verdict: Verdict) -> None:
        again = exposure_id in self._refused
        self._refused.discard(exposure_id)

        def done(outcome: Outcome[Exposure]) -> None:
            newest = self._unrecorded.get(exposure_id) is verdict
            if outcome.value is not None:
                if newest:
                    del self._unrecorded[exposure_id]
                self.recorded.emit(outcome.value)
            elif outcome.error is not None:
                # It stays in force: an earlier one, without this one's warning, would come back.
                if newest:
                    self._refused.add(exposure_id)
                if not again:
                    self.not_recorded.emit(outcome.error)

        self._jobs.run_task(lambda: self._disposition.record_verdict(exposure_id, verdict), done)

    def _not_assessed(self, exposure_id: int, error: BaseException) -> None:
        self.errors[exposure_id] = error
        if not isinstance(error, KnownError):
            log_mistake(_log, error, "analysis of exposure %d failed", exposure_id)
        self.failed.emit(exposure_id)
