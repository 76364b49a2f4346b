"""The recipe's rules: who may be trained on, what counts as a cut, exported networks equal their originals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models_onnx.training import sources, windows

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def lungs(size: int = 256) -> np.ndarray:
    """Two upright ellipses at 20-80 % of the width and 15-85 % of the height."""
    y, x = np.mgrid[0:size, 0:size] / size
    left = ((x - 0.33) / 0.13) ** 2 + ((y - 0.5) / 0.35) ** 2 < 1
    right = ((x - 0.67) / 0.13) ** 2 + ((y - 0.5) / 0.35) ** 2 < 1
    return ((left | right) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("area", "cut"),
    [
        ((0.0, 0.0, 1.0, 1.0), (0, 0, 0, 0)),
        ((0.15, 0.1, 0.85, 0.9), (0, 0, 0, 0)),
        ((0.26, 0.1, 0.85, 0.9), (1, 0, 0, 0)),
        ((0.15, 0.1, 0.74, 0.9), (0, 1, 0, 0)),
        ((0.15, 0.22, 0.85, 0.9), (0, 0, 1, 0)),
        ((0.15, 0.1, 0.85, 0.78), (0, 0, 0, 1)),
        ((0.26, 0.1, 0.85, 0.78), (1, 0, 0, 1)),
    ],
)
def test_a_window_knows_which_edges_cut_the_lung(area: tuple[float, ...], cut: tuple[int, ...]) -> None:
    mask = lungs()
    made = windows.take(mask, mask, area, 0.0, np.random.default_rng(1))
    assert made.cut.tolist() == list(cut)
    # The picture is the mask itself here: the target inside the film must show what the picture shows.
    inside = made.target[windows.MARGIN : -windows.MARGIN, windows.MARGIN : -windows.MARGIN]
    picture = made.image.reshape(56, 4, 56, 4).mean((1, 3)) / 255
    assert np.abs(inside - picture).mean() < 0.03
    # Lung beyond the film stands in the margin exactly at the edges that cut.
    m = windows.MARGIN
    beyond = (made.target[:, :m], made.target[:, -m:], made.target[:m], made.target[-m:])
    assert [bool(part.sum() > 1) for part in beyond] == [bool(c) for c in cut]


def test_a_mirrored_window_swaps_left_and_right() -> None:
    mask = lungs()
    made = windows.mirror(windows.take(mask, mask, (0.26, 0.1, 0.85, 0.9), 0.0, np.random.default_rng(1)))
    assert made.cut.tolist() == [0, 1, 0, 0]


def test_lung_that_touches_its_own_films_border_is_unknown_beyond_it() -> None:
    mask = lungs()
    mask = np.ascontiguousarray(mask[:, 60:])  # the film itself cuts at the left
    made = windows.take(mask, mask, (0.0, 0.0, 1.0, 1.0), 0.0, np.random.default_rng(1))
    assert np.isnan(made.cut[0])
    assert made.weight[:, : windows.MARGIN].max() == 0
    assert made.weight[windows.GRID // 2, -1] == 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="the films are not in this checkout's neighbourhood")
def test_no_patient_is_on_two_sides_and_non_commercial_films_are_never_trained_on() -> None:
    side: dict[tuple[str, str], str] = {}
    for record in sources.read_frontal(SHARED):
        assert side.setdefault((record.source, record.patient), record.split) == record.split
        if record.split == "train":
            assert "NC" not in record.licence
            assert record.source in {"nih", "jsrt", "kermany"}
    assert {record.split for record in sources.read_lateral(SHARED)} == {"test"}


def test_exported_networks_equal_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the training framework is not installed here")
    pytest.importorskip("onnxscript", reason="the exporter is not installed here")
    from models_onnx.training import export, onnx_file
    from models_onnx.training.gates import Gates, GatesShipped
    from models_onnx.training.lungs import EdgeReader, LungCascade, LungField

    torch.manual_seed(1)
    films = np.random.default_rng(1).random((3, 1, 224, 224), np.float32)
    for name, model, outputs in (
        ("gates", GatesShipped(Gates(), 1.3, 1.1), export.GATES_OUT),
        ("lungs", LungCascade(LungField(), EdgeReader(), EdgeReader()), export.LUNGS_OUT),
    ):
        path = tmp_path / f"{name}.onnx"
        onnx_file.write(model, torch.from_numpy(films[:1]), path, outputs)
        assert str(Path(torch.__file__).parent).encode() not in path.read_bytes()
        assert onnx_file.largest_difference(model, path, list(outputs), films) < 1e-4
