"""For all tests."""

from __future__ import annotations

import hypothesis

# How long an example takes says nothing on a busy machine; timings live in tests/benchmarks.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
