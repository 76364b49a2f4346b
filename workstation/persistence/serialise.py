"""Domain dataclasses to JSON and back, by their type hints.

Unknown keys are ignored and missing ones take the default: rows of a neighbouring version stay readable.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def dumps(value: Any) -> str:
    """Compact JSON of a dataclass (nested dataclasses, enums, tuples and mappings included)."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def loads(kind: type[T], text: str) -> T:
    """The dataclass `kind` from the JSON of `dumps`.

    Raises:
        ValueError: the text is no JSON of such an object.
    """
    try:
        value = _build(kind, json.loads(text))
    except (TypeError, KeyError, AttributeError) as exc:
        raise ValueError(f"no {kind.__name__}: {exc}") from exc
    return typing.cast(T, value)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(_plain(k)): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and value != value:
        return None  # JSON has no NaN; a score that is none is not given
    return value


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _build_union(arguments, value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_build(arguments[0], v) for v in value)
        return tuple(_build(a, v) for a, v in zip(arguments, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {_build(arguments[0], k): _build(arguments[1], v) for k, v in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        names = {f.name for f in dataclasses.fields(kind) if f.init}
        return kind(**{k: _build(hints[k], v) for k, v in value.items() if k in names})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float:
        return float(value)
    return value


def _build_union(members: tuple[Any, ...], value: Any) -> Any:
    if value is None:
        return None
    candidates = [m for m in members if m is not type(None)]
    if len(candidates) == 1:
        return _build(candidates[0], value)
    # A union of findings: told apart by the default of their `kind` field.
    for member in candidates:
        for item in dataclasses.fields(member) if dataclasses.is_dataclass(member) else ():
            if item.name == "kind" and item.default == value.get("kind"):
                return _build(member, value)
    raise ValueError(f"none of {members} fits")
