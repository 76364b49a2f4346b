"""A whole cascade of tiny ONNX networks with known arithmetic, and images whose verdict follows from it.

The networks see the film as 32 x 32 values 0..1 and are linear, so that a test can say what must come out:

- body part: dark as a whole (mean under 0.05) is not a chest;
- polarity: a bright border (mean of the four outer strips over 0.6) is inverted;
- orientation: the head is where the bright bar beside an edge lies;
- projection: a bright centre is lateral;
- crop: a bright outer strip is a cut edge, with lung beyond it by a twentieth of the side where it is white; the mask
  is whatever is brighter than one half;
- rotation: the brightness of a block below the centre, 0..1, is 0..30 degrees and parts the ribs by 0..30 % of the
  film's width, the outer contour at nine tenths of it; over half of it warns.

`add_collimation` puts a network before them that takes a column or row for a blade where it is white all along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 32
_MIDDLE = slice(8, 24)
STRIPS = {
    "left": (_MIDDLE, slice(0, 2)),
    "right": (_MIDDLE, slice(30, 32)),
    "top": (slice(0, 2), _MIDDLE),
    "bottom": (slice(30, 32), _MIDDLE),
}
_HEADS = {
    "left": (_MIDDLE, slice(4, 7)),
    "right": (_MIDDLE, slice(25, 28)),
    "top": (slice(4, 7), _MIDDLE),
    "bottom": (slice(25, 28), _MIDDLE),
}
_CENTRE = (slice(13, 19), slice(13, 19))
_ROTATION = (slice(20, 24), slice(14, 18))
_GREY = 0.15

Region = tuple[slice, slice]
Weights = npt.NDArray[np.float32]


def tiny_image(
    *,
    lateral: float = 0.0,
    cut: tuple[str, ...] = (),
    head: str = "top",
    rotation: float = 0.0,
    blank: bool = False,
    inverted: bool = False,
    scale: int = 4,
) -> npt.NDArray[np.uint8]:
    """A presentation image, (32 * scale, 32 * scale) uint8, that the tiny cascade judges as asked.

    Args:
        lateral: brightness of the centre, 0..1 (0.5 is undecided).
        cut: edges to be called cut.
        head: side of the stored image where the head lies.
        rotation: 0..1, of 30 degrees.
        blank: all black: not a chest.
        inverted: greyscale inverted at the end.
    """
    film = np.full((SIDE, SIDE), 0.0 if blank else _GREY)
    if not blank:
        for edge in STRIPS:
            film[STRIPS[edge]] = 1.0 if edge in cut else 0.0
        film[_HEADS[head]] = 1.0
        film[_CENTRE] = lateral
        film[_ROTATION] = rotation
    if inverted:
        film = 1.0 - film
    return np.kron(np.rint(film * 255).astype(np.uint8), np.ones((scale, scale), np.uint8))


def _mean(region: Region) -> Weights:
    weights = np.zeros((SIDE, SIDE), np.float32)
    weights[region] = 1.0
    return weights / weights.sum()


def _column(*terms: tuple[float, Weights]) -> Weights:
    return np.sum([factor * weights for factor, weights in terms], axis=0).reshape(-1, 1).astype(np.float32)


def linear_model(
    outputs: Mapping[str, tuple[Weights, list[float]]],
    masks: Mapping[str, tuple[float, float]] | None = None,
    shapes: Mapping[str, list[int]] | None = None,
) -> onnx.ModelProto:
    """A network with one input ``film`` (1, 1, 32, 32) and linear outputs.

    Args:
        outputs: name -> (weights (1024, n), bias n).
        masks: name -> (factor, offset): film * factor + offset, (1, 1, 32, 32).
        shapes: of outputs that are not (1, n).
    """
    nodes = [helper.make_node("Flatten", ["film"], ["flat"])]
    constants: list[Any] = []
    infos: list[Any] = []

    def constant(name: str, values: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    for name, (weights, bias) in outputs.items():
        inputs = ["flat", constant(f"{name}_w", weights), constant(f"{name}_b", bias)]
        shape = (shapes or {}).get(name)
        nodes.append(helper.make_node("Gemm", inputs, [f"{name}_flat" if shape else name]))
        if shape:
            constants.append(numpy_helper.from_array(np.array(shape, np.int64), f"{name}_shape"))
            nodes.append(helper.make_node("Reshape", [f"{name}_flat", f"{name}_shape"], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape or [1, len(bias)]))
    for name, (factor, offset) in (masks or {}).items():
        nodes.append(helper.make_node("Mul", ["film", constant(f"{name}_f", factor)], [f"{name}_scaled"]))
        nodes.append(helper.make_node("Add", [f"{name}_scaled", constant(f"{name}_o", offset)], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, SIDE, SIDE]))
    film = helper.make_tensor_value_info("film", TensorProto.FLOAT, [1, 1, SIDE, SIDE])
    graph = helper.make_graph(nodes, "tiny", [film], infos, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _gates() -> onnx.ModelProto:
    whole = np.full((SIDE, SIDE), 1.0 / SIDE**2, np.float32)
    border = np.mean([_mean(r) for r in STRIPS.values()], axis=0)
    heads = np.hstack([_column((30.0, _mean(_HEADS[side]))) for side in ("top", "left", "bottom", "right")])
    return linear_model(
        {
            "body_part_logit": (_column((-200.0, whole)), [10.0]),
            "polarity_logit": (_column((40.0, border)), [-24.0]),
            "orientation_logits": (heads, [0.0] * 4),
            "lateral_logit": (_column((20.0, _mean(_CENTRE))), [-10.0]),
        }
    )


def _branch(*, rotation: bool) -> onnx.ModelProto:
    strips = [_mean(STRIPS[edge]) for edge in ("left", "right", "top", "bottom")]
    outputs: dict[str, tuple[Weights, list[float]]] = {
        "crop_logit": (_column(*((20.0, s) for s in strips)), [-10.0]),
        "edge_logits": (np.hstack([_column((20.0, s)) for s in strips]), [-10.0] * 4),
        "beyond": (np.hstack([_column((0.05, s)) for s in strips]), [0.0] * 4),
    }
    if rotation:
        block = _mean(_ROTATION)
        outputs["rotation_logit"] = (_column((20.0, block)), [-10.0])
        outputs["angle"] = (_column((30.0, block)), [0.0])
        outputs["angle_sd"] = (_column((0.0, block)), [4.0])
        outputs["apart"] = (_column((30.0, block)), [0.0])
        inner = [_column((factor, block)) for factor in (0.0, 0.0, 0.0, 0.0, -0.3, 0.0, -0.3, 0.0)]
        outputs["ribs"] = (np.hstack(inner), [0.9, 0.2, 0.9, 0.8, 0.9, 0.2, 0.9, 0.8])
        outputs["certainty"] = (np.hstack([_column((0.0, block))] * 4), [1.0, 1.0, 1.0, 1.0])
        outputs["half_certain"] = (np.hstack([_column((0.0, block))] * 4), [1.0, 1.0, 1.0, 0.2])
    shapes = {"ribs": [1, 2, 2, 2], "certainty": [1, 2, 2], "half_certain": [1, 2, 2]}
    return linear_model(
        outputs, {"mask_logits": (20.0, -10.0)}, {k: v for k, v in shapes.items() if k in outputs}
    )


def make_tiny_cascade(folder: Path) -> Path:
    """Write the cascade's ONNX files and manifest.json into `folder` (made where missing) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    networks = {"gates": _gates(), "frontal": _branch(rotation=False), "lateral": _branch(rotation=True)}
    models = {name: _model_entry(folder, name, network) for name, network in networks.items()}
    gate = {"activation": "sigmoid", "thresholds": {"warn": 0.6, "unsure_from": 0.4}}
    crop_reads = {"score": "crop_logit", "edges": "edge_logits", "mask": "mask_logits", "beyond": "beyond"}
    stages = [
        {"name": "body_part", "kind": "body_part", "model": "gates", "reads": {"score": "body_part_logit"}},
        {"name": "polarity", "kind": "polarity", "model": "gates", "reads": {"score": "polarity_logit"}},
        {
            "name": "orientation",
            "kind": "orientation",
            "model": "gates",
            "reads": {"score": "orientation_logits"},
            "activation": "softmax",
            "classes": [{"rotate_deg": d} for d in (0, 90, 180, 270)],
        },
        {"name": "projection", "kind": "projection", "model": "gates", "reads": {"score": "lateral_logit"}},
        {"name": "crop_frontal", "kind": "crop", "model": "frontal", "reads": crop_reads},
        {"name": "crop_lateral", "kind": "crop", "model": "lateral", "reads": crop_reads},
        {
            "name": "rotation_lateral",
            "kind": "rotation",
            "model": "lateral",
            "reads": {
                "score": "rotation_logit",
                "angle": "angle",
                "angle_sd": "angle_sd",
                "separation": "apart",
                "ribs": "ribs",
                "certainty": "certainty",
            },
        },
    ]
    for stage in stages:
        branch = str(stage["name"]).rpartition("_")[2]
        when = {"when": {"projection": branch}} if branch in ("frontal", "lateral") else {}
        stage.update({key: value for key, value in {**gate, **when}.items() if key not in stage})
    manifest = {"schema": 1, "name": "tiny", "version": "1", "models": models, "stages": stages}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return folder


