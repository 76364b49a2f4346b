"""From a modality's C-STORE to a durable exposure: DCMTK's storescu against the whole way in."""

from __future__ import annotations

import collections
import errno
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pydicom
import pytest

from tests.support.console import Console, eventually
from tests.support.dicom_maker import make_film
from workstation.dicom.network.store_scp import ListenerConfig
from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure
from workstation.persistence import at_hand
from workstation.persistence.database import Database
from workstation.services import reception
from workstation.services.data_folder import open_data_folder
from workstation.services.listening import ListeningService
from workstation.services.reading import read_film
from workstation.services.reception import ReceptionService
from workstation.services.worklist import Worklist
from workstation.settings.network import Listener

pytestmark = pytest.mark.skipif(
    shutil.which("storescu") is None, reason="DCMTK is not installed (apt: dcmtk)"
)
LOOPBACK = ListenerConfig(port=0, address="127.0.0.1")


def _send(port: int, *films: Path) -> subprocess.CompletedProcess[str]:
    command = ["storescu", "-v", "-aec", "CXRWS", "-to", "5", "127.0.0.1", str(port), *map(str, films)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    console = Console(tmp_path / "data")
    yield console
    console.close()


@pytest.fixture
def arrived() -> list[Exposure]:
    return []


@pytest.fixture
def listening(console: Console, arrived: list[Exposure]) -> Iterator[ReceptionService]:
    service = ReceptionService(console.folder, console.intake, LOOPBACK, arrived.append)
    service.start()
    yield service
    service.stop()


def test_a_film_sent_twice_is_one_exposure_and_success_both_times(
    listening: ReceptionService, console: Console, arrived: list[Exposure], tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.dcm")
    for _ in range(2):
        done = _send(listening.status().port, film)
        assert "(Success)" in done.stdout + done.stderr
    assert len(console.worklist.today()) == 1
    assert len(arrived) == 1
    status = listening.status()
    assert (status.listening, status.received, status.refused) == (True, 1, 0)


def test_a_decided_film_that_comes_again_is_told_however_long_the_program_runs(
    listening: ReceptionService, console: Console, arrived: list[Exposure], tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.dcm")
    _send(listening.status().port, film)
    decided = console.disposition.choose(arrived[0].id, Choice.RETAKE, "A", "motion")
    _send(listening.status().port, film)
    assert arrived[1:] == [decided]
    assert listening.status().received == 1


def test_what_is_no_film_is_refused_and_named_without_identifiers(
    listening: ReceptionService, console: Console, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.dcm", patient_name="Secret^Patient", Rows=None)
    done = _send(listening.status().port, film)
    assert "CannotUnderstand" in done.stdout + done.stderr
    status = listening.status()
    assert status.refused == 1
    assert status.last_problem is not None
    assert status.last_problem_at is not None
    assert "Secret" not in str(status.last_problem)
    # A UID names a patient's film as well as a name does.
    assert str(pydicom.dcmread(film).SOPInstanceUID) not in str(status.last_problem)
    assert console.worklist.today() == []


def test_a_full_disk_is_answered_out_of_resources_and_the_next_try_succeeds(
    listening: ReceptionService, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(tmp_path / "film.dcm")
    usage = collections.namedtuple("usage", "total used free")(10**12, 10**12, 1000)
    monkeypatch.setattr(reception.shutil, "disk_usage", lambda _: usage)
    refused = _send(listening.status().port, film)
    assert "OutOfResources" in refused.stdout + refused.stderr
    assert "disk is full" in str(listening.status().last_problem)
    monkeypatch.undo()
    accepted = _send(listening.status().port, film)
    assert "(Success)" in accepted.stdout + accepted.stderr
    assert len(console.worklist.today()) == 1


def test_a_film_that_could_not_be_stored_is_never_answered_with_success(
    listening: ReceptionService,
    console: Console,
    arrived: list[Exposure],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = make_film(tmp_path / "film.dcm")

    def refuses(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuses)
        refused = _send(listening.status().port, film)
    assert "OutOfResources" in refused.stdout + refused.stderr
    assert "(Success)" not in refused.stdout + refused.stderr
    status = listening.status()
    assert (status.received, status.refused) == (0, 1)
    assert status.last_problem is not None
    assert arrived == []
    assert console.worklist.today() == []
    accepted = _send(listening.status().port, film)
    assert "(Success)" in accepted.stdout + accepted.stderr
    assert len(arrived) == 1


def _database_refuses(_: object) -> int:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    raise error


def _disk_refuses(_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize(
    ("module", "name", "fault", "code"),
    [
        (at_hand, "stored_bytes", _database_refuses, "disk_error"),
        (reception.shutil, "disk_usage", _disk_refuses, "film_not_stored"),
    ],
)
def test_a_disk_that_does_not_say_how_full_it_is_is_no_fault_of_the_film(
    console: Console,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    fault: Callable[[object], object],
    code: str,
) -> None:
    film = make_film(tmp_path / "film.dcm")
    service = ReceptionService(console.folder, console.intake, LOOPBACK, quota_bytes=10**12)
    service.start()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fault)
            refused = _send(service.status().port, film)
        # Modalities send again what finds no room, and give up what is not understood.
        assert "OutOfResources" in refused.stdout + refused.stderr
        status = service.status()
        assert status.refused == 1
        assert status.last_problem is not None
        assert status.last_problem.code == code
        accepted = _send(service.status().port, film)
        assert "(Success)" in accepted.stdout + accepted.stderr
    finally:
        service.stop()


@pytest.mark.parametrize(
    ("mistake", "answer"), [(MemoryError(), "OutOfResources"), (KeyError("Secret"), "CannotUnderstand")]
)
def test_a_mistake_of_ours_is_told_too(
    listening: ReceptionService,
    console: Console,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mistake: Exception,
    answer: str,
) -> None:
    film = make_film(tmp_path / "film.dcm")

    def fails(*_: object) -> None:
        raise mistake

    with monkeypatch.context() as patch:
        patch.setattr(console.intake, "take_bytes", fails)
        refused = _send(listening.status().port, film)
    assert answer in refused.stdout + refused.stderr
    status = listening.status()
    assert status.refused == 1
    assert status.last_problem is not None
    assert status.last_problem.code == "internal"
    assert "Secret" not in str(status.last_problem) + caplog.text


def test_over_quota_is_answered_out_of_resources_and_what_is_cleaned_away_makes_room(
    console: Console, tmp_path: Path
) -> None:
    first, second = (make_film(tmp_path / f"{n}.dcm", patient_id=str(n)) for n in (1, 2))
    quota = first.stat().st_size + second.stat().st_size // 2
    service = ReceptionService(console.folder, console.intake, LOOPBACK, quota_bytes=quota)
    service.start()
    try:
        done = _send(service.status().port, first)
        assert "(Success)" in done.stdout + done.stderr
        refused = _send(service.status().port, second)
        assert "OutOfResources" in refused.stdout + refused.stderr
        problem = service.status().last_problem
        assert problem is not None
        assert problem.code == "over_quota"
        assert len(console.worklist.today()) == 1
        with console.database.transaction() as connection:
            connection.execute("UPDATE exposure SET cleaned_at = '2026-01-01T00:00:00+00:00'")
        done = _send(service.status().port, second)
        assert "(Success)" in done.stdout + done.stderr
    finally:
        service.stop()


def test_two_modalities_at_once_lose_nothing(
    listening: ReceptionService, console: Console, tmp_path: Path
) -> None:
    rooms = [[make_film(tmp_path / f"{room}-{n}.dcm") for n in range(12)] for room in range(2)]
    port = listening.status().port
    sending = [threading.Thread(target=_send, args=(port, *films)) for films in rooms]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join(60)
    sent = {read_film(film).header.sop_instance_uid for films in rooms for film in films}
    taken = [exposure.header.sop_instance_uid for exposure in console.worklist.today()]
    assert len(taken) == len(sent) == 24
    assert set(taken) == sent


CHILD = """
import sys, time
from pathlib import Path
from workstation.dicom.network.store_scp import ListenerConfig
from workstation.persistence import at_hand
from workstation.persistence.database import Database
from workstation.services.data_folder import open_data_folder
from workstation.services.listening import ListeningService
from workstation.services.intake import IntakeService
from workstation.services.reading import read_header
from workstation.services.reception import ReceptionService

folder = open_data_folder(Path(sys.argv[1]))
database = Database.open(folder.database, folder.backups)
intake = IntakeService(folder, database, read_header)
service = ReceptionService(folder, intake, ListenerConfig(port=0, address="127.0.0.1"))
service.start()
print(service.status().port, flush=True)
time.sleep(60)
"""


def test_what_was_answered_with_success_survives_sigkill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    films = [make_film(tmp_path / f"film{n}.dcm") for n in range(30)]
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(data)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    port = int(child.stdout.readline())
    command = ["storescu", "-v", "-aec", "CXRWS", "-to", "5", "127.0.0.1", str(port), *map(str, films)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert sender.stdout is not None
    said = []
    for line in sender.stdout:
        said.append(line)
        if sum("(Success)" in s for s in said) == 5:
            child.send_signal(signal.SIGKILL)
    sender.wait(30)
    child.wait(30)
    sender.stdout.close()
    child.stdout.close()
    confirmed = sum("(Success)" in s for s in said)
    assert confirmed >= 5
    folder = open_data_folder(data)
    database = Database.open(folder.database, folder.backups)
    try:
        kept = Worklist(database).today()
        assert len(kept) >= confirmed
        assert len({e.header.sop_instance_uid for e in kept}) == len(kept)
        for exposure in kept:
            assert Path(exposure.stored_path).stat().st_size > 0
    finally:
        database.close()


def test_a_listener_that_comes_too_early_opens_by_itself(console: Console) -> None:
    service = ListeningService(console.folder, console.intake, lambda: console.settings, retry_s=0.05)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wanted = Listener(enabled=True, port=port, address="127.0.0.1")
        console.settings = replace(console.settings, listener=wanted)
        service.apply_settings()
        status = service.status()
        assert status is not None
        assert status.failure is not None
        assert status.failure.code == "port_taken"
    eventually(lambda: (now := service.status()) is not None and now.listening)
    service.stop()


@pytest.mark.usefixtures("no_thread_outlives_the_test")
def test_a_listener_that_was_stopped_is_not_tried_again(console: Console) -> None:
    service = ListeningService(console.folder, console.intake, lambda: console.settings, retry_s=600)
    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = Listener(enabled=True, port=other.getsockname()[1], address="127.0.0.1")
        console.settings = replace(console.settings, listener=wanted)
        service.apply_settings()
        service.stop()
    assert service.status() is None
