"""A site's own thresholds and calibration: a file beside the manifest that replaces those of named stages.

The models and the manifest stay as shipped. The file names the cascade it was measured on, and the SHA-256 of each
stage's model; with another one it is refused, for thresholds of other models mean nothing. A cascade with such a file
is called `name@version+site`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workstation.domain.errors import CascadeUnavailable
from workstation.inference.schema import Section, refuse_half_characters

FILE = "site_calibration.json"
SCHEMA = 1
SUFFIX = "+site"
SITE = "site"
"""Who set a threshold, beside ``shipped``."""
_REMEDY = f"Run `cxr-workstation calibrate` again, or remove {FILE} to use the thresholds as shipped."


def merge(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The parsed manifest with the stages of `folder`/site_calibration.json put in; itself where there is no file.

    The result still goes through the manifest's own checks; see `invalid`.

    Raises:
        CascadeUnavailable: code ``site_calibration_invalid`` (unreadable, a wrong key) or
            ``site_calibration_stale`` (made for another cascade, for other weights of the same name, or for a stage
            that is no longer there).
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        refuse_half_characters(data)
    except FileNotFoundError:
        return manifest
    except (OSError, ValueError, RecursionError) as error:
        raise CascadeUnavailable(
            "site_calibration_invalid", f"{path} cannot be read: {error}.", _REMEDY
        ) from error
    try:
        top = Section(data, str(path))
        if top.whole("schema", 0, 1_000_000) != SCHEMA:
            top.fail(f"this program reads schema {SCHEMA}", "schema")
        cascade = top.text("cascade")
        top.anything("about")
        listed = top.section("stages")
        changes = {}
        measured: dict[str, str] = {}
        for name in listed.keys():  # noqa: SIM118
            entry = listed.section(name)
            changes[name] = {key: dict(entry.anything(key)) for key in ("calibration", "thresholds")}
            entry.anything("about")
            if sha256 := entry.text("model_sha256", ""):  # files of before name none
                measured[name] = sha256
            entry.done()
        top.done()
    except CascadeUnavailable as error:
        raise CascadeUnavailable("site_calibration_invalid", error.message, _REMEDY) from None
    return _merged(manifest, changes, measured, cascade, path)


def invalid(folder: Path, problem: str) -> CascadeUnavailable:
    """The error for a `folder`/site_calibration.json with values that the manifest's checks refuse."""
    return CascadeUnavailable("site_calibration_invalid", f"{folder / FILE}: {problem}", _REMEDY)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a site's file says of itself, "" where it does not.

    Attributes:
        stages: names of the stages that it replaces.
        labels, labels_sha256: name and SHA-256 (hexadecimal) of the labels file that it was made from.
        prevalences: of the defect, 0..1, that the probabilities of a stage hold for; without the stages that kept
            their shipped calibration.
    """

    stages: frozenset[str]
    labels: str = ""
    labels_sha256: str = ""
    prevalences: Mapping[str, float] = field(default_factory=dict)


def origin(folder: Path, name: str = FILE) -> Origin | None:
    """Origin of `folder`/`name`, None where there is no file or none that `merge` takes."""
    try:
        data = json.loads((folder / name).read_text(encoding="utf-8-sig"))
        about = data.get("about") or {}
        return Origin(
            frozenset(data["stages"]),
            str(about.get("labels", "")),
            str(about.get("labels_sha256", "")),
            _prevalences(data["stages"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _prevalences(stages: Mapping[str, Any]) -> dict[str, float]:
    stated = {name: (entry.get("about") or {}).get("prevalence") for name, entry in stages.items()}
    return {name: share for name, share in stated.items() if isinstance(share, float) and 0 < share < 1}


def _merged(
    manifest: dict[str, Any],
    changes: dict[str, dict[str, Any]],
    measured: dict[str, str],
    cascade: str,
    path: Path,
) -> dict[str, Any]:
    stages = manifest.get("stages")
    listed: list[Any] = stages if isinstance(stages, list) else [None]
    named = [stage.get("name") if isinstance(stage, dict) else None for stage in listed]
    if not all(isinstance(text, str) for text in (manifest.get("name"), manifest.get("version"), *named)):
        return manifest  # its own checks refuse it and name the place
    found = f"{manifest['name']}@{manifest['version']}"
    if cascade != found:
        raise CascadeUnavailable(
            "site_calibration_stale", f"{path} was made for {cascade}, the cascade here is {found}.", _REMEDY
        )
    if missing := sorted(set(changes) - set(named)):
        raise CascadeUnavailable(
            "site_calibration_stale",
            f"{path} names the stage {missing[0]!r}, which {found} has not.",
            _REMEDY,
        )
    present = _model_hashes(manifest)
    if other := sorted(name for name, sha256 in measured.items() if sha256 != present.get(name)):
        raise CascadeUnavailable(
            "site_calibration_stale",
            f"{path} was made for other weights: the model of the stage {other[0]!r} of {found} has changed since.",
            _REMEDY,
        )
    merged = [
        {**stage, **{key: value for key, value in changes.get(stage["name"], {}).items() if value}}
        for stage in listed
    ]
    return {**manifest, "version": f"{manifest['version']}{SUFFIX}", "stages": merged}


def _model_hashes(manifest: dict[str, Any]) -> dict[str, str]:
    """SHA-256 of the model of each stage, by the stage's name, as far as the manifest (not checked yet) says."""
    models = manifest.get("models")
    models = models if isinstance(models, dict) else {}
    found = {}
    for stage in manifest.get("stages") or ():
        if isinstance(stage, dict) and isinstance(model := models.get(str(stage.get("model"))), dict):
            found[str(stage.get("name"))] = str(model.get("sha256")).lower()
    return found
