"""Reject statistics: pure functions over decision rows (AAPM TG-305 words: a reject was never shown on)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from workstation.domain.decision import Choice
from workstation.domain.projection import Projection


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision in force.

    Attributes:
        exposure_id: for looking the film up again.
        decided_at: ISO 8601 with offset.
        reason: RejectReason key for a retake, else ``""``.
        projection: of the latest verdict, else of the header, else UNKNOWN.
        operator: who decided.
        room: of the console, from the settings at that time.
        retake_suggested: what the cascade said; None where there was no verdict.
    """

    exposure_id: int
    decided_at: str
    choice: Choice
    reason: str
    projection: Projection
    operator: str
    room: str = ""
    retake_suggested: bool | None = None


@dataclass(frozen=True, slots=True)
class RejectRate:
    """Rejects among decided films. `low` and `high` are the 95 % Wilson interval of `rate`, all in 0..1."""

    total: int
    rejected: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float | None:
        """None where nothing was decided."""
        return self.rejected / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval; (0, 1) where nothing was decided."""
        return wilson_interval(self.rejected, self.total)


def wilson_interval(hits: int, total: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson score interval of `hits` out of `total` (E. B. Wilson, 1927), clipped to 0..1."""
    if not 0 <= hits <= total:
        raise ValueError(f"need 0 <= hits <= total, got {hits} of {total}")
    if total == 0:
        return (0.0, 1.0)
    p = hits / total
    denominator = 1 + z * z / total
    centre = (p + z * z / (2 * total)) / denominator
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / denominator
    return (max(0.0, centre - half), min(1.0, centre + half))


def reject_rate(rows: Iterable[DecisionRow]) -> RejectRate:
    """Rate over all `rows`, with the count of each reason (most frequent first)."""
    total = 0
    reasons: dict[str, int] = {}
    for row in rows:
        total += 1
        if row.choice is Choice.RETAKE:
            reasons[row.reason] = reasons.get(row.reason, 0) + 1
    ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return RejectRate(total, sum(ordered.values()), ordered)


def grouped(rows: Iterable[DecisionRow], key: Callable[[DecisionRow], str]) -> dict[str, RejectRate]:
    """Rate per group, groups in sorted order; see the ready-made keys below."""
    groups: dict[str, list[DecisionRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: reject_rate(groups[name]) for name in sorted(groups)}


def by_projection(row: DecisionRow) -> str:
    """Key for `grouped`: ``"frontal"``, ``"lateral"``, ``"unknown"``."""
    return row.projection.value


def by_operator(row: DecisionRow) -> str:
    """Key for `grouped`: who decided."""
    return row.operator


def by_room(row: DecisionRow) -> str:
    """Key for `grouped`: the console's room."""
    return row.room


def by_day(row: DecisionRow) -> str:
    """Key for `grouped`: local date of the decision, ``"2026-11-23"``."""
    return row.decided_at[:10]


def by_month(row: DecisionRow) -> str:
    """Key for `grouped`: ``"2026-11"``."""
    return row.decided_at[:7]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often people followed the cascade, counts of decisions with a verdict.

    A retake that was suggested and done is `followed`; suggested and sent is `overruled`; not suggested and
    done is `unprompted`; the rest is `clear`.
    """

    followed: int
    overruled: int
    unprompted: int
    clear: int


def agreement(rows: Iterable[DecisionRow]) -> Agreement:
    """Table of suggestion against decision; rows without a verdict are left out."""
    counts = {(s, r): 0 for s in (True, False) for r in (True, False)}
    for row in rows:
        if row.retake_suggested is not None:
            counts[row.retake_suggested, row.choice is Choice.RETAKE] += 1
    return Agreement(counts[True, True], counts[True, False], counts[False, True], counts[False, False])
