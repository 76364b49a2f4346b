"""The paper's table of a trained cascade, in PyTorch: later models only on films whose projection was right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models_onnx.training.paper.features import extract, folder_of
from models_onnx.training.paper.films import TASKS, Sample, read_samples
from models_onnx.training.paper.networks import BACKBONES
from models_onnx.training.paper.train import _probabilities, load_trained
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.resampling import bootstrap


def table(work: Path, network: nn.Module, labels: Path, part: str | None = "test") -> dict[str, Any]:
    """Figures of the four models on one part of a labels file (None: on all of it).

    Args:
        network: the backbone with the weights that the heads were trained on.
    """
    settings, trained, heads = load_trained(work)
    samples = [s for s in read_samples(labels) if part is None or s.split == part]
    if not samples:
        raise ValueError(f"{labels} has no films of the part {part!r}")
    backbone = BACKBONES[settings.backbone]
    folder = folder_of(work, backbone, settings.weights, settings.bf16)
    store, keys = extract(backbone, network, [(s, 0) for s in samples], folder, settings.bf16)
    maps = torch.from_numpy(store.read(keys))
    scores = {task.name: _probabilities(heads[task.name], maps) for task in TASKS}
    right = _projection_right(samples, scores["projection"] >= trained["projection"]["threshold"])
    made = {}
    for task in TASKS:
        labelled = np.array([task.label(s.film) is not None for s in samples])
        chosen = labelled if task.branch is None else labelled & right
        truth = np.array([float(task.label(s.film) or 0) for s in samples])[chosen]
        patients = [s.film.patient for s, kept in zip(samples, chosen, strict=True) if kept]
        if truth.size:
            made[task.name] = _row(
                truth, scores[task.name][chosen], patients, trained[task.name]["threshold"]
            )
            made[task.name]["left_out_by_projection"] = int(labelled.sum() - chosen.sum())
    return made


def _projection_right(samples: list[Sample], lateral: np.ndarray) -> np.ndarray:
    truth = [TASKS[0].label(s.film) for s in samples]
    return np.array([t is None or bool(t) == bool(p) for t, p in zip(truth, lateral, strict=True)])


def _row(truth: np.ndarray, score: np.ndarray, patients: list[str], threshold: float) -> dict[str, Any]:
    made = m.confusion(truth, score, threshold)

    def figures(i: np.ndarray) -> dict[str, float]:
        return {"auc": m.auc(truth[i], score[i]), "f1": m.confusion(truth[i], score[i], threshold).f1}

    found = bootstrap(patients, figures, 500)
    called, keys = score >= threshold, np.asarray(patients, dtype=object)
    precision = m.proportion(truth[called], None, keys[called])
    recall = m.proportion(called[truth == 1], None, keys[truth == 1])
    return {
        "films": int(truth.size),
        "positives": int(truth.sum()),
        "auc": [found["auc"].value, found["auc"].low, found["auc"].high],
        "precision": [precision.value, precision.low, precision.high],
        "recall": [recall.value, recall.low, recall.high],
        "f1": [found["f1"].value, found["f1"].low, found["f1"].high],
        "log_loss": m.log_loss(truth, score),
        "confusion": {"tp": made.tp, "fp": made.fp, "fn": made.fn, "tn": made.tn},
        "threshold": threshold,
    }
