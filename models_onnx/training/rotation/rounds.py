"""Which CTs each run leaves out. The name of a run says it."""

from __future__ import annotations

from collections.abc import Iterable

ALL = "none"  # the run that leaves no CT out
ROUNDS = (
    3  # as many runs leave CTs out, each a share of them: a run for every CT would take hours on two cores
)


def left_out(run: str) -> frozenset[str]:
    """The CTs that `run` has never seen."""
    return frozenset() if run == ALL else frozenset(run.split("+"))


def rounds(cts: Iterable[str]) -> list[str]:
    """Runs that leave out every one of `cts` once, every third of them together in the order of their names."""
    names = sorted(set(cts))
    return ["+".join(names[n::ROUNDS]) for n in range(min(ROUNDS, len(names)))]
