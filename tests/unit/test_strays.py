"""Files that no row names, as a process leaves them that was killed between the two."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.audit_log import history, verified
from tests.support.console import PACS, WARNED, Clock, Console
from tests.support.dicom_maker import film_bytes, make_film
from workstation.domain.decision import Choice
from workstation.domain.delivery import DestinationState
from workstation.domain.exposure import Exposure
from workstation.persistence import cleaning, derived, exposures
from workstation.persistence.database import Database
from workstation.services import intake
from workstation.services.clock import local_now
from workstation.services.intake import IntakeService
from workstation.services.node import Node


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    console = Console(tmp_path / "data", Clock(local_now()))
    console.film()
    yield console
    console.close()


def stray(console: Console, content: bytes, name: str = "0123.dcm", age_s: float = 0.0) -> Path:
    """A file in the folder of films that no row names."""
    path = console.folder.films / "2026" / "11" / "22" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    written = path.stat().st_mtime - age_s
    os.utime(path, (written, written))
    return path


def killed_before_the_row(console: Console, source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with monkeypatch.context() as patch:
        patch.setattr(exposures, "insert", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # a killed process tidies nothing
        before = set(console.folder.films.rglob("*.dcm"))
        with pytest.raises(KeyboardInterrupt):
            console.intake.take(source)
    (left,) = set(console.folder.films.rglob("*.dcm")) - before
    return left


class TestFilms:
    def test_a_film_killed_before_its_row_is_taken_in(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = make_film(tmp_path / "Secretova.dcm")
        left = killed_before_the_row(console, source, monkeypatch)
        bytes_before = console.intake.stored_bytes()
        (film,) = console.intake.adopt_strays()
        assert Path(film.stored_path) == left
        assert film.left_to_person, "it must not leave by itself: nobody was told that it had come"
        assert console.intake.stored_bytes() == bytes_before + source.stat().st_size
        assert history(console.database, film.id)[0].detail["adopted"] is True
        assert verified(console.database).intact
        assert console.intake.take(source).id == film.id, "the modality sends it again"
        assert console.intake.adopt_strays() == []

    def test_a_film_that_came_again_meanwhile_needs_no_second_copy(
        self, console: Console, tmp_path: Path
    ) -> None:
        film = console.intake.take(make_film(tmp_path / "a.dcm"))
        left = stray(console, (tmp_path / "a.dcm").read_bytes())
        assert console.intake.adopt_strays() == []
        assert not left.exists()
        assert Path(film.stored_path).exists()

    @pytest.mark.parametrize("own", ["lost", "damaged"])
    def test_the_only_whole_copy_is_never_removed(self, console: Console, tmp_path: Path, own: str) -> None:
        film = console.intake.take(make_film(tmp_path / "a.dcm"))
        content, copy = (tmp_path / "a.dcm").read_bytes(), Path(film.stored_path)
        left = stray(console, content)
        copy.unlink()
        if own == "damaged":
            copy.write_bytes(content[:-7])
        assert console.intake.adopt_strays() == []
        assert (copy if own == "lost" else left).read_bytes() == content

    def test_one_of_a_film_that_was_cleaned_up_does_not_bring_it_back(
        self, console: Console, tmp_path: Path
    ) -> None:
        film = console.intake.take(make_film(tmp_path / "a.dcm"))
        Path(film.stored_path).unlink()
        with console.database.transaction() as connection:
            cleaning.cleaned(connection, film.id, console.clock())
        left = stray(console, (tmp_path / "a.dcm").read_bytes())
        assert console.intake.adopt_strays() == []
        assert left.exists()
        assert not Path(film.stored_path).exists()

    def test_what_is_no_film_stays(self, console: Console, caplog: pytest.LogCaptureFixture) -> None:
        left = stray(console, b"nothing")
        good = stray(console, film_bytes(), "4567.dcm")
        (film,) = console.intake.adopt_strays()
        assert Path(film.stored_path) == good
        assert left.exists()
        assert "0123.dcm" in caplog.text

    def test_films_of_a_database_that_was_set_aside_stay_as_they_are(self, console: Console) -> None:
        left = stray(console, film_bytes(), age_s=3600.0)
        assert console.intake.adopt_strays() == []
        assert left.exists()

    def test_a_film_that_is_being_taken_is_not_taken_twice(
        self, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = intake.stray_films

        def with_the_next(database: Database, folder: Path) -> list[Path]:
            del database
            film = console.intake.take(make_film(tmp_path / "a.dcm"))  # recorded after the list was made
            return [*real(console.database, folder), Path(film.stored_path)]

        monkeypatch.setattr(intake, "stray_films", with_the_next)
        assert console.intake.adopt_strays() == []
        assert len(console.worklist.today()) == 2

    def test_a_start_of_the_program_looks_for_them(self, console: Console) -> None:
        stray(console, film_bytes())
        console.close()
        told: list[Exposure] = []
        with closing(Node(console.folder, lambda: console.settings, (), on_film=told.append)) as node:
            node.start()
            assert [film.id for film in told] == [2]
        console.open()


def test_what_a_person_put_among_the_films_is_not_named_in_the_log(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Films that somebody brings back by hand bear names of patients, and so do their folders."""
    stray(console, b"half a film", "Secretova_1970.dcm")
    stray(console, b"half a film", "0123abcd.dcm")
    barred = console.folder.films / "Secretova"
    barred.mkdir()
    real = os.scandir

    def scandir(folder: Path | str) -> Iterator[os.DirEntry[str]]:
        if Path(folder) == barred:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with caplog.at_level("INFO"):
        assert console.intake.adopt_strays() == []
    assert "Secretova" not in caplog.text
    assert caplog.text.count("lies here without a row") == 2
    assert "0123abcd.dcm lies here" in caplog.text
    assert "films/(named by a person) cannot be listed" in caplog.text


