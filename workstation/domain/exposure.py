"""The life of one exposure on the console, as a state machine.

received -> analysed -> decided -> on its way. After the decision the state follows from the choice and the
deliveries alone (`after_deliveries`), so it can never contradict the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import Delivery, DeliveryKind, DeliveryState
from workstation.domain.film import FilmHeader
from workstation.domain.findings import Verdict


class ExposureState(StrEnum):
    """received -> analysed -> decided -> on its way. Analysis is optional: a failing AI blocks nothing."""

    RECEIVED = "received"
    ANALYSED = "analysed"
    ACCEPTED = "accepted"
    KEPT_WITH_NOTE = "kept_with_note"
    REJECTED = "rejected"
    QUEUED = "queued"
    SENT = "sent"
    COMMITTED = "committed"


class NotSent(StrEnum):
    """Why a decided film is not on its way to a PACS."""

    REJECTED = "rejected"
    NOT_DICOM = "not_dicom"
    NO_DESTINATION = "no_destination"
    CANCELLED = "cancelled"


class IllegalTransition(ValueError):
    """A step the state machine does not have."""


_UNDECIDED = frozenset({ExposureState.RECEIVED, ExposureState.ANALYSED})
_AFTER_CHOICE = {
    Choice.SEND: ExposureState.ACCEPTED,
    Choice.KEEP_WITH_NOTE: ExposureState.KEPT_WITH_NOTE,
    Choice.RETAKE: ExposureState.REJECTED,
}


def is_decided(state: ExposureState) -> bool:
    """True once a person has chosen."""
    return state not in _UNDECIDED


def after_verdict(state: ExposureState) -> ExposureState:
    """State once a verdict is recorded; a verdict that comes after the decision changes nothing."""
    return ExposureState.ANALYSED if state is ExposureState.RECEIVED else state


def after_decision(state: ExposureState, choice: Choice) -> ExposureState:
    """State right after `choice`, before anything is queued.

    Raises:
        IllegalTransition: the exposure is already decided (undo first).
    """
    if is_decided(state):
        raise IllegalTransition(f"an exposure that is {state} is already decided; undo first")
    return _AFTER_CHOICE[choice]


def after_deliveries(choice: Choice, deliveries: Iterable[Delivery]) -> ExposureState:
    """State of a decided exposure, from its choice and its deliveries.

    Only deliveries of the film itself count: a reject note that was sent leaves the film rejected. Cancelled
    deliveries count as if they had never been asked for.
    """
    if choice is Choice.RETAKE:
        return ExposureState.REJECTED
    films = [d for d in deliveries if d.kind is DeliveryKind.FILM and d.state is not DeliveryState.CANCELLED]
    if not films:
        return _AFTER_CHOICE[choice]
    if any(d.state is not DeliveryState.SENT for d in films):
        return ExposureState.QUEUED
    return ExposureState.COMMITTED if all(d.committed_at for d in films) else ExposureState.SENT


def after_undo(state: ExposureState, deliveries: Iterable[Delivery], has_verdict: bool) -> ExposureState:
    """State once the decision is taken back.

    Raises:
        IllegalTransition: nothing was decided, or a delivery has left (or may have left) the console.
    """
    if not is_decided(state):
        raise IllegalTransition(f"an exposure that is {state} has no decision to take back")
    if any(d.has_left for d in deliveries):
        raise IllegalTransition("the film has left the console; the decision can no longer be taken back")
    return ExposureState.ANALYSED if has_verdict else ExposureState.RECEIVED


@dataclass(frozen=True, slots=True)
class Exposure:
    """One film on the console, with everything that was said and done about it: a snapshot.

    Attributes:
        id: row in the local database, > 0.
        header: as read at intake, without lookup tables: read the film from `stored_path` to show it.
        source_name: name of the file it came from, without its folder. May hold a name: never log it.
        stored_path: absolute path of the durable copy under the data folder.
        received_at: ISO 8601 with offset.
        verdict: the latest one; None before the first.
        decision: the one in force; None before it and after an undo.
        deliveries: in the order they were queued.
        conflicts_with: id of an earlier exposure with the same SOP Instance UID but other content, else None.
        content_sha256: hex digest of the content (the data set of a DICOM file without its file meta group).
        cleaned: the copy at `stored_path` was removed after its time.
        left_to_person: it never leaves by itself: a person had it in hand, opened its file or took a decision back;
            or it lay here without a row.
        shares_uid: another exposure here, earlier or later, has the same SOP Instance UID but other content.
    """

    id: int
    header: FilmHeader
    source_name: str
    stored_path: str
    received_at: str
    state: ExposureState = ExposureState.RECEIVED
    verdict: Verdict | None = None
    decision: Decision | None = None
    deliveries: tuple[Delivery, ...] = ()
    conflicts_with: int | None = None
    content_sha256: str = ""
    left_to_person: bool = False
    cleaned: bool = False
    shares_uid: bool = False

    @property
    def sendable(self) -> bool:
        """It is a DICOM object; plain PNG, JPEG and TIFF files cannot go to a PACS as they are."""
        return bool(self.header.sop_class_uid and self.header.sop_instance_uid)

    @property
    def taken_on(self) -> str:
        """Local date (YYYY-MM-DD) as its header tells it; of its arrival where that tells none."""
        return (self.header.acquired_at or self.received_at)[:10]

    @property
    def can_undo(self) -> bool:
        """A decision is in force, nothing of it has left the console, and the film is here to be decided anew."""
        return is_decided(self.state) and not self.cleaned and not any(d.has_left for d in self.deliveries)

    @property
    def not_sent_because(self) -> NotSent | None:
        """Why a decided film is not on its way; None while undecided, queued or sent."""
        if self.state is ExposureState.REJECTED:
            return NotSent.REJECTED
        if self.state not in (ExposureState.ACCEPTED, ExposureState.KEPT_WITH_NOTE):
            return None
        if not self.sendable:
            return NotSent.NOT_DICOM
        return NotSent.CANCELLED if self.deliveries else NotSent.NO_DESTINATION
