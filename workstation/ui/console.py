"""The console without its looks: films come in, are looked at, are decided.

Widgets show what this object says and tell it what a person did. It survives a change of language or theme,
when the window is built anew.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from workstation.domain.decision import Choice
from workstation.domain.errors import KnownError, StorageFailed
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.operator import SignInRefused
from workstation.domain.turn import UNTURNED
from workstation.domain.unreadable import PASSING
from workstation.services.file_name import readable_name
from workstation.services.system_user import system_user
from workstation.settings.model import Settings
from workstation.ui import words
from workstation.ui.day_change import DayChange
from workstation.ui.film_store import thumbnail
from workstation.ui.incoming import FolderPoll, files_of
from workstation.ui.jobs import Outcome
from workstation.ui.parts import Parts, Workers
from workstation.ui.roster import Problem, Roster
from workstation.ui.viewer.prepared import PreparedFilm, prepare


def nobody_signed_in() -> SignInRefused:
    """Why nothing is decided while the console is locked."""
    return SignInRefused("signed_out", "Nobody is signed in.", "Sign in to decide.")


def _no_films() -> KnownError:
    return KnownError(
        "empty_folder", "No films in this folder.", "Choose a folder with DICOM, PNG, JPEG or TIFF files."
    )


def _came_again() -> KnownError:
    return KnownError(
        "came_again",
        "This film came again; it was decided before, and nothing is sent a second time.",
        "Choose it in the list to see what was decided.",
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """`replaced`: `film` was read anew; the pixels first shown were of what lay under the name before."""

    exposure: Exposure
    film: PreparedFilm
    picture: QImage
    replaced: bool


def _stamp(path: Path) -> tuple[int, ...]:
    """Another where another file lies there now; empty where none does."""
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return ()


class Console(Roster):
    """The roster with its two doors: arrivals, and decisions."""

    decided = Signal(object)
    undone = Signal(object)
    decision_failed = Signal(int, object)
    intake_changed = Signal()
    _pixels = Signal(object, object, bool)

    def __init__(
        self,
        parts: Parts,
        workers: Workers,
        settings: Callable[[], Settings],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parts, workers, settings, parent)
        # Whoever is signed in (`ui.session` says so); None where the site signs nobody in.
        self.signed_in: str | None = None
        # Not yet known to the database as such; the disk refused those of the second set.
        self._left_to_person: set[int] = set()
        self._left_unwritten: set[int] = set()
        self._preview_touched = False
        self._undoing: set[int] = set()
        self._arriving = 0
        self._opened: deque[tuple[Path, bool]] = deque()
        self._watched: deque[tuple[Path, bool]] = deque()
        self._taking = self._offering = False
        self._pixels.connect(self._first_pixels)
        for signal in (self.decided, self.undone):
            signal.connect(self._follow_companions)
        self.statuses_changed.connect(self._write_left_again)
        self._folders = FolderPoll(parts.intake.watch, workers.folders, self)
        self._folders.found.connect(self._found)
        self._folders.failed.connect(self._watch_failed)
        self._folders.reach_changed.connect(self.statuses_changed)
        self._day = DayChange(parts.worklist.now, self)
        self._day.changed.connect(self._new_day)

    # ---- state ----

    @property
    def arriving(self) -> int:
        """Files being read and taken in, or waiting for that."""
        return self._arriving + len(self._opened) + len(self._watched)

    @property
    def author(self) -> str:
        """Who decides: whoever is signed in, else the operator of the settings, else the system's user."""
        if self.signed_in is not None:
            return self.signed_in
        return self._settings().operator or system_user()

    @property
    def watching(self) -> tuple[str, ...]:
        return self._settings().watch_folders

    @property
    def unreachable_folders(self) -> tuple[Path, ...]:
        """Watched folders that cannot be listed now."""
        return self._folders.unreachable

    # ---- start, settings, stop ----

    def start(self) -> None:
        """Load today's films, the cascade and the queue's state; begin watching folders."""
        self.analysis.load_cascade()
        self._day.start()
        self.refresh(first=True)
        self.apply_settings()

    def apply_settings(self, *, cascade: bool = False) -> None:
        """Follow changed settings: watched folders now, the cascade where it was changed."""
        self._folders.set_folders(self.watching)
        if cascade:
            self.analysis.load_cascade()
            for exposure in reversed(self.exposures):
                if not is_decided(exposure.state):
                    self._ask_anew(exposure)
        self.statuses_changed.emit()

    def stop(self) -> None:
        """No more timers; the workers are closed by their owner."""
        self._folders.stop()
        self._day.stop()
        self._refresh_timer.stop()
        self.analysis.stop()

    # ---- films come in ----

    def open_paths(self, paths: Sequence[Path], *, by_hand: bool = False) -> None:
        """Take files and folders in, in order. `by_hand`: the person asked to see the first one now."""
        if not paths:
            return

        def done(outcome: Outcome[list[Path]]) -> None:
            self._listed(outcome, by_hand)
            if outcome.value == []:  # an empty folder beside films is nothing to speak of
                self.problem.emit(Problem(paths[0].name, _no_films()))

        self._workers.background.run_task(lambda: list(files_of(paths)), done)

    def open_demo(self) -> None:
        """Take the demo study in, as any other films."""
        self._workers.background.run_task(
            lambda: sorted(self._parts.demo.glob("*.dcm")), lambda outcome: self._listed(outcome, False)
        )

    def _listed(self, outcome: Outcome[list[Path]], by_hand: bool) -> None:
        if outcome.error is not None:
            self.problem.emit(Problem("", outcome.error))
        paths = list(outcome.value or ())
        if paths and by_hand:
            self._opened.appendleft((paths.pop(0), True))
        self._opened.extend((path, False) for path in paths)
        self.intake_changed.emit()
        self._take_waiting()

    def _take_waiting(self) -> None:
        # One by one: a film that comes by network meanwhile must not wait behind a folder of hundreds.
        if self._offering:
            return
        self._offering = True
        while (self._opened or self._watched) and not self._taking:
            self._taking = True
            wanted = bool(self._opened) and self._opened[0][1]  # a person waits for it
            if self._watched and not wanted:
                path, lay_there = self._watched.popleft()
                self._take(path, show=False, lay_there=lay_there, waited=True)
            else:
                path, show = self._opened.popleft()
                self._take(path, show=show, opened=True, waited=True)
        self._offering = False

    def received(self, exposure: Exposure) -> None:
        """A film came by network; it is stored already and shown like any other."""
        known = self._exposures.get(exposure.id)
        if known is None or self._unassessed(exposure.id):
            self._take(Path(exposure.stored_path), show=False, stored=exposure)
        else:
            self._keep_if_again(known, told=True)

    def _take(
        self,
        path: Path,
        *,
        show: bool,
        stored: Exposure | None = None,
        opened: bool = False,
        lay_there: bool = False,
        waited: bool = False,
    ) -> None:
        self._arriving += 1
        self.intake_changed.emit()

        def work() -> _Taken:
            read = _stamp(path)
            film = prepare(self._parts.read_film(path))
            self._pixels.emit(path, film, show)
            exposure = stored or self._parts.intake.take(path)
            # A modality that gives each film the same name may have put the next one there between the two readings.
            replaced = _stamp(path) != read
            if replaced:
                film = prepare(self._parts.read_film(Path(exposure.stored_path)))
            return _Taken(exposure, film, thumbnail(film), replaced)

        def done(outcome: Outcome[_Taken]) -> None:
            if waited:
                self._taking = False
            self._taken(path, outcome, opened, lay_there)
            self._take_waiting()

        self._workers.intake.run_task(work, done)

    def _first_pixels(self, path: Path, film: PreparedFilm, show: bool) -> None:
        # Asked here and not by the worker: the stage may have been taken meanwhile.
        if not (show or self._stage_free()):
            return
        if not show:
            self._give_way()
        self._preview = path
        self._preview_touched = False
        self._stage = None
        self._stage_chosen = False  # also where a person asked for it: it comes when it has been read
        self._hold(film, None)
        self.stage_changed.emit()
        self.film_shown.emit(film)
        self.analysis.begin(path, film)

    def _taken(self, path: Path, outcome: Outcome[_Taken], opened: bool, lay_there: bool) -> None:
        self._arriving -= 1
        previewed, self._preview = self._preview == path, None if self._preview == path else self._preview
        taken = outcome.value
        if taken is None:
            assert outcome.error is not None
            self.analysis.forget(path)
            self._report(readable_name(path.name), outcome.error)
            # Not a mistake of ours: it would come again with every poll.
            if isinstance(outcome.error, StorageFailed) or getattr(outcome.error, "code", "") in PASSING:
                self._folders.offer_again(path)
            if previewed:
                # Its pixels must not stay: nothing could be decided about them.
                self._hold(None, None)
                self.stage_changed.emit()
                self._to_next()
        else:
            exposure = self._latest(taken.exposure)
            self.store.put(exposure.id, taken.film)
            self.store.set_thumbnail(exposure.id, taken.picture)
            # Opened: an old study, a disc from elsewhere, the demo: no archive gets it unless a person sends it.
            # So with what lay in a folder before it was watched: it may be decided long since, elsewhere.
            in_hand = opened or lay_there or (previewed and self._preview_touched)
            if in_hand and not self.is_left_to_person(exposure):
                self.leave_to_person(exposure.id)
            self._merge(exposure)
            self._keep_if_again(exposure, told=not opened)
            if exposure.shares_uid:  # the other one is not in order any more, either
                self.refresh()
            # Opened by hand, it was previewed; a person who went on to another film since wants that one.
            if previewed or self._stage_free():
                self._give_way()
                self._set_stage(exposure.id, taken.film, shown=previewed and not taken.replaced)
            if taken.replaced:
                self.analysis.forget(path)
            # Not "new here": a refresh may have listed the film between its storing and this moment.
            if self._unassessed(exposure.id):
                self.analysis.ask(exposure, begun=path)
            else:
                self.analysis.forget(path)
        self.intake_changed.emit()

    def _keep_if_again(self, exposure: Exposure, *, told: bool) -> None:
        """A film that was decided on an earlier day came again: what was decided stands, and is seen today."""
        today = self._parts.worklist.now().date().isoformat()
        if not is_decided(exposure.state) or exposure.received_at[:10] >= today:
            return
        if told and exposure.id not in self._came_again:
            self.problem.emit(Problem(words.film_name(exposure, exposure.id), _came_again()))
        self._came_again.add(exposure.id)
        self._refresh_soon()  # its row was read before its copy, cleaned up since, was put back

    def _new_day(self) -> None:
        self._came_again.clear()
        self.refresh()

    def _give_way(self) -> None:
        """Another film takes the stage by itself: undo goes on meaning the one that a person was looking at."""
        before = self.stage
        if before is not None and before.can_undo:
            self.last_decided = before.id

    def _latest(self, taken: Exposure) -> Exposure:
        # Its row was read before the file waited its turn: a decision since then must not be taken back.
        known = self._exposures.get(taken.id)
        if known is None:
            return taken
        self._refresh_soon()
        return known

    def _found(self, paths: list[Path], lay_there: frozenset[Path] = frozenset()) -> None:
        self._watched.extend((path, path in lay_there) for path in paths)
        self.intake_changed.emit()
        self._take_waiting()

    def _watch_failed(self, error: BaseException) -> None:
        self._report("", error)

    # ---- decisions ----

    def decide(
        self, exposure_id: int, choice: Choice, reason: str = "", note: str = "", *, author: str = ""
    ) -> None:
        """Store a decision; `decided` or `decision_failed` follows. Needs no verdict.

        `author`: who decided where that is not the person at the console.
        """
        exposure = self._exposures.get(exposure_id)
        if exposure is None or not self.can_decide(exposure) or self.undoing:
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
                if exposure_id != self._stage and outcome.error is not None:
                    self._report(words.film_name(exposure, exposure_id), outcome.error)
                return
            self._merge(outcome.value)
            self.last_decided = exposure_id
            self.decided.emit(outcome.value)
            self._refresh_soon()
            if exposure_id == self._stage:
                self._to_next()

        self._workers.decisions.run_task(
            lambda: self._parts.disposition.choose(exposure_id, choice, author, reason, note, turn), done
        )

    def touch(self) -> None:
        """A person's hand is on the film on the stage, perhaps while it is still being stored or assessed."""
        stage = self.stage
        if self.previewing:
            self._preview_touched = True
        elif stage is not None and not is_decided(stage.state) and not self.is_left_to_person(stage):
            self.leave_to_person(stage.id)

    def leave_to_person(self, exposure_id: int) -> None:
        """The film never leaves by itself any more (`ui.auto_send`): at once here, soon after a restart too."""
        self._left_to_person.add(exposure_id)
        self._write_left(exposure_id)

    def _write_left(self, exposure_id: int, *, again: bool = False) -> None:
        def done(outcome: Outcome[Exposure]) -> None:
            if outcome.value is not None:
                self._merge(outcome.value)
            elif outcome.error is not None:
                self._left_unwritten.add(exposure_id)
                if not again:
                    self._report("", outcome.error)

        self._workers.decisions.run_task(lambda: self._parts.disposition.leave_to_person(exposure_id), done)

    def _write_left_again(self) -> None:
        owed, self._left_unwritten = self._left_unwritten, set()
        for exposure_id in sorted(owed):
            self._write_left(exposure_id, again=True)

    def is_left_to_person(self, exposure: Exposure) -> bool:
        """Whether a person's hand keeps the film from leaving by itself."""
        return exposure.left_to_person or exposure.id in self._left_to_person

    @property
    def undoing(self) -> bool:
        """Whether a film is being taken back: it takes the stage, and nothing is decided until then."""
        return bool(self._undoing)

    def undo(self, exposure_id: int) -> None:
        """Take a decision back while the film has not left; the film takes the stage again."""
        exposure = self._exposures.get(exposure_id)
        if exposure_id in self._undoing or (exposure is not None and not is_decided(exposure.state)):
            return  # pressed twice: the first press does it
        author = self.author
        if not author:
            self.decision_failed.emit(exposure_id, nobody_signed_in())
            return
        self._undoing.add(exposure_id)
        before = self._stage

        def done(outcome: Outcome[Exposure]) -> None:
            self._undoing.discard(exposure_id)
            if outcome.value is None:
                self.decision_failed.emit(exposure_id, outcome.error)
                self.refresh()
                return
            self._merge(outcome.value)
            if self.last_decided == exposure_id:
                self.last_decided = None
            self.undone.emit(outcome.value)
            self._ask_if_due(outcome.value)  # decided by an earlier run of the program
            if (
                self._stage == before or not self._stage_chosen
            ):  # else the person went on to another film since
                self.select(exposure_id)
            if self._stage == exposure_id:
                self.stage_changed.emit()

        self._workers.decisions.run_task(lambda: self._parts.disposition.undo(exposure_id, author), done)
