"""What this program is, for whoever calls the support desk."""

from __future__ import annotations

import contextlib
import platform
import re
from importlib import metadata
from pathlib import Path

from PySide6 import __version__ as qt_version
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from workstation import __version__
from workstation.ui.look import Dialog, button, label

_RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")
"""Packages that bring ONNX Runtime, by what it runs on (setting `execution_providers`)."""
_BREAKS = re.compile(r"[/\\]")  # where a long path may go on in the next line


class AboutDialog(Dialog):
    """Versions and places, to be read and copied.

    Args:
        cascade: label of the cascade in force; ``""`` where none is.
        loading: whether there may be one in a moment.
        data: data folder.
        settings: settings file.
    """

    def __init__(
        self, cascade: str, loading: bool, data: Path, settings: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(QSize(480, 200), parent)
        self.setWindowTitle(self.tr("About this program"))
        runs_on = (
            f"{platform.platform()}; Python {platform.python_version()}, Qt {qt_version}, "
            f"ONNX Runtime {_runtime_version()}"
        )
        none = self.tr("being loaded") if loading else self.tr("none: films are shown and sent, not assessed")
        self.facts = {
            self.tr("Program"): f"CXR Workstation {__version__}",
            self.tr("Cascade"): cascade or none,
            self.tr("Data folder"): str(data),
            self.tr("Settings"): str(settings),
            self.tr("Runs on"): runs_on,
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for line, (name, fact) in enumerate(self.facts.items()):
            grid.addWidget(label(name, tone="quiet"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(_BREAKS.sub("\\g<0>\u200b", fact), wrap=True), line, 1)
        copy, close = button(self.tr("Copy")), button(self.tr("Close"), "primary")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(copy)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        purpose = self.tr(
            "Checks the positioning of chest radiographs. A quality-control aid, not for diagnosis."
        )
        layout.addWidget(label(purpose, size="head", wrap=True))
        layout.addLayout(grid)
        layout.addStretch()
        layout.addLayout(row)
        close.setFocus()

    def text(self) -> str:
        """One line a fact."""
        return "".join(f"{name}: {fact}\n" for name, fact in self.facts.items())


def _runtime_version() -> str:
    for name in _RUNTIMES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "–"  # the program runs without it, and the support desk wants to know
