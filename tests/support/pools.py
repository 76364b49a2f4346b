"""A pool without threads."""

from __future__ import annotations

from collections.abc import Callable


class ImmediatePool:
    """Runs each job at once in the calling thread: a `workstation.ui.jobs.Pool`."""

    def submit(self, work: Callable[[], None]) -> None:
        work()

    def drain(self, timeout_ms: int) -> bool:
        del timeout_ms
        return True
