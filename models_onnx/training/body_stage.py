"""The manifest's entries of "is it a chest?": the stage, and what its branch of gates.onnx learnt from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models_onnx.training import body_sets, elsewhere, export, manifest_file, pictures
from models_onnx.training.crop_stage import run
from models_onnx.training.fitting import fit, thresholds, validated
from models_onnx.training.shipped import Shipped, calibrated
from models_onnx.training.trials import Trial

COMMAND = "python -m models_onnx.training.gates_by_kind --data ../shared/data --work DIR --render DIR --real"
FLOOR = 0.8
"""`warn` of the body part is never below it."""


LEARNT = "learnt.json"  # in body/: what the settled branch has learnt from
_DRAWN = {
    "drawn limb": "limbs",
    "drawn hand": "limbs",
    "drawn skull": "skulls",
    "drawn belly": "pelves",
    "drawn chart": "charts",
}
_SHOWN = (
    (("stamps", "wallpapers", "scikit-image"), "photographs"),
    (("ct slice",), "CT slices"),
    (("ct pelvis",), "films simulated from one CT of a pelvis"),
    (("ct skull",), "films simulated from one CT of a head"),
    (("ct animal",), "films simulated from deformed chests"),
    (("piece",), "lung-free pieces of chest films"),
    (("ultrasound",), "ultrasound"),
    (("cat",), "one film of a cat"),
)
_VOLUMES = {
    "abdomen": "an abdomen with pelvis (totalsegmentator 2.18.0, Apache-2.0)",
    "chest": "a chest (totalsegmentator 2.18.0, Apache-2.0)",
    "head": "a head (invesalius-examples, GPL-2)",
}


def learnt(work: Path, kinds: Sequence[str]) -> dict[str, list[str]]:
    """What a branch that learns `kinds` learns from: kinds, packages of pictures, CTs of other parts. Kept with its
    weights."""
    made = work / "elsewhere" / elsewhere.LEARNT
    if made.exists():
        sliced = list(json.loads(made.read_text(encoding="utf-8"))["volumes"])
    else:  # made before it was noted
        head = (work / "elsewhere" / "skull_train.npy").exists()
        sliced = ["abdomen", "chest", *(["head"] if head else [])]
    volumes = {volume for kind, volume in (("ct pelvis", "abdomen"), ("ct skull", "head")) if kind in kinds}
    volumes |= set(sliced) if "ct slice" in kinds else set()
    packages = [s.name for s in pictures.learnt(work) if body_sets.group_of(s.name) in kinds]
    return {"kinds": sorted(kinds), "packages": packages, "volumes": [v for v in _VOLUMES if v in volumes]}


def noted(work: Path) -> dict[str, list[str]]:
    """What `body_part settle` kept of `learnt`; of weights of before, what they would learn now, and that is said."""
    path = work / "body" / LEARNT
    if path.exists():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    print(
        f"{path}: not there, the branch is of before it was kept: told is what lies in {work} now", flush=True
    )
    there = {"ct " + p.stem.removesuffix("_train") for p in (work / "elsewhere").glob("*_train.npy")}
    packages = {body_sets.group_of(source.name) for source in pictures.learnt(work)}
    bound = {kind for kind in body_sets.SHARES if kind.startswith("ct ")} | set(_SHOWN[0][0])
    return learnt(work, [k for k in body_sets.SHARES if k not in bound or k in there | packages])


def learnt_from(work: Path) -> list[str]:
    """What the branch of `work` learnt from, with licences, for the manifest."""
    told = noted(work)
    kinds = set(told["kinds"])
    lines, parts = [], []
    if told["packages"]:
        licences = {s.name: s.licence for s in (*pictures.SOURCES, pictures.INSTEAD_OF_GPL)}
        packages = "; ".join(f"{name} ({licences[name]})" for name in told["packages"])
        lines.append(f"not a chest: pictures in packages: {packages}")
    if told["volumes"]:
        cts = ", of ".join(_VOLUMES[volume] for volume in told["volumes"])
        parts.append(f"films simulated from, or slices of, CTs of {cts}")
    if kinds & {"ct slice", "ct trunk", "ct axis", "ct animal"}:
        parts.append("slices and lung-free or deformed films of the chest CTs learnt from")
    shown = [word for kind, word in (("cat", "a cat's film"), ("ultrasound", "ultrasound")) if kind in kinds]
    if shown:
        parts.append(f"{' and '.join(shown)} (deid-data, MIT)")
    return [*lines, *([f"not a chest: {', '.join(parts)}"] if parts else [])]


def limit(work: Path) -> str:
    """What the branch has seen of what is no chest, and that it is not much."""
    kinds = set(noted(work)["kinds"])
    drawn = list(dict.fromkeys(word for kind, word in _DRAWN.items() if kind in kinds))
    seen = [f"drawn {', '.join(drawn)}"] if drawn else []
    seen += [word for group, word in _SHOWN if kinds & set(group)]
    return f"has seen {'; '.join(seen)}; but no other real radiograph of another body part"


def _others(work: Path, data: Path) -> Iterator[Trial]:
    for film, kind in body_sets.shown(work, data, "val", 60):
        yield Trial(np.rint(film * 255).astype(np.uint8), kind, kind, kind)


def stage(shipped: Shipped, work: Path, data: Path, render: Path) -> dict[str, Any]:
    """Body part from validation films; chests strongly cut count, too.

    shipped: with the stages ``polarity`` and ``orientation``, which set a film right before.
    """
    chests = run(shipped, "gates", body_sets.validation_chests(data, render), right=True)
    others = run(shipped, "gates", _others(work, data), right=True)
    chest_z, other_z = (
        np.array([told["body_part_logit"][0] for _, told in rows]) for rows in (chests, others)
    )
    not_chest = np.r_[np.zeros(len(chest_z)), np.ones(len(other_z))]
    z = np.r_[chest_z, other_z]
    body = fit([(not_chest, z)])
    body["temperature"] = max(body["temperature"], 1.0)
    p = calibrated(z, body)
    # The threshold is for real films; among the simulated ones are laterals that show little but a shoulder.
    real = np.array([trial.source != "render" for trial, _ in [*chests, *others]])
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
        "limits": [limit(work)],
        "provenance": {
            "validation": validated({k: (not_chest[v], p[v]) for k, v in of.items()}, chosen),
            "command": COMMAND,
        },
    }


def renew(out: Path, work: Path, data: Path, render: Path) -> None:
    """Renew the entries of gates.onnx and of the stage ``body_part`` in `out`/manifest.json; nothing else."""
    with manifest_file.changed(out / "manifest.json") as manifest:
        entry = manifest["models"]["gates"]
        training = {k: v for k, v in entry["provenance"]["training"].items() if k != "body_part"}
        branch = json.loads((out / "body_part.json").read_text(encoding="utf-8"))
        # The other heads stay, and so does what they learnt from.
        simulated = [d for d in entry["provenance"]["data"] if d.startswith("radiographs simulated")]
        told = [*export.DATA, *simulated, *learnt_from(work)]
        provenance = {**entry["provenance"], "data": told, "training": training}
        training |= {"bytes": branch["bytes"], "body_part": branch}
        training["onnx_minus_torch"] = max(training["onnx_minus_torch"], branch["onnx_minus_torch"])
        manifest["models"]["gates"] = export.entry(out / "gates.onnx", export.GATES_OUT, provenance)
        made = stage(Shipped(out, manifest), work, data, render)
        at = next(i for i, s in enumerate(manifest["stages"]) if s["name"] == "body_part")
        manifest["stages"][at] = made
    print(made["calibration"], made["thresholds"], made["provenance"]["validation"])
