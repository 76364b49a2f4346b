"""Pictures of every view, from the real program: ``python -m tests.screenshots --out DIR``.

Views x languages x sizes x themes x type of 100 and 200 %; films are the demo study, verdicts scripted so that each
state can be seen (`--only demo`: those of the shipped cascade, for the guide).
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from tests.support import more_views, scripted
from tests.support.layout import faults
from tests.support.more_views import open_dialog
from tests.support.ports import free_port
from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import drain
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import State, Verdict
from workstation.domain.operator import Role
from workstation.domain.projection import Projection
from workstation.services.data_folder import open_data_folder
from workstation.services.film import Film
from workstation.settings.model import Settings
from workstation.settings.network import Destination

SIZES = {"1366x768": QSize(1366, 768), "1920x1080": QSize(1920, 1080)}
PEOPLE = {"en": ("Ivanova A.", "Petrov S.", "Smith J."), "ru": ("Иванова А. П.", "Петров С. Н.", "Смит Дж.")}
PLACES = {"en": ("Room 2", "Ivanova"), "ru": ("Кабинет 2", "Иванова")}


def _verdicts(film: Film, projection: Projection | None) -> Verdict:
    """Verdict by the demo film's place in the study."""
    uid = film.header.sop_instance_uid
    order = _ORDER.setdefault(uid, len(_ORDER))
    if projection is not None:
        return scripted.by_header(film, projection)
    return (
        frontal(crop(State.PASS)),
        frontal(crop(State.WARN, Edge.BOTTOM)),
        frontal(crop(State.UNSURE, Edge.RIGHT)),
        lateral(crop(State.PASS), rotation(State.PASS, 2.0)),
        lateral(crop(State.PASS), rotation(State.WARN, 14.0)),
        lateral(crop(State.WARN, Edge.LEFT), rotation(State.UNSURE, 8.0)),
    )[order % 6]


_ORDER: dict[str, int] = {}


class Stage:
    """One program in one temporary data folder."""

    def __init__(
        self, language: str, size: QSize, theme: str, *, real: bool = False, **options: object
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cxr-shots-")
        room, operator = PLACES[language]
        settings = Settings(language=language, theme=theme, room=room, operator=operator, **options)  # type: ignore[arg-type]
        self.analyser = ScriptedAnalyser(_verdicts)
        _ORDER.clear()
        self.program = Program(
            open_data_folder(Path(self._folder.name)),
            settings,
            make_analyser=None if real else lambda _settings: self.analyser,
        )
        self.console = self.program.console
        self.window = self.program.window
        self.size = size
        self.language = language
        self.faults: list[str] = []

    def start(self, *, demo: bool = True, wait: bool = True) -> None:
        self.program.start(demo=demo)
        self.window.showNormal()
        self.window.resize(self.size)
        if wait:
            self.settle()

    def settle(self, until: Callable[[], bool] | None = None, seconds: float = 20.0) -> None:
        """Run the event loop until the workers rest."""
        end = time.monotonic() + seconds
        quiet = 0
        while time.monotonic() < end and quiet < 12:
            QApplication.processEvents()
            done = until() if until is not None else not self.program.workers.busy
            quiet = quiet + 1 if done else 0
            time.sleep(0.02)

    def choose(self, number: int) -> None:
        """Put the demo film `number` (1..6) on the stage."""
        self.console.select(sorted(e.id for e in self.console.exposures)[number - 1])
        self.settle()

    def shoot(self, target: Path, widget: QWidget | None = None) -> None:
        """Take the picture; what is wrong with the view is kept in `faults`."""
        QApplication.processEvents()
        target.parent.mkdir(parents=True, exist_ok=True)
        (widget or self.window).grab().save(str(target))
        self.look(target.stem, widget)

    def look(self, view: str, widget: QWidget | None = None) -> None:
        """Look at a view without a picture."""
        QApplication.processEvents()
        self.faults += [f"{view}: {fault}" for fault in faults(widget or self.window, self.language)]

    def close(self) -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog):
                widget.close()
        self.program.dispose()
        drain()
        self._folder.cleanup()


