"""The state machine alone: every step it has, and none that it has not."""

from __future__ import annotations

import itertools

import pytest

from workstation.domain.decision import Choice
from workstation.domain.delivery import Backoff, Delivery, DeliveryKind, DeliveryState
from workstation.domain.exposure import (
    Exposure,
    ExposureState,
    IllegalTransition,
    NotSent,
    after_decision,
    after_deliveries,
    after_undo,
    after_verdict,
    is_decided,
)
from workstation.domain.film import FilmHeader


def delivery(
    state: DeliveryState,
    kind: DeliveryKind = DeliveryKind.FILM,
    *,
    committed: bool = False,
    in_doubt: bool = False,
) -> Delivery:
    return Delivery(1, 1, "PACS", state, kind, committed_at="x" if committed else "", in_doubt=in_doubt)


WAITING, SENDING, SENT, FAILED, CANCELLED = map(delivery, DeliveryState)


@pytest.mark.parametrize("state", ExposureState)
@pytest.mark.parametrize("choice", Choice)
def test_a_decision_is_made_once(state: ExposureState, choice: Choice) -> None:
    if is_decided(state):
        with pytest.raises(IllegalTransition):
            after_decision(state, choice)
    else:
        assert is_decided(after_decision(state, choice))


def test_a_late_verdict_changes_no_decision() -> None:
    assert after_verdict(ExposureState.RECEIVED) is ExposureState.ANALYSED
    for state in set(ExposureState) - {ExposureState.RECEIVED}:
        assert after_verdict(state) is state


def test_a_rejected_film_stays_rejected_whatever_is_sent() -> None:
    for deliveries in itertools.product(
        [WAITING, SENT, FAILED, delivery(DeliveryState.SENT, DeliveryKind.REJECT_NOTE)], repeat=2
    ):
        assert after_deliveries(Choice.RETAKE, deliveries) is ExposureState.REJECTED


@pytest.mark.parametrize(
    ("deliveries", "state"),
    [
        ([], ExposureState.ACCEPTED),
        ([CANCELLED], ExposureState.ACCEPTED),
        ([WAITING], ExposureState.QUEUED),
        ([SENDING], ExposureState.QUEUED),
        ([FAILED], ExposureState.QUEUED),
        ([SENT, WAITING], ExposureState.QUEUED),
        ([SENT], ExposureState.SENT),
        ([SENT, CANCELLED], ExposureState.SENT),
        ([delivery(DeliveryState.SENT, committed=True), SENT], ExposureState.SENT),
        ([delivery(DeliveryState.SENT, committed=True)], ExposureState.COMMITTED),
        ([delivery(DeliveryState.WAITING, DeliveryKind.REPORT)], ExposureState.ACCEPTED),
    ],
)
def test_the_state_follows_the_deliveries(deliveries: list[Delivery], state: ExposureState) -> None:
    assert after_deliveries(Choice.SEND, deliveries) is state


def test_undo_until_it_has_left() -> None:
    for open_ones in ([], [WAITING], [FAILED, CANCELLED]):
        assert after_undo(ExposureState.QUEUED, open_ones, has_verdict=True) is ExposureState.ANALYSED
        assert after_undo(ExposureState.REJECTED, open_ones, has_verdict=False) is ExposureState.RECEIVED
    for left in (SENDING, SENT, delivery(DeliveryState.WAITING, in_doubt=True)):
        with pytest.raises(IllegalTransition):
            after_undo(ExposureState.QUEUED, [WAITING, left], has_verdict=True)
    with pytest.raises(IllegalTransition):
        after_undo(ExposureState.ANALYSED, [], has_verdict=True)


def test_why_a_film_is_not_sent() -> None:
    def film(
        state: ExposureState, sop_class: str = "1.2", deliveries: tuple[Delivery, ...] = ()
    ) -> NotSent | None:
        header = FilmHeader(1, 1, sop_class_uid=sop_class, sop_instance_uid=sop_class and "1.2.3")
        return Exposure(1, header, "a", "a", "", state, deliveries=deliveries).not_sent_because

    assert film(ExposureState.REJECTED) is NotSent.REJECTED
    assert film(ExposureState.ACCEPTED, "") is NotSent.NOT_DICOM
    assert film(ExposureState.KEPT_WITH_NOTE) is NotSent.NO_DESTINATION
    assert film(ExposureState.ACCEPTED, deliveries=(CANCELLED,)) is NotSent.CANCELLED
    for state in (ExposureState.ANALYSED, ExposureState.QUEUED, ExposureState.SENT):
        assert film(state) is None


def test_backoff_grows_to_its_limit_and_is_spread() -> None:
    backoff = Backoff(first=2, factor=2, longest=300, jitter=0.25)
    assert [backoff.delay(n, 0.5) for n in (1, 2, 3, 9, 5000)] == [2, 4, 8, 300, 300]
    assert backoff.delay(1, 0.0) == 1.5
    assert backoff.delay(9, 1.0) == 375
    with pytest.raises(ValueError, match="failures"):
        backoff.delay(0, 0.5)
