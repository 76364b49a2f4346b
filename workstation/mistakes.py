"""How the program's own mistakes are written down: exception types and the places, never a message.

What an exception says may quote a film ("Instead received b'...'"), and logs bear no patient identifiers.
"""

from __future__ import annotations

import logging
import traceback

from workstation.domain.errors import KnownError


def told(error: BaseException) -> str:
    """Frames and type of `error` and, before them, of what led to it; a stable code where an error has one."""
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        code = link.code if isinstance(link, KnownError) else ""
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"{frames}{type(link).__name__}{f' ({code})' if code else ''}\n")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "".join(reversed(parts))


def log_mistake(log: logging.Logger, error: BaseException, what: str, *values: object) -> None:
    """Log that `what` (with `values` filled in, free of patient identifiers) failed, at level ERROR."""
    log.error(f"{what}\n%s", *values, told(error), stacklevel=2)
