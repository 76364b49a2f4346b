"""The views that need a hand: dialogs, menus, reasons on demand, the countdown, another order, peers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from tests.support.blades import COLLIMATED, collimated_copy
from tests.support.many_films import Site, fill
from workstation import assets
from workstation.domain.film import PatientIdentity
from workstation.domain.order import Order, check_order
from workstation.ui.export_dialog import ExportDialog
from workstation.ui.setup import SetupDialog
from workstation.ui.statistics.window import StatisticsWindow

if TYPE_CHECKING:
    from tests.screenshots import Stage

Shoot = Callable[..., None]
_REPORT = "Traceback (most recent call last):\n  a made-up mistake\nZeroDivisionError: division by zero"


def dialogs(stage: Stage, shoot: Shoot) -> None:
    """Export, the steps of the first start, a mistake in the program, the menus."""
    stage.start()
    window = stage.window
    export = ExportDialog(window, burned_in=True)
    export.show()
    _look_at(stage, shoot, "44-export", export)
    window.open_setup()
    stage.settle()
    setup = window.findChild(SetupDialog)
    assert setup is not None
    for page in range(1, setup.pages.count()):
        setup._turn(1)
        stage.settle()
        shoot(f"45-setup-{page + 1}", setup)
    setup.close()
    window.show_mistake(_REPORT)
    _look_at(stage, shoot, "46-mistake", open_dialog())
    window.show_about()
    _look_at(stage, shoot, "48-about", open_dialog())
    menus = window.view.menus
    for name, menu in (("film", menus.film), ("view", menus.view), ("file", menus.file)):
        _menu(stage, shoot, f"47-menu-{name}", menu)


def demo(stage: Stage, shoot: Shoot) -> None:
    """What the shipped cascade says of the demo study."""
    stage.start(wait=False)
    console = stage.console
    stage.settle(lambda: sum(e.verdict is not None for e in console.exposures) == 6, seconds=60.0)
    stage.choose(5)
    shoot("60-demo")
    with tempfile.TemporaryDirectory(prefix="cxr-shots-") as folder:
        demo = assets.resources_dir() / "demo" / "01_frontal_good.dcm"
        target = Path(folder) / "collimated.dcm"
        console.open_paths([collimated_copy(demo, target, COLLIMATED)])
        stage.settle(lambda: all(e.verdict is not None for e in console.exposures), seconds=60.0)
    stage.choose(7)
    shoot("61-collimated")
    stage.window.view.stage.film.actions_.why.trigger()
    shoot("62-collimated-why")


def statistics(stage: Stage, shoot: Shoot) -> None:
    """Four months of a made-up site."""
    today = datetime.now().date()
    names = ("Ivanova Petrov Sidorova Kim Akhmetov", "Иванова Петров Сидорова Ким Ахметов")[
        stage.language == "ru"
    ]
    rooms = ("Room 1,Room 2,Mobile", "Кабинет 1,Кабинет 2,Палатный")[stage.language == "ru"]
    site = Site(
        today - timedelta(days=120),
        6000,
        121,
        operators=dict(zip(names.split(), (0.7, 0.9, 0.8, 1.5, 1.0), strict=True)),
        rooms=dict(zip(rooms.split(","), (0.8, 0.9, 1.4), strict=True)),
        bad_day=80,
    )
    fill(stage.program.node.database, site)
    stage.start(demo=False)
    stage.window.open_statistics()
    stage.settle()
    shown = stage.window.findChild(StatisticsWindow)
    assert shown is not None
    shown.resize(stage.size)
    shoot("30-statistics", shown)
    shown.group_by("operator")
    shown.pareto.chosen.emit(0)
    stage.settle()
    shoot("31-statistics-films", shown)
    shown.filters.hide_names.setChecked(True)
    shown.filters.period.setCurrentIndex(shown.filters.period.count() - 1)
    stage.settle()
    shoot("32-statistics-own-period", shown)
    shown.filters.period.setCurrentIndex(0)
    stage.settle()
    shoot("33-statistics-few", shown)
    shown.close()
    stage.settle()


def judging(stage: Stage, shoot: Shoot) -> None:
    """Why; the order of somebody else; a film that will leave by itself."""
    stage.start()
    stage.choose(2)
    stage.window.view.stage.film.actions_.why.trigger()
    shoot("50-why")
    stage.window.view.stage.film.actions_.why.trigger()
    other = Order(PatientIdentity("Petrova, Anna", "P2", "1980-02-02"), "DEMO-A1", "", "DX", "Chest PA")
    orders = stage.console.parts.orders
    orders.check = lambda header, projection: check_order(header, (other,), projection)  # type: ignore[method-assign]
    stage.choose(1)
    shoot("51-wrong-patient")


def countdown(stage: Stage, shoot: Shoot) -> None:
    """Sending by itself."""
    stage.start(demo=False)
    stage.window.activateWindow()
    # As from a watched folder, taken today: nothing else leaves by itself.
    film = pydicom.dcmread(assets.resources_dir() / "demo" / "01_frontal_good.dcm")
    film.AcquisitionDate = f"{datetime.now():%Y%m%d}"
    with tempfile.TemporaryDirectory() as folder:
        film.save_as(Path(folder) / "film.dcm")
        stage.console._found([Path(folder) / "film.dcm"])
        stage.settle(lambda: bool(stage.window.view.panel.strip._countdown), 20)
    assert stage.window.view.panel.strip._countdown
    shoot("52-countdown")


def peers(stage: Stage, shoot: Shoot) -> None:
    """Connections with a peer that does not answer, and films that wait."""
    stage.window.open_connections()
    stage.settle()
    _look_at(stage, shoot, "53-peers", open_dialog())


def open_dialog() -> QDialog:
    """The one that is on the screen."""
    for _ in range(5):
        QApplication.processEvents()
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())


def _look_at(stage: Stage, shoot: Shoot, name: str, dialog: QWidget) -> None:
    stage.settle()
    shoot(name, dialog)
    dialog.close()
    stage.settle()


def _menu(stage: Stage, shoot: Shoot, name: str, menu: QMenu) -> None:
    menu.popup(stage.window.mapToGlobal(QPoint(20, 40)))
    QApplication.processEvents()
    shoot(name, menu)
    menu.close()
