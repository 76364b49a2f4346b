"""The films of the day as a list model: newest on top, each told apart by its exposure id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.findings import State
from workstation.domain.objections import contradicted_view
from workstation.domain.order import Fit
from workstation.domain.study import projection_of
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.tips import verbatim

EXPOSURE = Qt.ItemDataRole.UserRole + 1
THUMBNAIL = Qt.ItemDataRole.UserRole + 2
PENDING = Qt.ItemDataRole.UserRole + 3
FATE = Qt.ItemDataRole.UserRole + 4

Index = QModelIndex | QPersistentModelIndex


class WorklistModel(QAbstractListModel):
    """Rows follow the console's films; films that change in one go are told in one."""

    def __init__(self, console: Console, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console = console
        self._rows = console.exposures
        console.added.connect(self._added)
        console.updated.connect(self._updated)
        console.removed.connect(self._removed)
        console.store.thumbnail_ready.connect(self._thumbnail_ready)
        console.analysis.changed.connect(self._analysis_changed)
        console.statuses_changed.connect(self._analysis_changed)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def exposure(self, row: int) -> Exposure:
        return self._rows[row]

    def row_of(self, exposure_id: int | None) -> int:
        """Row of an exposure, -1 where it is not in the list."""
        return next((i for i, e in enumerate(self._rows) if e.id == exposure_id), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        exposure = self._rows[index.row()]
        getters: dict[int, Callable[[Exposure], Any]] = {
            int(EXPOSURE): lambda e: e,
            int(THUMBNAIL): self._console.store.thumbnail,
            int(PENDING): lambda e: self._console.analysis.is_pending(e.id),
            int(FATE): self.fate,
            int(Qt.ItemDataRole.DisplayRole): self.spoken,
            int(Qt.ItemDataRole.ToolTipRole): lambda e: verbatim(self.spoken(e)),
            int(Qt.ItemDataRole.AccessibleTextRole): self.spoken,
        }
        getter = getters.get(int(role))
        return getter(exposure) if getter is not None else None

    def fate(self, exposure: Exposure) -> str:
        """What became of the film, "" before a decision."""
        if not is_decided(exposure.state):
            return ""
        return words.fate(exposure)

    def finding(self, exposure: Exposure) -> tuple[State | None, str]:
        """State and word of what the panel shows first; (None, ...) while there is no verdict."""
        fit = self._console.order_check(exposure).fit
        if fit is Fit.WRONG_PATIENT:
            return State.WARN, words.translate("OrderCard", "Wrong patient?")
        if fit in (Fit.WRONG_ACCESSION, Fit.WRONG_PROJECTION):
            return State.WARN, words.translate("Worklist", "Other order")
        if exposure.shares_uid:
            return State.WARN, words.translate("Worklist", "Same identity")
        again = self._console.analysis.is_pending(exposure.id)
        if again and exposure.verdict is None:
            return None, words.translate("Worklist", "Analysing")
        # What was asked last failed: that all was in order is said of another projection, or by another cascade.
        outdated = exposure.id in self._console.verdicts.errors and not again
        if exposure.verdict is None or (outdated and exposure.verdict.state is State.PASS):
            return State.NOT_ASSESSED, words.translate("Words", "Not assessed")
        if contradicted_view(exposure.verdict.projection, exposure.header) is not None:
            return State.WARN, words.translate("Worklist", "Check the view")
        return exposure.verdict.state, words.summary(exposure.verdict)

    def is_wrong_patient(self, exposure: Exposure) -> bool:
        """Whether the worklist says so: the one finding that is red."""
        return self._console.order_check(exposure).fit is Fit.WRONG_PATIENT

    def spoken(self, exposure: Exposure) -> str:
        """The whole row in words, for screen readers and as its tip."""
        parts = (
            words.moment(exposure.received_at),
            exposure.header.patient.name,
            words.projection_short(projection_of(exposure)),
            self.finding(exposure)[1],
            self.fate(exposure),
        )
        return ", ".join(part for part in parts if part)

    def _added(self, exposure: Exposure) -> None:
        row = next((i for i, e in enumerate(self._rows) if e.id < exposure.id), len(self._rows))
        self.beginInsertRows(QModelIndex(), row, row)
        self._rows.insert(row, exposure)
        self.endInsertRows()

    def _updated(self, exposures: Sequence[Exposure]) -> None:
        changed = {exposure.id: exposure for exposure in exposures}
        rows = [row for row, known in enumerate(self._rows) if known.id in changed]
        for row in rows:
            self._rows[row] = changed[self._rows[row].id]
        if rows:
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))

    def _removed(self, exposure_id: int) -> None:
        row = self.row_of(exposure_id)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._rows[row]
            self.endRemoveRows()

    def _thumbnail_ready(self, exposure_id: int) -> None:
        row = self.row_of(exposure_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row), [THUMBNAIL])

    def _analysis_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), [PENDING])
