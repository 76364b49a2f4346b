"""The rotation on plain films (`models_onnx.training.render.plain`), each CT by the networks that never saw it:
``python -m models_onnx.training.rotation.plain --plain SET --sets DIR [--sets DIR] --radiographs DIR --work DIR``.

``--sets``, ``--radiographs``, ``--work`` are those of the training: calibration, threshold and angle line of each CT
are set on the other CTs' films of *those* sets, as in `crossval`; nothing is set on plain films.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models_onnx.training import kept, metrics
from models_onnx.training.cache import read_grey
from models_onnx.training.render import index

from . import crossval, data, evaluate, ship
from .evaluate import Read
from .model import SIZE
from .rounds import left_out, rounds

Float1 = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Films of one CT: |yaw| (degrees), what the networks said, the angle given, P(over 10), whether it is warned."""

    yaw: Float1
    score: Float1
    read: Read
    angle: Float1
    p: Float1
    called: NDArray[np.bool_]


def laterals(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of the set's laterals by CT.

    Raises:
        FileNotFoundError: there is no such set. ValueError: it holds no lateral.
    """
    rows = [row for row in index.rows(folder) if row["view"].startswith("lateral")]
    if not rows:
        raise ValueError(f"{folder} holds no laterals")
    return {ct: [row for row in rows if row["ct"] == ct] for ct in sorted({row["ct"] for row in rows})}


def judged(
    rows: list[dict[str, str]],
    folder: Path,
    work: Path,
    name: str,
    known: ship.Held,
    blend: float,
) -> Judged:
    """What run `name` says of films; `known` sets calibration, threshold and angle line."""
    films = [data.squeezed(read_grey(str(folder / row["file"])), SIZE) for row in rows]
    read = evaluate.predict(crossval.network(work, name, crossval.Which()), films)
    how = ship.calibration(known, blend)
    p = ship.probability(read.score(blend), how)
    return Judged(
        np.abs([float(row["yaw_deg"]) for row in rows]),
        read.score(blend),
        read,
        ship.corrected(read, ship.angle_correction(known.sim, known.sim_yaw)),
        p,
        p >= ship.thresholds(known, blend, how)["warn"],
    )


def joined(parts: list[Judged]) -> Judged:
    """Films of several CTs as those of one."""

    def column(name: str, of: list[Any]) -> NDArray[Any]:
        return np.concatenate([getattr(one, name) for one in of])

    reads = [part.read for part in parts]
    read = Read(*(column(f.name, reads) for f in fields(Read)))
    return Judged(**{f.name: column(f.name, parts) for f in fields(Judged) if f.name != "read"}, read=read)


def figures(found: Judged, projections: list[str], cts: list[str] | None = None) -> dict[str, Any]:
    """AUC, angle, ECE and what `warn` does; intervals by projection, or by CT and projection where `cts` are given."""
    truth = found.yaw > 10
    return {
        **evaluate.simulated_figures(found.score, found.angle, found.yaw, projections, cts),
        "mae_raw_deg": round(float(np.abs(found.read.angle - found.yaw).mean()), 3),
        "ece": round(metrics.ece(truth, found.p), 4),
        "sensitivity_over_10": round(float(found.called[truth].mean()), 3),
        "specificity_under_10": round(float((~found.called[~truth]).mean()), 3),
        "specificity_under_5": round(float((~found.called[found.yaw < 5]).mean()), 3),
    }


def main() -> None:
    """Judge and print."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--plain", type=Path, required=True)
    ap.add_argument("--sets", type=Path, action="append", required=True)
    ap.add_argument("--radiographs", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--out", type=Path, help="JSON")
    args = ap.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(2)
    sets, reals = data.simulated(args.sets), data.real(args.radiographs)
    held, order = crossval.held(sets, reals, args.work, crossval.Which())
    blend = ship.choose_blend(crossval.without_test_folds(held, reals))
    chosen = crossval.surely_graded(held, reals)
    ct_of = np.array([f.ct for f in order])
    run_of = {ct: name for name in rounds(set(ct_of)) for ct in left_out(name)}
    by_ct = laterals(args.plain)
    found, parts = {}, {}
    for ct, rows in by_ct.items():
        others = ct_of != ct
        known = replace(chosen, sim=held.sim.part(others), sim_yaw=held.sim_yaw[others])
        found[ct] = judged(rows, args.plain, args.work, run_of[ct], known, blend)
        parts[ct] = [row["projection"] for row in rows]
    told = {ct: figures(found[ct], parts[ct]) for ct in by_ct}
    told["pooled"] = figures(
        joined(list(found.values())),
        [p for ct in by_ct for p in parts[ct]],
        [ct for ct in by_ct for _ in parts[ct]],
    )
    print(json.dumps(told, indent=1))
    if args.out is not None:
        kept.write_json(args.out, told)


if __name__ == "__main__":
    main()
