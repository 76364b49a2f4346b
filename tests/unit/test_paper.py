"""The paper's architecture: Keras' layout and weights, training, and the same numbers in the program's own runtime."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe's own requirements are not installed")
pytest.importorskip("onnxscript", reason="the recipe's own requirements are not installed")

from models_onnx.training.paper import __main__ as paper  # noqa: E402
from models_onnx.training.paper import weights as weights_module  # noqa: E402
from models_onnx.training.paper.features import preprocessing  # noqa: E402
from models_onnx.training.paper.films import TASKS, augmented, read_samples  # noqa: E402
from models_onnx.training.paper.networks import BACKBONES, Classifier, keras_name  # noqa: E402
from models_onnx.training.paper.train import load_trained, wanted_maps  # noqa: E402
from workstation.imaging.preprocess import Preprocessing  # noqa: E402
from workstation.inference import manifest, providers  # noqa: E402
from workstation.inference.runner import CascadeRunner, load_sessions  # noqa: E402

# The exporter's own libraries warn of each other.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def keras_shapes(backbone: str) -> dict[str, dict[str, tuple[int, ...]]]:
    """Layer -> role -> shape, as Keras' files hold them."""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, module in BACKBONES[backbone].build().named_modules():
        if isinstance(module, torch.nn.Conv2d):
            out, inp, rows, columns = module.weight.shape
            shapes[keras_name(name)] = {"kernel": (rows, columns, inp, out)}
            if module.bias is not None:
                shapes[keras_name(name)]["bias"] = (out,)
        elif isinstance(module, torch.nn.BatchNorm2d):
            n = (module.num_features,)
            shapes[keras_name(name)] = {"gamma": n, "beta": n, "moving_mean": n, "moving_variance": n}
    return shapes


@pytest.mark.parametrize(
    ("backbone", "parameters"), [("vgg16", 14714688), ("vgg19", 20024384), ("resnet152v2", 58331648)]
)
def test_backbones_have_as_many_parameters_as_keras_says(backbone: str, parameters: int) -> None:
    shapes = keras_shapes(backbone)
    assert sum(int(np.prod(s)) for layer in shapes.values() for s in layer.values()) == parameters
    known = {
        "vgg16": ["block1_conv1", "block5_conv3"],
        "vgg19": ["block3_conv4", "block5_conv4"],
        "resnet152v2": [
            "conv1_conv",
            "conv2_block1_preact_bn",
            "conv2_block1_0_conv",
            "conv4_block36_3_conv",
            "post_bn",
        ],
    }
    assert set(known[backbone]) <= set(shapes)


def test_resnet_strides_sit_in_the_last_block_of_a_stack() -> None:
    with torch.inference_mode():
        maps = BACKBONES["resnet152v2"].build()(torch.zeros(1, 3, 64, 64))
    assert maps.shape == (1, 2048, 2, 2)
    blocks = BACKBONES["resnet152v2"].build().blocks
    assert [name for name, block in blocks.items() if block.stride == 2] == [
        "conv2_block3",
        "conv3_block8",
        "conv4_block36",
    ]
    assert [name for name, block in blocks.items() if block.shortcut is not None] == [
        f"conv{stack}_block1" for stack in (2, 3, 4, 5)
    ]


