"""Everything drawn over the film: corners, chips, cut edges, lung field, ribs, angle, markers, scale.

Sizes are in logical pixels whatever the zoom. Corner stacks are measured before they are drawn and give up their
least important lines where the canvas is too small, so that they never overlap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QPainter

from workstation.domain.film import FilmHeader, Notice
from workstation.domain.findings import RotationFinding, State, Verdict
from workstation.domain.turn import Turn
from workstation.services.film_text import (
    LOUD_NOTICES,
    FilmWords,
    corners,
    gate_labels,
    notice_text,
    projection_label,
    ribs_text,
    rotation_label,
)
from workstation.ui.theme import DARK, Palette, Size, font
from workstation.ui.viewer import dial
from workstation.ui.viewer.edges import paint_edges, paint_markers
from workstation.ui.viewer.lines import paint_measured
from workstation.ui.viewer.scale_bar import ScaleBar, scale_bar
from workstation.ui.viewer.text import TextPainter, chip_size, draw_chip
from workstation.ui.viewer.viewport import Viewport

INSET = 10.0
_GAP = 3.0
# Corner stacks keep to their part of the width: labels of the upper and lower edge stand between them.
_STACK_PART = 0.36
_STACK_PART_NARROW = 0.48
# Two stacks of the usual lines at 100 % stand beside each other on such a canvas.
_WIDTH_AT_100 = 340.0


@dataclass(frozen=True, slots=True)
class OverlayState:
    """What the overlays tell.

    Attributes:
        header: of the film shown.
        verdict: None until the cascade has spoken.
        window: wording of the window or LUT in use, e.g. "W 2000  C 1000".
        inverted: the person has exchanged black and white.
        sent_turned: whoever reads the film sees it turned as here.
        extra_notices: found after the file was read (the header's own are in `header`).
    """

    header: FilmHeader
    words: FilmWords
    verdict: Verdict | None = None
    window: str = ""
    inverted: bool = False
    sent_turned: bool = False
    extra_notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One line, chip, dial or scale of a corner stack, with its size."""

    width: float
    height: float
    text: str = ""
    colour: str = ""
    chip: bool = False
    state: State | None = None
    bold: bool = False
    rotation: RotationFinding | None = None
    scale: ScaleBar | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and where it stands."""

    item: Item
    rect: QRectF


@dataclass(slots=True)
class Overlays:
    """Lays out and paints the overlays of one canvas."""

    text: TextPainter = field(default_factory=TextPainter)
    colours: Palette = DARK
    wanted_scale: float = 1.0
    type_scale: float = 1.0
    _fonts: dict[tuple[bool, float], QFont] = field(default_factory=dict)

    def paint(self, painter: QPainter, state: OverlayState, viewport: Viewport, ratio: float) -> None:
        """Draw everything; `painter` is in logical pixels, `viewport` in device pixels (`ratio` times as many)."""
        bold = self._font(bold=True)
        corners_ = self.layout(state, viewport, ratio)
        # A bar that ran through the corner text would make both unreadable.
        obstacles = [placed.rect for placed in corners_]
        if state.verdict is not None:
            paint_measured(painter, state.verdict, viewport, ratio, self.colours)
            taken = paint_edges(
                painter,
                self.text,
                bold,
                state.verdict,
                state.header,
                state.words,
                viewport,
                ratio,
                self.colours,
                obstacles,
            )
        else:
            taken = {}
        paint_markers(
            painter,
            self.text,
            bold,
            state.header,
            state.words,
            viewport,
            ratio,
            taken,
            self.colours,
            obstacles,
        )
        for placed in corners_:
            self._draw(painter, placed)

    def fit_type(self, width: float) -> None:
        """Take the type that a canvas of `width` logical pixels holds: larger type is no use with its ends cut off."""
        most = max(1.0, math.floor(10 * width / _WIDTH_AT_100) / 10)
        self.type_scale = min(self.wanted_scale, most)

    def layout(self, state: OverlayState, viewport: Viewport, ratio: float) -> list[Placed]:
        """Where each corner item stands, logical pixels. No two overlap and none leaves the canvas."""
        width, height = viewport.width / ratio, viewport.height / ratio
        roomy = width >= 600 * self.type_scale
        limit = max(40.0, width * (_STACK_PART if roomy else _STACK_PART_NARROW) - INSET)
        made = corners(state.header, state.words)
        upper_left = [self._chip(*c, limit) for c in self._verdict_chips(state)]
        upper_left += [
            self._line(t, limit, bold=i == 0) for i, t in enumerate(self._broken(made.patient, limit))
        ]
        upper_right = [self._chip(s, t, limit) for s, t in self._alerts(state)]
        upper_right += [self._line(t, limit) for t in made.study]
        lower_left = [self._line(t, limit) for t in self._broken(made.exposure, limit)]
        upper_right += [self._line(t, limit, quiet=True) for t in self._remarks(state)]
        view = self._broken([self._view_line(state, viewport)], limit, "   ")  # window and zoom
        view = self._broken(view, limit, "  ")  # the window's figures and its name
        lower_right = [self._line(t, limit) for t in view[::-1]]
        changed = how_changed(state, viewport.turn)
        if changed:
            lower_right.append(
                self._line(changed, limit, bold=state.sent_turned, quiet=not state.sent_turned)
            )
        bar = scale_bar(state.header, viewport, ratio, state.words)
        if bar is not None and bar.length <= limit:
            size = self.text.size(bar.caption, self._font())
            item = Item(
                max(bar.length, size.width()), size.height() + 11.0, scale=bar, colour=self.colours.film_text
            )
            if item.width <= limit:
                lower_right.append(item)
        lower_right += self._rotation(state, limit)
        # The exposure figures stand in reading order, so the stack is built from its last line upwards.
        placed = _column(upper_left, lower_left[::-1], height, left=INSET)
        return placed + _column(upper_right, lower_right, height, right=width - INSET)

    def _verdict_chips(self, state: OverlayState) -> list[tuple[State, str]]:
        if state.verdict is None:
            return []
        return [(state.verdict.projection.state, projection_label(state.verdict, state.words))]

    def _alerts(self, state: OverlayState) -> list[tuple[State, str]]:
        notices = (*state.header.notices, *state.extra_notices)
        found = list(gate_labels(state.verdict, state.words)) if state.verdict is not None else []
        for code in dict.fromkeys(n.code for n in notices if n.code in LOUD_NOTICES):
            found.append((State.WARN, notice_text(code, state.words)))
        return found

    def _remarks(self, state: OverlayState) -> list[str]:
        quiet = dict.fromkeys(n.code for n in state.header.notices if n.code not in LOUD_NOTICES)
        return [notice_text(code, state.words) for code in quiet]

    def _view_line(self, state: OverlayState, viewport: Viewport) -> str:
        zoom = state.words(
            "zoom", percent=state.words.number(viewport.scale * 100, 0 if viewport.scale > 0.1 else 1)
        )
        return f"{state.window}   {zoom}" if state.window else zoom

    def _rotation(self, state: OverlayState, limit: float) -> list[Item]:
        found = state.verdict.rotation if state.verdict is not None else None
        if found is None or found.state not in (State.WARN, State.UNSURE):
            return []
        items = [self._chip(found.state, rotation_label(found, state.words), limit)]
        ribs = ribs_text(found, state.words)
        if ribs:
            items.append(self._line(ribs, limit))
        if found.angle_deg is not None:
            items.append(
                Item(dial.WIDTH, dial.HEIGHT, rotation=found, colour=self.colours.of_state(found.state))
            )
        return items

    def _line(self, text: str, limit: float, *, bold: bool = False, quiet: bool = False) -> Item:
        face = self._font(bold=bold)
        shown = self.text.elided(text, face, limit)
        size = self.text.size(shown, face)
        colour = self.colours.quiet if quiet else self.colours.film_text
        return Item(size.width(), size.height(), shown, colour, bold=bold)

    def _broken(self, lines: Sequence[str], limit: float, between: str = " · ") -> list[str]:
        """Lines as they fit: a longer one goes on below from its last part on."""
        found: list[str] = []
        for line in lines:
            first, _, last = line.rpartition(between)
            narrow = self.text.size(line, self._font()).width() > limit
            found += [*self._broken([first], limit, between), last] if narrow and first else [line]
        return found

    def _chip(self, state: State, text: str, limit: float) -> Item:
        face = self._font(bold=True)
        room = limit - chip_size(self.text, "", face, True).width()
        shown = self.text.elided(text, face, room)
        size = chip_size(self.text, shown, face, True)
        return Item(size.width(), size.height(), shown, self.colours.of_state(state), True, state, True)

    def _font(self, *, bold: bool = False) -> QFont:
        key = (bold, self.type_scale)
        if key not in self._fonts:
            self._fonts[key] = font(Size.SMALL, bold=bold, scale=self.type_scale)
        return self._fonts[key]

    def _draw(self, painter: QPainter, placed: Placed) -> None:
        item, rect = placed.item, placed.rect
        if item.rotation is not None:
            dial.paint(painter, rect, item.rotation, item.colour, self.colours)
        elif item.scale is not None:
            item.scale.paint(painter, self.text, self._font(), rect, item.colour)
        elif item.chip:
            draw_chip(
                painter, self.text, rect.topLeft(), item.text, self._font(bold=True), item.colour, item.state
            )
        else:
            self.text.draw(painter, rect.topLeft(), item.text, self._font(bold=item.bold), item.colour)


def _column(
    upper: Sequence[Item],
    lower: Sequence[Item],
    height: float,
    *,
    left: float = 0.0,
    right: float | None = None,
) -> list[Placed]:
    """Stack `upper` downwards from the top and `lower` upwards from the bottom; both start with what matters most."""
    upper, lower = list(upper), list(lower)

    def needed() -> float:
        items = [*upper, *lower]
        return sum(i.height + _GAP for i in items) + 2 * INSET + (12.0 if upper and lower else 0.0)

    while needed() > height and (len(upper) > 1 or len(lower) > 1):
        (upper if len(upper) >= len(lower) else lower).pop()
    placed: list[Placed] = []
    y = INSET
    for item in upper:
        placed.append(Placed(item, QRectF(_x(item, left, right), y, item.width, item.height)))
        y += item.height + _GAP
    bottom = height - INSET
    for item in lower:
        if bottom - item.height < y:
            break
        bottom -= item.height
        placed.append(Placed(item, QRectF(_x(item, left, right), bottom, item.width, item.height)))
        bottom -= _GAP
    return placed


def _x(item: Item, left: float, right: float | None) -> float:
    return left if right is None else right - item.width


def how_changed(state: OverlayState, turn: Turn) -> str:
    """How the film on screen differs from the stored one; "" where it does not."""
    said = []
    if turn.quarters % 4:
        said.append(state.words("turned", degrees=90 * (turn.quarters % 4)))
    if turn.mirrored:
        said.append(state.words("mirrored"))
    if said:
        said.append(state.words("sent_so" if state.sent_turned else "on_screen_only"))
    if state.inverted:
        said.append(state.words("inverted"))
    return ", ".join(said)
