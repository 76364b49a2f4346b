"""The outbox and its workers, with a sender of our own in place of the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.support.audit_log import history, verified
from tests.support.console import PACS, Console, eventually
from tests.support.dicom_maker import make_film
from workstation.dicom.network.errors import Interrupted, PeerFailed, store_refused
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState, DestinationState
from workstation.domain.errors import DeliveryFailed, StorageFailed
from workstation.domain.exposure import Exposure, ExposureState, IllegalTransition, NotSent
from workstation.persistence import audit, outbox
from workstation.settings.network import SetAside

DOWN = PeerFailed("refused", "PACS refuses.", "Switch it on.", passing=True, peer_wide=True)
BROKEN = PeerFailed("broken_off", "Broke off.", "Wait.", passing=True, in_doubt=True)
BAD_FILM = PeerFailed("film_refused", "Not this film.", "Ask.", passing=False)
BUSY = PeerFailed("processing_failure", "Failed.", "Wait.", passing=True)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    console = Console(tmp_path)
    console.settings = replace(console.settings, undo_seconds=0.0)
    yield console
    console.post.gate.set()
    console.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("delivery")]


def decided(console: Console, choice: Choice = Choice.SEND) -> Exposure:
    return console.disposition.choose(console.film().id, choice, "A")


def state(console: Console, film: Exposure) -> ExposureState:
    return console.get(film).state


def only(console: Console, film: Exposure) -> DeliveryState:
    (delivery,) = console.get(film).deliveries
    return delivery.state


def later(console: Console, seconds: float) -> None:
    console.clock.forward(seconds)
    console.delivery.wake()


def test_films_leave_in_order_byte_for_byte(console: Console) -> None:
    films = [decided(console, choice) for choice in (Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.SEND)]
    console.delivery.start()
    eventually(lambda: all(state(console, f) is ExposureState.SENT for f in films))
    assert [data for _, data in console.post.sent] == [Path(f.stored_path).read_bytes() for f in films]
    (status,) = console.delivery.statuses()
    assert (status.name, status.waiting, status.sent, status.failed) == ("PACS", 0, 3, 0)
    assert console.delivery.deliveries() == []
    assert verified(console.database).intact


def test_nothing_leaves_before_the_time_for_undo_is_over(console: Console) -> None:
    console.settings = replace(console.settings, undo_seconds=10.0)
    console.delivery.start()
    kept, undone = decided(console), decided(console)
    later(console, 9.9)
    assert console.disposition.undo(undone.id, "A").deliveries == ()
    assert console.post.tries == 0
    later(console, 0.2)
    eventually(lambda: state(console, kept) is ExposureState.SENT)
    later(console, 100)
    assert len(console.post.sent) == 1
    assert state(console, undone) is ExposureState.RECEIVED


def test_what_has_left_cannot_be_undone(console: Console) -> None:
    console.delivery.start()
    console.post.gate.clear()
    film = decided(console)
    eventually(lambda: only(console, film) is DeliveryState.SENDING)
    with pytest.raises(IllegalTransition):
        console.disposition.undo(film.id, "A")
    console.post.gate.set()
    eventually(lambda: state(console, film) is ExposureState.SENT)
    with pytest.raises(IllegalTransition):
        console.disposition.undo(film.id, "A")


def test_a_dead_peer_is_tried_again_at_growing_intervals(console: Console) -> None:
    console.post.always = DOWN
    first, second = decided(console), decided(console)
    console.delivery.start()
    for tries, pause in ((1, 2), (2, 4), (3, 8), (4, 16)):
        eventually(lambda n=tries: console.post.tries == n)  # type: ignore[misc]
        eventually(lambda: console.delivery.statuses()[0].state is DestinationState.UNREACHABLE)
        (status,) = console.delivery.statuses()
        assert status.last_error is not None
        assert status.last_error.code == "refused"
        assert status.down_since == "2026-11-23T10:00:00.000+03:00"
        assert status.waiting == 2
        later(console, pause - 0.1)
        time.sleep(0.05)
        assert console.post.tries == tries  # the second film does not knock either
        later(console, 0.2)
    eventually(lambda: console.post.tries == 5)
    # The pause that follows must be reckoned before the clock goes on.
    eventually(lambda: console.delivery.statuses()[0].state is DestinationState.UNREACHABLE)
    console.post.always = None
    later(console, 40)
    eventually(lambda: state(console, second) is ExposureState.SENT)
    assert state(console, first) is ExposureState.SENT
    # Sent is said before the worker has put the film down.
    eventually(lambda: console.delivery.statuses()[0].state is not DestinationState.SENDING)
    (status,) = console.delivery.statuses()
    assert (status.state, status.down_since, status.last_error) == (DestinationState.IDLE, "", None)


def test_a_peer_that_refuses_a_film_for_now_is_not_said_to_be_silent(console: Console) -> None:
    """It came back with its database still down: it answers, so nobody need look for a cable."""
    console.post.always = DOWN
    decided(console)
    console.delivery.start()
    eventually(lambda: console.delivery.statuses()[0].state is DestinationState.UNREACHABLE)
    console.post.always = BUSY
    later(console, 30)
    eventually(lambda: console.delivery.statuses()[0].state is DestinationState.IDLE)
    (status,) = console.delivery.statuses()
    assert (status.down_since, status.last_error and status.last_error.code) == ("", "processing_failure")


def test_a_film_that_cannot_be_sent_says_nothing_of_a_dead_peer(console: Console) -> None:
    console.post.always = DOWN
    for _ in range(2):
        decided(console)
    console.delivery.start()
    eventually(lambda: console.delivery.statuses()[0].state is DestinationState.UNREACHABLE)
    since = console.delivery.statuses()[0].down_since
    console.post.always = None
    console.post.answers = [PeerFailed("film_unusable", "Gone.", "Again.", passing=False), DOWN]
    later(console, 30)
    eventually(lambda: console.post.tries == 3)
    eventually(lambda: console.delivery.statuses()[0].state is DestinationState.UNREACHABLE)
    (status,) = console.delivery.statuses()
    assert status.down_since == since


def test_a_dead_peer_leaves_the_decision_open_to_undo(console: Console) -> None:
    console.post.always = DOWN
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].attempts == 1 and only(console, film) == "waiting")
    assert console.get(film).can_undo
    console.disposition.undo(film.id, "A")
    assert console.delivery.deliveries() == []


def test_an_attempt_that_broke_off_may_have_arrived(console: Console) -> None:
    console.post.answers = [BROKEN]
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].in_doubt)
    with pytest.raises(IllegalTransition):
        console.disposition.undo(film.id, "A")
    later(console, 10)
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert not console.get(film).deliveries[0].in_doubt


@pytest.mark.parametrize("broke_off", [True, False])
def test_a_duplicate_is_no_failure_after_an_attempt_in_doubt(console: Console, broke_off: bool) -> None:
    console.post.answers = [BROKEN, store_refused(0x0111)] if broke_off else [store_refused(0x0111)]
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].last_error is not None)
    later(console, 10)
    wanted = DeliveryState.SENT if broke_off else DeliveryState.FAILED
    eventually(lambda: only(console, film) is wanted)


@pytest.mark.parametrize("sent_first", ["sent", "sent under another name", ""])
def test_a_duplicate_may_mean_another_film_under_the_same_uid(console: Console, sent_first: str) -> None:
    films = [console.film(sop_instance_uid="1.2.3") for _ in range(2)]
    choice, reason = (Choice.SEND, "") if sent_first else (Choice.RETAKE, "motion")
    first = console.disposition.choose(films[0].id, choice, "A", reason)
    console.delivery.start()
    if sent_first:
        eventually(lambda: state(console, first) is ExposureState.SENT)
    if sent_first == "sent under another name":
        before = console.settings.destinations
        console.settings = replace(console.settings, destinations=(replace(PACS, name="Archive"),))
        console.delivery.apply_settings(before)
    console.post.answers = [BROKEN, store_refused(0x0111)]
    second = console.disposition.choose(films[1].id, Choice.SEND, "A")
    eventually(lambda: console.get(second).deliveries[0].last_error is not None)
    later(console, 10)
    wanted = DeliveryState.FAILED if sent_first else DeliveryState.SENT
    eventually(lambda: only(console, second) is wanted)


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"", lambda film: film[: len(film) // 2], lambda film: film[:-100] + bytes(100)],
    ids=["empty", "cut off", "overwritten"],
)
def test_a_damaged_copy_does_not_leave_until_the_film_came_again(
    console: Console, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """An archive keeps what it gets first: half a film under the film's name."""
    source = make_film(tmp_path / "a.dcm", np.full((40, 40), 300, np.uint16))
    film = console.intake.take(source)
    console.disposition.choose(film.id, Choice.SEND, "A")
    content = source.read_bytes()
    Path(film.stored_path).write_bytes(damage(content))
    later(console, 10)
    console.delivery.start()
    eventually(lambda: only(console, film) is DeliveryState.FAILED)
    error = console.get(film).deliveries[0].last_error
    assert error is not None
    assert (error.code, error.remedy) == ("film_unusable", "Send the film from the modality again.")
    assert console.post.sent == []
    console.intake.take(source)  # as it says
    console.delivery.wake()
    eventually(lambda: only(console, film) is DeliveryState.SENT)
    assert console.post.sent == [("PACS", content)]


