"""Modality Worklist SCU (C-FIND), PS3.4 Annex K: which films are asked for today."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.presentation import build_context

from workstation.dicom import character_sets
from workstation.dicom.identity import patient, person_name
from workstation.dicom.network.errors import Interrupted, PeerFailed, broken_off
from workstation.dicom.network.requestor import Interrupt, Peer, Timeouts, association
from workstation.dicom.values import Tags
from workstation.domain.order import Order

_WORKLIST = UID("1.2.840.10008.5.1.4.31")
_PENDING = (0xFF00, 0xFF01)
_CHARACTER_SET = "ISO_IR 192"
MOST = 2000
"""Orders taken from one query: no room has more in a day, and a peer that ignores the query must not fill memory."""
MOST_ANSWERS = 10 * MOST
"""Answers listened to, orders or not: one that ignores the query may tell a hospital's whole day, but not for ever."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; empty entries match everything.

    Attributes:
        day: Scheduled Procedure Step Start Date.
        modalities: of the scheduled step; filtered here, because peers differ in how they take lists.
    """

    day: date
    modalities: tuple[str, ...] = ()
    station_ae: str = ""


def find_orders(
    peer: Peer, query: Query, interrupt: Interrupt | None = None, timeouts: Timeouts | None = None
) -> tuple[Order, ...]:
    """Ask the worklist.

    Returns:
        At most `MOST` orders out of at most `MOST_ANSWERS`, by scheduled time. Entries that cannot be read are left
        out and counted in the log.

    Raises:
        PeerFailed: in plain words what is wrong.
        Interrupted: `interrupt` was set.
    """
    interrupt = interrupt or Interrupt()
    timeouts = timeouts or Timeouts()
    found: list[Order] = []
    heard = unread = 0
    with association(peer, [build_context(_WORKLIST)], interrupt, timeouts, timeouts.response) as assoc:
        for status, answer in assoc.send_c_find(_identifier(query), _WORKLIST):
            if "Status" not in status:
                raise Interrupted if interrupt.is_set() else broken_off_query()
            if status.Status not in _PENDING:
                if status.Status != 0:
                    raise query_refused(int(status.Status))
                break
            heard += 1
            order = None if answer is None else _order(answer)
            if order is None:
                unread += 1
            elif not query.modalities or order.modality in query.modalities or not order.modality:
                found.append(order)
            if len(found) >= MOST or heard >= MOST_ANSWERS:
                _log.warning(
                    "worklist: more than %d orders in %d answers, the rest is not taken", len(found), heard
                )
                assoc.abort()
                break
    if unread:
        _log.warning("worklist: %d entries could not be read", unread)
    return tuple(sorted(found, key=lambda order: order.scheduled_at))


def query_refused(status: int) -> PeerFailed:
    """A failure status of C-FIND, PS3.4 table K.4-2."""
    return PeerFailed(
        "query_refused",
        f"The worklist refuses the query (0x{status:04X}).",
        "Ask the administrator of the information system with that number.",
        passing=True,
        peer_wide=True,
    )


def broken_off_query() -> PeerFailed:
    """The connection was lost, or no response came, amid the answers."""
    lost = broken_off()
    return PeerFailed(
        lost.code,
        "The connection to the worklist broke off.",
        "Nothing to do: it is asked again.",
        passing=True,
        peer_wide=True,
    )


def _identifier(query: Query) -> Dataset:
    """Matching and return keys, PS3.4 table K.6-1."""
    step = Dataset()
    step.ScheduledProcedureStepStartDate = query.day.strftime("%Y%m%d")
    step.ScheduledStationAETitle = query.station_ae
    step.Modality = query.modalities[0] if len(query.modalities) == 1 else ""
    for keyword in (
        "ScheduledProcedureStepStartTime",
        "ScheduledProcedureStepDescription",
        "ScheduledProcedureStepID",
        "ScheduledProtocolCodeSequence",
    ):
        setattr(step, keyword, None)
    asked = Dataset()
    asked.SpecificCharacterSet = _CHARACTER_SET
    asked.ScheduledProcedureStepSequence = [step]
    for keyword in (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "AccessionNumber",
        "RequestedProcedureDescription",
        "RequestedProcedureCodeSequence",
        "RequestedProcedureID",
        "StudyInstanceUID",
    ):
        setattr(asked, keyword, None)
    return asked


def _order(answer: Dataset) -> Order | None:
    try:
        tags = Tags(answer)
        # Some peers leave it out, or misspell it, although they answer in the character set of the question.
        told = not character_sets.is_unusable(tags) and not character_sets.is_ascii(tags)
        read = str if told else _as_utf_8
        # Before it is taken apart: what half a letter is taken for may be a space.
        name = person_name(read(str(next(iter(tags.values("PatientName")), ""))))
        steps = tags.items("ScheduledProcedureStepSequence")
        step = steps[0] if steps else Tags(Dataset())
        said = [step.text("ScheduledProcedureStepDescription"), tags.text("RequestedProcedureDescription")]
        codes = [
            code.text("CodeMeaning")
            for code in (
                *step.items("ScheduledProtocolCodeSequence"),
                *tags.items("RequestedProcedureCodeSequence"),
            )
        ]
        who = patient(tags)
        return Order(
            patient=replace(who, name=name, patient_id=read(who.patient_id)),
            accession_number=tags.text("AccessionNumber"),
            scheduled_at=_moment(
                step.text("ScheduledProcedureStepStartDate"), step.text("ScheduledProcedureStepStartTime")
            ),
            modality=step.text("Modality").upper(),
            description=read("; ".join(dict.fromkeys(text for text in (*said, *codes) if text))),
            station_ae=step.text("ScheduledStationAETitle"),
        )
    except Exception:  # an entry of a foreign system may hold anything; the others still count
        return None


def _as_utf_8(text: str) -> str:
    """A text that was taken for Latin-1 where its bytes are UTF-8; any other stays as it is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _moment(day: str, time: str) -> str:
    digits = time.partition(".")[0].replace(":", "").ljust(6, "0")
    if len(day) != 8 or not (day + digits[:6]).isdigit():
        return ""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{digits[:2]}:{digits[2:4]}:{digits[4:6]}"
