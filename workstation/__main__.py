"""Entry point: `python -m workstation` and the console script `cxr-workstation`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

# First of all: on Windows its DLLs must be loaded before Qt's. Without it everything but the analysis works.
with contextlib.suppress(ImportError, OSError):
    import onnxruntime  # noqa: F401

from workstation import cli
from workstation.domain.errors import KnownError


def _open_window(paths: Sequence[Path], data_dir: Path | None, demo: bool, language: str | None) -> int:
    # Late: the commands run on machines without the window's libraries.
    try:
        from workstation.app import run
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "workstation":
            raise  # ours to mend
        raise KnownError(
            "window_libraries",
            f"The window cannot be opened, a library is missing: {error}.",
            "Install it; on Debian and Ubuntu libegl1, libgl1, libxkbcommon0, libdbus-1-3 and libfontconfig1 bring "
            "the usual ones. The commands work without a window.",
        ) from error

    return run(paths, data_dir, demo, language)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code."""
    return cli.main(argv, _open_window)


if __name__ == "__main__":
    sys.exit(main())
