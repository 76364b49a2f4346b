"""A mistake of ours: said plainly, with a report to copy, and the program goes on."""

from __future__ import annotations

import platform
from types import TracebackType

from PySide6 import __version__ as qt_version
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from workstation import __version__
from workstation.mistakes import told
from workstation.ui.look import Dialog, button, label


def report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> str:
    """Version, system and traceback. The message of the error itself may hold a name and is left out."""
    head = f"CXR Workstation {__version__}\nPython {platform.python_version()}, Qt {qt_version}\n"
    head += f"{platform.platform()}\n"
    body = kind.__name__ + "\n" if error is None else told(error.with_traceback(trace))
    return f"{head}\n{body}"


class ErrorDialog(Dialog):
    """Not modal: the films stay within reach."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(QSize(560, 360), parent)
        self.setWindowTitle(self.tr("A mistake in the program"))
        self.report_text = text
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Something went wrong inside the program."), size="head", wrap=True))
        layout.addWidget(
            label(
                self.tr(
                    "Films and decisions are stored; go on working. Please pass this report to the support desk: "
                    "it holds no patient data."
                ),
                wrap=True,
            )
        )
        self._view = QTextEdit()  # it scrolls by pixels, as a finger needs it
        self._view.setObjectName("report")
        self._view.setPlainText(text)
        self._view.setReadOnly(True)
        self._view.setAccessibleName(self.tr("Report"))
        layout.addWidget(self._view, 1)
        row = QHBoxLayout()
        row.addStretch()
        copy = button(self.tr("Copy the report"))
        close = button(self.tr("Go on working"), "primary")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report_text))
        close.clicked.connect(self.accept)
        row.addWidget(copy)
        row.addWidget(close)
        layout.addLayout(row)
        close.setFocus()

    def add(self, text: str) -> None:
        """A further mistake while the dialog is open: one dialog, not twenty."""
        if len(self.report_text) < 100_000:
            self.report_text += "\n" + text
            self._view.setPlainText(self.report_text)
