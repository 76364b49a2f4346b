"""The window's stylesheet: no Qt default shows, focus is always visible, everything on a 4-px grid."""

from __future__ import annotations

import math
from string import Template

from workstation import assets
from workstation.ui.theme import Palette, Size

_SHEET = Template("""
* { font-size: ${body}px; color: $text; }
QMainWindow, QDialog, QWidget#window { background: $window; }
QWidget#panel, QScrollArea#panel, QScrollArea#panel > QWidget > QWidget { background: $panel; border: none; }
QWidget#stage { background: $surround; }
QWidget#topbar { background: $panel; border-bottom: 1px solid $border; }
QLabel { background: transparent; }
QLabel[tone="quiet"] { color: $quiet; }
QLabel[tone="film"] { color: $film_text; }
QLabel[tone="film-quiet"] { color: #9AA7B2; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="pass"] { color: $passed; }
QLabel[tone="unsure"] { color: $unsure; }
QLabel[tone="accent"] { color: $accent; }
QLabel[tone="danger"] { color: $danger; }
QLabel[type="small"] { font-size: ${small}px; }
QLabel[type="fine"] { font-size: ${fine}px; }
QLabel[type="head"] { font-size: ${head}px; font-weight: 600; }
QLabel[type="verdict"] { font-size: ${verdict}px; font-weight: 600; }
QLabel[weight="bold"] { font-weight: 600; }

QFrame[card="true"] { background: $raised; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[card="true"][state="warn"] { border: 1px solid $warn; border-left: 4px solid $warn; }
QFrame[card="true"][state="unsure"] { border: 1px dashed $unsure; border-left: 4px solid $unsure; }
QFrame[card="true"][state="danger"] { border: 1px solid $danger; border-left: 4px solid $danger; }
QFrame#strip { background: $raised; border: 1px solid $border; border-radius: ${radius}px; }
QLabel#drop { background: rgba(0, 0, 0, 150); border: 3px solid $accent; border-radius: ${radius}px; }
QFrame#rule { background: $border; border: none; max-height: 1px; min-height: 1px; }

QPushButton, QToolButton {
  background: $raised; color: $text; border: 1px solid $border; border-radius: ${radius}px;
  padding: ${pad}px 12px; min-height: ${line}px; outline: none;
}
QToolButton { padding: ${tool}px 12px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:focus, QToolButton:focus, QLineEdit:focus, QComboBox:focus, QTextEdit#report:focus, QAbstractSpinBox:focus,
QListView:focus, QTableView:focus, QDateEdit:focus { border: 1px solid $accent; }
QPushButton:checked, QToolButton:checked, QPushButton#action[chosen="true"] {
  background: $hover; border: 1px solid $accent; }
QPushButton:checked:focus, QToolButton:checked:focus, QPushButton#action[chosen="true"]:focus {
  border: 2px solid $text; }
QToolButton:checked:focus { padding: ${tool_inner}px 11px; }
QPushButton:disabled, QToolButton:disabled { color: $quiet; background: $panel; border: 1px solid $border; }
QPushButton:checked:disabled, QPushButton#action[chosen="true"]:disabled {
  border: 1px solid $quiet; background: $raised; }
QPushButton[kind="choice"]:checked { background: $accent; color: $on_accent; border: 1px solid $accent; }
QPushButton[kind="choice"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $text; color: $window; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $quiet; border: 1px solid $border; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 4px 8px; }
QPushButton#undo { min-height: ${small}px; }
QPushButton[kind="link"]:hover { background: $hover; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }
QPushButton[kind="row"] { background: transparent; border: 1px solid transparent; text-align: left; padding: 0 8px; }
QPushButton#action { padding: 0; }
QPushButton#action QLabel { font-size: ${action}px; }
QPushButton#action QLabel[type="small"] { font-size: ${small}px; }
QPushButton[kind="row"]:hover { background: $hover; }
QPushButton[kind="row"]:focus { border: 1px solid $accent; }
QPushButton[kind="pad"] { min-height: 52px; font-size: ${head}px; }
QPushButton#go { min-height: 40px; font-size: ${head}px; }
QLineEdit#pin { min-height: 40px; font-size: ${head}px; }
QListWidget#names::item { padding: 14px 12px; }
QListWidget#names { font-size: ${head}px; }
QToolButton[kind="bare"] { background: transparent; border: 1px solid transparent; padding: 9px; }
QToolButton[kind="bare"]:hover { background: $hover; }
QToolButton[kind="bare"]:focus { border: 1px solid $accent; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QTextEdit#report, QComboBox, QAbstractSpinBox, QDateEdit {
  background: $field; color: $text; border: 1px solid $border; border-radius: ${radius}px; padding: ${pad}px 8px;
  min-height: ${line}px; selection-background-color: $accent; selection-color: $on_accent;
  placeholder-text-color: $quiet;
}
QAbstractSpinBox, QDateEdit { padding: ${tool}px 8px; }
QLineEdit QToolButton { background: transparent; border: none; padding: 0; min-height: 0; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: $quiet; }
QComboBox::drop-down { border: none; width: 28px; }
QComboBox::down-arrow { image: url("$icons/down-$tone.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $border; outline: none; padding: 4px;
  selection-background-color: $hover; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: 40px; padding: 0 8px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 22px; border: none; background: transparent; }
QAbstractSpinBox::up-arrow { image: url("$icons/up-$tone.svg"); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url("$icons/down-$tone.svg"); width: 12px; height: 12px; }
QCheckBox, QRadioButton { spacing: 8px; background: transparent; min-height: 38px;
  border: 1px solid transparent; border-radius: 4px; padding: 0 4px; }
QRadioButton::indicator { width: ${dot}px; height: ${dot}px;
  border: 1px solid $quiet; border-radius: ${round}px; background: $field; }
QRadioButton::indicator:checked { border: 4px solid $accent;
  width: ${inner}px; height: ${inner}px; background: $field; }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox:disabled { color: $quiet; }
QCheckBox:focus, QRadioButton:focus { border: 1px solid $accent; }
QCheckBox::indicator { width: ${mark}px; height: ${mark}px;
  border: 1px solid $quiet; border-radius: 3px; background: $field; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$icons/check-$tone.svg"); }

QMenuBar { background: transparent; spacing: 0; padding: 0; }
QMenuBar::item { background: transparent; color: $text; padding: ${tool}px 10px; border-radius: ${radius}px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; menu-scrollable: 1; }
QMenu::item { padding: 6px 32px 6px 12px; border-radius: 4px; background: transparent; min-height: 20px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $quiet; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QMenu::icon:checked { background: $hover; border: 1px solid $accent; border-radius: 4px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 6px 8px; }

QListView, QTableView { background: $panel; border: none; outline: none; gridline-color: $border; }
QListView#worklist { border: 1px solid transparent; }
QListView#worklist:focus { border: 1px solid transparent; }
QListWidget { background: $field; border: 1px solid $border; border-radius: ${radius}px; padding: 4px; }
QListWidget::item { padding: ${rows}px 8px; border-radius: 4px; }
QListWidget#choices::item { padding: 6px 8px; }
QListWidget::item:selected { background: $hover; color: $text; }
QListWidget#guideChapters { background: $panel; border: none; border-radius: 0; padding: 12px 8px; }
QTextBrowser#guide { background: $field; color: $text; border: none; selection-background-color: $accent; }
QTableView { background: $panel; alternate-background-color: $raised; border: 1px solid $border; }
QTableView::item { padding: 4px 8px; border: none; }
QTableView::item:selected { background: $hover; color: $text; }
QHeaderView { background: $raised; border: none; }
QHeaderView::section {
  background: $raised; color: $quiet; border: none; border-bottom: 1px solid $border; padding: 6px 8px;
}
QTableCornerButton::section { background: $raised; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 1px; min-height: 32px; min-width: 32px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTabWidget::pane { border: 1px solid $border; border-radius: ${radius}px; top: -1px; background: $panel; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $quiet; padding: 8px 16px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QSplitter::handle { background: $border; }
QMessageBox { background: $panel; }
""")


