"""ImageNet weights of the paper's backbones: Keras' .h5, an .npz of the same names, or an ONNX file of a Keras VGG.

`load` wants every layer and every shape to fit; nothing is left at random silently.
"""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models_onnx.training.paper.networks import Backbone, keras_name

Array = npt.NDArray[np.float32]
Layers = dict[str, dict[str, Array]]

_SITE = "https://storage.googleapis.com/tensorflow/keras-applications"
# Published by keras.applications: address and MD5 of the files without tops.
PUBLISHED = {
    "vgg16": (
        f"{_SITE}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "6d6bbae143d832006294945121d1f1fc",
    ),
    "vgg19": (
        f"{_SITE}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "253f8cb515780f3b799900260a226db6",
    ),
    "resnet152v2": (
        f"{_SITE}/resnet/resnet152v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "ed17cf2e0169df9d443503ef94b23b33",
    ),
}
RANDOM = "random"  # instead of a file: for trying the machinery, never for a figure

_ROLES = (
    (re.compile(r"(^|_)(kernel|W)(_\d+)?$"), "kernel"),
    (re.compile(r"(^|_)(bias|b)(_\d+)?$"), "bias"),
    (re.compile(r"gamma(_\d+)?$"), "gamma"),
    (re.compile(r"beta(_\d+)?$"), "beta"),
    (re.compile(r"(moving|running)_mean(_\d+)?$"), "mean"),
    (re.compile(r"(moving|running)_(variance|std)(_\d+)?$"), "variance"),
)


class WeightsUnusable(Exception):
    """The weights file is absent, of an unknown layout, or does not fit; the message says what to do."""


def _role(name: str) -> str | None:
    bare = name.split(":")[0]
    return next((role for pattern, role in _ROLES if pattern.search(bare)), None)


def _put(layers: Layers, path: str, value: npt.NDArray[np.generic], known: set[str]) -> None:
    parts = [part for part in re.split(r"[/]", path) if part]
    role = _role(parts[-1])
    layer = next((part for part in reversed(parts[:-1]) if part in known), None)
    if role is not None and layer is not None:
        layers.setdefault(layer, {})[role] = np.asarray(value, np.float32)


def _read_h5(path: Path, known: set[str]) -> Layers:
    try:
        import h5py
    except ImportError:
        raise WeightsUnusable(f"{path.name} needs h5py: pip install h5py") from None
    layers: Layers = {}
    with h5py.File(path, "r") as handle:

        def visit(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                _put(layers, name, np.asarray(item), known)

        handle.visititems(visit)
    return layers


def _read_npz(path: Path, known: set[str]) -> Layers:
    layers: Layers = {}
    with np.load(path) as handle:
        for name in handle.files:
            _put(layers, name, handle[name], known)
    return layers


def _read_onnx(path: Path, known: set[str]) -> Layers:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    values = {tensor.name: tensor for tensor in graph.initializer}
    layers: Layers = {}
    for node in graph.node:
        if node.op_type != "Conv" or node.input[1] not in values:
            continue
        parts = [
            re.sub(r"_\d+$", "", part) if part not in known else part for part in node.input[1].split("/")
        ]
        layer = next((part for part in parts if part in known), None)
        if layer is None:
            continue
        # ONNX keeps (out, in, rows, columns); Keras (rows, columns, in, out).
        kernel = np.transpose(numpy_helper.to_array(values[node.input[1]]), (2, 3, 1, 0))
        layers[layer] = {"kernel": np.asarray(kernel, np.float32)}
        if len(node.input) > 2 and node.input[2] in values:
            layers[layer]["bias"] = np.asarray(numpy_helper.to_array(values[node.input[2]]), np.float32)
    return layers


_READERS = {".h5": _read_h5, ".hdf5": _read_h5, ".npz": _read_npz, ".onnx": _read_onnx}


def _wanted(module: nn.Module) -> dict[str, str]:
    """Role -> attribute of one layer."""
    if isinstance(module, nn.Conv2d):
        return {"kernel": "weight", **({"bias": "bias"} if module.bias is not None else {})}
    return {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}


def load(backbone: Backbone, network: nn.Module, path: Path) -> str:
    """Put the weights of `path` into `network` and return the file's SHA-256.

    Raises:
        WeightsUnusable: the file is not there, of an unknown layout, or a layer is missing or of another shape.
    """
    if not path.is_file():
        raise WeightsUnusable(
            f"There is no weights file {path}. Give --weights the Keras file of {backbone.name} "
            f"({PUBLISHED[backbone.name][0].rsplit('/', 1)[-1]}), or --download where the network allows."
        )
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise WeightsUnusable(f"{path.name}: known layouts are Keras .h5, .npz and .onnx")
    modules = {
        keras_name(name): module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    }
    try:
        layers = reader(path, set(modules))
    except (OSError, ValueError) as error:
        raise WeightsUnusable(f"{path.name} cannot be read: {error}") from error
    with torch.no_grad():
        for name, module in modules.items():
            for role, attribute in _wanted(module).items():
                value = layers.get(name, {}).get(role)
                if value is None:
                    raise WeightsUnusable(
                        f"{path.name} has no {role} of layer {name}; is it {backbone.name}?"
                    )
                if role == "kernel":
                    value = np.transpose(value, (3, 2, 0, 1))
                target = getattr(module, attribute)
                if tuple(target.shape) != value.shape:
                    wanted = tuple(target.shape)
                    raise WeightsUnusable(
                        f"{path.name}: {role} of {name} is {value.shape}, {wanted} is wanted"
                    )
                target.copy_(torch.from_numpy(np.array(value, np.float32, order="C")))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(backbone: Backbone, folder: Path) -> Path:
    """Keras' published weights, fetched into `folder` once and checked.

    Raises:
        WeightsUnusable: the network does not allow it, or what came is not the published file.
    """
    address, md5 = PUBLISHED[backbone.name]
    target = folder / address.rsplit("/", 1)[-1]
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".part")
        try:
            with urllib.request.urlopen(address, timeout=30) as answer, half.open("wb") as out:
                while chunk := answer.read(1 << 20):
                    out.write(chunk)
        except (urllib.error.URLError, OSError) as error:
            half.unlink(missing_ok=True)
            raise WeightsUnusable(
                f"The weights of {backbone.name} cannot be fetched from here ({error}). Fetch {address} "
                "where the network allows and give it as --weights."
            ) from error
        half.replace(target)
    if hashlib.md5(target.read_bytes(), usedforsecurity=False).hexdigest() != md5:
        raise WeightsUnusable(
            f"{target} is not the published file (MD5 {md5}); remove it and fetch it again."
        )
    return target


def prepared(
    backbone: Backbone, weights: Path | None, fetch: bool, folder: Path, seed: int
) -> tuple[nn.Module, str]:
    """The frozen network with its weights, and a word for the record: the file's SHA-256 or ``random``.

    Raises:
        WeightsUnusable: neither a file nor a download, or either of no use.
    """
    torch.manual_seed(seed)
    network = backbone.build()
    if weights is not None and str(weights) == RANDOM:
        return network, RANDOM
    if weights is None and fetch:
        weights = download(backbone, folder)
    if weights is None:
        raise WeightsUnusable(
            f"{backbone.name} needs its ImageNet weights: give --weights FILE "
            f"({PUBLISHED[backbone.name][0].rsplit('/', 1)[-1]}, .npz or .onnx), or --download."
        )
    return network, load(backbone, network, weights)
