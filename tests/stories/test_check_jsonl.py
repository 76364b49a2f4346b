"""What stands in `check --format jsonl` beside every score, and that the guide lists all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.dicom_maker import make_film
from tests.support.tiny_cascade import add_collimation, edit_manifest, make_tiny_cascade, tiny_image
from workstation import cli

GUIDE = Path(__file__).resolve().parents[2] / "resources" / "guide"


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A good frontal and a lateral with every defect."""
    film(tmp_path / "films" / "a.dcm", tiny_image())
    film(tmp_path / "films" / "b.dcm", tiny_image(lateral=1.0, cut=("bottom",), rotation=0.9))
    return tmp_path / "films"


def film(path: Path, image: np.ndarray) -> Path:
    return make_film(path, image, bits_stored=8, windows=[(128, 256)])


def no_window(_paths: Sequence[Path], _data_dir: Path | None, _demo: bool, _language: str | None) -> int:
    raise AssertionError("a command must not open the window")


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    cli.main(["check", "--format", "jsonl", *map(str, arguments)], no_window)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_score_says_what_it_is_the_probability_of_and_what_was_decided_by(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path
) -> None:
    def own(manifest: dict[str, Any]) -> None:
        for stage in manifest["stages"]:
            if stage["name"] == "crop_lateral":
                stage["thresholds"] = {"warn": 0.7, "unsure_from": 0.2, "edge": 0.55}
            if stage["name"] == "polarity":
                stage["thresholds"] = {"warn": 0.9, "unsure_from": 0.3}

    edit_manifest(cascade, own)
    good, faulty = check(capsys, films, "--cascade", cascade)
    crop, rotation = faulty["findings"]
    told = [
        faulty["body_part"],
        faulty["polarity"],
        faulty["orientation"],
        faulty["projection"],
        crop,
        rotation,
    ]
    assert [part["probability_of"] for part in told] == [
        "not a chest",
        "inverted greyscale",
        "not upright",
        "lateral",
        "lung field outside the film",
        "rotated more than 10 degrees",
    ]
    assert faulty["polarity"]["thresholds"] == {"warn": 0.9, "unsure_from": 0.3}
    # Those of the branch that judged this film, not of the other one.
    assert crop["thresholds"] == {"warn": 0.7, "unsure_from": 0.2, "edge": 0.55}
    assert good["findings"][0]["thresholds"] == {"warn": 0.6, "unsure_from": 0.4, "edge": 0.5}
    assert crop["threshold"] == crop["thresholds"]["warn"]


def keys_of(value: Any) -> set[str]:
    """All keys of an object, but those whose names are data: edges and steps."""
    if isinstance(value, list):
        return {key for each in value for key in keys_of(each)}
    if not isinstance(value, dict):
        return set()
    own = {key for key in value if key not in ("left", "right", "top", "bottom")}
    return own | {key for name, each in value.items() if name != "timing_ms" for key in keys_of(each)}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_guide_lists_every_key(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path, tmp_path: Path, language: str
) -> None:
    dark = film(tmp_path / "dark.dcm", np.zeros((64, 64), np.uint8))
    add_collimation(cascade)
    records = check(capsys, films, dark, tmp_path / "none.dcm", "--cascade", cascade)
    guide = (GUIDE / f"it.{language}.md").read_text(encoding="utf-8")
    told = {
        word for line in guide.splitlines() if line.startswith("|") for word in re.findall(r"`([^`]+)`", line)
    }
    assert keys_of(records) - told == set()


def test_numbers_are_fine_enough_to_compute_with_and_never_a_certainty(
    capsys: pytest.CaptureFixture[str], cascade: Path, tmp_path: Path
) -> None:
    image = tiny_image(lateral=1.0, rotation=0.41, cut=("left",))
    (record,) = check(capsys, film(tmp_path / "a.dcm", image), "--cascade", cascade)
    crop, rotation = record["findings"]
    # sigmoid(-10) is 0.0000454, and 0.0 in four digits.
    assert crop["edge_scores"]["right"] == 0.000045
    assert record["body_part"]["score"] >= 1e-6
    assert record["projection"]["probability_lateral"] == 0.999955
    assert 0 < crop["score"] < 1
    assert rotation["angle_deg"] == 12.35  # 30 degrees times 105 of 255
