"""The statistics window: opens, filters, lists the films behind a bar, changes its language, prints."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.support.layout import faults
from tests.support.many_films import ZONE, Site, fill
from tests.support.pools import ImmediatePool
from tests.support.window import Desk
from workstation import assets
from workstation.domain.control_chart import Standing, Step
from workstation.domain.decision import Choice
from workstation.domain.errors import StorageFailed
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, Levels, Opinion, RejectRate, Tally, aliases
from workstation.persistence.database import Database
from workstation.services.reasons import load_reasons
from workstation.services.statistics_service import REPEATS, FilmLine, Period, StatisticsService, Summary
from workstation.settings.model import Settings
from workstation.ui import style, theme
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Jobs, ThreadPool
from workstation.ui.look import ElidedLabel, Look
from workstation.ui.statistics import words
from workstation.ui.statistics.bars import apart
from workstation.ui.statistics.opening import levels_of
from workstation.ui.statistics.paper import Paper
from workstation.ui.statistics.plot import ChoicePlot
from workstation.ui.statistics.report import Report, write_report
from workstation.ui.statistics.window import StatisticsWindow

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("site")
    with closing(Database.open(folder / "w.sqlite3", folder / "b")) as database:
        fill(database, Site(date(2026, 8, 26), 1200, 90, bad_day=40))
        yield database


@pytest.fixture
def service(site: Database) -> StatisticsService:
    return StatisticsService(site, clock=lambda: NOW)


@pytest.fixture
def speaking(qapp: QApplication) -> Iterator[Translations]:
    look = Look.of("dark")
    before = (qapp.styleSheet(), qapp.font())
    qapp.setStyleSheet(style.stylesheet(look.colours, look.dark))
    qapp.setFont(theme.font())
    made = Translations()
    made.use("en")
    yield made
    made.use("en")
    made.drop()
    qapp.setStyleSheet(before[0])
    qapp.setFont(before[1])


def opened(
    qtbot: QtBot, service: StatisticsService, language: str = "en", look: Look | None = None
) -> StatisticsWindow:
    reasons = load_reasons(assets.resources_dir())
    look = look or Look.of("dark")
    window = StatisticsWindow(service, Jobs(ImmediatePool()), reasons, Levels(), look, language)
    failures: list[object] = []
    window.failed.connect(failures.append)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    qtbot.waitExposed(window)
    assert not failures
    return window


@pytest.fixture
def window(qtbot: QtBot, service: StatisticsService, speaking: Translations) -> StatisticsWindow:
    del speaking
    return opened(qtbot, service)


def listed(window: StatisticsWindow) -> list[FilmLine]:
    model = window.film_list.model
    return [model.film(row) for row in range(model.rowCount())]


def click(qtbot: QtBot, chart: ChoicePlot, index: int) -> None:
    qtbot.wait(10)
    qtbot.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=chart.position_of(index))


def test_a_click_on_a_reason_lists_its_films(window: StatisticsWindow, qtbot: QtBot) -> None:
    assert window.summary is not None
    for index in (0, 2):
        click(qtbot, window.pareto, index)
        bar = window.summary.reasons[index]
        films = listed(window)
        assert len(films) == bar.count
        assert {(film.choice, film.reason) for film in films} == {(Choice.RETAKE, bar.reason)}


def test_a_click_on_a_point_lists_the_rejects_of_its_days(window: StatisticsWindow, qtbot: QtBot) -> None:
    assert window.summary is not None
    points = window.summary.chart.points
    worst = next(i for i, p in enumerate(points) if p.standing is Standing.ABOVE)
    click(qtbot, window.rate, worst)
    films = listed(window)
    assert len(films) == points[worst].tally.rejected > 10
    days = {date.fromisoformat(film.received_at[:10]) for film in films}
    assert points[worst].first <= min(days) <= max(days) <= points[worst].last


def test_the_chart_shows_one_reason_or_the_repeats_on_demand(window: StatisticsWindow, qtbot: QtBot) -> None:
    assert window.summary is not None
    whole = window.summary.total
    window.subject.setCurrentIndex(window.subject.findData("cut_off"))
    assert window.summary.subject == "cut_off"
    assert window.summary.total == whole, "the figures stay those of all rejects"
    points = window.summary.chart.points
    worst = max(range(len(points)), key=lambda i: points[i].tally.rejected)
    click(qtbot, window.rate, worst)
    films = listed(window)
    assert {film.reason for film in films} == {"cut_off"}
    assert len(films) == points[worst].tally.rejected
    window.subject.setCurrentIndex(window.subject.findData(REPEATS))
    assert sum(p.tally.rejected for p in window.summary.chart.points) == window.summary.repeats
    assert window.rate.accessibleName() == "Over time: Repeats"
    window.restyle(Look.of("light"), "en", window.levels)
    assert window.subject.currentData() == REPEATS, "it stays what it was"


def test_a_click_on_a_person_lists_that_person_s_rejects(window: StatisticsWindow, qtbot: QtBot) -> None:
    window.group_buttons["operator"].click()
    assert window.summary is not None
    index = next(i for i in range(window.groups.count()) if window.groups.describe(i).startswith("Kim"))
    click(qtbot, window.groups, index)
    films = listed(window)
    assert {film.operator for film in films} == {"Kim"}
    assert len(films) == window.summary.by_operator()["Kim"].rejected


def test_every_number_against_the_cascade_opens_its_films(window: StatisticsWindow) -> None:
    for (opinion, choice), number in window.against.numbers.items():
        number.click()
        films = listed(window)
        assert len(films) == int(number.text().replace(words.THIN, "")) or len(films) == 500
        assert all(film.opinion is opinion and film.choice is choice for film in films)


def test_the_figures_are_those_of_the_service(window: StatisticsWindow, service: StatisticsService) -> None:
    total = service.summary(window.filters.wanted()).total
    for figure, number in (
        (window.headline.exposures, total.total),
        (window.headline.accepted, total.accepted),
        (window.headline.kept, total.kept),
        (window.headline.rejected, total.rejected),
    ):
        assert figure.number.text().replace(words.THIN, "") == str(number)
    window.headline.rejected.click()
    assert len(listed(window)) == total.rejected


def test_filters_narrow_every_part(window: StatisticsWindow, qtbot: QtBot) -> None:
    click(qtbot, window.pareto, 0)
    window.filters.projection.setCurrentIndex(window.filters.projection.findData("lateral"))
    window.filters.operator.setCurrentIndex(window.filters.operator.findData("Petrov"))
    window.filters.period.setCurrentIndex(window.filters.period.findData("month"))
    assert window.filters.wanted() == FilmFilter(
        date(2026, 11, 1), date(2026, 11, 23), Projection.LATERAL, operator="Petrov"
    )
    assert window.summary is not None
    assert set(window.summary.by_projection()) == {Projection.LATERAL}
    assert not listed(window)
    window.headline.exposures.click()
    assert {(film.projection, film.operator) for film in listed(window)} == {(Projection.LATERAL, "Petrov")}
    # The people to choose from stay all people.
    assert window.filters.operator.count() == 7


def test_a_period_of_one_s_own(window: StatisticsWindow) -> None:
    filters = window.filters
    filters.choose_period(Period.LAST_MONTH)
    filters.period.setCurrentIndex(filters.period.count() - 1)
    assert filters.days.isVisible()
    assert (filters.wanted().first, filters.wanted().last) == (date(2026, 10, 1), date(2026, 10, 31))
    filters.last.setDate(filters.first.date().addDays(-5))
    assert (filters.wanted().first, filters.wanted().last) == (date(2026, 9, 26), date(2026, 10, 1))


def test_a_mistyped_year_is_no_mistake_of_the_program(window: StatisticsWindow) -> None:
    filters = window.filters
    filters.period.setCurrentIndex(filters.period.count() - 1)
    for edit, year in ((filters.last, 9999), (filters.first, 1752)):
        edit.setDate(QDate(year, 12, 31))
    assert not window.told.isVisible()
    assert window.summary is not None
    assert filters.wanted().first == window.summary.wanted.first
    assert date(1960, 1, 1) < filters.wanted().first < filters.wanted().last < date(2300, 1, 1)  # type: ignore[operator]


def test_few_films_have_no_rate(window: StatisticsWindow) -> None:
    window.filters.period.setCurrentIndex(window.filters.period.findData("today"))
    assert window.headline.rate.number.text() == "–"
    assert "Too few decided films" in window.headline.sentence.text()
    assert all("too few films" in window.groups.describe(i) for i in range(window.groups.count()))
    for told in (window.legend.full_text(), window.against.agreement.text(), window.against.value.text()):
        assert "%" not in told


def test_few_films_have_no_rate_on_paper_either(window: StatisticsWindow) -> None:
    window.filters.period.setCurrentIndex(window.filters.period.findData("today"))
    assert window.summary is not None
    assert 0 < window.summary.total.decided < 20
    assert window.summary.chart.centre is None
    assert window.summary.expected_ppv is None


def test_hidden_names_are_hidden_everywhere(window: StatisticsWindow, qtbot: QtBot) -> None:
    window.group_by("operator")
    click(qtbot, window.pareto, 0)
    window.filters.hide_names.setChecked(True)
    model = window.film_list.model
    told = [window.groups.describe(i) for i in range(window.groups.count())]
    told += [window.filters.operator.itemText(i) for i in range(window.filters.operator.count())]
    told += [str(model.data(model.index(row, column))) for row in range(5) for column in range(4)]
    assert not [text for text in told if any(n in text for n in ("Kim", "Petrov", "Ivanova", "Orlova"))]
    assert "Person 1" in window.filters.operator.itemText(1) + window.filters.operator.itemText(2) + str(told)


def test_people_without_names_stand_in_the_order_of_their_numbers(window: StatisticsWindow) -> None:
    """An alphabetical order would give the names away."""
    combo = window.filters.operator
    combo.setCurrentIndex(combo.findData("Kim"))
    window.filters.hide_names.setChecked(True)
    people = [combo.itemText(i) for i in range(1, combo.count())]
    numbers = [int(text.split()[-1]) for text in people if text.startswith("Person")]
    assert len(numbers) > 3
    assert numbers == sorted(numbers)
    assert people[: len(numbers)] == [text for text in people if text.startswith("Person")]
    assert combo.currentData() == "Kim", "what was chosen stays chosen"
    window.filters.hide_names.setChecked(False)
    names = [combo.itemData(i) for i in range(1, combo.count())]
    assert names == sorted(names)


def test_by_keys_alone(window: StatisticsWindow, qtbot: QtBot) -> None:
    window.pareto.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(window.pareto, Qt.Key.Key_Down)
    qtbot.keyClick(window.pareto, Qt.Key.Key_Return)
    assert window.summary is not None
    assert len(listed(window)) == window.summary.reasons[1].count
    window.film_list.table.setFocus()
    window.film_list.table.selectRow(0)
    with qtbot.waitSignal(window.film_chosen) as opened_film:
        qtbot.keyClick(window.film_list.table, Qt.Key.Key_Return)
    assert opened_film.args == [listed(window)[0].exposure_id]


def test_no_menu_of_pyqtgraph_shows(window: StatisticsWindow, qtbot: QtBot) -> None:
    for chart in (window.rate, window.pareto, window.groups):
        qtbot.mouseClick(chart.viewport(), Qt.MouseButton.RightButton, pos=QPoint(40, 20))
        assert QApplication.activePopupWidget() is None
        assert not chart.getPlotItem().menuEnabled()
        before = chart.getViewBox().viewRange()
        qtbot.mousePress(chart.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 40))
        qtbot.mouseMove(chart.viewport(), QPoint(260, 60))
        qtbot.mouseRelease(chart.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(260, 60))
        assert chart.getViewBox().viewRange() == before


def test_language_and_theme_change_while_it_is_open(
    window: StatisticsWindow, qtbot: QtBot, speaking: Translations
) -> None:
    window.filters.projection.setCurrentIndex(window.filters.projection.findData("frontal"))
    click(qtbot, window.pareto, 0)
    films, wanted = listed(window), window.filters.wanted()
    speaking.use("ru")
    window.restyle(Look.of("light"), "ru", window.levels)
    assert window.windowTitle() == "Статистика"
    assert window.filters.wanted() == wanted
    assert listed(window) == films
    assert window.film_list.title.full_text() == "Забраковано: Лёгочное поле срезано"
    told = {part.text() for part in window.findChildren(QLabel) if part.isVisibleTo(window)}
    assert {"Причины брака", "Каскад и люди", "Предупреждал"} <= told
    assert not {"Reject reasons", "Warned"} & told


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_text_fits_at_1366_by_768(
    qtbot: QtBot, service: StatisticsService, speaking: Translations, language: str
) -> None:
    speaking.use(language)
    window = opened(qtbot, service, language)
    click(qtbot, window.pareto, 0)
    qtbot.wait(20)
    for part in window.findChildren(QLabel):
        if part.isVisible() and part.text() and not isinstance(part, ElidedLabel):
            if part.wordWrap():
                assert part.heightForWidth(part.width()) <= part.height(), part.text()
            else:
                assert part.sizeHint().width() <= part.width(), part.text()
    for made in window.findChildren(QPushButton):
        if made.isVisible() and made.text():
            assert made.sizeHint().width() <= made.width(), made.text()
    assert (window.width(), window.height()) == (1366, 768)


def test_counting_never_holds_the_window(
    qtbot: QtBot, service: StatisticsService, speaking: Translations
) -> None:
    del speaking
    jobs = Jobs(ThreadPool(1))
    window = StatisticsWindow(service, jobs, (), Levels(), Look.of("dark"), "en")
    qtbot.addWidget(window)
    assert window.summary is None  # the constructor came back before the answer
    window.filters.projection.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.summary is not None and not jobs.busy)
    assert set(window.summary.by_projection()) == {Projection.FRONTAL}
    window.close()
    jobs.close()


def test_drawing_anew_many_times_while_workers_collect_garbage(
    qtbot: QtBot, service: StatisticsService, speaking: Translations
) -> None:
    """pyqtgraph's items are garbage in circles: none may be left for a worker's thread to destroy."""
    del speaking

    class Collecting(StatisticsService):
        def summary(self, wanted: FilmFilter, step: Step | None = None, subject: str = "") -> Summary:
            gc.collect()
            return super().summary(wanted, step, subject)

    jobs = Jobs(ThreadPool(1))
    window = StatisticsWindow(Collecting(service._database), jobs, (), Levels(), Look.of("dark"), "en")
    qtbot.addWidget(window)
    window.show()
    for turn in range(40):
        with qtbot.waitSignal(jobs.idle):
            window.filters.projection.setCurrentIndex(turn % 3)
        window.group_by(("projection", "room", "operator")[turn % 3])
        window.pareto.mark(turn % 2)
    assert window.summary is not None
    window.close()
    jobs.close()


def test_an_error_is_told_and_the_numbers_stay(
    window: StatisticsWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.failed) as failed:
        window.saver.save_csv(tmp_path / "no folder" / "films.csv")
    assert isinstance(failed.args[0], StorageFailed)
    assert failed.args[0].code == "file_not_written"
    assert "films.csv could not be written" in window.told.text()
    with qtbot.waitSignal(window.failed):
        window.saver.save_report(tmp_path / "no folder" / "report.pdf")
    assert "report.pdf could not be written" in window.told.text()
    assert window.headline.accepted.number.text() != "–"


def test_what_was_written_is_told_on_the_window_itself(
    window: StatisticsWindow, tmp_path: Path, speaking: Translations
) -> None:
    """The console, which tells of its own exports, lies beneath."""
    assert not window.told.isVisible()
    window.saver.save_report(tmp_path / "report.pdf")
    assert window.told.isVisible()
    assert window.told.text() == "Saved: report.pdf"
    speaking.use("ru")
    window.restyle(Look.of("light"), "ru", window.levels)
    assert window.told.isVisible()
    assert window.told.text() == "Сохранено: report.pdf"
    window.filters.projection.setCurrentIndex(1)
    assert not window.told.isVisible(), "another question"


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


def test_csv_of_the_selection(window: StatisticsWindow, tmp_path: Path) -> None:
    window.filters.hide_names.setChecked(True)
    window.filters.projection.setCurrentIndex(window.filters.projection.findData("lateral"))
    window.saver.save_csv(tmp_path / "films.csv")
    assert window.summary is not None
    lines = (tmp_path / "films.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == window.summary.total.total + 1
    assert not [line for line in lines if "Kim" in line or "frontal" in line]


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


def test_levels_come_from_the_settings_and_never_clash() -> None:
    assert levels_of(Settings()) == Levels(0.08, 0.10, 0.02)
    odd = levels_of(Settings(reject_target_percent=12, reject_action_percent=9, reject_low_percent=50))
    assert odd == Levels(0.09, 0.09, 0.09)


def test_every_opinion_and_choice_has_words(speaking: Translations) -> None:
    for language in ("en", "ru"):
        speaking.use(language)
        told = [words.opinion(o) for o in Opinion] + [words.choice(c) for c in (None, *Choice)]
        assert len(set(told)) == len(told)
        assert all(told)


@pytest.mark.parametrize(
    ("hits", "total", "decimals", "told"),
    [
        (1, 400, 0, "<1 %"),
        (399, 400, 0, ">99 %"),
        (1, 3000, 1, "<0.1 %"),
        (0, 400, 0, "0 %"),
        (400, 400, 0, "100 %"),
        (3, 400, 0, "1 %"),
        (32, 431, 1, "7.4 %"),
    ],
)
def test_a_small_part_is_not_rounded_to_none_or_all(
    speaking: Translations, hits: int, total: int, decimals: int, told: str
) -> None:
    del speaking
    assert words.percent(hits / total, decimals).replace(words.THIN, " ") == told


@pytest.mark.parametrize(
    ("rejected", "decided", "rate"),
    [(100, 1000, "10.0 % has reached"), (9996, 100_000, "9.996 % is above the target"), (11, 100, "11.0 %")],
)
def test_a_rate_beside_a_level_does_not_read_like_it(
    speaking: Translations, rejected: int, decided: int, rate: str
) -> None:
    del speaking
    told = words.verdict(RejectRate(decided, rejected), Levels()).replace(words.THIN, " ")
    assert rate in told
    assert "still below" not in told or rejected / decided < 0.1


@pytest.mark.parametrize(("language", "name"), [("en", "Oct 2026"), ("ru", "окт 2026")])
def test_a_month_has_its_name(
    qtbot: QtBot, service: StatisticsService, speaking: Translations, language: str, name: str
) -> None:
    speaking.use(language)
    window = opened(qtbot, service, language)
    window.filters.step.setCurrentIndex(window.filters.step.findData("month"))
    told = [window.rate.describe(index).split(":")[0] for index in range(window.rate.count())]
    assert name in told
    assert len(told) == len(set(told)) == 4


@pytest.mark.parametrize(("rejected", "decided", "state"), [(3, 20, "unsure"), (30, 200, "warn"), (1, 5, "")])
def test_what_chance_could_explain_raises_no_alarm(
    window: StatisticsWindow, rejected: int, decided: int, state: str
) -> None:
    assert window.summary is not None
    total = Tally(accepted=decided - rejected, rejected=rejected)
    chart = replace(window.summary.chart, points=())
    window.headline.show_summary(replace(window.summary, total=total, chart=chart))
    assert window.headline.strip.property("state") == state


def test_a_window_left_open_follows_the_day_and_the_levels(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    service = program.console.parts.statistics
    program.window.open_statistics()
    desk.settled(program)
    window = program.window._statistics.window
    assert window is not None
    clock = service._clock
    monkeypatch.setattr(service, "_clock", lambda: clock() + timedelta(days=1))
    program.window.open_statistics()
    desk.settled(program)
    assert window.filters.wanted().last == service.today()
    settings = replace(program.settings(), reject_target_percent=3.0, reject_action_percent=5.0)
    program.settings.replace(settings)
    desk.settled(program)
    assert window.levels == Levels(0.03, 0.05, min(settings.reject_low_percent / 100, 0.03))
    assert window.headline._levels == window.saver._levels == window.levels
    window.close()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_at_its_smallest_the_window_scrolls_and_cuts_nothing(
    qtbot: QtBot, service: StatisticsService, speaking: Translations, language: str
) -> None:
    speaking.use(language)
    window = opened(qtbot, service, language)
    window.resize(1600, 900)
    window.show()
    wide = window.pareto.width()
    window.resize(1024, 640)
    qtbot.wait(50)
    assert window.pareto.width() > 1.5 * wide
    assert [fault for fault in faults(window, language) if "cut off" in fault] == []
    window.resize(1600, 900)
    qtbot.wait(50)
    assert window.pareto.width() < 700


@pytest.fixture(scope="module")
def long_names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("long")
    people = {"Константинопольская-Рождественская А. П.": 1.0} | {f"Person {n:02}": 1.0 for n in range(30)}
    site = Site(date(2026, 9, 1), 1500, 80, operators=people, rooms={"Палатный аппарат в реанимации": 1.0})
    with closing(Database.open(folder / "w.sqlite3", folder / "b")) as database:
        fill(database, site)
        yield database


def test_bars_without_names_stand_in_the_order_of_their_numbers(
    qtbot: QtBot, long_names: Database, speaking: Translations
) -> None:
    del speaking
    window = opened(qtbot, StatisticsService(long_names, clock=lambda: NOW))
    window.filters.hide_names.setChecked(True)
    window.group_by("operator")
    told = [window.groups.describe(i).split(":")[0] for i in range(window.groups.count())]
    assert told == [f"Person {number}" for number in range(1, 32)]
    assert window.summary is not None
    people = words.people_in_order(window.summary.by_operator(), window.filters.hidden)
    assert [group.name for group in people] == told, "on paper too"
    for index in (0, 9):
        click(qtbot, window.groups, index)
        assert {film.operator for film in listed(window)} <= {people[index].key}


def test_without_films_there_is_no_empty_chart_of_groups(
    qtbot: QtBot, speaking: Translations, tmp_path: Path
) -> None:
    del speaking
    with closing(Database.open(tmp_path / "e.sqlite3", tmp_path / "b")) as database:
        window = opened(qtbot, StatisticsService(database, clock=lambda: NOW))
        assert not window.groups.isVisible()
        assert window.no_films.isVisible()


def test_keys_scroll_to_the_bar_they_come_to(
    qtbot: QtBot, long_names: Database, speaking: Translations
) -> None:
    del speaking
    window = opened(qtbot, StatisticsService(long_names, clock=lambda: NOW))
    window.group_by("operator")
    qtbot.wait(20)
    window.groups.setFocus(Qt.FocusReason.TabFocusReason)
    last = window.groups.count() - 1
    for key, index in ((Qt.Key.Key_Down, last), (Qt.Key.Key_Up, 0)):
        for _ in range(last):
            qtbot.keyClick(window.groups, key)
        assert window.groups._marked == index
        assert window.groups.viewport().visibleRegion().contains(window.groups.position_of(index))


@pytest.mark.parametrize(("type_", "width", "height"), [(200, 1366, 768), (125, 1366, 768), (100, 1280, 800)])
def test_long_names_push_nothing_out_of_the_window(
    qtbot: QtBot,
    long_names: Database,
    speaking: Translations,
    qapp: QApplication,
    type_: int,
    width: int,
    height: int,
) -> None:
    speaking.use("ru")
    look = Look.of("dark", type_)
    qapp.setFont(theme.font(scale=look.scale))
    qapp.setStyleSheet(style.stylesheet(look.colours, look.dark, look.scale))
    window = opened(qtbot, StatisticsService(long_names, clock=lambda: NOW), "ru", look)
    window.resize(width, height)
    qtbot.wait(50)
    assert window.width() == width
    assert faults(window, "ru") == []
    room = window.filters.room
    room.setCurrentIndex(1)
    assert room.shown_text(80).endswith("…"), "shortened, not cut"
    over_time, why = window.rate.parentWidget(), window.pareto
    while over_time.property("card") is None:
        over_time = over_time.parentWidget()
    top = why.mapTo(window, QPoint(0, 0)).y()
    assert over_time.mapTo(window, over_time.rect().bottomLeft()).y() < top, "the next card lies below"


def test_the_dialog_of_the_table_fits_the_window_at_200_percent(
    qtbot: QtBot, service: StatisticsService, speaking: Translations, qapp: QApplication
) -> None:
    speaking.use("ru")
    look = Look.of("dark", 200)
    qapp.setFont(theme.font(scale=look.scale))
    qapp.setStyleSheet(style.stylesheet(look.colours, look.dark, look.scale))
    window = opened(qtbot, service, "ru", look)
    dialog, identified = window.saver.csv_dialog()
    dialog.show()
    qtbot.wait(20)
    assert dialog.width() <= window.width()
    assert dialog.height() <= window.height()
    assert identified.height() >= identified.sizeHint().height()
    assert not identified.isChecked()
    assert "номера пациентов" in identified.accessibleDescription()
    dialog.reject()


def test_labels_of_an_axis_that_would_touch_are_dropped(speaking: Translations) -> None:
    del speaking
    metrics = QFontMetricsF(theme.font())
    marks = [(k * 0.05, f"{5 * k} %") for k in range(10)]
    assert apart(marks, 4000.0, metrics) == marks
    kept = apart(marks, 300.0, metrics)
    assert 2 <= len(kept) < len(marks)
    assert kept[0] == marks[0]
