"""Lines of a list that go on below where they are too long for it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem


class WholeLines(QStyledItemDelegate):
    """Breaks the lines of a list where they end on the screen.

    Qt's own measure takes the stylesheet's padding for room: what is just too long stays one line, and is cut.
    """

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        view.setWordWrap(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setResizeMode(
            QListView.ResizeMode.Adjust
        )  # the scroll bar takes room from lines laid out already
        view.setItemDelegate(self)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        plain = QStyleOptionViewItem(option)
        plain.features &= ~QStyleOptionViewItem.ViewItemFeature.WrapText
        one = super().sizeHint(plain, index)
        self.initStyleOption(plain, index)
        metrics, text = plain.fontMetrics, plain.text
        width = self._view.viewport().width()
        if one.width() <= width:
            return one
        room = QRect(0, 0, max(1, width - (one.width() - metrics.horizontalAdvance(text))), 10_000)
        broken = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height()
        line = metrics.lineSpacing()
        # A pixel for each: drawn lines are higher by fractions, and one that does not fit whole is left out.
        return QSize(width, one.height() + max(0, round(broken / line) - 1) * (line + 1))
