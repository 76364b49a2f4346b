"""Who is signed in at the window, what they may do, and the lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from workstation.domain.operator import Operator, Right, Role, SignIn
from workstation.services.operators import OperatorService
from workstation.services.system_user import system_user
from workstation.settings.model import Settings
from workstation.ui.console import Console
from workstation.ui.jobs import Outcome
from workstation.ui.roster import Problem

_AGAIN_MS = 5000

_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.ShortcutOverride,  # all that comes of a key that is a shortcut
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.TouchBegin,
        QEvent.Type.Wheel,
    }
)


class Session(QObject):
    """Signs people in and out; outlives the window's parts, which are built anew.

    Where the site signs nobody in, or there is no operator yet, everything is allowed, as on a console for one.

    Args:
        guessed: the settings file holds a mistake, so that the way to sign in may be what the program assumed.

    Signals:
        changed(): somebody signed in, left, or the operators changed.
        refused(BaseException): a sign-in was refused, or the operators cannot be read.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(
        self,
        console: Console,
        service: OperatorService,
        settings: Callable[[], Settings],
        parent: QObject | None = None,
        *,
        guessed: bool = False,
    ) -> None:
        super().__init__(parent)
        self._guessed = guessed
        self._console = console
        self._service = service
        self._settings = settings
        self.operators: list[Operator] = []
        self.operator: Operator | None = None
        self.asking = False
        self._idle = QTimer(self, singleShot=True)
        self._idle.timeout.connect(lambda: self.lock("idle"))
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.follow)
        self._look = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._look.timeout.connect(self._look_anew)
        self._watching = False
        self._hand_at = console.parts.worklist.now()
        self._listed_once = False

    # ---- state ----

    @property
    def how(self) -> SignIn:
        """How people sign in now; NONE while there is nobody who could, by name alone while nobody has a PIN."""
        wanted = SignIn(self._settings().sign_in)
        if wanted in (SignIn.PICK, SignIn.PIN) and self._listed_once and not self.choices:
            return SignIn.NONE
        if wanted is SignIn.PIN and self._listed_once:
            # A site that has given no PINs did not mean them; one that is about to would lock everybody out.
            who = self.choices if self._guessed else self.operators
            if not any(operator.has_pin for operator in who):
                return SignIn.PICK
        return wanted

    @property
    def choices(self) -> list[Operator]:
        """Who may sign in."""
        return [operator for operator in self.operators if not operator.disabled]

    @property
    def locked(self) -> bool:
        """True while somebody has to sign in first."""
        return self.how is not SignIn.NONE and self.operator is None

    @property
    def name(self) -> str:
        """Whoever is signed in; ``""`` for nobody."""
        return self.operator.name if self.operator is not None else ""

    def may(self, right: Right) -> bool:
        """What whoever is signed in may do; all where the site signs nobody in, or is known to have no admin yet."""
        without_admin = self._listed_once and not any(o.role is Role.ADMIN for o in self.choices)
        if self.how is SignIn.NONE or without_admin:
            return True
        return self.operator is not None and self.operator.may(right)

    # ---- what happens ----

    def follow(self) -> None:
        """Read the operators, and follow the settings."""
        self._console.workers.decisions.run_task(self._service.all, self._listed)

    def sign_in(self, name: str, pin: str = "") -> None:
        """Sign in on a worker; `changed` or `refused` follows."""
        if self.asking:
            return
        self.asking = True
        how = self.how

        def done(outcome: Outcome[Operator]) -> None:
            self.asking = False
            if outcome.value is None:
                self.refused.emit(outcome.error)
                return
            self.operator = outcome.value
            self._settle()

        self._console.workers.decisions.run_task(lambda: self._service.sign_in(name, how, pin), done)

    def lock(self, why: str = "locked") -> None:
        """Sign out; films go on arriving, being assessed and sent."""
        if self.how is SignIn.NONE or self.operator is None:
            return
        name, self.operator = self.operator.name, None

        def written(outcome: Outcome[None]) -> None:
            if outcome.error is not None:  # they are signed out; the audit does not say so
                self._console.problem.emit(Problem(self.tr("Operators"), outcome.error))

        self._console.workers.decisions.run_task(lambda: self._service.sign_out(name, why), written)
        self._settle()

    def _listed(self, outcome: Outcome[list[Operator]]) -> None:
        self._again.stop()
        if outcome.error is None:
            self._listed_once = True
            self.operators = outcome.value or []
        known = next((o for o in self.choices if o.name == self.name), None)
        if self.how is SignIn.NONE:
            self.operator = None
        elif self.operator is not None and self.how is not SignIn.OS_USER:
            self.operator = known  # role changed, or disabled meanwhile
        self._settle()
        if self.how is SignIn.OS_USER and self.operator is None:
            self.sign_in(system_user())
        if outcome.error is not None:
            # Not "nobody exists", which would open the console.
            self._unread(outcome.error)

    def _look_anew(self) -> None:
        self._console.workers.decisions.run_task(self._service.all, self._looked)

    def _looked(self, outcome: Outcome[list[Operator]]) -> None:
        """Nothing is said where nothing changed: that would clear a PIN that is being entered."""
        if outcome.value is not None and outcome.value != self.operators:
            self._listed(outcome)
        elif self.locked:
            self._look.start()

    def _unread(self, error: BaseException) -> None:
        self._console.problem.emit(Problem(self.tr("Operators"), error))
        # After `_settle`, which clears the sign-in view's message; the problems are hidden behind that view.
        self.refused.emit(error)
        if not self._listed_once:
            self._again.start()  # else nobody could ever sign in

    def _settle(self) -> None:
        self._console.signed_in = None if self.how is SignIn.NONE else self.name
        minutes = self._settings().lock_minutes
        watch = bool(minutes) and self.operator is not None
        application = QApplication.instance()
        assert application is not None
        if watch and not self._watching:
            application.installEventFilter(self)
        elif self._watching and not watch:
            application.removeEventFilter(self)
        self._watching = watch
        self._idle.setInterval(minutes * 60_000)
        self._hand_at = self._console.parts.worklist.now()
        if watch:
            self._idle.start()
        else:
            self._idle.stop()
        # The command line is the way back in: who it lets in is seen while nobody can sign in.
        if self.locked and self.how is not SignIn.OS_USER:
            self._look.start()
        else:
            self._look.stop()
        self.changed.emit()

    def stop(self) -> None:
        """No more timers; whoever is signed in is written down as gone."""
        self._idle.stop()
        self._again.stop()
        if self.operator is not None:
            self.lock("ended")
            self._idle.stop()
        self._look.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._watching and event.type() in _INPUT:
            if self._slept():
                self.lock("idle")
                return True  # a key of whoever comes now must decide nothing in the other's name
            self._idle.start()
        return super().eventFilter(watched, event)

    def _slept(self) -> bool:
        """Whether the time to lock went by unnoticed: the timer stands still while the computer sleeps."""
        now = self._console.parts.worklist.now()
        before, self._hand_at = self._hand_at, now
        return now - before >= timedelta(milliseconds=self._idle.interval())