def _views(stage: Stage, shoot: Callable[..., None]) -> None:
    window, console, panel = stage.window, stage.console, lambda: stage.window.view.panel
    stage.start(demo=False)
    shoot("01-empty")
    console.open_demo()
    stage.settle(lambda: len(console.exposures) == 6 and not stage.program.workers.busy)
    stage.choose(1)
    shoot("02-pass")
    stage.choose(2)
    shoot("03-warn-crop")
    panel().toggle_retake()
    shoot("04-retake-open")
    panel().close_prompt()
    panel().toggle_keep()
    shoot("05-keep-open")
    panel().close_prompt()
    stage.choose(3)
    shoot("06-unsure")
    stage.choose(5)
    shoot("07-warn-rotation")
    window.view.panel.cards.projection_card.toggle_choices()
    shoot("08-projection-choices")
    stage.choose(6)
    shoot("09-two-findings")
    stage.choose(1)
    console.decide(console.stage.id, Choice.SEND)
    stage.settle()
    shoot("10-undo")
    stage.choose(2)
    console.decide(console.stage.id, Choice.RETAKE, "cut_off", "")
    stage.settle()
    stage.choose(2)
    shoot("11-decided")
    bad = Path(stage._folder.name) / "Scan_0001.dcm"
    bad.write_bytes(b"\0" * 128 + b"DICM" + b"broken")
    text = Path(stage._folder.name) / "letter.pdf"
    text.write_bytes(b"%PDF-1.7 not a film")
    console.open_paths([bad, text])
    stage.settle()
    shoot("12-unreadable")
    stage.analyser.seconds = 1.5
    stage.choose(3)
    console.override_projection(console.stage.id, Projection.LATERAL)
    stage.settle()
    shoot("13-overridden")
    window.open_statistics()
    stage.settle()
    shoot("14-statistics", open_dialog())
    open_dialog().close()
    stage.settle()
    window.open_settings()
    stage.settle()
    dialog = open_dialog()
    for number in range(dialog.pages.count()):
        dialog.pages.setCurrentRow(number)
        shoot(f"15-settings-{number + 1}", dialog)
    dialog.close()
    window.show_keys()
    stage.settle()
    shoot("16-keys", open_dialog())
    open_dialog().close()
    for name, act in (
        ("17-connections", window.open_connections),
        ("18-guide", window.show_guide),
        ("19-setup", window.open_setup),
        ("40-operators", window.open_operators),
    ):
        act()
        stage.settle()
        shoot(name, open_dialog())
        open_dialog().close()
        stage.settle()
    _tools(stage, shoot)


def _tools(stage: Stage, shoot: Callable[..., None]) -> None:
    """Measuring, the magnifying glass, the film before."""
    film = stage.window.view.stage.film
    stage.choose(3)
    canvas = film.canvas
    width, height = canvas.width(), canvas.height()

    def drag(*points: tuple[float, float]) -> None:
        places = [QPoint(round(x * width), round(y * height)) for x, y in points]
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0])
        QTest.mouseMove(canvas, places[1])
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[1])

    film.actions_.ruler.trigger()
    drag((0.35, 0.5), (0.6, 0.45))
    film.actions_.region.trigger()
    drag((0.5, 0.6), (0.65, 0.8))
    film.actions_.magnifier.trigger()
    QTest.mouseMove(canvas, QPoint(round(0.35 * width), round(0.75 * height)))
    shoot("41-measuring")
    film.leave_tool()
    stage.choose(5)
    stage.console.override_projection(stage.console.stage.id, Projection.LATERAL)
    stage.settle()
    film.actions_.compare.trigger()
    stage.settle()
    shoot("42-compare")
    film.leave_tool()


def _sign_in(stage: Stage, shoot: Callable[..., None]) -> None:
    for name, role in zip(PEOPLE[stage.language], Role, strict=True):
        stage.console.parts.operators.add(name, role, "1234" if role is not Role.LEAD else "", "screenshots")
    stage.start()
    shoot("43-sign-in")
    stage.program.session.sign_in(PEOPLE[stage.language][-1], "1234")  # the admin
    stage.settle()
    stage.window.open_operators()
    stage.settle()
    shoot("43-sign-in-operators", open_dialog())
    open_dialog().close()
    stage.settle()


