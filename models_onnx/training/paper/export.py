"""Four ONNX files and a manifest that the program's own runtime loads."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models_onnx.training import onnx_file
from models_onnx.training.paper.films import TASKS, Task
from models_onnx.training.paper.networks import BACKBONES, SIDE, Classifier
from models_onnx.training.paper.train import Settings, load_trained

LICENCE = "Keras ImageNet weights: CC BY 4.0 (VGG), Apache-2.0 (ResNet152V2); heads: as the films they were trained on"
LIMITS = [
    "the paper's recipe, for comparison; not the shipped cascade",
    "the film is squeezed to a square; no unsure band, no edges, no angle",
]


def to_onnx(model: nn.Module, path: Path) -> None:
    """Write one classifier: input `film` (1, 3, 244, 244), output `logit` (1, 1)."""
    onnx_file.write(model, torch.zeros(1, 3, SIDE, SIDE), path, ["logit"])


def with_head(first: Path, model: Classifier, path: Path) -> bool:
    """Write `first` with the head of `model` in place of its own: the backbone need not be exported again.

    Returns:
        False, with nothing written, where the exporter did not keep the head's tensors by name.
    """
    import onnx
    from onnx import numpy_helper

    network = onnx.load(str(first))
    tensors = {tensor.name: tensor for tensor in network.graph.initializer}
    for name, value in model.head.state_dict().items():
        tensor = tensors.get(f"head.{name}")
        if tensor is None or tuple(tensor.dims) != tuple(value.shape):
            return False
        tensor.CopyFrom(numpy_helper.from_array(value.numpy(), tensor.name))
    onnx.save(network, str(path))
    return True


def _model_entry(path: Path, task: Task, settings: Settings) -> dict[str, Any]:
    backbone = BACKBONES[settings.backbone]
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "input": {
            "name": "film",
            "layout": "NCHW",
            "channels": 3,
            "height": SIDE,
            "width": SIDE,
            "dtype": "float32",
        },
        "preprocessing": backbone.steps,
        "outputs": {"logit": {"shape": [1, 1], "meaning": task.meaning}},
        "provenance": {
            "recipe": settings.recipe,
            "weights_sha256": settings.weights,
            "weights_file": settings.weights_file,
            "data": [settings.labels],
            "seed": settings.seed,
        },
    }


def _stage_entry(task: Task, figures: dict[str, Any]) -> dict[str, Any]:
    threshold = min(max(float(figures["threshold"]), 0.0), 1.0)
    made: dict[str, Any] = {
        "name": task.name,
        "kind": task.kind,
        "model": task.name,
        "reads": {"score": "logit"},
        "activation": "sigmoid",
        "calibration": {"method": "none"},
        # Youden's cut-off as the paper has it: no unsure band.
        "thresholds": {"warn": threshold, "unsure_from": threshold},
        "limits": LIMITS,
        "provenance": {"metrics": figures, "command": "python -m models_onnx.training.paper train"},
    }
    if task.branch is not None:
        made["when"] = {"projection": task.branch}
    return made


def export(work: Path, network: nn.Module, out: Path) -> Path:
    """Write the cascade of a trained `work` folder into `out` and return its manifest's path.

    Raises:
        FileNotFoundError: nothing was trained in `work`.
    """
    settings, figures, heads = load_trained(work)
    out.mkdir(parents=True, exist_ok=True)
    models = {}
    first = out / f"{TASKS[0].name}.onnx"
    for task in TASKS:
        path, model = out / f"{task.name}.onnx", Classifier(network, heads[task.name])
        if path == first or not with_head(first, model, path):
            to_onnx(model, path)
        models[task.name] = _model_entry(path, task, settings)
    manifest = {
        "schema": 1,
        "name": f"paper-{settings.backbone}",
        "version": "1",
        "summary": "The four classifiers of Borisov, Semenov and Arzamasov (2023), rebuilt for comparison.",
        "licence": LICENCE,
        "created": datetime.date.today().isoformat(),
        "models": models,
        "stages": [_stage_entry(task, figures[task.name]) for task in TASKS],
    }
    path = out / "manifest.json"
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return path
