"""Coded reasons of a retake, from resources/reject_reasons.toml."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from workstation.domain.decision import CodedConcept, RejectReason
from workstation.domain.errors import SettingsInvalid
from workstation.domain.findings import Kind, State, Verdict
from workstation.services.resource_files import LANGUAGES, invalid, read_toml, wording

REASONS_FILE = "reject_reasons.toml"
_SCHEMA = 1
# Which reason a warned criterion preselects, first come first: the reasons' keys in the file.
_OF_CRITERION = {Kind.CROP: "cut_off", Kind.ROTATION: "rotation"}
_OTHER = "other"
_LOCAL_SCHEME = "99SITE"
WRONG_ENTRY = "wrong_worklist_entry"
"""Key of the reason for a film exposed under another patient's or another order's entry."""


def load_reasons(resources: Path) -> tuple[RejectReason, ...]:
    """Reasons in file order.

    Args:
        resources: folder with reject_reasons.toml.

    Raises:
        SettingsInvalid: the file is missing or broken, names a key twice or lacks a code or a wording.
    """
    path = resources / REASONS_FILE
    data = read_toml(path)
    if data.get("schema") != _SCHEMA:
        raise invalid(path, f"schema {data.get('schema')!r} is not known, {_SCHEMA} is")
    reasons: list[RejectReason] = []
    for number, entry in enumerate(data.get("reason", []), start=1):
        reasons.append(_reason(entry, path, number))
    keys = [reason.key for reason in reasons]
    if not reasons or len(set(keys)) != len(keys):
        raise invalid(path, "at least one [[reason]] is wanted, and each key once")
    return tuple(reasons)


def site_reasons(shipped: tuple[RejectReason, ...], folder: Path) -> tuple[RejectReason, ...]:
    """The shipped reasons and the site's own, which stand before "other".

    Args:
        folder: of the settings file; ``reject_reasons.toml`` in it has the form of the shipped one. A reason needs no
            more than a key and a label; without a code it is "Other failure" with the key as local code.

    Raises:
        SettingsInvalid: code ``"site_reasons_invalid"``: that file is broken, or repeats a key;
            ``"site_reasons_not_text"``: it is not UTF-8.
    """
    path = folder / REASONS_FILE
    if not path.is_file():
        return shipped
    try:
        return _with_own(shipped, path)
    except SettingsInvalid as error:
        if isinstance(error.__cause__, UnicodeDecodeError):
            raise SettingsInvalid("site_reasons_not_text", error.message, error.remedy) from error
        # The shipped file in its place would be refused as well: its keys are there already.
        remedy = "Correct the file, or remove it to have the shipped reasons alone."
        raise SettingsInvalid("site_reasons_invalid", error.message, remedy) from error


def _with_own(shipped: tuple[RejectReason, ...], path: Path) -> tuple[RejectReason, ...]:
    data = read_toml(path)
    if data.get("schema", _SCHEMA) != _SCHEMA:
        raise invalid(path, f"schema {data.get('schema')!r} is not known, {_SCHEMA} is")
    unknown = sorted(data.keys() - {"schema", "reason"})
    if unknown:
        raise invalid(path, f"{unknown[0]!r} is not known; reasons are written as [[reason]]")
    entries = data.get("reason", [])
    if not isinstance(entries, list):
        raise invalid(path, "reasons are written as [[reason]]")
    other = next((r for r in shipped if r.key == _OTHER), shipped[-1])
    own = tuple(_reason(_completed(entry, other), path, n) for n, entry in enumerate(entries, start=1))
    keys = [reason.key for reason in (*shipped, *own)]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise invalid(path, f"the key {twice!r} is there already; choose another")
    at = shipped.index(other)
    return (*shipped[:at], *own, *shipped[at:])


def _completed(entry: Any, other: RejectReason) -> Any:
    """A short entry with what it leaves out."""
    if not isinstance(entry, dict):
        return entry
    made = dict(entry)
    if isinstance(made.get("label"), str):
        made["label"] = dict.fromkeys(LANGUAGES, made["label"])
    if "code" not in made and isinstance(made.get("key"), str) and isinstance(made.get("label"), dict):
        made["code"] = {"value": other.code.value, "scheme": other.code.scheme, "meaning": other.code.meaning}
        meaning = str(made["label"].get("en", made["key"])).replace("\\", "/")[:64]
        made.setdefault(
            "local", {"value": _local_value(made["key"]), "scheme": _LOCAL_SCHEME, "meaning": meaning}
        )
    return made


def _local_value(key: str) -> str:
    """A code of at most 16 characters; two keys that begin alike have two."""
    value = key.upper()
    return (
        value if len(value) <= 16 else f"{value[:11]}-{hashlib.sha256(key.encode()).hexdigest()[:4].upper()}"
    )


def preselect(verdict: Verdict | None, reasons: tuple[RejectReason, ...]) -> str:
    """Key of the reason to offer first: of a criterion that warns, else of one that is unsure; cut-off before rotation.

    Returns:
        A key of `reasons`; ``""`` where there is none: a person saw something else, and has to say what.
    """
    keys = [reason.key for reason in reasons]
    findings = verdict.findings if verdict is not None else ()
    for state in (State.WARN, State.UNSURE):
        for kind, key in _OF_CRITERION.items():
            if key in keys and any(f.kind is kind and f.state is state for f in findings):
                return key
    return ""


def _reason(entry: Any, path: Path, number: int) -> RejectReason:
    place = f"reason {number}"
    known = {"key", "code", "local", "title", "label"}
    if not isinstance(entry, dict) or not known >= set(entry) or not isinstance(entry.get("key"), str):
        raise invalid(path, f"{place}: key, code, label and perhaps local or title are wanted")
    key = entry["key"]
    # "" is no reason at all, and in brackets stands what is the program's own.
    if not key.strip() or key != key.strip() or key.startswith("(") or not key.isprintable() or "\\" in key:
        raise invalid(path, f"{place}: the key {key!r} cannot be used; take letters, digits and _")
    place = f"reason {key!r}"
    label = wording(entry.get("label"), path, f"{place}: label")
    local = _code(entry["local"], path, f"{place}: local") if "local" in entry else None
    title = _code(entry["title"], path, f"{place}: title") if "title" in entry else None
    return RejectReason(
        key, _code(entry.get("code"), path, f"{place}: code"), tuple(label.items()), local, title
    )


def _code(entry: Any, path: Path, place: str) -> CodedConcept:
    names = ("value", "scheme", "meaning")
    if not isinstance(entry, dict) or set(entry) != set(names):
        raise invalid(path, f"{place}: value, scheme and meaning are wanted")
    value, scheme, meaning = (entry[name] for name in names)
    # Limits of the value representations SH and LO, PS3.5 6.2.
    if not all(isinstance(v, str) and v.strip() for v in (value, scheme, meaning)):
        raise invalid(path, f"{place}: texts that are not empty are wanted")
    if any("\\" in v or not v.isprintable() for v in (value, scheme, meaning)):
        raise invalid(path, f"{place}: neither a backslash nor a line break fits into DICOM")
    if len(value) > 16 or len(scheme) > 16 or len(meaning) > 64:
        raise invalid(path, f"{place}: at most 16, 16 and 64 characters fit into DICOM")
    return CodedConcept(value, scheme, meaning)
