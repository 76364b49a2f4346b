"""The statistics window over made-up sites: fixtures and helpers of its tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.many_films import ZONE, Site, fill
from tests.support.pools import ImmediatePool
from workstation import assets
from workstation.domain.statistics import Levels
from workstation.persistence.database import Database
from workstation.services.reasons import load_reasons
from workstation.services.statistics_service import FilmLine, StatisticsService
from workstation.ui import style, theme
from workstation.ui.i18n import Translations
from workstation.ui.jobs import Jobs
from workstation.ui.look import Look
from workstation.ui.statistics.plot import ChoicePlot
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


@pytest.fixture(scope="module")
def long_names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("long")
    people = {"Константинопольская-Рождественская А. П.": 1.0} | {f"Person {n:02}": 1.0 for n in range(30)}
    site = Site(date(2026, 9, 1), 1500, 80, operators=people, rooms={"Палатный аппарат в реанимации": 1.0})
    with closing(Database.open(folder / "w.sqlite3", folder / "b")) as database:
        fill(database, site)
        yield database
