"""Settings, statistics, export, list and mistakes, in the running window."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.support.pools import ImmediatePool
from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk
from workstation import app
from workstation.domain.decision import Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import DeliveryFailed, KnownError
from workstation.domain.findings import State
from workstation.domain.projection import Projection
from workstation.settings import file
from workstation.settings.model import Settings, describe
from workstation.settings.network import Destination, Listener, WorklistPeer
from workstation.ui.error_dialog import ErrorDialog, report
from workstation.ui.jobs import Jobs, ThreadPool
from workstation.ui.roster import Problem
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.statistics.window import StatisticsWindow


def words(widget: QWidget) -> str:
    """All words of the visible labels."""
    return " | ".join(w.text() for w in widget.findChildren(QLabel) if w.isVisibleTo(widget))


@pytest.fixture
def dialog(qtbot: QtBot) -> SettingsDialog:
    def refuse(peer: Destination | WorklistPeer) -> float:
        if peer.port == 104:
            return 12.0
        raise DeliveryFailed("refused", "It refuses connections.", "Check the port.")

    made = SettingsDialog(Settings(language="en"), "en", refuse, Jobs(ImmediatePool()))
    qtbot.addWidget(made)
    return made


def put(dialog: SettingsDialog, page: str, **values: object) -> None:
    for key, value in values.items():
        dialog.forms[page].editors[key].set(value)


def add(dialog: SettingsDialog, **values: object) -> None:
    dialog.destinations.add.click()
    for key, value in values.items():
        dialog.destinations.form.editors[key].set(value)


def test_settings_are_kept_and_in_force(desk: Desk) -> None:
    program = desk.open()
    program.window.open_settings()
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    put(dialog, "console", room="Room 7", theme="light")
    add(dialog, host="pacs.example", called_ae="PACS")
    dialog.save.click()
    assert "Room 7" in words(program.window.view.top)
    kept = file.load(desk.root / "data" / "settings.toml")
    assert (kept.room, kept.theme) == ("Room 7", "light")
    assert kept.destinations == (Destination("PACS", "pacs.example", 104, "PACS"),)


def test_the_way_to_watch_a_folder_leads_to_the_button_that_adds_one(desk: Desk) -> None:
    program = desk.open()
    program.window.view.stage.empty.watch.click()
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    assert dialog.page == "films"
    focus = dialog.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Add …"
    dialog.close()


def test_the_search_shows_what_it_found_and_says_when_there_is_nothing(
    dialog: SettingsDialog, qtbot: QtBot
) -> None:
    dialog.show()
    dialog.search.setText("tls")
    marked = [w for w in dialog.findChildren(QLabel) if w.property("tone") == "accent"]
    assert marked
    assert all("tls" in w.text().casefold() for w in marked)
    assert any(not w.visibleRegion().isEmpty() for w in marked), "it is in sight"
    dialog.search.setText("no such words")
    assert any(w.text() == "Nothing found" and w.isVisible() for w in dialog.findChildren(QLabel))
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert dialog.search.text() == ""
    assert not [w for w in dialog.findChildren(QLabel) if w.property("tone") == "accent"]
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_number_that_a_field_rounds_is_no_change_to_ask_about(qtbot: QtBot) -> None:
    settings = Settings(language="en", typical_dose_frontal_msv=0.0213)
    made = SettingsDialog(settings, "en", lambda _peer: 1.0, Jobs(ImmediatePool()))
    qtbot.addWidget(made)
    made.show()
    qtbot.keyClick(made, Qt.Key.Key_Escape)
    assert not made.isVisible()


def test_escape_does_not_throw_changes_away_unasked(dialog: SettingsDialog, qtbot: QtBot) -> None:
    dialog.show()
    put(dialog, "console", room="Room 7")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert "not saved" in dialog.problem.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.result_settings == Settings(language="en")


def test_every_setting_that_is_declared_has_a_field_a_name_and_a_page(dialog: SettingsDialog) -> None:
    shown = {key for form in dialog.forms.values() for key in form.editors}
    assert {"listener", "worklist"} <= set(dialog.forms)
    for kind in (Settings, Listener, WorklistPeer):
        assert set(describe(kind)) - {"listener", "worklist", "destinations"} <= shown
    assert set(describe(Destination)) == set(dialog.destinations.form.editors)
    assert all(label.text() for label in dialog.findChildren(QLabel) if label.buddy() is not None)


def test_what_is_entered_comes_out_as_it_was(dialog: SettingsDialog) -> None:
    dialog.save.click()
    assert dialog.result_settings == Settings(language="en")


def test_a_field_goes_back_to_its_default(dialog: SettingsDialog) -> None:
    put(dialog, "sending", undo_seconds=33.0)
    form = dialog.forms["sending"]
    reset = form._resets["undo_seconds"]
    assert reset.isVisibleTo(dialog.forms["sending"])
    reset.click()
    assert form.value().undo_seconds == Settings().undo_seconds
    assert not reset.isVisibleTo(dialog.forms["sending"])


def test_a_destination_needs_an_ae_title(dialog: SettingsDialog) -> None:
    add(dialog, host="pacs.example")
    dialog.save.click()
    assert dialog.pages.currentItem().text() == "Sending"
    assert "must be filled in" in words(dialog.destinations.form)
    assert dialog.result() != QDialog.DialogCode.Accepted


def test_several_destinations_are_added_copied_and_removed(dialog: SettingsDialog) -> None:
    add(dialog, name="PACS", host="pacs.example", called_ae="PACS", wants_annotated=True)
    dialog.destinations.copy.click()
    dialog.destinations.form.editors["name"].set("PACS")
    dialog.save.click()
    assert "Another destination has this name." in words(dialog.destinations.form)
    dialog.destinations.form.editors["name"].set("Archive")
    add(dialog, name="Third", host="third.example", called_ae="THIRD")
    dialog.destinations.list.setCurrentRow(0)
    dialog.destinations.remove.click()
    dialog.save.click()
    assert [d.name for d in dialog.result_settings.destinations] == ["Archive", "Third"]
    assert dialog.result_settings.destinations[0].wants_annotated


def test_the_listener_s_settings_are_checked_and_kept(dialog: SettingsDialog) -> None:
    put(dialog, "listener", enabled=True, port=104, allowed_hosts=("10.0.0.0/8", "the next room"))
    dialog.save.click()
    assert "the next room" in words(dialog.forms["listener"])
    put(dialog, "listener", allowed_hosts=("10.0.0.0/8", "192.0.2.7"))
    dialog.forms["listener"].editors["allowed_ae_titles"].focus.setText("CR1,, CR2 ,CR1")  # type: ignore[attr-defined]
    dialog.save.click()
    assert dialog.result_settings.listener == Listener(
        enabled=True, port=104, allowed_ae_titles=("CR1", "CR2"), allowed_hosts=("10.0.0.0/8", "192.0.2.7")
    )


def test_the_connection_can_be_tested(dialog: SettingsDialog) -> None:
    add(dialog, host="pacs.example", called_ae="PACS")
    tester = dialog.destinations.peer_test
    tester.ask.click()
    assert "12 ms" in tester.answer.text()
    dialog.destinations.form.editors["port"].set(11112)
    assert tester.answer.text() == ""
    tester.ask.click()
    assert "Check the port." in tester.answer.text()
    dialog.worklist_test.ask.click()
    assert "Give host" in dialog.worklist_test.answer.text()


def test_a_search_leaves_the_pages_that_speak_of_it(dialog: SettingsDialog) -> None:
    dialog.search.setText("reject rate")
    left = [
        dialog.pages.item(i).text()
        for i in range(dialog.pages.count())
        if not dialog.pages.item(i).isHidden()
    ]
    assert left == ["Statistics"]
    assert dialog.pages.currentItem().text() == "Statistics"


def test_statistics_count_what_was_done(desk: Desk) -> None:
    program = desk.open()
    films = [desk.arrive(program) for _ in range(4)]
    program.console.decide(films[0].id, Choice.SEND)
    program.console.decide(films[1].id, Choice.RETAKE, "motion")
    program.console.decide(films[2].id, Choice.KEEP_WITH_NOTE, note="fine")
    program.window.open_statistics()
    desk.settled(program)
    window = program.window.findChild(StatisticsWindow)
    assert window is not None
    told = words(window)
    assert "exposures, 1 open" in told
    assert "Too few decided films for a rate (3; at least 20 are needed). Widen the period." in told
    assert [window.pareto.describe(i) for i in range(window.pareto.count())] == [
        "Motion blur: 1 of 1 rejects, together with the larger ones 100\u202f%"
    ]
    window.pareto.chosen.emit(0)
    desk.settled(program)
    assert window.film_list.model.film(0).exposure_id == films[1].id
    window.film_list.open.click()
    window.film_list.table.selectRow(0)
    window.film_list.open.click()
    desk.settled(program)
    assert program.console.stage is not None
    assert program.console.stage.id == films[1].id
    program.window.open_statistics()
    assert program.window.findChildren(StatisticsWindow) == [window]
    window.close()


def test_dropped_files_are_opened_and_shown(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(desk.film()))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    program.window.dropEvent(event)
    assert len(program.console.exposures) == 2
    # A person asked for it: it takes the stage.
    assert program.console.stage is not None
    assert program.console.stage.id == max(e.id for e in program.console.exposures)


def test_the_verdict_is_told_in_one_order(desk: Desk) -> None:
    verdict = lateral(crop(State.PASS), rotation(State.WARN, 14.0))
    program = desk.open(analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    desk.arrive(program, view_position="LL")
    cards = program.window.view.panel.cards
    assert cards.cards[0].state is State.WARN
    assert [card.opened for card in cards.cards] == [True, False, False, False, False]
    told = words(cards)
    assert "Lateral" in told
    assert "about 14° ± 4°" in told
    assert "mSv" in told


def test_a_header_that_disagrees_warns(desk: Desk) -> None:
    verdict = frontal(crop(State.PASS))
    program = desk.open(analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    desk.arrive(program, view_position="LL")
    card = program.window.view.panel.cards.projection_card
    assert card is not None
    assert card.property("state") == "warn"
    assert "header" in words(program.window.view.panel.cards)


def test_rows_speak(desk: Desk) -> None:
    verdict = frontal(crop(State.WARN, Edge.BOTTOM))
    program = desk.open(analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)
    model = program.window.view.worklist.model
    spoken = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert "frontal" in spoken
    assert "Lung cut off" in spoken
    assert "not sent" in spoken


def test_the_selected_film_is_analysed_first(desk: Desk) -> None:
    gate, begun = threading.Event(), threading.Event()

    def script(_film: object, _projection: Projection | None) -> object:
        begun.set()
        gate.wait(5)
        return frontal(crop(State.PASS))

    analyser = ScriptedAnalyser(script)  # type: ignore[arg-type]
    program = desk.open(make_pool=lambda: ThreadPool(1), analyser=analyser)
    program.console.open_paths([desk.film() for _ in range(4)])
    desk.qtbot.waitUntil(lambda: len(program.console.exposures) == 4 and begun.is_set(), timeout=10_000)
    newest = max(program.console.exposures, key=lambda e: e.id)
    program.console.select(newest.id)
    gate.set()
    desk.settled(program)
    assert analyser.asked[1][0] == newest.header.sop_instance_uid


def test_closing_amid_work_ends_cleanly_and_keeps_the_decision(desk: Desk) -> None:
    gate = threading.Event()

    def script(_film: object, _projection: Projection | None) -> object:
        gate.wait(2)
        return frontal(crop(State.PASS))

    program = desk.open(make_pool=lambda: ThreadPool(1), analyser=ScriptedAnalyser(script))  # type: ignore[arg-type]
    program.console.open_paths([desk.film() for _ in range(3)])
    desk.qtbot.waitUntil(lambda: len(program.console.exposures) == 3, timeout=10_000)
    first = min(e.id for e in program.console.exposures)
    program.console.decide(first, Choice.SEND)
    threading.Timer(0.1, gate.set).start()
    desk.close(program)
    again = desk.open()
    stored = again.console.parts.worklist.get(first)
    assert stored.decision is not None
    assert stored.decision.choice is Choice.SEND


def test_a_mistake_is_shown_once_and_can_be_copied(desk: Desk) -> None:
    program = desk.open()
    name = "Ivanov^Ivan"
    with app.hooks(program.tell_mistake):
        for _ in range(2):
            try:
                int(name)
            except ValueError:
                sys.excepthook(*sys.exc_info())
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        desk.qtbot.waitUntil(lambda: _report_of(program.window).count("\nZeroDivisionError\n") == 1)
    told = _report_of(program.window)
    assert told.count("\nValueError\n") == 2
    assert "Ivanov" not in told
    assert len(program.window.findChildren(ErrorDialog)) == 1


def _report_of(window: QWidget) -> str:
    dialog = window.findChild(ErrorDialog)
    return dialog.report_text if dialog is not None else ""


def test_a_report_names_versions_and_the_place() -> None:
    try:
        raise KeyError("x")
    except KeyError as error:
        told = report(KeyError, error, error.__traceback__)
    assert "CXR Workstation" in told
    assert "test_window_parts.py" in told


def test_a_pacs_that_does_not_answer_is_said_with_time_and_number(desk: Desk) -> None:
    from tests.support.ports import free_port

    dead = Destination("PACS", "127.0.0.1", free_port(), "PACS")
    program = desk.open(Settings(language="en", destinations=(dead,), undo_seconds=0.0))
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)

    def said() -> bool:
        program.console.refresh()
        return "not answering since" in program.window.view.top.pacs.text.text()

    desk.qtbot.waitUntil(said, timeout=15_000)
    assert "1 waiting" in program.window.view.top.pacs.text.text()


@pytest.mark.usefixtures("qapp")
def test_run_says_why_it_cannot_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert app.run([], blocked) == 1
    assert "--data-dir" in capsys.readouterr().err


def test_a_problem_with_a_long_name_is_whole_and_can_be_dismissed(desk: Desk) -> None:
    program = desk.open()
    name = f"{'1.2.826.0.1.3680043.8.498.' + 6 * '951376337674'}.dcm"
    program.console.open_paths([desk.root / name])
    panel = program.window.view.problems
    program.console.problem.emit(Problem("", OSError(f"/no/{name}")))
    program.console.problem.emit(Problem("a", KnownError("x", f"Nothing lies at /no/{name}.", "Look.")))
    desk.qtbot.waitUntil(lambda: len(panel.texts()) == 3)
    assert (
        panel.texts()[-1]
        == f"{name}: The file does not exist. Check the path, or whether the file was moved."
    )
    desk.qtbot.wait(20)
    for row in panel.findChildren(QFrame):
        if row.property("card"):
            assert row.mapTo(panel, row.rect().topRight()).x() < panel.width()
            for said in row.findChildren(QLabel):
                assert said.geometry().right() <= row.width()
    for close in panel.findChildren(QToolButton):
        close.click()
    assert panel.texts() == []


def test_dragging_shows_that_films_can_be_dropped_and_an_empty_folder_is_answered(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="A"))
    empty = desk.root / "Export"
    empty.mkdir()
    (empty / "letter.txt").write_text("no film")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(empty))])
    sign = program.window.view.stage.findChild(QLabel, "drop")
    assert sign is not None
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(400, 300), Qt.DropAction.CopyAction, data, left, none)
    program.window.dragEnterEvent(entering)
    assert sign.isVisible()
    program.window.dragLeaveEvent(QDragLeaveEvent())
    assert not sign.isVisible()
    program.window.dragEnterEvent(entering)
    program.window.dropEvent(QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, left, none))
    assert not sign.isVisible()
    desk.settled(program)
    said = program.window.view.problems.texts()
    assert said == ["Export: No films in this folder. Choose a folder with DICOM, PNG, JPEG or TIFF files."]


@pytest.mark.parametrize(("width", "hidden"), [(1024, True), (1366, False)])
def test_two_films_side_by_side_take_the_room_of_the_list_where_it_is_narrow(
    desk: Desk, width: int, hidden: bool
) -> None:
    program = desk.open()
    first = desk.arrive(program, patient_id="7")
    program.window.view.panel.send()
    desk.settled(program)
    desk.arrive(program, patient_id="7")
    desk.settled(program)
    del first
    compare = program.window.view.stage.film.actions_.compare
    desk.qtbot.waitUntil(compare.isEnabled)
    compare.trigger()
    program.window.resize(width, 700)
    desk.qtbot.wait(50)
    assert program.window.view.worklist.isHidden() is False
    assert program.window.view.worklist.isVisible() is not hidden
    assert program.window.width() == width
    compare.trigger()
    assert program.window.view.worklist.isVisible()


def test_a_theme_change_keeps_problems_on_show(desk: Desk) -> None:
    program = desk.open()
    program.console.open_paths([desk.root / "gone.dcm"])
    program.settings.replace(replace(program.settings(), theme="light"))
    assert len(program.window.view.problems.texts()) == 1


def test_a_profile_is_shown_in_the_fields_before_it_is_saved(dialog: SettingsDialog, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    archive = '[[destinations]]\nname = "Archive"\nhost = "a"\nport = 104\ncalled_ae = "A"\n'
    profile.write_text(f"undo_seconds = 44.0\n{archive}")
    dialog.profile.take_in(profile)
    assert "undo_seconds, destinations: Archive" in dialog.problem.text()
    assert dialog.result_settings.undo_seconds != 44.0, "nothing is in force yet"
    dialog.save.click()
    assert dialog.result_settings.undo_seconds == 44.0
    assert [d.name for d in dialog.result_settings.destinations] == ["Archive"]
    dialog.profile.write_out(tmp_path / "out.toml")
    assert "Saved" in dialog.problem.text()
    profile.write_text("undo_seconds = 'soon'\n")
    dialog.profile.take_in(profile)
    assert "line 1" in dialog.problem.text()
