"""Who the operating system says is at work."""

from __future__ import annotations

import getpass


def system_user() -> str:
    """Name of the system's user; ``"console"`` where there is none (a uid without an entry, as in containers)."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # which one hangs on system and Python
        return "console"
