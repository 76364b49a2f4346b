"""Pictures of the guide and the README, from the real program on the demo study with the shipped cascade.

``python -m tests.guide_pictures`` writes them to resources/guide/images, so that they never age.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.support.blades import COLLIMATED, collimated_copy
from tests.support.many_films import Site, fill
from workstation import assets
from workstation.app import Program
from workstation.domain.findings import State
from workstation.services.data_folder import open_data_folder
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.ui.connections.window import ConnectionsWindow
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.statistics.window import StatisticsWindow

PLACES = {"en": ("Room 2", "Ivanova"), "ru": ("Кабинет 2", "Иванова")}
SIZE = QSize(1366, 768)


def _settle(done: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)
    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.02)


def _save(image: QImage, target: Path) -> None:
    """As a tightly packed PNG."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    picture = rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3)
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def shoot(language: str, folder: Path) -> None:
    """Open the demo study and save the views the guide shows."""
    room, operator = PLACES[language]
    with tempfile.TemporaryDirectory(prefix="cxr-guide-") as data:
        pacs = Destination("PACS", "pacs.example", 104, "PACS", wants_annotated=True)
        settings = Settings(language=language, room=room, operator=operator, destinations=(pacs,))
        program = Program(open_data_folder(Path(data)), settings)
        program.start(demo=True)
        program.window.showNormal()
        program.window.resize(SIZE)
        console = program.console
        _settle(lambda: len(console.exposures) == 6 and all(e.verdict is not None for e in console.exposures))

        def choose(wanted: Callable[[object], bool]) -> None:
            shown = next(e for e in sorted(console.exposures, key=lambda e: e.id) if wanted(e.verdict))
            console.select(shown.id)
            _settle(lambda: not program.workers.busy)

        def save(name: str) -> None:
            _save(program.window.grab().toImage(), folder / f"{name}.{language}.png")

        choose(lambda v: v.crop is not None and v.crop.state is State.WARN)  # type: ignore[attr-defined]
        save("warn")
        program.window.view.panel.toggle_retake()
        _settle(lambda: not program.workers.busy, 2)
        save("retake")
        program.window.view.panel.close_prompt()
        rotated = [
            e
            for e in console.exposures
            if e.verdict is not None
            and e.verdict.rotation is not None
            and e.verdict.rotation.state is State.WARN
        ]
        if rotated:
            console.select(rotated[0].id)
            _settle(lambda: not program.workers.busy)
        save("demo")
        demo = assets.resources_dir() / "demo" / "01_frontal_good.dcm"
        console.open_paths([collimated_copy(demo, Path(data) / "collimated.dcm", COLLIMATED)])
        _settle(lambda: len(console.exposures) == 7 and all(e.verdict is not None for e in console.exposures))
        choose(lambda v: not v.collimation.whole)  # type: ignore[attr-defined]
        save("collimated")
        program.window.open_settings("sending")
        _settle(lambda: not program.workers.busy, 2)
        dialog = program.window.findChild(SettingsDialog)
        assert dialog is not None
        _save(dialog.grab().toImage(), folder / f"settings.{language}.png")
        dialog.close()
        program.window.open_connections()
        _settle(lambda: not program.workers.busy, 2)
        page = program.window.findChild(ConnectionsWindow)
        assert page is not None
        _save(page.grab().toImage(), folder / f"connections.{language}.png")
        page.close()
        program.dispose()


def shoot_statistics(language: str, folder: Path) -> None:
    """The statistics of a made-up quarter."""
    names = {"en": "Ivanova Petrov Kim Smith", "ru": "Иванова Петров Ким Смит"}[language].split()
    rooms = {"en": ("Room 1", "Room 2", "Mobile"), "ru": ("Кабинет 1", "Кабинет 2", "Палатный")}[language]
    with tempfile.TemporaryDirectory(prefix="cxr-guide-") as data:
        program = Program(open_data_folder(Path(data)), Settings(language=language))
        fill(
            program.node.database,
            Site(
                date.today() - timedelta(days=90),
                5000,
                91,
                operators=dict(zip(names, (0.7, 0.9, 1.5, 1.0), strict=True)),
                rooms=dict(zip(rooms, (0.8, 0.9, 1.4), strict=True)),
                bad_day=55,
            ),
        )
        program.start()
        program.window.open_statistics()
        window = program.window.findChild(StatisticsWindow)
        assert window is not None
        window.resize(SIZE)
        _settle(lambda: window.summary is not None and not program.workers.busy)
        window.group_by("operator")
        window.pareto.chosen.emit(0)
        _settle(lambda: not program.workers.busy, 5)
        _save(window.grab().toImage(), folder / f"statistics.{language}.png")
        window.close()
        program.dispose()


def main() -> int:
    """Make the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=assets.resources_dir() / "guide" / "images")
    folder = parser.parse_args().out
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    for language in PLACES:
        shoot(language, folder)
        shoot_statistics(language, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
