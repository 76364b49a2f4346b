"""Lines of the settings dialog: fields, pages and rows of one look."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QSizePolicy, QSpinBox, QWidget

from workstation.settings.model import Settings, describe
from workstation.settings.network import Destination, Listener
from workstation.ui.look import label


def field(value: str, key: str) -> QLineEdit:
    """A line for the setting `key`, no longer than its rule allows."""
    rules = {**describe(Settings), **describe(Listener), **describe(Destination)}
    made = QLineEdit(value)
    made.setMaxLength(rules[key][1].longest)
    return made


def page_form(page: QWidget | None = None) -> tuple[QWidget, QFormLayout]:
    """A page of the dialog and its form."""
    page = page or QWidget()
    page.setObjectName("panel")
    form = QFormLayout(page)
    form.setContentsMargins(16, 16, 16, 16)
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(12)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    return page, form


def form_row(form: QFormLayout, text: str, field: QWidget | QHBoxLayout) -> None:
    """A field with its name beside it."""
    caption = label(text, tone="quiet")
    caption.setMinimumHeight(34)  # as high as a field: the words stand beside its text
    if isinstance(field, QComboBox):
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    if isinstance(field, QSpinBox):
        field.lineEdit().setTextMargins(8, 0, 0, 0)
    if isinstance(field, QWidget):
        caption.setBuddy(field)
        field.setAccessibleName(text)
    form.addRow(caption, field)
