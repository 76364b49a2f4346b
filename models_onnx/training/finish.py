"""Last step of training: refit the small heads on what the finished networks see.

`python -m models_onnx.training.finish --data ../shared/data --work DIR --render DIR --lungs NAME --gates NAME`

While a network still learns, its heads chase a moving target. Here the networks (their moving averages) stand
still: mask logits of fresh windows are computed once, then the edge readers are trained on them to the end; the
same for the mirror head of the gates, on upside-down frontals. Writes NAME_finished.pt beside the checkpoints.
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

from models_onnx.training import augment, train_gates, train_lungs, windows
from models_onnx.training.gates import Gates
from models_onnx.training.lungs import EdgeReader
from models_onnx.training.train_lungs import Parts


@torch.no_grad()
def see(parts: Parts, stream: train_lungs.Stream, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mask logits (N, 1, 64, 64), cuts (N, 4) and projection (N,) of `count` windows of `stream`."""
    parts.eval()
    samples = iter(stream)
    logits, cuts, laterals = [], [], []
    for _ in range(0, count, 24):
        batch = [next(samples) for _ in range(24)]
        film = torch.stack([b[0] for b in batch]).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            found = parts.field(film)
        logits.append(found.float())
        cuts.append(torch.stack([b[3] for b in batch]))
        laterals.append(torch.stack([b[4] for b in batch]))
    return torch.cat(logits), torch.cat(cuts), torch.cat(laterals)


def fit_reader(logits: Tensor, cut: Tensor, reader: EdgeReader, epochs: int = 30) -> float:
    """Train `reader` in place; gives the last epoch's loss."""
    optimiser = torch.optim.AdamW(reader.parameters(), lr=2e-3, weight_decay=2e-2)
    steps = epochs * (len(logits) // 64 + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    reader.train()
    losses: list[float] = []
    for _ in range(epochs):
        losses = []
        for chosen in torch.randperm(len(logits)).split(64):
            # The masks' certainty varies between films and sites; the reader must not lean on it.
            scale = torch.exp(torch.randn(len(chosen), 1, 1, 1) * 0.15)
            loss = train_lungs.edge_loss(reader, logits[chosen] * scale, cut[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
    reader.eval()
    return float(np.mean(losses))


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
            batch += [train_lungs.to_input(train_gates.turned(image, 2, mirror)) for mirror in (False, True)]
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
    ap.add_argument("--lungs", help="checkpoint to finish; left out: none")
    ap.add_argument("--gates", help="checkpoint to finish; left out: none")
    ap.add_argument("--windows", type=int, default=3000, help="windows for the readers")
    ap.add_argument("--films", type=int, default=1200, help="films for the mirror head, each seen twice")
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(11)
    cv2.setNumThreads(1)
    if args.lungs:
        kept = torch.load(args.work / f"{args.lungs}.pt", weights_only=False)
        parts = Parts()
        parts.load_state_dict(kept["ema"])
        parts.eval().to(memory_format=torch.channels_last)
        before = train_lungs.judge(parts, args.data, args.work)
        stream = train_lungs.Stream(args.work, args.data, args.render, 424242, 0.5)
        logits, cut, lateral = see(parts, stream, args.windows)
        side = lateral > 0.5
        parts.frontal, parts.lateral = EdgeReader(), EdgeReader()
        parts.eval()
        losses = [
            fit_reader(logits[~side], cut[~side], parts.frontal),
            fit_reader(logits[side], cut[side], parts.lateral),
        ]
        after = train_lungs.judge(parts, args.data, args.work)
        print(json.dumps({"lungs": losses, "before": before, "after": after}), flush=True)
        torch.save({**kept, "ema": parts.state_dict()}, args.work / f"{args.lungs}_finished.pt")
    if args.gates:
        kept = torch.load(args.work / f"{args.gates}.pt", weights_only=False)
        gates = Gates()
        gates.load_state_dict(kept["ema"])
        gates.eval().to(memory_format=torch.channels_last)
        maps, labels = places(gates, train_gates.Stream(args.work, args.data, args.render, 5), args.films)
        loss = fit_mirror(maps, labels, gates.mirror)
        print(json.dumps({"mirror": loss, **train_gates.judge(gates, args.data, args.work, 120)}), flush=True)
        torch.save({**kept, "ema": gates.state_dict()}, args.work / f"{args.gates}_finished.pt")


if __name__ == "__main__":
    main()
