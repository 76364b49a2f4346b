"""The row of tools under the film."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from workstation.imaging.lut import VoiChoice, VoiKind
from workstation.ui import i18n, icons
from workstation.ui.look import icon_size
from workstation.ui.theme import DARK, Palette
from workstation.ui.viewer.actions import MEASURES, FilmActions

_BUTTONS = (
    *("fit", "one_to_one", "window_level", "invert", "rotate", "flip", "send_turned"),
    *("reset", "overlays", "compare"),
)
_LEAST_USED = ("flip", "rotate", "one_to_one", "compare", "reset", "invert", "overlays")
# Shown only where they can be used.
_AT_TIMES = ("send_turned",)


class FilmToolbar(QWidget):
    """Buttons of the viewer's actions and the menu of windows. Words give way to bare icons where it is narrow.

    Signals:
        voi_chosen(VoiChoice): picked from the menu.
    """

    voi_chosen = Signal(object)

    def __init__(self, actions: FilmActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("film-toolbar")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        row.addStretch(1)
        self._buttons: list[QToolButton] = []
        named = actions.by_name()
        for name in _BUTTONS:
            button = QToolButton(self)
            button.setDefaultAction(named[name])
            self._dress(button)
            row.addWidget(button)
            if name in _AT_TIMES:
                named[name].enabledChanged.connect(self._arrange)
        self._measure = QToolButton(self)
        self._measure.setObjectName("film-measure")
        self._measure.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._dress(self._measure)
        self._measure.setCheckable(True)
        self._in_hand = [named[name] for name in (*MEASURES, "magnifier")]
        measures = QMenu(self._measure)
        measures.aboutToHide.connect(self._show_tool)
        for action in self._in_hand:
            action.toggled.connect(self._show_tool)
        for name in (*MEASURES, "remove_measure", "magnifier"):
            if name == "magnifier":
                measures.addSeparator()
            measures.addAction(named[name])
        self._measure.setMenu(measures)
        row.addWidget(self._measure)
        self._voi = QToolButton(self)
        self._voi.setObjectName("film-windows")
        self._voi.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self._voi)
        self._voi.setMenu(self.menu)
        self._voi.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addWidget(self._voi)
        row.addStretch(1)
        self._group: QActionGroup | None = None
        self._choices: tuple[VoiChoice, ...] = ()
        self._current: VoiChoice | None = None
        self._entries: list[QAction] = []
        self.set_colours(DARK)
        self.retranslate()

    def set_colours(self, colours: Palette) -> None:
        """Tint the icon of the menu of measures for a theme."""
        self._measures_icon = icons.icon("measure", colours.text, colours.quiet)
        self._show_tool()

    def _show_tool(self) -> None:
        """The menu's button is lit, with the tool's own icon, while a tool of it is in the hand."""
        chosen = next((action for action in self._in_hand if action.isChecked()), None)
        self._measure.setChecked(chosen is not None)
        self._measure.setIcon(chosen.icon() if chosen is not None else self._measures_icon)

    def _dress(self, button: QToolButton) -> None:
        button.setIconSize(icon_size(20))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons.append(button)

    def set_choices(self, choices: Sequence[VoiChoice], current: VoiChoice | None) -> None:
        """What the menu of windows offers."""
        self._choices = tuple(choices)
        self._current = current
        self._fill()

    def set_current(self, voi: VoiChoice) -> None:
        """Tick the window in use; one set by hand ticks none."""
        self._current = voi
        for choice, entry in zip(self._choices, self._entries, strict=True):
            entry.setChecked(choice == voi)

    def retranslate(self) -> None:
        """Take the words of the language that is installed now."""
        self._measure.setText(QCoreApplication.translate("FilmToolbar", "Measure"))
        self._measure.setToolTip(
            QCoreApplication.translate("FilmToolbar", "Ruler, angle, region and magnifier")
        )
        self._voi.setText(QCoreApplication.translate("FilmToolbar", "Presets"))
        self._voi.setToolTip(
            QCoreApplication.translate("FilmToolbar", "Windows the file offers, and automatic ones")
        )
        self._fill()
        self._arrange()

    def _fill(self) -> None:
        self.menu.clear()
        # Exclusive but optional: a window set by hand is none of these.
        if self._group is not None:
            self._group.deleteLater()
        self._group = QActionGroup(self)
        self._group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self._entries = []
        for choice in self._choices:
            if choice.kind is VoiKind.AUTO_MIN_MAX and self._entries:
                self.menu.addSeparator()
            entry = self.menu.addAction(choice_text(choice))
            entry.setCheckable(True)
            entry.setChecked(choice == self._current)
            entry.triggered.connect(lambda _checked=False, c=choice: self.voi_chosen.emit(c))
            self._group.addAction(entry)
            self._entries.append(entry)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _arrange(self) -> None:
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for button in self._buttons:
            # The icon of 1:1 is its word.
            word_is_icon = self._name(button) == "one_to_one"
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly if word_is_icon else style)
            button.setVisible(self._name(button) not in _AT_TIMES or button.defaultAction().isEnabled())
        if self._needed() > self.width():
            for button in self._buttons:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        # Narrower still: what has a key and is used least goes first.
        for name in _LEAST_USED:
            if self._needed() <= self.width():
                break
            next(button for button in self._buttons if self._name(button) == name).setVisible(False)

    def _name(self, button: QToolButton) -> str:
        if button is self._measure:
            return ""
        return button.defaultAction().objectName().removeprefix("film.")

    def _needed(self) -> int:
        row = self.layout()
        return row.sizeHint().width() if row is not None else 0


def choice_text(choice: VoiChoice) -> str:
    """A window or LUT in the menu: the file's own word for it, else its figures."""
    translate = QCoreApplication.translate
    if choice.kind is VoiKind.AUTO_MIN_MAX:
        return translate("FilmToolbar", "Automatic, whole range")
    if choice.kind is VoiKind.AUTO_PERCENTILE:
        return translate("FilmToolbar", "Automatic, without extremes")
    if choice.kind is VoiKind.VOI_LUT:
        return choice.explanation or translate("FilmToolbar", "LUT {0}").format(choice.index + 1)
    figures = translate("FilmToolbar", "W {0}  C {1}").format(
        i18n.number(choice.width, 0 if choice.width >= 20 else 2),
        i18n.number(choice.center, 0 if choice.width >= 20 else 2),
    )
    return f"{choice.explanation}  ({figures})" if choice.explanation else figures
