"""Files that could not be taken in: name, what is wrong, what to do. Dismissible; the other files go on."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.ui import words
from workstation.ui.look import ElidedLabel, Look, button, icon_label, label, tool
from workstation.ui.roster import Problem

_MOST = 50
_LONG = re.compile(r"\S{13,}")
_WORD = re.compile(r"\W*[^\W\d_]+\W*")


class ProblemsPanel(QWidget):
    """Hidden while there is nothing to say; never taller than a third of its column.

    Signals:
        keys_free: the last problem that was dismissed here had the keyboard.
    """

    keys_free = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self._rows: list[QFrame] = []
        self._problems: list[Problem] = []
        self._title = label(tone="danger", bold=True)
        self._clear = button(self.tr("Dismiss all"), "link")
        self._clear.clicked.connect(self.clear)
        head = QHBoxLayout() if look.roomy else QVBoxLayout()
        head.setContentsMargins(12, 8, 8, 4)
        head.addWidget(self._title, 1)
        head.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignLeft)
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(8, 0, 8, 8)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("panel")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        self.setFixedHeight(look.px(240, 340))
        self.hide()

    def holds_focus(self) -> bool:
        """Whether the person's keys are here."""
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def texts(self) -> list[str]:
        """What the rows say, newest first."""
        return [row.accessibleName() for row in self._rows]

    def problems(self) -> list[Problem]:
        """What is on show, newest first."""
        return list(self._problems)

    def add(self, problem: Problem) -> None:
        """Show a problem on top; one that is on show already (a disk that stays full) is not repeated."""
        message, remedy = words.error(problem.error)
        if problem.name and message.startswith(problem.name):  # it is the card's title
            message = self.tr("The file") + message.removeprefix(problem.name)
        if f"{problem.name}: {message} {remedy}" in self.texts():
            return
        row = QFrame()
        row.setProperty("card", True)
        row.setProperty("state", "danger")
        row.setAccessibleName(f"{problem.name}: {message} {remedy}")
        close = tool(self._look.icon("close", self._look.colours.quiet), self.tr("Dismiss"))
        close.setAccessibleName(f"{close.accessibleName()}: {problem.name or message}")
        close.clicked.connect(lambda: self._remove(row))
        head = QHBoxLayout()
        head.setSpacing(6)
        side = self._look.px(16)
        icon = self._look.pixmap("state-danger", self._look.colours.danger, side, self.devicePixelRatioF())
        head.addWidget(icon_label(icon, side))
        name = ElidedLabel(problem.name or self.tr("Program"), Qt.TextElideMode.ElideMiddle, gives_way=True)
        name.setProperty("weight", "bold")
        head.addWidget(name, 1)
        head.addWidget(close)
        column = QVBoxLayout(row)
        column.setContentsMargins(8, 4, 4, 8)
        column.setSpacing(4)
        column.addLayout(head)
        for text, tone in ((message, ""), (remedy, "quiet")):
            said = label(_breakable(text), tone=tone, size="small", wrap=True)
            # However long a word is, the card stays as wide as the list: its cross must be in reach.
            said.setMinimumWidth(1)
            said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            column.addWidget(said)
        self._rows.insert(0, row)
        self._problems.insert(0, problem)
        self._column.insertWidget(0, row)
        while len(self._rows) > _MOST:
            self._remove(self._rows[-1])
        self._recount()

    def clear(self) -> None:
        """Forget all."""
        for row in list(self._rows):
            self._remove(row)

    def _remove(self, row: QFrame) -> None:
        if row in self._rows:
            at = self._rows.index(row)
            del self._problems[at]
            del self._rows[at]
            self._pass_keys_on(row, at)
            row.hide()
            row.deleteLater()
            self._recount()

    def _pass_keys_on(self, row: QFrame, at: int) -> None:
        """The keys go to the next cross: Qt would give them to the list, where an arrow shows another film."""
        focus = QApplication.focusWidget()
        if focus is None or not (row.isAncestorOf(focus) or (focus is self._clear and not self._rows)):
            return
        if self._rows:
            cross = self._rows[min(at, len(self._rows) - 1)].findChild(QToolButton)
            assert cross is not None
            cross.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.keys_free.emit()

    def _recount(self) -> None:
        self._title.setText(self.tr("%n problem(s)", "", len(self._rows)))
        self.setVisible(bool(self._rows))


def _breakable(text: str) -> str:
    """Long words may go on in the next line, after every twelve letters; with a hyphen where it is no path or UID."""

    def broken(found: re.Match[str]) -> str:
        between = "\u00ad" if _WORD.fullmatch(found.group()) else "\u200b"
        return between.join(re.findall(".{1,12}", found.group()))

    return _LONG.sub(broken, text)
