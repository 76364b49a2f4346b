"""Files of the training: written whole or not at all, taken only for the recipe that made them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models_onnx.training import kept


def test_what_is_cut_off_while_it_is_written_leaves_the_file_of_before(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    kept.written(path, lambda handle: np.save(handle, np.arange(3)))

    def cut_off(handle: object) -> None:
        handle.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.written(path, cut_off)
    assert np.load(path).tolist() == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["a.npy"]


def test_a_recipe_is_compared_as_json_holds_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.npz"
    recipe = {"rates": (1e-3, 7e-4), "films": {"cts": ["a"]}, "seed": 1}
    kept.write_note(path, recipe)
    assert kept.agrees(kept.note(path), recipe, path)
    assert not kept.agrees(kept.note(path), {**recipe, "films": {"cts": ["b"]}}, path)
    assert capsys.readouterr().out == ""
    with pytest.raises(SystemExit, match=r"films\.cts: \['a'\], asked for \['b'\].*seed: 1, asked for 2"):
        kept.demand(kept.note(path), {**recipe, "films": {"cts": ["b"]}, "seed": 2}, path)


def test_a_file_of_before_is_taken_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.pt"
    kept.demand(kept.note(path), {"seed": 2}, path)
    assert "old.pt: of before recipes were kept" in capsys.readouterr().out


def test_json_is_whole_and_ends_with_a_line(tmp_path: Path) -> None:
    kept.write_json(tmp_path / "new" / "a.json", {"ö": 1})
    text = (tmp_path / "new" / "a.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert json.loads(text) == {"ö": 1}
