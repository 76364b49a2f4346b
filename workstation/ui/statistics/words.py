"""Words and figures of the statistics, the same in the window and in the printed report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from workstation.domain.control_chart import Point, Standing, Step
from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.findings import State
from workstation.domain.projection import Projection
from workstation.domain.statistics import FEWEST_FILMS, Levels, Opinion, RejectRate, Signal, Tally, signal
from workstation.services.statistics_service import Period
from workstation.ui import i18n
from workstation.ui import words as window_words

translate = QCoreApplication.translate
THIN = "\u202f"
STATES: Mapping[Opinion, State] = MappingProxyType(
    {
        Opinion.WARNED: State.WARN,
        Opinion.UNSURE: State.UNSURE,
        Opinion.PASSED: State.PASS,
        Opinion.NONE: State.NOT_ASSESSED,
    }
)
"""Whose icon stands beside an opinion."""


def percent(part: float | None, decimals: int = 1) -> str:
    """``7.4 %``, a dash for None; no certainty made up by rounding small parts."""
    if part is None:
        return "–"
    value, least = part * 100, 10.0**-decimals
    rounded = float(f"{value:.{decimals}f}")
    if rounded == 0 < value:
        return f"<{_number_percent(least, decimals)}"
    if rounded == 100 > value:
        return f">{_number_percent(100 - least, decimals)}"
    return _number_percent(value, decimals)


def _number_percent(value: float, decimals: int) -> str:
    return f"{i18n.number(value, decimals)}{THIN}%"


def level(part: float) -> str:
    """A level as a person set it: ``8 %``, ``7.5 %``."""
    return percent(part, 0 if abs(part * 100 - round(part * 100)) < 1e-9 else 1)


def interval(rate: RejectRate) -> str:
    """``6.9–7.9 %``."""
    low, high = rate.interval
    return f"{i18n.number(low * 100, 1)}–{_number_percent(high * 100, 1)}"


def count(number: int) -> str:
    """A count with thin spaces between groups of three."""
    return f"{number:,}".replace(",", THIN)


def rate_or_few(tally: Tally) -> str:
    """``7.4 % (32 of 431)``, or that there are too few films for a rate."""
    if tally.decided < FEWEST_FILMS:
        return too_few(tally.decided)
    return translate("Statistics", "{0} ({1} of {2})").format(
        percent(tally.rejects.rate), count(tally.rejected), count(tally.decided)
    )


def too_few(films: int) -> str:
    return translate("Statistics", "too few films ({0})").format(films)


def duration(seconds: int | None) -> str:
    """``42 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return translate("Statistics", "{0} s").format(seconds)
    if seconds < 3600:
        return translate("Statistics", "{0} min {1} s").format(seconds // 60, f"{seconds % 60:02}")
    return translate("Statistics", "{0} h {1} min").format(seconds // 3600, f"{seconds % 3600 // 60:02}")


def day(value: date) -> str:
    """``2 Mar 2026``."""
    return QLocale().toString(QDate(value.year, value.month, value.day), "d MMM yyyy").replace(".", "")


def days(first: date | None, last: date | None) -> str:
    """``1 Mar – 31 Mar 2026``, one day alone, or all there is."""
    if first is None or last is None:
        return translate("Statistics", "all films")
    if first == last:
        return day(first)
    return f"{tick(first, Step.DAY) if first.year == last.year else day(first)} – {day(last)}"


def tick(value: date, step: Step) -> str:
    """Short name of a point on the time axis."""
    locale = QLocale()
    if step is Step.MONTH:  # no format of a date has a month's name as it stands alone
        name = locale.standaloneMonthName(value.month, QLocale.FormatType.ShortFormat)
        return f"{name.replace('.', '')} {value.year}"
    return locale.toString(QDate(value.year, value.month, value.day), "d MMM").replace(".", "")


def point_name(point: Point, step: Step) -> str:
    """What a point of the chart stands for."""
    return tick(point.first, step) if step is Step.MONTH else days(point.first, point.last)


def point_text(point: Point, step: Step) -> str:
    """All about one point of the chart."""
    text = f"{point_name(point, step)}: {rate_or_few(point.tally)}"
    if point.standing is Standing.TOO_FEW:
        return text
    limits = translate("Statistics", "limits {0}–{1}").format(
        i18n.number(point.lower * 100, 1), _number_percent(point.upper * 100, 1)
    )
    return f"{text}, {limits}"


def period(value: Period) -> str:
    return {
        Period.TODAY: translate("Statistics", "Today"),
        Period.WEEK: translate("Statistics", "Last 7 days"),
        Period.MONTH: translate("Statistics", "This month"),
        Period.LAST_MONTH: translate("Statistics", "Last month"),
        Period.QUARTER: translate("Statistics", "Last 3 months"),
        Period.YEAR: translate("Statistics", "Last 12 months"),
        Period.ALL: translate("Statistics", "All films"),
    }[value]


def step(value: Step) -> str:
    return {
        Step.DAY: translate("Statistics", "by day"),
        Step.WEEK: translate("Statistics", "by week"),
        Step.MONTH: translate("Statistics", "by month"),
    }[value]


def choice(value: Choice | None) -> str:
    """What became of a film."""
    if value is None:
        return translate("Statistics", "not decided")
    return {
        Choice.SEND: translate("Statistics", "accepted"),
        Choice.KEEP_WITH_NOTE: translate("Statistics", "kept with note"),
        Choice.RETAKE: translate("Statistics", "rejected"),
    }[value]


def opinion(value: Opinion) -> str:
    """What the cascade had said, as the name of a row."""
    return {
        Opinion.WARNED: translate("Statistics", "Warned"),
        Opinion.UNSURE: translate("Statistics", "Asked to look"),
        Opinion.PASSED: translate("Statistics", "Passed"),
        Opinion.NONE: translate("Statistics", "Not judged"),
    }[value]


def projection(value: Projection) -> str:
    return window_words.projection(value)


def room(name: str) -> str:
    return name or translate("Statistics", "room not named")


def operator(name: str, hidden: Mapping[str, int] | None) -> str:
    """Name of a person, or a number in its place."""
    if not name:
        return translate("Statistics", "nobody named")
    if name == AUTOMATIC:
        return translate("Statistics", "sent by itself")
    if hidden is None:
        return name
    return translate("Statistics", "Person {0}").format(hidden.get(name, "?"))


@dataclass(frozen=True, slots=True)
class Group:
    """Films that share a projection, a room or a person: `key`, as it is called and what became of them."""

    key: str
    name: str
    tally: Tally


K = TypeVar("K", bound=str)


def in_order(groups: Mapping[K, Tally], name: Callable[[K], str]) -> list[Group]:
    """Groups by what they are called, the largest first."""
    made = [Group(key, name(key), tally) for key, tally in groups.items()]
    return sorted(made, key=lambda group: (-group.tally.decided, group.name))


def people_in_order(groups: Mapping[str, Tally], hidden: Mapping[str, int] | None) -> list[Group]:
    """People, the busiest first; without names in the order of their numbers, which tells nothing."""
    made = in_order(groups, lambda key: operator(key, hidden))
    return made if hidden is None else sorted(made, key=lambda group: place_of(group.key, hidden))


def place_of(name: str, hidden: Mapping[str, int]) -> tuple[bool, int]:
    """Where a person without a name stands among the others: by number, and last what no person is."""
    return name in ("", AUTOMATIC), hidden.get(name, 0)


def verdict(rate: RejectRate, levels: Levels) -> str:
    """What the reject rate calls for, in one or two sentences."""
    shown = _beside(rate.rate, levels)
    return {
        Signal.TOO_FEW: translate(
            "Statistics", "Too few decided films for a rate ({0}; at least {1} are needed). Widen the period."
        ).format(rate.total, FEWEST_FILMS),
        Signal.TOO_LOW: translate(
            "Statistics",
            "A reject rate of {0} is unusually low (below {1}). Are rejects not recorded, or poor films sent?",
        ).format(shown, level(levels.low)),
        Signal.IN_ORDER: translate(
            "Statistics", "The reject rate of {0} is within the target of {1}."
        ).format(shown, level(levels.target)),
        Signal.ABOVE_TARGET: translate(
            "Statistics",
            "The reject rate of {0} is above the target of {1}, still below the action level of {2}.",
        ).format(shown, level(levels.target), level(levels.action)),
        Signal.PERHAPS_ACTION: translate(
            "Statistics",
            "The reject rate of {0} has reached the action level of {1}, but chance could explain it. Watch it.",
        ).format(shown, level(levels.action)),
        Signal.ACTION: translate(
            "Statistics",
            "The reject rate of {0} is above the action level of {1}. Find the cause: see the reasons.",
        ).format(shown, level(levels.action)),
    }[signal(rate, levels)]


def _beside(rate: float | None, levels: Levels) -> str:
    """A rate beside its levels: with so many decimals that one above or below a level does not read the same."""
    if rate is None:
        return percent(rate)
    told = (levels.low, levels.target, levels.action)
    same = (
        any(level != rate and f"{level * 100:.{n}f}" == f"{rate * 100:.{n}f}" for level in told)
        for n in (1, 2)
    )
    return percent(rate, 1 + sum(same))


def outside(number: int) -> str:
    """How many points of the control chart lie outside of its limits."""
    return translate("Statistics", "Points outside the control limits: {0}.").format(number)
