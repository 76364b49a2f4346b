"""The keys, shown on demand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workstation.ui.look import button, label, rule


class KeysDialog(QDialog):
    """Groups of actions with their keys, two columns."""

    def __init__(
        self, groups: Sequence[tuple[str, Sequence[QAction]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        inner = QWidget()
        inner.setObjectName("panel")
        grid = QGridLayout(inner)
        grid.setContentsMargins(16, 16, 16, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        line = 0
        for title, actions in groups:
            shown = [a for a in actions if a.shortcuts()]
            if not shown:
                continue
            if line:
                grid.setRowMinimumHeight(line, 12)  # apart from the group above
                line += 1
            grid.addWidget(label(title, bold=True), line, 0)
            grid.addWidget(rule(), line + 1, 0, 1, 2)
            line += 2
            for action in shown:
                keys = "   ".join(
                    k.toString(QKeySequence.SequenceFormat.NativeText) for k in action.shortcuts()
                )
                grid.addWidget(label(action.text().replace("&", "").rstrip(" …")), line, 0)
                grid.addWidget(label(keys, tone="quiet"), line, 1)
                line += 1
        scroll = QScrollArea()
        scroll.setObjectName("panel")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        self._scroll, self._inner = scroll, inner
        close = button(self.tr("Close"))
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(scroll, 1)
        layout.addLayout(row)

    def sizeHint(self) -> QSize:
        """As wide as the keys are; as high as fits beside the window's own height."""
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        return QSize(max(480, self._inner.sizeHint().width() + bar + 40), 620)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.resize(self.sizeHint())  # known once the stylesheet has dressed the labels
