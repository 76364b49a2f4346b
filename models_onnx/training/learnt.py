"""What a network has learnt from, kept with its weights: what a manifest says follows them, not the command.

A checkpoint's ``learnt``: `seed`; `sources` and `cts` (data sets, CTs of simulated films); `left_out`; `real_folds` and
`real_films` (of the real laterals: folds, and each film's licence by its name).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models_onnx.training.sources import FilmRecord

NON_COMMERCIAL = "-NC"


def learnt(
    seed: int,
    frontals: Iterable[FilmRecord],
    simulated: Iterable[FilmRecord],
    reals: Iterable[FilmRecord] = (),
    left_out: Iterable[str] = (),
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Of the films that may be drawn. `before`: what the weights had learnt from that these began with."""
    real = list(reals)
    made: dict[str, Any] = {
        "seed": seed,
        "sources": sorted({r.source for r in frontals}),
        "cts": sorted({r.patient.removeprefix("ct-") for r in simulated}),
        "left_out": sorted(left_out),
        "real_folds": sorted({int(r.extra["fold"]) for r in real}),
        "real_films": {Path(r.file).name: r.licence for r in real},
    }
    if before is not None:
        for key in ("sources", "cts", "real_folds"):
            made[key] = sorted({*made[key], *before[key]})
        made["left_out"] = sorted(set(made["left_out"]) & set(before["left_out"]))
        made["real_films"] = {**before["real_films"], **made["real_films"]}
    return made


def briefly(found: Mapping[str, Any]) -> dict[str, Any]:
    """For a manifest: the real films counted by licence instead of named."""
    return {**found, "real_films": dict(sorted(Counter(found["real_films"].values()).items()))}


def real_films(films: Mapping[str, str]) -> str:
    """``12 real laterals (...)`` with their licences, "" where there are none; `films` as in ``learnt``."""
    if not films:
        return ""
    told = ", ".join(f"{number} {name}" for name, number in Counter(films.values()).most_common())
    return f"{len(films)} real laterals (ieee8023 collection, Open-i; {told})"


def licence(films: Mapping[str, str]) -> str:
    """What holds for weights that have learnt from such real films, and else from free ones."""
    if not films:
        return "weights Apache-2.0; no film under a non-commercial licence was trained on"
    bound = sum(NON_COMMERCIAL in name for name in films.values())
    under = (
        f"{bound} of them under CC BY-NC-SA (non-commercial)" if bound else "none stated to be non-commercial"
    )
    return f"also learnt from {len(films)} real laterals, {under}, the rest unstated"
