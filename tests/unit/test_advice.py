"""Advice: every verdict has words in both languages, and the words say the right side."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from workstation.assets import resources_dir
from workstation.domain.edges import Edge
from workstation.domain.errors import SettingsInvalid
from workstation.domain.field import AskewFilm, CollimatedField
from workstation.domain.film import ExposureData, FilmHeader, PatientIdentity
from workstation.domain.findings import (
    CropFinding,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    Source,
    State,
    Verdict,
)
from workstation.domain.projection import Projection
from workstation.domain.turn import UNTURNED, Turn
from workstation.services.advice import Adviser
from workstation.services.advice_texts import ADVICE_FILE, CROP_KEYS, load_advice

HEADER = FilmHeader(rows=100, columns=100)
FRONTAL = ProjectionFinding(Projection.FRONTAL, State.PASS, 0.01)
LATERAL = ProjectionFinding(Projection.LATERAL, State.PASS, 0.99)
LUNGS = ((0.2, 0.1), (0.45, 0.1), (0.45, 0.9), (0.2, 0.9)), ((0.55, 0.1), (0.8, 0.1), (0.8, 1.0), (0.55, 1.0))


@pytest.fixture(scope="module")
def adviser() -> Adviser:
    return Adviser(resources_dir())


def crop(*edges: Edge, state: State = State.WARN, outline: object = ()) -> CropFinding:
    scores = {edge: 0.9 if edge in edges else 0.1 for edge in Edge}
    return CropFinding(state, 0.9, 0.7, 0.4, edges, scores, outline)  # type: ignore[arg-type]


def verdict(*findings: CropFinding | RotationFinding, projection: ProjectionFinding = FRONTAL) -> Verdict:
    return Verdict(projection, findings, "tiny@1")


def test_every_crop_combination_has_different_words_for_its_side() -> None:
    texts = load_advice(resources_dir())
    assert set(texts.crops) == set(CROP_KEYS)
    for language in ("en", "ru"):
        whats = [texts.crops[key].warn[language] for key in CROP_KEYS if key[1] != "unknown"]
        frontal = [w for w, key in zip(whats, CROP_KEYS, strict=False) if key[0] == "frontal"]
        assert len(set(frontal)) == len(frontal)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("state", list(State))
def test_every_combination_of_states_speaks(adviser: Adviser, language: str, state: State) -> None:
    projections = [FRONTAL, LATERAL, ProjectionFinding(Projection.UNKNOWN, State.NOT_ASSESSED)]
    orientations = [("", ""), ("L", "F"), ("A", "F"), ("X", ""), ("F", "L")]
    edge_sets = [(), *((e,) for e in Edge), (Edge.TOP, Edge.BOTTOM), (Edge.LEFT, Edge.RIGHT), tuple(Edge)]
    for projection, patient, edges, position in itertools.product(
        projections, orientations, edge_sets, ("", "AP_SUPINE")
    ):
        header = FilmHeader(rows=9, columns=9, patient_orientation=patient, view_position=position)
        rotation = RotationFinding(state, 0.5, 0.6, 0.4, 12.3, 4.0)
        gates = {"body_part": Kind.BODY_PART, "polarity": Kind.POLARITY}
        full = Verdict(
            projection,
            (crop(*edges, state=state, outline=LUNGS), rotation),
            "c@1",
            orientation=OrientationFinding(state, 90, True, 0.9),
            **{name: GateFinding(kind, state, 0.5) for name, kind in gates.items()},  # type: ignore[arg-type]
        )
        advice = adviser.for_verdict(full, header, language)
        said = [*advice.lines, *advice.positive, advice.headline, advice.change, advice.where]
        assert advice.headline
        assert not any("{" in line for line in said)
        has_cyrillic = any("а" <= c <= "я" for c in "".join(said).lower())
        assert has_cyrillic == (language == "ru")
        assert bool(advice.what) == (state in (State.WARN, State.UNSURE))
        assert bool(advice.change) == (state is State.WARN)


def test_the_lung_outline_tells_which_costophrenic_angle(adviser: Adviser) -> None:
    # Hung as usual: the right half of the image is the patient's left.
    said = adviser.for_verdict(verdict(crop(Edge.BOTTOM, outline=LUNGS)), HEADER, "en")
    assert said.what == "Left costophrenic angle cut off at the lower edge."
    assert said.where == "lower edge"
    assert said.change.startswith("Lower the detector")


def test_the_header_tells_a_film_stored_the_other_way_round(adviser: Adviser) -> None:
    mirrored = FilmHeader(rows=9, columns=9, patient_orientation=("R", "F"))
    said = adviser.for_verdict(verdict(crop(Edge.BOTTOM, outline=LUNGS)), mirrored, "en")
    assert said.what.startswith("Right costophrenic angle")
    side = adviser.for_verdict(verdict(crop(Edge.LEFT)), mirrored, "en")
    assert "left lung" in side.what
    assert "left edge of the image" in side.what


def test_a_film_on_its_head_is_told_in_the_patients_terms(adviser: Adviser) -> None:
    upside_down = Verdict(
        FRONTAL, (crop(Edge.TOP),), "c@1", orientation=OrientationFinding(State.WARN, 180, False, 0.99)
    )
    said = adviser.for_verdict(upside_down, HEADER, "en")
    assert said.what == "Costophrenic angles cut off at the lower edge.", "of the film set upright"
    assert "180°" in said.lines[0]
    stored = adviser.for_verdict(upside_down, HEADER, "en", UNTURNED)
    assert stored.what == "Costophrenic angles cut off at the upper edge.", "beside the film as it is stored"
    assert stored.where == "upper edge"


def test_a_film_that_lies_otherwise_than_its_header_says_is_told_as_it_would_hang(adviser: Adviser) -> None:
    turned = OrientationFinding(State.WARN, 180, False, 0.99)
    cut = Verdict(FRONTAL, (crop(Edge.RIGHT),), "c@1", orientation=turned)
    said = adviser.for_verdict(cut, HEADER, "en")
    assert "right lung" in said.what, "hung as usual, the left of the image is the patient's right"
    contradicting = replace(HEADER, patient_orientation=("R", "F"))
    assert adviser.for_verdict(cut, contradicting, "en").what == said.what


def test_which_angle_is_cut_is_told_of_a_turned_film_too(adviser: Adviser) -> None:
    turned = OrientationFinding(State.WARN, 180, False, 0.99)
    stored = tuple(tuple((1 - x, 1 - y) for x, y in lung) for lung in LUNGS)
    said = adviser.for_verdict(
        Verdict(FRONTAL, (crop(Edge.TOP, outline=stored),), "c@1", orientation=turned), HEADER, "en"
    )
    assert said.what == "Left costophrenic angle cut off at the lower edge."


def test_opposite_edges_of_a_film_on_its_side_are_those_of_the_film_set_upright(adviser: Adviser) -> None:
    on_its_side = OrientationFinding(State.WARN, 90, False, 0.99)
    for edges, way in (((Edge.LEFT, Edge.RIGHT), "lengthwise"), ((Edge.TOP, Edge.BOTTOM), "crosswise")):
        cut = Verdict(FRONTAL, (crop(*edges),), "c@1", orientation=on_its_side)
        assert way in adviser.for_verdict(cut, HEADER, "en").change


def test_the_prompt_tells_the_warning_before_what_is_only_unsure(adviser: Adviser) -> None:
    turned = RotationFinding(State.WARN, 0.9, 0.6, 0.4, 14.2, 3.8)
    alone = adviser.for_verdict(verdict(turned, projection=LATERAL), HEADER, "en")
    unsure = verdict(crop(Edge.TOP, state=State.UNSURE), turned, projection=LATERAL)
    said = adviser.for_verdict(unsure, HEADER, "en")
    assert (said.what, said.change, said.where) == (alone.what, alone.change, alone.where)
    cut = adviser.for_verdict(verdict(crop(Edge.TOP), turned, projection=LATERAL), HEADER, "en")
    assert cut.what != alone.what, "of two warnings the first"
    assert cut.where == "upper edge"


def test_edges_and_blades_are_named_as_they_are_seen(adviser: Adviser) -> None:
    cut = verdict(beyond(Edge.BOTTOM, 0.05)).found_within(CollimatedField(0.0, 0.1, 1.0, 0.8))
    said = adviser.for_verdict(cut, CASSETTE, "en", Turn(1))
    assert "left edge of the image" in said.what
    assert said.change == (
        "Open the collimation at the left of the image: lung lies behind the blade. Wider by about 3 cm."
    )
    assert "right edge" in adviser.for_verdict(cut, CASSETTE, "en", Turn(1, True)).what


def test_lung_behind_both_blades_asks_to_open_both(adviser: Adviser) -> None:
    both = replace(crop(Edge.LEFT, Edge.RIGHT), beyond={Edge.LEFT: 0.03, Edge.RIGHT: 0.03})
    behind = verdict(both).found_within(CollimatedField(0.2, 0.0, 0.8, 1.0))
    said = adviser.for_verdict(behind, CASSETTE, "en").lines
    opened = [line for line in said if line.startswith("Open the collimation")]
    assert len(opened) == 2
    assert all("Wider by about" in line for line in opened)
    assert not any("crosswise" in line for line in said)
    # Where the lung goes on beyond the film at one of them, opening alone is not enough.
    narrow = verdict(both).found_within(CollimatedField(0.2, 0.0, 0.99, 1.0))
    assert any("crosswise" in line for line in adviser.for_verdict(narrow, CASSETTE, "en").lines)


def test_lateral_sides_are_named_only_where_the_header_tells_them(adviser: Adviser) -> None:
    cut = verdict(crop(Edge.LEFT), projection=LATERAL)
    assert "osterior" not in adviser.for_verdict(cut, HEADER, "en").what
    known = FilmHeader(rows=9, columns=9, patient_orientation=("A", "F"), view_position="LL")
    assert adviser.for_verdict(cut, known, "en").what.startswith("Posterior border of the lungs")


@pytest.mark.parametrize("state", [State.WARN, State.UNSURE])
def test_every_cut_edge_is_said_before_what_to_change(adviser: Adviser, state: State) -> None:
    def lines(*edges: Edge) -> tuple[str, ...]:
        return adviser.for_verdict(verdict(crop(*edges, state=state)), HEADER, "en").lines

    both, bottom, left = lines(Edge.BOTTOM, Edge.LEFT), lines(Edge.BOTTOM), lines(Edge.LEFT)
    assert both[:2] == (bottom[0], left[0])
    assert bottom[0] != left[0]
    assert both[2:4] == ((bottom[1], left[1]) if state is State.WARN else ())
    assert bottom[0] == adviser.for_verdict(verdict(crop(Edge.BOTTOM, state=state)), HEADER, "en").what


def test_opposite_edges_ask_for_a_larger_field_not_for_two_shifts(adviser: Adviser) -> None:
    said = adviser.for_verdict(verdict(crop(Edge.TOP, Edge.BOTTOM)), HEADER, "en")
    assert "lengthwise" in said.change
    assert not any("Raise" in line or "Lower" in line for line in said.lines)


def test_a_patient_on_the_bed_gets_other_words(adviser: Adviser) -> None:
    supine = FilmHeader(rows=9, columns=9, view_position="AP_SUPINE")
    said = adviser.for_verdict(verdict(crop(Edge.BOTTOM)), supine, "en")
    assert said.change.startswith("Slide the detector towards the feet")


@pytest.mark.parametrize(
    ("position", "lying"), [("HFS", True), ("FFP", True), ("hfdl", True), ("", False), ("HF", False)]
)
def test_the_patient_position_tells_who_lies(adviser: Adviser, position: str, lying: bool) -> None:
    header = replace(HEADER, extra={"PatientPosition": position})
    change = adviser.for_verdict(verdict(crop(Edge.BOTTOM)), header, "en").change
    assert change.startswith("Slide the detector") is lying


CASSETTE = FilmHeader(rows=2150, columns=1750, spacing_mm=(0.2, 0.2))  # 43 x 35 cm


def beyond(edge: Edge, far: float) -> CropFinding:
    return replace(crop(edge), beyond={edge: far})


@pytest.mark.parametrize(
    ("edge", "far", "said"),
    [
        (Edge.BOTTOM, 0.03, "Move by about 3 cm."),  # 1.3 cm of lung and a finger's breadth
        (Edge.LEFT, 0.03, "Move by about 3 cm."),
        (Edge.TOP, 0.012, "Move by about 2 cm."),
        (Edge.BOTTOM, 0.06, "Move by at least 4 cm."),
        (Edge.BOTTOM, 0.05, "Move by about 4 cm."),  # of 43 cm
        (Edge.RIGHT, 0.05, "Move by about 3 cm."),  # of 35 cm
    ],
)
def test_how_far_follows_the_lung_that_is_missing(
    adviser: Adviser, edge: Edge, far: float, said: str
) -> None:
    oblong = replace(CASSETTE, rows=1075, spacing_mm=(0.4, 0.2))
    for header in (CASSETTE, oblong):
        assert adviser.for_verdict(verdict(beyond(edge, far)), header, "en").change.endswith(said)


def test_how_far_in_russian(adviser: Adviser) -> None:
    said = adviser.for_verdict(verdict(beyond(Edge.BOTTOM, 0.03)), CASSETTE, "ru")
    assert said.change.endswith("Сместите примерно на 3 см.")


@pytest.mark.parametrize(
    ("header", "far"),
    [
        (replace(CASSETTE, spacing_mm=None), 0.03),
        (replace(CASSETTE, spacing_mm=(2.0, 2.0)), 0.03),  # a film of four metres
        (CASSETTE, 0.004),  # within the error
    ],
)
def test_no_distance_is_better_than_a_wrong_one(adviser: Adviser, header: FilmHeader, far: float) -> None:
    assert "Move by" not in adviser.for_verdict(verdict(beyond(Edge.BOTTOM, far)), header, "en").change


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Open the collimation below: lung lies behind the blade. Wider by about 3 cm."),
        ("ru", "Раскройте поле снизу: под шторкой осталось лёгкое. Шире примерно на 3 см."),
    ],
)
def test_lung_behind_a_blade_asks_for_a_larger_field(adviser: Adviser, language: str, said: str) -> None:
    cut = verdict(beyond(Edge.BOTTOM, 0.05)).found_within(CollimatedField(0.0, 0.1, 1.0, 0.8))
    assert adviser.for_verdict(cut, CASSETTE, language).change == said
    assert adviser.for_verdict(cut, CASSETTE, language).lines.count(said) == 1


def test_where_to_open_the_field_is_told_of_the_film_as_it_hangs(adviser: Adviser) -> None:
    upside_down = Verdict(
        FRONTAL, (crop(Edge.TOP),), "c@1", orientation=OrientationFinding(State.WARN, 180, False, 0.99)
    ).found_within(CollimatedField(0.0, 0.2, 1.0, 1.0))
    assert "Open the collimation below" in " ".join(adviser.for_verdict(upside_down, HEADER, "en").lines)


def test_a_blade_at_another_edge_changes_nothing(adviser: Adviser) -> None:
    cut = verdict(crop(Edge.BOTTOM)).found_within(CollimatedField(0.0, 0.1, 1.0, 1.0))
    assert adviser.for_verdict(cut, CASSETTE, "en").change.startswith("Lower the detector")


def test_where_the_lung_goes_on_beyond_the_film_opening_the_field_is_not_enough(adviser: Adviser) -> None:
    cut = verdict(beyond(Edge.BOTTOM, 0.06)).found_within(CollimatedField(0.0, 0.0, 1.0, 0.97))
    assert adviser.for_verdict(cut, CASSETTE, "en").change.startswith("Lower the detector")


def test_what_the_network_cannot_see_the_end_of_is_at_least_so_far(adviser: Adviser) -> None:
    cut = verdict(beyond(Edge.LEFT, 0.06)).found_within(CollimatedField(0.3, 0.0, 0.8, 1.0))
    assert adviser.for_verdict(cut, CASSETTE, "en").change.endswith("Wider by at least 3 cm.")


@pytest.mark.parametrize(
    "frame",
    [CollimatedField(0.0, 0.04, 1.0, 0.96), AskewFilm((0.08, 0.0), (1.0, 0.07), (0.0, 0.92))],
    ids=["frames", "askew"],
)
@pytest.mark.parametrize(("far", "said"), [(0.057, "at least"), (0.053, "about")])
def test_the_network_sees_so_far_beyond_what_it_was_shown(
    adviser: Adviser, frame: CollimatedField | AskewFilm, far: float, said: str
) -> None:
    cut = verdict(beyond(Edge.BOTTOM, far)).found_in_frame(frame)
    assert f"Move by {said} " in adviser.for_verdict(cut, CASSETTE, "en").change


def test_opposite_edges_name_no_distance(adviser: Adviser) -> None:
    both = replace(crop(Edge.TOP, Edge.BOTTOM), beyond={Edge.TOP: 0.03, Edge.BOTTOM: 0.03})
    assert not any("Move by" in line for line in adviser.for_verdict(verdict(both), CASSETTE, "en").lines)


@pytest.mark.parametrize(
    ("born", "child"), [("2019-11-24", True), ("2019-11-23", False), ("2012-05-01", False), ("", False)]
)
@pytest.mark.parametrize("position", ["PA", "AP_SUPINE"])
def test_a_small_child_is_held_not_asked(adviser: Adviser, born: str, child: bool, position: str) -> None:
    header = replace(
        HEADER,
        patient=PatientIdentity(birth_date=born),
        acquired_at="2026-11-23T10:00:00",
        view_position=position,
    )
    for edge in (Edge.BOTTOM, Edge.TOP, Edge.LEFT, Edge.RIGHT):
        change = adviser.for_verdict(verdict(crop(edge)), header, "en").change
        assert ("held" in change) is child, change


def test_unsure_asks_to_look_and_changes_nothing(adviser: Adviser) -> None:
    said = adviser.for_verdict(verdict(crop(Edge.TOP, state=State.UNSURE, outline=())), HEADER, "ru")
    assert said.what == "Не уверен: проверьте верхушки лёгких сами."
    assert said.change == ""
    assert said.headline == "Посмотрите сами"


def test_rotation_gives_degrees_and_spread(adviser: Adviser) -> None:
    turned = RotationFinding(State.WARN, 0.9, 0.6, 0.4, 14.2, 3.8)
    said = adviser.for_verdict(verdict(turned, projection=LATERAL), HEADER, "en")
    assert said.what == "Chest rotated about 14° (±4°)."
    assert "14°" in said.change
    bare = RotationFinding(State.WARN, 0.9, 0.6, 0.4)
    assert adviser.for_verdict(verdict(bare, projection=LATERAL), HEADER, "en").what == "Chest rotated."


def test_a_good_film_is_told_so_and_asks_for_nothing(adviser: Adviser) -> None:
    said = adviser.for_verdict(verdict(crop(state=State.PASS)), HEADER, "en")
    assert said.lines == ()
    assert said.positive == ("Lungs on the film: all four edges clear.",)
    assert said.headline == "Nothing to correct"


@pytest.mark.parametrize(
    ("position", "projection", "speaks"),
    [("PA", LATERAL, True), ("PA", FRONTAL, False), ("LL", FRONTAL, True), ("", LATERAL, False)],
)
def test_a_view_that_differs_from_the_header_is_said(
    adviser: Adviser, position: str, projection: ProjectionFinding, speaks: bool
) -> None:
    header = FilmHeader(rows=9, columns=9, view_position=position)
    said = adviser.for_verdict(verdict(crop(state=State.PASS), projection=projection), header, "en")
    assert any("header" in line for line in said.lines) is speaks


@pytest.mark.parametrize(
    ("position", "named", "en", "ru"),
    [
        ("PA", Projection.LATERAL, "says frontal, you set lateral", "прямая проекция, вы указали боковую"),
        ("LL", Projection.FRONTAL, "says lateral, you set frontal", "боковая проекция, вы указали прямую"),
    ],
)
def test_a_projection_set_by_hand_is_not_said_to_be_what_the_film_looks_like(
    adviser: Adviser, position: str, named: Projection, en: str, ru: str
) -> None:
    header = FilmHeader(rows=9, columns=9, view_position=position)
    by_hand = verdict(
        crop(state=State.PASS), projection=ProjectionFinding(named, State.PASS, 0.9, Source.USER)
    )
    for language, expected in (("en", en), ("ru", ru)):
        lines = adviser.for_verdict(by_hand, header, language).lines
        assert any(expected in line for line in lines), lines
        assert not any("looks" in line or "на снимке" in line for line in lines)


@pytest.mark.parametrize(
    ("product", "msv", "word"),
    [
        (None, "0.02", "typical"),
        (5.0, "0.08", "dose-area"),
        (0.0, "0.02", "typical"),
        (9000.0, "0.02", "typical"),
    ],
)
def test_dose_of_a_repeat(adviser: Adviser, product: float | None, msv: str, word: str) -> None:
    header = FilmHeader(rows=9, columns=9, exposure=ExposureData(dose_area_product=product))
    said = adviser.for_verdict(verdict(crop(Edge.TOP)), header, "en")
    assert f"{msv} mSv" in said.dose_text
    assert word in said.dose_text
    assert said.lines[-1] == said.dose_text


@pytest.mark.parametrize(
    ("born", "adult"), [("2011-05-02", True), ("2011-06-01", False), ("2026-03-01", False)]
)
def test_of_a_child_no_adults_dose_is_told(adviser: Adviser, born: str, adult: bool) -> None:
    """One conversion for every age would tell a tenth of what an infant gets."""
    child = PatientIdentity("", "", born)
    for product in (0.12, None):
        header = FilmHeader(
            rows=9,
            columns=9,
            patient=child,
            acquired_at="2026-05-10T10:00:00",
            exposure=ExposureData(dose_area_product=product),
        )
        for language in ("en", "ru"):
            said = adviser.for_verdict(verdict(crop(Edge.TOP)), header, language).dose_text
            assert (("mSv (" in said) or ("мЗв (" in said)) == adult, said
            if not adult:
                assert ("0.12" in said or "0,12" in said) == (product is not None), said


def test_a_site_sets_its_own_typical_dose() -> None:
    said = Adviser(resources_dir(), lambda: {Projection.FRONTAL: 0.05}).for_verdict(
        verdict(crop(Edge.TOP)), HEADER, "ru"
    )
    assert "0,05 мЗв" in said.dose_text


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("Lung field cut off at the {edge}.", "Lung field cut off at the {egde}.", "unknown/edge"),
        ('crop_pass = { en = "Lungs', 'crop_passed = { en = "Lungs', "crop_pass"),
        ('part = "posterior"', 'part = "rear"', "foot/posterior"),
        ("frontal = 0.02", "frontal = -1", "typical_msv"),
        ('ru = "Замечаний нет"', 'ru = ""', "headline.pass.ru"),
        ("schema = 1", "schema = 9", "schema 9"),
        ("[headline]", "[headline", "line"),
    ],
)
def test_a_broken_text_file_is_refused_by_name(tmp_path: Path, old: str, new: str, place: str) -> None:
    text = (resources_dir() / ADVICE_FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / ADVICE_FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsInvalid, match=place):
        load_advice(tmp_path)
