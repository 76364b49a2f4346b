"""Storage commitment against pynetdicom's provider and against Orthanc; what is kept, sent again and cleaned up."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, build_role, evt

from tests.support.console import Clock, Console, eventually
from tests.support.dicom_maker import CR, DX
from tests.support.orthanc import MISSING, PROGRAM, Orthanc
from tests.support.ports import free_port
from workstation.dicom.network import commitment
from workstation.dicom.network.commitment import PUSH_MODEL, CommitmentReport, Reference, request
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer
from workstation.dicom.network.store_scu import store
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryKind, DeliveryState
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure, ExposureState
from workstation.persistence import audit
from workstation.services.clock import local_now
from workstation.services.commitment import CommitmentService
from workstation.services.listening import ListeningService
from workstation.settings.network import Destination, Listener

NO_SUCH_OBJECT = 0x0112


class Archive:
    """A PACS with storage commitment, by pynetdicom; answers as told."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.asked: list[list[str]] = []
        self.reason: int | None = None
        self.status = 0
        self.silent = False
        self.answer_on_the_same = True
        self.console_port = 0
        self._answers: list[threading.Thread] = []

    @contextlib.contextmanager
    def serving(self) -> Iterator[int]:
        ae = AE("PACS")
        for sop_class in (CR, DX):
            ae.add_supported_context(sop_class)
        ae.add_supported_context(PUSH_MODEL)
        handlers: list[evt.EventHandlerType] = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_ACTION, self._asked_for),
        ]
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert server is not None
        try:
            yield server.server_address[1]
        finally:
            for answer in self._answers:
                answer.join(10)
            server.shutdown()

    def _store(self, event: evt.Event) -> int:
        self.stored.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    def _asked_for(self, event: evt.Event) -> tuple[int, None]:
        action = event.action_information
        self.asked.append([str(item.ReferencedSOPInstanceUID) for item in action.ReferencedSOPSequence])
        if self.status == 0 and not self.silent:
            # As real archives do: the answer to the request first, the report when they have looked.
            target = self._report_on_the_same if self.answer_on_the_same else self._report_on_its_own
            answer = threading.Thread(target=target, args=(event.assoc, action))
            self._answers.append(answer)
            answer.start()
        return self.status, None

    def _information(self, action: Dataset) -> tuple[Dataset, int]:
        information = Dataset()
        information.TransactionUID = action.TransactionUID
        items = list(action.ReferencedSOPSequence)
        if self.reason is None:
            information.ReferencedSOPSequence = items
            return information, 1
        for item in items:
            item.FailureReason = self.reason
        information.FailedSOPSequence = items
        return information, 2

    def _report_on_the_same(self, assoc: object, action: Dataset) -> None:
        threading.Event().wait(0.2)
        information, kind = self._information(action)
        assoc.send_n_event_report(information, kind, PUSH_MODEL, "1.2.840.10008.1.20.1.1")  # type: ignore[attr-defined]

    def _report_on_its_own(self, _: object, action: Dataset) -> None:
        threading.Event().wait(0.2)
        information, kind = self._information(action)
        ae = AE("PACS")
        ae.add_requested_context(PUSH_MODEL, ImplicitVRLittleEndian)
        assoc = ae.associate(
            "127.0.0.1",
            self.console_port,
            ae_title="CXRWS",
            ext_neg=[build_role(PUSH_MODEL, scu_role=False, scp_role=True)],
        )
        assert assoc.is_established
        status, _ = assoc.send_n_event_report(information, kind, PUSH_MODEL, "1.2.840.10008.1.20.1.1")
        assert status.Status == 0
        assoc.release()


class Committing:
    """A console that sends for real and asks for commitment, on a clock that tests own."""

    def __init__(
        self, root: Path, port: int, called: str = "PACS", clock: Callable[[], object] | None = None
    ) -> None:
        self.console = Console(root, clock=clock, send=store)  # type: ignore[arg-type]
        destination = Destination("PACS", "127.0.0.1", port, called, wants_commitment=True)
        self.console.settings = replace(self.console.settings, undo_seconds=0.0, destinations=(destination,))
        self.service = CommitmentService(
            self.console.database,
            lambda: self.console.settings,
            self.console.clock,
            on_queued=self.console.delivery.wake,
        )
        self.listening: ListeningService | None = None

    def listen(self) -> int:
        port = free_port()
        listener = Listener(enabled=True, port=port, address="127.0.0.1")
        self.console.settings = replace(self.console.settings, listener=listener)
        self.listening = ListeningService(
            self.console.folder,
            self.console.intake,
            lambda: self.console.settings,
            on_report=self.service.report,
        )
        self.listening.apply_settings()
        return port

    def sent(self, count: int = 1) -> list[Exposure]:
        films = [
            self.console.disposition.choose(self.console.film().id, Choice.SEND, "A") for _ in range(count)
        ]
        self.console.delivery.start()
        eventually(lambda: all(self.console.get(f).state is ExposureState.SENT for f in films))
        return films

    def state(self, film: Exposure) -> ExposureState:
        return self.console.get(film).state

    def close(self) -> None:
        self.service.stop()
        if self.listening is not None:
            self.listening.stop()
        self.console.close()


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def committing(archive: Archive, tmp_path: Path) -> Iterator[Committing]:
    with archive.serving() as port:
        made = Committing(tmp_path / "data", port)
        yield made
        made.close()