@pytest.mark.parametrize("answer", [BAD_FILM, BUSY])
def test_a_film_that_fails_by_itself_holds_nobody_up(console: Console, answer: PeerFailed) -> None:
    console.post.answers = [answer]
    bad, good = decided(console), decided(console)
    console.delivery.start()
    eventually(lambda: state(console, good) is ExposureState.SENT)
    assert state(console, bad) is ExposureState.QUEUED
    (delivery,) = console.delivery.deliveries()
    assert delivery.last_error is not None
    assert delivery.last_error.code == answer.code
    assert delivery.state is (DeliveryState.WAITING if answer.passing else DeliveryState.FAILED)


def test_a_film_in_doubt_stays_so_until_it_is_sent(console: Console) -> None:
    console.post.answers = [BROKEN, BUSY, BUSY]
    film = decided(console)
    console.delivery.start()
    for attempt in (1, 2, 3):
        eventually(lambda n=attempt: console.get(film).deliveries[0].attempts == n)  # type: ignore[misc]
        eventually(lambda: only(console, film) is DeliveryState.WAITING)
        assert console.get(film).deliveries[0].in_doubt
        assert not console.get(film).can_undo
        later(console, 60)
    eventually(lambda: state(console, film) is ExposureState.SENT)


def test_a_film_that_the_peer_cannot_take_just_now_is_offered_less_and_less_often(console: Console) -> None:
    console.post.always = BUSY
    film = decided(console)
    console.delivery.start()
    for attempt, pause in ((1, 2), (2, 4), (3, 8)):
        eventually(lambda n=attempt: console.get(film).deliveries[0].attempts == n)  # type: ignore[misc]
        eventually(lambda: only(console, film) is DeliveryState.WAITING)
        next_try = datetime.fromisoformat(console.get(film).deliveries[0].next_try_at)
        assert next_try - console.clock.now == timedelta(seconds=pause)
        later(console, pause)


