"""Films come in, on a real data folder."""

from __future__ import annotations

import logging
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.audit_log import history
from tests.support.console import Console
from tests.support.dicom_maker import chest_pixels, film_bytes, make_film
from workstation.domain.decision import Choice, Decision
from workstation.domain.errors import StorageFailed, UnreadableFilm
from workstation.domain.exposure import ExposureState
from workstation.domain.film import NoticeCode
from workstation.domain.unreadable import UnreadableCode
from workstation.services import intake
from workstation.services.durable_file import Staged
from workstation.services.film_content import content_digest

RETAKE = Decision(Choice.RETAKE, "Petrov", "2026-11-23T10:00:05+03:00", "positioning", "note")


def stored_films(console: Console) -> list[Path]:
    return [p for p in console.folder.films.rglob("*") if p.is_file()]


class Disk:
    """What a power cut would leave: content and names as they were when the system was last told to keep them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}

    def sync(self, handle: int) -> None:
        number = os.fstat(handle).st_ino
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            self._names[number] = {entry.name: entry.inode() for entry in os.scandir(handle)}
        else:
            (file,) = (p for p in self._root.rglob("*") if p.lstat().st_ino == number)
            self._contents[number] = file.read_bytes()

    def after_a_power_cut(self, file: Path, since: Path) -> bytes | None:
        """The content under that name, reached by way of `since`; None where it is lost."""
        number = since.stat().st_ino
        for name in file.relative_to(since).parts:
            found = self._names.get(number, {}).get(name)
            if found is None:
                return None
            number = found
        return self._contents.get(number)


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

    def test_a_file_that_grows_while_it_is_read_is_not_taken_half(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source, whole = tmp_path / "a.dcm", film_bytes()
        source.write_bytes(whole[:-100])
        real, looks = os.fstat, []

        def fstat(descriptor: int) -> os.stat_result:
            if len(looks) == 1:  # it was read in between
                with source.open("ab") as file:
                    file.write(whole[-100:])
            looks.append(descriptor)
            return real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fstat", fstat)
            with pytest.raises(StorageFailed, match="still being written"):
                console.intake.take(source)
        assert len(looks) == 2
        assert stored_films(console) == []
        assert console.worklist.today() == []
        taken = console.intake.take(source)
        assert Path(taken.stored_path).read_bytes() == whole

    def test_a_file_larger_than_any_film_is_refused_unread(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = make_film(tmp_path / "a.dcm")
        monkeypatch.setattr(intake, "MAX_BYTES", source.stat().st_size)
        assert console.intake.take(source).sendable
        monkeypatch.setattr(intake, "MAX_BYTES", source.stat().st_size - 1)
        with pytest.raises(UnreadableFilm) as refused:
            console.intake.take(source)
        assert refused.value.code == UnreadableCode.TOO_LARGE

    @pytest.mark.parametrize("copy", ["lost", "empty", "cut off", "overwritten"])
    def test_a_lost_or_damaged_copy_is_restored_by_the_same_film(
        self, console: Console, tmp_path: Path, copy: str
    ) -> None:
        """A power cut on a disk that lies about what it has written, or half a backup put back."""
        source = make_film(tmp_path / "a.dcm")
        exposure = console.intake.take(source)
        content, own = source.read_bytes(), Path(exposure.stored_path)
        own.unlink()
        left = {"empty": b"", "cut off": content[:-7], "overwritten": content[:-7] + b"\xff" * 7}
        if copy in left:
            own.write_bytes(left[copy])
        assert console.intake.take(source) == exposure
        assert Path(exposure.stored_path).read_bytes() == source.read_bytes()
        assert [row.action for row in history(console.database, exposure.id)] == ["received", "restored"]

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

    @pytest.mark.parametrize("left", [199_000_000, 201_000_000])
    def test_a_watched_folder_leaves_room_for_decisions(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
    ) -> None:
        """As the listener does: it filled the disk, and of the films that were here none could be decided."""
        here = make_film(tmp_path / "here.dcm")
        film = console.intake.take(here)
        monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=left))
        assert console.intake.take(here).id == film.id
        other = make_film(tmp_path / "other.dcm", chest_pixels() + 1)
        if left > 200_000_000:
            assert console.intake.take(other).id != film.id
            return
        with pytest.raises(StorageFailed, match="kept for decisions"):
            console.intake.take(other)
        assert [e.id for e in console.worklist.today()] == [film.id]
        assert [f.name for f in (console.root / "films").rglob("*.*")] == [Path(film.stored_path).name]
        monkeypatch.undo()
        assert console.intake.take(other).id != film.id

    def test_a_film_that_is_taken_survives_a_power_cut(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk = Disk(console.root)
        monkeypatch.setattr(os, "fsync", disk.sync)
        # Small enough to wait whole in the program's own buffer.
        exposure = console.intake.take(make_film(tmp_path / "a.dcm", np.ones((16, 16), np.uint16)))
        film = Path(exposure.stored_path)
        assert disk.after_a_power_cut(film, since=console.folder.films) == film.read_bytes()

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
        derived = console.root / "derived" / "2026" / "11" / "23" / ".4567.part"
        derived.parent.mkdir(parents=True)
        for path in (leftover, derived):
            path.write_bytes(b"half")
        assert console.intake.tidy() == 2
        assert not leftover.exists()
        assert not derived.exists()
        assert Path(exposure.stored_path).exists()

    def test_what_is_being_written_this_moment_is_no_leftover(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, removed = Staged.place, []

        def place(staged: Staged, target: Path) -> None:
            staged._thread.join()
            removed.append(console.intake.tidy())
            real(staged, target)

        monkeypatch.setattr(Staged, "place", place)
        exposure = console.intake.take(make_film(tmp_path / "a.dcm"))
        assert Path(exposure.stored_path).exists()
        assert removed == [0]

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
        told = caplog.text + repr(history(console.database, exposure.id))
        assert "exposure 1" in caplog.text
        for secret in ("Secret", "1.2.77.5"):
            assert secret not in told

    def test_digest_of_something_short(self) -> None:
        assert content_digest(b"") != content_digest(b"a")
        broken = b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00\xff\xff\xff\xff" + b"rest"
        assert content_digest(broken) != content_digest(broken + b"x")
