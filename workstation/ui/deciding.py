"""What a person, or the countdown, decides about a film of the roster, and whose hand is on it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.operator import SignInRefused
from workstation.domain.turn import UNTURNED
from workstation.services.system_user import system_user
from workstation.settings.model import Settings
from workstation.ui import words
from workstation.ui.jobs import Outcome
from workstation.ui.parts import Parts, Workers
from workstation.ui.roster import Roster


def nobody_signed_in() -> SignInRefused:
    """Why nothing is decided while the console is locked."""
    return SignInRefused("signed_out", "Nobody is signed in.", "Sign in to decide.")


class DecidingRoster(Roster):
    """The roster with the door that films leave by.

    Signals:
        decided(Exposure), undone(Exposure): stored durably.
        decision_failed(int, BaseException): neither decided nor taken back.
    """

    decided = Signal(object)
    undone = Signal(object)
    decision_failed = Signal(int, object)

    def __init__(
        self,
        parts: Parts,
        workers: Workers,
        settings: Callable[[], Settings],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parts, workers, settings, parent)
        # Whoever is signed in (`ui.session` says so); None where the site signs nobody in.
        self.signed_in: str | None = None
        # Not yet known to the database as such; the disk refused those of the second set.
        self._left_to_person: set[int] = set()
        self._left_unwritten: set[int] = set()
        self._preview_touched = False
        self._undoing: set[int] = set()
        for signal in (self.decided, self.undone):
            signal.connect(self._follow_companions)
        self.statuses_changed.connect(self._write_left_again)

    @property
    def author(self) -> str:
        """Who decides: whoever is signed in, else the operator of the settings, else the system's user."""
        if self.signed_in is not None:
            return self.signed_in
        return self._settings().operator.strip() or system_user()

    def decide(
        self, exposure_id: int, choice: Choice, reason: str = "", note: str = "", *, author: str = ""
    ) -> None:
        """Store a decision; `decided` or `decision_failed` follows. Needs no verdict.

        `author`: who decided where that is not the person at the console.
        """
        exposure = self._exposures.get(exposure_id)
        if exposure is None or not self.can_decide(exposure) or self.undoing:
            return
        author = author or self.author
        if not author:
            self.decision_failed.emit(exposure_id, nobody_signed_in())
            return
        sent = choice is not Choice.RETAKE and exposure_id == self._stage
        turn = self._turn_to_send if sent else UNTURNED
        self._deciding.add(exposure_id)

        def done(outcome: Outcome[Exposure]) -> None:
            self._deciding.discard(exposure_id)
            if outcome.value is None:
                self.decision_failed.emit(exposure_id, outcome.error)
                if exposure_id != self._stage and outcome.error is not None:
                    self._report(words.film_name(exposure, exposure_id), outcome.error)
                return
            self._merge(outcome.value)
            self.last_decided = exposure_id
            self.decided.emit(outcome.value)
            self._reader.soon()
            if exposure_id == self._stage:
                self._to_next()

        self._workers.decisions.run_task(
            lambda: self._parts.disposition.choose(exposure_id, choice, author, reason, note, turn), done
        )

    def touch(self) -> None:
        """A person's hand is on the film on the stage, perhaps while it is still being stored or assessed."""
        stage = self.stage
        if self.previewing:
            self._preview_touched = True
        elif stage is not None and not is_decided(stage.state) and not self.is_left_to_person(stage):
            self.leave_to_person(stage.id)

    def leave_to_person(self, exposure_id: int) -> None:
        """The film never leaves by itself any more (`ui.auto_send`): at once here, soon after a restart too."""
        self._left_to_person.add(exposure_id)
        self._write_left(exposure_id)

    def _write_left(self, exposure_id: int, *, again: bool = False) -> None:
        def done(outcome: Outcome[Exposure]) -> None:
            if outcome.value is not None:
                self._merge(outcome.value)
            elif outcome.error is not None:
                self._left_unwritten.add(exposure_id)
                if not again:
                    self._report("", outcome.error)

        self._workers.decisions.run_task(lambda: self._parts.disposition.leave_to_person(exposure_id), done)

    def _write_left_again(self) -> None:
        owed, self._left_unwritten = self._left_unwritten, set()
        for exposure_id in sorted(owed):
            self._write_left(exposure_id, again=True)

    def is_left_to_person(self, exposure: Exposure) -> bool:
        """Whether a person's hand keeps the film from leaving by itself."""
        return exposure.left_to_person or exposure.id in self._left_to_person

    @property
    def undoing(self) -> bool:
        """Whether a film is being taken back: it takes the stage, and nothing is decided until then."""
        return bool(self._undoing)

    def undo(self, exposure_id: int) -> None:
        """Take a decision back while the film has not left; the film takes the stage again."""
        exposure = self._exposures.get(exposure_id)
        if exposure_id in self._undoing or (exposure is not None and not is_decided(exposure.state)):
            return  # pressed twice: the first press does it
        author = self.author
        if not author:
            self.decision_failed.emit(exposure_id, nobody_signed_in())
            return
        self._undoing.add(exposure_id)
        before = self._stage

        def done(outcome: Outcome[Exposure]) -> None:
            self._undoing.discard(exposure_id)
            if outcome.value is None:
                self.decision_failed.emit(exposure_id, outcome.error)
                self.refresh()
                return
            self._merge(outcome.value)
            if self.last_decided == exposure_id:
                self.last_decided = None
            self.undone.emit(outcome.value)
            self.verdicts.ask_if_due(outcome.value)  # decided by an earlier run of the program
            # Else the person went on to another film since.
            if self._stage == before or not self._stage_chosen:
                self.select(exposure_id)
            if self._stage == exposure_id:
                self.stage_changed.emit()

        self._workers.decisions.run_task(lambda: self._parts.disposition.undo(exposure_id, author), done)
