"""The commands of the DICOM node, as the support desk runs them: real processes, real peers, real signals."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.console import PACS, Clock, Console, eventually
from tests.support.dicom_maker import make_film
from tests.support.ports import free_port
from workstation import cli
from workstation.domain.decision import Choice
from workstation.services.clock import local_now
from workstation.services.data_folder import open_data_folder

needs_dcmtk = pytest.mark.skipif(
    shutil.which("storescp") is None, reason="DCMTK is not installed (apt: dcmtk)"
)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """One command, in this process: starting an interpreter for each costs a second."""
    out, err = io.StringIO(), io.StringIO()
    command = list(map(str, arguments))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(command, lambda *_: pytest.fail("no window here"))
    logging.captureWarnings(False)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def receiving(data: Path, *arguments: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`receive` on a free port, ready; killed at the end if it still runs."""
    port = free_port()
    command = [sys.executable, "-m", "workstation", "receive", "--data-dir", str(data), "--port", str(port)]
    command += ["--address", "127.0.0.1", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("receiving as"):
                    break
            yield process, port
        finally:
            process.kill()


@contextlib.contextmanager
def pacs(folder: Path) -> Iterator[int]:
    """DCMTK's storescp, listening."""
    folder.mkdir()
    port = free_port()
    command = ["storescp", "-od", str(folder), "-aet", "PACS", "+xa", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: run_tool("echoscu", "127.0.0.1", port) == 0)
            yield port
        finally:
            process.kill()


def run_tool(*command: object) -> int:
    return subprocess.run([str(c) for c in command], capture_output=True, timeout=30).returncode


@needs_dcmtk
def test_receive_keeps_films_tells_no_names_and_stops_on_sigterm(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.dcm", patient_name="Secret^Patient", patient_id="SECRET-7")
    data = tmp_path / "data"
    with receiving(data, "--ae-title", "ROOM2") as (process, port):
        assert run_tool("storescu", "-aec", "WRONG", "127.0.0.1", port, film) != 0
        assert run_tool("storescu", "-aec", "ROOM2", "127.0.0.1", port, film) == 0
        second = run("receive", "--data-dir", data, "--port", free_port())
        assert second.returncode == 1
        assert f"`cxr-workstation receive` (process {process.pid})" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(15) == 0
    assert "stopped" in said
    logged = "".join(p.read_text() for p in (data / "logs").iterdir())
    assert "exposure 1 taken" in said
    assert "it called 'WRONG'" in logged
    for text in (said, logged):
        assert "Secret" not in text
        assert "SECRET" not in text
    console = Console(data)
    (exposure,) = console.worklist.today()
    assert Path(exposure.stored_path).exists()
    console.close()


def test_receive_says_why_it_cannot_listen(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("receive", "--data-dir", tmp_path, "--address", "127.0.0.1", "--port", port)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "set another port" in done.stderr


@needs_dcmtk
def test_echo_and_send_to_a_destination_and_to_an_address(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    films = [make_film(tmp_path / "films" / f"{n}.dcm") for n in range(2)]
    with pacs(tmp_path / "pacs") as port:
        data = tmp_path / "data"
        data.mkdir()
        entry = f'name = "PACS"\nhost = "127.0.0.1"\nport = {port}\ncalled_ae = "PACS"\n'
        (data / "settings.toml").write_text(f"[[destinations]]\n{entry}")
        asked = run("echo", "PACS", "--data-dir", data)
        assert asked.returncode == 0, asked.stderr
        assert "answered in" in asked.stdout
        assert run("echo", "127.0.0.1", port).returncode == 0
        sent = run(
            "send",
            films[0],
            tmp_path / "missing.dcm",
            "--to",
            "PACS",
            "--data-dir",
            data,
            "--format",
            "jsonl",
        )
        assert sent.returncode == 2
        records = [json.loads(line) for line in sent.stdout.splitlines()]
        assert [(r["status"], r["file"]) for r in records] == [
            ("sent", str(films[0])),
            ("failed", str(tmp_path / "missing.dcm")),
        ]
        assert run("send", tmp_path / "films", "--host", "127.0.0.1", "--port", port).returncode == 0
        assert len(list((tmp_path / "pacs").iterdir())) == 2
        (tmp_path / "films" / "notes.dcm").write_text("no film")
        other = run("send", tmp_path / "films" / "notes.dcm", "--to", "PACS", "--data-dir", data)
        assert other.returncode == 2
        assert "The file cannot be sent" in other.stdout
        assert "Name a DICOM file" in other.stdout
    gone = run("echo", "PACS", "--data-dir", data)
    assert gone.returncode == 2
    assert "refuses connections" in gone.stderr
    assert run("echo", "NOBODY", "--data-dir", data).returncode == 1
    assert run("send", films[0]).returncode == 1
    assert not (data / "workstation.sqlite3").exists(), "sending straight takes nothing in"


def test_the_queue_is_listed_retried_and_cancelled_beside_the_program(tmp_path: Path) -> None:
    assert run("queue", "--data-dir", tmp_path / "data").returncode == 1
    console = Console(tmp_path / "data")
    console.settings = replace(console.settings, destinations=(PACS, replace(PACS, name="Mini")))
    film = console.disposition.choose(console.film().id, Choice.SEND, "A")
    first, second = (d.id for d in film.deliveries)
    with open_data_folder(tmp_path / "data").lock():  # as the running program holds it
        listed = run("queue", "list", "--data-dir", tmp_path / "data", "--format", "jsonl")
        assert [json.loads(line)["destination"] for line in listed.stdout.splitlines()] == ["PACS", "Mini"]
        assert run("queue", "cancel", first, "--data-dir", tmp_path / "data").returncode == 0
        again = run("queue", "cancel", first, 99, "--data-dir", tmp_path / "data")
        assert again.returncode == 2
        assert f"{first}: a delivery that is cancelled cannot be cancelled" in again.stderr
        gone = run("queue", "retry", second, "--data-dir", tmp_path / "data")
        assert gone.returncode == 2
        assert "Mini is no longer in the settings" in gone.stderr
        settings = '[[destinations]]\nname = "Mini"\nhost = "::1"\nport = 104\ncalled_ae = "M"\n'
        (tmp_path / "data" / "settings.toml").write_text(settings)
        assert run("queue", "retry", second, "--data-dir", tmp_path / "data").returncode == 0
        unknown = run("queue", "move", first, "PACS", "--data-dir", tmp_path / "data")
        assert unknown.returncode == 2
        assert "There is no destination called 'PACS' (Mini). Name one that is set." in unknown.stderr
        assert run("queue", "move", "Mini", "--data-dir", tmp_path / "data").returncode == 1
        (tmp_path / "data" / "settings.toml").write_text(settings + settings.replace("Mini", "New"))
        assert run("queue", "move", second, "New", "--data-dir", tmp_path / "data").returncode == 0
    assert [d.state.value for d in console.get(film).deliveries] == ["cancelled", "waiting"]
    console.close()


def test_the_queue_tells_what_was_never_queued(tmp_path: Path) -> None:
    console = Console(tmp_path / "data")
    console.settings = replace(console.settings, destinations=())
    film = console.disposition.choose(console.film().id, Choice.SEND, "A")
    console.close()
    listed = run("queue", "--data-dir", tmp_path / "data")
    assert f"film {film.id}  accepted while no destination was in force" in listed.stdout
    record = json.loads(run("queue", "--data-dir", tmp_path / "data", "--format", "jsonl").stdout)
    assert (record["id"], record["exposure_id"], record["state"]) == (None, film.id, "never_queued")


def test_the_queue_tells_what_could_not_be_made(tmp_path: Path) -> None:
    console = Console(tmp_path / "data", Clock(local_now()))
    film = console.film(SeriesInstanceUID="", patient_name="Secret^Patient")
    console.disposition.choose(film.id, Choice.RETAKE, "A", "motion")
    console.clock.forward(10)
    console.derived.make_due()
    console.close()
    folder = tmp_path / "data"
    assert run("queue", "--data-dir", folder).stdout == "", "nobody wants reject notes"
    entry = 'name = "PACS"\nhost = "127.0.0.1"\nport = 104\ncalled_ae = "PACS"\nwants_reject_notes = true\n'
    (folder / "settings.toml").write_text(f"[[destinations]]\n{entry}")
    listed = run("queue", "--data-dir", folder)
    assert f"kos  film {film.id}  not made  The reject note of this film could not be made." in listed.stdout
    assert "tell the PACS administrator" in listed.stdout
    assert "Secret" not in listed.stdout
    record = json.loads(run("queue", "--data-dir", folder, "--format", "jsonl").stdout)
    assert (record["id"], record["exposure_id"], record["kind"]) == (None, film.id, "kos")
    assert (record["state"], record["last_error"]["code"]) == ("not_made", "no_reject_note")


def test_audit_verify_tells_a_changed_row(tmp_path: Path) -> None:
    console = Console(tmp_path / "data")
    console.disposition.choose(console.film().id, Choice.SEND, "A")
    console.close()
    whole = run("audit", "verify", "--data-dir", tmp_path / "data")
    assert (whole.returncode, "2 rows, intact" in whole.stdout) == (0, True)
    connection = sqlite3.connect(tmp_path / "data" / "workstation.sqlite3")
    connection.execute("DROP TRIGGER audit_no_update")
    connection.execute("UPDATE audit SET author = 'B' WHERE id = 2")
    connection.commit()
    connection.close()
    broken = run("audit", "verify", "--data-dir", tmp_path / "data")
    assert broken.returncode == 2
    assert "row 2 was changed" in broken.stdout


def test_a_mistake_in_the_site_s_reasons_stops_no_film(tmp_path: Path) -> None:
    (tmp_path / "reject_reasons.toml").write_text("reason = 3\n", encoding="utf-8")
    with receiving(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    logged = "".join(p.read_text() for p in (tmp_path / "logs").iterdir())
    assert "reject_reasons.toml" in logged
    assert "The shipped reasons serve meanwhile" in logged
