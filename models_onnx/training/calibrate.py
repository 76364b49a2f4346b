"""Exported networks -> manifest.json: calibration and thresholds from validation films, provenance, limits.

`python -m models_onnx.training.calibrate --data ../shared/data --render DIR --work DIR --out models_onnx
[--extra DIR ...]`

Validation is: half of the ieee patients (natural cut-offs and all gates), the 8 % validation share of NIH,
JSRT and Kermany (windows), the real laterals of folds 0-2, and the simulated films of the CTs kept for it.
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import (
    body_stage,
    crop_stage,
    export,
    free_cts,
    kept,
    manifest_file,
    sources,
    trials,
)
from models_onnx.training.collimation import export as collimation
from models_onnx.training.crop_stage import COMMAND, Row, run
from models_onnx.training.fitting import Group, fit, thresholds, validated
from models_onnx.training.gates import ORIENTATION_CLASSES
from models_onnx.training.shipped import Shipped, calibrated

LICENCE = "Apache-2.0; what each network learnt from, and under which licences, stands in its provenance"
ORIENTATION_LIMIT = (
    "a mirrored film that stands upright is not reported; mirrored or not is told by the heart, so a patient with "
    "dextrocardia may be called either; of laterals only the turn is told"
)


PROJECTION = {"warn": 0.7, "unsure_from": 0.3}
PROJECTION_REASON = "set by hand about the middle; what they do on validation stands beside"


def gate_stages(chests: list[Row]) -> list[dict[str, Any]]:
    """Polarity, orientation and projection from validation rows: chests in all turns and both polarities."""
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
    return [
        {
            **_gate("polarity", (inverted, pp), thresholds([(inverted, pp)], 0.998, 0.99, 0.8)),
            "reads": {"score": "polarity_logit"},
            "calibration": polarity,
            "limits": [],
        },
        {
            **_gate(
                "orientation",
                (turned, 1 - upright),
                thresholds([(turned, 1 - upright)], 0.998, 0.99, 0.8),
                calibration="temperatures of the turn and mirror heads, within the ONNX graph (`export`)",
            ),
            "reads": {"score": "orientation_logits"},
            "calibration": {"method": "none"},
            "activation": "softmax",
            "classes": [dict(c) for c in ORIENTATION_CLASSES],
            "limits": [ORIENTATION_LIMIT],
        },
        {
            **_gate(
                "projection",
                (lateral[plain], calibrated(projection_z[plain], projection)),
                PROJECTION,
                thresholds=PROJECTION_REASON,
            ),
            "reads": {"score": "projection_logit"},
            "calibration": projection,
            "limits": ["oblique films are not known to it"],
        },
    ]


def _gate(name: str, group: Group, chosen: dict[str, float], **told: str) -> dict[str, Any]:
    """What the gates' stages share. told: further provenance."""
    return {
        "name": name,
        "kind": name,
        "model": "gates",
        "activation": "sigmoid",
        "when": {},
        "thresholds": dict(chosen),
        "provenance": {"validation": validated({"chests": group}, chosen), **told, "command": COMMAND},
    }


def all_stages(manifest: dict[str, Any], args: argparse.Namespace) -> list[dict[str, Any]]:
    """Every stage of gates and lungs, in the manifest's order. `manifest` names the models; its stages are replaced."""
    shipped = Shipped(args.out, manifest)
    found = gate_stages(run(shipped, "gates", trials.gate_trials(args.data, "val", args.render)))
    manifest["stages"] = found
    body = body_stage.stage(shipped, args.work, args.data, args.render)
    return [body, *found, *crop_stage.stages(shipped, args.data, args.render, args.out_of_fold)]


def again(args: argparse.Namespace) -> None:
    """Calibrate the gates and the lung network of `args.out` again, and name the cascade `args.version`; networks and
    other stages stay as they are."""
    with manifest_file.changed(args.out / "manifest.json") as manifest:
        others = [s for s in manifest["stages"] if s["model"] not in ("gates", "lungs")]
        manifest["stages"] = [*all_stages(manifest, args), *others]
        manifest |= {
            "version": args.version,
            "created": datetime.date.today().isoformat(),
            "licence": LICENCE,
        }
    tell(manifest)


def tell(manifest: dict[str, Any]) -> None:
    """What was chosen, on the console."""
    for stage in manifest["stages"]:
        print(
            stage["name"],
            stage.get("calibration"),
            stage["thresholds"],
            stage.get("provenance", {}).get("validation"),
        )


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
        "--only",
        choices=("body_part", "lungs"),
        help="renew this stage, or the lung network's two, in the manifest in --out and nothing else",
    )
    ap.add_argument(
        "--again",
        action="store_true",
        help="the cascade in --out keeps its networks; calibration and thresholds of gates and lungs are made anew",
    )
    ap.add_argument("--version", default="0.11.1")
    args = ap.parse_args()
    if args.only == "body_part":
        body_stage.renew(args.out, args.work, args.data, args.render)
        return
    if args.only == "lungs":
        crop_stage.renew(args.out, args.data, args.render, args.out_of_fold)
        return
    if args.again:
        again(args)
        return
    made = json.loads((args.out / "export.json").read_text(encoding="utf-8"))
    branch = json.loads((args.out / "body_part.json").read_text(encoding="utf-8"))
    simulated = free_cts.told(sources.learnt_cts(args.render))
    provenance = {
        "recipe": crop_stage.RECIPE,
        "data": [*export.DATA, *simulated, *body_stage.learnt_from(args.work)],
        "seed": 1,
        "licence": crop_stage.LICENCE,
        "training": made["gates"] | {"body_part": branch, "bytes": branch["bytes"]},
    }
    models = {
        "gates": export.entry(args.out / "gates.onnx", export.GATES_OUT, provenance),
        "lungs": crop_stage.entry(args.out, made["lungs"], args.render, args.out_of_fold is not None),
    }
    found = collimation.parts(args.out)
    models |= found.models
    manifest: dict[str, Any] = {"schema": 1, "models": models, "stages": [], **found.top}
    stages = all_stages(manifest, args)
    for part in args.extra:
        extra = json.loads(part.read_text(encoding="utf-8"))
        models[extra["stage"]["model"]] = extra["model"]
        stages.append(extra["stage"])
    manifest = {
        "schema": 1,
        "name": "cxr-cascade",
        "version": args.version,
        "summary": "Gates (body part, polarity, orientation), projection, collimated field, lung-field cut-offs"
        + (" with edges and contour, rotation of laterals" if args.extra else " with edges and contour")
        + ". A quality-control aid, not for diagnosis.",
        "licence": LICENCE,
        "created": datetime.date.today().isoformat(),
        "models": models,
        **found.top,
        "stages": stages,
    }
    kept.write_json(args.out / "manifest.json", manifest)
    tell(manifest)


if __name__ == "__main__":
    main()
