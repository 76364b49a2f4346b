"""A site's own thresholds and calibration: a file beside the manifest that replaces those of named stages.

The models and the manifest stay as shipped. The file names the cascade it was measured on; with another one it is
refused, for thresholds of other models mean nothing. A cascade with such a file is called `name@version+site`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
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

    The result still goes through the manifest's own checks.

    Raises:
        CascadeUnavailable: code ``site_calibration_invalid`` (unreadable, a wrong key) or
            ``site_calibration_stale`` (made for another cascade or a stage that is no longer there).
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
        for name in listed.keys():  # noqa: SIM118
            entry = listed.section(name)
            changes[name] = {key: dict(entry.anything(key)) for key in ("calibration", "thresholds")}
            entry.anything("about")
            entry.done()
        top.done()
    except CascadeUnavailable as error:
        raise CascadeUnavailable("site_calibration_invalid", error.message, _REMEDY) from None
    return _merged(manifest, changes, cascade, path)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a site's file says of itself, "" where it does not.

    Attributes:
        stages: names of the stages that it replaces.
        labels, labels_sha256: name and SHA-256 (hexadecimal) of the labels file that it was made from.
    """

    stages: frozenset[str]
    labels: str = ""
    labels_sha256: str = ""


def origin(folder: Path) -> Origin | None:
    """Origin of `folder`/site_calibration.json, None where there is no file or none that `merge` takes."""
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8-sig"))
        about = data.get("about") or {}
        return Origin(
            frozenset(data["stages"]), str(about.get("labels", "")), str(about.get("labels_sha256", ""))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _merged(
    manifest: dict[str, Any], changes: dict[str, dict[str, Any]], cascade: str, path: Path
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
    merged = [
        {**stage, **{key: value for key, value in changes.get(stage["name"], {}).items() if value}}
        for stage in listed
    ]
    return {**manifest, "version": f"{manifest['version']}{SUFFIX}", "stages": merged}
