"""The program's log file, the same for the window and the service without one."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

_BYTES, _FILES = 1_000_000, 5
_PEERS = ("workstation.dicom.network.", "workstation.services.reception")
"""What they write down, peers decide."""
_A_MINUTE = 20
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


class _Sparing(logging.Filter):
    """Lets each place in the code that peers speak to write so many lines a minute.

    A device that is turned away thousands of times a second would push all else out of the log within seconds.
    """

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler
        self._minute = -1
        self._written: Counter[tuple[str, int]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_PEERS):
            return True
        minute = int(record.created // 60)
        if minute != self._minute:
            self._minute, self._written = minute, Counter()
        place = record.name, record.lineno
        self._written[place] += 1
        if self._written[place] == _A_MINUTE + 1:
            said = f"more lines of {record.name} are left out until the next minute"
            self._handler.handle(
                logging.makeLogRecord({"name": __name__, "levelname": "WARNING", "msg": said})
            )
        return self._written[place] <= _A_MINUTE


@contextlib.contextmanager
def log_file(folder: Path) -> Iterator[None]:
    """Log warnings and what the program does into `folder`; never a patient identifier."""
    handler = RotatingFileHandler(
        folder / "workstation.log", maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True
    )
    with logging_to(handler):
        yield


@contextlib.contextmanager
def logging_to(handler: logging.Handler) -> Iterator[None]:
    """Send the log to `handler` for a while; it is closed at the end."""
    handler.setFormatter(logging.Formatter(LINE))
    sparing = _Sparing(handler)
    handler.addFilter(sparing)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # The libraries quote values and UIDs of data sets, in warnings too; what matters is said by the program itself.
    for name in ("pydicom", "pynetdicom", "highdicom", "py.warnings"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.removeFilter(sparing)
        root.setLevel(level)
        handler.close()
