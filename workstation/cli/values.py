"""Arguments that stand for a setting: what the settings file refuses, the command line refuses, too."""

from __future__ import annotations

import argparse
import typing
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from workstation.settings.rules import converted, rule_of


def setting_value(section: type[Any], name: str, what: str) -> Callable[[str], Any]:
    """A type for `add_argument`: the value of the setting `name` of `section`, by its own rule.

    Args:
        section: dataclass of settings, e.g. `Listener`.
        what: what the argument is, as a person calls it: "TCP port".
    """
    kind = typing.get_type_hints(section)[name]
    rule = rule_of(next(item for item in fields(section) if item.name == name))

    def read(text: str) -> Any:
        whole = kind is int and text.isascii() and text.isdecimal() and len(text) < 20
        problem, value = converted(kind, int(text) if whole else text, rule)
        if problem:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}: it {problem}")
        return value

    return read
