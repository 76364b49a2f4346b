"""Where films come from: files and folders that a person opens, and folders that are watched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.assets import expanded
from workstation.services.beside_films import is_plainly_no_film
from workstation.ui.jobs import Jobs, Outcome

if TYPE_CHECKING:
    from workstation.services.folder_watcher import FolderWatcher

WATCH_MS = 2000
SILENT_S = 20.0
"""Without an answer for so long the watched folders count as lost; a large folder on a slow share takes seconds."""


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Files in `paths`, for a worker; folders are walked, what is hidden or plainly no film is left out."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                inside = found.relative_to(path).parts
                if any(part.startswith(".") for part in inside) or is_plainly_no_film(found.name):
                    continue
                if found.is_file():
                    yield found
        else:
            yield path


class FolderPoll(QObject):
    """Asks the watched folders every two seconds, on a worker, one question at a time.

    A share that hangs holds up the others, too: until it answers, `unreachable` names them all.

    Signals:
        found(list[Path], frozenset[Path]): files that stood still and were never seen, and which of them lay in their
            folder already when it was listed first.
        reach_changed: `unreachable` is another.
        failed(BaseException): a poll broke off; the next one comes all the same.
    """

    found = Signal(object, object)
    reach_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        watch: Callable[[Iterable[Path]], FolderWatcher],
        jobs: Jobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._watch = watch
        self._jobs = jobs
        self._folders: tuple[str, ...] = ()
        self._watcher = watch(())
        self._asking = False
        self._asked_at = 0.0
        self.unreachable: tuple[Path, ...] = ()
        self._timer = QTimer(self, interval=WATCH_MS)
        self._timer.timeout.connect(self._ask)

    def set_folders(self, folders: Sequence[str]) -> None:
        """Watch these folders from now on; none stops the polling."""
        if tuple(folders) == self._folders:
            return  # a new watcher would know nothing of what was offered and refused
        self._folders = tuple(folders)
        self.unreachable = ()
        self._watcher = self._watch(expanded(folder) for folder in folders)
        if folders:
            self._timer.start()
        else:
            self._timer.stop()

    def offer_again(self, path: Path) -> None:
        """Taking `path` failed for a passing reason: offer it once more."""
        self._watcher.offer_again(path)

    def stop(self) -> None:
        self._timer.stop()

    def _ask(self) -> None:
        if not self._asking:
            self._asking, self._asked_at = True, time.monotonic()
            watcher = self._watcher
            self._jobs.run_task(watcher.poll, lambda outcome: self._answered(watcher, outcome))
        elif time.monotonic() - self._asked_at >= SILENT_S:
            self._reach(tuple(expanded(folder) for folder in self._folders))

    def _answered(self, watcher: FolderWatcher, outcome: Outcome[list[Path]]) -> None:
        self._asking = False
        if outcome.error is not None:
            self.failed.emit(outcome.error)
        self._reach(self._watcher.unreachable)
        if outcome.value:
            self.found.emit(outcome.value, watcher.lay_there)

    def _reach(self, unreachable: tuple[Path, ...]) -> None:
        if unreachable != self.unreachable:
            self.unreachable = unreachable
            self.reach_changed.emit()
