"""Films waiting for the cascade: in the order of arrival, the one on the stage first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workstation.domain.errors import CascadeUnavailable
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.ui.film_store import FilmStore
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.parts import Analyser

if TYPE_CHECKING:
    from workstation.services.film import Film


class AnalysisQueue(QObject):
    """One film at a time through the cascade. A failing cascade costs a verdict, never a film."""

    verdict_ready = Signal(int, object)
    failed = Signal(int, object)
    changed = Signal()

    def __init__(
        self,
        make_analyser: Callable[[], Analyser],
        read_film: Callable[[Path], Film],
        store: FilmStore,
        jobs: Jobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._make = make_analyser
        self._read = read_film
        self._store = store
        self._jobs = jobs
        self._analyser: Analyser | None = None
        self._loading = False
        self._waiting: dict[int, tuple[Exposure, Projection | None]] = {}
        self._running: int | None = None
        self._stale: set[int] = set()
        self._problem: BaseException | None = None
        self.first: Callable[[], int | None] = lambda: None

    @property
    def unavailable(self) -> BaseException | None:
        """Why no film can be analysed, or None."""
        if self._problem is not None:
            return self._problem
        return self._analyser.unavailable if self._analyser is not None else None

    @property
    def loading(self) -> bool:
        """True while the cascade itself is being loaded."""
        return self._loading

    @property
    def cascade_name(self) -> str:
        ready = self._analyser is not None and self.unavailable is None
        return self._analyser.cascade_name if ready and self._analyser is not None else ""

    def load_cascade(self) -> None:
        """(Re)load the cascade on the worker; films wait meanwhile."""
        self._loading = True
        self._problem = None

        def work() -> Analyser:
            analyser = self._make()
            if analyser.unavailable is None:
                analyser.warm_up()
            return analyser

        self._jobs.run_task(work, self._loaded)
        self.changed.emit()

    def ask(self, exposure: Exposure, projection: Projection | None = None) -> None:
        """Queue a film; a second question about the same film replaces the first."""
        if exposure.id == self._running:
            self._stale.add(exposure.id)
        self._waiting[exposure.id] = (exposure, projection)
        self._next()
        self.changed.emit()

    def is_pending(self, exposure_id: int) -> bool:
        return exposure_id == self._running or exposure_id in self._waiting

    def is_running(self, exposure_id: int) -> bool:
        return exposure_id == self._running

    def _loaded(self, outcome: Outcome[Analyser]) -> None:
        self._loading = False
        self._analyser = outcome.value
        self._problem = outcome.error
        self._next()
        self.changed.emit()

    def _next(self) -> None:
        if self._running is not None or self._loading or not self._waiting:
            return
        analyser, unavailable = self._analyser, self.unavailable
        if analyser is None and unavailable is None:
            return
        if unavailable is not None or analyser is None:
            # Nothing will come of them; they can be sent all the same.
            waiting, self._waiting = self._waiting, {}
            for exposure_id in waiting:
                self.failed.emit(exposure_id, unavailable)
            return
        wanted = self.first()
        chosen = wanted if wanted in self._waiting else next(iter(self._waiting))
        assert chosen is not None
        exposure, projection = self._waiting.pop(chosen)
        self._running = chosen
        prepared = self._store.get(chosen)
        ready = analyser

        def work() -> Verdict:
            shown = prepared.film if prepared is not None else self._read(Path(exposure.stored_path))
            return ready.analyse(shown, projection)

        self._jobs.run_task(work, lambda outcome: self._done(chosen, outcome))
        self.changed.emit()

    def _done(self, exposure_id: int, outcome: Outcome[Verdict]) -> None:
        self._running = None
        stale = exposure_id in self._stale
        self._stale.discard(exposure_id)
        if not stale:
            if outcome.value is not None:
                self.verdict_ready.emit(exposure_id, outcome.value)
            else:
                if isinstance(outcome.error, CascadeUnavailable):
                    self._problem = outcome.error
                self.failed.emit(exposure_id, outcome.error)
        self._next()
        self.changed.emit()
