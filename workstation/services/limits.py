"""What the cascade was not trained for, where it applies to the film at hand; words from resources/limits.toml."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from workstation.domain.film import FilmHeader
from workstation.domain.findings import Finding, Kind, State
from workstation.domain.projection import Projection, taken_ap
from workstation.services.resource_files import invalid, read_toml, wording

LIMITS_FILE = "limits.toml"
CHILD_UNDER = 16
"""Years at exposure."""
_SCHEMA = 1
_CRITERIA = ("crop_frontal", "crop_lateral", "rotation")


@dataclass(frozen=True, slots=True)
class Limit:
    """One line: `criterion`, `when` it applies, and its wording by language."""

    criterion: str
    when: str
    text: dict[str, str]


def load_limits(resources: Path) -> tuple[Limit, ...]:
    """Limits in file order.

    Raises:
        SettingsInvalid: the file is missing or broken, or names a criterion or condition that there is not.
    """
    path = resources / LIMITS_FILE
    data = read_toml(path)
    if data.get("schema") != _SCHEMA:
        raise invalid(path, f"schema {data.get('schema')!r} is not known, {_SCHEMA} is")
    found = []
    for number, entry in enumerate(data.get("limit", []), start=1):
        place = f"limit {number}"
        if not isinstance(entry, dict) or set(entry) != {"criterion", "when", "text"}:
            raise invalid(path, f"{place}: criterion, when and text are wanted")
        if entry["criterion"] not in _CRITERIA or entry["when"] not in _APPLIES:
            raise invalid(path, f"{place}: one of {_CRITERIA} and one of {tuple(_APPLIES)} are wanted")
        found.append(Limit(entry["criterion"], entry["when"], wording(entry["text"], path, f"{place}: text")))
    return tuple(found)


def limits_of(
    limits: tuple[Limit, ...], finding: Finding, projection: Projection, header: FilmHeader, language: str
) -> list[str]:
    """What to say beside the score of `finding`; nothing where it was not assessed."""
    if finding.state is State.NOT_ASSESSED:
        return []
    criterion = "rotation" if finding.kind is Kind.ROTATION else f"crop_{projection.value}"
    return [
        limit.text.get(language) or limit.text["en"]
        for limit in limits
        if limit.criterion == criterion and _APPLIES[limit.when](header)
    ]


def age_years(header: FilmHeader) -> int | None:
    """Age at exposure by Patient's Birth Date and the acquisition date; None where either is missing or absurd."""
    try:
        born, taken = (
            date.fromisoformat(header.patient.birth_date),
            date.fromisoformat(header.acquired_at[:10]),
        )
    except ValueError:
        return None
    years = taken.year - born.year - ((taken.month, taken.day) < (born.month, born.day))
    return years if 0 <= years <= 130 else None


def _is_child(header: FilmHeader) -> bool:
    age = age_years(header)
    return age is not None and age < CHILD_UNDER


_APPLIES: dict[str, Callable[[FilmHeader], bool]] = {
    "always": lambda _header: True,
    "child": _is_child,
    "ap": lambda header: taken_ap(header.view_position, header.view_code),
}
