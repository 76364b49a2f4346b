"""Real laterals with lung masks fitted to the annotator's boxes, for the last steps of the lung network.

`python -m models_onnx.training.real_laterals masks --data ../shared/data --work DIR --teacher lungs`
(or `--cascade DIR`)
`python -m models_onnx.training.real_laterals out-of-fold --data ../shared/data --work DIR --runs 0=NAME 1=NAME 2=NAME`

The teacher (a lung network that saw simulated laterals only) marks the lung of each real film; its mask is
then moved and stretched so that it spans exactly the box that was read by eye. So the shape comes from the
CTs and the limits from real films. Where the annotator doubted a side, the teacher's own limit is kept and
the band around it is not learnt from.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models_onnx.training import cache, kept, metrics, sources, trials, windows
from models_onnx.training.sources import EDGES, FilmRecord
from workstation.inference.askew import laid_bare

if TYPE_CHECKING:
    from models_onnx.training.train_lungs import Parts

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

# A mask that would have to be stretched by more than this has missed the lung; it is replaced by an ellipse.
MOST_STRETCH = 1.6


@dataclass(frozen=True)
class RealLaterals:
    """The real laterals as training arrays.

    Attributes:
        films: (N, 384, 384) uint8, squeezed.
        masks: (N, 256, 256) uint8, 0 or 255, spanning the boxes.
        folds: (N,) the patient's fold, 0..4.
    """

    films: U8
    masks: U8
    folds: npt.NDArray[np.int64]

    def only(self, folds: set[int]) -> RealLaterals:
        """The films of the given folds.

        Raises:
            ValueError: a fold that is test for ever.
        """
        if not folds <= set(sources.LEARNT_FOLDS):
            raise ValueError(
                f"folds {sorted(folds - set(sources.LEARNT_FOLDS))} are test and never learnt from"
            )
        chosen = np.isin(self.folds, sorted(folds))
        return RealLaterals(self.films[chosen], self.masks[chosen], self.folds[chosen])


def limits(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Left, top, right, bottom of `mask` (square) in fractions of its side, without stray pixels."""
    cols, rows = np.nonzero(mask.sum(0) >= 2)[0], np.nonzero(mask.sum(1) >= 2)[0]
    return np.array([cols[0], rows[0], cols[-1] + 1, rows[-1] + 1]) / mask.shape[0]


