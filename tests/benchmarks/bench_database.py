"""What the console asks its database for after every film, once it holds years of films.

    python -m tests.benchmarks.bench_database [--json] [--films N] [--rounds N]

Fills a database with made-up films over three years, most of them committed, those over a year old cleaned up, and one
patient with 200 films; then times each question, median and worst of the rounds. All of them are asked on the one
connection that a decision waits for.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from tests.support.console import PACS, START, Clock, Console
from tests.support.many_films import Site, fill
from workstation.domain.decision import Choice
from workstation.persistence import cleaning
from workstation.persistence.database import Database

FIRST, DAYS = date(2023, 11, 24), 1095
OFTEN = 200
"""Films of the one patient."""


def furnish(database: Database, films: int) -> None:
    """Films with patients, files and outbox rows as a site has them after three years."""
    fill(database, Site(FIRST, films, DAYS))
    year_ago = (START - timedelta(days=365)).isoformat()
    with database.transaction() as connection:
        for statement in (
            "UPDATE exposure SET size = 12000000,"
            f" header = json_set(header, '$.patient.patient_id', CASE WHEN id % {films // OFTEN} = 0 THEN 'often'"
            " ELSE 'P' || (id / 4) END)",
            "UPDATE exposure SET state = 'committed' WHERE state = 'sent'",
            f"UPDATE exposure SET cleaned_at = received_at WHERE state = 'committed' AND received_at < '{year_ago}'",
            "INSERT INTO outbox (exposure_id, destination, state, next_try_us, queued_at, sent_at, committed_at)"
            " SELECT id, 'PACS', 'sent', 0, received_at, received_at, received_at FROM exposure"
            " WHERE state = 'committed'",
            "INSERT INTO derived (exposure_id, kind, due_us, object_path, size)"
            " SELECT id, 'kos', 0, 'derived/x.dcm', 2000 FROM exposure WHERE state = 'rejected'",
        ):
            connection.execute(statement)


def without_destination(database: Database) -> None:
    """The same films on a console that was never told where to send them."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM outbox")
        connection.execute("UPDATE exposure SET state = 'accepted' WHERE state = 'committed'")


def timed(ask: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and worst time in milliseconds."""
    took = []
    for _ in range(rounds):
        begin = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begin) * 1000)
    return statistics.median(took), max(took)


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--films", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cxr-bench-") as folder:
        console = Console(Path(folder) / "data", Clock())
        furnish(console.database, args.films)
        found: dict[str, tuple[float, float]] = {}

        def cleanable(days: int) -> int:
            with console.database.snapshot() as connection:
                return len(cleaning.committed(connection, START - timedelta(days=days), 50))

        others = [console.film() for _ in range(args.rounds)]
        fresh = [console.film(patient_id="often") for _ in range(args.rounds)]
        found["stored_bytes"] = timed(console.intake.stored_bytes, args.rounds)
        found["cleanable, nothing due"] = timed(lambda: cleanable(365), args.rounds)
        found["cleanable, 50 due"] = timed(lambda: cleanable(30), args.rounds)
        found["statuses"] = timed(console.delivery.statuses, args.rounds)
        found["a film comes in"] = timed(console.film, args.rounds)
        waiting, plain = iter(fresh), iter(others)
        found["decide, patient of 200 films"] = timed(
            lambda: console.disposition.choose(next(waiting).id, Choice.SEND, "A"), args.rounds
        )
        found["companions, patient of 200 films"] = timed(
            lambda: console.worklist.companions(fresh[0].id), args.rounds
        )
        found["decide, another patient"] = timed(
            lambda: console.disposition.choose(next(plain).id, Choice.SEND, "A"), args.rounds
        )
        without_destination(console.database)
        console.settings = replace(console.settings, destinations=())
        found["statuses, no destination"] = timed(console.delivery.statuses, args.rounds)
        console.settings = replace(console.settings, destinations=(PACS,))
        console.close()
    if args.json:
        print(json.dumps(found))
    else:
        for name, (median, worst) in found.items():
            print(f"{name:34} {median:9.2f} ms, worst {worst:9.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
