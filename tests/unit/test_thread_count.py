"""Threads of a network: as wished, within what the machine has."""

from __future__ import annotations

import os

import pytest

from workstation.inference.providers import thread_count


@pytest.mark.parametrize(
    ("cores", "wanted", "threads"),
    [(2, 0, 2), (16, 0, 4), (16, 8, 8), (2, 100_000, 2), (1, 0, 1), (2, -3, 2)],
)
def test_never_more_than_the_machine_has(
    cores: int, wanted: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert thread_count(wanted) == threads
