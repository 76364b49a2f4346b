"""Sending by itself: neither old films, nor opened ones, nor any that may be another patient's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.auto_send import SETTINGS, of, poll, seconds, stays, strip
from tests.support.window import Desk
from workstation.dicom.network.errors import PeerFailed
from workstation.domain.exposure import ExposureState
from workstation.domain.film import PatientIdentity
from workstation.domain.order import Fit, Order
from workstation.services.orders import OrderService
from workstation.settings.network import WorklistPeer


def test_another_film_under_a_uid_that_is_known_waits(desk: Desk) -> None:
    """An archive keeps one of the two; which one is for a person to say."""
    program = desk.open(SETTINGS)
    first = desk.arrive(program, sop_instance_uid="1.2.3")
    desk.settled(program)
    seconds(program, 3)
    desk.settled(program)
    assert of(program, first).state is ExposureState.ACCEPTED
    other = desk.arrive(program, sop_instance_uid="1.2.3")
    desk.settled(program)
    assert program.console.stage is not None
    assert (program.console.stage.id, other.conflicts_with) == (other.id, first.id)
    stays(desk, program, other)


def test_no_film_leaves_before_the_worklist_has_told_its_orders(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the wrong patient's; a worklist that is dead holds nothing up."""
    monkeypatch.setattr(OrderService, "start", lambda _self: None)
    worklist = WorklistPeer(enabled=True, host="127.0.0.1", port=1)
    program = desk.open(replace(SETTINGS, worklist=worklist))
    orders = program.node.orders
    film = desk.arrive(program, AcquisitionDate=f"{datetime.now():%Y%m%d}")
    assert orders.awaited(film.header)
    stays(desk, program, film)

    def fails(*_: object) -> tuple[Order, ...]:
        raise PeerFailed("refused", "Nobody answers.", "Start the worklist.", passing=True)

    orders._find = fails
    orders.ask()
    assert not orders.awaited(film.header)
    program.console.refresh()
    assert "leaves in 3 s" in strip(program)
    orders._find = lambda *_: ()
    orders.ask()
    program.console.refresh()
    assert program.console.order_check(of(program, film)).fit is Fit.NO_ORDER, "told that there are none"
    stays(desk, program, film)


