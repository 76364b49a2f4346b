"""The report's files: report.html, report.json, the tables and pictures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workstation.services.evaluation import plots, rows, tables
from workstation.services.evaluation.page import Judged, Page
from workstation.services.evaluation.report import html
from workstation.services.evaluation.scoring import Scores
from workstation.services.evaluation.stages import STAGES

PAGE, RECORD = "report.html", "report.json"
STAGE_TABLE, FILM_TABLE, COMPARISON_TABLE = "stages.csv", "films.csv", "comparison.csv"
_WRITTEN = (PAGE, RECORD, STAGE_TABLE, FILM_TABLE, COMPARISON_TABLE)
_SECOND = "second-"
_ENDS = ("scores.svg", "angle.svg", "roc.svg", "reliability.svg", "worst.png")


def would_replace(out: Path, path: Path) -> bool:
    """Whether a report in `out` is written over the file `path`."""
    return path.name.lower() in _WRITTEN and path.resolve().parent == out.resolve()


def write_report(out: Path, page: Page, scored: Sequence[Scores]) -> None:
    """Write the report into `out`, made where missing. Files of an earlier report there are replaced or removed.

    Args:
        scored: of every cascade of the page, in the same order.

    Raises:
        OSError: it cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    _clear(out)
    tables.write_whole(out / PAGE, html(page))
    rows.write_csv(
        out / STAGE_TABLE, rows.all_rows(rows.stage_rows(j.cascade, j.reports) for j in page.cascades)
    )
    rows.write_csv(out / FILM_TABLE, rows.all_rows(rows.film_rows(s) for s in scored))
    if page.comparison:
        names = [judged.cascade for judged in page.cascades]
        rows.write_csv(out / COMPARISON_TABLE, rows.comparison_rows(names, page.comparison))
    tables.write_json(out / RECORD, _record(page))
    for number, judged in enumerate(page.cascades):
        _write_pictures(out, "" if number == 0 else _SECOND, judged)


def _clear(out: Path) -> None:
    """Remove what an earlier report left in `out`: pictures of stages or of a second cascade that this one lacks.

    Only names that this program gives, and only where an earlier report lies.
    """
    if not (out / PAGE).is_file():
        return
    names = [f"{prefix}{stage.key}-{end}" for prefix in ("", _SECOND) for stage in STAGES for end in _ENDS]
    for name in (*_WRITTEN, *names):
        (out / name).unlink(missing_ok=True)


def _record(page: Page) -> dict[str, object]:
    return {
        "schema": 1,
        "labels": page.labels,
        "made": page.made,
        "program": page.program,
        "films": page.films,
        "cascades": [
            {
                "cascade": j.cascade,
                "median_seconds": j.median_seconds,
                "labels": [tables.coverage_dict(row) for row in j.labels],
                "stages": [tables.stage_dict(report) for report in j.reports],
            }
            for j in page.cascades
        ],
        "comparison": [tables.comparison_dict(found) for found in page.comparison],
        "failures": [{"file": f.name, "code": f.code, "message": f.message} for f in page.failures],
        "notes": list(page.notes),
    }


def _write_pictures(out: Path, prefix: str, judged: Judged) -> None:
    for report in judged.reports:
        key = f"{prefix}{report.stage.key}"
        charts = {"scores": plots.score_chart(report), "angle": plots.angle_chart(report)}
        if 0 < report.positives < report.data.truth.size:
            charts |= {
                "roc": plots.roc_chart(report.stage.title, [plots.roc_line(report)]),
                "reliability": plots.reliability_chart([("", report)]),
            }
        for kind, svg in charts.items():
            if svg:
                (out / f"{key}-{kind}.svg").write_text(svg, encoding="utf-8")
        if report.stage.key in judged.sheets:
            (out / f"{key}-worst.png").write_bytes(judged.sheets[report.stage.key])
