"""Every setting in words: the comments of a settings file, and the reference of the guide."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import MISSING, Field, is_dataclass
from typing import Any

import tomlkit

from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.settings.rules import Rule, keys, rule_of

_WORDS = {
    "en": {
        "default": "default",
        "from": "{0} to {1}",
        "one": "one of {0}",
        "given": "must be given",
        "own": "this machine's own",
    },
    "ru": {
        "default": "по умолчанию",
        "from": "от {0} до {1}",
        "one": "одно из {0}",
        "given": "обязательно",
        "own": "только этой станции",
    },
}


def explanation(rule: Rule, language: str) -> str:
    """What a setting does, in "en" or "ru"."""
    return rule.ru if language == "ru" else rule.en


def template(language: str = "en") -> str:
    """A settings file of all defaults, each with its explanation and range; everything is commented out."""
    lines: list[str] = []
    for table, kind in _tables():
        if table:
            lines += ["", f"# {'[[destinations]]' if kind is Destination else f'[{table}]'}"]
        for item in _plain(kind):
            rule = rule_of(item)
            lines += ["", f"# {explanation(rule, language)} ({_range(item, rule, language)})"]
            value = "" if item.default is MISSING else _toml(item.default)
            lines.append(f"# {item.name} = {value}".rstrip())
    return "\n".join(lines).lstrip("\n") + "\n"


def markdown(language: str) -> str:
    """The reference as Markdown tables, one for each table of the file."""
    lines: list[str] = []
    for table, kind in _tables():
        name = f"`[[{table}]]`" if kind is Destination else f"`[{table}]`" if table else "`settings.toml`"
        lines += [f"**{name}**", "", "| | |", "|---|---|"]
        for item in _plain(kind):
            rule = rule_of(item)
            text = f"{explanation(rule, language)} ({_range(item, rule, language)})".replace("|", "\\|")
            lines.append(f"| `{item.name}` | {text} |")
        lines.append("")
    return "\n".join(lines)


def comment_of(item: Field[Any], language: str) -> str:
    """The comment beside a value that is written for the first time."""
    rule = rule_of(item)
    return f"{explanation(rule, language)} ({_range(item, rule, language)})"


def _tables() -> Iterator[tuple[str, type[Any]]]:
    yield "", Settings
    for name, kind in typing.get_type_hints(Settings).items():
        if isinstance(kind, type) and is_dataclass(kind):
            yield name, kind
    yield "destinations", Destination


def _plain(kind: type[Any]) -> Iterator[Field[Any]]:
    tables = {name for name, _ in _tables() if name} if kind is Settings else set()
    yield from (item for item in keys(kind) if item.name not in tables)


def _range(item: Field[Any], rule: Rule, language: str) -> str:
    words = _WORDS["ru" if language == "ru" else "en"]
    parts = []
    if rule.choices:
        parts.append(words["one"].format(", ".join(rule.choices)))
    elif rule.low is not None and rule.high is not None:
        parts.append(words["from"].format(f"{rule.low:.10g}", f"{rule.high:.10g}"))
    if item.default is MISSING:
        parts.append(words["given"])
    else:
        parts.append(f"{words['default']} {_toml(item.default)}")
    if rule.own:
        parts.append(words["own"])
    return "; ".join(parts)


def _toml(value: Any) -> str:
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())
