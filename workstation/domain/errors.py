"""Errors the user can do something about.

`KnownError` is for the environment and the input (a truncated file, a full disk, a refused association): it
carries a remedy and is shown without a traceback. Any other exception is a mistake of ours and goes to the
error dialog and the log. The split follows qutebrowser's.
"""

from __future__ import annotations


class KnownError(Exception):
    """A failure with a cause outside the program and a remedy for the person at the console.

    Args:
        code: short, stable, machine-readable word, e.g. ``"truncated"`` (the command line prints it).
        message: one sentence: what is wrong, without patient identifiers.
        remedy: one sentence in the imperative: what to do about it.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class UnreadableFilm(KnownError):
    """A file that cannot be shown as a radiograph: no image, truncated, too large, inconsistent."""


class CascadeUnavailable(KnownError):
    """The cascade folder cannot be used: missing file, wrong hash, shape or name. Sending still works."""


class StorageFailed(KnownError):
    """The local database or disk refused: full, locked, read-only, newer than this program."""


class DeliveryFailed(KnownError):
    """A study could not be handed to its destination; it stays in the outbox."""


class SettingsInvalid(KnownError):
    """The settings file holds a value the program cannot use; message names key, value and line."""
