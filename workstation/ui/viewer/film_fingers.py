"""Fingers on the film: one does what the left button does and moves what is zoomed, two zoom and move."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QEventPoint, QTouchEvent

from workstation.ui.fingers import in_a_row

if TYPE_CHECKING:
    from workstation.ui.viewer.canvas import FilmCanvas

SETTLES = 12.0
"""Logical pixels a finger may move before it does anything: the second one may yet come down."""
GLOVE = 24.0
"""Logical pixels within which a finger grasps a handle."""
_LEAST_APART = 20.0


class _Does(StrEnum):
    NOTHING = "nothing"
    WAITS = "waits"
    DRAGS = "drags"
    TWO = "two"
    ZOOMS = "zooms"


class FilmFingers:
    """Turns touches into what the canvas does.

    Two fingers never draw nor change the window: a second one takes back what the first has begun.
    """

    def __init__(self, canvas: FilmCanvas) -> None:
        self._canvas = canvas
        self._does = _Does.NOTHING
        self._came: dict[int, QPointF] = {}
        self._last: dict[int, QPointF] = {}
        self._before: tuple[QPointF, int] | None = None

    def touch(self, event: QTouchEvent) -> None:
        """Follow one event of the canvas."""
        event.accept()
        canvas = self._canvas
        if event.type() is QEvent.Type.TouchBegin:
            self._does = _Does.WAITS
            self._came, self._last = {}, {}
        points = event.points()
        if event.type() is QEvent.Type.TouchCancel or canvas.viewport is None:
            self._drop()
        elif len(points) > 2:
            self._drop()  # a hand lies on the film
        elif len(points) == 2:
            self._two(points[0], points[1])
        elif points and self._does in (_Does.WAITS, _Does.DRAGS):
            self._one(points[0], event.timestamp())
        if event.type() in (QEvent.Type.TouchEnd, QEvent.Type.TouchCancel):
            self._does = _Does.NOTHING

    def let_go(self) -> None:
        """Whatever the fingers were doing is over; they may lie there still."""
        self._does = _Does.NOTHING
        self._before = None

    def _drop(self) -> None:
        if self._does is _Does.DRAGS:
            self._canvas.take_back()
        self._does = _Does.NOTHING

    # ---- one finger ----

    def _one(self, point: QEventPoint, when: int) -> None:
        canvas, at = self._canvas, point.position()
        came = self._came.setdefault(point.id(), at)
        canvas.show_lens_at(at)
        if self._does is _Does.WAITS and math.dist(at.toTuple(), came.toTuple()) > SETTLES:
            self._does, self._before = _Does.DRAGS, None
            drawing = canvas.measures.tool is not None
            canvas.press(came if drawing else at, reach=GLOVE, moves_film=not drawing and canvas.zoomed_in)
        if self._does is _Does.DRAGS:
            canvas.drag(at)
        if point.state() is QEventPoint.State.Released:
            if self._does is _Does.DRAGS:
                canvas.release(at)
            else:
                self._tap(came, when)
            self._does = _Does.NOTHING

    def _tap(self, at: QPointF, when: int) -> None:
        canvas, before, self._before = self._canvas, self._before, (at, when)
        if canvas.measures.tool is not None:
            canvas.press(at, reach=GLOVE)
            canvas.release(at)
        elif before is not None and in_a_row(at, when, *before):
            self._before = None
            canvas.fit_wanted.emit()

    # ---- two ----

    def _two(self, one: QEventPoint, other: QEventPoint) -> None:
        if self._does in (_Does.WAITS, _Does.DRAGS):
            self._drop()
            self._does = _Does.TWO
        now = {one.id(): one.position(), other.id(): other.position()}
        lifted = QEventPoint.State.Released in (one.state(), other.state())
        if self._does is _Does.TWO:
            for finger, at in now.items():
                if math.dist(at.toTuple(), self._came.setdefault(finger, at).toTuple()) > SETTLES:
                    self._does = _Does.ZOOMS
        elif self._does is _Does.ZOOMS and now.keys() == self._last.keys() and not lifted:
            self._zoom([self._last[finger] for finger in now], list(now.values()))
        self._last = now
        if lifted:
            self._does = _Does.NOTHING  # the finger that stays has done its work

    def _zoom(self, before: list[QPointF], now: list[QPointF]) -> None:
        """The point of the film between the fingers stays between them."""
        was, middle = (before[0] + before[1]) / 2, (now[0] + now[1]) / 2
        moved = middle - was
        self._canvas.pan(moved.x(), moved.y())
        apart, wide = (
            max(_LEAST_APART, math.dist(pair[0].toTuple(), pair[1].toTuple())) for pair in (before, now)
        )
        if apart != wide:
            self._canvas.zoom(wide / apart, middle)
