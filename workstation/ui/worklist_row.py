"""One row of the list as lines of words, each with its place and type; nothing is painted here."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics

from workstation.domain.exposure import Exposure, ExposureState, is_decided
from workstation.domain.findings import State
from workstation.domain.study import projection_of
from workstation.ui import theme, words
from workstation.ui.look import Look
from workstation.ui.theme import Size
from workstation.ui.worklist_model import WorklistModel

PICTURE = 60
_PLAIN = 13
_LEAST = 0.7  # of its size a text gives up before it is cut; never below the smallest type at 100 %
_GAP = 6
_RIGHT = Qt.AlignmentFlag.AlignRight
_LEFT = Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True, slots=True)
class Line:
    """Words in their place: `shown` is `text`, cut where even its smallest type is too wide."""

    rect: QRect
    text: str
    shown: str
    colour: str
    font: QFont
    align: Qt.AlignmentFlag = _LEFT

    @property
    def used(self) -> int:
        """Its width."""
        return QFontMetrics(self.font).horizontalAdvance(self.shown)


@dataclass(frozen=True, slots=True)
class Row:
    """Everything of a row but its picture."""

    lines: tuple[Line, ...]
    state: State | None
    icon: QRectF
    danger: bool = False


class RowArranger:
    """Where the words of a film's row stand. What matters less gives way whole instead of being cut."""

    def __init__(self, look: Look, model: WorklistModel) -> None:
        self._look = look
        self._model = model

    @property
    def height(self) -> int:
        return 16 + max(PICTURE, 3 * self._look.px(20))

    def picture(self, rect: QRect) -> QRect:
        return QRect(rect.left() + 12, rect.top() + 8, PICTURE, PICTURE)

    def row(self, rect: QRect, exposure: Exposure) -> Row:
        """Arrange one film in `rect`."""
        colours = self._look.colours
        picture = self.picture(rect)
        left = picture.right() + 12
        first = QRect(left, rect.top() + 8, rect.right() - left - 8, self._look.px(20))
        decided = is_decided(exposure.state)
        name = exposure.header.patient.name or words.translate("Worklist", "No name")
        who = self._line(first, name, colours.quiet if decided else colours.text, bold=not decided)
        second = self._second(first.translated(0, first.height()), exposure)
        third = first.translated(0, 2 * first.height())
        if not self._look.roomy:  # the picture is as high as two lines, the third has the whole width
            third.setLeft(picture.left())
        lines, state, icon = self._third(third, exposure)
        return Row((who, *second, *lines), state, icon, self._model.is_wrong_patient(exposure))

    def _second(self, rect: QRect, exposure: Exposure) -> list[Line]:
        """What became of the film, else when it came; left of it the projection, shorter where that is narrow."""
        colours = self._look.colours
        tone = colours.danger if words.needs_hand(exposure) else colours.quiet
        if exposure.state in (ExposureState.SENT, ExposureState.COMMITTED):
            tone = colours.passed
        said = self._model.fate(exposure) or words.moment(exposure.received_at)
        right = self._line(rect, said, tone, align=_RIGHT)
        room = rect.adjusted(0, 0, -right.used - _GAP, 0)
        projection = projection_of(exposure)
        for about in (words.projection_short(projection), words.projection_shortest(projection)):
            line = self._line(room, about, colours.quiet, shrinks=False)
            if line.shown == about:
                return [right, line]
        return [right]

    def _third(self, rect: QRect, exposure: Exposure) -> tuple[list[Line], State | None, QRectF]:
        """The finding; beside it the time, where what became of the film stands above and there is room."""
        colours = self._look.colours
        found, word = self._model.finding(exposure)
        tone = colours.quiet if found in (None, State.PASS, State.NOT_ASSESSED) else colours.of_state(found)
        if self._model.is_wrong_patient(exposure):
            tone = colours.danger
        side = self._look.px(16) if found is not None else 0
        icon = QRectF(rect.left(), rect.top() + (rect.height() - side) / 2, side, side)
        rect = rect.adjusted(side + 6 if side else 0, 0, 0, 0)
        lines = [self._line(rect, word, tone)]
        if self._model.fate(exposure):
            room = rect.adjusted(lines[0].used + _GAP, 0, 0, 0)
            came = self._line(
                room, words.moment(exposure.received_at), colours.quiet, align=_RIGHT, shrinks=False
            )
            lines += [came] if came.shown == came.text else []
        return lines, found, icon

    def _line(
        self,
        rect: QRect,
        text: str,
        colour: str,
        *,
        bold: bool = False,
        align: Qt.AlignmentFlag = _LEFT,
        shrinks: bool = True,
    ) -> Line:
        whole = (Size.BODY if bold else _PLAIN) * self._look.scale
        least = max(float(Size.SMALL), whole * _LEAST) if shrinks else whole
        size = whole
        font = theme.font(1, bold=bold, scale=size)
        while size > least and QFontMetrics(font).horizontalAdvance(text) > rect.width():
            size = max(least, size - 1)
            font = theme.font(1, bold=bold, scale=size)
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        return Line(rect, text, shown, colour, font, align)
