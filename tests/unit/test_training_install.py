"""A cascade is put in the place of another only when the program can open it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="makes a tiny cascade")

from models_onnx.training import install
from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade
from workstation.domain.errors import CascadeUnavailable


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_finished_cascade_takes_the_place_of_another(tmp_path: Path) -> None:
    new, out = make_tiny_cascade(tmp_path / "new"), make_tiny_cascade(tmp_path / "out")
    edit_manifest(new, lambda data: data.update(version="2"))
    (new / "export.json").write_text("{}")
    (out / "MODEL_CARD.md").write_text("stays")
    names = install.install(new, out)
    assert names[-1] == "manifest.json"
    assert {name: contents(out)[name] for name in names} == {name: contents(new)[name] for name in names}
    assert set(contents(out)) == {*names, "MODEL_CARD.md"}
    assert install.install(out, out) == []


def test_a_cascade_that_cannot_be_opened_is_not_installed(tmp_path: Path) -> None:
    new, out = make_tiny_cascade(tmp_path / "new"), make_tiny_cascade(tmp_path / "out")
    before = contents(out)
    model = next(iter(sorted(new.glob("*.onnx"))))
    model.write_bytes(model.read_bytes()[:-40])
    with pytest.raises(CascadeUnavailable):
        install.install(new, out)
    assert contents(out) == before
    (new / "manifest.json").write_text("{")
    with pytest.raises(CascadeUnavailable):
        install.install(new, out)
    assert contents(out) == before
