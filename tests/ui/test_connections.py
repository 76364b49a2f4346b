"""The connection page: how each peer stands, a test in plain words, and the queue under a person's hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel

from tests.support.pools import HeldPool
from tests.support.ports import free_port
from tests.support.window import Desk
from workstation.app import Program
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState, DestinationState, DestinationStatus
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener, SetAside, WorklistPeer
from workstation.ui import words
from workstation.ui.connections.window import ConnectionsWindow

DEAD = Destination("PACS", "127.0.0.1", free_port(), "PACS")
SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=0.0, destinations=(DEAD,))


def page(desk: Desk, settings: Settings = SETTINGS) -> tuple[Program, ConnectionsWindow]:
    program = desk.open(settings)
    program.window.open_connections()
    window = program.window.findChild(ConnectionsWindow)
    assert window is not None
    return program, window


def said(window: ConnectionsWindow) -> str:
    return " | ".join(w.text() for w in window.findChildren(QLabel) if w.isVisibleTo(window))


def test_a_dead_peer_says_in_plain_words_what_is_wrong(desk: Desk) -> None:
    _, window = page(desk)
    row = window.destinations["PACS"]
    assert row.peer_test is not None
    row.peer_test.ask.click()
    desk.qtbot.waitUntil(lambda: "refuses connections" in row.peer_test.answer.text())  # type: ignore[union-attr]
    assert "Check the port" in row.peer_test.answer.text()
    window.close()


@pytest.mark.parametrize(("chosen", "left"), [("send_kept", False), ("leave_kept", True)])
def test_films_accepted_without_a_destination_are_said_and_a_person_chooses(
    desk: Desk, chosen: str, left: bool
) -> None:
    program = desk.open(replace(SETTINGS, destinations=()))
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)
    desk.settled(program)
    program.settings.replace(SETTINGS)
    desk.settled(program)
    assert program.window.view.top.pacs.text.text() == "1 accepted film never sent"
    program.window.open_connections()
    window = program.window.findChild(ConnectionsWindow)
    assert window is not None
    assert "1 accepted film never sent" in said(window)
    getattr(window, chosen).click()
    desk.settled(program)
    (delivery,) = program.console.parts.worklist.get(film.id).deliveries
    assert (delivery.state is DeliveryState.CANCELLED) == left
    assert "never sent" not in said(window) + program.window.view.top.pacs.text.text()
    window.close()


def test_the_menu_sends_them_and_says_so_while_there_is_no_destination(desk: Desk) -> None:
    program = desk.open(replace(SETTINGS, destinations=()))
    film = desk.arrive(program)
    desk.settled(program)

    def entry() -> QAction:
        return program.window.view.menus.actions_by_name["send_kept"]

    assert not entry().isEnabled(), "there is nothing to send"
    program.console.decide(film.id, Choice.SEND)
    desk.qtbot.waitUntil(entry().isEnabled)
    entry().trigger()
    (window,) = program.window.findChildren(ConnectionsWindow)
    assert "No destination is set" in said(window)
    window.close()
    program.settings.replace(replace(SETTINGS, language="ru"))  # the window is built anew
    desk.settled(program)
    assert entry().isEnabled()
    entry().trigger()
    desk.qtbot.waitUntil(lambda: not entry().isEnabled())
    (delivery,) = program.console.parts.worklist.get(film.id).deliveries
    assert delivery.destination == "PACS"


def test_a_destination_whose_settings_hold_a_mistake_keeps_its_films(desk: Desk) -> None:
    """One typo in settings.toml: films for that destination wait, and every line says so."""
    program = desk.open(replace(SETTINGS, destinations=(), set_aside=(SetAside("PACS"),)))
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)
    line = program.window.view.top.pacs.text
    desk.qtbot.waitUntil(lambda: line.text() == "PACS: mistake in the settings, 1 waiting")
    program.window.open_connections()
    window = program.window.findChild(ConnectionsWindow)
    assert window is not None
    assert "waiting 1" in said(window)
    assert "hold a mistake" in said(window)
    assert "No destination is set" not in said(window)
    program.settings.mend(replace(program.settings(), destinations=(DEAD,)))
    desk.settled(program)
    assert program.settings().set_aside == ()
    desk.qtbot.waitUntil(lambda: line.text().startswith("PACS not answering"))
    (delivery,) = program.console.parts.worklist.get(film.id).deliveries
    assert delivery.destination == "PACS"


def test_an_archive_that_never_confirms_is_told(desk: Desk) -> None:
    _, window = page(desk)
    status = DestinationStatus(
        "PACS", DestinationState.IDLE, sent=3, unconfirmed=2, unconfirmed_since="2026-01-05T10:42:00+00:00"
    )
    standing = window._of_destination(status)
    assert standing.tone == "warn"
    assert standing.text.startswith("No answer about the safekeeping of 2 objects, the oldest sent ")
    assert "ask the PACS administrator" in standing.detail
    assert window._of_destination(replace(status, unconfirmed=0, unconfirmed_since="")).tone == "pass"
    assert window._of_destination(replace(status, failed=1)).tone == "danger"
    stopped = replace(status, unconfirmed=0, unconfirmed_since="", state=DestinationState.STOPPED)
    assert window._of_destination(replace(stopped, waiting=1)).tone == "warn", "it is not on its way"
    assert window._of_destination(replace(stopped, waiting=0)).tone == "pass"


def test_what_waits_is_listed_and_can_be_taken_off(desk: Desk) -> None:
    program, window = page(desk)
    assert window.queue.title.text() == "The queue is empty"
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)
    desk.settled(program)
    desk.qtbot.waitUntil(lambda: window.queue.model.rowCount() == 1)
    assert window.queue.title.text() == "Queue: 1 object"
    assert not window.queue.cancel.isEnabled()
    window.queue.table.selectRow(0)
    assert window.queue.cancel.isEnabled()

    def cancelled() -> bool:
        # Between two attempts: one that is under way cannot be taken off, and says so.
        window.queue.table.selectRow(0)
        window.queue.cancel.click()
        return program.console.parts.worklist.get(film.id).deliveries[0].state is DeliveryState.CANCELLED

    desk.qtbot.waitUntil(cancelled)
    desk.qtbot.waitUntil(lambda: window.queue.model.rowCount() == 0)
    window.close()


@pytest.mark.parametrize(("language", "scale"), [("en", 100), ("ru", 100), ("en", 200), ("ru", 200)])
def test_the_queue_says_whose_film_it_is_and_when_it_is_tried_again(
    desk: Desk, language: str, scale: int
) -> None:
    program, window = page(desk, replace(SETTINGS, language=language, text_scale=scale))
    film = desk.arrive(program, patient_name="Aleksandrova^Valentina")
    program.console.decide(film.id, Choice.SEND)

    def tried() -> bool:
        return bool(program.console.parts.worklist.get(film.id).deliveries[0].attempts)

    desk.qtbot.waitUntil(tried)
    window.queue.refresh()
    desk.settled(program)
    desk.qtbot.wait(50)
    table, model = window.queue.table, window.queue.model
    assert "Aleksandrova, Valentina" in model.item(0, 0).text()
    for column in range(4):
        assert table.columnWidth(column) >= table.sizeHintForColumn(column), model.item(0, column).text()
        assert model.item(0, column).toolTip() == model.item(0, column).text()
    assert table.columnWidth(4) > 100
    window.close()


def test_without_peers_it_says_what_happens_then(desk: Desk) -> None:
    _, window = page(desk, replace(SETTINGS, destinations=()))
    text = said(window)
    assert "Films by network are not received." in text
    assert "Films are not compared with orders." in text
    assert "decided films are not sent" in text
    window.close()


def test_own_listener_says_who_was_turned_away_and_what_to_do(desk: Desk) -> None:
    port = free_port()
    listener = Listener(enabled=True, ae_title="ROOM1", port=port, address="127.0.0.1")
    program, window = page(desk, replace(SETTINGS, language="ru", destinations=(), listener=listener))
    desk.qtbot.waitUntil(lambda: "принято 0" in said(window))
    assert f"порт {port}" in said(window)
    with pytest.raises(PeerFailed):
        echo(Peer("127.0.0.1", port, "WRONG", "MODALITY"))
    desk.qtbot.waitUntil(lambda: "другим AE-заголовком" in said(window))
    assert "'WRONG'" in said(window), "the call itself is named, to be mended at the modality"
    assert "Укажите" in said(window)
    window.close()
    assert program.console.listener is not None


def test_changed_peers_build_it_anew_and_it_stays_open(desk: Desk) -> None:
    program, window = page(desk)
    other = replace(DEAD, name="Archive")
    worklist = WorklistPeer(enabled=True, host="127.0.0.1", port=free_port(), called_ae="RIS")
    program.settings.replace(replace(program.settings(), destinations=(DEAD, other), worklist=worklist))
    desk.qtbot.waitUntil(
        lambda: any(
            w is not window and set(w.destinations) == {"PACS", "Archive"}
            for w in program.window.findChildren(ConnectionsWindow)
        )
    )
    for opened in program.window.findChildren(ConnectionsWindow):
        opened.close()


def test_a_click_on_a_peer_in_the_top_bar_opens_it_and_a_second_one_brings_it_forward(desk: Desk) -> None:
    program, window = page(desk)
    program.window.view.top.pacs.clicked.emit()
    assert program.window.findChildren(ConnectionsWindow) == [window]
    window.close()


@pytest.mark.parametrize(
    ("language", "waits", "refused"),
    [
        ("en", "PACS not answering since {0}, 2 waiting", "PACS refused 1 object"),
        ("ru", "PACS не отвечает с {0}, в очереди 2", "PACS: не принят 1 объект"),
    ],
)
def test_a_report_in_the_queue_is_not_counted_as_a_film(
    desk: Desk, language: str, waits: str, refused: str
) -> None:
    """One film and its report: who read of two films looked for the other, and the film itself had been taken."""
    wanted = replace(DEAD, wants_reports=True)
    program = desk.open(replace(SETTINGS, language=language, destinations=(wanted,)))
    film = desk.arrive(program)
    desk.settled(program)
    program.console.decide(film.id, Choice.SEND)
    line = program.window.view.top.pacs.text

    def said() -> bool:
        program.console.refresh()
        since = program.console.statuses[0].down_since
        return bool(since) and line.text() == waits.format(words.moment(since))

    desk.qtbot.waitUntil(said, timeout=15_000)
    program.console.statuses = [DestinationStatus("PACS", DestinationState.IDLE, failed=1)]
    program.window.view.top.refresh()
    assert line.text() == refused


def test_what_is_chosen_in_the_queue_stays_chosen_and_the_keys_stay_where_they_are(desk: Desk) -> None:
    """It is read anew with every change: time enough to choose three films, and to reach the button by Tab."""
    program, window = page(desk)
    for _ in range(3):
        program.console.decide(desk.arrive(program).id, Choice.SEND)
    desk.settled(program)
    queue = window.queue
    desk.qtbot.waitUntil(lambda: queue.model.rowCount() == 3)
    window.activateWindow()
    queue.table.selectRow(0)
    queue.table.selectionModel().select(
        queue.model.index(2, 0),
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    chosen, current = queue._chosen(), queue.table.currentIndex().row()
    assert len(chosen) == 2
    queue.cancel.setFocus(Qt.FocusReason.TabFocusReason)
    changed: list[int] = []
    queue.model.rowsInserted.connect(lambda *_: changed.append(-1))
    queue.model.itemChanged.connect(lambda item: changed.append(item.row()))
    queue.refresh()
    desk.settled(program)
    changed.clear()
    queue.refresh()
    desk.settled(program)
    assert not changed, "nothing is made anew where nothing changed"
    assert queue._chosen() == chosen
    assert queue.table.currentIndex().row() == current
    assert queue.cancel.hasFocus()
    window.close()


def test_a_line_that_goes_leaves_no_other_chosen_in_its_place(desk: Desk) -> None:
    program, window = page(desk)
    queue = window.queue
    films = [desk.arrive(program, patient_name=f"Film^{number}") for number in range(5)]
    for film in films:
        program.console.decide(film.id, Choice.SEND)
    desk.settled(program)
    desk.qtbot.waitUntil(lambda: queue.model.rowCount() == 5)
    program.node.delivery.stop()
    window.activateWindow()
    queue.table.setFocus()
    queue.table.selectRow(1)
    with program.node.database.transaction() as connection:
        connection.execute("UPDATE outbox SET state = 'sent' WHERE exposure_id = ?", (films[1].id,))
        connection.execute("UPDATE outbox SET state = 'cancelled' WHERE exposure_id = ?", (films[3].id,))
    queue.refresh()
    desk.settled(program)
    assert queue._chosen() == []
    assert not queue.cancel.isEnabled()

    def names() -> list[str]:
        return [queue.model.item(row, 0).text()[-7:] for row in range(queue.model.rowCount())]

    assert names() == ["Film, 0", "Film, 2", "Film, 4"]
    queue.table.selectRow(1)
    with program.node.database.transaction() as connection:
        connection.execute("UPDATE outbox SET state = 'failed' WHERE exposure_id = ?", (films[3].id,))
    queue.refresh()
    desk.settled(program)
    assert names() == ["Film, 0", "Film, 2", "Film, 3", "Film, 4"]
    assert queue.model.item(2, 3).text() == "failed"
    assert queue._chosen() == [queue._id(queue.model.index(1, 0))]
    window.close()


def test_however_fast_films_leave_the_queue_is_read_one_time_after_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read for every film that left: of thousands, the window stood still and no decision was stored."""
    program = desk.open(Settings(language="en", operator="Ivanova", destinations=(DEAD,)), make_pool=HeldPool)
    program.window.open_connections()
    queue = program.window.findChild(ConnectionsWindow).queue  # type: ignore[union-attr]
    desk.settled(program)
    pool = program.workers.decisions._pool
    assert isinstance(pool, HeldPool)
    read: list[None] = []
    delivery = program.console.parts.delivery
    deliveries = delivery.deliveries
    monkeypatch.setattr(delivery, "deliveries", lambda: read.append(None) or deliveries())
    pool.hold()
    for _ in range(20):
        program.console.delivery_changed.emit()
        program.console.statuses_changed.emit()
    pool.release()
    desk.qtbot.waitUntil(lambda: not queue._reading)
    assert len(read) == 2, "once, and once more for what changed meanwhile"
