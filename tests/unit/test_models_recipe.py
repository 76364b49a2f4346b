"""The recipe's rules: who may be trained on, what counts as a cut, exported networks equal their originals."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models_onnx.training import sources, windows


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
    mask = cv2.resize(
        lungs()[:, 60:], (256, 256), interpolation=cv2.INTER_NEAREST
    )  # the film itself cuts at the left
    made = windows.take(mask, mask, (0.0, 0.0, 1.0, 1.0), 0.0, np.random.default_rng(1))
    assert np.isnan(made.cut[0])
    assert made.weight[:, : windows.MARGIN].max() == 0
    assert made.weight[windows.GRID // 2, -1] == 1


@pytest.fixture
def laterals() -> object:
    pytest.importorskip("torch", reason="the training framework is not installed here")
    from models_onnx.training.real_laterals import RealLaterals

    films, masks = np.zeros((5, 8, 8), np.uint8), np.zeros((5, 8, 8), np.uint8)
    return RealLaterals(films, masks, np.arange(5))


def test_the_test_folds_of_the_real_laterals_cannot_be_learnt_from(laterals: object) -> None:
    assert laterals.only({0, 2}).folds.tolist() == [0, 2]  # type: ignore[attr-defined]
    for fold in (3, 4):
        with pytest.raises(ValueError, match="never learnt from"):
            laterals.only({0, fold})  # type: ignore[attr-defined]


def test_a_teachers_mask_is_stretched_onto_the_annotators_box() -> None:
    pytest.importorskip("torch", reason="the training framework is not installed here")
    from models_onnx.training.real_laterals import fitted, limits

    mask = np.zeros((256, 256), bool)
    mask[40:220, 60:200] = True

    def record(uncertain: tuple[str, ...] = ()) -> sources.FilmRecord:
        return sources.FilmRecord(
            "",
            "lateral",
            "lateral",
            "p",
            "train",
            "",
            lung_box=(0.3, 0.2, 0.7, 0.8),
            uncertain_sides=uncertain,
        )

    assert limits(fitted(mask, record()) > 0) == pytest.approx([0.3, 0.2, 0.7, 0.8], abs=0.008)
    doubted = limits(fitted(mask, record(("top",))) > 0)
    assert doubted == pytest.approx([0.3, 40 / 256, 0.7, 0.8], abs=0.008), "the teacher's own limit"
    lost = np.zeros((256, 256), bool)
    lost[100:110, 100:110] = True  # a teacher that saw next to nothing
    assert limits(fitted(lost, record()) > 0) == pytest.approx([0.3, 0.2, 0.7, 0.8], abs=0.02)


def test_how_far_lung_goes_on_is_read_off_the_margin() -> None:
    torch = pytest.importorskip("torch", reason="the training framework is not installed here")
    from models_onnx.training.lungs import beyond

    logits = torch.full((1, 1, windows.GRID, windows.GRID), -20.0)
    m = windows.MARGIN
    logits[0, 0, 30:40, : m + 5] = 20.0  # lung as far as the margin goes, on the left
    logits[0, 0, -m - 5 : -m + 2, 20:30] = 20.0  # two cells beyond the lower edge
    told = beyond(logits)[0].tolist()
    assert told == pytest.approx([4 / 56, 0, 0, 2 / 56], abs=1e-3)


def test_depths_of_a_window_are_fractions_of_its_sides() -> None:
    from models_onnx.training import trials

    mask = np.zeros((200, 200), np.uint8)
    mask[50:150, 40:160] = 255
    found = trials.depths(mask, (0.3, 0.1, 0.9, 0.6))
    assert found is not None
    assert found == pytest.approx(((0.3 - 0.2) / 0.6, (0.8 - 0.9) / 0.6, -0.15 / 0.5, 0.15 / 0.5), abs=0.01)


def test_every_group_is_spared_however_small() -> None:
    pytest.importorskip("sklearn", reason="the training framework is not installed here")
    from models_onnx.training import fitting

    large = (np.zeros(1000), np.linspace(0, 0.1, 1000))
    small = (np.zeros(20), np.linspace(0, 0.9, 20))
    chosen = fitting.thresholds([large, small], 0.95, 0.8)
    for threshold, least in (("warn", 0.95), ("unsure_from", 0.8)):
        assert all((score < chosen[threshold]).mean() >= least for _, score in (large, small))
    assert chosen["warn"] < 0.9  # and no higher than that takes


def test_edges_are_named_from_where_most_films_have_exactly_theirs() -> None:
    pytest.importorskip("sklearn", reason="the training framework is not installed here")
    from models_onnx.training import fitting

    truth = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float)
    p = np.array([[0.9, 0.65, 0, 0], [0.55, 0.8, 0, 0], [0.1, 0, 0, 0.95]])
    assert fitting.edge_threshold([(truth, p)]) == 0.7
    both = np.array(
        [[1, 1, 0, 0]], float
    )  # a second cut edge at 0.6: to miss it costs more than a name too many
    assert fitting.edge_threshold([(truth, p), (both, np.array([[0.9, 0.62, 0, 0]]))], (1.0, 3.0)) == 0.6
    many = np.tile(truth[:1], (300, 1)), np.tile([[0.9, 0.1, 0, 0]], (300, 1))
    many[1][0, 1] = 0.65  # one film of 300 has an edge too many below 0.7: no reason to miss edges for
    assert fitting.edge_threshold([many]) == 0.3


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


def test_what_is_drawn_for_a_test_film_hangs_on_its_name_not_on_its_path() -> None:
    """Figures must not depend on how the data folder is spelt."""
    from models_onnx.training import trials

    def drawn(file: str, source: str = "nih", number: int = 0) -> float:
        record = sources.FilmRecord(file, source, "frontal", "p1", "test", "none")
        return float(trials._seeded(record, number).random())

    here = drawn("../shared/data/radiographs/nih/a.png")
    assert drawn("/somewhere/else/a.png") == here
    others = [drawn("/x/b.png"), drawn("/x/a.png", "jsrt"), drawn("/x/a.png", number=1)]
    assert here not in others


@pytest.mark.parametrize("threshold", [0.501831, 0.12, float(np.nextafter(0.3, 1)), 0.99])
def test_a_threshold_is_written_with_four_digits_and_never_lower_than_it_was_found(threshold: float) -> None:
    pytest.importorskip("sklearn", reason="the training framework is not installed here")
    from models_onnx.training import metrics

    assert threshold <= metrics.written(threshold) < threshold + 1e-4