def test_a_film_refused_for_good_rests_until_somebody_retries(console: Console) -> None:
    console.post.answers = [BAD_FILM]
    film = decided(console)
    console.delivery.start()
    eventually(lambda: only(console, film) is DeliveryState.FAILED)
    later(console, 100_000)
    console.reopen()
    console.delivery.start()
    assert console.delivery.statuses()[0].failed == 1
    assert console.post.tries == 1
    console.delivery.retry_now(console.get(film).deliveries[0].id, "A")
    eventually(lambda: state(console, film) is ExposureState.SENT)


def test_retry_now_does_not_wait_for_the_backoff(console: Console) -> None:
    console.post.answers = [DOWN]
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].last_error is not None)
    console.delivery.retry_now(console.get(film).deliveries[0].id, "A")
    eventually(lambda: state(console, film) is ExposureState.SENT)
    with pytest.raises(IllegalTransition):
        console.delivery.retry_now(console.get(film).deliveries[0].id, "A")


def test_cancel_and_think_again(console: Console) -> None:
    console.post.always = DOWN
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].attempts == 1 and only(console, film) == "waiting")
    number = console.get(film).deliveries[0].id
    console.delivery.cancel(number, "A")
    assert state(console, film) is ExposureState.ACCEPTED
    assert console.get(film).not_sent_because is NotSent.CANCELLED
    with pytest.raises(IllegalTransition):
        console.delivery.cancel(number, "A")
    with pytest.raises(LookupError):
        console.delivery.cancel(999, "A")
    assert console.delivery.enqueue_waiting() == 0
    console.post.always = None
    console.delivery.retry_now(number, "A")
    eventually(lambda: state(console, film) is ExposureState.SENT)


