"""The reject rate over time as a control chart."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QGraphicsPathItem, QWidget

from workstation.domain.control_chart import ControlChart, Point, Standing, Step
from workstation.domain.statistics import Levels
from workstation.ui.look import Look
from workstation.ui.statistics import words
from workstation.ui.statistics.plot import Axis, ChoicePlot, dash, pen, text, tinted

_TICK_WIDTH = 84
_LEVEL_ROOM = 84  # right of the last point, for the names of the levels
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


def nice_step(top: float, lines: int = 5) -> float:
    """Distance of the horizontal lines, so that about `lines` of them reach `top`."""
    return next((step for step in _STEPS if top / step <= lines), _STEPS[-1])


def runs_of_limits(points: tuple[Point, ...]) -> list[list[int]]:
    """Neighbouring points that have limits."""
    runs: list[list[int]] = []
    for index, point in enumerate(points):
        if point.standing is Standing.TOO_FEW:
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def top_of(chart: ControlChart, levels: Levels | None) -> float:
    """Upper end of the rate's axis: all rates, most limits and the levels fit."""
    told = [p for p in chart.points if p.standing is not Standing.TOO_FEW]
    rates = [p.tally.rejects.rate or 0.0 for p in told]
    limits = sorted(p.upper for p in told)
    usual = limits[int(0.75 * (len(limits) - 1))] if limits else 0.0
    least = levels.action * 1.4 if levels is not None else 0.02
    return min(1.0, max(least, 1.12 * max(rates, default=0.0), 1.08 * usual))


class RateChart(ChoicePlot):
    """One point per day, week or month; a point outside of its limits is a triangle."""

    def __init__(self, look: Look, levels: Levels, parent: QWidget | None = None) -> None:
        super().__init__(look, "", Axis("left", look), Axis("bottom", look, grid=False), parent)
        self._levels = levels
        self._chart = ControlChart(Step.DAY, None, ())
        self._top = 0.2

    def show_chart(self, chart: ControlChart, *, with_levels: bool = True) -> None:
        """Draw the points; target and action level are those of all rejects together."""
        self.wipe()
        self._chart = chart
        count = len(chart.points)
        self._top = top_of(chart, self._levels if with_levels else None)
        self._lay_out()
        self.setYRange(0, self._top, padding=0)
        step = nice_step(self._top)
        lines = [k * step for k in range(math.floor(self._top / step + 1e-9) + 1)]
        self.left.put([(line, words.level(line)) for line in lines])
        if with_levels:
            self._draw_levels(count)
        if count:
            self._draw_limits(chart)
            self._draw_points(chart)

    def _draw_levels(self, count: int) -> None:
        colours, right = self.look.colours, max(count, 1) - 0.4
        for level, colour, anchor, name in (
            (self._levels.target, colours.passed, (0, 0), self.tr("target {0}")),
            (self._levels.action, colours.warn, (0, 1), self.tr("action {0}")),
        ):
            # Filled: the mean's line may pass beneath.
            said = text(name.format(words.level(level)), colour, anchor, self.look.scale, colours.raised)
            said.setPos(right, level)
            said.setZValue(20)
            self.add(dash(level, colour, 0))
            self.add(said)

    def _draw_limits(self, chart: ControlChart) -> None:
        path = QPainterPath()
        for run in runs_of_limits(chart.points):
            upper = [QPointF(i + d, chart.points[i].upper) for i in run for d in (-0.5, 0.5)]
            lower = [QPointF(i + d, chart.points[i].lower) for i in reversed(run) for d in (0.5, -0.5)]
            path.addPolygon(QPolygonF(upper + lower))
            path.closeSubpath()
        band = QGraphicsPathItem(path)
        band.setBrush(tinted(self.look.colours.accent, 38))
        band.setPen(QPen(Qt.PenStyle.NoPen))
        band.setZValue(-20)
        self.add(band)
        if chart.centre is not None:
            middle = pg.InfiniteLine(
                chart.centre, angle=0, pen=pen(self.look.colours.accent, 1.0), movable=False
            )
            self.add(middle)

    def _draw_points(self, chart: ControlChart) -> None:
        colours = self.look.colours
        shapes = {
            Standing.WITHIN: ("o", 7, colours.accent),
            Standing.ABOVE: ("t1", 12, colours.warn),
            Standing.BELOW: ("t", 12, colours.unsure),
        }
        rates = np.array(
            [
                math.nan if p.standing is Standing.TOO_FEW else p.tally.rejects.rate or 0.0
                for p in chart.points
            ]
        )
        at = np.arange(len(rates), dtype=float)
        line = pg.PlotCurveItem(at, rates, pen=pen(colours.text, 1.5), connect="finite", antialias=True)
        self.add(line)
        small = len(rates) > 120
        for standing, (symbol, size, colour) in shapes.items():
            mine = [i for i, p in enumerate(chart.points) if p.standing is standing]
            if mine and not (small and standing is Standing.WITHIN):
                dots = pg.ScatterPlotItem(
                    at[mine],
                    rates[mine],
                    symbol=symbol,
                    size=size,
                    brush=colour,
                    pen=pen(colours.raised, 1.0),
                )
                dots.setZValue(10)
                self.add(dots)
        few = [i for i, p in enumerate(chart.points) if p.standing is Standing.TOO_FEW and p.tally.decided]
        if few and not small:
            # On the axis, hollow: there were films, but no rate is made of them.
            dots = pg.ScatterPlotItem(
                at[few],
                np.full(len(few), self._top * 0.02),
                symbol="o",
                size=6,
                brush=None,
                pen=pen(colours.quiet),
            )
            self.add(dots)

    def _lay_out(self) -> None:
        level_room = self.look.px(_LEVEL_ROOM)
        points, room = self._chart.points, max(1, self.width() - self.look.px(60) - level_room)
        count = max(len(points), 1)
        self.setXRange(-0.6, count - 0.4 + (count + 0.2) * level_room / room, padding=0)
        if not points:
            self.bottom.put([])
            return
        each = max(1, math.ceil(len(points) * self.look.px(_TICK_WIDTH) / room))
        # Within the ends: half a label must fit on either side.
        self.bottom.put(
            [
                (i, words.tick(p.first, self._chart.step))
                for i, p in enumerate(points)
                if i % each == each // 2 and i < max(1, len(points) - each // 4)
            ]
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_chart"):
            self._lay_out()

    # ---- choosing ----

    def count(self) -> int:
        return len(self._chart.points)

    def index_at(self, at: QPointF) -> int:
        index = round(at.x())
        return index if 0 <= index < self.count() and 0 <= at.y() <= self._top else -1

    def area_of(self, index: int) -> QRectF:
        return QRectF(index - 0.5, 0, 1, self._top)

    def describe(self, index: int) -> str:
        return words.point_text(self._chart.points[index], self._chart.step)
