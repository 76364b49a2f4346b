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

from workstation.domain.errors import KnownError, StorageFailed
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.unreadable import PASSING
from workstation.services.file_name import readable_name
from workstation.settings.model import Settings
from workstation.ui import words
from workstation.ui.day_change import DayChange
from workstation.ui.deciding import DecidingRoster
from workstation.ui.film_store import thumbnail
from workstation.ui.incoming import FolderPoll, files_of
from workstation.ui.jobs import Outcome
from workstation.ui.parts import Parts, Workers
from workstation.ui.roster import Problem
from workstation.ui.viewer.prepared import PreparedFilm, prepare


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


class Console(DecidingRoster):
    """The roster with its two doors: arrivals, and decisions.

    Signals:
        intake_changed(): more or fewer files wait to be taken in; see `arriving`.
        new_day(): the local date has become another.
    """

    intake_changed = Signal()
    new_day = Signal()
    _pixels = Signal(object, object, bool)

    def __init__(
        self,
        parts: Parts,
        workers: Workers,
        settings: Callable[[], Settings],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parts, workers, settings, parent)
        self._arriving = 0
        self._opened: deque[tuple[Path, bool]] = deque()
        self._watched: deque[tuple[Path, bool]] = deque()
        self._taking = self._offering = False
        self._pixels.connect(self._first_pixels)
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
                    self.verdicts.ask_anew(exposure)
        self.statuses_changed.emit()

    def stop(self) -> None:
        """No more timers; the workers are closed by their owner."""
        self._folders.stop()
        self._day.stop()
        self._reader.stop()
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
        unseen = known is not None and (known.id == self._unreadable or self.verdicts.unread(known))
        if known is None or unseen or self.verdicts.never_asked(known):
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
            if outcome.value is None and stored is not None:
                # It is here, and to be decided, though nothing is seen of it.
                self._merge(self._latest(stored))
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
            passing = isinstance(outcome.error, StorageFailed | MemoryError)
            if passing or getattr(outcome.error, "code", "") in PASSING:
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
            elif exposure.id == self._unreadable:  # a whole copy took the place of the damaged one
                self._loaded(exposure.id, Outcome(taken.film))
            if taken.replaced:
                self.analysis.forget(path)
            # Not "new here": a refresh may have listed the film between its storing and this moment.
            known = self._exposures[exposure.id]
            if self.verdicts.never_asked(known):
                self.analysis.ask(exposure, begun=path)
            else:
                self.analysis.forget(path)
                if self.verdicts.unread(known) and not is_decided(known.state):
                    self.verdicts.ask_anew(known)
        self.intake_changed.emit()

    def _keep_if_again(self, exposure: Exposure, *, told: bool) -> None:
        """A film that was decided on an earlier day came again: what was decided stands, and is seen today."""
        today = self._parts.worklist.now().date().isoformat()
        if not is_decided(exposure.state) or exposure.received_at[:10] >= today:
            return
        if told and exposure.id not in self._came_again:
            self.problem.emit(Problem(words.film_name(exposure, exposure.id), _came_again()))
        self._came_again.add(exposure.id)
        self._reader.soon()  # its row was read before its copy, cleaned up since, was put back

    def _new_day(self) -> None:
        self._came_again.clear()
        self.refresh()
        self.new_day.emit()

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
        self._reader.soon()
        return known

    def _found(self, paths: list[Path], lay_there: frozenset[Path] = frozenset()) -> None:
        self._watched.extend((path, path in lay_there) for path in paths)
        self.intake_changed.emit()
        self._take_waiting()

    def _watch_failed(self, error: BaseException) -> None:
        self._report("", error)