def test_films_that_a_person_wants_to_stay_here_stay_and_can_still_be_sent(console: Console) -> None:
    console.settings = replace(console.settings, destinations=())
    kept = decided(console)
    console.settings = replace(console.settings, destinations=(PACS,))
    assert console.delivery.leave_unsent("B") == 1
    assert console.delivery.leave_unsent("B") == 0
    assert console.delivery.never_queued() == []
    assert console.delivery.enqueue_waiting("B") == 0
    assert console.get(kept).not_sent_because is NotSent.CANCELLED
    console.delivery.start()
    later_film = decided(console)
    eventually(lambda: state(console, later_film) is ExposureState.SENT)
    assert len(console.post.sent) == 1, "the older one would have been the first"
    console.delivery.retry_now(console.get(kept).deliveries[0].id, "B")
    eventually(lambda: state(console, kept) is ExposureState.SENT)
    actions = [(row.action, row.author) for row in history(console.database, kept.id)]
    assert ("left_unsent", "B") in actions


def test_a_renamed_destination_takes_its_queue_along(console: Console) -> None:
    console.post.always = DOWN
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].attempts == 1 and only(console, film) == "waiting")
    console.post.always = None
    before = console.settings.destinations
    console.settings = replace(console.settings, destinations=(replace(PACS, name="Archive"),))
    console.delivery.apply_settings(before)
    assert [d.destination for d in console.get(film).deliveries] == ["Archive"]
    with console.database.snapshot() as connection:
        (line,) = [row for row in audit.rows(connection) if row.action == "destination_renamed"]
    assert line.detail == {"before": "PACS", "after": "Archive", "moved": 1}
    later(console, 3600)
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert verified(console.database).intact


def test_with_a_renamed_destination_go_its_failed_films_not_those_that_were_sent(console: Console) -> None:
    console.post.answers = [BAD_FILM]
    bad, good = decided(console), decided(console)
    console.delivery.start()
    eventually(lambda: only(console, bad) is DeliveryState.FAILED and state(console, good) == "sent")
    console.settings = replace(console.settings, destinations=(replace(PACS, name="Archive"),))
    console.delivery.apply_settings((PACS,))
    assert [d.destination for d in console.get(bad).deliveries] == ["Archive"]
    assert [d.destination for d in console.get(good).deliveries] == ["PACS"], "the name that it went by"
    console.delivery.retry_now(console.get(bad).deliveries[0].id, "A")
    eventually(lambda: state(console, bad) is ExposureState.SENT)


def test_where_two_could_be_the_renamed_one_a_person_is_asked(console: Console) -> None:
    console.post.always = DOWN
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].attempts == 1 and only(console, film) == "waiting")
    twins = (replace(PACS, name="Archive"), replace(PACS, name="Reserve"))
    console.settings = replace(console.settings, destinations=twins)
    console.delivery.apply_settings((PACS,))
    assert [d.destination for d in console.get(film).deliveries] == ["PACS"]
    (waiting,) = console.delivery.deliveries()
    assert waiting.last_error is not None
    assert waiting.last_error.code == "destination_gone"


