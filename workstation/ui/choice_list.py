"""A short list picked by number keys: reasons of a retake, ready-made notes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.ui.tips import verbatim

_DIGITS = "1234567890"
_PADDING = QSize(24, 12)  # around a line by the stylesheet, and the style's own margin


class _Lines(QStyledItemDelegate):
    """Breaks lines in the room that they have: Qt's own measure leaves the padding out, and cuts what is too long."""

    def __init__(self, view: QListWidget) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        hint = super().sizeHint(option, index)
        if not self._view.isVisible():
            return hint
        room = QRect(0, 0, self._view.viewport().width() - _PADDING.width(), 10_000)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        lines = self._view.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), text)
        return hint.expandedTo(QSize(0, lines.height() + _PADDING.height()))


class ChoiceList(QListWidget):
    """Up to ten lines, numbered 1..9, 0. Enter confirms, Esc goes back, other letters begin the note."""

    confirmed = Signal()
    cancelled = Signal()
    typed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setWordWrap(True)
        self.setItemDelegate(_Lines(self))
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
        self.setMinimumHeight(min(self.sizeHint().height(), 3 * max(24, self.sizeHintForRow(0))))

    def sizeHint(self) -> QSize:
        rows = sum(self.sizeHintForRow(row) for row in range(self.count()))
        return QSize(super().sizeHint().width(), rows + 2 * self.frameWidth() + 12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
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
