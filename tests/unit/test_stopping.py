"""The services' threads end when they are told to, whatever they are doing in just that moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.support.console import Clock, Console
from workstation.domain.order import Order
from workstation.services import derived, orders
from workstation.services.background import BackgroundThread
from workstation.services.orders import OrderService
from workstation.settings.model import Settings
from workstation.settings.network import WorklistPeer

LONG = 15.0
"""Seconds until a thread counts as hanging; half of the shortest nap that could hide a lost wake-up."""


class Racy(threading.Event):
    """A wake-up that comes in the moment before it is cleared."""

    def __init__(self, tell_to_stop: Callable[[], None]) -> None:
        super().__init__()
        self._tell: list[Callable[[], None]] = [tell_to_stop]

    def clear(self) -> None:
        if self._tell:
            self._tell.pop()()
        super().clear()


def test_a_wake_up_that_comes_while_the_last_one_is_cleared_is_not_lost() -> None:
    steps: list[float] = []

    def step() -> float:
        steps.append(60.0)
        return 60.0

    thread = BackgroundThread("test", "a test", step)
    thread._wake = Racy(thread.ask_to_stop)
    thread.start()
    assert thread.join(LONG)
    assert not steps


def test_a_mistake_ends_nothing_and_a_wake_up_ends_the_nap_after_it() -> None:
    failed, went_on = threading.Event(), threading.Event()

    def step() -> float:
        if not failed.is_set():
            failed.set()
            raise RuntimeError
        went_on.set()
        return 60.0

    thread = BackgroundThread("test", "a test", step, after_mistake=lambda: 60.0)
    thread.start()
    assert failed.wait(LONG)
    thread.wake()
    assert went_on.wait(LONG)
    thread.stop(LONG)
    assert not thread.alive


def test_a_name_server_that_hangs_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "STOP_SECONDS", 0.05)
    asked, answer = threading.Event(), threading.Event()

    def find(*_: object) -> tuple[Order, ...]:
        asked.set()
        answer.wait(60)
        return ()

    settings = Settings(worklist=WorklistPeer(enabled=True, host="nowhere", port=104, called_ae="RIS"))
    service = OrderService(lambda: settings, Clock(), find=find)
    service.start()
    hanging = service._thread._thread
    assert hanging is not None
    assert asked.wait(LONG)
    stopping = threading.Thread(target=service.stop, daemon=True)
    stopping.start()
    stopping.join(LONG)
    assert not stopping.is_alive()
    service.start()
    answer.set()
    hanging.join(LONG)
    assert not hanging.is_alive(), "a second start must not bring the first thread back"
    service.stop()


def test_an_object_that_takes_for_ever_does_not_hold_up_the_end(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(derived, "STOP_SECONDS", 0.05)
    begun, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        go_on.wait(60)
        raise RuntimeError("the database was closed under us")

    monkeypatch.setattr(console.derived, "make_due", hang)
    console.derived.start()
    thread = console.derived._thread
    assert begun.wait(LONG)
    stopping = threading.Thread(target=console.derived.stop, daemon=True)
    stopping.start()
    stopping.join(LONG)
    assert not stopping.is_alive()
    assert "did not stop in time" in caplog.text
    go_on.set()
    assert thread.join(LONG)
    assert "mistake of the program" not in caplog.text
