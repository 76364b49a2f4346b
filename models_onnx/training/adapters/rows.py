"""Rows of the labels file and how they are written."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workstation.services.evaluation.labels import COLUMNS


class CollectionUnreadable(Exception):
    """The folder is not laid out as its collection is; the message names what was looked for."""


@dataclass(frozen=True)
class Row:
    """One film as its collection describes it.

    Attributes:
        path: the image; patient: the collection's own key with its name in front, so that keys of two never meet.
        projection: ``frontal``, ``lateral`` or ``""`` where the collection does not say.
    """

    path: Path
    patient: str
    dataset: str
    projection: str

    def cells(self, folder: Path) -> dict[str, str]:
        """The row's cells, its path relative to `folder` (absolute where there is no relative one)."""
        try:
            name = Path(os.path.relpath(self.path, folder)).as_posix()
        except ValueError:  # another drive
            name = self.path.resolve().as_posix()
        return {
            "file": name,
            "patient": self.patient,
            "dataset": self.dataset,
            "projection": self.projection,
            "body_part": "chest",
        }


def table(path: Path, *needed: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows of a CSV file, cells stripped, each with where it stands, for messages: file and line.

    Raises:
        CollectionUnreadable: no such file, or a column is missing.
    """
    if not path.is_file():
        raise CollectionUnreadable(f"{path} is not there")
    with path.open(newline="", encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle)
        names = [(name or "").strip() for name in reader.fieldnames or ()]
        if missing := [name for name in needed if name not in names]:
            raise CollectionUnreadable(f"{path} has no column {missing[0]!r}")
        reader.fieldnames = names
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            yield where, {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}


def write(rows: Iterable[Row], out: Path) -> tuple[int, int]:
    """Write the films that are there to `out`; returns (written, listed by the collection but not there).

    Nothing is written where a reader of `rows` fails.
    """
    written = missing = 0
    rows = list(rows)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, COLUMNS, restval="")
        writer.writeheader()
        for row in rows:
            if row.path.is_file():
                writer.writerow(row.cells(out.parent))
                written += 1
            else:
                missing += 1
    return written, missing
