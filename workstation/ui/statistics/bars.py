"""Lying bars: reasons of rejects as a Pareto chart, reject rates by projection, room and person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workstation.domain.statistics import FEWEST_FILMS, Levels, ParetoBar, Tally
from workstation.ui import theme
from workstation.ui.look import Look
from workstation.ui.statistics import words
from workstation.ui.statistics.plot import Axis, ChoicePlot, dash, pen, text
from workstation.ui.statistics.rate_chart import nice_step
from workstation.ui.theme import Size

ROW = 28
_FOOT = 26
_ALL = 1.02  # the axis of parts ends a little after 100 %, so that the last dot is whole
_THICK = 0.56
# Of the width, at most: the bars are what is looked at, and the tip has the whole name. Reasons are known in advance
# and are to be told apart; names of people are of any length, and their figures take room at the right, too.
_NAMES, _NAMES_IN_COLUMN = 0.5, 0.4
_WIDE = 480  # narrower charts have smaller names


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `length` is in the axis' units, None where there are too few films; `said` stands beside it."""

    name: str
    length: float | None
    said: str
    described: str
    low: float | None = None
    high: float | None = None


class Bars(ChoicePlot):
    """Bars of one height each, the name left of it, the figures at its end."""

    def __init__(
        self, look: Look, name: str, parent: QWidget | None = None, *, in_column: bool = False
    ) -> None:
        """`in_column`: the figures stand below each other at the right edge, not at the ends of the bars."""
        self._in_column = in_column
        self._said: list[pg.TextItem] = []
        self._bars: Sequence[Bar] = ()
        self._marks: Sequence[tuple[float, str]] = ()
        super().__init__(look, name, Axis("left", look, grid=False), Axis("bottom", look), parent)
        self.getViewBox().invertY(True)
        self.left.setTextPen(pen(look.colours.text))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._end = 1.0

    def sizeHint(self) -> QSize:
        return QSize(200, self.look.px(ROW) * max(1, len(self._bars)) + self.look.px(_FOOT))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def show_bars(self, bars: Sequence[Bar], end: float) -> None:
        """Draw `bars` on an axis of percentages from 0 to `end` (0..1)."""
        self.wipe()
        self._said = []
        self._bars, self._end = bars, end
        self.setFixedHeight(self.sizeHint().height())
        self.setYRange(-0.5, max(1, len(bars)) - 0.5, padding=0)
        step = nice_step(end)
        self._marks = [(k * step, words.level(k * step)) for k in range(int(end / step + 1e-9) + 1)]
        colours = self.look.colours
        told = [(i, bar.length) for i, bar in enumerate(bars) if bar.length is not None]
        if told:
            rows, lengths = (np.array(x, dtype=float) for x in zip(*told, strict=True))
            self.add(
                pg.BarGraphItem(
                    x0=np.zeros(len(rows)),
                    y=rows,
                    width=lengths,
                    height=_THICK,
                    brush=colours.accent,
                    pen=QPen(Qt.PenStyle.NoPen),
                )
            )
        for index, bar in enumerate(bars):
            colour = colours.text if bar.length is not None else colours.quiet
            anchor = (1, 0.5) if self._in_column else (0, 0.5)
            said = text(
                bar.said, colour, anchor, self.look.scale, None if self._in_column else colours.raised
            )
            said.setPos(bar.length or 0.0, index)
            said.setZValue(20)
            self.add(said)
            self._said.append(said)
        self._lay_out()

    def _lay_out(self) -> None:
        """Room for the names left of the bars, shortened at need, and for the figures right of them."""
        if not self._bars:
            self.left.put([])
            return
        scale = self.look.scale
        font = theme.font(Size.BODY if self.width() >= self.look.px(_WIDE) else Size.SMALL, scale=scale)
        self.left.setStyle(tickFont=font)
        metrics = QFontMetricsF(font)
        most = max(metrics.horizontalAdvance(bar.name) for bar in self._bars)
        room = min(most, max(60.0, self.width() * (_NAMES_IN_COLUMN if self._in_column else _NAMES)))
        names = [metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, room + 1) for bar in self._bars]
        self.left.setWidth(int(room) + 14)
        self.left.put(list(enumerate(names)))
        small = QFontMetricsF(theme.font(Size.SMALL, scale=scale))
        inner = max(40.0, self.width() - room - 14)
        reach = self._end
        said = [min(0.85, (small.horizontalAdvance(bar.said) + 22) / inner) for bar in self._bars]
        if self._in_column:
            reach /= 1 - max(said)
        else:
            reach = max(
                [reach, *((b.length or 0.0) / (1 - part) for b, part in zip(self._bars, said, strict=True))]
            )
        self.setXRange(0, reach, padding=0)
        self.bottom.put(apart(self._marks, inner / reach, small))
        for index, said in enumerate(self._said):
            gap = reach / inner * (4 if self._in_column else 10)
            at = reach - gap if self._in_column else (self._bars[index].length or 0.0) + gap
            said.setPos(at, index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_end"):
            self._lay_out()

    # ---- choosing ----

    def count(self) -> int:
        return len(self._bars)

    def index_at(self, at: QPointF) -> int:
        index = round(at.y())
        return index if 0 <= index < self.count() else -1

    def area_of(self, index: int) -> QRectF:
        return QRectF(0, index - 0.5, self.getViewBox().viewRange()[0][1], 1)

    def describe(self, index: int) -> str:
        return f"{self._bars[index].name}: {self._bars[index].described}"


def apart(
    marks: Sequence[tuple[float, str]], scale: float, metrics: QFontMetricsF
) -> list[tuple[float, str]]:
    """Those of `marks` (value, label) that do not touch the one before on an axis of `scale` pixels a unit."""
    kept: list[tuple[float, str]] = []
    end = -math.inf
    for value, label in marks:
        half = metrics.horizontalAdvance(label) / 2
        if value * scale - half >= end + 6:
            kept.append((value, label))
            end = value * scale + half
    return kept


class ParetoChart(Bars):
    """Reasons, most frequent first; the dots say which share of all rejects they make up together."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, "", parent)
        self.setAccessibleName(self.tr("Reject reasons"))

    def show_reasons(self, reasons: Sequence[ParetoBar], names: dict[str, str]) -> None:
        together = self.tr("{0} of {1} rejects, together with the larger ones {2}")
        total = sum(bar.count for bar in reasons)
        self.show_bars(
            [
                Bar(
                    names.get(bar.reason, bar.reason),
                    bar.share,
                    f"{words.count(bar.count)} · {words.percent(bar.share, 0)}",
                    together.format(
                        words.count(bar.count), words.count(total), words.percent(bar.cumulative, 0)
                    ),
                )
                for bar in reasons
            ],
            _ALL,
        )
        if not reasons:
            return
        colours = self.look.colours
        shares = np.array([bar.cumulative for bar in reasons])
        rows = np.arange(len(shares), dtype=float)
        line = pg.PlotCurveItem(shares, rows, pen=pen(colours.quiet, 1.0), antialias=True)
        dots = pg.ScatterPlotItem(
            shares, rows, symbol="o", size=6, brush=colours.quiet, pen=pen(colours.raised)
        )
        for item in (dash(0.8, colours.border, 90), line, dots):
            item.setZValue(3)
            self.add(item)


class GroupChart(Bars):
    """Reject rates with their 95 % intervals against target and action level; few films have no rate."""

    def __init__(self, look: Look, levels: Levels, parent: QWidget | None = None) -> None:
        super().__init__(look, "", parent, in_column=True)
        self._levels = levels

    def show_groups(self, groups: Sequence[tuple[str, Tally]]) -> None:
        """Groups by name, in the order given."""
        bars = []
        for name, tally in groups:
            rate = tally.rejects
            if tally.decided < FEWEST_FILMS:
                bars.append(Bar(name, None, words.too_few(tally.decided), words.too_few(tally.decided)))
                continue
            low, high = rate.interval
            described = self.tr("{0}, 95 % interval {1}").format(
                words.rate_or_few(tally), words.interval(rate)
            )
            bars.append(Bar(name, rate.rate, words.rate_or_few(tally), described, low, high))
        self.show_bars(bars, max([self._levels.action * 1.3, *(bar.high or 0.0 for bar in bars)]))
        colours = self.look.colours
        for level, colour in ((self._levels.target, colours.passed), (self._levels.action, colours.warn)):
            self.add(dash(level, colour, 90))
        told = [(i, b.length, b.low, b.high) for i, b in enumerate(bars) if b.length is not None]
        if told:
            rows, rates, lows, highs = (np.array(x, dtype=float) for x in zip(*told, strict=True))
            whiskers = pg.ErrorBarItem(
                x=rates, y=rows, left=rates - lows, right=highs - rates, beam=0.24, pen=pen(colours.text, 1.5)
            )
            whiskers.setZValue(8)
            self.add(whiskers)
