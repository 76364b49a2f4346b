"""Writing a network as a plain ONNX file, and holding it against PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import nn


def write(model: nn.Module, example: torch.Tensor, path: Path, outputs: Iterable[str]) -> None:
    """Export `model` (input ``film``, `outputs` in order) to `path`, without traces of the machine that made it."""
    torch.onnx.export(
        model.eval(),
        (example,),
        str(path),
        input_names=["film"],
        output_names=list(outputs),
        opset_version=18,
        dynamo=True,
        external_data=False,
        optimize=True,
        verbose=False,
    )
    strip(path)


def strip(path: Path) -> None:
    """Drop what the exporter adds for debugging: stack traces with this machine's paths. Results stay the same."""
    model = onnx.load(path)
    graphs = [model.graph, *model.functions]
    for graph in graphs:
        del graph.metadata_props[:]
        graph.doc_string = ""
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in graph.value_info:
            del value.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
    del model.metadata_props[:]
    model.doc_string = ""
    onnx.save(model, path)


def largest_difference(
    model: nn.Module, path: Path, outputs: Sequence[str], films: Iterable[NDArray[np.float32]]
) -> float:
    """Largest difference of any output between ONNX Runtime and PyTorch (fp32) on `films`, each (1, H, W)."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for film in films:
        with torch.no_grad():
            expected = model(torch.from_numpy(film[None]))
        for found, wanted in zip(session.run(list(outputs), {"film": film[None]}), expected, strict=True):
            worst = max(worst, float(np.abs(np.asarray(found) - wanted.numpy()).max()))
    return worst
