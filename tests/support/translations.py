"""Update and compile the Qt Linguist files: ``python -m tests.support.translations``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("en", "ru")


def tool(name: str) -> str:
    """Path of a PySide6 tool: beside this interpreter, else on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def sources() -> list[str]:
    """Every module that may hold texts of the window."""
    files = sorted((ROOT / "workstation" / "ui").rglob("*.py"))
    return [str(p.relative_to(ROOT)) for p in (*files, ROOT / "workstation" / "app.py")]


def update(language: str, target: Path) -> None:
    """Bring `target` up to date with the sources; English holds the plural forms alone."""
    command = [tool("pyside6-lupdate"), *sources(), "-ts", str(target), "-no-obsolete", "-locations", "none"]
    command += ["-source-language", "en", "-target-language", {"en": "en_GB", "ru": "ru_RU"}[language]]
    if language == "en":
        command.append("-pluralonly")
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)


def compile_(source: Path, target: Path) -> None:
    """Make the .qm of a .ts."""
    command = [tool("pyside6-lrelease"), str(source), "-qm", str(target)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)


def main() -> None:
    """Update and compile both languages."""
    for language in LANGUAGES:
        source = FOLDER / f"workstation_{language}.ts"
        update(language, source)
        compile_(source, source.with_suffix(".qm"))


if __name__ == "__main__":
    main()
