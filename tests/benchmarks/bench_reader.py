"""Prints how long a 3000 x 3000 film takes from disk to greys, per transfer syntax, and what the window feels of it.

Run it alone on a quiet machine: ``python tests/benchmarks/bench_reader.py``. Nothing is asserted; numbers go to
the reader's eyes. ``stall`` is the longest time the main thread waited for its turn while a worker thread read and
decoded one film: what the window would stand still.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from pydicom import uid

from tests.support.dicom_maker import LOSSLESS, LOSSY, NATIVE, chest_pixels, make_film
from workstation.dicom import reader
from workstation.imaging.lut import VoiChoice, default_voi, display_lut, presentation_image, render_8bit


def median_ms(call: Callable[[], object], runs: int) -> float:
    """Median wall time of `call` in ms, after one run that warms caches."""
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def longest_stall_ms(call: Callable[[], object]) -> float:
    """Longest gap between two ticks of this thread while `call` runs on another, less the tick itself (1 ms)."""
    worker = threading.Thread(target=call)
    worker.start()
    longest, last = 0.0, time.perf_counter()
    while worker.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    worker.join()
    return max(0.0, longest * 1000 - 1.0)


def main() -> None:
    """Parse arguments, make the films, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=3000, help="rows and columns")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    pixels = chest_pixels(options.size, options.size, 12)
    eight = (pixels >> 4).astype(np.uint8)
    print(f"{'transfer syntax':48} {'MB':>6} {'read ms':>9} {'header ms':>10} {'stall ms':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for number, syntax in enumerate((*NATIVE, *LOSSLESS, *LOSSY)):
            baseline = syntax == uid.JPEGBaseline8Bit
            path = make_film(
                Path(folder) / f"{number}.dcm",
                eight if baseline else pixels,
                bits_stored=8 if baseline else 12,
                transfer_syntax=syntax,
                windows=[(128, 256) if baseline else (2048, 4096)],
            )
            read = median_ms(lambda path=path: reader.read(path), options.runs)
            header = median_ms(lambda path=path: reader.read_header(path), options.runs)
            stall = max(longest_stall_ms(lambda path=path: reader.read(path)) for _ in range(options.runs))
            size = path.stat().st_size / 1e6
            print(f"{syntax.name[:48]:48} {size:6.1f} {read:9.1f} {header:10.1f} {stall:9.1f}", flush=True)
            path.unlink()
        idle = max(longest_stall_ms(lambda: time.sleep(0.3)) for _ in range(options.runs))
        print(f"{'(nothing to do: the machine itself)':48} {'':6} {'':9} {'':10} {idle:9.1f}")
        path = make_film(Path(folder) / "film.dcm", pixels, windows=[(2048, 4096)])
        film_header, stored = reader.read(path)
    pipeline = film_header.greyscale
    dragged = VoiChoice.custom(2000, 3000)
    lut = display_lut(pipeline, dragged)
    print()
    for label, call in {
        "remake the LUT (a drag step)": lambda: display_lut(pipeline, dragged),
        "render uint16": lambda: render_8bit(stored, lut),
        "render uint8": lambda: render_8bit(eight, lut),
        "default VOI of the file": lambda: default_voi(pipeline, stored),
        "presentation image": lambda: presentation_image(pipeline, stored),
    }.items():
        print(f"{label:48} {median_ms(call, 3 * options.runs):9.2f} ms")


if __name__ == "__main__":
    main()
