"""Which films are counted: period, step, projection, room, person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from PySide6.QtCore import QDate, QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from workstation.domain.control_chart import Step
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, aliases
from workstation.services.statistics_service import Period, days_of
from workstation.ui import i18n
from workstation.ui.look import Look, button, label
from workstation.ui.statistics import words
from workstation.ui.steady import keep_from_wheel
from workstation.ui.tips import verbatim

_DAYS = QDate(1970, 1, 1), QDate(2199, 12, 31)
"""What may be asked for: a mistyped year makes no chart of a hundred thousand days, and none past all calendars."""


class _Combo(QComboBox):
    """Shortens a name that is longer than its box; the tip has the whole of it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.shown_text(field.width())
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def fit(self) -> None:
        """Ask for room for the longest text there is now.

        Not by `AdjustToContents`: a little later that would take the room, whatever the layout had given.
        """
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToContentsOnFirstShow)

    def shown_text(self, width: int) -> str:
        """The chosen text, as much of it as fits."""
        text, metrics = self.currentText(), self.fontMetrics()
        # The box was made as wide as this, in whole pixels; `elidedText` would count the fraction that was rounded off.
        if metrics.horizontalAdvance(text) <= width:
            return text
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            whole = verbatim(f"{self.accessibleName()}: {self.currentText()}")
            QToolTip.showText(event.globalPos(), whole, self)
            return True
        return super().event(event)


