"""A form for one settings dataclass: every field with its name, its explanation and a way back to the default."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workstation.settings.rules import rule_of
from workstation.ui.look import LARGE_LINE, button, label
from workstation.ui.settings.editors import Editor, editor
from workstation.ui.settings.names import setting_name
from workstation.ui.theme import Size


class SectionForm(QWidget):
    """Edits the fields `keys` of a dataclass; those that are dataclasses themselves are no fields.

    Args:
        resets: whether a button beside each field leads back to its default.

    Signals:
        changed: any field changed.
    """

    changed = Signal()

    def __init__(
        self,
        value: Any,
        language: str,
        keys: Sequence[str] | None = None,
        parent: QWidget | None = None,
        *,
        resets: bool = True,
    ) -> None:
        super().__init__(parent)
        self._value = value
        self._with_resets = resets
        self.editors: dict[str, Editor] = {}
        self._errors: dict[str, Any] = {}
        self._defaults: dict[str, Any] = {}
        self._resets: dict[str, Any] = {}
        hints = typing.get_type_hints(type(value))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnMinimumWidth(0, 150)
        grid.setColumnStretch(1, 1)
        for row, item in enumerate(i for i in fields(value) if keys is None or i.name in keys):
            rule = rule_of(item)
            made = editor(item.name, hints[item.name], rule, self._follow(item.name))
            self.editors[item.name] = made
            self._defaults[item.name] = item.default
            caption = label(setting_name(item.name), wrap=True)
            caption.setMinimumHeight(Size.FINGER)
            # Longer words take a second line: the field needs the width.
            caption.setMaximumWidth(14 * self.fontMetrics().averageCharWidth() * 3 // 2)
            caption.setBuddy(made.focus)
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addLayout(self._cell(item.name, made, getattr(rule, language)), row, 1)
        self.load(value)

    def _cell(self, key: str, made: Editor, explanation: str) -> QVBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        narrow = made.widget.maximumWidth() < 1000
        line.addWidget(made.widget, 0 if narrow else 1)
        if narrow:
            line.addStretch(1)
        if self._with_resets and self._defaults[key] is not MISSING:
            # Under large type the word has no room beside the field; its tool tip and name say it.
            large = self.fontMetrics().height() > LARGE_LINE
            reset = button("↺" if large else self.tr("Default"))
            reset.setToolTip(self.tr("Default"))
            reset.setAccessibleName(self.tr("Default: {0}").format(setting_name(key)))
            reset.clicked.connect(lambda: made.set(self._defaults[key]))
            # Its place stays when it is not needed: nothing jumps.
            policy = reset.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            reset.setSizePolicy(policy)
            self._resets[key] = reset
            line.addWidget(reset, 0, Qt.AlignmentFlag.AlignTop)
        error = label(tone="danger", size="small", wrap=True)
        error.hide()
        self._errors[key] = error
        cell = QVBoxLayout()
        cell.setSpacing(2)
        cell.addLayout(line)
        told = label(explanation, tone="quiet", size="small", wrap=True)
        made.focus.setAccessibleDescription(explanation)
        cell.addWidget(told)
        cell.addWidget(error)
        return cell

    def _follow(self, key: str) -> Callable[[], None]:
        def follow() -> None:
            if key in self._resets and key in self.editors:
                self._resets[key].setVisible(self.editors[key].get() != self._defaults[key])
            if key in self._errors:
                self._errors[key].hide()
            self.changed.emit()

        return follow

    def load(self, value: Any) -> None:
        """Show another value of the same kind."""
        self._value = value
        for key, made in self.editors.items():
            made.set(getattr(value, key))
            self._follow(key)()

    def value(self) -> Any:
        """The dataclass with what was entered; fields that are not shown stay as they were."""
        return replace(self._value, **{key: made.get() for key, made in self.editors.items()})

    def check(self) -> QWidget | None:
        """Say beside each field what is wrong with it; the first such field, or None."""
        first = None
        for key, made in self.editors.items():
            problem = made.problem()
            self._errors[key].setText(problem)
            self._errors[key].setVisible(bool(problem))
            if problem and first is None:
                first = made.focus
        return first

    def scroll_to(self, field: QWidget, area: QScrollArea) -> None:
        """Bring a field that `check` or `say` returned into sight, with the words below it."""
        for key, made in self.editors.items():
            if made.focus is field:
                area.ensureWidgetVisible(self._errors[key])
        area.ensureWidgetVisible(field)

    def say(self, key: str, problem: str) -> QWidget:
        """Put a problem beside a field that only its surroundings can see."""
        self._errors[key].setText(problem)
        self._errors[key].show()
        return self.editors[key].focus
