"""One field for one setting, chosen by the type of its declaration."""

from __future__ import annotations

import ipaddress
import re
import typing
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workstation.settings.rules import Rule
from workstation.ui.look import button
from workstation.ui.settings.names import FILES, FOLDERS, choice_name, setting_name
from workstation.ui.steady import keep_from_wheel

translate = QCoreApplication.translate
_HIGHEST = 2**31 - 1


class Editor(Protocol):
    """A field. `widget` is what is shown, `focus` what takes the keys, `get` what a person entered."""

    @property
    def widget(self) -> QWidget: ...

    @property
    def focus(self) -> QWidget: ...

    def get(self) -> Any: ...

    def set(self, value: Any) -> None: ...

    def problem(self) -> str: ...


class _Bool:
    def __init__(self, key: str, on_change: Callable[[], None]) -> None:
        self.widget = self.focus = box = QCheckBox()
        box.setAccessibleName(setting_name(key))
        box.toggled.connect(lambda _on: on_change())
        self._box = box

    def get(self) -> bool:
        return self._box.isChecked()

    def set(self, value: bool) -> None:
        self._box.setChecked(value)

    def problem(self) -> str:
        return ""


class _Number:
    def __init__(self, kind: type, rule: Rule, on_change: Callable[[], None]) -> None:
        self._kind = kind
        low, high = rule.low or 0, _HIGHEST if rule.high is None else rule.high
        box: QSpinBox | QDoubleSpinBox
        if kind is int:
            box = QSpinBox()
            box.setRange(int(low), int(high))
        else:
            box = QDoubleSpinBox()
            box.setDecimals(3 if high <= 10 else 1)
            box.setSingleStep(0.01 if high <= 10 else 1.0)
            box.setRange(float(low), float(high))
        box.setMaximumWidth(160)
        box.lineEdit().setTextMargins(8, 0, 0, 0)
        keep_from_wheel(box)
        box.valueChanged.connect(lambda _value: on_change())
        self.widget = self.focus = self._box = box

    def get(self) -> Any:
        return self._kind(round(self._box.value(), 3))

    def set(self, value: Any) -> None:
        self._box.setValue(value)

    def problem(self) -> str:
        return ""


class _Choice:
    def __init__(self, rule: Rule, on_change: Callable[[], None]) -> None:
        box = QComboBox()
        for word in rule.choices:
            box.addItem(choice_name(word), word)
        keep_from_wheel(box)
        box.currentIndexChanged.connect(lambda _index: on_change())
        self.widget = self.focus = self._box = box

    def get(self) -> Any:
        return self._box.currentData()

    def set(self, value: Any) -> None:
        self._box.setCurrentIndex(self._box.findData(value))

    def problem(self) -> str:
        return ""


class _Text:
    def __init__(self, key: str, rule: Rule, on_change: Callable[[], None]) -> None:
        self._rule = rule
        line = QLineEdit()
        line.setMaxLength(rule.longest)
        line.textChanged.connect(lambda _text: on_change())
        self.focus = self._line = line
        self.widget: QWidget = line
        if key in FOLDERS or key in FILES:
            self.widget = _with_button(line, lambda: self._browse(key in FOLDERS))

    def _browse(self, folder: bool) -> None:
        title = translate("SettingFields", "Choose")
        chosen = (
            QFileDialog.getExistingDirectory(self.widget, title, self._line.text())
            if folder
            else QFileDialog.getOpenFileName(self.widget, title, self._line.text())[0]
        )
        if chosen:
            self._line.setText(chosen)

    def get(self) -> str:
        return self._line.text().strip()

    def set(self, value: str) -> None:
        self._line.setText(value)

    def problem(self) -> str:
        return _problem_of(self.get(), self._rule)


class _List:
    """Several short texts, separated by commas."""

    def __init__(self, key: str, rule: Rule, on_change: Callable[[], None]) -> None:
        self._key = key
        self._rule = rule
        line = QLineEdit()
        line.setPlaceholderText(translate("SettingFields", "several are separated by commas"))
        line.textChanged.connect(lambda _text: on_change())
        self.widget = self.focus = self._line = line

    def get(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p.strip() for p in self._line.text().split(",") if p.strip()))

    def set(self, value: tuple[str, ...]) -> None:
        self._line.setText(", ".join(value))

    def problem(self) -> str:
        found = next(filter(None, (_problem_of(text, self._rule) for text in self.get())), "")
        if not found and self._key == "allowed_hosts":
            found = next(filter(None, map(_problem_of_network, self.get())), "")
        return found


class _Folders:
    """A list of folders with buttons beside it."""

    def __init__(self, key: str, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._list = QListWidget()
        self._list.setAccessibleName(setting_name(key))
        self._list.setFixedHeight(110)
        add, remove = (
            button(translate("SettingFields", "Add …")),
            button(translate("SettingFields", "Remove")),
        )
        add.clicked.connect(self._add)
        remove.clicked.connect(self._remove)
        side = QVBoxLayout()
        side.addWidget(add)
        side.addWidget(remove)
        side.addStretch()
        self.widget = QWidget()
        self.focus: QWidget = self._list
        both = QHBoxLayout(self.widget)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(8)
        both.addWidget(self._list, 1)
        both.addLayout(side)

    def _add(self) -> None:
        folder = QFileDialog.getExistingDirectory(self.widget, translate("SettingFields", "Folder to watch"))
        if folder:
            self._list.addItem(folder)
            self._on_change()

    def _remove(self) -> None:
        self._list.takeItem(self._list.currentRow())
        self._on_change()

    def get(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._list.item(i).text() for i in range(self._list.count())))

    def set(self, value: tuple[str, ...]) -> None:
        self._list.clear()
        self._list.addItems(list(value))
        self._on_change()

    def problem(self) -> str:
        return ""


def editor(key: str, kind: Any, rule: Rule, on_change: Callable[[], None]) -> Editor:
    """The field for a setting.

    Args:
        key: name of the setting.
        kind: its type: bool, int, float, str or a tuple of str.
        on_change: called after each change, by a person or by `set`.
    """
    made: Editor
    if kind is bool:
        return _Bool(key, on_change)
    if kind in (int, float):
        made = _Number(kind, rule, on_change)
    elif typing.get_origin(kind) is tuple:
        made = _Folders(key, on_change) if key in FOLDERS else _List(key, rule, on_change)
    elif rule.choices:
        made = _Choice(rule, on_change)
    else:
        made = _Text(key, rule, on_change)
    made.focus.setAccessibleName(setting_name(key))
    return made


def _with_button(line: QLineEdit, act: Callable[[], None]) -> QWidget:
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    pick = button(translate("SettingFields", "Choose …"))
    pick.clicked.connect(act)
    row.addWidget(line, 1)
    row.addWidget(pick)
    return whole


def _problem_of(text: str, rule: Rule) -> str:
    if rule.pattern and not re.fullmatch(rule.pattern, text):
        if not text.strip():
            return translate("SettingFields", "This must be filled in.")
        return translate("SettingFields", "This cannot be used: {0}").format(text)
    return ""


def _problem_of_network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return translate("SettingFields", "Neither an IP address nor a network: {0}").format(text)
    return ""
