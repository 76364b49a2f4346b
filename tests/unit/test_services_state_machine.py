"""Any interleaving of decide, undo, send, fail, cancel, retry, crash: nothing lost, nothing doubled."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.audit_log import verified
from tests.support.console import CLEAN, PACS, WARNED, Console
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryError, DeliveryState
from workstation.domain.errors import DeliveryFailed
from workstation.domain.exposure import ExposureState, IllegalTransition, after_deliveries, is_decided
from workstation.persistence import exposures, outbox

ERROR = DeliveryError("x", "X.", "Y.")
FILMS = st.sampled_from([1, 2])


class Life(RuleBasedStateMachine):
    """Drives the services and the outbox as the worker would, against a plain model of what must be true."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.console = Console(Path(self.folder.name))
        # Durability is test_sigkill's matter; here many short lives count.
        self.console.database._connection.execute("PRAGMA synchronous = OFF")
        self.chosen: dict[int, Choice] = {}
        self.delivered: dict[int, list[str]] = {self.console.film().id: [] for _ in (1, 2)}
        self.left: set[int] = set()
        self.claims: list[outbox.Claim] = []
        self.lines = 2

    def teardown(self) -> None:
        self.console.close()
        self.folder.cleanup()

    @rule(film=FILMS, verdict=st.sampled_from([WARNED, CLEAN]))
    def analyse(self, film: int, verdict: object) -> None:
        self.console.disposition.record_verdict(film, verdict)  # type: ignore[arg-type]
        self.lines += 1

    @rule(film=FILMS, choice=st.sampled_from(Choice))
    def decide(self, film: int, choice: Choice) -> None:
        try:
            self.console.disposition.choose(film, choice, "A", "motion" if choice is Choice.RETAKE else "")
        except IllegalTransition:
            assert film in self.chosen
        else:
            assert film not in self.chosen
            self.chosen[film] = choice
            self.lines += 1

    @rule(film=FILMS)
    def undo(self, film: int) -> None:
        allowed = self.console.worklist.get(film).can_undo
        try:
            self.console.disposition.undo(film, "A")
        except IllegalTransition:
            assert not allowed
            assert film not in self.chosen or film in self.left
        else:
            assert allowed
            assert film not in self.left
            del self.chosen[film]
            self.lines += 1

    @rule(destination=st.sampled_from(["PACS", "Archive"]))
    def claim(self, destination: str) -> None:
        self.console.clock.forward(20)
        with self.console.database.transaction() as connection:
            claim = outbox.claim(connection, destination, self.console.clock())
        if claim is not None:
            self.left.add(claim.delivery.exposure_id)
            self.claims.append(claim)

    @precondition(lambda self: self.claims)
    @rule(outcome=st.sampled_from(["sent", "retry", "doubt", "failed"]))
    def settle(self, outcome: str) -> None:
        claim = self.claims.pop(0)
        delivery, now = claim.delivery, self.console.clock()
        with self.console.database.transaction() as connection:
            if outcome == "sent":
                outbox.mark_sent(connection, delivery.id, now)
                self.delivered[delivery.exposure_id].append(delivery.destination)
            elif outcome == "failed":
                outbox.mark_failed(connection, delivery.id, ERROR)
            else:
                outbox.mark_retry(connection, delivery.id, ERROR, now, outcome == "doubt")
            exposures.refresh_state(connection, delivery.exposure_id)
        if not any(d.has_left for d in self.console.worklist.get(delivery.exposure_id).deliveries):
            self.left.discard(delivery.exposure_id)

    @rule(film=FILMS, retry=st.booleans())
    def meddle(self, film: int, retry: bool) -> None:
        for delivery in self.console.worklist.get(film).deliveries:
            act = self.console.delivery.retry_now if retry else self.console.delivery.cancel
            try:
                act(delivery.id, "A")
            except (IllegalTransition, DeliveryFailed):  # the latter: its destination is gone
                continue
            assert delivery.state not in (DeliveryState.SENDING, DeliveryState.SENT)
            self.lines += 1

    @rule()
    def crash(self) -> None:
        self.console.reopen()
        self.console.database._connection.execute("PRAGMA synchronous = OFF")
        self.claims.clear()  # whoever held them is dead
        with self.console.database.transaction() as connection:
            outbox.recover(connection, self.console.clock())

    @rule(count=st.sampled_from([2, 1, 0]))
    def configure(self, count: int) -> None:
        destinations = (PACS, replace(PACS, name="Archive"))[:count]
        self.console.settings = replace(self.console.settings, destinations=destinations)

    @rule()
    def enqueue_waiting(self) -> None:
        self.lines += self.console.delivery.enqueue_waiting("A")

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        for film in self.console.worklist.today():
            choice = self.chosen.get(film.id)
            assert (film.decision.choice if film.decision else None) == choice
            assert is_decided(film.state) == (choice is not None)
            destinations = [delivery.destination for delivery in film.deliveries]
            assert len(destinations) == len(set(destinations))
            sent = [d.destination for d in film.deliveries if d.state is DeliveryState.SENT]
            # Once to each destination, however often somebody thought again.
            assert sorted(sent) == sorted(self.delivered[film.id])
            if choice is None:
                assert destinations == []
            else:
                assert film.state is after_deliveries(choice, film.deliveries)
            if choice is Choice.RETAKE:
                assert destinations == []
                assert film.state is ExposureState.REJECTED

    @invariant()
    def the_audit_holds(self) -> None:
        report = verified(self.console.database)
        assert report.intact
        assert report.rows == self.lines


Life.TestCase.settings = hypothesis.settings(
    max_examples=50,
    stateful_step_count=25,
    # Shrinking takes minutes here, and the time limit of the test would swallow the finding.
    phases=(hypothesis.Phase.reuse, hypothesis.Phase.generate),
    suppress_health_check=list(hypothesis.HealthCheck),
)
TestLife = Life.TestCase
