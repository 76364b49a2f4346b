"""A short list picked by number keys: reasons of a retake, ready-made notes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.ui.theme import Size
from workstation.ui.tips import verbatim

_DIGITS = "1234567890"
_BESIDE = 24  # left and right of a line by the stylesheet, and the style's own margin
_LEAST_AIR = 12  # above and below it


class _Lines(QStyledItemDelegate):
    """Breaks lines in the room that they have: Qt's own measure leaves the padding out, and cuts what is too long."""

    def __init__(self, view: QListWidget) -> None:
        super().__init__(view)
        self._view = view
        self.air = 0  # above and below a line, pixels

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        metrics = self._view.fontMetrics()
        hint = super().sizeHint(option, index).expandedTo(QSize(0, metrics.height() + self.air))
        if not self._view.isVisible():
            return hint
        room = QRect(0, 0, self._view.viewport().width() - _BESIDE, 10_000)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        lines = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text)
        return hint.expandedTo(QSize(0, lines.height() + self.air))


class ChoiceList(QListWidget):
    """Up to ten lines, numbered 1..9, 0. Enter confirms, Esc goes back, other letters begin the note.

    Signals:
        confirmed(), cancelled(): Enter or a double click; Esc.
        typed(str): a letter that is to begin the note.
    """

    confirmed = Signal()
    cancelled = Signal()
    typed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setWordWrap(True)
        self.setObjectName("choices")
        self._lines = _Lines(self)
        self.setItemDelegate(self._lines)
        self.itemDoubleClicked.connect(lambda _item: self.confirmed.emit())

    def fill(self, entries: list[tuple[str, str]]) -> None:
        """Entries are (key, wording)."""
        self.clear()
        for number, (key, wording) in enumerate(entries):
            digit = _DIGITS[number] if number < len(_DIGITS) else "\u2007"  # as wide as a digit
            item = QListWidgetItem(f"{digit}   {wording}")
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setToolTip(verbatim(wording))
            self.addItem(item)
        # As high as its lines; where larger type leaves no room for that it scrolls.
        self.setMaximumHeight(self.sizeHint().height())
        self.setMinimumHeight(min(self._height(_LEAST_AIR), 3 * max(24, self.sizeHintForRow(0))))

    @property
    def _most_air(self) -> int:
        """What makes a line as high as a finger is wide."""
        return max(_LEAST_AIR, Size.FINGER - self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height(self._most_air))

    def _height(self, air: int) -> int:
        """What all lines need with so much air around each."""
        self._lines.air, now = air, self._lines.air
        needed = sum(self.sizeHintForRow(row) for row in range(self.count()))
        self._lines.air = now
        return needed + 2 * self.frameWidth() + 12

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Lines for a finger where there is room, closer ones before the list has to scroll.
        spare = self.height() - self._height(_LEAST_AIR)
        self._lines.air = min(self._most_air, _LEAST_AIR + max(0, spare // max(1, self.count())))
        self.scheduleDelayedItemsLayout()  # the scroll bar takes room from lines that are laid out already

    def choose(self, key: str) -> None:
        for row in range(self.count()):
            if self.item(row).data(Qt.ItemDataRole.UserRole) == key:
                self.setCurrentRow(row)
                return

    @property
    def chosen(self) -> str:
        # Not the current item: a list that gets the focus makes its first item current by itself.
        chosen = self.selectedItems()
        return str(chosen[0].data(Qt.ItemDataRole.UserRole)) if chosen else ""

    def event(self, event: QEvent) -> bool:
        # The viewer's single keys (1, F, R ...) rest while the list has the focus.
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.ShiftModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
            letter = bool(event.text()) and event.text().isprintable()
            if plain and (letter or event.key() == Qt.Key.Key_Escape):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit()
        elif event.key() == Qt.Key.Key_Down and not self.chosen:
            self.setCurrentRow(0)  # it is the current one already, and nobody's choice
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif text and text in _DIGITS and _DIGITS.index(text) < self.count():
            self.setCurrentRow(_DIGITS.index(text))
        elif text and text.isprintable() and not text.isspace() and text not in _DIGITS:
            self.typed.emit(text)
        else:
            super().keyPressEvent(event)
