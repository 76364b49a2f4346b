"""A4 pages to paint on, from top to bottom, in millimetres; a new page begins by itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPdfWriter, QPen, QPolygonF

from workstation.domain.control_chart import Standing
from workstation.ui import theme

WIDTH, HEIGHT, MARGIN, FOOT = 210.0, 297.0, 18.0, 16.0
_MM_PER_POINT = 25.4 / 72
_LEVEL_ROOM = 24.0  # right of a chart, for the names of the levels


class Paper:
    """Keeps its place on the page. Text flows; charts and tables ask for room first."""

    def __init__(self, painter: QPainter, writer: QPdfWriter, dpi: int, made_at: str) -> None:
        self.colours = theme.LIGHT
        self.page = 1
        self._painter, self._writer, self._made_at = painter, writer, made_at
        self._scale = dpi / 25.4
        self._y = MARGIN
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    # ---- text ----

    def heading(self, title: str, period: str, chosen: str) -> None:
        self._text(QRectF(MARGIN, self._y, self.inner, 9), title, 17, bold=True)
        self._y += 9
        self._text(
            QRectF(MARGIN, self._y, self.inner, 7), f"{period}   {chosen}".strip(), 11.5, self.colours.quiet
        )
        self._y += 9
        self.line([QPointF(MARGIN, self._y), QPointF(WIDTH - MARGIN, self._y)], self.colours.accent, 0.7)
        self._y += 4

    def figures(self, figures: Sequence[tuple[str, str]]) -> None:
        """Large numbers in a row, names below."""
        each = self.inner / len(figures)
        for index, (number, name) in enumerate(figures):
            left = MARGIN + index * each
            self._text(
                QRectF(left, self._y, each - 2, 8), number, self.fitting(number, 14, each - 2), bold=True
            )
            self._text(QRectF(left, self._y + 7.5, each - 2, 8), name, 7.5, self.colours.quiet, wrap=True)
        self._y += 18

    def fitting(self, text: str, points: float, width: float) -> float:
        """The largest bold type, up to `points`, in which `text` is no wider than `width`."""
        while points > 7 and QFontMetricsF(self._font(points, bold=True), self._writer).horizontalAdvance(
            text
        ) > (width * self._scale):
            points -= 0.5
        return points

    def section(self, title: str) -> None:
        self._need(24)
        self._y += 3
        self._text(QRectF(MARGIN, self._y, self.inner, 6), title, 11.5, bold=True)
        self._y += 7.5

    def sentence(self, text: str, *, bold: bool = False) -> None:
        font = self._font(9, bold=bold)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        room = QRectF(0, 0, self.inner * self._scale, 1e6)
        height = QFontMetricsF(font, self._writer).boundingRect(room, flags, text).height() / self._scale
        self._need(height)
        self._text(QRectF(MARGIN, self._y, self.inner, height + 1), text, 9, bold=bold, wrap=True)
        self._y += height + 1.2

    # ---- tables and bars ----

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], parts: Sequence[float]) -> None:
        """First column left, the others right; `parts` of the width. The head comes again on every page."""
        self._row(head, parts, self.colours.quiet, 8.5)
        for row in rows:
            page = self.page
            self._need(6)
            if self.page != page:
                self._row(head, parts, self.colours.quiet, 8.5)
            self._row(row, parts, self.colours.text, 9)
        self._y += 1.5

    def _row(self, cells: Sequence[str], parts: Sequence[float], colour: str, size: float) -> None:
        left = MARGIN
        for index, (cell, part) in enumerate(zip(cells, parts, strict=True)):
            width = part * self.inner
            side = Qt.AlignmentFlag.AlignLeft if index == 0 else Qt.AlignmentFlag.AlignRight
            self._text(QRectF(left, self._y, width, 5.2), cell, size, colour, side)
            left += width
        self._y += 5.6
        self.line(
            [QPointF(MARGIN, self._y - 0.3), QPointF(WIDTH - MARGIN, self._y - 0.3)],
            self.colours.border,
            0.12,
        )

    def bars(self, bars: Sequence[tuple[str, float, str]]) -> None:
        """(name, part of all 0..1, figures)."""
        names, figures = 66.0, 34.0
        longest = max(part for _, part, _ in bars)
        room = self.inner - names - figures
        for name, part, said in bars:
            self._need(6)
            self._text(QRectF(MARGIN, self._y, names - 2, 5.2), name, 9)
            length = room * part / longest
            self._painter.fillRect(
                self._rect(QRectF(MARGIN + names, self._y + 0.9, length, 3.4)), QColor(self.colours.accent)
            )
            self._text(QRectF(MARGIN + names + length + 1.5, self._y, figures + 10, 5.2), said, 8.5)
            self._y += 5.8
        self._y += 1.5

    def lines_to_write_on(self, count: int, *signed: str) -> None:
        """Empty lines for a pen, the last one for names and dates."""
        self._need(9.0 * (count + 1))
        for _ in range(count):
            self._y += 8.5
            self.line([QPointF(MARGIN, self._y), QPointF(WIDTH - MARGIN, self._y)], self.colours.border, 0.2)
        self._y += 12
        each = self.inner / max(1, len(signed))
        for index, name in enumerate(signed):
            left = MARGIN + index * each
            self.line([QPointF(left, self._y), QPointF(left + each - 8, self._y)], self.colours.quiet, 0.2)
            self._text(QRectF(left, self._y + 0.5, each - 8, 5), name, 7.5, self.colours.quiet)
        self._y += 8

    # ---- charts ----

    def frame(self, height: float) -> QRectF:
        """Room for a chart: its plotting area; labels go left of it and below."""
        self._need(height + 8)
        made = QRectF(MARGIN + 12, self._y + 2, self.inner - 12 - _LEVEL_ROOM, height - 2)
        self._y += height + 8
        return made

    def grid_line(self, start: QPointF, end: QPointF, name: str) -> None:
        self.line([start, end], self.colours.border, 0.12)
        box = QRectF(MARGIN, start.y() - 3, start.x() - MARGIN - 1.5, 6)
        self._text(box, name, 7.5, self.colours.quiet, Qt.AlignmentFlag.AlignRight)

    def tick(self, at: QPointF, name: str) -> None:
        box = QRectF(at.x() - 14, at.y() + 1, 28, 5)
        self._text(box, name, 7.5, self.colours.quiet, Qt.AlignmentFlag.AlignHCenter)

    def level(self, start: QPointF, end: QPointF, colour: str, name: str, *, below: bool) -> None:
        self.line([start, end], colour, 0.3, Qt.PenStyle.DashLine)
        top = end.y() - 1.2 if below else end.y() - 3.4
        self._text(QRectF(end.x() + 1.5, top, _LEVEL_ROOM - 1.5, 4.6), name, 7.5, colour)

    def area(self, corners: Sequence[QPointF]) -> None:
        colour = QColor(self.colours.accent)
        colour.setAlpha(34)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(colour)
        self._painter.drawPolygon(QPolygonF([p * self._scale for p in corners]))

    def line(
        self, points: Sequence[QPointF], colour: str, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine
    ) -> None:
        if len(points) < 2:
            return
        self._painter.setPen(QPen(QColor(colour), width * self._scale, style, Qt.PenCapStyle.FlatCap))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawPolyline(QPolygonF([p * self._scale for p in points]))

    def mark(self, at: QPointF, standing: Standing) -> None:
        """A dot within the limits, a triangle outside of them."""
        self._painter.setPen(Qt.PenStyle.NoPen)
        centre = at * self._scale
        if standing is Standing.WITHIN:
            self._painter.setBrush(QColor(self.colours.accent))
            self._painter.drawEllipse(centre, 0.7 * self._scale, 0.7 * self._scale)
            return
        up = 1 if standing is Standing.ABOVE else -1
        self._painter.setBrush(QColor(self.colours.warn if up == 1 else self.colours.unsure))
        corners = ((0, -1.6 * up), (1.5, 1.1 * up), (-1.5, 1.1 * up))
        self._painter.drawPolygon(QPolygonF([centre + QPointF(x, y) * self._scale for x, y in corners]))

    # ---- pages ----

    def finish(self) -> None:
        """Put the foot under the last page."""
        foot = HEIGHT - FOOT + 4
        self._text(
            QRectF(MARGIN, foot, self.inner, 5), f"CXR Workstation · {self._made_at}", 7.5, self.colours.quiet
        )
        right = Qt.AlignmentFlag.AlignRight
        self._text(QRectF(MARGIN, foot, self.inner, 5), str(self.page), 7.5, self.colours.quiet, right)

    @property
    def inner(self) -> float:
        return WIDTH - 2 * MARGIN

    def _need(self, height: float) -> None:
        if self._y + height > HEIGHT - FOOT:
            self.finish()
            self._writer.newPage()
            self.page += 1
            self._y = MARGIN

    def _rect(self, box: QRectF) -> QRectF:
        s = self._scale
        return QRectF(box.x() * s, box.y() * s, box.width() * s, box.height() * s)

    def _font(self, points: float, *, bold: bool = False) -> QFont:
        made = theme.font(bold=bold)
        made.setFeature(QFont.Tag("liga"), 0)  # a reader must find "films", not the ligature in it
        made.setPixelSize(max(1, round(points * _MM_PER_POINT * self._scale)))
        return made

    def _text(
        self,
        box: QRectF,
        text: str,
        points: float,
        colour: str = "",
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        *,
        bold: bool = False,
        wrap: bool = False,
    ) -> None:
        font = self._font(points, bold=bold)
        self._painter.setFont(font)
        self._painter.setPen(QColor(colour or self.colours.text))
        inside = self._rect(box)
        if wrap:
            flags = side | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        else:
            flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
            metrics = QFontMetricsF(font, self._writer)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inside.width() + 2)
        self._painter.drawText(inside, int(flags), text)
