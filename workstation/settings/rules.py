"""How a setting is declared: default, range and words beside the field itself."""

from __future__ import annotations

import re
import typing
from dataclasses import Field, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must fulfil.

    Attributes:
        en, ru: what the setting does, one sentence.
        low, high: inclusive range of a number.
        choices: allowed words; empty for any.
        longest: longest text, in characters.
        pattern: regular expression the whole text must match, with `hint` saying it in words.
        own: it belongs to this machine and is left out of a site's profile.
    """

    en: str
    ru: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    longest: int = 1024
    pattern: str = ""
    hint: str = ""
    own: bool = False


def setting(default: Any, en: str, ru: str, **limits: Any) -> Any:
    """A key of the settings file with a default; the other arguments as the attributes of `Rule`."""
    return field(default=default, metadata={"rule": Rule(en, ru, **limits)})


def required(en: str, ru: str, **limits: Any) -> Any:
    """As `setting`, for a key that a destination must have."""
    return field(metadata={"rule": Rule(en, ru, **limits)})


def keys(kind: Any) -> list[Field[Any]]:
    """The fields of a settings class (or instance) that are keys of the file."""
    return [item for item in fields(kind) if "rule" in item.metadata]


def rule_of(item: Field[Any]) -> Rule:
    """The rule declared with a field of a settings class, see `keys`."""
    rule = item.metadata["rule"]
    assert isinstance(rule, Rule)
    return rule


def converted(kind: Any, value: Any, rule: Rule) -> tuple[str, Any]:
    """Check a value as TOML gives it.

    Returns:
        (problem, value): problem is ``""`` for a value that fits, which is then of `kind`.
    """
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            return "must be a list of texts", None
        return next(filter(None, (_problem_of_text(entry, rule) for entry in value)), ""), tuple(value)
    if kind is str:
        if not isinstance(value, str):
            return "must be a text in quotes", None
        return _problem_of_text(value, rule), value
    if kind is bool:
        return ("" if isinstance(value, bool) else "must be true or false"), value
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        return f"must be a {'whole number' if kind is int else 'number'}", None
    low, high = rule.low, rule.high
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        return f"must lie between {low:g} and {high:g}", None
    return "", kind(value)


def _problem_of_text(value: str, rule: Rule) -> str:
    if rule.choices and value not in rule.choices:
        return f"must be one of {', '.join(rule.choices)}"
    if len(value) > rule.longest:
        return f"is longer than {rule.longest} characters"
    if any(ord(letter) < 32 for letter in value):
        return "holds a control character"
    if rule.pattern and not re.fullmatch(rule.pattern, value):
        return f"must be {rule.hint or 'filled in'}"
    return ""