def largest(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The largest connected part."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    return np.asarray(parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def fitted(mask: npt.NDArray[np.bool_], record: FilmRecord) -> U8:
    """`mask` (256, 256) moved and stretched onto the record's lung box.

    A side that the annotator doubted keeps the teacher's limit.
    """
    assert record.lung_box is not None
    size = mask.shape[0]
    box = np.array(record.lung_box)
    found = limits(largest(mask)) if mask.any() else np.array([0.0, 0.0, 1.0, 1.0])
    for side, index in zip(EDGES, (0, 2, 1, 3), strict=True):
        if side in record.uncertain_sides and abs(found[index] - box[index]) < 0.08:
            box[index] = found[index]
    stretch = (box[2:] - box[:2]) / np.maximum(found[2:] - found[:2], 0.02)
    if not mask.any() or stretch.max() > MOST_STRETCH or stretch.min() < 1 / MOST_STRETCH:
        out = np.zeros((size, size), np.uint8)
        centre, half = (box[:2] + box[2:]) / 2 * size, (box[2:] - box[:2]) / 2 * size
        cv2.ellipse(out, (centre.tolist(), (2 * half).tolist(), 0.0), 255, -1)
        return out
    shift = box[:2] - found[:2] * stretch
    matrix = np.array([[stretch[0], 0, shift[0] * size], [0, stretch[1], shift[1] * size]], np.float32)
    moved = cv2.warpAffine(largest(mask).astype(np.uint8) * 255, matrix, (size, size), flags=cv2.INTER_LINEAR)
    return np.where(moved > 127, 255, 0).astype(np.uint8)


Teacher = Callable[[F32], F32]  # (2, 1, height, width) inputs -> (2, n, n) logits of lung on the film itself


def run_as_teacher(work: Path, run: str) -> Teacher:
    """The averaged weights of a run in `work`."""
    field = network(work, run).field

    def lung(pair: F32) -> F32:
        logits = field(torch.from_numpy(pair).to(memory_format=torch.channels_last)).float()[:, 0].numpy()
        return np.asarray(logits[:, windows.MARGIN : -windows.MARGIN, windows.MARGIN : -windows.MARGIN])

    return lung


def shipped_as_teacher(cascade: Path) -> Teacher:
    """The lung network of a cascade: enough to renew the rotation without training the lungs anew."""
    import onnxruntime

    session = onnxruntime.InferenceSession(cascade / "lungs.onnx")
    name = session.get_inputs()[0].name
    return lambda pair: np.concatenate(
        [session.run(["lung_mask_logits"], {name: one[None]})[0][:, 0] for one in pair]
    )


@torch.no_grad()
def teacher_masks(teacher: Teacher, films: U8) -> npt.NDArray[np.bool_]:
    """(N, 256, 256) the teacher's lung of whole films: mean of film and mirror image."""
    from models_onnx.training.train_lungs import shrink, to_input

    found = []
    for film in films:
        image = to_input(shrink(film))
        p = 1 / (1 + np.exp(-teacher(np.stack([image, image[:, ::-1]])[:, None])))
        mean = (p[0] + p[1][:, ::-1]) / 2
        found.append(
            cv2.resize(mean, (cache.MASK_SIZE, cache.MASK_SIZE), interpolation=cv2.INTER_CUBIC) > 0.5
        )
    return np.stack(found)


def load(work: Path) -> RealLaterals:
    """What `main` wrote. Raises FileNotFoundError when it was not run."""
    kept = np.load(work / "real_laterals.npz")
    return RealLaterals(kept["films"], kept["masks"], kept["folds"])


def network(work: Path, run: str) -> Parts:
    """The averaged weights of a run in `work`."""
    from models_onnx.training.train_lungs import Parts

    parts = Parts()
    parts.load_state_dict(torch.load(work / f"{run}.pt", weights_only=False)["ema"])
    return parts.eval()


def draw_masks(data: Path, work: Path, teacher: Teacher) -> None:
    """Write real_laterals.npz: films, fitted masks, folds."""
    records = sources.read_lateral(data)
    films, _ = cache.build(records, work / "cache", "lateral")
    masks = teacher_masks(teacher, np.asarray(films))
    stretched = np.stack([fitted(m, r) for m, r in zip(masks, records, strict=True)])
    folds = np.array([int(r.extra["fold"]) for r in records])
    kept.written(
        work / "real_laterals.npz",
        lambda handle: np.savez_compressed(handle, films=films, masks=stretched, folds=folds),
    )
    for record, before in zip(records, masks, strict=True):
        assert record.lung_box is not None
        off = 100 * (limits(largest(before)) - np.array(record.lung_box)) if before.any() else "nothing found"
        print(Path(record.file).name, "teacher minus box, % (left, top, right, bottom):", np.round(off, 1))


@torch.no_grad()
def out_of_fold(data: Path, work: Path, runs: list[str]) -> None:
    """Write real_laterals_oof.json: outputs on the windows of each fold by the run that never saw that fold.

    runs: ``FOLD=NAME``, e.g. ``0=lungs_without_0``.

    Raises:
        SystemExit: a run's own note says that it has learnt from the fold that it is to judge.
    """
    from models_onnx.training.train_lungs import SQUEEZE, to_input

    rows = []
    for pair in runs:
        fold, name = pair.split("=")
        seen = torch.load(work / f"{name}.pt", weights_only=False).get("learnt")
        if seen is None:
            print(
                f"{name}: of before checkpoints say what they learnt from, taken to have left fold {fold} out"
            )
        elif int(fold) in seen["real_folds"]:
            raise SystemExit(f"{name} has learnt from fold {fold}: it cannot judge it")
        parts = network(work, name)
        found = [t for t in trials.lateral_windows(data) if t.labels["fold"] == float(fold)]
        # Without thin frames and set straight, as the program's networks see a film (`shipped.Shipped.seen`).
        images = [laid_bare(t.image)[0] for t in found]
        films = torch.from_numpy(np.stack([to_input(SQUEEZE(image)) for image in images])[:, None])
        for start in range(0, len(found), 32):
            logits = parts.field(films[start : start + 32].to(memory_format=torch.channels_last)).float()
            edges, any_edge = parts.lateral(logits)
            for trial, one, four in zip(
                found[start : start + 32], any_edge[:, 0].tolist(), edges.tolist(), strict=True
            ):
                answers = [None if np.isnan(e) else e for e in trial.edges]
                rows.append(
                    {
                        "patient": trial.patient,
                        "fold": float(fold),
                        "cut": trial.cut,
                        "edges": answers,
                        "lateral_any_logit": one,
                        "lateral_edges_logits": four,
                    }
                )
        mine = [r for r in rows if r["fold"] == float(fold) and r["cut"] is not None]
        auc = metrics.auc([r["cut"] for r in mine], np.array([r["lateral_any_logit"] for r in mine]))
        print(f"fold {fold} by {name}: {len(mine)} windows, AUC {auc:.4f}")
    kept.write_json(work / "real_laterals_oof.json", rows)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("what", choices=("masks", "out-of-fold"))
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--teacher", default="lungs", help="masks: name of the run that draws the lung")
    ap.add_argument("--cascade", type=Path, help="masks: its lung network draws instead of a run's")
    ap.add_argument(
        "--runs", nargs="*", default=[], help="out-of-fold: FOLD=NAME of the run that never saw it"
    )
    args = ap.parse_args()
    if args.what == "masks":
        teacher = (
            run_as_teacher(args.work, args.teacher)
            if args.cascade is None
            else shipped_as_teacher(args.cascade)
        )
        draw_masks(args.data, args.work, teacher)
    else:
        out_of_fold(args.data, args.work, args.runs)


if __name__ == "__main__":
    main()
