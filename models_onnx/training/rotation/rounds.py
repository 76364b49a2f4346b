"""Which CTs each run leaves out. The name of a run says it."""

from __future__ import annotations

from collections.abc import Iterable

ALL = "none"  # the run that leaves no CT out
ALONE = 4  # so many CTs are left out one at a time; of more, a run for each would take hours on two cores
ROUNDS = 3  # as many runs then leave CTs out, each a share of them


def left_out(run: str) -> frozenset[str]:
    """The CTs that `run` has never seen."""
    return frozenset() if run == ALL else frozenset(run.split("+"))


def rounds(cts: Iterable[str]) -> list[str]:
    """Runs that leave out every one of `cts` once: one at a time, or every third of them together (by name)."""
    names = sorted(set(cts))
    if len(names) <= ALONE:
        return names
    return ["+".join(names[n::ROUNDS]) for n in range(ROUNDS)]
