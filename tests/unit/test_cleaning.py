"""Local copies go once the archive has taken over and the time is up: the film, and what was made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.archiving import COMMITTING_PACS, Archiving
from tests.support.audit_log import history
from tests.support.console import WARNED, eventually
from tests.support.dicom_maker import make_film
from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, ExposureState
from workstation.services.data_folder import thumbnail_path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Archiving]:
    desk = Archiving(tmp_path / "data")
    yield desk
    desk.console.close()


class TestCleaning:
    def derived(self, desk: Archiving) -> list[Path]:
        return [path for path in (desk.console.root / "derived").rglob("*") if path.is_file()]

    def committed(self, desk: Archiving, source: Path) -> Exposure:
        film = desk.console.intake.take(source)
        desk.console.disposition.record_verdict(film.id, WARNED)
        desk.console.disposition.choose(film.id, Choice.SEND, "A")
        assert desk.console.derived.make_due() is None
        desk.send()
        eventually(lambda: all(d.sent_at for d in desk.console.get(film).deliveries))
        desk.later(seconds=3)
        assert desk.state(film) is ExposureState.COMMITTED
        return film

    def test_a_film_that_comes_again_is_cleaned_up_again(self, desk: Archiving, tmp_path: Path) -> None:
        source = make_film(tmp_path / "a.dcm")
        film = self.committed(desk, source)
        for _ in range(2):
            desk.console.clock.forward(31 * 86400)
            assert desk.service.clean() == 1
            assert not Path(film.stored_path).exists()
            assert desk.console.intake.stored_bytes() == 0
            assert desk.console.intake.take(source).id == film.id
            assert Path(film.stored_path).read_bytes() == source.read_bytes()
            assert desk.console.intake.stored_bytes() == source.stat().st_size
        actions = [row.action for row in history(desk.console.database, film.id)]
        assert actions[-4:] == ["cleaned", "restored", "cleaned", "restored"]

    def test_the_picture_in_the_list_goes_with_the_film(self, desk: Archiving, tmp_path: Path) -> None:
        film = self.committed(desk, make_film(tmp_path / "a.dcm"))
        small = thumbnail_path(desk.console.root, film.id)
        other = thumbnail_path(desk.console.root, film.id + 1)
        small.parent.mkdir()
        for picture in (small, other):
            picture.touch()
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1
        assert not small.exists()
        assert other.exists()

    def test_a_film_that_comes_again_while_it_is_being_cleaned_up_is_not_forgotten(
        self, desk: Archiving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = make_film(tmp_path / "a.dcm")
        film = self.committed(desk, source)
        desk.console.clock.forward(31 * 86400)
        real, again = Path.unlink, [1]

        def unlink(path: Path, missing_ok: bool = False) -> None:
            real(path, missing_ok=missing_ok)
            if path == Path(film.stored_path) and again:
                again.pop()
                desk.console.intake.take(source)  # in just this moment

        monkeypatch.setattr(Path, "unlink", unlink)
        desk.service.clean()
        kept = Path(film.stored_path).exists()
        assert desk.console.intake.stored_bytes() == (source.stat().st_size if kept else 0)

    def test_what_was_made_from_a_film_is_counted_and_goes_with_it(
        self, desk: Archiving, tmp_path: Path
    ) -> None:
        desk.to(replace(COMMITTING_PACS, wants_annotated=True, wants_reports=True))
        source = make_film(tmp_path / "a.dcm")
        film = self.committed(desk, source)
        made = self.derived(desk)
        assert len(made) == 2
        assert desk.console.intake.stored_bytes() == sum(p.stat().st_size for p in [source, *made])
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1
        assert self.derived(desk) == []
        assert desk.console.intake.stored_bytes() == 0
        desk.console.intake.take(source)
        assert desk.console.intake.stored_bytes() == source.stat().st_size
        assert desk.console.derived.make_due() is None, "nothing is made a second time"
        assert desk.service.clean() == 1
        assert not Path(film.stored_path).exists()

    def test_sizes_that_an_earlier_version_did_not_note_are_measured_at_start(
        self, desk: Archiving, tmp_path: Path
    ) -> None:
        desk.to(replace(COMMITTING_PACS, wants_annotated=True, wants_reports=True))
        source = make_film(tmp_path / "a.dcm")
        self.committed(desk, source)
        with desk.console.database.transaction() as connection:
            connection.execute("UPDATE derived SET size = NULL")
        gone, kept = self.derived(desk)
        gone.unlink()
        desk.console.intake.tidy()
        assert desk.console.intake.stored_bytes() == source.stat().st_size + kept.stat().st_size

    def test_a_film_that_something_is_still_made_from_stays(self, desk: Archiving, tmp_path: Path) -> None:
        source = make_film(tmp_path / "a.dcm")
        film = self.committed(desk, source)
        with desk.console.database.transaction() as connection:
            connection.execute(
                "INSERT INTO derived (exposure_id, kind, due_us) VALUES (?, 'sr', 0)", (film.id,)
            )
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 0
        assert desk.console.derived.make_due() is None
        assert desk.service.clean() == 1
