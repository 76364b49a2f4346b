"""Loads ONNX Runtime, or says that there is none: a broken library costs the analysis, never the program."""

from __future__ import annotations

from typing import Any

from workstation.domain.errors import CascadeUnavailable


def onnxruntime() -> Any:
    """The module, its telemetry off.

    Raises:
        CascadeUnavailable: code ``runtime_missing``: it is not installed, or its libraries cannot be loaded.
    """
    try:
        import onnxruntime as module
    except (ImportError, OSError) as error:
        raise CascadeUnavailable(
            "runtime_missing",
            f"ONNX Runtime cannot be loaded: {error}.",
            "Reinstall the program; on Windows also install Microsoft's Visual C++ runtime.",
        ) from error
    module.disable_telemetry_events()
    return module
