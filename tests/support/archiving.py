"""A console that sends at once, and an archive of our own that it asks for storage commitment; no network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.support.console import PACS, Console, eventually
from workstation.dicom.network.commitment import NO_SUCH_OBJECT, CommitmentReport, OnReport, Reference
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.domain.decision import Choice
from workstation.domain.exposure import Exposure, ExposureState
from workstation.services.commitment import CommitmentService
from workstation.settings.network import Destination

COMMITTING_PACS = replace(PACS, wants_commitment=True)


@dataclass(frozen=True)
class Request:
    """What the archive was asked, and when."""

    at: datetime
    transaction: str
    references: tuple[Reference, ...]

    @property
    def uids(self) -> tuple[str, ...]:
        return tuple(reference.sop_instance_uid for reference in self.references)

    def answer(self, missing: bool = False) -> CommitmentReport:
        failed = tuple((uid, NO_SUCH_OBJECT) for uid in self.uids) if missing else ()
        return CommitmentReport(self.transaction, () if missing else self.uids, failed)


class Archive:
    """Notes what it is asked; answers at once where `prompt`, refuses with `error`."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.asked: list[Request] = []
        self.prompt = True
        self.error: PeerFailed | None = None

    def __call__(
        self,
        peer: Peer,
        transaction_uid: str,
        references: list[Reference],
        on_report: OnReport,
        interrupt: Interrupt,
    ) -> None:
        del peer, interrupt
        self.asked.append(Request(self.console.clock(), transaction_uid, tuple(references)))
        if self.error is not None:
            raise self.error
        if self.prompt:
            on_report(self.asked[-1].answer())


class Archiving:
    """A console that sends at once and asks `archive` for commitment."""

    def __init__(self, root: Path) -> None:
        self.console = Console(root)
        self.to(COMMITTING_PACS)
        self.archive = Archive(self.console)
        self.service = self.asking()

    def asking(self) -> CommitmentService:
        return CommitmentService(
            self.console.database,
            lambda: self.console.settings,
            self.console.clock,
            on_queued=self.console.delivery.wake,
            request=self.archive,
        )

    def to(self, *destinations: Destination) -> None:
        self.console.settings = replace(
            self.console.settings, undo_seconds=0.0, keep_committed_days=30, destinations=destinations
        )

    def send(self, *films: Exposure) -> None:
        for film in films:
            self.console.disposition.choose(film.id, Choice.SEND, "A")
        self.console.delivery.start()
        eventually(lambda: all(self.state(film) is ExposureState.SENT for film in films))

    def sent(self) -> Exposure:
        film = self.console.film()
        self.send(film)
        return film

    def state(self, film: Exposure) -> ExposureState:
        return self.console.get(film).state

    def later(self, **time: float) -> float | None:
        self.console.clock.forward(timedelta(**time).total_seconds())
        return self.service.step()

    def count(self, query: str) -> int:
        with self.console.database.snapshot() as connection:
            return int(connection.execute(query).fetchone()[0])
