"""Draws a film with its findings and a panel of words onto one picture. No Qt: also for the command line and servers.

Text is drawn by OpenCV's built-in variable font, which has Latin, Cyrillic and the state glyphs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from workstation.domain.edges import Edge, Lines
from workstation.domain.field import WHOLE_FILM, CollimatedField
from workstation.domain.findings import State
from workstation.domain.turn import Turn

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_BACK: Colour = (16, 20, 23)
_PANEL: Colour = (23, 28, 33)
_CARD: Colour = (31, 38, 44)
_TEXT: Colour = (230, 235, 239)
_QUIET: Colour = (154, 167, 178)
_ACCENT: Colour = (77, 163, 255)
_STATE: dict[State, Colour] = {
    State.PASS: (95, 191, 119),
    State.WARN: (242, 177, 52),
    State.UNSURE: (92, 200, 215),
    State.NOT_ASSESSED: _QUIET,
}

FILM_SIDE = 1400
_MARGIN = 44
_PANEL_WIDTH = 560
_PAD = 24
_BAR = 9


@dataclass(frozen=True, slots=True)
class Card:
    """One criterion in the panel: `detail` under the title, then a paragraph for each of `more`."""

    state: State
    title: str
    detail: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """All words and marks of a picture, already in one language and already free of what must not be shown.

    Attributes:
        headline: projection and how sure, beside `headline_state`'s glyph.
        cards: criteria, worst first.
        advice: what to do, one paragraph each, under `advice_title`.
        footer: lines at the foot of the panel: dates, cascade, disclaimer.
        edges: edge of the field, state and name of what is missing there.
        outline: polygons of the lung field in fractions of width and height.
        ribs: posterior rib contours of both sides, likewise.
        corners: lines for the upper left, upper right and lower left of the film.
        sides: letter of the patient's side at an edge.
        rotation: state, angle in degrees (or None) and label.
        field: the collimated field, whose edges `edges` are.
    """

    headline: str
    headline_state: State
    cards: tuple[Card, ...] = ()
    advice_title: str = ""
    advice: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    edges: tuple[tuple[Edge, State, str], ...] = ()
    outline: Lines = ()
    ribs: Lines = ()
    corners: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())
    sides: tuple[tuple[Edge, str], ...] = ()
    rotation: tuple[State, float | None, str] | None = None
    field: CollimatedField = WHOLE_FILM


def turned(annotation: Annotation, turn: Turn) -> Annotation:
    """The same marks for the film turned as by `turn`."""
    field = annotation.field
    ends = [turn.point(x, y, 1.0, 1.0) for x, y in ((field.left, field.top), (field.right, field.bottom))]
    (left, right), (top, bottom) = (sorted(axis) for axis in zip(*ends, strict=True))
    return replace(
        annotation,
        edges=tuple((turn.edge(edge), state, text) for edge, state, text in annotation.edges),
        outline=_turned(annotation.outline, turn),
        ribs=_turned(annotation.ribs, turn),
        sides=tuple((turn.edge(edge), letter) for edge, letter in annotation.sides),
        field=CollimatedField(left, top, right, bottom),
    )


def _turned(lines: Lines, turn: Turn) -> Lines:
    return tuple(tuple(turn.point(x, y, 1.0, 1.0) for x, y in line) for line in lines)


def annotate(image: Picture, annotation: Annotation, aspect: float = 1.0) -> Picture:
    """Draw the picture.

    Args:
        image: (rows, columns) uint8 presentation values.
        annotation: what to draw and write.
        aspect: height of a pixel of `image` in widths of one; those of the picture are square.

    Returns:
        (height, width, 3) uint8 RGB, the film scaled to 1,400 pixels on its longer side, the panel to its right.

    Raises:
        ValueError: `image` is not 2-D uint8 or has no pixels.
    """
    if image.ndim != 2 or image.dtype != np.uint8 or image.size == 0:
        raise ValueError(f"a presentation image is 2-D uint8, not {image.shape} {image.dtype}")
    scale = FILM_SIDE / max(image.shape[1], image.shape[0] * aspect)
    width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale * aspect))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    film = np.asarray(cv2.resize(image, (width, height), interpolation=how))
    stage_width = max(width, FILM_SIDE * 2 // 3) + 2 * _MARGIN
    panel = _panel(annotation, FILM_SIDE + 2 * _MARGIN)
    total = panel.shape[0]
    made = np.zeros((total, stage_width + _PANEL_WIDTH, 3), np.uint8)
    left, top = (stage_width - width) // 2, (total - height) // 2
    made[top : top + height, left : left + width] = film[..., None]
    stage = np.ascontiguousarray(made[:, :stage_width])
    _marks(stage, annotation, left, top, width, height)
    made[:, :stage_width] = stage
    made[:, stage_width:] = panel
    return made


def drawable(text: str) -> str:
    """`text` with "?" for half a character (a lone surrogate): OpenCV would end the process at it."""
    return text.encode("utf-8", "replace").decode()


class _Pen:
    """Writes on an RGB picture."""

    def __init__(self, picture: npt.NDArray[Any]) -> None:
        self._picture = picture
        self._face = cv2.FontFace("sans")

    def width(self, text: str, size: int, weight: int = 400) -> int:
        box = cv2.getTextSize((8192, 8192), drawable(text), (0, 200), self._face, size, weight)
        return int(box[0] + box[2])

    def write(
        self, at: tuple[int, int], text: str, size: int, colour: Colour, weight: int = 400, halo: bool = False
    ) -> None:
        """Write one line; `at` is the upper left corner of its line box of 1.3 times the size."""
        x, y = at[0], at[1] + size
        text = drawable(text)
        if halo:
            for dx, dy in ((-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, 1), (-1, 1), (1, -1)):
                cv2.putText(self._picture, text, (x + dx, y + dy), (0, 0, 0), self._face, size, weight)
        cv2.putText(self._picture, text, (x, y), colour, self._face, size, weight)

    def wrapped(self, text: str, size: int, room: int, weight: int = 400) -> list[str]:
        """`text` in lines not wider than `room`; a word that is wider stands alone. A hard space does not break."""
        lines: list[str] = []
        for word in text.replace("\n", " ").split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer, size, weight) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines


def _line(size: int) -> int:
    return round(size * 1.36)


def _panel(annotation: Annotation, least: int) -> Picture:
    """The words beside the film; grows downwards where they need more than `least` pixels."""
    # Drawn once to measure, once for good: the words decide the height.
    scratch = np.zeros((8, _PANEL_WIDTH, 3), np.uint8)
    height = max(least, _write_panel(scratch, annotation, None))
    made = np.empty((height, _PANEL_WIDTH, 3), np.uint8)
    made[:] = _PANEL
    _write_panel(made, annotation, height)
    return made


def _write_panel(picture: npt.NDArray[Any], annotation: Annotation, height: int | None) -> int:
    pen = _Pen(picture)
    room = _PANEL_WIDTH - 2 * _PAD
    y = _PAD
    colour = _STATE[annotation.headline_state]
    _glyph(picture, annotation.headline_state, (_PAD, y + 6), 30, colour)
    for line in pen.wrapped(annotation.headline, 34, room - 44, 600):
        pen.write((_PAD + 44, y), line, 34, _TEXT, 600)
        y += _line(34)
    y += 16
    for card in annotation.cards:
        y = _write_card(picture, pen, card, y) + 12
    if annotation.advice:
        y += 12
        pen.write((_PAD, y), annotation.advice_title, 20, _QUIET, 600)
        y += _line(20) + 6
        for paragraph in annotation.advice:
            for line in pen.wrapped(paragraph, 22, room):
                pen.write((_PAD, y), line, 22, _TEXT)
                y += _line(22)
            y += 8
    footer = [line for text in annotation.footer for line in pen.wrapped(text, 18, room)]
    depth = len(footer) * _line(18) + _PAD
    if height is not None:
        at = height - depth
        for line in footer:
            pen.write((_PAD, at), line, 18, _QUIET)
            at += _line(18)
    return y + 24 + depth


def _write_card(picture: npt.NDArray[Any], pen: _Pen, card: Card, y: int) -> int:
    inner = _PANEL_WIDTH - 2 * _PAD - 64
    title = pen.wrapped(card.title, 24, inner, 600)
    detail = [line for text in (card.detail, *card.more) for line in pen.wrapped(text, 19, inner)]
    bottom = y + 14 + len(title) * _line(24) + len(detail) * _line(19) + 12
    colour = _STATE[card.state]
    cv2.rectangle(picture, (_PAD, y), (_PANEL_WIDTH - _PAD, bottom), _CARD, -1)
    cv2.rectangle(picture, (_PAD, y), (_PAD + 5, bottom), colour, -1)
    at = y + 12
    _glyph(picture, card.state, (_PAD + 20, at + 5), 22, colour)
    for line in title:
        pen.write((_PAD + 54, at), line, 24, _TEXT, 600)
        at += _line(24)
    for line in detail:
        pen.write((_PAD + 54, at), line, 19, _QUIET)
        at += _line(19)
    return bottom


def _marks(
    picture: npt.NDArray[Any], annotation: Annotation, left: int, top: int, width: int, height: int
) -> None:
    pen = _Pen(picture)
    right, bottom = left + width, top + height
    for lines, closed, colour in (
        (annotation.field.blade_lines(), False, _QUIET),
        (annotation.outline, True, _ACCENT),
        (annotation.ribs, False, _ACCENT),
    ):
        for line in lines:
            points = (
                np.array([(left + x * width, top + y * height) for x, y in line]).round().astype(np.int32)
            )
            cv2.polylines(picture, [points], closed, (0, 0, 0), 4, cv2.LINE_AA)
            cv2.polylines(picture, [points], closed, colour, 2, cv2.LINE_AA)
    x0, y0, x1, y1 = annotation.field.pixels(width, height)
    borders = (left + x0, top + y0, left + x1, top + y1)
    for edge, state, label in annotation.edges:
        _edge(picture, edge, state, label, borders)
    for edge, letter in annotation.sides:
        at_x = {Edge.LEFT: left + 14, Edge.RIGHT: right - 14 - pen.width(letter, 26, 600)}
        if edge in at_x:
            pen.write((at_x[edge], top + round(height * 0.28)), letter, 26, _TEXT, 600, halo=True)
    _corners(picture, pen, annotation, (left, top, right, bottom))


def _edge(
    picture: npt.NDArray[Any], edge: Edge, state: State, label: str, borders: tuple[int, int, int, int]
) -> None:
    left, top, right, bottom = borders
    colour = _STATE[state]
    off = _BAR // 2 + 3
    ends = {
        Edge.LEFT: ((left - off, top), (left - off, bottom)),
        Edge.RIGHT: ((right + off, top), (right + off, bottom)),
        Edge.TOP: ((left, top - off), (right, top - off)),
        Edge.BOTTOM: ((left, bottom + off), (right, bottom + off)),
    }
    (x0, y0), (x1, y1) = ends[edge]
    length = max(abs(x1 - x0), abs(y1 - y0))
    upright = edge in (Edge.TOP, Edge.BOTTOM)
    step, dash = (18, 0) if state is State.UNSURE else (36, 25)
    for start in range(0, length, step):
        stop = min(start + dash, length)
        a = (x0 + start, y0) if upright else (x0, y0 + start)
        b = (x0 + stop, y0) if upright else (x0, y0 + stop)
        if dash == 0:
            cv2.circle(picture, a, _BAR // 2, colour, -1, cv2.LINE_AA)
        else:
            half = _BAR // 2
            grow = (0, half) if upright else (half, 0)
            cv2.rectangle(
                picture, (a[0] - grow[0], a[1] - grow[1]), (b[0] + grow[0], b[1] + grow[1]), colour, -1
            )
    plate = _plate(state, label, 22, colour)
    if not upright:
        plate = np.ascontiguousarray(np.rot90(plate, 1 if edge is Edge.LEFT else -1))
    h, w = plate.shape[:2]
    beyond = off + _BAR // 2 + 2
    cx, cy = (left + right) // 2, (top + bottom) // 2
    place = {
        Edge.LEFT: (left - beyond - w, cy - h // 2),
        Edge.RIGHT: (right + beyond, cy - h // 2),
        Edge.TOP: (cx - w // 2, top - beyond - h),
        Edge.BOTTOM: (cx - w // 2, bottom + beyond),
    }
    _paste(picture, plate, place[edge])


def _plate(state: State, text: str, size: int, colour: Colour) -> Picture:
    width = _Pen(np.zeros((8, 8, 3), np.uint8)).width(text, size, 600)
    plate = np.empty((size + 8, width + size + 22, 3), np.uint8)
    plate[:] = _BACK
    _glyph(plate, state, (8, 5), size - 2, colour)
    _Pen(plate).write((14 + size, 1), text, size, colour, 600)
    return plate


def _glyph(picture: npt.NDArray[Any], state: State, at: tuple[int, int], side: int, colour: Colour) -> None:
    """The state's shape, as in the window: tick, triangle, open diamond, bar."""

    def points(*fractions: tuple[float, float]) -> npt.NDArray[np.int32]:
        return np.array([(at[0] + x * side, at[1] + y * side) for x, y in fractions]).round().astype(np.int32)

    thick = max(2, side // 8)
    if state is State.WARN:
        cv2.fillPoly(picture, [points((0.5, 0.0), (1.0, 0.95), (0.0, 0.95))], colour, cv2.LINE_AA)
    elif state is State.UNSURE:
        diamond = points((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5))
        cv2.polylines(picture, [diamond], True, colour, thick, cv2.LINE_AA)
    elif state is State.PASS:
        cv2.polylines(
            picture, [points((0.05, 0.55), (0.38, 0.88), (0.95, 0.15))], False, colour, thick, cv2.LINE_AA
        )
    else:
        cv2.polylines(picture, [points((0.1, 0.5), (0.9, 0.5))], False, colour, thick, cv2.LINE_AA)


def _paste(picture: npt.NDArray[Any], plate: Picture, at: tuple[int, int]) -> None:
    """Put `plate` on the picture, moved inside where it would stick out, cut where it is larger."""
    h, w = min(plate.shape[0], picture.shape[0]), min(plate.shape[1], picture.shape[1])
    x = min(max(0, at[0]), picture.shape[1] - w)
    y = min(max(0, at[1]), picture.shape[0] - h)
    picture[y : y + h, x : x + w] = plate[:h, :w]


def _corners(
    picture: npt.NDArray[Any], pen: _Pen, annotation: Annotation, film: tuple[int, int, int, int]
) -> None:
    left, top, right, bottom = film
    upper_left, upper_right, lower_left = annotation.corners
    for i, text in enumerate(upper_left):
        pen.write((left + 12, top + 10 + i * _line(20)), text, 20, _TEXT, 600 if i == 0 else 400, halo=True)
    for i, text in enumerate(upper_right):
        x = right - 12 - pen.width(text, 20)
        pen.write((x, top + 10 + i * _line(20)), text, 20, _TEXT, halo=True)
    for i, text in enumerate(lower_left):
        y = bottom - 10 - (len(lower_left) - i) * _line(20)
        pen.write((left + 12, y), text, 20, _TEXT, halo=True)
    if annotation.rotation is not None:
        state, angle, label = annotation.rotation
        plate = _plate(state, label, 22, _STATE[state])
        y = bottom - 14 - plate.shape[0]
        _paste(picture, plate, (right - 14 - plate.shape[1], y))
        if angle is not None:
            _dial(picture, (right - 84, y - 64), angle, _STATE[state])


def _dial(picture: npt.NDArray[Any], centre: tuple[int, int], angle: float, colour: Colour) -> None:
    """A chest seen from above; lines lie `angle` degrees off that of a true lateral, one for either way.

    Which side is turned forward is not known.
    """
    x, y = centre
    for dx in range(-58, 58, 8):
        cv2.line(picture, (x + dx, y), (x + dx + 3, y), _QUIET, 2, cv2.LINE_AA)
    cv2.ellipse(picture, centre, (38, 46), 0, 0, 360, (0, 0, 0), 6, cv2.LINE_AA)
    cv2.ellipse(picture, centre, (38, 46), 0, 0, 360, _TEXT, 2, cv2.LINE_AA)
    for turn in (np.deg2rad(angle), -np.deg2rad(angle)):
        along = np.array([np.cos(turn), np.sin(turn)])
        ends = [tuple(int(v) for v in np.rint(np.array(centre) + side * 56 * along)) for side in (-1, 1)]
        cv2.line(picture, ends[0], ends[1], colour, 3, cv2.LINE_AA)
    cv2.circle(picture, (x + 28, y), 5, _TEXT, -1, cv2.LINE_AA)
