"""Settings on disk: TOML, validated with a message that names key, value and line; written atomically."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import tomllib
import typing
import uuid
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import tomlkit
import tomlkit.items
from tomlkit.exceptions import TOMLKitError

from workstation.domain.errors import SettingsInvalid, StorageFailed
from workstation.settings import schema
from workstation.settings.model import Settings
from workstation.settings.network import Destination, SetAside
from workstation.settings.reference import comment_of
from workstation.settings.rules import converted, keys, rule_of

_log = logging.getLogger(__name__)

_Kind = type[Any]
_SINGLE: Final[Mapping[str, _Kind]] = {
    name: kind
    for name, kind in typing.get_type_hints(Settings).items()
    if isinstance(kind, type) and is_dataclass(kind)
}
"""Settings that are a table of their own in the file, and the dataclass behind each."""
_TABLES = (*_SINGLE, "destinations")
UNKNOWN_SIGN_IN: Final = "pin"
"""In force where the file does not tell how people sign in."""


def load(path: Path) -> Settings:
    """Read settings: defaults where the file or a key is absent. Unknown keys are logged and kept by `save`.

    Raises:
        SettingsInvalid: names key, value, line and the remedy.
        StorageFailed: the file is there but cannot be read.
    """
    text = _current(_read(path), path)[0]
    table = _parse(text, path)
    for key in _unknown(table):
        _log.warning("settings: unknown key %s is ignored", key)
    return _Reader(text, path).settings(table)


def load_usable(path: Path) -> tuple[Settings, SettingsInvalid | None]:
    """As `load`, but one mistake costs no more than its key: the rest is in force, with the first mistake beside it.

    A peer's table with a mistake is left out whole: a default in place of its TLS or its allow list would open it.
    `Settings.set_aside` names the destinations among them, so that films for them wait.
    Where the way to sign in cannot be told, it is by PIN, so that a typo opens no console.

    Raises:
        StorageFailed: the file is there but cannot be read.
    """
    try:
        text = _current(_read(path), path)[0]
        table = _parse(text, path)
    except SettingsInvalid as error:
        return Settings(sign_in=UNKNOWN_SIGN_IN), error
    mistakes: list[SettingsInvalid] = []
    settings = _Reader(text, path, mistakes).settings(table)
    for mistake in mistakes:
        _log.error("settings: %s", mistake.message)
    return settings, next(iter(mistakes), None)


def unknown_keys(path: Path) -> tuple[str, ...]:
    """Keys of the file that this program does not know, e.g. ``"destinations[0].tls"``: misspelt, or newer."""
    return tuple(_unknown(_parse(_current(_read(path), path)[0], path)))


def is_of_settings(path: Path) -> bool:
    """Whether the file names a setting, or nothing but its version: then all have their defaults."""
    table = _parse(_current(_read(path), path)[0], path)
    return table.keys() == {schema.KEY} or any(item.name in table for item in keys(Settings))


def save(path: Path, settings: Settings, *, private: bool = True, anew: bool = False) -> None:
    """Write settings atomically; comments and unknown keys of the file stay. `private`: for the owner's eyes alone.

    `anew`: nothing of what the file holds stays; until the new one is whole, the old one does.

    Values equal to the default are written only where the file names the key already. A file with values that
    cannot be used is mended; what it was stays beside it as ``settings.toml.faulty``.

    Raises:
        SettingsInvalid: a value breaks its rule, or the present file is no TOML; nothing is written.
        StorageFailed: the disk refused; the old file stays.
    """
    found = "" if anew else _read(path)
    text, version = _current(found, path)
    table = _parse(text, path)
    document = tomlkit.parse(text)
    if text != found:
        _replace(schema.backup_name(path, version), found)
    schema.stamped(document)
    try:
        before = _Reader(text, path).settings(table).destinations
    except SettingsInvalid:
        # The new values mend the faulty file, but what somebody wrote there by hand is not lost.
        before = None
        _replace(path.with_name(f"{path.name}.faulty"), text)
    for item in keys(Settings):
        value = getattr(settings, item.name)
        if item.name == "destinations":
            if value != before:
                _put_destinations(document, value)
        elif item.name in _SINGLE:
            _put_table(document, item.name, value, settings.language)
        elif item.name in document or value != item.default:
            plain = list(value) if isinstance(value, tuple) else value
            if item.name not in document:
                document[item.name] = _explained(item, plain, settings.language)
            elif document.get(item.name) != plain:
                document[item.name] = plain
    written = tomlkit.dumps(document)
    _Reader(written, path).settings(tomllib.loads(written))
    _replace(path, written, private=private)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # Notepad begins with a byte order mark
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as exc:
        raise SettingsInvalid(
            "settings_not_text", f"{path} is not UTF-8 text.", "Save it as UTF-8, or remove it to begin anew."
        ) from exc
    except OSError as exc:
        raise StorageFailed(
            "settings_unreadable", f"{path} cannot be read: {exc.strerror}.", "Make the file readable."
        ) from exc


def _current(text: str, path: Path) -> tuple[str, int]:
    _parse(text, path)
    with _understood(path):
        return schema.migrated(text, path)


def _parse(text: str, path: Path) -> dict[str, Any]:
    with _understood(path):
        return tomllib.loads(text)


@contextlib.contextmanager
def _understood(path: Path) -> Iterator[None]:
    try:
        yield
    # Numbers of thousands of digits are a plain ValueError, brackets in brackets a RecursionError; and what one of the
    # two parsers takes, the other need not.
    except (ValueError, RecursionError, TOMLKitError) as exc:
        raise SettingsInvalid(
            "settings_syntax", f"{path} is not valid TOML: {exc}.", "Correct that line, or remove the file."
        ) from exc


def _unknown(table: dict[str, Any]) -> Iterator[str]:
    known = {item.name for item in keys(Settings)} | {schema.KEY}
    yield from (key for key in table if key not in known)
    for name, kind in _SINGLE.items():
        known = {item.name for item in keys(kind)}
        inner = table.get(name)
        yield from (f"{name}.{k}" for k in (inner if isinstance(inner, dict) else ()) if k not in known)
    known = {item.name for item in keys(Destination)}
    entries = table.get("destinations")
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield from (f"destinations[{number}].{key}" for key in entry if key not in known)


class _Reader:
    """Builds the settings from parsed TOML and says where it went wrong.

    Args:
        mistakes: filled instead of raising; what is mistaken is left out. None: the first mistake is raised.
    """

    def __init__(self, text: str, path: Path, mistakes: list[SettingsInvalid] | None = None) -> None:
        self._text = text
        self._path = path
        self._mistakes = mistakes

    def settings(self, table: dict[str, Any]) -> Settings:
        values: dict[str, Any] = {}
        hints = typing.get_type_hints(Settings)
        for item in keys(Settings):
            if item.name not in _TABLES:
                with self._noted() as fine:
                    values.update(self._value(item, hints[item.name], table, "", 0))
                if not fine and item.name == "sign_in":
                    values[item.name] = UNKNOWN_SIGN_IN
        for name, kind in _SINGLE.items():
            with self._noted():
                inner = table.get(name, {})
                if not isinstance(inner, dict):
                    raise self._invalid(name, 0, inner, f"must be written as a [{name}] table")
                values[name] = kind(**self._values(kind, inner, f"{name}.", 0))
        destinations: dict[str, Destination] = {}
        mistaken: list[SetAside | None] = []
        with self._noted():
            entries = table.get("destinations", [])
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise self._invalid("destinations", 0, entries, "must be written as [[destinations]] tables")
            for number, entry in enumerate(entries):
                with self._noted() as fine:
                    made = self._values(Destination, entry, place := f"destinations[{number}].", number)
                    if made["name"] in destinations:
                        raise self._invalid(
                            f"{place}name", number, made["name"], "is used twice", needed=True
                        )
                    destinations[made["name"]] = Destination(**made)
                if not fine:
                    mistaken.append(_set_aside(entry))
        return Settings(
            **values,
            destinations=tuple(destinations.values()),
            set_aside=tuple(
                {aside.name: aside for aside in mistaken if aside and aside.name not in destinations}.values()
            ),
        )

    @contextlib.contextmanager
    def _noted(self) -> Iterator[list[bool]]:
        """Note a mistake and go on behind it, where mistakes are noted; yields a list that is emptied by one."""
        fine = [True]
        try:
            yield fine
        except SettingsInvalid as error:
            if self._mistakes is None:
                raise
            self._mistakes.append(error)
            fine.clear()

    def _values(self, kind: _Kind, table: dict[str, Any], prefix: str, number: int) -> dict[str, Any]:
        hints = typing.get_type_hints(kind)
        values: dict[str, Any] = {}
        for item in keys(kind):
            values.update(self._value(item, hints[item.name], table, prefix, number))
        return values

    def _value(
        self, item: Field[Any], kind: Any, table: dict[str, Any], prefix: str, number: int
    ) -> dict[str, Any]:
        """The value by its name; nothing where the key is absent."""
        key = prefix + item.name
        if item.name not in table:
            if item.default is MISSING:
                raise self._invalid(key, number, None, "is missing")
            return {}
        problem, value = converted(kind, table[item.name], rule_of(item))
        if problem:
            raise self._invalid(key, number, table[item.name], problem, needed=item.default is MISSING)
        return {item.name: value}

    def _invalid(
        self, key: str, number: int, value: Any, problem: str, *, needed: bool = False
    ) -> SettingsInvalid:
        """`needed`: the key has no default, so its line must stay."""
        line = _line_of(self._text, *_place(key, number))
        shown = "" if value is None else f" = {value!r}"
        remedy = f"Change {key} in that line" + (
            "." if needed else ", or remove the line to get the default."
        )
        return SettingsInvalid(
            "settings_value",
            f"{self._path}, line {line}: {key}{shown} {problem}.",
            remedy if value is not None else f"Add {key.rpartition('.')[2]} there.",
        )


def _set_aside(entry: dict[str, Any]) -> SetAside | None:
    """What can be told of a destination whose table holds a mistake; None where that is not even its name."""
    rule = next(rule_of(item) for item in keys(Destination) if item.name == "name")
    if converted(str, entry.get("name"), rule)[0]:
        return None
    wants = {item.name: entry.get(item.name) is True for item in fields(SetAside) if item.name != "name"}
    return SetAside(entry["name"], **wants)


def _place(key: str, number: int) -> tuple[str, str, int]:
    """(name, table, number of the table) of a dotted key."""
    table, _, name = key.rpartition(".")
    return name, table.partition("[")[0], number


def _line_of(text: str, key: str, table: str, wanted: int) -> int:
    """Line (from 1) where `key` of `table` is set, else where the table begins; 1 where neither is found."""
    seen = -1
    header = 1
    here = not table
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            if re.match(rf"\[\[?\s*{re.escape(table)}\s*\]", stripped):
                seen += 1
            here = bool(table) and seen == wanted
            header = number if here else header
        elif here and re.match(rf"[\"']?{re.escape(key)}[\"']?\s*=", stripped):
            return number
    return header


def _explained(item: Field[Any], plain: Any, language: str) -> tomlkit.items.Item:
    """A value written for the first time, with what it is for beside it."""
    made: tomlkit.items.Item = tomlkit.item(plain)
    made.comment(comment_of(item, language))
    return made


def _put_destinations(document: tomlkit.TOMLDocument, destinations: tuple[Destination, ...]) -> None:
    """Rewrite [[destinations]]; a destination that keeps its name keeps its comments and unknown keys."""
    old = document.get("destinations", [])
    named = [entry for entry in old if isinstance(entry, dict) and isinstance(entry.get("name"), str)]
    kept = {entry["name"]: entry for entry in named}
    if not destinations:
        document.pop("destinations", None)
        return
    tables = tomlkit.aot()
    for destination in destinations:
        known = kept.get(destination.name, {})
        table = known if isinstance(known, tomlkit.items.Table) else tomlkit.table()
        if table is not known:  # perhaps { name = ... } so far: its keys stay, its form does not
            table.update(known)
        for item in keys(Destination):
            value = getattr(destination, item.name)
            optional = item.name.startswith(("wants_", "tls"))
            if optional and value == item.default and item.name not in table:
                continue
            if table.get(item.name) != value:
                table[item.name] = value
        tables.append(table)
    if "destinations" in document:
        document.remove("destinations")
    document.append("destinations", tables)


def _put_table(document: tomlkit.TOMLDocument, name: str, section: Any, language: str) -> None:
    """Bring one [table] up to date; values equal to the default are written only where they stand already."""
    present = document.get(name)
    # A [table], one in braces, one of dotted keys, or one in several places: unknown keys stay in each.
    table = present if isinstance(present, MutableMapping) else tomlkit.table()
    for item in keys(section):
        value = getattr(section, item.name)
        plain = list(value) if isinstance(value, tuple) else value
        if item.name not in table:
            if value != item.default:
                inline = isinstance(table, tomlkit.items.InlineTable)  # no comment fits in there
                table[item.name] = plain if inline else _explained(item, plain, language)
        elif table.get(item.name) != plain:
            table[item.name] = plain
    if table is not present and len(table):
        # Not at the end: keys of the document itself cannot follow a table, and new ones are put there.
        document[name] = table


def _replace(path: Path, text: str, *, private: bool = True) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
        try:
            made = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if private else 0o666)
            with os.fdopen(made, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as exc:
        raise StorageFailed(
            "settings_unwritable",
            f"{path} cannot be written: {exc.strerror}.",
            "Free some space or make the folder writable; the settings in force stay.",
        ) from exc
