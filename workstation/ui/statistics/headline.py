"""The figures one reads first, and what the reject rate calls for."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workstation.domain import statistics
from workstation.domain.control_chart import Standing
from workstation.domain.decision import Choice
from workstation.domain.findings import State
from workstation.domain.statistics import FEWEST_FILMS, Levels
from workstation.services.statistics_service import Summary
from workstation.ui.look import Look, PanelButton, label, repolish
from workstation.ui.statistics import words

_STATE = {
    statistics.Signal.TOO_FEW: State.NOT_ASSESSED,
    statistics.Signal.TOO_LOW: State.UNSURE,
    statistics.Signal.IN_ORDER: State.PASS,
    statistics.Signal.ABOVE_TARGET: State.UNSURE,
    statistics.Signal.PERHAPS_ACTION: State.UNSURE,  # no alarm for what may be chance: three of twenty films
    statistics.Signal.ACTION: State.WARN,
}


class Figure(PanelButton):
    """A large number over its name; a button where there are films behind it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__("figure", parent)
        self._name = name
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        self.number = label("–", size="verdict")
        self.caption = label(name, tone="quiet", size="small", wrap=True)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignTop)
        for part in (self.number, self.caption):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def put(self, number: str, caption: str = "") -> None:
        self.number.setText(number)
        self.caption.setText(caption or self._name)
        self.setAccessibleName(f"{self._name}: {number}")


class Headline(QWidget):
    """Seven figures and one sentence.

    Signals:
        chosen: decisions (Choice or None) whose films are wanted; empty for all films.
    """

    chosen = Signal(tuple)

    def __init__(self, look: Look, levels: Levels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._look, self._levels = look, levels
        self.exposures = Figure(self.tr("exposures"))
        self.accepted = Figure(self.tr("accepted"))
        self.kept = Figure(self.tr("kept with note"))
        self.rejected = Figure(self.tr("rejected"))
        self.rate = Figure(self.tr("reject rate"))
        self.repeats = Figure(self.tr("repeat rate"))
        self.wait = Figure(self.tr("median time to decision"))
        row = QHBoxLayout()
        row.setSpacing(8)
        rates = row if look.roomy else QHBoxLayout()
        for figure, choices in (
            (self.exposures, ()),
            (self.accepted, (Choice.SEND,)),
            (self.kept, (Choice.KEEP_WITH_NOTE,)),
            (self.rejected, (Choice.RETAKE,)),
            (self.rate, (Choice.RETAKE,)),
            (self.repeats, None),
            (self.wait, None),
        ):
            # As wide as their captions are long.
            wide = {self.rate: 15, self.repeats: 14, self.wait: 16}.get(figure)
            if wide is not None:
                rates.addWidget(figure, wide)
            else:
                row.addWidget(figure, 10)
            if choices is None:
                figure.setEnabled(False)
            else:
                figure.clicked.connect(lambda _checked=False, wanted=choices: self.chosen.emit(wanted))
        self.strip = QFrame()
        self.strip.setProperty("card", True)
        self._glyph = label()
        self._side = look.px(20)
        self._glyph.setFixedSize(self._side, self._side)
        self.sentence = label(bold=True, wrap=True)
        strip = QHBoxLayout(self.strip)
        strip.setContentsMargins(12, 6, 12, 6)
        strip.setSpacing(8)
        strip.addWidget(self._glyph)
        strip.addWidget(self.sentence, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        if rates is not row:
            rates.setSpacing(8)
            column.addLayout(rates)
        column.addWidget(self.strip)

    def show_summary(self, summary: Summary) -> None:
        total, rate = summary.total, summary.total.rejects
        waiting = self.tr("exposures, {0} open", "", total.undecided).format(words.count(total.undecided))
        self.exposures.put(words.count(total.total), waiting if total.undecided else "")
        self.accepted.put(words.count(total.accepted))
        self.kept.put(words.count(total.kept))
        self.rejected.put(words.count(total.rejected))
        enough = total.decided >= FEWEST_FILMS
        certain = self.tr("reject rate, 95 % CI {0}").format(words.interval(rate))
        few = self.tr("reject rate: too few films")
        self.rate.put(words.percent(rate.rate) if enough else "–", certain if enough else few)
        again = self.tr("repeat rate, {0} extra view(s)", "", summary.repeats)
        again = again.format(words.count(summary.repeats))
        self.repeats.put(words.percent(summary.repeats / total.decided) if enough else "–", again)
        slow = self.tr("to decision, 90 % in {0}").format(words.duration(summary.wait_p90_s))
        self.wait.put(words.duration(summary.wait_median_s), slow if summary.wait_p90_s is not None else "")
        found = statistics.signal(rate, self._levels)
        points = summary.chart.points if not summary.subject else ()  # the sentence is about all rejects
        outside = sum(p.standing in (Standing.ABOVE, Standing.BELOW) for p in points)
        sentence = words.verdict(rate, self._levels)
        self.sentence.setText(f"{sentence} {words.outside(outside)}" if outside else sentence)
        state = _STATE[found]
        if outside and state is State.PASS:
            state = State.UNSURE  # in order on the whole, but something happened: look yourself
        self._glyph.setPixmap(self._look.state_pixmap(state, self._side, self.devicePixelRatioF()))
        self.strip.setProperty("state", state.value if state in (State.WARN, State.UNSURE) else "")
        repolish(self.strip)
