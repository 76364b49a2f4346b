"""The statistics window on small screens, under large type and with long names: nothing is cut off or out of reach."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.support.layout import faults
from tests.support.statistics_window import NOW, click, listed, opened
from workstation.persistence.database import Database
from workstation.services.statistics_service import StatisticsService
from workstation.ui import style, theme
from workstation.ui.i18n import Translations
from workstation.ui.look import ElidedLabel, Look
from workstation.ui.statistics import words
from workstation.ui.statistics.bars import apart
from workstation.ui.statistics.filter_bar import FilterBar


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


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_commonest_reasons_are_named_in_full_at_1366_by_768(
    qtbot: QtBot, service: StatisticsService, speaking: Translations, language: str
) -> None:
    speaking.use(language)
    window = opened(qtbot, service, language)
    window.show()
    qtbot.wait(20)
    names = [name for _, name in window.pareto.left._tickLevels[0]]
    assert [name for name in names[:4] if name.endswith("…")] == []


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


def test_a_filter_that_is_as_wide_as_its_text_shows_all_of_it(qtbot: QtBot, qapp: QApplication) -> None:
    look = Look.of("dark")
    qapp.setFont(theme.font(scale=look.scale))
    bar = FilterBar(look, NOW.date())
    qtbot.addWidget(bar)
    for text in ("Все кабинеты", "Все сотрудники", "All rooms", *(f"Кабинет {n}" for n in range(100))):
        bar.room.clear()
        bar.room.addItem(text)
        width = bar.room.fontMetrics().horizontalAdvance(text)
        assert bar.room.shown_text(width) == text
        assert bar.room.shown_text(width - 8).endswith("…")
