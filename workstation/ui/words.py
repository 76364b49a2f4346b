"""The radiographer's words for what the domain names: projections, edges, notices, states, errors."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from workstation.domain import cascade, findings
from workstation.domain.delivery import Delivery, DeliveryKind, DeliveryState
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure, ExposureState, NotSent, is_decided
from workstation.domain.film import Notice, NoticeCode
from workstation.domain.findings import Kind, RotationFinding, State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.turn import Turn
from workstation.services.reception import ListenerStatus
from workstation.ui import i18n
from workstation.ui.error_words import error as error

translate = QCoreApplication.translate


def projection(value: Projection) -> str:
    words = {
        Projection.FRONTAL: translate("Words", "Frontal"),
        Projection.LATERAL: translate("Words", "Lateral"),
        Projection.UNKNOWN: translate("Words", "Projection unknown"),
    }
    return words[value]


def projection_short(value: Projection) -> str:
    words = {
        Projection.FRONTAL: translate("Words", "frontal"),
        Projection.LATERAL: translate("Words", "lateral"),
        Projection.UNKNOWN: "",
    }
    return words[value]


def projection_shortest(value: Projection) -> str:
    """Where even `projection_short` is too wide."""
    words = {
        Projection.FRONTAL: translate("Words", "front."),
        Projection.LATERAL: translate("Words", "lat."),
        Projection.UNKNOWN: "",
    }
    return words[value]


def criterion(kind: Kind, state: State) -> str:
    """Title of a criterion's card, worded by its state."""
    found = state is State.WARN
    words = {
        Kind.BODY_PART: translate("Words", "Not a chest film") if found else translate("Words", "Chest film"),
        Kind.POLARITY: translate("Words", "Greyscale inverted")
        if found
        else translate("Words", "Bones are white"),
        Kind.ORIENTATION: translate("Words", "Film not upright")
        if found
        else translate("Words", "Film upright"),
        Kind.PROJECTION: translate("Words", "Projection"),
        Kind.CROP: translate("Words", "Lung cut off")
        if found
        else translate("Words", "Whole lung on the film"),
        Kind.ROTATION: translate("Words", "Chest rotated")
        if found
        else translate("Words", "Chest not rotated"),
    }
    unsure = {
        Kind.BODY_PART: translate("Words", "Chest film?"),
        Kind.POLARITY: translate("Words", "Bones white?"),
        Kind.ORIENTATION: translate("Words", "Film upright?"),
        Kind.PROJECTION: translate("Words", "Projection?"),
        Kind.CROP: translate("Words", "Lung cut off?"),
        Kind.ROTATION: translate("Words", "Chest rotated?"),
    }
    plain = {
        Kind.BODY_PART: translate("Words", "Body part"),
        Kind.POLARITY: translate("Words", "Greyscale"),
        Kind.ORIENTATION: translate("Words", "Film orientation"),
        Kind.PROJECTION: translate("Words", "Projection"),
        Kind.CROP: translate("Words", "Lung fields"),
        Kind.ROTATION: translate("Words", "Rotation"),
    }
    if state is State.UNSURE:
        return unsure[kind]
    return plain[kind] if state is State.NOT_ASSESSED else words[kind]


def probability(kind: Kind, score: float | None) -> str:
    """A criterion's score (0..1), and of what it is the probability: ``cut off 96 %``; ``""`` without a score."""
    if score is None:
        return ""
    return {
        Kind.BODY_PART: translate("Words", "not a chest {0}"),
        Kind.POLARITY: translate("Words", "inverted {0}"),
        Kind.ORIENTATION: translate("Words", "not upright {0}"),
        Kind.CROP: translate("Words", "cut off {0}"),
        Kind.ROTATION: translate("Words", "rotated {0}"),
    }[kind].format(i18n.percent(score))


def edge(value: Edge) -> str:
    words = {
        Edge.LEFT: translate("Words", "left edge"),
        Edge.RIGHT: translate("Words", "right edge"),
        Edge.TOP: translate("Words", "upper edge"),
        Edge.BOTTOM: translate("Words", "lower edge"),
    }
    return words[value]


