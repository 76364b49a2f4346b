"""How the cascade bears what other rooms do to a film: `python -m models_onnx.training.stress --data ../shared/data
[--cascade DIR] [--split test|val] [--out FILE]`.

Natural frontal films of ieee (labelled by eye; never learnt from) and real laterals are altered in one way at a time
and judged by the program's own runtime. What the label says stays true: nothing here moves the lung but the small
turns within the frame, which push corners of the film out of sight.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training import sources
from models_onnx.training.cache import read_grey
from models_onnx.training.sources import FilmRecord
from workstation.domain.findings import State, Verdict
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.runner import CascadeRunner, load_sessions
from workstation.services.evaluation import metrics

U8 = npt.NDArray[np.uint8]
Alteration = Callable[[U8, np.random.Generator], U8]
LONG_SIDE = 640.0  # of the films at hand; what is told in pixels is meant on such a film


def _grey(values: npt.NDArray[Any]) -> U8:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _gamma(power: float) -> Alteration:
    return lambda film, _: _grey(255 * (film / 255.0) ** power)


def _window(low: float, high: float) -> Alteration:
    return lambda film, _: _grey((film.astype(np.float32) - low) * (255 / (high - low)))


def _noise(sigma: float) -> Alteration:
    return lambda film, rng: _grey(film + rng.normal(0, sigma, film.shape))


def _blur(pixels: float) -> Alteration:
    return lambda film, _: _grey(cv2.GaussianBlur(film, (0, 0), pixels * max(film.shape) / LONG_SIDE))


def _sharpened(film: U8, _: np.random.Generator) -> U8:
    values = film.astype(np.float32)
    return _grey(values + 2 * (values - cv2.GaussianBlur(values, (0, 0), 6 * max(film.shape) / LONG_SIDE)))


def _turned(degrees: float, band: float = 0.0, *, grown: bool = False) -> Alteration:
    """Turned about its middle, clockwise or not, on black.

    Args:
        band: of black at each side besides, of the longer side: a console blackens what lies behind blades askew.
        grown: the picture grows until all of the film is in sight: laid askew on a scanner.
    """

    def run(film: U8, rng: np.random.Generator) -> U8:
        h, w = film.shape
        turn = cv2.getRotationMatrix2D((w / 2, h / 2), degrees * float(rng.choice([-1, 1])), 1.0)
        cos, sin = np.abs(turn[0, :2])
        wide, high = (int(w * cos + h * sin) + 1, int(h * cos + w * sin) + 1) if grown else (w, h)
        margin = round(band * max(h, w))
        turn[:, 2] += ((wide - w) / 2 + margin, (high - h) / 2 + margin)
        return _grey(cv2.warpAffine(film, turn, (wide + 2 * margin, high + 2 * margin)))

    return run


def _two_frames(film: U8, rng: np.random.Generator) -> U8:
    """The clear rim of a film, and a scanner's lid around that."""
    return _bordered(0.01, 15)(_bordered(0.012, 240)(film, rng), rng)


def _bordered(share: float, value: int) -> Alteration:
    def run(film: U8, _: np.random.Generator) -> U8:
        y, x = round(share * film.shape[0]), round(share * film.shape[1])
        return np.asarray(cv2.copyMakeBorder(film, y, y, x, x, cv2.BORDER_CONSTANT, value=value), np.uint8)

    return run


def _narrow(width: int) -> Alteration:
    return lambda film, _: _grey(
        cv2.resize(film, (width, round(width * film.shape[0] / film.shape[1])), interpolation=cv2.INTER_AREA)
    )


def _jpeg(quality: int) -> Alteration:
    def run(film: U8, _: np.random.Generator) -> U8:
        coded = cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)

    return run


def _grid(film: U8, _: np.random.Generator) -> U8:
    return _grey(film + 12 * np.sin(np.arange(film.shape[1]) * (2 * np.pi / 3.1)))


def _text(film: U8, _: np.random.Generator) -> U8:
    out, (h, w) = film.copy(), film.shape
    for line in range(1, 7):
        places = (
            ("HOSPITAL ROOM 3 12:45", (5, line * 0.03)),
            ("PORTABLE SUPINE AP", (0.6 * w, 1 - line * 0.03)),
        )
        for words, (x, y) in places:
            cv2.putText(out, words, (round(x), round(y * h)), 0, h / 1400, 255.0, 1, cv2.LINE_AA)
    return out


