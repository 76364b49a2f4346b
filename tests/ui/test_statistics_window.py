"""The statistics window: opens, filters, lists the films behind a bar, changes its language, prints."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.support.statistics_window import click, listed, opened
from tests.support.window import Desk
from workstation.domain.control_chart import Standing, Step
from workstation.domain.decision import Choice
from workstation.domain.errors import StorageFailed
from workstation.domain.projection import Projection
from workstation.domain.statistics import AgainstHuman, FilmFilter, Levels, Opinion, Tally
from workstation.services.statistics_service import REPEATS, Period, StatisticsService, Summary
from workstation.settings.model import Settings
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Jobs, ThreadPool
from workstation.ui.look import Look
from workstation.ui.statistics import words
from workstation.ui.statistics.opening import levels_of
from workstation.ui.statistics.window import StatisticsWindow


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
    window.grouping.buttons["operator"].click()
    assert window.summary is not None
    index = next(i for i in range(window.groups.count()) if window.groups.describe(i).startswith("Kim"))
    click(qtbot, window.groups, index)
    films = listed(window)
    assert {film.operator for film in films} == {"Kim"}
    assert len(films) == window.summary.by_operator()["Kim"].rejected


def test_only_films_of_which_cascade_and_people_think_apart_stand_out(window: StatisticsWindow) -> None:
    assert " (95\u00a0%\u00a0CI\u00a0" in window.against.value.text(), (
        "an interval is not parted from its figure"
    )
    apart = {at: n for at, n in window.against.numbers.items() if n.property("kind") == "cell-apart"}
    assert apart
    assert "0" not in [number.text() for number in apart.values()]
    assert window.summary is not None
    empty = replace(window.summary, against=AgainstHuman({o: Tally() for o in Opinion}))
    window.against.show_summary(empty)
    assert {number.property("kind") for number in window.against.numbers.values()} == {"cell"}


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


def test_csv_of_the_selection(window: StatisticsWindow, tmp_path: Path) -> None:
    window.filters.hide_names.setChecked(True)
    window.filters.projection.setCurrentIndex(window.filters.projection.findData("lateral"))
    window.saver.save_csv(tmp_path / "films.csv")
    assert window.summary is not None
    lines = (tmp_path / "films.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == window.summary.total.total + 1
    assert not [line for line in lines if "Kim" in line or "frontal" in line]


def test_levels_come_from_the_settings_and_never_clash() -> None:
    assert levels_of(Settings()) == Levels(0.08, 0.10, 0.02)
    odd = levels_of(Settings(reject_target_percent=12, reject_action_percent=9, reject_low_percent=50))
    assert odd == Levels(0.09, 0.09, 0.09)


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