@pytest.mark.parametrize("how", ["midnight", "midnight, restart"])
def test_a_film_of_the_wrong_patient_does_not_leave_by_itself_the_next_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Today's orders say nothing of yesterday's film; "Wrong patient?" stays as long as its order is known."""
    monkeypatch.setattr(OrderService, "start", lambda _self: None)
    settings = replace(SETTINGS, worklist=WorklistPeer(enabled=True, host="127.0.0.1", port=1))
    other = Order(PatientIdentity("Petrova, Anna", "P2", "1980-02-02"), "A1", "", "DX", "Chest PA")
    program = desk.open(settings)
    program.node.orders._find = lambda *_: (other,)
    program.node.orders.ask()
    today = f"{datetime.now():%Y%m%d}"
    film = desk.arrive(program, AccessionNumber="A1", AcquisitionDate=today, AcquisitionTime="100000")
    desk.settled(program)
    assert program.console.order_check(of(program, film)).fit is Fit.WRONG_PATIENT
    if "restart" in how:
        desk.close(program)
        program = desk.open(settings)
    orders = program.node.orders
    monkeypatch.setattr(orders, "_clock", lambda: datetime.now().astimezone() + timedelta(days=1))
    orders._find = lambda *_: (replace(other, accession_number="A7"),)
    orders.ask()
    program.console.refresh()
    desk.settled(program)
    assert "leaves in" not in strip(program)
    stays(desk, program, film)
    known = "restart" not in how
    assert program.console.order_check(of(program, film)).fit is (Fit.WRONG_PATIENT if known else Fit.UNKNOWN)


@pytest.mark.parametrize("restart", [False, True])
def test_neither_of_two_films_under_one_identity_leaves_by_itself(desk: Desk, restart: bool) -> None:
    """Which of them is meant is for a person to say; the archive takes the first that comes."""
    program = desk.open(SETTINGS)
    first = desk.arrive(program)
    desk.settled(program)
    assert "leaves in 3 s" in strip(program)
    other = desk.arrive(program, sop_instance_uid=first.header.sop_instance_uid)
    desk.settled(program)
    if restart:
        desk.close(program)
        program = desk.open(SETTINGS)
        desk.settled(program)
    for film in (first, other):
        program.console.select(film.id)
        assert "leaves in" not in strip(program)
        stays(desk, program, film)


def test_a_film_of_yesterday_is_told_that_another_bears_its_identity(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    first = desk.arrive(program)
    desk.settled(program)
    console, node = program.console, program.node
    for part in (node.worklist, node.intake):
        part._clock = lambda: datetime.now().astimezone() + timedelta(days=1)
    console._day._timer.timeout.emit()
    desk.settled(program)
    desk.arrive(program, sop_instance_uid=first.header.sop_instance_uid)
    desk.settled(program)
    assert of(program, first).shares_uid


@pytest.mark.parametrize("by_hand", [True, False], ids=["shown", "of a folder"])
def test_a_film_that_a_person_opened_does_not_leave_by_itself(desk: Desk, by_hand: bool) -> None:
    """It may be an old one, or from a disc of another hospital; opening a folder would send all of it."""
    program = desk.open(SETTINGS)
    program.console.open_paths([desk.film()], by_hand=by_hand)
    desk.qtbot.waitUntil(lambda: len(program.console.exposures) == 1)
    desk.settled(program)
    assert "leaves in" not in strip(program)
    stays(desk, program, program.console.exposures[0])
    fresh = desk.arrive(program)
    desk.settled(program)
    program.console.select(fresh.id)
    desk.settled(program)
    assert "leaves in 3 s" in strip(program), "one that comes from the modality does"


@pytest.mark.parametrize("restart", [False, True])
def test_what_lay_in_a_watched_folder_before_does_not_leave_by_itself(desk: Desk, restart: bool) -> None:
    """A folder that was full before it was named, or of which a database that was set aside knew: a film may have been
    rejected long since."""
    settings = replace(SETTINGS, watch_folders=(str(desk.root / "incoming"),))
    desk.film()
    program = desk.open(settings)
    poll(desk, program)
    (old,) = program.console.exposures
    if restart:
        desk.close(program)
        program = desk.open(settings)
        poll(desk, program)
        assert program.console.stage == old
    assert "leaves in" not in strip(program)
    stays(desk, program, old)
    desk.film()
    poll(desk, program)
    fresh = program.console.exposures[0]
    assert fresh.id != old.id
    program.console.select(fresh.id)
    assert "leaves in 3 s" in strip(program), "what comes while the folder is watched does"


@pytest.mark.parametrize(
    ("taken", "leaves"),
    [(-1, False), (0, True), (None, True), ("midnight", False), ("midnight, restart", False)],
)
def test_a_film_that_was_taken_on_another_day_does_not_leave_by_itself(
    desk: Desk, taken: int | str | None, leaves: bool
) -> None:
    """Sent or copied here again, and whoever decided about it may have rejected it; or nobody looked at it yet."""
    program = desk.open(SETTINGS)
    if isinstance(taken, str):
        film = desk.arrive(program)
        if "restart" in taken:
            desk.close(program)
            program = desk.open(SETTINGS)
        program.node.worklist._clock = lambda: datetime.now().astimezone() + timedelta(days=1)
        program.console._day._timer.timeout.emit()
    else:
        tags = {"AcquisitionDate": None, "AcquisitionTime": None, "StudyDate": None, "StudyTime": None}
        day = datetime.now() + timedelta(days=taken or 0)
        film = desk.arrive(program, **tags if taken is None else {"AcquisitionDate": f"{day:%Y%m%d}"})
    desk.settled(program)
    assert ("leaves in 3 s" in strip(program)) == leaves
    seconds(program, 5)
    desk.settled(program)
    assert (of(program, film).state is ExposureState.ACCEPTED) == leaves


def test_no_film_of_the_demo_study_leaves_by_itself(desk: Desk) -> None:
    """It is nobody's; the archive is a real one."""
    program = desk.open(SETTINGS)
    program.console.open_demo()
    desk.settled(program)
    assert program.console.exposures
    assert "leaves in" not in strip(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    for film in program.console.exposures:
        program.console.select(film.id)
        stays(desk, program, film)
