"""Trains the four heads on the frozen backbone's maps; thresholds by Youden's index on the validation films."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models_onnx.training import kept
from models_onnx.training.paper.features import extract, folder_of
from models_onnx.training.paper.films import TASKS, Sample, Task, read_samples
from models_onnx.training.paper.networks import BACKBONES, Head
from models_onnx.training.paper.weights import prepared
from workstation.services.evaluation import metrics as m

SETTINGS, HEADS = "settings.json", "heads.pt"


@dataclass(frozen=True)
class Settings:
    """Everything that made a set of heads. `weights` is the SHA-256 of the backbone's file, or ``random``."""

    backbone: str
    weights: str
    weights_file: str
    labels: str
    dense: tuple[int, ...] = (256, 128, 64)
    pooling: str = "flatten"
    maps_per_film: int = 2
    epochs: int = 40
    seed: int = 1
    bf16: bool = False

    @property
    def recipe(self) -> str:
        dense = ", ".join(str(units) for units in self.dense)
        return f"{self.backbone} frozen, {self.pooling}, dense {dense}, sigmoid; 244x244; Youden; seed {self.seed}"


def wanted_maps(samples: Sequence[Sample], maps_per_film: int, seed: int) -> list[tuple[Sample, int]]:
    """(film, variant): training films `maps_per_film` times (once: every second one augmented), others as they are."""
    made = []
    order = np.random.default_rng(seed).permutation(len(samples))
    for place, sample in zip(order, samples, strict=True):
        if sample.split == "train":
            variants = range(maps_per_film) if maps_per_film > 1 else (int(place) % 2,)
            made += [(sample, variant) for variant in variants]
        else:
            made.append((sample, 0))
    return made


def _probabilities(head: Head, maps: torch.Tensor) -> np.ndarray:
    head.eval()
    with torch.inference_mode():
        parts = [head(part.float())[:, 0] for part in maps.split(64)]
    return torch.sigmoid(torch.cat(parts)).double().numpy()


