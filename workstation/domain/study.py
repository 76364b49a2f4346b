"""A film among its patient's other films: the dose of the study, the rejected film it repeats, the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure
from workstation.domain.film import NoticeCode
from workstation.domain.projection import Projection, projection_of_view

REPEAT_WITHIN = timedelta(hours=6)
"""A film later than this after the rejected one is a new examination, not its repeat."""


@dataclass(frozen=True, slots=True)
class StudyDose:
    """Dose-area product over the exposures of one study, the rejected ones included: the patient got those too.

    Attributes:
        exposures, rejected: how many films, and how many of them were rejected.
        product: sum of Image and Fluoroscopy Area Dose Product (0018,115E) in dGy*cm2.
        unknown: films whose header gives none; the sum is then a lower bound.
    """

    exposures: int
    rejected: int
    product: float
    unknown: int


@dataclass(frozen=True, slots=True)
class Companions:
    """The patient's other films, as far as one film needs them.

    Attributes:
        dose: of its study; None where the study has no UID or no film tells its dose.
        previous: the latest earlier film of the same patient and projection.
        repeat_of: `previous`, where that was rejected and this is its repeat.
    """

    dose: StudyDose | None = None
    previous: Exposure | None = None
    repeat_of: Exposure | None = None


def decimals(product: float, least: int) -> int:
    """How many decimals tell a dose-area product > 0 by two figures: `least`, more where it would read as none."""
    return max(least, min(6, 1 - math.floor(math.log10(product))))


def companions(film: Exposure, others: Sequence[Exposure]) -> Companions:
    """Find the companions of `film` among `others` (films of its patient or study; `film` itself may be there)."""
    others = [other for other in others if other.id != film.id]
    kind = projection_of(film)
    earlier = [
        other
        for other in others
        if other.id < film.id
        and kind is not Projection.UNKNOWN
        and projection_of(other) is kind
        and same_patient(film, other)
    ]
    previous = max(earlier, key=lambda other: other.id, default=None)
    repeats = previous is not None and _rejected(previous) and _repeats(previous, film)
    return Companions(_dose(film, others), previous, previous if repeats else None)


def same_patient(one: Exposure, other: Exposure) -> bool:
    """True where the header says so: same non-empty Patient ID and no other birth date."""
    a, b = one.header.patient, other.header.patient
    if not a.patient_id.strip() or a.patient_id.strip() != b.patient_id.strip():
        return False
    return not (a.birth_date and b.birth_date) or a.birth_date == b.birth_date


def projection_of(film: Exposure) -> Projection:
    """By the verdict, else by the header."""
    if film.verdict is not None and film.verdict.projection.label is not Projection.UNKNOWN:
        return film.verdict.projection.label
    return projection_of_view(film.header.view_position, film.header.view_code)


def _of_one_exposure(one: Exposure, other: Exposure) -> bool:
    """True for a raw image (for processing) and what was processed from it: many modalities send both."""
    a, b = one.header, other.header
    if _is_raw(one) == _is_raw(other) or not a.study_instance_uid or not a.acquired_at:
        return False
    figures = [(h.exposure.dose_area_product, h.exposure.kvp, h.exposure.mas) for h in (a, b)]
    same = (a.study_instance_uid, a.acquired_at) == (b.study_instance_uid, b.acquired_at)
    return same and figures[0] == figures[1]


def _is_raw(film: Exposure) -> bool:
    return any(notice.code is NoticeCode.FOR_PROCESSING for notice in film.header.notices)


def _rejected(film: Exposure) -> bool:
    return film.decision is not None and film.decision.choice is Choice.RETAKE


def _repeats(earlier: Exposure, later: Exposure) -> bool:
    if (at := _when(earlier.header.acquired_at)) and (then := _when(later.header.acquired_at)):
        # A film of an earlier examination may be fetched to compare with, right after a rejected one.
        return timedelta(0) <= then - at <= REPEAT_WITHIN
    apart = datetime.fromisoformat(later.received_at) - datetime.fromisoformat(earlier.received_at)
    return apart <= REPEAT_WITHIN


def _when(acquired_at: str) -> datetime | None:
    """None where the header tells no time."""
    try:
        return datetime.fromisoformat(acquired_at).replace(tzinfo=None)
    except ValueError:
        return None


def _dose(film: Exposure, others: Sequence[Exposure]) -> StudyDose | None:
    study = film.header.study_instance_uid
    if not study:
        return None
    # The same image sent twice under one UID (a conflict kept beside) was one exposure of the patient.
    films = {film.header.sop_instance_uid: film}
    for other in others:
        if other.header.study_instance_uid == study:
            films.setdefault(other.header.sop_instance_uid, other)
    shown = [f for f in films.values() if not _is_raw(f)]
    # A raw image counts for itself only where what was processed from it is not here.
    raw = [f for f in films.values() if _is_raw(f) and not any(_of_one_exposure(f, s) for s in shown)]
    exposures = [*shown, *raw]
    given = [d for f in exposures if (d := f.header.exposure.dose_area_product) is not None]
    if not given:
        return None
    rejected = sum(_rejected(f) for f in exposures)
    return StudyDose(len(exposures), rejected, sum(given), len(exposures) - len(given))
