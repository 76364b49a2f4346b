"""Palette, icons and small building blocks in one hand: given to every widget, kept by none of them globally."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from workstation.domain.findings import State
from workstation.ui import icons, theme
from workstation.ui.theme import Palette, Size
from workstation.ui.tips import verbatim

ROOMY = 1.3
"""Largest scale of the type at which a window of 1366 pixels holds the usual arrangement."""

LARGE_LINE = 24
"""A line higher than this, in pixels, is one of larger type."""


@dataclass(frozen=True, slots=True)
class Look:
    """One theme, ready to use.

    Attributes:
        scale: of the type, 1.0 is 100 %.
    """

    colours: Palette
    name: str
    scale: float = 1.0

    @classmethod
    def of(cls, name: str, text_scale: int = 100) -> Look:
        """Theme `name` with type of `text_scale` per cent."""
        return cls(theme.palette(name), name, text_scale / 100)

    def px(self, size: float, most: float = math.inf) -> int:
        """A size in pixels that grows with the type, up to `most`."""
        return round(min(size * self.scale, max(size, most)))

    @property
    def roomy(self) -> bool:
        """Whether lines stand side by side that are put one above the other under larger type."""
        return self.scale <= ROOMY

    @property
    def dark(self) -> bool:
        return self.name != theme.ThemeName.LIGHT

    def icon(self, name: str, colour: str | None = None) -> QIcon:
        return icons.icon(name, colour or self.colours.text, self.colours.quiet)

    def pixmap(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        return icons.pixmap(name, colour, size, ratio, knockout=self.colours.raised)

    def state_pixmap(self, state: State, size: int, ratio: float = 1.0) -> QPixmap:
        return self.pixmap(icons.state_icon_name(state), self.colours.of_state(state), size, ratio)


def label(
    text: str = "", *, tone: str = "", size: str = "", bold: bool = False, wrap: bool = False
) -> QLabel:
    """Plain-text label; `tone` and `size` are the stylesheet's words."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if tone:
        made.setProperty("tone", tone)
    if size:
        made.setProperty("type", size)
    if bold:
        made.setProperty("weight", "bold")
    if wrap:
        made.setWordWrap(True)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        made.setMinimumWidth(0)
    return made


def icon_label(pixmap: QPixmap, size: int) -> QLabel:
    made = QLabel()
    made.setPixmap(pixmap)
    made.setFixedSize(size, size)
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Change a label's tone and let the stylesheet see it."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        repolish(widget)


def repolish(widget: QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def rule() -> QFrame:
    made = QFrame()
    made.setObjectName("rule")
    return made


def button(text: str, kind: str = "", icon: QIcon | None = None) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    if kind:
        made.setProperty("kind", kind)
    if icon is not None:
        made.setIcon(icon)
        made.setIconSize(icon_size(20))
    return made


def icon_size(side: int) -> QSize:
    """Size of an icon beside words of the type in use: `side` at 100 %, growing with it."""
    scale = QApplication.font().pixelSize() / Size.BODY
    grown = round(side * min(1.5, max(1.0, scale)))
    return QSize(grown, grown)


class PanelButton(QPushButton):
    """A button that is a small panel of its own: as large as the layout inside it wants."""

    def __init__(self, kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoDefault(False)
        if kind:
            self.setProperty("kind", kind)

    def hasHeightForWidth(self) -> bool:
        layout = self.layout()
        return layout is not None and layout.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout is not None else -1

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalSizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalMinimumSize() if layout is not None else super().minimumSizeHint()


def tool(icon: QIcon, name: str) -> QToolButton:
    """Icon-only button; `name` is its tooltip and what a screen reader says."""
    made = QToolButton()
    made.setProperty("kind", "bare")
    made.setIcon(icon)
    made.setIconSize(icon_size(16))
    made.setToolTip(name)
    made.setAccessibleName(name)
    return made


def scrolling(body: QWidget, name: str = "") -> QScrollArea:
    """`body` in an area that scrolls where it needs more height than there is; `name` for the stylesheet."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    return area


def by_its_lines(body: QWidget) -> QWidget:
    """`body` of wrapped lines in a scroll area: as high as they are at its width.

    Qt's own least height supposes narrower lines, and leaves an empty end below the last one to scroll to.
    """
    body.setMinimumHeight(1)
    return body


def room_on_screen(widget: QWidget) -> QSize:
    """What a window may take of its screen, its title bar left out: 768 lines at 125 % are 614."""
    return widget.screen().availableSize() - QSize(0, 40)


def grow(dialog: QWidget, width: int, height: int) -> None:
    """Resize, but no higher than the screen: the buttons at the bottom stay in sight."""
    dialog.resize(width, min(height, room_on_screen(dialog).height()))


class Dialog(QDialog):
    """A dialog as large as its words want, whatever their size: known once the stylesheet has dressed them.

    Args:
        least: width and height at 100 %.
    """

    def __init__(self, least: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least = least

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setMinimumSize(layout.totalMinimumSize().expandedTo(self._least))
            self.resize(self.sizeHint().expandedTo(self.minimumSize()))


class ElidedLabel(QLabel):
    """One line that shortens itself; the whole text is its tooltip and accessible name.

    Args:
        gives_way: the text is of any length (a file's name, a note), so that shortening it is no mistake of ours.
    """

    def __init__(
        self,
        text: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
        *,
        gives_way: bool = False,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self.gives_way = gives_way
        self._full = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_full_text(text)

    def full_text(self) -> str:
        return self._full

    def set_full_text(self, text: str) -> None:
        self._full = text
        self.setAccessibleName(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        short = self.fontMetrics().elidedText(self._full, self._mode, max(0, self.width()))
        self.setText(short)
        self.setToolTip(verbatim(self._full) if short != self._full else "")


def review_width(look: Look) -> int:
    """Width of the panel at the right."""
    return look.px(Size.REVIEW_WIDTH, 560)


def text_width(text: str, size: int, scale: float) -> int:
    """Width of bold `text` at a type size of the theme."""
    return QFontMetrics(theme.font(size, bold=True, scale=scale)).horizontalAdvance(text)
