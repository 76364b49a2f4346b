"""What comes back after its window is closed: no mistake of the program, and a real error is said all the same."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent

from tests.support.pools import HeldPool
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.operator import Role
from workstation.ui.jobs import Jobs
from workstation.ui.roster import Problem


def gone() -> None:
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()


def hold(jobs: Jobs) -> HeldPool:
    pool = jobs._pool
    assert isinstance(pool, HeldPool)
    pool.hold()
    return pool


def problems_of(program: Program) -> list[Problem]:
    problems: list[Problem] = []
    program.console.problem.connect(problems.append)
    return problems


def test_an_operator_who_is_added_as_the_window_closes(desk: Desk) -> None:
    program = desk.open(make_pool=HeldPool)
    problems = problems_of(program)
    for name in ("Adam", "Adam"):
        window = program.window.locking.manage()
        pool = hold(program.workers.decisions)
        window.name.setText(name)
        window.pin.setText("1234")
        window.role.setCurrentIndex([role for role, _ in window._roles].index(Role.ADMIN))
        window._add()
        window.close()
        gone()
        pool.release()
    assert [operator.name for operator in program.console.parts.operators.all()] == ["Adam"]
    assert len(problems) == 1, "the second one was refused"
    assert [operator.name for operator in program.session.choices] == ["Adam"], "the first one may sign in"


def test_a_report_that_cannot_be_written_as_the_window_closes(desk: Desk) -> None:
    program = desk.open(make_pool=HeldPool)
    problems = problems_of(program)
    program.window.open_statistics()
    window = program.window._statistics.window
    assert window is not None
    pool = hold(program.workers.background)
    window.saver.save_report(desk.root / "nowhere" / "report.pdf")
    window.close()
    gone()
    pool.release()
    assert len(problems) == 1


def test_a_film_compared_with_that_is_read_as_the_window_is_built_anew(desk: Desk) -> None:
    program = desk.open(make_pool=HeldPool)
    first, second = desk.arrive(program), desk.arrive(program)
    program.console.select(second.id)
    program.console.store._kept.pop(first.id, None)
    pool = hold(program.workers.films)
    program.window.view.stage.film.actions_.compare.setChecked(True)
    program.window.scale_type(25)
    gone()
    pool.release()
    assert program.window.view.stage.compare.film is None
