"""What is drawn along the film's borders: cut edges with their names, side letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.film import FilmHeader
from workstation.domain.findings import State, Verdict
from workstation.services.film_text import FilmWords, edge_label, trusted_sides
from workstation.ui.theme import Palette
from workstation.ui.viewer.text import TextPainter, chip_size, draw_chip
from workstation.ui.viewer.viewport import Viewport

BAR = 5.0
_BETWEEN = 2.0


def film_rect(viewport: Viewport, ratio: float) -> QRectF:
    """The film on the canvas, logical pixels."""
    x0, y0, x1, y1 = (v / ratio for v in viewport.rect)
    return QRectF(x0, y0, x1 - x0, y1 - y0)


def field_rect(viewport: Viewport, ratio: float, field: CollimatedField) -> QRectF:
    """The collimated field on the canvas, logical pixels."""
    width, height = float(viewport.film_width), float(viewport.film_height)
    ends = (
        QPointF(*viewport.to_canvas(x * width, y * height)) / ratio
        for x, y in ((field.left, field.top), (field.right, field.bottom))
    )
    return QRectF(*ends).normalized()


def canvas_rect(viewport: Viewport, ratio: float) -> QRectF:
    """The canvas, logical pixels."""
    return QRectF(0.0, 0.0, viewport.width / ratio, viewport.height / ratio)


def border(edge: Edge, film: QRectF, canvas: QRectF) -> QLineF | None:
    """The part of the border `edge` (as shown) of `film`, or of its field, in sight; None where it is not."""
    seen = film.intersected(canvas)
    if seen.isEmpty():
        return None
    lines = {
        Edge.LEFT: (film.left(), QLineF(film.left(), seen.top(), film.left(), seen.bottom())),
        Edge.RIGHT: (film.right(), QLineF(film.right(), seen.top(), film.right(), seen.bottom())),
        Edge.TOP: (film.top(), QLineF(seen.left(), film.top(), seen.right(), film.top())),
        Edge.BOTTOM: (film.bottom(), QLineF(seen.left(), film.bottom(), seen.right(), film.bottom())),
    }
    at, line = lines[edge]
    low, high = (canvas.left(), canvas.right()) if edge in (Edge.LEFT, Edge.RIGHT) else (0.0, canvas.bottom())
    return line if low - 0.5 <= at <= high + 0.5 else None


def outside_room(edge: Edge, film: QRectF, canvas: QRectF) -> float:
    """Free logical pixels between the film's border and the canvas' border."""
    return {
        Edge.LEFT: film.left() - canvas.left(),
        Edge.RIGHT: canvas.right() - film.right(),
        Edge.TOP: film.top() - canvas.top(),
        Edge.BOTTOM: canvas.bottom() - film.bottom(),
    }[edge]


def paint_edges(
    painter: QPainter,
    text: TextPainter,
    font: QFont,
    verdict: Verdict,
    header: FilmHeader,
    words: FilmWords,
    viewport: Viewport,
    ratio: float,
    colours: Palette,
    obstacles: Sequence[QRectF],
) -> dict[Edge, QRectF]:
    """Draw a bar on each border of the collimated field that the cascade calls cut (dashed amber) or doubts (dotted
    cyan), with its name.

    Bar and name stand outside the field where there is room: the anatomy at that border is what one looks at. The name
    keeps clear of `obstacles`, the corner texts; those keep clear of the bar (see `cut_bars`).

    Returns:
        Where the names stand, by edge as shown.
    """
    crop = verdict.crop
    if crop is None or crop.state not in (State.WARN, State.UNSURE):
        return {}
    field, canvas = field_rect(viewport, ratio, verdict.collimation), canvas_rect(viewport, ratio)
    taken: dict[Edge, QRectF] = {}
    for edge in crop.edges:
        shown = viewport.turn.edge(edge)
        line = border(shown, field, canvas)
        if line is None:
            continue
        colour = colours.of_state(crop.state)
        outside = outside_room(shown, field, canvas) >= BAR + 1
        _paint_bar(painter, shown, line, crop.state, colour, outside)
        label = edge_label(edge, verdict, header, words)
        taken[shown] = _paint_name(
            painter,
            text,
            font,
            shown,
            line,
            label,
            crop.state,
            colour,
            outside_room(shown, field, canvas),
            [*obstacles, *taken.values()],
        )
    return taken


def cut_bars(verdict: Verdict | None, viewport: Viewport, ratio: float) -> list[QRectF]:
    """Where the bars of the cut edges stand."""
    crop = verdict.crop if verdict is not None else None
    if verdict is None or crop is None or crop.state not in (State.WARN, State.UNSURE):
        return []
    field, canvas = field_rect(viewport, ratio, verdict.collimation), canvas_rect(viewport, ratio)
    bars = []
    for shown in map(viewport.turn.edge, crop.edges):
        line = border(shown, field, canvas)
        if line is not None:
            middle = line.translated(_away(shown, outside_room(shown, field, canvas) >= BAR + 1))
            across = BAR / 2 + 1
            x, y = (across, 0.0) if shown in (Edge.LEFT, Edge.RIGHT) else (0.0, across)
            bars.append(QRectF(middle.p1(), middle.p2()).adjusted(-x, -y, x, y))
    return bars


def _outward(edge: Edge) -> QPointF:
    return {
        Edge.LEFT: QPointF(-1, 0),
        Edge.RIGHT: QPointF(1, 0),
        Edge.TOP: QPointF(0, -1),
        Edge.BOTTOM: QPointF(0, 1),
    }[edge]


def _away(edge: Edge, outside: bool) -> QPointF:
    """From the film's border to the middle of its bar."""
    return _outward(edge) * (BAR / 2 + 0.5) * (1 if outside else -1)


