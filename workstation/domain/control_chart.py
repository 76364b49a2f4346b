"""The p-chart of the reject rate: counts per day, week or month against three-sigma limits (W. A. Shewhart)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from workstation.domain.statistics import FEWEST_FILMS, Tally

_SIGMAS = 3.0
_TAIL = 0.5 * math.erfc(_SIGMAS / math.sqrt(2))
"""What chance puts above three sigmas of a normal distribution, 0.13 %."""


class Step(StrEnum):
    """Width of one point on the time axis. Weeks begin on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Standing(StrEnum):
    """Where a point lies. TOO_FEW: fewer than `FEWEST_FILMS` decided films, no rate is shown."""

    TOO_FEW = "too_few"
    WITHIN = "within"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket; `first` and `last` are days, both included. `lower` and `upper` are its limits, 0..1."""

    first: date
    last: date
    tally: Tally
    lower: float
    upper: float
    standing: Standing


@dataclass(frozen=True, slots=True)
class ControlChart:
    """`centre` is the rate over all points, None of fewer than `FEWEST_FILMS` decided films."""

    step: Step
    centre: float | None
    points: tuple[Point, ...]


def begin(day: date, step: Step) -> date:
    """First day of the bucket of `day`."""
    if step is Step.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step is Step.MONTH else day


def following(start: date, step: Step) -> date:
    """First day of the next bucket."""
    if step is Step.MONTH:
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return start + timedelta(days=7 if step is Step.WEEK else 1)


def fitting_step(first: date, last: date) -> Step:
    """A step that gives some 5 to 60 points."""
    days = (last - first).days + 1
    return Step.DAY if days <= 31 else Step.WEEK if days <= 400 else Step.MONTH


def p_chart(
    days: Mapping[date, Tally], step: Step, first: date | None = None, last: date | None = None
) -> ControlChart:
    """Points from `first` to `last` (by default the first and last day there is), empty buckets included.

    The limits of a point are centre +- 3 sqrt(centre (1 - centre) / n), clipped to 0..1, n its decided films. Where
    films are few, or what is counted is rare, chance passes that upper limit far too often (a single film may do): it
    is then the least that chance alone passes no more often than it would three sigmas.
    """
    if not days and (first is None or last is None):
        return ControlChart(step, None, ())
    low, high = first or min(days), last or max(days)
    sums: dict[date, Tally] = {}
    for day, counts in days.items():
        if low <= day <= high:
            start = begin(day, step)
            sums[start] = sums.get(start, Tally()) + counts
    whole = sum(sums.values(), Tally())
    centre = whole.rejects.rate if whole.decided >= FEWEST_FILMS else None
    points = []
    start = begin(low, step)
    while start <= high:
        after = following(start, step)
        counts = sums.get(start, Tally())
        points.append(_point(max(start, low), min(after - timedelta(days=1), high), counts, centre))
        start = after
    return ControlChart(step, centre, tuple(points))


def _point(first: date, last: date, counts: Tally, centre: float | None) -> Point:
    rate = counts.rejects.rate
    if rate is None or centre is None:
        return Point(first, last, counts, 0.0, 1.0, Standing.TOO_FEW)
    half = _SIGMAS * math.sqrt(centre * (1 - centre) / counts.decided)
    lower, upper = max(0.0, centre - half), min(1.0, centre + half)
    upper = max(
        upper, _most_by_chance(counts.decided, centre, math.floor(upper * counts.decided)) / counts.decided
    )
    standing = Standing.ABOVE if rate > upper else Standing.BELOW if rate < lower else Standing.WITHIN
    return Point(
        first, last, counts, lower, upper, Standing.TOO_FEW if counts.decided < FEWEST_FILMS else standing
    )


def _most_by_chance(films: int, centre: float, least: int) -> int:
    """The fewest rejects, `least` or more, that chance alone passes with a probability of `_TAIL` at most."""
    if not 0 < centre < 1:
        return least

    def just(rejected: int) -> float:
        """Of the binomial distribution; by logarithms, as its parts leave the range of numbers."""
        ways = math.lgamma(films + 1) - math.lgamma(rejected + 1) - math.lgamma(films - rejected + 1)
        return math.exp(ways + rejected * math.log(centre) + (films - rejected) * math.log1p(-centre))

    more, beyond = 0.0, least + 1
    while beyond <= films:  # the tail falls fast this far from the mean
        part = just(beyond)
        more += part
        if part < _TAIL * 1e-6:
            break
        beyond += 1
    while more > _TAIL and least < films:
        least += 1
        more -= just(least)
    return least
