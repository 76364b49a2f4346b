"""`cxr-workstation models`: what is in a cascade, in lines that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade
from workstation import cli


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def no_window(_paths: Sequence[Path], _data_dir: Path | None, _demo: bool, _language: str | None) -> int:
    raise AssertionError("a command must not open the window")


def test_models_prints_the_checked_cascade(capsys: pytest.CaptureFixture[str], cascade: Path) -> None:
    assert cli.main(["models", "--cascade", str(cascade)], no_window) == 0
    out = capsys.readouterr().out
    assert "tiny@1" in out
    assert "rotation_lateral: rotation, after projection = lateral" in out


def test_models_prints_provenance_in_short_lines_and_says_where_the_rest_is(
    capsys: pytest.CaptureFixture[str], cascade: Path
) -> None:
    figures = {f"ct{i}": {"auc": 0.99529400259, "films": 310, "by": ["a" * 30] * 3} for i in range(20)}

    def change(data: dict[str, Any]) -> None:
        data["stages"][0]["limits"] = ["a long word " * 40]
        data["stages"][0]["provenance"] = {"seed": 1, "short": {"auc": 0.99529400259}, "figures": figures}
        data["models"]["gates"]["provenance"] = {"data": [f"source {i} " * 6 for i in range(4)]}

    edit_manifest(cascade, change)
    assert cli.main(["models", "--cascade", str(cascade)], no_window) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if "sha256" not in line and "folder" not in line) <= 120
    assert "    seed: 1" in lines
    assert '    short: {"auc": 0.9953}' in lines
    at = lines.index("    figures:")
    assert lines[at + 1 : at + 3] == ["      ct0:", "        auc: 0.9953"]
    assert lines[at + 15].startswith("      ... ")
    assert lines[at + 15].endswith("more lines: manifest.json, stages, body_part, provenance, figures")
    assert [line for line in lines if line.startswith("      - source 2")]
