"""What lies beside films in a folder and plainly is none: nobody has to be told that it was left out."""

from __future__ import annotations

from pathlib import PurePath

# fmt: off
_SUFFIXES = frozenset((
    ".txt", ".md", ".rst", ".rtf", ".pdf", ".doc", ".docx", ".csv", ".tsv", ".xls", ".xlsx", ".json", ".xml", ".toml",
    ".yaml", ".yml", ".ini", ".inf", ".log", ".htm", ".html", ".css", ".js", ".zip", ".exe", ".dll", ".bat", ".cmd",
    ".lnk", ".url", ".db", ".md5", ".sha256",
))
# fmt: on
# Of files without a suffix, up to the first "-" or "_": LICENSE, LICENSE-MIT, README_first. DICOMDIR is an index of
# films (PS3.10 section 8.6).
_NAMES = frozenset(("readme", "license", "licence", "copying", "notice", "authors", "changelog", "dicomdir"))


def is_plainly_no_film(name: str) -> bool:
    """Whether a file found in a folder is known by its name to be no film: hidden, an index, a text, a program.

    A file that a person names is tried all the same.
    """
    path = PurePath(name.lower())
    if path.name.startswith("."):
        return True
    if path.suffix:
        return path.suffix in _SUFFIXES
    return path.name.replace("_", "-").split("-")[0] in _NAMES
