"""The program as a process: started, handed more files, ended by a signal, killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.dicom_maker import chest_pixels, make_film

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


class Started:
    """Programs started by a test; none outlives it."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self._root = root
        self._running: list[subprocess.Popen[bytes]] = []

    def film(self, number: int) -> Path:
        return make_film(self._root / f"film-{number}.dcm", chest_pixels() + number)

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "workstation", "--data-dir", str(self.data), *map(str, arguments)]
        made = subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        self._running.append(made)
        return made

    def taken(self) -> int:
        """Films the database knows."""
        path = self.data / "workstation.sqlite3"
        if not path.exists():
            return 0
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                return int(connection.execute("SELECT COUNT(*) FROM exposure").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "unable to open" in str(error) or "locked" in str(error):
                return 0  # being made
            raise

    def wait(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "the program did not get there"
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    made = Started(tmp_path)
    yield made
    made.stop()


def test_a_second_start_hands_over_and_a_signal_ends_the_first_in_order(started: Started) -> None:
    first = started.start(started.film(1))
    started.wait(lambda: started.taken() == 1)
    second = started.start(started.film(2))
    assert second.wait(60) == 0
    started.wait(lambda: started.taken() == 2)
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0


def test_a_killed_program_starts_again_with_its_films(started: Started) -> None:
    first = started.start(started.film(1))
    started.wait(lambda: started.taken() == 1)
    first.kill()
    first.wait()
    again = started.start(started.film(2))
    started.wait(lambda: started.taken() == 2)
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="a display is named by the environment there")
def test_without_a_display_it_says_so(tmp_path: Path) -> None:
    barred = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in barred}
    command = [sys.executable, "-m", "workstation", "--data-dir", str(tmp_path / "data")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "no display" in ended.stderr
