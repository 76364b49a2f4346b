"""Ruler, angle and region on the film: what a person has drawn, how it is drawn and what it says.

Points are kept in film coordinates, so that measurements follow zoom, pan and turn. Nothing is stored: they go with
the film that leaves the stage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from workstation.domain.film import FilmHeader, SpacingKind
from workstation.imaging.measure import Point, angle, ellipse_statistics, length
from workstation.services.film import Film
from workstation.services.film_text import FilmWords
from workstation.ui.theme import DARK
from workstation.ui.viewer.text import TextPainter
from workstation.ui.viewer.viewport import Viewport

# Logical pixels within which a handle is grasped: gloves are clumsy.
REACH = 14.0
# A drag shorter than this is a click.
CLICK = 5.0
_MOST_DECIMALS = 6


class Tool(StrEnum):
    """What the left button draws."""

    RULER = "ruler"
    ANGLE = "angle"
    REGION = "region"


_POINTS = {Tool.RULER: 2, Tool.ANGLE: 3, Tool.REGION: 2}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measurement; `points` in film coordinates, `text` its lines in the language of the film."""

    tool: Tool
    points: tuple[Point, ...]
    text: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return len(self.points) == _POINTS[self.tool]


class Measures:
    """All measurements of the film on the stage, and the one under the hand."""

    def __init__(self) -> None:
        self.tool: Tool | None = None
        self._film: Film | None = None
        self._words: FilmWords | None = None
        self._done: list[Measure] = []
        self._chosen: int | None = None
        self._open = False  # the chosen one still lacks points
        self._grasped: int | None = None  # handle under the hand
        self._as_grasped: Measure | None = None  # a complete one before its handle was moved
        self._pressed: Point | None = None

    @property
    def all(self) -> tuple[Measure, ...]:
        """In the order in which they were drawn."""
        return tuple(self._done)

    @property
    def chosen(self) -> Measure | None:
        """The one touched last."""
        return self._done[self._chosen] if self._chosen is not None else None

    def set_film(self, film: Film | None, words: FilmWords) -> None:
        """Another film, or the same in another language."""
        same = film is not None and film is self._film
        self._film, self._words = film, words
        if not same:
            self.clear()
        else:
            self._done = [self._said(m) for m in self._done]

    def clear(self) -> None:
        """Remove all."""
        self._done.clear()
        self._chosen = self._grasped = self._pressed = None
        self._open = False

    def remove_chosen(self) -> bool:
        """Remove the one touched last; False where there is none."""
        if self._chosen is None:
            return False
        self._done.pop(self._chosen)
        self._chosen = len(self._done) - 1 if self._done else None
        self._open, self._grasped = False, None
        return True

    def abandon(self) -> bool:
        """Drop the one that still lacks points; False where all are complete."""
        if self._open:
            return self.remove_chosen()
        return False

    def take_back(self) -> None:
        """What the hand began was not meant: a measurement without all its points goes, a moved handle goes back."""
        self._pressed = None
        if not self.abandon() and self._as_grasped is not None and self._chosen is not None:
            self._done[self._chosen] = self._as_grasped
            self._grasped = None

    # ---- the hand; film coordinates, `reach` in film pixels ----

    def press(self, at: Point, reach: float) -> None:
        """The left button goes down while a tool is chosen."""
        if self.tool is None or self._film is None:
            return
        self._pressed = at
        at = self._within(at)
        if self._open and self._chosen is not None:
            # Clicked on: the next point follows the pointer from here.
            self._grasped = len(self._done[self._chosen].points) - 1
            self._move_handle(at)
            return
        found = self._handle_at(at, reach)
        if found is not None:
            self._chosen, self._grasped = found
            self._as_grasped = self._done[self._chosen]
            return
        self._done.append(Measure(self.tool, (at, at)))
        self._chosen, self._grasped, self._open = len(self._done) - 1, 1, True

    def move(self, at: Point) -> bool:
        """The pointer moves, button down or not; True where something changed."""
        if self._grasped is None or (self._pressed is None and not self._open):
            return False
        self._move_handle(self._within(at))
        return True

    def release(self, at: Point, click: float) -> None:
        """The left button goes up; `click` in film pixels: a shorter way was a click, not a drag."""
        if self._chosen is None or self._pressed is None:
            self._pressed = None
            return
        dragged = math.dist(self._pressed, at) > click
        self._pressed = None
        measure = self._done[self._chosen]
        if not self._open:
            self._grasped = None
        elif dragged or math.dist(measure.points[-2], measure.points[-1]) > click:
            self._point_set(measure)
        self._done[self._chosen] = self._said(self._done[self._chosen])

    def _point_set(self, measure: Measure) -> None:
        assert self._chosen is not None
        if measure.complete:
            self._open, self._grasped = False, None
            return
        self._done[self._chosen] = replace(measure, points=(*measure.points, measure.points[-1]))
        self._grasped = len(measure.points)

    def _handle_at(self, at: Point, reach: float) -> tuple[int, int] | None:
        found = [
            (math.dist(at, point), number, handle)
            for number, measure in enumerate(self._done)
            for handle, point in enumerate(measure.points)
        ]
        nearest = min(found, default=None)
        return nearest[1:] if nearest is not None and nearest[0] <= reach else None

    def _move_handle(self, at: Point) -> None:
        assert self._chosen is not None
        assert self._grasped is not None
        measure = self._done[self._chosen]
        points = list(measure.points)
        points[self._grasped] = at
        self._done[self._chosen] = self._said(replace(measure, points=tuple(points)), quick=True)

    def _within(self, at: Point) -> Point:
        assert self._film is not None
        header = self._film.header
        return min(max(at[0], 0.0), float(header.columns)), min(max(at[1], 0.0), float(header.rows))

    # ---- what it says ----

    def _said(self, measure: Measure, *, quick: bool = False) -> Measure:
        if self._film is None or self._words is None:
            return measure
        return replace(measure, text=describe(measure, self._film, self._words, quick=quick))

    # ---- how it looks ----

    def paint(
        self, painter: QPainter, viewport: Viewport, ratio: float, text: TextPainter, type_: QFont
    ) -> None:
        """Draw all; the chosen one in the accent colour with its handles."""
        for number, measure in enumerate(self._done):
            chosen = number == self._chosen
            points = [QPointF(*viewport.to_canvas(*point)) / ratio for point in measure.points]
            path = _path(measure.tool, points)
            colour = QColor(DARK.accent if chosen else DARK.film_text)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(0, 0, 0, 200), 4.5))
            painter.drawPath(path)
            painter.setPen(QPen(colour, 1.8))
            painter.drawPath(path)
            if chosen and measure.tool is Tool.REGION:
                painter.setPen(QPen(colour, 1.0, Qt.PenStyle.DotLine))
                painter.drawRect(QRectF(points[0], points[1]).normalized())
            painter.setBrush(colour)
            for point in points:
                painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
                painter.drawEllipse(point, 4.0, 4.0)
            painter.restore()
            self._caption(painter, measure, points, viewport, ratio, text, type_, colour.name())

    def _caption(
        self,
        painter: QPainter,
        measure: Measure,
        points: list[QPointF],
        viewport: Viewport,
        ratio: float,
        text: TextPainter,
        type_: QFont,
        colour: str,
    ) -> None:
        if not measure.text:
            return
        most = viewport.width / ratio - 12
        lines = [text.elided(line, type_, most) for line in measure.text]
        sizes = [text.size(line, type_) for line in lines]
        width, height = max(s.width() for s in sizes), sum(s.height() for s in sizes)
        box = QRectF(0, 0, width, height)
        if measure.tool is Tool.ANGLE:
            box.moveCenter(points[1] + _outwards(points) * (12 + max(width, height) / 2))
        else:
            box.moveTo(max(points, key=lambda p: p.x()) + QPointF(10, 8))
        # Within the canvas, also for what lies at its border.
        right, bottom = viewport.width / ratio - width - 6, viewport.height / ratio - height - 6
        box.moveTo(max(6.0, min(box.left(), right)), max(6.0, min(box.top(), bottom)))
        y = box.top()
        for line, size in zip(lines, sizes, strict=True):
            text.draw(painter, QPointF(box.left(), y), line, type_, colour)
            y += size.height()


