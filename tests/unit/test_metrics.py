"""Figures of a binary score against their definitions, written out by brute force, and published values."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workstation.domain.statistics import wilson_interval
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.resampling import bootstrap

F64 = npt.NDArray[np.float64]

# Scores on a coarse grid, so that ties are common.
_film = st.tuples(st.booleans(), st.integers(0, 20).map(lambda n: n / 20), st.sampled_from([0.5, 1.0, 2.0]))
films = st.lists(_film, min_size=2, max_size=40)


def _arrays(rows: list[tuple[bool, float, float]]) -> tuple[F64, F64, F64]:
    y, s, w = (np.array(column, float) for column in zip(*rows, strict=True))
    return y, s, w


def _pairs(y: F64, s: F64) -> F64:
    """psi of DeLong's paper: 1 where the positive film scores higher, one half at a tie; (positives, negatives)."""
    gap = s[y == 1][:, None] - s[y == 0][None]
    return np.asarray((gap > 0) + 0.5 * (gap == 0))


@given(films)
def test_auc_is_the_share_of_rightly_ordered_pairs(rows: list[tuple[bool, float, float]]) -> None:
    y, s, w = _arrays(rows)
    assume(0 < y.sum() < y.size)
    weight = w[y == 1][:, None] * w[y == 0][None]
    assert m.auc(y, s, w) == pytest.approx(float((_pairs(y, s) * weight).sum() / weight.sum()))
    assert m.auc(y, -s, w) == pytest.approx(1 - m.auc(y, s, w))


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_a_perfect_score_has_an_auc_of_one_to_the_last_digit(weight: float) -> None:
    for films in range(2, 60):
        y, s = np.repeat([0.0, 1.0], films), np.arange(2.0 * films)
        w = np.full(y.size, weight)
        assert (m.auc(y, s, w), m.auc(y, -s, w)) == (1.0, 0.0)


def test_a_difference_of_rounding_alone_does_not_leave_zero_out() -> None:
    assert m.Interval(0.1, 0.05, 0.2).excludes_zero
    assert m.Interval(-0.1, -0.2, -0.05).excludes_zero
    assert not m.Interval(0.0, 1e-16, 2e-16).excludes_zero
    assert not m.Interval(0.1).excludes_zero


@given(films)
def test_delong_is_its_definition(rows: list[tuple[bool, float, float]]) -> None:
    y, s, other = _arrays(rows)
    assume(y.sum() >= 2)
    assume((1 - y).sum() >= 2)
    areas, covariance = m.delong_covariance(y, s, other)
    for i, a in enumerate((s, other)):
        assert areas[i] == pytest.approx(float(_pairs(y, a).mean()))
        for j, b in enumerate((s, other)):
            x10, z10 = _pairs(y, a).mean(1), _pairs(y, b).mean(1)
            x01, z01 = _pairs(y, a).mean(0), _pairs(y, b).mean(0)
            s10 = float(((x10 - x10.mean()) * (z10 - z10.mean())).sum() / (x10.size - 1))
            s01 = float(((x01 - x01.mean()) * (z01 - z01.mean())).sum() / (x01.size - 1))
            assert covariance[i, j] == pytest.approx(s10 / x10.size + s01 / x01.size, abs=1e-12)


def test_a_proportion_has_the_interval_of_as_many_independent_films() -> None:
    whole = m.proportion([1, 0, 0, 0])
    assert (whole.value, whole.low, whole.high) == (0.25, *wilson_interval(1, 4))
    # Kish: weights of 3, 1, 3 and 1 are worth 8 * 8 / 20 films.
    uneven = m.proportion([1, 1, 0, 0], [3, 1, 3, 1])
    assert (uneven.low, uneven.high) == pytest.approx(wilson_interval(1.6, 3.2))
    assert (uneven.value, math.isnan(m.proportion([]).value)) == (0.5, True)


@given(st.lists(st.floats(0.1, 3), min_size=1, max_size=30))
def test_a_proportion_of_hits_alone_is_one_whatever_the_weights(weights: list[float]) -> None:
    found = m.proportion(np.ones(len(weights)), weights)
    assert (found.value, found.high) == (pytest.approx(1), pytest.approx(1))


@given(st.floats(0.0, 1.0), st.integers(1, 300), st.integers(1, 300))
def test_newcombe_brackets_the_area_and_is_symmetric(area: float, positives: int, negatives: int) -> None:
    found, mirrored = (
        m.newcombe_auc(area, positives, negatives),
        m.newcombe_auc(1 - area, positives, negatives),
    )
    assert 0 <= found.low <= area <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert found.high == pytest.approx(1 - mirrored.low, abs=1e-9)


