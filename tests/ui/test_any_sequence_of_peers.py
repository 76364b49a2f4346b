"""As `test_any_sequence`, with films by network, a worklist that changes its mind, archives that fail, people who come
and go, and days that pass: nothing leaves that was rejected or is undecided, and no film is out of sight before it is
decided."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog

from tests.support.dicom_maker import chest_pixels, film_bytes
from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser
from tests.support.window import Desk
from tests.ui import test_any_sequence as alone
from workstation.dicom.network.errors import PeerFailed, broken_off, no_association, store_refused
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.store_scu import Stored
from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.errors import DeliveryFailed
from workstation.domain.exposure import Exposure, IllegalTransition, after_deliveries, is_decided
from workstation.domain.film import PatientIdentity
from workstation.domain.operator import Role
from workstation.domain.order import Fit, Order
from workstation.persistence import audit, exposures
from workstation.services.delivery_worker import DeliveryWorker
from workstation.settings.network import Destination, WorklistPeer
from workstation.ui import film_store

SETTINGS = replace(
    alone.SETTINGS,
    operator="",
    sign_in="pick",
    undo_seconds=10.0,
    destinations=(
        Destination("A", "127.0.0.1", 1, "A"),
        Destination("B", "127.0.0.1", 2, "B", wants_reject_notes=True),
    ),
    worklist=WorklistPeer(enabled=True, host="127.0.0.1"),
)
STEPS = 120
PEOPLE = ("Anna", "Boris")
FAILURES: tuple[Callable[[], PeerFailed] | None, ...] = (
    None,
    None,
    lambda: no_association("127.0.0.1", 1),
    lambda: store_refused(0xA900),
    broken_off,
)
ORDERS = (
    (),
    (Order(PatientIdentity("", "P1")), Order(PatientIdentity("", "P2"))),
    (Order(PatientIdentity("Somebody, Else", "P1")), Order(PatientIdentity("", "P2"))),
)


@dataclass
class Walk(alone.Walk):
    """One console with people and peers; their clock is the walk's."""

    now: datetime = field(default_factory=lambda: datetime.now().astimezone())
    failing: dict[str, Callable[[], PeerFailed] | None] = field(default_factory=dict)
    archived: list[str] = field(default_factory=list)
    orders: tuple[Order, ...] = ()
    by_network: list[bytes] = field(default_factory=list)

    def open(self) -> None:
        self.pools = {name: HeldPool() for name in alone.QUEUES}
        used = iter([*self.pools.values(), HeldPool(), HeldPool()])
        self.program = program = self.desk.open(
            SETTINGS, lambda: next(used), ScriptedAnalyser(alone.judge), start=False
        )
        node, people = program.node, program.console.parts.operators
        for service in (node.intake, node.worklist, node.disposition, node.delivery, node.orders, people):
            service._clock = lambda: self.now  # type: ignore[attr-defined]
        node.delivery._send = self.post
        node.orders._find = lambda *_: self.orders
        # What has a thread of its own comes when the walk says so.
        node._to_start = [node.delivery.start, node._adopt_strays]
        for name in PEOPLE if not people.all() else ():
            people.add(name, Role.RADIOGRAPHER, "", "test")
        self._spy()
        self._spy_on_whom()
        program.start()
        program.window.showNormal()
        program.window.resize(1366, 768)
        program.window.activateWindow()
        self.desk.qtbot.waitUntil(program.window.isActiveWindow)

    def post(self, peer: Peer, path: Path, interrupt: Interrupt) -> Stored:
        del interrupt
        failure = self.failing.get(peer.called_ae)
        if failure is not None:
            raise failure()
        self.archived.append(str(path))
        return Stored(0, "1.2.840.10008.1.2.1", False)

    # ---- what happens ----

    def network(self) -> None:
        self.desk._made += 1
        patient = self.chance.choice(("P1", "P2"))
        whole = film_bytes(
            chest_pixels() + self.desk._made, AcquisitionDate=f"{self.now:%Y%m%d}", patient_id=patient
        )
        drawn = self.chance.random() > 0.15
        self.by_network.append(whole if drawn else whole[:-300])
        self._receive(self.by_network[-1])

    def network_again(self) -> None:
        if self.by_network:
            self._receive(self.chance.choice(self.by_network))

    def worklist(self) -> None:
        self.orders = self.chance.choice(ORDERS)
        self.program.node.orders.ask()
        QCoreApplication.processEvents()

    def lock(self) -> None:
        self.program.session.lock()
        QCoreApplication.processEvents()

    def sign_in(self) -> None:
        if self.program.session.locked:
            self.program.session.sign_in(self.chance.choice(PEOPLE))
            QCoreApplication.processEvents()

    def time(self) -> None:
        self.now += timedelta(seconds=self.chance.choice((1, 11, 60, 4000)))

    def clock_set_back(self) -> None:
        self.now -= timedelta(seconds=self.chance.choice((5, 4000)))

    def night(self) -> None:
        self.now += timedelta(days=1)
        self.program.console._day._look()

    def peer(self) -> None:
        self.failing[self.chance.choice("AB")] = self.chance.choice(FAILURES)

    def deliver(self) -> None:
        for worker in list(self.program.node.delivery._workers.values()):
            for _ in range(3):
                worker._step()
        QCoreApplication.processEvents()

    def take_in_hand(self) -> None:
        """Of a line of the queue under Connections."""
        with self.program.node.database.snapshot() as connection:
            lines = [row["id"] for row in connection.execute("SELECT id FROM outbox")]
        delivery = self.program.node.delivery
        if lines:
            try:
                self.chance.choice((delivery.cancel, delivery.retry_now))(self.chance.choice(lines), "A")
            except (DeliveryFailed, IllegalTransition):
                return

    def rebuild(self) -> None:
        if not self.program.session.locked:  # nobody could change a setting
            super().rebuild()

    # ---- what must be true ----

    def settle(self) -> None:
        super().settle()
        self.desk.settled(self.program)  # what the events brought

    def check_shown(self) -> None:
        super().check_shown()
        console = self.program.console
        assert not (self.program.session.locked and self.program.window.view.body.isVisible())
        seen, stage = self.program.window.exporter.seen(), console.stage
        if seen is not None and stage is not None:
            assert alone.number_of(seen.film) == self.number(stage), "another film would be exported"
            assert seen.verdict == stage.verdict

    def check_kept(self) -> None:
        program = self.program
        database = program.node.database
        with database.snapshot() as connection:
            found = exposures.select(connection, database.root, "")
            assert audit.verify(connection).intact
        listed = {film.id for film in program.console.exposures}
        for film in found:
            decided = self.in_force.get(film.id)
            assert is_decided(film.state) == (decided is not None) == (film.decision is not None)
            if film.id not in listed:
                assert is_decided(film.state), "nobody sees it"
                assert film.received_at[:10] != self.now.date().isoformat()
            if decided is None or decided.choice is Choice.RETAKE:
                assert film.stored_path not in self.archived, "it left"
            if film.decision is not None and decided is not None:
                assert film.decision.choice is decided.choice
                assert film.decision.author == decided.author
                assert film.state is after_deliveries(film.decision.choice, film.deliveries)
            if film.id in self.hands and not is_decided(film.state):
                assert program.console.is_left_to_person(film)

    def number(self, film: Exposure) -> int:
        try:
            return super().number(film)
        except Exception:
            return self.numbers.setdefault(film.id, -1)  # it cannot be drawn

    # ---- inside ----

    def _receive(self, content: bytes) -> None:
        # From a thread of the listener: the window hears of it later.
        exposure = self.program.node.intake.take_bytes(content, "film.dcm")
        self.program.console.received(exposure)

    def _spy_on_whom(self) -> None:
        console = self.program.console
        decide = console.decide

        def seen(
            exposure_id: int, choice: Choice, reason: str = "", note: str = "", *, author: str = ""
        ) -> None:
            known = console.get(exposure_id)
            assert known is not None
            assert not self.program.session.locked
            if author == AUTOMATIC:
                assert console.order_check(known).fit in (Fit.UNKNOWN, Fit.FITS)
                assert known.taken_on == self.now.date().isoformat()
            decide(exposure_id, choice, reason, note, author=author)

        console.decide = seen


@pytest.mark.parametrize("seed", [19, 30])
def test_any_sequence_of_peers(desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    monkeypatch.setattr(film_store, "_KEPT", 1)
    monkeypatch.setattr(DeliveryWorker, "start", lambda _: None)
    walk = Walk(desk, random.Random(seed))
    walk.open()
    acts = [
        *alone.steps(walk),
        (5, "network", walk.network),
        (1, "network again", walk.network_again),
        (2, "worklist", walk.worklist),
        (1, "lock", walk.lock),
        (4, "sign in", walk.sign_in),
        (4, "time", walk.time),
        (0.4, "clock set back", walk.clock_set_back),
        (0.5, "night", walk.night),
        (1.5, "peer", walk.peer),
        (5, "deliver", walk.deliver),
        (1.5, "take in hand", walk.take_in_hand),
    ]
    for step in range(STEPS):
        (act,) = walk.chance.choices(acts, [weight for weight, _, _ in acts])
        print(act[1])
        act[2]()
        walk.check_shown()
        if step % 15 == 14:
            walk.settle()
            walk.check_shown()
            walk.check_kept()
