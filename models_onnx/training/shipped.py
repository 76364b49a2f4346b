"""A cascade as it lies in its folder: its networks' raw outputs on any picture, through the manifest's
preprocessing.

Small on purpose: calibration needs raw outputs before a full manifest exists; the product's own runtime is
used for verdicts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from workstation.domain.field import WHOLE_FILM, CollimatedField
from workstation.imaging.preprocess import Preprocessing
from workstation.inference.askew import laid_bare
from workstation.inference.collimation import cut_out, field_of


class Shipped:
    """Sessions and preprocessing of the models that `manifest` (parsed JSON) names in `folder`."""

    def __init__(self, folder: Path, manifest: dict[str, Any] | None = None, threads: int = 2) -> None:
        self.manifest = manifest or json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._models: dict[str, tuple[ort.InferenceSession, Preprocessing, dict[str, Any]]] = {}
        for name, spec in self.manifest["models"].items():
            i = spec["input"]
            steps = Preprocessing.from_steps(
                spec["preprocessing"], i["layout"], i["channels"], i["height"], i["width"]
            )
            session = ort.InferenceSession(
                str(folder / spec["file"]), options, providers=["CPUExecutionProvider"]
            )
            self._models[name] = (session, steps, spec)

    def field(self, image: npt.NDArray[np.uint8]) -> CollimatedField:
        """The collimated field as the program finds it on a film without a frame; all of it where the cascade has no
        network for it."""
        spec = self.manifest.get("collimation")
        if spec is None:
            return WHOLE_FILM
        told = self.raw(spec["model"], image)
        columns, rows = (
            told[spec["reads"][role]].reshape(-1).astype(np.float64) for role in ("columns", "rows")
        )
        return field_of(columns, rows)

    def seen(self, model: str, image: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
        """Outputs of `model` for the collimated field of a film: what the program reads."""
        return self.raw(model, self._exposed(image))

    def _exposed(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """What the program's networks look at: the film without thin frames, set straight, and of that the collimated
        field."""
        if "collimation" in self.manifest:
            image, _ = laid_bare(image)
        return cut_out(image, self.field(image))

    def set_right(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The field of a film as "is it a chest?" and all that follows see it: inverted and turned where the stages
        ``polarity`` and ``orientation`` warn (`workstation.domain.cascade.judge_film`)."""
        seen = self._exposed(image)
        polarity = self.stage("polarity")
        logit = self.raw("gates", seen)[polarity["reads"]["score"]].reshape(-1)[0]
        if calibrated(logit, polarity["calibration"]) >= polarity["thresholds"]["warn"]:
            seen = 255 - seen
        orientation = self.stage("orientation")
        logits = self.raw("gates", seen)[orientation["reads"]["score"]].reshape(-1).astype(np.float64)
        likely = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        upright = [not c["rotate_deg"] and not c.get("mirrored") for c in orientation["classes"]]
        if 1 - likely[upright].sum() >= orientation["thresholds"]["warn"]:
            turn = orientation["classes"][int(np.where(upright, -1, likely).argmax())]
            seen = np.rot90(seen, -turn["rotate_deg"] // 90)
            seen = seen[:, ::-1] if turn.get("mirrored") else seen
        return np.ascontiguousarray(seen)

    def raw(self, model: str, image: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
        """Outputs of `model` by name for one presentation image, all of it."""
        session, steps, spec = self._models[model]
        values = session.run(list(spec["outputs"]), {spec["input"]["name"]: steps.tensor(image)})
        return dict(zip(spec["outputs"], (np.asarray(v) for v in values), strict=True))

    def stage(self, name: str) -> dict[str, Any]:
        """The manifest's entry of a stage."""
        found: dict[str, Any] = next(s for s in self.manifest["stages"] if s["name"] == name)
        return found


def calibrated(raw: npt.ArrayLike, calibration: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Logits to probabilities as the manifest says (`temperature` or `none`)."""
    z = np.asarray(raw, np.float64)
    if calibration["method"] == "temperature":
        z = (z + calibration.get("bias", 0.0)) / calibration["temperature"]
    return 1.0 / (1.0 + np.exp(-np.clip(z, -60, 60)))