ALTERATIONS: dict[str, Alteration] = {
    "as it came": lambda film, _: film,
    "gamma 0.4": _gamma(0.4),
    "gamma 2.5": _gamma(2.5),
    "washed out": _window(-225, 412),
    "black below 90": _window(90, 255),
    "white above 150": _window(0, 150),
    "black below 80, white above 170": _window(80, 170),
    "histogram equalised": lambda film, _: np.asarray(cv2.equalizeHist(film), np.uint8),
    "CLAHE, clip 4": lambda film, _: np.asarray(cv2.createCLAHE(4, (8, 8)).apply(film), np.uint8),
    "sharpened": _sharpened,
    "noise of 25": _noise(25),
    "blurred by 4 pixels": _blur(4),
    "200 pixels wide": _narrow(200),
    "JPEG, quality 10": _jpeg(10),
    "grid lines": _grid,
    "text at two corners": _text,
    "border 5 %, black": _bordered(0.05, 0),
    "border 15 %, black": _bordered(0.15, 0),
    "border 15 %, white": _bordered(0.15, 255),
    "border 30 %, black": _bordered(0.3, 0),
    "two thin frames": _two_frames,
    "askew by 1 degree": _turned(1, grown=True),
    "askew by 3 degrees": _turned(3, grown=True),
    "blackened askew by 3 degrees": _turned(3, band=0.08),
    "blackened askew by 5 degrees": _turned(5, band=0.08),
    "turned by 5 degrees": _turned(5),
    "turned by 10 degrees": _turned(10),
}


def figures(records: Sequence[FilmRecord], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What one alteration did: cut-offs of the frontals, and what was refused or misread.

    A frontal that was refused, or taken for a lateral, was not judged: a cut one counts as missed, a whole one as not
    spared, for somebody has to look at it. The AUC is of the judged ones alone, and how many those are is told. None
    where there are no films of a kind.
    """
    frontals = [
        (r.natural_cut == "yes", v.crop)
        for r, v in zip(records, verdicts, strict=True)
        if r.view == "frontal"
    ]
    judged = [
        (cut, crop.score, crop.state is State.WARN)
        for cut, crop in frontals
        if crop is not None and crop.score is not None
    ]
    truth, score, called = (np.array([row[k] for row in judged]) for k in range(3))
    truth, called = truth.astype(bool), called.astype(bool)
    cut = sum(is_cut for is_cut, _ in frontals)
    whole = len(frontals) - cut

    def warned(kind: str) -> int:
        gates = [getattr(v, kind) for v in verdicts]
        return sum(g is not None and g.state is State.WARN for g in gates)

    return {
        "films": len(records),
        "cut_judged": f"{int(truth.sum())} of {cut}",
        "whole_judged": f"{int((~truth).sum())} of {whole}",
        "auc": round(metrics.auc(truth, score), 3) if 0 < truth.sum() < len(truth) else None,
        "sensitivity": round(int(called[truth].sum()) / cut, 2) if cut else None,
        "specificity": round(int((~called[~truth]).sum()) / whole, 3) if whole else None,
        "not_a_chest": warned("body_part"),
        "inverted": warned("polarity"),
        "not_upright": warned("orientation"),
        "projection_wrong": sum(
            v.projection.label.value != r.view for r, v in zip(records, verdicts, strict=True)
        ),
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--cascade", type=Path, default=Path("models_onnx"))
    ap.add_argument("--split", choices=("test", "val"), default="test")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    described = manifest.load(args.cascade, Preprocessing.from_steps)
    runner = CascadeRunner(described, load_sessions(described, (providers.CPU,), 2))
    records = [
        r
        for r in sources.read_frontal(args.data)
        if r.source == "ieee" and r.split == args.split and r.natural_cut in ("yes", "no")
    ]
    laterals = "test" if args.split == "test" else "train"
    records += [r for r in sources.read_lateral(args.data) if r.split == laterals]
    films = [read_grey(r.file) for r in records]
    found = {}
    for name, alter in ALTERATIONS.items():
        rng = np.random.default_rng(0)
        found[name] = figures(
            records, [runner.judge(np.ascontiguousarray(alter(film, rng))) for film in films]
        )
        print(name, json.dumps(found[name]), flush=True)
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
