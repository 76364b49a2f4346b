"""One reader a collection: (root folder) -> rows, in the collection's own order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from models_onnx.training.adapters.rows import CollectionUnreadable, Row, table

_IMAGES = (".png", ".jpg", ".jpeg", ".dcm")
_CHILD = r"(person\d+)|((?:NORMAL\d+-)?IM-\d+)|(?:NORMAL|BACTERIA|VIRUS)-(\d+)-\d+"


def chexpert(root: Path) -> Iterator[Row]:
    """CheXpert (Irvin et al., AAAI 2019): train.csv and valid.csv, ``Path`` and ``Frontal/Lateral``.

    Paths begin with the release's folder (``CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg``);
    `root` is that folder.
    """
    tables = [root / name for name in ("train.csv", "valid.csv", "test.csv") if (root / name).is_file()]
    if not tables:
        raise CollectionUnreadable(
            f"{root} holds no train.csv or valid.csv; is it the folder CheXpert-v1.0(-small)?"
        )
    for path in tables:
        for _, row in table(path, "Path"):
            parts = Path(row["Path"]).parts
            patient = next((part for part in parts if re.fullmatch(r"patient\d+", part)), "")
            inside = root.joinpath(*parts[1:]) if not (root / row["Path"]).is_file() else root / row["Path"]
            word = row.get("Frontal/Lateral", "").lower()
            if word not in ("frontal", "lateral"):  # the test table says it in the file's name alone
                found = re.search(r"_(frontal|lateral)\b", parts[-1])
                word = found.group(1) if found else ""
            yield Row(inside, f"chexpert-{patient or '/'.join(parts[:-1])}", "chexpert", word)


def indiana(root: Path) -> Iterator[Row]:
    """Indiana University (Open-i; Demner-Fushman et al., JAMIA 2016) with the table of views: indiana_projections.csv.

    Columns ``uid`` (the study, one a patient), ``filename``, ``projection`` (Frontal, Lateral). Images lie in
    images/images_normalized/, images/ or beside the table.
    """
    places = [root / "images" / "images_normalized", root / "images_normalized", root / "images", root]
    for where, row in table(root / "indiana_projections.csv", "uid", "filename", "projection"):
        if not row["uid"]:
            raise CollectionUnreadable(f"{where}: uid is blank. Fill it in, or take the row out.")
        word = row["projection"].lower()
        path = next(
            (p / row["filename"] for p in places if (p / row["filename"]).is_file()),
            places[0] / row["filename"],
        )
        yield Row(path, f"indiana-{row['uid']}", "indiana", word if word in ("frontal", "lateral") else "")


def kermany(root: Path) -> Iterator[Row]:
    """Kermany et al. (Cell 2018): children's frontal films, chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg.

    There is no table: patients are ``person123`` of the pneumonia films and the number of ``IM-0115-0001`` or
    ``NORMAL2-IM-0272-0001`` of the normal ones; where it was unpacked as ZhangLabData (CellData/chest_xray) the films
    are called by disease, patient and number, ``BACTERIA-1135262-0004``. Numbers may begin anew in another part; equal
    ones are taken as one patient, so that no child can stand on both sides of a split.
    """
    base = root / "chest_xray" if (root / "chest_xray").is_dir() else root
    folders = [base / part / kind for part in ("train", "val", "test") for kind in ("NORMAL", "PNEUMONIA")]
    if not any(folder.is_dir() for folder in folders):
        raise CollectionUnreadable(f"{base} has no train/NORMAL or train/PNEUMONIA")
    for folder in folders:
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            if path.suffix.lower() not in _IMAGES:
                continue
            person = re.match(_CHILD, path.name)
            key = next(filter(None, person.groups())) if person else path.stem
            yield Row(path, f"kermany-{key}", "kermany", "frontal")


def nih(root: Path) -> Iterator[Row]:
    """NIH ChestX-ray14 (Wang et al., CVPR 2017), all frontal: Data_Entry_2017*.csv, images below images*/."""
    tables = sorted(root.glob("Data_Entry_2017*.csv"))
    if not tables:
        raise CollectionUnreadable(f"{root} holds no Data_Entry_2017.csv")
    places = {path.name: path for folder in sorted(root.glob("images*")) for path in folder.rglob("*.png")}
    for where, row in table(tables[-1], "Image Index", "Patient ID", "View Position"):
        name, patient = row["Image Index"], row["Patient ID"].removesuffix(".0")
        if not patient.isdecimal():
            raise CollectionUnreadable(
                f"{where}: Patient ID is {row['Patient ID']!r}, it must be a number. Correct it, or take the row out."
            )
        view = "frontal" if row["View Position"].upper() in ("PA", "AP") else ""
        yield Row(places.get(name, root / "images" / name), f"nih-{int(patient):08d}", "nih", view)


COLLECTIONS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "chexpert": chexpert,
    "indiana": indiana,
    "kermany": kermany,
    "nih": nih,
}
