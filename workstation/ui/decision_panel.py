"""The right side: cards above, one line about the decision, the three equal actions always in the same place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.findings import State
from workstation.domain.order import Fit
from workstation.domain.turn import Turn
from workstation.services.disposition import has_left
from workstation.services.reasons import WRONG_ENTRY
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.decision_strip import DecisionStrip
from workstation.ui.look import Look, PanelButton, label, repolish, set_tone
from workstation.ui.retake_prompt import Entered, InPlace, KeepPrompt, RetakePrompt
from workstation.ui.review_panel import ReviewCards

ACTION_HEIGHT = 92
_LEAST_LOOK_MS = 500


def first_look_ms() -> int:
    """How long a film that nobody chose is on the stage before it can be decided, in milliseconds.

    The second press of a double one is meant for the film before.
    """
    return max(_LEAST_LOOK_MS, QApplication.doubleClickInterval())


class ActionButton(PanelButton):
    """Icon, word and key one above the other; all three actions look alike."""

    def __init__(self, icon: str, text: str, key: str, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._look = look
        self._icon = icon
        self.setObjectName("action")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(look.px(ACTION_HEIGHT))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{text} ({key})")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 6)
        layout.setSpacing(0)
        self._picture = label()
        self._word = label(text, bold=True, wrap=True)
        self._key = label(key, tone="quiet", size="small")
        for part in (self._picture, self._word, self._key):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout.addWidget(self._picture)
        layout.addWidget(self._word, 1)
        layout.addWidget(self._key)
        self._side = look.px(22, 30)
        self._picture.setFixedHeight(self._side + 2)
        self._key.setFixedHeight(look.px(18))
        self.set_live(True)

    def set_live(self, live: bool) -> None:
        """Live actions have the text's colour, resting ones are quiet."""
        self.setEnabled(live)
        colour = self._look.colours.text if live else self._look.colours.quiet
        self._picture.setPixmap(self._look.pixmap(self._icon, colour, self._side, self.devicePixelRatioF()))
        set_tone(self._word, "" if live else "quiet")

    def set_chosen(self, chosen: bool) -> None:
        """Whether it is what was decided, or its reasons or notes are open.

        Not "checked": a screen reader would speak of a box to tick.
        """
        if self.property("chosen") != chosen:
            self.setProperty("chosen", chosen)
            repolish(self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the first click has acted; the next film may be on the stage already


class DecisionPanel(QWidget):
    """Review and decision of the film on the stage. Actions never wait for a verdict.

    Signals:
        keys_free: what had the keyboard here is gone; it is the film's again.
    """

    keys_free = Signal()

    def __init__(
        self, console: Console, look: Look, language: str, undo_seconds: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._console = console
        self._language = language
        self._came: int | None = None
        self._looked = QElapsedTimer()
        self._others: dict[QWidget, Qt.FocusPolicy] = {}
        self._whose = ""
        self.cards = ReviewCards(console, look, language)
        self.retake = RetakePrompt(console.parts.reasons, language)
        self.keep = KeepPrompt()
        self.pages = QStackedWidget()
        for page in (self.cards, self.retake, self.keep):
            self.pages.addWidget(page)
        self.strip = DecisionStrip(console, look, undo_seconds, language)
        self.send_button = ActionButton("send", self.tr("Send"), "F5", look)
        self.keep_button = ActionButton("keep", self.tr("Keep with note"), "F6", look)
        self.keep_button.setToolTip(self.tr("Sends the film; your note stays with the decision"))
        self.retake_button = ActionButton("retake", self.tr("Retake"), "F8", look)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        actions = QHBoxLayout()
        actions.setSpacing(8)
        for made in (self.send_button, self.keep_button, self.retake_button):
            actions.addWidget(made, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 8, 12, 12)
        foot.setSpacing(8)
        foot.addWidget(self.strip)
        foot.addLayout(actions)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.pages, 1)
        layout.addLayout(foot)

    def _connect(self) -> None:
        console = self._console
        self.cards.projection_overridden.connect(self._override)
        self.cards.focus_lost.connect(self.keys_free)
        self.send_button.clicked.connect(self.send)
        self.keep_button.clicked.connect(self.toggle_keep)
        self.retake_button.clicked.connect(self.toggle_retake)
        self.retake.cancelled.connect(self.close_prompt)
        self.keep.cancelled.connect(self.close_prompt)
        self.retake.confirmed.connect(lambda reason, note: self._decide(Choice.RETAKE, reason, note))
        self.keep.confirmed.connect(lambda _key, note: self._decide(Choice.KEEP_WITH_NOTE, "", note))
        self.strip.undo_wanted.connect(console.undo)
        self.strip.keys_free.connect(self.keys_free)
        self.pages.currentChanged.connect(self._prompting_changed)
        console.stage_changed.connect(self._stage_changed)
        console.film_shown.connect(self._film_shown)
        console.updated.connect(self._updated)
        console.analysis.changed.connect(self.refresh)
        console.statuses_changed.connect(self.cards.refresh)
        console.statuses_changed.connect(self._tell_found)
        console.decided.connect(self._decided)
        console.undone.connect(self._decided)
        console.decision_failed.connect(self._failed)

    @property
    def prompting(self) -> bool:
        """Whether reasons or notes are offered."""
        return self.pages.currentWidget() is not self.cards

    def keep_keys_from(self, *others: QWidget) -> None:
        """While reasons or notes are offered a click on one of `others` (a look at the film) leaves the keys here."""
        self._others = {other: other.focusPolicy() for other in others}

    def belong_to(self, name: str) -> None:
        """Whoever is signed in signs for nobody else's words."""
        if self._whose and name and name != self._whose:
            self.close_prompt()
            for page in (self.retake, self.keep):
                page.forget()
        self._whose = name or self._whose

    def set_turn(self, turn: Turn) -> None:
        """Name edges as they are seen on a film that is shown so."""
        self.cards.set_turn(turn)
        self._tell_found()

    def take_focus(self) -> bool:
        """The keyboard goes to the reasons or notes that are open; False where none are."""
        page = self.pages.currentWidget()
        if isinstance(page, InPlace):
            page.take_focus()
        return self.prompting

    # ---- what a person does ----

    def send(self) -> None:
        """Send the film, with the note that is being written."""
        note = self.keep.written if self.pages.currentWidget() is self.keep else ""
        self._decide(Choice.KEEP_WITH_NOTE if note else Choice.SEND, "", note)

    def toggle_retake(self) -> None:
        """Open the reasons, or go back."""
        stage = self._asked()
        if stage is None or self.pages.currentWidget() is self.retake:
            self.close_prompt()
            return
        wrong = self._console.order_check(stage).fit in (Fit.WRONG_PATIENT, Fit.WRONG_ACCESSION)
        keys = {reason.key for reason in self._console.parts.reasons}
        likely = self._console.parts.preselect(stage.verdict)
        reason = WRONG_ENTRY if wrong and WRONG_ENTRY in keys else likely
        self.pages.setCurrentWidget(self.retake)
        self.retake.open_for(reason, self._found(stage), stage.id)
        self._tell_found()
        self._mark()

    def toggle_keep(self) -> None:
        """Open the note, or go back."""
        stage = self._asked()
        if stage is None or self.pages.currentWidget() is self.keep:
            self.close_prompt()
            return
        self.pages.setCurrentWidget(self.keep)
        self.keep.open(self._found(stage), stage.id)
        self._tell_found()
        self._mark()

    def entered(self) -> Entered | None:
        """What stands in the prompt that is open."""
        page = self.pages.currentWidget()
        return page.entered() if isinstance(page, InPlace) else None

    def go_on(self, entered: Entered) -> None:
        """Open the prompt as it stood before the window was built anew."""
        (self.toggle_retake if entered.retake else self.toggle_keep)()
        page = self.pages.currentWidget()
        if isinstance(page, InPlace):
            page.enter(entered)

    def close_prompt(self) -> None:
        """Back to the cards."""
        if self.prompting:
            self.pages.setCurrentWidget(self.cards)
            self.keys_free.emit()
        self._mark()

    def undo(self) -> None:
        """Take the last decision back, or that of the film on the stage."""
        stage = self._console.stage
        if not self.strip.can_undo and stage is not None and is_decided(stage.state):
            self.strip.fail(has_left(stage))
        self.strip.undo.click()

    def _decide(self, choice: Choice, reason: str = "", note: str = "") -> None:
        stage = self._asked()
        if stage is not None:
            self.strip.clear_failure()
            self._console.decide(stage.id, choice, reason, note)
        self.close_prompt()
        self.refresh()

    def _override(self, projection: object) -> None:
        stage = self._console.stage
        if stage is not None:
            self._console.override_projection(stage.id, projection)  # type: ignore[arg-type]

    def _open_for_decision(self) -> Exposure | None:
        stage = self._console.stage
        return stage if stage is not None and self._console.can_decide(stage) else None

    def _asked(self) -> Exposure | None:
        if self._console.undoing:  # the press is meant for the film that is on its way back, not for this one
            self.strip.tell_why_not()
            return None
        stage = self._open_for_decision()
        early = self._looked.isValid() and self._looked.elapsed() < first_look_ms()
        if stage is None or early:
            self.strip.tell_why_not(first_look_ms() - self._looked.elapsed() if early else 0)
            return None
        return stage

    def _found(self, exposure: Exposure) -> str:
        verdict = exposure.verdict
        if verdict is None or verdict.state not in (State.WARN, State.UNSURE):
            return ""
        adviser = self._console.parts.adviser
        advice = adviser.for_verdict(verdict, exposure.header, self._language, self.cards.turn)
        return advice.what or advice.headline

    def _tell_found(self) -> None:
        page, stage = self.pages.currentWidget(), self._console.stage
        if isinstance(page, InPlace) and stage is not None:
            page.tell_found(self._found(stage))
            # The worklist may answer while the red card is covered.
            wrong = self._console.order_check(stage).fit is Fit.WRONG_PATIENT
            page.tell_alarm(words.translate("OrderCard", "Wrong patient?") if wrong else "")

    def _prompting_changed(self) -> None:
        self.strip.set_prompting(self.prompting)
        for other, usual in self._others.items():
            other.setFocusPolicy(Qt.FocusPolicy.TabFocus if self.prompting else usual)

    # ---- what the console says ----

    def refresh(self) -> None:
        """Follow the film on the stage."""
        stage = self._console.stage
        live = self._open_for_decision() is not None
        for made in (self.send_button, self.keep_button, self.retake_button):
            made.set_live(live)
        if stage is None or not live:
            self.close_prompt()
        self.cards.refresh()
        self._tell_found()
        self.strip.refresh()
        self._mark()

    def _updated(self, exposures: Sequence[Exposure]) -> None:
        stage = self._console.stage
        told = {self._console.last_decided, stage.id if stage is not None else None}
        if any(exposure.id in told for exposure in exposures):
            self.refresh()

    def _stage_changed(self) -> None:
        stage = self._console.stage
        came, self._came = self._came, stage.id if stage is not None else None
        if self._console.stage_chosen:
            self._looked.invalidate()
        elif came != self._came:
            self._looked.start()
        self.strip.clear_failure()
        self.close_prompt()
        self.refresh()

    def _film_shown(self) -> None:
        if not self._console.stage_chosen:
            self._looked.start()
        # A film from memory is shown within the change of the stage: all is told already.
        if self.send_button.isEnabled() != (self._open_for_decision() is not None):
            self.refresh()

    def _decided(self) -> None:
        self.strip.clear_failure()
        self.refresh()

    def _failed(self, exposure_id: int, error: BaseException) -> None:
        self.refresh()
        stage = self._console.stage
        # What failed of a film that is on the stage no more must not be read as said of this one.
        if stage is None or exposure_id in (stage.id, self._console.last_decided):
            self.strip.fail(error)

    def _mark(self) -> None:
        stage = self._console.stage
        chosen = stage.decision.choice if stage is not None and stage.decision is not None else None
        page = self.pages.currentWidget()
        for made, choice, on in (
            (self.send_button, Choice.SEND, False),
            (self.keep_button, Choice.KEEP_WITH_NOTE, page is self.keep),
            (self.retake_button, Choice.RETAKE, page is self.retake),
        ):
            made.set_chosen(on or chosen is choice)
