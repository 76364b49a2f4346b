"""manifest.json: written whole, and changed by one step at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models_onnx.training import kept


@contextmanager
def changed(path: Path) -> Iterator[dict[str, Any]]:
    """The content of `path`, to be changed in place; written when the block ends well, not where it raises.

    Two steps of a build may each put their own entries in: the second waits for the first.

    Raises:
        FileNotFoundError: there is no such manifest.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        yield content
        kept.write_json(path, content)
    finally:
        os.close(folder)
