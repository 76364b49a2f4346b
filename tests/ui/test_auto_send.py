"""Sending by itself: only films with nothing to object to, only where seen, and any hand stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk
from workstation.app import Program
from workstation.dicom.network.errors import PeerFailed
from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable, StorageFailed
from workstation.domain.exposure import Exposure, ExposureState
from workstation.domain.film import PatientIdentity
from workstation.domain.findings import GateFinding, Kind, State, Verdict
from workstation.domain.order import Fit, Order
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter
from workstation.services.film import Film
from workstation.services.orders import OrderService
from workstation.settings.model import Settings
from workstation.settings.network import WorklistPeer
from workstation.ui.auto_send import AutoSend
from workstation.ui.roster import Problem

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


def test_a_good_film_leaves_after_the_countdown_and_nobody_is_said_to_have_decided(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    assert "leaves in 3 s" in strip(program)
    seconds(program, 1)
    assert "leaves in 2 s" in strip(program)
    seconds(program, 2)
    desk.settled(program)
    decision = of(program, film).decision
    assert decision is not None
    assert (decision.choice, decision.author) == (Choice.SEND, AUTOMATIC)
    found = program.console.parts.statistics.summary(FilmFilter())
    assert found.against.judged.decided == 0, "no agreement of a person with the program"


def test_any_key_leaves_the_film_to_the_person(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    assert "Not decided yet" in strip(program)
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).decision is None
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.settled(program)
    decision = of(program, film).decision
    assert decision is not None
    assert decision.author == "Ivanova"


@pytest.mark.parametrize(
    "verdict",
    [
        frontal(crop(State.WARN, Edge.BOTTOM)),
        frontal(crop(State.UNSURE, Edge.RIGHT)),
        frontal(crop(State.NOT_ASSESSED)),
        lateral(crop(State.PASS), rotation(State.UNSURE, 8.0)),
        lateral(crop(State.NOT_ASSESSED), rotation(State.PASS, 2.0)),
        replace(frontal(crop(State.PASS)), findings=()),
        replace(frontal(crop(State.PASS)), polarity=GateFinding(Kind.POLARITY, State.NOT_ASSESSED)),
    ],
    ids=[
        "warned",
        "unsure",
        "not assessed",
        "rotation unsure",
        "partly assessed",
        "nothing assessed",
        "polarity not assessed",
    ],
)
def test_a_film_with_anything_to_look_at_waits(desk: Desk, verdict: Verdict) -> None:
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    film = desk.arrive(program)
    desk.settled(program)
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).decision is None


@pytest.mark.parametrize(
    "header",
    [
        {"view_position": "LL"},
        {"PresentationLUTShape": "INVERSE"},
        {"PresentationIntentType": "FOR PROCESSING"},
    ],
    ids=["header names the other projection", "polarity contradicts itself", "raw image"],
)
def test_a_film_whose_header_is_to_be_checked_waits(desk: Desk, header: dict[str, object]) -> None:
    analyser = ScriptedAnalyser(lambda _film, _projection: frontal(crop(State.PASS)))
    program = desk.open(SETTINGS, analyser=analyser)
    film = desk.arrive(program, **header)
    desk.settled(program)
    seconds(program, 5)
    desk.settled(program)
    assert of(program, film).decision is None


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


def test_a_film_whose_pixels_cannot_be_shown_any_more_waits(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    Path(film.stored_path).unlink()
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    stays(desk, program, film)


def test_a_film_that_is_assessed_again_waits_and_so_it_does_where_that_fails(desk: Desk) -> None:
    """What is known of it is the word of another cascade."""
    verdicts = [frontal(crop(State.PASS))]

    def once(_film: Film, _projection: Projection | None) -> Verdict:
        if not verdicts:
            raise CascadeUnavailable("model_failed", "The model failed.", "Report this.")
        return verdicts.pop()

    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(SETTINGS, make_pool=lambda: next(pools), analyser=ScriptedAnalyser(once))
    film = desk.arrive(program)
    assert "leaves in 3 s" in strip(program)
    analysis.hold()
    program.settings.replace(replace(SETTINGS, intra_op_threads=2))
    seconds(program, 5)
    assert of(program, film).state is ExposureState.ANALYSED
    analysis.release()
    desk.settled(program)
    assert film.id in program.console.verdicts.errors
    stays(desk, program, film)


def test_a_window_that_is_not_in_front_does_not_count(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    seconds(program, 2)
    with monkeypatch.context() as behind:
        behind.setattr(countdown(program), "_seen", lambda: False)
        seconds(program, 20)
        desk.settled(program)
        assert of(program, film).decision is None
    assert "leaves in 3 s" in strip(program), "whoever comes back has the whole time"


@pytest.mark.parametrize("prompt", [Qt.Key.Key_F8, Qt.Key.Key_F6])
def test_a_film_whose_reasons_or_notes_were_opened_before_the_verdict_came_is_left_to_the_person(
    desk: Desk, prompt: Qt.Key
) -> None:
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(SETTINGS, make_pool=lambda: next(pools))
    analysis.hold()
    film = desk.arrive(program)
    desk.qtbot.keyClick(program.window, prompt)
    assert program.window.view.panel.prompting
    assert of(program, film).verdict is None
    analysis.release()
    desk.settled(program)
    assert of(program, film).verdict is not None
    assert "leaves in" not in strip(program)
    stays(desk, program, film)
    desk.qtbot.keyClick(QApplication.focusWidget() or program.window, Qt.Key.Key_Escape)
    stays(desk, program, film)


@pytest.mark.parametrize("hand", ["key", "mouse"])
def test_a_film_that_a_person_had_in_hand_before_the_verdict_came_is_left_to_the_person(
    desk: Desk, hand: str
) -> None:
    """It would leave turned as nobody meant it, or amid a drag."""
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(replace(SETTINGS, send_turned=True), make_pool=lambda: next(pools))
    analysis.hold()
    film = desk.arrive(program)
    if hand == "key":
        desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    else:
        canvas = program.window.view.stage.film.canvas
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    analysis.release()
    assert of(program, film).verdict is not None
    assert "leaves in" not in strip(program)
    rebuilt(desk, program)
    stays(desk, program, film)
    desk.close(program)
    program = desk.open(SETTINGS)
    stays(desk, program, film)


def test_a_film_turned_while_it_was_being_stored_is_left_to_the_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(replace(SETTINGS, send_turned=True))
    take = program.node.intake.take

    def with_a_hand_on_it(path: Path) -> Exposure:
        assert program.console.previewing
        desk.qtbot.keyClick(program.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        return take(path)

    with monkeypatch.context() as patched:
        patched.setattr(program.node.intake, "take", with_a_hand_on_it)
        film = desk.arrive(program)
    assert "leaves in" not in strip(program)
    stays(desk, program, film)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    desk.arrive(program)
    assert "leaves in 3 s" in strip(program), "the hand was on the film before"


def test_a_film_whose_projection_a_person_names_is_left_to_the_person(desk: Desk) -> None:
    def script(_film: Film, named: Projection | None) -> Verdict:
        return frontal(crop(State.WARN if named is None else State.PASS, Edge.LEFT))

    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(script))
    film = desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F2)
    desk.qtbot.keyClick(QApplication.focusWidget() or program.window, Qt.Key.Key_Return)
    desk.settled(program)
    verdict = of(program, film).verdict
    assert verdict is not None
    assert verdict.state is State.PASS
    stays(desk, program, film)


def test_the_hand_that_decides_one_film_is_not_on_the_next(desk: Desk) -> None:
    verdicts = iter((frontal(crop(State.WARN, Edge.LEFT)), frontal(crop(State.PASS))))
    program = desk.open(SETTINGS, analyser=ScriptedAnalyser(lambda _film, _projection: next(verdicts)))
    desk.arrive(program)
    desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_F5)
    assert "leaves in 3 s" in strip(program)


def test_behind_an_open_menu_no_film_leaves(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    menu = program.window.view.menus.film
    menu.popup(QPoint(10, 10))
    film = desk.arrive(program)
    stays(desk, program, film)
    menu.close()
    seconds(program, 3)
    desk.settled(program)
    assert of(program, film).state is ExposureState.ACCEPTED


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


def poll(desk: Desk, program: Program) -> None:
    for _ in range(2):  # a file is offered once it stood still
        program.console._folders._ask()
        desk.settled(program)


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


def test_off_by_default(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, auto_send_seconds=Settings().auto_send_seconds))
    desk.arrive(program)
    desk.settled(program)
    assert "leaves" not in strip(program)


def test_a_film_that_a_person_takes_back_is_left_to_the_person(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    seconds(program, 3)
    desk.settled(program)
    assert of(program, film).state is ExposureState.ACCEPTED
    desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settled(program)
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


def test_a_stopped_countdown_stays_stopped_when_the_window_is_built_anew(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    rebuilt(desk, program)
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


@pytest.mark.parametrize("how", ["countdown stopped", "taken back"])
def test_a_film_left_to_the_person_is_left_to_the_person_after_a_restart(desk: Desk, how: str) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    if how == "taken back":
        seconds(program, 3)
        desk.settled(program)
        desk.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    else:
        desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    desk.settled(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


def test_a_film_in_hand_before_its_verdict_is_left_to_the_person_after_a_restart(desk: Desk) -> None:
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    program = desk.open(SETTINGS, make_pool=lambda: next(pools))
    analysis.hold()
    film = desk.arrive(program)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    analysis._waiting.clear()  # the program ends before it comes
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert "Not decided yet" in strip(program)
    stays(desk, program, film)


def test_a_film_that_another_cascade_judged_is_judged_anew_after_a_restart(desk: Desk) -> None:
    """An update, or the site's own calibration: the film must not leave by thresholds that are in force no more."""
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    other = ScriptedAnalyser(
        lambda _film, _named: replace(frontal(crop(State.WARN, Edge.BOTTOM)), cascade="scripted@1+site")
    )
    other.cascade_name = "scripted@1+site"
    analysis = HeldPool()
    pools = iter((HeldPool(), HeldPool(), analysis, HeldPool(), HeldPool(), HeldPool()))
    analysis.hold()
    program = desk.open(SETTINGS, analyser=other, make_pool=lambda: next(pools))
    assert program.console.analysis.loading
    assert "Not decided yet" in strip(program)
    seconds(program, 5)
    assert of(program, film).decision is None
    analysis.release()
    desk.settled(program)
    verdict = of(program, film).verdict
    assert verdict is not None
    assert (verdict.cascade, verdict.state) == ("scripted@1+site", State.WARN)
    stays(desk, program, film)
    assert len(other.asked) == 1
    desk.close(program)
    program = desk.open(SETTINGS, analyser=other)
    desk.settled(program)
    assert len(other.asked) == 1, "judged by this cascade already"


