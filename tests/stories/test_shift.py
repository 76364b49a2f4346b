"""A whole shift by keyboard alone: sixty films come in, twelve of them with faults; nothing is lost or miscounted."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.support.dicom_maker import chest_pixels, make_film
from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure
from workstation.domain.findings import State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, Opinion
from workstation.persistence import audit
from workstation.services.film import Film
from workstation.settings.model import Settings
from workstation.ui.jobs import ThreadPool

FILMS, FAULTS, OVERRULED = 60, 12, 2
Key = Qt.Key


def number_of(film: Film) -> int:
    return int(film.header.accession_number)


def script(film: Film, _projection: Projection | None) -> Verdict:
    """Every fifth film is faulty; laterals are turned, frontals cut."""
    number = number_of(film)
    faulty = number % (FILMS // FAULTS) == 0
    if number % 2:
        turned = rotation(State.WARN if faulty else State.PASS, 14.0 if faulty else 2.0)
        return lateral(crop(State.PASS), turned)
    return frontal(crop(State.WARN, Edge.BOTTOM) if faulty else crop(State.PASS))


class Keyboard:
    """Presses keys where the focus is, and counts them."""

    def __init__(self, program: Program, qtbot: QtBot) -> None:
        self._program = program
        self._qtbot = qtbot
        self.pressed = 0

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self._qtbot.keyClick(self._program.window.focusWidget() or self._program.window, key)
            self.pressed += 1


def decide(keyboard: Keyboard, film: Exposure, overrule: bool) -> tuple[Choice, int]:
    """What a radiographer does with the film on the stage; the choice and the keys it cost."""
    before = keyboard.pressed
    assert film.verdict is not None
    if film.verdict.retake_suggested and not overrule:
        keyboard.press(Key.Key_F8, Key.Key_Return)
        return Choice.RETAKE, keyboard.pressed - before
    keyboard.press(Key.Key_F5)
    return Choice.SEND, keyboard.pressed - before


def test_sixty_films_by_keyboard(desk: Desk, qtbot: QtBot) -> None:
    folder = desk.root / "modality"
    folder.mkdir()
    settings = Settings(
        language="en", operator="Ivanova", room="Room 2", undo_seconds=600.0, watch_folders=(str(folder),)
    )
    program = desk.open(settings, one_thread, ScriptedAnalyser(script))
    keyboard = Keyboard(program, qtbot)
    for number in range(FILMS):
        make_film(
            folder / f"{number:02}.dcm",
            chest_pixels() + number,
            AccessionNumber=str(number),
            view_position="LL" if number % 2 else "PA",
        )
    done: dict[int, Choice] = {}
    cost: dict[Choice, list[int]] = {Choice.SEND: [], Choice.RETAKE: []}
    faulty = 0
    while len(done) < FILMS:
        qtbot.waitUntil(lambda: ready(program, done), timeout=30_000)
        film = program.console.stage
        assert film is not None
        assert film.verdict is not None
        faulty += film.verdict.retake_suggested
        overrule = film.verdict.retake_suggested and faulty <= OVERRULED
        choice, keys = decide(keyboard, film, overrule)
        done[film.id] = choice
        cost[choice].append(keys)
        qtbot.waitUntil(lambda f=film: not program.console.is_deciding(f.id))
    desk.settled(program)

    assert max(cost[Choice.SEND]) <= 1
    assert max(cost[Choice.RETAKE]) <= 3
    assert Counter(done.values()) == {
        Choice.SEND: FILMS - FAULTS + OVERRULED,
        Choice.RETAKE: FAULTS - OVERRULED,
    }
    # What the database holds is what was done, film by film.
    for exposure_id, choice in done.items():
        kept = program.console.parts.worklist.get(exposure_id)
        assert kept.decision is not None
        assert (kept.decision.choice, kept.decision.author) == (choice, "Ivanova")
        if choice is Choice.RETAKE:
            turned = kept.verdict is not None and kept.verdict.projection.label is Projection.LATERAL
            assert kept.decision.reason == ("rotation" if turned else "cut_off")
    summary = program.console.parts.statistics.summary(FilmFilter())
    assert (summary.total.accepted, summary.total.rejected, summary.total.undecided) == (
        FILMS - FAULTS + OVERRULED,
        FAULTS - OVERRULED,
        0,
    )
    assert summary.against.overruled == OVERRULED
    assert summary.against.rows[Opinion.WARNED].decided == FAULTS
    with program.node.database.snapshot() as connection:
        actions = Counter(row.action for i in done for row in audit.rows(connection, i))
        assert audit.verify(connection).intact
    assert actions["decision"] == FILMS
    assert actions["verdict"] == FILMS


def ready(program: Program, done: dict[int, Choice]) -> bool:
    """Whether the next film is there for a person to see, with its verdict."""
    film = program.console.stage
    waits = film is not None and film.id not in done and film.verdict is not None and film.decision is None
    return waits and program.window.view.stage.film.film is not None


def one_thread() -> ThreadPool:
    return ThreadPool(1)
