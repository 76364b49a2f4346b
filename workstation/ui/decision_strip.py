"""The line about the decision: what was decided of whose film, what becomes of it, and undo while it is possible."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, is_decided
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.look import ElidedLabel, Look, button, label, set_tone

HEIGHT = 76
_GROWS = 46  # with larger type; the air around the lines stays what it is


class DecisionStrip(QFrame):
    """Constant height, whatever it says: it stands right above the actions, and they must not move."""

    undo_wanted = Signal(int)

    def __init__(
        self, console: Console, look: Look, undo_seconds: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._console = console
        self._seconds = undo_seconds
        self._of: int | None = None
        self._failure = ""
        self._asked_early: int | None = None
        self._just_came = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._just_came.timeout.connect(self.refresh)
        self._countdown = 0
        self.setObjectName("strip")
        self.setFixedHeight(HEIGHT + round((look.scale - 1) * _GROWS))
        self.text = ElidedLabel()
        # Whose film, or the note: a line of its own, so that a name is whole beside another film on the stage.
        self.about = ElidedLabel()
        self.detail = ElidedLabel()
        self.detail.setProperty("tone", "quiet")
        self.detail.setProperty("type", "small")
        self.failure = label(tone="danger", size="small", wrap=True)
        self.undo = button("", "link", look.icon("undo", look.colours.accent))
        self.undo.setObjectName("undo")
        self.undo.clicked.connect(self._undo)
        key = QKeySequence(QKeySequence.StandardKey.Undo).toString(QKeySequence.SequenceFormat.NativeText)
        undo = self.tr("Undo")
        self._undo_text = f"{undo}  {key}" if look.roomy else undo
        self.undo.setAccessibleName(undo)
        self.undo.setToolTip(f"{undo} ({key})")
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 4, 4, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        for row in (0, 4):
            grid.setRowStretch(row, 1)
        grid.addWidget(self.text, 1, 0)
        grid.addWidget(self.undo, 1, 1)
        grid.addWidget(self.about, 2, 0, 1, 2)
        grid.addWidget(self.detail, 3, 0, 1, 2)
        grid.addWidget(self.failure, 0, 0, 5, 1)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self.refresh)
        self.refresh()

    @property
    def can_undo(self) -> bool:
        """Whether the decision it speaks of can be taken back."""
        return self._of is not None

    def fail(self, error: BaseException) -> None:
        """Say that a decision or its undo was refused."""
        message, remedy = words.error(error)
        self._failure = f"{message} {remedy}"
        self.refresh()

    def tell_why_not(self, wait_ms: int = 0) -> None:
        """A decision was asked for before the film was seen; `wait_ms`: it is shown, yet came only now."""
        stage = self._console.stage
        self._asked_early = stage.id if stage is not None else None
        if wait_ms > 0:
            self._just_came.start(wait_ms + 1)
        self.refresh()

    def set_countdown(self, seconds: int) -> None:
        """Say in how many seconds the film on the stage leaves by itself; 0 for not."""
        self._countdown = seconds
        self.refresh()

    def clear_failure(self) -> None:
        self._failure = ""

    def refresh(self) -> None:
        """The film on the stage if decided, else the one decided last while it can be taken back."""
        stage = self._console.stage
        last = self._console.get(self._console.last_decided or 0)
        about: Exposure | None = None
        if stage is not None and is_decided(stage.state):
            about = stage
        elif last is not None and last.can_undo and is_decided(last.state):
            about = last
        unseen = stage is not None and self._is_unseen(stage)
        # The last decision gives way to the reason only where a person asked for the next one.
        asked = stage is not None and stage.id == self._asked_early
        set_tone(self.text, "")
        if self._failure:
            self._say()
        elif self._countdown:
            about = None
            said = self.tr("No warnings: leaves in %n s", "", self._countdown)
            self._say(said, detail=self.tr("Any key or click stops it."))
        elif unseen and (about is None or asked):
            set_tone(self.text, "quiet")
            self._say(self.tr("Reading the film …"), detail=self.tr("It can be decided once it is shown."))
        elif asked and stage is not None and not is_decided(stage.state) and self._just_came.isActive():
            set_tone(self.text, "quiet")
            self._say(self.tr("A new film"), detail=self.tr("Look at it, then decide."))
        elif about is None:
            set_tone(self.text, "quiet")
            self._say(self.tr("Not decided yet") if stage is not None else "")
        else:
            self._tell(about, other=about is not stage)
        self.failure.setText(self._failure)
        self.failure.setVisible(bool(self._failure))
        self._of = about.id if about is not None and about.can_undo else None
        self.undo.setVisible(self.can_undo)
        # What went wrong needs the width.
        self.undo.setText("" if self._failure else self._undo_text)

    def _is_unseen(self, stage: Exposure) -> bool:
        undecided = not is_decided(stage.state) and not self._console.is_deciding(stage.id)
        return undecided and not self._console.can_decide(stage)

    def _say(self, text: str = "", about: str = "", detail: str = "") -> None:
        for line, said in ((self.text, text), (self.about, about), (self.detail, detail)):
            line.set_full_text(said)
            line.setVisible(bool(said))

    def _tell(self, exposure: Exposure, *, other: bool) -> None:
        assert exposure.decision is not None
        decision = exposure.decision
        done = {
            Choice.SEND: self.tr("Accepted"),
            Choice.KEEP_WITH_NOTE: self.tr("Accepted with note"),
            Choice.RETAKE: self.tr("Rejected"),
        }[decision.choice]
        about = f"«{decision.note}»" if decision.note else ""
        if other:
            about = exposure.header.patient.name or words.translate("Worklist", "No name")
        left = self._seconds_left(exposure)
        if left > 0:
            detail = self.tr("Leaves in %n s", "", left)
            self._tick.start()
        else:
            self._tick.stop()
            detail = words.fate_in_full(exposure)
        self._say(done, about, detail)

    def _seconds_left(self, exposure: Exposure) -> int:
        if exposure.decision is None or exposure.not_sent_because is not None or not exposure.can_undo:
            return 0
        if any(d.attempts for d in exposure.deliveries):
            return 0
        decided = datetime.fromisoformat(exposure.decision.decided_at)
        gone = (datetime.now().astimezone() - decided).total_seconds()
        return max(0, round(self._seconds - gone))

    def _undo(self) -> None:
        if self._of is not None:
            self.undo_wanted.emit(self._of)