def stylesheet(colours: Palette, dark: bool, scale: float = 1.0) -> str:
    """Stylesheet of the whole program.

    Args:
        colours: palette in use.
        dark: which tone of the small arrows fits the surfaces.
        scale: type scale, 1.0 is 100 %.
    """
    values: dict[str, object] = {name: getattr(colours, name) for name in colours.__slots__}
    dot = 2 * round(7 * min(scale, 1.5))
    # As high as a gloved finger is wide; the air goes where the type has that height by itself.
    pad = max(6, math.ceil((Size.FINGER - 2 - round(20 * scale)) / 2))
    tool = max(6, pad - 1)
    values |= {
        "small": round(Size.SMALL * scale),
        "body": round(Size.BODY * scale),
        "head": round(Size.HEAD * scale),
        "verdict": round(Size.VERDICT * scale),
        # Always there, one line beside all the others: it grows least.
        "fine": round(Size.SMALL * min(scale, 1.3)),
        # The three actions stand side by side: their words grow less.
        "action": round(Size.BODY * min(scale, 1.5)),
        "line": round(20 * scale),
        "pad": pad,
        "tool": tool,
        "tool_inner": tool - 1,
        "rows": max(6, math.ceil((Size.FINGER - round(18 * scale)) / 2)),
        "radius": Size.RADIUS,
        # Boxes and dots to tick.
        "mark": round(16 * min(scale, 1.5)),
        "dot": dot,
        "inner": dot - 6,
        "round": dot // 2 + 1,
        # Wells are darkest in the dark, white in the light.
        "field": colours.window if dark else colours.raised,
        "icons": (assets.resources_dir() / "icons").as_posix(),
        "tone": "dark" if dark else "light",
    }
    return _SHEET.substitute(values)
