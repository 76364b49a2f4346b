"""The report of the statistics as a PDF."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from workstation import assets
from workstation.domain.errors import StorageFailed
from workstation.domain.statistics import FilmFilter, Levels, aliases
from workstation.persistence.database import Database
from workstation.services.reasons import load_reasons
from workstation.services.statistics_service import StatisticsService
from workstation.ui.i18n import Translations
from workstation.ui.statistics import words
from workstation.ui.statistics.paper import Paper
from workstation.ui.statistics.report import Report, write_report
from workstation.ui.statistics.window import StatisticsWindow


def test_few_films_have_no_rate_on_paper_either(window: StatisticsWindow) -> None:
    window.filters.period.setCurrentIndex(window.filters.period.findData("today"))
    assert window.summary is not None
    assert 0 < window.summary.total.decided < 20
    assert window.summary.chart.centre is None
    assert window.summary.expected_ppv is None


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_disk_that_fills_up_leaves_the_last_report_as_it_was(
    service: StatisticsService, speaking: Translations, tmp_path: Path
) -> None:
    del speaking
    import resource

    target = tmp_path / "report.pdf"
    target.write_bytes(b"last month")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(StorageFailed, match="could not be written"):
            write_report(Report(service.summary(FilmFilter()), Levels(), {}), target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_bytes() == b"last month"
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]


@pytest.mark.parametrize(
    ("language", "title", "reason"),
    [
        ("en", "Reject analysis of chest films", "Lung field cut off"),
        ("ru", "Анализ брака снимков грудной клетки", "Лёгочное поле срезано"),
    ],
)
def test_the_report_has_pages_with_text(
    service: StatisticsService, speaking: Translations, tmp_path: Path, language: str, title: str, reason: str
) -> None:
    speaking.use(language)
    names = {r.key: r.label(language) for r in load_reasons(assets.resources_dir())}
    target = tmp_path / "report.pdf"
    summary = service.summary(FilmFilter())
    pages = write_report(Report(summary, Levels(), names, hidden={"Kim": 1}), target)
    data = target.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") == pages == 2
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed: the text is not read back")
    told = subprocess.run(
        ["pdftotext", "-layout", target, "-"], capture_output=True, text=True, check=True
    ).stdout
    for text in (
        title,
        reason,
        words.percent(summary.total.rejects.rate),
        words.interval(summary.total.rejects),
    ):
        assert text.replace(words.THIN, " ") in told.replace(words.THIN, " ")
    assert "Kim" not in told


def painted(monkeypatch: pytest.MonkeyPatch, report: Report, target: Path) -> list[tuple[int, str]]:
    """Texts of a report as they are painted, with their pages."""
    told: list[tuple[int, str]] = []
    of_paper = Paper._text

    class Pen:
        def __init__(self, painter: object) -> None:
            self._painter = painter

        def __getattr__(self, name: str) -> object:
            return getattr(self._painter, name)

        def drawText(self, *what: object) -> None:
            told.append((page[0], str(what[-1])))

    page = [1]

    def text(paper: Paper, *rest: object, **more: object) -> None:
        page[0] = paper.page
        painter = paper._painter
        paper._painter = Pen(painter)  # type: ignore[assignment]
        of_paper(paper, *rest, **more)  # type: ignore[arg-type]
        paper._painter = painter

    monkeypatch.setattr(Paper, "_text", text)
    write_report(report, target)
    return told


def test_the_report_cuts_no_figure_and_heads_a_table_on_every_page(
    long_names: Database, speaking: Translations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaking.use("ru")
    summary = StatisticsService(long_names).summary(FilmFilter())
    cells = [replace(cell, operator=f"{number % 80}") for number, cell in enumerate(summary.cells)]
    summary = replace(summary, cells=tuple(cells), wait_median_s=12 * 60 + 5)
    report = Report(summary, Levels(), {}, hidden=aliases(summary.by_operator()))
    told = painted(monkeypatch, report, tmp_path / "report.pdf")
    texts = [text for _, text in told]
    assert "12 мин 05 с" in texts
    rows = {page for page, text in told if text.startswith("Сотрудник ")}
    assert len(rows) > 1, "the table of people goes over two pages"
    assert {page for page, text in told if text == "Сотрудник"} == rows


def test_the_report_of_no_films(tmp_path: Path, qapp: QApplication, speaking: Translations) -> None:
    del qapp, speaking
    with closing(Database.open(tmp_path / "e.sqlite3", tmp_path / "b")) as database:
        summary = StatisticsService(database).summary(FilmFilter())
    assert write_report(Report(summary, Levels(), {}), tmp_path / "empty.pdf") == 1
