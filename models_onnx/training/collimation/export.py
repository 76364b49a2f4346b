"""The field network as ONNX, and its entries of the manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models_onnx.training import cache, free_cts, kept, manifest_file, onnx_file, sources
from models_onnx.training import export as others
from models_onnx.training.learnt import briefly
from models_onnx.training.train_lungs import shrink, to_input

from . import films
from .network import COUNT, FieldNet, FieldShipped

FILE, MODEL = "field.onnx", "field"
OUTPUTS = {
    "exposed_columns": ([1, COUNT], "logits: columns from left to right lie within the collimated field"),
    "exposed_rows": ([1, COUNT], "logits: rows from top to bottom lie within the collimated field"),
}
LIMITS = [
    "learnt from blades drawn over films: straight ones, to within 5 degrees of the film's borders",
    "bands under 2 % of the side are taken for frames (cut away where they are of one grey, else left); so are bands "
    "it is not sure of",
    "a round or many-sided field is taken for the rectangle around it",
]


def stage(steps: int) -> dict[str, Any]:
    """The manifest's ``collimation``."""
    return {
        "model": MODEL,
        "reads": {"columns": "exposed_columns", "rows": "exposed_rows"},
        "limits": LIMITS,
        "provenance": {
            "command": "python -m models_onnx.training.collimation judge --data ../shared/data",
            "steps": steps,
        },
    }


def export(network: FieldNet, data: Path, work: Path, out: Path, render: Path, seed: int) -> None:
    """Write `out`/field.onnx and, for `calibrate`, `out`/field.json; renew a manifest that is there.

    Raises:
        SystemExit: ONNX and PyTorch differ by 1e-4 or more.
    """
    out.mkdir(parents=True, exist_ok=True)
    pictures = [cache.read_grey(r.file) for r in films.frontals(data, "val")[:8]]
    batch = np.stack([to_input(shrink(p)) for p in pictures])[:, None].astype(np.float32)
    shipped, path = FieldShipped(network).eval(), out / FILE
    onnx_file.write(shipped, torch.from_numpy(batch[:1]), path, OUTPUTS)
    worst = onnx_file.largest_difference(shipped, path, list(OUTPUTS), batch)
    if worst >= 1e-4:
        raise SystemExit(f"field: ONNX differs from PyTorch by {worst}")
    state = torch.load(work / "field.pt", weights_only=False, map_location="cpu")
    provenance = {
        "recipe": "models_onnx/training: python -m models_onnx.training.build",
        "data": [
            d for d in [*others.DATA, *free_cts.told(sources.learnt_cts(render))] if "ImageNet" not in d
        ],
        "seed": seed,
        "licence": "weights Apache-2.0; no film under a non-commercial licence was trained on; JSRT asks for citation",
        "training": {
            "onnx_minus_torch": worst,
            "bytes": path.stat().st_size,
            "steps": state["step"],
            "train_seconds": round(state["spent"]),
            **({"learnt": briefly(state["learnt"])} if "learnt" in state else {}),
        },
    }
    made = {"model": others.entry(path, OUTPUTS, provenance), "collimation": stage(state["step"])}
    kept.write_json(out / "field.json", made)
    renew(out)
    print(json.dumps(provenance["training"]))


@dataclass(frozen=True)
class Parts:
    """What a manifest says of the field network: an entry of ``models``, and the key ``collimation``."""

    models: dict[str, Any]
    top: dict[str, Any]


def parts(out: Path) -> Parts:
    """As `export` left them in `out`/field.json; empty where it has not run."""
    path = out / "field.json"
    if not path.exists():
        return Parts({}, {})
    made = json.loads(path.read_text(encoding="utf-8"))
    return Parts({MODEL: made["model"]}, {"collimation": made["collimation"]})


def renew(out: Path) -> None:
    """Put them into `out`/manifest.json, where there is one; nothing else is touched."""
    path, found = out / "manifest.json", parts(out)
    if path.exists():
        with manifest_file.changed(path) as content:
            stages = content.pop("stages")
            content |= {"models": content["models"] | found.models, **found.top, "stages": stages}