def forward(committing: Committing, **time: float) -> None:
    clock = committing.console.clock
    assert isinstance(clock, Clock)
    clock.now += timedelta(**time)


def test_the_report_comes_on_the_same_association(committing: Committing, archive: Archive) -> None:
    films = committing.sent(3)
    committing.service.step()
    assert archive.asked == [], "films that follow one another share a request"
    forward(committing, seconds=3)
    committing.service.step()
    eventually(lambda: all(committing.state(f) is ExposureState.COMMITTED for f in films))
    assert [len(asked) for asked in archive.asked] == [3]
    assert committing.service.step() is None
    assert all(committing.console.get(f).deliveries[0].committed_at for f in films)
    with committing.console.database.snapshot() as connection:
        assert audit.rows(connection, films[0].id)[-1].action == "committed"


def test_the_report_comes_later_on_an_association_of_the_archive(
    committing: Committing, archive: Archive
) -> None:
    archive.answer_on_the_same = False
    archive.console_port = committing.listen()
    (film,) = committing.sent()
    forward(committing, seconds=3)
    committing.service.step()
    eventually(lambda: committing.state(film) is ExposureState.COMMITTED)


def test_an_archive_that_lost_the_film_gets_it_again(committing: Committing, archive: Archive) -> None:
    archive.reason = NO_SUCH_OBJECT
    (film,) = committing.sent()
    forward(committing, seconds=3)
    committing.service.step()
    eventually(lambda: committing.service.step() == pytest.approx(600), 10)
    assert len(archive.stored) == 1, "it may only be slow: it is asked again first"
    forward(committing, minutes=10)
    committing.service.step()
    eventually(lambda: len(archive.stored) == 2)
    archive.reason = None
    eventually(lambda: committing.state(film) is ExposureState.SENT)
    forward(committing, seconds=3)
    committing.service.step()
    eventually(lambda: committing.state(film) is ExposureState.COMMITTED)
    assert set(archive.stored) == {film.header.sop_instance_uid}


def test_an_archive_that_refuses_leaves_the_film_sent_and_says_why(
    committing: Committing, archive: Archive
) -> None:
    archive.reason = 0x0122
    (film,) = committing.sent()
    forward(committing, seconds=3)
    committing.service.step()
    eventually(lambda: committing.console.get(film).deliveries[0].last_error is not None)
    error = committing.console.get(film).deliveries[0].last_error
    assert error is not None
    assert "0x0122" in error.message
    assert committing.state(film) is ExposureState.SENT
    assert committing.service.step() is None


