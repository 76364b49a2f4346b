"""The one clock of the services, injected so that tests own the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns an aware local date-time."""


def local_now() -> datetime:
    """The wall clock, with the offset of the local zone."""
    return datetime.now().astimezone()
