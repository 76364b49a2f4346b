"""What is wrong with a file, in other languages than English; words from resources/file_errors.toml. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workstation.services.resource_files import invalid, read_toml

FILE_ERRORS = "file_errors.toml"


@dataclass(frozen=True, slots=True)
class Told:
    """A message and its remedy, each a sentence or two."""

    message: str
    remedy: str


def load_file_errors(resources: Path, language: str) -> Mapping[str, Told]:
    """Words of `language` by error code; none for English, whose words come with the error itself.

    Raises:
        SettingsInvalid: the file is missing or broken.
    """
    path = resources / FILE_ERRORS
    found = {}
    for code, entry in read_toml(path).get(language, {}).items():
        if not isinstance(entry, dict) or set(entry) != {"message", "remedy"}:
            raise invalid(path, f"{language}.{code}: message and remedy are wanted")
        found[code] = Told(str(entry["message"]), str(entry["remedy"]))
    return found
