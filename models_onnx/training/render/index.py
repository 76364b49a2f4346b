"""``index.csv`` of a rendered set: read without what is still being written, mended where a run was cut off."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from models_onnx.training import kept

INDEX = "index.csv"


def rows(folder: Path) -> list[dict[str, str]]:
    """Whole lines of `folder`/index.csv; a last one without its end is still being written, or was cut off.

    Raises:
        FileNotFoundError: there is no index.
    """
    text = (folder / INDEX).read_bytes().decode()
    whole = text[: text.rfind("\n") + 1]
    return list(csv.DictReader(io.StringIO(whole, newline="")))


def lines(columns: Sequence[str], made: Iterable[Mapping[str, object]], head: bool) -> str:
    """`made` as text of the index, with the line of names where `head`."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns)
    if head:
        writer.writeheader()
    writer.writerows(made)
    return out.getvalue()


def mended(folder: Path, columns: Sequence[str], each: int) -> set[int]:
    """Seeds of which all `each` films are in the index; what a cut-off run left of others is taken out of it.

    Raises:
        SystemExit: most seeds have another number of films: it is another set.
    """
    if not (folder / INDEX).exists():
        return set()
    found = [row for row in rows(folder) if (row.get("seed") or "").isdigit() and None not in row.values()]
    films = Counter(int(row["seed"]) for row in found)
    usual = Counter(films.values()).most_common(1)
    if len(films) > 1 and usual[0][0] != each:
        raise SystemExit(
            f"{folder} holds {usual[0][0]} films an anatomy, asked for {each}: use another folder, or remove it"
        )
    whole = {seed for seed, number in films.items() if number == each}
    text = lines(columns, [row for row in found if int(row["seed"]) in whole], head=True)
    if text.encode() != (folder / INDEX).read_bytes():
        print(f"{folder}: its index was cut off; half-written anatomies are rendered again", flush=True)
        kept.written(folder / INDEX, lambda handle: handle.write(text.encode()))
    return whole
