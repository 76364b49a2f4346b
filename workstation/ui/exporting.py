"""Export of the film on the stage: asks what and where, then writes on a worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from workstation.services import export
from workstation.services.deidentified import deidentified_file
from workstation.ui.console import Console
from workstation.ui.export_dialog import ExportDialog, write_whole
from workstation.ui.guide_opening import GuideOpener
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Outcome
from workstation.ui.roster import Problem
from workstation.ui.viewer.film_view import FilmView


class Exporter(QObject):
    """Pictures and de-identified copies of what `view` shows; its dialogs belong to `window`."""

    def __init__(
        self,
        window: QWidget,
        view: Callable[[], FilmView],
        console: Console,
        translations: Translations,
        guide: GuideOpener,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._view = view
        self._console = console
        self._translations = translations
        self._guide = guide

    def export(self) -> None:
        """Annotated PNG of the film on the stage, as it is seen, or a de-identified DICOM copy of it."""
        stage, shown = self._console.stage, self._view().film
        if stage is None or shown is None:
            return
        burned_in = shown.film.header.burned_in_annotation == "YES"
        dialog = ExportDialog(self._window, burned_in=burned_in)
        self._guide.give_key(dialog, "export")
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        identified, as_dicom, blank_corners = dialog.identified, dialog.as_dicom, dialog.blank_corners
        dialog.deleteLater()
        language = self._translations.language
        if not accepted:
            return
        name = export.suggested_name(stage.verdict, language)
        if as_dicom:
            name = f"{name.removesuffix('.png')}.dcm"
            target, _ = QFileDialog.getSaveFileName(
                self._window, self.tr("Save the film"), name, "DICOM (*.dcm)"
            )
            if target:
                self.export_film(Path(target), blank_corners=blank_corners)
            return
        target, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the picture"), name, "PNG (*.png)"
        )
        if target:
            self.export_to(Path(target), identified=identified)

    def export_to(self, target: Path, *, identified: bool = False) -> None:
        """Write the picture of the film on the stage on a worker."""
        stage, view = self._console.stage, self._view()
        if stage is None or view.film is None:
            return
        film, verdict, language = view.film.film, stage.verdict, self._translations.language
        voi, inverted = view.voi, view.inverted
        adviser = self._console.parts.adviser

        def work() -> Path:
            advice = adviser.for_verdict(verdict, film.header, language) if verdict is not None else None
            picture = export.annotated_png(
                film, verdict, advice, language, identified, voi=voi, invert=inverted
            )
            return write_whole(target, picture)

        self._console.workers.background.run_task(work, self._exported)

    def export_film(self, target: Path, *, blank_corners: bool = False) -> None:
        """Write a de-identified DICOM copy of the film on the stage on a worker."""
        shown = self._view().film
        if shown is None:
            return
        film = shown.film
        self._console.workers.background.run_task(
            lambda: write_whole(target, deidentified_file(film, blank_corners=blank_corners)), self._exported
        )

    def _exported(self, outcome: Outcome[Path]) -> None:
        if outcome.error is not None:
            self._console.problem.emit(Problem(self.tr("Export"), outcome.error))
