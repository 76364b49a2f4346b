"""The cascade against the people: a table of four rows whose every number opens its films."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from workstation.domain.decision import Choice
from workstation.domain.statistics import FEWEST_FILMS, AgainstHuman, Opinion
from workstation.services.statistics_service import Summary
from workstation.ui import i18n
from workstation.ui.look import Look, button, icon_label, label, repolish
from workstation.ui.statistics import words

# Where people and cascade part.
_APART = (
    (Opinion.WARNED, Choice.SEND),
    (Opinion.WARNED, Choice.KEEP_WITH_NOTE),
    (Opinion.PASSED, Choice.RETAKE),
)
_CHOICES = (Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.RETAKE)


class AgainstPanel(QWidget):
    """What the cascade said (rows) and what people did (columns).

    Signals:
        chosen: (opinion, decisions) whose films are wanted.
    """

    chosen = Signal(object, tuple)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers: dict[tuple[Opinion, Choice], QPushButton] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        for column, choice in enumerate(_CHOICES, start=2):
            head = label(words.choice(choice), tone="quiet", size="small", wrap=True)
            head.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
            grid.addWidget(head, 0, column)
        for row, opinion in enumerate(Opinion, start=1):
            glyph = look.state_pixmap(words.STATES[opinion], look.px(16), self.devicePixelRatioF())
            grid.addWidget(icon_label(glyph, look.px(16)), row, 0)
            grid.addWidget(label(words.opinion(opinion)), row, 1)
            for column, choice in enumerate(_CHOICES, start=2):
                number = button("–", "cell")
                number.clicked.connect(lambda _checked=False, o=opinion, c=choice: self.chosen.emit(o, (c,)))
                self.numbers[opinion, choice] = number
                grid.addWidget(number, row, column)
        self.agreement = label(wrap=True)
        self.apart = label(tone="quiet", size="small", wrap=True)
        self.value = label(tone="quiet", size="small", wrap=True)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(4)
        column_.addLayout(grid)
        for part in (self.agreement, self.apart, self.value):
            column_.addWidget(part)

    def show_summary(self, summary: Summary) -> None:
        against = summary.against
        for (opinion, choice), number in self.numbers.items():
            tally = against.rows[opinion]
            count = {
                Choice.SEND: tally.accepted,
                Choice.KEEP_WITH_NOTE: tally.kept,
                Choice.RETAKE: tally.rejected,
            }
            number.setText(words.count(count[choice]))
            if (opinion, choice) in _APART:
                number.setProperty("kind", "cell-apart" if count[choice] else "cell")
                repolish(number)
            number.setAccessibleName(f"{words.opinion(opinion)}, {words.choice(choice)}: {count[choice]}")
        self.agreement.setText(agreement(against))
        self.apart.setText(
            self.tr("Warned but sent: {0}. Passed but rejected: {1}.").format(
                words.count(against.overruled), words.count(against.unprompted)
            )
        )
        self.value.setText(predictive(summary))


def agreement(against: AgainstHuman) -> str:
    """Agreement of warnings and decisions, or why there is none."""
    judged = against.judged.decided
    if judged < FEWEST_FILMS:
        return words.translate("Statistics", "Agreement: {0}").format(words.too_few(judged))
    text = words.translate("Statistics", "Agreement: {0}").format(words.percent(against.agreed / judged))
    return text if against.kappa is None else f"{text} (κ {i18n.number(against.kappa, 2)})"


def predictive(summary: Summary) -> str:
    """How many warnings end in a retake, seen and expected."""
    observed = summary.against.observed
    if observed.total < FEWEST_FILMS:
        seen = words.too_few(observed.total)
    else:
        seen = words.translate("Statistics", "{0} (95 % CI {1})").format(
            words.percent(observed.rate, 0), words.interval(observed)
        )
        rate, _, interval = seen.partition(" ")
        seen = f"{rate} {i18n.unbroken(interval)}"
    text = words.translate("Statistics", "Warnings that ended in a retake: {0}.").format(seen)
    if summary.expected_ppv is None:
        return text
    expected = words.translate(
        "Statistics",
        "Expected from the model card at this share of films with cut-off lung or a rotated chest: {0}.",
    )
    return f"{text} {expected.format(words.percent(summary.expected_ppv, 0))}"
