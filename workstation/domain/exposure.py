"""The life of one exposure on the console, as a state machine."""

from __future__ import annotations

from enum import StrEnum

from workstation.domain.decision import Choice


class ExposureState(StrEnum):
    """received -> analysed -> decided -> on its way. Analysis is optional: a failing AI never blocks."""

    RECEIVED = "received"
    ANALYSED = "analysed"
    ACCEPTED = "accepted"
    KEPT_WITH_NOTE = "kept_with_note"
    REJECTED = "rejected"
    QUEUED = "queued"
    SENT = "sent"
    COMMITTED = "committed"


class IllegalTransition(ValueError):
    """A step the state machine does not have."""


_UNDECIDED = frozenset({ExposureState.RECEIVED, ExposureState.ANALYSED})
# What still can be taken back: nothing of it has left the console.
_UNDOABLE = frozenset(
    {ExposureState.ACCEPTED, ExposureState.KEPT_WITH_NOTE, ExposureState.REJECTED, ExposureState.QUEUED}
)
_AFTER_CHOICE = {
    Choice.SEND: ExposureState.ACCEPTED,
    Choice.KEEP_WITH_NOTE: ExposureState.KEPT_WITH_NOTE,
    Choice.RETAKE: ExposureState.REJECTED,
}
_DELIVERY = {
    ExposureState.ACCEPTED: frozenset({ExposureState.QUEUED, ExposureState.SENT}),
    ExposureState.KEPT_WITH_NOTE: frozenset({ExposureState.QUEUED, ExposureState.SENT}),
    ExposureState.QUEUED: frozenset({ExposureState.SENT}),
    ExposureState.SENT: frozenset({ExposureState.COMMITTED}),
}


def is_decided(state: ExposureState) -> bool:
    """True once a person has chosen."""
    return state not in _UNDECIDED


def can_undo(state: ExposureState) -> bool:
    """True while a decision can be taken back: the study has not left yet."""
    return state in _UNDOABLE


def after_decision(state: ExposureState, choice: Choice) -> ExposureState:
    """State after `choice`.

    Raises:
        IllegalTransition: the exposure is already decided (undo first).
    """
    if is_decided(state):
        raise IllegalTransition(f"{state} is already decided")
    return _AFTER_CHOICE[choice]


def after_delivery(state: ExposureState, reached: ExposureState) -> ExposureState:
    """State after the outbox reports `reached` (queued, sent or committed).

    Raises:
        IllegalTransition: e.g. a rejected film can never be sent.
    """
    if state is reached:
        return state
    if reached not in _DELIVERY.get(state, frozenset()):
        raise IllegalTransition(f"{state} cannot become {reached}")
    return reached
