"""PyTorch to ONNX: `gates.onnx` and `lungs.onnx`, each checked against PyTorch on real pictures (largest
difference < 1e-4)."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models_onnx.training import cache, kept, onnx_file, sources
from models_onnx.training.gates import Gates, GatesShipped
from models_onnx.training.learnt import briefly
from models_onnx.training.lungs import LungCascade
from models_onnx.training.train_gates import predict
from models_onnx.training.train_lungs import Parts, shrink, to_input

STEPS = [
    {"step": "squeeze", "height": 224, "width": 224},
    {"step": "percentile_stretch", "low": 0.5, "high": 99.5},
    {"step": "scale", "factor": 1.0 / 255.0},
]
INPUT = {"name": "film", "layout": "NCHW", "channels": 1, "height": 224, "width": 224, "dtype": "float32"}
DATA = [  # of gates and lungs, beside simulated films (`free_cts.told`)
    "NIH ChestX-ray14 (attribution)",
    "Kermany 2018 (CC BY 4.0)",
    "JSRT (free for research with citation)",
    "ImageNet weights of MobileNetV2 (MIT)",
]

GATES_OUT = {
    "body_part_logit": ([1, 1], "logit: not a chest"),
    "polarity_logit": ([1, 1], "logit: greyscale inverted"),
    "orientation_logits": ([1, 5], "log probabilities of the stage's five classes"),
    "projection_logit": ([1, 1], "logit: lateral"),
}
LUNGS_OUT = {
    "frontal_any_logit": ([1, 1], "logit: lung outside a frontal film"),
    "frontal_edges_logits": ([1, 4], "logits: left, right, top, bottom edge of a frontal film cuts the lung"),
    "lateral_any_logit": ([1, 1], "logit: lung outside a lateral film"),
    "lateral_edges_logits": ([1, 4], "logits: left, right, top, bottom edge of a lateral film cuts the lung"),
    "lung_mask_logits": ([1, 1, 112, 112], "lung field, logits, squeezed over the whole film"),
    "lung_beyond": (
        [1, 4],
        "lung beyond the left, right, top, bottom edge, fraction of that side, up to 0.071",
    ),
}


def entry(path: Path, outputs: dict[str, Any], provenance: dict[str, Any]) -> dict[str, Any]:
    """Manifest entry of one model."""
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "input": INPUT,
        "preprocessing": STEPS,
        "outputs": {name: {"shape": shape, "meaning": meaning} for name, (shape, meaning) in outputs.items()},
        "provenance": provenance,
    }


def orientation_temperatures(gates: Gates, data: Path, work: Path) -> tuple[float, float]:
    """Temperatures of the turn and mirror heads on the validation half of ieee: frontals in all turns; the mirror head
    is asked of those upside down alone."""
    records = [r for r in sources.read_frontal(data) if r.source == "ieee" and r.split == "val"]
    films, _ = cache.build(records, work / "cache", "gates_ieee_400")
    raws = [(predict(gates, films, t, m), t, m) for t, m in ((0, False), (2, False), (1, False), (2, True))]
    logits = torch.from_numpy(np.concatenate([r["turn"] for r, _, _ in raws]))
    truth = torch.from_numpy(np.concatenate([np.full(len(films), t) for _, t, _ in raws]))
    grid = np.geomspace(0.5, 4, 40)
    losses = [float(nn.functional.cross_entropy(logits / t, truth)) for t in grid]
    mirror = np.concatenate([r["mirror"][:, 0] for r, t, _ in raws if t == 2])
    mirrored = np.concatenate([np.full(len(films), float(m)) for _, t, m in raws if t == 2])
    z = [float(np.mean(np.logaddexp(0, mirror / t) - mirrored * mirror / t)) for t in grid]
    # Perfect validation would ask for endless sharpness; stay at or above 1.
    return max(1.0, float(grid[int(np.argmin(losses))])), max(1.0, float(grid[int(np.argmin(z))]))


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--gates", default="gates")
    ap.add_argument("--lungs", default="lungs")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--only", choices=("gates", "lungs"), help="leave the other network in --out as it is")
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    laterals, _ = cache.build(sources.read_lateral(args.data), args.work / "cache", "lateral")
    films = np.stack([to_input(shrink(f)) for f in laterals[:6]])[:, None]
    example = torch.from_numpy(films[:1])
    shipped: dict[str, tuple[nn.Module, dict[str, Any], dict[str, Any]]] = {}
    report: dict[str, Any] = {}
    if args.only:
        present = json.loads((args.out / "manifest.json").read_text(encoding="utf-8"))["models"]
        report = {
            name: model["provenance"]["training"]
            for name, model in present.items()
            if name != args.only and "training" in model["provenance"]
        }
    if args.only != "lungs":
        gates = Gates()
        state = torch.load(args.work / f"{args.gates}.pt", weights_only=False, map_location="cpu")
        gates.load_state_dict(state["ema"])
        gates.eval()
        turn, mirror = orientation_temperatures(gates, args.data, args.work)
        report["orientation_temperatures"] = [turn, mirror]
        shipped["gates"] = (GatesShipped(gates, turn, mirror), GATES_OUT, state)
    if args.only != "gates":
        parts = Parts()
        state = torch.load(args.work / f"{args.lungs}.pt", weights_only=False, map_location="cpu")
        parts.load_state_dict(state["ema"])
        parts.eval()
        shipped["lungs"] = (LungCascade(parts.field, parts.frontal, parts.lateral), LUNGS_OUT, state)
    for name, (model, outputs, state) in shipped.items():
        path = args.out / f"{name}.onnx"
        onnx_file.write(model.to(memory_format=torch.contiguous_format), example, path, outputs)
        worst = onnx_file.largest_difference(model, path, list(outputs), films)
        report[name] = {
            "onnx_minus_torch": worst,
            "bytes": path.stat().st_size,
            "steps": state["step"],
            "train_seconds": round(state["spent"]),
            # What the weights say they have learnt from; nothing where they are of before that was kept.
            **({"learnt": briefly(state["learnt"])} if "learnt" in state else {}),
        }
        if worst >= 1e-4:
            raise SystemExit(f"{name}: ONNX differs from PyTorch by {worst}")
    kept.write_json(args.out / "export.json", report)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