def test_newcombe_has_a_width_where_delong_has_none() -> None:
    y, s = np.repeat([0.0, 1.0], 10), np.repeat([0.1, 0.9], 10)
    assert m.delong(y, s).low == m.delong(y, s).high == 1.0
    few, many = m.newcombe_auc(1.0, 10, 10), m.newcombe_auc(1.0, 100, 100)
    assert 0.7 < few.low < many.low < 1.0 == many.high


@given(films, st.integers(0, 20).map(lambda n: n / 20))
def test_confusion_counts_films(rows: list[tuple[bool, float, float]], threshold: float) -> None:
    y, s, _ = _arrays(rows)
    found = m.confusion(y, s, threshold)
    assert found.tp == sum(1 for t, p, _ in rows if t and p >= threshold)
    assert found.fp == sum(1 for t, p, _ in rows if not t and p >= threshold)
    assert found.tp + found.fn == y.sum()
    assert found.fp + found.tn == y.size - y.sum()
    if found.tp:
        f1 = 2 / (1 / found.precision + 1 / found.recall)
        assert found.f1 == pytest.approx(f1)


@given(films)
def test_weights_are_films_seen_more_often(rows: list[tuple[bool, float, float]]) -> None:
    y, s, w = _arrays(rows)
    twice = np.repeat(np.arange(y.size), (2 * w).astype(int))
    for figure in (m.log_loss, m.brier, m.ece):
        assert figure(y, s, w) == pytest.approx(figure(y[twice], s[twice]))
    one, other = m.confusion(y, s, 0.5, w), m.confusion(y[twice], s[twice], 0.5)
    assert [2 * v for v in (one.tp, one.fp, one.fn, one.tn)] == [other.tp, other.fp, other.fn, other.tn]


def test_log_loss_and_brier_by_hand() -> None:
    assert m.log_loss([1, 0], [0.8, 0.4]) == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)
    assert m.brier([1, 0], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)
    assert math.isfinite(m.log_loss([1], [0.0]))


def test_a_calibrated_score_lies_within_what_chance_gives_and_a_bold_one_beyond() -> None:
    rng = np.random.default_rng(3)
    p = rng.uniform(0, 1, 300)
    y = (rng.random(300) < p).astype(float)
    chance = m.ece_by_chance(p)
    assert chance.low < m.ece(y, p) < chance.high
    bold = 1 / (1 + np.exp(-6 * (p - 0.5) * 2))
    assert m.ece(y, bold) > m.ece_by_chance(bold).high
    # The more films, the less chance gives.
    assert m.ece_by_chance(np.tile(p, 10)).value < chance.value / 2
    assert m.ece_by_chance(p).value == chance.value, "seeded"
    assert np.isnan(m.ece_by_chance([]).value)


@pytest.mark.parametrize("films", [60, 300])
def test_the_chance_range_of_ece_is_left_as_seldom_as_it_says_by_calibrated_scores_only(films: int) -> None:
    rng = np.random.default_rng(8)
    calibrated, bold, trials = 0, 0, 60
    for trial in range(trials):
        logit = rng.normal(-1, 2, films)
        p, shouted = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(-3 * logit))
        y = (rng.random(films) < p).astype(float)
        for score, above in ((p, True), (shouted, False)):
            beyond = m.ece(y, score) > m.ece_by_chance(score, rounds=200, seed=trial).high
            calibrated, bold = calibrated + (beyond and above), bold + (beyond and not above)
    assert calibrated <= 0.1 * trials  # 2.5 % are meant to
    assert bold >= 0.7 * trials


def test_ece_of_bins_by_hand() -> None:
    # Bin 0.1-0.2: three films at 0.15, one with the defect; bin 0.9-1: two films at 0.95 and 1.0, both with it.
    y, s = [1, 0, 0, 1, 1], [0.15, 0.15, 0.15, 0.95, 1.0]
    assert m.ece(y, s) == pytest.approx(3 / 5 * abs(1 / 3 - 0.15) + 2 / 5 * abs(1 - 0.975))
    bins = m.reliability(y, s)
    assert [(round(b.low, 1), b.films) for b in bins] == [(0.1, 3), (0.9, 2)]
    assert bins[0].rate.value == pytest.approx(1 / 3)


