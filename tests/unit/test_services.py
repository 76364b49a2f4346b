"""Intake, decision and undo on a real data folder."""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.support.console import CLEAN, PACS, START, WARNED, Console
from tests.support.dicom_maker import film_bytes, make_film
from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import DeliveryState
from workstation.domain.errors import StorageFailed, UnreadableFilm
from workstation.domain.exposure import ExposureState, IllegalTransition, NotSent
from workstation.domain.film import NoticeCode
from workstation.domain.projection import Projection
from workstation.services.data_folder import open_data_folder
from workstation.services.intake import content_digest

RETAKE = Decision(Choice.RETAKE, "Petrov", "2026-11-23T10:00:05+03:00", "positioning", "note")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    console = Console(tmp_path / "data")
    yield console
    console.close()


def stored_films(console: Console) -> list[Path]:
    return [p for p in console.folder.films.rglob("*") if p.is_file()]


class TestIntake:
    def test_the_copy_is_the_film_byte_for_byte(self, console: Console, tmp_path: Path) -> None:
        source = make_film(tmp_path / "IMG^0001.dcm", view_position="LL")
        before = (source.read_bytes(), source.stat().st_mtime_ns)
        exposure = console.intake.take(source)
        assert Path(exposure.stored_path).read_bytes() == before[0]
        assert (source.read_bytes(), source.stat().st_mtime_ns) == before
        assert exposure.source_name == "IMG^0001.dcm"
        assert exposure.received_at == "2026-11-23T10:00:00.000+03:00"
        assert exposure.state is ExposureState.RECEIVED
        assert Path(exposure.stored_path).parent == console.folder.films / "2026" / "11" / "23"
        assert Path(exposure.stored_path).stat().st_mode & 0o077 == 0
        assert console.worklist.get(exposure.id) == exposure

    def test_the_same_film_is_taken_once(self, console: Console, tmp_path: Path) -> None:
        first = console.intake.take(make_film(tmp_path / "a.dcm", sop_instance_uid="1.2.3"))
        data = (tmp_path / "a.dcm").read_bytes()
        (tmp_path / "b.dcm").write_bytes(data)
        assert console.intake.take(tmp_path / "b.dcm") == first
        # Another hop writes another preamble and file meta around the same data set.
        assert console.intake.take_bytes(b"\x01" * 128 + data[128:], "c.dcm") == first
        assert len(stored_films(console)) == 1

    def test_a_lost_copy_is_restored_by_the_same_film(self, console: Console, tmp_path: Path) -> None:
        source = make_film(tmp_path / "a.dcm")
        exposure = console.intake.take(source)
        Path(exposure.stored_path).unlink()
        assert console.intake.take(source) == exposure
        assert Path(exposure.stored_path).read_bytes() == source.read_bytes()

    def test_another_film_with_the_same_uid_is_kept_beside(self, console: Console, tmp_path: Path) -> None:
        first = console.intake.take(make_film(tmp_path / "a.dcm", sop_instance_uid="1.2.3"))
        other = np.full((20, 20), 7, np.uint16)
        second = console.intake.take(make_film(tmp_path / "b.dcm", other, sop_instance_uid="1.2.3"))
        assert second.id != first.id
        assert second.conflicts_with == first.id
        assert NoticeCode.UID_CONFLICT in [notice.code for notice in second.header.notices]
        assert len(stored_films(console)) == 2

    def test_a_raster_is_known_by_its_content(self, console: Console, tmp_path: Path) -> None:
        import cv2

        for name, value in (("a.png", 1), ("b.png", 1), ("c.png", 2)):
            cv2.imwrite(str(tmp_path / name), np.full((32, 32), value, np.uint8))
        a, b, c = (console.intake.take(tmp_path / f"{n}.png") for n in "abc")
        assert a == b
        assert c.id != a.id
        assert c.conflicts_with is None
        assert not a.sendable
        assert a.stored_path.endswith(".png")

    @pytest.mark.parametrize("content", [b"", b"no film", film_bytes()[:400]])
    def test_what_is_no_film_leaves_nothing(self, console: Console, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.dcm").write_bytes(content)
        with pytest.raises(UnreadableFilm, match=r"x\.dcm"):
            console.intake.take(tmp_path / "x.dcm")
        assert stored_films(console) == []
        assert console.worklist.today() == []

    def test_what_is_not_there_is_told(self, console: Console, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path, code in (
            (tmp_path / "absent", "not_found"),
            (tmp_path, "is_directory"),
            (tmp_path / "pipe", "is_directory"),
        ):
            with pytest.raises(UnreadableFilm) as caught:
                console.intake.take(path)
            assert caught.value.code == code

    def test_a_disk_that_refuses_leaves_nothing_half_written(self, tmp_path: Path) -> None:
        # A child with a file size limit between the database's and the film's size: the write really fails.
        film = make_film(tmp_path / "a.dcm", np.zeros((2000, 2000), np.uint16))
        code = (
            "import sys; from pathlib import Path; from tests.support.console import Console\n"
            "from workstation.domain.errors import StorageFailed\n"
            "console = Console(Path(sys.argv[1]))\n"
            "try: console.intake.take(Path(sys.argv[2]))\n"
            "except StorageFailed as exc: print(exc.code)\n"
            "console.close()"
        )

        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "data", film],
            capture_output=True,
            text=True,
            preexec_fn=limit,
            check=True,
        )
        assert done.stdout.strip() == "film_not_stored"
        console = Console(tmp_path / "data")
        assert stored_films(console) == []
        assert console.worklist.today() == []
        assert console.intake.take(film).id == 1
        console.close()

    def test_a_database_that_refuses_keeps_no_film(self, console: Console, tmp_path: Path) -> None:
        console.film()
        with console.database.snapshot() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        console.database._connection.execute(f"PRAGMA max_page_count = {pages}")
        source = make_film(tmp_path / "a.dcm").read_bytes()

        def fill() -> None:
            for n in range(1000):
                console.intake.take_bytes(source + bytes(2 * n + 2), "a.dcm")

        with pytest.raises(StorageFailed):
            fill()
        kept = {Path(e.stored_path) for e in console.worklist.today()}
        assert set(stored_films(console)) == kept

    def test_leftovers_of_a_killed_process_are_tidied(self, console: Console) -> None:
        exposure = console.film()
        leftover = Path(exposure.stored_path).with_name(".0123.part")
        leftover.write_bytes(b"half")
        assert console.intake.tidy() == 1
        assert not leftover.exists()
        assert Path(exposure.stored_path).exists()

    def test_two_threads_taking_the_same_film(self, console: Console, tmp_path: Path) -> None:
        source = make_film(tmp_path / "a.dcm")
        taken: list[int] = []
        threads = [
            threading.Thread(target=lambda: taken.append(console.intake.take(source).id)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert taken == [1, 1, 1, 1]

    def test_no_name_in_the_log_or_the_audit(
        self, console: Console, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        source = make_film(
            tmp_path / "Secretova.dcm",
            patient_name="Secretova^Vera",
            patient_id="Secret-77",
            sop_instance_uid="1.2.77.5",
        )
        with caplog.at_level(logging.DEBUG):
            exposure = console.intake.take(source)
            console.disposition.decide(exposure.id, replace(RETAKE, note="Secretova moved"))
            console.disposition.undo(exposure.id, "Petrov")
        told = caplog.text + repr(console.worklist.history(exposure.id))
        assert "exposure 1" in caplog.text
        for secret in ("Secret", "1.2.77.5"):
            assert secret not in told

    def test_digest_of_something_short(self) -> None:
        assert content_digest(b"") != content_digest(b"a")
        broken = b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00\xff\xff\xff\xff" + b"rest"
        assert content_digest(broken) != content_digest(broken + b"x")


class TestWatchedFolder:
    @pytest.fixture
    def hot(self, tmp_path: Path) -> Path:
        (tmp_path / "hot" / "2026" / "11" / "23").mkdir(parents=True)
        return tmp_path / "hot"

    def test_a_film_counts_when_it_stands_still(self, console: Console, hot: Path) -> None:
        watcher = console.intake.watch([hot])
        data = film_bytes()
        with (hot / "a.dcm").open("wb") as file:
            for end in range(1000, 5000, 1000):
                file.write(data[end - 1000 : end])
                file.flush()
                os.utime(hot / "a.dcm", ns=(end, end))
                assert watcher.poll() == []
        (hot / "a.dcm").write_bytes(data)
        assert watcher.poll() == []
        assert watcher.poll() == [hot / "a.dcm"]
        assert watcher.poll() == []

    def test_what_was_taken_is_not_offered_after_a_restart(self, console: Console, hot: Path) -> None:
        make_film(hot / "2026" / "11" / "23" / "a.dcm")
        (hot / "bad.dcm").write_bytes(b"no film")
        watcher = console.intake.watch([hot])
        watcher.poll()
        for path in watcher.poll():
            if path.name == "a.dcm":
                console.intake.take(path)
            else:
                with pytest.raises(UnreadableFilm):
                    console.intake.take(path)
        console.reopen()
        watcher = console.intake.watch([hot])
        assert [watcher.poll(), watcher.poll(), watcher.poll()] == [[], [], []]
        make_film(hot / "a2.dcm")
        watcher.poll()
        assert watcher.poll() == [hot / "a2.dcm"]

    def test_offered_but_not_taken_comes_again_after_a_restart(self, console: Console, hot: Path) -> None:
        make_film(hot / "a.dcm")
        for _ in range(2):
            watcher = console.intake.watch([hot])
            watcher.poll()
            assert watcher.poll() == [hot / "a.dcm"]
        watcher.offer_again(hot / "a.dcm")
        assert watcher.poll() == [hot / "a.dcm"]

    def test_a_file_written_anew_counts_anew(self, console: Console, hot: Path) -> None:
        watcher = console.intake.watch([hot])
        make_film(hot / "a.dcm")
        watcher.poll()
        console.intake.take(watcher.poll()[0])
        make_film(hot / "a.dcm", np.ones((8, 8), np.uint16))
        watcher.poll()
        assert watcher.poll() == [hot / "a.dcm"]

    def test_what_is_left_alone(self, console: Console, hot: Path) -> None:
        for name in (".hidden.dcm", "a.dcm.part", "b.TMP", "~lock", "c.dcm~"):
            make_film(hot / name)
        (hot / "empty.dcm").touch()
        (hot / "link").symlink_to(hot, target_is_directory=True)
        watcher = console.intake.watch([hot])
        watcher.poll()
        assert watcher.poll() == []

    def test_a_locked_file_waits(self, console: Console, hot: Path) -> None:
        make_film(hot / "a.dcm")
        watcher = console.intake.watch([hot])
        with (hot / "a.dcm").open("r+b") as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            assert [watcher.poll(), watcher.poll(), watcher.poll()] == [[], [], []]
        assert watcher.poll() == [hot / "a.dcm"]

    def test_files_that_vanish_and_folders_that_are_gone(
        self, console: Console, hot: Path, tmp_path: Path
    ) -> None:
        make_film(hot / "a.dcm")
        watcher = console.intake.watch([hot, tmp_path / "absent"])
        watcher.poll()
        (hot / "a.dcm").unlink()
        assert watcher.poll() == []
        assert watcher.unreachable == (tmp_path / "absent",)
        (tmp_path / "absent").mkdir()
        watcher.poll()
        assert watcher.unreachable == ()

    def test_the_data_folder_is_never_watched(self, console: Console) -> None:
        console.film()
        watcher = console.intake.watch([console.root.parent])
        watcher.poll()
        assert watcher.poll() == []


class TestDisposition:
    def test_a_verdict_then_a_decision(self, console: Console) -> None:
        film = console.film()
        analysed = console.disposition.record_verdict(film.id, WARNED)
        assert (analysed.state, analysed.verdict) == (ExposureState.ANALYSED, WARNED)
        decided = console.disposition.choose(film.id, Choice.SEND, "Ivanova")
        assert decided.state is ExposureState.QUEUED
        assert decided.decision == Decision(Choice.SEND, "Ivanova", "2026-11-23T10:00:00.000+03:00")
        (delivery,) = decided.deliveries
        assert (delivery.destination, delivery.state) == ("PACS", DeliveryState.WAITING)
        assert delivery.next_try_at  # not before the time for undo is over
        console.reopen()
        assert console.get(film) == decided

    def test_a_film_without_a_verdict_can_be_sent(self, console: Console) -> None:
        assert console.disposition.choose(console.film().id, Choice.SEND, "A").state is ExposureState.QUEUED

    def test_a_verdict_after_the_decision_is_kept(self, console: Console) -> None:
        film = console.film()
        console.disposition.decide(film.id, RETAKE)
        late = console.disposition.record_verdict(film.id, CLEAN)
        assert (late.state, late.verdict) == (ExposureState.REJECTED, CLEAN)

    def test_a_rejected_film_is_never_queued(self, console: Console) -> None:
        rejected = console.disposition.decide(console.film().id, RETAKE)
        assert (rejected.deliveries, rejected.not_sent_because) == ((), NotSent.REJECTED)
        assert console.delivery.enqueue_waiting() == 0

    def test_every_destination_gets_its_own_delivery(self, console: Console) -> None:
        console.settings = replace(console.settings, destinations=(PACS, replace(PACS, name="Archive")))
        decided = console.disposition.choose(console.film().id, Choice.KEEP_WITH_NOTE, "A")
        assert [d.destination for d in decided.deliveries] == ["PACS", "Archive"]

    def test_without_a_destination_it_is_kept_until_one_is_set(self, console: Console) -> None:
        destinations, console.settings = (
            console.settings.destinations,
            replace(console.settings, destinations=()),
        )
        film = console.disposition.choose(console.film().id, Choice.SEND, "A")
        assert (film.state, film.not_sent_because) == (ExposureState.ACCEPTED, NotSent.NO_DESTINATION)
        (status,) = console.delivery.statuses()
        assert (status.name, status.state, status.waiting) == ("", "not_configured", 1)
        console.settings = replace(console.settings, destinations=destinations)
        assert console.delivery.enqueue_waiting("A") == 1
        assert console.delivery.enqueue_waiting("A") == 0
        assert console.get(film).state is ExposureState.QUEUED

    def test_a_raster_is_kept_and_says_why(self, console: Console, tmp_path: Path) -> None:
        import cv2

        cv2.imwrite(str(tmp_path / "a.png"), np.full((32, 32), 5, np.uint8))
        film = console.intake.take(tmp_path / "a.png")
        kept = console.disposition.choose(film.id, Choice.SEND, "A")
        assert (kept.state, kept.not_sent_because) == (ExposureState.ACCEPTED, NotSent.NOT_DICOM)
        assert console.delivery.enqueue_waiting() == 0

    def test_undo_and_decide_again(self, console: Console) -> None:
        film = console.disposition.record_verdict(console.film().id, WARNED)
        console.disposition.choose(film.id, Choice.SEND, "A")
        assert console.disposition.undo(film.id, "B") == film
        with pytest.raises(IllegalTransition):
            console.disposition.undo(film.id, "B")
        again = console.disposition.decide(film.id, RETAKE)
        assert again.decision == RETAKE
        actions = [(row.action, row.author) for row in console.worklist.history(film.id)]
        assert actions == [
            ("received", ""),
            ("verdict", ""),
            ("decision", "A"),
            ("undo", "B"),
            ("decision", "Petrov"),
        ]
        assert console.worklist.verify_audit().intact

    def test_a_second_decision_is_refused(self, console: Console) -> None:
        film = console.film()
        console.disposition.choose(film.id, Choice.SEND, "A")
        with pytest.raises(IllegalTransition):
            console.disposition.decide(film.id, RETAKE)
        assert len(console.get(film).deliveries) == 1

    def test_a_time_without_offset_is_refused(self, console: Console) -> None:
        film = console.film()
        with pytest.raises(ValueError, match="offset"):
            console.disposition.decide(film.id, replace(RETAKE, decided_at="2026-11-23T10:00:00"))
        assert console.get(film) == film

    def test_a_full_disk_decides_nothing(self, console: Console) -> None:
        film = console.film()
        with console.database.snapshot() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        console.database._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageFailed):
            console.disposition.decide(film.id, replace(RETAKE, note="x" * 100_000))
        console.database._connection.execute("PRAGMA max_page_count = 100000")
        assert console.get(film) == film
        assert [row.action for row in console.worklist.history(film.id)] == ["received"]


class TestWorklist:
    def test_today_begins_at_local_midnight_newest_first(self, console: Console) -> None:
        console.clock.now = START.replace(hour=23, minute=59) - timedelta(days=1)
        old = console.film()
        console.clock.now = START.replace(hour=0)
        first = console.film()
        console.clock.now = START
        second = console.film()
        assert console.worklist.today() == [second, first]
        assert console.worklist.today(START - timedelta(days=2)) == [second, first, old]
        assert console.worklist.undecided() == [second, first, old]
        console.disposition.decide(first.id, RETAKE)
        assert console.worklist.undecided() == [second, old]

    def test_nobody_is_nobody(self, console: Console) -> None:
        with pytest.raises(LookupError):
            console.worklist.get(17)

    def test_decisions_for_the_statistics(self, console: Console) -> None:
        warned = console.disposition.record_verdict(console.film().id, WARNED)
        plain = console.film(view_position="PA")
        console.disposition.decide(warned.id, RETAKE)
        console.disposition.choose(plain.id, Choice.SEND, "A")
        console.disposition.undo(plain.id, "A")
        console.disposition.choose(plain.id, Choice.SEND, "B")
        rows = {row.exposure_id: row for row in console.worklist.decisions()}
        assert len(rows) == 2
        assert rows[warned.id].projection is Projection.LATERAL
        assert (rows[warned.id].reason, rows[warned.id].retake_suggested) == ("positioning", True)
        assert rows[plain.id].projection is Projection.FRONTAL
        assert (rows[plain.id].operator, rows[plain.id].room) == ("B", "Room 2")
        assert rows[plain.id].retake_suggested is None
        assert console.worklist.decisions(since=START + timedelta(hours=1)) == []
        assert len(console.worklist.decisions(until=START + timedelta(seconds=1))) == 1

    def test_a_long_read_holds_up_no_decision(self, console: Console) -> None:
        film = console.film()
        with console.database.long_read() as connection:
            assert connection.execute("SELECT COUNT(*) FROM decision").fetchone()[0] == 0
            console.disposition.decide(film.id, RETAKE)  # on the same thread: it would wait for ever
            assert connection.execute("SELECT COUNT(*) FROM decision").fetchone()[0] == 0
            with pytest.raises(sqlite3.OperationalError):
                connection.execute("DELETE FROM decision")
        assert len(console.worklist.decisions()) == 1


class TestDataFolder:
    def test_one_program_at_a_time(self, tmp_path: Path) -> None:
        folder = open_data_folder(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from workstation.services.data_folder import open_data_folder\n"
            "with open_data_folder(Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(StorageFailed) as caught, folder.lock():
                pass
            assert caught.value.code == "in_use"
            holder.kill()
            holder.wait()
        with folder.lock():
            pass

    def test_settings_lie_in_the_data_folder_when_it_is_named(self, tmp_path: Path) -> None:
        assert open_data_folder(tmp_path / "x").settings_file == tmp_path / "x" / "settings.toml"
        assert (tmp_path / "x" / "films").stat().st_mode & 0o077 == 0

    def test_user_folders_otherwise(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        folder = open_data_folder()
        assert folder.root == tmp_path / "data" / "cxr-workstation"
        assert folder.settings_file == tmp_path / "config" / "cxr-workstation" / "settings.toml"

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageFailed) as caught:
            open_data_folder(tmp_path / "file" / "data")
        assert caught.value.code == "data_folder"
