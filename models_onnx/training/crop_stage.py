"""The stages ``crop_frontal`` and ``crop_lateral`` of a manifest, calibrated on validation films: half of the ieee
patients (natural cut-offs), the 8 % validation share of NIH, JSRT and Kermany (windows), the real laterals of folds
0-2, and the simulated films of the CTs kept for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import export, free_cts, manifest_file, sources, trials
from models_onnx.training.fitting import edge_threshold, fit, thresholds, validated
from models_onnx.training.shipped import Shipped, calibrated
from models_onnx.training.trials import Trial

COMMAND = "python -m models_onnx.training.evaluate_shipped --data ../shared/data"
RECIPE = "models_onnx/training: python -m models_onnx.training.build"

# Real laterals show less lung than a CT knows of; the program will see real ones. (Calibration and named edges.)
REAL_FIRST = (1.0, 0.25)
CROP_LIMITS = [
    "edges are those of the collimated field as it is found: lung behind a blade that is not seen is missed",
    "opaque lungs and small children are harder",
    "cuts shallower than about 1 % of the film are borderline",
]
SIMULATED_LIMITS = ["trained on simulated laterals only; judged on 27 real ones"]
LATERAL_LIMITS = ["trained on simulated laterals and 14 real ones; judged on 13 others"]
LICENCE = "weights Apache-2.0; no film under a non-commercial licence was trained on; JSRT asks for citation"
LICENCE_REAL = (
    "also learnt from 14 real laterals, most under CC BY-NC-SA (non-commercial); JSRT asks for citation"
)
REAL_DATA = (
    "14 real laterals of the ieee8023 collection and Open-i (folds 0-2; mostly CC BY-NC-SA, some unstated), in the last"
    " 500 steps"
)
LEARNT_FROM = (
    "the lung network has learnt from real laterals: calibrate with --out-of-fold, else on its own films"
)

Row = tuple[Trial, dict[str, np.ndarray]]


def run(shipped: Shipped, model: str, found: Iterable[Trial], right: bool = False) -> list[Row]:
    """Raw outputs of `model` on every trial; pictures are dropped to save memory. right: films are set right before."""
    rows = []
    for trial in found:
        outputs = {
            k: np.asarray(v, np.float64).reshape(-1)
            for k, v in (
                shipped.raw(model, shipped.set_right(trial.image))
                if right
                else shipped.seen(model, trial.image)
            ).items()
            if "mask" not in k
        }
        rows.append(
            (
                Trial(
                    np.zeros((1, 1), np.uint8),
                    trial.group,
                    trial.patient,
                    trial.source,
                    trial.cut,
                    trial.edges,
                    trial.labels,
                    trial.file,
                ),
                outputs,
            )
        )
    return rows


def lateral_rows(shipped: Shipped, data: Path, validation: bool) -> list[Row]:
    """Rows of the real laterals of the validation folds, or of the others."""
    wanted = [
        t for t in trials.lateral_windows(data) if (t.labels["fold"] in trials.VALIDATION_FOLDS) == validation
    ]
    return run(shipped, "lungs", wanted)


def rows_out_of_fold(path: Path) -> list[Row]:
    """Rows that `real_laterals out-of-fold` wrote."""
    rows = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        edges = [np.nan if e is None else e for e in row["edges"]]
        trial = Trial(
            np.zeros((1, 1), np.uint8),
            "lateral windows",
            row["patient"],
            "lateral",
            row["cut"],
            (edges[0], edges[1], edges[2], edges[3]),
            {"fold": row["fold"]},
        )
        names = ("lateral_any_logit", "lateral_edges_logits")
        rows.append((trial, {name: np.asarray(row[name], np.float64).reshape(-1) for name in names}))
    return rows


def crop_stage(
    view: str, groups: Mapping[str, list[Row]], specificity: float, weights: Sequence[float] = ()
) -> dict[str, Any]:
    """One crop stage from validation rows in named groups (natural, windows, simulated)."""
    score, edges = f"{view}_any_logit", f"{view}_edges_logits"
    known = [[r for r in rows if r[0].cut in (0.0, 1.0)] for rows in groups.values()]
    logits = [
        (np.array([t.cut for t, _ in rows]), np.array([o[score][0] for _, o in rows])) for rows in known
    ]
    calibration = fit(logits, weights)
    edge_logits = []
    for rows in groups.values():
        truth, value = (
            np.array([t.edges for t, _ in rows]).ravel(),
            np.array([o[edges] for _, o in rows]).ravel(),
        )
        edge_logits.append((truth[~np.isnan(truth)], value[~np.isnan(truth)]))
    edge_calibration = fit(edge_logits, weights)
    probabilities = [(t, calibrated(z, calibration)) for t, z in logits]
    chosen = thresholds(probabilities, specificity, specificity - 0.1)
    told = [
        (np.array([t.edges for t, _ in rows]), np.array([o[edges] for _, o in rows]), p)
        for rows, (_, p) in zip(known, probabilities, strict=True)
    ]
    # Edges are named of films that warn or are unsure; which of them are cut is asked where that is known of all four.
    cut = [
        (truth[asked], calibrated(logits[asked], edge_calibration))
        for truth, logits, p in told
        for asked in [(np.nanmax(truth, 1) == 1) & ~np.isnan(truth).any(1) & (p >= chosen["unsure_from"])]
    ]
    return {
        "name": f"crop_{view}",
        "kind": "crop",
        "model": "lungs",
        "reads": {"score": score, "edges": edges, "mask": "lung_mask_logits", "beyond": "lung_beyond"},
        "activation": "sigmoid",
        "calibration": calibration,
        "edge_calibration": edge_calibration,
        "thresholds": {**chosen, "edge": edge_threshold(cut, weights)},
        "when": {"projection": view},
        "provenance": {
            "validation": validated(dict(zip(groups, probabilities, strict=True)), chosen),
            "command": COMMAND,
        },
    }


def stages(shipped: Shipped, data: Path, render: Path, out_of_fold: Path | None) -> list[dict[str, Any]]:
    """Both stages.

    out_of_fold: real laterals' outputs by networks that never saw their fold; needed where the lung network learnt
        from the validation folds.

    Raises SystemExit where it did, as its entry of the manifest says, and none are given.
    """
    told = shipped.manifest["models"]["lungs"].get("provenance", {}) if out_of_fold is None else {}
    if REAL_DATA in told.get("data", ()):
        raise SystemExit(LEARNT_FROM)
    natural = run(shipped, "lungs", trials.natural(data, "val"))
    frontal = run(shipped, "lungs", trials.frontal_windows(data, "val", 3))
    simulated = run(shipped, "lungs", trials.render_windows(render, "val"))
    real = rows_out_of_fold(out_of_fold) if out_of_fold else lateral_rows(shipped, data, True)
    return [
        {**crop_stage("frontal", {"natural": natural, "windows": frontal}, 0.95), "limits": CROP_LIMITS},
        {
            **crop_stage(
                "lateral", {"windows of real films": real, "simulated": simulated}, 0.95, REAL_FIRST
            ),
            "limits": LATERAL_LIMITS if out_of_fold else SIMULATED_LIMITS,
        },
    ]


def learnt_from_real(training: dict[str, Any], supposed: bool) -> bool:
    """Whether the lung network learnt from real laterals: as its weights say, `supposed` where they are of before."""
    told = training.get("learnt")
    return supposed if told is None else bool(told["real_films"])


def entry(out: Path, training: dict[str, Any], render: Path, real: bool) -> dict[str, Any]:
    """The manifest's entry of `out`/lungs.onnx. real: whether it is supposed to have learnt from real laterals.

    Raises SystemExit where the weights say that it did and no outputs out of fold are at hand to calibrate with.
    """
    supposed, real = real, learnt_from_real(training, real)
    if real and not supposed:
        raise SystemExit(LEARNT_FROM)
    provenance = {
        "recipe": RECIPE,
        "data": [*export.DATA, *free_cts.told(sources.learnt_cts(render)), *([REAL_DATA] if real else [])],
        "seed": 1,
        "licence": LICENCE_REAL if real else LICENCE,
        "training": training,
    }
    return export.entry(out / "lungs.onnx", export.LUNGS_OUT, provenance)


def renew(out: Path, data: Path, render: Path, out_of_fold: Path | None) -> None:
    """Renew the entries of lungs.onnx and of both stages in `out`/manifest.json; nothing else."""
    training = json.loads((out / "export.json").read_text(encoding="utf-8"))["lungs"]
    with manifest_file.changed(out / "manifest.json") as manifest:
        manifest["models"]["lungs"] = entry(out, training, render, out_of_fold is not None)
        made = {stage["name"]: stage for stage in stages(Shipped(out, manifest), data, render, out_of_fold)}
        manifest["stages"] = [made.get(stage["name"], stage) for stage in manifest["stages"]]
    for stage in made.values():
        print(stage["name"], stage["calibration"], stage["thresholds"], stage["provenance"]["validation"])
