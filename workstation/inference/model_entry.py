"""One entry of a manifest's ``models``: file, input, preprocessing and outputs of a network."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from workstation.domain.errors import CascadeUnavailable
from workstation.inference.schema import Section
from workstation.inference.specs import InputSpec, ModelSpec, OutputSpec, PreprocessFactory

_SIDE = (1, 4096)
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.onnx")


def model_entry(name: str, section: Section, folder: Path, factory: PreprocessFactory) -> ModelSpec:
    """The model `name` of `folder`, as its `section` describes it.

    Raises:
        CascadeUnavailable: ``cascade_missing`` or ``manifest_invalid``.
    """
    file = section.text("file")
    if not _FILE_NAME.fullmatch(file):
        section.fail(f"{file!r} is no plain name of an .onnx file in the cascade's own folder", "file")
    path = folder / file
    if not path.is_file():
        raise CascadeUnavailable(
            "cascade_missing",
            f"The model file {path} (model {name}) is missing.",
            "Copy the whole cascade folder again, or reinstall the program.",
        )
    sha256 = section.text("sha256").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        section.fail("a sha256 of 64 hexadecimal digits is wanted", "sha256")
    spec = _input(section.section("input"))
    steps = [step.raw() for step in section.sections("preprocessing")]
    try:
        preprocess = factory(steps, spec.layout, spec.channels, spec.height, spec.width)
        # A dry run: steps that do not end at the network's size are refused now, not on the first film.
        made = preprocess.tensor(np.zeros((64, 48), np.uint8))
    except Exception as error:
        problem = " ".join(str(error).split())
        section.fail(problem[:200].rstrip(".") or type(error).__name__, "preprocessing")
    if made.shape != spec.shape:
        section.fail(f"it gives {made.shape}, the input wants {spec.shape}", "preprocessing")
    outputs = _outputs(section.section("outputs"))
    model = ModelSpec(
        name=name,
        path=path,
        sha256=sha256,
        input=spec,
        preprocess=preprocess,
        preprocessing_key=json.dumps([steps, spec.shape, spec.layout], sort_keys=True),
        outputs=outputs,
        provenance=section.anything("provenance"),
    )
    section.done()
    return model


def _input(section: Section) -> InputSpec:
    spec = InputSpec(
        name=section.text("name"),
        layout=section.text("layout", choices=("NCHW", "NHWC")),
        channels=section.whole("channels", 1, 3),
        height=section.whole("height", *_SIDE),
        width=section.whole("width", *_SIDE),
    )
    section.text("dtype", choices=("float32",))
    section.done()
    return spec


def _outputs(section: Section) -> Mapping[str, OutputSpec]:
    made: dict[str, OutputSpec] = {}
    for name in section.keys():  # noqa: SIM118
        entry = section.section(name)
        shape = entry.numbers("shape")
        if any(side != int(side) or side < 1 for side in shape) or shape[0] != 1:
            entry.fail("whole numbers from 1 are wanted, the first (the batch) being 1", "shape")
        made[name] = OutputSpec(name, tuple(int(side) for side in shape), entry.text("meaning", ""))
        entry.done()
    if not made:
        section.fail("at least one output is wanted")
    return made
