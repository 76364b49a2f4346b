"""Work off the GUI thread: every job ends in done *or* failed, on the GUI thread, or is dropped.

The pattern is MusicBrainz Picard's ``run_task(func, next_func)``: one callback that gets the outcome. Tests put
another pool in, which runs each job at once, so nothing sleeps.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of a job: a value or an error, never both."""

    value: T | None = None
    error: BaseException | None = None

    def get(self) -> T:
        """Return the value.

        Raises:
            BaseException: the job's own error.
        """
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]


@dataclass(eq=False, slots=True)
class Job:
    """One piece of work. `cancel` drops its result; work that has not begun is not begun."""

    func: Callable[[], object]
    next_func: Callable[[Outcome[object]], None]
    owner: Hashable
    cancelled: bool = False
    outcome: Outcome[object] = field(default_factory=Outcome)

    def cancel(self) -> None:
        self.cancelled = True

    def work(self) -> None:
        """Run in the worker; never raises."""
        if self.cancelled:
            return
        try:
            self.outcome = Outcome(value=self.func())
        except BaseException as error:
            self.outcome = Outcome(error=error)


class Pool(Protocol):
    """Runs callables, in order of submission for a pool of one thread."""

    def submit(self, work: Callable[[], None]) -> None: ...

    def drain(self, timeout_ms: int) -> bool: ...


class ThreadPool:
    """A QThreadPool of our own with `threads` threads that stay alive."""

    def __init__(self, threads: int) -> None:
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(threads)
        self._pool.setExpiryTimeout(-1)

    def submit(self, work: Callable[[], None]) -> None:
        self._pool.start(_Runnable(work))

    def drain(self, timeout_ms: int) -> bool:
        """Wait for all work begun or queued; False when it takes longer."""
        return self._pool.waitForDone(timeout_ms)


class _Runnable(QRunnable):
    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        self._work()


class Jobs(QObject):
    """Hands work to a pool and its outcome back to the thread this object lives in."""

    _finished = Signal(object)
    idle = Signal()

    def __init__(self, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._open: list[Job] = []
        self._closing = False
        self._finished.connect(self._deliver)

    @property
    def busy(self) -> bool:
        """True while a job is queued, running or waiting to be delivered."""
        return bool(self._open)

    def run_task(
        self,
        func: Callable[[], T],
        next_func: Callable[[Outcome[T]], None],
        owner: Hashable = None,
    ) -> Job:
        """Run `func` in the pool, then `next_func(outcome)` in this object's thread.

        Args:
            func: the work; must not touch widgets.
            next_func: gets the outcome unless the job was cancelled or dropped first.
            owner: what the work is for, e.g. an exposure id; see `drop`.
        """
        job = Job(func, next_func, owner)  # type: ignore[arg-type]
        if self._closing:
            job.cancel()
            return job
        self._open.append(job)
        self._pool.submit(lambda: self._work(job))
        return job

    def drop(self, owner: Hashable) -> None:
        """Cancel every job of `owner`: its result is no longer wanted."""
        for job in self._open:
            if job.owner == owner:
                job.cancel()

    def close(self, timeout_ms: int = 10_000, *, finish: bool = False) -> bool:
        """Stop taking work and wait for the pool.

        Args:
            timeout_ms: how long to wait.
            finish: run what is queued to its end (decisions) instead of dropping it; outcomes are not delivered.

        Returns:
            False when the pool was still at work after the timeout.
        """
        self._closing = True
        if not finish:
            for job in self._open:
                job.cancel()
        done = self._pool.drain(timeout_ms)
        self._open.clear()
        return done

    def _work(self, job: Job) -> None:
        job.work()
        self._finished.emit(job)

    @Slot(object)
    def _deliver(self, job: Job) -> None:
        if job not in self._open:
            return
        self._open.remove(job)
        if not job.cancelled:
            job.next_func(job.outcome)
        if not self._open:
            self.idle.emit()
