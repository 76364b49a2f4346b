"""Line charts as SVG text: no plotting library is worth its weight for three curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from workstation.services.evaluation.judging import StageReport
from workstation.services.evaluation.metrics import RocCurve

# Okabe & Ito's colours: told apart by colour-blind readers too; dashes tell them apart in print.
COLOURS = ("#0072b2", "#d55e00", "#009e73")
_INK, _GRID, _SOFT = "#1f2933", "#dfe4ea", "#66727f"
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 34, 44


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its words, range and ticks."""

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]


UNIT_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class Chart:
    """A square-ish chart that is filled by its methods and read by `svg`."""

    def __init__(self, title: str, x: Axis, y: Axis, width: int = 340, height: int = 320) -> None:
        self._x, self._y, self._width, self._height = x, y, width, height
        self._parts: list[str] = []
        self._legend: list[tuple[str, str, str]] = []
        self._title = title
        self._frame()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a point; points outside the axes are drawn at the border."""
        fx = min(max((x - self._x.low) / (self._x.high - self._x.low), 0.0), 1.0)
        fy = min(max((y - self._y.low) / (self._y.high - self._y.low), 0.0), 1.0)
        wide, tall = self._width - _LEFT - _RIGHT, self._height - _TOP - _BOTTOM
        return _LEFT + fx * wide, _TOP + (1 - fy) * tall

    def _frame(self) -> None:
        left, bottom = self.at(self._x.low, self._y.low)
        right, top = self.at(self._x.high, self._y.high)
        for tick in self._x.ticks:
            px, _ = self.at(tick, self._y.low)
            self._line(px, top, px, bottom, _GRID)
            self._text(px, bottom + 15, f"{tick:g}", "middle", _SOFT)
        for tick in self._y.ticks:
            _, py = self.at(self._x.low, tick)
            self._line(left, py, right, py, _GRID)
            self._text(left - 6, py + 4, f"{tick:g}", "end", _SOFT)
        self._line(left, bottom, right, bottom, _SOFT)
        self._line(left, top, left, bottom, _SOFT)
        self._text(self._width / 2, 18, self._title, "middle", _INK, 13, bold=True)
        self._text((left + right) / 2, self._height - 9, self._x.label, "middle", _INK)
        middle = (top + bottom) / 2
        self._parts.append(
            f'<text x="14" y="{middle:.1f}" transform="rotate(-90 14 {middle:.1f})" text-anchor="middle" '
            f'font-size="11" fill="{_INK}">{escape(self._y.label)}</text>'
        )

    def _line(self, x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> None:
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'
        )

    def _text(
        self, x: float, y: float, words: str, anchor: str, colour: str, size: int = 11, bold: bool = False
    ) -> None:
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"{weight}>'
            f"{escape(words)}</text>"
        )

    def diagonal(self) -> None:
        """A dashed line from corner to corner."""
        low, high = max(self._x.low, self._y.low), min(self._x.high, self._y.high)
        (x1, y1), (x2, y2) = self.at(low, low), self.at(high, high)
        self._line(x1, y1, x2, y2, _SOFT, 'stroke-dasharray="3 4"')

    def vertical(self, x: float, words: str, row: int = 0) -> None:
        """A dotted line at `x` with a word beside it, in a `row` of its own where it stands close to another."""
        (x1, y1), (_, y2) = self.at(x, self._y.high), self.at(x, self._y.low)
        self._line(x1, y1, x1, y2, _INK, 'stroke-dasharray="2 3"')
        y = y1 + 11 + 12 * row
        if x1 < self._width * 0.7:
            self._text(x1 + 3, y, words, "start", _INK, 10)
        else:
            self._text(x1 - 3, y, words, "end", _INK, 10)

    def line(self, points: Sequence[tuple[float, float]], series: int, name: str = "") -> None:
        """A curve; `series` picks colour and dashes."""
        colour, dash = COLOURS[series % 3], ("", "6 3", "2 3")[series % 3]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (self.at(*p) for p in points))
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-linejoin="round" stroke-dasharray="{dash}"/>'
        )
        if name:
            self._legend.append((name, colour, dash))

    def dot(self, x: float, y: float, series: int, radius: float = 3.0, opacity: float = 1.0) -> None:
        """A filled point."""
        px, py = self.at(x, y)
        self._parts.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{radius:.1f}" fill="{COLOURS[series % 3]}" '
            f'fill-opacity="{opacity:g}"/>'
        )

    def whisker(self, x: float, low: float, high: float, series: int) -> None:
        """A vertical interval."""
        (x1, y1), (_, y2) = self.at(x, low), self.at(x, high)
        self._line(x1, y1, x1, y2, COLOURS[series % 3], 'stroke-opacity="0.6"')

    def bar(self, low: float, high: float, value: float, series: int) -> None:
        """A bar from the x axis."""
        (x1, y1), (x2, y2) = self.at(low, value), self.at(high, self._y.low)
        self._parts.append(
            f'<rect x="{x1:.1f}" y="{y1:.1f}" width="{max(x2 - x1, 0):.1f}" height="{max(y2 - y1, 0):.1f}" '
            f'fill="{COLOURS[series % 3]}" fill-opacity="0.45"/>'
        )

    def key(self, name: str, series: int) -> None:
        """A row of the legend without a curve."""
        self._legend.append((name, COLOURS[series % 3], ""))

    def svg(self, legend_at: str = "bottom right") -> str:
        """The whole chart."""
        parts = list(self._parts)
        if self._legend:
            _, bottom = self.at(self._x.low, self._y.low)
            _, top = self.at(self._x.low, self._y.high)
            start = bottom - 8 - 15 * (len(self._legend) - 1)
            if not legend_at.startswith("bottom"):
                start = top + 14 if legend_at.startswith("top") else (top + bottom) / 2
            longest = max(len(name) for name, _, _ in self._legend)
            left = _LEFT + 8 if legend_at.endswith("left") else self._width - _RIGHT - 30 - 5.8 * longest
            if legend_at == "middle":
                left = (_LEFT + self._width - _RIGHT - 30 - 5.8 * longest) / 2
            height = 15 * len(self._legend) + 4
            parts.append(
                f'<rect x="{left - 4:.1f}" y="{start - 13:.1f}" width="{30 + 5.8 * longest:.1f}" '
                f'height="{height}" fill="#fff" fill-opacity="0.85"/>'
            )
            for row, (name, colour, dash) in enumerate(self._legend):
                y = start + 15 * row
                parts.append(
                    f'<line x1="{left:.1f}" y1="{y - 4:.1f}" x2="{left + 20:.1f}" y2="{y - 4:.1f}" '
                    f'stroke="{colour}" stroke-width="3" stroke-dasharray="{dash}"/>'
                    f'<text x="{left + 25:.1f}" y="{y:.1f}" font-size="10.5" fill="{_INK}">{escape(name)}</text>'
                )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {self._height}" '
            f'width="{self._width}" height="{self._height}" role="img" aria-label="{escape(self._title)}" '
            f'font-family="Inter, Segoe UI, Helvetica, Arial, sans-serif">'
            f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
        )


_WORD = 0.25
"""Of the score's axis: where two thresholds lie closer, their words may meet."""


