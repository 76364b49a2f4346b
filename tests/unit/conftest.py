"""A console of services without a window, for every unit test that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.console import Console


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    # Here, as the training environment, which runs some of these tests, has no network libraries.
    from tests.support.console import Console

    console = Console(tmp_path / "data")
    yield console
    console.close()
