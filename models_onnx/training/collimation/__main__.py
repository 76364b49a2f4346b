"""The field network, step by step: ``train``, ``export`` (ONNX, manifest entry), ``judge`` (figures)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from models_onnx.training.loop import use_threads

from . import export, judge, train

STEPS = 2800


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.collimation", description=__doc__)
    parser.add_argument("step", choices=["train", "export", "judge"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="train, export: caches, checkpoint")
    parser.add_argument("--render", type=Path, help="a set of simulated films")
    parser.add_argument("--out", type=Path, default=Path("models_onnx"), help="export: the cascade's folder")
    parser.add_argument("--cascade", type=Path, default=Path("models_onnx"), help="judge: the cascade")
    parser.add_argument("--split", choices=["val", "test"], default="val", help="judge: which films")
    parser.add_argument("--result", type=Path, help="judge: the figures, JSON")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    use_threads(args.threads)
    if args.step == "judge":
        text = json.dumps(judge.judge(args.cascade, args.data, args.split, args.render), indent=1)
        if args.result is not None:
            args.result.write_text(text + "\n", encoding="utf-8")
        print(text)
        return
    if args.work is None or args.render is None:
        parser.error(f"{args.step} needs --work and --render")
    network = train.train(args.data, args.work, args.render, args.steps, args.seed)
    if args.step == "export":
        export.export(network, args.data, args.work, args.out, args.render, args.seed)


if __name__ == "__main__":
    main()
