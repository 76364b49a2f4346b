"""Local copies go once the archive has taken over and the time is up: the film, and what was made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.support.archiving import COMMITTING_PACS, Archiving
from tests.support.audit_log import history
from tests.support.console import WARNED, eventually
from tests.support.dicom_maker import make_film
from workstation.dicom.network.commitment import CommitmentReport
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.store_scp import ListenerConfig
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.domain.exposure import Exposure, ExposureState, IllegalTransition
from workstation.domain.statistics import FilmFilter
from workstation.services import cleaning
from workstation.services.data_folder import thumbnail_path
from workstation.services.disposition import has_left
from workstation.services.reception import ReceptionService
from workstation.services.statistics_service import StatisticsService
from workstation.settings.model import Settings
from workstation.settings.network import Destination


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

    def test_copies_go_by_themselves_while_the_program_runs(self, desk: Archiving, tmp_path: Path) -> None:
        films = [self.committed(desk, make_film(tmp_path / "a.dcm", patient_id="P-1"))]
        desk.console.clock.forward(31 * 86400)
        desk.service.start()
        try:
            eventually(lambda: not Path(films[0].stored_path).exists())
            films.append(self.committed(desk, make_film(tmp_path / "b.dcm", patient_id="P-2")))
            desk.console.clock.forward(31 * 86400)
            desk.service.wake()
            eventually(lambda: not Path(films[1].stored_path).exists())
        finally:
            desk.service.stop()

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

    def test_they_are_kept_unless_the_site_says_otherwise(self, desk: Archiving, tmp_path: Path) -> None:
        assert Settings().keep_committed_days == 0
        film = self.committed(desk, make_film(tmp_path / "a.dcm"))
        desk.console.settings = replace(desk.console.settings, keep_committed_days=0)
        desk.console.clock.forward(4000 * 86400)
        assert desk.service.clean() == 0
        assert Path(film.stored_path).exists()

    def test_a_film_whose_report_is_not_taken_over_yet_stays(self, desk: Archiving, tmp_path: Path) -> None:
        desk.to(replace(COMMITTING_PACS, wants_reports=True))
        desk.archive.prompt = False
        film = desk.console.intake.take(make_film(tmp_path / "a.dcm"))
        desk.console.disposition.record_verdict(film.id, WARNED)
        desk.console.disposition.choose(film.id, Choice.SEND, "A")
        assert desk.console.derived.make_due() is None
        desk.send()
        eventually(lambda: [bool(d.sent_at) for d in desk.console.get(film).deliveries] == [True] * 2)
        desk.later(seconds=3)
        (request,) = desk.archive.asked
        own = film.header.sop_instance_uid
        desk.service.report(CommitmentReport(request.transaction, (own,), ()))
        assert desk.state(film) is ExposureState.COMMITTED
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 0
        others = tuple(uid for uid in request.uids if uid != own)
        desk.service.report(CommitmentReport(request.transaction, others, ()))
        assert desk.service.clean() == 0, "its time begins now"
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1

    def test_a_film_that_lies_here_again_counts_as_here(self, desk: Archiving, tmp_path: Path) -> None:
        # Killed after its file was placed and before its row was: offered again, it is there, and still "cleaned".
        source = make_film(tmp_path / "a.dcm")
        film = self.committed(desk, source)
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1
        Path(film.stored_path).write_bytes(source.read_bytes())
        assert desk.console.get(film).cleaned
        desk.console.intake.take(source)
        assert not desk.console.get(film).cleaned
        assert desk.console.intake.stored_bytes() == source.stat().st_size

    def test_the_picture_in_the_list_goes_with_the_film(self, desk: Archiving, tmp_path: Path) -> None:
        film = self.committed(desk, make_film(tmp_path / "a.dcm"))
        small = thumbnail_path(desk.console.root, film.stored_path)
        other = thumbnail_path(desk.console.root, "films/2026/11/23/0a1b.dcm")
        small.parent.mkdir()
        for picture in (small, other):
            picture.touch()
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1
        assert not small.exists()
        assert other.exists()

    def test_pictures_that_an_earlier_version_numbered_go_at_the_start(self, desk: Archiving) -> None:
        numbered, own = (desk.console.root / "thumbnails" / name for name in ("17.png", f"{'0a' * 16}.png"))
        numbered.parent.mkdir()
        for picture in (numbered, own):
            picture.touch()
        assert desk.console.intake.tidy() == 1
        assert not numbered.exists()
        assert own.exists()

    def test_a_film_that_comes_again_while_it_is_being_cleaned_up_is_not_forgotten(
        self, desk: Archiving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = make_film(tmp_path / "a.dcm")
        film = self.committed(desk, source)
        desk.console.clock.forward(31 * 86400)
        real = Path.unlink
        taking = Thread(target=desk.console.intake.take, args=(source,))

        def unlink(path: Path, missing_ok: bool = False) -> None:
            real(path, missing_ok=missing_ok)
            if path == Path(film.stored_path) and taking.ident is None:
                taking.start()  # in just this moment

        monkeypatch.setattr(Path, "unlink", unlink)
        desk.service.clean()
        taking.join()
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

    def several(self, desk: Archiving, number: int) -> list[Exposure]:
        films = [desk.console.film() for _ in range(number)]
        desk.send(*films)
        desk.later(seconds=3)
        return films

    def test_a_file_that_cannot_be_removed_holds_up_no_other(
        self, desk: Archiving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        films = self.several(desk, 3)
        desk.console.clock.forward(31 * 86400)
        real = Path.unlink

        def unlink(path: Path, missing_ok: bool = False) -> None:
            if path == Path(films[0].stored_path):
                raise PermissionError(13, "held by a virus scanner")
            real(path, missing_ok=missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", unlink)
            assert desk.service.clean() == 2
        assert [Path(film.stored_path).exists() for film in films] == [True, False, False]
        assert desk.service.clean() == 1

    def test_more_films_than_are_looked_up_at_once(
        self, desk: Archiving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cleaning, "_AT_ONCE", 2)
        self.several(desk, 5)
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 5
        assert desk.console.intake.stored_bytes() == 0


class TestRejectedFilms:
    """They never leave: they go when the site says how long they are kept."""

    @pytest.fixture
    def rejected(self, desk: Archiving) -> Exposure:
        desk.to(replace(COMMITTING_PACS, wants_reject_notes=True))
        self.keep(desk, 30)
        return desk.console.disposition.choose(desk.console.film().id, Choice.RETAKE, "A", "motion")

    def keep(self, desk: Archiving, days: int) -> None:
        desk.console.settings = replace(desk.console.settings, keep_rejected_days=days)

    def note(self, desk: Archiving, film: Exposure) -> None:
        desk.console.derived.make_due()
        if desk.console.get(film).deliveries[0].state is not DeliveryState.SENT:
            desk.console.delivery.start()
        eventually(lambda: desk.console.get(film).deliveries[0].state is DeliveryState.SENT)

    def test_they_are_kept_unless_the_site_says_otherwise(self, desk: Archiving, rejected: Exposure) -> None:
        assert Settings().keep_rejected_days == 0
        self.keep(desk, 0)
        self.note(desk, rejected)
        desk.later(seconds=3)
        desk.console.clock.forward(4000 * 86400)
        assert desk.service.clean() == 0
        self.keep(desk, 3999)  # nothing else kept it
        assert desk.service.clean() == 1

    def test_they_go_with_their_notes_and_are_counted_on(self, desk: Archiving, rejected: Exposure) -> None:
        self.note(desk, rejected)
        desk.later(seconds=3)
        desk.console.clock.forward(29 * 86400)
        assert desk.service.clean() == 0
        desk.console.clock.forward(2 * 86400)
        assert desk.service.clean() == 1
        assert not Path(rejected.stored_path).exists()
        assert not [path for path in (desk.console.root / "derived").rglob("*") if path.is_file()]
        assert desk.console.intake.stored_bytes() == 0
        assert desk.state(rejected) is ExposureState.REJECTED
        summary = StatisticsService(desk.console.database, clock=desk.console.clock).summary(FilmFilter())
        assert summary.total.rejected == 1

    @pytest.mark.parametrize("stage", ["planned", "waiting", "refused", "not committed"])
    def test_the_note_comes_first(self, desk: Archiving, rejected: Exposure, stage: str) -> None:
        if stage == "waiting":
            desk.console.derived.make_due()
        if stage == "refused":
            desk.console.post.answers = [PeerFailed("refused", "No.", "Ask.", passing=False)]
            desk.console.derived.make_due()
            desk.console.delivery.start()
            eventually(lambda: desk.console.get(rejected).deliveries[0].state is DeliveryState.FAILED)
        if stage == "not committed":
            desk.archive.prompt = False
            self.note(desk, rejected)
            desk.later(seconds=3)
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 0
        if stage == "refused":
            desk.console.delivery.retry_now(desk.console.get(rejected).deliveries[0].id, "A")
            eventually(lambda: desk.console.get(rejected).deliveries[0].state is DeliveryState.SENT)
        self.note(desk, rejected)
        desk.archive.prompt = True
        desk.later(days=1)
        assert desk.service.clean() == 1

    @pytest.mark.parametrize("peers", [(), (replace(COMMITTING_PACS, wants_commitment=False),)])
    def test_a_note_that_nobody_is_asked_about_any_more_holds_nothing_up(
        self, desk: Archiving, rejected: Exposure, peers: tuple[Destination, ...]
    ) -> None:
        """The archive never answered, and the site gave it up."""
        desk.archive.prompt = False
        self.note(desk, rejected)
        desk.later(seconds=3)
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 0
        desk.to(*peers)
        self.keep(desk, 30)
        assert desk.service.clean() == 1
        assert not Path(rejected.stored_path).exists()

    def test_a_note_that_nobody_wants_holds_nothing_up(self, desk: Archiving, rejected: Exposure) -> None:
        desk.to()
        self.keep(desk, 30)
        desk.console.derived.make_due()
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1
        assert not Path(rejected.stored_path).exists()

    def test_what_is_gone_cannot_be_decided_anew(self, desk: Archiving, rejected: Exposure) -> None:
        desk.to()
        self.keep(desk, 30)
        desk.console.derived.make_due()
        assert desk.console.get(rejected).can_undo
        desk.console.clock.forward(31 * 86400)
        desk.service.clean()
        gone = desk.console.get(rejected)
        assert not gone.can_undo
        assert has_left(gone).code == "copy_removed"
        with pytest.raises(IllegalTransition):
            desk.console.disposition.undo(rejected.id, "A")

    def test_one_that_was_cleaned_up_and_is_sent_again_stays_as_long_again(
        self, desk: Archiving, tmp_path: Path
    ) -> None:
        """The window asks for it, to take the decision back: the hourly cleaning took it away at once."""
        self.keep(desk, 30)
        source = make_film(tmp_path / "a.dcm")
        film = desk.console.intake.take(source)
        desk.console.disposition.choose(film.id, Choice.RETAKE, "A", "motion")
        desk.console.derived.make_due()
        for _ in range(2):
            desk.console.clock.forward(31 * 86400)
            assert desk.service.clean() == 1
            desk.console.intake.take(source)
            desk.console.clock.forward(29 * 86400)
            assert desk.service.clean() == 0
            assert desk.console.get(film).can_undo
        desk.console.disposition.undo(film.id, "A")
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 0

    def test_one_that_is_taken_back_while_others_are_cleaned_up_stays(
        self, desk: Archiving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.to(COMMITTING_PACS)
        self.keep(desk, 30)
        film = desk.console.disposition.choose(desk.console.film().id, Choice.RETAKE, "A", "motion")
        desk.console.derived.make_due()
        desk.console.clock.forward(31 * 86400)
        remove = cleaning.Cleaning._remove

        def undo_and_remove(self: cleaning.Cleaning, *given: Any) -> bool:
            desk.console.disposition.undo(film.id, "A")
            return remove(self, *given)

        monkeypatch.setattr(cleaning.Cleaning, "_remove", undo_and_remove)
        assert desk.service.clean() == 0
        assert Path(film.stored_path).exists()
        desk.console.disposition.choose(film.id, Choice.SEND, "A")
        desk.console.delivery.start()
        eventually(lambda: desk.state(film) is ExposureState.SENT)

    def test_they_are_named_where_they_fill_the_space(self, desk: Archiving, rejected: Exposure) -> None:
        desk.console.derived.make_due()
        size = Path(rejected.stored_path).stat().st_size
        reception = ReceptionService(
            desk.console.folder, desk.console.intake, ListenerConfig(), quota_bytes=size + 10
        )
        problem = reception._no_room_for(size)
        assert problem is not None
        assert "are rejected films" in problem.message
        assert "how long rejected films stay" in problem.remedy
        desk.to()
        self.keep(desk, 30)
        desk.console.delivery.cancel(desk.console.get(rejected).deliveries[0].id, "A")
        desk.console.clock.forward(31 * 86400)
        assert desk.service.clean() == 1
        assert reception._no_room_for(size) is None
