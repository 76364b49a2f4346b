"""Frame times of the film viewer: window/level, pan and zoom of a 3000 x 3000 16-bit film.

    python -m tests.benchmarks.bench_viewer [--json] [--frames N]

One frame is the event and its repaint, synchronous, offscreen, on the GUI thread, in milliseconds. The last column
is the median processor time of the GUI thread, which other programs on the machine cannot lengthen (OpenCV's helper
threads work beside it).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from tests.support.films import cut, film
from workstation.domain.edges import Edge
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.prepared import PreparedFilm, prepare
from workstation.ui.viewer.window_level import dragged, start_of_drag

SIDE = 3000
# The whole screen is given to the film: more than the main window ever does.
SCREENS = {"1920x1080": (1920, 1080), "1366x768": (1366, 768)}


def chest(side: int = SIDE) -> np.ndarray:
    """A smooth 14-bit picture with noise: lungs, spine, borders."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    lungs = np.exp(-((np.abs(x) - 0.4) ** 2 / 0.05 + y**2 / 0.25))
    grey = 9000 - 6000 * lungs + 2000 * np.exp(-(x**2) / 0.01)
    grey += np.random.default_rng(1).normal(0, 120, grey.shape).astype(np.float32)
    return np.clip(grey, 0, 16383).astype(np.uint16)


def frames(action: Callable[[int], None], count: int) -> dict[str, float]:
    """Run `action` `count` times after five to warm up; milliseconds."""
    for i in range(5):
        action(i)
    taken, worked = [], []
    for i in range(count):
        start, cpu = time.perf_counter(), time.thread_time()
        action(i)
        taken.append((time.perf_counter() - start) * 1e3)
        worked.append((time.thread_time() - cpu) * 1e3)
    ordered = sorted(taken)
    return {
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "worst": round(ordered[-1], 2),
        "gui_work": round(statistics.median(worked), 2),
    }


def measure(view: FilmView, prepared: PreparedFilm, count: int) -> dict[str, dict[str, float]]:
    """All frame times of one window size."""
    canvas = view.canvas
    voi = start_of_drag(prepared.film.header.greyscale, prepared.lut.voi)
    middle = QPointF(canvas.rect().center())

    def window(i: int) -> None:
        view.set_voi(dragged(voi, 3.0 * (i % 40), 2.0 * (i % 30), inverted=False))
        canvas.repaint()

    def pan(i: int) -> None:
        canvas.pan(7.0 if i % 60 < 30 else -7.0, 3.0 if i % 60 < 30 else -3.0)
        canvas.repaint()

    def zoom(i: int) -> None:
        canvas.zoom(1.06 if i % 60 < 30 else 1 / 1.06, middle)
        canvas.repaint()

    def settle(i: int) -> None:
        canvas.pan(1.0 if i % 2 else -1.0, 0.0)
        canvas.settle()
        canvas.repaint()

    found: dict[str, dict[str, float]] = {}
    canvas.fit()
    canvas.repaint()
    found["window/level at fit"] = frames(window, count)
    canvas.fit()
    found["zoom from fit"] = frames(zoom, count)
    for name, scale in (("70 %", 0.7), ("1:1", 1.0), ("200 %", 2.0)):
        canvas.fit()
        canvas.zoom(scale / canvas.viewport.scale, middle)  # type: ignore[union-attr]
        found[f"pan at {name}"] = frames(pan, count)
        found[f"exact frame at {name}"] = frames(settle, max(10, count // 4))
        canvas.settle()
        canvas.repaint()
        found[f"window/level at {name}"] = frames(window, count)
    return found


def show(prepared: PreparedFilm, size: tuple[int, int]) -> tuple[FilmView, float]:
    """A shown view and the milliseconds its first pixels took on the GUI thread."""
    view = FilmView()
    view.toolbar.hide()
    view.resize(*size)
    view.show()
    QApplication.processEvents()
    start = time.perf_counter()
    view.set_film(prepared)
    view.canvas.repaint()
    taken = (time.perf_counter() - start) * 1e3
    view.set_verdict(cut(Edge.BOTTOM, Edge.LEFT))
    QApplication.processEvents()
    return view, taken


def main() -> int:
    """Print the table; exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--frames", type=int, default=120)
    options = parser.parse_args()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    what = film(chest())
    times = []
    for _ in range(7):
        start = time.perf_counter()
        prepared = prepare(what)
        times.append((time.perf_counter() - start) * 1e3)
    result: dict[str, object] = {"prepare (worker thread)": {"median": round(statistics.median(times), 2)}}
    for name, size in SCREENS.items():
        view, first = show(prepared, size)
        result[name] = {"first pixels (GUI thread)": {"median": round(first, 2)}} | measure(
            view, prepared, options.frames
        )
        view.close()
        view.deleteLater()
        app.processEvents()
    if options.json:
        print(json.dumps(result))
        return 0
    print(f"{SIDE} x {SIDE} uint16, milliseconds: median, 95th percentile, worst, GUI thread's own work")
    print(f"prepare on a worker thread: {result['prepare (worker thread)']}")
    for name in SCREENS:
        print(f"\n{name}")
        for what_, row in result[name].items():  # type: ignore[attr-defined]
            print(f"  {what_:28s} " + "  ".join(f"{v:8.2f}" for v in row.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
