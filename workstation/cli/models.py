"""`cxr-workstation models`: what is in the cascade, after all its checks."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator, Mapping

from workstation.cli.cascade import add_cascade_arguments, open_cascade
from workstation.inference import site_calibration
from workstation.inference.specs import CollimationSpec, Manifest, StageSpec

_WIDTH = 118
_MOST_LINES = 16  # of one entry of the provenance; the manifest has all of it


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
    site = (
        site_calibration.origin(manifest.folder) if manifest.label.endswith(site_calibration.SUFFIX) else None
    )
    own = site.stages if site is not None else frozenset()
    facts = {
        "folder": str(manifest.folder),
        "summary": manifest.summary,
        "licence": manifest.licence,
        "created": manifest.created,
        "site": _site(site),
    }
    lines = [
        manifest.label,
        *(line for name, value in facts.items() if value for line in _wrapped(f"  {name:<8} ", value)),
        "",
        *_collimation(manifest.collimation),
        "stages",
    ]
    for stage in manifest.stages:
        lines += _stage(stage, stage.plan.name in own)
    lines += ["", "models"]
    for model in manifest.models.values():
        size = model.path.stat().st_size / 2**20
        shape = " x ".join(str(side) for side in model.input.shape)
        lines.append(
            f"  {model.name}: {model.path.name}, {size:.1f} MiB, input {shape}, sha256 {model.sha256}"
        )
        lines += _provenance(model.provenance, f"models, {model.name}")
    return lines


def _collimation(found: CollimationSpec | None) -> list[str]:
    if found is None:
        return []
    return [
        f"collimated field: every film, model {found.model}",
        *(line for limit in found.limits for line in _wrapped("    limit: ", limit)),
        *_provenance(found.provenance, "collimation"),
        "",
    ]


def _site(found: site_calibration.Origin | None) -> str:
    if found is None or not found.stages:
        return ""
    labels = f", set with {found.labels}" if found.labels else ""
    return f"{site_calibration.FILE}{labels}: {', '.join(sorted(found.stages))}"


def _stage(stage: StageSpec, own: bool) -> list[str]:
    """Lines of a stage; `own`: calibrated by the site."""
    thresholds = stage.plan.thresholds
    projection = stage.plan.condition.projection
    when = f"after projection = {projection.value}" if projection is not None else "every film"
    lines = [
        f"  {stage.plan.name}: {stage.plan.kind.value}, {when}, model {stage.model}, "
        f"warns from {thresholds.warn:g}, unsure from {thresholds.unsure_from:g}"
    ]
    if own:
        words = "calibration and thresholds are the site's own; figures below are of those as shipped"
        lines += _wrapped("    site: ", words)
    lines += [line for limit in stage.limits for line in _wrapped("    limit: ", limit)]
    return lines + _provenance(stage.provenance, f"stages, {stage.plan.name}")


def _provenance(provenance: Mapping[str, object], where: str) -> list[str]:
    """Entries of a provenance, a long one cut off with where all of it stands."""
    lines = []
    for key, value in provenance.items():
        made = list(_entry(key, value, "    "))
        if len(made) > _MOST_LINES:
            more = len(made) - _MOST_LINES + 1
            made = [
                *made[: _MOST_LINES - 1],
                f"      ... {more} more lines: manifest.json, {where}, provenance, {key}",
            ]
        lines += made
    return lines


def _entry(key: str, value: object, indent: str) -> Iterator[str]:
    """One entry: on a line where it fits, else what is inside it on lines of their own, further in."""
    line = f"{indent}{key}: {_plain(value)}"
    inside = indent + "  "
    if len(line) <= _WIDTH:
        yield line
    elif isinstance(value, Mapping):
        yield f"{indent}{key}:"
        for name, each in value.items():
            yield from _entry(str(name), each, inside)
    elif isinstance(value, list | tuple):
        yield f"{indent}{key}:"
        for each in value:
            yield from _wrapped(f"{inside}- ", _plain(each))
    else:
        yield from _wrapped(f"{indent}{key}: ", _plain(value))


def _wrapped(head: str, text: str) -> list[str]:
    """`head` and the text in lines of `_WIDTH`, further ones indented."""
    hanging = " " * (len(head) - len(head.lstrip()) + 2)
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(_short(value), ensure_ascii=False)


def _short(value: object) -> object:
    """Figures with four digits: the manifest keeps as many as a computer writes."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {str(key): _short(each) for key, each in value.items()}
    return [_short(each) for each in value] if isinstance(value, list | tuple) else value
