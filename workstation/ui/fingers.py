"""A finger on a touch screen: it scrolls what scrolls, taps what it leaves again, and held long opens the menu.

Qt turns a finger that goes down into a mouse button that goes down. A list would choose a film before it scrolls, and a
palm beside the film would send it. So lists, buttons and fields get their click when one finger alone goes up where it
came down. The film has hands of its own (`viewer.film_fingers`); everything else stays with Qt's mouse.
"""

from __future__ import annotations

from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QEventPoint,
    QGuiApplication,
    QInputDevice,
    QMouseEvent,
    QTouchEvent,
    QWindow,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsView,
    QHeaderView,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QScroller,
    QScrollerProperties,
    QTextEdit,
    QWidget,
)

STRAYS = 32.0
"""Logical pixels a tap may stray: a glove rolls."""
_SCROLLS = 16.0
"""Logical pixels from which a finger scrolls, where there is something to scroll that way."""
_REACH = 44
"""Logical pixels a small button takes in all, where nothing else is beside it."""
_REST = 0.07
"""Metres in a second."""
MOUSE = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseMove,
    }
)
_ANSWERS = (
    *(QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QMenuBar),
    *(QAbstractItemView, QTextEdit, QPlainTextEdit, QGraphicsView),
)
"""What a finger that hits it means, and nothing close by."""


def on_screen(event: QTouchEvent) -> bool:
    """Whether it is the screen that is touched; a touch pad has a pointer."""
    return event.device() is not None and event.device().type() is QInputDevice.DeviceType.TouchScreen


def by_finger(event: QMouseEvent) -> bool:
    """Whether a mouse event was made out of a touch: by Qt, or by Windows, which always does."""
    touched = event.device() is not None and event.device().type() is QInputDevice.DeviceType.TouchScreen
    return touched or event.source() is Qt.MouseEventSource.MouseEventSynthesizedBySystem


def in_a_row(at: QPointF, when: int, before: QPointF, then: int) -> bool:
    """Whether two taps (places in logical pixels, times in milliseconds) are a double one."""
    interval = QGuiApplication.styleHints().mouseDoubleClickInterval()
    return when - then <= interval and (at - before).manhattanLength() <= 2 * STRAYS


@dataclass(slots=True)
class _Touch:
    """From the first finger down to the last one up; `came` and `at` on the screen.

    Attributes:
        finger: the first one's number.
        row: of the list under it; another one may come under the finger until it is lifted.
        areas: what is around it and might scroll, innermost first.
        area: what it scrolls.
        tap: still one; not after scrolling, straying, a second finger or a menu.
    """

    target: QWidget
    finger: int
    came: QPointF
    at: QPointF
    when: int
    areas: list[QAbstractScrollArea]
    row: QPersistentModelIndex
    area: QAbstractScrollArea | None = None
    tap: bool = True

    @property
    def button(self) -> QAbstractButton | None:
        """The button under it, if it is still there."""
        there = shiboken6.isValid(self.target) and isinstance(self.target, QAbstractButton)
        return self.target if there else None  # type: ignore[return-value]

    def no_tap(self) -> None:
        self.tap = False
        if self.button is not None:
            self.button.setDown(False)

    def scroll(self, how: QScroller.Input, at: QPointF, when: int) -> None:
        """Tell what is scrolled where the finger is."""
        if self.area is None or not shiboken6.isValid(self.area):
            return
        if self.area.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            at = QPointF(self.came.x(), at.y())
        view = self.area.viewport()
        QScroller.scroller(view).handleInput(how, view.mapFromGlobal(at), when)


