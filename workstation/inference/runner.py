"""Runs the networks of a cascade on one film and brings calibrated readings to the domain."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from workstation.domain.cascade import (
    EDGE_ORDER,
    MODEL_FAILED,
    NO_NUMBER,
    Correction,
    CropReading,
    OrientationClass,
    RotationReading,
    StageFailed,
    judge_film,
)
from workstation.domain.edges import Edge, Lines
from workstation.domain.field import WHOLE_FILM, CollimatedField
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.inference.askew import laid_bare
from workstation.inference.calibration import Identity, probabilities
from workstation.inference.collimation import cut_out, field_of
from workstation.inference.outline import certain_pieces, outline
from workstation.inference.session import ModelSession
from workstation.inference.specs import Manifest, StageSpec
from workstation.mistakes import log_mistake

Image = npt.NDArray[np.uint8]
Vector = npt.NDArray[np.float64]

log = logging.getLogger(__name__)

_CLOCKWISE = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class CascadeRunner:
    """A cascade ready to run. Thread-safe: what belongs to one film lives in `FilmReadings`.

    Args:
        manifest: checked.
        sessions: one for every model of the manifest.
    """

    def __init__(self, manifest: Manifest, sessions: Mapping[str, ModelSession]) -> None:
        self.manifest = manifest
        self._sessions = sessions

    def warm_up(self) -> None:
        """Run every network once on zeros.

        Raises:
            CascadeUnavailable: a network does not run or gives other shapes than the manifest says.
        """
        for session in self._sessions.values():
            session.warm_up()

    def judge(self, image: Image, chosen: Projection | None = None) -> Verdict:
        """Verdict on one film, with `timing_ms` of its preprocessing and inference.

        Args:
            image: presentation image, uint8, (H, W), bones white.
            chosen: the radiographer's projection; None leaves it to the model.
        """
        _check(image)
        # A cascade that looks for no field is shown the film as it is.
        image, around = (image, ()) if self.manifest.collimation is None else laid_bare(image)
        readings = FilmReadings(self.manifest, self._sessions, image)
        spent = dict.fromkeys(readings.timing_ms, 0.0)
        part = readings.collimation()
        if not part.whole:
            spent = dict(readings.timing_ms)
            readings = FilmReadings(self.manifest, self._sessions, cut_out(image, part))
        plans = [stage.plan for stage in self.manifest.stages]
        verdict = judge_film(plans, readings, self.manifest.label, chosen)
        timing = {step: spent[step] + more for step, more in readings.timing_ms.items()}
        verdict = verdict.found_within(part)
        for frame in reversed(around):
            verdict = verdict.found_in_frame(frame)
        return replace(verdict, timing_ms=timing)


def _check(image: Image) -> None:
    if image.ndim != 2 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(f"a uint8 (H, W) image is wanted, not {image.dtype} {image.shape}")


class FilmReadings:
    """Readings of one film: each input is made once and each network runs once on it, whatever reads it."""

    def __init__(self, manifest: Manifest, sessions: Mapping[str, ModelSession], image: Image) -> None:
        _check(image)
        self._manifest = manifest
        self._sessions = sessions
        self._stages = {stage.plan.name: stage for stage in manifest.stages}
        self._images: dict[Correction, Image] = {Correction(): image}
        self._tensors: dict[tuple[str, Correction], npt.NDArray[np.float32]] = {}
        self._outputs: dict[tuple[str, Correction], Mapping[str, Any] | None] = {}
        self._spent = {"preprocess": 0.0, "inference": 0.0}

    @property
    def timing_ms(self) -> Mapping[str, float]:
        """Milliseconds spent so far: ``preprocess`` and ``inference``."""
        return dict(self._spent)

    def collimation(self) -> CollimatedField:
        """The collimated field, the whole film where the cascade does not look for one or fails to."""
        spec = self._manifest.collimation
        if spec is None:
            return WHOLE_FILM
        try:
            columns, rows = (
                self._output(spec.model, output, Correction()) for output in (spec.columns, spec.rows)
            )
        except StageFailed:
            return WHOLE_FILM
        return field_of(columns, rows)

    def score(self, stage: str, correction: Correction) -> float:
        """P(defect), or P(lateral) of a projection stage."""
        spec = self._stages[stage]
        raw = self._values(spec, "score", correction)
        return float(probabilities(raw, spec.activation, spec.calibration)[0])

    def orientation(self, stage: str, correction: Correction) -> Mapping[OrientationClass, float]:
        """Probability of each class of the manifest."""
        spec = self._stages[stage]
        raw = self._values(spec, "score", correction)
        found = probabilities(raw, spec.activation, spec.calibration)
        return {c: float(p) for c, p in zip(spec.classes, found, strict=True)}

    def crop(self, stage: str, correction: Correction) -> CropReading:
        """Score, and edges and outline where the stage has them, as seen on the corrected film."""
        spec = self._stages[stage]
        edges: dict[Edge, float] = {}
        if "edges" in spec.reads:
            raw = self._values(spec, "edges", correction)
            found = probabilities(raw, spec.activation, spec.edge_calibration)
            edges = {edge: float(p) for edge, p in zip(EDGE_ORDER, found, strict=True)}
        lung: Lines = ()
        if "mask" in spec.reads:
            raw = self._values(spec, "mask", correction)
            shape = self._manifest.models[spec.model].outputs[spec.reads["mask"]].shape[-2:]
            lung = outline(probabilities(raw, spec.activation, Identity()).reshape(shape))
        beyond: dict[Edge, float] = {}
        if "beyond" in spec.reads:
            values = self._values(spec, "beyond", correction)
            beyond = {edge: max(0.0, float(v)) for edge, v in zip(EDGE_ORDER, values, strict=True)}
        return CropReading(self.score(stage, correction), edges, lung, beyond)

    def rotation(self, stage: str, correction: Correction) -> RotationReading:
        """Score, and where the stage has them angle and its standard deviation in degrees, and the posterior ribs as
        seen on the corrected film."""
        spec = self._stages[stage]

        def one(role: str) -> float | None:
            return float(self._values(spec, role, correction)[0]) if role in spec.reads else None

        spread, apart = one("angle_sd"), one("separation")
        ribs: Lines = ()
        if "ribs" in spec.reads:
            lines = self._values(spec, "ribs", correction).reshape(2, -1, 2)
            certainty = np.ones(lines.shape[:2])
            if "certainty" in spec.reads:
                certainty = self._values(spec, "certainty", correction).reshape(certainty.shape)
            ribs = tuple(
                piece
                for line, sure in zip(lines, certainty, strict=True)
                for piece in certain_pieces(line, sure)
            )
        return RotationReading(
            self.score(stage, correction),
            one("angle"),
            None if spread is None else abs(spread),
            None if apart is None else max(0.0, apart),
            ribs,
        )

    def _values(self, spec: StageSpec, role: str, correction: Correction) -> Vector:
        """What a stage reads, flat and finite."""
        return self._output(spec.model, spec.reads[role], correction)

    def _output(self, model: str, output: str, correction: Correction) -> Vector:
        key = (model, correction)
        if key not in self._outputs:
            try:
                self._outputs[key] = self._run(model, correction)
            except Exception as exc:
                # One film that a network cannot take must cost neither the other stages nor the program.
                log_mistake(log, exc, "model %s failed on a film", model)
                self._outputs[key] = None
        outputs = self._outputs[key]
        if outputs is None:
            raise StageFailed(MODEL_FAILED)
        values = np.asarray(outputs[output], np.float64).ravel()
        if not np.isfinite(values).all():
            log.warning("model %s: output %s is not finite", model, output)
            raise StageFailed(NO_NUMBER)
        return values

    def _run(self, model: str, correction: Correction) -> Mapping[str, Any]:
        start = time.perf_counter()
        spec = self._manifest.models[model]
        key = (spec.preprocessing_key, correction)
        if key not in self._tensors:
            self._tensors[key] = spec.preprocess.tensor(self._image(correction))
        ready = time.perf_counter()
        try:
            return self._sessions[model].run(self._tensors[key])
        finally:
            self._spent["preprocess"] += (ready - start) * 1e3
            self._spent["inference"] += (time.perf_counter() - ready) * 1e3

    def _image(self, correction: Correction) -> Image:
        if correction not in self._images:
            image = self._images[Correction()]
            if correction.inverted:
                image = 255 - image
            if correction.rotate_deg in _CLOCKWISE:
                image = np.asarray(cv2.rotate(image, _CLOCKWISE[correction.rotate_deg]), np.uint8)
            if correction.mirrored:
                image = np.asarray(cv2.flip(image, 1), np.uint8)
            self._images[correction] = image
        return self._images[correction]


def load_sessions(manifest: Manifest, providers: tuple[str, ...], threads: int) -> dict[str, ModelSession]:
    """One session for every model of the manifest.

    Raises:
        CascadeUnavailable: see `ModelSession`.
    """
    return {name: ModelSession(model, providers, threads) for name, model in manifest.models.items()}
