"""Last step of training the gates: refit the mirror head on the finished network.

`python -m models_onnx.training.finish --data ../shared/data --work DIR --render DIR --gates NAME`

While a network still learns, its heads chase a moving target. Here it (its moving average) stands still: feature maps
of upside-down frontals, mirrored and not, are computed once and the head is trained on them to the end (validation
accuracy 0.958 -> 0.975). Writes NAME_finished.pt beside the checkpoint. The same was tried with the edge readers of
the lung network on 2,400 fresh windows and was no better (real laterals, validation AUC 0.960 against 0.973).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_onnx.training import augment, kept, train_gates, train_lungs, trials, windows
from models_onnx.training.gates import Gates
from models_onnx.training.loop import use_threads


@torch.no_grad()
def places(gates: Gates, stream: train_gates.Stream, count: int) -> tuple[Tensor, Tensor]:
    """Feature maps of frontals upside down, each mirrored and not, and which."""
    gates.eval()
    rng = np.random.default_rng(5)
    maps, labels = [], []
    for _ in range(0, count, 12):
        batch = []
        for _ in range(12):
            film, mask = stream.pick("frontal", rng)
            area = windows.choose(mask, rng, 0.15) if rng.random() < 0.5 else (0.0, 0.0, 1.0, 1.0)
            cut = windows.take(film, mask, area, float(rng.normal(0, 0.05)), rng)
            image = augment.film_look(cut.image, cut.lung, rng, 0.7)
            batch += [train_lungs.to_input(trials.turned(image, 2, mirror)) for mirror in (False, True)]
        x = torch.from_numpy(np.stack(batch))[:, None].to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            seen = gates.backbone(gates.grey(x))
        maps.append(seen.to(torch.float16).contiguous())
        labels.append(torch.tensor([0.0, 1.0] * 12))
    return torch.cat(maps), torch.cat(labels)


def fit_mirror(maps: Tensor, labels: Tensor, head: nn.Module, epochs: int = 12) -> float:
    """Train the mirror head in place."""
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=5e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    head.train()
    losses: list[float] = []
    for _ in range(epochs):
        losses = []
        for chosen in torch.randperm(len(labels)).split(64):
            loss = F.binary_cross_entropy_with_logits(head(maps[chosen].float())[:, 0], labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        schedule.step()
    head.eval()
    return float(np.mean(losses))


def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path, required=True)
    ap.add_argument("--gates", required=True, help="name of the checkpoint to finish")
    ap.add_argument("--films", type=int, default=1200, help="films for the mirror head, each seen twice")
    ap.add_argument("--threads", type=int)
    args = ap.parse_args()
    use_threads(args.threads)
    torch.manual_seed(11)
    cv2.setNumThreads(1)
    state = torch.load(args.work / f"{args.gates}.pt", weights_only=False)
    gates = Gates()
    gates.load_state_dict(state["ema"])
    gates.eval().to(memory_format=torch.channels_last)
    maps, labels = places(gates, train_gates.Stream(args.work, args.data, args.render, 5), args.films)
    loss = fit_mirror(maps, labels, gates.mirror)
    print(json.dumps({"mirror": loss, **train_gates.judge(gates, args.data, args.work, 120)}), flush=True)
    state["ema"] = gates.state_dict()
    kept.written(args.work / f"{args.gates}_finished.pt", lambda handle: torch.save(state, handle))


if __name__ == "__main__":
    main()
