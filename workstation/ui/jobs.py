"""Work off the GUI thread: every job ends in done *or* failed, on the GUI thread, or is dropped.

The pattern is MusicBrainz Picard's ``run_task(func, next_func)``: one callback that gets the outcome. Tests put
another pool in, which runs each job at once, so nothing sleeps.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Signal, Slot

from workstation.mistakes import log_mistake

_log = logging.getLogger(__name__)

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
    """One piece of work. `cancel` drops its result; work that has not begun is not begun.

    abandoned: nobody waits for it any more, and whom it would tell may be gone: it tells nobody that it ended.
    """

    func: Callable[[], object]
    next_func: Callable[[Outcome[object]], None]
    owner: Hashable
    listener: QObject | None = None
    cancelled: bool = False
    abandoned: bool = False
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

    def let_go(self) -> None:
        """Hold nobody any more; called in the window's thread.

        A worker holds its job a little longer than the window does: a dialog that only the job still knew would be
        destroyed there, while the window's thread draws.
        """
        self.func = self.next_func = _nothing
        self.listener = None


def _nothing(_outcome: object = None) -> None:
    """What is left of a job that was told."""


class Pool(Protocol):
    """Runs callables, in order of submission for a pool of one thread.

    `submit` returns at once; `drain` waits for all that was submitted and is False where that takes longer. What is
    submitted after it is run all the same.
    """

    def submit(self, work: Callable[[], None]) -> None: ...

    def drain(self, timeout_ms: int) -> bool: ...


class ThreadPool:
    """`threads` daemon threads that stay alive until the pool is drained.

    Not a QThreadPool: that one waits for ever, in its destructor, for work that hangs.
    """

    def __init__(self, threads: int) -> None:
        self._most = threads
        self._changed = threading.Condition()
        self._waiting: deque[Callable[[], None]] = deque()
        self._alive = self._working = 0
        self._ending = False

    def submit(self, work: Callable[[], None]) -> None:
        with self._changed:
            self._ending = False
            self._waiting.append(work)
            if self._alive < min(self._most, self._working + len(self._waiting)):
                self._alive += 1
                threading.Thread(target=self._serve, name="worker", daemon=True).start()
            self._changed.notify_all()

    def drain(self, timeout_ms: int) -> bool:
        """Wait for all work begun or queued; False when it takes longer. The threads end when it is done, then or
        later."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting and not self._working, timeout_ms / 1000)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                if not self._waiting:
                    self._alive -= 1
                    return
                work = self._waiting.popleft()
                self._working += 1
            try:
                work()
            finally:
                del work  # with all it holds, before the next one comes
                with self._changed:
                    self._working -= 1
                    self._changed.notify_all()


class Jobs(QObject):
    """Hands work to a pool and its outcome back to the thread this object lives in.

    Args:
        fresh: makes the pool that `abandon` goes on with; None where nothing is ever abandoned.

    Signals:
        idle: nothing is queued, running or to be told.
        orphaned(BaseException): work failed whose listener is gone by now; somebody else has to say so.
    """

    _finished = Signal(object)
    idle = Signal()
    orphaned = Signal(object)

    def __init__(
        self, pool: Pool, parent: QObject | None = None, fresh: Callable[[], Pool] | None = None
    ) -> None:
        super().__init__(parent)
        self._pool = pool
        self._fresh = fresh
        self._abandoned: list[Pool] = []
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
        listener: QObject | None = None,
    ) -> Job:
        """Run `func` in the pool, then `next_func(outcome)` in this object's thread.

        Args:
            func: the work; must not touch widgets.
            next_func: gets the outcome unless the job was cancelled or dropped first.
            owner: what the work is for, e.g. an exposure id; see `drop`.
            listener: whom `next_func` belongs to, e.g. a window that may be closed meanwhile: `next_func` is not
                called then, and an error goes to `orphaned`.
        """
        job = Job(func, next_func, owner, listener)  # type: ignore[arg-type]
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

    def abandon(self) -> None:
        """Leave the work under way to itself: it hangs. What comes next runs in a fresh pool.

        Nothing of what was under way or waited is told any more.

        Raises:
            RuntimeError: made without `fresh`.
        """
        if self._fresh is None:
            raise RuntimeError("these jobs have no fresh pool to go on with")
        self._leave()
        self._abandoned.append(self._pool)
        self._pool.drain(0)  # its thread ends by itself, should the work ever come to an end
        self._pool = self._fresh()
        self.idle.emit()

    def close(self, timeout_ms: int = 10_000, *, finish: bool = False) -> bool:
        """Stop taking work and wait for the pool.

        Args:
            timeout_ms: how long to wait.
            finish: run what is queued to its end (decisions) instead of dropping it; outcomes are not delivered, errors
                logged.

        Returns:
            False when a pool was still at work after the timeout.
        """
        self._closing = True
        if not finish:
            for job in self._open:
                job.cancel()
        done = self._pool.drain(timeout_ms)
        for job in self._open if finish else ():
            if job.outcome.error is not None:
                log_mistake(_log, job.outcome.error, "what was asked for just before the end failed")
        self._leave()
        return all([done, *(pool.drain(0) for pool in self._abandoned)])

    def _leave(self) -> None:
        for job in self._open:
            job.cancel()
            job.abandoned = True
            job.let_go()
        self._open.clear()

    def _work(self, job: Job) -> None:
        job.work()
        if job.abandoned:
            return
        with contextlib.suppress(RuntimeError):  # whoever asked is gone by now, and this object with them
            self._finished.emit(job)

    @Slot(object)
    def _deliver(self, job: Job) -> None:
        if job not in self._open:
            return
        self._open.remove(job)
        try:
            if job.listener is not None and not shiboken6.isValid(job.listener):
                if job.outcome.error is not None:
                    self.orphaned.emit(job.outcome.error)
            elif not job.cancelled:
                job.next_func(job.outcome)
        finally:
            job.let_go()
        if not self._open:
            self.idle.emit()
