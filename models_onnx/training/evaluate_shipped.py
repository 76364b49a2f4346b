"""The card's figures: the shipped cascade on films that neither training nor calibration has seen.

`python -m models_onnx.training.evaluate_shipped --data ../shared/data [--render DIR] [--cascade DIR] [--out FILE]`

AUC with 95 % intervals by patient. Every test film is named by rule (see `sources`), so the figures can be had again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import kept, manifest_file, metrics, trials
from models_onnx.training.crop_stage import Row, lateral_rows, rows_out_of_fold, run
from models_onnx.training.fitting import balanced
from models_onnx.training.shipped import Shipped, calibrated
from models_onnx.training.sources import EDGES
from workstation.services.evaluation.metrics import ece_by_chance


def share(chosen: np.ndarray) -> float | None:
    """Mean of booleans, four digits; None of none."""
    return round(float(chosen.mean()), 4) if chosen.size else None


def binary(
    truth: Sequence[float],
    p: np.ndarray,
    patients: Sequence[str],
    warn: float,
    unsure_from: float | None = None,
) -> dict[str, Any]:
    """AUC with interval, figures at the shipped threshold, ECE; None where there is no film to tell one by.

    `unsure_from`: where "unsure" begins; then the share of films with the defect that are warned or unsure is told too.
    """
    y = np.asarray(truth, float)
    interval = metrics.by_patient(patients, lambda i: metrics.auc(y[i], p[i]), 500)
    chance = ece_by_chance(p)
    called = p >= warn
    unsure = {} if unsure_from is None else {"sensitivity_with_unsure": share(p[y == 1] >= unsure_from)}
    return {
        "films": len(y),
        "positive": int(y.sum()),
        "patients": len(set(patients)),
        "auc": metrics.told(metrics.auc(y, p)),
        "auc_ci": [metrics.told(v) for v in interval],
        "sensitivity": share(called[y == 1]),
        **unsure,
        "specificity": share(~called[y == 0]),
        "precision": share(y[called] == 1),
        "ece": round(metrics.ece(y, p), 4),
        # Probabilities are calibrated as if half of the films had the defect; many windows cut one side or another.
        "ece_if_half": round(metrics.ece(y, p, balanced(y)), 4),
        "ece_by_chance": [round(v, 4) for v in (chance.value, chance.low, chance.high)],
        "brier": round(float(np.mean((p - y) ** 2)), 4),
    }


def crop(shipped: Shipped, view: str, rows: list[Row]) -> dict[str, Any]:
    """Figures of one crop stage on `rows`."""
    stage = shipped.stage(f"crop_{view}")
    known = [r for r in rows if r[0].cut in (0.0, 1.0)]
    p = calibrated(np.array([o[stage["reads"]["score"]][0] for _, o in known]), stage["calibration"])
    edge_p = calibrated(np.array([o[stage["reads"]["edges"]] for _, o in known]), stage["edge_calibration"])
    truth = np.array([t.edges for t, _ in known])
    cut = np.array([t.cut for t, _ in known])
    warn, unsure_from = stage["thresholds"]["warn"], stage["thresholds"]["unsure_from"]
    caught = (cut == 1) & (p >= warn)
    answers = np.nan_to_num(truth, nan=0.0)
    worst_right = np.array([answers[i, edge_p[i].argmax()] == 1 for i in np.nonzero(caught)[0]])
    named = edge_p >= stage["thresholds"]["edge"]
    out = binary(cut.tolist(), p, [t.patient for t, _ in known], warn, unsure_from)
    out["right_edge_of_caught"] = share(worst_right)
    sure = ~np.isnan(truth)
    out["edge_accuracy"] = share((named == (truth == 1))[sure])
    out["edge_auc"] = metrics.told(metrics.auc(truth[sure], edge_p[sure]))
    out |= how_far(known)
    verge = [r for r in rows if r[0].cut == 0.5]
    if verge:
        q = calibrated(np.array([o[stage["reads"]["score"]][0] for _, o in verge]), stage["calibration"])
        out["borderline"] = {
            "films": len(verge),
            "warned": round(float((q >= warn).mean()), 3),
            "unsure": round(float(((q < warn) & (q >= unsure_from)).mean()), 3),
            "auc_against_whole": metrics.told(
                metrics.auc([0] * int((cut == 0).sum()) + [1] * len(q), np.concatenate([p[cut == 0], q]))
            ),
        }
    return out


REACH = 4 / 56  # of the side: the network's margin


def how_far(rows: list[Row]) -> dict[str, Any]:
    """Error of the lung told to lie beyond an edge that cuts it, in fractions of the side, where within reach."""
    pairs = [
        (t.labels[name], float(o["lung_beyond"].reshape(-1)[side]))
        for t, o in rows
        for side, name in enumerate(EDGES)
        if "lung_beyond" in o and t.edges[side] == 1 and 0 < t.labels.get(name, 0.0) <= REACH
    ]
    if not pairs:
        return {}
    truth, told = np.array(pairs).T
    error = told - truth
    return {
        "beyond": {
            "edges": len(pairs),
            "mae": round(float(np.abs(error).mean()), 4),
            "bias": round(float(error.mean()), 4),
        }
    }


def gates(shipped: Shipped, chests: list[Row], rows: list[Row], dicom: list[Row]) -> dict[str, Any]:
    """Figures of the gates and of the projection.

    rows, dicom: films set right, as "is it a chest?" sees them.
    """
    stages = {n: shipped.stage(n) for n in ("body_part", "polarity", "orientation", "projection")}
    y = np.array([1 - t.labels["chest"] for t, _ in rows])
    p = calibrated(np.array([o["body_part_logit"][0] for _, o in rows]), stages["body_part"]["calibration"])
    warn = stages["body_part"]["thresholds"]["warn"]
    out: dict[str, Any] = {"body_part": binary(y.tolist(), p, [t.patient for t, _ in rows], warn)}
    out["body_part"]["accuracy"] = round(float(((p >= warn) == (y == 1)).mean()), 4)
    out["body_part"]["dicom"] = {
        t.patient: round(float(calibrated(o["body_part_logit"][0], stages["body_part"]["calibration"])), 3)
        for t, o in dicom
    }
    inverted = np.array([t.labels["inverted"] for t, _ in chests])
    q = calibrated(np.array([o["polarity_logit"][0] for _, o in chests]), stages["polarity"]["calibration"])
    warn = stages["polarity"]["thresholds"]["warn"]
    out["polarity"] = {
        **binary(inverted.tolist(), q, [t.patient for t, _ in chests], warn),
        "accuracy": round(float(((q >= warn) == (inverted == 1)).mean()), 4),
    }
    turn = np.array([int(t.labels["turn"]) for t, _ in chests])
    five = np.array([o["orientation_logits"] for _, o in chests])
    five = np.exp(five) / np.exp(five).sum(1, keepdims=True)
    upright = five[:, 0]
    warn = stages["orientation"]["thresholds"]["warn"]
    suggested = np.where(1 - upright >= warn, 1 + five[:, 1:].argmax(1), 0)
    frontal = np.array([t.labels["lateral"] == 0 for t, _ in chests])
    plain_turn = np.where(turn == 4, 2, turn)
    out["orientation"] = {
        **binary((turn != 0).tolist(), 1 - upright, [t.patient for t, _ in chests], warn),
        "accuracy_five_classes_frontal": round(float((suggested == turn)[frontal].mean()), 4),
        "accuracy_by_class_frontal": [
            round(float((suggested == turn)[frontal & (turn == k)].mean()), 4) for k in range(5)
        ],
        "accuracy_quarter_turns_all": round(
            float((np.where(suggested == 4, 2, suggested) == plain_turn).mean()), 4
        ),
    }
    upright_rows = [r for r in chests if r[0].labels["turn"] == 0 and r[0].labels["inverted"] == 0]
    lateral = [t.labels["lateral"] for t, _ in upright_rows]
    z = calibrated(
        np.array([o["projection_logit"][0] for _, o in upright_rows]), stages["projection"]["calibration"]
    )
    out["projection"] = {
        **binary(
            lateral, z, [t.patient for t, _ in upright_rows], stages["projection"]["thresholds"]["warn"]
        ),
        "accuracy": round(float(((z >= 0.5) == (np.array(lateral) == 1)).mean()), 4),
    }
    return out


NATURAL, REAL = "natural, ieee test half", "windows, real, folds 3-4 (not calibrated with)"


def tell(cascade: Path, found: dict[str, Any]) -> None:
    """Write what the program's statistics need into the manifest: ``provenance.performance`` of each criterion.

    Rotation's were written when it was shipped (`rotation.ship`).
    """
    keys = ("films", "positive", "sensitivity", "specificity")
    with manifest_file.changed(cascade / "manifest.json") as manifest:
        for stage in manifest["stages"]:
            told = {"crop_frontal": NATURAL, "crop_lateral": REAL}.get(stage["name"])
            if told is None:
                continue
            figures = found[stage["name"]][told]
            unknown = [key for key in keys if figures[key] is None]
            if unknown:
                raise SystemExit(
                    f"{stage['name']}, {told}: no {' and no '.join(unknown)} to be told: films of both kinds are needed"
                )
            stage["provenance"]["performance"] = {**{k: figures[k] for k in keys}, "of": told}


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--render", type=Path)
    ap.add_argument("--cascade", type=Path, default=Path("models_onnx"))
    ap.add_argument("--out", type=Path)
    ap.add_argument(
        "--out-of-fold", type=Path, help="real_laterals_oof.json, where the network learnt from folds 0-2"
    )
    ap.add_argument(
        "--unseen",
        nargs="+",
        default=[],
        help="CTs in --render that this cascade's lungs never learnt from: judged one by one and together",
    )
    ap.add_argument("--tell", action="store_true", help="write sensitivity and specificity into the manifest")
    args = ap.parse_args()
    if args.unseen and not args.render:
        ap.error("--unseen needs --render")
    shipped = Shipped(args.cascade)
    found: dict[str, Any] = {"crop_frontal": {}, "crop_lateral": {}}
    found["crop_frontal"][NATURAL] = crop(
        shipped, "frontal", run(shipped, "lungs", trials.natural(args.data, "test"))
    )
    found["crop_frontal"]["windows, ieee test half"] = crop(
        shipped, "frontal", run(shipped, "lungs", trials.frontal_windows(args.data, "test", 2, ("ieee",)))
    )
    for source in ("nih", "jsrt", "kermany"):
        found["crop_frontal"][f"windows, {source} test share"] = crop(
            shipped, "frontal", run(shipped, "lungs", trials.frontal_windows(args.data, "test", 3, (source,)))
        )
    held = lateral_rows(shipped, args.data, False)
    found["crop_lateral"][REAL] = crop(shipped, "lateral", held)
    if args.out_of_fold:
        # The network has learnt from these films: judged by runs that had not, with the shipped calibration.
        apart = rows_out_of_fold(args.out_of_fold)
        found["crop_lateral"]["windows, real, folds 0-2, each by a network without it"] = crop(
            shipped, "lateral", apart
        )
        found["crop_lateral"]["windows, real, all 27, each by a network without it"] = crop(
            shipped, "lateral", held + apart
        )
    else:
        used = lateral_rows(shipped, args.data, True)
        found["crop_lateral"]["windows, real, all 27"] = crop(shipped, "lateral", held + used)
    if args.render:
        for split, name in (("test", "CT of the test"), ("val", "CTs of the validation")):
            rows = run(shipped, "lungs", trials.render_windows(args.render, split))
            if rows:
                found["crop_lateral"][f"windows, simulated, {name}"] = crop(shipped, "lateral", rows)
    unseen = {ct: run(shipped, "lungs", trials.ct_windows(args.render, ct)) for ct in args.unseen}
    for ct, rows in unseen.items():
        found["crop_lateral"][f"windows, simulated, {ct}"] = crop(shipped, "lateral", rows)
    if unseen:
        pooled = [row for rows in unseen.values() for row in rows]
        found["crop_lateral"]["windows, simulated, CTs never seen"] = crop(shipped, "lateral", pooled)
    asked = chain(trials.gate_trials(args.data, "test"), trials.drawn_trials(300, 77001))
    found["gates"] = gates(
        shipped,
        run(shipped, "gates", trials.gate_trials(args.data, "test")),
        run(shipped, "gates", asked, right=True),
        run(shipped, "gates", trials.dicom_trials(args.data), right=True),
    )
    print(json.dumps(found, indent=1))
    if args.tell:
        tell(args.cascade, found)
    if args.out:
        kept.write_json(args.out, found)


if __name__ == "__main__":
    main()
