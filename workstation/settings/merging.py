"""Changes made at a window, put onto the settings file as it is now: others may have changed it meanwhile."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

from workstation.domain.errors import SettingsInvalid
from workstation.settings import file
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.settings.rules import keys


def update(path: Path, before: Settings, after: Settings, *, mend: bool = False) -> None:
    """Write what differs between `before` and `after`; all else in the file stays as it is now.

    Args:
        mend: a file that holds a mistake is written over with `after` (what it was stays beside it).

    Raises:
        SettingsInvalid: code ``"settings_faulty"``: the file holds a mistake and `mend` is not asked for.
        StorageFailed: the disk refused; the old file stays.
    """
    try:
        now = file.load(path)
    except SettingsInvalid as error:
        if mend:
            file.save(path, after)
            return
        raise SettingsInvalid(
            "settings_faulty",
            f"{error.message} Nothing was written.",
            "Correct the file first, or save from the window of all settings.",
        ) from error
    file.save(path, merged(now, before, after))


def merged(now: Settings, before: Settings, after: Settings) -> Settings:
    """`now` with every value that `after` changed from `before`; destinations by their names."""
    made: Settings = _changed(now, before, after)
    for item in keys(Settings):
        inner = getattr(now, item.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            section = _changed(inner, getattr(before, item.name), getattr(after, item.name))
            made = replace(made, **{item.name: section})
    return replace(made, destinations=_destinations(now, before, after))


def _changed(now: Any, before: Any, after: Any) -> Any:
    values = {
        item.name: getattr(after, item.name)
        for item in keys(now)
        if item.name != "destinations"
        and not is_dataclass(getattr(after, item.name))
        and getattr(before, item.name) != getattr(after, item.name)
    }
    return replace(now, **values)


def _destinations(now: Settings, before: Settings, after: Settings) -> tuple[Destination, ...]:
    """In the order of `after`; those that others added meanwhile follow."""
    if before.destinations == after.destinations:
        return now.destinations
    present = {peer.name: peer for peer in now.destinations}
    known = {peer.name: peer for peer in before.destinations}
    made: dict[str, Destination] = {}
    for peer in after.destinations:
        old, here = known.get(peer.name), present.get(peer.name)
        if old is None:
            made[peer.name] = peer
        elif here is not None:
            made[peer.name] = _changed(here, old, peer)
        elif old != peer:  # taken out by others, and changed here: what a person entered is not lost
            made[peer.name] = peer
    made.update({name: peer for name, peer in present.items() if name not in known and name not in made})
    return tuple(made.values())
