"""The countdown of sending by itself, and how tests let it run."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent

from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.exposure import Exposure, ExposureState
from workstation.settings.model import Settings
from workstation.ui.auto_send import AutoSend

SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0, auto_send_seconds=3)


def countdown(program: Program) -> AutoSend:
    found = program.window.findChildren(AutoSend)
    assert len(found) == 1
    return found[0]


def seconds(program: Program, number: int) -> None:
    """Let the clock of the countdown go on."""
    for _ in range(number):
        countdown(program)._tick.timeout.emit()


def strip(program: Program) -> str:
    return program.window.view.panel.strip.text.full_text()


def of(program: Program, film: Exposure) -> Exposure:
    found = program.console.get(film.id)
    assert found is not None
    return found


def stays(desk: Desk, program: Program, film: Exposure) -> None:
    """Longer than the countdown goes by, and the film has not left."""
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).state is ExposureState.ANALYSED


def rebuilt(desk: Desk, program: Program) -> None:
    """Build the window anew, without a hand on it."""
    program.settings.replace(replace(program.settings(), room="Room 7"))
    desk.settled(program)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def poll(desk: Desk, program: Program) -> None:
    for _ in range(2):  # a file is offered once it stood still
        program.console._folders._ask()
        desk.settled(program)
