"""Finds models_onnx/ and resources/ in a checkout, a wheel and a frozen program."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path


def _root(name: str) -> Path:
    package = Path(__file__).resolve().parent
    candidates = [package.parent / name, package / "_bundled" / name]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        candidates.insert(0, Path(frozen) / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name}/ is not where the program was installed: {candidates[-1]}")


def models_dir() -> Path:
    """Folder of the shipped cascade: manifest.json and its ONNX files."""
    return _root("models_onnx")


def cascade_dir(named: str) -> Path:
    """Folder of the cascade in use: the one `named` in the settings, else the shipped one."""
    return expanded(named) if named else models_dir()


def resources_dir() -> Path:
    """Folder of texts, translations, icons and the demo study."""
    return _root("resources")


def expanded(named: str | Path) -> Path:
    """The path with `~` filled in; as it is where there is no such home: that nothing is there is then told."""
    with contextlib.suppress(RuntimeError):
        return Path(named).expanduser()
    return Path(named)