def _paint_bar(painter: QPainter, edge: Edge, line: QLineF, state: State, colour: str, outside: bool) -> None:
    moved = line.translated(_away(edge, outside))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # A dark bed keeps the dashes readable on white bone.
    painter.setPen(QPen(QColor(0, 0, 0, 170), BAR + 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawLine(moved)
    pen = QPen(QColor(colour), BAR)
    if state is State.UNSURE:
        pen.setWidthF(BAR - 1)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setDashPattern([0.01, 2.2])
    else:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([3.6, 1.4])
    painter.setPen(pen)
    painter.drawLine(moved)
    painter.restore()


def _paint_name(
    painter: QPainter,
    text: TextPainter,
    font: QFont,
    edge: Edge,
    line: QLineF,
    label: str,
    state: State,
    colour: str,
    room: float,
    obstacles: Sequence[QRectF],
) -> QRectF:
    upright = edge in (Edge.TOP, Edge.BOTTOM)
    plain = chip_size(text, "", font, True)
    full = chip_size(text, label, font, True)
    # Outside the film if it fits there, else just inside, else further in, past the corner texts.
    inside = [_strip(edge, line, plain.height(), room, False, k * (plain.height() + 2.0)) for k in range(6)]
    fits_outside = room >= BAR + _BETWEEN + plain.height()
    strips = [_strip(edge, line, plain.height(), room, True, 0.0), *inside] if fits_outside else inside
    spans = [max(free_spans(strip, upright, obstacles), key=_length) for strip in strips]
    wanted = 0.75 * full.width()
    best = next((k for k, span in enumerate(spans) if _length(span) >= wanted), None)
    if best is None:
        best = max(range(len(spans)), key=lambda k: _length(spans[k]))
    low, high = spans[best]
    shown = text.elided(label, font, high - low - plain.width())
    size = chip_size(text, shown, font, True)
    strip = strips[best]
    middle = (line.center().x() if upright else line.center().y()) - size.width() / 2
    start = min(max(middle, low), max(low, high - size.width()))
    if upright:
        place = QRectF(start, strip.top(), size.width(), size.height())
        draw_chip(painter, text, place.topLeft(), shown, font, colour, state)
        return place
    place = QRectF(strip.left(), start, size.height(), size.width())
    painter.save()
    painter.translate(place.center())
    painter.rotate(-90 if edge is Edge.LEFT else 90)
    draw_chip(painter, text, QPointF(-size.width() / 2, -size.height() / 2), shown, font, colour, state)
    painter.restore()
    return place


def _strip(edge: Edge, line: QLineF, depth: float, room: float, outside: bool, further: float) -> QRectF:
    """The strip along a border in which its name can stand, beyond the bar or inside the film."""
    bar_inside = room < BAR + 1
    gap = BAR + _BETWEEN if outside or bar_inside else _BETWEEN
    gap += further
    sign = 1.0 if outside else -1.0
    near = _outward(edge) * (gap * sign)
    far = _outward(edge) * ((gap + depth) * sign)
    return QRectF(line.p1() + near, line.p2() + far).normalized()


def free_spans(strip: QRectF, along_x: bool, obstacles: Sequence[QRectF]) -> list[tuple[float, float]]:
    """The parts of `strip` that no obstacle touches, as ranges along x or y; empty ones among them."""
    low, high = (strip.left(), strip.right()) if along_x else (strip.top(), strip.bottom())
    blocked = sorted(
        (o.left() - 6, o.right() + 6) if along_x else (o.top() - 6, o.bottom() + 6)
        for o in obstacles
        if o.intersects(strip.adjusted(-2, -2, 2, 2))
    )
    free, at = [], low
    for begin, end in blocked:
        free.append((at, min(begin, high)))
        at = max(at, end)
    free.append((at, high))
    return free


def _length(span: tuple[float, float]) -> float:
    return span[1] - span[0]


def paint_markers(
    painter: QPainter,
    text: TextPainter,
    font: QFont,
    header: FilmHeader,
    verdict: Verdict | None,
    words: FilmWords,
    viewport: Viewport,
    ratio: float,
    taken: Mapping[Edge, QRectF],
    colours: Palette,
    obstacles: Sequence[QRectF],
) -> None:
    """Letters of the patient's sides at the left and right border, where the header tells them and the picture agrees.

    A letter above or below is drawn only where it surprises (not head up).
    """
    film, canvas = film_rect(viewport, ratio), canvas_rect(viewport, ratio)
    for edge, letter in trusted_sides(header, verdict).items():
        shown = viewport.turn.edge(edge)
        if (shown, letter) in ((Edge.TOP, "H"), (Edge.BOTTOM, "F")):
            continue
        line = border(shown, film, canvas)
        if line is None:
            continue
        name = words(f"marker.{letter}")
        size = text.size(name, font)
        width, height = float(size.width()), float(size.height())
        outside = outside_room(shown, film, canvas) >= width + 10
        away = _outward(shown) * ((width / 2 + 6) if outside else -(width / 2 + 6))
        middle = line.center()
        if shown in (Edge.LEFT, Edge.RIGHT):
            if shown in taken:
                away = away + _outward(shown) * (BAR + 2)
            x = middle.x() + away.x()
            strip = QRectF(x - width / 2, line.y1(), width, line.length())
            y = film.top() + 0.32 * film.height()
            fits = [
                min(max(y, low + height / 2), high - height / 2)
                for low, high in free_spans(strip, False, [*obstacles, *taken.values()])
                if high - low >= height
            ]
            if not fits:
                continue
            centre = QPointF(x, min(fits, key=lambda at: abs(at - y)))
        else:
            room = outside_room(shown, film, canvas) >= height + 4 and shown not in taken
            centre = QPointF(film.left() + 0.3 * film.width(), middle.y())
            centre += _outward(shown) * ((height / 2 + 2) if room else -(height / 2 + 4))
        text.draw(painter, centre - QPointF(width / 2, height / 2), name, font, colours.film_text)
