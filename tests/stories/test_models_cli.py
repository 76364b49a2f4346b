"""`cxr-workstation models`: what is in a cascade, in lines that can be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade
from workstation import cli
from workstation.inference import site_calibration


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


def test_a_sites_own_thresholds_are_said_to_be_its_own(
    capsys: pytest.CaptureFixture[str], cascade: Path
) -> None:
    own = {"calibration": {"method": "none"}, "thresholds": {"warn": 0.71, "unsure_from": 0.5}}
    site = {
        "schema": 1,
        "cascade": "tiny@1",
        "about": {"labels": "mine.csv"},
        "stages": {"crop_frontal": own},
    }
    (cascade / site_calibration.FILE).write_text(json.dumps(site), encoding="utf-8")
    assert cli.main(["models", "--cascade", str(cascade)], no_window) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "tiny@1+site"
    assert "site     site_calibration.json, set with mine.csv: crop_frontal" in lines
    (place,) = [i for i, line in enumerate(lines) if line.startswith("crop_frontal:")]
    assert "warns from 0.71" in lines[place]
    # What the manifest's makers measured was measured at other thresholds.
    assert lines[place + 1].startswith("site: calibration and thresholds are the site's own")
    assert sum(line.startswith("site: ") for line in lines) == 1
