"""Counts over `film_fact`, one narrow row per film that the database's triggers keep: read only, all in SQL.

Each grouping names the index that covers it and holds its order: left to itself SQLite often takes a narrower one,
looks up every row and sorts, which costs three to ten times as much over years of films.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.projection import Projection
from workstation.domain.statistics import Cell, FilmFilter, Opinion, Tally
from workstation.persistence.serialise import word

# Films that waited longer are counted as one day: nobody decides about them at the console any more.
LONGEST_WAIT_S = 86_400

_REPEATABLE = ("choice IN ('send', 'keep_with_note')", "projection <> 'unknown'")
_REPEATED = (
    *_REPEATABLE,
    "EXISTS (SELECT 1 FROM film_fact g WHERE g.study = f.study AND g.projection = f.projection"
    f" AND g.{_REPEATABLE[0]} AND g.exposure_id < f.exposure_id)",
)


def cells(connection: sqlite3.Connection, wanted: FilmFilter) -> list[Cell]:
    """How many films share projection, operator, room, choice, reason and opinion."""
    where, values = _where(wanted)
    columns = "projection, operator, room, choice, reason, opinion"
    query = (
        f"SELECT {columns}, COUNT(*) FROM film_fact f INDEXED BY film_fact_group {where} GROUP BY {columns}"
    )
    return [
        Cell(projection_of(p), who, room, choice_of(c), reason, opinion_of(o), count)
        for p, who, room, c, reason, o, count in connection.execute(query, values)
    ]


def projection_of(text: str) -> Projection:
    """Of a column; UNKNOWN for a word that this version does not have."""
    return word(Projection, text, Projection.UNKNOWN)


def choice_of(text: str) -> Choice | None:
    """Of a column; None where nothing is decided, or by a choice that this version does not have."""
    return Choice(text) if text in list(Choice) else None


def opinion_of(text: str) -> Opinion:
    """Of a column; NONE for a word that this version does not have."""
    return word(Opinion, text, Opinion.NONE)


def days(connection: sqlite3.Connection, wanted: FilmFilter) -> dict[date, Tally]:
    """What became of the films of each day of arrival, oldest first; days without films are left out."""
    where, values = _where(wanted)
    query = f"SELECT day, choice, COUNT(*) FROM film_fact f {where} GROUP BY day, choice"
    counts: dict[str, dict[str, int]] = {}
    for day, choice, count in connection.execute(query, values):
        counts.setdefault(day, {})[choice] = count
    order = (Choice.SEND.value, Choice.KEEP_WITH_NOTE.value, Choice.RETAKE.value, "")
    return {
        date.fromisoformat(day): Tally(*(found.get(choice, 0) for choice in order))
        for day, found in sorted(counts.items())
    }


def days_of_reason(connection: sqlite3.Connection, wanted: FilmFilter, reason: str) -> dict[date, Tally]:
    """As `days`, with the films rejected for `reason` alone counted as rejected; other rejects count as decided."""
    found = days(connection, wanted)
    mine = days(connection, replace(wanted, reason=reason, choices=(Choice.RETAKE,)))
    return {day: _of_rejected(tally, mine.get(day, Tally()).rejected) for day, tally in found.items()}


def days_of_repeats(connection: sqlite3.Connection, wanted: FilmFilter) -> dict[date, Tally]:
    """As `days`, with repeats (see `repeats`) in place of rejects, each on the day it arrived."""
    found = days(connection, wanted)
    where, values = _where(wanted, *_REPEATED)
    query = f"SELECT day, COUNT(*) FROM film_fact f {where} GROUP BY day"
    counts = {date.fromisoformat(day): int(count) for day, count in connection.execute(query, values)}
    return {day: _of_rejected(tally, counts.get(day, 0)) for day, tally in found.items()}


def _of_rejected(tally: Tally, counted: int) -> Tally:
    return Tally(tally.decided - counted, 0, counted, tally.undecided)


def waits(connection: sqlite3.Connection, wanted: FilmFilter) -> dict[int, int]:
    """Histogram of the whole seconds from exposure (where its time is not known, arrival) to decision.

    The longest is `LONGEST_WAIT_S`.
    """
    where, values = _where(wanted, "wait_s IS NOT NULL")
    query = f"SELECT wait_s, COUNT(*) FROM film_fact f INDEXED BY film_fact_wait {where} GROUP BY wait_s"
    histogram: dict[int, int] = {}
    for wait, count in connection.execute(query, values):
        key = min(wait, LONGEST_WAIT_S)
        histogram[key] = histogram.get(key, 0) + count
    return histogram


def repeats(connection: sqlite3.Connection, wanted: FilmFilter) -> int:
    """Accepted films beyond the first of the same study and projection (AAPM TG-305: an extra view that is sent).

    The first may be any: taken by somebody else, in another room or on another day than the films that are meant.
    """
    if wanted == FilmFilter():
        # Of all films, those beyond the first are all but one of each group: three times as fast.
        groups = (
            "SELECT COUNT(*) AS n FROM film_fact INDEXED BY film_fact_study"
            f" WHERE {' AND '.join(_REPEATABLE)} GROUP BY study, projection"
        )
        (count,) = connection.execute(f"SELECT COALESCE(SUM(n - 1), 0) FROM ({groups})").fetchone()
    else:
        where, values = _where(wanted, *_REPEATED)
        (count,) = connection.execute(f"SELECT COUNT(*) FROM film_fact f {where}", values).fetchone()
    return int(count)


def names(connection: sqlite3.Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All operators and all rooms there ever were, sorted; ``""`` among them where films have none."""
    found: list[tuple[str, ...]] = []
    for column in ("operator", "room"):
        # A loose index scan: one step per name, however many films there are.
        query = f"""
            WITH RECURSIVE t(x) AS (
                SELECT MIN({column}) FROM film_fact WHERE choice <> ''
                UNION ALL
                SELECT (SELECT MIN({column}) FROM film_fact WHERE choice <> '' AND {column} > t.x) FROM t
                WHERE t.x IS NOT NULL)
            SELECT x FROM t WHERE x IS NOT NULL"""
        found.append(tuple(row[0] for row in connection.execute(query)))
    return found[0], found[1]


