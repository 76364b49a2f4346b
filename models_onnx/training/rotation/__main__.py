"""The rotation recipe, step by step or whole; every step is seeded and takes up where it stopped.

``python -m models_onnx.training.rotation all --sets DIR [--sets DIR] --radiographs DIR --work DIR --out models_onnx``
``train`` (runs that leave CTs out, see `rounds`, one on all; each with two seeds) -> ``adapt`` (each of them to
real films; those on all also without one fold at a time) -> ``evaluate`` (figures) -> ``ship`` (ONNX, manifest entry).
Each run takes one core; ``--only NAME --seeds N`` trains one of them, so that two can run side by side.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from models_onnx.training import kept
from models_onnx.training.backbones import fetch_weights
from models_onnx.training.loop import weights_digest

from . import crossval, data, readings, real, rounds, ship
from .train import Recipe, finished, learnt, load, notes, train

LOG = logging.getLogger("rotation")


def main() -> None:
    """Parse and run the steps asked for."""
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.rotation", description=__doc__)
    parser.add_argument("step", nargs="+", choices=["train", "adapt", "evaluate", "ship", "all"])
    parser.add_argument("--sets", type=Path, action="append", required=True, help="rendered set (repeatable)")
    parser.add_argument(
        "--radiographs", type=Path, required=True, help="folder with lateral.csv and lateral/"
    )
    parser.add_argument("--work", type=Path, required=True, help="weights, checkpoints, figures")
    parser.add_argument("--out", type=Path, default=Path("models_onnx"))
    parser.add_argument("--steps", type=int, default=Recipe().steps, help="of each of the reader's cycles")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=crossval.SEEDS, help="train, adapt: only these"
    )
    parser.add_argument("--ship", default=rounds.ALL, help="run to ship: 'none' (all CTs), or a left-out CT")
    parser.add_argument("--only", nargs="+", help="runs to train: CTs to leave out, joined by +, or 'none'")
    parser.add_argument(
        "--real-laterals",
        type=Path,
        help="real_laterals.npz (models_onnx.training.real_laterals masks); without it nothing real is learnt from",
    )
    parser.add_argument(
        "--without", type=int, nargs="*", help="adapt: only these folds left out, by run 'none'"
    )
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    wanted = ["train", "adapt", "evaluate", "ship"] if "all" in args.step else args.step
    if "adapt" in args.step and args.real_laterals is None:
        parser.error("adapt needs --real-laterals")
    which = crossval.Which(tuple(args.seeds), args.real_laterals is not None)
    weights = fetch_weights(args.work / "weights")
    films, reals = data.simulated(args.sets), data.real(args.radiographs)
    recipes = [Recipe(steps=args.steps, seed=seed) for seed in args.seeds]

    for step in wanted:
        started = time.monotonic()
        if step == "train":
            for name in args.only or [*rounds.rounds(f.ct for f in films), rounds.ALL]:
                for recipe in recipes:
                    folder = crossval.run(args.work, recipe.seed, name)
                    train(films, recipe, weights, folder, rounds.left_out(name))
            continue
        if step == "adapt":
            if args.real_laterals is not None:
                _adapt(args, films, reals)
            continue
        if not which.real and crossval.adapted(args.work, args.seeds[0], args.ship).exists():
            LOG.info("without --real-laterals: networks as they were before their steps on real films")
        held, order = crossval.held(films, reals, args.work, which, args.ship)
        blend = ship.choose_blend(crossval.without_test_folds(held, reals))
        chosen_on = crossval.surely_graded(held, reals)
        how = ship.calibration(chosen_on, blend)
        limits = ship.thresholds(chosen_on, blend, how)
        correction = ship.angle_correction(held.sim, held.sim_yaw)
        figures = crossval.figures(held, order, reals, blend, how, limits, correction)
        if step == "evaluate":
            figures["real_films"] = {
                r.file: [
                    r.grade,
                    *(round(float(v), 2) for v in (held.real.score(blend)[i], held.real.angle[i])),
                ]
                for i, r in enumerate(reals)
            }
            kept.write_json(args.work / "figures.json", figures)
            print(json.dumps(figures, indent=1))
        else:
            probe = np.stack([data.network_input(r.pixels) for r in reals[:8]])[:, None]
            path = args.out / "rotation_lateral.onnx"
            shipped = crossval.network(args.work, args.ship, which)
            noted = crossval.noted(args.work, args.ship, which)
            told = noted["learnt"] if noted else _of_before(args, films, reals)
            trained = crossval.run(args.work, which.seeds[0], args.ship)
            spread = crossval.spread(held, order)
            worst = ship.export(shipped, path, probe, blend, correction, spread)
            if worst > 1e-4:
                raise SystemExit(f"ONNX differs from PyTorch by {worst:.2e}")
            figures |= {
                "onnx_difference": worst,
                "onnx_mb": round(path.stat().st_size / 1e6, 2),
                "trained_on": "simulated films"
                + ("" if args.ship == rounds.ALL else f" of all CTs but {args.ship}"),
                "recipe": notes(trained)["recipe"] if finished(trained) else asdict(recipes[0]),
            }
            entries = ship.entry(path, how, limits, figures, which.seeds, told["cts"], told["real_films"])
            kept.write_json(args.work / "rotation_stage.json", entries)
            ship.put(entries, args.out / "manifest.json")
            print(json.dumps(figures["pooled"], indent=1))
        LOG.info("%s: %.0f s", step, time.monotonic() - started)


def _of_before(
    args: argparse.Namespace, films: list[data.Simulated], reals: list[data.Real]
) -> dict[str, Any]:
    """What networks that keep no notes have learnt, as these arguments would have it."""
    mine = _learnable(reals) if args.real_laterals is not None else []
    return learnt(0, films, rounds.left_out(args.ship), {r.file: r for r in mine})


def _learnable(reals: list[data.Real], without: int | None = None) -> list[data.Real]:
    """Real films that may be learnt from: of folds 0-2, and both readings agree."""
    agreed = readings.agreed(reals, readings.second_reading())
    return [r for r in agreed if r.fold in real.TRAIN_FOLDS and r.fold != without]


def _adapt(args: argparse.Namespace, films: list[data.Simulated], reals: list[data.Real]) -> None:
    masks = dict(zip((r.file for r in reals), np.load(args.real_laterals)["masks"], strict=True))
    every = [*rounds.rounds(f.ct for f in films), rounds.ALL]
    jobs: list[tuple[str, int | None]] = [(name, None) for name in args.only or every]
    if args.without is not None:
        jobs = [(rounds.ALL, fold) for fold in args.without]
    elif args.only is None:
        jobs += [(rounds.ALL, fold) for fold in real.TRAIN_FOLDS]
    for seed, (name, fold) in itertools.product(args.seeds, jobs):
        path = crossval.adapted(args.work, seed, name, fold)
        finder, reader = load(None, crossval.run(args.work, seed, name))
        mine = _learnable(reals, fold)
        shaped = real.as_films(mine, np.stack([masks[r.file] for r in mine]), [r.back for r in mine])
        how, left_out = real.Adaption(seed=seed), rounds.left_out(name)
        recipe = {
            **asdict(how),
            "films": data.digest(films),
            "left_out": sorted(left_out),
            "networks": [weights_digest(network.state_dict()) for network in (finder, reader)],
            "real": [
                [r.file, f"{r.separation_pct:.3f}", r.weight, kept.digest(masks[r.file].tobytes())]
                for r in mine
            ],
        }
        if path.exists() and kept.agrees(real.notes(path).get("recipe"), recipe, path):
            continue
        real.adapt(finder, reader, films, shaped, [r.weight for r in mine], how, left_out)
        told = learnt(seed, films, left_out, {r.file: r for r in mine})
        real.save(finder, reader, path, {"recipe": recipe, "learnt": told})


if __name__ == "__main__":
    main()
