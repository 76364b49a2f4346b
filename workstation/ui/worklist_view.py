"""The list at the left: a picture, the person, the time and projection, the finding, what became of it."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workstation.domain.exposure import Exposure, is_decided
from workstation.ui import icons
from workstation.ui.console import Console
from workstation.ui.look import Look, label
from workstation.ui.theme import Size
from workstation.ui.worklist_model import EXPOSURE, THUMBNAIL, WorklistModel
from workstation.ui.worklist_row import RowArranger


class FilmDelegate(QStyledItemDelegate):
    """Paints one row; sizes are on the 4-px grid."""

    def __init__(self, look: Look, model: WorklistModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.arranger = RowArranger(look, model)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        return QSize(Size.WORKLIST_WIDTH - 8, self.arranger.height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = self._look.colours
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, QColor(colours.hover))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
            if state & QStyle.StateFlag.State_HasFocus:
                painter.setPen(QColor(colours.accent))
                painter.drawRect(rect.adjusted(0, 0, -1, -2))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.raised))
        self._picture(painter, self.arranger.picture(rect), index.data(THUMBNAIL))
        row = self.arranger.row(rect, cast("Exposure", index.data(EXPOSURE)))
        for line in row.lines:
            painter.setFont(line.font)
            painter.setPen(QColor(line.colour))
            painter.drawText(line.rect, line.align | Qt.AlignmentFlag.AlignVCenter, line.shown)
        if row.state is not None:
            name, tone = icons.state_icon_name(row.state), colours.of_state(row.state)
            if row.danger:
                name, tone = "state-danger", colours.danger
            icons.render(name, tone, painter, row.icon, knockout=colours.panel)
        painter.setPen(QColor(colours.border))
        painter.drawLine(rect.bottomLeft() + QPoint(12, 0), rect.bottomRight())
        painter.restore()

    def _picture(self, painter: QPainter, place: QRect, image: QImage | None) -> None:
        painter.fillRect(place, QColor("#000000"))
        if image is None:
            icon = QRectF(place.adjusted(18, 18, -18, -18))
            icons.render("film", self._look.colours.quiet, painter, icon)
            return
        scaled = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        where = QRect(QPoint(0, 0), scaled)
        where.moveCenter(place.center())
        painter.drawImage(where, image)


class WorklistPanel(QWidget):
    """Heading with the number of films, and the list.

    Signals:
        chosen(int): a person chose this exposure.
    """

    chosen = Signal(int)

    def __init__(self, console: Console, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._console = console
        self.model = WorklistModel(console, self)
        self.view = QListView()
        self.view.setObjectName("worklist")
        self.view.setAccessibleName(self.tr("Films of today"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(FilmDelegate(look, self.model, self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._count = label(size="head")
        self._left, self._below = label(tone="quiet", size="small"), label(tone="quiet", size="small")
        self._roomy = look.roomy
        self._heading = heading = QHBoxLayout()
        heading.setContentsMargins(12, 10, 12, 10)
        self._today = label(self.tr("Today"), size="head")
        heading.addWidget(self._today)
        heading.addSpacing(look.px(4))
        heading.addWidget(self._count)
        heading.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(heading)
        heading.addWidget(self._left)
        self._below.setContentsMargins(12, 0, 12, 8)
        layout.addWidget(self._below)
        layout.addWidget(self.view, 1)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        console.stage_changed.connect(self._follow_stage)
        for signal in (console.added, console.updated, console.removed):
            signal.connect(self._recount)
        console.intake_changed.connect(self._recount)
        self._recount()
        self._follow_stage()

    def _current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.model.exposure(current.row()).id)

    def _follow_stage(self) -> None:
        stage = self._console.stage
        row = self.model.row_of(stage.id if stage is not None else None)
        # The stage leads, the list follows: no signal back.
        blocked = self.view.selectionModel().blockSignals(True)
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
            self.view.scrollTo(self.model.index(row))
        else:
            # The current row too: a click on it would choose nothing else, and as it leaves the list Qt would make its
            # neighbour current, and that choose a film.
            self.view.selectionModel().clear()
        self.view.selectionModel().blockSignals(blocked)
        self.view.viewport().update()

    def _recount(self) -> None:
        exposures = self._console.exposures
        self._count.setText(str(len(exposures)) if exposures else "")
        waiting = sum(not is_decided(e.state) for e in exposures)
        arriving = self._console.arriving
        # One of the two: both are wider than the list in Russian, and reading is soon over.
        said = ""
        if arriving:
            said = self.tr("%n reading", "", arriving)
        elif waiting:
            said = self.tr("%n to decide", "", waiting)
        self._left.setText(said)
        self._below.setText(said)
        self._fit_left()

    def _fit_left(self) -> None:
        """A number that is cut off is another number: what does not fit beside the heading stands below it."""
        parts = (self._today, self._count, self._left)
        for part in parts:
            part.ensurePolished()
        needed = sum(part.sizeHint().width() for part in parts) + 28 + 2 * self._heading.spacing()
        beside = self._roomy and needed <= self.width()
        self._left.setVisible(beside)
        self._below.setVisible(not beside and bool(self._below.text()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_left()
