"""The list of destinations: where decided films go, in order; add, copy, remove, test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from workstation.settings.network import Destination
from workstation.ui.jobs import Jobs
from workstation.ui.look import button, label
from workstation.ui.settings.form import SectionForm
from workstation.ui.settings.peer_test import PeerTest

_NEW = Destination("", "", 104, "")


class DestinationsEditor(QWidget):
    """Edits `Settings.destinations`.

    Signals:
        changed: anything was changed.
    """

    changed = Signal()

    def __init__(
        self,
        destinations: tuple[Destination, ...],
        language: str,
        test: Callable[[Any], float],
        jobs: Jobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._values = list(destinations)
        self._at = -1
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Destinations"))
        self.list.setFixedHeight(110)
        self.add = button(self.tr("Add"))
        self.copy = button(self.tr("Copy"))
        self.remove = button(self.tr("Remove"))
        side = QVBoxLayout()
        for made in (self.add, self.copy, self.remove):
            side.addWidget(made)
        side.addStretch()
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.list, 1)
        top.addLayout(side)
        self.form = SectionForm(_NEW, language)
        self.peer_test = PeerTest(self._ready, test, jobs)
        self.hint = label(
            self.tr("Without a destination nothing is sent: films stay on this console."),
            tone="quiet",
            wrap=True,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Destinations"), size="head"))
        layout.addLayout(top)
        layout.addWidget(self.hint)
        layout.addWidget(self.peer_test)
        layout.addWidget(self.form)
        self.list.currentRowChanged.connect(self._show)
        self.add.clicked.connect(lambda: self._append(_NEW))
        self.copy.clicked.connect(self._copy)
        self.remove.clicked.connect(self._remove)
        self.form.changed.connect(self._edited)
        self._fill(0 if self._values else -1)

    def values(self) -> tuple[Destination, ...]:
        """The destinations as entered; nameless ones are called after their AE title or host."""
        return tuple(replace(d, name=d.name or d.called_ae or d.host) for d in self._values)

    def load(self, destinations: tuple[Destination, ...]) -> None:
        """Show other destinations."""
        self._values = list(destinations)
        self._fill(0 if self._values else -1)
        self.changed.emit()

    def check(self) -> QWidget | None:
        """Show the first destination that cannot be used, with words beside the field; None where all can."""
        names: set[str] = set()
        for row, value in enumerate(self.values()):
            self.list.setCurrentRow(row)
            missing = [key for key in ("host", "called_ae", "calling_ae") if not getattr(value, key).strip()]
            if missing:
                return self.form.say(missing[0], self.tr("This must be filled in."))
            if not self._values[row].name:
                self.form.editors["name"].set(value.name)
            bad = self.form.check()
            if bad is not None:
                return bad
            if value.name in names:
                return self.form.say("name", self.tr("Another destination has this name."))
            names.add(value.name)
        return None

    def _ready(self) -> Destination | None:
        if self._at < 0:
            return None
        value = self.values()[self._at]
        return value if value.host and value.called_ae else None

    def _fill(self, row: int) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([self._title(value) for value in self._values])
        self.list.blockSignals(False)
        self.list.setCurrentRow(row)
        self._show(row)

    def _title(self, value: Destination) -> str:
        name = value.name or value.called_ae or self.tr("new")
        return f"{name}   {value.host}:{value.port}" if value.host else name

    def _show(self, row: int) -> None:
        self._at = -1
        if 0 <= row < len(self._values):
            self.form.load(self._values[row])
            self._at = row
        for made in (self.form, self.peer_test):
            made.setVisible(self._at >= 0)
        for act in (self.copy, self.remove):
            act.setEnabled(self._at >= 0)
        self.hint.setVisible(not self._values)
        self.peer_test.clear()

    def _edited(self) -> None:
        if self._at < 0:
            return
        self._values[self._at] = self.form.value()
        item = self.list.item(self._at)
        if item is not None:
            item.setText(self._title(self._values[self._at]))
        self.peer_test.clear()
        self.changed.emit()

    def _append(self, value: Destination) -> None:
        self._values.append(value)
        self._fill(len(self._values) - 1)
        self.form.editors["name"].focus.setFocus()
        self.changed.emit()

    def _copy(self) -> None:
        self._append(replace(self._values[self._at], name=""))

    def _remove(self) -> None:
        del self._values[self._at]
        self._fill(min(self._at, len(self._values) - 1))
        self.changed.emit()
