"""A whole console without a window, in a temporary folder: real files, real database, a clock that tests own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from tests.support.dicom_maker import make_film
from workstation.assets import resources_dir
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.store_scu import Stored
from workstation.domain.derived import NotMade
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure
from workstation.domain.findings import CropFinding, ProjectionFinding, RotationFinding, State, Verdict
from workstation.domain.projection import Projection
from workstation.persistence.database import Database
from workstation.services.data_folder import open_data_folder
from workstation.services.delivery import DeliveryService
from workstation.services.derived import DerivedService
from workstation.services.derived_objects import DerivedObjects
from workstation.services.disposition import DispositionService
from workstation.services.intake import IntakeService
from workstation.services.reasons import load_reasons
from workstation.services.worklist import Worklist
from workstation.settings.model import Settings
from workstation.settings.network import Destination

ZONE = timezone(timedelta(hours=3))
START = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
PACS = Destination("PACS", "127.0.0.1", 1, "PACS")
WARNED = Verdict(
    ProjectionFinding(Projection.LATERAL, State.PASS, 0.98),
    (
        CropFinding(
            State.WARN,
            0.9,
            0.7,
            0.4,
            (Edge.BOTTOM,),
            {Edge.BOTTOM: 0.9, Edge.TOP: 0.1},
            (((0.1, 0.2), (0.3, 0.4)),),
        ),
        RotationFinding(State.UNSURE, 0.5, 0.6, 0.4, 8.0, 2.5),
    ),
    "test@1",
    timing_ms={"total": 12.5},
)
CLEAN = replace(
    WARNED,
    projection=ProjectionFinding(Projection.FRONTAL, State.PASS, 0.02),
    findings=(CropFinding(State.PASS, 0.02, 0.7),),
)


class Clock:
    """Stands still until told."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Post:
    """A sender without a network: records what it was given; `answers` decides what comes of each film."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.tries = 0
        self.answers: list[Exception] = []
        self.always: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, peer: Peer, path: Path, interrupt: Interrupt) -> Stored:
        self.tries += 1
        while not self.gate.wait(0.005):
            if interrupt.is_set():
                break
        if self.always is not None:
            raise self.always
        if self.answers:
            raise self.answers.pop(0)
        self.sent.append((peer.called_ae, path.read_bytes()))
        return Stored(0, "1.2.840.10008.1.2.1", False)


class Console:
    """The services of one data folder; `reopen` is a restart of the program."""

    def __init__(
        self, root: Path, clock: Clock | None = None, send: Callable[..., Stored] | None = None
    ) -> None:
        self.root = root
        self.clock = clock or Clock()
        self.post = Post()
        self.send = send or self.post
        self.settings = Settings(room="Room 2", destinations=(PACS,))
        self.lost: list[NotMade] = []
        self._made = 0
        self.open()

    def open(self) -> None:
        self.folder = open_data_folder(self.root)
        self.database = Database.open(self.folder.database, self.folder.backups)
        self.delivery = DeliveryService(
            self.database, lambda: self.settings, clock=self.clock, send=self.send, chance=lambda: 0.5
        )
        self.derived = DerivedService(
            self.database,
            lambda: self.settings,
            DerivedObjects(resources_dir(), lambda: self.settings, load_reasons(resources_dir())),
            self.clock,
            self.delivery.wake,
            self.lost.append,
        )
        self.disposition = DispositionService(
            self.database, lambda: self.settings, self.clock, self.delivery.wake
        )
        self.intake = IntakeService(self.folder, self.database, clock=self.clock)
        self.worklist = Worklist(self.database, self.clock)

    def close(self) -> None:
        self.derived.stop()
        self.delivery.stop()
        self.database.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    def film(self, **options: object) -> Exposure:
        """A new film, taken in; each has pixels of its own."""
        self._made += 1
        pixels = np.full((16, 16), self._made, np.uint16)
        source = make_film(self.root / f"film-{self._made}.dcm", pixels, **options)
        exposure = self.intake.take(source)
        source.unlink()
        return exposure

    def get(self, exposure: Exposure) -> Exposure:
        return self.worklist.get(exposure.id)


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until `condition` holds; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.005)
