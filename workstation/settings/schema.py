"""Version of the settings file, and the steps that bring an older one up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomlkit

from workstation.domain.errors import SettingsInvalid

KEY = "schema"
CURRENT = 1
Step = Callable[[tomlkit.TOMLDocument], None]
STEPS: Mapping[int, Step] = MappingProxyType({})
"""By the version they start from: each changes the document in place and leaves it one version newer. A file without
the key is of version 1, the first."""


def migrated(
    text: str, path: Path, steps: Mapping[int, Step] = STEPS, current: int = CURRENT
) -> tuple[str, int]:
    """The file's text in the current form, and the version it had.

    Raises:
        SettingsInvalid: the file is of a newer version: it is neither guessed at nor written over.
    """
    document = tomlkit.parse(text)
    found = document.get(KEY, 1)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise SettingsInvalid(
            "settings_value", f"{path}: {KEY} = {found!r} is no version.", "Remove that line."
        )
    version = int(found)
    if version > current:
        raise SettingsInvalid(
            "settings_newer",
            f"{path} was written by a newer version of the program (schema {version}, this one knows {current}).",
            "Install the newer program again, or begin with a file of your own in another data folder.",
        )
    if version == current:
        return text, version
    for step in range(version, current):
        steps[step](document)
    document[KEY] = current
    return tomlkit.dumps(document), version


def backup_name(path: Path, version: int) -> Path:
    """Where the file of an older version is kept when the new one is written."""
    return path.with_name(f"{path.name}.schema-{version}")


def stamped(document: Any) -> None:
    """Write the version into a fresh document."""
    if not document:
        document[KEY] = CURRENT
