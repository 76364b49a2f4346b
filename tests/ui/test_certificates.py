"""A certificate that begins to end while the program runs is told, also where nobody starts it anew for months."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.window import Desk
from workstation.cli import receive
from workstation.services import node
from workstation.services.clock import local_now
from workstation.settings.model import Settings
from workstation.settings.network import Destination


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a certificate that ends in 31 days: the day after tomorrow is the first to tell it."""
    pair = Authority(tmp_path / "authority").sign("console", days=31)
    pacs = Destination("PACS", "127.0.0.1", 1, "PACS", tls=True, tls_certificate=str(pair.certificate))
    return Settings(language="en", operator="Ivanova", destinations=(pacs,))


def test_the_window_tells_it_on_a_later_day_and_once(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(settings)
    desk.settled(program)
    problems = program.window.view.problems
    assert problems.texts() == []
    monkeypatch.setattr(node, "local_now", lambda: local_now() + timedelta(days=2))
    for _ in range(2):
        program.console._day.changed.emit()
        desk.settled(program)
    (told,) = problems.texts()
    assert "console.pem ends on" in told


def test_the_service_logs_it_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(threading.Event):
        hours = 0

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout == 3600
            Stop.hours += 1
            return Stop.hours > 60

    class Looked:
        times = 0

        def log_certificates(self) -> None:
            self.times += 1

    begun = local_now().replace(hour=12, minute=30)
    monkeypatch.setattr(receive, "local_now", lambda: begun + timedelta(hours=Stop.hours))
    looked = Looked()
    receive._wait(Stop(), looked)  # type: ignore[arg-type]
    assert looked.times == 3
