"""How long the statistics window takes to open over many films, and how long its window's thread is kept.

    python -m tests.benchmarks.bench_statistics [--json] [--films N] [--opens N] [--database FILE]

Fills a database with made-up films over three years (unless FILE holds one already), then opens the window over *all*
of them, as many times as asked: from the call to the first painted answer. The counting runs on a worker thread, as
in the program. `service` is the counting alone. The first opening, which also loads pyqtgraph, is listed apart.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from tests.support.many_films import Site, fill
from workstation import assets
from workstation.domain.statistics import FilmFilter, Levels
from workstation.persistence.database import Database
from workstation.services.reasons import load_reasons
from workstation.services.statistics_service import Period, StatisticsService
from workstation.ui import style, theme
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Jobs, ThreadPool
from workstation.ui.look import Look

FIRST, DAYS = date(2023, 11, 24), 1095


def _open(service: StatisticsService, jobs: Jobs, application: QApplication) -> tuple[float, float]:
    """Seconds to the painted answer, and the longest turn of the event loop meanwhile."""
    begin = time.perf_counter()
    from workstation.ui.statistics.window import StatisticsWindow

    reasons = load_reasons(assets.resources_dir())
    look, levels = Look.of("dark"), Levels()
    window = StatisticsWindow(service, jobs, reasons, levels, look, "en", period=Period.ALL)
    window.resize(1920, 1080)
    window.show()
    longest = time.perf_counter() - begin
    while window.summary is None:
        turn = time.perf_counter()
        application.processEvents()
        longest = max(longest, time.perf_counter() - turn)
        time.sleep(0.001)
    turn = time.perf_counter()
    window.repaint()
    application.processEvents()
    end = time.perf_counter()
    window.close()
    window.deleteLater()
    return end - begin, max(longest, end - turn)


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--films", type=int, default=200_000)
    parser.add_argument("--opens", type=int, default=7)
    parser.add_argument("--database", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cxr-bench-") as folder:
        path = args.database or Path(folder) / "workstation.sqlite3"
        database = Database.open(path, Path(folder) / "backups")
        service = StatisticsService(database)
        begin = time.perf_counter()
        if service.summary(FilmFilter()).total.total == 0:
            fill(database, Site(FIRST, args.films, DAYS))
        filled = time.perf_counter() - begin
        counts = []
        for _ in range(args.opens):
            begin = time.perf_counter()
            summary = service.summary(FilmFilter())
            counts.append(time.perf_counter() - begin)
        application = QApplication(sys.argv[:1])
        application.setStyle("Fusion")
        translations, look = Translations(), Look.of("dark")
        translations.use("en")
        application.setFont(theme.font())
        application.setStyleSheet(style.stylesheet(look.colours, look.dark))
        jobs = Jobs(ThreadPool(1))
        first, *rest = [_open(service, jobs, application) for _ in range(args.opens + 1)]
        jobs.close()
        database.close()
    result = {
        "films": summary.total.total,
        "opens": args.opens,
        "fill_s": round(filled, 1),
        "service_median_ms": round(statistics.median(counts) * 1000),
        "open_median_ms": round(statistics.median(t for t, _ in rest) * 1000),
        "open_longest_ms": round(max(t for t, _ in rest) * 1000),
        "first_open_ms": round(first[0] * 1000),
        "gui_turn_median_ms": round(statistics.median(t for _, t in rest) * 1000),
    }
    if args.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:20} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
