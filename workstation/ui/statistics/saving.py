"""The films of the selection as a table, and the selection as a report on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QFileDialog, QGridLayout, QWidget

from workstation.domain.control_chart import Step
from workstation.domain.decision import RejectReason
from workstation.domain.statistics import FilmFilter, Levels
from workstation.services.statistics_export import write_csv
from workstation.services.statistics_service import StatisticsService
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.look import label
from workstation.ui.statistics.film_list import Naming
from workstation.ui.statistics.report import Report, write_report


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown, as it is to be written: films, step of the chart, how reasons and people are named.

    `days` are the first and the last one there are films of.
    """

    wanted: FilmFilter
    days: tuple[date | None, date | None]
    step: Step | None
    naming: Naming
    reasons: tuple[RejectReason, ...]
    language: str


class Saver(QObject):
    """Asks where to and writes on a worker.

    Args:
        window: owner of the dialogs.
        selection: what is shown now.

    Signals:
        saved: name of the file that was written.
        failed: an error while writing.
    """

    saved = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        window: QWidget,
        service: StatisticsService,
        jobs: Jobs,
        levels: Levels,
        selection: Callable[[], Selection],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._service, self._jobs, self._levels = service, jobs, levels
        self._selection = selection

    def set_levels(self, levels: Levels) -> None:
        """Levels of the next report."""
        self._levels = levels

    def ask_csv(self) -> None:
        """Ask where to, and whether with patient data."""
        dialog, identified = self.csv_dialog()
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.save_csv(Path(dialog.selectedFiles()[0]), identified=identified.isChecked())
        dialog.deleteLater()

    def csv_dialog(self) -> tuple[QFileDialog, QCheckBox]:
        """The dialog, and its box for patient data."""
        dialog = QFileDialog(self._window, self.tr("Save the films as a table"), "", "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.selectFile(self._suggested("films", "csv"))
        dialog.setDefaultSuffix("csv")
        # Qt's own words are not whole in every language.
        dialog.setLabelText(QFileDialog.DialogLabel.LookIn, self.tr("Folder:"))
        dialog.setLabelText(QFileDialog.DialogLabel.FileType, self.tr("Type:"))
        identified = QCheckBox(self.tr("With patient data"))
        # A box's own text would not wrap, and large type would push the buttons off the screen.
        what = self.tr("Patient numbers, accession numbers and notes go into the file, too.")
        identified.setAccessibleDescription(what)
        grid = dialog.layout()
        if isinstance(grid, QGridLayout):
            grid.addWidget(identified, grid.rowCount(), 0, 1, -1)
            grid.addWidget(label(what, tone="quiet", size="small", wrap=True), grid.rowCount(), 0, 1, -1)
        dialog.resize(self._window.size() * 0.8)
        return dialog, identified

    def ask_report(self) -> None:
        """Ask where to."""
        name = self._suggested("report", "pdf")
        target, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the report"), name, "PDF (*.pdf)")
        if target:
            self.save_report(Path(target))

    def _suggested(self, what: str, suffix: str) -> str:
        days = "_".join(str(d) for d in self._selection().days if d is not None)
        return f"reject-{what}{'-' + days if days else ''}.{suffix}"

    def save_csv(self, target: Path, *, identified: bool = False) -> None:
        """Write the films of the selection on a worker."""
        told = self._selection()

        def work() -> int:
            hidden = told.naming.hidden
            return write_csv(
                self._service,
                told.wanted,
                target,
                told.reasons,
                told.language,
                hidden=hidden,
                identified=identified,
            )

        self._write(target, work)

    def save_report(self, target: Path) -> None:
        """Write the PDF of the selection on a worker."""
        told, levels = self._selection(), self._levels

        def work() -> None:
            summary = self._service.summary(told.wanted, told.step)
            write_report(Report(summary, levels, told.naming.reasons, told.naming.hidden), target)

        self._write(target, work)

    def _write(self, target: Path, work: Callable[[], object]) -> None:
        def written(outcome: Outcome[object]) -> None:
            if outcome.error is not None:
                self.failed.emit(outcome.error)
            else:
                self.saved.emit(target.name)

        self._jobs.run_task(work, written, listener=self)
