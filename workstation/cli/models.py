"""`cxr-workstation models`: what is in the cascade, after all its checks."""

from __future__ import annotations

import argparse
import json

from workstation.cli.cascade import add_cascade_arguments, open_cascade
from workstation.inference.specs import CollimationSpec, Manifest, StageSpec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `models`."""
    add_cascade_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check the cascade as at start, then print it.

    Raises:
        CascadeUnavailable: what is wrong with it.
    """
    manifest = open_cascade(arguments).manifest
    if manifest is not None:
        print("\n".join(_lines(manifest)))
    return 0


def _lines(manifest: Manifest) -> list[str]:
    facts = {
        "folder": str(manifest.folder),
        "summary": manifest.summary,
        "licence": manifest.licence,
        "created": manifest.created,
    }
    lines = [
        manifest.label,
        *(f"  {name:<8} {value}" for name, value in facts.items() if value),
        "",
        *_collimation(manifest.collimation),
        "stages",
    ]
    for stage in manifest.stages:
        lines += _stage(stage)
    lines += ["", "models"]
    for model in manifest.models.values():
        size = model.path.stat().st_size / 2**20
        shape = " x ".join(str(side) for side in model.input.shape)
        lines.append(
            f"  {model.name}: {model.path.name}, {size:.1f} MiB, input {shape}, sha256 {model.sha256}"
        )
        lines += [f"    {key}: {_plain(value)}" for key, value in model.provenance.items()]
    return lines


def _collimation(found: CollimationSpec | None) -> list[str]:
    if found is None:
        return []
    return [
        f"collimated field: every film, model {found.model}",
        *(f"    limit: {limit}" for limit in found.limits),
        *(f"    {key}: {_plain(value)}" for key, value in found.provenance.items()),
        "",
    ]


def _stage(stage: StageSpec) -> list[str]:
    thresholds = stage.plan.thresholds
    projection = stage.plan.condition.projection
    when = f"after projection = {projection.value}" if projection is not None else "every film"
    lines = [
        f"  {stage.plan.name}: {stage.plan.kind.value}, {when}, model {stage.model}, "
        f"warns at {thresholds.warn:g}, unsure from {thresholds.unsure_from:g}"
    ]
    lines += [f"    limit: {limit}" for limit in stage.limits]
    lines += [f"    {key}: {_plain(value)}" for key, value in stage.provenance.items()]
    return lines


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