class TestRequest:
    """One N-ACTION and what comes back on its association."""

    def request(
        self, archive: Archive, on_report: Callable[[CommitmentReport], None], reports: int
    ) -> list[int]:
        """Ask; the archive reports so many times. Returns what it was answered."""
        answers: list[int] = []

        def report(assoc: object, action: Dataset) -> None:
            information, kind = archive._information(action)
            for _ in range(reports):
                status, _ = assoc.send_n_event_report(  # type: ignore[attr-defined]
                    information, kind, PUSH_MODEL, "1.2.840.10008.1.20.1.1"
                )
                answers.append(status.Status)

        archive._report_on_the_same = report  # type: ignore[method-assign]
        with archive.serving() as port:
            peer = Peer("127.0.0.1", port, "PACS", "CXRWS")
            request(peer, "1.2.3", [Reference(CR, "1.2.4")], on_report, linger_s=0.5)
        return answers

    def test_a_report_that_is_told_twice_is_heard_once(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Dawdling(threading.Event):
            """Leaves the association open for a moment after the first report."""

            def wait(self, timeout: float | None = None) -> bool:
                found = super().wait(timeout)
                time.sleep(0.5 if found else 0)
                return found

        monkeypatch.setattr(commitment, "threading", SimpleNamespace(Event=Dawdling))
        heard: list[CommitmentReport] = []
        assert self.request(archive, heard.append, reports=2) == [0, 0]
        assert len(heard) == 1

    def test_a_report_that_could_not_be_kept_is_heard_again(self, archive: Archive) -> None:
        heard: list[CommitmentReport] = []

        def keep(report: CommitmentReport) -> None:
            heard.append(report)
            if len(heard) == 1:
                raise StorageFailed("disk_full", "Full.", "Free some space.")

        assert self.request(archive, keep, reports=2) == [0x0110, 0]
        assert len(heard) == 2

    def test_a_connection_that_breaks_off_is_not_told_as_a_failing_film(self, archive: Archive) -> None:
        def break_off(event: evt.Event) -> tuple[int, None]:
            event.assoc.abort()
            return 0, None

        archive._asked_for = break_off  # type: ignore[method-assign]
        with archive.serving() as port, pytest.raises(PeerFailed) as caught:
            request(Peer("127.0.0.1", port, "PACS", "CXRWS"), "1.2.3", [Reference(CR, "1.2.4")], print)
        assert (caught.value.code, caught.value.in_doubt) == ("commitment_broken_off", True)
        assert "film" not in str(caught.value)


def test_without_a_report_the_archive_is_asked_again_later(committing: Committing, archive: Archive) -> None:
    archive.silent = True
    (film,) = committing.sent()
    forward(committing, seconds=3)
    committing.service.step()
    assert len(archive.asked) == 1
    committing.service.step()
    assert len(archive.asked) == 1
    archive.silent = False
    forward(committing, minutes=11)
    committing.service.step()
    eventually(lambda: committing.state(film) is ExposureState.COMMITTED)


def test_an_archive_that_is_down_or_fails_is_asked_again_soon(
    committing: Committing, archive: Archive
) -> None:
    archive.status = 0x0110
    (film,) = committing.sent()
    forward(committing, seconds=3)
    assert committing.service.step() == pytest.approx(60)
    good = committing.console.settings
    committing.console.settings = replace(
        good, destinations=(replace(good.destinations[0], port=free_port()),)
    )
    forward(committing, seconds=61)
    assert committing.service.step() == pytest.approx(60)
    archive.status, committing.console.settings = 0, good
    forward(committing, seconds=61)
    committing.service.step()
    eventually(lambda: committing.state(film) is ExposureState.COMMITTED)


def test_a_report_that_nobody_asked_for_changes_nothing(committing: Committing) -> None:
    (film,) = committing.sent()
    uid = film.header.sop_instance_uid
    committing.service.report(CommitmentReport("1.2.3", (uid,), ()))
    committing.service.report(CommitmentReport("", (uid,), ((uid, NO_SUCH_OBJECT),)))
    assert committing.state(film) is ExposureState.SENT


def test_only_committed_films_are_cleaned_up_and_only_after_their_time(
    committing: Committing, archive: Archive
) -> None:
    first, second = committing.sent(2)
    forward(committing, seconds=3)
    archive.silent = True
    committing.service.step()
    archive.silent = False
    with committing.console.database.transaction() as connection:  # the second is not asked about again
        connection.execute("UPDATE outbox SET commit_next_us = NULL WHERE exposure_id = ?", (second.id,))
    forward(committing, minutes=11)
    committing.service.step()
    eventually(lambda: committing.state(first) is ExposureState.COMMITTED)
    forward(committing, days=400)
    assert committing.service.clean() == 0, "the default keeps everything"
    committing.console.settings = replace(committing.console.settings, keep_committed_days=401)
    assert committing.service.clean() == 0
    committing.console.settings = replace(committing.console.settings, keep_committed_days=30)
    assert committing.service.clean() == 1
    assert not Path(first.stored_path).exists()
    assert Path(second.stored_path).exists()
    assert committing.service.clean() == 0
    assert committing.state(first) is ExposureState.COMMITTED


@pytest.mark.skipif(PROGRAM is None, reason=MISSING)
def test_orthanc_takes_film_report_and_note_over_and_they_come_back_as_they_were(tmp_path: Path) -> None:
    committing = Committing(tmp_path / "data", 1, "ORTHANC", clock=local_now)
    console = committing.console
    pacs = Orthanc(tmp_path / "orthanc", committing.listen())
    wants = replace(console.settings.destinations[0], port=pacs.port, wants_reject_notes=True)
    console.settings = replace(console.settings, destinations=(wants,))
    try:
        pacs.start()
        film = console.disposition.choose(console.film().id, Choice.SEND, "A")
        rejected = console.disposition.choose(console.film().id, Choice.RETAKE, "A", "motion")
        console.derived.make_due()
        console.delivery.start()
        committing.service.start()

        def all_committed() -> bool:
            committing.service.wake()
            deliveries = [*console.get(film).deliveries, *console.get(rejected).deliveries]
            return len(deliveries) == 2 and all(d.committed_at for d in deliveries)

        eventually(all_committed, 20)
        assert committing.state(film) is ExposureState.COMMITTED
        (note,) = console.get(rejected).deliveries
        assert (note.kind, note.state) == (DeliveryKind.REJECT_NOTE, DeliveryState.SENT)
        stored = pacs.instances()
        assert len(stored) == 2
        assert console.intake.take_bytes(pacs.file(stored[film.header.sop_instance_uid]), "x").id == film.id
        del stored[film.header.sop_instance_uid]
        (path,) = (console.root / "derived").rglob("*.dcm")
        assert list(stored) == [path.stem]
    finally:
        pacs.kill()
        committing.close()
