"""The day in numbers: received, sent, kept, taken again and why, with the reject rate and its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workstation.domain.decision import Choice, RejectReason
from workstation.domain.exposure import Exposure, ExposureState, is_decided
from workstation.domain.statistics import DecisionRow, agreement, reject_rate
from workstation.ui import i18n
from workstation.ui.look import Look, button, label

# AAPM TG-305: target and action level of the reject rate.
TARGET, ACTION = 0.08, 0.10


@dataclass(frozen=True, slots=True)
class Day:
    """What the dialog shows, read on a worker."""

    exposures: Sequence[Exposure]
    decisions: Sequence[DecisionRow]


class _Bar(QWidget):
    def __init__(self, part: float, colour: str, track: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part = part
        self._colour = colour
        self._track = track
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for width, colour in ((1.0, self._track), (self._part, self._colour)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(0, 4, self.width() * width, 8), 4, 4)
        painter.end()


class StatisticsDialog(QDialog):
    """Not modal; a snapshot of the moment it was opened."""

    def __init__(
        self,
        day: Day,
        reasons: tuple[RejectReason, ...],
        language: str,
        look: Look,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Statistics of today"))
        self.setMinimumSize(760, 480)
        self._look = look
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addLayout(self._numbers(day))
        layout.addWidget(self._rate(day))
        layout.addWidget(self._reasons(day, {r.key: r.label(language) for r in reasons}))
        layout.addWidget(self._agreement(day))
        layout.addStretch(1)
        close = button(self.tr("Close"))
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(close)
        layout.addLayout(row)

    def _numbers(self, day: Day) -> QHBoxLayout:
        def chose(choice: Choice) -> int:
            return sum(e.decision is not None and e.decision.choice is choice for e in day.exposures)

        sent = sum(e.state in (ExposureState.SENT, ExposureState.COMMITTED) for e in day.exposures)
        row = QHBoxLayout()
        row.setSpacing(8)
        for text, count in (
            (self.tr("received"), len(day.exposures)),
            (self.tr("to decide"), sum(not is_decided(e.state) for e in day.exposures)),
            (self.tr("accepted"), chose(Choice.SEND)),
            (self.tr("kept with note"), chose(Choice.KEEP_WITH_NOTE)),
            (self.tr("to repeat"), chose(Choice.RETAKE)),
            (self.tr("sent out"), sent),
        ):
            card, column = _card()
            number = label(str(count), size="verdict")
            caption = label(text, tone="quiet", size="small")
            for part in (number, caption):
                part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                column.addWidget(part)
            card.setAccessibleName(f"{text}: {count}")
            row.addWidget(card, 1)
        return row

    def _rate(self, day: Day) -> QWidget:
        rate = reject_rate(day.decisions)
        card, column = _card()
        if rate.rate is None:
            column.addWidget(label(self.tr("Nothing decided yet: no reject rate."), wrap=True))
            return card
        low, high = rate.interval
        text = self.tr("Reject rate {0} ({1} of {2}; with so few films anything between {3} and {4})").format(
            i18n.percent(rate.rate), rate.rejected, rate.total, i18n.percent(low), i18n.percent(high)
        )
        column.addWidget(label(text, bold=True, wrap=True))
        goal = self.tr("Target {0}, act above {1}").format(i18n.percent(TARGET), i18n.percent(ACTION))
        column.addWidget(label(goal, tone="quiet", size="small"))
        return card

    def _reasons(self, day: Day, names: dict[str, str]) -> QWidget:
        rate = reject_rate(day.decisions)
        card, column = _card()
        column.addWidget(label(self.tr("Why films were taken again"), bold=True))
        if not rate.reasons:
            column.addWidget(label(self.tr("No film was."), tone="quiet"))
            return card
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        most = max(rate.reasons.values())
        for line, (key, count) in enumerate(rate.reasons.items()):
            grid.addWidget(label(names.get(key, key)), line, 0)
            grid.addWidget(_Bar(count / most, self._look.colours.accent, self._look.colours.border), line, 1)
            grid.addWidget(label(str(count), bold=True), line, 2)
        column.addLayout(grid)
        return card

    def _agreement(self, day: Day) -> QWidget:
        counts = agreement(day.decisions)
        text = self.tr(
            "With the cascade: {0} warned and taken again, {1} warned and sent all the same, "
            "{2} taken again without a warning, {3} without remarks on either side."
        ).format(counts.followed, counts.overruled, counts.unprompted, counts.clear)
        return label(text, tone="quiet", wrap=True)


def _card() -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    card.setProperty("card", True)
    column = QVBoxLayout(card)
    column.setContentsMargins(12, 8, 12, 8)
    column.setSpacing(4)
    return card, column
