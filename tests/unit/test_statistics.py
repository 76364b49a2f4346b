"""Reject statistics as pure functions: totals add up, intervals hold their rate, few films have no rate."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.domain import control_chart
from workstation.domain.control_chart import Standing, Step
from workstation.domain.decision import Choice
from workstation.domain.projection import Projection
from workstation.domain.statistics import (
    FEWEST_FILMS,
    Cell,
    Levels,
    Opinion,
    RejectRate,
    Signal,
    Tally,
    against_human,
    aliases,
    pareto,
    quantile,
    signal,
    tallies,
    tally,
    wilson_interval,
)

CELLS = st.lists(
    st.builds(
        Cell,
        projection=st.sampled_from(Projection),
        operator=st.sampled_from(["", "Ivanova", "Petrov"]),
        room=st.sampled_from(["1", "2"]),
        choice=st.sampled_from([None, *Choice]),
        reason=st.sampled_from(["cut_off", "motion", "other"]),
        opinion=st.sampled_from(Opinion),
        count=st.integers(0, 50),
    )
)


@given(CELLS)
def test_every_film_is_counted_once_however_it_is_grouped(cells: list[Cell]) -> None:
    whole = tally(cells)
    assert whole.total == sum(cell.count for cell in cells)
    for key in (lambda c: c.projection, lambda c: c.operator, lambda c: c.room, lambda c: c.opinion):
        assert sum(tallies(cells, key).values(), Tally()) == whole
    against = against_human(cells)
    assert sum(against.rows.values(), Tally()) == whole
    assert against.agreed + against.overruled + against.unprompted == against.judged.decided


@given(CELLS)
def test_pareto_falls_and_ends_at_all(cells: list[Cell]) -> None:
    bars = pareto(cells)
    assert sum(bar.count for bar in bars) == tally(cells).rejected
    assert [bar.count for bar in bars] == sorted((bar.count for bar in bars), reverse=True)
    assert not bars or bars[-1].cumulative == pytest.approx(1)


@given(st.integers(0, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate(counts: tuple[int, int]) -> None:
    hits, total = counts
    low, high = wilson_interval(hits, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= hits / total <= high


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Newcombe, Stat. Med. 17 (1998) 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(hits: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(hits, total) == pytest.approx((low, high), abs=6e-5)


def test_nothing_decided_is_no_rate_and_more_rejects_than_films_are_refused() -> None:
    assert (RejectRate(0, 0).rate, RejectRate(0, 0).interval) == (None, (0.0, 1.0))
    with pytest.raises(ValueError, match="3 of 2"):
        wilson_interval(3, 2)


@pytest.mark.parametrize(
    ("rejected", "decided", "found"),
    [
        (3, FEWEST_FILMS - 1, Signal.TOO_FEW),
        (0, 30, Signal.IN_ORDER),  # none of 30 proves nothing yet
        (2, 1000, Signal.TOO_LOW),
        (60, 1000, Signal.IN_ORDER),
        (90, 1000, Signal.ABOVE_TARGET),
        (100, 1000, Signal.PERHAPS_ACTION),  # the level is the rate from which to act
        (110, 1000, Signal.PERHAPS_ACTION),
        (200, 1000, Signal.ACTION),
    ],
)
def test_what_a_rate_calls_for(rejected: int, decided: int, found: Signal) -> None:
    assert signal(RejectRate(decided, rejected), Levels()) is found


def test_levels_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="low <= target <= action"):
        Levels(target=0.2, action=0.1)


def test_kappa_by_hand() -> None:
    def cell(opinion: Opinion, choice: Choice, count: int) -> Cell:
        return Cell(Projection.FRONTAL, "", "", choice, "", opinion, count)

    against = against_human(
        [
            cell(Opinion.WARNED, Choice.RETAKE, 20),
            cell(Opinion.WARNED, Choice.SEND, 5),
            cell(Opinion.PASSED, Choice.RETAKE, 10),
            cell(Opinion.PASSED, Choice.SEND, 15),
            cell(Opinion.NONE, Choice.SEND, 99),
        ]
    )
    assert against.kappa == pytest.approx(0.4)
    assert (against.overruled, against.unprompted, against.agreed) == (5, 10, 35)
    assert against.observed.rate == pytest.approx(0.8)


def test_aliases_are_one_to_one_and_tell_no_order() -> None:
    names = [f"Person {letter}" for letter in "ABCDEFGH"]
    numbers = aliases(names)
    assert sorted(numbers.values()) == list(range(1, 9))
    assert [numbers[name] for name in names] != list(range(1, 9))
    assert aliases(reversed(names)) == numbers
    assert "" not in aliases(["", "x"])
    assert aliases(["(automatic)", "x"]) == {"x": 1}, "the program is no person"


@given(st.lists(st.integers(0, 1000), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_one_of_the_values(values: list[int], part: float) -> None:
    histogram = {v: values.count(v) for v in values}
    found = quantile(histogram, part)
    assert found in values
    assert sum(v <= found for v in values) >= part * len(values) - 1e-9
    assert sum(v < found for v in values) < part * len(values)


DAYS = st.dictionaries(
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    st.builds(Tally, st.integers(0, 60), st.integers(0, 5), st.integers(0, 20), st.integers(0, 3)),
    max_size=40,
)


@given(DAYS, st.sampled_from(Step))
def test_the_chart_covers_every_day_once(days: dict[date, Tally], step: Step) -> None:
    chart = control_chart.p_chart(days, step)
    assert sum((p.tally for p in chart.points), Tally()) == sum(days.values(), Tally())
    for before, after in zip(chart.points, chart.points[1:], strict=False):
        assert after.first == before.last + timedelta(days=1)
    for point in chart.points:
        assert point.first <= point.last
        assert (point.standing is Standing.TOO_FEW) == (
            point.tally.decided < FEWEST_FILMS or chart.centre is None
        )
        if point.standing is Standing.WITHIN:
            assert point.lower <= (point.tally.rejects.rate or 0) <= point.upper
        if chart.centre is not None and point.tally.decided:
            assert point.lower <= chart.centre <= point.upper


def test_limits_by_hand_and_a_bad_week_stands_out() -> None:
    monday = date(2026, 3, 2)
    days = {monday + timedelta(weeks=w): Tally(accepted=92, rejected=8) for w in range(9)}
    days[monday + timedelta(weeks=9)] = Tally(accepted=70, rejected=30)
    chart = control_chart.p_chart(days, Step.WEEK)
    assert chart.centre == pytest.approx(0.102)
    # 0.102 + 3 sqrt(0.102 * 0.898 / 100) = 0.193: chance alone makes 20 and more of 100 in 0.25 %, 21 in 0.10 %.
    assert chart.points[0].upper == pytest.approx(0.20)
    assert chart.points[0].lower == pytest.approx(0.102 - 3 * (0.102 * 0.898 / 100) ** 0.5)
    assert [p.standing for p in chart.points] == [Standing.WITHIN] * 9 + [Standing.ABOVE]


def test_one_film_of_a_rare_reason_is_not_outside() -> None:
    """Two in a month of 25 films a day: by three sigmas alone the limit would be 3.4 %, and each of them above it."""
    days = {date(2026, 3, day): Tally(accepted=25) for day in range(1, 31)}
    for day in (10, 20):
        days[date(2026, 3, day)] = Tally(accepted=24, rejected=1)
    chart = control_chart.p_chart(days, Step.DAY)
    assert {p.standing for p in chart.points} == {Standing.WITHIN}
    days[date(2026, 3, 20)] = Tally(accepted=21, rejected=4)
    standings = [p.standing for p in control_chart.p_chart(days, Step.DAY).points]
    assert standings.count(Standing.ABOVE) == 1, "four are no chance"


@given(st.integers(FEWEST_FILMS, 400), st.floats(0.001, 0.4))
def test_chance_alone_passes_the_upper_limit_no_more_often_than_three_sigmas(films: int, rate: float) -> None:
    rejected = max(1, round(rate * films))
    day = date(2026, 3, 2)
    counts = Tally(accepted=films - rejected, rejected=rejected)
    (point,) = control_chart.p_chart({day: counts}, Step.DAY).points
    centre = rejected / films
    chance = sum(
        math.comb(films, k) * centre**k * (1 - centre) ** (films - k)
        for k in range(films + 1)
        if k / films > point.upper
    )
    assert chance <= 0.00135 + 1e-6
    assert point.upper >= min(1.0, centre + 3 * math.sqrt(centre * (1 - centre) / films))


def test_days_outside_the_period_asked_for_move_no_limit() -> None:
    monday = date(2026, 3, 2)
    week = {monday + timedelta(days=d): Tally(accepted=90, rejected=10) for d in range(7)}
    others = {day: Tally(rejected=50) for day in (monday - timedelta(days=1), monday + timedelta(days=7))}
    chart = control_chart.p_chart(week | others, Step.DAY, monday, monday + timedelta(days=6))
    assert chart.centre == pytest.approx(0.1)
    assert [p.tally for p in chart.points] == list(week.values())


def test_limits_are_shares() -> None:
    days = {date(2026, 3, 2): Tally(rejected=90), date(2026, 3, 3): Tally(accepted=20, rejected=10)}
    for point in control_chart.p_chart(days, Step.DAY).points:
        assert 0.0 <= point.lower < point.upper <= 1.0


def test_the_period_asked_for_is_shown_even_where_no_film_came() -> None:
    chart = control_chart.p_chart({}, Step.MONTH, date(2026, 1, 15), date(2026, 3, 3))
    assert [(p.first, p.last) for p in chart.points] == [
        (date(2026, 1, 15), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 3)),
    ]
    assert chart.centre is None
