"""The viewer knows its film by whose it is, whatever else is read or kept in memory meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tests.support.pools import HeldPool
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.exposure import Exposure
from workstation.domain.projection import Projection


@pytest.fixture
def program(desk: Desk) -> Program:
    return desk.open(make_pool=HeldPool)


def on_stage(program: Program) -> Exposure:
    stage = program.console.stage
    assert stage is not None
    return stage


def three_decided(desk: Desk, program: Program) -> list[Path]:
    files = [desk.film() for _ in range(3)]
    for file in files:
        program.console.open_paths([file])
        program.window.view.panel.send()
    return files


def drawn_as_judged(program: Program) -> bool:
    """Whether the verdict over the film is the one that the panel tells, after it has changed."""
    program.console.override_projection(on_stage(program).id, Projection.LATERAL)
    verdict = on_stage(program).verdict
    assert verdict is not None
    assert verdict.projection.label is Projection.LATERAL
    return program.window.view.stage.film._verdict == verdict


def test_known_files_coming_again_do_not_part_the_viewer_from_its_film(desk: Desk, program: Program) -> None:
    files = three_decided(desk, program)
    film = desk.arrive(program)
    program.console.open_paths(files)
    assert on_stage(program).id == film.id
    assert program.console.store.get(film.id) is program.window.view.stage.film.film
    assert drawn_as_judged(program)


def test_a_copy_of_the_film_on_the_stage_does_not_part_the_viewer_from_it(
    desk: Desk, program: Program
) -> None:
    file = desk.film()
    program.console.open_paths([file])
    copy = file.with_name("copy.dcm")
    shutil.copy(file, copy)
    program.console.open_paths([copy])
    assert len(program.console.exposures) == 1
    assert drawn_as_judged(program)


def test_the_film_is_there_after_the_window_was_built_anew(desk: Desk, program: Program) -> None:
    files = three_decided(desk, program)
    desk.arrive(program)
    program.console.open_paths(files)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    stage = program.window.view.stage
    assert stage.currentWidget() is stage.pair
    assert stage.film.film is program.console.shown
    assert stage.film.film is not None
    assert drawn_as_judged(program)


def test_first_pixels_outlive_a_window_built_anew(desk: Desk, program: Program) -> None:
    """The window may be built anew between a film's first pixels and its storing."""

    def larger() -> None:
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)

    program.console.film_shown.connect(larger, Qt.ConnectionType.SingleShotConnection)
    desk.arrive(program)
    stage = program.window.view.stage
    assert program.settings().text_scale == 125
    assert stage.currentWidget() is stage.pair
    assert stage.film.film is program.console.shown
    assert drawn_as_judged(program)


def test_a_film_being_read_is_not_shown_by_a_window_built_anew(desk: Desk) -> None:
    films = HeldPool()
    pools = iter((HeldPool(), films, HeldPool(), HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(make_pool=lambda: next(pools))
    for _ in range(6):
        desk.arrive(program)
    films.hold()
    program.window.view.panel.send()
    unread = on_stage(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    view = program.window.view
    assert view.stage.film.film is None
    assert not view.panel.send_button.isEnabled()
    films.release()
    assert program.console.shows(unread.id)
    assert view.stage.film.film is program.console.shown
    assert view.panel.send_button.isEnabled()


def test_a_stored_film_that_cannot_be_read_says_why_in_its_place(desk: Desk) -> None:
    program = desk.open()
    lost, other = desk.arrive(program), desk.arrive(program)
    desk.settled(program)
    program.console.select(other.id)
    Path(lost.stored_path).unlink()
    program.console.store.forget(lost.id)
    program.console.select(lost.id)
    desk.settled(program)
    stage = program.window.view.stage
    assert stage.currentWidget() is stage.pair
    assert "does not exist" in stage.film.canvas.message[0]
    assert stage.film.canvas.message[1]
    program.console.select(other.id)
    assert stage.film.canvas.message == ("", "")
    desk.close(program)
    again = desk.open()
    again.console.select(lost.id)
    desk.settled(again)
    assert again.window.view.stage.currentWidget() is again.window.view.stage.pair
    assert "does not exist" in again.window.view.stage.film.canvas.message[0]


def test_the_first_film_has_the_keys(desk: Desk) -> None:
    program = desk.open()
    first = desk.arrive(program)
    desk.arrive(program)
    assert program.window.view.stage.film.canvas.hasFocus()
    desk.qtbot.keyClick(program.window.focusWidget(), Qt.Key.Key_Up)
    assert program.console.stage is not None
    assert program.console.stage.id == first.id, "an arrow moves the film, not the list"
