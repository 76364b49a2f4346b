"""The labels file: one row per film, unknown labels blank.

| column | values | meaning |
|---|---|---|
| `file` | path | DICOM or raster, relative to the CSV's folder; the only column that must be there |
| `patient` | any text | the patient's key: films of one are resampled together; blank: one of its own |
| `dataset` | any text | source, for a table per source |
| `projection` | `frontal`, `lateral` | what the film shows |
| `crop` | `0`, `1` | lung field lies outside the film |
| `crop_edges` | `left;bottom` ... | edges of the stored image (not the patient's) that cut it; blank: not known |
| `rotated` | `0`, `1` | lateral rotated by more than 10 degrees; blank: as `rotation_deg` says |
| `rotation_deg` | number | degrees from the true lateral, 12.5 or 12,5; signs count where both sides give them |
| `body_part` | `chest`, `other` | is it a chest? |
| `polarity` | `normal`, `inverted` | as the file shows it: are bones white? |
| `orientation` | `0`, `90`, `180`, `270`, or with `+m` | clockwise turn to upright, then mirrored (laterals: no `+m`) |
| `weight` | number > 0 | weight of the film, 1 where blank |

Columns are named in small or capital letters. Others are ignored, and named on the console and in the report. A film
stands in one row only. Statistics programs' ways are understood: 1.0, 90.0 and True; nan, NA and <NA> are blank. So
are paths as Windows writes them, below the CSV's folder.
"""

from __future__ import annotations

import csv
import difflib
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workstation.domain.edges import Edge
from workstation.domain.errors import KnownError
from workstation.domain.projection import Projection

LABELS = (
    "projection",
    "crop",
    "crop_edges",
    "rotated",
    "rotation_deg",
    "body_part",
    "polarity",
    "orientation",
)
"""Columns that say something of the film itself; the others tell where it comes from and what it counts."""
COLUMNS = ("file", "patient", "dataset", *LABELS, "weight")

_BLANK = frozenset({"nan", "na", "n/a", "<na>"})  # as pandas and R write what is not known


_NO_KEY = " "  # no key begins so: what is read is stripped


@dataclass(frozen=True, slots=True)
class LabelledFilm:
    """One row. None (or `Projection.UNKNOWN`) where the label is not known.

    Attributes:
        name: path as written in the file.
        path: the same, resolved against the CSV's folder.
        other_body_part, inverted, cut, rotated: True where the defect is there; `rotated` follows from the degrees
            where they alone are given.
        edges: edges that cut the lung; None where it is not known which.
        rotation_deg: degrees.
        orientation: (clockwise degrees, mirrored) that set it upright.
    """

    name: str
    path: Path
    patient: str
    dataset: str = ""
    projection: Projection = Projection.UNKNOWN
    cut: bool | None = None
    edges: frozenset[Edge] | None = None
    rotated: bool | None = None
    rotation_deg: float | None = None
    other_body_part: bool | None = None
    inverted: bool | None = None
    orientation: tuple[int, bool] | None = None
    weight: float = 1.0

    @property
    def has_key(self) -> bool:
        """The file names its patient; without a key it counts as a patient of its own."""
        return not self.patient.startswith(_NO_KEY)


@dataclass(frozen=True, slots=True)
class Labels:
    """A labels file read.

    Attributes:
        films: in order.
        ignored_columns: those nobody knows, as they are written.
        filled: known columns -> rows that hold something there.
        carried: per film the caller's own columns (see `read_labels`), blank where the file has none.
    """

    films: tuple[LabelledFilm, ...]
    ignored_columns: tuple[str, ...]
    filled: Mapping[str, int] = field(default_factory=dict)
    carried: tuple[Mapping[str, str], ...] = ()

    def remarks(self) -> list[str]:
        """A line on every ignored column, with the known one that it resembles."""
        made = []
        for name in self.ignored_columns:
            alike = difflib.get_close_matches(name.lower().replace(" ", "_"), COLUMNS, 1, 0.75)
            made.append(f"column {name!r} is ignored" + (f"; did you mean {alike[0]}?" if alike else ""))
        return made


