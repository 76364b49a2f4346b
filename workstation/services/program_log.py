"""The program's log file, the same for the window and the service without one."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

_BYTES, _FILES = 1_000_000, 5
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


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
        root.setLevel(level)
        handler.close()