def test_a_rename_that_the_disk_refuses_stops_no_other_destination(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (PACS, replace(PACS, name="Reserve", called_ae="RESERVE"))
    console.settings = replace(console.settings, destinations=before)
    console.delivery.start()
    # One is renamed, another has moved.
    after = (replace(before[0], name="Archive"), replace(before[1], called_ae="NEW"))
    console.settings = replace(console.settings, destinations=after)

    def refuses(*_: object) -> int:
        raise StorageFailed("disk_full", "Full.", "Free some space.")

    monkeypatch.setattr(outbox, "rename", refuses)
    with pytest.raises(StorageFailed):
        console.delivery.apply_settings(before)
    film = decided(console)
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert sorted(title for title, _ in console.post.sent) == ["NEW", "PACS"]


def test_a_destination_whose_address_changes_gets_its_films_there(console: Console) -> None:
    console.post.always = DOWN
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].attempts == 1 and only(console, film) == "waiting")
    console.settings = replace(console.settings, destinations=(replace(PACS, called_ae="NEW_PACS"),))
    console.delivery.apply_settings((PACS,))
    console.post.always = None
    later(console, 3600)
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert [name for name, _ in console.post.sent] == ["NEW_PACS"]


def test_a_film_that_failed_for_a_destination_that_is_gone_is_not_forgotten(console: Console) -> None:
    console.post.answers = [BAD_FILM]
    film = decided(console)
    console.delivery.start()
    eventually(lambda: only(console, film) is DeliveryState.FAILED)
    other = replace(PACS, name="Other", port=11112)
    console.settings = replace(console.settings, destinations=(other,))
    console.delivery.apply_settings((PACS,))
    _, removed = console.delivery.statuses()
    assert (removed.name, removed.state) == ("PACS", DestinationState.REMOVED)
    assert (removed.waiting, removed.failed) == (0, 1)
    (delivery,) = console.delivery.deliveries()
    assert delivery.last_error is not None
    assert delivery.last_error.code == "destination_gone", "whatever went wrong before"


def test_what_waits_for_a_destination_that_is_gone_says_so_and_can_be_moved(console: Console) -> None:
    film = decided(console)
    number = console.get(film).deliveries[0].id
    console.settings = replace(console.settings, destinations=(replace(PACS, name="Other", port=11112),))
    console.delivery.apply_settings((PACS,))
    (waiting,) = console.delivery.deliveries()
    assert waiting.last_error is not None
    assert waiting.last_error.message == "PACS is no longer in the settings."
    with pytest.raises(DeliveryFailed, match="no longer in the settings"):
        console.delivery.retry_now(number, "A")
    with pytest.raises(DeliveryFailed):
        console.delivery.move(number, "Nowhere", "A")
    console.delivery.move(number, "Other", "A")
    console.delivery.start()
    eventually(lambda: state(console, film) is ExposureState.SENT)
    with pytest.raises(IllegalTransition):
        console.delivery.move(number, "Other", "A")


def test_films_for_a_destination_with_faulty_settings_wait_until_they_are_mended(console: Console) -> None:
    other = replace(PACS, name="Mini-PACS")
    console.settings = replace(console.settings, destinations=(other,), set_aside=(SetAside("PACS"),))
    console.delivery.start()
    film = decided(console)
    eventually(lambda: len(console.post.sent) == 1)
    good, faulty = console.delivery.statuses()
    assert (good.name, faulty.name, faulty.state, faulty.waiting) == (
        "Mini-PACS",
        "PACS",
        DestinationState.SET_ASIDE,
        1,
    )
    assert console.get(film).state is not ExposureState.SENT
    (waiting,) = console.delivery.deliveries()
    assert waiting.last_error is not None
    assert waiting.last_error.code == "destination_set_aside"
    with pytest.raises(DeliveryFailed, match="PACS hold a mistake"):
        console.delivery.retry_now(waiting.id, "A")
    console.settings = replace(console.settings, destinations=(PACS, other), set_aside=())
    console.delivery.apply_settings((other,))
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert {name for name, _ in console.post.sent} == {PACS.called_ae}
    assert len(console.post.sent) == 2


