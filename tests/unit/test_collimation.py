"""The collimated field: read off a network's columns and rows, judged by itself, told of the whole film."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.blades import behind_blades
from tests.support.tiny_cascade import SIDE, add_collimation, edit_manifest, make_tiny_cascade, tiny_image
from workstation import assets
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.field import WHOLE_FILM, CollimatedField
from workstation.domain.film import FilmHeader
from workstation.domain.findings import CropFinding, ProjectionFinding, RotationFinding, State, Verdict
from workstation.domain.projection import Projection
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.collimation import LEAST, cut_out, field_of, frame_of
from workstation.inference.runner import CascadeRunner, load_sessions
from workstation.persistence import serialise
from workstation.services.film_text import load_words, missing_part
from workstation.services.verdict_record import verdict_record

FIELD = CollimatedField(0.1, 0.2, 0.9, 0.95)
PART = CollimatedField(0.125, 0.25, 0.875, 1.0)
WORDS = load_words(assets.resources_dir(), "en")
FRACTIONS = st.floats(0, 1, allow_nan=False)


def logits(low: float, high: float, count: int = 112, size: float = 6.0) -> np.ndarray:
    """What a network that errs nowhere says of a field from `low` to `high`."""
    edges = np.arange(count + 1) / count
    share = np.clip((np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)) * count, 0.002, 0.998)
    return np.clip(np.log(share / (1 - share)), -size, size)


@pytest.mark.parametrize(
    "sides",
    [
        (0.5, 0.0, 0.5, 1.0),
        (0.6, 0.0, 0.5, 1.0),
        (-0.1, 0.0, 1.0, 1.0),
        (0.0, 0.0, 1.0, 1.2),
        (0, 0, math.nan, 1),
    ],
)
def test_a_field_lies_within_the_film(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="no field within the film"):
        CollimatedField(*sides)


def test_the_borders_that_are_blades() -> None:
    assert WHOLE_FILM.whole
    assert WHOLE_FILM.blades == ()
    field = CollimatedField(0.0, 0.1, 0.8, 1.0)
    assert set(field.blades) == {Edge.TOP, Edge.RIGHT}
    assert set(field.blade_lines()) == {((0.0, 0.1), (0.8, 0.1)), ((0.8, 0.1), (0.8, 1.0))}


@given(st.lists(st.tuples(FRACTIONS, FRACTIONS), max_size=5))
def test_lines_go_to_the_film_and_back(points: list[tuple[float, float]]) -> None:
    there = FIELD.on_film((tuple(points),))
    assert np.array(FIELD.within(there)[0]) == pytest.approx(np.array([*points]), abs=1e-9)
    assert all(0.1 <= x <= 0.9 + 1e-9 and 0.2 <= y <= 0.95 + 1e-9 for x, y in there[0])


@given(FRACTIONS, FRACTIONS, st.integers(1, 5000))
def test_a_field_on_a_picture_is_never_empty(one: float, other: float, size: int) -> None:
    low, high = sorted((one, other))
    if low == high:
        return
    left, top, right, bottom = CollimatedField(low, 0.0, high, 1.0).pixels(size, size)
    assert 0 <= left < right <= size
    assert (top, bottom) == (0, size)
    assert abs(right - left - (high - low) * size) <= 1.0


@given(st.floats(0.03, 0.35), st.floats(0.65, 0.97))
def test_borders_are_found_between_the_columns(low: float, high: float) -> None:
    found = field_of(logits(low, high), logits(0, 1))
    assert (found.left, found.right) == pytest.approx((low, high), abs=0.004)
    assert (found.top, found.bottom) == (0.0, 1.0)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=200),
    st.lists(st.floats(-50, 50), min_size=2, max_size=200),
)
def test_any_figures_give_some_field(columns: list[float], rows: list[float]) -> None:
    found = field_of(np.array(columns), np.array(rows))
    assert found.extent(Edge.LEFT) >= 0.25
    assert found.extent(Edge.TOP) >= 0.25


def test_a_frame_a_doubt_and_a_slit_are_no_field() -> None:
    whole = logits(0, 1)
    assert field_of(logits(0.012, 0.99), whole).whole
    # P(exposed) 0.23 behind the blade: not sure enough.
    for doubt in (logits(0.2, 1, size=1.2), logits(0, 0.8, size=1.2)):
        assert field_of(doubt, whole).whole
        assert field_of(whole, doubt).whole
    assert field_of(logits(0.45, 0.6), whole).whole
    assert field_of(np.full(112, -6.0), np.full(112, -6.0)).whole


def test_a_dark_stripe_within_the_field_is_no_border() -> None:
    columns = logits(0.1, 1.0)
    columns[60:63] = -3.0
    assert field_of(columns, logits(0, 1)).left == pytest.approx(0.1, abs=0.004)
    assert field_of(columns, logits(0, 1)).right == 1.0


def framed(image: np.ndarray, sides: tuple[int, int, int, int], grey: int = 0) -> np.ndarray:
    """`image` with as many lines of one grey at its left, top, right and bottom."""
    left, top, right, bottom = sides
    return np.pad(image, ((top, bottom), (left, right)), constant_values=grey)


NOISE = np.random.default_rng(3).integers(20, 230, (600, 500), dtype=np.uint8)


@pytest.mark.parametrize("sides", [(1, 0, 0, 0), (3, 3, 3, 3), (0, 9, 0, 11), (8, 0, 6, 11), (0, 0, 0, 1)])
@pytest.mark.parametrize("grey", [0, 255, 90])
def test_a_thin_frame_of_one_grey_is_found_to_the_pixel(sides: tuple[int, int, int, int], grey: int) -> None:
    film = framed(NOISE, sides, grey)
    assert np.array_equal(cut_out(film, frame_of(film)), NOISE)


def test_frames_within_one_another_are_found() -> None:
    film = framed(framed(NOISE, (4, 0, 5, 6), 235), (7, 5, 0, 9), 12)
    assert np.array_equal(cut_out(film, frame_of(film)), NOISE)
    wide = math.ceil(LEAST * len(NOISE) / (1 - LEAST)) + 1
    behind = framed(NOISE, (0, wide, 0, 0))
    film = framed(behind, (5, 5, 5, 5), 235)
    assert np.array_equal(
        cut_out(film, frame_of(film)), behind
    )  # the rim goes, the band is the network's to find


def test_what_is_no_thin_frame_is_left() -> None:
    assert frame_of(NOISE).whole
    wide = math.ceil(LEAST * len(NOISE) / (1 - LEAST)) + 1
    assert frame_of(framed(NOISE, (wide, wide, 0, wide))).whole  # the network's to find
    for shape in ((1, 1), (3, 40), (300, 200)):
        assert frame_of(np.zeros(shape, np.uint8)).whole
    shaded = framed(NOISE, (0, 9, 0, 0))
    shaded[:9] = np.linspace(0, 40, NOISE.shape[1])
    assert frame_of(shaded).whole


@given(*[st.integers(0, 6)] * 4)
def test_the_frame_of_a_film_is_no_field(left: int, top: int, right: int, bottom: int) -> None:
    frame = CollimatedField(left / 400, top / 400, 1 - right / 400, 1 - bottom / 400)
    assert frame.around(WHOLE_FILM).whole
    bladed = frame.around(CollimatedField(0.0, 0.5, 1.0, 1.0))
    assert set(bladed.blades) == {Edge.TOP}
    assert bladed.top == pytest.approx((top + 0.5 * (400 - top - bottom)) / 400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return add_collimation(make_tiny_cascade(tmp_path / "cascade"))


def runner_of(folder: Path) -> CascadeRunner:
    description = manifest.load(folder, Preprocessing.from_steps)
    return CascadeRunner(description, load_sessions(description, (providers.CPU,), 1))


def within(image: np.ndarray) -> np.ndarray:
    """A film that is white but for `PART`, where it is `image`."""
    field = PART
    height, width = image.shape
    film = np.full(
        (round(height / field.extent(Edge.TOP)), round(width / field.extent(Edge.LEFT))), 255, np.uint8
    )
    top, left = round(field.top * film.shape[0]), round(field.left * film.shape[1])
    film[top : top + height, left : left + width] = image
    return film


def test_the_field_is_judged_and_the_film_is_told(folder: Path) -> None:
    image = tiny_image(cut=("left",), scale=6)
    alone = runner_of(folder).judge(image)
    verdict = runner_of(folder).judge(within(image))
    assert alone.collimation.whole
    assert astuple(verdict.collimation) == pytest.approx(astuple(PART))
    assert verdict.crop is not None
    assert alone.crop is not None
    assert verdict.crop.state is State.WARN
    assert verdict.crop.edges == (Edge.LEFT,)
    assert verdict.crop.score == pytest.approx(alone.crop.score)
    assert verdict.crop.beyond[Edge.LEFT] == pytest.approx(0.75 * alone.crop.beyond[Edge.LEFT])
    seen = [p for polygon in verdict.crop.lung_outline for p in polygon]
    assert min(x for x, _ in seen) == pytest.approx(0.125)
    assert verdict.timing_ms["inference"] > 0


@pytest.mark.parametrize("bladed", [False, True])
def test_within_a_frame_the_same_is_found_at_the_same_place(folder: Path, bladed: bool) -> None:
    image = tiny_image(cut=("left",), scale=6)
    image = within(image) if bladed else image
    alone = runner_of(folder).judge(image)
    sides = tuple(n * len(image) // 1000 for n in (15, 5, 0, 15))
    verdict = runner_of(folder).judge(framed(image, sides))
    assert verdict.crop is not None
    assert alone.crop is not None
    assert verdict.crop.score == alone.crop.score
    assert verdict.crop.edges == alone.crop.edges
    assert verdict.collimation.blades == alone.collimation.blades
    high, wide = image.shape[0] + sides[1] + sides[3], image.shape[1] + sides[0]
    moved = [
        ((sides[0] + x * image.shape[1]) / wide, (sides[1] + y * image.shape[0]) / high)
        for x, y in alone.crop.lung_outline[0]
    ]
    assert np.array(verdict.crop.lung_outline[0]) == pytest.approx(np.array(moved))
    share = image.shape[1] / wide
    assert verdict.crop.beyond[Edge.LEFT] == pytest.approx(share * alone.crop.beyond[Edge.LEFT])


def test_a_cascade_that_looks_for_no_field_sees_the_frame(tmp_path: Path) -> None:
    runner = runner_of(make_tiny_cascade(tmp_path / "plain"))
    image = tiny_image(cut=("left",), scale=6)
    assert runner.judge(framed(image, (2, 2, 2, 2))).crop != runner.judge(image).crop


def test_a_film_on_its_side_is_told_of_as_it_is_stored(folder: Path) -> None:
    image = np.ascontiguousarray(np.rot90(tiny_image(cut=("left",), scale=6)))
    verdict = runner_of(folder).judge(within(image))
    assert verdict.orientation is not None
    assert verdict.orientation.rotate_deg == 90
    assert verdict.crop is not None
    assert verdict.crop.edges == (Edge.BOTTOM,)
    lowest = max(y for polygon in verdict.crop.lung_outline for _, y in polygon)
    leftmost = min(x for polygon in verdict.crop.lung_outline for x, _ in polygon)
    assert lowest == pytest.approx(1.0)
    assert leftmost > 0.125


def test_without_a_word_of_the_field_the_film_is_judged_whole(tmp_path: Path, folder: Path) -> None:
    film = within(tiny_image(cut=("left",), scale=6))
    plain = runner_of(make_tiny_cascade(tmp_path / "plain")).judge(film)
    assert plain.collimation.whole
    assert plain.crop != runner_of(folder).judge(film).crop


def test_a_field_network_that_fails_costs_the_field_alone(folder: Path) -> None:
    add_collimation(folder, bias=math.nan)
    verdict = runner_of(folder).judge(tiny_image(cut=("top",)))
    assert verdict.collimation.whole
    assert verdict.crop is not None
    assert verdict.crop.edges == (Edge.TOP,)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.update(model="nobody"), "there is no model 'nobody'"),
        (lambda c: c["reads"].update(rows="nothing"), "has no output 'nothing'"),
        (lambda c: c["reads"].update(depth="rows"), "unknown key"),
        (lambda c: c.update(warn=0.5), "unknown key"),
        (lambda c: c.pop("reads"), "this key is missing"),
    ],
)
def test_a_manifest_that_misdescribes_it_is_refused(folder: Path, change: Any, told: str) -> None:
    edit_manifest(folder, lambda m: change(m["collimation"]))
    with pytest.raises(CascadeUnavailable) as refused:
        manifest.load(folder, Preprocessing.from_steps)
    assert refused.value.code == "manifest_invalid"
    assert "collimation" in refused.value.message
    assert told in refused.value.message


def test_columns_are_one_value_each(folder: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["models"]["field"]["outputs"]["columns"]["shape"] = [1, SIDE, 1]

    edit_manifest(folder, change)
    with pytest.raises(CascadeUnavailable, match="one value for each"):
        manifest.load(folder, Preprocessing.from_steps)


def test_a_field_network_that_nothing_reads_is_refused(folder: Path) -> None:
    edit_manifest(folder, lambda m: m.pop("collimation"))
    with pytest.raises(CascadeUnavailable, match="no stage uses this model"):
        manifest.load(folder, Preprocessing.from_steps)


RIGHT_LUNG = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.9), (0.1, 0.9))
LEFT_LUNG = ((0.6, 0.1), (0.9, 0.1), (0.9, 1.0), (0.6, 1.0))


def told(field: CollimatedField = FIELD) -> Verdict:
    """A frontal verdict within `field` whose lung touches its lower edge in the left half."""
    crop = CropFinding(
        State.WARN,
        0.9,
        0.7,
        edges=(Edge.BOTTOM,),
        edge_scores={Edge.BOTTOM: 0.9},
        lung_outline=(RIGHT_LUNG, LEFT_LUNG),
        beyond={Edge.BOTTOM: 0.04},
    )
    rotation = RotationFinding(State.UNSURE, 0.5, rib_contours=(((0.8, 0.2), (0.8, 0.8)),))
    frontal = ProjectionFinding(Projection.FRONTAL, State.PASS, 0.0)
    return Verdict(frontal, (crop, rotation), "made@1").found_within(field)


def test_what_is_told_of_the_film() -> None:
    verdict = told()
    assert verdict.crop is not None
    assert verdict.rotation is not None
    assert verdict.crop.lung_outline[1][2] == pytest.approx((0.1 + 0.9 * 0.8, 0.95))
    assert verdict.crop.beyond == pytest.approx({Edge.BOTTOM: 0.04 * 0.75})
    assert verdict.rotation.rib_contours[0][0] == pytest.approx((0.74, 0.35))
    assert told(WHOLE_FILM).crop == replace(
        verdict.crop, lung_outline=(RIGHT_LUNG, LEFT_LUNG), beyond={Edge.BOTTOM: 0.04}
    )


def test_which_lung_is_cut_is_told_by_the_field_not_by_the_film() -> None:
    header = FilmHeader(2000, 2000)
    assert missing_part(Edge.BOTTOM, told(), header, WORDS) == "left lung base"
    assert missing_part(Edge.BOTTOM, told(WHOLE_FILM), header, WORDS) == "left lung base"


def test_the_field_is_kept_and_printed() -> None:
    verdict = told()
    assert serialise.loads(Verdict, serialise.dumps(verdict)) == verdict
    assert verdict_record(verdict)["collimation"] == [0.1, 0.2, 0.9, 0.95]
    assert "collimation" not in verdict_record(told(WHOLE_FILM))


def test_no_certainty_is_printed() -> None:
    sure = Verdict(
        ProjectionFinding(Projection.FRONTAL, State.PASS, 1e-9), (CropFinding(State.WARN, 1.0),), "made@1"
    )
    record = verdict_record(sure)
    assert record["projection"]["probability_lateral"] == 0.000001
    assert record["findings"][0]["score"] == 0.999999


def test_a_verdict_kept_by_an_older_program_has_the_whole_film() -> None:
    text = serialise.dumps(told(WHOLE_FILM))
    old = text.replace(',"collimation":{"left":0.0,"top":0.0,"right":1.0,"bottom":1.0}', "")
    assert old != text
    assert serialise.loads(Verdict, old).collimation.whole


def test_blades_of_the_tests_are_where_they_are_said_to_be() -> None:
    film = behind_blades(np.full((100, 200), 100, np.uint8), FIELD, 0.0, soft=0.0)
    assert film[60, 22:178].min() == 100
    assert film[60, :18].max() == 0
    assert film[:18].max() == 0
