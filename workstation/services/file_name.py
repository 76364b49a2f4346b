"""File names as text that can be stored and shown."""

from __future__ import annotations

import os


def readable_name(name: str) -> str:
    """`name` with a mark for every byte that is no UTF-8 (a name in cp1251 from an old share): databases and windows
    take no half characters."""
    return os.fsencode(name).decode("utf-8", "replace")
