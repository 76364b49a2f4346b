"""ONNX Runtime sessions: made once, checked against the manifest, never spinning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from workstation.domain.errors import CascadeUnavailable
from workstation.inference.manifest import read_model
from workstation.inference.runtime import onnxruntime
from workstation.inference.specs import ModelSpec

Array = npt.NDArray[Any]
_REMEDY = "Copy the whole cascade folder again, or correct the manifest."


class ModelSession:
    """One network, ready to run; thread-safe, as ONNX Runtime's `run` is.

    Args:
        model: from a checked manifest; the file is read, hashed and handed over as bytes.
        providers: execution providers in order of preference.
        threads: threads within the network, >= 1.

    Raises:
        CascadeUnavailable: ``cascade_missing``, ``model_changed`` (hash), ``model_broken`` (ONNX Runtime
            refuses it) or ``model_mismatch`` (names, types or shapes differ from the manifest's).
    """

    def __init__(self, model: ModelSpec, providers: Sequence[str], threads: int) -> None:
        self.model = model
        content = read_model(model)
        runtime = onnxruntime()
        try:
            self._session = runtime.InferenceSession(
                content, _options(runtime, threads), providers=list(providers)
            )
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise CascadeUnavailable(
                "model_broken",
                f"ONNX Runtime cannot load {model.path} (model {model.name}): {_first_line(error)}.",
                "Copy the whole cascade folder again, or update the program.",
            ) from error
        self._check_input()
        self._check_outputs()
        self._names = list(model.outputs)

    @property
    def providers(self) -> tuple[str, ...]:
        """Execution providers really in use."""
        return tuple(self._session.get_providers())

    def run(self, tensor: npt.NDArray[np.float32]) -> Mapping[str, Array]:
        """Outputs by name.

        Raises:
            ValueError: an output has another shape than the manifest says.
        """
        values = self._session.run(self._names, {self.model.input.name: tensor})
        made: dict[str, Array] = {}
        for name, value in zip(self._names, values, strict=True):
            array = np.asarray(value)
            if array.shape != self.model.outputs[name].shape:
                raise ValueError(f"output {name} has shape {array.shape}")
            made[name] = array
        return made

    def warm_up(self) -> None:
        """Run once on zeros, so that the first film does not pay for allocations; checks the true shapes.

        Raises:
            CascadeUnavailable: ``model_broken`` or ``model_mismatch``.
        """
        try:
            self.run(np.zeros(self.model.input.shape, np.float32))
        except ValueError as error:
            self._mismatch(f"{error}, the manifest says {self._declared()}")
        except Exception as error:
            raise CascadeUnavailable(
                "model_broken",
                f"{self.model.path} (model {self.model.name}) does not run: {_first_line(error)}.",
                "Copy the whole cascade folder again, or update the program.",
            ) from error

    def _declared(self) -> str:
        return ", ".join(f"{o.name} {o.shape}" for o in self.model.outputs.values())

    def _mismatch(self, problem: str) -> NoReturn:
        raise CascadeUnavailable(
            "model_mismatch", f"{self.model.path} (model {self.model.name}): {problem}.", _REMEDY
        )

    def _check_input(self) -> None:
        spec, inputs = self.model.input, self._session.get_inputs()
        if [i.name for i in inputs] != [spec.name]:
            self._mismatch(
                f"its inputs are {', '.join(i.name for i in inputs)}, the manifest says {spec.name}"
            )
        if inputs[0].type != "tensor(float)":
            self._mismatch(f"its input {spec.name} is {inputs[0].type}, the program feeds tensor(float)")
        if not _fits(inputs[0].shape, spec.shape):
            self._mismatch(f"its input {spec.name} is {inputs[0].shape}, the manifest says {spec.shape}")

    def _check_outputs(self) -> None:
        outputs = {o.name: o for o in self._session.get_outputs()}
        for spec in self.model.outputs.values():
            if spec.name not in outputs:
                self._mismatch(f"it has no output {spec.name}; outputs: {', '.join(outputs)}")
            if not _fits(outputs[spec.name].shape, spec.shape):
                self._mismatch(
                    f"its output {spec.name} is {outputs[spec.name].shape}, the manifest says {spec.shape}"
                )


def _options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads that spin steal the cores from the window.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _fits(found: Sequence[Any], wanted: Sequence[int]) -> bool:
    """Symbolic sides (a name or None) fit any size; an empty list means that the graph does not say."""
    if not found:
        return True
    return len(found) == len(wanted) and all(
        not isinstance(side, int) or side == want for side, want in zip(found, wanted, strict=True)
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
