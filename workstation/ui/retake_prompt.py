"""Retake and Keep with note open in place: choose by number, add a word, Enter. Esc goes back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from workstation.domain.decision import RejectReason
from workstation.ui.choice_list import ChoiceList
from workstation.ui.look import LARGE_LINE, button, label

NOTE_LENGTH = 500
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in an open prompt; `note` is None where it is the ready-made one that is chosen."""

    retake: bool
    row: int
    note: str | None
    at_note: bool


class InPlace(QWidget):
    """Heading, what was found, numbered list, note, confirm and back.

    Signals:
        confirmed(str, str): key of what was chosen, ``""`` for nothing, and the note.
        cancelled(): back, nothing is decided.
    """

    confirmed = Signal(str, str)
    cancelled = Signal()

    def __init__(self, title: str, note_hint: str, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._of: int | None = None
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.alarm = label(tone="danger", bold=True, wrap=True)
        self.alarm.hide()
        self.found = label(tone="quiet", wrap=True)
        self.choices = ChoiceList(title)
        self.note = QLineEdit()
        self.note.setPlaceholderText(note_hint)
        self.note.setAccessibleName(note_hint)
        self.note.setMaxLength(NOTE_LENGTH)
        self.note.installEventFilter(self)
        enter = translate("Prompt", "Enter")
        escape = QKeySequence(Qt.Key.Key_Escape).toString(QKeySequence.SequenceFormat.NativeText)
        self.confirm = button(f"{action}   {enter}", "primary")
        back = translate("Prompt", "Back")
        self.back = button(f"{back}   {escape}")
        for made in (self.confirm, self.back):
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(8)
        # As much as each needs, and the rest to the one that goes on.
        row.addWidget(self.back)
        row.addWidget(self.confirm, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(label(title, size="head", wrap=True))
        layout.addWidget(self.alarm)
        layout.addWidget(self.found)
        layout.addWidget(self.choices)
        layout.addWidget(self.note)
        layout.addLayout(row)
        layout.addStretch(1)
        self.choices.confirmed.connect(self._confirm)
        self.choices.cancelled.connect(self.cancelled)
        self.choices.typed.connect(self._begin_note)
        self.confirm.clicked.connect(self._confirm)
        self.back.clicked.connect(self.cancelled)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and watched is self.note:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._confirm()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.cancelled.emit()
                return True
            if event.key() == Qt.Key.Key_Up:
                self.choices.setFocus()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Whatever of the prompt has the focus, Enter and Esc do what stands on its buttons."""
        if event.key() == Qt.Key.Key_Escape or (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.focusWidget() is self.back
        ):
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._confirm()
        else:
            super().keyPressEvent(event)

    @property
    def written(self) -> str:
        """The note, ready-made or in own words."""
        return self.note.text().strip()

    def open(self, found: str, of: int) -> bool:
        """Whether it goes on where it was left: own words on the film `of` are not lost on the way round."""
        goes_on = of == self._of and self.written not in ("", self.choices.chosen)
        self._of = of
        self.tell_found(found)
        if not goes_on:
            self.note.clear()
            self.choices.setCurrentRow(-1)
            self.choices.clearSelection()
        self.choices.setFocus()
        return goes_on

    def tell_found(self, found: str) -> None:
        """What was found, as the film is shown now."""
        self.found.setText(found)
        # Under large type the choices need the room: what was found stands on the film.
        self.found.setVisible(bool(found) and self.fontMetrics().height() <= LARGE_LINE)

    def tell_alarm(self, alarm: str) -> None:
        """What nobody may miss behind the prompt; ``""`` for nothing."""
        self.alarm.setText(alarm)
        self.alarm.setVisible(bool(alarm))

    def forget(self) -> None:
        """Begin anew when it opens next."""
        self._of = None

    def entered(self) -> Entered:
        """What a person chose and typed so far."""
        # As in `ChoiceList.chosen`: the current row may be nobody's choice.
        rows = [self.choices.row(item) for item in self.choices.selectedItems()]
        note = self.note.text() if self.note.text() != self.choices.chosen else None
        at_note = self.focusWidget() is self.note
        return Entered(isinstance(self, RetakePrompt), rows[0] if rows else -1, note, at_note)

    def enter(self, entered: Entered) -> None:
        """Go on from there."""
        if entered.row >= 0:
            self.choices.setCurrentRow(entered.row)
        if entered.note is not None:
            self.note.setText(entered.note)
        (self.note if entered.at_note else self.choices).setFocus()

    def take_focus(self) -> None:
        """The keyboard goes where it was last, else to the choices."""
        (self.note if self.focusWidget() is self.note else self.choices).setFocus()

    def _begin_note(self, text: str) -> None:
        self.note.setFocus()
        self.note.insert(text)

    def _confirm(self) -> None:
        self.confirmed.emit(self.choices.chosen, self.written)


class RetakePrompt(InPlace):
    """Why the film is to be taken again; the reason of the worst finding is chosen already."""

    def __init__(
        self, reasons: tuple[RejectReason, ...], language: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            translate("RetakePrompt", "Retake: why?"),
            translate("RetakePrompt", "Note (not required)"),
            translate("RetakePrompt", "Retake"),
            parent,
        )
        self.choices.fill([(reason.key, reason.label(language)) for reason in reasons])
        self.choices.itemSelectionChanged.connect(self._follow_choice)

    def open_for(self, reason: str, found: str, of: int) -> None:
        """`reason` is chosen; with ``""`` none is, and the retake waits for one."""
        if not self.open(found, of):
            self.choices.choose(reason)
        self._follow_choice()

    def _follow_choice(self) -> None:
        self.confirm.setEnabled(bool(self.choices.chosen))

    def _confirm(self) -> None:
        if self.choices.chosen:
            super()._confirm()
        else:
            self.choices.setFocus()


class KeepPrompt(InPlace):
    """A note that goes with the film; a ready-made one by its number, or in own words, or none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            translate("KeepPrompt", "Keep with note: what should be known?"),
            translate("KeepPrompt", "In your own words"),
            translate("KeepPrompt", "Send"),
            parent,
        )
        presets = (
            self.tr("Answers the clinical question"),
            self.tr("Patient cannot be positioned better"),
            self.tr("A retake is not worth its dose"),
            self.tr("Device or dressing cannot be removed"),
            self.tr("Best of several attempts"),
        )
        self.choices.fill([(text, text) for text in presets])
        self.choices.itemSelectionChanged.connect(self._take_over)

    def _take_over(self) -> None:
        if self.choices.chosen:
            self.note.setText(self.choices.chosen)
