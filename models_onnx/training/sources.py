"""The films at hand: where they come from, who may see them when (train, validation, test), and their labels.

The split is a rule, not a list: `share(key)` is a number 0..99 from the SHA-256 of the patient's key, so a
film never changes sides when films are added. `ieee_*` (many hospitals, many licences, several
non-commercial) is never trained on: half of its patients choose thresholds and calibration, the other half is
the test from elsewhere, for ever. Of the real laterals, folds 0-2 (by patient) are learnt from at the very end, 3-4
never.

Who is who is not always written down: `patients.py` knows films of one patient under several names. Where the rule
puts them on several sides the test keeps them all; frontals of a patient whose lateral is learnt from neither judge
nor calibrate.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from models_onnx.training import patients

Box = tuple[float, float, float, float]
EDGES = ("left", "right", "top", "bottom")
LEARNT_FOLDS = (0, 1, 2)
"""Folds of the real laterals that the last training steps may learn from; the others are test, for ever."""
LEFT_OUT = "left out"
"""Neither trained on nor a test: see `one_side_each`."""
SPLIT_OF_CTS = {"lungdxA0002": "val", "radiomicslung2": "val", "totalsegmentator": "test"}
"""CTs whose simulated films neither the lung network nor the gates learn from as chests; all others are training.
(Rotation learns from all, and leaves each out in turn.)"""


@dataclass(frozen=True)
class FilmRecord:
    """One film on disk. Boxes are (left, top, right, bottom) in fractions of width and height."""

    file: str
    source: str
    view: str  # frontal | lateral
    patient: str
    split: str  # train | val | test | left out
    licence: str
    mask: str | None = None
    mask_made_by: str = ""
    lung_box: Box | None = None
    natural_cut: str = ""  # yes | borderline | no | "" (not looked at)
    cut_sides: tuple[str, ...] = ()
    uncertain_sides: tuple[str, ...] = ()
    field_box: Box = (0.0, 0.0, 1.0, 1.0)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names the film wherever it lies: what is drawn at random for it hangs on this, not on the path."""
        return f"{self.source}/{Path(self.file).name}"


def share(key: str) -> int:
    """0..99, the same for ever for one patient's key."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 100


def _split(source: str, patient: str) -> str:
    number = share(patient)
    if source == "ieee":
        return "val" if number < 50 else "test"
    if source == "cvs":
        return "test"
    return "train" if number < 84 else "val" if number < 92 else "test"


def _sides(text: str) -> tuple[str, ...]:
    return tuple(side for side in text.replace(",", ";").split(";") if side in EDGES)


def read_frontal(data: Path) -> list[FilmRecord]:
    """Frontal films of `data`/radiographs/frontal.csv. Those of one patient stand on one side."""
    root = data / "radiographs"
    with (root / "frontal.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    who = patients.keys(rows)
    records = []
    for row, patient in zip(rows, who, strict=True):
        source = Path(row["file"]).name.split("_")[0]
        records.append(
            FilmRecord(
                file=str(root / row["file"]),
                source=source,
                view="frontal",
                patient=patient,
                split=_split(source, patients.named(row)),
                licence=row["licence"] or "unstated",
                mask=str(root / row["mask"]) if row["mask"] else None,
                mask_made_by=row["mask_made_by"],
                natural_cut=row["natural_cut"],
                cut_sides=_sides(row["natural_cut_sides"]),
                extra={
                    "flags": row["flags"],
                    "age_group": row["age_group"],
                    "confidence": row["natural_cut_confidence"],
                },
            )
        )
    return one_side_each(records, read_lateral(data))


def one_side_each(records: Sequence[FilmRecord], laterals: Sequence[FilmRecord]) -> list[FilmRecord]:
    """`records` (frontals) with every patient on one side.

    The test keeps what the rule put there, and takes whatever else shows one of its patients, also one of the test's
    laterals. A patient whose lateral is learnt from neither judges nor calibrates: his frontals are left out.
    """
    sides: dict[str, set[str]] = {}
    for record in [*records, *laterals]:
        sides.setdefault(record.patient, set()).add(record.split)
    learnt = {record.patient for record in laterals if record.split == "train"}
    found = []
    for record in records:
        split = record.split
        if record.patient in learnt:
            split = split if split == "train" else LEFT_OUT
        elif split != "test" and "test" in sides[record.patient]:
            split = "test"
        found.append(replace(record, split=split))
    return found


def read_lateral(data: Path) -> list[FilmRecord]:
    """Real lateral films of `data`/radiographs/lateral.csv; `extra["fold"]` is the patient's fold 0..4."""
    root = data / "radiographs"
    records = []
    with (root / "lateral.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            box = tuple(float(row[f"lung_{name}"]) / 100 for name in ("left", "top", "right", "bottom"))
            cut = _sides(row["cut_sides"])
            fold = share(row["patient"]) % 5  # by the name in the file, for ever
            records.append(
                FilmRecord(
                    file=str(root / "lateral" / Path(row["file"]).name),
                    source="lateral",
                    view="lateral",
                    patient=patients.of_lateral(row),
                    split="train" if fold in LEARNT_FOLDS else "test",
                    licence=row["licence"] or "unstated",
                    lung_box=(box[0], box[1], box[2], box[3]),
                    natural_cut="yes" if cut else "borderline" if row["tight_sides"] else "no",
                    cut_sides=cut,
                    uncertain_sides=_sides(row["uncertain_box_sides"]),
                    extra={"fold": str(fold), "rotation_grade": row["rotation_grade"]},
                )
            )
    return records


def learnt_cts(folder: Path) -> list[str]:
    """Names of the CTs among `folder`'s simulated films that the lung and gate networks learn from."""
    return sorted({r.patient.removeprefix("ct-") for r in read_renders(folder) if r.split == "train"})


def read_renders(folder: Path) -> list[FilmRecord]:
    """Simulated films of `folder`/index.csv (made by `models_onnx.training.render`).

    Split by CT (`SPLIT_OF_CTS`). A film that cuts the lung carries its irradiated field, to which it is cropped
    before use: lung hidden by a blind is as lost as lung beyond the border.

    Raises:
        SystemExit: there are none: whoever names a set means one (a mistyped name would leave the laterals out).
    """
    index = folder / "index.csv"
    if not index.exists():
        raise SystemExit(
            f"{folder} holds no simulated films (no index.csv): render them first, or mend the name"
        )
    records = []
    with index.open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if not row.get("seed"):  # a line still being written
                continue
            names = ("field_left", "field_top", "field_right", "field_bottom")
            field_box = (
                tuple(float(row[name]) for name in names) if row["cut_edges"] else (0.0, 0.0, 1.0, 1.0)
            )
            records.append(
                FilmRecord(
                    file=str(folder / row["file"]),
                    source="render",
                    view="lateral" if row["view"].startswith("lateral") else "frontal",
                    patient=f"ct-{row['ct']}",
                    split=SPLIT_OF_CTS.get(row["ct"], "train"),
                    licence="from CT, CC BY",
                    mask=str(folder / row["mask"]),
                    mask_made_by="exact",
                    field_box=(field_box[0], field_box[1], field_box[2], field_box[3]),
                    extra={
                        "yaw_deg": row["yaw_deg"],
                        "cut_edges": row["cut_edges"],
                        "field": " ".join(row[name] for name in names),
                    },
                )
            )
    if not records:
        raise SystemExit(f"{index} names no film yet")
    return records
