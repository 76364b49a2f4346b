"""A second start hands its files to the first; a killed program's socket is in nobody's way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from tests.support.window import Desk
from workstation import app
from workstation.services.data_folder import SERVICE, open_data_folder
from workstation.ui.single_instance import InstanceServer, hand_over, server_name

_SECOND = """
import sys
from pathlib import Path
from unittest.mock import Mock
from PySide6.QtCore import QCoreApplication
from workstation.ui.single_instance import hand_over
app = QCoreApplication([])
sys.exit(0 if hand_over(Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]]) else 7)
"""


def second_start(qtbot: QtBot, folder: Path, *paths: str) -> int:
    """Run a second program; the first one's event loop goes on meanwhile."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen([sys.executable, "-c", _SECOND, str(folder), *paths], cwd=folder)
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=30_000)
    return process.returncode


@pytest.mark.usefixtures("qapp")
def test_nobody_there_means_start_yourself(tmp_path: Path) -> None:
    assert not hand_over(tmp_path, [Path("a.dcm")])


def test_paths_come_over_absolute(qtbot: QtBot, tmp_path: Path) -> None:
    server = InstanceServer(tmp_path)
    assert server.listen()
    with qtbot.waitSignal(server.handed_over, timeout=30_000) as caught:
        assert second_start(qtbot, tmp_path, "film.dcm", "/elsewhere/снимок 2.dcm") == 0
    assert caught.args == [[tmp_path / "film.dcm", Path("/elsewhere/снимок 2.dcm")], False]
    server.close()


def test_each_data_folder_has_its_own(tmp_path: Path) -> None:
    assert server_name(tmp_path / "a") != server_name(tmp_path / "b")
    assert server_name(tmp_path / "a") == server_name(tmp_path / "x" / ".." / "a")


def test_a_data_folder_whose_name_is_no_utf_8_has_one_too(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode("данные".encode("koi8-r"))
    server = InstanceServer(folder)
    assert server.listen()
    with qtbot.waitSignal(server.handed_over, timeout=30_000) as caught:
        assert second_start(qtbot, folder, "film.dcm") == 0
    assert caught.args == [[folder / "film.dcm"], False]
    server.close()


@pytest.mark.parametrize("error", [KeyError("uid"), OSError("no entry")])
def test_a_system_user_without_a_name_starts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("getpass.getuser", Mock(side_effect=error))
    if sys.platform != "win32":
        monkeypatch.setattr("pwd.getpwuid", Mock(side_effect=error))
    assert server_name(tmp_path) == server_name(tmp_path)


def test_a_stale_socket_is_no_program_and_is_replaced(qtbot: QtBot, tmp_path: Path) -> None:
    first = InstanceServer(tmp_path)
    assert first.listen()
    path = first._server.fullServerName()
    first.close()
    if sys.platform != "win32":
        # What a killed program leaves: a socket file that nobody listens on.
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(path)
        assert Path(path).exists()
    assert not hand_over(tmp_path, [Path("a.dcm")])
    second = InstanceServer(tmp_path)
    assert second.listen()
    assert second_start(qtbot, tmp_path, "a.dcm") == 0
    second.close()


@pytest.mark.usefixtures("qapp")
def test_nonsense_from_the_socket_is_ignored(tmp_path: Path) -> None:
    server = InstanceServer(tmp_path)
    heard: list[object] = []
    server.handed_over.connect(lambda *args: heard.append(args))
    server._handle(b"GET / HTTP/1.1\n")
    server._handle(b'{"paths": 3}\n')
    assert heard == []


@pytest.mark.usefixtures("qapp")
def test_films_of_two_starts_at_once_are_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first holds the folder, and listens only once its window is there.
    listens = iter([False, False, True])
    asked: list[list[Path]] = []

    def handed(_root: Path, paths: list[Path], *, demo: bool) -> bool:
        asked.append(paths)
        return next(listens) and not demo

    monkeypatch.setattr(app.single_instance, "hand_over", handed)
    with open_data_folder(tmp_path).lock():
        assert app.run([Path("b.dcm")], tmp_path) == 0
    assert asked == [[Path("b.dcm")]] * 3


@pytest.mark.usefixtures("qapp")
def test_beside_a_service_the_window_says_so_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    with open_data_folder(tmp_path).lock(SERVICE):
        assert app.run([], tmp_path) == 1
    assert time.monotonic() - begun < 5
    assert "Stop that service first" in capsys.readouterr().err


def test_films_of_a_second_start_enter_the_list(desk: Desk, qtbot: QtBot) -> None:
    program = desk.open()
    film = desk.film()
    assert second_start(qtbot, desk.root / "data", str(film)) == 0
    qtbot.waitUntil(lambda: len(program.console.exposures) == 1)


def test_a_second_start_brings_a_minimised_window_back(desk: Desk) -> None:
    program = desk.open()
    program.window.showMinimized()
    program.server.handed_over.emit([], False)
    assert not program.window.isMinimized()
    assert program.window.isVisible()
