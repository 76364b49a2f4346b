"""What the training keeps on disk is renewed when it was asked for otherwise, and mended when it was cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models_onnx.training import cache, elsewhere, kept, pictures, sources
from models_onnx.training.render import anatomy, batch, index
from models_onnx.training.render.batch import COLUMNS, render_set
from models_onnx.training.sources import FilmRecord

# ---- decoded films


def record(folder: Path, value: int, **more: Any) -> FilmRecord:
    for name in ("film", "mask"):
        cv2.imwrite(
            str(folder / f"{name}.png"), np.full((90, 80), value if name == "film" else 255, np.uint8)
        )
    film, mask = str(folder / "film.png"), str(folder / "mask.png")
    return FilmRecord(film, "nih", "frontal", "p", "train", "free", mask, **more)


def test_a_film_overwritten_is_decoded_again(tmp_path: Path) -> None:
    films, _ = cache.build([record(tmp_path, 10)], tmp_path / "cache", "some")
    assert films[0].mean() == 10
    films, _ = cache.build([record(tmp_path, 200)], tmp_path / "cache", "some")
    assert films[0].mean() == 200


def test_films_are_cropped_again_when_their_field_changes(tmp_path: Path) -> None:
    half = record(tmp_path, 0)
    left = np.zeros((90, 80), np.uint8)
    left[:, 40:] = 255
    cv2.imwrite(half.file, left)
    whole, _ = cache.build([half], tmp_path / "cache", "some")
    cropped, _ = cache.build(
        [FilmRecord(**{**vars(half), "field_box": (0.0, 0.0, 0.5, 1.0)})], tmp_path / "cache", "some"
    )
    assert whole[0].mean() > 100
    assert cropped[0].max() == 0


def test_a_cache_of_before_is_taken_unless_a_film_is_younger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = record(tmp_path, 10)
    cache.build([one], tmp_path / "cache", "some")
    listed = tmp_path / "cache" / "some.json"
    listed.write_text(json.dumps([[one.file, one.mask]]))
    np.save(tmp_path / "cache" / "some_films.npy", np.full((1, 384, 384), 77, np.uint8))
    films, _ = cache.build([one], tmp_path / "cache", "some")
    assert films[0].mean() == 77
    assert "some.json: of before" in capsys.readouterr().out
    films, _ = cache.build([record(tmp_path, 200)], tmp_path / "cache", "some")
    assert films[0].mean() == 200


def test_films_are_told_from_others_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, moved = record(tmp_path / "a", 10), record(tmp_path / "b", 10)
    assert cache.digest([one]) == cache.digest([moved])
    noise = np.random.default_rng(1).integers(0, 255, (90, 80), np.uint8)
    cv2.imwrite(moved.file, noise)
    assert cache.digest([one]) != cache.digest([moved])


# ---- rendered sets


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """`render_set` of a CT whose films are made up: two an anatomy. `made` counts the seeds that were rendered."""
    ct = tmp_path / "ct" / "x.npz"
    ct.parent.mkdir()
    ct.write_bytes(b"a CT")
    made: list[int] = []

    def one(
        _cache: Path, _out: Path, how: tuple[int, ...], which: tuple[Path, int]
    ) -> list[dict[str, object]]:
        made.append(which[1])
        row = dict.fromkeys(COLUMNS, "0") | {"ct": "x", "view": "lateral_left", "seed": which[1]}
        return [row | {"file": f"{which[1]}_{n}.png", "ribs_left": "0.1:0.2"} for n in range(how[0] * how[2])]

    monkeypatch.setattr(batch, "_render_one", one)
    monkeypatch.setattr(batch, "prepared", lambda *_: None)
    ask = {"cts": [ct], "cache": tmp_path / "cache", "out": tmp_path / "set", "laterals": 1, "frontals": 0}
    return {"ask": ask, "made": made, "ct": ct}


def test_a_set_grows_and_is_not_rendered_twice(rendered: dict[str, Any]) -> None:
    render_set(**rendered["ask"], anatomies_wanted=2)
    assert render_set(**rendered["ask"], anatomies_wanted=3) == 2
    assert rendered["made"] == [1, 2, 3]
    assert len(index.rows(rendered["ask"]["out"])) == 6


@pytest.mark.parametrize("change", [{"crisp": True}, {"first_seed": 2}, {"laterals": 2}, {"looks": 1}])
def test_a_set_asked_for_otherwise_is_refused(rendered: dict[str, Any], change: dict[str, Any]) -> None:
    render_set(**rendered["ask"], anatomies_wanted=2)
    (name,) = change
    with pytest.raises(SystemExit, match=rf"set was made otherwise \({name}: .*use another folder"):
        render_set(**{**rendered["ask"], **change}, anatomies_wanted=2)
    rendered["ct"].write_bytes(b"another CT")
    with pytest.raises(SystemExit, match=r"cts\.x"):
        render_set(**rendered["ask"], anatomies_wanted=2)


def test_an_index_cut_off_within_an_anatomy_is_mended(
    rendered: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = rendered["ask"]["out"]
    render_set(**rendered["ask"], anatomies_wanted=3)
    whole = (out / "index.csv").read_bytes()
    lines = whole.splitlines(keepends=True)
    # Of seed 3 one line and half of another.
    (out / "index.csv").write_bytes(b"".join(lines[:6]) + lines[6][: len(lines[6]) // 2])
    assert [r["file"] for r in index.rows(out)] == ["1_0.png", "1_1.png", "2_0.png", "2_1.png", "3_0.png"]
    assert len(sources.read_renders(out)) == 5
    render_set(**rendered["ask"], anatomies_wanted=4)
    assert rendered["made"] == [1, 2, 3, 3, 4]
    assert (out / "index.csv").read_bytes().startswith(whole)
    assert "half-written anatomies are rendered again" in capsys.readouterr().out


def test_a_set_of_before_is_taken_if_it_has_as_many_films(
    rendered: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    render_set(**rendered["ask"], anatomies_wanted=2)
    (rendered["ask"]["out"] / "settings.json").unlink()
    render_set(**rendered["ask"], anatomies_wanted=3)
    assert "set: of before recipes" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="holds 2 films an anatomy, asked for 4"):
        render_set(**{**rendered["ask"], "looks": 4}, anatomies_wanted=3)


def test_a_ct_that_changed_is_prepared_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []

    def load_ct(path: Path) -> tuple[np.ndarray, float]:
        prepared.append(path.read_text())
        return np.zeros((2, 2, 2), np.float32), 1.5

    monkeypatch.setattr(anatomy, "load_ct", load_ct)
    monkeypatch.setattr(
        anatomy, "prepare", lambda hu, mm, name, _: (anatomy.Anatomy(hu, np.zeros_like(hu), mm, name), "zero")
    )
    ct = tmp_path / "x.npz"
    for text in ("first", "first", "the second one"):
        ct.write_text(text) if not prepared or prepared[-1] != text else None
        assert batch.prepared(ct, tmp_path / "cache").name == "x"
    assert prepared == ["first", "the second one"]


def test_a_mistyped_set_is_not_taken_for_none(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="set2 holds no simulated films"):
        sources.read_renders(tmp_path / "set2")
    (tmp_path / "index.csv").write_text("file,seed\n")
    with pytest.raises(SystemExit, match="names no film"):
        sources.read_renders(tmp_path)


# ---- films of other parts


def test_films_of_other_parts_are_made_again_from_another_ct(tmp_path: Path) -> None:
    def grey(value: int) -> Any:
        def maker(_rng: np.random.Generator, _number: int) -> Iterator[np.ndarray]:
            yield np.full((4, 4), value, np.uint8)

        return maker

    def found() -> list[int]:
        return [int(np.load(tmp_path / f"limb_{end}.npy").max()) for end in ("train", "val")]

    elsewhere.make(grey(10), 6, 41, tmp_path / "limb", 6, inputs=["a"])
    elsewhere.make(grey(20), 6, 41, tmp_path / "limb", 6, inputs=["a"])
    assert found() == [10, 10]
    elsewhere.make(grey(20), 6, 41, tmp_path / "limb", 6, inputs=["b"])
    assert found() == [20, 20]
    # Made before recipes were kept: taken.
    for path in tmp_path.glob("*.json"):
        path.unlink()
    elsewhere.make(grey(30), 6, 41, tmp_path / "limb", 6, inputs=["c"])
    assert found() == [20, 20]


def test_without_a_ct_of_another_part_nothing_is_made_unless_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "volumes", lambda _: {"head": np.zeros((2, 2, 2), np.float32)})
    with pytest.raises(SystemExit, match="no CT of abdomen, chest"):
        elsewhere.build(tmp_path, tmp_path / "base")
    assert not list((tmp_path / "elsewhere").glob("*.npy"))
    with pytest.raises(RuntimeError, match="render films first"):  # it has gone on
        elsewhere.build(tmp_path, tmp_path / "base", allow_missing=True)


# ---- pictures


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Packages with one picture each; those in `gone` cannot be had."""
    picture = np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8)
    gone: set[str] = set()
    opened: list[str] = []

    def unpacked(source: pictures.Source, _: Path, folder: Path) -> Path:
        opened.append(source.name)
        inside = folder / source.name / (source.below[0].strip("/") if source.below else "all")
        inside.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(inside / "a.png"), picture)
        return folder / source.name

    monkeypatch.setattr(
        pictures, "fetch", lambda source, folder: None if source.name in gone else folder / source.name
    )
    monkeypatch.setattr(pictures, "opened", unpacked)
    return {"gone": gone, "opened": opened, "work": tmp_path}


