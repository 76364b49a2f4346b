"""Circles of Python objects are collected in the window's thread, whichever thread asks for memory."""

from __future__ import annotations

import gc
import threading

from tests.support.window import Desk


class _Circle:
    """Says which thread destroyed it."""

    def __init__(self, told: list[threading.Thread]) -> None:
        self._told = told
        self.itself = self

    def __del__(self) -> None:
        self._told.append(threading.current_thread())


def test_a_worker_that_fills_memory_destroys_nothing_of_the_windows(desk: Desk) -> None:
    program = desk.open()
    told: list[threading.Thread] = []
    kept: list[list[int]] = []

    def work() -> None:
        _Circle(told)
        kept.extend([] for _ in range(20 * gc.get_threshold()[0]))  # as much as calls the collector

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert told == []
    desk.qtbot.waitUntil(lambda: told == [threading.main_thread()], timeout=3000)
    desk.close(program)
    assert gc.isenabled()
