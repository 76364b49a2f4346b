"""How long the cascade takes on one film: each model alone, then the whole, at given numbers of threads.

    python tests/benchmarks/bench_cascade.py [--cascade DIR] [--threads 1 2] [--rounds 30] [FILM]

Without a film a synthetic one of 3000 x 3000 pixels is used. Medians in milliseconds; nothing is asserted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from workstation.assets import models_dir
from workstation.domain.projection import Projection
from workstation.imaging.lut import presentation_image
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.runner import CascadeRunner, load_sessions
from workstation.services.reading import read_film


def median_ms(action: Callable[[], object], rounds: int) -> float:
    """Median wall time of `action`, after three runs that do not count."""
    spent = []
    for number in range(rounds + 3):
        start = time.perf_counter()
        action()
        if number >= 3:
            spent.append((time.perf_counter() - start) * 1e3)
    return statistics.median(spent)


def synthetic_film(side: int = 3000) -> npt.NDArray[np.uint8]:
    """A bright body with two dark lungs and grain, (side, side)."""
    y, x = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    lungs = ((np.abs(x - 0.5) - 0.22) / 0.15) ** 2 + ((y - 0.5) / 0.36) ** 2 < 1
    grain = np.random.default_rng(1).normal(0, 6, (side, side))
    return np.clip(np.where(lungs, 60, 170) + grain, 0, 255).astype(np.uint8)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("--cascade", type=Path, default=None)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, providers.thread_count()])
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    if arguments.film is not None:
        film = read_film(arguments.film)
        image = presentation_image(film.header.greyscale, film.pixels)
        rendering = median_ms(lambda: presentation_image(film.header.greyscale, film.pixels), 10)
        print(f"{arguments.film.name}: {image.shape[1]} x {image.shape[0]}; rendered in {rendering:.1f} ms")
    else:
        image = synthetic_film()
        print(f"synthetic film {image.shape[1]} x {image.shape[0]}")
    description = manifest.load(arguments.cascade or models_dir(), Preprocessing.from_steps)
    for threads in dict.fromkeys(arguments.threads):
        start = time.perf_counter()
        sessions = load_sessions(description, (providers.CPU,), threads)
        runner = CascadeRunner(description, sessions)
        runner.warm_up()
        print(
            f"\n{description.label}, {threads} thread(s); ready in {(time.perf_counter() - start) * 1e3:.0f} ms"
        )
        for name, session in sessions.items():
            preprocess = session.model.preprocess
            tensor = preprocess.tensor(image)
            prepared = median_ms(lambda p=preprocess: p.tensor(image), arguments.rounds)
            ran = median_ms(lambda s=session, t=tensor: s.run(t), arguments.rounds)
            print(f"  {name:<22} input {prepared:6.1f} ms   network {ran:6.1f} ms")
        for projection in (Projection.FRONTAL, Projection.LATERAL):
            whole = median_ms(lambda p=projection, r=runner: r.judge(image, p), arguments.rounds)
            print(f"  whole, {projection.value:<15} {whole:6.1f} ms")


if __name__ == "__main__":
    main()
