"""Reject statistics: pure functions over counts of films (AAPM TG-305 words: a reject was never shown on)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.projection import Projection

Z95 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class RejectRate:
    """Rejects among decided films. `low` and `high` are the 95 % Wilson interval of `rate`, all in 0..1."""

    total: int
    rejected: int

    @property
    def rate(self) -> float | None:
        """None where nothing was decided."""
        return self.rejected / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval; (0, 1) where nothing was decided."""
        return wilson_interval(self.rejected, self.total)


def wilson_interval(hits: float, total: float) -> tuple[float, float]:
    """95 % score interval of `hits` out of `total` (Wilson, J. Am. Stat. Assoc. 22, 1927), within 0..1.

    Counts of films, or weighted sums of them; it always holds `hits / total`. (0, 1) where `total` is 0.

    Raises:
        ValueError: not 0 <= hits <= total.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"need 0 <= hits <= total, got {hits} of {total}")
    if total == 0:
        return (0.0, 1.0)
    p, z2 = hits / total, Z95 * Z95
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    return (min(max(0.0, centre - half), p), max(min(1.0, centre + half), p))


class Opinion(StrEnum):
    """What the cascade said of a film, as far as a retake is concerned.

    WARNED: it suggested a retake; UNSURE: it asked to look; PASSED: nothing to say; NONE: it did not judge.
    """

    WARNED = "warned"
    UNSURE = "unsure"
    PASSED = "passed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FilmFilter:
    """Which films are meant; None (and an empty `choices`) leaves a field open.

    Attributes:
        first, last: local days of arrival, both included.
        operator: who decided; excludes films that wait for a decision.
        room: of the console at the time of the decision.
        choices: decisions in force; None among them stands for films not decided.
        reason: RejectReason key.
        by_people: without what was sent by itself, as `against_human` counts.
    """

    first: date | None = None
    last: date | None = None
    projection: Projection | None = None
    operator: str | None = None
    room: str | None = None
    choices: tuple[Choice | None, ...] = ()
    reason: str | None = None
    opinion: Opinion | None = None
    by_people: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """How many films share all these properties. `choice` is None where nothing is decided."""

    projection: Projection
    operator: str
    room: str
    choice: Choice | None
    reason: str
    opinion: Opinion
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Films by what became of them; undecided ones are no part of any rate."""

    accepted: int = 0
    kept: int = 0
    rejected: int = 0
    undecided: int = 0

    @property
    def decided(self) -> int:
        return self.accepted + self.kept + self.rejected

    @property
    def total(self) -> int:
        return self.decided + self.undecided

    @property
    def rejects(self) -> RejectRate:
        """Rejects among the decided films."""
        return RejectRate(self.decided, self.rejected)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.accepted + other.accepted,
            self.kept + other.kept,
            self.rejected + other.rejected,
            self.undecided + other.undecided,
        )


def tally(cells: Iterable[Cell]) -> Tally:
    """All `cells` in one."""
    counts: dict[Choice | None, int] = {}
    for cell in cells:
        counts[cell.choice] = counts.get(cell.choice, 0) + cell.count
    return Tally(
        *(counts.get(choice, 0) for choice in (Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.RETAKE, None))
    )


K = TypeVar("K", bound=Hashable)


