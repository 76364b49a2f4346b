"""The body-part gate by kind of picture: `python -m models_onnx.training.gates_by_kind --data ../shared/data --work DIR
[--render DIR] [--cascade DIR ...] [--real] [--out FILE]`.

Chests by group (test films, real laterals, strongly cut, opaque) and everything else by kind (`body_sets`: held-out
simulated films, drawn ones from other seeds, packages of photographs that were never learnt from), each shown as it is,
turned or inverted, and set right before it is asked, as in the program. Several cascades are judged on the same
pictures. The few real pictures of other body parts (hip, limb, dog) are looked at only with `--real`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import body_sets, metrics, sources, trials
from models_onnx.training.crop_stage import run
from models_onnx.training.shipped import Shipped, calibrated
from models_onnx.training.trials import Trial


def chests(data: Path, render: Path | None) -> Iterator[Trial]:
    """Test films, real laterals, simulated films of the CTs kept for validation; cut and opaque ones."""
    yield from trials.gate_trials(data, "test", None)
    frontal = [r for r in sources.read_frontal(data) if r.split == "test"]
    yield from body_sets.cut_chests(frontal, 2)
    for record in sources.read_lateral(data):
        yield from body_sets.cut_laterals(record)
    if render:
        simulated = [r for r in sources.read_renders(render) if r.split == "val"][4::8]
        yield from body_sets.cut_chests(simulated, 1)


def others(work: Path, data: Path, split: str, each: int, seed: int) -> Iterator[Trial]:
    """`each` pictures of every kind that is no chest; a third inverted, half turned."""
    makers = body_sets.Others(work, data, split)
    for kind in makers.kinds():
        for number in range(each):
            rng = np.random.default_rng([seed, sources.share(kind), number])
            image = makers.one(kind, rng)
            if image is None:
                continue
            if rng.random() < 0.33:
                image = 255 - image
            if rng.random() < 0.5:
                image = trials.turned(image, int(rng.integers(1, 4)), rng.random() < 0.5)
            yield Trial(image, kind, f"{kind}-{number}", kind, labels={"chest": 0})


def name_of(trial: Trial) -> str:
    """The line of the table on which `trial` stands."""
    if trial.group != "gates":
        return trial.group
    view = "lateral, real" if trial.labels["lateral"] else f"frontal, {trial.source}"
    if trial.labels.get("inverted"):
        return f"{view}, inverted"
    return f"{view}, turned" if trial.labels.get("turn") else view


def judge(shipped: Shipped, found: list[Trial]) -> dict[str, Any]:
    """Accuracy by kind at the shipped threshold; AUC, ECE and specificity over all."""
    stage = shipped.stage("body_part")
    warn, unsure = stage["thresholds"]["warn"], stage["thresholds"]["unsure_from"]
    raw = [outputs["body_part_logit"][0] for _, outputs in run(shipped, "gates", found, right=True)]
    p = calibrated(raw, stage["calibration"])
    y = np.array([1 - t.labels["chest"] for t in found])
    groups = np.array([name_of(t) for t in found])
    out: dict[str, Any] = {"thresholds": [unsure, warn], "kinds": {}}
    for group in dict.fromkeys(groups):
        q, other = p[groups == group], bool(y[groups == group][0])
        at_least = {
            "films": len(q),
            "chest": not other,
            "right": round(float(((q >= warn) == other).mean()), 4),
            "unsure": round(float(((q >= unsure) & (q < warn)).mean()), 4),
        }
        if other:
            at_least["auc"] = round(metrics.auc(np.r_[y[y == 0], np.ones(len(q))], np.r_[p[y == 0], q]), 4)
        out["kinds"][group] = at_least
    # Each kind counts alike: how many pictures of it were made is our choice.
    means = {
        flag: [k["right"] for k in out["kinds"].values() if k["chest"] == flag] for flag in (True, False)
    }
    right = (p >= warn) == (y == 1)
    out["all"] = {
        "chests": int((y == 0).sum()),
        "others": int(y.sum()),
        "specificity": round(float(right[y == 0].mean()), 4),
        "sensitivity": round(float(right[y == 1].mean()), 4),
        "mean_of_kinds": [round(float(np.mean(v)), 4) if v else None for v in means.values()],
        "accuracy": round(float(right.mean()), 4),
        "auc": round(metrics.auc(y, p), 4),
        "ece": round(metrics.ece(y, p), 4),
    }
    return out


def real(shipped: Shipped, data: Path) -> dict[str, float]:
    """Probability of "not a chest" of the real hip, limb, dog and one chest: test, never learnt from."""
    stage = shipped.stage("body_part")
    rows = run(shipped, "gates", trials.dicom_trials(data), right=True)
    return {
        t.patient: round(float(calibrated(outputs["body_part_logit"][0], stage["calibration"])), 4)
        for t, outputs in rows
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path)
    ap.add_argument("--cascade", type=Path, nargs="+", default=[Path("models_onnx")])
    ap.add_argument("--each", type=int, default=80, help="pictures of each kind that is no chest")
    ap.add_argument("--real", action="store_true", help="look at the real hip, limb and dog, too")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    found = [*chests(args.data, args.render), *others(args.work, args.data, "test", args.each, 77001)]
    told: dict[str, Any] = {}
    for folder in args.cascade:
        shipped = Shipped(folder, threads=1)
        told[str(folder)] = judge(shipped, found)
        if args.real:
            told[str(folder)]["real"] = real(shipped, args.data)
    results = list(told.values())
    for group, first in results[0]["kinds"].items():
        cells = [f"{r['kinds'][group]['right']:.3f}" for r in results]
        print(
            f"| {'chest' if first['chest'] else 'other'} | {group} | {first['films']} | {' | '.join(cells)} |"
        )
    for folder, result in told.items():
        print(folder, json.dumps(result["all"]), json.dumps(result.get("real", {})))
    if args.out:
        args.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
