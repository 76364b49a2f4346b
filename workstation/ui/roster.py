"""Which films are here and which one is on the stage; what the database says of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.domain.delivery import DestinationStatus
from workstation.domain.derived import NotMade
from workstation.domain.errors import KnownError
from workstation.domain.exposure import Exposure, IllegalTransition, is_decided
from workstation.domain.order import OrderCheck
from workstation.domain.projection import Projection
from workstation.domain.turn import UNTURNED, Turn
from workstation.mistakes import log_mistake
from workstation.services.derived import is_wanted
from workstation.services.reception import ListenerStatus
from workstation.settings.model import Settings
from workstation.ui import words
from workstation.ui.analysis_queue import AnalysisQueue
from workstation.ui.companions import CompanionFinder
from workstation.ui.day_reading import DayReader, DayState
from workstation.ui.film_store import FilmStore
from workstation.ui.jobs import Outcome
from workstation.ui.parts import Parts, Workers
from workstation.ui.verdicts import Verdicts
from workstation.ui.viewer.prepared import PreparedFilm

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or an action that failed; `name` is shown to the person, never logged."""

    name: str
    error: BaseException


class Roster(QObject):
    """Films and stage. Everything slow runs in `workers`.

    Signals:
        added(Exposure): a film came to the list.
        updated(tuple[Exposure, ...]): these films of the list changed, in one go.
        removed(int): this film left the list.
        stage_changed(): another film is on the stage, none yet (one is being stored) or none; pixels may still be read.
        film_shown(PreparedFilm): pixels are in the viewer: of the film on the stage, or of one that is being stored.
        problem(Problem): something to be said.
        statuses_changed(): destinations and listener were read anew; watched folders or the settings changed.
        delivery_changed(): emitted from outside, by whoever changed the queue: what is shown is read anew soon.
    """

    added = Signal(object)
    updated = Signal(object)
    removed = Signal(int)
    stage_changed = Signal()
    film_shown = Signal(object)
    problem = Signal(object)
    statuses_changed = Signal()
    delivery_changed = Signal()

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
        self.store = FilmStore(parts.read_film, workers.films, workers.background, parts.data_root, self)
        self.analysis = AnalysisQueue(
            parts.make_analyser, parts.read_film, self.store, workers.analysis, self
        )
        self.analysis.first = lambda: self._stage
        self.verdicts = Verdicts(self.analysis, parts.disposition, workers.decisions, self.get, self)
        self.verdicts.came.connect(self._verdict_came)
        self.verdicts.recorded.connect(self._verdict_recorded)
        self.verdicts.not_recorded.connect(lambda error: self._report("", error))
        self.verdicts.failed.connect(self._not_assessed)
        self.analysis.loaded.connect(self._ask_what_is_due)
        self.statuses: list[DestinationStatus] = []
        self.listener: ListenerStatus | None = None
        self._exposures: dict[int, Exposure] = {}
        self._deciding: set[int] = set()
        self._turn_to_send = UNTURNED
        self._stage: int | None = None
        self._stage_chosen = False
        self.last_decided: int | None = None  # or looked at last, where that can be taken back
        self._past_kept = False
        self._came_again: set[int] = set()  # today, decided earlier: they stay in the list until midnight
        self._preview: Path | None = None
        self._shown: PreparedFilm | None = None
        self._shown_of: int | None = None
        self._unreadable: int | None = None
        self._why_unreadable: BaseException | None = None
        self._reader = DayReader(
            parts, workers.decisions, lambda: list(self._exposures.values()), self._refreshed, self
        )
        self.delivery_changed.connect(self._reader.soon)
        self.companions = CompanionFinder(parts.worklist.companions, workers.decisions, self)
        for signal in (self.stage_changed, self.updated):
            signal.connect(self._follow_companions)
        self.stage_changed.connect(self._let_go_of_past)
        for jobs in workers.all():
            jobs.orphaned.connect(lambda error: self._report("", error))

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
    def stage_chosen(self) -> bool:
        """Whether a person put the film on the stage; else it came by itself, perhaps unseen as yet."""
        return self._stage_chosen

    @property
    def previewing(self) -> bool:
        """First pixels are on the stage, the film is not stored yet."""
        return self._preview is not None

    @property
    def shown(self) -> PreparedFilm | None:
        """The film in the viewer, stored already or not."""
        return self._shown

    def shows(self, exposure_id: int) -> bool:
        """Whether the pixels in the viewer are this film's."""
        return exposure_id == self._shown_of

    @property
    def why_unreadable(self) -> BaseException | None:
        """Why nothing is seen of the film on the stage; None where it is seen or being read."""
        return self._why_unreadable

    def can_decide(self, exposure: Exposure) -> bool:
        """Whether a decision may be taken now: the film on the stage has to be seen first, where it can be read."""
        if is_decided(exposure.state) or exposure.id in self._deciding:
            return False
        return exposure.id != self._stage or exposure.id in (self._shown_of, self._unreadable)

    @property
    def sends_turned(self) -> bool:
        """Whether a film that is turned on screen is sent so unless a person says otherwise."""
        return self._settings().send_turned

    @property
    def parts(self) -> Parts:
        return self._parts

    @property
    def workers(self) -> Workers:
        return self._workers

    def get(self, exposure_id: int) -> Exposure | None:
        return self._exposures.get(exposure_id)

    def order_check(self, exposure: Exposure) -> OrderCheck:
        """How a film stands to the worklist of its day."""
        verdict = exposure.verdict
        projection = verdict.projection.label if verdict is not None else Projection.UNKNOWN
        return self._parts.orders.check(exposure.header, projection)

    def is_deciding(self, exposure_id: int) -> bool:
        return exposure_id in self._deciding

    def _stage_free(self) -> bool:
        if self._preview is not None:
            return False
        current = self.stage
        return current is None or is_decided(current.state)

    # ---- the stage ----

    def select(self, exposure_id: int) -> None:
        """A person chose a film of the list."""
        if exposure_id != self._stage and exposure_id in self._exposures:
            self._preview = None
            self._set_stage(exposure_id, self.store.get(exposure_id), chosen=True)

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
            self._past_kept = True
            self.select(exposure_id)

        self._workers.decisions.run_task(lambda: self._parts.worklist.get(exposure_id), done)

    def select_next(self, step: int) -> None:
        """Go up (-1, newer) or down (+1, older) the list."""
        ids = [e.id for e in self.exposures]
        if not ids:
            return
        at = ids.index(self._stage) + step if self._stage in ids else 0
        self.select(ids[min(len(ids) - 1, max(0, at))])

    def _set_stage(
        self, exposure_id: int, film: PreparedFilm | None, *, shown: bool = False, chosen: bool = False
    ) -> None:
        if self._stage is not None and self._stage != exposure_id:
            self._workers.films.drop(self._stage)
        self._stage = self.store.pinned = exposure_id
        self._stage_chosen = chosen
        if not shown:  # else a person may have turned it while it was being stored
            self._turn_to_send = UNTURNED
        self._hold(film, exposure_id if film is not None else None)
        self.stage_changed.emit()
        if film is not None:
            if not shown:
                self.film_shown.emit(film)
            return
        self.store.load(self._exposures[exposure_id], lambda outcome: self._loaded(exposure_id, outcome))

    def _hold(self, film: PreparedFilm | None, exposure_id: int | None) -> None:
        # Set before the signals go out, so that all who hear them agree on what is seen.
        self._shown, self._shown_of, self._unreadable = film, exposure_id, None
        self._why_unreadable = None

    def _loaded(self, exposure_id: int, outcome: Outcome[PreparedFilm]) -> None:
        if exposure_id != self._stage:
            return
        if outcome.value is not None:
            self._hold(outcome.value, exposure_id)
            self.film_shown.emit(outcome.value)
        elif outcome.error is not None:
            # Nothing will ever be seen of it: it can be decided all the same.
            self._unreadable, self._why_unreadable = exposure_id, outcome.error
            self.updated.emit((self._exposures[exposure_id],))
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

    def set_turn_to_send(self, turn: Turn) -> None:
        """How whoever reads the film on the stage is to see it."""
        self._turn_to_send = turn

    def _follow_companions(self) -> None:
        self.companions.follow(self._stage)

    # ---- analysis ----

    def override_projection(self, exposure_id: int, projection: Projection | None) -> None:
        """A person names the projection (None: back to the model); the branch runs again.

        Not of a decided film: its statistics tell what the cascade had said when it was decided. Undo comes first.
        """
        exposure = self._exposures.get(exposure_id)
        if exposure is not None and not is_decided(exposure.state) and not self.is_deciding(exposure_id):
            self.verdicts.ask_named(exposure, projection)

    def _ask_what_is_due(self) -> None:
        for exposure in sorted(self._exposures.values(), key=lambda e: e.id):
            if exposure.verdict is not None:
                self.verdicts.ask_if_due(exposure)

    def _verdict_came(self, exposure_id: int) -> None:
        self._merge(self._exposures[exposure_id])

    def _verdict_recorded(self, exposure: Exposure) -> None:
        self._merge(exposure)
        # The look-up at the verdict's arrival came before the database knew of its projection.
        self._follow_companions()

    def _not_assessed(self, exposure_id: int) -> None:
        exposure = self._exposures.get(exposure_id)
        if exposure is not None:
            self.updated.emit((exposure,))

    # ---- database and delivery ----

    def refresh(self, *, first: bool = False) -> None:
        """Read today's films and the destinations' states anew; `first`: older films that wait for a decision, too."""
        self._reader.now(first=first)

    def _refreshed(self, outcome: Outcome[DayState], first: bool) -> None:
        if outcome.value is None:
            assert outcome.error is not None
            self._report("", outcome.error)
            return
        state = outcome.value
        self.statuses, self.listener = state.statuses, state.listener
        films = sorted(state.films, key=lambda e: e.id)
        self._merge(*films)
        for exposure in films if first else ():
            self.verdicts.ask_if_due(exposure)
        for lost in state.lost:
            self.tell_not_made(lost)
        self._drop(state.past)
        self.verdicts.record_again()
        self.statuses_changed.emit()
        if first and self._stage is None:
            self._to_next()

    def _drop(self, past: list[int]) -> None:
        """Let go of films of other days that are decided, unless somebody looks at one, work on it is under way, or it
        came again today."""
        self._past_kept = False
        for exposure_id in past:
            exposure = self._exposures.get(exposure_id)
            if exposure is None or not is_decided(exposure.state):
                continue
            # A verdict is recorded for a film of the list only.
            if self.verdicts.busy(exposure_id) or exposure_id in (self._stage, self.last_decided):
                self._past_kept = True
                continue
            if exposure_id in self._came_again:
                continue
            del self._exposures[exposure_id]
            self.verdicts.forget(exposure_id)
            self.store.forget(exposure_id)
            self.removed.emit(exposure_id)

    def _let_go_of_past(self) -> None:
        if self._past_kept:
            self._reader.soon()

    def tell_not_made(self, lost: NotMade) -> None:
        """An object that was to follow a decision could not be made; said where a destination waits for it."""
        if is_wanted(self._settings(), lost.kind):
            exposure = self._exposures.get(lost.exposure_id)
            self.problem.emit(Problem(words.film_name(exposure, lost.exposure_id), lost.error()))

    def _merge(self, *read: Exposure) -> None:
        added: list[Exposure] = []
        updated: list[Exposure] = []
        for exposure in map(self.verdicts.in_force, read):
            known = self._exposures.get(exposure.id)
            if known != exposure:
                self._exposures[exposure.id] = exposure
                (added if known is None else updated).append(exposure)
        for exposure in added:
            self.added.emit(exposure)
        if updated:
            self.updated.emit(tuple(updated))

    def _report(self, name: str, error: BaseException) -> None:
        if not isinstance(error, KnownError | IllegalTransition):
            log_mistake(_log, error, "a job failed")
        self.problem.emit(Problem(name, error))
