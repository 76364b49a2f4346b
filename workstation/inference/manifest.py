"""models_onnx/manifest.json: a cascade described as data, checked strictly before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from workstation.domain.cascade import Condition, OrientationClass, StagePlan, Thresholds
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import Kind
from workstation.domain.projection import Projection
from workstation.inference import site_calibration
from workstation.inference.calibration import ACTIVATIONS, Calibration, Identity, Isotonic, Temperature
from workstation.inference.model_entry import model_entry
from workstation.inference.schema import REMEDY, Section, refuse_half_characters
from workstation.inference.specs import (
    CollimationSpec,
    Manifest,
    ModelSpec,
    PreprocessFactory,
    StageSpec,
)

SCHEMA = 1
MANIFEST = "manifest.json"
_BRANCH = frozenset({Kind.CROP, Kind.ROTATION})
# What each kind of stage reads from its model: (needed, optional).
_READS: Mapping[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Kind.BODY_PART: (("score",), ()),
    Kind.POLARITY: (("score",), ()),
    Kind.ORIENTATION: (("score",), ()),
    Kind.PROJECTION: (("score",), ()),
    Kind.CROP: (("score",), ("edges", "mask", "beyond")),
    Kind.ROTATION: (("score",), ("angle", "angle_sd", "separation", "ribs", "certainty")),
}


def load(folder: Path, preprocess_factory: PreprocessFactory, site: bool = True) -> Manifest:
    """Read and check `folder`/manifest.json, with the site's own calibration beside it unless `site` is false.

    Raises:
        CascadeUnavailable: code ``cascade_missing`` (folder, manifest or model file not there),
            ``manifest_invalid`` (which key, and what is wanted), ``site_calibration_invalid`` or ``_stale``.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise CascadeUnavailable(
            "cascade_missing",
            f"There is no cascade folder {folder}.",
            "Reinstall the program, or point the settings at a folder with a manifest.json.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CascadeUnavailable(
            "cascade_missing",
            f"The cascade folder {folder} has no {MANIFEST}.",
            "Reinstall the program, or point the settings at a folder with a manifest.json.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CascadeUnavailable(
            "manifest_invalid", f"{path} cannot be read: {error}.", "Check the file and its permissions."
        ) from error
    try:
        data = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        refuse_half_characters(data)
    except json.JSONDecodeError as error:
        raise CascadeUnavailable(
            "manifest_invalid", f"{path}: line {error.lineno}, column {error.colno}: {error.msg}.", REMEDY
        ) from error
    except (ValueError, RecursionError) as error:
        raise CascadeUnavailable("manifest_invalid", f"{path}: {error}.", REMEDY) from error
    merged = site_calibration.merge(data, folder) if site and isinstance(data, dict) else data
    try:
        return _manifest(Section(merged, str(path)), folder, preprocess_factory)
    except CascadeUnavailable as error:
        if merged is not data:
            _manifest(Section(data, str(path)), folder, preprocess_factory)
            # As shipped it is right: what is wrong came with the site's file.
            raise site_calibration.invalid(folder, error.message.removeprefix(f"{path}: ")) from error
        raise