@pytest.mark.parametrize("fails", ["one folder", "tidying as a whole"])
def test_what_cannot_be_listed_keeps_nothing_from_starting(
    console: Console, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """The program ran once as another user, or a sector of an old day's folder went bad."""
    barred = [console.root / kind / "2026" / "11" / "21" for kind in ("derived", "films")]
    for folder in barred:
        folder.mkdir(parents=True)
    if fails == "one folder":
        real = os.scandir

        def scandir(folder: Path | str) -> Iterator[os.DirEntry[str]]:
            if Path(folder) in barred:
                raise PermissionError(errno.EACCES, "Permission denied")
            return real(folder)

        monkeypatch.setattr(os, "scandir", scandir)
    else:
        monkeypatch.setattr(
            IntakeService, "tidy", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error"))
        )
    stray(console, film_bytes())
    console.close()
    told: list[Exposure] = []
    with closing(Node(console.folder, lambda: console.settings, (), on_film=told.append)) as node:
        node.start()
        assert [status.state for status in node.delivery.statuses()] == [DestinationState.IDLE]
        assert [film.id for film in told] == [2], "the other folders are looked through"
    console.open()


def test_an_object_that_was_never_queued_is_removed_and_made_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants = replace(PACS, wants_reports=True)
    console.settings = replace(console.settings, undo_seconds=0.0, destinations=(wants,))
    film = console.film()
    console.disposition.record_verdict(film.id, WARNED)
    console.disposition.choose(film.id, Choice.SEND, "A")
    with monkeypatch.context() as patch:
        patch.setattr(derived, "mark_made", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            console.derived.make_due()
    (left,) = (console.root / "derived").rglob("*.dcm")
    console.clock.forward(86_400)  # made again on another day, in another folder
    assert console.intake.tidy() == 1
    assert not left.exists()
    console.derived.make_due()
    (made,) = (console.root / "derived").rglob("*.dcm")
    assert console.intake.tidy() == 0
    assert made.exists()
