"""A database of many made-up films, written by SQL alone: for statistics, whatever their number."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from tests.support.console import CLEAN, WARNED
from workstation.domain.decision import Choice
from workstation.domain.film import FilmHeader, PatientIdentity
from workstation.domain.projection import Projection
from workstation.persistence.database import Database
from workstation.persistence.serialise import dumps
from workstation.persistence.timestamps import iso, to_us

ZONE = timezone(timedelta(hours=3))
REASONS = {
    "cut_off": 36, "rotation": 24, "positioning": 14, "motion": 9, "artifact": 7, "under_exposed": 4,
    "over_exposed": 2, "double_exposure": 1, "other": 3,
}  # fmt: skip
# A person's own reject rate against the site's; people and rooms are made up.
OPERATORS = {"Ivanova": 0.8, "Petrov": 1.0, "Sidorova": 0.9, "Kim": 1.6, "Akhmetov": 1.1, "Orlova": 0.6}
ROOMS = {"Room 1": 0.9, "Room 2": 1.0, "Mobile": 1.5}


@dataclass(frozen=True)
class Site:
    """What to make up: films per day by weekday, from `first` on."""

    first: date
    films: int
    days: int
    seed: int = 7
    operators: dict[str, float] | None = None
    rooms: dict[str, float] | None = None
    undecided: float = 0.004
    rate: float = 0.07
    bad_day: int | None = None


def fill(database: Database, site: Site) -> None:
    """Write `site.films` exposures with verdicts and decisions in one transaction."""
    header = dumps(FilmHeader(2000, 2000, sop_class_uid="1.2", patient=PatientIdentity("Doe^Jane", "4711")))
    with database.transaction() as connection:
        start = connection.execute("SELECT COALESCE(MAX(id), 0) FROM exposure").fetchone()[0]
        rows = [row | {"header": header} for row in _films(site, start)]
        connection.executemany(
            "INSERT INTO exposure (id, sop_instance_uid, study_instance_uid, content_sha256, size, source_name,"
            " stored_path, received_at, received_us, header, projection, sendable, state)"
            " VALUES (:id, :uid, :study, :uid, 1, 'x.dcm', 'films/x.dcm', :received_at, :received_us, :header,"
            " :projection, 1, :state)",
            rows,
        )
        connection.executemany(
            "INSERT INTO verdict (exposure_id, at, cascade, projection, source, state, retake_suggested, body)"
            " VALUES (:id, :received_at, 'test@1', :projection, 'model', :verdict, :warned, :body)",
            [row for row in rows if row["verdict"]],
        )
        connection.executemany(
            "INSERT INTO decision (exposure_id, choice, author, decided_at, decided_us, reason, note, room)"
            " VALUES (:id, :choice, :author, :decided_at, :decided_us, :reason, '', :room)",
            [row for row in rows if row["choice"]],
        )


def _films(site: Site, start: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(site.seed)
    operators, rooms = site.operators or OPERATORS, site.rooms or ROOMS
    bodies = {True: dumps(WARNED), False: dumps(CLEAN)}
    weights = [0.45 if (site.first + timedelta(days=d)).weekday() >= 5 else 1.0 for d in range(site.days)]
    days = sorted(chance.choices(range(site.days), weights, k=site.films))
    study = 0
    for number, day in enumerate(days, start=start + 1):
        at = datetime(site.first.year, site.first.month, site.first.day, tzinfo=ZONE)
        at += timedelta(days=day, seconds=7 * 3600 + chance.randrange(12 * 3600))
        lateral = chance.random() < 0.32
        study = study if lateral and chance.random() < 0.9 else number
        author = chance.choices(list(operators), weights=range(len(operators), 0, -1))[0]
        room = chance.choices(list(rooms), weights=range(len(rooms), 0, -1))[0]
        season = 1 + 0.2 * math.sin(day / 25)
        rate = site.rate * operators[author] * rooms[room] * season * (1.25 if lateral else 0.9)
        rate = 0.35 if site.bad_day is not None and abs(day - site.bad_day) <= 3 else rate
        rejected = chance.random() < min(rate, 0.9)
        warned = chance.random() < (0.74 if rejected else 0.035)
        unsure = not warned and chance.random() < 0.06
        decided = chance.random() >= site.undecided
        wait = round(chance.lognormvariate(3.1, 0.7), 3)
        choice = (
            Choice.RETAKE if rejected else Choice.KEEP_WITH_NOTE if chance.random() < 0.05 else Choice.SEND
        )
        received = at.astimezone(ZONE)
        yield {
            "id": number,
            "uid": f"1.2.{number}",
            "study": f"1.9.{study}",
            "received_at": iso(received),
            "received_us": to_us(received.astimezone(UTC)),
            "projection": (Projection.LATERAL if lateral else Projection.FRONTAL).value,
            "state": "analysed" if not decided else "rejected" if rejected else "sent",
            "verdict": "" if chance.random() < 0.01 else "warn" if warned else "unsure" if unsure else "pass",
            "warned": int(warned),
            "body": bodies[warned],
            "choice": choice.value if decided else "",
            "author": author,
            "decided_at": iso(received + timedelta(seconds=wait)),
            "decided_us": to_us(received + timedelta(seconds=wait)),
            "reason": chance.choices(list(REASONS), list(REASONS.values()))[0] if rejected else "",
            "room": room,
        }
