"""Text, chips and state glyphs that read on white bone and on black air alike."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

from workstation.domain.findings import State
from workstation.ui import icons

HALO = QColor(0, 0, 0, 190)
_AROUND = ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1))
_CHIP = QColor(12, 16, 19, 214)
_PAD = 6.0


class TextPainter:
    """Draws text with a dark outline. Rendered strings are kept: a frame mostly blits.

    Args:
        ratio: device pixel ratio of the screen.
    """

    def __init__(self, ratio: float = 1.0, limit: int = 192) -> None:
        self.ratio = ratio
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str, str], QPixmap] = OrderedDict()
        self._sizes: dict[tuple[str, str], QSize] = {}
        self._glyphs: dict[tuple[State, str, int], QPixmap] = {}

    def size(self, text: str, font: QFont) -> QSize:
        """Logical width and height of a line."""
        key = (text, font.key())
        if key not in self._sizes:
            if len(self._sizes) >= 4 * self._limit:
                self._sizes.clear()
            metrics = QFontMetricsF(font)
            width, height = int(metrics.horizontalAdvance(text)) + 3, int(metrics.height() + 0.999)
            self._sizes[key] = QSize(width, height)
        return self._sizes[key]

    def elided(self, text: str, font: QFont, width: float) -> str:
        """`text`, shortened with an ellipsis where it is wider than `width`."""
        if self.size(text, font).width() <= width:
            return text
        return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, width - 3))

    def draw(self, painter: QPainter, at: QPointF, text: str, font: QFont, colour: str) -> None:
        """Draw a line with its upper left corner at `at`."""
        key = (text, font.key(), colour)
        made = self._kept.get(key)
        if made is None:
            made = self._render(text, font, colour)
            self._kept[key] = made
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        painter.drawPixmap(QPointF(at.x() - 1, at.y() - 1), made)

    def glyph(self, state: State, colour: str, side: int) -> QPixmap:
        """The state's shape, `side` logical pixels wide."""
        key = (state, colour, side)
        if key not in self._glyphs:
            self._glyphs[key] = icons.pixmap(icons.state_icon_name(state), colour, side, self.ratio)
        return self._glyphs[key]

    def _render(self, text: str, font: QFont, colour: str) -> QPixmap:
        size = self.size(text, font)
        width, height = size.width() + 2, size.height() + 2
        made = QPixmap(round(width * self.ratio), round(height * self.ratio))
        made.setDevicePixelRatio(self.ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        base = QPointF(2, 1 + QFontMetricsF(font).ascent())
        painter.setPen(HALO)
        for dx, dy in _AROUND:
            painter.drawText(base + QPointF(dx, dy), text)
        painter.setPen(QColor(colour))
        painter.drawText(base, text)
        painter.end()
        return made


def chip_size(text: TextPainter, words: str, font: QFont, glyph: bool) -> QSize:
    """Logical size of a chip around `words`."""
    inner = text.size(words, font)
    mark = inner.height() + 2 if glyph else 0
    return QSize(int(inner.width() + mark + 2 * _PAD), inner.height() + 4)


def draw_chip(
    painter: QPainter,
    text: TextPainter,
    at: QPointF,
    words: str,
    font: QFont,
    colour: str,
    state: State | None = None,
) -> QRectF:
    """Draw words on a dark plate with the state's glyph, outlined in the state's colour; return its place.

    Unsure is dotted, the others are solid: the shape tells it too.
    """
    size = chip_size(text, words, font, state is not None)
    place = QRectF(at.x(), at.y(), size.width(), size.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    pen.setColor(QColor(colour))
    pen.setWidthF(1.0)
    pen.setStyle(Qt.PenStyle.DotLine if state is State.UNSURE else Qt.PenStyle.SolidLine)
    painter.setPen(pen)
    painter.setBrush(_CHIP)
    painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    left = place.left() + _PAD
    if state is not None:
        side = size.height() - 6.0
        painter.drawPixmap(QPointF(left, place.top() + 3), text.glyph(state, colour, int(side)))
        left += side + 4
    text.draw(painter, QPointF(left, place.top() + 2), words, font, colour)
    painter.restore()
    return place
