"""Times in the database: ISO 8601 text for people, microseconds since 1970 UTC for order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exactly. Raises ValueError for a time without offset."""
    if at.utcoffset() is None:
        raise ValueError("a time needs its offset")
    return (at - _EPOCH) // timedelta(microseconds=1)


def iso(at: datetime) -> str:
    """ISO 8601 with offset."""
    if at.utcoffset() is None:
        raise ValueError("a time needs its offset")
    return at.isoformat(timespec="milliseconds")


def iso_of_us(us: int) -> str:
    """ISO 8601 in the local zone, for showing."""
    return iso((_EPOCH + timedelta(microseconds=us)).astimezone())


def parse(text: str) -> datetime:
    """An aware time from ISO 8601. Raises ValueError for other text or a time without offset."""
    at = datetime.fromisoformat(text)
    if at.utcoffset() is None:
        raise ValueError(f"a time needs its offset: {text!r}")
    return at
