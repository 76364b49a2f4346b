"""A site's profile: settings that all its consoles share, in a file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

from workstation.domain.errors import SettingsInvalid, StorageFailed
from workstation.settings import file
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.settings.rules import keys, rule_of


def export_profile(path: Path, settings: Settings, *, over: bool = False) -> None:
    """Write what is not this machine's own (room, AE titles of this console, folders, certificate files).

    Args:
        over: a file of that name is written over; it stays where that fails.

    Raises:
        StorageFailed: the disk refused, or the file exists and is not to be written over.
    """
    if not over and path.exists():
        raise StorageFailed("profile_exists", f"{path} exists already.", "Choose another name.")
    file.save(path, _shared(settings), private=False, anew=True)


def import_profile(path: Path, settings: Settings) -> Settings:
    """`settings` with everything that a profile may hold taken from it; what is this machine's own stays.

    Raises:
        SettingsInvalid: the profile holds what cannot be used; names line and remedy. Or it is another file (code
            ``"profile_none"``), which would set all that consoles share to its default. Nothing is changed.
        StorageFailed: it cannot be read, or is not there.
    """
    if not path.is_file():
        raise StorageFailed("profile_missing", f"{path} is not there.", "Name a profile that was exported.")
    shared = file.load(path)
    if not file.is_of_settings(path):
        raise SettingsInvalid(
            "profile_none", f"{path} is no profile: it names no setting.", "Name a profile that was exported."
        )
    return _with_own(shared, settings)


def differences(before: Settings, after: Settings) -> Iterator[tuple[str, Any, Any]]:
    """(key, before, after) of every setting that changes; destinations by their names."""
    for item in keys(Settings):
        old, new = getattr(before, item.name), getattr(after, item.name)
        if item.name == "destinations":
            yield from _of_destinations(old, new)
        elif is_dataclass(old):
            for inner in keys(old):
                a, b = getattr(old, inner.name), getattr(new, inner.name)
                if a != b:
                    yield f"{item.name}.{inner.name}", a, b
        elif old != new:
            yield item.name, old, new


def _of_destinations(
    old: tuple[Destination, ...], new: tuple[Destination, ...]
) -> Iterator[tuple[str, Any, Any]]:
    known = {destination.name: destination for destination in old}
    for destination in new:
        before = known.pop(destination.name, None)
        if before != destination:
            yield f"destinations: {destination.name}", before and _address(before), _address(destination)
    for name, destination in known.items():
        yield f"destinations: {name}", _address(destination), None


def _address(destination: Destination) -> str:
    return f"{destination.called_ae} at {destination.host}:{destination.port}"


def _shared(settings: Settings) -> Settings:
    """With defaults in place of what is this machine's own."""
    return _with_own(settings, Settings())


def _with_own(shared: Settings, own: Settings) -> Settings:
    made: Settings = _own_fields(shared, own)
    for item in keys(Settings):
        inner = getattr(shared, item.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            made = replace(made, **{item.name: _own_fields(inner, getattr(own, item.name))})
    known = {destination.name: destination for destination in own.destinations}
    destinations = []
    for destination in shared.destinations:
        # A destination that is new here gets the defaults of what is this machine's own.
        plain = Destination(destination.name, destination.host, destination.port, destination.called_ae)
        destinations.append(_own_fields(destination, known.get(destination.name, plain)))
    return replace(made, destinations=tuple(destinations))


def _own_fields(shared: Any, own: Any) -> Any:
    kept = {item.name: getattr(own, item.name) for item in keys(shared) if rule_of(item).own}
    return replace(shared, **kept)
