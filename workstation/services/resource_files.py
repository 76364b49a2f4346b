"""TOML files of the resources: read, their faults told, their wordings in every language of the program."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from workstation.domain.errors import SettingsInvalid

LANGUAGES = ("en", "ru")
"""Of the program, the first one where another is wanted; `ui.i18n.LANGUAGES` has their names."""


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file of the resources, or a site's own of the same form; a byte order mark is passed over.

    Raises:
        SettingsInvalid: it cannot be read or parsed; the message gives the line.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsInvalid(
            "resource_invalid", f"{path} is not UTF-8 text.", "Save it as UTF-8."
        ) from error
    # ValueError: not TOML, or a number of thousands of digits; RecursionError: brackets in brackets without end.
    except (OSError, ValueError, RecursionError) as error:
        raise invalid(path, str(error)) from error


def invalid(path: Path, problem: str) -> SettingsInvalid:
    """The error for a broken resource file."""
    return SettingsInvalid(
        "resource_invalid",
        f"{path}: {problem}.",
        "Correct the file, or restore the one that came with the program.",
    )


def wording(entry: Any, path: Path, place: str) -> dict[str, str]:
    """A table of one text in every language of the program.

    Raises:
        SettingsInvalid: a language is missing, empty or unknown.
    """
    if not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
        raise invalid(path, f"{place}: a text in {' and '.join(LANGUAGES)} is wanted")
    for language, text in entry.items():
        if not isinstance(text, str) or not text.strip():
            raise invalid(path, f"{place}.{language}: a text that is not empty is wanted")
    return dict(entry)