def random_layers(backbone: str) -> dict[str, dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    return {
        layer: {role: rng.normal(1, 0.1, shape).astype(np.float32) for role, shape in roles.items()}
        for layer, roles in keras_shapes(backbone).items()
    }


def test_keras_h5_of_both_generations_and_npz_are_read(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    layers = random_layers("vgg19")
    with h5py.File(tmp_path / "old.h5", "w") as handle:
        for layer, roles in layers.items():
            handle[f"{layer}/{layer}_W_1:0"] = roles["kernel"]
            handle[f"{layer}/{layer}_b_1:0"] = roles["bias"]
    with h5py.File(tmp_path / "new.h5", "w") as handle:
        for layer, roles in layers.items():
            for role, value in roles.items():
                handle[f"{layer}/{layer}/{role}:0"] = value
    np.savez(
        tmp_path / "plain.npz", **{f"{la}/{r}": v for la, roles in layers.items() for r, v in roles.items()}
    )
    for name in ("old.h5", "new.h5", "plain.npz"):
        network = BACKBONES["vgg19"].build()
        weights_module.load(BACKBONES["vgg19"], network, tmp_path / name)
        kernel = network.get_submodule("block2_conv1").weight.detach().numpy()
        np.testing.assert_array_equal(kernel, layers["block2_conv1"]["kernel"].transpose(3, 2, 0, 1))
        bias = network.get_submodule("block5_conv4").bias.detach().numpy()
        np.testing.assert_array_equal(bias, layers["block5_conv4"]["bias"])


def test_resnet_weights_find_their_layers(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    layers = random_layers("resnet152v2")
    with h5py.File(tmp_path / "resnet.h5", "w") as handle:
        for layer, roles in layers.items():
            for role, value in roles.items():
                handle[f"{layer}/{layer}/{role}:0"] = value
    network = BACKBONES["resnet152v2"].build()
    weights_module.load(BACKBONES["resnet152v2"], network, tmp_path / "resnet.h5")
    block = network.blocks["conv3_block5"]
    np.testing.assert_array_equal(
        block.bn_2.running_var.numpy(), layers["conv3_block5_2_bn"]["moving_variance"]
    )
    np.testing.assert_array_equal(block.bn_2.running_mean.numpy(), layers["conv3_block5_2_bn"]["moving_mean"])
    wanted = layers["conv3_block5_3_conv"]["kernel"].transpose(3, 2, 0, 1)
    np.testing.assert_array_equal(block.conv_3.weight.detach().numpy(), wanted)


def test_a_convolution_of_keras_gives_the_same_numbers(tmp_path: Path) -> None:
    """Keras' channels-last convolution by hand on the first layer of VGG16."""
    layers = random_layers("vgg16")
    np.savez(tmp_path / "w.npz", **{f"{la}/{r}": v for la, roles in layers.items() for r, v in roles.items()})
    network = BACKBONES["vgg16"].build()
    weights_module.load(BACKBONES["vgg16"], network, tmp_path / "w.npz")
    film = np.random.default_rng(2).normal(size=(6, 5, 3)).astype(np.float32)
    padded = np.pad(film, ((1, 1), (1, 1), (0, 0)))
    kernel, bias = layers["block1_conv1"]["kernel"], layers["block1_conv1"]["bias"]
    by_hand = np.einsum("rci,rcio->o", padded[2:5, 1:4], kernel) + bias
    with torch.inference_mode():
        out = network.get_submodule("block1_conv1")(torch.from_numpy(film.transpose(2, 0, 1)[None].copy()))
    np.testing.assert_allclose(out[0, :, 2, 1].numpy(), by_hand, rtol=1e-4, atol=1e-4)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    backbone = BACKBONES["vgg16"]
    layers = random_layers("vgg16")
    del layers["block4_conv2"]
    np.savez(tmp_path / "w.npz", **{f"{la}/{r}": v for la, roles in layers.items() for r, v in roles.items()})
    with pytest.raises(weights_module.WeightsUnusable, match="no kernel of layer block4_conv2"):
        weights_module.load(backbone, backbone.build(), tmp_path / "w.npz")
    with pytest.raises(weights_module.WeightsUnusable, match="no weights file"):
        weights_module.load(backbone, backbone.build(), tmp_path / "none.h5")
    (tmp_path / "w.pth").write_bytes(b"")
    with pytest.raises(weights_module.WeightsUnusable, match="known layouts"):
        weights_module.load(backbone, backbone.build(), tmp_path / "w.pth")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Ten films: frontals and laterals, cut and whole, straight and rotated; a bright side or bar tells them apart."""
    rows = []
    rng = np.random.default_rng(1)
    for index in range(10):
        lateral, defect = index % 2, index // 2 % 2
        film = rng.normal(90, 10, (96, 80))
        film[:, : 40 if lateral else 80] += 60
        if defect:
            film[70:] += 60
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.clip(film, 0, 255).astype(np.uint8))
        rows.append(
            {
                "file": f"{index}.png",
                "patient": f"p{index}",
                "projection": "lateral" if lateral else "frontal",
                "crop": defect,
                "rotated": defect if lateral else "",
                "split": "train" if index < 8 else "test",
            }
        )
    path = tmp_path / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_without_weights_training_stops_with_a_clear_message(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--backbone", "vgg19", "--labels", str(labels), "--work", str(tmp_path / "w")]
    assert paper.main(command) == 1
    assert "vgg19 needs its ImageNet weights" in capsys.readouterr().err
    assert paper.main([*command, "--weights", str(tmp_path / "vgg19.h5")]) == 1
    assert "There is no weights file" in capsys.readouterr().err


def test_what_is_wrong_with_labels_or_films_is_one_line(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--backbone", "vgg16", "--weights", "random", "--work", str(tmp_path / "w")]
    assert paper.main([*command, "--labels", str(tmp_path / "none.csv")]) == 1
    assert capsys.readouterr().err == f"There is no labels file {tmp_path / 'none.csv'}. Check the path.\n"
    # Saved by a spreadsheet set to Russian: read all the same, and then a film is not there.
    text = labels.read_text(encoding="utf-8").replace(",", ";")
    labels.write_text(text, encoding="utf-8-sig")
    (labels.parent / "3.png").unlink()
    assert paper.main([*command, "--labels", str(labels)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("3.png cannot be read: ")
    assert said.count("\n") == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("backbone", ["vgg19", "resnet152v2"])
def test_trained_exported_and_run_by_the_program_with_the_same_numbers(
    tmp_path: Path, labels: Path, backbone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("imagecodecs", reason="films are read with it")
    work, out = tmp_path / "work", tmp_path / "cascade"
    train = [
        "train",
        "--backbone",
        backbone,
        "--weights",
        "random",
        "--labels",
        str(labels),
        "--work",
        str(work),
    ]
    assert (
        paper.main(
            [*train, "--dense", "8,8,4", "--pooling", "average", "--maps-per-film", "1", "--epochs", "2"]
        )
        == 0
    )
    common = ["--work", str(work), "--weights", "random"]
    capsys.readouterr()
    assert paper.main(["evaluate", *common, "--labels", str(labels)]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["projection"]["films"] == 2
    assert paper.main(["export", *common, "--out", str(out)]) == 0

    description = manifest.load(out, Preprocessing.from_steps)
    assert [s.plan.name for s in description.stages] == [task.name for task in TASKS]
    runner = CascadeRunner(description, load_sessions(description, (providers.CPU,), 2))
    film = cv2.imread(str(labels.parent / "9.png"), cv2.IMREAD_GRAYSCALE)
    settings, _, heads = load_trained(work)
    torch.manual_seed(settings.seed)
    network = BACKBONES[backbone].build()
    tensor = torch.from_numpy(preprocessing(BACKBONES[backbone]).tensor(film))

    def probability(task: str) -> float:
        with torch.inference_mode():
            return float(torch.sigmoid(Classifier(network, heads[task])(tensor)))

    from workstation.domain.projection import Projection

    lateral, frontal = runner.judge(film, Projection.LATERAL), runner.judge(film, Projection.FRONTAL)
    assert lateral.projection.probability_lateral == pytest.approx(probability("projection"), abs=1e-4)
    assert lateral.crop is not None
    assert lateral.crop.score == pytest.approx(probability("crop_lateral"), abs=1e-4)
    assert lateral.rotation is not None
    assert lateral.rotation.score == pytest.approx(probability("rotation_lateral"), abs=1e-4)
    assert frontal.crop is not None
    assert frontal.crop.score == pytest.approx(probability("crop_frontal"), abs=1e-4)


def test_augmentation_repeats_itself_and_keeps_the_film_at_variant_zero() -> None:
    film = np.random.default_rng(1).integers(0, 255, (80, 60)).astype(np.uint8)
    assert augmented(film, 0, "a", crops=True) is film
    once, again = augmented(film, 3, "a", crops=False), augmented(film, 3, "a", crops=False)
    np.testing.assert_array_equal(once, again)
    assert once.shape == film.shape
    assert (augmented(film, 4, "a", crops=False) != once).any()
    flips = 0
    gradient = np.repeat(np.linspace(0, 200, 80, dtype=np.uint8)[:, None], 60, axis=1)
    for variant in range(1, 41):
        made = augmented(gradient, variant, "b", crops=False)
        flips += int(made[:20].mean() > made[-20:].mean())
    assert 10 <= flips <= 30


def test_tasks_take_their_own_films_and_parts_stay_apart(labels: Path) -> None:
    samples = read_samples(labels)
    counts = {task.name: sum(task.label(s.film) is not None for s in samples) for task in TASKS}
    assert counts == {"projection": 10, "crop_frontal": 5, "crop_lateral": 5, "rotation_lateral": 5}
    maps = wanted_maps(samples, 2, 1)
    assert sum(s.split == "train" for s, _ in maps) == 16
    assert all(variant == 0 for s, variant in maps if s.split != "train")
