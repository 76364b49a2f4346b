"""The program keeps nothing in the home folder and reports to nobody: ONNX Runtime would, left to itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from tests.support.tiny_cascade import make_tiny_cascade

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *arguments: str) -> list[str]:
    """Files below `home` after `python ARGUMENTS` has run there."""
    home.mkdir()
    cleared = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "ORT_"))}
    environment = {**cleared, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, capture_output=True, timeout=120
    )
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_a_check_leaves_no_device_id_behind(tmp_path: Path) -> None:
    film = tmp_path / "film.png"
    cv2.imwrite(str(film), np.random.default_rng(1).integers(0, 255, (300, 300), np.uint8))
    cascade = make_tiny_cascade(tmp_path / "cascade")
    found = run(tmp_path / "home", "-m", "workstation", "check", str(film), "--cascade", str(cascade))
    assert [name for name in found if "onnx" in name.lower() or "Microsoft" in name] == []
