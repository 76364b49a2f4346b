"""Qt without a screen; see tests/support/window.py."""

from __future__ import annotations

from tests.support.window import desk, leaves_nothing

__all__ = ["desk", "leaves_nothing"]
