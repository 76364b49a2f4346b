"""The line about the decision: what was decided of whose film, what becomes of it, and undo while it is possible."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.study import projection_of
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.look import ElidedLabel, Look, button, label, set_tone

HEIGHT = 76
_SAVED_MS = 5000
_FINGER = 56
_GROWS = 46  # with larger type; the air around the lines stays what it is
_LEAST_TOLD = 5.0  # seconds for which the decision on another film is told where nothing may be undone


class DecisionStrip(QFrame):
    """Constant height, whatever it says: it stands right above the actions, and they must not move.

    Signals:
        undo_wanted(int): the exposure whose decision is to be taken back.
        keys_free: undo had the keyboard, and can be pressed no more.
    """

    undo_wanted = Signal(int)
    keys_free = Signal()

    def __init__(
        self,
        console: Console,
        look: Look,
        undo_seconds: float,
        language: str = "en",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._console = console
        self._seconds = undo_seconds
        self._language = language
        self._of: int | None = None
        self._failure = ""
        self._asked_early: int | None = None
        self._just_came = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._just_came.timeout.connect(self.refresh)
        self._countdown = 0
        self._prompting = False
        self._saved = ""
        self._saved_timer = QTimer(self, singleShot=True, interval=_SAVED_MS)
        self._saved_timer.timeout.connect(self._forget_saved)
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
        self._undo_texts = (f"{undo}  {key}", undo, "") if look.roomy else (undo, "")
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

    def set_prompting(self, prompting: bool) -> None:
        """Reasons or notes are open: they are about the film on the stage, and so is this line."""
        self._prompting = prompting
        self.refresh()

    def tell_saved(self, name: str) -> None:
        """An export was written; said for a few seconds."""
        self._saved = name
        self._saved_timer.start()
        self.refresh()

    def _forget_saved(self) -> None:
        self._saved = ""
        self.refresh()

    def clear_failure(self) -> None:
        self._failure = ""

    def refresh(self) -> None:
        """The film on the stage if decided, else for a while the one decided last; its own row tells it for good."""
        stage = self._console.stage
        last = self._console.get(self._console.last_decided or 0)
        about: Exposure | None = None
        if stage is not None and is_decided(stage.state):
            about = stage
        elif last is not None and self._is_told(last):
            about = last
        # The last decision gives way to the reason only where a person asked for the next one.
        asked = stage is not None and stage.id == self._asked_early
        unseen = stage is not None and (self._is_unseen(stage) or (asked and self._console.undoing))
        set_tone(self.text, "")
        if self._failure:
            self._say()
        elif self._countdown:
            about = None
            said = self.tr("No warnings: leaves in %n s", "", self._countdown)
            self._say(said, detail=self.tr("Any key or click stops it."))
        elif self._saved:
            about = about if about is stage else None
            self._say(self.tr("Saved: {0}").format(self._saved))
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
        if self.undo.hasFocus() and not self.can_undo:
            self.keys_free.emit()  # else they would slide on to Send: a second press of Space would decide
        self.undo.setVisible(self.can_undo)
        self._fit_undo()
        if about is None:
            self._tick.stop()
        lines = self.layout()
        assert lines is not None
        lines.activate()  # undo may be wider or narrower now

    def _fit_undo(self) -> None:
        """Undo in as many words as the title leaves room for; what went wrong needs the whole width."""
        room = self.width() - 16 - 8 - self.text.fontMetrics().horizontalAdvance(self.text.full_text())
        for said in self._undo_texts if not self._failure else ("",):
            self.undo.setText(said)
            if self.undo.sizeHint().width() <= room:
                break
        # By its icon alone it is still to be hit in a hurry, with gloves on.
        bare = not self.undo.text() and not self._failure
        self.undo.setMinimumWidth(max(0, min(room, _FINGER)) if bare else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

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
        note = f"«{decision.note}»" if decision.note else ""
        about = ", ".join(part for part in (self._reason(decision.reason), note) if part)
        if other:
            # The next film may be the same patient's: its title must not be read as said of that one.
            set_tone(self.text, "quiet")
            done = self._title_of_other(decision.choice)
            about = self._which(exposure)
        left = self._seconds_left(exposure)
        detail = self.tr("Leaves in %n s", "", left) if left > 0 else words.fate_in_full(exposure)
        if left > 0 or other:
            self._tick.start()
        else:
            self._tick.stop()
        self._say(done, about, detail)

    def _reason(self, key: str) -> str:
        """Wording of a retake's reason; its key where the site has taken it off the list since."""
        known = {reason.key: reason for reason in self._console.parts.reasons}
        return known[key].label(self._language) if key in known else key

    def _title_of_other(self, choice: Choice) -> str:
        done = {
            Choice.SEND: self.tr("accepted"),
            Choice.KEEP_WITH_NOTE: self.tr("with note"),
            Choice.RETAKE: self.tr("rejected"),
        }[choice]
        long, short = self.tr("Previous film: {0}").format(done), self.tr("Previous: {0}").format(done)
        # A shorter title before undo loses its words: the line below names the film, the arrow alone names nothing.
        bare = self.undo.minimumSizeHint().height() + self.undo.iconSize().width()
        for said in self._undo_texts:
            self.undo.setText(said)
            undo = self.undo.sizeHint().width() if said else bare
            for title in (long, short):
                if self.text.fontMetrics().horizontalAdvance(title) <= self.width() - 24 - undo:
                    return title
        return short

    def _which(self, exposure: Exposure) -> str:
        """Projection, time and name of a film; what matters less gives way whole where it is narrow."""
        name = exposure.header.patient.name or words.translate("Worklist", "No name")
        time, view = words.moment(exposure.received_at), projection_of(exposure)
        room = self.width() - 18
        for parts in (
            (words.projection_short(view), time, name),
            (words.projection_shortest(view), time, name),
            (time, name),
        ):
            said = " · ".join(part for part in parts if part)
            if self.about.fontMetrics().horizontalAdvance(said) <= room:
                return said
        return name

    def _is_told(self, exposure: Exposure) -> bool:
        """Whether a decision is still told beside another film."""
        if exposure.decision is None or not exposure.can_undo or self._prompting:
            return False
        return _since(exposure.decision.decided_at) < max(self._seconds, _LEAST_TOLD)

    def _seconds_left(self, exposure: Exposure) -> int:
        if exposure.decision is None or exposure.not_sent_because is not None or not exposure.can_undo:
            return 0
        if any(d.attempts for d in exposure.deliveries):
            return 0
        return max(0, round(self._seconds - _since(exposure.decision.decided_at)))

    def _undo(self) -> None:
        if self._of is not None:
            self.undo_wanted.emit(self._of)


def _since(iso: str) -> float:
    """Seconds since a moment."""
    return (datetime.now().astimezone() - datetime.fromisoformat(iso)).total_seconds()
