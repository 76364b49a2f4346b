"""Words on the film: complete in both languages, true to the patient's sides, silent about identity when asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.films import cut, film, noise, rotated
from workstation import assets
from workstation.domain.edges import Edge
from workstation.domain.field import WHOLE_FILM, AskewFilm, CollimatedField
from workstation.domain.film import ExposureData, NoticeCode
from workstation.domain.findings import (
    CropFinding,
    OrientationFinding,
    ProjectionFinding,
    Source,
    State,
    Verdict,
)
from workstation.domain.projection import Projection
from workstation.services.film_text import (
    FilmWords,
    angle_text,
    corners,
    edge_label,
    load_words,
    missing_part,
    projection_label,
    sides,
    trusted_sides,
    written_date,
)

EN = load_words(assets.resources_dir(), "en")
RU = load_words(assets.resources_dir(), "ru")
HEADER = film(noise(20, 20)).header
PLAIN = replace(HEADER, patient_orientation=None)


def test_both_languages_have_the_same_words() -> None:
    assert set(EN.table) == set(RU.table)
    assert all(text.strip() for words in (EN, RU) for text in words.table.values())


@pytest.mark.parametrize("words", [EN, RU], ids=["en", "ru"])
@pytest.mark.parametrize("code", list(NoticeCode))
def test_every_notice_has_words(words: FilmWords, code: NoticeCode) -> None:
    assert f"notice.{code.value}" in words.table


def test_an_unknown_language_is_given_english() -> None:
    assert load_words(assets.resources_dir(), "de").language == "en"


@pytest.mark.parametrize(
    ("edge", "projection", "orientation", "said"),
    [
        (Edge.TOP, Projection.FRONTAL, None, "lung apices"),
        (Edge.BOTTOM, Projection.FRONTAL, ("L", "F"), "lung bases"),
        (Edge.LEFT, Projection.FRONTAL, None, "outer edge of the right lung"),
        (Edge.LEFT, Projection.FRONTAL, ("R", "F"), "outer edge of the left lung"),
        (Edge.RIGHT, Projection.LATERAL, ("A", "F"), "front of the lungs"),
        (Edge.LEFT, Projection.LATERAL, ("A", "F"), "back of the lungs"),
        (Edge.LEFT, Projection.LATERAL, None, "front or back of the lungs"),
        (Edge.LEFT, Projection.UNKNOWN, None, "lung edge"),
    ],
)
def test_a_cut_edge_names_what_is_missing(
    edge: Edge, projection: Projection, orientation: tuple[str, str] | None, said: str
) -> None:
    verdict = replace(cut(edge), projection=ProjectionFinding(projection, State.PASS, 0.5))
    header = replace(HEADER, patient_orientation=orientation)
    assert missing_part(edge, verdict, header, EN) == said
    assert missing_part(edge, verdict, header, RU) in RU.table.values()


def test_a_lung_that_leaves_on_one_side_is_named() -> None:
    outline = (
        ((0.1, 0.2), (0.3, 0.2), (0.3, 0.8), (0.1, 0.8)),
        ((0.7, 0.2), (0.9, 0.2), (0.9, 1.0), (0.7, 1.0)),
    )
    crop = CropFinding(State.WARN, 0.9, 0.6, 0.4, (Edge.BOTTOM,), lung_outline=outline)
    verdict = replace(cut(Edge.BOTTOM), findings=(crop,))
    assert missing_part(Edge.BOTTOM, verdict, PLAIN, EN) == "left lung base"
    assert edge_label(Edge.BOTTOM, verdict, PLAIN, RU) == "срезано: нижний отдел левого лёгкого"


@pytest.mark.parametrize("blades", [(), (Edge.BOTTOM,)], ids=["wedges", "blades"])
@pytest.mark.parametrize("frame", [WHOLE_FILM, CollimatedField(0.01, 0.015, 0.99, 0.985)], ids=["", "framed"])
def test_lungs_that_leave_at_a_slanting_border_are_named_both(
    blades: tuple[Edge, ...], frame: CollimatedField
) -> None:
    """A film that lies askew by some 3 degrees: one base ends farther from the picture's border than the other."""
    outline = (
        ((0.1, 0.2), (0.3, 0.2), (0.3, 1.0), (0.1, 1.0)),
        ((0.7, 0.2), (0.9, 0.2), (0.9, 1.0), (0.7, 1.0)),
    )
    crop = CropFinding(State.WARN, 0.9, 0.6, 0.4, (Edge.BOTTOM,), lung_outline=outline)
    film = AskewFilm((0.05, 0.0), (1.0, 0.05), (0.0, 0.95), blades)
    within = CollimatedField(0.0, 0.0, 0.95, 0.9)
    upright = replace(cut(Edge.BOTTOM), findings=(crop,))
    for judged in (upright, upright.found_within(within)):
        verdict = judged.found_in_frame(film).found_in_frame(frame)
        assert missing_part(Edge.BOTTOM, verdict, PLAIN, EN) == "lung bases"
        assert verdict.crop is not None
        (first, *_), *_ = verdict.in_field(verdict.crop.lung_outline)
        assert first == pytest.approx((0.1, 0.2))


