"""Repeats, the film before and the dose of a study: never guessed across patients."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.support.audit_log import history
from tests.support.console import Console
from tests.support.dicom_maker import make_film
from workstation.domain.decision import Choice, Decision
from workstation.domain.exposure import Exposure
from workstation.domain.film import ExposureData, FilmHeader, Notice, NoticeCode, PatientIdentity
from workstation.domain.study import StudyDose, companions

START = datetime(2026, 11, 24, 10, 0, tzinfo=timezone(timedelta(hours=3)))
REJECTED = Decision(Choice.RETAKE, "Ivanova", START.isoformat(), "cut_off")


def film(
    number: int,
    *,
    patient: str = "P-1",
    view: str = "PA",
    minutes: float | None = None,
    study: str = "1.2.3",
    dose: float | None = 1.0,
    decision: Decision | None = None,
    born: str = "",
) -> Exposure:
    header = FilmHeader(
        10,
        10,
        sop_instance_uid=f"1.9.{number}",
        study_instance_uid=study,
        patient=PatientIdentity("", patient, born),
        view_position=view,
        exposure=ExposureData(dose_area_product=dose),
    )
    at = START + timedelta(minutes=number if minutes is None else minutes)
    return Exposure(number, header, "film.dcm", "film.dcm", at.isoformat(), decision=decision)


def test_the_next_film_of_the_same_projection_repeats_the_rejected_one() -> None:
    first, side, again = film(1, decision=REJECTED), film(2, view="LL"), film(3)
    found = companions(again, [first, side, again])
    assert found.previous == first
    assert found.repeat_of == first
    assert companions(side, [first, side, again]).repeat_of is None


def test_the_dose_of_a_raw_image_and_of_what_was_processed_from_it_is_one() -> None:
    at = "2026-11-24T10:00:01"
    raw_notice = (Notice(NoticeCode.FOR_PROCESSING),)

    def taken(exposure: Exposure, acquired_at: str, *, raw: bool) -> Exposure:
        notices = raw_notice if raw else ()
        return replace(exposure, header=replace(exposure.header, acquired_at=acquired_at, notices=notices))

    raw, shown = taken(film(1, decision=REJECTED), at, raw=True), taken(film(2), at, raw=False)
    assert (
        companions(shown, [raw, shown]).dose == companions(raw, [raw, shown]).dose == StudyDose(1, 0, 1.0, 0)
    )
    later = "2026-11-24T10:02:30"
    again = taken(film(3), later, raw=True), taken(film(4), later, raw=False)
    assert companions(again[1], [raw, shown, *again]).dose == StudyDose(2, 0, 2.0, 0)
    # Another moment, another dose, or the raw image alone: an exposure of its own.
    assert companions(again[1], [raw, again[1]]).dose == StudyDose(2, 1, 2.0, 0)
    other = taken(film(5, dose=0.4), at, raw=False)
    assert companions(other, [raw, other]).dose == StudyDose(2, 1, 1.4, 0)


@pytest.mark.parametrize(
    ("rejected", "next_one", "repeats"),
    [
        ("2026-11-24T10:00:00", "2026-11-24T10:04:00", True),
        ("2026-11-24T10:00:00", "2026-11-24T10:00:00", True),
        ("2026-11-24T10:00:00", "2025-03-02T09:00:00", False),
        ("2026-11-24T10:00:00", "2026-11-24T09:56:00", False),
        ("2026-11-23T10:00:00", "2026-11-24T10:04:00", False),
        ("2026-11-24T10:00:00", "", True),
    ],
)
def test_a_repeat_was_taken_after_the_rejected_film_whatever_came_first(
    rejected: str, next_one: str, repeats: bool
) -> None:
    """A film of an earlier examination that is fetched to compare with was told, and counted, as the repeat."""

    def taken(exposure: Exposure, at: str) -> Exposure:
        return replace(exposure, header=replace(exposure.header, acquired_at=at))

    first, other = taken(film(1, decision=REJECTED), rejected), taken(film(2), next_one)
    found = companions(other, [first, other])
    assert found.previous == first
    assert (found.repeat_of == first) == repeats


def test_what_follows_a_repeat_is_no_repeat_of_the_first() -> None:
    films = [film(1, decision=REJECTED), film(2), film(3)]
    assert companions(films[2], films).previous == films[1]
    assert companions(films[2], films).repeat_of is None


@pytest.mark.parametrize(
    "other",
    [
        film(1, decision=REJECTED, patient="P-2"),
        film(1, decision=REJECTED, born="19600101"),
        film(1, decision=REJECTED, minutes=-600),
        film(1),
    ],
    ids=["another patient", "another birth date", "hours before", "not rejected"],
)
def test_no_pair_where_it_would_be_a_guess(other: Exposure) -> None:
    assert companions(film(2, born="19700101"), [other]).repeat_of is None


@pytest.mark.parametrize(("born", "then"), [("", "19700101"), ("19700101", ""), ("", "")])
def test_a_birth_date_that_one_film_lacks_parts_no_patient_from_the_other_film(born: str, then: str) -> None:
    found = companions(film(2, born=born), [film(1, born=then, decision=REJECTED)])
    assert found.repeat_of is not None


def test_films_without_a_patient_id_are_never_paired() -> None:
    films = [film(1, patient=" ", decision=REJECTED), film(2, patient=" ")]
    assert companions(films[1], films).previous is None


def test_dose_counts_rejected_films_and_says_where_it_is_a_lower_bound() -> None:
    films = [
        film(1, decision=REJECTED),
        film(2, dose=0.5),
        film(3, dose=None),
        film(4, study="9.9", dose=7.0),
    ]
    assert companions(films[1], films).dose == StudyDose(3, 1, 1.5, 1)
    assert companions(replace(films[2]), [films[2]]).dose is None
    twice = replace(films[0], id=9)
    assert companions(films[1], [*films, twice]).dose == StudyDose(3, 1, 1.5, 1)


def test_the_repeat_is_found_in_the_database_and_written_into_the_audit(tmp_path: Path) -> None:
    console = Console(tmp_path / "data")
    try:
        first = console.intake.take(make_film(tmp_path / "1.dcm", patient_id="P-7"))
        console.disposition.choose(first.id, Choice.RETAKE, "Ivanova", "cut_off")
        console.intake.take(make_film(tmp_path / "2.dcm", patient_id="P-8"))
        again = console.intake.take(make_film(tmp_path / "3.dcm", patient_id="P-7"))
        found = console.worklist.companions(again.id)
        assert found.repeat_of is not None
        assert found.repeat_of.id == first.id
        console.disposition.choose(again.id, Choice.SEND, "Ivanova")
        (line,) = [row for row in history(console.database, again.id) if row.action == "decision"]
        assert line.detail["repeat_of"] == first.id
        with console.database.snapshot() as connection:
            plan = connection.execute(
                "EXPLAIN QUERY PLAN SELECT id FROM exposure WHERE json_extract(header, '$.patient.patient_id') = ?"
                " AND json_extract(header, '$.patient.patient_id') <> ''",
                ("P-7",),
            ).fetchall()
        assert any("exposure_patient" in row["detail"] for row in plan), (
            "found by index, not by reading all films"
        )
    finally:
        console.close()
