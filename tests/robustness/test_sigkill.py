"""Killed at random moments around a decision: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.audit_log import verified
from tests.support.console import Console, eventually
from workstation.domain.decision import Choice
from workstation.domain.exposure import ExposureState, after_deliveries
from workstation.services.film_content import content_digest

ROUNDS = 50
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which this system lacks")


class Ledger:
    """What the child said: acknowledged steps, and the one that was under way when it died."""

    def __init__(self) -> None:
        self.choices: dict[int, Choice | None] = {}
        self.decisions = 0
        self.open: tuple[str, int, str] | None = None

    def note(self, line: str) -> None:
        phase, step, number, choice = line.split()
        if phase == "begin":
            self.open = (step, int(number), choice)
            return
        self.open = None
        self.apply(step, int(number), choice)

    def apply(self, step: str, number: int, choice: str) -> None:
        if step == "decide":
            self.decisions += 1
        if step != "nothing":
            self.choices[number] = Choice(choice) if step == "decide" else None


@pytest.fixture
def nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.robustness.sigkill_child"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def live_and_die(nursery: subprocess.Popen[str], root: Path, ledger: Ledger, chance: random.Random) -> None:
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{root}\n")
    nursery.stdin.flush()
    _, pid = nursery.stdout.readline().split()
    # Around a decision: wait for the announcement of one, then a moment that spans its commit and what follows.
    for _ in range(chance.randint(1, 3)):
        while "decide" not in (line := nursery.stdout.readline()):
            assert line.split()[0] in ("begin", "done"), line
            ledger.note(line)
        ledger.note(line)
    time.sleep(chance.uniform(0, 0.012))
    os.kill(int(pid), signal.SIGKILL)
    while not (line := nursery.stdout.readline()).startswith("ended"):
        ledger.note(line)
    assert line.split()[1] == str(int(signal.SIGKILL)), "the child ended by itself"


def check(root: Path, ledger: Ledger) -> None:
    console = Console(root)
    try:
        assert console.database.moved_aside is None
        films = {film.id: film for film in console.worklist.today(console.clock.now.replace(year=2000))}
        with console.database.snapshot() as connection:
            decisions = connection.execute("SELECT COUNT(*) FROM decision").fetchone()[0]
            audited = connection.execute("SELECT COUNT(*) FROM audit WHERE action = 'decision'").fetchone()[0]
        if ledger.open is not None:
            # The step under way was committed or was not; both are right, as long as it is one of them whole.
            step, number, choice = ledger.open
            if step == "take":
                for new in films.keys() - ledger.choices.keys():
                    assert new == max(films)
                    ledger.apply(step, new, choice)
            else:
                now = films[number].decision
                before, after = ledger.choices[number], Choice(choice) if step == "decide" else None
                found = None if now is None else now.choice
                if step == "decide" and decisions == ledger.decisions + 1:
                    assert found is after
                    ledger.apply(step, number, choice)
                elif step == "undo" and found is None:
                    ledger.apply(step, number, choice)
                else:
                    assert found is before
            ledger.open = None
        assert {n: film.decision and film.decision.choice for n, film in films.items()} == ledger.choices
        assert decisions == audited == ledger.decisions
        for film in films.values():
            stored = Path(film.stored_path).read_bytes()
            assert content_digest(stored) == film.content_sha256
            if film.decision is None:
                assert film.deliveries == ()
                assert film.state in (ExposureState.RECEIVED, ExposureState.ANALYSED)
            else:
                wanted = 0 if film.decision.choice is Choice.RETAKE else 1
                assert len(film.deliveries) == wanted
                assert film.state is after_deliveries(film.decision.choice, film.deliveries)
        assert verified(console.database).intact
    finally:
        console.close()


def test_fifty_kills(tmp_path: Path, nursery: subprocess.Popen[str]) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    ledger = Ledger()
    under_way = 0
    for _ in range(ROUNDS):
        live_and_die(nursery, tmp_path, ledger, chance)
        under_way += ledger.open is not None
        check(tmp_path, ledger)
    assert ledger.decisions > ROUNDS / 2
    assert under_way > 0, "no kill hit a step; the moments are badly chosen"

    console = Console(tmp_path)
    console.intake.tidy()
    for film in console.intake.adopt_strays():
        ledger.apply("take", film.id, "-")
    rows = console.worklist.today(console.clock.now.replace(year=2000))
    on_disk = [path for path in console.folder.films.rglob("*") if path.is_file()]
    assert sorted(map(str, on_disk)) == sorted(film.stored_path for film in rows), "no film without a row"
    console.clock.forward(10 * 365 * 86400)
    console.delivery.start()
    wanted = [n for n, choice in ledger.choices.items() if choice not in (None, Choice.RETAKE)]
    eventually(lambda: all(console.worklist.get(n).state is ExposureState.SENT for n in wanted), 30)
    assert not list(console.folder.films.rglob("*.part"))
    console.close()
