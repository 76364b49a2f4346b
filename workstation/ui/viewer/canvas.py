"""The film under a person's hands: window/level, zoom at the cursor, pan, measuring, by mouse, fingers and keys."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QTouchEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from workstation.ui.fingers import MOUSE, by_finger, on_screen
from workstation.ui.viewer.film_fingers import FilmFingers
from workstation.ui.viewer.measures import CLICK, REACH, Tool
from workstation.ui.viewer.surface import FilmSurface

ZOOM_STEP = 1.25
_PAN_KEYS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_PAN_STEP = 64.0
_KEYBOARD_FOCUS = frozenset(
    {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason}
)


class LeftDrag(StrEnum):
    """What dragging with the left button does."""

    WINDOW_LEVEL = "window_level"
    PAN = "pan"


class FilmCanvas(FilmSurface):
    """Takes mouse, fingers, wheel and keys; `FilmView` drives it.

    Signals:
        window_drag_started(): the left button went down for window/level.
        window_dragged(right, up): logical pixels since then.
        window_drag_undone(): it was none; the window is as before.
        fit_wanted(): double click or tap.
        measured(): a measurement was drawn, changed or removed.
    """

    window_drag_started = Signal()
    window_dragged = Signal(float, float)
    window_drag_undone = Signal()
    fit_wanted = Signal()
    measured = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.left_drag = LeftDrag.WINDOW_LEVEL
        self._pressed: QPointF | None = None
        self._panning = self._windowing = self._measuring = self._space = False
        self._fingers = FilmFingers(self)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)

    @property
    def zoomed_in(self) -> bool:
        """Whether it is larger than the canvas."""
        return self._viewport is not None and self._viewport.scale > self._viewport.fit_scale * 1.001

    def _let_go(self) -> None:
        self._panning = self._windowing = self._measuring = False
        self._fingers.let_go()

    def set_tool(self, tool: Tool | None) -> None:
        """What the left button draws; None for none."""
        self.measures.abandon()
        self.measures.tool = tool
        self._cross.at = None
        self._track()

    def set_lens_shown(self, shown: bool) -> None:
        """A magnifying glass follows the pointer."""
        self._lens.shown = shown
        self._lens.at = self.mapFromGlobal(self.cursor().pos()).toPointF() if shown else None
        self._track()

    def _track(self) -> None:
        self.setMouseTracking(self._lens.shown or self.measures.tool is not None)
        self._show_cursor()
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and on_screen(event):
            self._fingers.touch(event)
            return True
        if event.type() in MOUSE and isinstance(event, QMouseEvent) and by_finger(event):
            return True  # said already
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._viewport is None:
            event.ignore()
            return
        self.press(
            event.position(), moves_film=event.button() is not Qt.MouseButton.LeftButton or self._space
        )

    def press(self, at: QPointF, *, reach: float = REACH, moves_film: bool = False) -> None:
        """A hand begins: it draws with the tool, moves the film or changes the window.

        Args:
            at: logical pixels.
            reach: logical pixels within which it grasps a handle.
            moves_film: whatever tool is chosen.
        """
        self._pressed = at
        self._cross.at = None
        if not moves_film and self.measures.tool is not None:
            self._measuring = True
            self.measures.press(self._film_point(at), self._film_length(reach))
            self.update()
            return
        wants_pan = moves_film or self.left_drag is LeftDrag.PAN
        self._panning, self._windowing = wants_pan, not wants_pan
        if wants_pan:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self.window_drag_started.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.show_lens_at(event.position())
        self.drag(event.position())

    def show_lens_at(self, at: QPointF) -> None:
        """The magnifying glass, where it is in the hand, goes there."""
        if self._lens.shown:
            self._lens.at = at
            self.update()

    def drag(self, at: QPointF) -> None:
        """The hand goes on, or hovers with a tool in it."""
        dragging = self._panning or self._windowing
        if not dragging and self._viewport is not None and self.measures.tool is not None:
            if self.measures.move(self._film_point(at)):
                self.update()
            return
        if self._pressed is None:
            return
        moved = at - self._pressed
        if self._panning:
            self._pressed = at
            self.pan(moved.x(), moved.y())
        elif self._windowing:
            self.window_dragged.emit(moved.x(), -moved.y())

    def leaveEvent(self, event: QEvent) -> None:
        self._lens.at = None
        self.update()
        super().leaveEvent(event)

    def _film_point(self, at: QPointF) -> tuple[float, float]:
        assert self._viewport is not None
        ratio = self.devicePixelRatioF()
        return self._viewport.to_film(at.x() * ratio, at.y() * ratio)

    def _film_length(self, logical: float) -> float:
        assert self._viewport is not None
        return logical * self.devicePixelRatioF() / self._viewport.scale

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._finish_measure(event.position())
        if event.buttons() == Qt.MouseButton.NoButton:
            self._end_drag()

    def release(self, at: QPointF) -> None:
        """The hand is lifted."""
        self._finish_measure(at)
        self._end_drag()

    def take_back(self) -> None:
        """What the hand has begun was not meant."""
        if self._measuring:
            self.measures.take_back()
            self.measured.emit()
        if self._windowing:
            self.window_drag_undone.emit()
        self._measuring = False
        self._end_drag()
        self.update()

    def _finish_measure(self, at: QPointF) -> None:
        if self._measuring and self._viewport is not None:
            self.measures.release(self._film_point(at), self._film_length(CLICK))
            self.measured.emit()
            self._measuring = False
            self.update()

    def _end_drag(self) -> None:
        self._pressed = None
        self._panning = self._windowing = False
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.measures.tool is not None:
            self.mousePressEvent(event)  # two quick clicks set two points
            return
        if event.button() is Qt.MouseButton.LeftButton and self._viewport is not None:
            self._pressed = None
            self._windowing = False
            self.fit_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120.0
        if steps == 0.0 or self._viewport is None:
            event.ignore()
            return
        self.zoom(ZOOM_STEP**steps, event.position())
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in _KEYBOARD_FOCUS
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = self._space = False
        self._show_cursor()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self._show_cursor()
            return
        if self._measured_by_key(event):
            return
        step = _PAN_KEYS.get(Qt.Key(event.key()))
        if step is None or self._viewport is None:
            super().keyPressEvent(event)
            return
        self.pan(step[0] * _PAN_STEP, step[1] * _PAN_STEP)

    def _measured_by_key(self, event: QKeyEvent) -> bool:
        """With a tool in the hand the arrows move a cross in place of the pointer, and Enter sets a point."""
        if self._viewport is None or self.measures.tool is None:
            return False
        at = self._cross.at
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and at is not None:
            self.measures.press(self._film_point(at), self._film_length(REACH))
            self.measures.release(self._film_point(at), self._film_length(CLICK))
            self.measured.emit()
        elif self._cross.move(event, QRectF(self.rect())):
            assert self._cross.at is not None
            self.measures.move(self._film_point(self._cross.at))
        else:
            return False
        self.update()
        return True

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
            return
        super().keyReleaseEvent(event)

    def _show_cursor(self) -> None:
        drawing = self.measures.tool is not None
        hand = self._space or (self.left_drag is LeftDrag.PAN and not drawing)
        self.setCursor(Qt.CursorShape.OpenHandCursor if hand else Qt.CursorShape.CrossCursor)

    def set_left_drag(self, what: LeftDrag) -> None:
        self.left_drag = what
        self._show_cursor()
