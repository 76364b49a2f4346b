"""Files that outlive a run: written whole or not at all, and with the recipe that made them.

A recipe is a dict that JSON can hold: the arguments, and what tells the inputs from others. Who finds a file asks
`agrees` (and makes it anew where not) or `demand` (and stops: it took hours). A file of before recipes were kept has
none; it is taken, and that is said.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

Recipe = Mapping[str, Any]
NOTE = ".json"  # the recipe of a file that cannot hold it lies beside it: NAME.npy.json


def written(path: Path, save: Callable[[BinaryIO], object]) -> None:
    """Make `path` by `save(handle)`: whoever looks finds all of it, or what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two steps may make the same file side by side; no pattern for finished files matches the name.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as handle:
            save(handle)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """JSON with a final newline, as `written`."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    written(path, lambda handle: handle.write(text.encode()))


def digest(value: Any) -> str:
    """16 hexadecimal digits that tell a file (a Path), bytes or a JSON value from others."""
    if isinstance(value, Path):
        value = value.read_bytes()
    told = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()[:16]


def stamp(path: Path) -> list[int]:
    """Size and time of a file: what tells it from others at no cost, on this machine."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def note(path: Path) -> Recipe | None:
    """The recipe beside `path`, None where there is none."""
    beside = path.with_name(path.name + NOTE)
    return json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else None


def write_note(path: Path, recipe: Recipe) -> None:
    """Lay `recipe` beside `path`."""
    write_json(path.with_name(path.name + NOTE), dict(recipe))


def agrees(found: Recipe | None, wanted: Recipe, path: Path) -> bool:
    """Whether `path`, made by `found`, may be taken for `wanted`; without a recipe it is, and that is said."""
    if found is None:
        print(f"{path}: of before recipes were kept, taken as it is", flush=True)
        return True
    return not _differences(found, wanted)


def demand(found: Recipe | None, wanted: Recipe, path: Path) -> None:
    """As `agrees`, but stop where not.

    Raises:
        SystemExit: says what is different, and what to do.
    """
    if not agrees(found, wanted, path):
        told = "; ".join(_differences(found or {}, wanted))
        raise SystemExit(
            f"{path} was made otherwise ({told}). Remove it to have it made anew, or use another folder for this recipe"
        )


def _differences(found: Recipe, wanted: Recipe) -> list[str]:
    one, two = _flat(json.loads(json.dumps(found))), _flat(json.loads(json.dumps(wanted)))
    absent = "nothing"
    return [
        f"{key}: {one.get(key, absent)}, asked for {two.get(key, absent)}"
        for key in sorted(one.keys() | two.keys())
        if one.get(key, absent) != two.get(key, absent)
    ]


def _flat(values: Recipe, before: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            out |= _flat(value, f"{before}{key}.")
        else:
            out[f"{before}{key}"] = value
    return out
