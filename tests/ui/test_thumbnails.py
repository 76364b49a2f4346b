"""The small pictures in the list are of the films beside them, whatever became of the database."""

from __future__ import annotations

import numpy as np

from tests.support.dicom_maker import make_film
from tests.support.window import Desk
from workstation.app import Program
from workstation.ui.worklist_model import THUMBNAIL

FILMS = 5  # more than are kept in memory


def arrive(desk: Desk, program: Program, *, bright: bool) -> None:
    """Films of which the right half is bright, or the left one."""
    for number in range(FILMS):
        pixels = np.full((96, 80), 10 + number, np.uint16)
        half = np.s_[:, 40:] if bright else np.s_[:, :40]
        pixels[half] = 4000
        program.console._found([make_film(desk.root / f"{bright}-{number}.dcm", pixels)])
    desk.settled(program)


def bright_on_the_right(desk: Desk, program: Program) -> list[bool]:
    model = program.window.view.worklist.model
    rows = [model.index(row) for row in range(model.rowCount())]
    for row in rows:
        row.data(THUMBNAIL)
    desk.settled(program)
    pictures = [row.data(THUMBNAIL) for row in rows]
    return [picture.pixelColor(picture.width() - 5, 50).value() > 128 for picture in pictures]


def test_films_under_the_numbers_of_another_database_have_pictures_of_their_own(desk: Desk) -> None:
    program = desk.open()
    arrive(desk, program, bright=False)
    desk.close(program)
    program = desk.open()
    desk.settled(program)
    assert bright_on_the_right(desk, program) == [False] * FILMS
    database = program.node.database.root / "workstation.sqlite3"
    desk.close(program)
    for file in database.parent.glob("workstation.sqlite3-*"):
        file.unlink()
    database.write_bytes(b"no database" * 1000)
    program = desk.open()
    assert program.node.database.moved_aside is not None
    arrive(desk, program, bright=True)
    desk.close(program)
    program = desk.open()
    desk.settled(program)
    assert bright_on_the_right(desk, program) == [True] * FILMS
