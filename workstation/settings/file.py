"""Settings on disk: TOML, validated with a message that names key, value and line; written atomically."""

from __future__ import annotations

from pathlib import Path

from workstation.settings.model import Settings


def load(path: Path) -> Settings:
    """Read settings: defaults where the file or a key is absent. Unknown keys are logged and kept by `save`.

    Raises:
        SettingsInvalid: names key, value, line and the remedy.
    """
    raise NotImplementedError


def save(path: Path, settings: Settings) -> None:
    """Write settings atomically; comments and unknown keys of the file stay. Raises StorageFailed."""
    raise NotImplementedError
