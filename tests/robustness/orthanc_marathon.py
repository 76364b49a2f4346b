"""A day with a bad power supply: two modalities, this console and Orthanc as PACS, killed again and again.

    python -m tests.robustness.orthanc_marathon [--films 300] [--kills 10] [--pacs-kills 3] [--small] [--no-analysis]

Films come by storescu from two modalities at once, are judged, decided, sent and committed, while the program and
Orthanc are killed (SIGKILL) on the way. At the end every film that was sent must be in Orthanc exactly once, byte for
byte, with every rejected one represented by its reject note alone; every decision that was told must stand.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.robustness.marathon_console import rejects
from tests.support.dicom_maker import make_film
from tests.support.orthanc import Orthanc
from tests.support.ports import free_port
from workstation.persistence import audit
from workstation.services.film_content import content_digest

_UID_ROOT = "1.2.826.0.1.3680043.8.498.77"
_FOREVER = 600.0  # seconds without any progress: given up


@dataclass
class Tally:
    """What came of it; `problems` is empty after a good run."""

    films: int
    program_kills: int = 0
    pacs_kills: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0
    repeated_transfers: int = 0
    arrived: int = 0
    identical: int = 0
    committed: int = 0
    rejected: int = 0
    notes: int = 0
    decisions_told: int = 0
    audit_rows: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    films: int = 300
    kills: int = 10
    pacs_kills: int = 3
    small: bool = False
    analyse: bool = True


class _Program:
    """The console, started anew after each kill; what it says is kept."""

    def __init__(self, data: Path, analyse: bool) -> None:
        self._command = [sys.executable, "-m", "tests.robustness.marathon_console", str(data)]
        self._command += ["--analyse"] if analyse else []
        self._log = (data / "stderr.log").open("ab")
        self.decided: dict[str, str] = {}
        self._readers: list[threading.Thread] = []
        self.ready = threading.Event()
        self._start()

    def _start(self) -> None:
        self.ready.clear()
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=self._log)
        reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                word, *rest = line.decode().split()
                if word == "ready":
                    self.ready.set()
                elif line.endswith(b"\n"):
                    self.decided[rest[0]] = rest[1]

    def kill(self, *, again: bool = True) -> None:
        self._process.kill()
        self._process.wait()
        if again:
            self._start()
            self.ready.wait(60)

    def end(self) -> None:
        self.kill(again=False)
        for reader in self._readers:
            reader.join(10)
        self._log.close()


class _Modality(threading.Thread):
    """Makes films and sends each until the console confirms it."""

    def __init__(self, number: int, count: int, port: int, folder: Path, small: bool) -> None:
        super().__init__(daemon=True)
        self.number, self.count, self.small = number, count, small
        self.folder = folder / f"modality-{number}"
        self.folder.mkdir()
        self.command = [
            "storescu",
            "-to",
            "5",
            "-ta",
            "10",
            "-td",
            "30",
            "-aec",
            "CXRWS",
            "-aet",
            f"ROOM{number}",
        ]
        self.command += ["127.0.0.1", str(port)]
        self.digests: dict[str, str] = {}
        self.confirmed = 0
        self.transfers = 0
        self.megabytes = 0.0
        self.stopping = threading.Event()

    def run(self) -> None:
        chance = np.random.default_rng(self.number)
        for n in range(self.count):
            side = int(chance.integers(40, 60) if self.small else chance.integers(2000, 3001))
            pixels = chance.integers(0, 4096, (side, side), dtype=np.uint16)
            uid = f"{_UID_ROOT}.{self.number}.{n}"
            film = make_film(self.folder / f"{n}.dcm", pixels, sop_instance_uid=uid)
            data = film.read_bytes()
            self.digests[uid] = content_digest(data)
            self.megabytes += len(data) / 1e6
            while not self.stopping.is_set():
                self.transfers += 1
                done = subprocess.run([*self.command, str(film)], capture_output=True, check=False)
                if done.returncode == 0:
                    break
                time.sleep(0.2)
            self.confirmed += 1
            film.unlink()


def run(plan: Plan, folder: Path) -> Tally:
    """Run it in `folder`; raises AssertionError only where nothing can start."""
    port = free_port()
    data = folder / "data"
    data.mkdir(mode=0o700)
    pacs = Orthanc(folder / "orthanc", port)
    (data / "settings.toml").write_text(_settings(port, pacs.port))
    pacs.start()
    program = _Program(data, plan.analyse)
    half = plan.films // 2
    modalities = [
        _Modality(number, count, port, folder, plan.small)
        for number, count in ((1, half), (2, plan.films - half))
    ]
    tally = Tally(plan.films)
    begin = time.monotonic()
    try:
        program.ready.wait(60)
        for modality in modalities:
            modality.start()
        _kill_on_the_way(plan, tally, program, pacs, modalities, data / "workstation.sqlite3")
        for modality in modalities:
            modality.join(_FOREVER)
        if not _settled(data / "workstation.sqlite3", plan.films):
            tally.problems.append("not all films came to rest in time")
        tally.seconds = time.monotonic() - begin
        tally.megabytes = sum(m.megabytes for m in modalities)
        tally.repeated_transfers = sum(m.transfers for m in modalities) - plan.films
        program.end()
        _count(tally, data / "workstation.sqlite3", pacs, modalities, program.decided)
    finally:
        for modality in modalities:
            modality.stopping.set()
        program.end()
        pacs.kill()
    return tally


def _kill_on_the_way(
    plan: Plan, tally: Tally, program: _Program, pacs: Orthanc, modalities: list[_Modality], database: Path
) -> None:
    """Spread over reception and delivery: progress is films confirmed plus films that came to rest."""
    steps = [(2 * plan.films * (n + 1) / (plan.kills + 1), "program") for n in range(plan.kills)]
    steps += [(2 * plan.films * (n + 0.7) / (plan.pacs_kills + 0.4), "pacs") for n in range(plan.pacs_kills)]
    until = time.monotonic() + _FOREVER
    for point, who in sorted(steps):
        before = -1
        while (progress := sum(m.confirmed for m in modalities) + _at_rest(database)) < point:
            if progress != before:
                before, until = progress, time.monotonic() + _FOREVER
            if time.monotonic() > until or progress >= 2 * plan.films:
                return
            time.sleep(0.02)
        if who == "program":
            program.kill()
            tally.program_kills += 1
        else:
            pacs.kill()
            tally.pacs_kills += 1
            time.sleep(0.5)
            pacs.start()


def _at_rest(database: Path) -> int:
    """Films that are committed, or rejected with their note committed."""
    if not database.exists():
        return 0
    query = """SELECT COUNT(*) FROM exposure e WHERE e.state IN ('committed', 'rejected') AND NOT EXISTS
        (SELECT 1 FROM outbox o WHERE o.exposure_id = e.id AND o.committed_at = '') AND EXISTS
        (SELECT 1 FROM outbox o WHERE o.exposure_id = e.id)"""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # being made


def _settled(database: Path, films: int) -> bool:
    before, until = -1, time.monotonic() + _FOREVER
    while (resting := _at_rest(database)) < films:
        if resting != before:
            before, until = resting, time.monotonic() + _FOREVER
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _count(
    tally: Tally, database: Path, pacs: Orthanc, modalities: list[_Modality], decided: dict[str, str]
) -> None:
    digests = {uid: digest for m in modalities for uid, digest in m.digests.items()}
    stored = pacs.instances()
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        kept = connection.execute(
            "SELECT e.sop_instance_uid AS uid, e.state, d.choice FROM exposure e"
            " LEFT JOIN decision d ON d.exposure_id = e.id AND d.undone_at IS NULL"
        ).fetchall()
        notes = [
            Path(r[0]).stem for r in connection.execute("SELECT object_path FROM derived WHERE kind = 'kos'")
        ]
        report = audit.verify(connection)
    tally.audit_rows = report.rows
    tally.problems += report.problems
    if sorted(row["uid"] for row in kept) != sorted(digests):
        tally.problems.append(f"{len(kept)} exposures for {len(digests)} films")
    choices = {row["uid"]: row["choice"] for row in kept}
    tally.decisions_told = len(decided)
    tally.problems += [
        f"decision {choice} of a film became {choices.get(uid)}"
        for uid, choice in decided.items()
        if choices.get(uid) != choice
    ]
    for uid, digest in digests.items():
        if rejects(uid):
            tally.rejected += 1
            if uid in stored:
                tally.problems.append("a rejected film was sent")
            continue
        if uid not in stored:
            tally.problems.append("a film is missing in the PACS")
            continue
        tally.arrived += 1
        same = content_digest(pacs.file(stored[uid])) == digest
        tally.identical += same
        if not same:
            tally.problems.append("a film changed on its way")
    tally.committed = sum(row["state"] == "committed" for row in kept)
    tally.notes = sum(uid in stored for uid in notes)
    if tally.notes != tally.rejected:
        tally.problems.append(f"{tally.notes} notes for {tally.rejected} rejected films")
    # `stored` is by UID: a film held twice would show here.
    if len(pacs.get("/instances")) != tally.arrived + tally.notes:
        tally.problems.append("the PACS holds objects twice or more than it was sent")


def _settings(port: int, pacs_port: int) -> str:
    destination = {"name": "PACS", "host": "127.0.0.1", "port": pacs_port, "called_ae": "ORTHANC"}
    lines = ["undo_seconds = 0.1", "[listener]", "enabled = true", f"port = {port}", 'address = "127.0.0.1"']
    lines += ["[[destinations]]", *(f"{key} = {json.dumps(value)}" for key, value in destination.items())]
    lines += ["wants_commitment = true", "wants_reject_notes = true", ""]
    return "\n".join(lines)


def main() -> int:
    """Run it and print the tally; exit code 0 where nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.orthanc_marathon", description=__doc__)
    parser.add_argument("--films", type=int, default=300)
    parser.add_argument("--kills", type=int, default=10, help="of the program")
    parser.add_argument("--pacs-kills", type=int, default=3, help="of Orthanc")
    parser.add_argument("--small", action="store_true", help="films of some kilobytes instead of 8-18 MB")
    parser.add_argument("--no-analysis", action="store_true", help="leave the cascade out")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cxr-marathon-", dir=options.folder))
    plan = Plan(options.films, options.kills, options.pacs_kills, options.small, not options.no_analysis)
    try:
        tally = run(plan, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in vars(tally).items():
        if name != "problems":
            shown = f"{value:.0f}" if isinstance(value, float) else str(value)
            print(f"{name.replace('_', ' '):<20} {shown}")
    for problem in tally.problems:
        print(f"PROBLEM {problem}")
    print("every film once, byte for byte; every decision stands" if not tally.problems else "FAILED")
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
