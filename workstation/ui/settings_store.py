"""The settings in force, and their way to the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.settings import merging
from workstation.settings.model import Settings
from workstation.ui.jobs import Jobs, Outcome


class SettingsStore(QObject):
    """Holds one immutable `Settings`; a change is in force at once and written on a worker.

    Signals:
        changed(Settings, Settings): before, after.
        failed(BaseException): writing failed; the change stays in force until the program ends.
    """

    changed = Signal(object, object)
    failed = Signal(object)

    def __init__(self, path: Path, settings: Settings, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._settings = settings
        self._jobs = jobs

    def __call__(self) -> Settings:
        return self._settings

    @property
    def file(self) -> Path:
        """Where they are kept."""
        return self._path

    def keep(self, settings: Settings) -> None:
        """As `replace`, and write the file even where nothing changed: it tells that somebody chose the defaults."""
        if settings == self._settings:
            self._write(settings, settings)
        else:
            self.replace(settings)

    def mend(self, settings: Settings) -> None:
        """As `replace`, for who has seen every value: a file that holds a mistake is written anew, even unchanged."""
        settings = replace(settings, set_aside=())  # the file then holds what was seen, and nothing else
        before, self._settings = self._settings, settings
        self._write(before, settings, mend=True)
        if before != settings:
            self.changed.emit(before, settings)

    def replace(self, settings: Settings) -> None:
        """Put `settings` in force and write what changed; a file that holds a mistake is left alone (`failed`)."""
        before, self._settings = self._settings, settings
        if before == settings:
            return
        self._write(before, settings)
        self.changed.emit(before, settings)

    def _write(self, before: Settings, after: Settings, *, mend: bool = False) -> None:
        save: Callable[[], None] = lambda: merging.update(self._path, before, after, mend=mend)  # noqa: E731
        self._jobs.run_task(save, self._saved)

    def _saved(self, outcome: Outcome[None]) -> None:
        if outcome.error is not None:
            self.failed.emit(outcome.error)
