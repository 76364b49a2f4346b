"""The one clock of the services, injected so that tests own the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timezone

Clock = Callable[[], datetime]
"""Returns an aware local date-time."""


def local_now() -> datetime:
    """The wall clock, with the offset of the local zone."""
    return datetime.now().astimezone()


def midnight(now: datetime) -> datetime:
    """When the day of `now` began, in its own zone.

    On days when the clock changes midnight had another offset than now. A zone with rules (`ZoneInfo`) knows that, a
    bare offset does not: where it is the local zone's, as `local_now` has it, the system's rules are asked.
    """
    local = isinstance(now.tzinfo, timezone) and now.utcoffset() == now.astimezone().utcoffset()
    start = datetime.combine(now.date(), time())
    return start.astimezone() if local else start.replace(tzinfo=now.tzinfo)