class FilterBar(QWidget):
    """Signals:
    changed: another filter or step is wanted.
    hidden_changed: names are to be shown or hidden; the films stay the same.
    """

    changed = Signal()
    hidden_changed = Signal()

    def __init__(
        self, look: Look, today: date, parent: QWidget | None = None, *, narrow: bool = False
    ) -> None:
        """`narrow`: in two rows, so that no word is cut."""
        super().__init__(parent)
        self._look, self._today = look, today
        self._names: tuple[str, ...] = ()
        self._rooms: tuple[str, ...] = ()
        self.period = self._combo(self.tr("Period"))
        for period in Period:
            self.period.addItem(words.period(period), period)
        self.period.addItem(self.tr("From – to …"), None)
        self.step = self._combo(self.tr("Step of the chart"))
        self.step.addItem(self.tr("step: auto"), None)
        for step in Step:
            self.step.addItem(words.step(step), step)
        self.projection = self._combo(self.tr("Projection"))
        self.projection.addItem(self.tr("All projections"), None)
        for projection in Projection:
            self.projection.addItem(words.projection(projection), projection)
        self.room = self._combo(self.tr("Room"))
        self.operator = self._combo(self.tr("Person"))
        # However long the names are, every other part of the bar keeps its place.
        for combo in (self.room, self.operator, *((self.step, self.projection) if narrow else ())):
            combo.setMinimumWidth(look.px(100))
        self.hide_names = QCheckBox(self.tr("Hide names"))
        self.csv: QPushButton = button("CSV …", icon=look.icon("export"))
        self.csv.setToolTip(self.tr("Save the films of this selection as a table, without patient data."))
        self.report: QPushButton = button(self.tr("Report …"), icon=look.icon("keep"))
        self.report.setToolTip(self.tr("Save this selection as a PDF to print."))
        self.first, self.last = self._date(self.tr("From")), self._date(self.tr("To"))
        row = QHBoxLayout()
        row.setSpacing(8)
        more = QHBoxLayout() if narrow else row
        for combo in (self.period, self.step, self.projection):
            row.addWidget(combo)
        if more is not row:
            row.addStretch(1)
        for part in (self.room, self.operator, self.hide_names):
            more.addWidget(part)
        more.addStretch(1)
        more.addWidget(self.csv)
        more.addWidget(self.report)
        self.days = QWidget()
        days = QHBoxLayout(self.days)
        days.setContentsMargins(0, 0, 0, 0)
        days.setSpacing(8)
        for caption, edit in ((self.tr("From"), self.first), (self.tr("to"), self.last)):
            days.addWidget(label(caption, tone="quiet"))
            days.addWidget(edit)
        days.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        if more is not row:
            column.addLayout(more)
        column.addWidget(self.days)
        self.put_names((), ())
        self.choose_period(Period.QUARTER)
        self.period.currentIndexChanged.connect(self._period_changed)
        for combo in (self.step, self.projection, self.room, self.operator):
            combo.currentIndexChanged.connect(lambda _index: self.changed.emit())
        for edit in (self.first, self.last):
            edit.dateChanged.connect(lambda _date: self.changed.emit())
        self.hide_names.toggled.connect(self._hide)

    # ---- what is wanted ----

    def wanted(self) -> FilmFilter:
        """The filter as it is set; a period that ends before it begins is read the other way round."""
        first, last = sorted((_day(self.first), _day(self.last)))
        # Qt hands an enumeration's value back as plain text.
        period, projection = self.period.currentData(), self.projection.currentData()
        return FilmFilter(
            *((first, last) if period is None else days_of(Period(period), self._today)),
            projection=None if projection is None else Projection(projection),
            room=self.room.currentData(),
            operator=self.operator.currentData(),
        )

    def set_today(self, today: date) -> None:
        """Another day has begun: periods end with it. Nobody is told."""
        if today != self._today:
            self._today = today
            self._follow()

    def wanted_step(self) -> Step | None:
        step = self.step.currentData()
        return None if step is None else Step(step)

    @property
    def hidden(self) -> Mapping[str, int] | None:
        """Numbers in place of names, or None where names are shown."""
        return aliases(self._names) if self.hide_names.isChecked() else None

    def choose_period(self, period: Period) -> None:
        """Choose a period without telling anybody; the dates follow, to start from."""
        with QSignalBlocker(self.period):
            self.period.setCurrentIndex(self.period.findData(period))
        self._follow()

    def put_names(self, operators: tuple[str, ...], rooms: tuple[str, ...]) -> None:
        """Offer these people and rooms; what is chosen stays chosen."""
        self._names, self._rooms = operators, rooms
        hidden = self.hidden
        if hidden is not None:  # in the order of the names, the numbers would tell them
            operators = tuple(sorted(operators, key=lambda n: words.place_of(n, hidden)))
        for combo, everything, values, name in (
            (self.room, self.tr("All rooms"), rooms, words.room),
            (self.operator, self.tr("All people"), operators, lambda n: words.operator(n, hidden)),
        ):
            chosen = combo.currentData()
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItem(everything, None)
                for value in values:
                    combo.addItem(name(value), value)
                combo.fit()
                combo.setCurrentIndex(0 if chosen is None else max(0, combo.findData(chosen)))

    def take_over(self, other: FilterBar) -> None:
        """Set everything as in another bar (language or theme changed)."""
        self.blockSignals(True)
        self.hide_names.setChecked(other.hide_names.isChecked())
        self.put_names(other._names, other._rooms)
        for mine, its in (
            (self.period, other.period),
            (self.step, other.step),
            (self.projection, other.projection),
            (self.room, other.room),
            (self.operator, other.operator),
        ):
            mine.setCurrentIndex(its.currentIndex())
        self.first.setDate(other.first.date())
        self.last.setDate(other.last.date())
        self.blockSignals(False)

    # ---- inside ----

    def _combo(self, name: str) -> _Combo:
        combo = _Combo()
        combo.setAccessibleName(name)
        combo.fit()
        combo.setMaximumWidth(self._look.px(220, 440))
        keep_from_wheel(combo)  # under large type the bar scrolls
        return combo

    def _date(self, name: str) -> QDateEdit:
        edit = QDateEdit()
        edit.setAccessibleName(name)
        edit.setDisplayFormat(i18n.day_format())
        edit.setDateRange(*_DAYS)
        edit.setKeyboardTracking(False)
        edit.lineEdit().setTextMargins(8, 0, 0, 0)
        edit.setMinimumWidth(self._look.px(136))
        keep_from_wheel(edit)
        return edit

    def _period_changed(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        period = self.period.currentData()
        self.days.setVisible(period is None)
        if period is not None:
            first, last = days_of(Period(period), self._today)
            for edit, value in ((self.first, first), (self.last, last)):
                if value is not None:
                    with QSignalBlocker(edit):
                        edit.setDate(QDate(value.year, value.month, value.day))

    def _hide(self) -> None:
        self.put_names(self._names, self._rooms)
        self.hidden_changed.emit()


def _day(edit: QDateEdit) -> date:
    at = edit.date()
    return date(at.year(), at.month(), at.day())
