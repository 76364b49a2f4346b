"""The lung network judged on a data set and a CT that it never saw: one run for each pair left out.

`python -m models_onnx.training.left_out --data ../shared/data --work DIR --render DIR --runs NAME=nih,c3n00247 ...`

NAME is a run of `train_lungs --leave-out nih c3n00247`. Raw logits of the network, so AUC alone is told, with 95 %
intervals by patient (of the films of one CT: by anatomy, within it).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from models_onnx.training import kept, metrics, sources, trials
from models_onnx.training.real_laterals import network
from models_onnx.training.train_lungs import SQUEEZE, Parts, to_input
from models_onnx.training.trials import Trial

MOST = 400  # windows of a data set


@torch.no_grad()
def logits(parts: Parts, found: list[Trial], lateral: bool) -> np.ndarray:
    """The any-edge logit of each trial."""
    head = parts.lateral if lateral else parts.frontal
    out = []
    for start in range(0, len(found), 32):
        films = np.stack([to_input(SQUEEZE(t.image)) for t in found[start : start + 32]])[:, None]
        batch = torch.from_numpy(films).to(memory_format=torch.channels_last)
        out.append(head(parts.field(batch).float())[1][:, 0].numpy())
    return np.concatenate(out)


def figures(parts: Parts, found: Iterable[Trial], lateral: bool) -> dict[str, object]:
    """AUC with interval on the trials that have an answer."""
    known = [t for t in found if t.cut in (0.0, 1.0)]
    truth, score = np.array([t.cut for t in known]), logits(parts, known, lateral)
    # One CT is one patient: its anatomies (random warps) tell how sure the figure is of this one, not of others.
    units = [Path(t.file).name.rsplit("_", 1)[0] if lateral else t.patient for t in known]
    interval = metrics.by_patient(units, lambda i: metrics.auc(truth[i], score[i]), 300)
    return {
        "films": len(known),
        "cut": int(truth.sum()),
        "auc": metrics.told(metrics.auc(truth, score)),
        "auc_ci_within_the_ct" if lateral else "auc_ci": [metrics.told(v) for v in interval],
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", type=Path, required=True)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--render", type=Path, required=True)
    ap.add_argument("--runs", nargs="+", required=True, help="NAME=data set,CT")
    args = ap.parse_args()
    told: dict[str, object] = {}
    for entry in args.runs:
        name, pair = entry.split("=")
        source, ct = pair.split(",")
        seen = torch.load(args.work / f"{name}.pt", weights_only=False).get("learnt")
        if seen is not None and not {source, ct} <= set(seen["left_out"]):
            raise SystemExit(f"{name} has left out {seen['left_out']}: it cannot judge {source} and {ct}")
        parts = network(args.work, name)
        frontal = [r for r in sources.read_frontal(args.data) if r.source == source and r.mask]
        step = max(1, len(frontal) // MOST)
        told[source] = figures(parts, trials.mask_windows(frontal[::step], 1, source), lateral=False)
        lateral = [
            r for r in sources.read_renders(args.render) if r.view == "lateral" and r.patient == f"ct-{ct}"
        ]
        step = max(1, len(lateral) // MOST)
        told[ct] = figures(parts, trials.mask_windows(lateral[::step], 1, ct), lateral=True)
        print(name, source, told[source], ct, told[ct], flush=True)
    kept.write_json(args.work / "left_out.json", told)


if __name__ == "__main__":
    main()
