"""pyqtgraph in the window's own look: no menus, no panning, own fonts; things on a chart are chosen one by one."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
import shiboken6
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsItem,
    QGraphicsRectItem,
    QGraphicsScene,
    QScrollArea,
    QToolTip,
    QWidget,
)

from workstation.ui import theme
from workstation.ui.look import Look
from workstation.ui.theme import Size
from workstation.ui.tips import verbatim


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen that keeps its width whatever the scale of the axes."""
    # A cosmetic pen counts device pixels: on a scaled screen it would be a hair.
    made = QPen(QColor(colour), width * QGuiApplication.primaryScreen().devicePixelRatio(), style)
    made.setCosmetic(True)
    return made


def tinted(colour: str, alpha: int) -> QColor:
    made = QColor(colour)
    made.setAlpha(alpha)
    return made


class Axis(pg.AxisItem):
    """Labels exactly where they are put; faint lines across the chart instead of ticks."""

    def __init__(self, orientation: str, look: Look, *, grid: bool = True) -> None:
        super().__init__(orientation)
        self.setPen(pen(look.colours.border))
        self.setTickPen(pen(look.colours.border))
        self.setTextPen(pen(look.colours.quiet))
        self.setStyle(
            tickFont=theme.font(Size.SMALL, scale=look.scale),
            tickLength=0,
            tickTextOffset=8,
            hideOverlappingLabels=False,
        )
        self.enableAutoSIPrefix(False)
        if grid:
            self.setGrid(90)

    def put(self, labels: Sequence[tuple[float, str]]) -> None:
        """Show these labels alone."""
        self.setTicks([list(labels)])


class ChoicePlot(pg.PlotWidget):
    """A chart of things in a row that can be pointed at and chosen, by mouse or by keys.

    Subclasses tell how many things there are (`count`), where they are (`area_of`, `index_at`) and what each is
    (`describe`).

    Signals:
        chosen: number of the thing.
    """

    chosen = Signal(int)

    def __init__(
        self, look: Look, name: str, left: Axis, bottom: Axis, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, background=look.colours.raised, axisItems={"left": left, "bottom": bottom})
        self.look = look
        self.left, self.bottom = left, bottom
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # The faint lines of the axes lie under the bars, not over them.
        for axis in (left, bottom):
            axis.setZValue(-1000)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.getViewBox().setDefaultPadding(0.0)
        self.getViewBox().setMouseEnabled(x=False, y=False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(0, 0)
        # Without an index no item that is gone can linger in it.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        bottom.setHeight(look.px(26))
        self._drawn: list[QGraphicsItem] = []
        self._marked = -1
        self._mark = QGraphicsRectItem()
        self._mark.setZValue(-50)
        self._mark.setPen(QPen(Qt.PenStyle.NoPen))
        self._mark.setBrush(QColor(look.colours.hover))
        self._mark.hide()
        self.getPlotItem().getViewBox().addItem(self._mark, ignoreBounds=True)

    # ---- what is drawn ----

    def add(self, item: QGraphicsItem) -> None:
        """Draw an item until `wipe`."""
        self.addItem(item, ignoreBounds=True)
        self._drawn.append(item)

    def wipe(self) -> None:
        """Take all items off and delete them here and now.

        pyqtgraph's items refer to each other in circles: left to the garbage collector, they would be destroyed in
        whatever thread it happens to run in, a worker's too.
        """
        self.mark(-1)
        for item in self._drawn:
            self.removeItem(item)
            shiboken6.delete(item)
        self._drawn.clear()

    # ---- what subclasses tell ----

    def count(self) -> int:
        raise NotImplementedError

    def index_at(self, at: QPointF) -> int:
        """Number of the thing at a point in the chart's own units; -1 for none."""
        raise NotImplementedError

    def area_of(self, index: int) -> QRectF:
        """Where a thing is, in the chart's own units."""
        raise NotImplementedError

    def describe(self, index: int) -> str:
        """One line about a thing."""
        raise NotImplementedError

    def steps(self) -> dict[Qt.Key, int]:
        """Keys that go from one thing to the next."""
        return {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}

    # ---- pointing and choosing ----

    def mark(self, index: int) -> None:
        """Point at a thing; -1 for none."""
        self._marked = index if 0 <= index < self.count() else -1
        self._mark.setVisible(self._marked >= 0)
        if self._marked >= 0:
            self._mark.setRect(self.area_of(self._marked))
            self.setAccessibleDescription(self.describe(self._marked))

    def position_of(self, index: int) -> QPoint:
        """Where a thing is on the widget; for tests and tooltips."""
        centre = self.getViewBox().mapViewToScene(self.area_of(index).center())
        return self.mapFromScene(centre)

    def _bring_into_view(self) -> None:
        """Scroll what is around the chart to the thing that the keys have come to."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None:
            return
        inside = self.getViewBox().mapViewToScene(self.area_of(self._marked)).boundingRect()
        seen = self.mapFromScene(inside).boundingRect()
        at = self.mapTo(area.widget(), seen.center())
        area.ensureVisible(at.x(), at.y(), 0, min(seen.height(), area.viewport().height()) // 2)

    def _index_under(self, at: QPointF) -> int:
        point = self.getViewBox().mapSceneToView(self.mapToScene(at.toPoint()))
        return self.index_at(point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._index_under(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
        if index != self._marked:
            self.mark(index)
            if index >= 0:
                QToolTip.showText(event.globalPosition().toPoint(), verbatim(self.describe(index)), self)
            else:
                QToolTip.hideText()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        index = self._index_under(event.position())
        if index >= 0:
            self.mark(index)
            self.chosen.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the list around it scrolls

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.hasFocus():
            self.mark(-1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._marked < 0 and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.mark(0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.mark(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self.steps().get(Qt.Key(event.key()))
        if step is not None and self.count():
            self.mark(min(self.count() - 1, max(0, self._marked + step)))
            if self._marked >= 0:
                self._bring_into_view()
                QToolTip.showText(
                    self.mapToGlobal(self.position_of(self._marked)),
                    verbatim(self.describe(self._marked)),
                    self,
                )
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._marked >= 0:
            self.chosen.emit(self._marked)
        else:
            event.ignore()


def text(
    words: str, colour: str, anchor: tuple[float, float], scale: float, fill: str | None = None
) -> pg.TextItem:
    """A text on a chart, anchored at a fraction of its own size; `fill` covers what is drawn below it."""
    made = pg.TextItem(words, color=colour, anchor=anchor, fill=None if fill is None else QColor(fill))
    made.setFont(theme.font(Size.SMALL, scale=scale))
    return made


def dash(at: float, colour: str, angle: float) -> pg.InfiniteLine:
    """A dashed level across the chart; angle 0 lies, 90 stands."""
    made = pg.InfiniteLine(at, angle=angle, pen=pen(colour, 1.5, Qt.PenStyle.DashLine), movable=False)
    made.setZValue(5)
    return made
