"""Domain dataclasses to JSON and back, by their type hints.

Rows of a neighbouring version stay readable: unknown keys are ignored and missing ones take the default. A word that
an enum does not have takes its fallback, else the default of its field; a member of a tuple or mapping that needs it
is left out. An unknown state of a finding counts as unsure, never as passed; a finding of a kind that this version does
not have is left out and says nothing any more, so that what is left may pass.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar

from workstation.domain.findings import State
from workstation.domain.projection import Projection

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_FALLBACKS: Mapping[type[Enum], Enum] = MappingProxyType(
    {State: State.UNSURE, Projection: Projection.UNKNOWN}
)


class _Unknown(ValueError):
    """A word or kind that this version does not have."""


def dumps(value: Any) -> str:
    """Compact JSON of a dataclass (nested dataclasses, enums, tuples and mappings included)."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def loads(kind: type[T], text: str) -> T:
    """The dataclass `kind` from the JSON of `dumps`.

    Raises:
        ValueError: the text is no JSON of such an object, or needs a word that this version does not have.
    """
    try:
        value = _build(kind, json.loads(text))
    except (TypeError, KeyError, AttributeError) as exc:
        raise ValueError(f"no {kind.__name__}: {exc}") from exc
    return typing.cast(T, value)


def word(kind: type[E], value: str, otherwise: E) -> E:
    """The member of `kind` that a column names; `otherwise` for a word that this version does not have."""
    try:
        return kind(value)
    except ValueError:
        return otherwise


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
            return tuple(_known(arguments[0], value))
        return tuple(_build(a, v) for a, v in zip(arguments, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        pair = tuple[arguments[0], arguments[1]]  # type: ignore[valid-type]
        return dict(_known(pair, value.items()))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _build_enum(kind, value)
    if kind is float:
        return float(value)
    return value


def _known(kind: Any, values: Iterable[Any]) -> Iterator[Any]:
    """The members that this version can build."""
    for value in values:
        with contextlib.suppress(_Unknown):
            yield _build(kind, value)


def _build_dataclass(kind: type, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} instead of an object")
    hints, made = _hints(kind), {}
    for item in dataclasses.fields(kind):
        if not item.init or item.name not in value:
            continue
        try:
            made[item.name] = _build(hints[item.name], value[item.name])
        except _Unknown:
            if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
                raise
    return kind(**made)


def _build_enum(kind: type[Enum], value: Any) -> Enum:
    try:
        return kind(value)
    except ValueError as exc:
        if kind in _FALLBACKS:
            return _FALLBACKS[kind]
        raise _Unknown(str(exc)) from exc


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
    raise _Unknown(f"none of {members} fits")
