"""The annotated picture: the film untouched inside, marks on the right border, words in both scripts."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.findings import State
from workstation.domain.turn import Turn
from workstation.imaging.annotate import FILM_SIDE, Annotation, Card, Picture, annotate, turned

PLAIN = Annotation("FRONTAL 99 %", State.PASS)
AMBER, CYAN = (242, 177, 52), (92, 200, 215)
BLUE, QUIET, WHITE = (77, 163, 255), (154, 167, 178), (230, 235, 239)
TURNS = [Turn(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]


def has(picture: Picture, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(picture.astype(int) - colour).max(axis=2) <= 6


def film_box(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a uniformly grey film."""
    grey = (picture == 90).all(axis=2)
    rows, columns = np.flatnonzero(grey.any(axis=1)), np.flatnonzero(grey.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_the_film_is_scaled_but_not_altered_where_nothing_is_drawn() -> None:
    image = np.full((700, 500), 90, np.uint8)
    left, top, right, bottom = film_box(annotate(image, PLAIN))
    assert (bottom - top, right - left) == (FILM_SIDE, FILM_SIDE * 500 // 700)


@pytest.mark.parametrize("shape", [(3000, 3000), (1, 1), (40, 3000), (3000, 40)])
def test_any_shape_of_film_gives_a_picture(shape: tuple[int, int]) -> None:
    made = annotate(np.full(shape, 90, np.uint8), PLAIN)
    assert made.dtype == np.uint8
    assert made.shape[2] == 3
    assert made.shape[0] >= FILM_SIDE


@pytest.mark.parametrize("edge", list(Edge))
@pytest.mark.parametrize(("state", "colour"), [(State.WARN, AMBER), (State.UNSURE, CYAN)])
def test_a_cut_edge_is_marked_outside_its_border(
    edge: Edge, state: State, colour: tuple[int, int, int]
) -> None:
    annotation = replace(PLAIN, edges=((edge, state, "lung bases cut off"),))
    made = annotate(np.full((900, 1000), 90, np.uint8), annotation)
    left, top, right, bottom = film_box(annotate(np.full((900, 1000), 90, np.uint8), PLAIN))
    found = has(made, colour)
    strips = {
        Edge.LEFT: found[top:bottom, left - 14 : left].any(axis=1),
        Edge.RIGHT: found[top:bottom, right : right + 14].any(axis=1),
        Edge.TOP: found[top - 14 : top, left:right].any(axis=0),
        Edge.BOTTOM: found[bottom : bottom + 14, left:right].any(axis=0),
    }
    assert strips.pop(edge).mean() > 0.3
    assert all(strip.mean() < 0.05 for strip in strips.values())
    assert not found[top:bottom, left:right].any()


def test_behind_blades_it_is_marked_at_the_blade() -> None:
    film, field = np.full((900, 1000), 90, np.uint8), CollimatedField(0.2, 0.1, 1.0, 0.7)
    left, top, right, bottom = film_box(annotate(film, PLAIN))
    edges = ((Edge.LEFT, State.WARN, "lung cut off"), (Edge.BOTTOM, State.WARN, "lung bases cut off"))
    found = has(annotate(film, replace(PLAIN, edges=edges, field=field)), AMBER)
    x, y = left + round(0.2 * (right - left)), top + round(0.7 * (bottom - top))
    assert found[top + round(0.1 * (bottom - top)) : y, x - 14 : x].any(axis=1).mean() > 0.3
    assert found[y : y + 14, x:right].any(axis=0).mean() > 0.3
    assert not found[:, left - 14 : left].any()
    assert not found[bottom : bottom + 14].any()


def near(lines: np.ndarray) -> np.ndarray:
    """Where a line is at most 3 pixels away."""
    return cv2.dilate(lines.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_marks_turn_with_the_film(turn: Turn) -> None:
    film = np.full((700, 560), 90, np.uint8)
    marked = replace(
        PLAIN,
        outline=(((0.3, 0.25), (0.6, 0.3), (0.5, 0.55)),),
        ribs=(((0.7, 0.3), (0.8, 0.7)),),
        field=CollimatedField(0.1, 0.15, 0.95, 0.9),
    )

    def lines(image: np.ndarray, annotation: Annotation) -> list[np.ndarray]:
        left, top, right, bottom = film_box(annotate(image, PLAIN))
        inside = annotate(image, annotation)[top:bottom, left:right]
        return [has(inside, colour) for colour in (BLUE, QUIET)]

    def shown(picture: np.ndarray) -> np.ndarray:
        quarters = np.rot90(picture, -turn.quarters)
        return np.ascontiguousarray(np.fliplr(quarters) if turn.mirrored else quarters)

    stored = lines(film, marked)
    assert all(found.sum() > 1000 for found in stored)
    for found, before in zip(lines(shown(film), turned(marked, turn)), stored, strict=True):
        wanted = shown(before)
        assert not (found & ~near(wanted)).any()
        assert not (wanted & ~near(found)).any()


def test_outline_and_ribs_lie_where_they_were_found() -> None:
    film = np.full((1000, 800), 90, np.uint8)
    left, top, right, bottom = film_box(annotate(film, PLAIN))
    line = ((0.25, 0.1), (0.25, 0.4))
    for marked in (replace(PLAIN, outline=(line,)), replace(PLAIN, ribs=(line,))):
        rows, columns = np.nonzero(has(annotate(film, marked), BLUE))
        assert (columns.min() - left, columns.max() - left) == pytest.approx(
            [0.25 * (right - left)] * 2, abs=3
        )
        assert rows.min() - top == pytest.approx(0.1 * (bottom - top), abs=3)
        assert rows.max() - top == pytest.approx(0.4 * (bottom - top), abs=3)


@pytest.mark.parametrize(("edge", "across"), [(Edge.LEFT, (0.0, 0.2)), (Edge.RIGHT, (0.8, 1.0))])
def test_the_letter_of_a_side_stands_at_that_side(edge: Edge, across: tuple[float, float]) -> None:
    film = np.full((1000, 1000), 90, np.uint8)
    left, top, right, bottom = film_box(annotate(film, PLAIN))
    made = annotate(film, replace(PLAIN, sides=((edge, "R"),)))
    _, columns = np.nonzero(has(made[top:bottom, left:right], WHITE))
    low, high = (part * (right - left) for part in across)
    assert low < columns.min() <= columns.max() < high


def test_cyrillic_is_drawn_and_not_replaced_by_boxes() -> None:
    image = np.full((300, 300), 90, np.uint8)

    def ink(text: str) -> np.ndarray:
        return annotate(image, replace(PLAIN, headline=text)) != annotate(image, replace(PLAIN, headline=""))

    shapes = [ink(text) for text in ("ШШШ", "ЖЖЖ", "ЁЁЁ", "ЩЩЩ")]
    assert all(shape.any() for shape in shapes)
    for i, shape in enumerate(shapes):
        assert all(not np.array_equal(shape, other) for other in shapes[i + 1 :])


def test_half_a_character_does_not_end_the_process() -> None:
    torn, plain = (replace(PLAIN, headline=text) for text in ("FRONTAL \ud83d", "FRONTAL ?"))
    image = np.full((900, 1000), 90, np.uint8)
    assert np.array_equal(annotate(image, torn), annotate(image, plain))


def test_long_words_make_the_panel_grow_instead_of_running_out_of_it() -> None:
    image = np.full((300, 300), 90, np.uint8)
    short = annotate(image, PLAIN)
    cards = tuple(Card(State.WARN, "Lung cut off " * 6, "lung bases " * 30) for _ in range(6))
    long = annotate(
        image, replace(PLAIN, cards=cards, advice=("Lower the detector. " * 60,) * 3, footer=("x",))
    )
    assert long.shape[0] > short.shape[0]
    assert long.shape[1] == short.shape[1]
    panel = long[:, -560:]
    assert (panel[:, -6:] == panel[0, -1]).all()


@pytest.mark.parametrize(
    "bad", [np.zeros((5, 5), np.uint16), np.zeros((5, 5, 3), np.uint8), np.zeros((0, 5), np.uint8)]
)
def test_what_is_no_presentation_image_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="presentation image"):
        annotate(bad, PLAIN)


def test_pixels_that_are_not_square_keep_their_shape() -> None:
    left, top, right, bottom = film_box(annotate(np.full((500, 1000), 90, np.uint8), PLAIN, 2.0))
    assert abs((right - left) - (bottom - top)) <= 1
    left, top, right, bottom = film_box(annotate(np.full((600, 1000), 90, np.uint8), PLAIN, 3.0))
    assert (right - left, bottom - top) == (round(FILM_SIDE * 1000 / 1800), FILM_SIDE)
