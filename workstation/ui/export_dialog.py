"""Export of a film: annotated picture or DICOM copy, without patient data unless asked."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from workstation.ui.look import Dialog, button, label


class ExportDialog(Dialog):
    """Asks what to write; `as_dicom`, `identified` and `blank_corners` are the answers.

    Args:
        burned_in: the film says that text is burnt into its pixels.
    """

    def __init__(self, parent: QWidget | None = None, *, burned_in: bool = False) -> None:
        super().__init__(QSize(600, 0), parent)
        self.setWindowTitle(self.tr("Export the film"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        self._png = QRadioButton(self.tr("Picture (PNG) with what was found, its date and the cascade"))
        self._dicom = QRadioButton(self.tr("Film (DICOM), de-identified: new UIDs, no name, number or date"))
        self._box = QCheckBox(self.tr("with name, number and time (patient data)"))
        self._corners = QCheckBox(self.tr("blank the four corners, where films bear text"))
        self._corners.setChecked(burned_in)
        self._png.setChecked(True)
        layout.addWidget(self._png)
        indented = QHBoxLayout()
        indented.setContentsMargins(24, 0, 0, 0)
        indented.addWidget(self._box)
        layout.addLayout(indented)
        layout.addWidget(self._dicom)
        layout.addWidget(self._corners)
        self._png.toggled.connect(self._box.setEnabled)
        # Of use to both, unless the patient is to be named anyway.
        for choice in (self._png, self._box):
            choice.toggled.connect(lambda _: self._corners.setEnabled(not self.identified))
        layout.addWidget(
            label(
                self.tr("Unless patient data are asked for, nothing in the file points to the patient."),
                tone="quiet",
                wrap=True,
            )
        )
        if burned_in:
            layout.addWidget(
                label(
                    self.tr(
                        "This film says that text is burnt into it: look at the copy before you pass it on."
                    ),
                    tone="warn",
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
        """Patient data were asked for, in the picture."""
        return self._png.isChecked() and self._box.isChecked()

    @property
    def as_dicom(self) -> bool:
        return self._dicom.isChecked()

    @property
    def blank_corners(self) -> bool:
        """The film's corners are to be painted black in what points to nobody."""
        return self._corners.isChecked() and not self.identified