def span(connection: sqlite3.Connection) -> tuple[date, date] | None:
    """First and last day of arrival of all films; None where there is none."""
    # Two statements: each is one step in the index, together they would be a scan.
    ends = [connection.execute(f"SELECT {end}(day) FROM film_fact").fetchone()[0] for end in ("MIN", "MAX")]
    return None if ends[0] is None else (date.fromisoformat(ends[0]), date.fromisoformat(ends[1]))


def count(connection: sqlite3.Connection, wanted: FilmFilter) -> int:
    """How many films are meant."""
    where, values = _where(wanted)
    (number,) = connection.execute(f"SELECT COUNT(*) FROM film_fact f {where}", values).fetchone()
    return int(number)


ELEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "acquired_at": "$.acquired_at",
        "modality": "$.modality",
        "station": "$.station",
        "body_part": "$.body_part",
        "view": "$.view_position",
        "kvp": "$.exposure.kvp",
        "mas": "$.exposure.mas",
        "exposure_index": "$.exposure.exposure_index",
        "target_exposure_index": "$.exposure.target_exposure_index",
        "deviation_index": "$.exposure.deviation_index",
        "dose_area_product": "$.exposure.dose_area_product",
    }
)
"""What AAPM TG-305 wants told of every exposure beside the decision, and where the stored header holds it."""


def films(
    connection: sqlite3.Connection,
    wanted: FilmFilter,
    limit: int = -1,
    *,
    elements: bool = False,
    identified: bool = False,
) -> Iterator[sqlite3.Row]:
    """Films newest first: exposure_id, received_at, decided_at, wait_s, projection, choice, reason, operator,
    room, opinion; with `elements` also those of `ELEMENTS`; where `identified` also patient_id, accession_number,
    sop_instance_uid and note.
    """
    where, values = _where(wanted)
    more = ""
    if elements:
        more = "".join(f", json_extract(e.header, '{path}') AS {name}" for name, path in ELEMENTS.items())
    if identified:
        more += (
            ", json_extract(e.header, '$.patient.patient_id') AS patient_id,"
            " json_extract(e.header, '$.accession_number') AS accession_number, e.sop_instance_uid,"
            " COALESCE(d.note, '') AS note"
        )
    query = f"""
        SELECT f.exposure_id, e.received_at, COALESCE(d.decided_at, '') AS decided_at, f.wait_s, f.projection,
               f.choice, f.reason, f.operator, f.room, f.opinion{more}
        FROM (SELECT * FROM film_fact f {where} ORDER BY day DESC, exposure_id DESC LIMIT ?) f
        JOIN exposure e ON e.id = f.exposure_id
        LEFT JOIN decision d ON d.exposure_id = f.exposure_id AND d.undone_at IS NULL
        ORDER BY f.day DESC, f.exposure_id DESC"""
    yield from connection.execute(query, (*values, limit))


def _where(wanted: FilmFilter, *more: str) -> tuple[str, list[Any]]:
    """Clause and values of a filter, and of `more`."""
    clauses, values = list(more), []
    for clause, value in (
        ("day >= ?", wanted.first and wanted.first.isoformat()),
        ("day <= ?", wanted.last and wanted.last.isoformat()),
        ("projection = ?", wanted.projection),
        ("reason = ?", wanted.reason),
        ("opinion = ?", wanted.opinion),
        ("operator = ?", wanted.operator),
        ("room = ?", wanted.room),
        ("operator <> ?", AUTOMATIC if wanted.by_people else None),
    ):
        if value is not None:
            clauses.append(clause)
            values.append(str(value))
    if wanted.operator is not None or wanted.room is not None:
        clauses.append("choice <> ''")  # who and where are known of decided films only
    if wanted.choices:
        clauses.append(f"choice IN ({','.join('?' * len(wanted.choices))})")
        values += ["" if choice is None else choice.value for choice in wanted.choices]
    return ("WHERE " + " AND ".join(clauses) if clauses else ""), values
