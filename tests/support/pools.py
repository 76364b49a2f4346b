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


class HeldPool:
    """Runs each job at once in the calling thread, except while it is held."""

    def __init__(self, *, held: bool = False) -> None:
        self._held = held
        self._waiting: list[Callable[[], None]] = []

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        """Run what has waited, in order."""
        self._held = False
        while self._waiting:
            self._waiting.pop(0)()

    def submit(self, work: Callable[[], None]) -> None:
        if self._held:
            self._waiting.append(work)
        else:
            work()

    def drain(self, timeout_ms: int) -> bool:
        """Run what has waited, as a queue that is finished at the end."""
        del timeout_ms
        self.release()
        return True
