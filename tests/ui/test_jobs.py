"""Jobs end in done or failed, in the window's thread, or are dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.support.pools import ImmediatePool
from workstation.domain.errors import StorageFailed
from workstation.ui.jobs import Jobs, Outcome, ThreadPool


@pytest.fixture
def jobs(leaves_nothing: None) -> Iterator[Jobs]:
    del leaves_nothing
    made = Jobs(ThreadPool(1))
    yield made
    made.close()


def test_a_value_comes_back_in_the_windows_thread(jobs: Jobs, qtbot: QtBot) -> None:
    seen: list[tuple[int, bool, bool]] = []
    here = threading.get_ident()

    def done(outcome: Outcome[int]) -> None:
        seen.append((outcome.get(), worker[0] == here, threading.get_ident() == here))

    worker: list[int] = []
    jobs.run_task(lambda: worker.append(threading.get_ident()) or 7, done)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(7, False, True)]


@pytest.mark.parametrize("error", [ValueError("bad"), SystemExit(3)])
def test_any_error_comes_back_as_an_outcome(jobs: Jobs, qtbot: QtBot, error: BaseException) -> None:
    def fail() -> None:
        raise error

    seen: list[Outcome[None]] = []
    jobs.run_task(fail, seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0].error is error
    with pytest.raises(type(error)):
        seen[0].get()


def test_jobs_of_one_queue_keep_their_order(jobs: Jobs, qtbot: QtBot) -> None:
    seen: list[int] = []
    for number in range(20):
        jobs.run_task(lambda n=number: n, lambda outcome: seen.append(outcome.get()))
    qtbot.waitUntil(lambda: len(seen) == 20)
    assert seen == list(range(20))


def test_a_dropped_owner_hears_nothing_and_what_waited_does_not_run(jobs: Jobs, qtbot: QtBot) -> None:
    gate, ran, seen = threading.Event(), [], []
    jobs.run_task(gate.wait, lambda _o: seen.append("first"), owner=1)
    jobs.run_task(lambda: ran.append(2), lambda _o: seen.append("second"), owner=1)
    jobs.run_task(lambda: ran.append(3), lambda _o: seen.append("third"), owner=2)
    jobs.drop(1)
    gate.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert (ran, seen) == ([3], ["third"])


def test_close_drops_what_waits_and_takes_nothing_more(jobs: Jobs) -> None:
    gate, ran = threading.Event(), []
    jobs.run_task(lambda: gate.wait(5), lambda _o: ran.append("told"))
    jobs.run_task(lambda: ran.append("queued"), lambda _o: None)
    threading.Timer(0.05, gate.set).start()
    assert jobs.close()
    jobs.run_task(lambda: ran.append("late"), lambda _o: None)
    assert ran == []


def test_what_fails_just_before_the_end_is_logged(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def full() -> None:
        raise StorageFailed("disk_full", "The disk is full.", "Free some space.")

    jobs.run_task(full, lambda _: None)
    assert jobs.close(finish=True)
    assert "just before the end" in caplog.text
    assert "StorageFailed (disk_full)" in caplog.text


def test_close_can_finish_what_was_decided(jobs: Jobs) -> None:
    ran: list[int] = []
    for number in range(5):
        jobs.run_task(lambda n=number: ran.append(n), lambda _o: None)
    assert jobs.close(finish=True)
    assert ran == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("qapp")
def test_the_immediate_pool_answers_before_it_returns() -> None:
    seen: list[int] = []
    Jobs(ImmediatePool()).run_task(lambda: 5, lambda outcome: seen.append(outcome.get()))
    assert seen == [5]


class _Slow(ThreadPool):
    """Holds what it did until it is told to let go."""

    def __init__(self) -> None:
        super().__init__(1)
        self.let_go = threading.Event()

    def submit(self, work: Callable[[], None]) -> None:
        def held() -> None:
            work()
            self.let_go.wait(10)

        super().submit(held)


class _Dialog(QObject):
    """Says in which thread it was destroyed."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self._seen = seen

    def done(self, outcome: Outcome[int]) -> None: ...

    def __del__(self) -> None:
        self._seen.append(threading.get_ident())


@pytest.mark.parametrize("told", [True, False])
def test_whom_only_the_job_knew_is_destroyed_in_the_windows_thread(qtbot: QtBot, told: bool) -> None:
    pool, seen, worked = _Slow(), [], threading.Event()
    jobs = Jobs(pool)
    dialog = _Dialog(seen)
    jobs.run_task(lambda: worked.set() or 1, dialog.done)
    del dialog
    assert worked.wait(10)
    if told:
        qtbot.waitUntil(lambda: not jobs.busy)
    else:
        jobs.close(timeout_ms=0)
    assert seen == [threading.get_ident()]
    pool.let_go.set()
    assert pool.drain(10_000)
