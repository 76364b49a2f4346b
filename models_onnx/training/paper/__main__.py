"""`python -m models_onnx.training.paper windows | train | evaluate | export`; see the package's own text."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from models_onnx.training.paper import export, judge, windows
from models_onnx.training.paper.networks import BACKBONES
from models_onnx.training.paper.train import load_trained, train
from models_onnx.training.paper.weights import WeightsUnusable, prepared
from workstation.domain.errors import KnownError

FAILED = 1


def _add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--weights", type=Path, help="ImageNet weights: Keras .h5, .npz or .onnx (or the word random)"
    )
    parser.add_argument("--download", action="store_true", help="fetch Keras' published weights")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.paper")
    commands = parser.add_subparsers(dest="command", required=True)
    cut = commands.add_parser("windows", help="make training films and labels.csv from the films at hand")
    cut.add_argument("--data", type=Path, required=True)
    cut.add_argument("--renders", type=Path, help="simulated films (models_onnx.training.render)")
    cut.add_argument("--out", type=Path, required=True)
    for name, number in (("frontal", 900), ("frontal-val", 120), ("simulated", 900), ("simulated-val", 180)):
        cut.add_argument(f"--{name}", type=int, default=number)
    cut.add_argument("--seed", type=int, default=1)
    learn = commands.add_parser("train", help="train the four heads on the frozen backbone")
    learn.add_argument("--backbone", choices=tuple(BACKBONES), required=True)
    _add_weights(learn)
    learn.add_argument("--labels", type=Path, required=True)
    learn.add_argument("--work", type=Path, required=True)
    learn.add_argument("--dense", default="256,128,64", help="widths of the dense layers")
    learn.add_argument("--pooling", choices=("flatten", "average"), default="flatten")
    learn.add_argument("--maps-per-film", type=int, default=2, help="the film and its augmented variants")
    learn.add_argument("--epochs", type=int, default=40)
    learn.add_argument("--seed", type=int, default=1)
    learn.add_argument("--bf16", action="store_true", help="compute the maps in bfloat16")
    learn.add_argument("--minutes", type=float, help="compute maps for this long, train on what is there")
    test = commands.add_parser("evaluate", help="the paper's table on the films of a part")
    test.add_argument("--labels", type=Path, required=True)
    test.add_argument("--part", default="test", choices=("train", "val", "test", "all"))
    write = commands.add_parser("export", help="four ONNX files and manifest.json for the program")
    write.add_argument("--out", type=Path, required=True)
    for command in (test, write):
        command.add_argument("--work", type=Path, required=True)
        _add_weights(command)
    return parser


def _run(args: argparse.Namespace) -> None:
    if args.command == "windows":
        numbers = {n: getattr(args, n) for n in ("frontal", "frontal_val", "simulated", "simulated_val")}
        print(windows.write(args.data, args.renders, args.out, numbers, args.seed))
        return
    if args.command == "train":
        settings = {
            "dense": [int(units) for units in args.dense.split(",")],
            "pooling": args.pooling,
            "maps_per_film": args.maps_per_film,
            "epochs": args.epochs,
            "seed": args.seed,
            "bf16": args.bf16,
            "minutes": args.minutes,
        }
        train(args.labels, args.work, args.backbone, args.weights, args.download, settings)
        return
    settings, _, _ = load_trained(args.work)
    backbone = BACKBONES[settings.backbone]
    network, digest = prepared(backbone, args.weights, args.download, args.work / "weights", settings.seed)
    if digest != settings.weights:
        raise WeightsUnusable(f"the heads were trained on other weights ({settings.weights[:12]}...)")
    if args.command == "evaluate":
        part = None if args.part == "all" else args.part
        print(json.dumps(judge.table(args.work, network, args.labels, part), indent=1))
    else:
        print(export.export(args.work, network, args.out))


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 it could not be done (said on standard error), 2 misuse."""
    args = _parser().parse_args(argv)
    try:
        _run(args)
    except (KnownError, WeightsUnusable, FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
