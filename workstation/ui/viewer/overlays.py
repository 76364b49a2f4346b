"""Everything drawn over the film: corners, chips, cut edges, lung field, ribs, angle, markers, scale.

Sizes are in logical pixels whatever the zoom. Corner stacks are measured before they are drawn and give up their
least important lines where the canvas is too small, so that they never overlap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtGui import QFont, QPainter

from workstation.domain.film import FilmHeader, Notice
from workstation.domain.findings import State, Verdict
from workstation.domain.objections import LOUD_NOTICES
from workstation.domain.turn import Turn
from workstation.services.film_text import (
    FilmWords,
    change,
    corners,
    gate_labels,
    notice_text,
    projection_label,
    projection_state,
    ribs_text,
    rotation_label,
)
from workstation.ui.theme import DARK, Palette, Size, font
from workstation.ui.viewer import dial
from workstation.ui.viewer.edges import cut_bars, paint_edges, paint_markers
from workstation.ui.viewer.lines import paint_measured
from workstation.ui.viewer.scale_bar import LONGEST, scale_bar
from workstation.ui.viewer.stacks import INSET, Item, Placed, Room, Source, stacked
from workstation.ui.viewer.text import TextPainter, chip_size, draw_chip
from workstation.ui.viewer.viewport import Viewport

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
        beside: it is the film compared with: only its sides and how it differs from the stored one are told.
    """

    header: FilmHeader
    words: FilmWords
    verdict: Verdict | None = None
    window: str = ""
    inverted: bool = False
    sent_turned: bool = False
    extra_notices: tuple[Notice, ...] = ()
    beside: bool = False


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
            state.verdict,
            state.words,
            viewport,
            ratio,
            taken,
            self.colours,
            obstacles,
        )
        for placed in corners_:
            self._draw(painter, placed)

    def paint_hidden(self, painter: QPainter, state: OverlayState, viewport: Viewport, ratio: float) -> None:
        """What is left of the overlays while they are off: whose film it is, and that they are off."""
        for placed in self.layout_hidden(state, viewport, ratio):
            self._draw(painter, placed)

    def layout_hidden(self, state: OverlayState, viewport: Viewport, ratio: float) -> list[Placed]:
        """As `layout`, while the overlays are off."""
        width, height = viewport.width / ratio, viewport.height / ratio
        patient = corners(state.header, state.words).patient[:1]
        sources: list[Source] = [partial(self._chip, State.WARN, state.words("overlays_off"))]
        sources += [partial(self._lines, text, bold=True) for text in patient]
        return stacked(sources, [], height, Room(INSET, width - INSET), [])

    def fit_type(self, width: float) -> None:
        """Take the type that a canvas of `width` logical pixels holds: larger type is no use with its ends cut off."""
        most = max(1.0, math.floor(10 * width / _WIDTH_AT_100) / 10)
        self.type_scale = min(self.wanted_scale, most)

    def layout(self, state: OverlayState, viewport: Viewport, ratio: float) -> list[Placed]:
        """Where each corner item stands, logical pixels.

        No two overlap, none leaves the canvas, and they give way to the bars of cut edges: those are the finding.
        """
        width, height = viewport.width / ratio, viewport.height / ratio
        roomy = width >= 600 * self.type_scale
        limit = max(40.0, width * (_STACK_PART if roomy else _STACK_PART_NARROW) - INSET)
        bars = cut_bars(state.verdict, viewport, ratio)
        left = stacked(*self._left(state), height, Room(INSET, INSET + limit), bars)
        right = Room(width - INSET - limit, width - INSET, right=True)
        return left + stacked(*self._right(state, viewport, ratio), height, right, bars)

    def _left(self, state: OverlayState) -> tuple[list[Source], list[Source]]:
        if state.beside:
            return [], []
        made = corners(state.header, state.words)
        upper: list[Source] = [partial(self._chip_broken, *chip) for chip in self._verdict_chips(state)]
        upper += [partial(self._lines, text, bold=i == 0) for i, text in enumerate(made.patient)]
        # The exposure figures stand in reading order, so the stack is built from its last line upwards.
        return upper, [partial(self._lines, text) for text in made.exposure[::-1]]

    def _right(
        self, state: OverlayState, viewport: Viewport, ratio: float
    ) -> tuple[list[Source], list[Source]]:
        made = corners(state.header, state.words)
        upper: list[Source] = [partial(self._chip, *alert) for alert in self._alerts(state)]
        upper += [partial(self._line, text) for text in made.study]
        upper += [partial(self._line, text, quiet=True) for text in self._remarks(state)]
        lower: list[Source] = [partial(self._view_lines, self._view_line(state, viewport))]
        changed = how_changed(state, viewport.turn)
        how: list[Source] = []
        if changed:
            how.append(partial(self._plates, changed))
        if state.beside:
            return [], how
        lower += how
        lower.append(partial(self._scale, state, viewport, ratio))
        return upper, lower + self._rotation(state)

    def _view_lines(self, text: str, limit: float) -> list[Item]:
        parts = self._broken([text], limit, "   ")  # window and zoom
        return [item for t in self._broken(parts, limit, "  ") for item in self._line(t, limit)]  # its name

    def _scale(self, state: OverlayState, viewport: Viewport, ratio: float, limit: float) -> list[Item]:
        """The scale, shorter where it is narrow (beside the bar of a cut edge)."""
        bar = scale_bar(state.header, viewport, ratio, state.words, min(LONGEST, limit))
        if bar is None:
            return []
        size = self.text.size(bar.caption, self._font())
        width = max(bar.length, size.width())
        if width > limit:
            return []
        return [Item(width, size.height() + 11.0, scale=bar, colour=self.colours.film_text)]

    def _verdict_chips(self, state: OverlayState) -> list[tuple[State, str]]:
        if state.verdict is None:
            return []
        shown = projection_state(state.verdict, state.header)
        return [(shown, projection_label(state.verdict, state.words))]

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

    def _rotation(self, state: OverlayState) -> list[Source]:
        found = state.verdict.rotation if state.verdict is not None else None
        if found is None or found.state not in (State.WARN, State.UNSURE):
            return []
        sources: list[Source] = [partial(self._chip, found.state, rotation_label(found, state.words))]
        ribs = ribs_text(found, state.words)
        if ribs:
            sources.append(partial(self._words, ribs, between=" "))  # the figure at its end would be cut off
        if found.angle_deg is not None:
            colour = self.colours.of_state(found.state)
            shown = Item(dial.WIDTH, dial.HEIGHT, rotation=found, colour=colour)
            sources.append(lambda _limit: [shown])
        return sources

    def _line(self, text: str, limit: float, *, bold: bool = False, quiet: bool = False) -> list[Item]:
        face = self._font(bold=bold)
        shown = self.text.elided(text, face, limit)
        size = self.text.size(shown, face)
        colour = self.colours.quiet if quiet else self.colours.film_text
        return [Item(size.width(), size.height(), shown, colour, bold=bold, cut=shown != text)]

    def _words(
        self, text: str, limit: float, *, between: str, bold: bool = False, quiet: bool = False
    ) -> list[Item]:
        """A line that is broken at `between` where it is narrow."""
        broken = self._broken([text], limit, between, bold=bold)
        return [item for t in broken for item in self._line(t, limit, bold=bold, quiet=quiet)]

    def _lines(self, text: str, limit: float, *, bold: bool = False) -> list[Item]:
        """A line and, where it is narrow, the further ones it goes on in."""
        return self._words(text, limit, between=" · ", bold=bold)

    def _broken(
        self, lines: Sequence[str], limit: float, between: str = " · ", *, bold: bool = False
    ) -> list[str]:
        """Lines as they fit: a longer one goes on below from its last part on."""
        found: list[str] = []
        for line in lines:
            first, _, last = line.rpartition(between)
            narrow = self.text.size(line, self._font(bold=bold)).width() > limit
            broken = narrow and first
            found += [*self._broken([first], limit, between, bold=bold), last] if broken else [line]
        return found

    def _chip(self, state: State, text: str, limit: float) -> list[Item]:
        face = self._font(bold=True)
        room = limit - chip_size(self.text, "", face, True).width()
        shown = self.text.elided(text, face, room)
        size = chip_size(self.text, shown, face, True)
        colour = self.colours.of_state(state)
        return [Item(size.width(), size.height(), shown, colour, True, state, True, cut=shown != text)]

    def _plates(self, text: str, limit: float) -> list[Item]:
        """Words on dark plates, which bone behind them leaves readable; in as many lines as it takes."""
        face, made = self._font(bold=True), []
        room = limit - chip_size(self.text, "", face, False).width()
        for part in self._broken(self._broken([text], room, bold=True), room, ", ", bold=True):
            shown = self.text.elided(part, face, room)
            size = chip_size(self.text, shown, face, False)
            colour = self.colours.film_text
            made.append(Item(size.width(), size.height(), shown, colour, True, bold=True, cut=shown != part))
        return made

    def _chip_broken(self, state: State, text: str, limit: float) -> list[Item]:
        """A chip; what it has no room for goes on in lines below it."""
        room = limit - chip_size(self.text, "", self._font(bold=True), True).width()
        first, *more = self._broken([text], room, bold=True)
        below = [item for t in more for item in self._line(t, limit, bold=True)]
        return [*self._chip(state, first, limit), *below]

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


def how_changed(state: OverlayState, turn: Turn) -> str:
    """How the film on screen differs from the stored one; "" where it does not."""
    return change(state.words, turn, inverted=state.inverted, sent=state.sent_turned)
