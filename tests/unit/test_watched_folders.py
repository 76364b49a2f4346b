"""Hot folders on a real disk: what is offered, and when."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import numpy as np
import pytest

from tests.support.console import Console
from tests.support.dicom_maker import film_bytes, make_film
from workstation.domain.errors import StorageFailed, UnreadableFilm


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
        # So is a copy under another name, though it was no new film.
        (hot / "copy.dcm").write_bytes((hot / "2026" / "11" / "23" / "a.dcm").read_bytes())
        watcher.poll()
        console.intake.take(watcher.poll()[0])
        watcher = console.intake.watch([hot])
        assert [watcher.poll(), watcher.poll()] == [[], []]
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

    def test_a_database_that_fails_amid_a_poll_costs_no_film(
        self, console: Console, hot: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        films = {make_film(hot / f"{number}.dcm") for number in range(3)}
        watcher = console.intake.watch([hot])
        watcher.poll()
        real, looks = console.intake._was_seen, iter((False, False, True))

        def fails_once(path: Path, size: int, mtime_ns: int) -> bool:
            if next(looks, False):
                raise StorageFailed(
                    "busy", "Another program holds the database.", "Close it, then try again."
                )
            return real(path, size, mtime_ns)

        monkeypatch.setattr(watcher, "_was_seen", fails_once)
        with pytest.raises(StorageFailed):
            watcher.poll()
        assert set(watcher.poll()) == films
        assert watcher.lay_there == films

    def test_a_file_written_anew_counts_anew(self, console: Console, hot: Path) -> None:
        watcher = console.intake.watch([hot])
        make_film(hot / "a.dcm")
        watcher.poll()
        console.intake.take(watcher.poll()[0])
        make_film(hot / "a.dcm", np.ones((8, 8), np.uint16))
        watcher.poll()
        assert watcher.poll() == [hot / "a.dcm"]

    def test_one_more_level_than_a_folder_for_each_day_is_looked_into(
        self, console: Console, hot: Path
    ) -> None:
        day = hot / "2026" / "11" / "23"
        (day / "1.2.3" / "deeper").mkdir(parents=True)
        make_film(day / "1.2.3" / "a.dcm")
        make_film(day / "1.2.3" / "deeper" / "b.dcm")
        watcher = console.intake.watch([hot])
        watcher.poll()
        assert watcher.poll() == [day / "1.2.3" / "a.dcm"]

    def test_a_name_that_is_no_utf_8_is_taken_all_the_same(self, console: Console, hot: Path) -> None:
        made = make_film(hot / "a.dcm")
        odd = Path(os.fsdecode(os.fsencode(hot) + b"/" + "снимок.dcm".encode("cp1251")))
        made.rename(odd)
        film = console.intake.take(odd)
        assert film.source_name.endswith("\ufffd.dcm")
        assert console.get(film).source_name == film.source_name
        console.reopen()
        watcher = console.intake.watch([hot])
        assert [watcher.poll(), watcher.poll()] == [[], []]

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

    def test_a_share_that_is_gone_is_told_though_an_empty_folder_is_left(
        self, console: Console, hot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever unmounts it leaves the folder it was mounted on."""
        share = os.path.realpath(hot)
        mounted = {share}
        monkeypatch.setattr(os.path, "ismount", lambda folder: folder in mounted)
        (tmp_path / "link").symlink_to(hot, target_is_directory=True)
        (tmp_path / "plain").mkdir()
        hot = tmp_path / "link"
        watcher = console.intake.watch([hot, tmp_path / "plain"])
        watcher.poll()
        mounted.clear()
        make_film(tmp_path / "plain" / "a.dcm")
        watcher.poll()
        assert watcher.unreachable == (hot,)
        assert watcher.poll() == [tmp_path / "plain" / "a.dcm"], "the other one goes on"
        mounted.add(share)
        make_film(hot / "b.dcm")
        watcher.poll()
        assert watcher.unreachable == ()
        assert watcher.poll() == [hot / "b.dcm"]

    def test_the_data_folder_is_never_watched(self, console: Console) -> None:
        console.film()
        watcher = console.intake.watch([console.root.parent])
        watcher.poll()
        assert watcher.poll() == []

    def test_what_lay_there_when_a_folder_was_listed_first_is_told_apart(
        self, console: Console, hot: Path, tmp_path: Path
    ) -> None:
        """Whatever the times of the files: those of a share, and of copies, are no clock."""
        late = tmp_path / "late"
        make_film(hot / "old.dcm")
        watcher = console.intake.watch([hot, late])
        watcher.poll()
        make_film(hot / "new.dcm")
        os.utime(hot / "new.dcm", (0, 0))
        late.mkdir()  # a share that comes back holds what nobody saw come
        make_film(late / "unseen.dcm")
        assert watcher.poll() == [hot / "old.dcm"]
        assert watcher.lay_there == {hot / "old.dcm"}
        assert set(watcher.poll()) == {hot / "new.dcm", late / "unseen.dcm"}
        assert watcher.lay_there == {late / "unseen.dcm"}
        watcher.offer_again(hot / "old.dcm")
        watcher.poll()
        assert watcher.lay_there == {hot / "old.dcm"}, "the disk was full"
        make_film(hot / "old.dcm", np.ones((8, 8), np.uint16))
        watcher.poll()
        assert watcher.poll() == [hot / "old.dcm"]
        assert not watcher.lay_there, "the modality gave the next film that name"
