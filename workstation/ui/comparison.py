"""Puts the patient's previous film beside the one on the stage when a person asks for it."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from workstation.domain.exposure import Exposure
from workstation.domain.turn import UNTURNED
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.jobs import Outcome
from workstation.ui.viewer.compare import ComparePane
from workstation.ui.viewer.prepared import PreparedFilm


class Comparison(QObject):
    """Drives the pane by its action; reading the film is a worker's job.

    Args:
        action: checkable; enabled while there is a film to compare with.
    """

    def __init__(self, console: Console, action: QAction, pane: ComparePane) -> None:
        super().__init__(pane)
        self._console = console
        self._action = action
        self._pane = pane
        self._of: int | None = None
        self._beside: int | None = None
        pane.hide()
        action.toggled.connect(self._toggle)
        pane.close_button.clicked.connect(self._close)
        console.companions.changed.connect(self.refresh)
        console.stage_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow the film on the stage; another film, or another one before it, closes the comparison."""
        stage = self._console.stage
        now = stage.id if stage is not None else None
        moved, self._of = now != self._of, now
        previous = self._previous()
        if moved or previous is None or previous.id != self._beside:
            self._action.setChecked(False)
        self._action.setEnabled(previous is not None)

    def _previous(self) -> Exposure | None:
        return self._console.companions.of(self._of).previous

    def _close(self) -> None:
        self._action.setChecked(False)

    def _toggle(self, on: bool) -> None:
        previous = self._previous()
        if not on or previous is None:
            self._beside = None
            self._pane.hide()
            self._pane.set_film(None, "")
            return
        self._beside = previous.id
        when = words.day_and_time(previous.header.acquired_at or previous.received_at)
        about = " · ".join(part for part in (when, words.fate(previous)) if part)
        caption = "\n".join((self.tr("Previous film"), about))
        self._pane.set_film(None, caption)
        self._pane.set_message(self.tr("Reading the film …"))
        self._pane.show()
        asked = self._of
        turn = previous.decision.turn if previous.decision is not None else UNTURNED

        def done(outcome: Outcome[PreparedFilm]) -> None:
            if not shiboken6.isValid(self) or self._of != asked or not self._action.isChecked():
                return
            if outcome.value is not None:
                self._pane.set_film(outcome.value, caption, turn)
            elif outcome.error is not None:
                self._pane.set_message(" ".join(words.error(outcome.error)))

        self._console.store.load(previous, done)
