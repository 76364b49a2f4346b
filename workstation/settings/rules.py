"""How a setting is declared: default, range and words beside the field itself."""

from __future__ import annotations

from dataclasses import Field, dataclass, field
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
    return field(default=default, metadata={"rule": Rule(en, ru, **limits)})


def required(en: str, ru: str, **limits: Any) -> Any:
    return field(metadata={"rule": Rule(en, ru, **limits)})


def rule_of(item: Field[Any]) -> Rule:
    """The rule declared with a field of `Settings`, `Listener` or `Destination`."""
    rule = item.metadata["rule"]
    assert isinstance(rule, Rule)
    return rule
