"""Reject statistics for the lead radiographer, read in one consistent snapshot beside the day's work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from workstation.domain import control_chart
from workstation.domain.control_chart import ControlChart, Step
from workstation.domain.decision import Choice
from workstation.domain.predictive import Published, expected_ppv
from workstation.domain.projection import Projection
from workstation.domain.statistics import (
    FEWEST_FILMS,
    AgainstHuman,
    Cell,
    FilmFilter,
    Opinion,
    ParetoBar,
    Tally,
    against_human,
    pareto,
    quantile,
    tallies,
    tally,
)
from workstation.persistence import statistics
from workstation.persistence.database import Database
from workstation.persistence.statistics import ELEMENTS
from workstation.services.clock import Clock, local_now

REPEATS = "(repeats)"
"""Subject of the chart over time: accepted films beyond the first of their study and projection."""


class Period(StrEnum):
    """Ready-made periods, counted back from today."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    LAST_MONTH = "last_month"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"


def days_of(period: Period, today: date) -> tuple[date | None, date | None]:
    """First and last day, both included; (None, None) for all."""
    this_month = today.replace(day=1)
    if period is Period.ALL:
        return None, None
    if period is Period.LAST_MONTH:
        last = this_month - timedelta(days=1)
        return last.replace(day=1), last
    back = {Period.TODAY: 0, Period.WEEK: 6, Period.QUARTER: 90, Period.YEAR: 364}
    return this_month if period is Period.MONTH else today - timedelta(days=back[period]), today


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything the window shows of the films a filter means, of one moment.

    Attributes:
        wanted: the filter; its days are set wherever there are films.
        cells: for bars by any property.
        wait_median_s, wait_p90_s: from exposure (where its time is not known, arrival) to decision, whole seconds; None
            where nothing was decided.
        repeats: accepted films beyond the first of the same study and projection, whoever took that and whenever.
        expected_ppv: of a warning, at this site's share of films rejected for what the cascade looks for, from its
            published performance.
        operators, rooms: all there ever were, for the filters.
        subject: what `chart` shows, see `StatisticsService.summary`.
    """

    wanted: FilmFilter
    total: Tally
    chart: ControlChart
    cells: tuple[Cell, ...]
    reasons: tuple[ParetoBar, ...]
    against: AgainstHuman
    wait_median_s: int | None
    wait_p90_s: int | None
    repeats: int
    expected_ppv: float | None
    operators: tuple[str, ...]
    rooms: tuple[str, ...]
    subject: str = ""

    def by_projection(self) -> Mapping[Projection, Tally]:
        return tallies(self.cells, lambda cell: cell.projection)

    def by_operator(self) -> Mapping[str, Tally]:
        """Decided films alone: nobody decided about the others."""
        return tallies((c for c in self.cells if c.choice is not None), lambda cell: cell.operator)

    def by_room(self) -> Mapping[str, Tally]:
        """Decided films alone."""
        return tallies((c for c in self.cells if c.choice is not None), lambda cell: cell.room)


@dataclass(frozen=True, slots=True)
class FilmLine:
    """One film of a list or of the CSV file.

    `elements` (as in `ELEMENTS`, "" where the header lacks one) for the file alone; `patient` (ID, accession number,
    SOP Instance UID, note) only if asked for. `decided_at` is ``""`` and `choice` and `wait_s` are None where
    nothing is decided.
    """

    exposure_id: int
    received_at: str
    decided_at: str
    wait_s: int | None
    projection: Projection
    choice: Choice | None
    reason: str
    operator: str
    room: str
    opinion: Opinion
    elements: tuple[str, ...] = ()
    patient: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilmList:
    """The newest films a filter means, and how many it means in all."""

    films: tuple[FilmLine, ...]
    total: int


class StatisticsService:
    """Reads only. Thread-safe; for jobs, not for the GUI thread."""

    def __init__(
        self,
        database: Database,
        performance: Callable[[], Published] = dict,
        clock: Clock = local_now,
    ) -> None:
        self._database = database
        self._performance = performance
        self._clock = clock

    def today(self) -> date:
        return self._clock().date()

    def summary(self, wanted: FilmFilter, step: Step | None = None, subject: str = "") -> Summary:
        """Count the films that `wanted` means; `step` None lets the length of the period choose.

        `subject`: what the chart over time shows: all rejects, one reject reason (its key), or `REPEATS`.

        About 0.2 s for 200,000 films.
        """
        with self._database.long_read() as connection:
            span = statistics.span(connection)
            whole = _within(wanted, span)
            cells = tuple(statistics.cells(connection, whole))
            if subject == REPEATS:
                days = statistics.days_of_repeats(connection, whole)
            elif subject:
                days = statistics.days_of_reason(connection, whole, subject)
            else:
                days = statistics.days(connection, whole)
            waits = statistics.waits(connection, whole)
            repeats = statistics.repeats(connection, whole)
            operators, rooms = statistics.names(connection)
        shown = wanted
        if span is not None:
            shown = replace(wanted, first=wanted.first or span[0], last=wanted.last or span[1])
        total = tally(cells)
        first, last = shown.first or self.today(), shown.last or self.today()
        chart = control_chart.p_chart(days, step or control_chart.fitting_step(first, last), first, last)
        return Summary(
            wanted=shown,
            total=total,
            chart=chart,
            cells=cells,
            reasons=pareto(cells),
            against=against_human(cells),
            wait_median_s=quantile(waits, 0.5),
            wait_p90_s=quantile(waits, 0.9),
            repeats=repeats,
            # Of a handful of films the share of defects says nothing.
            expected_ppv=expected_ppv(cells, self._performance()) if total.decided >= FEWEST_FILMS else None,
            subject=subject,
            operators=operators,
            rooms=rooms,
        )

    def films(self, wanted: FilmFilter, limit: int = 500) -> FilmList:
        """The newest `limit` films behind a bar, and how many there are."""
        with self._database.long_read() as connection:
            lines = tuple(_line(row) for row in statistics.films(connection, wanted, limit))
            return FilmList(lines, statistics.count(connection, wanted))

    def each_film(
        self, wanted: FilmFilter, take: Callable[[FilmLine], object], identified: bool = False
    ) -> int:
        """Hand every film to `take`, newest first, without holding them all; returns how many."""
        number = 0
        with self._database.long_read() as connection:
            for row in statistics.films(connection, wanted, elements=True, identified=identified):
                take(_line(row, ELEMENTS, _PATIENT if identified else ()))
                number += 1
        return number


def _within(wanted: FilmFilter, span: tuple[date, date] | None) -> FilmFilter:
    """Without the days that leave nothing out: the indices serve such a query best."""
    if span is None:
        return wanted
    first = None if wanted.first is not None and wanted.first <= span[0] else wanted.first
    last = None if wanted.last is not None and wanted.last >= span[1] else wanted.last
    return replace(wanted, first=first, last=last)


_PATIENT = ("patient_id", "accession_number", "sop_instance_uid", "note")


def _line(row: sqlite3.Row, elements: Iterable[str] = (), patient: Iterable[str] = ()) -> FilmLine:
    return FilmLine(
        exposure_id=row["exposure_id"],
        received_at=row["received_at"],
        decided_at=row["decided_at"],
        wait_s=row["wait_s"],
        projection=statistics.projection_of(row["projection"]),
        choice=statistics.choice_of(row["choice"]),
        reason=row["reason"],
        operator=row["operator"],
        room=row["room"],
        opinion=statistics.opinion_of(row["opinion"]),
        elements=tuple(_plain(row[name]) for name in elements),
        patient=tuple(_plain(row[name]) for name in patient),
    )


def _plain(value: object) -> str:
    """As a table holds it; "" for what is not known."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