class Fingers(QObject):
    """Looks after every window of the program from the first time it has the keyboard."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._touch: _Touch | None = None
        self._ours = False
        self._taps: list[_Touch] = []
        self._before: tuple[QWidget, QPointF, int] | None = None
        self._held = QTimer(self, singleShot=True)
        self._held.timeout.connect(self._hold)
        # Not while Qt is delivering the touch: a click may open a menu that runs until it is closed.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tap)
        self._opened = QTimer(self, singleShot=True, interval=0)
        self._opened.timeout.connect(self._watch_menu)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        # Not a filter on the application: that would run for every event of every widget.
        application.focusWindowChanged.connect(self._watch)
        self._watch(application.focusWindow())

    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def _watch_menu(self) -> None:
        popup = QApplication.activePopupWidget()
        if popup is not None:
            self._watch(popup.windowHandle())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and isinstance(watched, QWindow):
            return on_screen(event) and self._touched(watched, event)
        if event.type() is QEvent.Type.WindowBlocked:
            self._drop()  # by a dialog that opened: nothing more comes of this touch
        # Windows sends its own after the touch.
        return event.type() in MOUSE and self._ours and isinstance(event, QMouseEvent) and by_finger(event)

    # ---- from finger down to finger up ----

    def _touched(self, window: QWindow, event: QTouchEvent) -> bool:
        if event.type() is QEvent.Type.TouchBegin:
            self._drop()
            self._touch = self._begin(window, event)
            self._ours = self._touch is not None
        touch = self._touch
        if touch is None:
            return False
        event.accept()
        if event.type() is QEvent.Type.TouchCancel:
            touch.no_tap()
        points = event.points()
        if len(points) > 1:
            touch.no_tap()
        for point in points:
            if point.id() == touch.finger:
                self._follow(touch, point, event.timestamp())
        if event.type() in (QEvent.Type.TouchEnd, QEvent.Type.TouchCancel):
            self._end(touch, event.timestamp())
        return True

    def _drop(self) -> None:
        self._held.stop()
        if self._touch is not None:
            self._touch.no_tap()
            self._touch = None

    def _begin(self, window: QWindow, event: QTouchEvent) -> _Touch | None:
        first = event.points()[0]
        target = _under(window, first.position().toPoint())
        if target is None or _below_menu(target):
            return None  # it closes the menu
        around = _around(target)
        if around is None or not (around or isinstance(target, QAbstractButton | QLineEdit | QComboBox)):
            return None
        at = first.globalPosition()
        touch = _Touch(target, first.id(), at, at, event.timestamp(), around, _row(target, around, at))
        for area in around:
            touch.tap &= not _stopped(area)
        if touch.button is not None and touch.tap:
            touch.button.setDown(touch.button.isEnabled())
        self._held.start(QGuiApplication.styleHints().mousePressAndHoldInterval())
        return touch

    def _follow(self, touch: _Touch, point: QEventPoint, when: int) -> None:
        touch.at = point.globalPosition()
        way, button = touch.at - touch.came, touch.button
        if touch.area is None and way.manhattanLength() > _SCROLLS:
            touch.area = next((area for area in touch.areas if _goes(area, way)), None)
            if touch.area is not None:
                _prepare(touch.area)
                touch.scroll(QScroller.Input.InputPress, touch.came, touch.when)
        touch.scroll(QScroller.Input.InputMove, touch.at, when)
        off = button is not None and not button.rect().contains(button.mapFromGlobal(touch.at.toPoint()))
        near = way.manhattanLength() <= _SCROLLS
        if touch.area is not None or way.manhattanLength() > STRAYS or (off and not near):
            touch.no_tap()

    def _end(self, touch: _Touch, when: int) -> None:
        self._held.stop()
        self._touch = None
        touch.scroll(QScroller.Input.InputRelease, touch.at, when)
        if touch.button is not None:
            # Qt lifts one that rested meanwhile: it is another film's now.
            touch.tap &= touch.button.isDown()
            touch.button.setDown(False)
        # The menu of a field of numbers runs within `_hold` until it is closed.
        if touch.tap and not _below_menu(touch.target):
            touch.when = when
            self._taps.append(touch)
            self._soon.start()

    # ---- what it does ----

    def _hold(self) -> None:
        """A finger that stays asks for what the right button shows."""
        touch = self._touch
        if touch is None or not touch.tap or not shiboken6.isValid(touch.target):
            return
        at = touch.came.toPoint()
        asked = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, touch.target.mapFromGlobal(at), at, Qt.KeyboardModifier.NoModifier
        )
        self._say(touch.target, asked)
        if QApplication.activePopupWidget() is not None:
            touch.no_tap()

    def _tap(self) -> None:
        while self._taps:
            self._click(self._taps.pop(0))

    def _click(self, touch: _Touch) -> None:
        target = touch.target
        if not shiboken6.isValid(target) or not target.isVisible():
            return
        if touch.row.isValid() and touch.row != _row(target, touch.areas, touch.came):
            return
        before, self._before = self._before, (target, touch.came, touch.when)
        kind = QEvent.Type.MouseButtonPress
        if before is not None and before[0] is target and in_a_row(touch.came, touch.when, *before[1:]):
            kind, self._before = QEvent.Type.MouseButtonDblClick, None
        _give_keys(target)
        room = QRectF(target.rect()).adjusted(0, 0, -1, -1)
        at = QPointF(target.mapFromGlobal(touch.came))  # it may have come down close by
        at.setX(min(max(at.x(), room.left()), room.right()))
        at.setY(min(max(at.y(), room.top()), room.bottom()))
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        for what, buttons in ((kind, left), (QEvent.Type.MouseButtonRelease, none)):
            if shiboken6.isValid(target):
                within, there = target.mapTo(target.window(), at), target.mapToGlobal(at)
                made = QMouseEvent(what, at, within, there, left, buttons, Qt.KeyboardModifier.NoModifier)
                self._say(target, made)

    def _say(self, target: QWidget, event: QEvent) -> None:
        """Look after the list or menu that opens, too: it never has the keyboard, but Windows' mouse events."""
        self._opened.start()  # a menu may run until it is closed
        QApplication.sendEvent(target, event)
        self._watch_menu()


