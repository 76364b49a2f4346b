"""Who the operating system says is at work."""

from __future__ import annotations

import getpass
import os
import sys

if sys.platform != "win32":
    import pwd


def system_user() -> str:
    """Name of the system's user; ``"console"`` where there is none (a uid without an entry, as in containers).

    Never what LOGNAME or USER say where the system itself can be asked: anybody may set those.
    """
    try:
        return getpass.getuser() if sys.platform == "win32" else pwd.getpwuid(os.getuid()).pw_name
    except (OSError, KeyError, ImportError):  # which one hangs on system and Python
        return "console"
