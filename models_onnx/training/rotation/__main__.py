"""The rotation recipe, step by step or whole; every step is seeded and takes up where it stopped.

``python -m models_onnx.training.rotation all --sets DIR [--sets DIR] --radiographs DIR --work DIR --out models_onnx``
``features`` (frozen half, random views) -> ``train`` (one network a left-out CT, then all) -> ``evaluate`` -> ``ship``.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch

from models_onnx.training.backbones import fetch_weights

from . import crossval, data, features, ship
from .train import Recipe, train

LOG = logging.getLogger("rotation")
COPIES, REAL_COPIES = 5, 30


def main() -> None:
    """Parse and run the steps asked for."""
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.rotation", description=__doc__)
    parser.add_argument("step", nargs="+", choices=["features", "train", "evaluate", "ship", "all"])
    parser.add_argument("--sets", type=Path, action="append", required=True, help="rendered set (repeatable)")
    parser.add_argument(
        "--radiographs", type=Path, required=True, help="folder with lateral.csv and lateral/"
    )
    parser.add_argument("--work", type=Path, required=True, help="weights, features, checkpoints, figures")
    parser.add_argument("--out", type=Path, default=Path("models_onnx"))
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--real-steps", type=int, default=crossval.REAL_STEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="which of how many shares")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cv2.setNumThreads(1)
    wanted = ["features", "train", "evaluate", "ship"] if "all" in args.step else args.step
    weights = fetch_weights(args.work / "weights")
    films, reals = data.simulated(args.sets), data.real(args.radiographs)
    held_films = films[::2]  # one of the two looks of each projection is enough to judge by
    bank = args.work / "bank"
    runs = args.work / "runs"
    names = [*sorted({f.ct for f in films}), crossval.ALL]
    recipe = Recipe(steps=args.steps, seed=args.seed)
    tuned = Recipe(steps=args.real_steps, rate=3e-4, seed=args.seed, real_share=0.33)

    for step in wanted:
        started = time.monotonic()
        if step == "features":
            features.bank(reals, 0, bank / "real_whole", weights)
            features.bank(reals, REAL_COPIES, bank / "real", weights)
            features.bank(films, COPIES, bank / "sim", weights, part=tuple(args.part))
            features.bank(held_films, 0, bank / "sim_whole", weights, part=tuple(args.part))
        elif step == "train":
            rows = features.load_bank(bank / "sim")
            for name in names:
                train(films, rows, recipe, weights, runs / f"{name}.pt", left_out=name)
            crossval.train_all(
                films, rows, reals, features.load_bank(bank / "real"), tuned, weights, runs, names
            )
        elif step == "evaluate":
            whole = features.load_bank(bank / "sim_whole"), features.load_bank(bank / "real_whole")
            figures = crossval.judge(held_films, reals, whole, weights, runs, names)
            ship.write_json(args.work / "figures.json", figures)
            print(json.dumps(figures["summary"], indent=1))
        else:
            whole = features.load_bank(bank / "sim_whole"), features.load_bank(bank / "real_whole")
            choice = json.loads((args.work / "figures.json").read_text())["summary"]["choice"]
            held = crossval.held(held_films, reals, whole, weights, runs, names, choice)
            how = ship.calibration(held)
            limits = ship.thresholds(held, how)
            correction = ship.angle_correction(held)
            network = crossval.load(
                weights, runs / (f"{crossval.ALL}.pt" if choice == "simulated" else "real_all.pt")
            )
            torch.set_num_threads(1)
            probe = np.stack([data.network_input(r.pixels) for r in reals[:8]])[:, None]
            path = args.out / "rotation_lateral.onnx"
            worst = ship.export([network], path, probe, correction)
            if worst > 1e-4:
                raise SystemExit(f"ONNX differs from PyTorch by {worst:.2e}")
            figures = crossval.shipped_figures(held, how, limits, correction) | {
                "onnx_difference": worst,
                "onnx_mb": round(path.stat().st_size / 1e6, 2),
                "trained_on": "simulated films"
                if choice == "simulated"
                else "simulated and 27 graded real films",
                "recipe": asdict(recipe if choice == "simulated" else tuned),
            }
            ship.write_json(
                args.work / "rotation_stage.json", ship.entry(path, how, limits, figures, args.seed)
            )
            print(json.dumps(figures, indent=1))
        LOG.info("%s: %.0f s", step, time.monotonic() - started)


if __name__ == "__main__":
    main()