def tallies(cells: Iterable[Cell], key: Callable[[Cell], K]) -> dict[K, Tally]:
    """One tally per value of `key`, in the order in which they come up."""
    groups: dict[K, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return {name: tally(group) for name, group in groups.items()}


@dataclass(frozen=True, slots=True)
class ParetoBar:
    """One reason: its rejects, their share of all rejects and the share of this and all larger ones (0..1)."""

    reason: str
    count: int
    share: float
    cumulative: float


def pareto(cells: Iterable[Cell]) -> tuple[ParetoBar, ...]:
    """Reasons of the rejects, most frequent first; ties in the order of their keys."""
    counts: dict[str, int] = {}
    for cell in cells:
        if cell.choice is Choice.RETAKE and cell.count:
            counts[cell.reason] = counts.get(cell.reason, 0) + cell.count
    total, running, bars = sum(counts.values()), 0, []
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        running += count
        bars.append(ParetoBar(reason, count, count / total, running / total))
    return tuple(bars)


# Below this many decided films a rate says more about chance than about work: counts are shown instead.
FEWEST_FILMS = 20


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the reject rate, 0..1: to stay under, to act from, and the one under which rejects go missing.

    Raises:
        ValueError: they are not in the order low <= target <= action.
    """

    target: float = 0.08
    action: float = 0.10
    low: float = 0.02

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.target <= self.action <= 1:
            raise ValueError("need 0 <= low <= target <= action <= 1")


class Signal(StrEnum):
    """What a reject rate calls for. PERHAPS_ACTION: the level is reached, but chance alone could do that."""

    TOO_FEW = "too_few"
    TOO_LOW = "too_low"
    IN_ORDER = "in_order"
    ABOVE_TARGET = "above_target"
    PERHAPS_ACTION = "perhaps_action"
    ACTION = "action"


def signal(rate: RejectRate, levels: Levels) -> Signal:
    """Judge `rate` with its 95 % interval in mind.

    A rate whose whole interval lies under `levels.low` is a signal too: rejects may go unrecorded, or films be
    sent that should not be (AAPM TG-305 asks to look into both ends).
    """
    value, (lower, upper) = rate.rate, rate.interval
    if value is None or rate.total < FEWEST_FILMS:
        return Signal.TOO_FEW
    if upper < levels.low:
        return Signal.TOO_LOW
    if value >= levels.action:
        return Signal.ACTION if lower > levels.action else Signal.PERHAPS_ACTION
    return Signal.ABOVE_TARGET if value > levels.target else Signal.IN_ORDER


@dataclass(frozen=True, slots=True)
class AgainstHuman:
    """Warnings of the cascade (positive) against retakes by people (the reference); undecided films left out.

    Attributes:
        rows: what became of the films the cascade warned of, was unsure of, passed and did not judge.
    """

    rows: Mapping[Opinion, Tally]

    @property
    def judged(self) -> Tally:
        """Films that were warned of or passed."""
        return self.rows[Opinion.WARNED] + self.rows[Opinion.PASSED]

    @property
    def overruled(self) -> int:
        """Warned of, but accepted or kept with a note."""
        return self.rows[Opinion.WARNED].decided - self.rows[Opinion.WARNED].rejected

    @property
    def unprompted(self) -> int:
        """Passed, but rejected."""
        return self.rows[Opinion.PASSED].rejected

    @property
    def agreed(self) -> int:
        return self.judged.decided - self.overruled - self.unprompted

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa of warnings and retakes; None where it is not defined."""
        total = self.judged.decided
        if not total:
            return None
        warned, rejected = self.rows[Opinion.WARNED].decided / total, self.judged.rejected / total
        chance = warned * rejected + (1 - warned) * (1 - rejected)
        return None if chance >= 1 else (self.agreed / total - chance) / (1 - chance)

    @property
    def observed(self) -> RejectRate:
        """Positive predictive value as people saw it: retakes among the films warned of, with its interval."""
        return self.rows[Opinion.WARNED].rejects


def against_human(cells: Iterable[Cell]) -> AgainstHuman:
    """Compare warnings and retakes; what was sent by itself says nothing about people."""
    by_people = (cell for cell in cells if cell.operator != AUTOMATIC)
    found = tallies(by_people, lambda cell: cell.opinion)
    return AgainstHuman({opinion: found.get(opinion, Tally()) for opinion in Opinion})


def aliases(names: Iterable[str]) -> dict[str, int]:
    """A number from 1 for each person's name, in an order that tells nothing about the name."""
    hidden = sorted(
        {n for n in names if n and n != AUTOMATIC}, key=lambda n: hashlib.sha256(n.encode()).digest()
    )
    return {name: number for number, name in enumerate(hidden, start=1)}


def quantile(histogram: Mapping[int, int], part: float) -> int | None:
    """Smallest key at which at least `part` (0..1) of all counts is reached; None of an empty histogram."""
    wanted = part * sum(histogram.values())
    running = 0
    for key in sorted(histogram):
        running += histogram[key]
        if histogram[key] and running >= wanted:
            return key
    return None
