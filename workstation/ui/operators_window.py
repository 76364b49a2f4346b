"""Who may sign in: add people, set roles and PINs, disable. Names stay for good, they stand under decisions."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workstation.domain.operator import Operator, Role
from workstation.services.operators import OperatorService
from workstation.ui import words
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.look import Look, button, grow, label, set_tone
from workstation.ui.steady import keep_from_wheel

_FIELD_MARGINS = 26
"""Pixels between the words of a field and its outer edges, both sides together."""


class OperatorsWindow(QDialog):
    """A line for each person, and one to add the next.

    Args:
        author: whoever manages; stands in the audit.
        changed: called after each change.
    """

    def __init__(
        self,
        service: OperatorService,
        jobs: Jobs,
        author: str,
        changed: Callable[[], None],
        look: Look,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Operators"))
        grow(self, look.px(860, 1100), look.px(520, 640))
        self._look = look
        self._service = service
        self._jobs = jobs
        self._author = author
        self._changed = changed
        self._roles = [
            (Role.RADIOGRAPHER, self.tr("radiographer")),
            (Role.LEAD, self.tr("lead")),
            (Role.ADMIN, self.tr("admin")),
        ]
        self.rows: dict[str, tuple[QComboBox, QLineEdit, QCheckBox]] = {}
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setObjectName("panel")
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name"))
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setMaxLength(64)
        self.role = self._combo(Role.RADIOGRAPHER)
        self.pin = self._pin_field(has_pin=False)
        self.add = button(self.tr("Add"), "primary")
        self.message = label(wrap=True)
        self._lay_out()
        self.add.clicked.connect(self._add)
        self.name.returnPressed.connect(self._add)
        self.pin.returnPressed.connect(self._add)
        self._read()

    def _lay_out(self) -> None:
        new = QVBoxLayout()
        new.setSpacing(8)
        line = QHBoxLayout()
        below = line if self._look.roomy else QHBoxLayout()
        for row, part, stretch in (
            (line, self.name, 2),
            (line, self.role, 1),
            (below, self.pin, 1),
            (below, self.add, 0),
        ):
            row.setSpacing(8)
            row.addWidget(part, stretch)
        for row in dict.fromkeys((line, below)):
            new.addLayout(row)
        close = button(self.tr("Close"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(self.message, 1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(
            label(
                self.tr(
                    "Radiographers decide about films, leads see the statistics too, admins also the settings and this "
                    "list. Names stand under decisions for good: whoever leaves is disabled, not removed."
                ),
                tone="quiet",
                wrap=True,
            )
        )
        layout.addWidget(self._area, 1)
        layout.addLayout(new)
        layout.addLayout(foot)

    def _combo(self, role: Role) -> QComboBox:
        made = QComboBox()
        for kind, text in self._roles:
            made.addItem(text, kind)
        made.setCurrentIndex([kind for kind, _ in self._roles].index(role))
        made.setAccessibleName(self.tr("Role"))
        keep_from_wheel(made, at_all=True)  # a role is stored as soon as it is chosen
        return made

    def _pin_field(self, *, has_pin: bool) -> QLineEdit:
        made = QLineEdit()
        made.setEchoMode(QLineEdit.EchoMode.Password)
        made.setMaxLength(12)
        made.setPlaceholderText(self.tr("new PIN") if has_pin else self.tr("PIN, 4 to 12 digits"))
        made.setAccessibleName(self.tr("PIN"))
        made.ensurePolished()  # only then it knows its type
        hint = made.fontMetrics().horizontalAdvance(made.placeholderText())
        made.setMinimumWidth(hint + _FIELD_MARGINS)
        return made

    # ---- what there is ----

    def _read(self) -> None:
        self._jobs.run_task(self._service.all, self._show, listener=self)

    def _show(self, outcome: Outcome[list[Operator]]) -> None:
        if outcome.value is None:
            self._say(outcome.error)
            return
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setSpacing(8)
        for column, stretch in enumerate((2, 1, 1) if self._look.roomy else (0, 1)):
            grid.setColumnStretch(column, stretch)
        self.rows = {}
        for row, operator in enumerate(outcome.value):
            self._add_row(grid, row, operator)
        if not outcome.value:
            grid.addWidget(
                label(self.tr("Nobody yet: everything is allowed to everybody."), tone="quiet"), 0, 0
            )
        grid.setRowStretch(grid.rowCount(), 1)
        before = self._area.takeWidget()
        if before is not None:
            before.deleteLater()  # one of its fields may have asked for this
        self._area.setWidget(page)

    def _add_row(self, grid: QGridLayout, row: int, operator: Operator) -> None:
        name = operator.name
        role, pin = self._combo(operator.role), self._pin_field(has_pin=operator.has_pin)
        enabled = QCheckBox(self.tr("may sign in"))
        enabled.setChecked(not operator.disabled)
        self.rows[name] = (role, pin, enabled)
        for widget in (role, pin, enabled):
            widget.setAccessibleName(f"{widget.accessibleName() or enabled.text()}: {name}")
        role.activated.connect(
            lambda _i: self._do(
                lambda: self._service.change(name, self._author, role=Role(role.currentData()))
            )
        )
        pin.returnPressed.connect(lambda: self._set_pin(name, pin.text()))
        set_pin = button(self.tr("Set PIN"))
        set_pin.setAccessibleName(self.tr("Set PIN") + f": {name}")
        set_pin.clicked.connect(lambda: self._set_pin(name, pin.text()))
        enabled.clicked.connect(
            lambda on: self._do(lambda: self._service.change(name, self._author, disabled=not on))
        )
        named, right = label(name, bold=True, wrap=True), Qt.AlignmentFlag.AlignRight
        if self._look.roomy:
            for column, part in enumerate((named, role, pin, set_pin)):
                grid.addWidget(part, row, column)
            grid.addWidget(enabled, row, 4, right)
            return
        first = 3 * row  # two lines, and a gap before the next person's
        grid.addWidget(named, first, 0, 1, 2)
        grid.addWidget(enabled, first, 2, right)
        for column, part in enumerate((role, pin, set_pin)):
            grid.addWidget(part, first + 1, column)
        grid.setRowMinimumHeight(first + 2, 8)

    # ---- changes ----

    def _add(self) -> None:
        name, role, pin = self.name.text(), Role(self.role.currentData()), self.pin.text()
        self._do(lambda: self._service.add(name, role, pin, self._author), self._added)

    def _added(self) -> None:
        self.name.clear()
        self.pin.clear()
        self.name.setFocus()

    def _set_pin(self, name: str, pin: str) -> None:
        self._do(lambda: self._service.set_pin(name, pin, self._author))

    def _do(self, act: Callable[[], object], then: Callable[[], None] = lambda: None) -> None:
        def done(outcome: Outcome[object]) -> None:
            if outcome.error is None:
                self._changed()  # also where this window is closed by now: rights are others
            if not shiboken6.isValid(self):
                if outcome.error is not None:
                    self._jobs.orphaned.emit(outcome.error)
                return
            self._say(outcome.error)
            if outcome.error is None:
                then()
            self._read()

        self._jobs.run_task(act, done)

    def _say(self, error: BaseException | None) -> None:
        self.message.setText(" ".join(words.error(error)) if error is not None else "")
        set_tone(self.message, "danger" if error is not None else "")
