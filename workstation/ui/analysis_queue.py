"""Films waiting for the cascade: in the order of arrival, the one on the stage first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.domain.errors import CascadeUnavailable, KnownError
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.ui.film_store import FilmStore
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.parts import Analyser
from workstation.ui.viewer.prepared import PreparedFilm

if TYPE_CHECKING:
    from workstation.services.film import Film


PATIENCE_MS = 20_000
"""For one film; a film takes a tenth of a second."""
LOADING_PATIENCE_MS = 60_000
_MOST_HANGS = 2
_TOO_LONG = "The analysis takes too long; it was given up."
_REMEDY = "Look at the film yourself. If it happens again, restart the program and tell the support desk."

_log = logging.getLogger(__name__)


class AnalysisQueue(QObject):
    """One film at a time through the cascade. A failing cascade costs a verdict, never a film.

    A film on which the cascade hangs fails after `PATIENCE_MS`; the others go on with a cascade loaded anew. Where that
    hangs, too, there is no analysis until it is loaded again.

    Signals:
        loaded(): there is a cascade to ask, perhaps another than before.
        verdict_ready(int, Verdict): of this exposure.
        failed(int, BaseException): this exposure could not be assessed.
        changed(): the cascade, what it works on or what waits for it is another.
    """

    loaded = Signal()
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
        self._running: int | Path | None = None
        self._early: dict[Path, Outcome[Verdict] | None] = {}
        self._adopted: dict[Path, int] = {}
        self._stale: set[int] = set()
        self._problem: BaseException | None = None
        self._hung = 0
        self._watch = QTimer(self, singleShot=True)
        self._watch.timeout.connect(self._overdue)
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
        self._hung = 0
        self._load()

    def stop(self) -> None:
        """Watch no longer over what is under way."""
        self._watch.stop()

    def _load(self) -> None:
        self._loading = True
        self._problem = None

        def work() -> Analyser:
            analyser = self._make()
            if analyser.unavailable is None:
                analyser.warm_up()
            return analyser

        if self._running is None:
            self._watch.start(LOADING_PATIENCE_MS)
        self._jobs.run_task(work, self._loaded)
        self.changed.emit()

    def begin(self, path: Path, prepared: PreparedFilm) -> None:
        """Judge a film while it is still being stored, where nothing else waits; `ask` or `forget` follows."""
        analyser = self._analyser
        idle = self._running is None and not self._waiting and not self._loading
        if not idle or analyser is None or self.unavailable is not None:
            return
        self._running = path
        self._early[path] = None
        self._watch.start(PATIENCE_MS)
        self._jobs.run_task(
            lambda: analyser.analyse(prepared.film, None), lambda outcome: self._early_done(path, outcome)
        )

    def forget(self, path: Path) -> None:
        """The film that was begun did not become an exposure, or has its verdict already."""
        self._early.pop(path, None)

    def ask(
        self, exposure: Exposure, projection: Projection | None = None, begun: Path | None = None
    ) -> None:
        """Queue a film; a second question about the same film replaces the first.

        `begun` is the file that `begin` was told: its verdict, had or to come, is this exposure's.
        """
        if begun is not None and begun in self._early:
            outcome = self._early.pop(begun)
            if outcome is not None:
                self._tell(exposure.id, outcome)
            else:
                self._adopted[begun] = exposure.id
                self._running = exposure.id
            self.changed.emit()
            return
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
        self._watch.stop()
        self._loading = False
        self._analyser = outcome.value
        self._problem = outcome.error
        if self.cascade_name:
            self.loaded.emit()
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
        self._watch.start(PATIENCE_MS)
        prepared = self._store.get(chosen)
        ready = analyser

        def work() -> Verdict:
            shown = prepared.film if prepared is not None else self._read(Path(exposure.stored_path))
            return ready.analyse(shown, projection)

        self._jobs.run_task(work, lambda outcome: self._done(chosen, outcome))
        self.changed.emit()

    def _early_done(self, path: Path, outcome: Outcome[Verdict]) -> None:
        adopted = self._adopted.pop(path, None)
        if adopted is not None:
            self._done(adopted, outcome)
            return
        if path in self._early:
            self._early[path] = outcome
        self._free(outcome)
        self._next()

    def _done(self, exposure_id: int, outcome: Outcome[Verdict]) -> None:
        self._free(outcome)
        stale = exposure_id in self._stale
        self._stale.discard(exposure_id)
        if not stale:
            self._tell(exposure_id, outcome)
        self._next()
        self.changed.emit()

    def _free(self, outcome: Outcome[Verdict]) -> None:
        """Nothing runs any more; a cascade that is to be loaded anew has its turn now."""
        self._running = None
        self._watch.stop()
        if outcome.value is not None:
            self._hung = 0
        if self._loading:
            self._watch.start(LOADING_PATIENCE_MS)

    def _overdue(self) -> None:
        """The cascade hangs, in code that cannot be interrupted: it is left to itself."""
        running = self._running
        _log.error("the cascade hangs while %s", "it is loaded" if running is None else "it judges a film")
        self._jobs.abandon()
        self._hung += 1
        if running is None or self._hung >= _MOST_HANGS:
            self._loading = False
            self._problem = CascadeUnavailable("analysis_too_long", _TOO_LONG, _REMEDY)
        else:
            self._load()
        outcome: Outcome[Verdict] = Outcome(error=KnownError("analysis_too_long", _TOO_LONG, _REMEDY))
        if isinstance(running, int):
            self._adopted = {path: known for path, known in self._adopted.items() if known != running}
            self._done(running, outcome)
        elif running is not None:
            self._early_done(running, outcome)
        else:
            self._next()
            self.changed.emit()

    def _tell(self, exposure_id: int, outcome: Outcome[Verdict]) -> None:
        if outcome.value is not None:
            self.verdict_ready.emit(exposure_id, outcome.value)
            return
        if isinstance(outcome.error, CascadeUnavailable):
            self._problem = outcome.error
        self.failed.emit(exposure_id, outcome.error)
