"""The viewer's actions, to be placed in toolbar and menus, with their keys."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from workstation.ui import icons
from workstation.ui.theme import DARK, Palette

_KEYS: dict[str, tuple[str, ...]] = {
    "fit": ("F", "0"),
    "one_to_one": ("1",),
    "zoom_in": ("+", "="),
    "zoom_out": ("-",),
    "window_level": ("W",),
    "next_window": ("V",),
    "invert": ("I",),
    "rotate": ("Ctrl+R",),
    "flip": ("Ctrl+M",),
    "upright": ("U",),
    "send_turned": ("T",),
    "reset": ("R",),
    "overlays": ("O",),
    "why": ("Y",),
    "shutter": ("B",),
    "compare": ("C",),
    "ruler": ("L",),
    "angle": ("A",),
    "region": ("E",),
    "remove_measure": ("Del", "Backspace"),
    "magnifier": ("M",),
}
MEASURES = ("ruler", "angle", "region")
_CHECKABLE = (
    "window_level",
    "invert",
    "send_turned",
    "overlays",
    "why",
    "shutter",
    "compare",
    "magnifier",
    *MEASURES,
)
# What needs more than a film: their owners know when.
_ON_CONDITION = ("compare", "upright", "send_turned", "shutter")


class FilmActions(QObject):
    """One QAction each; the owner connects them. Keys are single strokes and give way to text fields."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.fit = QAction(self)
        self.one_to_one = QAction(self)
        self.zoom_in = QAction(self)
        self.zoom_out = QAction(self)
        self.window_level = QAction(self)
        self.next_window = QAction(self)
        self.invert = QAction(self)
        self.rotate = QAction(self)
        self.flip = QAction(self)
        self.upright = QAction(self, enabled=False)
        self.send_turned = QAction(self, enabled=False)
        self.reset = QAction(self)
        self.overlays = QAction(self)
        self.why = QAction(self)
        self.shutter = QAction(self, enabled=False)
        self.compare = QAction(self, enabled=False)
        self.ruler = QAction(self)
        self.angle = QAction(self)
        self.region = QAction(self)
        self.remove_measure = QAction(self)
        self.magnifier = QAction(self)
        for name, action in self.by_name().items():
            action.setObjectName(f"film.{name}")
            action.setShortcuts([QKeySequence(key) for key in _KEYS[name]])
            action.setCheckable(name in _CHECKABLE)
            owner.addAction(action)
        self.window_level.setChecked(True)
        self.overlays.setChecked(True)
        self.set_colours(DARK)
        self.retranslate()

    def by_name(self) -> dict[str, QAction]:
        """All actions, in the order of the toolbar."""
        return {name: getattr(self, name) for name in _KEYS}

    def set_enabled(self, enabled: bool) -> None:
        """Film actions need a film; the two modes can always be set."""
        for name, action in self.by_name().items():
            if name not in _ON_CONDITION:
                action.setEnabled(enabled or name in ("window_level", "overlays"))

    def set_colours(self, colours: Palette) -> None:
        """Tint the icons for a theme."""
        for name, action in self.by_name().items():
            action.setIcon(icons.icon(name.replace("_", "-"), colours.text, colours.quiet))

    def retranslate(self) -> None:
        """Take the words of the language that is installed now."""
        translate = QCoreApplication.translate
        texts = {
            "fit": (
                translate("FilmActions", "Fit"),
                translate("FilmActions", "Whole film; again: the collimated field (double click)"),
            ),
            "one_to_one": (
                translate("FilmActions", "1:1"),
                translate("FilmActions", "One film pixel on one screen pixel"),
            ),
            "zoom_in": (translate("FilmActions", "Zoom in"), translate("FilmActions", "Zoom in (wheel)")),
            "zoom_out": (translate("FilmActions", "Zoom out"), translate("FilmActions", "Zoom out (wheel)")),
            "window_level": (
                translate("FilmActions", "Window"),
                translate(
                    "FilmActions",
                    "Left button sets brightness (up, down) and contrast (left, right); otherwise it moves the film",
                ),
            ),
            "next_window": (
                translate("FilmActions", "Next window"),
                translate("FilmActions", "The next of the windows that the file offers, then automatic ones"),
            ),
            "invert": (
                translate("FilmActions", "Invert"),
                translate("FilmActions", "Exchange black and white"),
            ),
            "rotate": (
                translate("FilmActions", "Rotate"),
                translate("FilmActions", "Turn 90° clockwise, on screen"),
            ),
            "flip": (
                translate("FilmActions", "Mirror"),
                translate("FilmActions", "Exchange left and right, on screen"),
            ),
            "upright": (
                translate("FilmActions", "Upright"),
                translate("FilmActions", "Turn the film as the program suggests"),
            ),
            "send_turned": (
                translate("FilmActions", "Turn goes along"),
                translate(
                    "FilmActions",
                    "Whoever reads the film sees it turned as here: an instruction on how to show it (GSPS) "
                    "goes along, the film itself stays as it is",
                ),
            ),
            "reset": (
                translate("FilmActions", "Reset"),
                translate("FilmActions", "As the file wants it"),
            ),
            "overlays": (
                translate("FilmActions", "Overlays"),
                translate("FilmActions", "Show or hide everything drawn on the film"),
            ),
            "why": (
                translate("FilmActions", "Why"),
                translate(
                    "FilmActions",
                    "Show where the program sees lung and ribs, and how sure it is of each edge",
                ),
            ),
            "shutter": (
                translate("FilmActions", "Black border"),
                translate("FilmActions", "Black out what lies outside the collimated field, on this screen"),
            ),
            "compare": (
                translate("FilmActions", "Compare"),
                translate("FilmActions", "The patient's previous film of this projection beside this one"),
            ),
            "ruler": (translate("FilmActions", "Ruler"), translate("FilmActions", "Measure a length")),
            "angle": (
                translate("FilmActions", "Angle"),
                translate("FilmActions", "Measure an angle: one leg, then the end of the other"),
            ),
            "region": (
                translate("FilmActions", "Region"),
                translate("FilmActions", "Mean, SD and area within an ellipse"),
            ),
            "remove_measure": (
                translate("FilmActions", "Remove measurement"),
                translate("FilmActions", "Remove the measurement touched last"),
            ),
            "magnifier": (
                translate("FilmActions", "Magnifier"),
                translate("FilmActions", "A magnifying glass at the pointer"),
            ),
        }
        for name, action in self.by_name().items():
            text, tip = texts[name]
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setText(text)
            action.setIconText(text)
            action.setToolTip(f"{tip}  [{key}]")
            action.setStatusTip(tip)
