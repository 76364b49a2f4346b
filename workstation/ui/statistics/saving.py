"""The films of the selection as a table, and the selection as a report on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QCheckBox, QDialog, QFileDialog, QGridLayout

from workstation.services.statistics_export import write_csv
from workstation.ui.jobs import Outcome
from workstation.ui.statistics.report import Report, write_report

if TYPE_CHECKING:
    from workstation.ui.statistics.window import StatisticsWindow


class Saver(QObject):
    """Asks where to and writes on a worker what the window `of` means."""

    def __init__(self, of: StatisticsWindow) -> None:
        super().__init__(of)
        self._of = of

    def ask_csv(self) -> None:
        """Ask where to, and whether with patient data."""
        dialog = QFileDialog(self._of, self.tr("Save the films as a table"), "", "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.selectFile(self._suggested("films", "csv"))
        dialog.setDefaultSuffix("csv")
        identified = QCheckBox(
            self.tr("With patient IDs, accession numbers and notes (the file then holds patient data)")
        )
        grid = dialog.layout()
        if isinstance(grid, QGridLayout):
            grid.addWidget(identified, grid.rowCount(), 0, 1, -1)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.save_csv(Path(dialog.selectedFiles()[0]), identified=identified.isChecked())
        dialog.deleteLater()

    def ask_report(self) -> None:
        """Ask where to."""
        name = self._suggested("report", "pdf")
        target, _ = QFileDialog.getSaveFileName(self._of, self.tr("Save the report"), name, "PDF (*.pdf)")
        if target:
            self.save_report(Path(target))

    def _suggested(self, what: str, suffix: str) -> str:
        wanted = self._of.filters.wanted() if self._of.summary is None else self._of.summary.wanted
        days = "_".join(str(d) for d in (wanted.first, wanted.last) if d is not None)
        return f"reject-{what}{'-' + days if days else ''}.{suffix}"

    def save_csv(self, target: Path, *, identified: bool = False) -> None:
        """Write the films of the selection on a worker."""
        wanted, hidden, reasons, language = (
            self._of.filters.wanted(),
            self._of.filters.hidden,
            self._of.reasons,
            self._of.language,
        )
        self._of.jobs.run_task(
            lambda: write_csv(
                self._of.service, wanted, target, reasons, language, hidden=hidden, identified=identified
            ),
            self._written,
        )

    def save_report(self, target: Path) -> None:
        """Write the PDF of the selection on a worker."""
        wanted, step = self._of.filters.wanted(), self._of.filters.wanted_step()
        names, hidden, levels = self._of.reason_names(), self._of.filters.hidden, self._of.levels

        def work() -> None:
            summary = self._of.service.summary(wanted, step)
            write_report(Report(summary, levels, names, hidden), target)

        self._of.jobs.run_task(work, self._written)

    def _written(self, outcome: Outcome[object]) -> None:
        if outcome.error is not None:
            self._of.failed.emit(outcome.error)