def add_collimation(folder: Path, bias: float = 270.0) -> Path:
    """Let the cascade in `folder` look for the collimated field first."""
    one = np.zeros((2, SIDE, SIDE, SIDE), np.float32)
    for at in range(SIDE):
        one[0, :, at, at] = one[1, at, :, at] = -300.0 / SIDE
    network = linear_model(
        {
            name: (one[k].reshape(SIDE * SIDE, SIDE), [bias] * SIDE)
            for k, name in enumerate(("columns", "rows"))
        }
    )
    entry = _model_entry(folder, "field", network)

    def change(data: dict[str, Any]) -> None:
        data["models"]["field"] = entry
        data["collimation"] = {"model": "field", "reads": {"columns": "columns", "rows": "rows"}}

    edit_manifest(folder, change)
    return folder


def _model_entry(folder: Path, name: str, network: onnx.ModelProto) -> dict[str, Any]:
    content = network.SerializeToString()
    (folder / f"{name}.onnx").write_bytes(content)
    shapes = {o.name: [d.dim_value for d in o.type.tensor_type.shape.dim] for o in network.graph.output}
    return {
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "input": {
            "name": "film",
            "layout": "NCHW",
            "channels": 1,
            "height": SIDE,
            "width": SIDE,
            "dtype": "float32",
        },
        "preprocessing": [{"step": "squeeze", "height": SIDE, "width": SIDE}, {"step": "scale"}],
        "outputs": {output: {"shape": shape} for output, shape in shapes.items()},
    }


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Let `change` alter the parsed manifest in place and write it back."""
    path = folder / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def replace_model(
    folder: Path, name: str, network: onnx.ModelProto | bytes, *, outputs: bool = False
) -> None:
    """Swap one ONNX file and set its hash; `outputs` also rewrites the manifest's outputs of it."""
    content = network if isinstance(network, bytes) else network.SerializeToString()

    def change(data: dict[str, Any]) -> None:
        data["models"][name]["sha256"] = hashlib.sha256(content).hexdigest()
        if outputs and not isinstance(network, bytes):
            data["models"][name]["outputs"] = _model_entry(folder, name, network)["outputs"]

    (folder / f"{name}.onnx").write_bytes(content)
    edit_manifest(folder, change)
