"""The films behind a bar, a point or a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from workstation.services.statistics_service import FilmLine, FilmList
from workstation.ui import i18n
from workstation.ui.look import ElidedLabel, Look, button, label
from workstation.ui.statistics import words
from workstation.ui.tips import verbatim

REASON_COLUMN = 2
"""Decision or reason; says nothing where all films of a list share it."""
_ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Naming:
    """How reasons and people are named."""

    reasons: Mapping[str, str]
    hidden: Mapping[str, int] | None = None


class FilmModel(QAbstractTableModel):
    """Read-only rows of one list."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._films: tuple[FilmLine, ...] = ()
        self._naming = Naming({})

    def put(self, films: tuple[FilmLine, ...], naming: Naming) -> None:
        self.beginResetModel()
        self._films, self._naming = films, naming
        self.endResetModel()

    def film(self, row: int) -> FilmLine:
        return self._films[row]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._films)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Arrived"), self.tr("Film"), self.tr("Decision"), self.tr("By"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        film = self._films[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(film, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return verbatim(f"{self._text(film, index.column())}\n{self._cascade(film)}")
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return self._look.state_pixmap(words.STATES[film.opinion], self._look.px(16))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._text(film, index.column())}, {self._cascade(film)}"
        return None

    def _cascade(self, film: FilmLine) -> str:
        return self.tr("Cascade: {0}").format(words.opinion(film.opinion).lower())

    def _text(self, film: FilmLine, column: int) -> str:
        if column == 0:
            received = datetime.fromisoformat(film.received_at)
            return f"{i18n.day(received.date())} {received:%H:%M}"
        if column == 1:
            return words.projection(film.projection)
        if column == 2:
            told = words.choice(film.choice)
            return self._naming.reasons.get(film.reason, film.reason) if film.reason else told
        return words.operator(film.operator, self._naming.hidden) if film.choice is not None else ""


class _Table(QTableView):
    opened = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)


class FilmListPanel(QWidget):
    """Title, table and the button that opens a film.

    Signals:
        film_chosen: exposure id of the film to open.
    """

    film_chosen = Signal(int)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(self.tr("Films"))
        self.title.setProperty("weight", "bold")
        self.hint = label(
            self.tr("Choose a bar, a point or a number: its films are listed here."), tone="quiet", wrap=True
        )
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.model = FilmModel(look, self)
        self.table = _Table()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Films"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setIconSize(QSize(look.px(16), look.px(16)))
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(look.px(28))
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(48)
        for column in range(4):
            mode = QHeaderView.ResizeMode.ResizeToContents if column < 2 else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(column, mode)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.open = button(self.tr("Open the film"))
        self.count = label(tone="quiet", size="small")
        foot = QHBoxLayout()
        foot.addWidget(self.count)
        foot.addStretch()
        foot.addWidget(self.open)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(8)
        column_.addWidget(self.title)
        column_.addWidget(self.hint, 1)
        column_.addWidget(self.table, 1)
        column_.addLayout(foot)
        self.table.opened.connect(self._open)
        self.table.doubleClicked.connect(lambda index: self._open(index.row()))
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.open.clicked.connect(lambda _checked=False: self._open(self.table.currentIndex().row()))
        self.clear()

    def clear(self) -> None:
        """Nothing chosen."""
        self.title.set_full_text(self.tr("Films"))
        self._put(FilmList((), 0), Naming({}))
        self.hint.show()
        self.table.hide()
        self.open.hide()
        self.count.hide()

    def show_films(self, title: str, films: FilmList, naming: Naming) -> None:
        self.title.set_full_text(title)
        self._put(films, naming)
        self.hint.hide()
        for part in (self.table, self.open, self.count):
            part.show()
        if len(films.films) < films.total:
            self.count.setText(
                self.tr("the newest {0} of {1}").format(
                    words.count(len(films.films)), words.count(films.total)
                )
            )
        else:
            self.count.setText(self.tr("%n film(s)", "", films.total))

    def _put(self, films: FilmList, naming: Naming) -> None:
        self.model.put(films.films, naming)
        self._enable()

    def _enable(self) -> None:
        self.open.setEnabled(self.table.selectionModel().hasSelection())

    def _open(self, row: int) -> None:
        if 0 <= row < self.model.rowCount():
            self.film_chosen.emit(self.model.film(row).exposure_id)
