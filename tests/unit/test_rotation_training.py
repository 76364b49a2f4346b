"""The rotation recipe on made-up films: augmentation keeps the question, training learns, ONNX equals PyTorch."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training environment only: torch is not part of the program")
pytest.importorskip("scipy", reason="training environment only")
pytest.importorskip("sklearn", reason="training environment only")

import torch

from models_onnx.training import kept
from models_onnx.training.rotation import crossval, data, evaluate, readings, real, rounds, ship
from models_onnx.training.rotation.model import (
    MASK,
    SIZE,
    LungFinder,
    RibReader,
    box_of,
    crop,
    window_of,
)
from models_onnx.training.rotation.train import (
    FINDER,
    READER,
    Recipe,
    finished,
    learnt,
    load,
    reader_loss,
    soft_target,
    train,
)

LUNGS = (0.30, 0.20, 0.70, 0.85)  # of the made-up films, fractions


def film(yaw: float, number: int) -> data.Simulated:
    """Dark lungs, and behind them two bright bars whose distance grows with yaw: a caricature of posterior ribs."""
    rng = np.random.default_rng(number)
    image = rng.normal(120, 10, (SIZE, SIZE))
    left, top, right, bottom = (round(v * SIZE) for v in LUNGS)
    image[top:bottom, left:right] -= 60
    gap = abs(yaw) * 0.009 * (right - left)
    for x in (right - 2, right - 2 - gap):
        image[top:bottom, round(x) : round(x) + 4] = 220
    mask = np.zeros((MASK, MASK), np.uint8)
    a, b, c, d = (round(v * MASK) for v in LUNGS)
    mask[b:d, a:c] = 255
    rows = np.linspace(LUNGS[1], LUNGS[3], 12)
    lines = tuple(np.stack([np.full(12, LUNGS[2] - g / SIZE), rows], 1) for g in (0.0, gap))
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    ct = ("a", "b")[number % 2]
    return data.Simulated(pixels, mask, yaw, 0.9 * yaw, lines, 1, ct, f"{ct}_{number % 5}", "a")


@pytest.fixture(scope="module")
def films() -> list[data.Simulated]:
    return [film((-1) ** i * (1.0 + 1.5 * (i % 14)), i) for i in range(28)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in the published file's shape: the recipe must not need the network to be tested."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("w") / "weights.pth"
    torch.save(RibReader().backbone.state_dict(), path)
    return path


def test_views_are_in_range_and_repeatable(films: list[data.Simulated]) -> None:
    one = data.augmented(films[0], np.random.default_rng(5))
    two = data.augmented(films[0], np.random.default_rng(5))
    for name in ("close", "columns", "whole", "lung"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)
    for image in (one.close, one.whole, one.lung):
        assert image.min() >= 0
        assert image.max() <= 1


def test_contours_stay_on_the_ribs_whatever_happens_to_the_film() -> None:
    what = film(20.0, 3)
    for seed in range(6):
        view = data.augmented(what, np.random.default_rng(seed), strength=0.01)
        known = ~np.isnan(view.columns[0])
        assert known.sum() > 20
        for k in (0, 1):
            hits = 0
            for row in np.nonzero(known)[0]:
                y, x = int((row + 0.5) * 4), int(view.columns[k, row] * view.close.shape[1])
                strip = view.close[y, max(0, x - 6) : x + 7]
                hits += strip.size > 0 and strip.max() > np.percentile(view.close, 85)
            assert hits > 0.8 * known.sum()


def test_the_close_view_of_training_is_the_one_of_the_shipped_graph(films: list[data.Simulated]) -> None:
    view = data.augmented(films[1], np.random.default_rng(0), strength=0.0)
    mask = torch.from_numpy(view.lung)[None, None]
    close = crop(torch.from_numpy(view.whole)[None, None], window_of(box_of(mask)))[0, 0].numpy()
    assert float(np.abs(close - view.close).mean()) < 0.01


def test_the_box_ignores_stray_pixels_and_an_empty_mask_means_the_whole_film() -> None:
    mask = torch.zeros(1, 1, MASK, MASK)
    assert box_of(mask)[0].tolist() == pytest.approx([0.0, 0.0, 1.0, 1.0], abs=0.03)
    mask[:, :, 12:36, 16:32] = 1
    mask[:, :, 2, 2] = 1
    assert box_of(mask)[0].tolist() == pytest.approx([16 / 48, 12 / 48, 32 / 48, 36 / 48], abs=0.02)


def test_a_network_that_says_the_same_of_all_has_no_rank_correlation() -> None:
    assert evaluate.rank_correlation(np.zeros(3), np.arange(3.0)) is None
    assert evaluate.rank_correlation(np.arange(4.0), np.arange(4.0) ** 2) == 1.0


def test_the_target_is_half_at_ten_degrees() -> None:
    got = soft_target(torch.tensor([0.0, 10.0, 20.0]))
    assert got.tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-3)


def test_rendered_sets_are_read_with_their_contours(tmp_path: Path) -> None:
    for folder in ("films", "masks"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "x_1_00b.png"), np.full((90, 70), 100, np.uint8))
    row = {
        "file": "films/x_1_00b.png",
        "mask": "masks/x_1_00b.png",
        "ct": "x",
        "anatomy": "x_1",
        "view": "lateral_left",
        "anterior_side": "right",
        "yaw_deg": "-7.5",
        "rib_separation_pct": "-6.0",
        "ribs_right": "0.2:0.3;0.21:0.4",
        "ribs_left": "0.3:0.3;0.31:0.4",
    }
    with (tmp_path / "index.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, row)
        writer.writeheader()
        writer.writerows([row, row | {"view": "frontal_pa"}])
    (got,) = data.simulated([tmp_path])
    assert (got.yaw_deg, got.back, got.look, got.anatomy) == (-7.5, -1, "b", "x_1")
    # Left minus right is -6: in a left lateral the right side is the far one, and its ribs lie behind.
    assert got.separation_pct == 6.0
    assert got.contours[1].tolist() == [[0.3, 0.3], [0.31, 0.4]]


def test_the_recipe_runs_resumes_is_judged_and_exports(films, weights, tmp_path) -> None:
    recipe = Recipe(finder_steps=2, steps=2, batch=4)
    for name in ("a", "b", rounds.ALL):
        left_out = rounds.left_out(name)
        finder, reader = train(films, recipe, weights, crossval.run(tmp_path, 1, name), left_out)
    # After its first cycle a run is not finished; taken up again it ends as one that went through.
    (cut_off := crossval.run(tmp_path, 3, rounds.ALL)).mkdir(parents=True)
    for name in (FINDER, READER.format(1)):
        shutil.copy(crossval.run(tmp_path, 1, rounds.ALL) / name, cut_off / name)
    assert not finished(cut_off)
    train(films, recipe, weights, cut_off)
    assert finished(cut_off)
    # Finished runs only load.
    again = train(films, recipe, weights, crossval.run(tmp_path, 1, rounds.ALL))
    for one, two in zip((finder, reader), again, strict=True):
        for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True):
            assert torch.equal(a, b)

    reals = [
        data.Real(
            f"{i}.jpg",
            films[i].pixels,
            (0, 0, 1, 2)[i % 4],
            0.4,
            f"p{i}",
            float(2 * i),
            1,
            (0, 3, 3, 4)[i // 2],
        )
        for i in range(8)
    ]
    # The last steps on real films; what is judged by them is what they had not seen.
    masks = np.full((8, 64, 64), 255, np.uint8)
    shaped = real.as_films(reals, masks, [r.back for r in reals])
    short = real.Adaption(finder_steps=2, steps=2, batch=4, real=2)
    for name, without in ((rounds.ALL, None), (rounds.ALL, 0), ("a", None)):
        networks = load(weights, crossval.run(tmp_path, 1, name))
        before = [v.clone() for v in networks[1].state_dict().values()]
        left_out = rounds.left_out(name)
        mine = [i for i, r in enumerate(reals) if r.fold in real.TRAIN_FOLDS and r.fold != without]
        seen = mine or [0]  # the made-up films are of one fold that may be learnt from
        real.adapt(*networks, films, [shaped[i] for i in seen], [0.5] * len(seen), short, left_out)
        moved = zip(before, networks[1].state_dict().values(), strict=True)
        assert any(not torch.equal(a, b) for a, b in moved)
        kept_films = {reals[i].file: replace(reals[i], fold=1) for i in seen}
        notes = {"recipe": {"steps": 2, "seed": 1}, "learnt": learnt(1, films, left_out, kept_films)}
        real.save(*networks, crossval.adapted(tmp_path, 1, name, without), notes)
    shown = torch.from_numpy(data.network_input(films[0].pixels))[None, None]
    first, both = crossval.Which((1,)), crossval.Which((1, 2), real=False)
    with pytest.raises(SystemExit, match=r"seed2.*is missing: every seed \(1, 2\) must have run a"):
        crossval.network(tmp_path, "a", both)
    second = Recipe(finder_steps=2, steps=2, batch=4, seed=2)
    for name in ("a", "b", rounds.ALL):
        train(films, second, weights, crossval.run(tmp_path, 2, name), rounds.left_out(name))
    assert len(crossval.network(tmp_path, "a", both).readers) == 2
    assert len(crossval.network(tmp_path, "a", first).readers) == 1
    with pytest.raises(SystemExit, match="run c and its steps on real films"):
        crossval.network(tmp_path, "c", first)
    # Adapted ones and others are not mixed.
    with pytest.raises(SystemExit, match="run b and its steps on real films"):
        crossval.held(films, reals, tmp_path, first)
    adapted = crossval.network(tmp_path, "a", first)
    plain = crossval.network(tmp_path, "a", crossval.Which((1,), real=False))
    assert not torch.equal(adapted.raw(shown)[0], plain.raw(shown)[0])
    held, order = crossval.held(films, reals, tmp_path, both)
    told = crossval.noted(tmp_path, rounds.ALL, both)
    assert told is not None
    assert told["learnt"] == {"cts": ["a", "b"], "left_out": [], "real_folds": [], "real_films": {}}
    told = crossval.noted(tmp_path, "a", first)
    assert told is not None
    assert told["learnt"]["cts"] == ["b"]
    assert set(told["learnt"]["real_films"]) == {"0.jpg", "1.jpg"}
    assert len(order) == len(held.sim_yaw) == 28
    blend = ship.choose_blend(held)
    how = ship.calibration(held, blend)
    limits = ship.thresholds(held, blend, how)
    correction = ship.angle_correction(held.sim, held.sim_yaw)
    figures = crossval.figures(held, order, reals, blend, how, limits, correction)
    assert set(figures["left_out_ct"]) == {"a", "b"}
    assert figures["real"]["never_seen_folds"]["n"] == 6
    json.dumps(figures)

    probe = np.stack([data.network_input(f.pixels) for f in films[:2]])[:, None]
    path = tmp_path / "rotation_lateral.onnx"
    shipped = crossval.network(tmp_path, rounds.ALL, both)
    # Networks of two steps say next to nothing: what their angles need to be stretched by is no test of the file.
    assert ship.export(shipped, path, probe, blend, (1.2, 0.4, -1.0), 3.2) < 1e-4
    manifest = tmp_path / "manifest.json"
    kept.write_json(
        manifest, {"models": {"gates": {}}, "stages": [{"name": "gates"}, {"name": "rotation_lateral"}]}
    )
    real_films = {"1.jpg": "CC BY-NC-SA", "2.jpg": "unstated", "3.jpg": "CC BY-NC-SA 4.0"}
    ship.put(ship.entry(path, how, limits, figures, (1, 2), {"b", "rider"}, real_films), manifest)
    put = json.loads(manifest.read_text())
    told = put["stages"][1]["provenance"]["performance"]
    assert told["specificity"] == figures["pooled"]["specificity_under_10"]
    of = put["models"]["rotation_lateral"]["provenance"]["data"]
    assert of[0].endswith("the CT b")
    assert "RIDER" in of[1]
    assert [s["name"] for s in put["stages"]] == ["gates", "rotation_lateral"]
    assert set(put["models"]) == {"gates", "rotation_lateral"}
    provenance = put["models"]["rotation_lateral"]["provenance"]
    assert "3 real laterals (ieee8023 collection, Open-i; 1 CC BY-NC-SA," in provenance["data"][2]
    assert "3 real laterals, 2 of them under CC BY-NC-SA (non-commercial)" in provenance["licence"]
    assert "and 3 real ones" in put["stages"][1]["limits"][0]
    ship.put(ship.entry(path, how, limits, figures, (1,), {"b"}, {}), manifest)
    without = json.loads(manifest.read_text())
    assert "real laterals" not in json.dumps(without["models"]["rotation_lateral"]["provenance"])
    assert "real ones" not in without["stages"][1]["limits"][0]
    assert without["models"]["rotation_lateral"]["provenance"]["seeds"] == [1]
    assert (
        "no film under a non-commercial licence"
        in without["models"]["rotation_lateral"]["provenance"]["licence"]
    )


def test_a_run_is_not_taken_for_another_recipe_or_other_films(
    films: list[data.Simulated], weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, folder = Recipe(finder_steps=1, steps=1, rates=(1e-3,), batch=2), crossval.run(tmp_path, 1, "a")
    train(films, recipe, weights, folder, ["a"])
    before = (folder / FINDER).read_bytes()
    with pytest.raises(SystemExit, match=r"recipe\.strength: 0\.9, asked for 0\.5"):
        train(films, replace(recipe, strength=0.5), weights, folder, ["a"])
    with pytest.raises(SystemExit, match=r"inputs\.films"):
        train(films[:-1], recipe, weights, folder, ["a"])
    with pytest.raises(SystemExit, match=r"inputs\.left_out: \['a'\], asked for \['b'\]"):
        train(films, recipe, weights, folder, ["b"])
    assert (folder / FINDER).read_bytes() == before
    # Of before the films were noted: taken, and said.
    for path in folder.iterdir():
        state = torch.load(path, weights_only=False)
        torch.save({k: v for k, v in state.items() if k not in ("inputs", "learnt")}, path)
    train(films[:-1], recipe, weights, folder, ["a"])
    assert "finder.pt: of before" in capsys.readouterr().out


def test_networks_that_are_not_what_their_name_says_are_not_shipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    networks = (LungFinder(), RibReader())
    said = {
        "seed": 1,
        "cts": ["b"],
        "left_out": ["a"],
        "real_folds": [0, 1],
        "real_films": {"x.jpg": "unstated"},
    }
    which = crossval.Which((1, 2))

    def made(seed: int, learnt: dict[str, object] | None, recipe: str = "same") -> None:
        notes = (
            {} if learnt is None else {"recipe": {"seed": seed, "how": recipe}, "learnt": {**said, **learnt}}
        )
        real.save(*networks, crossval.adapted(tmp_path, seed, "a", None), notes)

    made(1, {})
    for wrong, told in (
        ({"seed": 2, "left_out": ["c"]}, r"says: left out \['c'\]"),
        ({"seed": 1}, "says: seed 1"),
        ({"seed": 2, "real_films": {}}, "says: no real films"),
        ({"seed": 2, "cts": ["b", "c"]}, r"learnt\.cts: \['b', 'c'\], asked for \['b'\]"),
        ({"seed": 2, "real_films": {"x.jpg": "unstated", "y.jpg": "CC BY-NC-SA"}}, r"real_films\.y\.jpg"),
    ):
        made(2, wrong)
        with pytest.raises(SystemExit, match=told):
            crossval.network(tmp_path, "a", which)
    made(2, {"seed": 2}, "other")
    with pytest.raises(SystemExit, match=r"recipe\.how: other, asked for same"):
        crossval.network(tmp_path, "a", which)
    made(2, {"seed": 2})
    assert len(crossval.network(tmp_path, "a", which).readers) == 2
    made(2, None)
    assert len(crossval.network(tmp_path, "a", which).readers) == 2
    assert "of before networks say what they learnt" in capsys.readouterr().out
    assert crossval.noted(tmp_path, "a", which) is None
    # A fold that was learnt from is not judged by it.
    real.save(*networks, crossval.adapted(tmp_path, 1, "a", 0), {"recipe": {}, "learnt": said})
    with pytest.raises(SystemExit, match="says: fold 0 of the real films"):
        crossval.network(tmp_path, "a", crossval.Which((1,)), 0)


def test_no_blend_is_chosen_on_films_of_one_kind() -> None:
    held = held_films()
    with pytest.raises(ValueError, match="no blend can be chosen"):
        ship.choose_blend(replace(held, real_grade=np.zeros(27, int)))
    with pytest.raises(ValueError, match="no blend can be chosen"):
        ship.choose_blend(replace(held, sim_yaw=np.full(400, 20.0)))


def test_the_interval_over_chests_is_wider_than_the_one_over_their_anatomies() -> None:
    rng = np.random.default_rng(0)
    cts = [f"ct{n}" for n in range(9) for _ in range(60)]
    anatomies = [f"{ct}_{n % 20}" for n, ct in enumerate(cts)]
    # Chests differ from each other, their anatomies do not.
    off = np.repeat(rng.normal(0, 3, 9), 60)
    yaw = rng.uniform(0, 25, len(cts))
    angle = yaw + off
    within = evaluate.simulated_figures(angle, angle, yaw, anatomies)
    over = evaluate.simulated_figures(angle, angle, yaw, anatomies, cts)

    def width(figures: dict[str, object]) -> float:
        low, high = figures["mae_ci"]  # type: ignore[misc]
        return high - low

    assert width(over) > 1.5 * width(within)
    one = evaluate.simulated_figures(angle[:60], angle[:60], yaw[:60], anatomies[:60], cts[:60])
    assert one["mae_ci"] == [None, None], "one chest tells nothing of others"


def held_films() -> ship.Held:
    rng = np.random.default_rng(0)
    yaw = rng.uniform(0, 25, 400)
    grade = np.array([0] * 15 + [1] * 9 + [2] * 3)
    side = rng.normal(0, 1, 400)
    sim = evaluate.Read((yaw - 10) / 2 + rng.normal(0, 1, 400), 2 + yaw * 0.8, yaw * 0.9, side)
    real = evaluate.Read(grade * 2.0 - 2.0, grade * 5.0 + 4.5, grade * 5.0 + 2, side[:27])
    return ship.Held(sim, yaw, real, grade, np.full(27, 0.5))


def graded(file: str, grade: int, weight: float, fold: int, apart: float = 1.0) -> data.Real:
    return data.Real(file, np.zeros((4, 4), np.uint8), grade, weight, file, apart, 1, fold)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([0.4, 0.7, 0.7, 1.0, 0.7], [1, 2, 3]),  # grades given without confidence decide nothing
        ([0.7, 0.4, 0.7, 0.4, 0.7], [0, 1, 2, 3]),  # unless the sure ones are all of one kind
    ],
)
def test_what_is_chosen_on_is_what_was_graded_surely(weights: list[float], expected: list[int]) -> None:
    grades, folds = [0, 1, 0, 1, 1], [0, 1, 2, 2, 3]
    reals = [graded(f"{i}.jpg", grades[i], weights[i], folds[i]) for i in range(5)]
    held = held_films()
    some = np.arange(5)
    held = ship.Held(held.sim, held.sim_yaw, held.real.part(some), np.array(grades), np.array(weights))
    chosen = crossval.surely_graded(held, reals)
    assert chosen.real_weight.tolist() == [weights[i] for i in expected]
    assert len(chosen.real.logit) == len(chosen.real_grade) == len(expected)
    assert len(chosen.sim_yaw) == len(held.sim_yaw)
    assert crossval.without_test_folds(held, reals).real_weight.tolist() == weights[:4]


def test_two_readers_are_compared_by_how_sure_the_first_one_was() -> None:
    second = {"a": 2.0, "b": 9.0, "c": 8.0, "d": 3.0}
    reals = [graded("a", 0, 0.7, 0), graded("b", 1, 1.0, 0), graded("c", 0, 0.4, 0), graded("d", 2, 0.4, 0)]
    told = readings.agreement([*reals, graded("unread", 0, 1.0, 0)], second)
    assert told["sure"] == {"n": 2, "same_call": 2, "auc_1_vs_0": 1.0}
    assert told["unsure"] == {"n": 2, "same_call": 0, "auc_1_vs_0": 0.0}
    assert told["all"]["n"] == 4
    assert readings.agreement([graded("unread", 0, 1.0, 0)], second) == {"n": 0}


def test_films_whose_readings_contradict_each_other_are_not_learnt_from() -> None:
    reals = [
        graded("a", 0, 0.4, 0, 2.0),
        graded("b", 0, 1.0, 0, 3.0),
        graded("c", 1, 0.4, 1, float("nan")),
        graded("unread", 1, 0.4, 1, 6.0),
    ]
    kept = readings.agreed(reals, {"a": 3.0, "b": 9.0, "c": 8.0})
    assert [(r.file, r.separation_pct, r.weight) for r in kept] == [("a", 2.5, 0.7), ("unread", 6.0, 0.4)]


def test_the_second_reading_names_films_of_the_first() -> None:
    read = readings.second_reading()
    assert len(read) == 27
    assert all(0 < apart < 20 for apart in read.values())


def test_thresholds_keep_straight_films_quiet() -> None:
    held = held_films()
    blend = ship.choose_blend(held)
    how = ship.calibration(held, blend)
    limits = ship.thresholds(held, blend, how)
    score = ship.probability(held.sim.score(blend), how)
    assert (score[held.sim_yaw <= 10] < limits["warn"]).mean() >= 0.95
    assert limits["unsure_from"] <= limits["warn"]


def test_which_side_is_far_is_learnt_where_the_contours_part() -> None:
    torch.manual_seed(1)
    told = RibReader()(torch.rand(2, 1, 256, 256))
    columns = torch.full((2, 2, 64), 0.5)
    yaw, same = torch.tensor([9.0, 9.0]), torch.tensor([0.0, 0.0])

    def loss(signed: torch.Tensor, side: float) -> float:
        with torch.no_grad():
            return float(reader_loss(told._replace(side=torch.full((2, 1), side)), yaw, signed, columns))

    assert loss(torch.tensor([9.0, 9.0]), 3.0) < loss(torch.tensor([9.0, 9.0]), -3.0)
    assert loss(torch.tensor([-9.0, -9.0]), -3.0) < loss(torch.tensor([-9.0, -9.0]), 3.0)
    assert loss(same, 3.0) == pytest.approx(loss(same, -3.0))


def test_the_correction_stretches_the_angle_back() -> None:
    held = held_films()
    correction = ship.angle_correction(held.sim, held.sim_yaw)
    assert np.abs(ship.corrected(held.sim, correction) - held.sim_yaw).mean() < 1.0
