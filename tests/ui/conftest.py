"""Qt without a screen; see tests/support/window.py and tests/support/statistics_window.py."""

from __future__ import annotations

from tests.support.statistics_window import long_names, service, site, speaking, window
from tests.support.window import desk, leaves_nothing

__all__ = ["desk", "leaves_nothing", "long_names", "service", "site", "speaking", "window"]
