"""What the models were not trained for is said where it applies, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workstation.assets import resources_dir
from workstation.domain.errors import SettingsInvalid
from workstation.domain.film import FilmHeader, PatientIdentity
from workstation.domain.findings import CropFinding, RotationFinding, State
from workstation.domain.projection import Projection
from workstation.services.limits import LIMITS_FILE, age_years, limits_of, load_limits

ADULT = FilmHeader(10, 10, patient=PatientIdentity("", "P", "1970-05-02"), acquired_at="2026-05-01T10:00:00")
CHILD = replace(ADULT, patient=PatientIdentity("", "P", "2018-05-02"))
CROP, ROTATION = CropFinding(State.PASS, 0.1, 0.7), RotationFinding(State.WARN, 0.9, 0.7, angle_deg=14.0)


def said(
    finding: CropFinding | RotationFinding, projection: Projection, header: FilmHeader, language: str = "en"
) -> str:
    return " ".join(limits_of(load_limits(resources_dir()), finding, projection, header, language))


def test_age_counts_to_the_day() -> None:
    assert age_years(ADULT) == 55
    assert age_years(replace(ADULT, acquired_at="2026-05-02T08:00:00")) == 56
    assert age_years(replace(ADULT, acquired_at="")) is None
    assert age_years(replace(ADULT, patient=PatientIdentity())) is None
    assert age_years(replace(ADULT, acquired_at="1950-01-01T00:00:00")) is None


def test_children_bedside_films_and_laterals_get_their_own_words() -> None:
    assert said(CROP, Projection.FRONTAL, ADULT) == ""
    assert "Child" in said(CROP, Projection.FRONTAL, CHILD)
    assert "Ребёнок" in said(CROP, Projection.LATERAL, CHILD, "ru")
    assert "AP film" in said(CROP, Projection.FRONTAL, replace(ADULT, view_position="AP"))
    for told in (
        {"view_position": "AP_SUPINE"}, {"view_code": "399348003"}, {"view_code": "R-10206"}
    ):  # fmt: skip
        assert "AP film" in said(CROP, Projection.FRONTAL, replace(ADULT, **told))
    for told in ({"view_position": "PA"}, {"view_code": "272479007"}):
        assert said(CROP, Projection.FRONTAL, replace(ADULT, **told)) == ""
    assert "rough estimate" in said(ROTATION, Projection.LATERAL, ADULT)
    assert "do not rely" in said(ROTATION, Projection.LATERAL, CHILD)
    assert said(CropFinding(State.NOT_ASSESSED), Projection.FRONTAL, CHILD) == ""


@pytest.mark.parametrize(
    "text",
    [
        "schema = 2",
        '[[limit]]\ncriterion = "crop_frontal"',
        'schema = 1\n[[limit]]\ncriterion = "x"\nwhen = "child"\ntext = { en = "a", ru = "b" }',
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / LIMITS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as found:
        load_limits(tmp_path)
    assert LIMITS_FILE in found.value.message