def angle(finding: RotationFinding) -> str:
    """``about 14° ± 4°`` or nothing where the model gives no angle."""
    if finding.angle_deg is None:
        return ""
    degrees = i18n.number(abs(finding.angle_deg))
    if finding.angle_sd_deg is None:
        return translate("Words", "about {0}°").format(degrees)
    return translate("Words", "about {0}° ± {1}°").format(degrees, i18n.number(finding.angle_sd_deg))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def turn_if_not_upright(suggested: Turn) -> str:
    """What the key for it does, where nobody is sure that the film is to be turned at all."""
    degrees = 90 * suggested.quarters
    if suggested.mirrored and not degrees:
        return translate("Words", "If it is mirrored: U shows it the right way round.")
    if suggested.mirrored:
        said = translate("Words", "If not upright: U shows it turned {0}° clockwise and mirrored.")
    else:
        said = translate("Words", "If not upright: U shows it turned {0}° clockwise.")
    return said.format(degrees)


def summary(verdict: Verdict) -> str:
    """The worst finding in two or three words, for the worklist."""
    if verdict.body_part is not None and verdict.body_part.state is State.WARN:
        return criterion(Kind.BODY_PART, State.WARN)
    for wanted in (State.WARN, State.UNSURE):
        for finding in verdict.findings:
            if finding.state is wanted:
                return criterion(finding.kind, wanted)
        for kind, gate in (  # the panel's order
            (Kind.ORIENTATION, verdict.orientation),
            (Kind.POLARITY, verdict.polarity),
            (Kind.BODY_PART, verdict.body_part),
            (Kind.PROJECTION, verdict.projection),
        ):
            if gate is not None and gate.state is wanted:
                return criterion(kind, wanted)
    if verdict.state is State.NOT_ASSESSED:
        partly = any(finding.state is State.PASS for finding in verdict.findings)
        return translate("Words", "Partly assessed") if partly else translate("Words", "Not assessed")
    return translate("Words", "In order")


def fate(exposure: Exposure) -> str:
    """What became of a decided film, in one or two words."""
    if exposure.state is ExposureState.REJECTED:
        return translate("Words", "rejected")
    if exposure.state in (ExposureState.SENT, ExposureState.COMMITTED):
        return translate("Words", "sent")
    if exposure.state is ExposureState.QUEUED:
        states = {d.state for d in _of_film(exposure)}
        if DeliveryState.FAILED in states:
            return translate("Words", "sending failed")
        if DeliveryState.SENDING in states:
            return translate("Words", "being sent")
        if _gone_to(exposure):
            return translate("Words", "partly sent")
        return translate("Words", "in the queue")
    return translate("Words", "not sent") if is_decided(exposure.state) else ""


def fate_in_full(exposure: Exposure) -> str:
    """What became of a decided film and why, as a sentence."""
    because = {
        NotSent.REJECTED: translate("Words", "Not sent."),
        NotSent.NOT_DICOM: translate("Words", "Not sent: not a DICOM file, a PACS cannot take it."),
        NotSent.NO_DESTINATION: translate("Words", "Not sent: no destination set."),
        NotSent.CANCELLED: translate("Words", "Not sent: sending was cancelled."),
    }
    reason = exposure.not_sent_because
    if reason is not None:
        return because[reason]
    if exposure.state is ExposureState.QUEUED:
        gone = _gone_to(exposure)
        if gone:
            waits = [d.destination for d in _of_film(exposure) if d.state is not DeliveryState.SENT]
            return translate("Words", "Sent to {0}; waits for {1}.").format(", ".join(gone), ", ".join(waits))
        failed = next((d.last_error for d in exposure.deliveries if d.last_error is not None), None)
        if failed is not None:
            return translate("Words", "In the queue, tried without success.")
        return translate("Words", "In the queue.")
    sent_at = next((d.sent_at for d in exposure.deliveries if d.sent_at), "")
    return translate("Words", "Sent at {0}.").format(clock(sent_at))


