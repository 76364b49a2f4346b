"""Export of the annotated picture: without patient data unless asked."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from workstation.ui.look import button, label


class ExportDialog(QDialog):
    """Asks one question; `identified` is the answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export the picture"))
        self.setMinimumWidth(460)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(
            label(self.tr("PNG of the film with what was found, its date and the cascade."), wrap=True)
        )
        self._box = QCheckBox(self.tr("with name, number and time (patient data)"))
        layout.addWidget(self._box)
        layout.addWidget(
            label(
                self.tr("Without it nothing in the picture or its file points to the patient."),
                tone="quiet",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.addStretch()
        cancel = button(self.tr("Cancel"))
        save = button(self.tr("Save as …"), "primary")
        save.setDefault(True)
        cancel.clicked.connect(self.reject)
        save.clicked.connect(self.accept)
        row.addWidget(cancel)
        row.addWidget(save)
        layout.addLayout(row)
        save.setFocus()

    @property
    def identified(self) -> bool:
        return self._box.isChecked()


def write_whole(target: Path, data: bytes) -> Path:
    """Write a file so that a broken one never bears the name. For a worker."""
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target
