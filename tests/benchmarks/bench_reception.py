"""How fast films come in beside DCMTK's storescp, how long another thread waits meanwhile, and what memory does.

    python -m tests.benchmarks.bench_reception [--films 20] [--memory 5000]

Rate: the same films of 18 MB by storescu on loopback to both, one after the other, three rounds in turn. storescp only
writes files; this console also reads the header, fsyncs and writes its database before it answers.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from tests.support.console import eventually
from tests.support.dicom_maker import make_film
from tests.support.ports import free_port
from workstation.dicom.network.store_scp import ListenerConfig
from workstation.persistence.database import Database
from workstation.services.data_folder import open_data_folder
from workstation.services.intake import IntakeService
from workstation.services.reception import ReceptionService

_TICK = 0.005


class _Ticker(threading.Thread):
    """Wants to run every 5 ms, as a window does; remembers the longest wait beyond that."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self.ending = threading.Event()

    def run(self) -> None:
        before = time.perf_counter()
        while not self.ending.wait(_TICK):
            now = time.perf_counter()
            self.longest = max(self.longest, now - before - _TICK)
            before = now


class Console:
    """A listener with its database in `root`."""

    def __init__(self, root: Path) -> None:
        folder = open_data_folder(root)
        self._database = Database.open(folder.database, folder.backups)
        self.intake = IntakeService(folder, self._database)
        self.service = ReceptionService(folder, self.intake, ListenerConfig(port=0, address="127.0.0.1"))
        self.service.start()

    @property
    def port(self) -> int:
        return self.service.status().port

    def close(self) -> None:
        self.service.stop()
        self._database.close()


def send(port: int, films: list[Path]) -> float:
    """Seconds that storescu takes for all of them in one association."""
    begin = time.perf_counter()
    subprocess.run(
        ["storescu", "-aec", "CXRWS", "-pdu", "131072", "127.0.0.1", str(port), *map(str, films)],
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - begin


def storescp_seconds(films: list[Path], folder: Path) -> float:
    """The same against DCMTK's receiver."""
    folder.mkdir()
    port = free_port()
    command = ["storescp", "-od", str(folder), "-aet", "CXRWS", "-pdu", "131072", "+xa", "+B", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(
                lambda: (
                    subprocess.run(["echoscu", "127.0.0.1", str(port)], capture_output=True).returncode == 0
                )
            )
            return send(port, films)
        finally:
            process.kill()


def console_seconds(films: list[Path], folder: Path) -> tuple[float, float]:
    """(seconds, longest wait of another thread in milliseconds) with this console's receiver."""
    console = Console(folder)
    ticker = _Ticker()
    ticker.start()
    try:
        seconds = send(console.port, films)
        assert console.service.status().received == len(films)
    finally:
        ticker.ending.set()
        ticker.join()
        console.close()
    return seconds, ticker.longest * 1000


def rate(count: int, side: int, rounds: int = 3) -> None:
    """Print both rates, their ratio and the longest wait."""
    root = Path(tempfile.mkdtemp(prefix="cxr-rate-"))
    try:
        chance = np.random.default_rng(1)
        films = [
            make_film(root / f"{n}.dcm", chance.integers(0, 4096, (side, side), dtype=np.uint16))
            for n in range(count)
        ]
        megabytes = sum(film.stat().st_size for film in films) / 1e6
        theirs, ours, waits = [], [], []
        for number in range(rounds):
            theirs.append(storescp_seconds(films, root / f"storescp-{number}"))
            shutil.rmtree(root / f"storescp-{number}")
            seconds, wait = console_seconds(films, root / f"console-{number}")
            shutil.rmtree(root / f"console-{number}")
            ours.append(seconds)
            waits.append(wait)
        a, b = megabytes / statistics.median(theirs), megabytes / statistics.median(ours)
        print(f"{count} films of {megabytes / count:.1f} MB, median of {rounds} rounds")
        print(f"storescp  {a:7.1f} MB/s")
        print(f"console   {b:7.1f} MB/s   {b / a:.2f} of storescp")
        print(f"longest wait of another thread {max(waits):.0f} ms")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def memory(count: int, batch: int = 250) -> list[tuple[int, float]]:
    """(films received, resident MB) along the way; films of 0.5 MB, each of its own."""
    root = Path(tempfile.mkdtemp(prefix="cxr-memory-"))
    console = Console(root / "data")
    chance = np.random.default_rng(2)
    course = []
    try:
        for done in range(0, count, batch):
            films = [
                make_film(root / f"{n}.dcm", chance.integers(0, 4096, (500, 500), dtype=np.uint16))
                for n in range(min(batch, count - done))
            ]
            send(console.port, films)
            course.append((done + len(films), resident_mb()))
            shutil.rmtree(root / "data" / "films")  # the disk is not what is measured
            (root / "data" / "films").mkdir()
        assert console.service.status().received == count
    finally:
        console.close()
        shutil.rmtree(root, ignore_errors=True)
    return course


def resident_mb() -> float:
    """Resident memory of this process."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_reception", description=__doc__)
    parser.add_argument("--films", type=int, default=20, help="of 18 MB, for the rate; 0 leaves it out")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="films through the listener")
    options = parser.parse_args()
    if options.films:
        rate(options.films, 3000)
    if options.memory:
        course = memory(options.memory)
        for films, megabytes in course:
            print(f"{films:>6} films  {megabytes:7.1f} MB")
        early = course[min(len(course) - 1, max(1, len(course) // 10))][1]
        print(f"growth from a tenth of the way to the end: {100 * (course[-1][1] / early - 1):+.1f} %")


if __name__ == "__main__":
    main()
