"""A strict reader of JSON objects: every failure names the file, the key and what is wanted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from workstation.domain.errors import CascadeUnavailable

REMEDY = "Correct the manifest, or point the settings at a folder with a complete cascade."


class Section:
    """One JSON object at `where` in `source`. Read its keys, then call `done` to refuse the ones left over.

    Raises (all methods):
        CascadeUnavailable: with code ``"manifest_invalid"``: a missing key, a wrong type or range.
    """

    def __init__(self, data: Any, source: str, where: str = "") -> None:
        self._source = source
        self._where = where
        if not isinstance(data, dict):
            self.fail(f"an object is wanted, not {_name_of(data)}")
        self._data: dict[str, Any] = data
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def fail(self, problem: str, key: str = "") -> NoReturn:
        """Refuse the manifest because of `key` of this object (or the object itself)."""
        place = ".".join(part for part in (self._where, key) if part)
        raise CascadeUnavailable(
            "manifest_invalid", f"{self._source}: {place + ': ' if place else ''}{problem}.", REMEDY
        )

    def _get(self, key: str, kinds: tuple[type, ...], wanted: str) -> Any:
        self._read.add(key)
        if key not in self._data:
            self.fail("this key is missing", key)
        value = self._data[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.fail(f"{wanted} is wanted, not {_name_of(value)}", key)
        return value

    def text(self, key: str, default: str | None = None, choices: tuple[str, ...] = ()) -> str:
        """A string, not empty; one of `choices` where given."""
        if default is not None and key not in self._data:
            return default
        value = str(self._get(key, (str,), "a text"))
        if not value.strip() and default is None:
            self.fail("a text that is not empty is wanted", key)
        if choices and value not in choices:
            self.fail(f"{value!r} is not known; known: {', '.join(choices)}", key)
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number within low..high."""
        value = int(self._get(key, (int,), "a whole number"))
        if not low <= value <= high:
            self.fail(f"{value} is outside {low}..{high}", key)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        if default is not None and key not in self._data:
            return default
        value = self._get(key, (int, float), "a number")
        if not _is_finite(value):
            self.fail("a finite number is wanted", key)
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        return bool(self._get(key, (bool,), "true or false")) if key in self._data else default

    def items(self, key: str) -> list[Any]:
        """A list, not empty."""
        value: list[Any] = self._get(key, (list,), "a list")
        if not value:
            self.fail("a list that is not empty is wanted", key)
        return value

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of finite numbers, not empty."""
        values = self.items(key)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
                self.fail(f"a list of finite numbers is wanted, not with {_name_of(value)} in it", key)
        return tuple(float(v) for v in values)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; absent means empty."""
        if key not in self._data:
            return ()
        values = self._get(key, (list,), "a list")
        for value in values:
            if not isinstance(value, str):
                self.fail(f"a list of texts is wanted, not with {_name_of(value)} in it", key)
        return tuple(values)

    def section(self, key: str) -> Section:
        """A nested object."""
        return Section(self._get(key, (dict,), "an object"), self._source, _join(self._where, key))

    def sections(self, key: str) -> list[Section]:
        """A list of objects, named by their `name` where they have one."""
        made = []
        for index, data in enumerate(self.items(key)):
            name = data.get("name") if isinstance(data, dict) else None
            label = name if isinstance(name, str) and name else str(index)
            made.append(Section(data, self._source, f"{_join(self._where, key)}[{label}]"))
        return made

    def keys(self) -> tuple[str, ...]:
        """Names in this object, in file order; marks all as read (for objects whose keys are names)."""
        self._read.update(self._data)
        return tuple(self._data)

    def anything(self, key: str) -> Mapping[str, Any]:
        """A nested object whose contents are not looked at (provenance); absent means empty."""
        if key not in self._data:
            return {}
        value: Mapping[str, Any] = self._get(key, (dict,), "an object")
        return value

    def raw(self) -> dict[str, Any]:
        """The object as parsed; marks all keys as read."""
        self._read.update(self._data)
        return self._data

    def done(self) -> None:
        """Refuse keys nobody asked for: a misspelt key must not be ignored."""
        unknown = sorted(set(self._data) - self._read)
        if unknown:
            self.fail(f"unknown key; known here: {', '.join(sorted(self._read))}", unknown[0])


def refuse_half_characters(data: Any) -> None:
    r"""Texts of parsed JSON that nothing can write: JSON lets half of a surrogate pair (``\ud800``) through.

    Raises:
        ValueError: there is one.
    """
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character (\\ud800 without its other half)") from None


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def _name_of(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    return repr(value) if len(repr(value)) <= 40 else "a long value"
