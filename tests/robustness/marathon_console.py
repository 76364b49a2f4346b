"""The program that the marathon kills: a console without its window that judges and decides by itself.

    python -m tests.robustness.marathon_console DATA_DIR [--analyse]

After its commit each decision is told on stdout, one line: ``decided <SOP Instance UID> <choice>``.
"""

from __future__ import annotations

import os
import queue
import sys
from datetime import timedelta
from pathlib import Path

from tests.support.console import CLEAN
from workstation.assets import models_dir, resources_dir
from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, is_decided
from workstation.services.analysis import AnalysisService
from workstation.services.commitment import Pace
from workstation.services.data_folder import open_data_folder
from workstation.services.node import Node
from workstation.services.reading import read_film
from workstation.services.reasons import load_reasons
from workstation.settings.file import load

REJECTED_ONE_IN = 10
PACE = Pace(unreachable=timedelta(seconds=2), first=timedelta(seconds=20))


def rejects(uid: str) -> bool:
    """Which films this radiographer has taken again; the same for the same film, whatever happens."""
    return int(uid.rpartition(".")[2]) % REJECTED_ONE_IN == 0


def main() -> None:
    folder = open_data_folder(Path(sys.argv[1]))
    settings = load(folder.settings_file)
    analysis = AnalysisService(models_dir()) if "--analyse" in sys.argv else None
    films: queue.Queue[Exposure] = queue.Queue()
    with (
        folder.lock(),
        Node(folder, lambda: settings, load_reasons(resources_dir()), films.put, pace=PACE) as node,
    ):
        waiting = node.worklist.undecided()
        node.start()
        os.write(1, b"ready\n")
        for exposure in waiting:
            films.put(exposure)
        while True:
            exposure = node.worklist.get(films.get().id)
            if is_decided(exposure.state):
                continue
            if exposure.verdict is None:
                film = Path(exposure.stored_path)
                verdict = CLEAN if analysis is None else analysis.analyse(read_film(film))
                node.disposition.record_verdict(exposure.id, verdict)
            uid = exposure.header.sop_instance_uid
            choice = Choice.RETAKE if rejects(uid) else Choice.SEND
            node.disposition.choose(
                exposure.id, choice, "Marathon", "motion" if choice is Choice.RETAKE else ""
            )
            os.write(1, f"decided {uid} {choice}\n".encode())


if __name__ == "__main__":
    main()
