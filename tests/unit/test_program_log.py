"""The log file: what peers do cannot push all else out of it."""

from __future__ import annotations

import logging
from pathlib import Path

from workstation.services.program_log import log_file

REFUSED = logging.getLogger("workstation.dicom.network.store_scp")
OURS = logging.getLogger("workstation.services.disposition")


def test_a_device_that_is_turned_away_without_end_fills_no_log(tmp_path: Path) -> None:
    with log_file(tmp_path):
        OURS.info("exposure 1: send")
        for number in range(40_000):
            REFUSED.warning("association refused: too many connections are open (%d)", number)
        for number in range(100):
            OURS.info("exposure %d: send", number)
    (file,) = tmp_path.iterdir()
    text = file.read_text(encoding="utf-8")
    assert text.count("exposure") == 101, "what the program itself does is written down whole"
    # Two minutes may have a part in it.
    assert 20 <= text.count("association refused") <= 40
    assert "more lines of workstation.dicom.network.store_scp are left out until the next minute" in text


def test_places_do_not_share_their_lines(tmp_path: Path) -> None:
    with log_file(tmp_path):
        for number in range(100):
            REFUSED.warning("association refused (%d)", number)
        REFUSED.warning("an association was ended")
    assert "an association was ended" in (tmp_path / "workstation.log").read_text(encoding="utf-8")
