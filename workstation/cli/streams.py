"""Standard streams: UTF-8 everywhere, a small progress bar on a terminal."""

from __future__ import annotations

import logging
import sys
from io import TextIOWrapper

_BAR = 24
_CLEAR = "\r\x1b[K"


def prepare_streams() -> None:
    """Write UTF-8 whatever the locale; bytes of a file name that are none become valid JSON escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def prepare_logging(verbose: bool) -> None:
    """Log lines and library warnings to stderr where asked for; a script's stderr stays free of them otherwise."""
    logging.captureWarnings(True)
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    else:
        logging.getLogger().addHandler(logging.NullHandler())


def say(words: str) -> None:
    """A line for the person, on stderr."""
    print(words, file=sys.stderr, flush=True)


class Progress:
    """A bar on stderr, drawn only on a terminal and for more than `least` items; use as a context manager."""

    def __init__(self, total: int, least: int = 5) -> None:
        self._total = total
        self._done = 0
        self._shown = total > least and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the bar away before other lines are printed."""
        if self._shown:
            print(_CLEAR, end="", file=sys.stderr, flush=True)

    def step(self) -> None:
        """One item is done."""
        self._done += 1
        self._draw()

    def _draw(self) -> None:
        if self._shown:
            full = _BAR * self._done // self._total
            bar = "█" * full + "░" * (_BAR - full)
            print(f"{_CLEAR}{bar} {self._done}/{self._total}", end="", file=sys.stderr, flush=True)