def read_model(model: ModelSpec) -> bytes:
    """The ONNX file's bytes, their hash checked: what is hashed is what runs.

    Raises:
        CascadeUnavailable: ``cascade_missing`` or ``model_changed``.
    """
    try:
        content = model.path.read_bytes()
    except OSError as error:
        raise CascadeUnavailable(
            "cascade_missing",
            f"The model file {model.path} (model {model.name}) cannot be read: {error.strerror or error}.",
            "Copy the whole cascade folder again, or reinstall the program.",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise CascadeUnavailable(
            "model_changed",
            f"{model.path} is not the file the manifest names (model {model.name}): "
            f"sha256 {found[:12]}…, wanted {model.sha256[:12]}….",
            "Copy the whole cascade folder again, or reinstall the program.",
        )
    return content


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {key!r} stands twice in one object")
        made[key] = value
    return made


def _manifest(top: Section, folder: Path, factory: PreprocessFactory) -> Manifest:
    version = top.whole("schema", 0, 1_000_000)
    if version != SCHEMA:
        top.fail(f"schema {version} is not known to this program, which reads schema {SCHEMA}", "schema")
    listed = top.section("models")
    models = {name: model_entry(name, listed.section(name), folder, factory) for name in listed.keys()}  # noqa: SIM118
    if not models:
        top.fail("at least one model is wanted", "models")
    stages = tuple(_stage(section, models) for section in top.sections("stages"))
    collimation = _collimation(top.section("collimation"), models) if "collimation" in top else None
    manifest = Manifest(
        folder=folder,
        name=top.text("name"),
        version=top.text("version"),
        summary=top.text("summary", ""),
        licence=top.text("licence", ""),
        created=top.text("created", ""),
        models=models,
        stages=stages,
        collimation=collimation,
    )
    top.done()
    _check_together(manifest, top)
    return manifest


def _stage(section: Section, models: Mapping[str, ModelSpec]) -> StageSpec:
    name = section.text("name")
    kind = Kind(section.text("kind", choices=tuple(Kind)))
    model = _model_named(section, models)
    activation = section.text("activation", choices=ACTIVATIONS)
    if (kind is Kind.ORIENTATION) != (activation == "softmax"):
        section.fail(f"{activation} does not fit a stage of kind {kind}", "activation")
    spec = StageSpec(
        plan=StagePlan(name, kind, _thresholds(section.section("thresholds")), _condition(section, kind)),
        model=model.name,
        reads=_reads(section.section("reads"), kind, model),
        activation=activation,
        calibration=_calibration(section, "calibration", activation),
        edge_calibration=_calibration(section, "edge_calibration", activation)
        if kind is Kind.CROP
        else Identity(),
        classes=_classes(section) if kind is Kind.ORIENTATION else (),
        limits=section.texts("limits"),
        provenance=section.anything("provenance"),
    )
    section.done()
    _check_shapes(section, spec, model)
    return spec


def _collimation(section: Section, models: Mapping[str, ModelSpec]) -> CollimationSpec:
    model = _model_named(section, models)
    reads = section.section("reads")
    spec = CollimationSpec(
        model=model.name,
        columns=_output(reads, "columns", model),
        rows=_output(reads, "rows", model),
        limits=section.texts("limits"),
        provenance=section.anything("provenance"),
    )
    reads.done()
    section.done()
    for role, output in (("columns", spec.columns), ("rows", spec.rows)):
        shape = model.outputs[output].shape
        if len(shape) != 2 or shape[1] < 2:
            section.fail(
                f"(1, n) is wanted, one value for each of n, but {output!r} has {shape}", f"reads.{role}"
            )
    return spec


def _thresholds(section: Section) -> Thresholds:
    warn, unsure = section.number("warn"), section.number("unsure_from")
    edge = section.number("edge", 0.5)
    section.done()
    try:
        return Thresholds(warn, unsure, edge)
    except ValueError as error:
        section.fail(str(error))


def _condition(section: Section, kind: Kind) -> Condition:
    if "when" not in section:
        return Condition()
    when = section.section("when")
    if not when.keys():
        return Condition()
    if kind not in _BRANCH:
        section.fail(f"a stage of kind {kind} runs on every film", "when")
    chosen = when.text("projection", choices=(Projection.FRONTAL.value, Projection.LATERAL.value))
    unknown = [key for key in when.keys() if key != "projection"]  # noqa: SIM118
    if unknown:
        when.fail("unknown key; known here: projection", unknown[0])
    return Condition(Projection(chosen))


def _reads(section: Section, kind: Kind, model: ModelSpec) -> Mapping[str, str]:
    needed, optional = _READS[kind]
    reads = {
        role: _output(section, role, model)
        for role in (*needed, *optional)
        if role in needed or role in section
    }
    section.done()
    if "angle_sd" in reads and "angle" not in reads:
        section.fail("angle_sd without angle")
    return reads


def _model_named(section: Section, models: Mapping[str, ModelSpec]) -> ModelSpec:
    name = section.text("model")
    if name not in models:
        section.fail(f"there is no model {name!r}; models: {', '.join(models)}", "model")
    return models[name]


def _output(section: Section, role: str, model: ModelSpec) -> str:
    output = section.text(role)
    if output not in model.outputs:
        section.fail(
            f"model {model.name} has no output {output!r}; outputs: {', '.join(model.outputs)}", role
        )
    return output


def _calibration(stage: Section, key: str, activation: str) -> Calibration:
    if key not in stage:
        return Identity()
    section = stage.section(key)
    method = section.text("method", choices=("none", "temperature", "isotonic"))
    made: Calibration = Identity()
    if method == "temperature":
        made = Temperature(section.number("temperature"), section.number("bias", 0.0))
        if made.temperature <= 0:
            section.fail("a number above 0 is wanted", "temperature")
        if activation == "none":
            section.fail("a temperature needs logits; the activation 'none' says these are probabilities")
        if activation == "softmax" and made.bias != 0:
            section.fail("a bias means nothing to a softmax", "bias")
    elif method == "isotonic":
        if activation == "softmax":
            section.fail("isotonic calibration is for single probabilities, not for a softmax", "method")
        made = Isotonic(section.numbers("x"), section.numbers("y"))
        _check_isotonic(section, made)
    section.done()
    return made


def _check_isotonic(section: Section, curve: Isotonic) -> None:
    if len(curve.x) != len(curve.y):
        section.fail(f"x has {len(curve.x)} values, y has {len(curve.y)}")
    for key, values in (("x", curve.x), ("y", curve.y)):
        if any(b < a for a, b in pairwise(values)):
            section.fail("the values must never fall", key)
        if values[0] < 0 or values[-1] > 1:
            section.fail("the values must lie in 0..1", key)


def _classes(stage: Section) -> tuple[OrientationClass, ...]:
    made = []
    for section in stage.sections("classes"):
        degrees = section.whole("rotate_deg", 0, 270)
        if degrees % 90:
            section.fail("0, 90, 180 or 270 is wanted", "rotate_deg")
        made.append(OrientationClass(degrees, section.flag("mirrored", False)))
        section.done()
    if len(set(made)) != len(made):
        stage.fail("a class stands twice", "classes")
    if not any(c.upright for c in made):
        stage.fail("the upright class (rotate_deg 0, not mirrored) is missing", "classes")
    return tuple(made)


def _check_shapes(section: Section, stage: StageSpec, model: ModelSpec) -> None:
    sizes = {"score": max(1, len(stage.classes)), "edges": 4, "beyond": 4}
    sizes |= dict.fromkeys(("angle", "angle_sd", "separation"), 1)
    for role, output in stage.reads.items():
        spec = model.outputs[output]
        if role == "mask":
            if len(spec.shape) != 4 or spec.shape[1] != 1 or min(spec.shape[2:]) < 2:
                section.fail(
                    f"a mask of shape (1, 1, height, width) is wanted, not {spec.shape}", "reads.mask"
                )
        elif role == "ribs":
            if len(spec.shape) != 4 or spec.shape[:2] != (1, 2) or spec.shape[2] < 2 or spec.shape[3] != 2:
                section.fail(
                    f"two lines of shape (1, 2, points, 2) are wanted, not {spec.shape}", "reads.ribs"
                )
        elif role == "certainty":
            if "ribs" not in stage.reads:
                section.fail("it is that of the points of `ribs`: `ribs` is wanted too", "reads.certainty")
            points = model.outputs[stage.reads["ribs"]].shape[:3]
            if spec.shape != points:
                section.fail(
                    f"a value for each point of `ribs`, {points}, not {spec.shape}", "reads.certainty"
                )
        elif spec.size != sizes[role]:
            section.fail(
                f"{sizes[role]} value(s) are wanted, output {output!r} has shape {spec.shape}",
                f"reads.{role}",
            )


def _check_together(manifest: Manifest, top: Section) -> None:
    seen: list[StageSpec] = []
    for stage in manifest.stages:
        for other in seen:
            if other.plan.name == stage.plan.name:
                top.fail(f"the name {stage.plan.name!r} stands twice", "stages")
            places = {other.plan.condition.projection, stage.plan.condition.projection}
            if other.plan.kind is stage.plan.kind and (len(places) == 1 or None in places):
                top.fail(
                    f"{other.plan.name!r} and {stage.plan.name!r} are both of kind {stage.plan.kind} "
                    "and would run on the same film",
                    "stages",
                )
        seen.append(stage)
    used = {stage.model for stage in manifest.stages}
    if manifest.collimation is not None:
        used.add(manifest.collimation.model)
    unused = set(manifest.models) - used
    if unused:
        top.fail("no stage uses this model", f"models.{min(unused)}")
