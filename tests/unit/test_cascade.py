"""The pure walk over the cascade: gates, corrections, branches, failures; no network involved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.domain.cascade import (
    NOT_A_CHEST,
    Condition,
    Correction,
    CropReading,
    OrientationClass,
    RotationReading,
    StageFailed,
    StagePlan,
    Thresholds,
    judge_crop,
    judge_film,
    judge_orientation,
    judge_projection,
)
from workstation.domain.edges import Edge
from workstation.domain.findings import Kind, OrientationFinding, Source, State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.turn import UNTURNED, Turn, suggested_turn, upright_turn

USUAL = Thresholds(warn=0.7, unsure_from=0.4)
TURNS = [(degrees, mirrored) for degrees in (0, 90, 180, 270) for mirrored in (False, True)]
FRONTAL, LATERAL = Condition(Projection.FRONTAL), Condition(Projection.LATERAL)
PLANS = (
    StagePlan("rotation", Kind.ROTATION, USUAL, LATERAL),
    StagePlan("crop_frontal", Kind.CROP, USUAL, FRONTAL),
    StagePlan("crop_lateral", Kind.CROP, USUAL, LATERAL),
    StagePlan("projection", Kind.PROJECTION, USUAL),
    StagePlan("orientation", Kind.ORIENTATION, USUAL),
    StagePlan("polarity", Kind.POLARITY, USUAL),
    StagePlan("body_part", Kind.BODY_PART, USUAL),
)


@dataclass
class Film:
    """Readings by stage; a stage in `fails` raises. Keeps what each stage was shown."""

    scores: Mapping[str, float] = field(default_factory=dict)
    upright: Mapping[OrientationClass, float] = field(default_factory=lambda: {OrientationClass(0): 1.0})
    crop_reading: CropReading = field(default_factory=lambda: CropReading(0.1))
    fails: tuple[str, ...] = ()
    shown: dict[str, Correction] = field(default_factory=dict)

    def _see(self, stage: str, correction: Correction) -> None:
        self.shown[stage] = correction
        if stage in self.fails:
            raise StageFailed("it broke")

    def score(self, stage: str, correction: Correction) -> float:
        self._see(stage, correction)
        return self.scores.get(stage, 0.0)

    def orientation(self, stage: str, correction: Correction) -> Mapping[OrientationClass, float]:
        self._see(stage, correction)
        return self.upright

    def crop(self, stage: str, correction: Correction) -> CropReading:
        self._see(stage, correction)
        return self.crop_reading

    def rotation(self, stage: str, correction: Correction) -> RotationReading:
        self._see(stage, correction)
        return RotationReading(self.scores.get(stage, 0.0), 3.0, None, 9.0, (((0.9, 0.2), (0.8, 0.7)),))


def walk(film: Film, chosen: Projection | None = None) -> Verdict:
    return judge_film(PLANS, film, "c@1", chosen)


@pytest.mark.parametrize(
    ("score", "state"),
    [(0.7, State.WARN), (0.6999, State.UNSURE), (0.4, State.UNSURE), (0.3999, State.PASS), (0.0, State.PASS)],
)
def test_thresholds_belong_to_the_worse_state(score: float, state: State) -> None:
    assert USUAL.judge(score) is state


@pytest.mark.parametrize(
    "values", [(0.3, 0.4), (1.1, 0.4), (0.5, -0.1), (0.5, 0.4, 1.5), (float("nan"), 0.1)]
)
def test_impossible_thresholds_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        Thresholds(*values)


def test_only_the_stages_of_the_branch_run() -> None:
    film = Film()
    verdict = walk(film)
    assert list(film.shown) == ["polarity", "orientation", "body_part", "projection", "crop_frontal"]
    assert [f.kind for f in verdict.findings] == [Kind.CROP]
    film = Film({"projection": 0.9})
    assert [f.kind for f in walk(film).findings] == [Kind.CROP, Kind.ROTATION]
    assert "crop_frontal" not in film.shown


def test_between_the_thresholds_the_likelier_branch_runs_and_says_unsure() -> None:
    film = Film({"projection": 0.6})
    verdict = walk(film)
    assert verdict.projection.state is State.UNSURE
    assert verdict.projection.label is Projection.LATERAL
    assert "rotation" in film.shown
    assert verdict.state is State.UNSURE


def test_no_chest_stops_everything_and_says_why() -> None:
    film = Film({"body_part": 0.9, "polarity": 0.9})
    verdict = walk(film)
    assert list(film.shown) == ["polarity", "orientation", "body_part"]
    assert verdict.polarity is not None
    assert verdict.orientation is not None
    assert {verdict.polarity.state, verdict.orientation.state} == {State.NOT_ASSESSED}
    assert verdict.polarity.score is None
    assert [f.state for f in verdict.findings] == [State.NOT_ASSESSED] * 2
    assert {f.reason for f in verdict.findings} == {NOT_A_CHEST}
    assert verdict.projection.label is Projection.UNKNOWN
    assert not verdict.retake_suggested
    assert verdict.state is State.WARN


def test_whether_it_is_a_chest_is_asked_of_the_corrected_film() -> None:
    film = Film({"polarity": 0.9}, upright={OrientationClass(90): 0.9, OrientationClass(0): 0.1})
    walk(film)
    assert film.shown["body_part"] == Correction(inverted=True, rotate_deg=90)


def test_a_lateral_upside_down_is_turned_and_never_flipped() -> None:
    upside_down = {OrientationClass(180, True): 0.9, OrientationClass(0): 0.1}
    for score, mirrored in ((0.9, False), (0.1, True)):
        verdict = walk(Film({"projection": score}, upright=upside_down))
        assert verdict.orientation is not None
        assert (verdict.orientation.rotate_deg, verdict.orientation.mirrored) == (180, mirrored)


def test_a_person_who_names_the_projection_overrules_the_body_part_gate() -> None:
    film = Film({"body_part": 0.9, "projection": 0.1, "rotation": 0.8})
    verdict = walk(film, Projection.LATERAL)
    assert verdict.body_part is not None
    assert verdict.body_part.state is State.WARN
    assert verdict.projection.source is Source.USER
    assert verdict.projection.probability_lateral == 0.1
    assert verdict.rotation is not None
    assert verdict.rotation.state is State.WARN


def test_unknown_as_a_choice_leaves_it_to_the_model() -> None:
    assert walk(Film(), Projection.UNKNOWN).projection.source is Source.MODEL


def test_inverted_and_turned_films_are_shown_corrected_to_later_stages() -> None:
    turned = {OrientationClass(0): 0.05, OrientationClass(90, True): 0.95}
    film = Film({"polarity": 0.9}, upright=turned)
    verdict = walk(film)
    assert film.shown["polarity"] == Correction()
    assert film.shown["orientation"] == Correction(inverted=True)
    assert film.shown["crop_frontal"] == Correction(inverted=True, rotate_deg=90, mirrored=True)
    assert verdict.orientation is not None
    assert (verdict.orientation.rotate_deg, verdict.orientation.mirrored) == (90, True)


def test_rib_contours_come_back_to_the_film_as_it_was_stored() -> None:
    turned = {OrientationClass(0): 0.05, OrientationClass(90, True): 0.95}
    plain, found = walk(Film({"projection": 0.9})), walk(Film({"projection": 0.9}, upright=turned))
    assert plain.rotation is not None
    assert found.rotation is not None
    assert plain.rotation.rib_contours == (((0.9, 0.2), (0.8, 0.7)),)
    expected = [Turn.of(90, True).point_back(x, y, 1.0, 1.0) for x, y in plain.rotation.rib_contours[0]]
    assert list(found.rotation.rib_contours[0]) == expected
    assert expected[0] == pytest.approx((0.2, 0.9))
    assert found.rotation.rib_separation_pct == 9.0


def test_unsure_about_the_orientation_corrects_nothing() -> None:
    film = Film(upright={OrientationClass(0): 0.45, OrientationClass(180): 0.55})
    verdict = walk(film)
    assert verdict.orientation is not None
    assert verdict.orientation.state is State.UNSURE
    assert film.shown["crop_frontal"] == Correction()


def test_unsure_about_the_polarity_corrects_nothing() -> None:
    film = Film({"polarity": 0.6})
    verdict = walk(film)
    assert verdict.polarity is not None
    assert verdict.polarity.state is State.UNSURE
    assert set(film.shown.values()) == {Correction()}


def test_a_film_that_is_mirrored_alone_does_not_lie_upright() -> None:
    found = judge_orientation({OrientationClass(0): 0.1, OrientationClass(0, True): 0.9}, USUAL)
    assert (found.state, found.rotate_deg, found.mirrored) == (State.WARN, 0, True)
    assert found.score == pytest.approx(0.9)


@pytest.mark.parametrize("turned", TURNS)
def test_what_lies_beyond_an_edge_comes_back_to_the_edge_of_the_stored_film(turned: tuple[int, bool]) -> None:
    scores = {Edge.LEFT: 0.1, Edge.RIGHT: 0.1, Edge.TOP: 0.6, Edge.BOTTOM: 0.9}
    reading = CropReading(0.9, scores, beyond={Edge.LEFT: 0.01, Edge.TOP: 0.02, Edge.BOTTOM: 0.03})
    upright = {OrientationClass(0): 0.05} | {OrientationClass(*turned): 0.95}
    crop = walk(Film(crop_reading=reading, upright=upright)).crop
    assert crop is not None
    bottom, top = (Turn.of(*turned).edge_back(edge) for edge in (Edge.BOTTOM, Edge.TOP))
    assert crop.edges == (bottom, top)
    assert crop.beyond == {bottom: 0.03, top: 0.02}


@pytest.mark.parametrize("broken", ["body_part", "polarity", "orientation", "crop_frontal"])
def test_a_stage_that_fails_costs_only_itself(broken: str) -> None:
    verdict = walk(Film(fails=(broken,)))
    parts = [verdict.body_part, verdict.polarity, verdict.orientation, *verdict.findings]
    failed = [p for p in parts if p is not None and p.state is State.NOT_ASSESSED]
    assert [p.reason for p in failed] == ["it broke"]
    assert verdict.projection.state is State.PASS


def test_without_a_projection_no_branch_is_guessed() -> None:
    verdict = walk(Film(fails=("projection",)))
    assert verdict.projection.label is Projection.UNKNOWN
    assert [f.state for f in verdict.findings] == [State.NOT_ASSESSED] * 2
    forced = walk(Film(fails=("projection",)), Projection.FRONTAL)
    assert forced.projection.probability_lateral is None
    assert [f.state for f in forced.findings] == [State.PASS]


def test_a_cascade_of_one_crop_stage_for_every_film_needs_no_projection() -> None:
    plan = StagePlan("crop", Kind.CROP, USUAL)
    verdict = judge_film([plan], Film(crop_reading=CropReading(0.8)), "c@1")
    assert verdict.crop is not None
    assert verdict.crop.state is State.WARN
    assert verdict.body_part is None
    assert verdict.polarity is None
    assert verdict.orientation is None


@pytest.mark.parametrize("turned", TURNS)
def test_edges_and_points_go_there_and_back(turned: tuple[int, bool]) -> None:
    turn = Turn.of(*turned)
    for edge in Edge:
        assert turn.edge(turn.edge_back(edge)) is edge
    point = (0.1, 0.25)
    assert turn.point_back(*turn.point(*point, 1.0, 1.0), 1.0, 1.0) == pytest.approx(point)


@pytest.mark.parametrize("turned", TURNS)
def test_edges_and_points_agree(turned: tuple[int, bool]) -> None:
    turn = Turn.of(*turned)
    middle = {Edge.LEFT: (0.0, 0.5), Edge.RIGHT: (1.0, 0.5), Edge.TOP: (0.5, 0.0), Edge.BOTTOM: (0.5, 1.0)}
    for edge, point in middle.items():
        assert turn.point_back(*point, 1.0, 1.0) == pytest.approx(middle[turn.edge_back(edge)])


def test_a_quarter_turn_clockwise_brings_the_left_edge_to_the_top() -> None:
    assert Turn.of(90, False).edge(Edge.LEFT) is Edge.TOP
    assert Turn.of(90, False).edge_back(Edge.TOP) is Edge.LEFT
    assert Turn.of(0, True).edge(Edge.LEFT) is Edge.RIGHT


@pytest.mark.parametrize(
    ("state", "score", "suggested"),
    [
        (State.WARN, 0.95, Turn(1)),
        (State.UNSURE, 0.6, Turn(1)),
        (State.UNSURE, 0.5, None),
        (State.UNSURE, 0.42, None),
        (State.UNSURE, None, None),
        (State.PASS, 0.01, None),
    ],
)
def test_a_turn_is_suggested_only_where_the_film_is_more_likely_not_upright(
    state: State, score: float | None, suggested: Turn | None
) -> None:
    found = OrientationFinding(state, 90, False, score, 0.8)
    assert suggested_turn(found) == suggested
    # Only a film that was surely turned was judged turned.
    assert upright_turn(found) == (Turn(1) if state is State.WARN else UNTURNED)


def test_crop_names_edges_worst_first_and_at_least_one() -> None:
    scores = {Edge.LEFT: 0.6, Edge.RIGHT: 0.1, Edge.TOP: 0.2, Edge.BOTTOM: 0.9}
    assert judge_crop(CropReading(0.9, scores), USUAL).edges == (Edge.BOTTOM, Edge.LEFT)
    assert judge_crop(CropReading(0.1, scores), USUAL).edges == ()
    assert judge_crop(CropReading(0.9, scores | {Edge.TOP: USUAL.edge}), USUAL).edges[-1] is Edge.TOP
    low = dict.fromkeys(scores, 0.1) | {Edge.TOP: 0.3}
    assert judge_crop(CropReading(0.9, low), USUAL).edges == (Edge.TOP,)
    assert judge_crop(CropReading(0.5, low), USUAL).edges == (Edge.TOP,)
    assert judge_crop(CropReading(0.9), USUAL).edges == ()


@pytest.mark.parametrize(
    ("probability", "label", "state"),
    [
        (0.7, Projection.LATERAL, State.PASS),
        (0.6999, Projection.LATERAL, State.UNSURE),
        (0.4, Projection.FRONTAL, State.UNSURE),
        (0.3999, Projection.FRONTAL, State.PASS),
    ],
)
def test_thresholds_of_the_projection_belong_to_the_lateral(
    probability: float, label: Projection, state: State
) -> None:
    found = judge_projection(probability, USUAL)
    assert (found.label, found.state) == (label, state)


@given(st.floats(0, 1))
def test_projection_never_says_pass_for_the_unlikelier_side(probability: float) -> None:
    finding = judge_projection(probability, USUAL)
    if finding.state is State.PASS:
        assert (finding.label is Projection.LATERAL) == (probability >= USUAL.warn)
    else:
        assert USUAL.unsure_from <= probability < USUAL.warn


@given(st.lists(st.floats(0.001, 1), min_size=4, max_size=4))
def test_orientation_suggests_the_likeliest_turn_or_none(weights: list[float]) -> None:
    total = sum(weights)
    classes = [OrientationClass(d) for d in (0, 90, 180, 270)]
    found = judge_orientation({c: w / total for c, w in zip(classes, weights, strict=True)}, USUAL)
    assert found.score is not None
    assert 0 <= found.score <= 1
    if found.state is State.PASS:
        assert found.rotate_deg == 0
    else:
        assert weights[found.rotate_deg // 90] == max(weights[1:])
