"""What the menus of the window hold: every action with its words, keys and icon, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from workstation.ui.console import Console
from workstation.ui.look import Look
from workstation.ui.viewer.actions import MEASURES

if TYPE_CHECKING:
    from workstation.ui.main_window import MainWindow
    from workstation.ui.view import View

StandardKey = QKeySequence.StandardKey
translate = QCoreApplication.translate


def fill_menus(window: MainWindow, console: Console, view: View, look: Look) -> None:
    """Put every entry with its keys into the menus of one build of the window."""
    menus, panel = view.menus, view.panel
    add = menus.add
    add(
        menus.file,
        "open",
        translate("MainWindow", "Open …"),
        window.open_files,
        StandardKey.Open,
        icon=look.icon("open"),
    )
    add(
        menus.file,
        "open_folder",
        translate("MainWindow", "Open a folder …"),
        window.open_folder,
        "Ctrl+Shift+O",
    )
    add(menus.file, "demo", translate("MainWindow", "Demo study"), console.open_demo, icon=look.icon("demo"))
    menus.file.addSeparator()
    export = add(
        menus.file,
        "export",
        translate("MainWindow", "Export …"),
        window.exporter.export,
        "Ctrl+E",
        icon=look.icon("export"),
    )
    film = view.stage.film
    export.setEnabled(film.film is not None)
    film.film_there.connect(export.setEnabled)
    add(menus.file, "send_kept", translate("MainWindow", "Send films not sent yet"), window.send_kept)
    menus.file.addSeparator()
    add(
        menus.file,
        "settings",
        translate("MainWindow", "Settings …"),
        window.open_settings,
        "Ctrl+,",
        icon=look.icon("settings"),
    )
    operators = translate("MainWindow", "Operators …")
    add(menus.file, "operators", operators, window.open_operators)
    add(menus.file, "lock", translate("MainWindow", "Lock, change person"), window.lock, "Ctrl+L")
    add(menus.file, "quit", translate("MainWindow", "Quit"), window.close, "Ctrl+Q")
    add(
        menus.film, "send", translate("MainWindow", "Send"), panel.send, "F5", "Alt+1", icon=look.icon("send")
    )
    add(
        menus.film,
        "keep",
        translate("MainWindow", "Keep with note and send"),
        panel.toggle_keep,
        "F6",
        "Alt+2",
        icon=look.icon("keep"),
    )
    add(
        menus.film,
        "retake",
        translate("MainWindow", "Retake"),
        panel.toggle_retake,
        "F8",
        "Alt+3",
        icon=look.icon("retake"),
    )
    add(
        menus.film,
        "undo",
        translate("MainWindow", "Undo the decision"),
        panel.undo,
        StandardKey.Undo,
        icon=look.icon("undo"),
    )
    menus.film.addSeparator()
    add(
        menus.film,
        "projection",
        translate("MainWindow", "Set the projection"),
        window.toggle_projection,
        "F2",
    )
    menus.film.addSeparator()
    add(
        menus.film,
        "newer",
        translate("MainWindow", "Newer film"),
        lambda: console.select_next(-1),
        "PgUp",
        repeats=True,
    )
    add(
        menus.film,
        "older",
        translate("MainWindow", "Older film"),
        lambda: console.select_next(1),
        "PgDown",
        repeats=True,
    )
    named = view.stage.film.actions_.by_name()
    measuring = (*MEASURES, "remove_measure", "magnifier")
    for name, action in named.items():
        if name not in measuring:
            menus.view.addAction(action)
    measure = translate("MainWindow", "Measure")
    menus.add_group(menus.view, measure, [named[name] for name in measuring], look.icon("measure"))
    menus.view.addSeparator()
    larger, smaller = translate("MainWindow", "Larger type"), translate("MainWindow", "Smaller type")
    add(menus.view, "larger", larger, lambda: window.scale_type(25), "Ctrl++", "Ctrl+=")
    add(menus.view, "smaller", smaller, lambda: window.scale_type(-25), "Ctrl+-")
    statistics = translate("MainWindow", "Statistics")
    add(menus.view, "statistics", statistics, window.open_statistics, "Ctrl+T", icon=look.icon("statistics"))
    connections = translate("MainWindow", "Connections")
    add(menus.view, "connections", connections, window.open_connections, "Ctrl+K", icon=look.icon("pacs"))
    add(menus.view, "full_screen", translate("MainWindow", "Full screen"), window.toggle_full_screen, "F11")
    add(
        menus.help,
        "guide",
        translate("MainWindow", "User guide"),
        window.show_guide,
        "F1",
        icon=look.icon("info"),
    )
    add(menus.help, "setup", translate("MainWindow", "Set up this console …"), window.open_setup)
    add(menus.help, "keys", translate("MainWindow", "Keys"), window.show_keys, "Shift+F1")
    menus.help.addSeparator()
    add(menus.help, "about", translate("MainWindow", "About this program"), window.show_about)
