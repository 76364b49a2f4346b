"""Whatever stands in a manifest: it is read, or refused as `CascadeUnavailable`; nothing else comes out."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.tiny_cascade import make_tiny_cascade
from workstation.domain.errors import CascadeUnavailable
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("score"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_cascade(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="module")
def good(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text()))


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON tree."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from places(node[key])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_odd_value_anywhere(folder: Path, good: dict[str, Any], data: st.DataObject) -> None:
    changed = copy.deepcopy(good)
    container, key = data.draw(st.sampled_from(list(places(changed))), label="place")
    how = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if how == "replace":
        container[key] = data.draw(ODD)
    elif how == "remove":
        del container[key]
    elif isinstance(container, dict):
        container[data.draw(st.text(max_size=8))] = data.draw(ODD)
    (folder / "manifest.json").write_text(json.dumps(changed))
    try:
        description = manifest.load(folder, Preprocessing.from_steps)
    except CascadeUnavailable as error:
        told = error.remedy and error.message
    else:
        told = description.label
    assert 0 < len(told) < 2000
