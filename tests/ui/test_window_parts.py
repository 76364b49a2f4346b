"""Statistics, list, dropped files, problems and mistakes, in the running window."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QScreen
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame, QLabel, QMessageBox, QToolButton, QWidget

from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk, drain, words
from workstation import app
from workstation.domain.decision import Choice
from workstation.domain.delivery import DestinationState, DestinationStatus
from workstation.domain.edges import Edge
from workstation.domain.errors import KnownError
from workstation.domain.findings import State
from workstation.domain.projection import Projection
from workstation.services.data_folder import open_data_folder
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.ui.error_dialog import ErrorDialog, report
from workstation.ui.jobs import ThreadPool
from workstation.ui.process import hooks
from workstation.ui.roster import Problem
from workstation.ui.statistics.window import StatisticsWindow


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
    with hooks(program.tell_mistake):
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
    program.console.statuses.append(DestinationStatus("Old PACS", DestinationState.REMOVED, failed=1))
    program.window.view.top.refresh()
    assert program.window.view.top.pacs.text.text().startswith("PACS not answering since"), (
        "nobody asked the old one"
    )


@pytest.mark.usefixtures("qapp")
def test_run_says_why_it_cannot_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert app.run([], blocked) == 1
    assert "--data-dir" in capsys.readouterr().err


@pytest.mark.usefixtures("qapp")
def test_whoever_has_no_terminal_sees_why_it_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(app, "_STARTING_S", 0.0)
    monkeypatch.setattr("PySide6.QtWidgets.QApplication.platformName", lambda: "xcb")
    monkeypatch.setattr(QMessageBox, "exec", lambda box: shown.extend((box.text(), box.informativeText())))
    with open_data_folder(tmp_path).lock():
        assert app.run([], tmp_path, language="ru") == 1
    assert shown[0].startswith("Программа уже запущена")
    assert "окне" in shown[1]
    assert str(tmp_path) in shown[1]


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


def test_a_word_that_goes_on_in_the_next_line_has_a_hyphen_and_a_path_has_none(desk: Desk) -> None:
    program = desk.open(Settings(language="ru", text_scale=200))
    path = "/data/incoming/2026-11-29/film.dcm"
    problem = Problem("a.dcm", KnownError("x", "Это не рентгенограмма.", f"Проверьте {path}."))
    program.window.view.problems.add(problem)
    said = [label.text() for label in program.window.view.problems.findChildren(QLabel)]
    assert any("рентгенограм\u00adма." in text for text in said)
    assert any(text.replace("\u200b", "").endswith(f"{path}.") and "\u00ad" not in text for text in said)


def test_no_window_is_higher_than_a_small_screen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    room = QSize(1093, 574)  # 1366 x 768 at 125 %, less a task bar
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: room)
    program = desk.open(Settings(language="ru", text_scale=200))
    window = program.window
    for act in (
        window.open_settings,
        window.open_setup,
        window.open_connections,
        window.open_operators,
        window.show_guide,
        window.open_statistics,
    ):
        act()
        desk.settled(program)
        shown = [w for w in QApplication.topLevelWidgets() if w is not window and w.isVisible()]
        assert shown
        for other in shown:
            assert other.minimumHeight() < room.height(), type(other)
            assert isinstance(other, StatisticsWindow) or other.height() < room.height(), type(other)
            other.close()
        desk.settled(program)
    assert window.minimumHeight() < room.height()
    assert window.minimumWidth() <= room.width()


def test_which_folders_dialogs_were_in_is_noted_in_the_data_folder_alone(desk: Desk) -> None:
    """Discs and folders bear names of patients; by itself Qt notes them among the settings of all its programs."""
    program = desk.open()
    disc = desk.root / "IVANOV_IVAN_1970"
    disc.mkdir()
    (disc / "film.dcm").write_bytes(b"film")
    dialog = QFileDialog(program.window, "Open films")
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setDirectory(str(disc))
    dialog.show()
    dialog.selectFile(str(disc / "film.dcm"))
    dialog.accept()
    dialog.deleteLater()
    drain()
    assert disc.name in (desk.root / "data" / "QtProject.conf").read_text(encoding="utf-8")
