"""The field network's recipe: blades, answers, a few steps, the exported file (training environment)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the training environment (models_onnx/training/requirements.txt)")
pytest.importorskip("onnx", reason="the training environment (models_onnx/training/requirements.txt)")

import torch

from models_onnx.training.collimation import export, films, train
from models_onnx.training.collimation.blades import (
    SMALLEST,
    WHOLE,
    Blades,
    a_field,
    collimated,
    exposed,
    inside,
    some_blades,
)
from models_onnx.training.collimation.judge import borders
from models_onnx.training.collimation.network import COUNT, FILM, FieldNet
from models_onnx.training.collimation.train import common, sample, turned
from models_onnx.training.collimation.trials import bladed, bladed_laterals
from models_onnx.training.sources import FilmRecord
from workstation.domain.field import CollimatedField
from workstation.inference.collimation import LEAST, field_of

FIELD = (0.2, 0.1, 0.9, 0.75)
SQUARE = Blades(FIELD, "black", 0.0, 0.001)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_field_is_large_enough_and_its_bands_are_no_frames(seed: int) -> None:
    left, top, right, bottom = a_field(np.random.default_rng(seed))
    assert right - left >= SMALLEST - 1e-9
    assert bottom - top >= SMALLEST - 1e-9
    assert all(band == 0 or band >= LEAST - 1e-9 for band in (left, top, 1 - right, 1 - bottom))


@pytest.mark.parametrize("look", ["black", "white", "grey", "scatter"])
def test_behind_a_blade_nothing_is_left_of_the_film_and_before_it_everything(look: str) -> None:
    rng = np.random.default_rng(4)
    film = cv2.GaussianBlur(rng.uniform(0, 255, (200, 240)).astype(np.float32), (0, 0), 2)
    made = collimated(film, replace(SQUARE, look=look), rng)
    within = (slice(24, 146), slice(52, 212))
    assert np.abs(made[within] - film[within]).max() < 2
    behind = made[:, :40]
    assert behind.std() < 0.01 or abs(np.corrcoef(behind.ravel(), film[:, :40].ravel())[0, 1]) < 0.5
    assert made.min() >= 0
    assert made.max() <= 255


def test_a_film_without_blades_is_left_as_it_is() -> None:
    film = np.random.default_rng(1).uniform(0, 255, (50, 60)).astype(np.float32)
    assert np.array_equal(collimated(film, replace(SQUARE, field=WHOLE), np.random.default_rng(2)), film)


def test_a_side_without_a_blade_is_not_turned_into_the_film() -> None:
    depth = inside((100, 100), Blades((0.3, 0.0, 1.0, 1.0), "black", turn_deg=5.0))
    assert depth[50, 40] > 0
    assert depth[50, 20] < 0
    assert depth[:, 50:].min() > 0


def test_an_iris_hides_the_corners_too() -> None:
    square, round_ = (inside((100, 100), replace(SQUARE, corner=corner)) for corner in (0.0, 0.3))
    assert square[13, 23] > 0 > round_[13, 23]
    assert square[43, 24] == pytest.approx(round_[43, 24])


def test_the_answers_name_the_share_of_each_column_and_row() -> None:
    columns, rows = exposed((0.25, 0.0, 0.625, 1.0), 4)
    assert columns.tolist() == [0.0, 1.0, 0.5, 0.0]
    assert rows.tolist() == [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirror", [False, True])
def test_the_answers_turn_with_the_film(quarters: int, mirror: bool) -> None:
    film = np.zeros((80, 80), np.uint8)
    film[8:60, 16:72] = 255
    shown = np.rot90(film, quarters)
    shown = shown[:, ::-1] if mirror else shown
    left, top, right, bottom = (round(80 * v) for v in turned(FIELD, quarters, mirror))
    assert (shown[top:bottom, left:right] == 255).all()
    assert shown.sum() == film.sum()


def test_what_is_exposed_of_a_film_that_was_collimated_before_lies_within_that() -> None:
    assert common((0.1, 0.0, 0.8, 1.0), (0.0, 0.2, 0.9, 0.7)) == (0.1, 0.2, 0.8, 0.7)
    rng = np.random.default_rng(0)
    film = rng.integers(0, 256, (384, 384), dtype=np.uint8)
    for _ in range(20):
        made = sample(film, FIELD, rng)
        assert made.film.shape == (1, FILM, FILM)
        assert float(made.columns.sum()) <= 0.7 * COUNT + 1e-3
        assert float(made.rows.sum()) <= 0.7 * COUNT + 1e-3
        assert 0 <= float(made.pixels.min()) <= float(made.pixels.max()) <= 1


def test_figures_of_borders() -> None:
    found = borders([FIELD, WHOLE], [(0.19, 0.1, 0.9, 1.0), (0.0, 0.0, 0.97, 1.0)])
    assert found["blades"] == 4
    assert found["found"] == 0.75
    assert found["bias_outward"] == pytest.approx(0.0033, abs=1e-4)
    assert found["films_with_false_blade"] == 0.5


@pytest.fixture
def chest(tmp_path: Path) -> FilmRecord:
    """A drawn film with two lungs and its mask."""
    rng = np.random.default_rng(5)
    film = np.clip(rng.normal(170, 12, (400, 400)), 0, 255).astype(np.uint8)
    mask = np.zeros((400, 400), np.uint8)
    for x in (120, 280):
        cv2.ellipse(mask, (x, 200), (60, 130), 0, 0, 360, 255, -1)
    film[mask > 0] = film[mask > 0] // 3
    cv2.imwrite(str(tmp_path / "film.png"), film)
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    return FilmRecord(
        str(tmp_path / "film.png"), "nih", "frontal", "p1", "train", "made", str(tmp_path / "mask.png")
    )


def a_set(folder: Path, chest: FilmRecord) -> Path:
    """A rendered set of one film, which shows the drawn chest."""
    folder.mkdir()
    for name in ("film.png", "mask.png"):
        (folder / name).write_bytes((Path(chest.file).parent / name).read_bytes())
    head = "file,mask,ct,view,yaw_deg,cut_edges,field_left,field_top,field_right,field_bottom,seed"
    row = "film.png,mask.png,lidc0001,frontal_pa,0,,0,0,1,1,1"
    (folder / "index.csv").write_text(f"{head}\n{row}\n")
    return folder


def test_films_to_judge_are_cut_by_their_blades_alone(chest: FilmRecord) -> None:
    made = list(bladed([chest], 30))
    assert {t.cut for t in made} == {0.0, 1.0}
    for trial in made:
        left, top, right, bottom = trial.field
        assert trial.cut == max(trial.edges)
        # A lung is cut only where there is a blade, and never where that ends beside it.
        for edge, gap, blade in zip(
            trial.edges,
            (0.15 - left, right - 0.85, 0.175 - top, bottom - 0.825),
            (left > 0, right < 1, top > 0, bottom < 1),
            strict=True,
        ):
            assert blade or edge == 0
            assert gap < 0.01 or edge == 0
    again = list(bladed([chest], 30))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(made, again, strict=True))


def test_laterals_are_judged_by_their_boxes(chest: FilmRecord) -> None:
    lateral = replace(chest, view="lateral", lung_box=(0.15, 0.175, 0.85, 0.825), mask=None)
    made = list(bladed_laterals([lateral]))
    assert {t.cut for t in made} == {0.0, 1.0}
    for trial in made:
        left, top, right, bottom = trial.field
        gaps = (0.15 - left, right - 0.85, 0.175 - top, bottom - 0.825)
        assert [gap < -0.01 for gap in gaps] == [edge == 1 for edge in trial.edges]


def test_it_learns_exports_and_goes_into_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chest: FilmRecord
) -> None:
    monkeypatch.setattr(films, "frontals", lambda _data, _split: [chest])
    monkeypatch.setattr(train, "BATCH", 4)
    work, out, simulated = tmp_path / "work", tmp_path / "out", a_set(tmp_path / "set", chest)
    network = train.train(tmp_path, work, simulated, 6, 1, workers=0)
    assert {p.name for p in work.glob("*.json")} == {"field_seen_1.json", "field_seen_2.json"}
    # Taken up, not trained again.
    again = train.train(tmp_path, work, simulated, 6, 1, workers=0)
    for mine, theirs in zip(network.parameters(), again.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    # Not taken for another recipe, nor for other films; files of before are.
    with pytest.raises(SystemExit, match=r"field_1\.pt was made otherwise \(seed: 1, asked for 2\)"):
        train.train(tmp_path, work, simulated, 6, 2, workers=0)
    seen = work / "field_seen_1.json"
    seen.write_text(json.dumps({"nih/film.png": [0.1, 0.0, 1.0, 1.0]}), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"field_2\.pt was made otherwise \(seen: "):
        train.train(tmp_path, work, simulated, 6, 1, workers=0)
    films.write_seen(seen, {}, {"old": 1})
    again = train.train(tmp_path, work, simulated, 6, 1, workers=0)
    assert films.seen_by(seen) != {"old": 1}, "found again"
    out.mkdir()
    manifest = {"schema": 1, "models": {"other": {}}, "stages": [1]}
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    export.export(network, tmp_path, work, out, simulated, 1)
    written = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert set(written["models"]) == {"other", "field"}
    assert written["collimation"]["reads"] == {"columns": "exposed_columns", "rows": "exposed_rows"}
    assert written["stages"] == [1]
    told = written["models"]["field"]["provenance"]["training"]
    assert told["onnx_minus_torch"] < 1e-4
    assert (told["learnt"]["sources"], told["learnt"]["cts"]) == (["nih"], ["lidc0001"])
    assert told["learnt"]["real_films"] == {}


def test_a_field_can_be_learnt(chest: FilmRecord) -> None:
    torch.manual_seed(3)
    torch.set_num_threads(1)
    rng = np.random.default_rng(3)
    film = cv2.resize(cv2.imread(chest.file, cv2.IMREAD_GRAYSCALE), (384, 384))
    network, shown = FieldNet(), collimated(film, SQUARE, rng)
    small = cv2.resize(shown, (FILM, FILM), interpolation=cv2.INTER_AREA)
    columns, rows = (torch.from_numpy(v)[None] for v in exposed(FIELD, COUNT))
    x = torch.from_numpy(small / 255).float()[None, None].repeat(4, 1, 1, 1)
    pixels = torch.ones(4, 1, 28, 28)
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    for _ in range(40):
        told = network(x)
        loss = train.loss_of(told, columns.repeat(4, 1), rows.repeat(4, 1), pixels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    told = network(x)
    found = field_of(*(v[0].detach().double().numpy() for v in (told.columns, told.rows)))
    assert (found.left, found.top, found.right, found.bottom) == pytest.approx(FIELD, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_blades_around_a_given_field_keep_it(seed: int) -> None:
    assert some_blades(np.random.default_rng(seed), FIELD).field == FIELD
    assert CollimatedField(*FIELD).blades
