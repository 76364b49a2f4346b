"""Colours, sizes and the word and colour of each state: one look for the whole window. Glyphs are `icons`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette

from workstation.domain.findings import State


class ThemeName(StrEnum):
    """Themes a site can choose."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colour roles as ``#RRGGBB``. AI states never use `danger`."""

    window: str
    panel: str
    raised: str
    hover: str
    border: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    passed: str
    warn: str
    unsure: str
    not_assessed: str
    danger: str
    surround: str = "#000000"
    film_text: str = "#E6EBEF"

    def of_state(self, state: State) -> str:
        """Colour of a criterion's state."""
        return {
            State.PASS: self.passed,
            State.WARN: self.warn,
            State.UNSURE: self.unsure,
            State.NOT_ASSESSED: self.not_assessed,
        }[state]


DARK: Final = Palette(
    window="#101417",
    panel="#171C21",
    raised="#1F262C",
    hover="#28313A",
    border="#2E3841",
    text="#E6EBEF",
    quiet="#9AA7B2",
    accent="#4DA3FF",
    on_accent="#06121F",
    passed="#5FBF77",
    warn="#F2B134",
    unsure="#5CC8D7",
    not_assessed="#9AA7B2",
    # Lighter than the design's #F0524B, which misses 4.5:1 on raised surfaces and on the chosen row of the list.
    danger="#F96A5C",
)
# On the light theme the state colours are darkened until they keep 4.5:1 on every surface;
# the film itself keeps the dark roles, because its surround stays black.
LIGHT: Final = Palette(
    window="#E4E8EB",
    panel="#F4F6F8",
    raised="#FFFFFF",
    hover="#DCE4EC",
    border="#BCC6CF",
    text="#12181D",
    quiet="#4A5661",
    accent="#0B5CAD",
    on_accent="#FFFFFF",
    passed="#1B6B35",
    warn="#7A4E00",
    unsure="#08567A",
    not_assessed="#4A5661",
    # Bluer than a pure red, so that who sees no red or green still tells it from amber and green.
    danger="#B01030",
)


def palette(name: str) -> Palette:
    """Palette of a theme name; anything unknown is the dark one, made for a dim room."""
    return LIGHT if name == ThemeName.LIGHT else DARK


class Size:
    """Sizes of type, corners and columns in pixels at 100 %."""

    SMALL: Final = 12
    BODY: Final = 14
    HEAD: Final = 18
    VERDICT: Final = 28
    RADIUS: Final = 6
    FINGER: Final = 40  # height of what a glove has to hit: 10 mm
    WORKLIST_WIDTH: Final = 264
    REVIEW_WIDTH: Final = 384


def state_word(state: State) -> str:
    """Word of a state in the window's language."""
    words = {
        State.PASS: QCoreApplication.translate("State", "in order"),
        State.WARN: QCoreApplication.translate("State", "look here"),
        State.UNSURE: QCoreApplication.translate("State", "not sure: look yourself"),
        State.NOT_ASSESSED: QCoreApplication.translate("State", "not assessed"),
    }
    return words[state]


def font(size: int = Size.BODY, *, bold: bool = False, scale: float = 1.0) -> QFont:
    """The system's family with tabular figures, `size` in pixels at 100 %."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    made.setPixelSize(max(1, round(size * scale)))
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def qt_palette(colours: Palette) -> QPalette:
    """QPalette for what a stylesheet does not reach (placeholder text, links, native item views)."""
    made = QPalette()
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, colours.window),
        (role.Base, colours.raised),
        (role.AlternateBase, colours.panel),
        (role.Button, colours.raised),
        (role.ToolTipBase, colours.raised),
        (role.WindowText, colours.text),
        (role.Text, colours.text),
        (role.ButtonText, colours.text),
        (role.ToolTipText, colours.text),
        (role.BrightText, colours.text),
        (role.PlaceholderText, colours.quiet),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.Accent, colours.accent),
    ):
        made.setColor(where, QColor(colour))
    for disabled in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, disabled, QColor(colours.quiet))
    return made