def test_that_a_film_is_left_to_the_person_is_written_once_the_disk_has_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(SETTINGS)
    with monkeypatch.context() as patched:

        def full(_exposure_id: int) -> Exposure:
            raise StorageFailed("disk_full", "The disk is full.", "Free some space.")

        patched.setattr(program.node.disposition, "leave_to_person", full)
        program.console.open_paths([desk.film()])
        desk.settled(program)
    (film,) = program.console.exposures
    assert not film.left_to_person
    program.console.refresh()
    desk.settled(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    stays(desk, program, film)


def test_a_countdown_that_nobody_stopped_begins_anew_after_a_restart(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    desk.close(program)
    program = desk.open(SETTINGS)
    desk.settled(program)
    assert "leaves in 3 s" in strip(program)


def test_a_disk_that_refuses_is_said_and_the_film_stays_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open(SETTINGS)
    film = desk.arrive(program)
    desk.settled(program)

    def full(_exposure_id: int) -> Exposure:
        raise StorageFailed("disk_full", "The disk is full.", "Free some space.")

    monkeypatch.setattr(program.node.disposition, "leave_to_person", full)
    problems: list[Problem] = []
    program.console.problem.connect(problems.append)
    desk.qtbot.keyClick(program.window, Qt.Key.Key_I)
    desk.settled(program)
    assert [getattr(problem.error, "code", "") for problem in problems] == ["disk_full"]
    stays(desk, program, film)


def test_a_countdown_that_goes_on_in_a_window_built_anew_is_seen(desk: Desk) -> None:
    program = desk.open(SETTINGS)
    desk.arrive(program)
    desk.settled(program)
    rebuilt(desk, program)
    assert "leaves in 3 s" in strip(program)
