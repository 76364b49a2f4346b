"""Cards, scrolled columns and the stylesheet of the statistics window."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workstation import assets
from workstation.ui.look import Look, label, scrolling
from workstation.ui.theme import Size


def sheet(look: Look) -> str:
    """What this window has beyond the program's stylesheet: figures, cells and segments that are buttons."""
    c, tone = look.colours, "dark" if look.dark else "light"
    icons = (assets.resources_dir() / "icons").as_posix()
    return f"""
QScrollArea#raised, QWidget#raised {{ background: {c.raised}; border: none; }}
QDateEdit {{ padding: 0; min-height: 32px; }}
QDateEdit::up-button, QDateEdit::down-button {{ width: 22px; border: none; background: transparent; }}
QDateEdit::up-arrow {{ image: url("{icons}/up-{tone}.svg"); width: 12px; height: 12px; }}
QDateEdit::down-arrow {{ image: url("{icons}/down-{tone}.svg"); width: 12px; height: 12px; }}
QPushButton[kind="figure"] {{ text-align: left; padding: 0; }}
QPushButton[kind="figure"]:disabled {{ background: {c.raised}; }}
QPushButton[kind="cell"], QPushButton[kind="cell-apart"] {{
  background: transparent; border: 1px solid transparent; text-align: right; padding: 2px 6px;
  min-height: {look.px(18)}px; min-width: {look.px(44)}px;
}}
QPushButton[kind="cell-apart"] {{ color: {c.warn}; font-weight: 600; }}
QPushButton[kind="cell"]:hover, QPushButton[kind="cell-apart"]:hover {{ background: {c.hover}; }}
QPushButton[kind="cell"]:focus, QPushButton[kind="cell-apart"]:focus {{ border: 1px solid {c.accent}; }}
QTableView, QHeaderView::section {{ font-size: {look.px(Size.SMALL)}px; }}
QPushButton[kind="segment"] {{ padding: 3px 10px; }}
"""


def card(title: str, content: QWidget, aside: QWidget | None = None, head: QWidget | None = None) -> QFrame:
    """A framed part with its title; `aside` stands right of the title, `head` below it."""
    made = QFrame()
    made.setProperty("card", True)
    column = QVBoxLayout(made)
    column.setContentsMargins(12, 8, 12, 8)
    column.setSpacing(8)
    if title:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(label(title, bold=True))
        if aside is not None:
            row.addWidget(aside, 1)
        column.addLayout(row)
    if head is not None:
        column.addWidget(head)
    column.addWidget(content, 1)
    return made


def beside(*parts: QWidget) -> QWidget:
    """Parts in one line, the last one as wide as there is room."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    for part in parts[:-1]:
        row.addWidget(part)
    row.addWidget(parts[-1], 1)
    return made


def scrolled(*parts: QWidget) -> QScrollArea:
    """Parts below each other that scroll where they need more room."""
    inner = QWidget()
    inner.setObjectName("raised")
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    return scrolling(inner, "raised")


def arranged(
    look: Look,
    over_time: QWidget,
    why: QWidget,
    where: QWidget,
    against: QWidget,
    films: QWidget,
    *,
    narrow: bool,
) -> QGridLayout:
    """The cards of the window: in three columns, or below each other where it is narrow for its type."""
    grid = QGridLayout()
    grid.setSpacing(8)
    if narrow:
        for row, (part, least) in enumerate(
            ((over_time, 280), (why, 200), (where, 180), (against, 0), (films, 240))
        ):
            part.setMinimumHeight(look.px(least, 420))
            grid.addWidget(part, row, 0)
        if look.roomy:  # charts want more than is of use, and the next ones would be out of sight
            over_time.setMaximumHeight(look.px(320))
        return grid
    right = QVBoxLayout()
    right.setSpacing(8)
    right.addWidget(against)
    right.addWidget(films, 1)
    grid.addWidget(over_time, 0, 0, 1, 2)
    grid.addWidget(why, 1, 0)
    grid.addWidget(where, 1, 1)
    grid.addLayout(right, 0, 2, 2, 1)
    for column, stretch in enumerate((33, 33, 30)):
        grid.setColumnStretch(column, stretch)
        grid.setColumnMinimumWidth(column, 280)
    grid.setRowStretch(0, 12)
    grid.setRowStretch(1, 10)
    return grid
