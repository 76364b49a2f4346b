"""What the charts of the statistics window show: which rejects over time, and by what the reject rate is parted."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workstation.services.statistics_service import REPEATS
from workstation.ui.look import Look, button, label
from workstation.ui.steady import keep_from_wheel

_GROUPS = ("projection", "room", "operator")


class SubjectChooser(QComboBox):
    """All rejects (``""``), one reject reason (its key) or `REPEATS` over time.

    Args:
        reasons: names of the reject reasons by key.
        subject: chosen at first; all rejects where it is not known.
    """

    def __init__(self, look: Look, reasons: Mapping[str, str], subject: str) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("What the chart over time shows"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMaximumWidth(look.px(240, 440))
        keep_from_wheel(self)
        self.addItem(self.tr("All rejects"), "")
        for key, name in reasons.items():
            self.addItem(name, key)
        self.addItem(self.tr("Repeats"), REPEATS)
        self.setCurrentIndex(max(0, self.findData(subject)))


class GroupChooser(QWidget):
    """One button each for the bars by projection, by room and by person.

    Signals:
        chosen(str): a person wants them by ``"projection"``, ``"room"`` or ``"operator"``.
    """

    chosen = Signal(str)

    def __init__(self, look: Look, group: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(4)
        title = label(self.tr("Reject rate"), bold=True)
        if look.roomy:
            row.addWidget(title)
            row.addStretch(1)
        else:
            column.addWidget(title)
        column.addLayout(row)
        names = (self.tr("by projection"), self.tr("by room"), self.tr("by person"))
        self.buttons: dict[str, QPushButton] = {}
        together = QButtonGroup(self)
        for key, name in zip(_GROUPS, names, strict=True):
            made = button(name, "segment")
            made.setCheckable(True)
            made.setChecked(key == group)
            made.clicked.connect(lambda _checked=False, k=key: self.chosen.emit(k))
            together.addButton(made)
            self.buttons[key] = made
            row.addWidget(made)