def _analysing(stage: Stage, shoot: Callable[..., None]) -> None:
    stage.analyser.seconds = 2.0
    stage.start(wait=False)
    stage.settle(lambda: stage.console.stage is not None, 5)
    stage.settle(lambda: False, 0.6)
    shoot("20-analysing")
    stage.analyser.seconds = 0


def _unavailable(stage: Stage, shoot: Callable[..., None]) -> None:
    stage.analyser.unavailable = CascadeUnavailable(
        "cascade_missing",
        "The cascade lacks its file gates.onnx.",
        "Restore the folder, or choose another one.",
    )
    stage.start()
    shoot("21-unavailable")


def _pacs_down(stage: Stage, shoot: Callable[..., None]) -> None:
    stage.start()
    for number in (1, 4):
        stage.choose(number)
        stage.console.decide(stage.console.stage.id, Choice.SEND)
        stage.settle()
    down = [False]

    def seen() -> bool:
        stage.console.refresh()
        down[0] = any(s.down_since for s in stage.console.statuses)
        return down[0]

    stage.settle(seen, 15)
    shoot("22-pacs-down")
    more_views.peers(stage, shoot)


PARTS: dict[str, tuple[Callable[[Stage, Callable[..., None]], None], dict[str, object]]] = {
    "views": (_views, {}),
    "demo": (more_views.demo, {"real": True}),
    "analysing": (_analysing, {}),
    "unavailable": (_unavailable, {}),
    "statistics": (more_views.statistics, {}),
    "sign-in": (_sign_in, {"sign_in": "pin"}),
    "dialogs": (more_views.dialogs, {}),
    "judging": (more_views.judging, {}),
    "countdown": (more_views.countdown, {"auto_send_seconds": 15}),
    "pacs": (_pacs_down, {"undo_seconds": 0.0}),
}


def _each(
    language: str, size: str, theme: str, scale: int, folder: Path | None, only: Sequence[str] | None = None
) -> list[str]:
    """Go through the views; pictures into `folder` where there is one. Returns what is wrong."""
    wrong: list[str] = []
    for name, (act, options) in PARTS.items():
        if only and name not in only:
            continue
        if name == "pacs":
            options = {**options, "destinations": (Destination("PACS", "127.0.0.1", free_port(), "PACS"),)}
        stage = Stage(language, SIZES[size], theme, text_scale=scale, **options)

        def shoot(view: str, widget: QWidget | None = None, stage: Stage = stage) -> None:
            if folder is None:
                stage.look(view, widget)
            else:
                stage.shoot(folder / f"{view}.png", widget)

        try:
            act(stage, shoot)
        finally:
            stage.close()
        wrong += [f"{language}-{size}-{theme}-{scale}/{fault}" for fault in stage.faults]
    return wrong


def looked_at(language: str, size: str, theme: str, scale: int, part: str) -> list[str]:
    """What is wrong with any view of one part in one combination; needs a QApplication."""
    return _each(language, size, theme, scale, None, [part])


def main() -> int:
    """Make the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--language", choices=("en", "ru"), action="append")
    parser.add_argument("--size", choices=tuple(SIZES), action="append")
    parser.add_argument("--theme", choices=("dark", "light"), action="append")
    parser.add_argument("--text-scale", type=int, choices=range(100, 201), action="append", metavar="PERCENT")
    parser.add_argument(
        "--only",
        choices=tuple(PARTS),
        action="append",
    )
    args = parser.parse_args()
    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    wrong: list[str] = []
    for language in args.language or ("en", "ru"):
        for size in args.size or tuple(SIZES):
            for theme, scale in itertools.product(
                args.theme or ("dark", "light"), args.text_scale or (100, 200)
            ):
                folder = args.out / f"{language}-{size}-{theme}-{scale}"
                wrong += _each(language, size, theme, scale, folder, args.only)
    print("\n".join(wrong) or "nothing cut off, overlapping or untranslated")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