def test_a_lung_that_leaves_on_one_side_is_named_within_frames_too() -> None:
    outline = (((0.1, 0.2), (0.3, 0.8)), ((0.7, 0.2), (0.9, 1.0)))
    crop = CropFinding(State.WARN, 0.9, 0.6, 0.4, (Edge.BOTTOM,), lung_outline=outline)
    upright = replace(cut(Edge.BOTTOM), findings=(crop,))
    verdict = upright.found_in_frame(CollimatedField(0.03, 0.03, 0.97, 0.97))
    assert verdict.collimation.whole
    assert missing_part(Edge.BOTTOM, verdict, PLAIN, EN) == "left lung base"


def test_a_film_on_its_side_is_set_upright_before_the_edge_is_named() -> None:
    # Turned clockwise by 90 degrees it stands upright: its left edge is then on top.
    verdict = replace(cut(Edge.LEFT), orientation=OrientationFinding(State.WARN, 90, False, 0.9, 0.5))
    assert missing_part(Edge.LEFT, verdict, HEADER, EN) == "lung apices"


def test_an_unsure_edge_is_a_question() -> None:
    assert edge_label(Edge.TOP, cut(Edge.TOP, state=State.UNSURE), PLAIN, EN) == "lung apices: cut off?"


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (ProjectionFinding(Projection.LATERAL, State.PASS, 0.98), "LATERAL 98 %"),
        (ProjectionFinding(Projection.LATERAL, State.PASS, 0.9999), "LATERAL >99 %"),
        (ProjectionFinding(Projection.FRONTAL, State.PASS, 0.1), "FRONTAL 90 %"),
        (ProjectionFinding(Projection.FRONTAL, State.PASS, 0.9, Source.USER), "FRONTAL · set by hand"),
        (ProjectionFinding(Projection.UNKNOWN, State.NOT_ASSESSED), "PROJECTION UNKNOWN"),
    ],
)
def test_the_projection_says_how_sure_it_is(finding: ProjectionFinding, said: str) -> None:
    assert projection_label(Verdict(finding, (), "t@1"), EN) == said


def test_angles_dates_and_numbers_are_written_as_the_language_does() -> None:
    finding = rotated(-14.4).rotation
    assert finding is not None
    assert angle_text(finding, EN) == "14° ±4°"
    assert angle_text(replace(finding, angle_sd_deg=None), RU) == "около 14°"
    assert written_date("2026-11-23T10:42:59", RU) == "23.11.2026 10:42"
    assert written_date("19600102", EN) == "2 Jan 1960"
    assert written_date("19601399", EN) == "99 13 1960", "nonsense stays what it is"
    assert written_date("unknown", EN) == "unknown"
    assert RU.number(-2.5, 1) == "−2,5"
    assert EN.number(-0.0001, 1) == "0"


def test_corners_leave_out_what_the_header_does_not_say() -> None:
    bare = replace(HEADER, exposure=ExposureData(), view_position="")
    assert corners(bare, EN).exposure == ()
    hidden = corners(HEADER, EN, identified=False)
    assert (hidden.patient, hidden.study) == ((), ())
    typed = replace(HEADER, exposure=ExposureData(), view_position="IVANOVA 12.03.70")
    assert corners(typed, EN).exposure == ("IVANOVA 12.03.70",)
    assert corners(typed, EN, identified=False).exposure == ()
    assert corners(replace(typed, view_position="LL"), EN, identified=False).exposure == ("LL",)


@pytest.mark.parametrize(
    ("product", "told"),
    [(0.82, "0.82"), (12.5, "12.5"), (0.125, "0.125"), (0.0042, "0.0042"), (0.0002, "0.0002")],
)
def test_a_small_dose_is_not_told_as_none(product: float, told: str) -> None:
    header = replace(PLAIN, exposure=ExposureData(dose_area_product=product))
    assert corners(header, EN).exposure[-1] == f"DAP {told} dGy·cm²"


def test_whoever_has_no_name_is_not_called_by_the_next_line() -> None:
    nameless = replace(HEADER, patient=replace(HEADER.patient, name=""))
    assert corners(nameless, EN).patient[0] == "No name"
    assert corners(nameless, RU).patient[0] == "Без имени"
    assert corners(nameless, EN, identified=False).patient == ()


def test_sides_follow_the_header_only() -> None:
    assert sides(PLAIN) == {}
    assert sides(HEADER) == {Edge.RIGHT: "L", Edge.LEFT: "R", Edge.BOTTOM: "F", Edge.TOP: "H"}
    assert sides(replace(HEADER, patient_orientation=("AL", "FP"))) == {
        Edge.RIGHT: "A",
        Edge.LEFT: "P",
        Edge.BOTTOM: "F",
        Edge.TOP: "H",
    }


@pytest.mark.parametrize(
    ("rotate", "mirrored", "truth"),
    [(90, False, ("F", "R")), (180, False, ("R", "H")), (0, True, ("R", "F"))],
)
def test_side_letters_are_left_out_where_the_picture_lies_otherwise_than_the_header_says(
    rotate: int, mirrored: bool, truth: tuple[str, str]
) -> None:
    found = OrientationFinding(State.WARN, rotate_deg=rotate, mirrored=mirrored)
    turned = replace(cut(), orientation=found)
    assert trusted_sides(HEADER, turned) == {}
    knowing = replace(HEADER, patient_orientation=truth)
    assert trusted_sides(knowing, turned) == sides(knowing)
    assert trusted_sides(HEADER, None) == sides(HEADER)
    unsure = replace(turned, orientation=replace(found, state=State.UNSURE))
    assert trusted_sides(HEADER, unsure) == sides(HEADER)
