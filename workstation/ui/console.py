"""The console without its looks: which films are here, which one is on the stage, what is decided.

Widgets show what this object says and tell it what a person did. It survives a change of language or theme,
when the window is built anew.
"""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from workstation.domain.decision import Choice
from workstation.domain.delivery import DestinationStatus
from workstation.domain.errors import KnownError, UnreadableFilm
from workstation.domain.exposure import Exposure, IllegalTransition, is_decided
from workstation.domain.findings import Verdict
from workstation.domain.operator import SignInRefused
from workstation.domain.order import OrderCheck
from workstation.domain.projection import Projection
from workstation.domain.turn import UNTURNED, Turn
from workstation.services.reception import ListenerStatus
from workstation.settings.model import Settings
from workstation.ui.analysis_queue import AnalysisQueue
from workstation.ui.companions import CompanionFinder
from workstation.ui.film_store import FilmStore, thumbnail
from workstation.ui.incoming import FolderPoll, files_of
from workstation.ui.jobs import Outcome
from workstation.ui.parts import Parts, Workers
from workstation.ui.viewer.prepared import PreparedFilm, prepare

_REFRESH_MS = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or an action that failed; `name` is shown to the person, never logged."""

    name: str
    error: BaseException


def nobody_signed_in() -> SignInRefused:
    """Why nothing is decided while the console is locked."""
    return SignInRefused("signed_out", "Nobody is signed in.", "Sign in to decide.")


@dataclass(frozen=True, slots=True)
class _Taken:
    exposure: Exposure
    film: PreparedFilm
    picture: QImage


_State = tuple[list[Exposure], list[DestinationStatus], ListenerStatus | None]


class Console(QObject):
    """Films, stage, decisions. Everything slow runs in `workers`."""

    added = Signal(object)
    updated = Signal(object)
    stage_changed = Signal()
    film_shown = Signal(object)
    decided = Signal(object)
    undone = Signal(object)
    decision_failed = Signal(int, object)
    problem = Signal(object)
    statuses_changed = Signal()
    intake_changed = Signal()
    delivery_changed = Signal()
    _pixels = Signal(object, object)

    def __init__(
        self,
        parts: Parts,
        workers: Workers,
        settings: Callable[[], Settings],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts = parts
        self._workers = workers
        self._settings = settings
        # Whoever is signed in (`ui.session` says so); None where the site signs nobody in.
        self.signed_in: str | None = None
        self.store = FilmStore(
            parts.read_film, workers.films, workers.background, parts.data_root / "thumbnails", self
        )
        self.analysis = AnalysisQueue(
            parts.make_analyser, parts.read_film, self.store, workers.analysis, self
        )
        self.analysis.first = lambda: self._stage
        self.analysis.verdict_ready.connect(self._verdict_ready)
        self.analysis.failed.connect(self._analysis_failed)
        self.statuses: list[DestinationStatus] = []
        self.listener: ListenerStatus | None = None
        self.analysis_errors: dict[int, BaseException] = {}
        self.last_decided: int | None = None
        self._exposures: dict[int, Exposure] = {}
        self._unrecorded: dict[int, Verdict] = {}
        self._deciding: set[int] = set()
        self._turn_to_send = UNTURNED
        self._stage: int | None = None
        self._preview: Path | None = None
        self._arriving = 0
        self._seen_paths: set[Path] = set()
        self._pixels.connect(self._first_pixels)
        self._refresh_timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._refresh_timer.timeout.connect(self.refresh)
        self.delivery_changed.connect(self._refresh_timer.start)
        self.companions = CompanionFinder(parts.worklist.companions, workers.decisions, self)
        for signal in (self.stage_changed, self.updated, self.decided, self.undone):
            signal.connect(self._follow_companions)
        self._folders = FolderPoll(parts.intake.watch, workers.background, self)
        self._folders.found.connect(self._found)
        self._folders.failed.connect(self._watch_failed)
        self._folders.reach_changed.connect(self.statuses_changed)

    # ---- state ----

    @property
    def exposures(self) -> list[Exposure]:
        """All films of the list, newest first."""
        return sorted(self._exposures.values(), key=lambda e: e.id, reverse=True)

    @property
    def stage(self) -> Exposure | None:
        """The film a person looks at."""
        return self._exposures.get(self._stage) if self._stage is not None else None

    @property
    def arriving(self) -> int:
        """Files being read and taken in."""
        return self._arriving

    @property
    def previewing(self) -> bool:
        """First pixels are on the stage, the film is not stored yet."""
        return self._preview is not None

    @property
    def author(self) -> str:
        """Who decides: whoever is signed in, else the operator of the settings, else the system's user."""
        if self.signed_in is not None:
            return self.signed_in
        name = self._settings().operator
        if name:
            return name
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            return "console"

    @property
    def watching(self) -> tuple[str, ...]:
        return self._settings().watch_folders

    @property
    def unreachable_folders(self) -> tuple[Path, ...]:
        """Watched folders that cannot be listed now."""
        return self._folders.unreachable

    @property
    def parts(self) -> Parts:
        return self._parts

    @property
    def workers(self) -> Workers:
        return self._workers

    def get(self, exposure_id: int) -> Exposure | None:
        return self._exposures.get(exposure_id)

    def order_check(self, exposure: Exposure) -> OrderCheck:
        """How a film stands to today's worklist."""
        verdict = exposure.verdict
        projection = verdict.projection.label if verdict is not None else Projection.UNKNOWN
        return self._parts.orders.check(exposure.header, projection)

    def is_deciding(self, exposure_id: int) -> bool:
        return exposure_id in self._deciding

    # ---- start, settings, stop ----

    def start(self) -> None:
        """Load today's films, the cascade and the queue's state; begin watching folders."""
        self.analysis.load_cascade()
        self.refresh(first=True)
        self.apply_settings()

    def apply_settings(self, *, cascade: bool = False) -> None:
        """Follow changed settings: watched folders now, the cascade where it was changed."""
        self._folders.set_folders(self.watching)
        if cascade:
            self.analysis.load_cascade()
            for exposure in reversed(self.exposures):
                if not is_decided(exposure.state):
                    self._ask_analysis(exposure)
        self.statuses_changed.emit()

    def stop(self) -> None:
        """No more timers; the workers are closed by their owner."""
        self._folders.stop()
        self._refresh_timer.stop()

    # ---- films come in ----

    def open_paths(self, paths: Sequence[Path], *, by_hand: bool = False) -> None:
        """Take files and folders in, in order. `by_hand`: the person asked to see the first one now."""
        if not paths:
            return
        self._workers.background.run_task(
            lambda: list(files_of(paths)), lambda outcome: self._listed(outcome, by_hand)
        )

    def open_demo(self) -> None:
        """Take the demo study in, as any other films."""
        self._workers.background.run_task(
            lambda: sorted(self._parts.demo.glob("*.dcm")), lambda outcome: self._listed(outcome, False)
        )

    def _listed(self, outcome: Outcome[list[Path]], by_hand: bool) -> None:
        if outcome.error is not None:
            self.problem.emit(Problem("", outcome.error))
        for index, path in enumerate(outcome.value or ()):
            self._take(path, show=by_hand and index == 0)

    def received(self, exposure: Exposure) -> None:
        """A film came by network; it is stored already and shown like any other."""
        if exposure.id not in self._exposures or self._unassessed(exposure.id):
            self._take(Path(exposure.stored_path), show=False, stored=exposure)

    def _take(self, path: Path, *, show: bool, stored: Exposure | None = None) -> None:
        self._arriving += 1
        self.intake_changed.emit()

        def work() -> _Taken:
            film = prepare(self._parts.read_film(path))
            self._pixels.emit(path, film if show or self._stage_free() else None)
            exposure = stored or self._parts.intake.take(path)
            return _Taken(exposure, film, thumbnail(film))

        self._workers.intake.run_task(work, lambda outcome: self._taken(path, outcome, show))

    def _first_pixels(self, path: Path, film: PreparedFilm | None) -> None:
        if film is None:
            return
        self._preview = path
        self._stage = None
        self.stage_changed.emit()
        self.film_shown.emit(film)
        self.analysis.begin(path, film)

    def _taken(self, path: Path, outcome: Outcome[_Taken], show: bool) -> None:
        self._arriving -= 1
        previewed, self._preview = self._preview == path, None if self._preview == path else self._preview
        taken = outcome.value
        if taken is None:
            assert outcome.error is not None
            self.analysis.forget(path)
            self._report(path.name, outcome.error)
            if not isinstance(outcome.error, UnreadableFilm):
                self._folders.offer_again(path)
            if previewed:
                # Its pixels must not stay: nothing could be decided about them.
                self.stage_changed.emit()
                self._to_next()
        else:
            exposure = taken.exposure
            self.store.put(exposure.id, taken.film)
            self.store.set_thumbnail(exposure.id, taken.picture)
            self._merge(exposure)
            if previewed or show or self._stage_free():
                self._set_stage(exposure.id, taken.film, shown=previewed)
            # Not "new here": a refresh may have listed the film between its storing and this moment.
            if self._unassessed(exposure.id):
                self.analysis.ask(exposure, begun=path)
            else:
                self.analysis.forget(path)
        self.intake_changed.emit()

    def _unassessed(self, exposure_id: int) -> bool:
        known = self._exposures[exposure_id]
        asked = self.analysis.is_pending(exposure_id) or exposure_id in self.analysis_errors
        return known.verdict is None and not asked

    def _stage_free(self) -> bool:
        if self._preview is not None:
            return False
        current = self.stage
        return current is None or is_decided(current.state)

    def _found(self, paths: list[Path]) -> None:
        for path in paths:
            self._take(path, show=False)

    def _watch_failed(self, error: BaseException) -> None:
        self._report("", error)

    # ---- the stage ----

    def select(self, exposure_id: int) -> None:
        """A person chose a film of the list."""
        if exposure_id != self._stage and exposure_id in self._exposures:
            self._preview = None
            self._set_stage(exposure_id, self.store.get(exposure_id))

    def recall(self, exposure_id: int) -> None:
        """Put a film of any day on the stage."""
        if exposure_id in self._exposures:
            self.select(exposure_id)
            return

        def done(outcome: Outcome[Exposure]) -> None:
            if outcome.value is None:
                self._report("", outcome.error or LookupError(f"no exposure {exposure_id}"))
                return
            self._merge(outcome.value)
            self.select(exposure_id)

        self._workers.decisions.run_task(lambda: self._parts.worklist.get(exposure_id), done)

    def select_next(self, step: int) -> None:
        """Go up (-1, newer) or down (+1, older) the list."""
        ids = [e.id for e in self.exposures]
        if not ids:
            return
        at = ids.index(self._stage) + step if self._stage in ids else 0
        self.select(ids[min(len(ids) - 1, max(0, at))])

    def _set_stage(self, exposure_id: int, film: PreparedFilm | None, *, shown: bool = False) -> None:
        if self._stage is not None and self._stage != exposure_id:
            self._workers.films.drop(self._stage)
        self._stage = exposure_id
        self._turn_to_send = UNTURNED
        self.stage_changed.emit()
        if film is not None:
            if not shown:
                self.film_shown.emit(film)
            return
        self.store.load(self._exposures[exposure_id], lambda outcome: self._loaded(exposure_id, outcome))

    def _loaded(self, exposure_id: int, outcome: Outcome[PreparedFilm]) -> None:
        if exposure_id != self._stage:
            return
        if outcome.value is not None:
            self.film_shown.emit(outcome.value)
        elif outcome.error is not None:
            self._report(self._exposures[exposure_id].source_name, outcome.error)

    def _to_next(self) -> None:
        """The film that has waited longest for a decision takes the stage; with none left, it stays as it is."""
        waiting = [
            e for e in self._exposures.values() if not is_decided(e.state) and e.id not in self._deciding
        ]
        if waiting and self._preview is None:
            oldest = min(waiting, key=lambda e: e.id)
            if oldest.id != self._stage:
                self._set_stage(oldest.id, self.store.get(oldest.id))

    def _follow_companions(self) -> None:
        self.companions.follow(self._stage)

    # ---- analysis ----

    def override_projection(self, exposure_id: int, projection: Projection | None) -> None:
        """A person names the projection (None: back to the model); the branch runs again."""
        exposure = self._exposures.get(exposure_id)
        if exposure is not None:
            self._ask_analysis(exposure, projection)

    def _ask_analysis(self, exposure: Exposure, projection: Projection | None = None) -> None:
        self.analysis_errors.pop(exposure.id, None)
        self.analysis.ask(exposure, projection)

    def _verdict_ready(self, exposure_id: int, verdict: Verdict) -> None:
        exposure = self._exposures.get(exposure_id)
        if exposure is None:
            return
        # Shown at once; what the database says before it is recorded does not take it away again.
        self._unrecorded[exposure_id] = verdict
        self._merge(exposure)

        def recorded(outcome: Outcome[Exposure]) -> None:
            if self._unrecorded.get(exposure_id) is verdict:
                del self._unrecorded[exposure_id]
            if outcome.value is not None:
                self._merge(outcome.value)
            elif outcome.error is not None:
                self._report("", outcome.error)

        self._workers.decisions.run_task(
            lambda: self._parts.disposition.record_verdict(exposure_id, verdict), recorded
        )

    def _analysis_failed(self, exposure_id: int, error: BaseException) -> None:
        self.analysis_errors[exposure_id] = error
        if not isinstance(error, KnownError):
            _log.error("analysis of exposure %d failed", exposure_id, exc_info=error)
        exposure = self._exposures.get(exposure_id)
        if exposure is not None:
            self.updated.emit(exposure)

    # ---- decisions ----

    def decide(
        self, exposure_id: int, choice: Choice, reason: str = "", note: str = "", *, author: str = ""
    ) -> None:
        """Store a decision; `decided` or `decision_failed` follows. Needs no verdict.

        `author`: who decided where that is not the person at the console.
        """
        exposure = self._exposures.get(exposure_id)
        if exposure is None or is_decided(exposure.state) or exposure_id in self._deciding:
            return
        author = author or self.author
        if not author:
            self.decision_failed.emit(exposure_id, nobody_signed_in())
            return
        sent = choice is not Choice.RETAKE and exposure_id == self._stage
        turn = self._turn_to_send if sent else UNTURNED
        self._deciding.add(exposure_id)

        def done(outcome: Outcome[Exposure]) -> None:
            self._deciding.discard(exposure_id)
            if outcome.value is None:
                self.decision_failed.emit(exposure_id, outcome.error)
                return
            self._merge(outcome.value)
            self.last_decided = exposure_id
            self.decided.emit(outcome.value)
            self._refresh_timer.start()
            if exposure_id == self._stage:
                self._to_next()

        self._workers.decisions.run_task(
            lambda: self._parts.disposition.choose(exposure_id, choice, author, reason, note, turn), done
        )

    def set_turn_to_send(self, turn: Turn) -> None:
        """How whoever reads the film on the stage is to see it."""
        self._turn_to_send = turn

    def undo(self, exposure_id: int) -> None:
        """Take a decision back while the film has not left; the film takes the stage again."""
        author = self.author
        if not author:
            self.decision_failed.emit(exposure_id, nobody_signed_in())
            return

        def done(outcome: Outcome[Exposure]) -> None:
            if outcome.value is None:
                self.decision_failed.emit(exposure_id, outcome.error)
                self.refresh()
                return
            self._merge(outcome.value)
            if self.last_decided == exposure_id:
                self.last_decided = None
            self.undone.emit(outcome.value)
            self.select(exposure_id)
            if self._stage == exposure_id:
                self.stage_changed.emit()

        self._workers.decisions.run_task(lambda: self._parts.disposition.undo(exposure_id, author), done)

    # ---- database and delivery ----

    def refresh(self, *, first: bool = False) -> None:
        """Read today's films and the destinations' states anew."""

        def work() -> _State:
            films = {e.id: e for e in self._parts.worklist.today()}
            if first:
                films |= {e.id: e for e in self._parts.worklist.undecided()}
            shown = [e for e in list(self._exposures.values()) if e.id not in films]
            films |= {e.id: self._parts.worklist.get(e.id) for e in shown}
            return list(films.values()), self._parts.delivery.statuses(), self._parts.listening.status()

        self._workers.decisions.run_task(work, lambda outcome: self._refreshed(outcome, first))

    def _refreshed(self, outcome: Outcome[_State], first: bool) -> None:
        if outcome.value is None:
            assert outcome.error is not None
            self._report("", outcome.error)
            return
        exposures, self.statuses, self.listener = outcome.value
        for exposure in sorted(exposures, key=lambda e: e.id):
            self._merge(exposure)
            if first and exposure.verdict is None and not is_decided(exposure.state):
                self._ask_analysis(exposure)
        self.statuses_changed.emit()
        if first and self._stage is None:
            self._to_next()

    def _merge(self, exposure: Exposure) -> None:
        verdict = self._unrecorded.get(exposure.id)
        if verdict is not None:
            exposure = replace(exposure, verdict=verdict)
        known = self._exposures.get(exposure.id)
        if known == exposure:
            return
        self._exposures[exposure.id] = exposure
        (self.updated if known is not None else self.added).emit(exposure)

    def _report(self, name: str, error: BaseException) -> None:
        if not isinstance(error, KnownError | IllegalTransition):
            _log.error("a job failed", exc_info=error)
        self.problem.emit(Problem(name, error))
