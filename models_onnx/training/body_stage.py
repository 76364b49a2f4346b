"""The manifest's entries of "is it a chest?": the stage, and what its branch of gates.onnx learnt from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models_onnx.training import body_sets, export, pictures
from models_onnx.training.fitting import fit, thresholds, validated
from models_onnx.training.shipped import Shipped, calibrated

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]

COMMAND = "python -m models_onnx.training.gates_by_kind --data ../shared/data --work DIR --render DIR --real"
LIMIT = (
    "has seen drawn limbs, skulls, pelves and charts, photographs, CT slices, films simulated from one CT of a pelvis, "
    "one of a head and from deformed chests, lung-free pieces of chest films and one film of a cat, but no other real "
    "radiograph of another body part"
)
FLOOR = 0.8
"""`warn` of the body part is never below it."""


def learnt_from(work: Path) -> list[str]:
    """What the branch of `work` learnt from, with licences, for the manifest."""
    packages = "; ".join(f"{source.name} ({source.licence})" for source in pictures.learnt(work))
    cts = ["of an abdomen with pelvis (totalsegmentator 2.18.0, Apache-2.0)"]
    if (work / "elsewhere" / "skull_train.npy").exists():
        cts.append("of a head (invesalius-examples, GPL-2)")
    return [
        f"not a chest: pictures in packages: {packages}",
        f"not a chest: films simulated from CTs {' and '.join(cts)}, slices of all CTs learnt from, a cat's film and "
        "ultrasound (deid-data, MIT)",
    ]


def rows(shipped: Shipped, found: Iterable[tuple[U8, str]]) -> tuple[F64, npt.NDArray[np.str_]]:
    """Logits of "not a chest" of films set right, as the program asks it, and their kinds."""
    told = [
        (float(shipped.raw("gates", shipped.set_right(film))["body_part_logit"].reshape(-1)[0]), kind)
        for film, kind in found
    ]
    return np.array([logit for logit, _ in told]), np.array([kind for _, kind in told])


def stage(shipped: Shipped, work: Path, data: Path, render: Path) -> dict[str, Any]:
    """Body part from validation films; chests strongly cut count, too.

    shipped: with the stages ``polarity`` and ``orientation``, which set a film right before.
    """
    chest_z, chest_kind = rows(
        shipped, ((t.image, t.source) for t in body_sets.validation_chests(data, render))
    )
    others = (
        (np.rint(film * 255).astype(np.uint8), kind) for film, kind in body_sets.shown(work, data, "val", 60)
    )
    other_z, _ = rows(shipped, others)
    not_chest = np.r_[np.zeros(len(chest_z)), np.ones(len(other_z))]
    z = np.r_[chest_z, other_z]
    body = fit([(not_chest, z)])
    body["temperature"] = max(body["temperature"], 1.0)
    p = calibrated(z, body)
    # The threshold is for real films; among the simulated ones are laterals that show little but a shoulder.
    real = np.r_[chest_kind != "render", np.ones(len(other_z), bool)]
    chosen = thresholds([(not_chest[real], p[real])], 0.998, 0.99, FLOOR)
    of = {"real chests and others": real, "all": np.ones(len(p), bool)}
    return {
        "name": "body_part",
        "kind": "body_part",
        "reads": {"score": "body_part_logit"},
        "calibration": body,
        "thresholds": chosen,
        "activation": "sigmoid",
        "model": "gates",
        "when": {},
        "limits": [LIMIT],
        "provenance": {
            "validation": validated({k: (not_chest[v], p[v]) for k, v in of.items()}, chosen),
            "command": COMMAND,
        },
    }


def renew(out: Path, work: Path, data: Path, render: Path) -> None:
    """Renew the entries of gates.onnx and of the stage ``body_part`` in `out`/manifest.json; nothing else."""
    path = out / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entry = manifest["models"]["gates"]
    training = {k: v for k, v in entry["provenance"]["training"].items() if k != "body_part"}
    branch = json.loads((out / "body_part.json").read_text(encoding="utf-8"))
    # The other heads stay, and so does what they learnt from.
    simulated = [d for d in entry["provenance"]["data"] if d.startswith("radiographs simulated")]
    learnt = [*export.DATA, *simulated, *learnt_from(work)]
    provenance = {**entry["provenance"], "data": learnt, "training": training}
    training |= {"bytes": branch["bytes"], "body_part": branch}
    training["onnx_minus_torch"] = max(training["onnx_minus_torch"], branch["onnx_minus_torch"])
    manifest["models"]["gates"] = export.entry(out / "gates.onnx", export.GATES_OUT, provenance)
    made = stage(Shipped(out, manifest), work, data, render)
    at = next(i for i, s in enumerate(manifest["stages"]) if s["name"] == "body_part")
    manifest["stages"][at] = made
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(made["calibration"], made["thresholds"], made["provenance"]["validation"])
