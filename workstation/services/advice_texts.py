"""resources/positioning_advice.toml, read and checked: every combination has its text in every language."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.domain.edges import Edge
from workstation.domain.projection import Projection
from workstation.services.resource_files import invalid, read_toml, wording

ADVICE_FILE = "positioning_advice.toml"
_SCHEMA = 1

Words = Mapping[str, str]

UNKNOWN, ANY, NAMED_EDGE = "unknown", "any", "edge"
_SIDES = (UNKNOWN, ANY), (UNKNOWN, NAMED_EDGE)
# (projection, toward, part): what a crop finding can ask for.
CROP_KEYS: tuple[tuple[str, str, str], ...] = (
    *(
        ("frontal", toward, part)
        for toward in ("foot", "head")
        for part in ("patient_left", "patient_right", ANY)
    ),
    *(("frontal", toward, part) for toward, part in (("patient_left", ANY), ("patient_right", ANY), *_SIDES)),
    *(("lateral", "foot", part) for part in ("posterior", "anterior", ANY)),
    *(
        ("lateral", toward, part)
        for toward, part in (("head", ANY), ("posterior", ANY), ("anterior", ANY), *_SIDES)
    ),
)
HEADLINES = (
    "crop", "rotation", "body_part", "polarity", "orientation", "view", "unsure", "pass", "not_assessed"
)  # fmt: skip
# Texts and the placeholders each must have.
TEXTS: Mapping[str, frozenset[str]] = {
    key: frozenset(placeholders)
    for key, placeholders in {
        "body_part_warn": (), "body_part_unsure": (), "polarity_warn": (), "polarity_unsure": (),
        "orientation_turn": ("angle",), "orientation_mirror": (), "orientation_turn_mirror": ("angle",),
        "orientation_unsure": (), "projection_unsure": (), "view_header_frontal": (), "view_header_lateral": (),
        "view_user_frontal": (), "view_user_lateral": (),
        "crop_pass": (), "crop_pass_plain": (), "change_vertical": (), "change_horizontal": (),
        "rotation_pass": (), "rotation_pass_angle": ("angle",), "rotation_warn": (),
        "rotation_warn_angle": ("angle",), "rotation_warn_spread": ("angle", "spread"), "rotation_unsure": (),
        "rotation_unsure_angle": ("angle",), "rotation_change": (), "rotation_change_angle": ("angle",),
        "change_blade": ("blade",), "wider_about": ("far",), "wider_least": ("far",),
        "far_about": ("far",), "far_least": ("far",), "dose_typical": ("dose",), "dose_header": ("dose",),
        "dose_child": ("dose",),
    }.items()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CropTexts:
    """What to say of one cut edge, by language. `change_child`: for a small child; empty where it is as for others."""

    warn: Words
    unsure: Words
    change: Words
    change_lying: Words
    change_child: Words


@dataclass(frozen=True, slots=True)
class DoseFigures:
    """Typical effective dose (mSv) and mSv per Gy*cm2, by projection; plausible dose-area products (Gy*cm2)."""

    typical_msv: Mapping[Projection, float]
    msv_per_gy_cm2: Mapping[Projection, float]
    plausible_gy_cm2: tuple[float, float]


@dataclass(frozen=True, slots=True)
class AdviceTexts:
    """The whole file."""

    headlines: Mapping[str, Words]
    texts: Mapping[str, Words]
    edges: Mapping[Edge, Words]
    blades: Mapping[Edge, Words]
    crops: Mapping[tuple[str, str, str], CropTexts]
    dose: DoseFigures


def load_advice(resources: Path) -> AdviceTexts:
    """Read and check the file.

    Raises:
        SettingsInvalid: missing, broken, a text or language missing, an unknown key, a placeholder wrong.
    """
    path = resources / ADVICE_FILE
    data = read_toml(path)
    if data.get("schema") != _SCHEMA:
        raise invalid(path, f"schema {data.get('schema')!r} is not known, {_SCHEMA} is")
    _same_keys(data, {"schema", "dose", "edge", "blade", "headline", "text", "crop"}, path, "the file")
    edges, blades = (
        _table(data[name], dict.fromkeys((e.value for e in Edge), frozenset[str]()), path, name)
        for name in ("edge", "blade")
    )
    return AdviceTexts(
        headlines=_table(data["headline"], dict.fromkeys(HEADLINES, frozenset[str]()), path, "headline"),
        texts=_table(data["text"], TEXTS, path, "text"),
        edges={Edge(key): words for key, words in edges.items()},
        blades={Edge(key): words for key, words in blades.items()},
        crops=_crops(data["crop"], path),
        dose=_dose(data["dose"], path),
    )


def _table(data: Any, wanted: Mapping[str, frozenset[str]], path: Path, place: str) -> dict[str, Words]:
    if not isinstance(data, dict):
        raise invalid(path, f"[{place}] must be a table")
    _same_keys(data, set(wanted), path, f"[{place}]")
    return {key: _words(data[key], path, f"{place}.{key}", wanted[key]) for key in wanted}


def _words(
    entry: Any, path: Path, place: str, needed: frozenset[str], allowed: frozenset[str] | None = None
) -> Words:
    """A text in all languages; with all of `needed` placeholders and none beyond `allowed` (default: the same)."""
    words = wording(entry, path, place)
    for language, text in words.items():
        try:
            found = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise invalid(path, f"{place}.{language}: {error}") from error
        if not needed <= found <= (needed if allowed is None else allowed):
            raise invalid(path, f"{place}.{language}: placeholders wanted: {sorted(needed) or 'none'}")
    return words


def _crops(data: Any, path: Path) -> dict[tuple[str, str, str], CropTexts]:
    crops: dict[tuple[str, str, str], CropTexts] = {}
    for entry in data if isinstance(data, list) else []:
        if not isinstance(entry, dict):
            raise invalid(path, "[[crop]] must be a table")
        key = (str(entry.get("projection")), str(entry.get("toward")), str(entry.get("part")))
        place = "crop " + "/".join(key)
        wanted = {"projection", "toward", "part", "warn", "unsure", "change", "change_lying"}
        _same_keys(entry, wanted | ({"change_child"} & set(entry)), path, place)
        if key in crops:
            raise invalid(path, f"{place} stands twice")
        edge, none = frozenset({"edge"}), frozenset[str]()
        crops[key] = CropTexts(
            warn=_words(entry["warn"], path, f"{place}: warn", none if key[1:] == (UNKNOWN, ANY) else edge),
            unsure=_words(entry["unsure"], path, f"{place}: unsure", none, edge),
            change=_words(entry["change"], path, f"{place}: change", none),
            change_lying=_words(entry["change_lying"], path, f"{place}: change_lying", none),
            change_child=_words(entry["change_child"], path, f"{place}: change_child", none)
            if "change_child" in entry
            else {},
        )
    _same_keys(crops, set(CROP_KEYS), path, "[[crop]]")
    return crops


def _dose(data: Any, path: Path) -> DoseFigures:
    if not isinstance(data, dict):
        raise invalid(path, "[dose] must be a table")
    _same_keys(data, {"typical_msv", "msv_per_gy_cm2", "plausible_gy_cm2"}, path, "[dose]")
    plausible = data["plausible_gy_cm2"]
    if not isinstance(plausible, list) or len(plausible) != 2 or not all(map(_positive, plausible)):
        raise invalid(path, "dose.plausible_gy_cm2: two numbers above 0 are wanted")
    tables = []
    for name in ("typical_msv", "msv_per_gy_cm2"):
        table = data[name]
        if not isinstance(table, dict):
            raise invalid(path, f"dose.{name} must be a table")
        _same_keys(table, {"frontal", "lateral"}, path, f"dose.{name}")
        if not all(_positive(value) for value in table.values()):
            raise invalid(path, f"dose.{name}: numbers above 0 are wanted")
        tables.append({Projection(key): float(value) for key, value in table.items()})
    return DoseFigures(tables[0], tables[1], (float(plausible[0]), float(plausible[1])))


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _same_keys(found: Mapping[Any, Any], wanted: set[Any], path: Path, place: str) -> None:
    for key in sorted(wanted - set(found), key=str):
        raise invalid(path, f"{place}: {_name(key)} is missing")
    for key in sorted(set(found) - wanted, key=str):
        raise invalid(path, f"{place}: {_name(key)} is not known")


def _name(key: Any) -> str:
    return "/".join(key) if isinstance(key, tuple) else repr(key)
