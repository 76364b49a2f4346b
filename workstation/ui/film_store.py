"""Films in memory: the few last shown, and a small picture of each for the worklist."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from workstation.domain.errors import KnownError
from workstation.domain.exposure import Exposure
from workstation.mistakes import log_mistake
from workstation.services.data_folder import thumbnail_path
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.viewer.prepared import PreparedFilm, prepare
from workstation.ui.viewer.prepared import thumbnail as small_picture

if TYPE_CHECKING:
    from workstation.services.film import Film

_log = logging.getLogger(__name__)

THUMBNAIL_PX = 128
_KEPT = 3  # a 3000 x 3000 film of 16 bits is 18 MB


def thumbnail(prepared: PreparedFilm) -> QImage:
    """Film as first shown, at most 128 px on its longer side. For a worker."""
    shown = np.ascontiguousarray(small_picture(prepared, THUMBNAIL_PX))
    height, width = shown.shape
    image = QImage(shown.data, width, height, shown.strides[0], QImage.Format.Format_Grayscale8)
    return image.copy()  # owns its bytes: the array dies with this frame


class FilmStore(QObject):
    """Loads films on a worker and keeps the last few; thumbnails are kept on disk beside the films.

    Signals:
        thumbnail_ready(int): the small picture of this exposure is there.
    """

    thumbnail_ready = Signal(int)

    def __init__(
        self,
        read_film: Callable[[Path], Film],
        films: Jobs,
        background: Jobs,
        data_root: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._read = read_film
        self._films = films
        self._background = background
        self._root = data_root
        self._kept: OrderedDict[int, PreparedFilm] = OrderedDict()
        self._thumbnails: dict[int, QImage] = {}
        self._asked: set[int] = set()
        self.pinned: int | None = None  # the film on the stage: never let go

    def put(self, exposure_id: int, film: PreparedFilm) -> None:
        self._kept[exposure_id] = film
        self._kept.move_to_end(exposure_id)
        while len(self._kept) > _KEPT:
            del self._kept[next(kept for kept in self._kept if kept != self.pinned)]

    def get(self, exposure_id: int) -> PreparedFilm | None:
        film = self._kept.get(exposure_id)
        if film is not None:
            self._kept.move_to_end(exposure_id)
        return film

    def load(self, exposure: Exposure, next_func: Callable[[Outcome[PreparedFilm]], None]) -> None:
        """Give the film of `exposure`, from memory at once or from disk."""
        film = self.get(exposure.id)
        if film is not None:
            next_func(Outcome(value=film))
            return

        def loaded(outcome: Outcome[PreparedFilm]) -> None:
            if outcome.value is not None:
                self.put(exposure.id, outcome.value)
            next_func(outcome)

        path = Path(exposure.stored_path)
        self._films.run_task(lambda: prepare(self._read(path)), loaded, owner=exposure.id)

    def thumbnail(self, exposure: Exposure) -> QImage | None:
        """Small picture, or None and a `thumbnail_ready` later."""
        made = self._thumbnails.get(exposure.id)
        if made is None and exposure.id not in self._asked:
            self._asked.add(exposure.id)
            film = self.get(exposure.id)
            stored = Path(exposure.stored_path)
            target = thumbnail_path(self._root, exposure.stored_path)

            def work() -> QImage:
                return self._make_thumbnail(target, film, stored)

            def done(outcome: Outcome[QImage]) -> None:
                # A film that cannot be read any more simply has no picture; selecting it says why.
                if outcome.value is not None:
                    self.set_thumbnail(exposure.id, outcome.value)
                elif outcome.error is not None and not isinstance(outcome.error, KnownError | OSError):
                    log_mistake(_log, outcome.error, "exposure %d has no small picture", exposure.id)

            self._background.run_task(work, done, owner=exposure.id)
        return made

    def set_thumbnail(self, exposure_id: int, image: QImage) -> None:
        self._thumbnails[exposure_id] = image
        self.thumbnail_ready.emit(exposure_id)

    def forget(self, exposure_id: int) -> None:
        """The film left the list; its picture stays on disk."""
        self._background.drop(exposure_id)
        self._kept.pop(exposure_id, None)
        self._thumbnails.pop(exposure_id, None)
        self._asked.discard(exposure_id)

    def _make_thumbnail(self, target: Path, film: PreparedFilm | None, stored: Path) -> QImage:
        if film is None and target.exists():
            kept = QImage(str(target))
            if not kept.isNull():
                return kept
        made = thumbnail(film if film is not None else prepare(self._read(stored)))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.save(str(target))
        return made
