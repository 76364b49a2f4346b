"""Export of the film on the stage: asks what and where, then writes on a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from workstation.dicom.deidentify import CORNERS
from workstation.domain.findings import Verdict
from workstation.domain.turn import UNTURNED, Turn
from workstation.imaging.lut import VoiChoice
from workstation.services import export
from workstation.services.deidentified import deidentified_file
from workstation.services.durable_file import write_chosen
from workstation.services.film import Film
from workstation.ui.console import Console
from workstation.ui.export_dialog import ExportDialog
from workstation.ui.guide_opening import GuideOpener
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Outcome
from workstation.ui.roster import Problem
from workstation.ui.viewer.film_view import FilmView


@dataclass(frozen=True, slots=True)
class Seen:
    """A film as a person saw it when the export was asked for."""

    film: Film
    verdict: Verdict | None
    voi: VoiChoice | None
    inverted: bool
    turn: Turn


class Exporter(QObject):
    """Pictures and de-identified copies of what `view` shows; its dialogs belong to `window`.

    Signals:
        saved(str): name of the file that was written.
    """

    saved = Signal(str)

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

    def seen(self) -> Seen | None:
        """What the viewer shows now; None without a film."""
        view, stage = self._view(), self._console.stage
        if view.film is None:
            return None
        # Without a stage the film is being stored: it has no verdict yet.
        verdict = stage.verdict if stage is not None else None
        return Seen(view.film.film, verdict, view.voi, view.inverted, view.turn)

    def export(self) -> None:
        """Annotated PNG of the film on the stage, as it is seen, or a de-identified DICOM copy of it."""
        # Now: another film may take the stage while the dialogs are open.
        seen = self.seen()
        if seen is None:
            return
        burned_in = seen.film.header.burned_in_annotation == "YES"
        dialog = ExportDialog(self._window, burned_in=burned_in)
        self._guide.give_key(dialog, "export")
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        identified, as_dicom, blank_corners = dialog.identified, dialog.as_dicom, dialog.blank_corners
        dialog.deleteLater()
        language = self._translations.language
        if not accepted:
            return
        name = export.suggested_name(seen.verdict, language)
        if as_dicom:
            name = f"{name.removesuffix('.png')}.dcm"
            target, _ = QFileDialog.getSaveFileName(
                self._window, self.tr("Save the film"), name, "DICOM (*.dcm)"
            )
            if target:
                self.export_film(seen, Path(target), blank_corners=blank_corners)
            return
        target, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the picture"), name, "PNG (*.png)"
        )
        if target:
            self.export_to(seen, Path(target), identified=identified, blank_corners=blank_corners)

    def export_to(
        self, seen: Seen, target: Path, *, identified: bool = False, blank_corners: bool = False
    ) -> None:
        """Write the picture of a film on a worker."""
        language, adviser = self._translations.language, self._console.parts.adviser

        def work() -> Path:
            film, verdict = seen.film, seen.verdict
            advice = None
            if verdict is not None:  # the picture shows the film as it is stored
                advice = adviser.for_verdict(verdict, film.header, language, UNTURNED)
            picture = export.annotated_png(
                film,
                verdict,
                advice,
                language,
                identified,
                voi=seen.voi,
                invert=seen.inverted,
                blank=CORNERS if blank_corners else (),
                turn=seen.turn,
            )
            return write_chosen(target, picture)

        self._console.workers.background.run_task(work, self._exported)

    def export_film(self, seen: Seen, target: Path, *, blank_corners: bool = False) -> None:
        """Write a de-identified DICOM copy of a film on a worker."""
        self._console.workers.background.run_task(
            lambda: write_chosen(target, deidentified_file(seen.film, blank_corners=blank_corners)),
            self._exported,
        )

    def _exported(self, outcome: Outcome[Path]) -> None:
        if outcome.error is not None:
            self._console.problem.emit(Problem(self.tr("Export"), outcome.error))
        elif outcome.value is not None:
            self.saved.emit(outcome.value.name)
