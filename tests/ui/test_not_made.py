"""An object that could not be made of a film is said on the window, in its language, also after a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.ports import free_port
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.settings.model import Settings
from workstation.settings.network import Destination

DEAD = Destination("PACS", "127.0.0.1", free_port(), "PACS", wants_reject_notes=True)
SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=0.0, destinations=(DEAD,))


def texts(program: Program) -> list[str]:
    return program.window.view.problems.texts()


def rejected(desk: Desk, settings: Settings) -> Program:
    """A program whose film names no series, so that nothing can refer to it; it is rejected."""
    program = desk.open(settings)
    film = desk.arrive(program, SeriesInstanceUID="", patient_name="Petrov^Petr")
    program.console.decide(film.id, Choice.RETAKE, "motion")
    desk.settled(program)
    return program


@pytest.mark.parametrize(
    ("language", "message", "remedy"),
    [
        ("en", "The reject note of this film could not be made.", "tell the PACS administrator"),
        ("ru", "Не удалось создать отметку о браке этого снимка.", "администратору PACS"),
    ],
)
def test_a_reject_note_that_cannot_be_made_is_said_and_said_again_after_a_restart(
    desk: Desk, language: str, message: str, remedy: str
) -> None:
    settings = replace(SETTINGS, language=language)
    program = rejected(desk, settings)
    for _ in range(2):
        desk.qtbot.waitUntil(lambda shown=program: bool(texts(shown)))
        (said,) = texts(program)
        assert message in said
        assert remedy in said
        assert "Petrov, Petr" in said, "it tells which film"
        desk.close(program)
        program = desk.open(settings)


def test_where_nobody_wants_reject_notes_nobody_is_bothered(desk: Desk) -> None:
    program = rejected(desk, replace(SETTINGS, destinations=(replace(DEAD, wants_reject_notes=False),)))
    worklist = program.console.parts.worklist
    desk.qtbot.waitUntil(lambda: bool(worklist.not_made()))
    desk.settled(program)
    assert texts(program) == []


def test_an_undone_decision_takes_the_failure_with_it(desk: Desk) -> None:
    program = rejected(desk, SETTINGS)
    desk.qtbot.waitUntil(lambda: bool(texts(program)))
    program.console.undo(program.console.exposures[0].id)
    desk.settled(program)
    desk.close(program)
    again = desk.open(SETTINGS)
    desk.settled(again)
    assert texts(again) == []
