"""What waits to be sent: film, object, destination, state and why; try now, or take it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from workstation.domain.delivery import Delivery, DeliveryKind, DeliveryState
from workstation.domain.exposure import Exposure
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.jobs import Outcome
from workstation.ui.look import button, label
from workstation.ui.tips import verbatim

translate = QCoreApplication.translate
_PROBLEM = 4
_MEASURED = 100


@dataclass(frozen=True, slots=True)
class _Line:
    """What a line is about. The same day and film: their names are told by the day."""

    delivery: Delivery
    exposure: Exposure | None
    today: date

    def says_the_same(self, other: _Line) -> bool:
        return (
            self.exposure is other.exposure and self.delivery == other.delivery and self.today == other.today
        )

    def texts(self) -> tuple[str, ...]:
        delivery, error = self.delivery, self.delivery.last_error
        return (
            words.film_name(self.exposure, delivery.exposure_id),
            kind_name(delivery.kind),
            delivery.destination,
            state_name(delivery),
            " ".join(words.error(error)) if error is not None else "",
        )


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
        self._filling = self._reading = self._outdated = False
        self._lines: list[_Line] = []
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
        # Lines looked at for a column's width, from the first that is seen: of thousands each takes its time.
        header.setResizeContentsPrecision(_MEASURED)
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
        """Read the queue anew; asked meanwhile, once more afterwards."""
        self._outdated = self._reading
        if not self._reading:
            self._reading = True
            self._console.workers.decisions.run_task(
                self._console.parts.delivery.deliveries, self._read, owner=self._owner
            )

    def _read(self, outcome: Outcome[list[Delivery]]) -> None:
        self._reading = False
        if self._outdated:
            self.refresh()
        if outcome.value is not None:
            self._show(outcome.value)
        elif outcome.error is not None:
            self.failed.emit(outcome.error)

    def _show(self, deliveries: list[Delivery]) -> None:
        """Show the queue as it is now; what is chosen in it stays so.

        Lines that say what they said are left alone: after a failure of the archive there are thousands.
        """
        self._filling = True
        there = {delivery.id for delivery in deliveries}
        for row in reversed(range(len(self._lines))):
            if self._lines[row].delivery.id not in there:
                self.model.removeRow(row)
                del self._lines[row]
        today = date.today()
        for row, delivery in enumerate(deliveries):  # both in the order of their numbers
            line = _Line(delivery, self._console.get(delivery.exposure_id), today)
            if row == len(self._lines) or self._lines[row].delivery.id != delivery.id:
                items = [QStandardItem() for _ in range(self.model.columnCount())]
                items[0].setData(delivery.id, Qt.ItemDataRole.UserRole)
                self.model.insertRow(row, items)
                self._lines.insert(row, line)
            elif self._lines[row].says_the_same(line):
                continue
            self._lines[row] = line
            for column, text in enumerate(line.texts()):
                item = self.model.item(row, column)
                if item.text() != text:
                    item.setText(text)
                    item.setToolTip(verbatim(text))
        self._fit()
        self._filling = False
        number = len(deliveries)
        self.title.setText(
            self.tr("Queue: %n object(s)", "", number) if number else self.tr("The queue is empty")
        )
        self._enable()

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
