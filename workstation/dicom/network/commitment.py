"""Storage Commitment Push Model, PS3.4 annex J: asking a peer to take over the safekeeping of what it was sent.

The answer (N-EVENT-REPORT) comes on the same association, or later on one that the peer opens to our listener.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.presentation import build_context

from workstation.dicom.network.errors import Interrupted, PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer, Timeouts, association

PUSH_MODEL = UID("1.2.840.10008.1.20.1")
_PUSH_MODEL_INSTANCE = UID("1.2.840.10008.1.20.1.1")
_REQUEST_COMMITMENT = 1
_STEP_SECONDS = 0.05
_LONGEST_REPORT = 1 << 20
"""Bytes; some 6000 objects, sixty times what is asked about at once."""

NO_SUCH_OBJECT = 0x0112
"""Failure Reason (0008,1197), PS3.3 C.14.1.1: the peer does not have the object."""
PASSING = frozenset({0x0110, 0x0213})
"""Failure Reasons, and statuses of a request, that may pass: processing failure, resource limitation."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One object, by its UIDs."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """What a peer says of one transaction.

    Attributes:
        committed: SOP Instance UIDs it answers for from now on.
        failed: (SOP Instance UID, Failure Reason) of those it does not.
    """

    transaction_uid: str
    committed: tuple[str, ...]
    failed: tuple[tuple[str, int], ...]


OnReport = Callable[[CommitmentReport], None]


def request(
    peer: Peer,
    transaction_uid: str,
    references: Sequence[Reference],
    on_report: OnReport,
    interrupt: Interrupt | None = None,
    timeouts: Timeouts | None = None,
    linger_s: float = 2.0,
) -> None:
    """N-ACTION, then wait a little for a report on the same association; a later one comes to the listener.

    Args:
        transaction_uid: new for each request.
        on_report: called from another thread until it has returned once; what the peer reports after that is
            answered and dropped, what it raised on is answered as a failure, for the peer to tell again.
        linger_s: how long the association is kept open for the report.

    Raises:
        PeerFailed: in plain words what is wrong; ``passing`` False where the peer knows no storage commitment or wants
            none of it.
        Interrupted: `interrupt` was set.
    """
    interrupt = interrupt or Interrupt()
    timeouts = timeouts or Timeouts()
    reported: list[CommitmentReport] = []
    answered = threading.Event()

    def handle(event: evt.Event) -> tuple[int, None]:
        report = read_report(information(event))
        if report.transaction_uid == transaction_uid and not reported:
            on_report(report)
            reported.append(report)
        return 0x0000, None

    def sent(_: evt.Event) -> None:
        if reported:  # what follows the report is our answer to it
            answered.set()

    contexts = [build_context(PUSH_MODEL)]
    handlers: list[evt.EventHandlerType] = [(evt.EVT_N_EVENT_REPORT, handle), (evt.EVT_PDU_SENT, sent)]
    with association(peer, contexts, interrupt, timeouts, timeouts.response, handlers) as assoc:
        status, _ = assoc.send_n_action(
            _action(transaction_uid, references), _REQUEST_COMMITMENT, PUSH_MODEL, _PUSH_MODEL_INSTANCE
        )
        if "Status" not in status:
            raise Interrupted if interrupt.is_set() else _broken_off()
        if status.Status != 0x0000:
            raise _refused(int(status.Status))
        until = time.monotonic() + linger_s
        # The answer must be out before the association is released.
        while assoc.is_established and not interrupt.is_set() and time.monotonic() < until:
            if answered.wait(_STEP_SECONDS):
                break


def information(event: evt.Event) -> Dataset:
    """The Event Information of an N-EVENT-REPORT, also a deflated one, which pynetdicom would unpack without end.

    Raises:
        ValueError: it is, or unpacks to, more than a report can need.
        Exception: whatever pydicom raises over a broken one.
    """
    request: Any = event.request
    stream = request.EventInformation
    content = stream.getvalue() if stream is not None else b""
    syntax = event.context.transfer_syntax
    if syntax.is_deflated:
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, _LONGEST_REPORT + 1)
    if len(content) > _LONGEST_REPORT:
        raise ValueError("a report without end")
    return read_dataset(BytesIO(content), syntax.is_implicit_VR, syntax.is_little_endian)


def read_report(information: Dataset) -> CommitmentReport:
    """The Event Information of an N-EVENT-REPORT, PS3.4 table J.3-2; what is missing counts as not said."""
    failed = tuple(
        (str(item.get("ReferencedSOPInstanceUID", "")), int(item.get("FailureReason", 0) or 0))
        for item in information.get("FailedSOPSequence") or ()
    )
    committed = tuple(
        str(item.get("ReferencedSOPInstanceUID", ""))
        for item in information.get("ReferencedSOPSequence") or ()
    )
    return CommitmentReport(str(information.get("TransactionUID", "")), committed, failed)


def _action(transaction_uid: str, references: Sequence[Reference]) -> Dataset:
    items = []
    for reference in references:
        item = Dataset()
        item.ReferencedSOPClassUID = reference.sop_class_uid
        item.ReferencedSOPInstanceUID = reference.sop_instance_uid
        items.append(item)
    action = Dataset()
    action.TransactionUID = transaction_uid
    action.ReferencedSOPSequence = items
    return action


def _broken_off() -> PeerFailed:
    return PeerFailed(
        "commitment_broken_off",
        "The connection broke off before the peer answered the request for storage commitment.",
        "Nothing to do: the peer is asked again.",
        passing=True,
        in_doubt=True,
    )


def _refused(status: int) -> PeerFailed:
    return PeerFailed(
        "commitment_refused",
        f"The peer refused the request for storage commitment (0x{status:04X}).",
        "Ask the peer's administrator; the films stay on this console meanwhile.",
        passing=status in PASSING,
    )
