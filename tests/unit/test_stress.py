"""Alterations of films for the stress table: what they do, and that the figures count what they say."""

from __future__ import annotations

import numpy as np
import pytest

from models_onnx.training import stress
from models_onnx.training.sources import FilmRecord
from workstation.domain.findings import CropFinding, GateFinding, Kind, ProjectionFinding, State, Verdict
from workstation.domain.projection import Projection

FILM = np.tile(np.linspace(20, 235, 320).astype(np.uint8), (400, 1))


@pytest.mark.parametrize("name", stress.ALTERATIONS)
def test_an_alteration_gives_a_film_the_same_each_time(name: str) -> None:
    made, again = (stress.ALTERATIONS[name](FILM, np.random.default_rng(0)) for _ in range(2))
    assert made.dtype == np.uint8
    assert made.ndim == 2
    assert np.array_equal(made, again)
    assert np.array_equal(made, FILM) == (name == "as it came")


def test_borders_and_windows_are_as_wide_as_they_say() -> None:
    made = stress.ALTERATIONS["border 15 %, white"](FILM, np.random.default_rng(0))
    assert made.shape == (520, 416)
    assert np.array_equal(made[60:-60, 48:-48], FILM)
    clipped = stress.ALTERATIONS["white above 150"](FILM, np.random.default_rng(0))
    assert (clipped[FILM >= 150] == 255).all()
    assert clipped[FILM < 140].max() < 255


def test_a_film_laid_askew_stays_in_sight() -> None:
    plain = np.full_like(FILM, 200)
    made = stress.ALTERATIONS["askew by 3 degrees"](plain, np.random.default_rng(0))
    assert float(made.sum()) == pytest.approx(float(plain.sum()), rel=0.005)
    assert not made[0, 0] or not made[0, -1]
    framed = stress.ALTERATIONS["two thin frames"](FILM, np.random.default_rng(0))
    assert np.array_equal(framed[9:-9, 7:-7], FILM)
    assert (framed[5:9, 7:-7] == 240).all()
    assert (framed[:4] == 15).all()


def _film(cut: str) -> FilmRecord:
    return FilmRecord("f", "ieee", "frontal", "p", "test", "made", natural_cut=cut)


def _said(score: float, chest: bool = True) -> Verdict:
    state = State.WARN if score > 0.5 else State.PASS
    gate = GateFinding(Kind.BODY_PART, State.PASS if chest else State.WARN, 0.1)
    label = Projection.FRONTAL if chest else Projection.UNKNOWN
    crop = CropFinding(state, score) if chest else CropFinding(State.NOT_ASSESSED)
    return Verdict(ProjectionFinding(label, State.PASS, 0.0), (crop,), "made@1", body_part=gate)


def test_the_figures_count_what_they_say() -> None:
    records = [_film("yes"), _film("yes"), _film("no"), _film("no"), _film("no")]
    verdicts = [_said(0.9), _said(0.4), _said(0.1), _said(0.6), _said(0.0, chest=False)]
    assert stress.figures(records, verdicts) == {
        "films": 5,
        "cut_judged": "2 of 2",
        "whole_judged": "2 of 3",
        "auc": 0.75,
        "sensitivity": 0.5,
        "specificity": 0.333,
        "not_a_chest": 1,
        "inverted": 0,
        "not_upright": 0,
        "projection_wrong": 1,
    }


def test_a_cut_film_that_is_refused_is_missed_and_a_whole_one_not_spared() -> None:
    records = [_film("yes"), _film("yes"), _film("no"), _film("no")]
    alive = stress.figures(records, [_said(0.9), _said(0.9), _said(0.1), _said(0.1)])
    assert (alive["sensitivity"], alive["specificity"]) == (1.0, 1.0)
    refused = [_said(0.9), _said(0.0, chest=False), _said(0.1), _said(0.0, chest=False)]
    found = stress.figures(records, refused)
    assert (found["sensitivity"], found["specificity"]) == (0.5, 0.5)
    assert (found["cut_judged"], found["whole_judged"]) == ("1 of 2", "1 of 2")
    # All refused: no score to rank, and nothing caught or spared.
    found = stress.figures(records, [_said(0.0, chest=False)] * 4)
    assert (found["auc"], found["sensitivity"], found["specificity"]) == (None, 0.0, 0.0)
    assert stress.figures([], [])["sensitivity"] is None
