"""The surface that shows the film: where it lies, and everything painted on it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workstation.domain.turn import Turn
from workstation.imaging.lut import DisplayLut
from workstation.imaging.pyramid import Pyramid
from workstation.ui.theme import DARK, Size, font
from workstation.ui.viewer.cross import Cross
from workstation.ui.viewer.film_layer import FilmLayer
from workstation.ui.viewer.lens import Lens
from workstation.ui.viewer.measures import Measures
from workstation.ui.viewer.overlays import Overlays, OverlayState
from workstation.ui.viewer.shutter import paint_shutter
from workstation.ui.viewer.text import TextPainter
from workstation.ui.viewer.viewport import Viewport
from workstation.ui.viewer.why import paint_why

# Room above and below the fitted film where the names of cut edges stand, logical pixels.
FIT_MARGIN = 30.0
# How long a view must stand still before it is drawn exactly.
_SETTLE_MS = 90


class FilmSurface(QWidget):
    """Paints one film and its overlays on black, and keeps where it lies. Knows no file, no service and no mouse.

    Signals:
        view_changed(Viewport): zoomed, moved, turned or resized, by a person or by the window.
    """

    view_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 200)
        self.message = ("", "")
        self._layer = FilmLayer()
        self._overlays = Overlays()
        self.measures = Measures()
        self._lens = Lens()
        self._cross = Cross()
        self._overlays_shown = True
        self._why = False
        self._shutter = False
        self._state: OverlayState | None = None
        self._lut: DisplayLut | None = None
        self._viewport: Viewport | None = None
        self._fit = True
        self._draft = False
        # The focus ring is for those who come by keyboard; a click needs no frame around the film.
        self._ring = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.settle)

    # What is shown

    @property
    def viewport(self) -> Viewport | None:
        """Where the film lies, device pixels; None without a film."""
        return self._viewport

    @property
    def fitted(self) -> bool:
        """True while the film follows the size of the canvas."""
        return self._fit

    @property
    def overlays_shown(self) -> bool:
        return self._overlays_shown

    def set_film(self, pyramid: Pyramid | None, lut: DisplayLut | None, aspect: float = 1.0) -> None:
        """Show another film at fit, or nothing; `aspect` as in `Viewport`."""
        self._layer.set_pyramid(pyramid)
        self._lens.set_pyramid(pyramid)
        self._lut = lut
        self._state = None
        self._viewport = None
        self._timer.stop()
        self._draft = False
        self._let_go()
        if pyramid is not None:
            ratio = self.devicePixelRatioF()
            self._viewport = Viewport(
                pyramid.width,
                pyramid.height,
                self.width() * ratio,
                self.height() * ratio,
                margin=self._margin(),
                aspect=aspect,
            )
            self._fit = True
            self._show(self._viewport.fitted())
        self.update()

    def _let_go(self) -> None:
        """Another film: whatever a hand was doing with the last one is over."""

    def set_lut(self, lut: DisplayLut) -> None:
        self._lut = lut
        self.update()

    @property
    def overlay_state(self) -> OverlayState | None:
        """What the overlays tell."""
        return self._state

    def set_overlay_state(self, state: OverlayState | None) -> None:
        self._state = state
        self.update()

    def set_overlays_shown(self, shown: bool) -> None:
        self._overlays_shown = shown
        self.update()

    def set_why_shown(self, shown: bool) -> None:
        """Show where the cascade sees lung, and its probability for each edge."""
        self._why = shown
        self.update()

    def set_shutter_shown(self, shown: bool) -> None:
        """Black out what lies outside the collimated field."""
        self._shutter = shown
        self.update()

    def set_type_scale(self, scale: float) -> None:
        """Scale of the overlays' type, 1.0 is 100 %."""
        self._overlays.wanted_scale = scale
        self._follow_size()

    def set_message(self, title: str, text: str = "") -> None:
        """What stands on the empty canvas."""
        self.message = (title, text)
        self.update()

    # Where it lies

    def fit(self) -> None:
        """The whole film; where it is shown so already, the collimated field that the cascade has found."""
        if self._viewport is None:
            return
        verdict = self._state.verdict if self._state is not None else None
        if self._fit and verdict is not None and not verdict.collimation.whole:
            self._fit = False
            self._show(self._viewport.fitted_to(verdict.collimation))
        else:
            self._fit = True
            self._show(self._viewport.fitted())

    def one_to_one(self) -> None:
        """One film pixel on one pixel of the screen, about the cursor or the middle."""
        if self._viewport is not None:
            at = self._cursor()
            self._fit = False
            self._show(self._viewport.at_scale(1.0, at.x(), at.y()))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about `at` (logical pixels), the cursor, or the middle."""
        if self._viewport is None:
            return
        ratio = self.devicePixelRatioF()
        where = at * ratio if at is not None else self._cursor()
        self._fit = False
        self._show(self._viewport.zoomed(factor, where.x(), where.y()), moving=True)

    def pan(self, dx: float, dy: float) -> None:
        """Move the film by logical pixels."""
        if self._viewport is None:
            return
        ratio = self.devicePixelRatioF()
        self._fit = False
        self._show(self._viewport.panned(dx * ratio, dy * ratio), moving=True)

    def follow(self, other: Viewport) -> None:
        """Show the same part as another canvas; says nothing of it, so that two may follow each other."""
        if self._viewport is not None:
            self._fit = False
            self._viewport = self._viewport.like(other)
            self._draft = True
            self._timer.start()
            self.update()

    def set_turn(self, turn: Turn) -> None:
        """Show the film turned or mirrored, at fit."""
        if self._viewport is not None:
            self._fit = True
            self._show(replace(self._viewport, turn=turn).fitted())

    def _margin(self) -> float:
        """Room above and below the fitted film, device pixels: the names of cut edges grow with the type."""
        return FIT_MARGIN * max(1.0, self._overlays.type_scale) * self.devicePixelRatioF()

    def _cursor(self) -> QPointF:
        ratio = self.devicePixelRatioF()
        at = self.mapFromGlobal(self.cursor().pos())
        if not self.rect().contains(at):
            at = self.rect().center()
        return QPointF(at) * ratio

    def _show(self, viewport: Viewport, *, moving: bool = False) -> None:
        self._viewport = viewport
        if moving:
            self._draft = True
            self._timer.start()
        else:
            self._draft = False
            self._timer.stop()
        self.update()
        self.view_changed.emit(viewport)

    def settle(self) -> None:
        """Draw the view exactly from the next frame on."""
        self._draft = False
        self.update()

    # Events

    def sizeHint(self) -> QSize:
        return QSize(900, 900)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow_size()

    def _follow_size(self) -> None:
        self._overlays.fit_type(self.width())
        if self._viewport is None:
            return
        ratio = self.devicePixelRatioF()
        made = replace(self._viewport, margin=self._margin()).resized(
            self.width() * ratio, self.height() * ratio
        )
        self._show(made.fitted() if self._fit else made, moving=not self._fit)

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._overlays.text.ratio != ratio:
            self._overlays.text = TextPainter(ratio)
            self._follow_size()
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(DARK.surround))
        if self._viewport is None or self._lut is None:
            self._paint_message(painter)
        else:
            painter.save()
            painter.scale(1.0 / ratio, 1.0 / ratio)
            self._layer.paint(painter, self._viewport, self._lut, draft=self._draft)
            painter.restore()
            verdict = self._state.verdict if self._state is not None else None
            shutter = verdict.collimation if self._shutter and verdict is not None else None
            if shutter is not None:
                paint_shutter(painter, shutter, self._viewport, ratio, DARK)
            if self._why and self._state is not None and verdict is not None:
                type_ = font(Size.BODY, bold=True, scale=self._overlays.type_scale)
                text, words = self._overlays.text, self._state.words
                layout = self._overlays.layout if self._overlays_shown else self._overlays.layout_hidden
                corners = [placed.rect for placed in layout(self._state, self._viewport, ratio)]
                paint_why(painter, text, type_, verdict, words, self._viewport, ratio, DARK, corners)
            if self._overlays_shown and self._state is not None:
                self._overlays.paint(painter, self._state, self._viewport, ratio)
            elif self._state is not None:
                self._overlays.paint_hidden(painter, self._state, self._viewport, ratio)
            if self._overlays_shown or self.measures.tool is not None:
                type_ = font(Size.BODY, bold=True, scale=self._overlays.type_scale)
                self.measures.paint(painter, self._viewport, ratio, self._overlays.text, type_)
            self._lens.paint(painter, self._viewport, self._lut, ratio, shutter)
            self._cross.paint(painter)
        if self._ring:
            painter.setPen(QColor(DARK.accent))
            painter.drawRect(QRectF(self.rect()).adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_message(self, painter: QPainter) -> None:
        title, text = self.message
        middle = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        scale = self._overlays.type_scale
        painter.setPen(QColor(DARK.film_text))
        painter.setFont(font(Size.HEAD, bold=True, scale=scale))
        half = middle.height() / 2
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(
            middle.adjusted(0, 0, 0, -half - 6), int(flags | Qt.AlignmentFlag.AlignBottom), title
        )
        painter.setPen(QColor(DARK.quiet))
        painter.setFont(font(Size.BODY, scale=scale))
        painter.drawText(middle.adjusted(0, half + 6, 0, 0), int(flags | Qt.AlignmentFlag.AlignTop), text)