def test_pictures_are_collected_again_when_asked_for_otherwise(packages: dict[str, Any]) -> None:
    work = packages["work"]
    pictures.collect(work)
    before = len(packages["opened"])
    pictures.collect(work)
    assert len(packages["opened"]) == before
    assert not pictures.without_gpl(work)
    pictures.collect(work, no_gpl=True)
    assert pictures.without_gpl(work)
    assert not any(source.gpl for source in pictures.learnt(work))


def test_a_package_that_is_missing_stops_the_training_by_name(
    packages: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = packages["work"]
    packages["gone"] |= {"tuxpaint-stamps-default", "deid-data"}
    monkeypatch.setattr("sys.argv", ["pictures", "--work", str(work)])
    with pytest.raises(SystemExit, match=r"deid-data 0\.0\.20 \(sdist\), tuxpaint-stamps-default"):
        pictures.main()
    assert not (work / "pictures" / "index.csv").exists()
    monkeypatch.setattr("sys.argv", ["pictures", "--work", str(work), "--allow-missing"])
    pictures.main()
    assert "tuxpaint-stamps-default" not in {s.name for s in pictures.learnt(work)}
    # Once it can be had it is learnt from.
    packages["gone"].clear()
    pictures.collect(work)
    assert "tuxpaint-stamps-default" in {s.name for s in pictures.learnt(work)}


def test_what_the_manifest_says_of_the_body_part_follows_its_weights(
    packages: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="training environment only")
    pytest.importorskip("sklearn", reason="training environment only")
    from models_onnx.training import body_sets, body_stage

    work = packages["work"]
    pictures.collect(work)
    kept.write_json(work / "elsewhere" / elsewhere.LEARNT, {"volumes": ["head"], "cts": []})
    kinds = ["drawn limb", "drawn skull", "stamps", "ct skull", "piece"]
    told = body_stage.learnt(work, kinds)
    assert told["packages"] == ["tuxpaint-stamps-default"]
    assert told["volumes"] == ["head"]
    kept.write_json(work / "body" / body_stage.LEARNT, told)
    said = " ".join([*body_stage.learnt_from(work), body_stage.limit(work)])
    for absent in ("abdomen", "cat", "ultrasound", "scikit-image", "pelv", "deform", "slices of all"):
        assert absent not in said, absent
    for present in ("invesalius-examples, GPL-2", "tuxpaint", "drawn limbs, skulls", "one CT of a head"):
        assert present in said, present
    assert capsys.readouterr().out.count("of before") == 0
    # All of it, as shipped.
    kept.write_json(
        work / "elsewhere" / elsewhere.LEARNT, {"volumes": ["abdomen", "chest", "head"], "cts": []}
    )
    kept.write_json(work / "body" / body_stage.LEARNT, body_stage.learnt(work, list(body_sets.SHARES)))
    said = " ".join([*body_stage.learnt_from(work), body_stage.limit(work)])
    for present in (
        "abdomen with pelvis",
        "a cat's film and ultrasound (deid-data, MIT)",
        "one film of a cat",
    ):
        assert present in said, present
    # Weights of before: what is there, and that is said.
    (work / "body" / body_stage.LEARNT).unlink()
    said = " ".join(body_stage.learnt_from(work))
    assert "of before it was kept" in capsys.readouterr().out
    assert "one CT of a head" not in body_stage.limit(work), "no skull lies here"


def test_films_of_the_body_part_are_made_again_for_another_recipe(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training environment only")
    pytest.importorskip("sklearn", reason="training environment only")
    from models_onnx.training import body_part

    def grey(value: float) -> Any:
        return lambda: [(np.full((4, 4), value, np.float32), "x")]

    path = tmp_path / "chests_val.npz"
    assert body_part.held(path, {"inputs": 1}, grey(0.2)).films.max() == 51
    assert body_part.held(path, {"inputs": 1}, grey(0.4)).films.max() == 51
    assert body_part.held(path, {"inputs": 2}, grey(0.4)).films.max() == 102
