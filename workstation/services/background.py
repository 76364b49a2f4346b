"""A thread of its own for work that is looked for again and again until the program ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from workstation.mistakes import log_mistake

LONGEST_NAP = 30.0
"""Seconds after which work is looked for again, in case the clock was set; also after a mistake of the program."""

_log = logging.getLogger(__name__)


class BackgroundThread:
    """Takes one step after the other, with a nap between two, until it is told to stop.

    `start`, `ask_to_stop`, `join` and `stop` are the owner's, one call at a time; `wake` and `stopping` any thread's.

    Args:
        name: of the thread.
        what: whose work it is, for the log.
        step: one round, in the thread; returns seconds until the next, which `wake` cuts short. It should look at
            `stopping` where it may take long. An error is logged as a mistake of the program, and ends nothing.
        after_mistake: seconds until the next round after such an error.
    """

    def __init__(
        self,
        name: str,
        what: str,
        step: Callable[[], float],
        after_mistake: Callable[[], float] = lambda: LONGEST_NAP,
    ) -> None:
        self._name = name
        self._what = what
        self._step = step
        self._after_mistake = after_mistake
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self.stopping = threading.Event()
        """Set once the thread is to stop; another one after each start."""

    @property
    def alive(self) -> bool:
        """Started, and not ended yet."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin, with a first step at once. A thread that did not stop in time ends all the same."""
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self.stopping,), name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do: the next step comes now. Cheap."""
        self._wake.set()

    def ask_to_stop(self) -> None:
        """Returns at once; `join` waits."""
        self.stopping.set()
        self._wake.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the thread; False where it takes longer."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.alive

    def stop(self, seconds: float) -> None:
        """Stop, and wait `seconds` at the most for the step under way."""
        self.ask_to_stop()
        if not self.join(seconds):
            _log.warning("%s did not stop in time", self._what)

    def _run(self, stopping: threading.Event) -> None:
        while True:
            self._wake.clear()
            if stopping.is_set():  # looked at after the clearing: a wake-up lost with it was the end
                return
            try:
                nap = self._step()
            except Exception as exc:
                if stopping.is_set():
                    return  # what it works with was closed under it
                log_mistake(_log, exc, f"{self._what} failed by a mistake of the program")
                nap = self._after_mistake()
            if stopping.is_set():  # the wake-up may have gone to the thread of a next start
                return
            self._wake.wait(nap)