def test_two_destinations_do_not_wait_for_each_other(console: Console) -> None:
    archive = replace(PACS, name="Archive", called_ae="ARCHIVE")
    console.settings = replace(console.settings, destinations=(PACS, archive))

    def send(peer: object, path: Path, interrupt: object) -> object:
        if peer.called_ae == "PACS":  # type: ignore[attr-defined]
            raise DOWN
        return console.post(peer, path, interrupt)  # type: ignore[arg-type]

    console.delivery._send = send  # type: ignore[assignment]
    console.delivery.start()
    film = decided(console)
    eventually(lambda: console.get(film).deliveries[1].state is DeliveryState.SENT)
    assert state(console, film) is ExposureState.QUEUED
    assert not console.get(film).can_undo
    # Waiting it is before the first attempt too.
    eventually(lambda: console.get(film).deliveries[0].last_error is not None)
    console.delivery.cancel(console.get(film).deliveries[0].id, "A")
    assert state(console, film) is ExposureState.SENT


def test_what_was_under_way_when_the_process_died_is_sent_again(console: Console) -> None:
    film = decided(console)
    with console.database.transaction() as connection:
        connection.execute("UPDATE outbox SET state = 'sending', attempts = 1")
    console.reopen()
    console.post.always = DOWN
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].attempts == 2 and only(console, film) == "waiting")
    assert not console.get(film).can_undo, "it may have arrived, and who refuses now does not say it had not"
    console.post.always = None
    later(console, 10)
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert len(console.post.sent) == 1


@pytest.mark.parametrize(
    ("end", "in_doubt"), [(BROKEN, True), (Interrupted(in_doubt=True), True), (Interrupted(), False)]
)
def test_stopping_in_the_middle_gives_the_film_back(console: Console, end: Exception, in_doubt: bool) -> None:
    console.post.gate.clear()
    film = decided(console)
    console.delivery.start()
    eventually(lambda: only(console, film) is DeliveryState.SENDING)
    console.post.always = end
    console.delivery.stop()
    assert only(console, film) is DeliveryState.WAITING
    assert console.get(film).deliveries[0].in_doubt == in_doubt
    assert console.get(film).can_undo != in_doubt, "what may have arrived is not taken back"
    assert console.delivery.statuses()[0].state is DestinationState.STOPPED
    console.post.always = None
    console.post.gate.set()
    later(console, 10)
    console.delivery.start()
    eventually(lambda: state(console, film) is ExposureState.SENT)


def test_destinations_come_and_go(console: Console) -> None:
    console.post.always = DOWN
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.post.tries == 1)
    console.settings = replace(console.settings, destinations=(replace(PACS, name="New"),))
    console.delivery.apply_settings()
    new, removed = console.delivery.statuses()
    assert (new.name, new.waiting) == ("New", 0)
    assert (removed.name, removed.state, removed.waiting) == ("PACS", DestinationState.REMOVED, 1)
    console.post.always = None
    console.settings = replace(console.settings, destinations=(PACS,))
    console.delivery.apply_settings()
    later(console, 10)
    eventually(lambda: state(console, film) is ExposureState.SENT)


def test_a_clock_set_back_does_not_hold_films(console: Console) -> None:
    console.post.answers = [DOWN]
    film = decided(console)
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].last_error is not None)
    later(console, -30 * 86400)
    eventually(lambda: state(console, film) is ExposureState.SENT)


def test_a_mistake_of_ours_is_visible_and_stops_nothing(console: Console) -> None:
    console.post.answers = [ZeroDivisionError("bug")]
    bad, good = decided(console), decided(console)
    console.delivery.start()
    eventually(lambda: state(console, good) is ExposureState.SENT)
    assert only(console, bad) is DeliveryState.FAILED


def test_a_listener_that_fails_stops_nothing(console: Console) -> None:
    calls: list[int] = []

    def listener() -> None:
        calls.append(1)
        raise RuntimeError("the window is gone")

    console.delivery._on_change = listener
    film = decided(console)
    console.delivery.start()
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert calls


def test_a_result_the_disk_refuses_is_written_later(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workstation.services import delivery_worker

    monkeypatch.setattr(delivery_worker, "_STORAGE_NAP", 0.01)
    real, failures = outbox.mark_sent, [1, 2, 3]

    def full(*args: object) -> None:
        if failures:
            failures.pop()
            raise StorageFailed("disk_full", "Full.", "Free some space.")
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "mark_sent", full)
    film = decided(console)
    console.delivery.start()
    eventually(lambda: state(console, film) is ExposureState.SENT)
    assert len(console.post.sent) == 1
