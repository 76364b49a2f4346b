"""One command from the data folder to the shipped files, resumable.

`python -m models_onnx.training.build --data ../shared/data --work DIR [--out models_onnx]`

Steps that do not need each other run side by side, one a core (`--beside`); `build_steps` says what needs what. Each
step leaves a mark in DIR/build.json with its wall time and is not run again; a training step that was cut off goes on
from its checkpoint. What a step prints goes to DIR/logs. Seeds are fixed; figures of a rerun agree within their
intervals, not to the digit, since sums of several threads differ in the last bits.

The cascade is built in DIR/out. Only when it is whole, and the program's own runtime has opened it, does it go to
`--out`: what is shipped stays whole and in use until then.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from models_onnx.training import kept
from models_onnx.training.build_steps import Step, steps

Book = dict[str, dict[str, object]]


class StepFailed(Exception):
    """A step ended badly. The message names it and its log."""


def run_all(wanted: Sequence[Step], book: Path, beside: int, run: Callable[[Step], None]) -> Book:
    """Run every step after those it needs, at most `beside` at once, and keep what was done in `book` (JSON).

    A step that was done before with the same arguments is not run again, unless one that it needs was, now or in a run
    that failed since: the marks of all that is to be done go before anything runs.
    Raises StepFailed, after the steps that were running have ended; what ended well keeps its mark.
    """
    done: Book = json.loads(book.read_text(encoding="utf-8")) if book.exists() else {}
    todo = {step.name: step for step in wanted}
    fresh: set[str] = set()
    for step in wanted:  # in order: what a step needs comes before it
        if done.get(step.name, {}).get("arguments") == step.arguments and not fresh & set(step.needs):
            del todo[step.name]
            print(f"{step.name}: done before", flush=True)
        else:
            fresh.add(step.name)
    if done.keys() & fresh:
        done = {name: mark for name, mark in done.items() if name not in fresh}
        kept.write_json(book, done)
    failed: list[BaseException] = []
    running: dict[Future[float], Step] = {}
    with ThreadPoolExecutor(beside) as lanes:
        while running or (todo and not failed):
            ready = [s for s in todo.values() if not set(s.needs) & (todo.keys() | _names(running))]
            for step in ready[: 0 if failed else beside - len(running)]:
                print(f"{step.name}: {' '.join(step.arguments)}", flush=True)
                running[lanes.submit(_timed, run, todo.pop(step.name))] = step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                error = future.exception()
                if error is not None:
                    failed.append(error)
                    # Told at once: what still runs may take an hour.
                    print(f"{step.name}: failed: {error}", flush=True)
                    continue
                finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                seconds = round(future.result())
                done[step.name] = {"arguments": step.arguments, "seconds": seconds, "finished": finished}
                kept.write_json(book, done)
                print(f"{step.name}: {seconds} s", flush=True)
    if failed:
        raise failed[0]
    return done


def _names(running: Mapping[Future[float], Step]) -> set[str]:
    return {step.name for step in running.values()}


def _timed(run: Callable[[Step], None], step: Step) -> float:
    begin = time.monotonic()
    run(step)
    return time.monotonic() - begin


def as_process(logs: Path, threads: int) -> Callable[[Step], None]:
    """A function that runs a step as `python -m ...`, its output in `logs`."""
    logs.mkdir(parents=True, exist_ok=True)
    # Idle threads that spin cost more than they gain where cores are shared.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": str(threads)}

    def run(step: Step) -> None:
        path = logs / (step.name.replace(" ", "_").replace(",", "") + ".log")
        with path.open("ab") as log:
            ended = subprocess.run(
                [sys.executable, "-m", *step.arguments],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if ended.returncode:
            raise StepFailed(f"{step.name} ended with {ended.returncode}: see {path}, then start again")

    return run


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument(
        "--work", type=Path, required=True, help="scratch folder: caches, checkpoints, logs (about 4 GB)"
    )
    ap.add_argument(
        "--out",
        type=Path,
        default=Path("models_onnx"),
        help="where the finished cascade is put (built in WORK/out)",
    )
    ap.add_argument("--beside", type=int, default=os.cpu_count() or 1, help="steps side by side")
    args = ap.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    wanted = steps(args.data.resolve(), args.work.resolve(), args.out.resolve(), args.beside)
    threads = max(1, (os.cpu_count() or 1) // args.beside)
    try:
        run_all(wanted, args.work / "build.json", args.beside, as_process(args.work / "logs", threads))
    except StepFailed as error:
        raise SystemExit(str(error)) from error
    print(f"built into {args.out} in {(time.monotonic() - begin) / 60:.0f} min")


if __name__ == "__main__":
    main()
