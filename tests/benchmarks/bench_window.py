"""A film on disk to first pixels and to the verdict, in the running program, and how long its window stood still.

    python -m tests.benchmarks.bench_window [--json] [--films N] [--cascade DIR]

The whole program runs offscreen in a data folder of its own: reading, durable copy, database, cascade, window. Each
film is 3000 x 3000, 16 bit, uncompressed, another patient's, and is opened the way a person opens it. `stall` is the
longest time the GUI thread did not come round to its event loop while one film arrived; `gui work` is the most
processor time it spent between two turns, which other programs on the machine cannot lengthen. Run it on a quiet
machine.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from tests.support.dicom_maker import make_film
from workstation import assets
from workstation.app import Program
from workstation.domain.exposure import Exposure
from workstation.services.data_folder import open_data_folder
from workstation.settings.model import Settings
from workstation.ui.viewer.film_view import FilmView

SIDE = 3000
SCREENS = {"1920x1080": (1920, 1080), "1366x768": (1366, 768)}
_TIMEOUT_S = 60.0
_BEAT_MS = 4


class Watch(QObject):
    """Notes when the film on the stage was first painted, when its verdict came, and the longest stall."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self._program = program
        view = program.window.findChild(FilmView)
        assert view is not None
        self._canvas = view.canvas
        self._canvas.installEventFilter(self)
        program.console.film_shown.connect(self._film_shown)
        program.console.updated.connect(self._updated)
        self._beat = QTimer(self, interval=_BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._tick)
        self._awaits_paint = False
        self._beat.start()
        self.reset()

    def reset(self) -> None:
        """Begin with a new film."""
        self.begin = self._last = time.perf_counter()
        self.pixels: float | None = None
        self.verdict: float | None = None
        self.stall = self.work = 0.0
        self._last_cpu = time.thread_time()
        self._awaits_paint = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if self._awaits_paint and event.type() is QEvent.Type.Paint and self.pixels is None:
            # The filter runs before the painting: the next turn of the loop comes after it.
            self._awaits_paint = False
            QTimer.singleShot(0, self._painted)
        return False

    def _painted(self) -> None:
        if self.pixels is None:
            self.pixels = (time.perf_counter() - self.begin) * 1e3

    def _film_shown(self) -> None:
        self._awaits_paint = True

    def _updated(self, exposures: tuple[Exposure, ...]) -> None:
        if self.verdict is None and any(exposure.verdict is not None for exposure in exposures):
            QTimer.singleShot(0, self._judged)

    def _judged(self) -> None:
        if self.verdict is None:
            self.verdict = (time.perf_counter() - self.begin) * 1e3

    def _tick(self) -> None:
        now = time.perf_counter()
        self.stall = max(self.stall, (now - self._last) * 1e3 - _BEAT_MS)
        self._last = now
        cpu = time.thread_time()
        self.work = max(self.work, (cpu - self._last_cpu) * 1e3)
        self._last_cpu = cpu


def wait(done: Callable[[], bool], *, what: str) -> None:
    """Run the event loop until `done()`; it sleeps between events, so that the workers have the processor.

    Raises:
        TimeoutError: it took more than a minute.
    """
    end = time.perf_counter() + _TIMEOUT_S
    while not done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() > end:
            raise TimeoutError(what)


def measure(folder: Path, films: list[Path], cascade: Path, size: tuple[int, int]) -> dict[str, object]:
    """Open `films` one after the other in a fresh program."""
    data = open_data_folder(folder)
    settings = replace(Settings(), cascade_dir=str(cascade), undo_seconds=5)
    with data.lock():
        program = Program(data, settings)
        program.start()
        program.window.resize(*size)
        QApplication.processEvents()
        shown = f"{program.window.width()}x{program.window.height()}"
        console = program.console
        wait(lambda: not console.analysis.loading, what="the cascade")
        judged = console.analysis.unavailable is None
        watch = Watch(program)
        pixels, verdicts, stalls, works = [], [], [], []
        for film in films:
            wait(lambda: not program.workers.busy, what="the workers")
            watch.reset()
            console.open_paths([film], by_hand=True)
            wait(
                lambda: watch.pixels is not None and (watch.verdict is not None or not judged),
                what=f"{film.name}",
            )
            wait(lambda: not program.workers.busy, what="the workers")
            pixels.append(watch.pixels or 0.0)
            verdicts.append(watch.verdict or 0.0)
            stalls.append(watch.stall)
            works.append(watch.work)
        watch.deleteLater()
        program.dispose()
        QApplication.processEvents()
    # The first film pays for what is loaded lazily; it is not hidden but stands apart.
    return {
        "window": shown,
        "cascade": console.analysis.cascade_name if judged else "unavailable",
        "first_pixels_ms": _row(pixels),
        "verdict_ms": _row(verdicts) if judged else None,
        "longest_stall_ms": _row(stalls),
        "longest_gui_work_ms": _row(works),
    }


def _row(values: list[float]) -> dict[str, float]:
    rest = values[1:] or values
    return {
        "median": round(statistics.median(rest), 1),
        "worst": round(max(rest), 1),
        "first_film": round(values[0], 1),
    }


def make_films(folder: Path, count: int) -> list[Path]:
    """`count` chest phantoms of 18 MB, each its own patient and UID."""
    from tests.support.dicom_maker import chest_pixels

    pixels = chest_pixels(SIDE, SIDE, 14)
    made = []
    for i in range(count):
        pixels[0, i] = i
        made.append(
            make_film(
                folder / f"film{i:02d}.dcm", pixels, bits_stored=14, windows=[(8192.0, 16384.0, "NORMAL")]
            )
        )
    return made


def give_screen(config: Path) -> None:
    """An offscreen screen of 1920 x 1080 (its own is 800 x 800), unless a platform was chosen."""
    if "QT_QPA_PLATFORM" in os.environ:
        return
    screen = {"name": "bench", "x": 0, "y": 0, "width": 1920, "height": 1080, "dpr": 1}
    config.write_text(json.dumps({"screens": [screen | {"logicalDpi": 96, "logicalBaseDpi": 96}]}))
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={config}"


def main() -> int:
    """Print the figures; exit code 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--films", type=int, default=11)
    parser.add_argument(
        "--cascade", type=Path, default=None, help="folder of manifest.json (default: the shipped one)"
    )
    options = parser.parse_args()
    logging.disable(logging.INFO)
    scratch_folder = tempfile.TemporaryDirectory()
    give_screen(Path(scratch_folder.name) / "screen.json")
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    cascade = options.cascade or assets.models_dir()
    result: dict[str, dict[str, object]] = {}
    with scratch_folder as scratch:
        films = make_films(Path(scratch) / "films", options.films)
        for name, size in SCREENS.items():
            result[name] = measure(Path(scratch) / name, films, cascade, size)
    if options.json:
        print(json.dumps(result))
        return 0
    print(f"{options.films} films of {SIDE} x {SIDE}, 16 bit, uncompressed; milliseconds")
    for name, rows in result.items():
        print(f"\n{name}  cascade: {rows['cascade']}")
        for key in ("first_pixels_ms", "verdict_ms", "longest_stall_ms", "longest_gui_work_ms"):
            print(f"  {key:20s} {rows[key]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
