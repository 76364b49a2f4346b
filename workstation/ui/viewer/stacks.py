"""Stacks of lines in the corners of a canvas: measured first, so that they never overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QRectF

from workstation.domain.findings import RotationFinding, State
from workstation.ui.viewer.scale_bar import ScaleBar

INSET = 10.0
_GAP = 3.0
_LEAST_ROOM = 60.0


@dataclass(frozen=True, slots=True)
class Item:
    """One line, chip, dial or scale of a corner stack, with its size; `cut`: its text is shortened."""

    width: float
    height: float
    text: str = ""
    colour: str = ""
    chip: bool = False
    state: State | None = None
    bold: bool = False
    rotation: RotationFinding | None = None
    scale: ScaleBar | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and where it stands."""

    item: Item
    rect: QRectF


Source = Callable[[float], list[Item]]
"""What belongs together, in reading order, as it fits into a width."""


@dataclass(frozen=True, slots=True)
class Room:
    """From where to where a column may reach across the canvas, and at which side its items stand."""

    begin: float
    end: float
    right: bool = False

    def place(self, item: Item, top: float) -> QRectF:
        left = self.end - item.width if self.right else self.begin
        return QRectF(left, top, item.width, item.height)

    @property
    def width(self) -> float:
        return self.end - self.begin

    def beside(self, bar: QRectF, source: Source) -> Room:
        """Left or right of an upright bar, where nothing is shortened, else where it is wider.

        The whole where neither holds a word.
        """
        parts = (replace(self, end=bar.left() - _GAP), replace(self, begin=bar.right() + _GAP))
        wide = [part for part in parts if part.width >= _LEAST_ROOM]
        if not wide:
            return self
        return max(wide, key=lambda part: (not any(item.cut for item in source(part.width)), part.width))


def stacked(
    upper: list[Source], lower: list[Source], height: float, room: Room, bars: Sequence[QRectF]
) -> list[Placed]:
    """Stack `upper` downwards from the top and `lower` upwards from the bottom; both start with what matters most.

    What would lie on one of `bars` stands beside an upright one or goes on beyond a lying one.
    """

    def needed() -> float:
        items = [item for source in (*upper, *lower) for item in source(room.width)]
        return sum(i.height + _GAP for i in items) + 2 * INSET + (12.0 if upper and lower else 0.0)

    while needed() > height and (len(upper) > 1 or len(lower) > 1):
        (upper if len(upper) >= len(lower) else lower).pop()
    top, bottom = INSET, height - INSET
    above = _even(upper, room, bars, top, bottom, down=True)
    top = above[-1].rect.bottom() + _GAP if above else top
    return above + _even(lower, room, bars, bottom, top, down=False)


def _even(
    sources: list[Source], room: Room, bars: Sequence[QRectF], at: float, end: float, *, down: bool
) -> list[Placed]:
    """The sources from `at` towards `end`; where one line stands behind a bar, so do those above and below it there."""
    placed = _pile(sources, room, bars, at, end, down=down)
    behind = [
        p.rect for p in placed if (p.rect.right() < room.end if room.right else p.rect.left() > room.begin)
    ]
    if not behind:
        return placed
    wider = [QRectF(bar) for bar in bars]
    for bar in wider:
        if bar.height() <= bar.width():
            continue
        if room.right and all(rect.right() <= bar.left() for rect in behind):
            bar.setRight(max(bar.right(), room.end))
        elif not room.right and all(rect.left() >= bar.right() for rect in behind):
            bar.setLeft(min(bar.left(), room.begin))
    return _pile(sources, room, wider, at, end, down=down)


def _pile(
    sources: list[Source], room: Room, bars: Sequence[QRectF], at: float, end: float, *, down: bool
) -> list[Placed]:
    """The sources one after the other, as far as they fit."""
    placed: list[Placed] = []
    for source in sources:
        made = _put(source, room, bars, at, down=down)
        if not made:
            continue
        last = made[-1].rect
        # The first line of the upper stack stands whatever the height.
        if (last.bottom() > end and placed) if down else last.top() < end:
            break
        placed += made
        at = last.bottom() + _GAP if down else last.top() - _GAP
    return placed


def _put(source: Source, room: Room, bars: Sequence[QRectF], at: float, *, down: bool) -> list[Placed]:
    """One source's items from `at` downwards or upwards, in the order in which they are put."""
    placed: list[Placed] = []
    items = source(room.width)
    for item in items if down else items[::-1]:
        rect = room.place(item, at if down else at - item.height)
        # Lying ones first: below one of them an item may come to lie on an upright one.
        for bar in sorted(bars, key=lambda bar: bar.height() > bar.width()):
            if not rect.intersects(bar):
                continue
            if bar.height() > bar.width():
                narrower = room.beside(bar, source)
                if narrower != room:
                    return _put(source, narrower, bars, at, down=down)
            else:
                rect.moveTop(bar.bottom() + _GAP if down else bar.top() - _GAP - item.height)
        placed.append(Placed(item, rect))
        at = rect.bottom() + _GAP if down else rect.top() - _GAP
    return placed
