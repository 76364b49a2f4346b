"""Execution providers: which ones ONNX Runtime may use on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from workstation.inference.runtime import onnxruntime

CPU = "CPUExecutionProvider"
# More threads than this do not make one small network on one film faster, and the window needs a core too.
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Providers:
    """Providers in order of preference, the CPU last; `notice` says what could not be had."""

    names: tuple[str, ...]
    notice: str = ""


def choose(wanted: Sequence[str] = ()) -> Providers:
    """Keep the wanted providers this build of ONNX Runtime has, and fall back to the CPU.

    Args:
        wanted: names such as ``"CUDAExecutionProvider"`` or short ``"cuda"``; empty means the CPU.

    Raises:
        CascadeUnavailable: see `onnxruntime`.
    """
    available = onnxruntime().get_available_providers()
    by_short = {name.removesuffix("ExecutionProvider").lower(): name for name in available}
    names: list[str] = []
    missing: list[str] = []
    for word in wanted:
        name = by_short.get(word.strip().removesuffix("ExecutionProvider").lower())
        if name is None:
            missing.append(word)
        elif name not in names:
            names.append(name)
    if CPU not in names:
        names.append(CPU)
    notice = ""
    if missing:
        notice = (
            f"This ONNX Runtime has no {', '.join(missing)} (it has {', '.join(available)}); "
            f"the analysis runs on {names[0]}."
        )
    return Providers(tuple(names), notice)


def thread_count(wanted: int = 0) -> int:
    """Threads within one network: `wanted`, or where that is 0 as many as 4; never more than the cores this process
    may use (a mistyped number would start them all)."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # Windows and macOS
        cores = os.cpu_count() or 1
    return max(1, min(wanted if wanted > 0 else _MOST_THREADS, cores))
