"""What happens to a film after the decision: a delivery per destination, and the destinations' states."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeliveryState(StrEnum):
    """State of one outbox row. Only `waiting` may be claimed; `failed` and `cancelled` rest."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DeliveryKind(StrEnum):
    """What is delivered: the film as received; later what goes along with it.

    That is its reject note (KOS), annotated copy, graphics and report, and a presentation state that turns it.
    """

    FILM = "film"
    REJECT_NOTE = "kos"
    SECONDARY_CAPTURE = "sc"
    PRESENTATION_STATE = "gsps"
    TURN = "gsps-turn"
    REPORT = "sr"


COMPANIONS = frozenset(
    {
        DeliveryKind.SECONDARY_CAPTURE,
        DeliveryKind.PRESENTATION_STATE,
        DeliveryKind.TURN,
        DeliveryKind.REPORT,
    }
)
"""What goes along with a film and means nothing without it; a reject note stands alone, its film never leaves."""


@dataclass(frozen=True, slots=True)
class DeliveryError:
    """Why the last attempt failed, in plain words: `code` is stable, `message` and `remedy` are sentences."""

    code: str
    message: str
    remedy: str


def gone(destination: str) -> DeliveryError:
    """Why nothing leaves for a destination that is no longer in the settings."""
    return DeliveryError(
        "destination_gone",
        f"{destination} is no longer in the settings.",
        "Move it with `cxr-workstation queue move ID DESTINATION`, or take it off the queue.",
    )


def set_aside(destination: str) -> DeliveryError:
    """Why nothing leaves for a destination whose settings cannot be used."""
    return DeliveryError(
        "destination_set_aside",
        f"The settings of {destination} hold a mistake.",
        "Correct them: films for it wait, and go once they are right and the program has started anew.",
    )


def names_another() -> DeliveryError:
    """Why an object about a film does not leave where two share the SOP Instance UID: archives know no other name."""
    return DeliveryError(
        "names_another",
        "Another film here has the same identity: the archive could take this as said of that one.",
        "Take it off the queue, and tell the PACS administrator which of the two is to be read.",
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One film on its way to one destination.

    Attributes:
        id: outbox row, for `DeliveryService.cancel` and `retry_now`.
        destination: name of the destination in the settings.
        attempts: attempts made so far.
        next_try_at: ISO 8601 with offset, not before; ``""`` where nothing is planned.
        last_error: of the last failed attempt; None after a success or before the first attempt.
        sent_at: ISO 8601 with offset when the peer confirmed with success, else ``""``.
        committed_at: when the peer took over the safekeeping (Storage Commitment), else ``""``.
        in_doubt: an attempt broke off after the transfer had begun: the peer may have the film, though it
            never said so. Such a decision cannot be undone any more; sending again is harmless (same UID).
    """

    id: int
    exposure_id: int
    destination: str
    state: DeliveryState
    kind: DeliveryKind = DeliveryKind.FILM
    attempts: int = 0
    next_try_at: str = ""
    last_error: DeliveryError | None = None
    sent_at: str = ""
    committed_at: str = ""
    in_doubt: bool = False

    @property
    def has_left(self) -> bool:
        """The peer has the film, is getting it, or may have it."""
        return self.in_doubt or self.state in (DeliveryState.SENDING, DeliveryState.SENT)


class DestinationState(StrEnum):
    """State of a destination as its worker sees it.

    `not_configured`: no destination is set, or none was when films were decided: they are kept. `removed`: films
    wait for a destination that is no longer in the settings. `set_aside`: its settings hold a mistake; films for it
    wait.
    """

    IDLE = "idle"
    SENDING = "sending"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    NOT_CONFIGURED = "not_configured"
    REMOVED = "removed"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """One line of the status bar and of the connection page.

    Attributes:
        name: of the destination; ``""`` for the one entry about films that have none.
        waiting: films and what goes along with them, still to go (with `not_configured`: decided films that were
            never queued).
        sent, failed: films confirmed today (local date); films and what goes along with them that need a person.
        down_since: ISO 8601 of the first failure since the last success, ``""`` while all is well.
        next_try_at: ISO 8601 of the next attempt while unreachable, else ``""``.
        last_error: of the latest failure, None after a success.
        unconfirmed, unconfirmed_since: objects whose safekeeping the peer was asked to take over and has said nothing
            of, and when (ISO 8601) the oldest of them was sent; 0 and ``""`` while that is less than a day ago.
    """

    name: str
    state: DestinationState
    waiting: int = 0
    sent: int = 0
    failed: int = 0
    down_since: str = ""
    next_try_at: str = ""
    last_error: DeliveryError | None = None
    unconfirmed: int = 0
    unconfirmed_since: str = ""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full-range jitter, in seconds.

    The n-th failure (n from 1) waits `first * factor ** (n - 1)`, at most `longest`, times a random factor in
    [1 - jitter, 1 + jitter] so that consoles do not knock at a restarted PACS in step.
    """

    first: float = 2.0
    factor: float = 2.0
    longest: float = 300.0
    jitter: float = 0.25

    def delay(self, failures: int, chance: float) -> float:
        """Seconds to wait after `failures` failures in a row (>= 1); `chance` is uniform in [0, 1)."""
        if failures < 1:
            raise ValueError(f"failures must be >= 1, got {failures}")
        exponent = min(failures - 1, 64)  # keeps the power finite; `longest` rules long before
        plain = min(self.longest, self.first * self.factor**exponent)
        return plain * (1.0 + self.jitter * (2.0 * chance - 1.0))