class LabelsInvalid(KnownError):
    """The labels file cannot be used; the message names line and column."""


ROTATED_OVER = 10.0
"""Degrees over which `rotated` is 1."""

_YES_NO = {"0": False, "1": True}
_REMEDY = "Correct the labels file; its columns are described by `cxr-workstation evaluate --help`."


def _cell(written: str) -> str:
    text = written.strip()
    return "" if text.lower() in _BLANK else text


def _plain(word: str) -> str:
    """The word as people write it: pandas has 1.0 and 90.0 in a column with blanks, and True for 1."""
    short = re.sub(r"^(\d+)[.,]0+$", r"\1", word.lower())
    return {"true": "1", "false": "0"}.get(short, short)


def _choice(row: Mapping[str, str], column: str, words: Mapping[str, bool]) -> bool | None:
    word = row.get(column, "")
    if not word:
        return None
    if _plain(word) not in words:
        raise ValueError(f"{column} is {word!r}, it may be {' or '.join(words)} or blank")
    return words[_plain(word)]


def _number(row: Mapping[str, str], column: str) -> float | None:
    text = row.get(column, "")
    if not text:
        return None
    try:
        # A spreadsheet set to Russian or German writes 12,5.
        value = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{column} is {text!r}, it must be a number or blank")
    return value


def _edges(row: Mapping[str, str]) -> frozenset[Edge] | None:
    text = row.get("crop_edges", "")
    if not text:
        return None
    names = [part.strip().lower() for part in text.replace(",", ";").split(";") if part.strip()]
    if bad := [name for name in names if name not in {edge.value for edge in Edge}]:
        raise ValueError(f"crop_edges names {bad[0]!r}, edges are left, right, top, bottom, parted by ;")
    return frozenset(Edge(name) for name in names)


def _orientation(row: Mapping[str, str]) -> tuple[int, bool] | None:
    text = row.get("orientation", "").lower().replace(" ", "")
    if not text:
        return None
    turn, _, mirrored = text.partition("+")
    turn = _plain(turn)
    if turn not in ("0", "90", "180", "270") or mirrored not in ("", "m"):
        raise ValueError(f"orientation is {text!r}, it may be 0, 90, 180 or 270, with +m where mirrored")
    return int(turn), mirrored == "m"


def _path(folder: Path, name: str) -> Path:
    """The film's place; labelled on Windows, folders are parted by backslashes."""
    there = os.path.exists(folder / name)  # noqa: PTH110 - `Path.exists` raises where this user may not look
    return folder / (name if there or os.sep != "/" else name.replace("\\", "/"))


def _film(row: Mapping[str, str], line: int, folder: Path) -> LabelledFilm:
    name = row.get("file", "")
    if not name:
        raise ValueError("file is blank")
    projection = row.get("projection", "").lower()
    if projection not in ("", "frontal", "lateral"):
        raise ValueError(f"projection is {projection!r}, it may be frontal or lateral or blank")
    cut, edges = _choice(row, "crop", _YES_NO), _edges(row)
    if edges and cut is False:
        raise ValueError("crop is 0 but crop_edges names an edge")
    rotated, degrees = _choice(row, "rotated", _YES_NO), _number(row, "rotation_deg")
    if rotated is not None and degrees is not None and rotated is not (abs(degrees) > ROTATED_OVER):
        raise ValueError(
            f"rotated is {int(rotated)} but rotation_deg is {degrees:g}; over {ROTATED_OVER:g} degrees is 1"
        )
    if rotated is None and degrees is not None:
        rotated = abs(degrees) > ROTATED_OVER
    weight = _number(row, "weight")
    if weight is not None and weight <= 0:
        raise ValueError("weight must be above 0")
    return LabelledFilm(
        name=name,
        path=_path(folder, name),
        patient=row.get("patient", "") or f"{_NO_KEY}line {line}",
        dataset=row.get("dataset", ""),
        projection=Projection(projection) if projection else Projection.UNKNOWN,
        cut=True if edges and cut is None else cut,
        edges=frozenset() if cut is False else edges,
        rotated=rotated,
        rotation_deg=degrees,
        other_body_part=_choice(row, "body_part", {"chest": False, "other": True}),
        inverted=_choice(row, "polarity", {"normal": False, "inverted": True}),
        orientation=_orientation(row),
        weight=1.0 if weight is None else weight,
    )


