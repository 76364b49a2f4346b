"""What waits to be sent: film, object, destination, state and why; try now, or take it off."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from workstation.domain.delivery import Delivery, DeliveryKind, DeliveryState
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.jobs import Outcome
from workstation.ui.look import button, label
from workstation.ui.tips import verbatim

translate = QCoreApplication.translate
_PROBLEM = 4


def kind_name(kind: DeliveryKind) -> str:
    """What is delivered, in a word."""
    return {
        DeliveryKind.FILM: translate("Queue", "film"),
        DeliveryKind.REJECT_NOTE: translate("Queue", "reject note"),
        DeliveryKind.SECONDARY_CAPTURE: translate("Queue", "annotated film"),
        DeliveryKind.PRESENTATION_STATE: translate("Queue", "graphics"),
        DeliveryKind.TURN: translate("Queue", "turn"),
        DeliveryKind.REPORT: translate("Queue", "report"),
    }[kind]


def state_name(delivery: Delivery) -> str:
    """State of a delivery, with the time of the next attempt."""
    if delivery.state is DeliveryState.WAITING and delivery.attempts:
        return translate("Queue", "tries again at {0}").format(words.clock(delivery.next_try_at))
    return {
        DeliveryState.WAITING: translate("Queue", "waiting"),
        DeliveryState.SENDING: translate("Queue", "being sent"),
        DeliveryState.FAILED: translate("Queue", "failed"),
        DeliveryState.SENT: translate("Queue", "sent"),
        DeliveryState.CANCELLED: translate("Queue", "cancelled"),
    }[delivery.state]


class QueueTable(QWidget):
    """The open deliveries. Acts on the selected lines; answers come through the console.

    Signals:
        failed: an action was refused; the error.
    """

    failed = Signal(object)

    def __init__(self, console: Console, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._console = console
        self._filling = False
        self._owner = owner = object()
        jobs = console.workers.decisions
        self.destroyed.connect(lambda: jobs.drop(owner))
        self.model = QStandardItemModel(0, 5, self)
        self.model.setHorizontalHeaderLabels(
            [
                self.tr("Film"),
                self.tr("Object"),
                self.tr("Destination"),
                self.tr("State"),
                self.tr("Last problem"),
            ]
        )
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Queue"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(120)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.title = label(size="head")
        self.retry = button(self.tr("Try now"))
        self.cancel = button(self.tr("Take off the queue"))
        self.retry.clicked.connect(lambda: self._act(console.parts.delivery.retry_now))
        self.cancel.clicked.connect(lambda: self._act(console.parts.delivery.cancel))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.title, 1)
        row.addWidget(self.retry)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self._show([])

    def refresh(self) -> None:
        """Read the queue anew."""
        self._console.workers.decisions.run_task(
            self._console.parts.delivery.deliveries, self._read, owner=self._owner
        )

    def _read(self, outcome: Outcome[list[Delivery]]) -> None:
        if outcome.value is not None:
            self._show(outcome.value)
        elif outcome.error is not None:
            self.failed.emit(outcome.error)

    def _show(self, deliveries: list[Delivery]) -> None:
        """Show the queue as it is now; it is read anew every second, and what is chosen in it stays so."""
        chosen, current = set(self._chosen()), self._id(self.table.currentIndex())
        at = self.table.verticalScrollBar().value()
        self._filling = True
        self.model.setRowCount(0)
        for delivery in deliveries:
            error = delivery.last_error
            problem = " ".join(words.error(error)) if error is not None else ""
            texts = (
                words.film_name(self._console.get(delivery.exposure_id), delivery.exposure_id),
                kind_name(delivery.kind),
                delivery.destination,
                state_name(delivery),
                problem,
            )
            items = [QStandardItem(text) for text in texts]
            for item in items:
                item.setToolTip(verbatim(item.text()))
            items[0].setData(delivery.id, Qt.ItemDataRole.UserRole)
            self.model.appendRow(items)
        self._choose(chosen, current)
        self._fit()
        self.table.verticalScrollBar().setValue(at)
        self._filling = False
        number = len(deliveries)
        self.title.setText(
            self.tr("Queue: %n object(s)", "", number) if number else self.tr("The queue is empty")
        )
        self._enable()

    def _choose(self, chosen: set[int], current: int | None) -> None:
        """Choose lines by their deliveries, however many, and lead the arrow keys on from `current`."""
        selection = self.table.selectionModel()
        flag = QItemSelectionModel.SelectionFlag
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            if self._id(index) == current:
                selection.setCurrentIndex(index, flag.NoUpdate)
            if self._id(index) in chosen:
                selection.select(index, flag.Select | flag.Rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Columns as wide as their words; the problem, whole in its tip and at the peer above, takes what is left.

        Qt's own ResizeToContents measured before the stylesheet and left a name its first letters.
        """
        header, left = self.table.horizontalHeader(), self.table.viewport().width()
        for column in range(_PROBLEM):
            wanted = max(self.table.sizeHintForColumn(column), header.sectionSizeHint(column))
            self.table.setColumnWidth(column, wanted)
            left -= wanted
        self.table.setColumnWidth(_PROBLEM, max(left, header.minimumSectionSize()))

    def _id(self, index: QModelIndex) -> int | None:
        """The delivery of a line."""
        item = self.model.item(index.row(), 0)
        return None if item is None else int(item.data(Qt.ItemDataRole.UserRole))

    def _chosen(self) -> list[int]:
        found = (self._id(index) for index in self.table.selectionModel().selectedRows())
        return [number for number in found if number is not None]

    def _enable(self) -> None:
        # Not while the lines are made anew: a button that rests for a moment loses the keyboard.
        if self._filling:
            return
        for made in (self.retry, self.cancel):
            made.setEnabled(bool(self._chosen()))

    def _act(self, act: Callable[[int, str], None]) -> None:
        chosen, author = self._chosen(), self._console.author

        def work() -> None:
            for delivery in chosen:
                act(delivery, author)

        # Not `owner`: what was asked for is done, though this window is closed meanwhile.
        self._console.workers.decisions.run_task(work, self._acted, listener=self)

    def _acted(self, outcome: Outcome[None]) -> None:
        if outcome.error is not None:
            self.failed.emit(outcome.error)
        self._console.refresh()
        self.refresh()
