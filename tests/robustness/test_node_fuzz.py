"""The node under fire, in small; `python -m tests.robustness.node_fuzz` does it in full."""

from __future__ import annotations

from pathlib import Path

from tests.robustness.node_fuzz import run


def test_wounded_films_and_broken_exchanges_crash_and_leak_nothing(tmp_path: Path) -> None:
    outcome = run(files=40, exchanges=24, seed=7, root=tmp_path)
    assert outcome.problems == []
    assert sum(outcome.files.values()) == 40
    assert outcome.exchanges == 24
