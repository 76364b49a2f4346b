"""What the commands say of misuse and of nothing to do: the fault, the remedy and the exit code of their help."""

from __future__ import annotations

import io
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.support.console import Console
from tests.support.dicom_maker import make_film
from workstation import cli
from workstation.__main__ import main
from workstation.cli.queue import open_database
from workstation.cli.values import setting_value
from workstation.domain.decision import Choice
from workstation.domain.operator import Role
from workstation.persistence.database import Database
from workstation.services.data_folder import open_data_folder
from workstation.services.operators import OperatorService
from workstation.settings.network import Listener


def no_window(_paths: Sequence[Path], _data_dir: Path | None, _demo: bool, _language: str | None) -> int:
    raise AssertionError("a window was opened")


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code, and everything printed."""
    try:
        code = cli.main([*map(str, arguments)], no_window)
    except SystemExit as left:
        code = int(left.code or 0)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = open_data_folder(tmp_path / "data")
    Database.open(folder.database, folder.backups).close()
    return folder.root


def test_a_folder_of_copies_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    film = make_film(tmp_path / "film.dcm")
    code, words = said(capsys, "export", film, "--out", tmp_path / "taken")
    assert code == 1
    assert str(tmp_path / "taken") in words
    assert "Choose another folder for the copies" in words
    assert "data folder" not in words


@pytest.mark.parametrize("port", ["99999", "0", "http", "²", "9" * 5000])
@pytest.mark.parametrize("command", ["echo localhost", "send x --host h --port", "receive --port"])
def test_a_port_that_is_none_is_explained(
    capsys: pytest.CaptureFixture[str], command: str, port: str
) -> None:
    code, words = said(capsys, *command.split(), port)
    assert code == 1
    assert f"'{port}' is no TCP port" in words
    assert ("between 1 and 65535" if port in ("99999", "0") else "must be a whole number") in words


@pytest.mark.parametrize("title", ["", " ", "SEVENTEEN_LETTERS", "ПАКС", "A\\B"])
@pytest.mark.parametrize(
    "command", ["receive --ae-title", "echo h 104 --called-ae", "send x --host h --calling-ae"]
)
def test_an_ae_title_that_is_none_is_explained_wherever_it_is_given(
    capsys: pytest.CaptureFixture[str], command: str, title: str
) -> None:
    code, words = said(capsys, *command.split(), title)
    assert code == 1
    assert f"{title!r} is no AE title" in words
    assert "16" in words


@pytest.mark.parametrize("address", ["192.168..5", ".", "192.168.1", "a..b", "10.0.0.5/24", "1.2.3.4.5", "ä"])
def test_an_address_that_is_none_is_explained(capsys: pytest.CaptureFixture[str], address: str) -> None:
    code, words = said(capsys, "receive", "--address", address)
    assert code == 1
    assert f"{address!r} is no address: it must be an IP address" in words


@pytest.mark.parametrize(
    "address",
    ["", "0.0.0.0", "192.168.1.5", "::", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "localhost", "ws-2.local"],
)
def test_addresses_that_are_some_are_taken(address: str) -> None:
    assert setting_value(Listener, "address", "address")(address) == address


def test_a_day_in_another_order_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    code, words = said(capsys, "worklist", "--day", "25.11.2026")
    assert code == 1
    assert "year-month-day" in words
    assert "fromisoformat" not in words


@pytest.mark.parametrize(
    ("command", "remedy"),
    [(("echo", "10.0.0.5"), "a host with its port"), (("send", "x.dcm", "--to", "PACS"), "--host")],
)
def test_a_host_alone_is_not_looked_for_in_the_settings_in_vain(
    capsys: pytest.CaptureFixture[str], data: Path, command: tuple[str, ...], remedy: str
) -> None:
    code, words = said(capsys, *command, "--data-dir", data)
    assert code == 1
    assert "(none is set)" in words
    assert remedy in words


def test_settings_of_a_folder_that_is_not_there_are_not_in_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, words = said(capsys, "settings", "check", "--data-dir", tmp_path / "typo")
    assert code == 1
    assert "There is no folder" in words
    code, words = said(capsys, "settings", "check", "--data-dir", tmp_path)
    assert code == 0
    assert "every setting has its default" in words


def test_a_profile_that_changes_nothing_says_so(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    profile = data / "profile.toml"
    assert said(capsys, "settings", "export", profile, "--data-dir", data)[0] == 0
    assert said(capsys, "settings", "import", profile, "--data-dir", data) == (
        0,
        "the profile changes nothing\n",
    )


@pytest.mark.parametrize("arguments", [("disable",), ("add", " "), ("role", "Anna")])
def test_operators_without_name_or_role_are_misuse(
    capsys: pytest.CaptureFixture[str], data: Path, arguments: tuple[str, ...]
) -> None:
    code, words = said(capsys, "operators", *arguments, "--data-dir", data)
    assert code == 1
    assert "it is not said" in words


def test_what_was_done_to_operators_is_told(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--data-dir", data)
    assert "no operators yet" in said(capsys, "operators", *where)[1]
    monkeypatch.setattr("sys.stdin", io.StringIO("4711\n"))
    assert said(capsys, "operators", "add", "Anna", "--role", "admin", *where) == (
        0,
        "Anna: added, admin, PIN set\n",
    )
    assert said(capsys, "operators", "add", "Boris", "--no-pin", *where)[1] == (
        "Boris: added, radiographer, no PIN\n"
    )
    assert said(capsys, "operators", "role", "Boris", "--role", "lead", *where)[1] == "Boris: lead\n"
    assert said(capsys, "operators", "disable", "Boris", *where)[1] == "Boris: disabled\n"
    assert said(capsys, "operators", "disable", "Nobody", *where)[0] == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    code, words = said(capsys, "operators", "add", "Empty", *where)
    assert (code, "No PIN was given" in words) == (2, True)
    assert "Empty" not in said(capsys, "operators", *where)[1]


@pytest.mark.parametrize("error", [KeyError("uid"), OSError("no entry")])
def test_operators_are_changed_where_the_system_user_has_no_name(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("getpass.getuser", Mock(side_effect=error))
    if sys.platform != "win32":
        monkeypatch.setattr("pwd.getpwuid", Mock(side_effect=error))
    added = said(capsys, "operators", "add", "Boris", "--no-pin", "--data-dir", data)
    assert added == (0, "Boris: added, radiographer, no PIN\n")
    assert said(capsys, "queue", "retry", "7", "--data-dir", data)[1].startswith("7: ")


def test_an_empty_queue_says_so_beside_its_records(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert cli.main(["queue", "--data-dir", str(data)], no_window) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nothing waits" in captured.err


@pytest.mark.parametrize("command", [("audit", "verify"), ("operators",), ("queue",)])
def test_a_command_leaves_a_damaged_database_where_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    console = Console(tmp_path / "data")
    for _ in range(30):
        console.disposition.choose(console.film().id, Choice.SEND, "A")
    console.close()
    path = console.database.path
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 9)
    before = path.read_bytes()
    code, words = said(capsys, *command, "--data-dir", console.root)
    assert (code, "damaged" in words, "Restart the program" in words) == (1, True, True)
    assert "intact" not in words
    assert path.read_bytes() == before
    assert size == len(before)
    console.open()
    assert console.database.moved_aside is not None
    console.close()
    code, words = said(capsys, "audit", "verify", "--data-dir", console.root)
    assert code == 0
    assert console.database.moved_aside.name in words, "what is not in the fresh record is told"


def test_a_command_under_a_running_window_costs_no_decision(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    console = Console(tmp_path / "data")
    with console.folder.lock():
        film = console.film()
        with closing(sqlite3.connect(console.database.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (root,) = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 'seen_file'"
            ).fetchone()
        with console.database.path.open("r+b") as file:
            file.seek(4096 * (root - 1))
            file.write(b"\xff" * 4096)
        assert said(capsys, "operators", "--data-dir", console.root)[0] == 1
        console.disposition.choose(film.id, Choice.SEND, "A")
        console.close()
        with closing(sqlite3.connect(console.database.path)) as connection:
            assert connection.execute("SELECT author FROM decision").fetchall() == [("A",)]


def test_a_command_does_not_update_a_database(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    with closing(sqlite3.connect(data / "workstation.sqlite3")) as connection:
        connection.execute("PRAGMA user_version = 1000")
    code, words = said(capsys, "queue", "--data-dir", data)
    assert code == 1
    assert "Start the program once" in words


@pytest.mark.parametrize(
    "command",
    [
        ("echo", "127.0.0.1", "104"),
        ("send", "x.dcm", "--to", "PACS"),
        ("worklist",),
        ("check", "x.dcm"),
    ],
)
def test_a_data_folder_that_is_not_there_is_not_taken_for_one_of_defaults(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    code, words = said(capsys, *command, "--data-dir", tmp_path / "typo")
    assert (code, "There is no folder" in words) == (1, True)


@pytest.mark.parametrize("command", [("queue",), ("operators",), ("settings", "check")])
def test_a_data_folder_below_the_home_is_found_and_one_nobody_may_look_at_is_named(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HOME", str(data.parent))
    assert said(capsys, *command, f"--data-dir=~/{data.name}")[0] == 0  # which no shell expands
    monkeypatch.setattr(Path, "is_dir", Mock(side_effect=PermissionError(13, "Permission denied")))
    code, words = said(capsys, *command, "--data-dir", data)
    assert code == 1
    assert f"{data} cannot be used: Permission denied" in words


def test_a_profile_where_this_user_may_not_look_is_named(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "profile.toml"
    refused = PermissionError(13, "Permission denied", str(profile))
    for ask in ("exists", "is_file"):
        monkeypatch.setattr(Path, ask, Mock(side_effect=refused))
    for action in ("export", "import", "check"):
        code, words = said(capsys, "settings", action, profile, "--data-dir", data)
        assert (code, f"{profile}: Permission denied" in words) == (1, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("command", [("settings", "describe"), ("operators", "list")])
def test_a_full_disk_below_the_output_is_told(data: Path, command: tuple[str, ...]) -> None:
    with open_database(data) as database:
        OperatorService(database).add("Anna", Role.LEAD, "", "test")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "workstation", *command, "--data-dir", str(data)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("cxr-workstation: what was to be printed could not be written")
    assert done.stderr.count("\n") == 1


def test_a_window_without_its_libraries_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "workstation.app", raising=False)
    for name in ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it fails
    assert main([]) == 1
    words = capsys.readouterr().err
    assert "PySide6" in words
    assert "Install it" in words


def test_options_before_the_command_are_told(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        cli.main(["--data-dir", str(data), "queue"], no_window)
    assert caught.value.code == 1
    assert "options come after the command: cxr-workstation queue" in capsys.readouterr().err
