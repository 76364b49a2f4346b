"""Public collections in tiny made-up folders of their own layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models_onnx.training.adapters import trial_films
from models_onnx.training.adapters.__main__ import main
from models_onnx.training.paper import windows
from models_onnx.training.sources import FilmRecord
from workstation.domain.projection import Projection
from workstation.services.evaluation.labels import LabelledFilm, read_labels

FRONTAL, LATERAL = Projection.FRONTAL, Projection.LATERAL


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"pixels")


def read(collection: str, root: Path, out: Path) -> dict[str, LabelledFilm]:
    assert main([collection, str(root), "--out", str(out)]) == 0
    labels = read_labels(out)
    assert labels.ignored_columns == ()
    for film in labels.films:
        assert film.path.is_file()
        assert film.other_body_part is False
        assert film.cut is None
        assert film.rotated is None
    return {
        film.path.name if collection != "chexpert" else film.path.as_posix()[-40:]: film
        for film in labels.films
    }


def test_chexpert(tmp_path: Path) -> None:
    root = tmp_path / "CheXpert-v1.0-small"
    touch(
        root,
        "train/patient00001/study1/view1_frontal.jpg",
        "train/patient00001/study2/view2_lateral.jpg",
        "valid/patient64541/study1/view1_frontal.jpg",
    )
    head = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding\n"
    folder = "CheXpert-v1.0-small/"
    (root / "train.csv").write_text(
        head
        + f"{folder}train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,1.0\n"
        + f"{folder}train/patient00001/study2/view2_lateral.jpg,Female,68,Lateral,,1.0\n"
        + f"{folder}train/patient00002/study1/view1_frontal.jpg,Male,50,Frontal,PA,\n",
        encoding="utf-8",
    )
    (root / "valid.csv").write_text(
        head + f"{folder}valid/patient64541/study1/view1_frontal.jpg,Male,73,Frontal,AP,0.0\n",
        encoding="utf-8",
    )
    films = list(read("chexpert", root, tmp_path / "labels.csv").values())
    assert [(f.patient, f.projection) for f in films] == [
        ("chexpert-patient00001", FRONTAL),
        ("chexpert-patient00001", LATERAL),
        ("chexpert-patient64541", FRONTAL),
    ]


def test_indiana(tmp_path: Path) -> None:
    root = tmp_path / "indiana"
    touch(
        root,
        "images/images_normalized/1_IM-0001-4001.dcm.png",
        "images/images_normalized/1_IM-0001-3001.dcm.png",
        "images/images_normalized/2_IM-0652-1001.dcm.png",
    )
    (root / "indiana_projections.csv").write_text(
        "uid,filename,projection\n1,1_IM-0001-4001.dcm.png,Frontal\n1,1_IM-0001-3001.dcm.png,Lateral\n"
        "2,2_IM-0652-1001.dcm.png,Frontal\n",
        encoding="utf-8",
    )
    films = read("indiana", root, tmp_path / "out" / "labels.csv")
    assert {name: (f.patient, f.projection) for name, f in films.items()} == {
        "1_IM-0001-4001.dcm.png": ("indiana-1", FRONTAL),
        "1_IM-0001-3001.dcm.png": ("indiana-1", LATERAL),
        "2_IM-0652-1001.dcm.png": ("indiana-2", FRONTAL),
    }


@pytest.mark.parametrize("inner", ["chest_xray", "."])
def test_kermany(tmp_path: Path, inner: str) -> None:
    root = tmp_path / "kermany"
    touch(
        root / inner,
        "train/PNEUMONIA/person1_bacteria_1.jpeg",
        "train/PNEUMONIA/person1_bacteria_2.jpeg",
        "train/NORMAL/IM-0115-0001.jpeg",
        "train/NORMAL/.DS_Store",
        "test/NORMAL/NORMAL2-IM-0272-0001.jpeg",
        "test/PNEUMONIA/person1_virus_6.jpeg",
    )
    films = read("kermany", root, tmp_path / "labels.csv")
    assert {name: f.patient for name, f in films.items()} == {
        "person1_bacteria_1.jpeg": "kermany-person1",
        "person1_bacteria_2.jpeg": "kermany-person1",
        "IM-0115-0001.jpeg": "kermany-IM-0115",
        "NORMAL2-IM-0272-0001.jpeg": "kermany-NORMAL2-IM-0272",
        "person1_virus_6.jpeg": "kermany-person1",
    }
    assert all(f.projection is FRONTAL for f in films.values())


def test_kermany_unpacked_as_zhanglabdata(tmp_path: Path) -> None:
    """Several films of one child, told by the first number; the disease is not part of who it is."""
    root = tmp_path / "CellData"
    touch(
        root / "chest_xray",
        "train/PNEUMONIA/BACTERIA-1135262-0001.jpeg",
        "train/PNEUMONIA/BACTERIA-1135262-0004.jpeg",
        "test/PNEUMONIA/VIRUS-1135262-0002.jpeg",
        "test/NORMAL/NORMAL-745902-0001.jpeg",
    )
    films = read("kermany", root, tmp_path / "labels.csv")
    assert [f.patient for f in films.values()].count("kermany-1135262") == 3
    assert films["NORMAL-745902-0001.jpeg"].patient == "kermany-745902"


def test_nih(tmp_path: Path) -> None:
    root = tmp_path / "nih"
    touch(root, "images_001/images/00000001_000.png", "images_002/images/00000002_000.png")
    (root / "Data_Entry_2017.csv").write_text(
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
        "00000001_000.png,Cardiomegaly,0,1,58,M,PA,2682,2749,0.143,0.143,\n"
        "00000002_000.png,No Finding,0,2,81,M,AP,2500,2048,0.168,0.168,\n"
        "00000003_000.png,Hernia,0,3,81,F,PA,2582,2991,0.143,0.143,\n",
        encoding="utf-8",
    )
    films = read("nih", root, tmp_path / "labels.csv")
    assert {name: (f.patient, f.projection) for name, f in films.items()} == {
        "00000001_000.png": ("nih-00000001", FRONTAL),
        "00000002_000.png": ("nih-00000002", FRONTAL),
    }


@pytest.mark.parametrize(
    ("collection", "file", "text", "words"),
    [
        (
            "nih",
            "Data_Entry_2017.csv",
            "Image Index,Patient ID,View Position\n1.png,1,PA\n2.png,,PA\n",
            "line 3: Patient ID is ''",
        ),
        (
            "indiana",
            "indiana_projections.csv",
            "uid,filename,projection\n,a.png,Frontal\n",
            "line 2: uid is blank",
        ),
    ],
)
def test_a_film_without_its_patient_is_named_with_its_line_and_nothing_is_written(
    tmp_path: Path,
    collection: str,
    file: str,
    text: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    touch(tmp_path, "images/1.png", "images/2.png", "images/a.png")
    assert main([collection, str(tmp_path), "--out", str(tmp_path / "labels.csv")]) == 1
    said = capsys.readouterr().err
    assert f"{file}, {words}" in said
    assert "take the row out" in said
    assert not (tmp_path / "labels.csv").exists()


@pytest.mark.parametrize("collection", ["chexpert", "indiana", "kermany", "nih"])
def test_another_folder_is_refused(
    tmp_path: Path, collection: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([collection, str(tmp_path), "--out", str(tmp_path / "labels.csv")]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_a_table_without_its_column_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "indiana_projections.csv").write_text("uid,file\n1,a.png\n", encoding="utf-8")
    assert main(["indiana", str(tmp_path), "--out", str(tmp_path / "labels.csv")]) == 1
    assert "'filename'" in capsys.readouterr().err


@pytest.mark.parametrize(("yaw", "rotated", "degrees"), [(-3.0, 0, 3.0), (7.5, "", ""), (12.0, 1, 12.0)])
def test_a_simulated_turn_neither_small_nor_large_is_no_label_to_train_with(
    tmp_path: Path, yaw: float, rotated: int | str, degrees: float | str
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 30), 90, np.uint8))
    record = FilmRecord(
        str(tmp_path / "a.png"),
        "render",
        "lateral",
        "ct",
        "train",
        "",
        extra={"yaw_deg": str(yaw), "cut_edges": "left"},
    )
    made = windows.simulated(record, np.random.default_rng(1), {})
    assert made is not None
    assert (made[1]["rotated"], made[1]["rotation_deg"]) == (rotated, degrees)


DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.shared_data
@pytest.mark.skipif(not (DATA / "radiographs").is_dir(), reason="the real films are not here")
def test_the_films_at_hand_become_a_labels_file(tmp_path: Path) -> None:
    trial_films.main(
        ["--data", str(DATA), "--out", str(tmp_path), "--groups", "laterals,others", "--most", "3"]
    )
    films = read_labels(tmp_path / "labels.csv").films
    laterals = [f for f in films if f.dataset.startswith("laterals")]
    assert len(laterals) == 27
    assert all(f.projection is LATERAL for f in laterals)
    assert {f.rotated for f in laterals} == {True, False}
    assert sum(f.other_body_part is True for f in films) == 3 + 3
    assert all(f.path.is_file() for f in films)
