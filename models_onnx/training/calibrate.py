"""Exported networks -> manifest.json: calibration and thresholds from validation films, provenance, limits.

`python -m models_onnx.training.calibrate --data ../shared/data --render DIR --work DIR --out models_onnx
[--extra DIR ...]`

Validation is: half of the ieee patients (natural cut-offs and all gates), the 8 % validation share of NIH,
JSRT and Kermany (windows), the real laterals of folds 0-2, and the simulated films of one CT not trained on.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import body_stage, export, metrics, trials
from models_onnx.training.fitting import fit, thresholds
from models_onnx.training.gates import ORIENTATION_CLASSES
from models_onnx.training.shipped import Shipped, calibrated
from models_onnx.training.trials import Trial

COMMAND = "python -m models_onnx.training.evaluate_shipped --data ../shared/data"

# Real laterals show less lung than a CT knows of; the program will see real ones.
REAL_FIRST = (1.0, 0.25)
ORIENTATION_LIMIT = (
    "a mirrored film that stands upright is not reported; mirrored or not is told by the heart, so a lateral "
    "upside down, or a patient with dextrocardia, may be called either"
)
CROP_LIMITS = [
    "edges are those of the picture: lung hidden by a collimator blade inside the picture may be missed",
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

Row = tuple[Trial, dict[str, np.ndarray]]


def run(shipped: Shipped, model: str, found: Iterable[Trial]) -> list[Row]:
    """Raw outputs of `model` on every trial; pictures are dropped to save memory."""
    rows = []
    for trial in found:
        outputs = {
            k: np.asarray(v, np.float64).reshape(-1)
            for k, v in shipped.raw(model, trial.image).items()
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
    view: str, groups: list[list[Row]], specificity: float, weights: Sequence[float] = ()
) -> dict[str, Any]:
    """One crop stage from validation rows in groups (natural, windows, simulated)."""
    score, edges = f"{view}_any_logit", f"{view}_edges_logits"
    known = [[r for r in rows if r[0].cut in (0.0, 1.0)] for rows in groups]
    logits = [
        (np.array([t.cut for t, _ in rows]), np.array([o[score][0] for _, o in rows])) for rows in known
    ]
    calibration = fit(logits, weights)
    edge_logits = []
    for rows in groups:
        truth, value = (
            np.array([t.edges for t, _ in rows]).ravel(),
            np.array([o[edges] for _, o in rows]).ravel(),
        )
        edge_logits.append((truth[~np.isnan(truth)], value[~np.isnan(truth)]))
    probabilities = [(t, calibrated(z, calibration)) for t, z in logits]
    chosen = thresholds(probabilities, specificity, specificity - 0.1, weights=weights)
    return {
        "name": f"crop_{view}",
        "kind": "crop",
        "model": "lungs",
        "reads": {"score": score, "edges": edges, "mask": "lung_mask_logits", "beyond": "lung_beyond"},
        "activation": "sigmoid",
        "calibration": calibration,
        "edge_calibration": fit(edge_logits, weights),
        "thresholds": {**chosen, "edge": 0.5},
        "when": {"projection": view},
        "provenance": {
            "validation": {
                "auc": [round(metrics.auc(t, p), 4) for t, p in probabilities],
                "ece": [round(metrics.ece(t, p), 4) for t, p in probabilities],
                "films": [len(t) for t, _ in probabilities],
            },
            "command": COMMAND,
        },
    }


def gate_stages(chests: list[Row], body: dict[str, Any]) -> list[dict[str, Any]]:
    """`body` (see `body_stage.stage`), then polarity, orientation and projection from validation rows."""
    inverted = np.array([t.labels["inverted"] for t, _ in chests])
    polarity = fit([(inverted, np.array([o["polarity_logit"][0] for _, o in chests]))])
    polarity["temperature"] = max(polarity["temperature"], 1.0)
    lateral = np.array([t.labels["lateral"] for t, _ in chests])
    projection_z = np.array([o["projection_logit"][0] for _, o in chests])
    plain = np.array([t.labels["inverted"] == 0 and t.labels["turn"] == 0 for t, _ in chests])
    projection = fit([(lateral[plain], projection_z[plain])])
    projection["temperature"] = max(projection["temperature"], 1.0)
    pp = calibrated(np.array([o["polarity_logit"][0] for _, o in chests]), polarity)
    upright = np.array(
        [np.exp(o["orientation_logits"][0]) / np.exp(o["orientation_logits"]).sum() for _, o in chests]
    )
    turned = np.array([float(t.labels["turn"] != 0) for t, _ in chests])
    common = {"activation": "sigmoid", "model": "gates", "when": {}}
    validation = {"command": COMMAND}
    return [
        body,
        {
            "name": "polarity",
            "kind": "polarity",
            "reads": {"score": "polarity_logit"},
            "calibration": polarity,
            "thresholds": thresholds([(inverted, pp)], 0.998, 0.99, 0.8),
            **common,
            "limits": [],
            "provenance": {
                "validation": {"auc": round(metrics.auc(inverted, pp), 4), "films": len(pp)},
                **validation,
            },
        },
        {
            "name": "orientation",
            "kind": "orientation",
            "reads": {"score": "orientation_logits"},
            "calibration": {"method": "none"},
            "thresholds": thresholds([(turned, 1 - upright)], 0.998, 0.99, 0.8),
            **common,
            "activation": "softmax",
            "classes": [dict(c) for c in ORIENTATION_CLASSES],
            "limits": [ORIENTATION_LIMIT],
            "provenance": {
                "validation": {"auc": round(metrics.auc(turned, 1 - upright), 4), "films": len(turned)},
                **validation,
            },
        },
        {
            "name": "projection",
            "kind": "projection",
            "reads": {"score": "projection_logit"},
            "calibration": projection,
            "thresholds": {"warn": 0.7, "unsure_from": 0.3},
            **common,
            "limits": ["oblique films are not known to it"],
            "provenance": {
                "validation": {
                    "auc": round(metrics.auc(lateral[plain], projection_z[plain]), 4),
                    "films": int(plain.sum()),
                },
                **validation,
            },
        },
    ]


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--render", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True, help="folder with gates.onnx, lungs.onnx, export.json")
    ap.add_argument(
        "--extra",
        type=Path,
        nargs="*",
        default=[],
        help="manifest parts of other models (rotation_stage.json)",
    )
    ap.add_argument(
        "--out-of-fold",
        type=Path,
        help="real laterals' outputs by networks that never saw their fold (real_laterals_oof.json); needed where the"
        " lung network learnt from the validation folds",
    )
    ap.add_argument(
        "--work",
        type=Path,
        required=True,
        help="scratch folder with pictures/ and elsewhere/ (what is no chest)",
    )
    ap.add_argument(
        "--only", choices=("body_part",), help="renew this stage of the manifest in --out and nothing else"
    )
    ap.add_argument("--version", default="0.8.0")
    args = ap.parse_args()
    if args.only:
        body_stage.renew(args.out, args.work)
        return
    made = json.loads((args.out / "export.json").read_text(encoding="utf-8"))
    branch = json.loads((args.out / "body_part.json").read_text(encoding="utf-8"))
    recipe = "models_onnx/training: python -m models_onnx.training.build"

    def extra_data(name: str) -> list[str]:
        return body_stage.data(args.work) if name == "gates" else [REAL_DATA] if args.out_of_fold else []

    models = {
        name: export.entry(
            args.out / f"{name}.onnx",
            outputs,
            {
                "recipe": recipe,
                "data": [*export.DATA, *extra_data(name)],
                "seed": 1,
                "licence": LICENCE_REAL if name == "lungs" and args.out_of_fold else LICENCE,
                "training": made[name]
                | ({"body_part": branch, "bytes": branch["bytes"]} if name == "gates" else {}),
            },
        )
        for name, outputs in (("gates", export.GATES_OUT), ("lungs", export.LUNGS_OUT))
    }
    manifest: dict[str, Any] = {"schema": 1, "models": models, "stages": []}
    shipped = Shipped(args.out, manifest)
    chests = run(shipped, "gates", trials.gate_trials(args.data, "val", args.render))
    stages = gate_stages(chests, body_stage.stage(args.work))
    natural = run(shipped, "lungs", trials.natural(args.data, "val"))
    frontal = run(shipped, "lungs", trials.frontal_windows(args.data, "val", 3))
    simulated = run(shipped, "lungs", trials.render_windows(args.render, "val"))
    real = rows_out_of_fold(args.out_of_fold) if args.out_of_fold else lateral_rows(shipped, args.data, True)
    stages.append(
        {
            **crop_stage("frontal", [natural, frontal], 0.95),
            "limits": CROP_LIMITS,
        }
    )
    stages.append(
        {
            **crop_stage("lateral", [real, simulated], 0.95, REAL_FIRST),
            "limits": LATERAL_LIMITS if args.out_of_fold else SIMULATED_LIMITS,
        }
    )
    for part in args.extra:
        found = json.loads(part.read_text(encoding="utf-8"))
        models[found["stage"]["model"]] = found["model"]
        stages.append(found["stage"])
    manifest = {
        "schema": 1,
        "name": "cxr-cascade",
        "version": args.version,
        "summary": "Gates (body part, polarity, orientation), projection, lung-field cut-offs with edges and contour"
        + (", rotation of laterals" if args.extra else "")
        + ". A quality-control aid, not for diagnosis.",
        "licence": "Apache-2.0",
        "created": datetime.date.today().isoformat(),
        "models": models,
        "stages": stages,
    }
    (args.out / "manifest.json").write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for stage in stages:
        print(
            stage["name"],
            stage.get("calibration"),
            stage["thresholds"],
            stage.get("provenance", {}).get("validation"),
        )


if __name__ == "__main__":
    main()
