"""Which films show the same patient: what the tables say, and what they do not.

Found by equal file names, by a perceptual hash over all films, and by eye; the review that found them, and which of its
matches were refused, stands in TRIALS.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SAME_PATIENT = (
    ("ieee_0370", "ieee_0371", "ieee_0372", "ieee_0373"),  # panels of one figure
    ("ieee_0374", "ieee_0375"),  # panels of one figure
    ("ieee_0177", "ieee_0276"),  # one radiograph in two publications
    ("ieee_0386", "ieee_0545", "ieee_0551"),  # one patient, in two newspapers and the journal
    ("ieee_0621", "ieee_0447", "ieee_0446"),  # days 6, 7 and 12 of one case, by the originals' names
)
"""Films (names without ending) of one patient that the tables give to several, or to none."""


def named(row: Mapping[str, str]) -> str:
    """What the table itself calls the patient of a frontal film; the film where it calls him nothing.

    The sides of `sources` hang on this name, for ever.
    """
    if _name(row).startswith("nih_"):
        return "nih-" + row["original"].split("_")[0]
    return row["patient"] or row["file"]


def keys(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The patient of each row of frontal.csv, the same for all films of one patient.

    A film without a patient belongs to whoever has the same original; children of Kermany's to the person in the
    original's name (``person124_bacteria_590.jpeg``).
    """
    of_original = {(_source(r), r["original"]): named(r) for r in rows if r["patient"]}
    found = []
    for row in rows:
        person = re.match(r"person\d+", row["original"]) if _source(row) == "kermany" else None
        key = of_original.get((_source(row), row["original"]), named(row))
        found.append(f"kermany-{person.group()}" if person else key)
    by_film = dict(zip(map(_name, rows), found, strict=True))
    return [_group_of(row, by_film) or key for row, key in zip(rows, found, strict=True)]


def _group_of(row: Mapping[str, str], by_film: Mapping[str, str]) -> str:
    """The key of the last film of the group in which `row` stands, which has a patient where any has."""
    film = _name(row)
    key = by_film[film]
    for group in SAME_PATIENT:
        of_group = [by_film[each] for each in group if each in by_film]
        if key in of_group:
            return of_group[-1]
    return ""


def of_lateral(row: Mapping[str, str]) -> str:
    """The patient of a row of lateral.csv, spelt as among the frontals."""
    return row["patient"].replace("ieee8023:", "ieee-")


def _name(row: Mapping[str, str]) -> str:
    return row["file"].split("/")[-1].split(".")[0]


def _source(row: Mapping[str, str]) -> str:
    return _name(row).split("_")[0]
