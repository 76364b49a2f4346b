"""Orders of the modality worklist, and whether a film fits one: the wrong patient is caught at the console."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from workstation.domain.film import FilmHeader, PatientIdentity
from workstation.domain.projection import Projection, projection_of_view


@dataclass(frozen=True, slots=True)
class Order:
    """One scheduled procedure step, PS3.4 K.6.1.2.2. Never written to logs.

    Attributes:
        patient: name as ``Family, Given Middle``, birth date as YYYY-MM-DD.
        scheduled_at: ISO 8601 local date-time, or ``""``.
        description: what was asked for, for people to read.
        modality, station_ae: of the scheduled step.
    """

    patient: PatientIdentity
    accession_number: str = ""
    scheduled_at: str = ""
    modality: str = ""
    description: str = ""
    station_ae: str = ""

    @property
    def projections(self) -> frozenset[Projection]:
        """Projections that the description names; empty where it names none."""
        words = set(re.findall(r"\w+", self.description.casefold()))
        found = {kind for kind, said in _SAYS.items() if words & said}
        if words & _TWO and words & _VIEWS:
            found |= {Projection.FRONTAL, Projection.LATERAL}
        return frozenset(found)


_SAYS = {
    Projection.FRONTAL: {"pa", "ap", "frontal", "прямая", "прямой", "прямую"},
    Projection.LATERAL: {"lat", "lateral", "ll", "rl", "боковая", "боковой", "боковую", "бок"},
}
_VIEWS = {"views", "view", "vw", "projections", "проекции", "проекциях"}
_TWO = {"2", "two", "двух", "две"}


class Fit(StrEnum):
    """How a film stands to the worklist. `wrong_patient` is the one finding that may be red."""

    UNKNOWN = "unknown"
    FITS = "fits"
    NO_ORDER = "no_order"
    WRONG_PROJECTION = "wrong_projection"
    WRONG_ACCESSION = "wrong_accession"
    WRONG_PATIENT = "wrong_patient"


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """The comparison of one film: its order where one was found, and which entries differ (field names)."""

    fit: Fit
    order: Order | None = None
    differs: tuple[str, ...] = ()


def check_order(
    header: FilmHeader, orders: Sequence[Order], projection: Projection = Projection.UNKNOWN
) -> OrderCheck:
    """Compare a film with the orders at hand.

    The accession number names the order; without it the patient does. Entries that either side leaves empty are not
    compared, names in different scripts neither.

    Args:
        header: of the film.
        orders: of the day; none at all gives UNKNOWN: the worklist may be unreachable.
        projection: what the cascade or a person said; UNKNOWN takes the header's.
    """
    if not orders:
        return OrderCheck(Fit.UNKNOWN)
    if projection is Projection.UNKNOWN:
        projection = projection_of_view(header.view_position, header.view_code)
    accession = header.accession_number.strip()
    number = header.patient.patient_id.strip()
    named = [o for o in orders if accession and o.accession_number.strip() == accession]
    found = named or [o for o in orders if number and o.patient.patient_id.strip() == number]
    if not found:
        return OrderCheck(Fit.NO_ORDER)
    best = min(found, key=lambda o: len(_differs(header.patient, o.patient)))
    if differs := _differs(header.patient, best.patient):
        return OrderCheck(Fit.WRONG_PATIENT, best, differs)
    # Another patient's under the same number says nothing of this film.
    own = [o for o in found if not _differs(header.patient, o.patient)]
    if not named and accession and all(o.accession_number.strip() for o in own):
        return OrderCheck(Fit.WRONG_ACCESSION, best, ("accession_number",))
    return _projection(projection, own, best)


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's: same parts in any order, or initials for them; further parts of one alone
    do no harm.

    Parts are compared in the scripts that both names have. Names that cannot be compared (one is empty, or they share
    no script) count as the same.
    """
    first, second = _parts(one), _parts(other)
    scripts, others = ({_script(part) for part in parts} for parts in (first, second))
    shared = scripts & others
    if not shared or (shared == {""} and scripts | others != {""}):  # no letters in common, a number at most
        return True
    first, second = ([part for part in parts if _script(part) in shared] for parts in (first, second))
    return _within(first, second) if len(first) <= len(second) else _within(second, first)


def _projection(projection: Projection, orders: Sequence[Order], best: Order) -> OrderCheck:
    wanted = frozenset[Projection]().union(*(o.projections for o in orders))
    silent = any(not o.projections for o in orders)
    if projection is Projection.UNKNOWN or silent or projection in wanted:
        fitting = next((o for o in orders if projection in o.projections), best)
        return OrderCheck(Fit.FITS, fitting)
    return OrderCheck(Fit.WRONG_PROJECTION, best, ("projection",))


def _differs(film: PatientIdentity, order: PatientIdentity) -> tuple[str, ...]:
    found = [] if same_name(film.name, order.name) else ["name"]
    for name in ("patient_id", "birth_date"):
        one, other = getattr(film, name).strip(), getattr(order, name).strip()
        if one and other and one != other:
            found.append(name)
    return tuple(found)


def _parts(name: str) -> list[str]:
    """Words and initials, folded. A word twice is one; two equal initials are two parts."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ё", "е"))
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    parts = letters.split()
    return [part for i, part in enumerate(parts) if len(part) == 1 or part not in parts[:i]]


def _script(part: str) -> str:
    """Of its first letter; "" for a number."""
    letter = next((c for c in part if c.isalpha()), "")
    return unicodedata.name(letter, "").split(" ")[0] if letter else ""


def _within(fewer: Sequence[str], more: Sequence[str]) -> bool:
    """Whether every part of `fewer` can be given a part of its own in `more`, equal or one the other's initial."""
    owner: dict[int, int] = {}

    def place(at: int, tried: set[int]) -> bool:
        for i, part in enumerate(more):
            if i in tried or not _alike(fewer[at], part):
                continue
            tried.add(i)
            if i not in owner or place(owner[i], tried):
                owner[i] = at
                return True
        return False

    return all(place(at, set()) for at in range(len(fewer)))


def _alike(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])