@given(films)
def test_youden_is_the_best_threshold_there_is(rows: list[tuple[bool, float, float]]) -> None:
    y, s, w = _arrays(rows)
    assume(0 < y.sum() < y.size)

    def gain(threshold: float) -> float:
        made = m.confusion(y, s, threshold, w)
        return made.recall + made.specificity - 1

    best = max(gain(t) for t in np.unique(s))
    found = gain(m.youden(y, s, w))
    assert found == pytest.approx(best)


@given(films, st.sampled_from([0.5, 0.9, 0.95]))
def test_threshold_at_specificity_keeps_it_and_is_the_lowest(
    rows: list[tuple[bool, float, float]], wanted: float
) -> None:
    y, s, w = _arrays(rows)
    assume((1 - y).sum() > 0)
    threshold = m.threshold_at_specificity(y, s, wanted, w)
    assert m.confusion(y, s, threshold, w).specificity >= wanted - 1e-9
    lower = [t for t in np.unique(s) if t < threshold]
    between = [t for t in lower if m.confusion(y, s, t, w).specificity >= wanted + 1e-9]
    # Whatever lower score would also do calls the same films without the defect.
    for t in between:
        assert m.confusion(y, s, t, w).fp == m.confusion(y, s, threshold, w).fp


@given(films, st.sampled_from([0.5, 0.9, 0.95]))
def test_threshold_at_sensitivity_keeps_it(rows: list[tuple[bool, float, float]], wanted: float) -> None:
    y, s, w = _arrays(rows)
    assume(y.sum() > 0)
    threshold = m.threshold_at_sensitivity(y, s, wanted, w)
    assert m.confusion(y, s, threshold, w).recall >= wanted - 1e-9
    assert m.confusion(y, s, float(np.nextafter(threshold, 2)), w).recall < wanted + 1e-9


def test_expected_ppv_of_the_papers_models() -> None:
    # Sensitivity .9 and specificity .9 at a prevalence of 5 %: two calls in three are false.
    assert m.expected_ppv(0.9, 0.9, 0.05) == pytest.approx(0.045 / 0.14)
    assert m.expected_ppv(0.9, 1.0, 0.05) == 1.0
    assert math.isnan(m.expected_ppv(0.0, 1.0, 0.05))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20))
def test_spearman_is_pearson_of_midranks(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(c, float) for c in zip(*pairs, strict=True))
    assume(np.ptp(x) > 0)
    assume(np.ptp(y) > 0)
    ranks = [np.array([(v > c).sum() + (v == c).sum() / 2 for v in c]) for c in (x, y)]
    assert m.spearman(x, y) == pytest.approx(float(np.corrcoef(ranks[0], ranks[1])[0, 1]))


def test_figures_without_a_class_are_unknown_not_wrong() -> None:
    for y in ([1, 1, 1], [0, 0, 0]):
        assert math.isnan(m.auc(y, [0.1, 0.2, 0.3]))
        assert math.isnan(m.youden(y, [0.1, 0.2, 0.3]))
        assert math.isnan(m.delong(y, [0.1, 0.2, 0.3]).value)


def test_bootstrap_draws_patients_not_films() -> None:
    # Ten films of one patient are one piece of news: with two patients the mean jumps between their values.
    patients = ["a"] * 10 + ["b"] * 10
    values = np.repeat([0.0, 1.0], 10)
    found = bootstrap(patients, lambda i: {"mean": float(values[i].mean())}, rounds=200)["mean"]
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)
    apart = [str(i) for i in range(20)]
    narrow = bootstrap(apart, lambda i: {"mean": float(values[i].mean())}, rounds=200)["mean"]
    assert 0.2 < narrow.low < 0.5 < narrow.high < 0.8


def test_bootstrap_interval_of_an_auc_agrees_with_delong() -> None:
    rng = np.random.default_rng(3)
    y = np.repeat([0.0, 1.0], [150, 100])
    s = rng.normal(y * 1.2)
    found = bootstrap([str(i) for i in range(250)], lambda i: {"auc": m.auc(y[i], s[i])})["auc"]
    exact = m.delong(y, s)
    assert found.value == pytest.approx(exact.value)
    assert found.low == pytest.approx(exact.low, abs=0.012)
    assert found.high == pytest.approx(exact.high, abs=0.012)


def test_bootstrap_repeats_itself() -> None:
    values = np.arange(12.0)
    patients = [str(i // 2) for i in range(12)]
    once, again = (bootstrap(patients, lambda i: {"m": float(values[i].mean())}, 50)["m"] for _ in range(2))
    assert once == again