def _outwards(points: list[QPointF]) -> QPointF:
    """Direction from an angle's vertex away from both legs, of length 1 (right where the legs are opposite)."""
    x = y = 0.0
    for end in (points[0], points[2]):
        leg = end - points[1]
        size = math.hypot(leg.x(), leg.y()) or 1.0
        x, y = x - leg.x() / size, y - leg.y() / size
    size = math.hypot(x, y)
    return QPointF(x / size, y / size) if size > 0.1 else QPointF(1.0, 0.0)


def describe(measure: Measure, film: Film, words: FilmWords, *, quick: bool = False) -> tuple[str, ...]:
    """Lines that say what was measured; `quick` leaves the statistics of pixels out (they cost time)."""
    header = film.header
    spacing = header.usable_spacing
    if measure.tool is Tool.RULER:
        found = length(measure.points[0], measure.points[1], spacing)
        return (_with_kind("length", words.number(found, 1 if spacing else 0), header, words),)
    if measure.tool is Tool.ANGLE:
        if len(measure.points) < _POINTS[Tool.ANGLE]:
            return ()
        first, vertex, second = measure.points
        return (
            words(
                "measure.angle",
                value=words.number(angle(first, vertex, second, spacing or (header.pixel_aspect, 1.0)), 1),
            ),
        )
    if quick:
        return ()
    statistics = ellipse_statistics(
        film.pixels, header.greyscale, measure.points[0], measure.points[1], spacing
    )
    area = statistics.area / (100.0 if spacing else 1.0)
    written = words.number(area, max(1, _decimals(area)) if spacing else 0)
    lines = [_with_kind("area", written, header, words)]
    if statistics.pixels:
        # Where all values are one, the step between two tells how fine they are.
        digits = _decimals(max(statistics.deviation, abs(header.greyscale.slope) / 10))
        lines.insert(
            0,
            words(
                "measure.mean",
                mean=words.number(statistics.mean, digits),
                deviation=words.number(statistics.deviation, digits),
            ),
        )
    return tuple(lines)


def _decimals(value: float) -> int:
    """Decimals that leave two figures of `value`: films scaled to 0..1 have deviations far below 1."""
    if not 0 < value < math.inf:
        return 1
    return min(_MOST_DECIMALS, max(0, 1 - math.floor(math.log10(value))))


def _with_kind(what: str, value: str, header: FilmHeader, words: FilmWords) -> str:
    kind = header.spacing_kind if header.usable_spacing is not None else SpacingKind.NONE
    return words(f"measure.{what}_{kind.value}", value=value)


def _path(tool: Tool, points: list[QPointF]) -> QPainterPath:
    path = QPainterPath()
    if tool is Tool.REGION:
        # The ellipse within the box of both corners; turned by quarters it stays upright.
        path.addEllipse(QRectF(points[0], points[1]).normalized())
        return path
    path.moveTo(points[0])
    for point in points[1:]:
        path.lineTo(point)
    return path
