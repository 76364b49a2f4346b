"""The window's process: where its mistakes go, and how it ends."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from PySide6.QtCore import QSettings, QTimer

from workstation.ui.error_dialog import report

_log = logging.getLogger(__name__)


def leave(code: int) -> NoReturn:
    """End the process at once: all is stored, and a thread that hangs in foreign code must not keep it alive."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # none where the program has no console
            stream.flush()
    os._exit(code)


def keep_notes_of_qt(folder: Path) -> None:
    """Have Qt note in `folder` which folders its file dialogs were in: discs and folders bear names of patients.

    By itself it notes them where the settings of all its programs lie, and others may be able to read them.
    """
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(folder))


@contextlib.contextmanager
def hooks(tell: Callable[[str], None]) -> Iterator[None]:
    """Catch mistakes in the window's thread and in all others: into the log and to `tell`."""

    def caught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        text = report(kind, error, trace)
        _log.critical("a mistake in the program\n%s", text)
        tell(text)

    before, before_threads = sys.excepthook, threading.excepthook
    sys.excepthook = caught
    threading.excepthook = lambda args: caught(args.exc_type, args.exc_value, args.exc_traceback)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before, before_threads


@contextlib.contextmanager
def stop_signals(stop: Callable[[], None]) -> Iterator[None]:
    """End in order on SIGINT and SIGTERM."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: stop()) for kind in kinds]
    # Python runs its handlers between bytecodes only; the event loop must come by.
    beat = QTimer(interval=500)
    beat.timeout.connect(lambda: None)
    beat.start()
    try:
        yield
    finally:
        beat.stop()
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