def _under(window: QWindow, at: QPoint) -> QWidget | None:
    """The button at a place of a window, whatever stands on it, or a small one close by; else the innermost widget."""
    top = next((w for w in QApplication.topLevelWidgets() if w.windowHandle() is window), None)
    if top is None:
        return None
    innermost = top.childAt(at) or top
    above: QWidget | None = innermost
    while above is not None and not isinstance(above, _ANSWERS):
        above = None if above.isWindow() else above.parentWidget()
    if isinstance(above, QAbstractButton):
        return above
    return innermost if above is not None else _close_by(top, at) or innermost


def _below_menu(target: QWidget) -> bool:
    """Whether a menu or a list is open that is not where the finger is."""
    popup = QApplication.activePopupWidget()
    return popup is not None and not (shiboken6.isValid(target) and target.window() is popup)


def _close_by(top: QWidget, at: QPoint) -> QAbstractButton | None:
    """The nearest button that is smaller than a gloved finger and within its reach."""
    near: list[tuple[int, int, QAbstractButton]] = []
    for button in top.findChildren(QAbstractButton):
        place = QRect(button.mapTo(top, QPoint(0, 0)), button.size())
        more = max(0, _REACH - place.width()) // 2, max(0, _REACH - place.height()) // 2
        within = place.adjusted(-more[0], -more[1], *more).contains(at)
        if within and button.isVisible() and not button.visibleRegion().isEmpty():
            near.append(((place.center() - at).manhattanLength(), len(near), button))
    return min(near)[2] if near else None


def _around(target: QWidget) -> list[QAbstractScrollArea] | None:
    """Everything around `target` that scrolls, innermost first; None for a scroll bar or a header: Qt drags those."""
    found = []
    above: QWidget | None = target
    while above is not None:
        if isinstance(above, QScrollBar | QHeaderView):
            return None
        if isinstance(above, QAbstractScrollArea):
            found.append(above)
        above = None if above.isWindow() else above.parentWidget()
    return found


def _row(target: QWidget, around: list[QAbstractScrollArea], at: QPointF) -> QPersistentModelIndex:
    """What of a list lies at a place of the screen."""
    inside = around[0] if around and shiboken6.isValid(around[0]) else None
    if isinstance(inside, QAbstractItemView) and inside.viewport() is target:
        return QPersistentModelIndex(inside.indexAt(target.mapFromGlobal(at.toPoint())))
    return QPersistentModelIndex()


def _goes(area: QAbstractScrollArea, way: QPointF) -> bool:
    """Whether there is more to see where a finger that goes `way` leads to."""
    if not shiboken6.isValid(area):
        return False
    bar, along = area.verticalScrollBar(), way.y()
    if abs(way.x()) > abs(way.y()):
        bar, along = area.horizontalScrollBar(), way.x()
        if area.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            return False
    return bar.value() < bar.maximum() if along < 0 else bar.value() > bar.minimum()


def _stopped(area: QAbstractScrollArea) -> bool:
    """Whether this finger stops what was moving; hardly moving is as good as at rest."""
    if not QScroller.hasScroller(area.viewport()):
        return False
    scroller = QScroller.scroller(area.viewport())
    fast = (
        scroller.state() is QScroller.State.Scrolling
        and QPointF(scroller.velocity()).manhattanLength() > _REST
    )
    scroller.stop()
    return fast


def _prepare(area: QAbstractScrollArea) -> None:
    """Pixel by pixel, and no further than there is something: nothing jumps."""
    if isinstance(area, QAbstractItemView):
        for set_mode in (area.setVerticalScrollMode, area.setHorizontalScrollMode):
            set_mode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    scroller, metric = QScroller.scroller(area.viewport()), QScrollerProperties.ScrollMetric
    properties, never = scroller.scrollerProperties(), QScrollerProperties.OvershootPolicy.OvershootAlwaysOff
    for which, value in (
        (metric.VerticalOvershootPolicy, never),
        (metric.HorizontalOvershootPolicy, never),
        (metric.DragStartDistance, 0.0),
    ):
        properties.setScrollMetric(which, value)
    scroller.setScrollerProperties(properties)


def _give_keys(target: QWidget) -> None:
    """As Qt does after a mouse button, which it takes for real only from a mouse."""
    widget: QWidget | None = target
    while widget is not None:
        if widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            widget.setFocus(Qt.FocusReason.MouseFocusReason)
            return
        widget = None if widget.isWindow() else widget.parentWidget()