def _of_film(exposure: Exposure) -> list[Delivery]:
    return [d for d in exposure.deliveries if d.kind is DeliveryKind.FILM]


def _gone_to(exposure: Exposure) -> list[str]:
    """Destinations that have the film, while another one still waits for it."""
    films = _of_film(exposure)
    gone = [d.destination for d in films if d.state is DeliveryState.SENT]
    return gone if len(gone) < len(films) else []


def needs_hand(exposure: Exposure) -> bool:
    """A delivery, of the film or of what goes along with it, failed for good and rests until a person acts."""
    return any(d.state is DeliveryState.FAILED for d in exposure.deliveries)


def reason_not_assessed(reason: str) -> str:
    """Why a criterion was not assessed, in the window's language, else the technical original."""
    known = {
        cascade.NOT_A_CHEST: translate("Words", "Not a chest film."),
        cascade.PROJECTION_UNKNOWN: translate("Words", "Set the projection first."),
        cascade.MODEL_FAILED: translate("Words", "The model failed on this film."),
        cascade.NO_NUMBER: translate("Words", "The model gave no usable answer."),
        findings.NO_PROJECTION_STAGE: translate("Words", "This cascade does not tell projections."),
    }
    return known.get(reason, reason)


def moment(iso: str) -> str:
    """``10:42`` today, ``22 Nov 10:42`` on another day."""
    when = _local(iso)
    if when is None:
        return ""
    if when.date() == datetime.now().date():
        return when.strftime("%H:%M")
    return f"{i18n.day(when.date(), year=False)} {when:%H:%M}"


def day_and_time(iso: str) -> str:
    """``22 Nov 2025 10:42`` as the window's language writes it; ``""`` for what is no time."""
    when = _local(iso)
    return "" if when is None else f"{i18n.day(when.date())} {when:%H:%M}"


def _local(iso: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return when if when.tzinfo is None else when.astimezone()


def notice(value: Notice) -> str:
    """A tolerated oddity of the file, as a sentence."""
    words = {
        NoticeCode.POLARITY_DISAGREES: translate(
            "Words",
            "The file contradicts itself about black and white. Shown by its photometric interpretation.",
        ),
        NoticeCode.FOR_PROCESSING: translate(
            "Words", "Raw image (for processing): it may look unlike the final film."
        ),
        NoticeCode.MULTI_FRAME: translate("Words", "The file holds several images: the first one is shown."),
        NoticeCode.TAG_REPAIRED: translate(
            "Words", "The file's header has a fault; the program read it all the same."
        ),
        NoticeCode.LOSSY: translate("Words", "The image was compressed with loss."),
        NoticeCode.COLOUR: translate("Words", "A colour image, shown in grey."),
        NoticeCode.OVERLAY: translate(
            "Words", "The file has marks or letters in an overlay plane, which is not shown here."
        ),
        NoticeCode.UID_CONFLICT: translate(
            "Words", "Another film here has the same identity but other content: check both."
        ),
        NoticeCode.NOT_DICOM: translate("Words", "Not a DICOM file: no patient data, and it cannot be sent."),
    }
    return words[value.code]


def listener_problem(status: ListenerStatus) -> str:
    """What the listener refused last, when and what to do; ``""`` where there was nothing."""
    if status.last_problem is None or status.last_problem_at is None:
        return ""
    return f"{status.last_problem_at:%H:%M}  " + " ".join(error(status.last_problem))


def clock(iso: str) -> str:
    """``10:42`` from an ISO 8601 time, in local time."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return ""
    if moment.tzinfo is not None:
        moment = moment.astimezone()
    return moment.strftime("%H:%M")


def film_name(exposure: Exposure | None, exposure_id: int) -> str:
    """When it came and whose it is; its number where the window does not list it. For the screen, never for the log."""
    if exposure is None:
        return translate("Words", "no. {0}").format(exposure_id)
    return f"{moment(exposure.received_at)} {exposure.header.patient.name}"