def train_head(
    head: Head, maps: torch.Tensor, truth: np.ndarray, train: np.ndarray, epochs: int, seed: int
) -> Head:
    """Adam on the balanced cross-entropy; the epoch of the best log loss on the films left out is kept.

    Args:
        maps: (n, C, s, s) float16; truth: (n,) 0/1; train: (n,) bool, the rest validates.
    """
    generator = torch.Generator().manual_seed(seed)
    y = torch.from_numpy(truth).float()
    share = float(truth[train].mean())
    weight = torch.where(y > 0, 0.5 / max(share, 1e-3), 0.5 / max(1 - share, 1e-3))
    optimiser = torch.optim.Adam(head.parameters(), lr=1e-4, weight_decay=1e-5)
    places = torch.from_numpy(np.nonzero(train)[0])
    best, kept, patience = math.inf, copy.deepcopy(head.state_dict()), 0
    for _ in range(epochs):
        head.train()
        for batch in places[torch.randperm(len(places), generator=generator)].split(32):
            loss = nn.functional.binary_cross_entropy_with_logits(
                head(maps[batch].float())[:, 0], y[batch], weight=weight[batch]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        judged = ~train if (~train).any() else train
        held = m.log_loss(
            truth[judged], _probabilities(head, maps[torch.from_numpy(judged)]), weight.numpy()[judged]
        )
        if held < best - 1e-4:
            best, kept, patience = held, copy.deepcopy(head.state_dict()), 0
        else:
            patience += 1
            if patience >= 8:
                break
    head.load_state_dict(kept)
    return head.eval()


def train(
    labels: Path, work: Path, backbone_name: str, weights: Path | None, fetch: bool, settings: dict[str, Any]
) -> dict[str, Any]:
    """Train all four heads and write them to `work`. Returns the thresholds and validation figures by task.

    Args:
        settings: dense, pooling, maps_per_film, epochs, seed, bf16, minutes (of map extraction, or None).

    Raises:
        WeightsUnusable: no usable ImageNet weights.
        ValueError: a task lacks films of a class.
    """
    backbone = BACKBONES[backbone_name]
    seed = int(settings["seed"])
    network, digest = prepared(backbone, weights, fetch, work / "weights", seed)
    made = Settings(
        backbone=backbone_name,
        weights=digest,
        weights_file="" if weights is None else weights.name,
        labels=labels.name,
        dense=tuple(settings["dense"]),
        pooling=settings["pooling"],
        maps_per_film=settings["maps_per_film"],
        epochs=settings["epochs"],
        seed=seed,
        bf16=settings["bf16"],
    )
    samples = [s for s in read_samples(labels) if s.split != "test"]
    for task in TASKS:
        known = [label for s in samples if s.split == "train" and (label := task.label(s.film)) is not None]
        if len(set(known)) < 2:
            raise ValueError(
                f"{task.name}: training films of both classes are needed; {labels} has {len(known)}"
            )
    wanted = wanted_maps(samples, made.maps_per_film, seed)
    folder = folder_of(work, backbone, digest, made.bf16)
    store, keys = extract(backbone, network, wanted, folder, made.bf16, settings["minutes"])
    there = [i for i, key in enumerate(keys) if key in store]
    wanted, keys = [wanted[i] for i in there], [keys[i] for i in there]
    found: dict[str, Any] = {}
    heads: dict[str, Any] = {}
    for task in TASKS:
        heads[task.name], found[task.name] = _train_task(task, wanted, keys, store.read, made)
        print(f"{task.name}: {found[task.name]}", flush=True)
    record = {"settings": asdict(made), "recipe": made.recipe, "tasks": found}
    (work / SETTINGS).unlink(missing_ok=True)  # never the heads of one run beside the thresholds of another
    kept.written(work / HEADS, lambda handle: torch.save(heads, handle))
    kept.write_json(work / SETTINGS, record)
    return found


def _train_task(
    task: Task, wanted: Sequence[tuple[Sample, int]], keys: Sequence[str], read: Any, made: Settings
) -> tuple[dict[str, Any], dict[str, Any]]:
    labels = [task.label(sample.film) for sample, _ in wanted]
    chosen = [i for i, label in enumerate(labels) if label is not None]
    maps = torch.from_numpy(read([keys[i] for i in chosen]))
    if made.pooling == "average":  # once, not every epoch; the head's own average then changes nothing
        maps = maps.float().mean((2, 3), keepdim=True)
    truth = np.array([labels[i] for i in chosen], np.float64)
    training = np.array([wanted[i][0].split == "train" for i in chosen])
    torch.manual_seed(made.seed)
    backbone = BACKBONES[made.backbone]
    head = Head(backbone.channels, backbone.side, made.dense, made.pooling)
    head = train_head(head, maps, truth, training, made.epochs, made.seed)
    held = ~training
    judged = held if 0 < truth[held].sum() < held.sum() else training
    p = _probabilities(head, maps[torch.from_numpy(judged)])
    return head.state_dict(), {
        "threshold": m.youden(truth[judged], p),
        "threshold_from": "validation"
        if judged is held
        else "training (no validation films of both classes)",
        "training_films": int(training.sum()),
        "validation_films": int(held.sum()),
        "validation_auc": m.auc(truth[judged], p),
        "validation_log_loss": m.log_loss(truth[judged], p),
    }


def load_trained(work: Path) -> tuple[Settings, dict[str, Any], dict[str, Head]]:
    """Settings, figures and heads of a trained `work` folder.

    Raises:
        FileNotFoundError: nothing was trained there.
    """
    if not (work / SETTINGS).is_file() or not (work / HEADS).is_file():
        raise FileNotFoundError(f"{work} holds no trained heads; run `train` first")
    record = json.loads((work / SETTINGS).read_text(encoding="utf-8"))
    settings = Settings(**{**record["settings"], "dense": tuple(record["settings"]["dense"])})
    backbone = BACKBONES[settings.backbone]
    heads = {}
    for name, state in torch.load(work / HEADS, weights_only=True).items():
        heads[name] = Head(backbone.channels, backbone.side, settings.dense, settings.pooling)
        heads[name].load_state_dict(state)
        heads[name].eval()
    return settings, record["tasks"], heads
