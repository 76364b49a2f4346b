"""When today began, on days when the clock changes too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tests.support.console import Console
from workstation.services.clock import midnight

SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This computer stands in Berlin: summer time from 29 March to 25 October 2026."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (datetime(2026, 10, 25, 10, tzinfo=WINTER), datetime(2026, 10, 25, tzinfo=SUMMER)),
        (datetime(2026, 3, 29, 10, tzinfo=SUMMER), datetime(2026, 3, 29, tzinfo=WINTER)),
        (datetime(2026, 10, 25, 1, tzinfo=SUMMER), datetime(2026, 10, 25, tzinfo=SUMMER)),
        (datetime(2026, 7, 1, 10, tzinfo=SUMMER), datetime(2026, 7, 1, tzinfo=SUMMER)),
    ],
)
def test_midnight_has_the_offset_of_its_time(berlin: None, now: datetime, began: datetime) -> None:
    del berlin
    assert midnight(now) == began
    assert midnight(now).date() == now.date()


def test_a_zone_of_its_own_keeps_its_rules(berlin: None) -> None:
    del berlin
    sydney = ZoneInfo("Australia/Sydney")
    began = midnight(datetime(2026, 10, 4, 10, tzinfo=sydney))
    assert began.astimezone(UTC) == datetime(2026, 10, 3, 14, tzinfo=UTC)
    far = timezone(timedelta(hours=9))
    assert midnight(datetime(2026, 10, 25, 10, tzinfo=far)) == datetime(2026, 10, 25, tzinfo=far)


def test_a_film_of_the_night_when_the_clock_goes_back_is_of_today(berlin: None, console: Console) -> None:
    del berlin
    console.clock.now = datetime(2026, 10, 24, 23, 59, tzinfo=SUMMER)
    console.film()
    console.clock.now = datetime(2026, 10, 25, 0, 30, tzinfo=SUMMER)
    film = console.film()
    console.clock.now = datetime(2026, 10, 25, 10, tzinfo=WINTER)
    assert [found.id for found in console.worklist.today()] == [film.id]


def test_no_film_of_yesterday_is_of_today_when_the_clock_goes_forward(berlin: None, console: Console) -> None:
    del berlin
    console.clock.now = datetime(2026, 3, 28, 23, 30, tzinfo=WINTER)
    console.film()
    console.clock.now = datetime(2026, 3, 29, 10, tzinfo=SUMMER)
    assert console.worklist.today() == []
