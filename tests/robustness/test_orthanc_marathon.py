"""The marathon in small: nothing is lost or doubled where program and PACS are killed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.robustness.orthanc_marathon import Plan, run
from tests.support.orthanc import MISSING, PROGRAM


@pytest.mark.skipif(PROGRAM is None, reason=MISSING)
@pytest.mark.skipif(shutil.which("storescu") is None, reason="DCMTK is not installed (apt: dcmtk)")
def test_every_film_arrives_once_and_every_decision_stands(tmp_path: Path) -> None:
    tally = run(Plan(films=12, kills=1, pacs_kills=1, small=True, analyse=False), tmp_path)
    assert tally.problems == []
    assert (tally.program_kills, tally.pacs_kills) == (1, 1)
    assert (tally.identical, tally.committed, tally.notes) == (10, 10, 2)