def _percent(label: str) -> Axis:
    return Axis(label, 0.0, 1.0, UNIT_TICKS)


@dataclass(frozen=True, slots=True)
class RocLine:
    """One cascade's curve with its AUC, and the point of the threshold in force; nan where unknown."""

    curve: RocCurve
    auc: float
    recall: float
    specificity: float
    name: str = ""


def roc_line(report: StageReport) -> RocLine:
    """That of a stage's report."""
    point = report.shipped
    return RocLine(report.curve, report.auc.value, point.recall.value, point.specificity.value)


def roc_chart(title: str, lines: Sequence[RocLine]) -> str:
    """ROC curves of one stage, one per cascade; a dot is the threshold in force."""
    chart = Chart(f"ROC — {title}", _percent("1 - specificity"), _percent("sensitivity"))
    chart.diagonal()
    for series, line in enumerate(lines):
        area = f"AUC {line.auc:.3f}" if math.isfinite(line.auc) else "AUC -"
        points = list(zip(line.curve.fpr.tolist(), line.curve.tpr.tolist(), strict=True))
        if all(math.isfinite(x) and math.isfinite(y) for x, y in points):
            chart.line(points, series, f"{line.name}: {area}" if line.name else area)
        if math.isfinite(line.recall) and math.isfinite(line.specificity):
            chart.dot(1 - line.specificity, line.recall, series, 4)
    return chart.svg()


def reliability_chart(reports: Sequence[tuple[str, StageReport]]) -> str:
    """Observed rate of the defect against the score, with Wilson's intervals; dots grow with the films."""
    title = reports[0][1].stage.title
    chart = Chart(f"Reliability — {title}", _percent("score"), _percent("observed rate"))
    chart.diagonal()
    for series, (name, report) in enumerate(reports):
        total = max(sum(b.films for b in report.bins), 1)
        points = [(b.mean_score, b.rate.value) for b in report.bins]
        for b in report.bins:
            chart.whisker(b.mean_score, b.rate.low, b.rate.high, series)
            chart.dot(b.mean_score, b.rate.value, series, 2.5 + 6 * math.sqrt(b.films / total))
        words = f"ECE {report.ece:.3f}"
        chart.line(points, series, f"{name}: {words}" if name else words)
    return chart.svg("top left")


def score_chart(report: StageReport) -> str:
    """Histograms of the score of both classes, as shares of each class, with the thresholds."""
    bins, y, s = 25, report.data.truth, report.data.score
    chart = Chart(f"Scores — {report.stage.title}", _percent("score"), _percent("share of the class"))
    for series, (value, name) in enumerate(((0, report.stage.negative), (1, report.stage.positive))):
        chosen = s[y == value]
        counts = [0] * bins
        for score in chosen.tolist():
            counts[min(int(score * bins), bins - 1)] += 1
        for b, count in enumerate(counts):
            if count:
                chart.bar(b / bins, (b + 1) / bins, count / chosen.size, series)
        chart.key(f"{name} ({chosen.size})", series)
    if report.thresholds is not None:
        low, high = report.thresholds.unsure_from, report.thresholds.warn
        if low < high:
            chart.vertical(low, "unsure")
        chart.vertical(high, "warn", row=int(0 < high - low < _WORD))
    return chart.svg("middle")


def angle_chart(report: StageReport) -> str:
    """Measured against true angle; empty text where there is none."""
    found = report.angles
    if found is None:
        return ""
    low = min(0.0, float(found.truth.min()), float(found.measured.min()))
    high = max(15.0, float(found.truth.max()), float(found.measured.max()))
    low, high = 5 * math.floor(low / 5), 5 * math.ceil(high / 5)
    step = 5 if high - low <= 40 else 10 if high - low <= 80 else 30
    ticks = tuple(float(t) for t in range(math.ceil(low / step) * step, int(high) + 1, step))
    chart = Chart(
        "Angle — measured against true",
        Axis("true, degrees", low, high, ticks),
        Axis("measured", low, high, ticks),
    )
    chart.diagonal()
    for x, y in zip(found.truth.tolist(), found.measured.tolist(), strict=True):
        chart.dot(x, y, 0, 2.5, 0.55)
    chart.key(f"MAE {found.mae:.1f}, bias {found.bias:+.1f} degrees", 0)
    return chart.svg()
