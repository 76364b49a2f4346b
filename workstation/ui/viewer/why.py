"""Why, on demand: where the cascade sees lung and ribs, how sure it is of each edge. An aid, not a finding."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from workstation.domain.edges import Edge
from workstation.domain.findings import State, Verdict
from workstation.services.film_text import FilmWords
from workstation.ui.theme import Palette
from workstation.ui.viewer.edges import field_rect
from workstation.ui.viewer.lines import on_canvas, paint_lines
from workstation.ui.viewer.text import TextPainter
from workstation.ui.viewer.viewport import Viewport

_THICKEST = 34.0
"""Logical pixels of a strip at probability 1."""
_LUNG_ALPHA, _STRIP_ALPHA = 56, 120


def paint_why(
    painter: QPainter,
    text: TextPainter,
    font: QFont,
    verdict: Verdict,
    words: FilmWords,
    viewport: Viewport,
    ratio: float,
    colours: Palette,
    obstacles: Sequence[QRectF] = (),
) -> None:
    """Tint the lung field, draw a strip along each edge as thick as the edge is suspect, with its probability."""
    crop, rotation = verdict.crop, verdict.rotation
    ribs = rotation.rib_contours if rotation is not None else ()
    field = field_rect(viewport, ratio, verdict.collimation)
    if ribs:
        paint_lines(painter, on_canvas(ribs, viewport, ratio), colours.accent)
    if crop is None or not (crop.edge_scores or crop.lung_outline):
        _note(painter, text, font, field, words("why.ribs" if ribs else "why.nothing"), colours, obstacles)
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    tint = QColor(colours.unsure)
    tint.setAlpha(_LUNG_ALPHA)
    painter.setBrush(tint)
    for polygon in on_canvas(crop.lung_outline, viewport, ratio):
        painter.drawPolygon(polygon)
    for edge, score in crop.edge_scores.items():
        shown = viewport.turn.edge(edge)
        # As on the film: the stage's threshold is one of the whole film, not of an edge.
        suspect = crop.state is State.WARN and edge in crop.edges
        colour = QColor(colours.warn if suspect else colours.unsure)
        colour.setAlpha(_STRIP_ALPHA)
        painter.fillRect(_strip(shown, field, 3.0 + (_THICKEST - 3.0) * min(1.0, max(0.0, score))), colour)
    painter.restore()
    for edge, score in crop.edge_scores.items():
        _beside(painter, text, font, viewport.turn.edge(edge), field, words.percent(score), colours)
    _note(painter, text, font, field, words("why.note_ribs" if ribs else "why.note"), colours, obstacles)


def _strip(edge: Edge, field: QRectF, thickness: float) -> QRectF:
    return {
        Edge.LEFT: QRectF(field.left(), field.top(), thickness, field.height()),
        Edge.RIGHT: QRectF(field.right() - thickness, field.top(), thickness, field.height()),
        Edge.TOP: QRectF(field.left(), field.top(), field.width(), thickness),
        Edge.BOTTOM: QRectF(field.left(), field.bottom() - thickness, field.width(), thickness),
    }[edge]


def _beside(
    painter: QPainter, text: TextPainter, font: QFont, edge: Edge, field: QRectF, said: str, colours: Palette
) -> None:
    size = text.size(said, font)
    middle = field.center()
    at = {
        Edge.LEFT: QPointF(field.left() + 8, middle.y() - size.height() / 2),
        Edge.RIGHT: QPointF(field.right() - 8 - size.width(), middle.y() - size.height() / 2),
        Edge.TOP: QPointF(middle.x() - size.width() / 2, field.top() + 8),
        Edge.BOTTOM: QPointF(middle.x() - size.width() / 2, field.bottom() - 8 - size.height()),
    }[edge]
    text.draw(painter, at, said, font, colours.film_text)


def note_lines(
    text: TextPainter, font: QFont, field: QRectF, said: str, obstacles: Sequence[QRectF] = ()
) -> list[tuple[QRectF, str]]:
    """The note as it fits the field, word by word where it is narrow, below whatever corner text reaches so far in."""
    room = field.width() - 16
    head, colon, rest = said.partition(": ")
    # A narrow field takes it in two lines or more.
    whole = text.size(said, font).width() <= room or not rest
    lines: list[str] = []
    for sentence in [said] if whole else [head + colon.rstrip(), rest]:
        lines.append("")
        for word in sentence.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and text.size(longer, font).width() > room:
                lines.append(word)
            else:
                lines[-1] = longer
    shown = [text.elided(line, font, room) for line in lines]
    sizes = [text.size(line, font) for line in shown]
    width, height = max(size.width() for size in sizes), sum(size.height() for size in sizes)
    block = QRectF(field.center().x() - width / 2, field.top() + 14 + sizes[0].height(), width, height)
    for rect in sorted(obstacles, key=lambda rect: rect.top()):
        if rect.intersects(block):
            block.moveTop(rect.bottom() + 4)
    placed, y = [], block.top()
    for line, size in zip(shown, sizes, strict=True):
        placed.append((QRectF(field.center().x() - size.width() / 2, y, size.width(), size.height()), line))
        y += size.height()
    return placed


def _note(
    painter: QPainter,
    text: TextPainter,
    font: QFont,
    field: QRectF,
    said: str,
    colours: Palette,
    obstacles: Sequence[QRectF],
) -> None:
    for rect, line in note_lines(text, font, field, said, obstacles):
        text.draw(painter, rect.topLeft(), line, font, colours.film_text)
