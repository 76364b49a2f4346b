"""Films come to the window by network, and what the listener lacks is told without stopping the program."""

from __future__ import annotations

import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.window import Desk
from workstation.app import Program
from workstation.dicom.network.store_scp import ListenerConfig, ReceivedObject, StoreScp, StoreStatus
from workstation.domain.decision import Choice
from workstation.domain.exposure import ExposureState
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener

needs_dcmtk = pytest.mark.skipif(
    shutil.which("storescu") is None, reason="DCMTK is not installed (apt: dcmtk)"
)
SETTINGS = Settings(language="en", operator="Ivanova", undo_seconds=600.0)


def listening_on(port: int) -> Settings:
    return replace(SETTINGS, listener=Listener(enabled=True, port=port, address="127.0.0.1"))


def says(desk: Desk, program: Program, words: str) -> None:
    desk.qtbot.waitUntil(lambda: words in program.window.view.top.listener.text.text(), timeout=10_000)


def send(port: int, *films: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["storescu", "-aec", "CXRWS", "127.0.0.1", str(port), *map(str, films)])


@needs_dcmtk
def test_a_film_sent_by_a_modality_is_shown_analysed_and_counted(desk: Desk) -> None:
    port = free_port()
    program = desk.open(listening_on(port))
    says(desk, program, f"receiving on port {port}")
    with send(port, desk.film(), desk.film()) as modality:
        desk.qtbot.waitUntil(lambda: len(program.console.exposures) == 2, timeout=20_000)
        assert modality.wait(10) == 0
    desk.settled(program)
    desk.qtbot.waitUntil(
        lambda: all(e.verdict is not None for e in program.console.exposures), timeout=20_000
    )
    stage = program.console.stage
    assert stage is not None, "a film takes the free stage"
    assert program.window.view.stage.film.film is not None
    desk.qtbot.waitUntil(lambda: "received 2" in program.window.view.top.listener.toolTip())


def test_a_taken_port_is_told_and_mended_in_the_settings(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = desk.open(listening_on(port))
        says(desk, program, f"not receiving: port {port}")
        assert "set another port" in program.window.view.top.listener.toolTip()
        desk.arrive(program)
    other = free_port()
    program.settings.replace(listening_on(other))
    says(desk, program, f"receiving on port {other}")
    program.settings.replace(SETTINGS)
    says(desk, program, "")
    desk.qtbot.waitUntil(lambda: not program.window.view.top.listener.isVisible())
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", other), 1):
        pass


def test_undo_after_sending_says_what_is_left_to_do(desk: Desk) -> None:
    port = free_port()
    shelf: list[str] = []

    def keep(received: ReceivedObject) -> StoreStatus:
        shelf.append(received.sop_instance_uid)
        return StoreStatus.SUCCESS

    pacs = Destination("PACS", "127.0.0.1", port, "PACS")
    with StoreScp(ListenerConfig("PACS", port, "127.0.0.1"), keep):
        program = desk.open(replace(SETTINGS, undo_seconds=0.0, destinations=(pacs,)))
        film = desk.arrive(program)
        program.console.decide(film.id, Choice.SEND)
        desk.settled(program)
        desk.qtbot.waitUntil(lambda: sent(program, film.id), timeout=10_000)
    assert len(shelf) == 1
    program.console.select(film.id)
    strip = program.window.view.panel.strip
    assert not strip.undo.isVisible()
    program.window.view.panel.undo()
    assert "cannot be called back" in strip.failure.text()
    assert sent(program, film.id), "nothing was undone"


def sent(program: Program, exposure_id: int) -> bool:
    exposure = program.console.get(exposure_id)
    return exposure is not None and exposure.state is ExposureState.SENT