def _check_quotes(lines: Sequence[str], delimiter: str, path: Path) -> None:
    """Refuse a quotation mark that is never closed: it would swallow all rows up to the next one, unseen."""
    reader, begun = csv.reader(lines, delimiter=delimiter, strict=True), 1
    try:
        for _ in reader:
            begun = reader.line_num + 1
    except csv.Error as error:
        message = f"{path}, line {begun}: quotation marks do not match ({error})."
        raise LabelsInvalid("labels_invalid", message, _REMEDY) from error


def read_labels(path: Path, carry: Sequence[str] = ()) -> Labels:
    """Read a labels file (UTF-8, with or without a byte-order mark; comma, semicolon or tab between columns).

    Args:
        carry: further columns that the caller knows, in small letters; they go along as they are written.

    Raises:
        LabelsInvalid: the file is absent, no UTF-8 text, without rows or `file` column; an impossible value, a
            contradiction, a film named twice, a row with more cells than columns or quotation marks that do not match.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LabelsInvalid("labels_missing", f"There is no labels file {path}.", "Check the path.") from None
    except UnicodeDecodeError as error:
        raise LabelsInvalid(
            "labels_unreadable",
            f"{path} is no UTF-8 text; it was saved in another encoding, perhaps that of Windows.",
            "Save it again from the spreadsheet as “CSV UTF-8”.",
        ) from error
    except OSError as error:
        raise LabelsInvalid(
            "labels_unreadable",
            f"{path} cannot be read: {error.strerror or error}.",
            "Check the path and the permissions.",
        ) from error
    lines = text.split("\n")  # `splitlines` would break a row where a comment holds a soft break of Word's
    header = lines[0]
    delimiter = max(",;\t", key=header.count)
    _check_quotes(lines, delimiter, path)
    reader = csv.DictReader(lines, delimiter=delimiter)
    names = [(name or "").strip() for name in reader.fieldnames or ()]
    mine = (*COLUMNS, *carry)
    known = [name.lower() if name.lower() in mine else name for name in names]
    if twice := [name for name in mine if known.count(name) > 1]:
        raise LabelsInvalid("labels_invalid", f"{path} has two columns named {twice[0]}.", _REMEDY)
    if "file" not in known:
        found = f", only {', '.join(repr(name) for name in names if name)}" if any(names) else ""
        raise LabelsInvalid("labels_no_file_column", f"{path} has no column named file{found}.", _REMEDY)
    reader.fieldnames = known
    films: list[LabelledFilm] = []
    carried: list[Mapping[str, str]] = []
    filled = dict.fromkeys(COLUMNS, 0)
    lines_of: dict[str, int] = {}
    for raw in reader:
        row = {
            key: _cell(value) for key, value in raw.items() if isinstance(key, str) and isinstance(value, str)
        }
        # What lies beyond the last column has moved there: a decimal comma without quotation marks shifts its row.
        surplus = any(cell.strip() for key, cells in raw.items() if key is None for cell in cells)
        if not any(row.values()) and not surplus:
            continue
        try:
            if surplus:
                raise ValueError(f"more cells than columns; quote what has a {delimiter!r} in it")
            film = _film(row, reader.line_num, path.parent)
            first = lines_of.setdefault(os.path.normpath(film.path.absolute()), reader.line_num)
            if first != reader.line_num:
                raise ValueError(f"{film.name} stands in line {first} already, it would count twice")
            films.append(film)
            carried.append({name: row.get(name, "") for name in carry})
            for name in COLUMNS:
                filled[name] += bool(row.get(name))
        except ValueError as error:
            message = f"{path}, line {reader.line_num}: {error}."
            raise LabelsInvalid("labels_invalid", message, _REMEDY) from error
    if not films:
        raise LabelsInvalid("labels_empty", f"{path} lists no film.", _REMEDY)
    ignored = tuple(name for name in known if name and name not in mine)
    return Labels(tuple(films), ignored, filled, tuple(carried))
